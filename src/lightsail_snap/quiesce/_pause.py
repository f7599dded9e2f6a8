"""A context manager that pauses writes: the common part of both kinds of pauses."""

from __future__ import annotations

import os
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from lightsail_snap._text import safe_line
from lightsail_snap.errors import QuiesceError
from lightsail_snap.quiesce._guard_process import MAX_SHOWN_CHARACTERS, GuardProcess, start_guard

if TYPE_CHECKING:
    from types import TracebackType

    from lightsail_snap.quiesce._messages import CommandReport, Plan, Report

# How much longer than its commands the guard may take to report.
MAX_REPORT_DELAY_SECONDS = 30.0


class Pause(ABC):
    """Pauses writes while a block runs."""

    __slots__ = ("_began", "_guard", "_held", "_use_lock")

    def __init__(self) -> None:
        self._use_lock = threading.Lock()
        self._guard: tuple[GuardProcess, Plan] | None = None
        self._began = 0.0
        self._held: timedelta | None = None

    @property
    def held(self) -> timedelta | None:
        """Duration of the last pause, by a monotonic clock.

        Measured from the start of the command that pauses writes until writes have resumed. None
        before the first use, while in use, if no writes were paused, and if writes may not have
        resumed.
        """
        return self._held

    @abstractmethod
    def _make_plan(self) -> Plan:
        """Return the commands to run, once it is known that they can run here."""

    @abstractmethod
    def _begin_error(self, before: CommandReport, *, is_undone: bool) -> QuiesceError:
        """Return the error for a pause that did not begin, or only in part, and is over."""

    @abstractmethod
    def _end_error(self, report: Report, after: CommandReport, pid: int) -> QuiesceError:
        """Return the error for writes that may still be paused because `after` failed."""

    @abstractmethod
    def _doubt_error(self, reason: str) -> QuiesceError:
        """Return the error for writes that may still be paused for another reason."""

    @property
    def _title(self) -> str:
        """Describe what is paused."""
        return repr(self)

    def __enter__(self) -> Self:
        """Pause writes.

        Returns:
            The context manager.

        Raises:
            QuiesceError: If writes could not be paused, or this context manager is in use.
        """
        if not self._use_lock.acquire(blocking=False):
            raise QuiesceError(f"{self!r} is in use; create one for each concurrent use")
        try:
            self._held = None
            plan = self._make_plan()
            guard = start_guard()
            try:
                self._begin(guard, plan)
                self._guard = guard, plan
            except BaseException:
                # The pause ends here, also on KeyboardInterrupt.
                self._guard = None
                guard.close(plan["after_seconds"] + MAX_REPORT_DELAY_SECONDS)
                raise
        except BaseException:
            self._use_lock.release()
            raise
        return self

    def _begin(self, guard: GuardProcess, plan: Plan) -> None:
        self._began = time.monotonic()
        guard.send_plan(plan)
        limit = plan["before_seconds"] + plan["after_seconds"] + MAX_REPORT_DELAY_SECONDS
        report = self._receive(guard, plan, limit)
        if report["state"] == "paused":
            return
        if report["is_paused"] is not False:
            self._held = timedelta(seconds=report["ended_at"] - self._began)
        if report["before"] is None:
            raise QuiesceError(
                "the guard process died while writes were being paused; writes have resumed, "
                "nothing was sent"
            )
        raise self._begin_error(report["before"], is_undone=report["after"] is not None)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Resume writes.

        In a forked child this does nothing: the pause belongs to the process that entered.

        Args:
            kind: The type of the error that ended the block, if one did.
            error: The error itself. It gets a note if writes had already resumed.
            traceback: The traceback of the error.

        Raises:
            QuiesceError: If writes have not resumed, or had resumed before this call.
        """
        used, self._guard = self._guard, None
        if used is None:
            raise QuiesceError(f"{self!r} has not been entered")
        failure: QuiesceError | None
        guard, plan = used
        if guard.is_in_forked_child:
            guard.close_copies()
            self._use_lock.release()
            return
        limit = plan["after_seconds"] + MAX_REPORT_DELAY_SECONDS
        try:
            guard.request_end()
            failure = self._check_duration(self._receive(guard, plan, limit), error)
        except QuiesceError as found:
            failure = found
        finally:
            guard.close(limit)
            self._use_lock.release()
        if failure is not None:
            # Set here, since the async client exits in another thread than the block's own.
            failure.__context__ = error
            raise failure

    def _receive(
        self, guard: GuardProcess, plan: Plan, limit: float, *, is_second_guard: bool = False
    ) -> Report:
        """Wait until the pause has begun or ended; raise QuiesceError if it may not have ended."""
        report: Report | None = None
        is_late = False
        try:
            report = guard.receive(limit)
        except TimeoutError:
            is_late = True
        if report is not None and (report["state"] == "paused" or report["is_resumed"]):
            return report
        # Do not wait for the guard from here on: it has died, or has more to do.
        guard.close(0)
        if is_late:
            raise self._doubt_error(f"no report for {limit:g} s, process {guard.pid} keeps trying")
        if report is not None and report["after"] is not None:
            raise self._end_error(report, report["after"], guard.pid)
        if is_second_guard:
            raise self._doubt_error("both guard processes died")
        return self._end_with_second_guard(plan)

    def _end_with_second_guard(self, plan: Plan) -> Report:
        guard: GuardProcess | QuiesceError
        try:
            guard = start_guard()
        except QuiesceError as error:
            guard = error
        if isinstance(guard, QuiesceError):
            raise self._doubt_error(f"the guard process died, and {guard}")
        try:
            guard.send_plan({**plan, "before": None})
            limit = plan["after_seconds"] + MAX_REPORT_DELAY_SECONDS
            return self._receive(guard, plan, limit, is_second_guard=True)
        finally:
            guard.close(MAX_REPORT_DELAY_SECONDS)

    def _check_duration(self, report: Report, error: BaseException | None) -> QuiesceError | None:
        """Return the error for a pause that was too short, or add it to the block's own error."""
        self._held = timedelta(seconds=report["ended_at"] - self._began)
        if report["is_expired"]:
            message = f"writes resumed after the timeout, {self._held.total_seconds():.1f} s"
        elif report["is_ended_elsewhere"]:
            message = "something else has resumed writes"
        else:
            return None
        message += ", before the request was accepted: the snapshot may be inconsistent"
        if error is None:
            return QuiesceError(f"{message} ({self._title})")
        error.add_note(f"{message} ({self._title})")
        return None


def to_wire(arguments: Sequence[str]) -> list[str]:
    """Encode arguments so that the guard restores the same bytes, whatever its locale."""
    return [os.fsencode(argument).decode("latin-1") for argument in arguments]


def describe(command: str, report: CommandReport) -> str:
    """Return a phrase about the end of a command."""
    code = report["code"]
    if report["is_killed"]:
        end = "did not end in time and was killed"
    elif code is None:
        end = "could not be started"
    elif code < 0:
        end = f"was ended by signal {-code}"
    else:
        end = f"exited with {code}"
    output = safe_line(report["output"].strip(), MAX_SHOWN_CHARACTERS)
    return f"{safe_line(command, MAX_SHOWN_CHARACTERS)} {end}" + (f": {output}" if output else "")


def command_error(
    message: str, command: Sequence[str], report: CommandReport, advice: str = ""
) -> QuiesceError:
    """Return an error with the end of a command in its attributes."""
    output = report["output"].strip()
    return QuiesceError(
        message, command=command, returncode=report["code"], output=output, advice=advice
    )
