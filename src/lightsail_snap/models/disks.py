"""Disks, and how they are made of snapshots."""

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
    """The add-ons that are enabled on it."""
    size_in_gb: StrictInt | None = None
    """The size, in GB."""
    is_system_disk: StrictBool | None = None
    """Whether an operating system is on it."""
    iops: StrictInt | None = None
    """Input and output operations per second."""
    path: StrictStr | None = None
    """The device path; absent while it is not attached."""
    state: DiskState | None = None
    """Whether it can be attached (`available`) or is (`in-use`)."""
    attached_to: StrictStr | None = None
    """The instance it is attached to."""
    is_attached: StrictBool | None = None
    """Whether it is attached."""
    attachment_state: StrictStr | None = None
    """Discontinued by the service; use `is_attached`."""
    gb_in_use: StrictInt | None = None
    """Discontinued by the service."""
    auto_mount_status: AutoMountStatus | None = None
    """Whether it was mounted on its own accord (Lightsail for Research only)."""


class Disk(DiskAttributes, Resource, frozen=True):
    """Block storage disk. Source: shape `Disk` of the service model."""


class CreateDiskFromSnapshotResult(OperationsResult, frozen=True):
    """The answer to CreateDiskFromSnapshot: one operation."""


class GetDiskResult(Result, frozen=True):
    """The answer to GetDisk."""

    disk: Disk
    """The disk. Guaranteed: the service answers NotFoundException where there is none."""


class GetDisksResult(PagedResult[Disk], frozen=True):
    """The answer to GetDisks: one page."""

    disks: WireList[Disk] = ()
    """The disks."""

    @property
    @override
    def items(self) -> tuple[Disk, ...]:
        return self.disks


class AttachDiskResult(OperationsResult, frozen=True):
    """The answer to AttachDisk: an operation for the disk, and one for the instance."""


class DetachDiskResult(OperationsResult, frozen=True):
    """The answer to DetachDisk."""


class CreateDiskFromSnapshotRequest(SourcedRequest[CreateDiskFromSnapshotResult], frozen=True):
    """Make a disk from a snapshot of a disk, in the snapshot's region."""

    _wire_source: ClassVar[WireSource] = restored_from("diskSnapshotName", "sourceDiskName")

    disk_name: NewResourceName
    """The name of the disk to be, unique among all resources of the region."""
    source: RestoreSource
    """The snapshot to make it from."""
    availability_zone: AvailabilityZone
    """Where to make it: the zone of the instance it is for. A snapshot's `all` is no such zone."""
    size_in_gb: DiskSize
    """Its size in GB, at least that of the snapshot's source."""
    tags: TagList = ()
    """The tags to set as it is created."""
    add_ons: AddOns = ()
    """The add-ons to enable on it."""

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
    """Look up one disk."""

    disk_name: ResourceName
    """The disk's name."""


class GetDisksRequest(PagedRequest[GetDisksResult], frozen=True):
    """List the disks of the region."""


class AttachDiskRequest(Request[AttachDiskResult], frozen=True):
    """Attach a disk to an instance of the same zone."""

    disk_name: ResourceName
    """The disk's name."""
    instance_name: ResourceName
    """The instance's name."""
    disk_path: NonEmptyString
    """The device path it is to have in the instance, for example `/dev/xvdf`."""
    auto_mounting: StrictBool | None = None
    """Whether to mount it, too (Lightsail for Research only)."""


class DetachDiskRequest(Request[DetachDiskResult], frozen=True):
    """Detach a disk from its instance, which must be stopped."""

    disk_name: ResourceName
    """The disk's name."""
