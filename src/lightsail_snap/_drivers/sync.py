"""Carries programmes out in this thread: the one place where flows meet I/O and time."""

from __future__ import annotations

import contextvars
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from lightsail_snap._drivers.calls import entered, left, make_call, tell
from lightsail_snap._drivers.interrupts import result_of
from lightsail_snap._workflows.effects import Call, ClockReading, Log, RunInContext, Sleep
from lightsail_snap.errors import LightsailSnapError

if TYPE_CHECKING:
    from lightsail_snap._boto.transport import Transport
    from lightsail_snap._workflows.effects import Effect, Flow, Gather, ReturnT
    from lightsail_snap.clock import Clock


def _perform(wanted: Effect, transport: Transport, clock: Clock) -> object:
    match wanted:
        case Call():
            return make_call(wanted.request, transport, clock, wanted.deadline)
        case Sleep():
            if wanted.seconds > 0:
                clock.sleep(wanted.seconds)
            return ClockReading(clock.monotonic(), clock.time())
        case Log():
            tell(wanted)
            return None
        case RunInContext():
            entered(wanted.context)
            try:
                outcome = run(wanted.flow, transport, clock)
            except BaseException as error:
                left(wanted.context, error)
                raise
            left(wanted.context, None)
            return outcome
        case _:
            return _together(wanted, transport, clock)


def _together(wanted: Gather, transport: Transport, clock: Clock) -> list[Any]:
    def outcome_of(flow: Flow[Any]) -> Any:  # noqa: ANN401 - flows return anything
        try:
            return run(flow, transport, clock)
        except LightsailSnapError as error:
            return error

    workers = min(wanted.limit, len(wanted.flows))
    if workers <= 1:
        return [outcome_of(flow) for flow in wanted.flows]
    with ThreadPoolExecutor(workers, thread_name_prefix="lightsail-snap") as pool:
        try:
            # Each in a copy of the caller's context, in which tracing finds its parent span.
            contexts = [contextvars.copy_context() for _ in wanted.flows]
            futures = [
                pool.submit(context.run, outcome_of, flow)
                for context, flow in zip(contexts, wanted.flows, strict=True)
            ]
            return [result_of(future) for future in futures]
        except BaseException:
            # What has not begun must not begin after an interrupt.
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def run(flow: Flow[ReturnT], transport: Transport, clock: Clock) -> ReturnT:
    """Carry a programme out in this thread.

    Args:
        flow: The programme.
        transport: Makes its calls.
        clock: Lets its time pass.

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
                outcome = _perform(wanted, transport, clock)
            except LightsailSnapError as raised:
                error = raised
    finally:
        # An interrupt must run the programme's own clean-up now, not when it is collected.
        flow.close()
