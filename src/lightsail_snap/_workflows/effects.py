"""What a programme can want done."""

from __future__ import annotations

import logging
from collections.abc import Generator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias, TypeVar, cast

from lightsail_snap.errors import LightsailSnapError
from lightsail_snap.models import Request, ResultT

Quiesce: TypeAlias = AbstractContextManager[Any] | AbstractAsyncContextManager[Any]


@dataclass(frozen=True, slots=True)
class Call:
    """Send this request; the outcome is its result.

    Attributes:
        request: The request.
        deadline: The `ClockReading.monotonic` after which the response is not waited for; None for never.
    """

    request: Request[Any]
    deadline: float | None = None


@dataclass(frozen=True, slots=True)
class Sleep:
    """Let this many seconds pass; the outcome is the `ClockReading` afterwards."""

    seconds: float


@dataclass(frozen=True, slots=True)
class RunInContext:
    """Carry a programme out inside a context manager; the outcome is what it returns."""

    context: Quiesce
    flow: Flow[Any]


@dataclass(frozen=True, slots=True)
class Gather:
    """Carry programmes out at the same time; the outcome is a list of what came of each.

    Attributes:
        flows: The programmes; an error that one raises is what came of it.
        limit: How many at most at the same time.
    """

    flows: Sequence[Flow[Any]]
    limit: int


@dataclass(frozen=True, slots=True)
class Log:
    """Tell the log; there is no outcome.

    Attributes:
        level: A level of `logging`.
        text: What happened, as one safe line.
        fields: The same as data, for handlers that want it.
    """

    level: int
    text: str
    fields: Mapping[str, object] = field(default_factory=dict)


class ClockReading(NamedTuple):
    """What the clock says.

    Attributes:
        monotonic: Seconds since some fixed moment; for durations.
        time: Seconds since 1970-01-01 UTC.
    """

    monotonic: float
    time: float


Effect: TypeAlias = Call | Sleep | RunInContext | Gather | Log
ReturnT = TypeVar("ReturnT")
Flow: TypeAlias = Generator[Effect, object, ReturnT]


def call(request: Request[ResultT]) -> Flow[ResultT]:
    """Make one call.

    Args:
        request: What to send.

    Returns:
        Its result.
    """
    return cast("ResultT", (yield Call(request)))


def pause(seconds: float = 0) -> Flow[ClockReading]:
    """Let time pass.

    Args:
        seconds: How long, in seconds.

    Returns:
        The moment afterwards.
    """
    return cast("ClockReading", (yield Sleep(seconds)))


def with_deadline(flow: Flow[ReturnT], deadline: float | None) -> Flow[ReturnT]:
    """Run a workflow whose calls all have this deadline, or an earlier one of their own."""
    outcome: object = None
    error: LightsailSnapError | None = None
    try:
        while True:
            try:
                effect = flow.send(outcome) if error is None else flow.throw(error)
            except StopIteration as end:
                result: ReturnT = end.value
                return result
            outcome, error = None, None
            try:
                outcome = yield _limited(effect, deadline)
            except LightsailSnapError as raised:
                error = raised
    finally:
        flow.close()


def _limited(effect: Effect, deadline: float | None) -> Effect:
    if deadline is None:
        return effect
    match effect:
        case Call():
            earliest = deadline if effect.deadline is None else min(deadline, effect.deadline)
            return Call(effect.request, earliest)
        case RunInContext():
            return RunInContext(effect.context, with_deadline(effect.flow, deadline))
        case Gather():
            flows = [with_deadline(flow, deadline) for flow in effect.flows]
            return Gather(flows, effect.limit)
        case _:
            return effect


def within(context: Quiesce, flow: Flow[ReturnT]) -> Flow[ReturnT]:
    """Carry a programme out inside a context manager.

    Args:
        context: It is entered before, and left whatever becomes of the programme.
        flow: The programme.

    Returns:
        What it returns.
    """
    return cast("ReturnT", (yield RunInContext(context, flow)))


def together(
    flows: Sequence[Flow[ReturnT]], limit: int
) -> Flow[list[ReturnT | LightsailSnapError]]:
    """Carry programmes out at the same time.

    Args:
        flows: The programmes.
        limit: How many at most at the same time.

    Returns:
        What each returns, or the error that it raises, in their order.
    """
    return cast("list[ReturnT | LightsailSnapError]", (yield Gather(flows, limit)))


def note(text: str, *, level: int = logging.INFO, **fields: object) -> Flow[None]:
    """Tell the log.

    Args:
        text: What happened, as one safe line.
        level: A level of `logging`.
        fields: The same as data.
    """
    yield Log(level, text, fields)
