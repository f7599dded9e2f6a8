"""What the service answers.

Every field is optional unless it is the very name a record goes by. Those are in every sample of
the API reference and of the AWS command line, and a record without one cannot be used.
"""

from __future__ import annotations

from pydantic import StrictBool, StrictInt, StrictStr

from lightsail_snap.models._base import Result, ResultModel
from lightsail_snap.models._types import Timestamp, WireList
from lightsail_snap.models.enums import (
    AutoMountStatus,
    DiskSnapshotState,
    DiskState,
    OperationStatus,
    OperationType,
    RegionName,
    ResourceType,
)
from lightsail_snap.models.tags import ResourceTag


class ResourceLocation(ResultModel, frozen=True):
    """Where a resource is. Source: shape `ResourceLocation` of the service model."""

    availability_zone: StrictStr | None = None
    """The zone, for example `us-east-2a`; `all` for snapshots, which is no zone to restore into."""
    region_name: RegionName | None = None
    """The AWS Region."""


class Operation(ResultModel, frozen=True):
    """Work that the service has taken on. Source: shape `Operation` of the service model."""

    id: StrictStr
    """The operation's id, a UUID. Guaranteed: it is what GetOperation asks for."""
    resource_name: StrictStr | None = None
    """The name of the resource this record is about."""
    resource_type: ResourceType | None = None
    """The kind of that resource."""
    created_at: Timestamp | None = None
    """When the operation was initialised."""
    location: ResourceLocation | None = None
    """Where the resource is."""
    is_terminal: StrictBool | None = None
    """Whether the operation has ended, well or badly. Trusted over the name of the status."""
    operation_details: StrictStr | None = None
    """Details, often the name of the other resource that is involved."""
    operation_type: OperationType | None = None
    """What the operation does."""
    status: OperationStatus | None = None
    """How far it has come."""
    status_changed_at: Timestamp | None = None
    """When the status last changed."""
    error_code: StrictStr | None = None
    """Why it failed, as a code."""
    error_details: StrictStr | None = None
    """Why it failed, in words."""


class _Resource(ResultModel, frozen=True):
    """What all resources have."""

    name: StrictStr
    """The name, unique in the region. Guaranteed: it is what a resource is asked for by."""
    arn: StrictStr | None = None
    """The Amazon Resource Name."""
    support_code: StrictStr | None = None
    """The code to give AWS support."""
    created_at: Timestamp | None = None
    """When the resource was created."""
    location: ResourceLocation | None = None
    """Where the resource is."""
    resource_type: ResourceType | None = None
    """The kind of resource."""
    tags: WireList[ResourceTag] = ()
    """The tags the resource bears."""


class DiskSnapshot(_Resource, frozen=True):
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


class AddOn(ResultModel, frozen=True):
    """An add-on of a disk or instance. Source: shape `AddOn` of the service model."""

    name: StrictStr | None = None
    """The add-on, for example `AutoSnapshot`."""
    status: StrictStr | None = None
    """Whether it is on, for example `Enabled`."""
    snapshot_time_of_day: StrictStr | None = None
    """When the daily automatic snapshot begins: `HH:00`, UTC, give or take 45 minutes."""
    next_snapshot_time_of_day: StrictStr | None = None
    """When the next daily automatic snapshot begins: `HH:00`, UTC."""
    threshold: StrictStr | None = None
    """The trigger of the action (Lightsail for Research only)."""
    duration: StrictStr | None = None
    """The idle minutes before the action (Lightsail for Research only)."""


class Disk(_Resource, frozen=True):
    """A block storage disk. Source: shape `Disk` of the service model."""

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


class CreateDiskSnapshotResult(Result, frozen=True):
    """The answer to CreateDiskSnapshot."""

    operations: WireList[Operation] = ()
    """What the service has begun: one record for the snapshot, one for its source."""


class GetDiskSnapshotResult(Result, frozen=True):
    """The answer to GetDiskSnapshot."""

    disk_snapshot: DiskSnapshot
    """The snapshot. Guaranteed: the service answers NotFoundException where there is none."""


class GetDiskResult(Result, frozen=True):
    """The answer to GetDisk."""

    disk: Disk
    """The disk. Guaranteed: the service answers NotFoundException where there is none."""


class GetOperationResult(Result, frozen=True):
    """The answer to GetOperation."""

    operation: Operation
    """The operation. Guaranteed: the service answers NotFoundException where there is none."""
