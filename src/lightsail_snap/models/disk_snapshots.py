"""Snapshots of disks and of system volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pydantic import StrictBool, StrictInt, StrictStr
from typing_extensions import override

from lightsail_snap.models._base import PagedRequest, PagedResult, Request, Result
from lightsail_snap.models._types import WireList
from lightsail_snap.models.enums import DiskSnapshotState
from lightsail_snap.models.names import NewResourceName, ResourceName
from lightsail_snap.models.operations import OperationsResult
from lightsail_snap.models.resources import Resource
from lightsail_snap.models.source import SnapshotSource, SourcedRequest, WireSource
from lightsail_snap.models.tags import TagList, TagsInput

__all__ = [
    "CreateDiskSnapshotRequest",
    "CreateDiskSnapshotResult",
    "DeleteDiskSnapshotRequest",
    "DeleteDiskSnapshotResult",
    "DiskSnapshot",
    "GetDiskSnapshotRequest",
    "GetDiskSnapshotResult",
    "GetDiskSnapshotsRequest",
    "GetDiskSnapshotsResult",
]


class DiskSnapshot(Resource, frozen=True):
    """A snapshot of a disk; its zone is `all`, which is no zone to restore into.

    Source: shape `DiskSnapshot` of the service model.
    """

    size_in_gb: StrictInt | None = None
    """The size of the disk, in GB."""
    state: DiskSnapshotState | None = None
    """Whether it can be used: `completed`."""
    progress: StrictStr | None = None
    """How much is done, for example `100%`. Its form before completion is unverified."""
    from_disk_name: StrictStr | None = None
    """The source disk; absent for a snapshot of an instance's system volume."""
    from_disk_arn: StrictStr | None = None
    """The Amazon Resource Name of the source disk."""
    from_instance_name: StrictStr | None = None
    """The source instance; absent for a snapshot of a disk."""
    from_instance_arn: StrictStr | None = None
    """The Amazon Resource Name of the source instance."""
    is_from_auto_snapshot: StrictBool | None = None
    """Whether it was made from an automatic snapshot."""


class CreateDiskSnapshotResult(OperationsResult, frozen=True):
    """The answer to CreateDiskSnapshot: an operation for the snapshot, and one for its source."""


class GetDiskSnapshotResult(Result, frozen=True):
    """The answer to GetDiskSnapshot."""

    disk_snapshot: DiskSnapshot
    """The snapshot. Guaranteed: the service answers NotFoundException where there is none."""


class GetDiskSnapshotsResult(PagedResult[DiskSnapshot], frozen=True):
    """The answer to GetDiskSnapshots: one page."""

    disk_snapshots: WireList[DiskSnapshot] = ()
    """The snapshots; newest first in all samples."""

    @property
    @override
    def items(self) -> tuple[DiskSnapshot, ...]:
        return self.disk_snapshots


class DeleteDiskSnapshotResult(OperationsResult, frozen=True):
    """The answer to DeleteDiskSnapshot: one operation, which has ended already."""


class CreateDiskSnapshotRequest(SourcedRequest[CreateDiskSnapshotResult], frozen=True):
    """Take a snapshot of a disk or of an instance's system volume."""

    _wire_source: ClassVar[WireSource] = WireSource(
        {"disk": {"disk_name": "diskName"}, "instance": {"instance_name": "instanceName"}}
    )

    disk_snapshot_name: NewResourceName
    """The name of the snapshot to be, unique among all resources of the region."""
    source: SnapshotSource
    """What to take the snapshot of."""
    tags: TagList = ()
    """The tags to set as it is created: all of them, or no snapshot is made."""

    if TYPE_CHECKING:
        # pydantic takes more for `tags` than it keeps, which a field's type cannot say.
        def __init__(
            self, *, disk_snapshot_name: str, source: SnapshotSource, tags: TagsInput | None = ()
        ) -> None: ...


class GetDiskSnapshotRequest(Request[GetDiskSnapshotResult], frozen=True):
    """Look up one disk snapshot."""

    disk_snapshot_name: ResourceName
    """The snapshot's name."""


class GetDiskSnapshotsRequest(PagedRequest[GetDiskSnapshotsResult], frozen=True):
    """List the disk snapshots of the region."""


class DeleteDiskSnapshotRequest(Request[DeleteDiskSnapshotResult], frozen=True):
    """Delete one disk snapshot. There is no way back."""

    disk_snapshot_name: ResourceName
    """The snapshot's name."""
