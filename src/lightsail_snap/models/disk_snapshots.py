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
from lightsail_snap.models.source import (
    DiskSource,
    InstanceSource,
    SnapshotSource,
    SourcedRequest,
    WireSource,
)
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
    """Snapshot of a disk or of an instance's system volume. Its Availability Zone is `all`.

    Source: shape `DiskSnapshot` of the service model.
    """

    size_in_gb: StrictInt | None = None
    """Size of the disk, in GB."""
    state: DiskSnapshotState | None = None
    """State; a `completed` snapshot can be restored."""
    progress: StrictStr | None = None
    """Progress, for example `100%`. The format before completion is unverified."""
    from_disk_name: StrictStr | None = None
    """Name of the source disk; None for a snapshot of an instance's system volume."""
    from_disk_arn: StrictStr | None = None
    """Amazon Resource Name of the source disk."""
    from_instance_name: StrictStr | None = None
    """Name of the source instance; None for a snapshot of a disk."""
    from_instance_arn: StrictStr | None = None
    """Amazon Resource Name of the source instance."""
    is_from_auto_snapshot: StrictBool | None = None
    """True if it was created from an automatic snapshot."""

    @property
    def is_completed(self) -> bool:
        """True if the snapshot can be restored: its state is `completed`."""
        return self.state == DiskSnapshotState.COMPLETED

    @property
    def is_failed(self) -> bool:
        """True if the state is `error`, which is final."""
        return self.state == DiskSnapshotState.ERROR

    @property
    def is_pending(self) -> bool:
        """True if the state may still change: it is neither `completed` nor `error`."""
        return not (self.is_completed or self.is_failed)

    @property
    def source(self) -> SnapshotSource | None:
        """Disk or instance that the snapshot was taken of; None if the service reports neither.

        It is the `source` to pass to `take_disk_snapshot`. It is None as well if the service
        reports both.
        """
        disk, instance = self.from_disk_name, self.from_instance_name
        # Names that the service returned are not validated again.
        if disk and not instance:
            return DiskSource.model_construct(disk_name=disk)
        if instance and not disk:
            return InstanceSource.model_construct(instance_name=instance)
        return None


class CreateDiskSnapshotResult(OperationsResult, frozen=True):
    """Response to CreateDiskSnapshot: an operation for the snapshot, and one for its source."""


class GetDiskSnapshotResult(Result, frozen=True):
    """Response to GetDiskSnapshot."""

    disk_snapshot: DiskSnapshot
    """The snapshot. Guaranteed: if it does not exist, the service raises NotFoundException."""


class GetDiskSnapshotsResult(PagedResult[DiskSnapshot], frozen=True):
    """Response to GetDiskSnapshots: one page."""

    disk_snapshots: WireList[DiskSnapshot] = ()
    """Snapshots; newest first in all samples."""

    @property
    @override
    def items(self) -> tuple[DiskSnapshot, ...]:
        return self.disk_snapshots


class DeleteDiskSnapshotResult(OperationsResult, frozen=True):
    """Response to DeleteDiskSnapshot: one operation, which has ended already."""


class CreateDiskSnapshotRequest(SourcedRequest[CreateDiskSnapshotResult], frozen=True):
    """Take a snapshot of a disk or of an instance's system volume."""

    _wire_source: ClassVar[WireSource] = WireSource(
        {"disk": {"disk_name": "diskName"}, "instance": {"instance_name": "instanceName"}}
    )

    disk_snapshot_name: NewResourceName
    """Name of the new snapshot, unique among all resources of the region."""
    source: SnapshotSource
    """Disk or instance to take the snapshot of."""
    tags: TagList = ()
    """Tags of the new snapshot. Without all of them no snapshot is created."""

    if TYPE_CHECKING:
        # `tags` accepts more types than the field has.
        def __init__(
            self, *, disk_snapshot_name: str, source: SnapshotSource, tags: TagsInput | None = ()
        ) -> None: ...


class GetDiskSnapshotRequest(Request[GetDiskSnapshotResult], frozen=True):
    """Get one disk snapshot."""

    disk_snapshot_name: ResourceName
    """Name of the snapshot."""


class GetDiskSnapshotsRequest(PagedRequest[GetDiskSnapshotsResult], frozen=True):
    """List the disk snapshots of the region."""


class DeleteDiskSnapshotRequest(Request[DeleteDiskSnapshotResult], frozen=True):
    """Delete one disk snapshot. This cannot be undone."""

    disk_snapshot_name: ResourceName
    """Name of the snapshot."""
