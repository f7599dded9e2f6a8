"""Create a resource exactly once, and wait until it can be used."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import timedelta
from typing import Any, TypeAlias, TypeVar

from lightsail_snap._parameters import check_callback
from lightsail_snap._workflows.create_once import Accepted, Creation, create_once
from lightsail_snap._workflows.effects import (
    ClockReading,
    Quiesce,
    Workflow,
    log,
    run_by_deadline,
    run_in_context,
)
from lightsail_snap._workflows.ownership import (
    CLOCK_PRECISION_SECONDS,
    CreatedT,
    Ownership,
    creating_operations,
    has_tags,
)
from lightsail_snap._workflows.resources import OPERATIONS
from lightsail_snap._workflows.stop_checks import check_source
from lightsail_snap._workflows.stops_instance import StopsInstance, find_stop
from lightsail_snap._workflows.timing import RetryBudget, Stopwatch, start
from lightsail_snap._workflows.waiting import NotFoundPolicy, error_fields, is_missing, wait_for
from lightsail_snap.errors import (
    LightsailSnapError,
    QuiesceError,
    WaitError,
    WaitFailedError,
)
from lightsail_snap.models import Operation
from lightsail_snap.waiters import WaitPolicy, WaitProgress

OnQuiesced: TypeAlias = Callable[[timedelta], object]
OnProgress: TypeAlias = Callable[[WaitProgress[Any]], object]
ReturnT = TypeVar("ReturnT")


async def _quiesce(
    context: Quiesce,
    workflow: Workflow[ReturnT],
    stopwatch: Stopwatch,
    *,
    on_quiesced: OnQuiesced | None,
    resume: str,
) -> ReturnT:
    """Run a workflow while writes are paused, and report how long they were.

    Pausing and resuming have limits of their own, so their time does not count on the stopwatch.
    """
    began: list[ClockReading] = []
    accepted: list[ReturnT] = []

    async def run() -> ReturnT:
        began.append(await stopwatch.restart())
        result = await run_by_deadline(workflow, stopwatch.deadline)
        await stopwatch.read()
        accepted.append(result)
        return result

    async def report() -> None:
        now = await stopwatch.resume()
        stop = find_stop(context)
        paused = stop and stop.downtime
        paused = paused or timedelta(seconds=now.monotonic - began[0].monotonic)
        seconds = paused.total_seconds()
        await log(f"writes were paused for {seconds:.3f} s", quiesced_seconds=seconds)
        if on_quiesced is not None:
            on_quiesced(paused)

    try:
        result = await run_in_context(context, run)
    except LightsailSnapError as error:
        if accepted and isinstance(error, QuiesceError):
            note_accepted(error, resume)
        if began:
            await report()
        raise
    await report()
    return result


def operation_for(operations: Iterable[Operation], name: str) -> Operation | None:
    """Return the operation on this resource."""
    return next((each for each in operations if each.resource_name == name), None)


def note_accepted(error: LightsailSnapError, resume: str) -> None:
    """Add to an error that the service has accepted the request, and how to continue."""
    error.may_have_executed = True
    if not isinstance(error, WaitError):
        error.add_note(f"the service has accepted the request; to keep waiting, call {resume}")


async def create_and_wait(  # noqa: PLR0913 - the parameters of the high-level operations
    creation: Creation[CreatedT],
    policy: WaitPolicy,
    limit: float | None,
    *,
    on_progress: OnProgress | None,
    quiesce: Quiesce | None = None,
    on_quiesced: OnQuiesced | None = None,
) -> CreatedT:
    """Create a resource exactly once, wait for its operation and then for the resource."""
    check_callback("on_progress", on_progress)
    check_callback("on_quiesced", on_quiesced)
    stopwatch = await start(limit)
    budget, resume = RetryBudget(policy, stopwatch), creation.resume

    async def create() -> Accepted:
        return await create_once(creation, budget)

    if quiesce is None or await _is_created(creation, find_stop(quiesce), budget):
        accepted = await run_by_deadline(create, stopwatch.deadline)
    else:
        accepted = await _quiesce(
            quiesce, create, stopwatch, on_quiesced=on_quiesced, resume=resume
        )
    try:
        resource = await _wait(creation, accepted, budget, on_progress)
        error = await run_by_deadline(
            lambda: find_replacement(creation, accepted, resource, budget), stopwatch.deadline
        )
        if error is not None:
            raise error
    except LightsailSnapError as error:
        note_accepted(error, resume)
        raise
    return resource


async def _is_created(
    creation: Creation[CreatedT], stop: StopsInstance | None, budget: RetryBudget
) -> bool:
    """Return whether an earlier call with the same token created the resource already.

    Then an instance need not stop again. Other pauses are short, and are made every time.
    """
    if stop is None:
        return False
    await check_source(stop, creation.request, budget)
    if creation.token is None:
        return False
    try:
        found = await budget.look_up(lambda: creation.waitable.find(creation.name))
    except LightsailSnapError:
        # The creation itself shows what is wrong.
        return False
    return found is not None and creation.has_token(found.resource)


async def find_replacement(
    creation: Creation[CreatedT], accepted: Accepted, resource: CreatedT, budget: RetryBudget
) -> WaitFailedError | None:
    """Return the error for a resource that another client has put in the place of this call's."""
    if await _is_own(creation, accepted, resource, budget):
        return None
    await budget.stopwatch.read()
    message = (
        f"{creation.title} was created, but the resource of this name is not the one that was "
        "requested: another client has replaced it, or changed its tags"
    )
    waited = budget.stopwatch.waited
    return WaitFailedError(message, waited=waited, **error_fields(resource))


async def _is_own(
    creation: Creation[CreatedT], accepted: Accepted, resource: CreatedT, budget: RetryBudget
) -> bool:
    """Return whether an accepted creation created this resource."""
    if creation.compare(resource, ()) is Ownership.FOREIGN:
        return False
    if accepted.identity.created_after is None:
        # It was identified when it was looked up.
        return True
    is_equal = has_tags(resource, creation.all_tags) or creation.has_token(resource)
    if accepted.at is None or resource.created_at is None:
        return is_equal
    created = resource.created_at.timestamp()
    is_of_that_moment = abs(created - accepted.at) <= CLOCK_PRECISION_SECONDS
    if is_equal and is_of_that_moment:
        return True
    own = {each.id for each in accepted.operations}
    # Every resource of this name has an operation of its own, of about the same time.
    times = {
        each.id: abs(each.created_at.timestamp() - created)
        for each in await creating_operations(creation.name, budget)
        if each.created_at is not None
    }
    if times and own:
        return min(times, key=times.__getitem__) in own
    return is_equal or is_of_that_moment


async def _wait(
    creation: Creation[CreatedT],
    accepted: Accepted,
    budget: RetryBudget,
    on_progress: OnProgress | None,
) -> CreatedT:
    """Wait for the operation that creates a resource, and then for the resource."""
    policy, limit, began = budget.policy, budget.stopwatch.limit, budget.stopwatch.began
    operation = operation_for(accepted.operations, creation.name)
    if operation is not None:
        try:
            await wait_for(
                OPERATIONS,
                operation.id,
                policy,
                limit,
                on_progress=on_progress,
                first=operation,
                resume=creation.resume,
                began=began,
            )
        except WaitFailedError as error:
            if not is_missing(error):
                raise
            # How long the service keeps operations is unverified; the resource has a state, too.
            await log(f"the operation that creates {creation.name} no longer exists")
    return await wait_for(
        creation.waitable,
        creation.name,
        policy,
        limit,
        on_progress=on_progress,
        not_found=NotFoundPolicy.RETRY,
        resume=creation.resume,
        began=began,
        identity=accepted.identity,
    )
