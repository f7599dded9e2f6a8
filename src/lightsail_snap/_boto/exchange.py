"""Record of the attempts of each call, kept by handlers of botocore's events."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from lightsail_snap._boto.error_mapping import Attempt, is_from_service
from lightsail_snap._text import Description
from lightsail_snap.errors import ResponseValidationError, Violation
from lightsail_snap.models import ResponseMetadata

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest
    from botocore.model import OperationModel

    from lightsail_snap.models import Request

MAX_RESPONSE_BYTES = 64 * 2**20
"""Maximum size of a response body that is parsed. The largest known page has about 1 MB.

Parsing takes a multiple of the size. botocore holds the body in memory before it calls any event
handler, so this limits what is parsed, not what is received.
"""
_MAX_KEPT_BYTES = 4096
_MIN_SUCCESS_STATUS, _MIN_ERROR_STATUS = 200, 300
# Sending an export twice creates two: no unique name prevents the second.
_NOT_REPEATABLE = frozenset({"ExportSnapshot"})


@dataclass(frozen=True, slots=True, eq=False)
class NestedCall:
    """Call that an event handler makes within another call."""

    context: dict[str, Any]
    operation: str


@dataclass(slots=True)
class Exchange:
    """One call and all its attempts, as botocore's events report them.

    Attributes:
        request: The request.
        thread: Identifier of the thread in which the call runs.
        attempts: Every attempt that botocore began to send.
        response: The last response, as passed to botocore's parser.
        is_parsed: Whether botocore has parsed the last response.
        skips_parsing: Whether botocore's parser may skip the next response.
        oversize: Size and beginning of the last body, if it exceeds MAX_RESPONSE_BYTES.
        context: botocore's context of this call; a call with another context is nested.
        nested: Calls that event handlers make within this one.
        sending: The nested calls that wait for a response.
    """

    request: Request[Any]
    thread: int = field(default_factory=threading.get_ident)
    attempts: list[Attempt] = field(default_factory=list)
    response: Mapping[str, Any] | None = None
    is_parsed: bool = False
    skips_parsing: bool = False
    oversize: tuple[int, bytes] | None = None
    context: dict[str, Any] | None = None
    nested: list[NestedCall] = field(default_factory=list)
    sending: list[NestedCall] = field(default_factory=list)

    @property
    def _status(self) -> int:
        return (self.attempts[-1].http_status if self.attempts else None) or 0

    @property
    def is_unparsed_success(self) -> bool:
        """True if the last attempt succeeded, but botocore could not parse the response."""
        return not self.is_parsed and 0 < self._status < _MIN_ERROR_STATUS

    @property
    def is_error_response(self) -> bool:
        """True if the last attempt received an error response, readable or not."""
        return self._status >= _MIN_ERROR_STATUS

    @property
    def body(self) -> bytes | None:
        """Body of the last response, including changes by other `before-parse` handlers."""
        return None if self.response is None else self.response["body"]

    @property
    def headers(self) -> Mapping[str, str]:
        """Headers of the last response, case-insensitive."""
        return {} if self.response is None else self.response["headers"]

    def is_nested(self, context: Mapping[str, Any]) -> bool:
        return any(call.context is context for call in self.nested)

    def metadata(self) -> ResponseMetadata:
        headers, attempts = self.headers, self.attempts
        return ResponseMetadata(
            request_id=headers.get("x-amzn-requestid"),
            http_status=attempts[-1].http_status,
            retry_attempts=len(attempts) - 1,
            date=parse_http_date(headers.get("date")),
        )

    def size_error(self) -> ResponseValidationError | None:
        """Return the error for a body that exceeds MAX_RESPONSE_BYTES, None if it does not."""
        if self.oversize is None:
            return None
        size, beginning = self.oversize
        rule = f"must have at most {MAX_RESPONSE_BYTES} bytes"
        violation = Violation("", rule, "lightsail_snap", "", Description(f"{size} bytes"))
        return ResponseValidationError(
            f"{self.request.operation_name}Result",
            [violation],
            beginning,
            may_have_executed=not self.request.is_read_only,
        )


# botocore runs a call in the thread and context of its caller, so this separates calls of this
# library from other calls on the same client, and from each other.
exchange_variable: ContextVar[Exchange | None] = ContextVar("exchange", default=None)


def current_exchange() -> Exchange | None:
    """Return the call that runs in this context; a thread started by a handler has none."""
    exchange = exchange_variable.get()
    is_here = exchange is not None and exchange.thread == threading.get_ident()
    return exchange if is_here else None


def record_call(context: dict[str, Any], model: OperationModel, **_: object) -> None:
    exchange = current_exchange()
    if exchange is None or context is exchange.context:
        return
    if exchange.context is None and model.name == exchange.request.operation_name:
        exchange.context = context
    elif not exchange.is_nested(context):
        exchange.nested.append(NestedCall(context, model.name))


def _record_attempt(request: AWSPreparedRequest, **_: object) -> None:
    exchange = current_exchange()
    if exchange is None:
        return
    if exchange.nested:
        # botocore gives each call an id that all its attempts share. Without the header, the
        # attempt counts towards the outer call, since an attempt must not be missed.
        sent = request.headers.get("amz-sdk-invocation-id")
        sent = sent.decode() if isinstance(sent, bytes) else sent
        for call in exchange.nested:
            if sent is not None and call.context.get("retries", {}).get("invocation-id") == sent:
                exchange.sending.append(call)
                return
    exchange.sending.clear()
    exchange.attempts.append(Attempt())
    exchange.response, exchange.is_parsed, exchange.oversize = None, False, None


def _record_response(
    response_dict: dict[str, Any], operation_model: OperationModel, **_: object
) -> None:
    exchange = current_exchange()
    if exchange is None or not exchange.attempts:
        return
    if exchange.sending and exchange.sending[-1].operation == operation_model.name:
        return
    attempt, body = exchange.attempts[-1], response_dict["body"]
    attempt.http_status = response_dict["status_code"]
    if attempt.http_status >= _MIN_ERROR_STATUS:
        attempt.is_from_service = is_from_service(response_dict["headers"], body)
    if len(body) > MAX_RESPONSE_BYTES:
        exchange.oversize = len(body), body[:_MAX_KEPT_BYTES]
        response_dict["body"] = b""
    exchange.response = response_dict
    exchange.skips_parsing = _MIN_SUCCESS_STATUS <= attempt.http_status < _MIN_ERROR_STATUS


def record_outcome(exception: BaseException | None, context: dict[str, Any], **_: object) -> None:
    exchange = current_exchange()
    if exchange is None:
        return
    if exchange.nested and exchange.is_nested(context):
        exchange.sending = [call for call in exchange.sending if call.context is not context]
    elif exchange.attempts:
        exchange.attempts[-1].error = exception
        exchange.is_parsed = exception is None


def _prevent_repetition(
    response: tuple[object, dict[str, Any]] | None,
    caught_exception: Exception | None,
    operation: OperationModel,
    request_dict: Mapping[str, Any],
    **_: object,
) -> None:
    exchange = current_exchange()
    if exchange is None or exchange.request.operation_name not in _NOT_REPEATABLE:
        return
    if exchange.is_nested(request_dict["context"]):
        return
    if not any(attempt.may_have_executed for attempt in exchange.attempts):
        return
    # Raising here is the only way to keep botocore from sending the request again.
    if caught_exception is not None:
        raise caught_exception
    if response is not None and exchange.is_error_response:
        from botocore.exceptions import ClientError  # noqa: PLC0415 - loaded already, with boto3

        raise ClientError(response[1], operation.name)


FIRST_EVENT = "provide-client-params.lightsail"
HANDLERS: dict[str, Callable[..., None]] = {
    # botocore calls handlers of a pattern before those of a full name, and those of a full name
    # before those of a prefix. So `before-send` and `response-received` are recorded whatever other
    # handlers do, and `before-parse` only if none of them failed: from then on, a response counts
    # as received.
    FIRST_EVENT: record_call,
    "before-send.*.*": _record_attempt,
    "before-parse": _record_response,
    "response-received.*.*": record_outcome,
    **{f"needs-retry.lightsail.{name}": _prevent_repetition for name in _NOT_REPEATABLE},
}


_HTTP_DATE_LENGTH = 29
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@lru_cache(maxsize=16)  # many responses have the same second
def parse_http_date(text: str | None) -> datetime | None:
    """Parse a Date header; return None if it is missing or malformed."""
    if text is None:
        return None
    try:
        # The usual form, "Mon, 23 Nov 2026 10:00:00 GMT", ten times as fast as the email package.
        if len(text) == _HTTP_DATE_LENGTH and text.endswith(" GMT") and text[3:5] == ", ":
            day, month, year, clock, _ = text[5:].split(" ")
            hour, minute, second = clock.split(":")
            return datetime(
                *(int(year), _MONTHS.index(month) + 1, int(day)),
                *(int(hour), int(minute), int(second)),
                tzinfo=UTC,
            )
    except ValueError:
        pass
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - rarely needed

    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date
