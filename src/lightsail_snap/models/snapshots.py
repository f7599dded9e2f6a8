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
    """Response to CopySnapshot: one operation, in the target region."""


class CopySnapshotRequest(SourcedRequest[CopySnapshotResult], frozen=True):
    """Copy a snapshot of this or another region to a manual snapshot of this region."""

    _wire_source: ClassVar[WireSource] = restored_from("sourceSnapshotName", "sourceResourceName")

    target_snapshot_name: NewResourceName
    """Name of the new snapshot, unique among all resources of this region."""
    source: RestoreSource
    """Snapshot to copy, of a disk or an instance."""
    source_region: RegionInput
    """Region of that snapshot, for example `us-east-2`; it may be this region."""


class DiskInfo(ResultModel, frozen=True):
    """Disk of an instance whose snapshot is exported.

    Source: shape `DiskInfo` of the service model.
    """

    name: StrictStr | None = None
    """Name of the disk."""
    path: StrictStr | None = None
    """Device path."""
    size_in_gb: StrictInt | None = None
    """Size, in GB."""
    is_system_disk: StrictBool | None = None
    """True for a system disk, which has an operating system."""


class InstanceSnapshotInfo(ResultModel, frozen=True):
    """Source instance of an exported instance snapshot.

    Source: shape `InstanceSnapshotInfo` of the service model.
    """

    from_bundle_id: StrictStr | None = None
    """Size of the source instance, for example `micro_3_0`."""
    from_blueprint_id: StrictStr | None = None
    """Image that the source instance was created from."""
    from_disk_info: WireList[DiskInfo] = ()
    """Disks that were attached to the source instance."""


class DiskSnapshotInfo(ResultModel, frozen=True):
    """Source disk of an exported disk snapshot.

    Source: shape `DiskSnapshotInfo` of the service model.
    """

    size_in_gb: StrictInt | None = None
    """Size of the disk, in GB."""


class ExportSnapshotRecordSourceInfo(ResultModel, frozen=True):
    """Exported snapshot.

    Source: shape `ExportSnapshotRecordSourceInfo` of the service model.
    """

    resource_type: ExportSnapshotRecordSourceType | None = None
    """Type of the snapshot."""
    created_at: Timestamp | None = None
    """Time of creation of the snapshot."""
    name: StrictStr | None = None
    """Name of the snapshot."""
    arn: StrictStr | None = None
    """Amazon Resource Name of the snapshot."""
    from_resource_name: StrictStr | None = None
    """Name of the source disk or instance."""
    from_resource_arn: StrictStr | None = None
    """Amazon Resource Name of the source disk or instance."""
    instance_snapshot_info: InstanceSnapshotInfo | None = None
    """Details of an instance snapshot."""
    disk_snapshot_info: DiskSnapshotInfo | None = None
    """Details of a disk snapshot."""


class DestinationInfo(ResultModel, frozen=True):
    """Result of an export. Source: shape `DestinationInfo` of the service model."""

    id: StrictStr | None = None
    """Id of the result, for example of an Amazon Machine Image."""
    service: StrictStr | None = None
    """Service and type of the result, for example `Aws::EC2::Image`."""


class ExportSnapshotRecord(Record, frozen=True):
    """Export of a snapshot to Amazon EC2, in the same region.

    Source: shape `ExportSnapshotRecord` of the service model.
    """

    state: RecordState | None = None
    """State of the export."""
    source_info: ExportSnapshotRecordSourceInfo | None = None
    """Exported snapshot."""
    destination_info: DestinationInfo | None = None
    """Result of the export."""

    @property
    def is_completed(self) -> bool:
        """True if the export has ended with success: its state is `Succeeded`."""
        return self.state == RecordState.SUCCEEDED

    @property
    def is_failed(self) -> bool:
        """True if the export has ended without success: its state is `Failed`."""
        return self.state == RecordState.FAILED

    @property
    def is_pending(self) -> bool:
        """True if the state may still change: it is neither `Succeeded` nor `Failed`."""
        return not (self.is_completed or self.is_failed)


class ExportSnapshotResult(OperationsResult, frozen=True):
    """Response to ExportSnapshot. The number of operations is unverified."""


class GetExportSnapshotRecordsResult(PagedResult[ExportSnapshotRecord], frozen=True):
    """Response to GetExportSnapshotRecords: one page."""

    export_snapshot_records: WireList[ExportSnapshotRecord] = ()
    """Records of exports."""

    @property
    @override
    def items(self) -> tuple[ExportSnapshotRecord, ...]:
        return self.export_snapshot_records


class ExportSnapshotRequest(Request[ExportSnapshotResult], frozen=True):
    """Export a manual snapshot to Amazon EC2, in the same region."""

    source_snapshot_name: ResourceName
    """Name of the snapshot."""


class GetExportSnapshotRecordsRequest(PagedRequest[GetExportSnapshotRecordsResult], frozen=True):
    """List the exports of the region."""
