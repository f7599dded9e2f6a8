"""Take snapshots of disks and instances."""

from __future__ import annotations

from lightsail_snap._workflows.create_and_wait import OnProgress, OnQuiesced, create_and_wait
from lightsail_snap._workflows.create_once import Creation, compare_values, token_tag
from lightsail_snap._workflows.effects import Quiesce
from lightsail_snap._workflows.ownership import Ownership, compare_types
from lightsail_snap._workflows.resources import DISK_SNAPSHOTS, INSTANCE_SNAPSHOTS
from lightsail_snap.models import (
    CreateDiskSnapshotRequest,
    CreateInstanceSnapshotRequest,
    DiskSnapshot,
    DiskSource,
    InstanceSnapshot,
    Operation,
)
from lightsail_snap.waiters import WaitPolicy


def disk_snapshot_creation(
    request: CreateDiskSnapshotRequest, client_token: str | None
) -> Creation[DiskSnapshot]:
    """Return how to create a disk snapshot exactly once."""
    token, tags, source = token_tag(client_token), request.tags, request.source
    request = CreateDiskSnapshotRequest(
        disk_snapshot_name=request.disk_snapshot_name,
        source=source,
        tags=tags if token is None else (*tags, token),
    )

    def compare(snapshot: DiskSnapshot, operations: tuple[Operation, ...]) -> Ownership:
        if compare_types(request.operation_name, operations) is Ownership.FOREIGN:
            return Ownership.FOREIGN
        disk, instance = snapshot.from_disk_name, snapshot.from_instance_name
        if isinstance(source, DiskSource):
            return compare_values(disk, source.disk_name, is_other=instance is not None)
        return compare_values(instance, source.instance_name, is_other=disk is not None)

    return Creation(request, request.disk_snapshot_name, DISK_SNAPSHOTS, compare, tags, token)


def instance_snapshot_creation(
    request: CreateInstanceSnapshotRequest, client_token: str | None
) -> Creation[InstanceSnapshot]:
    """Return how to create an instance snapshot exactly once."""
    token, tags = token_tag(client_token), request.tags
    request = CreateInstanceSnapshotRequest(
        instance_snapshot_name=request.instance_snapshot_name,
        instance_name=request.instance_name,
        tags=tags if token is None else (*tags, token),
    )

    def compare(snapshot: InstanceSnapshot, operations: tuple[Operation, ...]) -> Ownership:
        if compare_types(request.operation_name, operations) is Ownership.FOREIGN:
            return Ownership.FOREIGN
        return compare_values(snapshot.from_instance_name, request.instance_name)

    name = request.instance_snapshot_name
    return Creation(request, name, INSTANCE_SNAPSHOTS, compare, tags, token)


async def take_disk_snapshot(  # noqa: PLR0913 - the parameters of the client's method
    request: CreateDiskSnapshotRequest,
    policy: WaitPolicy,
    limit: float | None,
    *,
    client_token: str | None,
    on_progress: OnProgress | None,
    quiesce: Quiesce | None,
    on_quiesced: OnQuiesced | None,
) -> DiskSnapshot:
    """Take a disk snapshot exactly once, and wait until it is completed."""
    return await create_and_wait(
        disk_snapshot_creation(request, client_token),
        policy,
        limit,
        on_progress=on_progress,
        quiesce=quiesce,
        on_quiesced=on_quiesced,
    )


async def take_instance_snapshot(  # noqa: PLR0913 - the parameters of the client's method
    request: CreateInstanceSnapshotRequest,
    policy: WaitPolicy,
    limit: float | None,
    *,
    client_token: str | None,
    on_progress: OnProgress | None,
    quiesce: Quiesce | None,
    on_quiesced: OnQuiesced | None,
) -> InstanceSnapshot:
    """Take an instance snapshot exactly once, and wait until it is available."""
    return await create_and_wait(
        instance_snapshot_creation(request, client_token),
        policy,
        limit,
        on_progress=on_progress,
        quiesce=quiesce,
        on_quiesced=on_quiesced,
    )
