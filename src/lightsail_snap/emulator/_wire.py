"""AWS JSON 1.1: responses, errors, and the operation and Region of a request."""

from __future__ import annotations

import functools
import json
import math
import re
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate, parsedate_to_datetime
from enum import StrEnum
from http import HTTPStatus
from typing import Any, NoReturn

TARGET_PREFIX = "Lightsail_20161128."
# Lightsail wire facts: the API reference's samples and the service model (jsonVersion 1.1).
CONTENT_TYPE = "application/x-amz-json-1.1"

_SERVICE = "lightsail"
_CREDENTIAL = re.compile(r"\bCredential=([^,\s]*)")
_SCOPE_PARTS = 5


class Ending(StrEnum):
    """Outcome of an HTTP exchange on the network. The transport carries it out."""

    WHOLE = "whole"
    """The response arrives."""
    REFUSED = "refused"
    """The connection is refused."""
    DROPPED = "dropped"
    """The connection closes without a response."""
    TIMED_OUT = "timed out"
    """The connection stays open without a response."""
    TRUNCATED = "truncated"
    """The connection closes before the announced length of the body has arrived."""


@dataclass(frozen=True, slots=True)
class Response:
    """HTTP response to one request.

    Attributes:
        status: The HTTP status.
        body: The body.
        headers: The HTTP headers.
        ending: The outcome on the network.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    ending: Ending = Ending.WHOLE


RequestHandler = Callable[[Mapping[str, str], bytes], Response]
"""Returns the response to one HTTP request, given its headers and its body."""


class Failure(Exception):  # noqa: N818 - it is the service's error response, not an error of Python
    """Error response of the service.

    Attributes:
        kind: The error type, for example `InvalidInputException`: the field `__type`.
        message: The message.
        code: The service's finer code, for example `NameExists`, if it has one.
        tip: Advice, if there is any.
        status: The HTTP status. Lightsail has 400 for client errors and 500 for its own (API
            pages and logs; one third-party table lists others).
    """

    def __init__(
        self,
        kind: str,
        message: str,
        *,
        code: str | None = None,
        tip: str | None = None,
        status: int = HTTPStatus.BAD_REQUEST,
    ) -> None:
        super().__init__(kind, message)
        self.kind = kind
        self.message = message
        self.code = code
        self.tip = tip
        self.status = status

    def body(self) -> bytes:
        """Return the JSON body: `__type`, `message`, and `code` and `tip` if there are any."""
        # The fourth field of the service's error shapes, `docs`, is in no known sample.
        fields = {"__type": self.kind, "code": self.code, "message": self.message, "tip": self.tip}
        return encode({name: text for name, text in fields.items() if text is not None})


def invalid_input(message: str, *, code: str | None = None, tip: str | None = None) -> Failure:
    """Return the error for invalid input."""
    return Failure("InvalidInputException", message, code=code, tip=tip)


def not_found(resource_type: str, name: str) -> Failure:
    """Return the error for a missing resource or operation."""
    # The message was seen for `Instance`; for other types it is inferred from the pattern.
    message = f"The {resource_type} does not exist: {name}"
    return Failure("NotFoundException", message, code="DoesNotExist")


_write_json = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def to_json(value: object) -> str:
    """Write JSON as the service does: compact, keys in alphabetical order.

    A lone surrogate becomes a JSON escape.
    """
    text = _write_json(value)
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()


def encode(fields: Mapping[str, object]) -> bytes:
    """Write the JSON body of a response."""
    return to_json(fields).encode()


def _reject_constant(constant: str) -> NoReturn:
    message = f"{constant} is not JSON"
    raise ValueError(message)


def decode(body: bytes) -> dict[str, Any]:
    """Read the JSON object in a request's body."""
    # AWS JSON services in general respond with SerializationException, and read an empty body as
    # an empty object. Both are unverified for Lightsail.
    try:
        parsed = json.loads(body or b"{}", parse_constant=_reject_constant)
    except (ValueError, RecursionError) as error:
        raise Failure("SerializationException", "The request body is not JSON.") from error
    if not isinstance(parsed, dict):
        raise Failure("SerializationException", "The request body is not a JSON object.")
    return parsed


def parse_operation(target: str | None) -> str:
    """Read the operation's name, known or not, from the header `X-Amz-Target`."""
    if target is None or not target.startswith(TARGET_PREFIX):
        # The error type is that of AWS JSON services in general; unverified for Lightsail.
        raise Failure(
            "UnknownOperationException",
            f"The header X-Amz-Target must be {TARGET_PREFIX}<operation>, not {target!r}.",
        )
    return target.removeprefix(TARGET_PREFIX)


def parse_region(authorization: str | None) -> str:
    """Read the Region, served or not, from the header `Authorization`.

    It is that of the signature's credential scope. The signature is not checked.
    """
    # The error types are those of AWS's Signature Version 4 in general; that Lightsail sends them
    # with HTTP 400 is unverified.
    if not authorization:
        raise Failure(
            "MissingAuthenticationTokenException",
            "The request has no Authorization header; sign it (Signature Version 4), with any "
            "credentials, for the service lightsail.",
        )
    found = _CREDENTIAL.search(authorization)
    parts = found[1].rsplit("/", _SCOPE_PARTS - 1) if found else []
    if len(parts) != _SCOPE_PARTS or not all(parts) or parts[4] != "aws4_request":
        raise Failure(
            "IncompleteSignatureException",
            "The Authorization header has no credential scope of the form "
            "<key id>/<date>/<region>/lightsail/aws4_request.",
        )
    if parts[3] != _SERVICE:
        raise Failure(
            "InvalidSignatureException",
            f"Credential should be scoped to correct service: '{_SERVICE}', not '{parts[3]}'.",
        )
    return parts[2]


def format_date(now: float) -> str:
    """Return a time in seconds since 1970-01-01 UTC as in the header `Date`."""
    return _format_date(math.floor(now))


# Responses within a second have the same date.
@functools.lru_cache(maxsize=8)
def _format_date(second: int) -> str:
    return formatdate(second, usegmt=True)


@functools.lru_cache(maxsize=8)
def parse_date(date: str) -> float:
    """Return the time of a header `Date` in seconds since 1970-01-01 UTC."""
    return parsedate_to_datetime(date).timestamp()


def make_response(status: int, body: bytes, now: float) -> Response:
    """Add the service's headers, with a new request id and the `Date` of `now`, to a body."""
    headers = {
        "Content-Type": CONTENT_TYPE,
        "Content-Length": str(len(body)),
        "Date": format_date(now),
        "x-amzn-RequestId": str(uuid.uuid4()),
    }
    return Response(int(status), body, headers)


@functools.cache
def status_phrase(status: int) -> str:
    """Return the reason phrase of an HTTP status, registered or not."""
    return HTTPStatus(status).phrase if status in set(HTTPStatus) else "Server Error"
