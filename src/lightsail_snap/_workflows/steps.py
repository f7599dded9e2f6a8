"""Steps of a workflow: numbers, log records, progress, and how to continue after a failure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, TypeAlias, TypeVar

from lightsail_snap._parameters import check_callback
from lightsail_snap._workflows.create_and_wait import OnProgress
from lightsail_snap._workflows.effects import Workflow, log, run_by_deadline, run_in_context
from lightsail_snap._workflows.timing import Stopwatch
from lightsail_snap.errors import LightsailSnapError, WaitTimeoutError
from lightsail_snap.waiters import StepProgress, WaitProgress

OnStep: TypeAlias = Callable[[StepProgress], object]
ReturnT = TypeVar("ReturnT")

CONTINUE = "; to continue, call "
"""Begins the advice of a note, which the command line replaces by commands."""
_MAX_NAME_LENGTH = 255


@dataclass(slots=True)
class Steps:
    """The steps of one call.

    Attributes:
        total: Number of steps.
        resume: The call that continues, for example `rescue_system_volume("web-1", ...)`. More
            advice may follow it.
        stopwatch: The time limit of all steps.
        on_progress: Called when a step begins, and at every poll.
        done: What has been changed, for example `disk snapshot db-1 is completed`.
    """

    total: int
    resume: str
    stopwatch: Stopwatch
    on_progress: OnStep | None
    done: list[str] = field(default_factory=list)
    _step: int = 0
    _title: str = ""

    def __post_init__(self) -> None:
        check_callback("on_progress", self.on_progress)

    async def begin(self, title: str) -> OnProgress | None:
        """Begin the next step, and return the `on_progress` of its polls."""
        self._step += 1
        self._title = title
        message = f"step {self._step} of {self.total}: {title}"
        await log(message, step=self._step, steps=self.total)
        await self.stopwatch.read()
        # A limit of 0 never passes here, so that each call does as much as it can without pauses.
        if self.stopwatch.limit and not self.stopwatch.remaining:
            waited = self.stopwatch.waited
            text = f"the time limit of {waited.total_seconds():.0f} s has passed before {message}"
            raise WaitTimeoutError(text, waited=waited)
        if self.on_progress is None:
            return None
        self._report(None)
        return self._report

    def _report(self, poll: WaitProgress[Any] | None) -> None:
        if self.on_progress is not None:  # pragma: no branch - `begin` returns None instead
            self.on_progress(StepProgress(self._step, self.total, self._title, poll))

    async def run(self, workflow: Workflow[ReturnT]) -> ReturnT:
        """Run a workflow with these steps by the deadline; add a note if it does not return."""
        # Drivers raise an interrupt outside of workflows, but exit the contexts inside of it.
        context = _Context(self)
        return await run_by_deadline(
            lambda: run_in_context(context, workflow), self.stopwatch.deadline
        )

    def describe(self, error: BaseException) -> None:
        """Add to an error what has been done and how to continue."""
        if isinstance(error, LightsailSnapError):
            error.may_have_executed = error.may_have_executed or bool(self.done)
            if not error.may_have_executed:
                return
        elif not self._step:
            return
        where = f"step {self._step} of {self.total} has not finished: {self._title}"
        done = f"; done so far: {', '.join(self.done)}" if self.done else ""
        error.add_note(f"{where}{done}{CONTINUE}{self.resume}")


class _Context:
    """A context manager for both drivers that adds the note to whatever is raised inside."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if error is not None:
            self._steps.describe(error)

    async def __aenter__(self) -> None:
        pass

    async def __aexit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        self.__exit__(kind, error, traceback)


def derive_name(source: str, purpose: str, client_token: str) -> str:
    """Return the name of a new resource, the same for the same token."""
    digest = sha256(f"{source}\0{client_token}".encode(errors="surrogatepass")).hexdigest()[:8]
    suffix = f"-{purpose}-{digest}"
    # A name that is looked up may break the rules for new names.
    stem = re.sub(r"[^A-Za-z0-9_.-]", "-", source).lstrip(".-") or "x"
    return stem[: _MAX_NAME_LENGTH - len(suffix)] + suffix
