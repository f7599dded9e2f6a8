"""Disks: creating, restoring, reading, attaching, detaching and deleting them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar

from pydantic import StrictBool, StrictInt, StrictStr
from typing_extensions import override

from lightsail_snap.models._base import PagedRequest, PagedResult, Request, Result, ResultModel
from lightsail_snap.models._types import WireList
from lightsail_snap.models.add_ons import AddOn, AddOnRequest, AddOns
from lightsail_snap.models.enums import AutoMountStatus, DiskState
from lightsail_snap.models.names import (
    AvailabilityZone,
    DiskSize,
    NewResourceName,
    NonEmptyString,
    ResourceName,
)
from lightsail_snap.models.operations import OperationsResult
from lightsail_snap.models.resources import Resource
from lightsail_snap.models.source import RestoreSource, SourcedRequest, WireSource, restored_from
from lightsail_snap.models.tags import TagList, TagsInput

__all__ = [
    "AttachDiskRequest",
    "AttachDiskResult",
    "CreateDiskFromSnapshotRequest",
    "CreateDiskFromSnapshotResult",
    "CreateDiskRequest",
    "CreateDiskResult",
    "DeleteDiskRequest",
    "DeleteDiskResult",
    "DetachDiskRequest",
    "DetachDiskResult",
    "Disk",
    "GetDiskRequest",
    "GetDiskResult",
    "GetDisksRequest",
    "GetDisksResult",
]


class DiskAttributes(ResultModel, frozen=True):
    """Attributes of a disk, apart from those that every resource has."""

    add_ons: WireList[AddOn] = ()
    """Add-ons that are enabled on the disk."""
    size_in_gb: StrictInt | None = None
    """Size, in GB."""
    is_system_disk: StrictBool | None = None
    """True for a system disk, which has an operating system."""
    iops: StrictInt | None = None
    """Input and output operations per second."""
    path: StrictStr | None = None
    """Device path; None if the disk is not attached."""
    state: DiskState | None = None
    """State: `available` if the disk can be attached, `in-use` if it is attached."""
    attached_to: StrictStr | None = None
    """Name of the instance that the disk is attached to."""
    is_attached: StrictBool | None = None
    """True if the disk is attached."""
    attachment_state: StrictStr | None = None
    """Discontinued by the service; use `is_attached`."""
    gb_in_use: StrictInt | None = None
    """Discontinued by the service."""
    auto_mount_status: AutoMountStatus | None = None
    """Status of the automatic mounting (Lightsail for Research only)."""

    @property
    def is_available(self) -> bool:
        """True if the disk can be attached: its state is `available`."""
        return self.state == DiskState.AVAILABLE

    @property
    def is_in_use(self) -> bool:
        """True if the disk is attached to an instance: its state is `in-use`."""
        return self.state == DiskState.IN_USE

    @property
    def is_failed(self) -> bool:
        """True if the state is `error`, which is final."""
        return self.state == DiskState.ERROR


class Disk(DiskAttributes, Resource, frozen=True):
    """Block storage disk. Source: shape `Disk` of the service model."""


class CreateDiskFromSnapshotResult(OperationsResult, frozen=True):
    """Response to CreateDiskFromSnapshot: one operation."""


class GetDiskResult(Result, frozen=True):
    """Response to GetDisk."""

    disk: Disk
    """The disk. Guaranteed: if it does not exist, the service raises NotFoundException."""


class GetDisksResult(PagedResult[Disk], frozen=True):
    """Response to GetDisks: one page."""

    disks: WireList[Disk] = ()
    """Disks of the region."""

    @property
    @override
    def items(self) -> tuple[Disk, ...]:
        return self.disks


class AttachDiskResult(OperationsResult, frozen=True):
    """Response to AttachDisk: an operation for the disk, and one for the instance."""


class DetachDiskResult(OperationsResult, frozen=True):
    """Response to DetachDisk."""


class CreateDiskResult(OperationsResult, frozen=True):
    """Response to CreateDisk: one operation."""


class DeleteDiskResult(OperationsResult, frozen=True):
    """Response to DeleteDisk: one operation."""


class CreateDiskRequest(Request[CreateDiskResult], frozen=True):
    """Create an empty disk."""

    disk_name: NewResourceName
    """Name of the new disk, unique among all resources of the region."""
    availability_zone: AvailabilityZone
    """Availability Zone of the new disk: that of the instance to attach it to."""
    size_in_gb: DiskSize
    """Size in GB: 8 or more."""
    tags: TagList = ()
    """Tags of the new disk."""
    add_ons: AddOns = ()
    """Add-ons to enable on the new disk."""

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            disk_name: str,
            availability_zone: str,
            size_in_gb: int,
            tags: TagsInput | None = (),
            add_ons: Iterable[AddOnRequest] = (),
        ) -> None: ...


class DeleteDiskRequest(Request[DeleteDiskResult], frozen=True):
    """Delete a disk that is not attached, with its automatic snapshots."""

    disk_name: ResourceName
    """Name of the disk."""
    force_delete_add_ons: StrictBool | None = None
    """True to delete the add-ons of the disk, too."""


class CreateDiskFromSnapshotRequest(SourcedRequest[CreateDiskFromSnapshotResult], frozen=True):
    """Create a disk from a snapshot of a disk, in the region of the snapshot."""

    _wire_source: ClassVar[WireSource] = restored_from("diskSnapshotName", "sourceDiskName")

    disk_name: NewResourceName
    """Name of the new disk, unique among all resources of the region."""
    source: RestoreSource
    """Snapshot to restore."""
    availability_zone: AvailabilityZone
    """Availability Zone of the new disk: that of its instance, not `all` as of the snapshot."""
    size_in_gb: DiskSize
    """Size in GB, at least that of the snapshot's source."""
    tags: TagList = ()
    """Tags of the new disk."""
    add_ons: AddOns = ()
    """Add-ons to enable on the new disk."""

    if TYPE_CHECKING:

        def __init__(  # noqa: PLR0913 - the operation has as many parameters
            self,
            *,
            disk_name: str,
            source: RestoreSource,
            availability_zone: str,
            size_in_gb: int,
            tags: TagsInput | None = (),
            add_ons: Iterable[AddOnRequest] = (),
        ) -> None: ...


class GetDiskRequest(Request[GetDiskResult], frozen=True):
    """Get one disk."""

    disk_name: ResourceName
    """Name of the disk."""


class GetDisksRequest(PagedRequest[GetDisksResult], frozen=True):
    """List the disks of the region."""


class AttachDiskRequest(Request[AttachDiskResult], frozen=True):
    """Attach a disk to an instance in the same Availability Zone."""

    disk_name: ResourceName
    """Name of the disk."""
    instance_name: ResourceName
    """Name of the instance."""
    disk_path: NonEmptyString
    """Device path in the instance, for example `/dev/xvdf`."""
    auto_mounting: StrictBool | None = None
    """True to mount the disk as well (Lightsail for Research only)."""


class DetachDiskRequest(Request[DetachDiskResult], frozen=True):
    """Detach a disk from its instance, which must be stopped."""

    disk_name: ResourceName
    """Name of the disk."""
