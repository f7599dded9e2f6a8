"""What the sync and the async driver do alike: make a call, tell the log, pause writes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from lightsail_snap._drivers.deadlines import call_by_deadline
from lightsail_snap._text import safe_line, short_repr
from lightsail_snap.errors import (
    LightsailSnapError,
    QuiesceError,
    RequestValidationError,
    Violation,
    safe_text,
)
from lightsail_snap.models._base import set_metadata

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lightsail_snap._boto.transport import Transport
    from lightsail_snap._workflows.effects import Log
    from lightsail_snap.clock import Clock
    from lightsail_snap.models import Request, ResponseMetadata, ResultT

LOGGER = logging.getLogger("lightsail_snap")
# A library does not write to standard error of its own accord.
LOGGER.addHandler(logging.NullHandler())

_LONGEST_NOTE = 4096


def safe_facts(facts: Mapping[str, object]) -> dict[str, object]:
    """Make data fit for a log record: a format may put any attribute into a line of text.

    Args:
        facts: The data.

    Returns:
        The same, with texts as safe lines.
    """
    return {
        name: safe_line(value) if isinstance(value, str) else value for name, value in facts.items()
    }


def make_call(
    request: Request[ResultT],
    transport: Transport,
    clock: Clock,
    deadline: float | None = None,
) -> ResultT:
    """Make one call, and write a log record.

    Args:
        request: The request.
        transport: Sends it.
        clock: Measures how long it takes.
        deadline: The time of `clock.monotonic()` from which the response is not waited for, after
            `GRACE_SECONDS`; None for never.

    Returns:
        The result.

    Raises:
        LightsailSnapError: If the call fails, or no response comes in time.
    """
    if deadline is None:
        return _make_call(request, transport, clock)
    return call_by_deadline(lambda: _make_call(request, transport, clock), request, clock, deadline)


def _make_call(request: Request[ResultT], transport: Transport, clock: Clock) -> ResultT:
    began = clock.monotonic()
    metadata: ResponseMetadata | None = None
    try:
        answer = transport.send(request)
        metadata = answer.metadata
        result = request.read_result(answer.payload)
    except LightsailSnapError as error:
        facts = {
            **_facts(request, metadata or error),
            "error": type(error).__name__,
            "may_have_executed": error.may_have_executed,
            "elapsed": clock.monotonic() - began,
        }
        LOGGER.info("%s failed: %s", request.operation_name, error, extra=safe_facts(facts))
        raise
    set_metadata(result, metadata)
    # Making texts fit for a log takes longer than all else here, and mostly nobody listens.
    if LOGGER.isEnabledFor(logging.DEBUG):
        facts = {**_facts(request, metadata), "elapsed": clock.monotonic() - began}
        LOGGER.debug("%s answered", request.operation_name, extra=safe_facts(facts))
    return result


def _facts(request: Request[Any], told: ResponseMetadata | LightsailSnapError) -> dict[str, object]:
    """Collect the data of a log record from what is known of the response."""
    return {
        "operation": request.operation_name,
        "request_id": getattr(told, "request_id", None),
        "http_status": getattr(told, "http_status", None),
        "attempt": getattr(told, "retry_attempts", 0) + 1,
    }


def tell(note: Log) -> None:
    """Tell the log.

    Args:
        note: What.
    """
    LOGGER.log(note.level, "%s", safe_line(note.text, _LONGEST_NOTE), extra=safe_facts(note.fields))


def _no_context(context: object) -> RequestValidationError:
    fix = "give fsfreeze(...), command_hooks(...) or another context manager; one that is async "
    fix += "needs the async client"
    rule = "must be a context manager"
    found = Violation("quiesce", rule, "lightsail_snap", fix, short_repr(context))
    return RequestValidationError("Job", [found])


def not_paused(error: Exception) -> LightsailSnapError:
    """Find the error for writes that could not be paused.

    Args:
        error: What the context manager raised when it was entered.

    Returns:
        The error to raise: the same if it is one of ours.
    """
    if isinstance(error, LightsailSnapError):
        return error
    return QuiesceError(f"writes could not be paused, nothing was sent: {safe_text(error)}")


def not_resumed(error: Exception, body: BaseException | None) -> LightsailSnapError:
    """Find the error for writes that may still be paused.

    Args:
        error: What the context manager raised when it was left.
        body: What the call inside raised, if it did.

    Returns:
        The error to raise: the same if it is one of ours.
    """
    failure = error
    if not isinstance(failure, LightsailSnapError):
        failure = QuiesceError(f"writes may still be paused: {safe_text(error)}")
    failure.may_have_executed = getattr(body, "may_have_executed", True)
    return failure


def entered(context: Any) -> None:  # noqa: ANN401 - whatever a caller gives
    """Enter a context manager.

    Args:
        context: The context manager.

    Raises:
        LightsailSnapError: If it cannot be entered, or is none.
    """
    if not (hasattr(context, "__enter__") and hasattr(context, "__exit__")):
        raise _no_context(context)
    try:
        context.__enter__()
    except Exception as error:
        failure = not_paused(error)
        if failure is error:
            raise
        raise failure from error


def left(context: Any, body: BaseException | None) -> None:  # noqa: ANN401 - whatever a caller gives
    """Leave a context manager.

    Args:
        context: The context manager.
        body: What the call inside raised, if it did; it is raised again whatever the context
            manager says, since without a result there is nothing to go on with.

    Raises:
        LightsailSnapError: If it cannot be left.
    """
    try:
        context.__exit__(None if body is None else type(body), body, body and body.__traceback__)
    except Exception as error:
        failure = not_resumed(error, body)
        if failure is error:
            raise
        raise failure from error
