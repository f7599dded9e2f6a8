"""Take many snapshots: each exactly once, all waited for in one polling loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, TypeVar

from lightsail_snap._parameters import (
    as_list,
    check_callback,
    check_concurrency,
    invalid_parameter,
)
from lightsail_snap._workflows.create_and_wait import (
    find_replacement,
    note_accepted,
    operation_for,
)
from lightsail_snap._workflows.create_once import Creation, create_once
from lightsail_snap._workflows.effects import gather, run_by_deadline
from lightsail_snap._workflows.ownership import CreatedT
from lightsail_snap._workflows.resources import (
    DISK_SNAPSHOTS,
    INSTANCE_SNAPSHOTS,
    Waitable,
)
from lightsail_snap._workflows.take import disk_snapshot_creation, instance_snapshot_creation
from lightsail_snap._workflows.timing import RetryBudget, Stopwatch, start
from lightsail_snap._workflows.waiting import BatchResult, is_missing, wait_for_created
from lightsail_snap.errors import LightsailSnapError, WaitTimeoutError
from lightsail_snap.models import (
    CreateDiskSnapshotRequest,
    CreateInstanceSnapshotRequest,
    DiskSnapshot,
    InstanceSnapshot,
    Request,
)
from lightsail_snap.waiters import GroupProgress, WaitPolicy

RequestT = TypeVar("RequestT", bound=Request[Any])


def _creations(
    requests: Iterable[RequestT],
    kind: type[RequestT],
    to_creation: Callable[[RequestT, None], Creation[CreatedT]],
) -> dict[str, Creation[CreatedT]]:
    """Validate the requests, and return how to create each snapshot, by name."""
    creations: dict[str, Creation[CreatedT]] = {}
    for request in as_list("requests", requests):
        if not isinstance(request, kind):
            rule, fix = f"must be {kind.__name__} objects", "pass a list of them"
            raise invalid_parameter("requests", rule, fix, request)
        kind.checked(request)
        creation = to_creation(request, None)
        if creation.name in creations:
            rule, fix = "must have different names", "pass each name once"
            raise invalid_parameter("requests", rule, fix, request)
        creations[creation.name] = creation
    return creations


async def take_disk_snapshots(
    requests: Iterable[CreateDiskSnapshotRequest],
    policy: WaitPolicy,
    limit: float | None,
    *,
    concurrency: int,
    on_progress: Callable[[GroupProgress], object] | None,
) -> dict[str, DiskSnapshot]:
    """Take many disk snapshots, and return them by name or raise PartialFailureError."""
    creations = _creations(requests, CreateDiskSnapshotRequest, disk_snapshot_creation)
    return await _take_all(
        DISK_SNAPSHOTS, creations, policy, limit, concurrency=concurrency, on_progress=on_progress
    )


async def take_instance_snapshots(
    requests: Iterable[CreateInstanceSnapshotRequest],
    policy: WaitPolicy,
    limit: float | None,
    *,
    concurrency: int,
    on_progress: Callable[[GroupProgress], object] | None,
) -> dict[str, InstanceSnapshot]:
    """Take many instance snapshots, and return them by name or raise PartialFailureError."""
    creations = _creations(requests, CreateInstanceSnapshotRequest, instance_snapshot_creation)
    return await _take_all(
        INSTANCE_SNAPSHOTS,
        creations,
        policy,
        limit,
        concurrency=concurrency,
        on_progress=on_progress,
    )


async def _take_all(  # noqa: PLR0913 - the parameters of the client's methods
    waitable: Waitable[CreatedT],
    creations: dict[str, Creation[CreatedT]],
    policy: WaitPolicy,
    limit: float | None,
    *,
    concurrency: int,
    on_progress: Callable[[GroupProgress], object] | None,
) -> dict[str, CreatedT]:
    check_callback("on_progress", on_progress)
    check_concurrency(concurrency)
    stopwatch = await start(limit)
    began = stopwatch.began
    workflows = [
        partial(create_once, creation, RetryBudget(policy, Stopwatch(limit, began)))
        for creation in creations.values()
    ]
    created = await run_by_deadline(lambda: gather(workflows, concurrency), stopwatch.deadline)
    outcomes = dict(zip(creations, created, strict=True))
    failures = {n: o for n, o in outcomes.items() if isinstance(o, LightsailSnapError)}
    accepted = {n: o for n, o in outcomes.items() if not isinstance(o, LightsailSnapError)}
    operations = {
        name: operation
        for name, each in accepted.items()
        if (operation := operation_for(each.operations, name)) is not None
    }
    snapshots, ended = await wait_for_created(
        waitable,
        {name: each.identity for name, each in accepted.items()},
        operations,
        policy,
        limit,
        concurrency=concurrency,
        on_progress=on_progress,
        began=began,
    )
    failures |= {n: error for n, error in ended.failures.items() if not is_missing(error)}
    for name, failure in snapshots.failures.items():
        # The failure of the operation has the reason, but its timeout has none.
        if name not in failures or isinstance(failures[name], WaitTimeoutError):
            failures[name] = failure
    taken = {name: each for name, each in snapshots.successes.items() if name not in failures}
    budget = RetryBudget(policy, stopwatch)
    for name, snapshot in tuple(taken.items()):
        check = partial(find_replacement, creations[name], accepted[name], snapshot, budget)
        replaced = await run_by_deadline(check, stopwatch.deadline)
        if replaced is not None:
            failures[name] = replaced
            del taken[name]
    for name in failures.keys() & accepted.keys():
        note_accepted(failures[name], creations[name].resume)
    return BatchResult(taken, failures).all(f"{waitable.noun}s")
