"""The waits that users know, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from lightsail_snap._parameters import as_list, invalid_parameter
from lightsail_snap._workflows.effects import Flow
from lightsail_snap._workflows.resources import (
    DISK_SNAPSHOTS,
    INSTANCE_SNAPSHOTS,
    OPERATIONS,
    Waitable,
    disks,
    exports,
)
from lightsail_snap._workflows.waiting import wait_for, wait_for_absence, wait_for_all
from lightsail_snap.models import (
    Disk,
    DiskSnapshot,
    DiskState,
    ExportSnapshotRecord,
    InstanceSnapshot,
    Operation,
)
from lightsail_snap.waiters import GroupProgress, PollResultT, Timeout, WaitPolicy, WaitProgress


def wait_for_operation(
    operation: Operation | str,
    policy: WaitPolicy,
    *,
    timeout: Timeout,
    on_progress: Callable[[WaitProgress[Operation]], object] | None,
) -> Flow[Operation]:
    """Wait for an operation to end.

    Args:
        operation: The operation, which is not asked for again if it has ended, or its id.
        policy: How patiently.
        timeout: How long at most.
        on_progress: Is told of every look.

    Returns:
        The operation as it ended.
    """
    return wait_for(
        OPERATIONS,
        _id_of(operation),
        policy,
        policy.limit(timeout),
        on_progress=on_progress,
        first=operation if isinstance(operation, Operation) else None,
    )


def _id_of(operation: object) -> Any:  # noqa: ANN401 - what callers without a type checker give
    # An operation that was made without validation may lack its id, which the request then tells.
    return getattr(operation, "id", operation)


def wait_for_operations(
    operations: Iterable[Operation | str],
    policy: WaitPolicy,
    *,
    timeout: Timeout,
    concurrency: int,
    on_progress: Callable[[GroupProgress], object] | None,
) -> Flow[dict[str, Operation]]:
    """Wait for many operations to end.

    Args:
        operations: The operations, or their ids.
        policy: How patiently.
        timeout: How long at most for all of them.
        concurrency: How many calls at most at the same time.
        on_progress: Is told of every round of looks.

    Returns:
        The operations as they ended, by id.
    """
    given = as_list("operations", operations)
    ends = yield from wait_for_all(
        OPERATIONS,
        [_id_of(operation) for operation in given],
        policy,
        policy.limit(timeout),
        concurrency=concurrency,
        on_progress=on_progress,
        firsts={_id_of(each): each for each in given if isinstance(each, Operation)},
    )
    return ends.all("operations")


def _wait_for_several(  # noqa: PLR0913 - the ways in which waits differ
    subject: Waitable[PollResultT],
    parameter: str,
    names: Iterable[str],
    policy: WaitPolicy,
    *,
    timeout: Timeout,
    concurrency: int,
    on_progress: Callable[[GroupProgress], object] | None,
) -> Flow[dict[str, PollResultT]]:
    ends = yield from wait_for_all(
        subject,
        as_list(parameter, names),
        policy,
        policy.limit(timeout),
        concurrency=concurrency,
        on_progress=on_progress,
    )
    return ends.all(f"{subject.noun}s")


def wait_for_disk_snapshot(
    disk_snapshot_name: str,
    policy: WaitPolicy,
    *,
    timeout: Timeout,
    on_progress: Callable[[WaitProgress[DiskSnapshot]], object] | None,
) -> Flow[DiskSnapshot]:
    """Wait for a disk snapshot to be completed.

    Args:
        disk_snapshot_name: Its name.
        policy: How patiently.
        timeout: How long at most.
        on_progress: Is told of every look.

    Returns:
        The completed snapshot.
    """
    limit = policy.limit(timeout)
    return wait_for(DISK_SNAPSHOTS, disk_snapshot_name, policy, limit, on_progress=on_progress)


def wait_for_disk_snapshots(
    disk_snapshot_names: Iterable[str],
    policy: WaitPolicy,
    *,
    timeout: Timeout,
    concurrency: int,
    on_progress: Callable[[GroupProgress], object] | None,
) -> Flow[dict[str, DiskSnapshot]]:
    """Wait for many disk snapshots to be completed.

    Args:
        disk_snapshot_names: Their names.
        policy: How patiently.
        timeout: How long at most for all of them.
        concurrency: How many calls at most at the same time.
        on_progress: Is told of every round of looks.

    Returns:
        The completed snapshots, by name.
    """
    return _wait_for_several(
        DISK_SNAPSHOTS,
        "disk_snapshot_names",
        disk_snapshot_names,
        policy,
        timeout=timeout,
        concurrency=concurrency,
        on_progress=on_progress,
    )


def wait_for_instance_snapshot(
    instance_snapshot_name: str,
    policy: WaitPolicy,
    *,
    timeout: Timeout,
    on_progress: Callable[[WaitProgress[InstanceSnapshot]], object] | None,
) -> Flow[InstanceSnapshot]:
    """Wait for an instance snapshot to be available.

    Args:
        instance_snapshot_name: Its name.
        policy: How patiently.
        timeout: How long at most.
        on_progress: Is told of every look.

    Returns:
        The available snapshot.
    """
    name, limit = instance_snapshot_name, policy.limit(timeout)
    return wait_for(INSTANCE_SNAPSHOTS, name, policy, limit, on_progress=on_progress)


def wait_for_instance_snapshots(
    instance_snapshot_names: Iterable[str],
    policy: WaitPolicy,
    *,
    timeout: Timeout,
    concurrency: int,
    on_progress: Callable[[GroupProgress], object] | None,
) -> Flow[dict[str, InstanceSnapshot]]:
    """Wait for many instance snapshots to be available.

    Args:
        instance_snapshot_names: Their names.
        policy: How patiently.
        timeout: How long at most for all of them.
        concurrency: How many calls at most at the same time.
        on_progress: Is told of every round of looks.

    Returns:
        The available snapshots, by name.
    """
    return _wait_for_several(
        INSTANCE_SNAPSHOTS,
        "instance_snapshot_names",
        instance_snapshot_names,
        policy,
        timeout=timeout,
        concurrency=concurrency,
        on_progress=on_progress,
    )


def wait_for_disk(
    disk_name: str,
    state: DiskState,
    policy: WaitPolicy,
    *,
    timeout: Timeout,
    on_progress: Callable[[WaitProgress[Disk]], object] | None,
) -> Flow[Disk]:
    """Wait for a disk to be in a state.

    Args:
        disk_name: Its name.
        state: The state.
        policy: How patiently.
        timeout: How long at most.
        on_progress: Is told of every look.

    Returns:
        The disk in this state.
    """
    given: object = state
    if not isinstance(given, str) or given == DiskState.ERROR:
        raise invalid_parameter(
            "state", "must be a state to hope for", "give DiskState.AVAILABLE", state
        )
    limit = policy.limit(timeout)
    return wait_for(disks(state), disk_name, policy, limit, on_progress=on_progress)


def wait_for_disk_snapshot_deletion(
    disk_snapshot_name: str,
    policy: WaitPolicy,
    *,
    timeout: Timeout,
    on_progress: Callable[[WaitProgress[DiskSnapshot]], object] | None,
) -> Flow[None]:
    """Wait until there is no disk snapshot of a name.

    Args:
        disk_snapshot_name: The name.
        policy: How patiently.
        timeout: How long at most.
        on_progress: Is told of every look.

    Returns:
        Nothing.
    """
    name, limit = disk_snapshot_name, policy.limit(timeout)
    return wait_for_absence(DISK_SNAPSHOTS, name, policy, limit, on_progress=on_progress)


def wait_for_instance_snapshot_deletion(
    instance_snapshot_name: str,
    policy: WaitPolicy,
    *,
    timeout: Timeout,
    on_progress: Callable[[WaitProgress[InstanceSnapshot]], object] | None,
) -> Flow[None]:
    """Wait until there is no instance snapshot of a name.

    Args:
        instance_snapshot_name: The name.
        policy: How patiently.
        timeout: How long at most.
        on_progress: Is told of every look.

    Returns:
        Nothing.
    """
    name, limit = instance_snapshot_name, policy.limit(timeout)
    return wait_for_absence(INSTANCE_SNAPSHOTS, name, policy, limit, on_progress=on_progress)


def wait_for_export(
    source_snapshot_name: str,
    since: datetime | None,
    policy: WaitPolicy,
    *,
    timeout: Timeout,
    on_progress: Callable[[WaitProgress[ExportSnapshotRecord]], object] | None,
) -> Flow[ExportSnapshotRecord]:
    """Wait for an export of a snapshot to succeed.

    Args:
        source_snapshot_name: The snapshot.
        since: Exports that were begun earlier do not count.
        policy: How patiently.
        timeout: How long at most.
        on_progress: Is told of every look.

    Returns:
        The record of the export.
    """
    if since is not None and getattr(since, "tzinfo", None) is None:
        rule, fix = "must be a datetime with a time zone", "give datetime.now(UTC) or its like"
        raise invalid_parameter("since", rule, fix, since)
    limit = policy.limit(timeout)
    return wait_for(exports(since), source_snapshot_name, policy, limit, on_progress=on_progress)
