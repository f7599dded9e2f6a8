"""Operations on snapshots of both kinds: copies, and exports to Amazon EC2."""

from __future__ import annotations

from typing import ClassVar

from pydantic import StrictBool, StrictInt, StrictStr
from typing_extensions import override

from lightsail_snap.models._base import PagedRequest, PagedResult, Request, ResultModel
from lightsail_snap.models._types import Timestamp, WireList
from lightsail_snap.models.enums import ExportSnapshotRecordSourceType, RecordState
from lightsail_snap.models.names import NewResourceName, RegionInput, ResourceName
from lightsail_snap.models.operations import OperationsResult
from lightsail_snap.models.resources import Record
from lightsail_snap.models.source import RestoreSource, SourcedRequest, WireSource, restored_from

__all__ = [
    "CopySnapshotRequest",
    "CopySnapshotResult",
    "DestinationInfo",
    "DiskInfo",
    "DiskSnapshotInfo",
    "ExportSnapshotRecord",
    "ExportSnapshotRecordSourceInfo",
    "ExportSnapshotRequest",
    "ExportSnapshotResult",
    "GetExportSnapshotRecordsRequest",
    "GetExportSnapshotRecordsResult",
    "InstanceSnapshotInfo",
]


class CopySnapshotResult(OperationsResult, frozen=True):
    """The answer to CopySnapshot: one operation, in the target region."""


class CopySnapshotRequest(SourcedRequest[CopySnapshotResult], frozen=True):
    """Copy a snapshot, from this or another region, into a manual snapshot of this region."""

    _wire_source: ClassVar[WireSource] = restored_from("sourceSnapshotName", "sourceResourceName")

    target_snapshot_name: NewResourceName
    """The name of the snapshot to be, unique among all resources of this region."""
    source: RestoreSource
    """The snapshot to copy, of a disk or an instance."""
    source_region: RegionInput
    """Where that snapshot is, for example `us-east-2`; may be this very region."""


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


class ExportSnapshotRecord(Record, frozen=True):
    """An export of a snapshot to Amazon EC2, in the same region.

    Source: shape `ExportSnapshotRecord` of the service model.
    """

    state: RecordState | None = None
    """How far the export has come."""
    source_info: ExportSnapshotRecordSourceInfo | None = None
    """The snapshot that is exported."""
    destination_info: DestinationInfo | None = None
    """What is made of it."""


class ExportSnapshotResult(OperationsResult, frozen=True):
    """The answer to ExportSnapshot. How many operations there are is unverified."""


class GetExportSnapshotRecordsResult(PagedResult[ExportSnapshotRecord], frozen=True):
    """The answer to GetExportSnapshotRecords: one page."""

    export_snapshot_records: WireList[ExportSnapshotRecord] = ()
    """The records of exports."""

    @property
    @override
    def items(self) -> tuple[ExportSnapshotRecord, ...]:
        return self.export_snapshot_records


class ExportSnapshotRequest(Request[ExportSnapshotResult], frozen=True):
    """Take a manual snapshot over into Amazon EC2, in the same region."""

    source_snapshot_name: ResourceName
    """The snapshot's name."""


class GetExportSnapshotRecordsRequest(PagedRequest[GetExportSnapshotRecordsResult], frozen=True):
    """List the exports of the region."""
