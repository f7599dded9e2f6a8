"""Effects: everything a workflow can request from its driver.

A workflow is a coroutine that awaits only the functions of this module. It performs no I/O and
reads no clock, so one workflow serves the sync client, the async client, and tests without either.
"""

from __future__ import annotations

import logging
import types
from collections.abc import Callable, Coroutine, Generator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

from lightsail_snap.errors import LightsailSnapError
from lightsail_snap.models import Request, ResultT

ReturnT = TypeVar("ReturnT")
Quiesce: TypeAlias = AbstractContextManager[Any] | AbstractAsyncContextManager[Any]
# Functions and not coroutines are passed on: a coroutine that is never started is a bug.
Workflow: TypeAlias = Callable[[], Coroutine[Any, Any, ReturnT]]


class Effect(Generic[ReturnT]):
    """Base of the effects; the parameter is the type of the outcome."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Call(Effect[ResultT]):
    """Send a request; the outcome is its result."""

    request: Request[ResultT]


class ClockReading(NamedTuple):
    """The time on the driver's clock.

    Attributes:
        monotonic: Seconds since an arbitrary moment; for durations.
        time: Seconds since 1970-01-01 UTC.
    """

    monotonic: float
    time: float


@dataclass(frozen=True, slots=True)
class Sleep(Effect[ClockReading]):
    """Sleep for this many seconds; the outcome is the time afterwards."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Log(Effect[None]):
    """Write a log record.

    Attributes:
        level: A level of `logging`.
        message: What happened, on one line.
        fields: The same as data, for handlers that want it.
    """

    level: int
    message: str
    fields: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunInContext(Effect[ReturnT]):
    """Run a workflow inside a context manager; the outcome is its return value."""

    context: Quiesce
    workflow: Workflow[ReturnT]


@dataclass(frozen=True, slots=True)
class RunByDeadline(Effect[ReturnT]):
    """Run a workflow whose calls are not waited for after a deadline.

    Attributes:
        deadline: The deadline on the scale of `ClockReading.monotonic`.
        workflow: The workflow; the outcome is its return value.
    """

    deadline: float
    workflow: Workflow[ReturnT]

    def earliest(self, deadline: float | None) -> float:
        """Return the earlier of this deadline and the one in force."""
        return self.deadline if deadline is None else min(self.deadline, deadline)


@dataclass(frozen=True, slots=True)
class Gather(Effect[list[ReturnT | LightsailSnapError]]):
    """Run workflows concurrently; the outcome lists their return values and errors.

    Attributes:
        workflows: The workflows.
        limit: The maximum number that run at the same time.
    """

    workflows: Sequence[Workflow[ReturnT]]
    limit: int


@types.coroutine
def _perform(effect: Effect[ReturnT]) -> Generator[Effect[Any], ReturnT, ReturnT]:
    return (yield effect)


async def call(request: Request[ResultT]) -> ResultT:
    """Send a request and return its result."""
    return await _perform(Call(request))


async def sleep(seconds: float = 0) -> ClockReading:
    """Sleep, and return the time afterwards."""
    return await _perform(Sleep(seconds))


async def run_in_context(context: Quiesce, workflow: Workflow[ReturnT]) -> ReturnT:
    """Run a workflow inside a context manager, which is exited whatever the workflow does."""
    return await _perform(RunInContext(context, workflow))


async def run_by_deadline(workflow: Workflow[ReturnT], deadline: float | None) -> ReturnT:
    """Run a workflow whose calls end by a deadline, or by an earlier one that is in force."""
    if deadline is None:
        return await workflow()
    return await _perform(RunByDeadline(deadline, workflow))


async def gather(
    workflows: Sequence[Workflow[ReturnT]], limit: int
) -> list[ReturnT | LightsailSnapError]:
    """Run workflows concurrently, and return their values and errors in the same order."""
    return await _perform(Gather(workflows, limit))


async def log(message: str, *, level: int = logging.INFO, **fields: object) -> None:
    """Write a log record: one line, and the same as data."""
    await _perform(Log(level, message, fields))
