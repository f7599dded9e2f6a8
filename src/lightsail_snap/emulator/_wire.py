"""AWS JSON 1.1 as the service speaks it: answers, errors, and who calls from where."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
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
    """How an exchange ends on the network; a door makes it real."""

    WHOLE = "whole"
    """The answer arrives."""
    REFUSED = "refused"
    """No connection comes about."""
    DROPPED = "dropped"
    """The connection closes without an answer."""
    TIMED_OUT = "timed out"
    """The connection stays, and no answer comes."""
    TRUNCATED = "truncated"
    """The connection closes after the body, of which the headers announce more."""


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back for one request.

    Attributes:
        status: The HTTP status.
        body: The body.
        headers: The HTTP headers.
        ending: What becomes of it on its way.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    ending: Ending = Ending.WHOLE


class Failure(Exception):  # noqa: N818 - it is the service's error answer, on its way out
    """An error of the service, raised anywhere below a door.

    Attributes:
        kind: The error type, for example `InvalidInputException`: the wire's `__type`.
        message: The text.
        code: The service's finer code, for example `NameExists`, if it has one.
        tip: Advice, if there is any.
        status: The HTTP status. Lightsail has 400 for client errors and 500 for its own (API
            pages and logs; one third-party table says otherwise).
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
        """Write the body of the error answer.

        Returns:
            The JSON: `__type` and `message`, and `code` and `tip` if there are any. The fourth
            member of the service's error shapes, `docs`, stands in no sample that was seen.
        """
        members = {
            "__type": self.kind,
            "code": self.code,
            "message": self.message,
            "tip": self.tip,
        }
        return encode({name: text for name, text in members.items() if text is not None})


def invalid_input(message: str, *, code: str | None = None, tip: str | None = None) -> Failure:
    """Make the error for input that the service does not take.

    Args:
        message: The text.
        code: The service's finer code.
        tip: Advice.

    Returns:
        The error.
    """
    return Failure("InvalidInputException", message, code=code, tip=tip)


def not_found(resource_type: str, name: str) -> Failure:
    """Make the error for something that is not there.

    The text was seen for `Instance`; for others it is inferred from the pattern.

    Args:
        resource_type: The kind of thing.
        name: Its name or id.

    Returns:
        The error.
    """
    return Failure(
        "NotFoundException", f"The {resource_type} does not exist: {name}", code="DoesNotExist"
    )


def encode(members: Mapping[str, object]) -> bytes:
    """Write JSON as the service does: compact, keys in alphabetical order.

    Args:
        members: What to write.

    Returns:
        UTF-8; a lone surrogate becomes a JSON escape.
    """
    text = json.dumps(members, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


def _not_json(constant: str) -> NoReturn:
    message = f"{constant} is not JSON"
    raise ValueError(message)


def decode(body: bytes) -> dict[str, Any]:
    """Read a request's body.

    AWS JSON services in general answer SerializationException to what is no JSON object; that
    Lightsail does, and its text, is unverified: nobody showed such an answer. So is that an empty
    body stands for an empty object, which AWS JSON services allow.

    Args:
        body: The bytes.

    Returns:
        The object.

    Raises:
        Failure: If it is none.
    """
    try:
        parsed = json.loads(body or b"{}", parse_constant=_not_json)
    except (ValueError, RecursionError) as error:
        raise Failure("SerializationException", "The request body is not JSON.") from error
    if not isinstance(parsed, dict):
        raise Failure("SerializationException", "The request body is not a JSON object.")
    return parsed


def operation_of(target: str | None) -> str:
    """Read the operation's name from `X-Amz-Target`.

    Args:
        target: The header's text, or None.

    Returns:
        The name, known or not.

    Raises:
        Failure: If it names no operation of this service. AWS JSON services in general answer
            UnknownOperationException; Lightsail's text is unverified.
    """
    if target is None or not target.startswith(TARGET_PREFIX):
        raise Failure(
            "UnknownOperationException",
            f"The header X-Amz-Target must be {TARGET_PREFIX}<operation>, not {target!r}.",
        )
    return target.removeprefix(TARGET_PREFIX)


def region_of(authorization: str | None) -> str:
    """Read the region from the signature's credential scope. The signature is not checked.

    Args:
        authorization: The text of the header `Authorization`, or None.

    Returns:
        The region's name, served or not.

    Raises:
        Failure: If it cannot be read. The error types are those of AWS's signature version 4 in
            general; that Lightsail has them under HTTP 400 is unverified.
    """
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


def answer(status: int, body: bytes, now: float) -> Response:
    """Put a body into an envelope.

    Args:
        status: The HTTP status.
        body: The body.
        now: The time, for the `Date` header, in seconds since 1970-01-01 UTC.

    Returns:
        The answer, with a request id of its own.
    """
    headers = {
        "Content-Type": CONTENT_TYPE,
        "Content-Length": str(len(body)),
        "Date": formatdate(now, usegmt=True),
        "x-amzn-RequestId": str(uuid.uuid4()),
    }
    return Response(int(status), body, headers)
