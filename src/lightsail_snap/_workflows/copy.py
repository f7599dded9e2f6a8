"""Copy snapshots to another Region, or from automatic snapshots."""

from __future__ import annotations

from lightsail_snap._workflows.create_and_wait import OnProgress, create_and_wait
from lightsail_snap._workflows.create_once import Creation
from lightsail_snap._workflows.ownership import Ownership
from lightsail_snap._workflows.resources import SNAPSHOTS
from lightsail_snap.models import CopySnapshotRequest, DiskSnapshot, InstanceSnapshot, Operation
from lightsail_snap.waiters import WaitPolicy


def _copy_creation(request: CopySnapshotRequest) -> Creation[DiskSnapshot | InstanceSnapshot]:
    source = request.source
    origin = source.snapshot_name if source.kind == "manual" else source.resource_name
    # The form of the details is from samples of the AWS command line.
    details = f"{request.source_region}:{origin}"

    def compare(_: object, operations: tuple[Operation, ...]) -> Ownership:
        # A copy names its disk, and its operation names the snapshot that it was made from.
        copies = [each for each in operations if each.operation_type == request.operation_name]
        if any(each.operation_details == details for each in copies):
            return Ownership.OWN
        return Ownership.FOREIGN if operations else Ownership.UNKNOWN

    return Creation(request, request.target_snapshot_name, SNAPSHOTS, compare)


async def copy_snapshot(
    request: CopySnapshotRequest,
    policy: WaitPolicy,
    limit: float | None,
    *,
    on_progress: OnProgress | None,
) -> DiskSnapshot | InstanceSnapshot:
    """Copy a snapshot exactly once, and wait until the copy can be used."""
    creation = _copy_creation(request)
    return await create_and_wait(creation, policy, limit, on_progress=on_progress)
