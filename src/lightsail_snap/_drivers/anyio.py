"""Performs the effects of workflows on asyncio or trio, and boto3's blocking calls in threads."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import anyio
import anyio.to_thread

from lightsail_snap._drivers.async_threads import LoopThreads, running_loop, unwrap
from lightsail_snap._drivers.calls import (
    LOGGER,
    enter,
    exit_context,
    make_call,
    pausing_errors,
    resuming_errors,
    write_log,
)
from lightsail_snap._drivers.deadlines import GRACE_SECONDS, not_sent_error
from lightsail_snap._workflows.effects import (
    Call,
    ClockReading,
    Gather,
    Log,
    RunByDeadline,
    RunInContext,
    Sleep,
)
from lightsail_snap.clock import SystemClock, VirtualClock
from lightsail_snap.errors import LightsailSnapError, OutcomeUnknownError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from lightsail_snap._workflows.effects import Effect, ReturnT
    from lightsail_snap.clock import Clock
    from lightsail_snap.models import Request
    from lightsail_snap.transport import Transport


class AsyncDriver:
    """Runs workflows in tasks.

    When a task is cancelled, a call that only reads is abandoned at once. A call that changes
    something is waited for, so that its outcome is known and can be reported.
    """

    def __init__(self, transport: Transport, clock: Clock, concurrency: int) -> None:
        """Create a driver that makes at most `concurrency` calls at a time on each event loop."""
        self._transport = transport
        self._clock = clock
        self._concurrency = concurrency
        self._threads: WeakKeyDictionary[object, LoopThreads] = WeakKeyDictionary()
        self._lock = threading.Lock()

    async def run(
        self, coroutine: Coroutine[Effect[Any], Any, ReturnT], deadline: float | None = None
    ) -> ReturnT:
        """Run a workflow, and return what it returns or raise what it raises."""
        outcome: object = None
        error: LightsailSnapError | None = None
        try:
            while True:
                try:
                    effect = coroutine.send(outcome) if error is None else coroutine.throw(error)
                except StopIteration as end:
                    result: ReturnT = end.value
                    return result
                outcome, error = None, None
                try:
                    outcome = await self._perform(effect, deadline)
                except LightsailSnapError as raised:
                    error = raised
        finally:
            coroutine.close()

    async def _perform(self, effect: Effect[Any], deadline: float | None) -> object:
        match effect:
            case Call():
                return await self._call(effect.request, self._clock_time(deadline))
            case Sleep():
                return await self._sleep(effect.seconds)
            case Log():
                write_log(effect)
                return None
            case RunByDeadline():
                return await self.run(effect.workflow(), effect.earliest(deadline))
            case RunInContext():
                return await self._run_in_context(effect, deadline)
            case Gather():
                return await self._gather(effect, deadline)
            case _:
                raise AssertionError  # pragma: no cover - these are all effects

    def _loop_threads(self) -> LoopThreads:
        """Return the threads for the running event loop, which has a limit of its own."""
        loop = running_loop()
        with self._lock:
            threads = self._threads.get(loop)
            if threads is None:
                # Older versions of anyio keep closed event loops alive.
                for closed in [each for each in self._threads if _is_closed(each)]:
                    del self._threads[closed]
                threads = self._threads[loop] = LoopThreads(self._concurrency)
            return threads

    def _clock_time(self, deadline: float | None) -> float | None:
        """Convert a deadline from the scale of `ClockReading.monotonic` to the clock's."""
        if deadline is None or isinstance(self._clock, VirtualClock):
            return None
        if isinstance(self._clock, SystemClock):
            return self._clock.monotonic() + deadline - anyio.current_time()
        return deadline

    async def _call(self, request: Request[Any], deadline: float | None) -> object:
        """Make a call by its deadline; the time until a thread is free counts."""
        threads = self._loop_threads()
        # A coroutine that is closed is no longer on an event loop, which this needs.
        cancelled_class = anyio.get_cancelled_exc_class()
        outcomes: list[object] = []
        make = partial(make_call, request, self._transport, self._clock, deadline)

        async def send() -> object:
            if request.is_read_only:
                return await threads.read(make)
            return await threads.call(make, outcomes)

        try:
            # A call ends by itself, so only the wait for a thread needs a limit here.
            if deadline is None or not threads.are_all_busy:
                return await send()
            while (seconds := deadline + GRACE_SECONDS - self._clock.monotonic()) > 0:
                with anyio.move_on_after(seconds):
                    return await send()
                if outcomes:
                    return unwrap(outcomes[0])
                # The event loop's clock may be a virtual one that jumps meanwhile.
        except cancelled_class as cancelled:
            if outcomes:
                _report_cancelled_call(request, outcomes[0], cancelled)
            raise
        raise not_sent_error(request)

    async def _sleep(self, seconds: float) -> ClockReading:
        clock = self._clock
        if isinstance(clock, SystemClock):
            await anyio.sleep(seconds)
            # The event loop's own clock, which may be a virtual one in tests.
            return ClockReading(anyio.current_time(), clock.time())
        if seconds > 0:
            await anyio.to_thread.run_sync(clock.sleep, seconds, abandon_on_cancel=True)
        return ClockReading(clock.monotonic(), clock.time())

    async def _run_in_context(self, effect: RunInContext[Any], deadline: float | None) -> object:
        await self._enter(effect.context)
        try:
            outcome: object = await self.run(effect.workflow(), deadline)
        except BaseException as error:
            await self._exit(effect.context, error)
            raise
        await self._exit(effect.context, None)
        return outcome

    async def _enter(self, context: Any) -> None:  # noqa: ANN401 - either kind of context manager
        if not (hasattr(context, "__aenter__") and hasattr(context, "__aexit__")):
            outcomes: list[object] = []
            try:
                await self._loop_threads().enter(lambda: enter(context), outcomes)
            except BaseException as cancelled:
                if outcomes == [None]:
                    await self._exit(context, cancelled)
                raise
            return
        with pausing_errors():
            await context.__aenter__()

    async def _exit(self, context: Any, body: BaseException | None) -> None:  # noqa: ANN401 - as above
        # Even if the task is cancelled meanwhile, writes are resumed first.
        with anyio.CancelScope(shield=True):
            if not hasattr(context, "__aexit__"):
                await self._loop_threads().exit(lambda: exit_context(context, body))
                return
            with resuming_errors(body):
                kind = None if body is None else type(body)
                await context.__aexit__(kind, body, body and body.__traceback__)

    async def _gather(self, effect: Gather[Any], deadline: float | None) -> list[Any]:
        outcomes: list[Any] = [None] * len(effect.workflows)
        remaining = iter(enumerate(effect.workflows))

        async def work() -> None:
            # Each worker takes the next workflow, so they start in order on any event loop.
            for index, workflow in remaining:
                try:
                    outcomes[index] = await self.run(workflow(), deadline)
                except LightsailSnapError as error:
                    outcomes[index] = error

        async with anyio.create_task_group() as group:
            for _ in range(min(effect.limit, len(effect.workflows))):
                group.start_soon(work)
        return outcomes


def _is_closed(loop: Any) -> bool:  # noqa: ANN401 - of any library
    is_closed: Callable[[], bool] = getattr(loop, "is_closed", bool)
    return is_closed()


def _report_cancelled_call(
    request: Request[Any], outcome: object, cancelled: BaseException
) -> None:
    """Attach the outcome of a call to the cancellation of its task, and log it."""
    if isinstance(outcome, LightsailSnapError) and not outcome.may_have_executed:
        return
    report = OutcomeUnknownError(
        f"{request.operation_name} was executed, or may have been, although its task was "
        "cancelled; check for its effect",
        request=request,
    )
    report.__cause__ = outcome if isinstance(outcome, BaseException) else None
    cancelled.__cause__ = report
    cancelled.add_note(str(report))
    fields = {"operation": request.operation_name, "may_have_executed": True}
    LOGGER.warning("%s", report, extra=fields)
