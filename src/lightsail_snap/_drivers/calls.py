"""The parts that both drivers share: one call with its log record, and entering contexts."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from lightsail_snap._drivers.deadlines import call_by_deadline
from lightsail_snap._parameters import invalid_parameter
from lightsail_snap._text import safe_line
from lightsail_snap.errors import (
    LightsailSnapError,
    QuiesceError,
    RequestValidationError,
    safe_text,
)
from lightsail_snap.models._base import set_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lightsail_snap._workflows.effects import Log
    from lightsail_snap.clock import Clock
    from lightsail_snap.models import Request, ResponseMetadata, ResultT
    from lightsail_snap.transport import Transport

LOGGER = logging.getLogger("lightsail_snap")
# A library must not write to standard error on its own.
LOGGER.addHandler(logging.NullHandler())

_MAX_MESSAGE_LENGTH = 4096


def safe_fields(fields: Mapping[str, object]) -> dict[str, object]:
    """Return the data of a log record with strings on one safe line, since formats print them."""
    return {
        name: safe_line(value) if isinstance(value, str) else value
        for name, value in fields.items()
    }


def make_call(
    request: Request[ResultT],
    transport: Transport,
    clock: Clock,
    deadline: float | None = None,
) -> ResultT:
    """Make one call and log it; abandon it `GRACE_SECONDS` after `deadline` on the clock."""
    if deadline is None:
        return _make_call(request, transport, clock)
    return call_by_deadline(lambda: _make_call(request, transport, clock), request, clock, deadline)


def _make_call(request: Request[ResultT], transport: Transport, clock: Clock) -> ResultT:
    began = clock.monotonic()
    metadata: ResponseMetadata | None = None
    try:
        response = transport.send(request)
        metadata = response.metadata
        result = request.read_result(response.payload)
    except LightsailSnapError as error:
        fields = {
            **_log_fields(request, metadata or error),
            "error": type(error).__name__,
            "may_have_executed": error.may_have_executed,
            "elapsed": clock.monotonic() - began,
        }
        name = type(error).__name__
        LOGGER.info(
            "%s failed: %s: %s", request.operation_name, name, error, extra=safe_fields(fields)
        )
        raise
    set_metadata(result, metadata)
    # Preparing the fields takes longer than everything else here, and mostly nothing reads them.
    if LOGGER.isEnabledFor(logging.DEBUG):
        fields = {**_log_fields(request, metadata), "elapsed": clock.monotonic() - began}
        LOGGER.debug("%s succeeded", request.operation_name, extra=safe_fields(fields))
    return result


def _log_fields(
    request: Request[Any], response: ResponseMetadata | LightsailSnapError
) -> dict[str, object]:
    return {
        "operation": request.operation_name,
        "request_id": getattr(response, "request_id", None),
        "http_status": getattr(response, "http_status", None),
        "attempt": getattr(response, "retry_attempts", 0) + 1,
    }


def write_log(effect: Log) -> None:
    """Write a workflow's log record."""
    message = safe_line(effect.message, _MAX_MESSAGE_LENGTH)
    LOGGER.log(effect.level, "%s", message, extra=safe_fields(effect.fields))


def _not_a_context_manager(value: object) -> RequestValidationError:
    fix = (
        "pass fsfreeze(...), command_hooks(...) or another context manager; an async one needs the "
        "async client"
    )
    return invalid_parameter("quiesce", "must be a context manager", fix, value)


@contextmanager
def pausing_errors() -> Iterator[None]:
    """Convert the errors of entering: writes could not be paused."""
    try:
        yield
    except LightsailSnapError:
        raise
    except Exception as error:
        message = f"writes could not be paused, nothing was sent: {safe_text(error)}"
        raise QuiesceError(message) from error


@contextmanager
def resuming_errors(body: BaseException | None) -> Iterator[None]:
    """Convert the errors of exiting, after `body` was raised inside: writes may be paused."""
    may_have_executed: bool = getattr(body, "may_have_executed", True)
    try:
        yield
    except LightsailSnapError as error:
        error.may_have_executed = error.may_have_executed or may_have_executed
        raise
    except Exception as error:
        failure = QuiesceError(f"writes may still be paused: {safe_text(error)}")
        failure.may_have_executed = may_have_executed
        raise failure from error


def enter(context: Any) -> None:  # noqa: ANN401 - callers without a type checker
    """Enter a context manager, or raise LightsailSnapError."""
    if not (hasattr(context, "__enter__") and hasattr(context, "__exit__")):
        raise _not_a_context_manager(context)
    with pausing_errors():
        context.__enter__()


def exit_context(context: Any, body: BaseException | None) -> None:  # noqa: ANN401 - as above
    """Exit a context manager, or raise LightsailSnapError.

    The context manager cannot suppress the error of the body: without a result the workflow has
    nothing to continue with.
    """
    with resuming_errors(body):
        context.__exit__(None if body is None else type(body), body, body and body.__traceback__)
