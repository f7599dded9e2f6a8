"""Carries programmes out on an event loop of asyncio or trio; boto3's blocking calls in threads."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import anyio.to_thread

from lightsail_snap._calls import LOGGER, entered, left, make_call, not_paused, not_resumed, tell
from lightsail_snap._flows._effects import Call, Moment, Note, Sleep, Within
from lightsail_snap.clock import SystemClock
from lightsail_snap.errors import LightsailSnapError, OutcomeUnknownError

if TYPE_CHECKING:
    from lightsail_snap._flows._effects import Effect, Flow, ReturnT, Together
    from lightsail_snap._transport import Transport
    from lightsail_snap.clock import Clock
    from lightsail_snap.models import Request

_T = TypeVar("_T")


class AsyncDriver:
    """Carries programmes out.

    A call that only looks is given up at once when its task is cancelled; one that changes
    something is waited for, so that its outcome is known and can be told.
    """

    def __init__(self, transport: Transport, clock: Clock, limiter: anyio.CapacityLimiter) -> None:
        """Take what it works with.

        Args:
            transport: Makes the calls.
            clock: Lets time pass.
            limiter: How many calls are made at the same time.
        """
        self._transport = transport
        self._clock = clock
        self._limiter = limiter

    async def run(self, flow: Flow[ReturnT]) -> ReturnT:
        """Carry a programme out in this task.

        Args:
            flow: The programme.

        Returns:
            What the programme returns.

        Raises:
            LightsailSnapError: What the programme raises.
        """
        outcome: object = None
        error: LightsailSnapError | None = None
        try:
            while True:
                try:
                    wanted = flow.send(outcome) if error is None else flow.throw(error)
                except StopIteration as end:
                    result: ReturnT = end.value
                    return result
                outcome, error = None, None
                try:
                    outcome = await self._perform(wanted)
                except LightsailSnapError as raised:
                    error = raised
        finally:
            flow.close()

    async def _perform(self, wanted: Effect) -> object:
        match wanted:
            case Call():
                return await self._call(wanted.request)
            case Sleep():
                return await self._sleep(wanted.seconds)
            case Note():
                tell(wanted)
                return None
            case Within():
                return await self._within(wanted)
            case _:
                return await self._together(wanted)

    async def _call(self, request: Request[Any]) -> object:
        def make() -> object:
            return make_call(request, self._transport, self._clock)

        if request.operation_name.startswith("Get"):
            return await anyio.to_thread.run_sync(
                make, abandon_on_cancel=True, limiter=self._limiter
            )
        outcomes: list[object] = []
        try:
            await _to_the_end(lambda: outcomes.append(_outcome_of(make)), self._limiter)
        except anyio.get_cancelled_exc_class() as cancelled:
            if outcomes:
                _tell_of_cancelled(request, outcomes[0], cancelled)
            raise
        if isinstance(outcomes[0], BaseException):
            raise outcomes[0]
        return outcomes[0]

    async def _sleep(self, seconds: float) -> Moment:
        clock = self._clock
        if isinstance(clock, SystemClock):
            await anyio.sleep(seconds)
            # The event loop's own clock, which a test's may let jump.
            return Moment(anyio.current_time(), clock.time())
        if seconds > 0:
            await anyio.to_thread.run_sync(clock.sleep, seconds, abandon_on_cancel=True)
        return Moment(clock.monotonic(), clock.time())

    async def _within(self, wanted: Within) -> object:
        await self._enter(wanted.context)
        try:
            outcome = await self.run(wanted.flow)
        except BaseException as error:
            await self._leave(wanted.context, error)
            raise
        await self._leave(wanted.context, None)
        return outcome

    async def _enter(self, context: Any) -> None:  # noqa: ANN401 - either kind of context manager
        if not (hasattr(context, "__aenter__") and hasattr(context, "__aexit__")):
            outcomes: list[object] = []
            try:
                await _to_the_end(
                    lambda: outcomes.append(_outcome_of(lambda: entered(context))), None
                )
            except BaseException as cancelled:
                if outcomes and outcomes[0] is None:
                    await self._leave(context, cancelled)
                raise
            if isinstance(outcomes[0], BaseException):
                raise outcomes[0]
            return
        try:
            await context.__aenter__()
        except Exception as error:
            failure = not_paused(error)
            if failure is error:
                raise
            raise failure from error

    async def _leave(self, context: Any, body: BaseException | None) -> None:  # noqa: ANN401 - as above
        # Whatever is cancelled meanwhile, writes go on again first.
        with anyio.CancelScope(shield=True):
            if not hasattr(context, "__aexit__"):
                outcomes: list[object] = []
                await _to_the_end(
                    lambda: outcomes.append(_outcome_of(lambda: left(context, body))), None
                )
                if isinstance(outcomes[0], BaseException):
                    raise outcomes[0]
                return
            try:
                kind = None if body is None else type(body)
                await context.__aexit__(kind, body, body and body.__traceback__)
            except Exception as error:
                failure = not_resumed(error, body)
                if failure is error:
                    raise
                raise failure from error

    async def _together(self, wanted: Together) -> list[Any]:
        outcomes: list[Any] = [None] * len(wanted.flows)
        turns = anyio.Semaphore(wanted.limit)

        async def carry_out(index: int, flow: Flow[Any]) -> None:
            async with turns:
                try:
                    outcomes[index] = await self.run(flow)
                except LightsailSnapError as error:
                    outcomes[index] = error

        async with anyio.create_task_group() as group:
            for index, flow in enumerate(wanted.flows):
                group.start_soon(carry_out, index, flow)
        return outcomes


def _outcome_of(function: Callable[[], _T]) -> _T | BaseException:
    try:
        return function()
    except BaseException as error:  # noqa: BLE001 - it is raised again in the task
        return error


async def _to_the_end(
    function: Callable[[], object], limiter: anyio.CapacityLimiter | None
) -> None:
    """Run a function in a thread, and wait until it has ended even if this task is cancelled.

    A cancellation that was there before it began keeps it from beginning.
    """

    async def work() -> None:
        await anyio.to_thread.run_sync(function, limiter=limiter)

    # A thread alone would be left behind by a cancellation of asyncio's own kind; a task group
    # waits for its tasks.
    async with anyio.create_task_group() as group:
        group.start_soon(work)


def _tell_of_cancelled(request: Request[Any], outcome: object, cancelled: BaseException) -> None:
    """Say what became of a call whose task was cancelled meanwhile; nobody else will be told."""
    if isinstance(outcome, LightsailSnapError) and not outcome.may_have_executed:
        return
    fact = OutcomeUnknownError(
        f"{request.operation_name} was carried out, or may have been, although its task was "
        "cancelled; look its effect up",
        request=request,
    )
    fact.__cause__ = outcome if isinstance(outcome, BaseException) else None
    cancelled.__cause__ = fact
    cancelled.add_note(str(fact))
    LOGGER.log(
        logging.WARNING,
        "%s",
        fact,
        extra={"operation": request.operation_name, "may_have_executed": True},
    )
