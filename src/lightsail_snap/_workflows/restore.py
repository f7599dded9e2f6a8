"""Restore disks from snapshots."""

from __future__ import annotations

from lightsail_snap._parameters import invalid_parameter
from lightsail_snap._workflows.create_and_wait import OnProgress, create_and_wait
from lightsail_snap._workflows.create_once import Creation, token_tag
from lightsail_snap._workflows.effects import run_by_deadline
from lightsail_snap._workflows.ownership import Ownership
from lightsail_snap._workflows.resources import disks, find_disk, find_disk_snapshot
from lightsail_snap._workflows.timing import RetryBudget, start
from lightsail_snap.models import (
    CreateDiskFromSnapshotRequest,
    Disk,
    DiskState,
    ManualSnapshotSource,
    Operation,
    RestoreSource,
    TagsInput,
)
from lightsail_snap.waiters import WaitPolicy

# The smallest size of a disk that the service's own error message names.
MIN_SIZE_GB = 8


async def _size_of(source: RestoreSource) -> int:
    """Look up the smallest size in GB that a disk from this source can have."""
    if isinstance(source, ManualSnapshotSource):
        size = (await find_disk_snapshot(source.snapshot_name)).resource.size_in_gb
    else:
        size = (await find_disk(source.resource_name)).resource.size_in_gb
    if size is None:
        rule = "is not reported by the service for this source"
        raise invalid_parameter("size_in_gb", rule, "pass size_in_gb", None)
    return size


def disk_creation(
    request: CreateDiskFromSnapshotRequest, client_token: str | None
) -> Creation[Disk]:
    """Return how to create a disk from a snapshot exactly once."""
    token, tags = token_tag(client_token), request.tags
    request = CreateDiskFromSnapshotRequest(
        disk_name=request.disk_name,
        source=request.source,
        availability_zone=request.availability_zone,
        size_in_gb=request.size_in_gb,
        tags=tags if token is None else (*tags, token),
    )

    def compare(disk: Disk, operations: tuple[Operation, ...]) -> Ownership:
        zone = disk.location.availability_zone if disk.location else None
        differs = disk.size_in_gb not in {None, request.size_in_gb}
        differs = differs or zone not in {None, request.availability_zone}
        if differs:
            return Ownership.FOREIGN
        # A disk does not name its snapshot; its operation proves at least that it has one.
        types = {each.operation_type for each in operations}
        if request.operation_name in types:
            return Ownership.OWN
        return Ownership.FOREIGN if types else Ownership.UNKNOWN

    waitable = disks(DiskState.AVAILABLE)
    return Creation(request, request.disk_name, waitable, compare, tags, token)


async def restore_disk(  # noqa: PLR0913 - the parameters of the client's method
    disk_name: str,
    source: RestoreSource,
    policy: WaitPolicy,
    limit: float | None,
    *,
    availability_zone: str,
    size_in_gb: int | None,
    tags: TagsInput | None,
    client_token: str | None,
    on_progress: OnProgress | None,
) -> Disk:
    """Create a disk from a snapshot exactly once, and wait until it is available."""
    # Everything else is validated before the first call.
    draft = CreateDiskFromSnapshotRequest(
        disk_name=disk_name,
        source=source,
        availability_zone=availability_zone,
        size_in_gb=MIN_SIZE_GB if size_in_gb is None else size_in_gb,
        tags=tags,
    )
    disk_creation(draft, client_token)
    size = size_in_gb
    if size is None:
        stopwatch = await start(limit)
        budget = RetryBudget(policy, stopwatch)
        size = await run_by_deadline(
            lambda: budget.look_up(lambda: _size_of(source)), stopwatch.deadline
        )
        await stopwatch.read()
        limit = None if limit is None else stopwatch.remaining
    request = CreateDiskFromSnapshotRequest(
        disk_name=disk_name,
        source=source,
        availability_zone=availability_zone,
        size_in_gb=size,
        tags=draft.tags,
    )
    creation = disk_creation(request, client_token)
    return await create_and_wait(creation, policy, limit, on_progress=on_progress)
