"""Carries programmes out on an event loop of asyncio or trio; boto3's blocking calls in threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import anyio
import anyio.lowlevel
import anyio.to_thread

from lightsail_snap._drivers.async_threads import run_to_the_end, unwrapped
from lightsail_snap._drivers.calls import (
    LOGGER,
    entered,
    left,
    make_call,
    not_paused,
    not_resumed,
    tell,
)
from lightsail_snap._drivers.deadlines import GRACE_SECONDS, not_begun
from lightsail_snap._workflows.effects import Call, ClockReading, Log, RunInContext, Sleep
from lightsail_snap.clock import SystemClock, VirtualClock
from lightsail_snap.errors import LightsailSnapError, OutcomeUnknownError

if TYPE_CHECKING:
    from lightsail_snap._boto.transport import Transport
    from lightsail_snap._workflows.effects import Effect, Flow, Gather, ReturnT
    from lightsail_snap.clock import Clock
    from lightsail_snap.models import Request


class AsyncDriver:
    """Carries programmes out.

    A call that only looks is given up at once when its task is cancelled; one that changes
    something is waited for, so that its outcome is known and can be told.
    """

    def __init__(self, transport: Transport, clock: Clock, concurrency: int) -> None:
        """Create a driver.

        Args:
            transport: Makes the calls.
            clock: Lets time pass.
            concurrency: How many calls are made at the same time on one event loop.
        """
        self._transport = transport
        self._clock = clock
        self._concurrency = concurrency
        self._limiters: WeakKeyDictionary[object, anyio.CapacityLimiter] = WeakKeyDictionary()
        self._lock = threading.Lock()

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
                return await self._call(wanted)
            case Sleep():
                return await self._sleep(wanted.seconds)
            case Log():
                tell(wanted)
                return None
            case RunInContext():
                return await self._within(wanted)
            case _:
                return await self._together(wanted)

    def _limiter(self) -> anyio.CapacityLimiter:
        """Return the limiter of the running event loop; it can be used on no other."""
        token = anyio.lowlevel.current_token()
        # Newer versions of anyio wrap the event loop's own token anew each time.
        loop = getattr(token, "native_token", token)
        with self._lock:
            limiter = self._limiters.get(loop)
            if limiter is None:
                # Older versions of anyio keep event loops alive that are over.
                for over in [each for each in self._limiters if _is_closed(each)]:
                    del self._limiters[over]
                limiter = self._limiters[loop] = anyio.CapacityLimiter(self._concurrency)
            return limiter

    def _deadline(self, wanted: Call) -> float | None:
        """Convert a deadline from the scale of `ClockReading.monotonic` to the clock's."""
        if wanted.deadline is None or isinstance(self._clock, VirtualClock):
            return None
        if isinstance(self._clock, SystemClock):
            return self._clock.monotonic() + wanted.deadline - anyio.current_time()
        return wanted.deadline

    async def _call(self, wanted: Call) -> object:
        """Make a call by its deadline; waiting for its turn counts."""
        request, limiter, deadline = wanted.request, self._limiter(), self._deadline(wanted)
        outcomes: list[object] = []
        make = partial(make_call, request, self._transport, self._clock, deadline)
        send = partial(self._send, request, make, limiter, outcomes)
        try:
            # A call ends by itself, so only waiting for a turn needs a limit here.
            if deadline is None or limiter.available_tokens > 0:
                return await send()
            while (seconds := deadline + GRACE_SECONDS - self._clock.monotonic()) > 0:
                with anyio.move_on_after(seconds):
                    return await send()
                if outcomes:
                    return unwrapped(outcomes[0])
                # The event loop's clock may be a virtual one that jumps meanwhile.
        except anyio.get_cancelled_exc_class() as cancelled:
            if outcomes:
                _tell_of_cancelled(request, outcomes[0], cancelled)
            raise
        raise not_begun(request)

    async def _send(
        self,
        request: Request[Any],
        make: Callable[[], object],
        limiter: anyio.CapacityLimiter,
        outcomes: list[object],
    ) -> object:
        if request.is_read_only:
            return await anyio.to_thread.run_sync(make, abandon_on_cancel=True, limiter=limiter)
        return await run_to_the_end(make, outcomes, limiter=limiter)

    async def _sleep(self, seconds: float) -> ClockReading:
        clock = self._clock
        if isinstance(clock, SystemClock):
            await anyio.sleep(seconds)
            # The event loop's own clock, which a test's may let jump.
            return ClockReading(anyio.current_time(), clock.time())
        if seconds > 0:
            await anyio.to_thread.run_sync(clock.sleep, seconds, abandon_on_cancel=True)
        return ClockReading(clock.monotonic(), clock.time())

    async def _within(self, wanted: RunInContext) -> object:
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
                await run_to_the_end(lambda: entered(context), outcomes)
            except BaseException as cancelled:
                if outcomes == [None]:
                    await self._leave(context, cancelled)
                raise
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
                await run_to_the_end(lambda: left(context, body), [], is_owed=True)
                return
            try:
                kind = None if body is None else type(body)
                await context.__aexit__(kind, body, body and body.__traceback__)
            except Exception as error:
                failure = not_resumed(error, body)
                if failure is error:
                    raise
                raise failure from error

    async def _together(self, wanted: Gather) -> list[Any]:
        outcomes: list[Any] = [None] * len(wanted.flows)
        remaining = iter(enumerate(wanted.flows))

        async def work() -> None:
            # Whoever is free takes the next, so they begin in their order on any event loop.
            for index, flow in remaining:
                try:
                    outcomes[index] = await self.run(flow)
                except LightsailSnapError as error:
                    outcomes[index] = error

        async with anyio.create_task_group() as group:
            for _ in range(min(wanted.limit, len(wanted.flows))):
                group.start_soon(work)
        return outcomes


def _is_closed(loop: Any) -> bool:  # noqa: ANN401 - asyncio's, trio's or another
    is_closed: Callable[[], bool] = getattr(loop, "is_closed", bool)
    return is_closed()


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
    fields = {"operation": request.operation_name, "may_have_executed": True}
    LOGGER.warning("%s", fact, extra=fields)
