"""Performs the effects of workflows in the calling thread."""

from __future__ import annotations

import contextvars
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from lightsail_snap._drivers.calls import enter, exit_context, make_call, write_log
from lightsail_snap._drivers.interrupts import result_of
from lightsail_snap._workflows.effects import (
    Call,
    ClockReading,
    Gather,
    Log,
    RunByDeadline,
    RunInContext,
    Sleep,
)
from lightsail_snap.errors import LightsailSnapError

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from lightsail_snap._workflows.effects import Effect, ReturnT, Workflow
    from lightsail_snap.clock import Clock
    from lightsail_snap.transport import Transport


def run(
    coroutine: Coroutine[Effect[Any], Any, ReturnT],
    transport: Transport,
    clock: Clock,
    deadline: float | None = None,
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
                outcome = _perform(effect, transport, clock, deadline)
            except LightsailSnapError as raised:
                error = raised
    finally:
        # An interrupt must run the workflow's clean-up now, not at garbage collection.
        coroutine.close()


def _perform(
    effect: Effect[Any], transport: Transport, clock: Clock, deadline: float | None
) -> object:
    match effect:
        case Call():
            return make_call(effect.request, transport, clock, deadline)
        case Sleep():
            if effect.seconds > 0:
                clock.sleep(effect.seconds)
            return ClockReading(clock.monotonic(), clock.time())
        case Log():
            write_log(effect)
            return None
        case RunByDeadline():
            return run(effect.workflow(), transport, clock, effect.earliest(deadline))
        case RunInContext():
            enter(effect.context)
            try:
                outcome = run(effect.workflow(), transport, clock, deadline)
            except BaseException as error:
                exit_context(effect.context, error)
                raise
            exit_context(effect.context, None)
            return outcome
        case Gather():
            return _gather(effect, transport, clock, deadline)
        case _:
            raise AssertionError  # pragma: no cover - these are all effects


def _gather(
    effect: Gather[Any], transport: Transport, clock: Clock, deadline: float | None
) -> list[Any]:
    def outcome_of(workflow: Workflow[Any]) -> Any:  # noqa: ANN401 - workflows return anything
        try:
            return run(workflow(), transport, clock, deadline)
        except LightsailSnapError as error:
            return error

    workers = min(effect.limit, len(effect.workflows))
    if workers <= 1:
        return [outcome_of(workflow) for workflow in effect.workflows]
    with ThreadPoolExecutor(workers, thread_name_prefix="lightsail-snap") as pool:
        try:
            # Each in a copy of the caller's context, where tracing finds its parent span.
            futures = [
                pool.submit(contextvars.copy_context().run, outcome_of, workflow)
                for workflow in effect.workflows
            ]
            return [result_of(future) for future in futures]
        except BaseException:
            # After an interrupt, workflows that have not started must not start.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
