"""What the service answers.

Every field is optional unless it is the very name a record goes by. Those are in every sample of
the API reference and of the AWS command line, and a record without one cannot be used.
"""

from __future__ import annotations

from typing import TypeAlias

from pydantic import StrictBool, StrictInt, StrictStr
from typing_extensions import override

from lightsail_snap.models._base import PagedResult, Result, ResultModel
from lightsail_snap.models._types import Timestamp, WireDate, WireList
from lightsail_snap.models.enums import (
    AutoMountStatus,
    AutoSnapshotStatus,
    DiskSnapshotState,
    DiskState,
    ExportSnapshotRecordSourceType,
    InstanceSnapshotState,
    OperationStatus,
    OperationType,
    RecordState,
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


class _Record(ResultModel, frozen=True):
    """What all that has a name has."""

    name: StrictStr
    """The name, unique in the region. Guaranteed: it is what a resource is asked for by."""
    arn: StrictStr | None = None
    """The Amazon Resource Name."""
    created_at: Timestamp | None = None
    """When the resource was created."""
    location: ResourceLocation | None = None
    """Where the resource is."""
    resource_type: ResourceType | None = None
    """The kind of resource."""


class _Resource(_Record, frozen=True):
    """What all resources have."""

    support_code: StrictStr | None = None
    """The code to give AWS support."""
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


class InstanceSnapshot(_Resource, frozen=True):
    """A snapshot of a whole instance; its zone is `all`, which is no zone to restore into.

    Source: shape `InstanceSnapshot` of the service model.
    """

    state: InstanceSnapshotState | None = None
    """Whether it can be used: `available`."""
    progress: StrictStr | None = None
    """Null or absent: the service tells it for disk snapshots only."""
    from_attached_disks: WireList[Disk] = ()
    """The disks that were attached to the instance, which the snapshot holds too."""
    from_instance_name: StrictStr | None = None
    """The source instance."""
    from_instance_arn: StrictStr | None = None
    """The Amazon Resource Name of the source instance."""
    from_blueprint_id: StrictStr | None = None
    """The image that the instance was made from, for example `amazon_linux_2023`."""
    from_bundle_id: StrictStr | None = None
    """The size of the instance, for example `micro_3_0`."""
    is_from_auto_snapshot: StrictBool | None = None
    """Whether it was made from an automatic snapshot."""
    size_in_gb: StrictInt | None = None
    """The size of the system volume, in GB."""


class AttachedDisk(ResultModel, frozen=True):
    """A disk that was attached when an automatic snapshot was taken.

    Source: shape `AttachedDisk` of the service model.
    """

    path: StrictStr | None = None
    """The device path, for example `/dev/xvdf`."""
    size_in_gb: StrictInt | None = None
    """The size, in GB."""


class AutoSnapshotDetails(ResultModel, frozen=True):
    """An automatic snapshot. Source: shape `AutoSnapshotDetails` of the service model."""

    date: WireDate | None = None
    """The day it is of, by which it is restored, copied and deleted."""
    created_at: Timestamp | None = None
    """When it was taken, to the second."""
    status: AutoSnapshotStatus | None = None
    """How far it has come."""
    from_attached_disks: WireList[AttachedDisk] = ()
    """The disks that were attached to the instance."""


class DiskInfo(ResultModel, frozen=True):
    """A disk of an instance whose snapshot is exported.

    Source: shape `DiskInfo` of the service model.
    """

    name: StrictStr | None = None
    """The name of the disk."""
    path: StrictStr | None = None
    """The device path."""
    size_in_gb: StrictInt | None = None
    """The size, in GB."""
    is_system_disk: StrictBool | None = None
    """Whether an operating system is on it."""


class InstanceSnapshotInfo(ResultModel, frozen=True):
    """What an exported instance snapshot is of.

    Source: shape `InstanceSnapshotInfo` of the service model.
    """

    from_bundle_id: StrictStr | None = None
    """The size of the source instance."""
    from_blueprint_id: StrictStr | None = None
    """The image that the source instance was made from."""
    from_disk_info: WireList[DiskInfo] = ()
    """The disks that were attached to the source instance."""


class DiskSnapshotInfo(ResultModel, frozen=True):
    """What an exported disk snapshot is of.

    Source: shape `DiskSnapshotInfo` of the service model.
    """

    size_in_gb: StrictInt | None = None
    """The size of the disk, in GB."""


class ExportSnapshotRecordSourceInfo(ResultModel, frozen=True):
    """The snapshot that is exported.

    Source: shape `ExportSnapshotRecordSourceInfo` of the service model.
    """

    resource_type: ExportSnapshotRecordSourceType | None = None
    """The kind of snapshot."""
    created_at: Timestamp | None = None
    """When the snapshot was created."""
    name: StrictStr | None = None
    """The name of the snapshot."""
    arn: StrictStr | None = None
    """The Amazon Resource Name of the snapshot."""
    from_resource_name: StrictStr | None = None
    """The disk or instance that the snapshot is of."""
    from_resource_arn: StrictStr | None = None
    """The Amazon Resource Name of that disk or instance."""
    instance_snapshot_info: InstanceSnapshotInfo | None = None
    """More about it, if it is an instance snapshot."""
    disk_snapshot_info: DiskSnapshotInfo | None = None
    """More about it, if it is a disk snapshot."""


class DestinationInfo(ResultModel, frozen=True):
    """What an export makes. Source: shape `DestinationInfo` of the service model."""

    id: StrictStr | None = None
    """The id of what is made, for example of an Amazon Machine Image."""
    service: StrictStr | None = None
    """The service in which it is made, for example `Aws::EC2::Image`."""


class ExportSnapshotRecord(_Record, frozen=True):
    """An export of a snapshot to Amazon EC2, in the same region.

    Source: shape `ExportSnapshotRecord` of the service model.
    """

    state: RecordState | None = None
    """How far the export has come."""
    source_info: ExportSnapshotRecordSourceInfo | None = None
    """The snapshot that is exported."""
    destination_info: DestinationInfo | None = None
    """What is made of it."""


Observation: TypeAlias = Operation | DiskSnapshot | InstanceSnapshot | Disk | ExportSnapshotRecord
"""What can be awaited, as it is seen: each goes through states to an end."""


class _OperationsResult(Result, frozen=True):
    """The answer to whatever begins work."""

    operations: WireList[Operation] = ()
    """What the service has begun, or done already, as `is_terminal` says."""


class CreateDiskSnapshotResult(_OperationsResult, frozen=True):
    """The answer to CreateDiskSnapshot: an operation for the snapshot, and one for its source."""


class DeleteDiskSnapshotResult(_OperationsResult, frozen=True):
    """The answer to DeleteDiskSnapshot: one operation, which has ended already."""


class CreateDiskFromSnapshotResult(_OperationsResult, frozen=True):
    """The answer to CreateDiskFromSnapshot: one operation."""


class AttachDiskResult(_OperationsResult, frozen=True):
    """The answer to AttachDisk: an operation for the disk, and one for the instance."""


class DetachDiskResult(_OperationsResult, frozen=True):
    """The answer to DetachDisk."""


class CreateInstanceSnapshotResult(_OperationsResult, frozen=True):
    """The answer to CreateInstanceSnapshot: one for the snapshot, and one for the instance."""


class DeleteInstanceSnapshotResult(_OperationsResult, frozen=True):
    """The answer to DeleteInstanceSnapshot: one operation, which has ended already."""


class CreateInstancesFromSnapshotResult(_OperationsResult, frozen=True):
    """The answer to CreateInstancesFromSnapshot: one operation for each instance."""


class CopySnapshotResult(_OperationsResult, frozen=True):
    """The answer to CopySnapshot: one operation, in the target region."""


class ExportSnapshotResult(_OperationsResult, frozen=True):
    """The answer to ExportSnapshot. How many operations there are is unverified."""


class DeleteAutoSnapshotResult(_OperationsResult, frozen=True):
    """The answer to DeleteAutoSnapshot: one operation, which has ended already."""


class TagResourceResult(_OperationsResult, frozen=True):
    """The answer to TagResource. How many operations there are is unverified."""


class UntagResourceResult(_OperationsResult, frozen=True):
    """The answer to UntagResource. How many operations there are is unverified."""


class GetDiskSnapshotResult(Result, frozen=True):
    """The answer to GetDiskSnapshot."""

    disk_snapshot: DiskSnapshot
    """The snapshot. Guaranteed: the service answers NotFoundException where there is none."""


class GetInstanceSnapshotResult(Result, frozen=True):
    """The answer to GetInstanceSnapshot."""

    instance_snapshot: InstanceSnapshot
    """The snapshot. Guaranteed: the service answers NotFoundException where there is none."""


class GetDiskResult(Result, frozen=True):
    """The answer to GetDisk."""

    disk: Disk
    """The disk. Guaranteed: the service answers NotFoundException where there is none."""


class GetOperationResult(Result, frozen=True):
    """The answer to GetOperation."""

    operation: Operation
    """The operation. Guaranteed: the service answers NotFoundException where there is none."""


class GetAutoSnapshotsResult(Result, frozen=True):
    """The answer to GetAutoSnapshots."""

    resource_name: StrictStr | None = None
    """The disk or instance that was asked about."""
    resource_type: ResourceType | None = None
    """The kind of that resource."""
    auto_snapshots: WireList[AutoSnapshotDetails] = ()
    """Its automatic snapshots, newest first; the service keeps seven."""


class GetDiskSnapshotsResult(PagedResult[DiskSnapshot], frozen=True):
    """The answer to GetDiskSnapshots: one page."""

    disk_snapshots: WireList[DiskSnapshot] = ()
    """The snapshots; newest first in all samples."""

    @property
    @override
    def items(self) -> tuple[DiskSnapshot, ...]:
        return self.disk_snapshots


class GetInstanceSnapshotsResult(PagedResult[InstanceSnapshot], frozen=True):
    """The answer to GetInstanceSnapshots: one page."""

    instance_snapshots: WireList[InstanceSnapshot] = ()
    """The snapshots; newest first in all samples."""

    @property
    @override
    def items(self) -> tuple[InstanceSnapshot, ...]:
        return self.instance_snapshots


class GetDisksResult(PagedResult[Disk], frozen=True):
    """The answer to GetDisks: one page."""

    disks: WireList[Disk] = ()
    """The disks."""

    @property
    @override
    def items(self) -> tuple[Disk, ...]:
        return self.disks


class GetExportSnapshotRecordsResult(PagedResult[ExportSnapshotRecord], frozen=True):
    """The answer to GetExportSnapshotRecords: one page."""

    export_snapshot_records: WireList[ExportSnapshotRecord] = ()
    """The records of exports."""

    @property
    @override
    def items(self) -> tuple[ExportSnapshotRecord, ...]:
        return self.export_snapshot_records


class GetOperationsResult(PagedResult[Operation], frozen=True):
    """The answer to GetOperations: one page, of at most 200 operations."""

    operations: WireList[Operation] = ()
    """The operations; newest first in samples, although the service model says oldest first."""

    @property
    @override
    def items(self) -> tuple[Operation, ...]:
        return self.operations


class GetOperationsForResourceResult(PagedResult[Operation], frozen=True):
    """The answer to GetOperationsForResource: one page."""

    operations: WireList[Operation] = ()
    """The operations; newest first in samples."""
    next_page_count: StrictStr | None = None
    """Discontinued by the service; use `next_page_token`."""

    @property
    @override
    def items(self) -> tuple[Operation, ...]:
        return self.operations
