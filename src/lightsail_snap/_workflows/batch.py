"""Taking many snapshots: each exactly once, all awaited in one loop of looks."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from lightsail_snap._parameters import as_list, check_callback, check_concurrency, invalid_parameter
from lightsail_snap._workflows.create_once import Accepted, Creation, create_once
from lightsail_snap._workflows.effects import Flow, together, with_deadline
from lightsail_snap._workflows.jobs import about, has_vanished, replaced_by_another, say_accepted
from lightsail_snap._workflows.recipes import disk_snapshot_creation
from lightsail_snap._workflows.resources import DISK_SNAPSHOTS, OPERATIONS
from lightsail_snap._workflows.timing import RetryBudget, Stopwatch, start
from lightsail_snap._workflows.waiting import BatchResult, NotFoundPolicy, wait_for_all
from lightsail_snap.errors import LightsailSnapError
from lightsail_snap.models import CreateDiskSnapshotRequest, DiskSnapshot
from lightsail_snap.waiters import GroupProgress, WaitPolicy


def take_disk_snapshots(
    requests: Iterable[CreateDiskSnapshotRequest],
    policy: WaitPolicy,
    limit: float | None,
    *,
    concurrency: int,
    on_progress: Callable[[GroupProgress], object] | None,
) -> Flow[dict[str, DiskSnapshot]]:
    """Take many disk snapshots, each exactly once, and wait until all are completed.

    Args:
        requests: What to take.
        policy: How patiently to wait.
        limit: How long at most for all of them, in seconds; None for ever.
        concurrency: How many calls at most at the same time.
        on_progress: Is told of every round of looks.

    Returns:
        The completed snapshots by name.

    Raises:
        PartialFailureError: If any cannot be taken; it holds the others.
    """
    check_callback("on_progress", on_progress)
    check_concurrency(concurrency)
    wanted: dict[str, Creation[DiskSnapshot]] = {}
    for request in as_list("requests", requests):
        if not isinstance(request, CreateDiskSnapshotRequest):
            rule, fix = "must be requests to take disk snapshots", "give CreateDiskSnapshotRequest"
            raise invalid_parameter("requests", rule, fix, request)
        CreateDiskSnapshotRequest.checked(request)
        creation = disk_snapshot_creation(request, None)
        if creation.name in wanted:
            raise invalid_parameter(
                "requests", "must have names of their own", "give each name once", request
            )
        wanted[creation.name] = creation
    stopwatch = yield from start(limit)
    began = stopwatch.began

    def create(creation: Creation[DiskSnapshot]) -> Flow[Accepted]:
        return create_once(creation, RetryBudget(policy, Stopwatch(limit, began)))

    made = yield from with_deadline(
        together([create(creation) for creation in wanted.values()], concurrency),
        stopwatch.deadline,
    )
    outcomes = dict(zip(wanted, made, strict=True))
    failures = {n: o for n, o in outcomes.items() if isinstance(o, LightsailSnapError)}
    accepted = {n: o for n, o in outcomes.items() if not isinstance(o, LightsailSnapError)}
    operations = {
        name: operation
        for name, each in accepted.items()
        if (operation := about(each.operations, name)) is not None
    }
    ends = yield from wait_for_all(
        OPERATIONS,
        [operation.id for operation in operations.values()],
        policy,
        limit,
        concurrency=concurrency,
        on_progress=on_progress,
        firsts={operation.id: operation for operation in operations.values()},
        began=began,
    )
    for name, operation in operations.items():
        error = ends.failures.get(operation.id)
        if error is not None and not has_vanished(error):
            say_accepted(error, f"wait_for_disk_snapshot({name!r})")
            failures[name] = error
    snapshots = yield from wait_for_all(
        DISK_SNAPSHOTS,
        [name for name in wanted if name not in failures],
        policy,
        limit,
        concurrency=concurrency,
        on_progress=on_progress,
        absence=NotFoundPolicy.EARLY,
        began=began,
        identities={name: each.identity for name, each in accepted.items()},
    )
    taken = dict(snapshots.successes)
    failures |= snapshots.failures
    for name, snapshot in snapshots.successes.items():
        budget = RetryBudget(policy, stopwatch)
        check = replaced_by_another(wanted[name], accepted[name], snapshot, budget)
        replaced = yield from with_deadline(check, stopwatch.deadline)
        if replaced is not None:
            failures[name] = replaced
            del taken[name]
    for name in failures.keys() & snapshots.successes.keys() | snapshots.failures.keys():
        say_accepted(failures[name], f"wait_for_disk_snapshot({name!r})")
    return BatchResult(taken, failures).all("disk snapshots")
