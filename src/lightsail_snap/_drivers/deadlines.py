"""Calls that end by a deadline, whatever the server does.

A call that may have to be abandoned runs in a daemon thread, because nothing can interrupt a
blocking call of botocore. The interpreter does not wait for daemon threads when it exits.
"""

from __future__ import annotations

import contextlib
import contextvars
import logging
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from lightsail_snap._drivers.interrupts import SLICE_SECONDS
from lightsail_snap.clock import SystemClock, VirtualClock
from lightsail_snap.errors import OutcomeUnknownError, RequestNotSentError, TransportError

if TYPE_CHECKING:
    from lightsail_snap.clock import Clock
    from lightsail_snap.models import Request

_LOGGER = logging.getLogger("lightsail_snap")
ReturnT = TypeVar("ReturnT")

GRACE_SECONDS = 5.0
"""How long a call may outlast the deadline of its wait, so that a wait of 0 seconds can poll once.
"""
MAX_ABANDONED = 64
"""The maximum number of abandoned calls that are running in a process."""
# The interval at which a clock other than the machine's is read.
_CLOCK_READING_SECONDS = 0.05


def not_sent_error(request: Request[Any]) -> RequestNotSentError:
    """Return the error for a request whose deadline passed before it was sent."""
    text = f"{request.operation_name} was not sent: the time limit had passed"
    return RequestNotSentError(text, request=request)


def _no_response(request: Request[Any]) -> TransportError:
    text = f"{request.operation_name}: the service did not respond within the time limit"
    if not request.is_read_only:
        text = (
            f"{request.operation_name} may have been executed; check for its effect before you "
            "send it again: the service did not respond within the time limit"
        )
    error = OutcomeUnknownError(text, request=request)
    error.may_have_executed = not request.is_read_only
    return error


class _Abandoned:
    """Counts the abandoned calls that are still running."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.running = 0

    @property
    def is_full(self) -> bool:
        return self.running >= MAX_ABANDONED


_abandoned = _Abandoned()


class _Worker:
    """A thread that makes one call."""

    def __init__(self, make: Callable[[], object], request: Request[Any]) -> None:
        self._make = make
        self._request = request
        self._context = contextvars.copy_context()
        self._is_abandoned = False
        self.has_ended = threading.Event()
        self.outcome: list[object] = []
        self.error: list[BaseException] = []

    def start(self) -> None:
        name = f"lightsail-snap {self._request.operation_name}"
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def _run(self) -> None:
        try:
            self.outcome.append(self._context.run(self._make))
        except BaseException as error:  # noqa: BLE001 - it is raised again in the waiting thread
            self.error.append(error)
        with _abandoned.lock:
            self.has_ended.set()
            if not self._is_abandoned:
                return
            _abandoned.running -= 1
        how = type(self.error[0]).__name__ if self.error else "a response"
        text = "%s ended in %s after it had been abandoned"
        level = logging.DEBUG if self._request.is_read_only else logging.WARNING
        fields = {"operation": self._request.operation_name}
        _LOGGER.log(level, text, self._request.operation_name, how, extra=fields)

    def abandon(self) -> bool:
        """Wait no longer; return False if the call has ended meanwhile."""
        with _abandoned.lock:
            if self.has_ended.is_set():
                return False
            self._is_abandoned = True
            _abandoned.running += 1
            return True

    def wait(self, clock: Clock, end: float) -> bool:
        """Wait for the end of the call until the clock shows a time; return whether it came."""
        if isinstance(clock, SystemClock):
            while (remaining := end - clock.monotonic()) > 0:
                if self.has_ended.wait(min(remaining, SLICE_SECONDS)):
                    return True
            return self.has_ended.is_set()
        while not self.has_ended.wait(_CLOCK_READING_SECONDS):
            if clock.monotonic() >= end:
                return False
        return True


@contextlib.contextmanager
def _abandoning(worker: _Worker) -> Iterator[None]:
    try:
        yield
    except BaseException:
        # An interrupt does not reach the thread.
        worker.abandon()
        raise


def call_by_deadline(
    make: Callable[[], ReturnT], request: Request[Any], clock: Clock, deadline: float | None
) -> ReturnT:
    """Make a call, and abandon it `GRACE_SECONDS` after a deadline.

    On a virtual clock no time passes while a call is made, so it is never abandoned.

    Raises:
        OutcomeUnknownError: If no response came in time; for a read, `may_have_executed` is False.
        RequestNotSentError: If there is no time, or if too many abandoned calls are still running.
        LightsailSnapError: The error of the call.
    """
    if deadline is None or isinstance(clock, VirtualClock):
        return make()
    end = deadline + GRACE_SECONDS
    if clock.monotonic() >= end:
        raise not_sent_error(request)
    if _abandoned.is_full:
        text = (
            f"{request.operation_name} was not sent: {MAX_ABANDONED} earlier calls are still "
            "waiting for responses; try again later, or set read_timeout in the client's Config"
        )
        raise RequestNotSentError(text, request=request)
    worker = _Worker(make, request)
    try:
        worker.start()
    except RuntimeError:
        # No thread can be started, for example while the interpreter exits.
        return make()
    with _abandoning(worker):
        has_ended = worker.wait(clock, end)
    if not has_ended and worker.abandon():
        error = _no_response(request)
        fields = {
            "operation": request.operation_name,
            "may_have_executed": error.may_have_executed,
        }
        _LOGGER.warning("abandoned: %s", error, extra=fields)
        raise error
    if worker.error:
        raise worker.error.pop()
    result: ReturnT = worker.outcome.pop()  # type: ignore[assignment] # what `make` returned
    return result
