"""The spec as data: requests, results, names, tags, sources and open enumerations.

A module is loaded when one of its names is used first: most programs are about few of the subjects.
"""

from sys import modules
from typing import TYPE_CHECKING

from lightsail_snap._lazy import lazy

if TYPE_CHECKING:
    from lightsail_snap.models._base import ItemT as ItemT
    from lightsail_snap.models._base import PagedRequest as PagedRequest
    from lightsail_snap.models._base import PagedResult as PagedResult
    from lightsail_snap.models._base import PageT as PageT
    from lightsail_snap.models._base import Request as Request
    from lightsail_snap.models._base import ResponseMetadata as ResponseMetadata
    from lightsail_snap.models._base import Result as Result
    from lightsail_snap.models._base import ResultT as ResultT
    from lightsail_snap.models._records import Operation as Operation
    from lightsail_snap.models._records import ResourceLocation as ResourceLocation
    from lightsail_snap.models.add_ons import AddOn as AddOn
    from lightsail_snap.models.add_ons import AddOnRequest as AddOnRequest
    from lightsail_snap.models.add_ons import AutoSnapshotAddOnRequest as AutoSnapshotAddOnRequest
    from lightsail_snap.models.add_ons import StopInstanceOnIdleRequest as StopInstanceOnIdleRequest
    from lightsail_snap.models.auto_snapshots import AttachedDisk as AttachedDisk
    from lightsail_snap.models.auto_snapshots import AutoSnapshotDetails as AutoSnapshotDetails
    from lightsail_snap.models.auto_snapshots import (
        DeleteAutoSnapshotRequest as DeleteAutoSnapshotRequest,
    )
    from lightsail_snap.models.auto_snapshots import (
        DeleteAutoSnapshotResult as DeleteAutoSnapshotResult,
    )
    from lightsail_snap.models.auto_snapshots import (
        GetAutoSnapshotsRequest as GetAutoSnapshotsRequest,
    )
    from lightsail_snap.models.auto_snapshots import (
        GetAutoSnapshotsResult as GetAutoSnapshotsResult,
    )
    from lightsail_snap.models.copies import CopySnapshotRequest as CopySnapshotRequest
    from lightsail_snap.models.copies import CopySnapshotResult as CopySnapshotResult
    from lightsail_snap.models.disk_snapshots import (
        CreateDiskSnapshotRequest as CreateDiskSnapshotRequest,
    )
    from lightsail_snap.models.disk_snapshots import (
        CreateDiskSnapshotResult as CreateDiskSnapshotResult,
    )
    from lightsail_snap.models.disk_snapshots import (
        DeleteDiskSnapshotRequest as DeleteDiskSnapshotRequest,
    )
    from lightsail_snap.models.disk_snapshots import (
        DeleteDiskSnapshotResult as DeleteDiskSnapshotResult,
    )
    from lightsail_snap.models.disk_snapshots import DiskSnapshot as DiskSnapshot
    from lightsail_snap.models.disk_snapshots import (
        GetDiskSnapshotRequest as GetDiskSnapshotRequest,
    )
    from lightsail_snap.models.disk_snapshots import GetDiskSnapshotResult as GetDiskSnapshotResult
    from lightsail_snap.models.disk_snapshots import (
        GetDiskSnapshotsRequest as GetDiskSnapshotsRequest,
    )
    from lightsail_snap.models.disk_snapshots import (
        GetDiskSnapshotsResult as GetDiskSnapshotsResult,
    )
    from lightsail_snap.models.disks import AttachDiskRequest as AttachDiskRequest
    from lightsail_snap.models.disks import AttachDiskResult as AttachDiskResult
    from lightsail_snap.models.disks import (
        CreateDiskFromSnapshotRequest as CreateDiskFromSnapshotRequest,
    )
    from lightsail_snap.models.disks import (
        CreateDiskFromSnapshotResult as CreateDiskFromSnapshotResult,
    )
    from lightsail_snap.models.disks import DetachDiskRequest as DetachDiskRequest
    from lightsail_snap.models.disks import DetachDiskResult as DetachDiskResult
    from lightsail_snap.models.disks import Disk as Disk
    from lightsail_snap.models.disks import GetDiskRequest as GetDiskRequest
    from lightsail_snap.models.disks import GetDiskResult as GetDiskResult
    from lightsail_snap.models.disks import GetDisksRequest as GetDisksRequest
    from lightsail_snap.models.disks import GetDisksResult as GetDisksResult
    from lightsail_snap.models.enums import AddOnType as AddOnType
    from lightsail_snap.models.enums import AutoMountStatus as AutoMountStatus
    from lightsail_snap.models.enums import AutoSnapshotStatus as AutoSnapshotStatus
    from lightsail_snap.models.enums import DiskSnapshotState as DiskSnapshotState
    from lightsail_snap.models.enums import DiskState as DiskState
    from lightsail_snap.models.enums import (
        ExportSnapshotRecordSourceType as ExportSnapshotRecordSourceType,
    )
    from lightsail_snap.models.enums import InstanceSnapshotState as InstanceSnapshotState
    from lightsail_snap.models.enums import IpAddressType as IpAddressType
    from lightsail_snap.models.enums import OpenEnum as OpenEnum
    from lightsail_snap.models.enums import OperationStatus as OperationStatus
    from lightsail_snap.models.enums import OperationType as OperationType
    from lightsail_snap.models.enums import RecordState as RecordState
    from lightsail_snap.models.enums import RegionName as RegionName
    from lightsail_snap.models.enums import ResourceType as ResourceType
    from lightsail_snap.models.exports import DestinationInfo as DestinationInfo
    from lightsail_snap.models.exports import DiskInfo as DiskInfo
    from lightsail_snap.models.exports import DiskSnapshotInfo as DiskSnapshotInfo
    from lightsail_snap.models.exports import ExportSnapshotRecord as ExportSnapshotRecord
    from lightsail_snap.models.exports import (
        ExportSnapshotRecordSourceInfo as ExportSnapshotRecordSourceInfo,
    )
    from lightsail_snap.models.exports import ExportSnapshotRequest as ExportSnapshotRequest
    from lightsail_snap.models.exports import ExportSnapshotResult as ExportSnapshotResult
    from lightsail_snap.models.exports import (
        GetExportSnapshotRecordsRequest as GetExportSnapshotRecordsRequest,
    )
    from lightsail_snap.models.exports import (
        GetExportSnapshotRecordsResult as GetExportSnapshotRecordsResult,
    )
    from lightsail_snap.models.exports import InstanceSnapshotInfo as InstanceSnapshotInfo
    from lightsail_snap.models.instance_snapshots import (
        CreateInstancesFromSnapshotRequest as CreateInstancesFromSnapshotRequest,
    )
    from lightsail_snap.models.instance_snapshots import (
        CreateInstancesFromSnapshotResult as CreateInstancesFromSnapshotResult,
    )
    from lightsail_snap.models.instance_snapshots import (
        CreateInstanceSnapshotRequest as CreateInstanceSnapshotRequest,
    )
    from lightsail_snap.models.instance_snapshots import (
        CreateInstanceSnapshotResult as CreateInstanceSnapshotResult,
    )
    from lightsail_snap.models.instance_snapshots import (
        DeleteInstanceSnapshotRequest as DeleteInstanceSnapshotRequest,
    )
    from lightsail_snap.models.instance_snapshots import (
        DeleteInstanceSnapshotResult as DeleteInstanceSnapshotResult,
    )
    from lightsail_snap.models.instance_snapshots import DiskMap as DiskMap
    from lightsail_snap.models.instance_snapshots import (
        GetInstanceSnapshotRequest as GetInstanceSnapshotRequest,
    )
    from lightsail_snap.models.instance_snapshots import (
        GetInstanceSnapshotResult as GetInstanceSnapshotResult,
    )
    from lightsail_snap.models.instance_snapshots import (
        GetInstanceSnapshotsRequest as GetInstanceSnapshotsRequest,
    )
    from lightsail_snap.models.instance_snapshots import (
        GetInstanceSnapshotsResult as GetInstanceSnapshotsResult,
    )
    from lightsail_snap.models.instance_snapshots import InstanceSnapshot as InstanceSnapshot
    from lightsail_snap.models.observations import PollResult as PollResult
    from lightsail_snap.models.operations import GetOperationRequest as GetOperationRequest
    from lightsail_snap.models.operations import GetOperationResult as GetOperationResult
    from lightsail_snap.models.operations import (
        GetOperationsForResourceRequest as GetOperationsForResourceRequest,
    )
    from lightsail_snap.models.operations import (
        GetOperationsForResourceResult as GetOperationsForResourceResult,
    )
    from lightsail_snap.models.operations import GetOperationsRequest as GetOperationsRequest
    from lightsail_snap.models.operations import GetOperationsResult as GetOperationsResult
    from lightsail_snap.models.source import AutoSnapshotSource as AutoSnapshotSource
    from lightsail_snap.models.source import DiskSource as DiskSource
    from lightsail_snap.models.source import InstanceSource as InstanceSource
    from lightsail_snap.models.source import LatestAutoSnapshotSource as LatestAutoSnapshotSource
    from lightsail_snap.models.source import ManualSnapshotSource as ManualSnapshotSource
    from lightsail_snap.models.source import RestoreSource as RestoreSource
    from lightsail_snap.models.source import SnapshotSource as SnapshotSource
    from lightsail_snap.models.tagging import TagResourceRequest as TagResourceRequest
    from lightsail_snap.models.tagging import TagResourceResult as TagResourceResult
    from lightsail_snap.models.tagging import UntagResourceRequest as UntagResourceRequest
    from lightsail_snap.models.tagging import UntagResourceResult as UntagResourceResult
    from lightsail_snap.models.tags import ResourceTag as ResourceTag
    from lightsail_snap.models.tags import Tag as Tag
    from lightsail_snap.models.tags import TagList as TagList
    from lightsail_snap.models.tags import TagsInput as TagsInput

__all__ = [
    "AddOn",
    "AddOnRequest",
    "AddOnType",
    "AttachDiskRequest",
    "AttachDiskResult",
    "AttachedDisk",
    "AutoMountStatus",
    "AutoSnapshotAddOnRequest",
    "AutoSnapshotDetails",
    "AutoSnapshotSource",
    "AutoSnapshotStatus",
    "CopySnapshotRequest",
    "CopySnapshotResult",
    "CreateDiskFromSnapshotRequest",
    "CreateDiskFromSnapshotResult",
    "CreateDiskSnapshotRequest",
    "CreateDiskSnapshotResult",
    "CreateInstanceSnapshotRequest",
    "CreateInstanceSnapshotResult",
    "CreateInstancesFromSnapshotRequest",
    "CreateInstancesFromSnapshotResult",
    "DeleteAutoSnapshotRequest",
    "DeleteAutoSnapshotResult",
    "DeleteDiskSnapshotRequest",
    "DeleteDiskSnapshotResult",
    "DeleteInstanceSnapshotRequest",
    "DeleteInstanceSnapshotResult",
    "DestinationInfo",
    "DetachDiskRequest",
    "DetachDiskResult",
    "Disk",
    "DiskInfo",
    "DiskMap",
    "DiskSnapshot",
    "DiskSnapshotInfo",
    "DiskSnapshotState",
    "DiskSource",
    "DiskState",
    "ExportSnapshotRecord",
    "ExportSnapshotRecordSourceInfo",
    "ExportSnapshotRecordSourceType",
    "ExportSnapshotRequest",
    "ExportSnapshotResult",
    "GetAutoSnapshotsRequest",
    "GetAutoSnapshotsResult",
    "GetDiskRequest",
    "GetDiskResult",
    "GetDiskSnapshotRequest",
    "GetDiskSnapshotResult",
    "GetDiskSnapshotsRequest",
    "GetDiskSnapshotsResult",
    "GetDisksRequest",
    "GetDisksResult",
    "GetExportSnapshotRecordsRequest",
    "GetExportSnapshotRecordsResult",
    "GetInstanceSnapshotRequest",
    "GetInstanceSnapshotResult",
    "GetInstanceSnapshotsRequest",
    "GetInstanceSnapshotsResult",
    "GetOperationRequest",
    "GetOperationResult",
    "GetOperationsForResourceRequest",
    "GetOperationsForResourceResult",
    "GetOperationsRequest",
    "GetOperationsResult",
    "InstanceSnapshot",
    "InstanceSnapshotInfo",
    "InstanceSnapshotState",
    "InstanceSource",
    "IpAddressType",
    "ItemT",
    "LatestAutoSnapshotSource",
    "ManualSnapshotSource",
    "OpenEnum",
    "Operation",
    "OperationStatus",
    "OperationType",
    "PageT",
    "PagedRequest",
    "PagedResult",
    "PollResult",
    "RecordState",
    "RegionName",
    "Request",
    "ResourceLocation",
    "ResourceTag",
    "ResourceType",
    "ResponseMetadata",
    "RestoreSource",
    "Result",
    "ResultT",
    "SnapshotSource",
    "StopInstanceOnIdleRequest",
    "Tag",
    "TagList",
    "TagResourceRequest",
    "TagResourceResult",
    "TagsInput",
    "UntagResourceRequest",
    "UntagResourceResult",
]

_HOMES = {
    "ItemT": "_base",
    "PageT": "_base",
    "PagedRequest": "_base",
    "PagedResult": "_base",
    "Request": "_base",
    "ResponseMetadata": "_base",
    "Result": "_base",
    "ResultT": "_base",
    "Operation": "_records",
    "ResourceLocation": "_records",
    "AddOn": "add_ons",
    "AddOnRequest": "add_ons",
    "AutoSnapshotAddOnRequest": "add_ons",
    "StopInstanceOnIdleRequest": "add_ons",
    "AttachedDisk": "auto_snapshots",
    "AutoSnapshotDetails": "auto_snapshots",
    "DeleteAutoSnapshotRequest": "auto_snapshots",
    "DeleteAutoSnapshotResult": "auto_snapshots",
    "GetAutoSnapshotsRequest": "auto_snapshots",
    "GetAutoSnapshotsResult": "auto_snapshots",
    "CopySnapshotRequest": "copies",
    "CopySnapshotResult": "copies",
    "CreateDiskSnapshotRequest": "disk_snapshots",
    "CreateDiskSnapshotResult": "disk_snapshots",
    "DeleteDiskSnapshotRequest": "disk_snapshots",
    "DeleteDiskSnapshotResult": "disk_snapshots",
    "DiskSnapshot": "disk_snapshots",
    "GetDiskSnapshotRequest": "disk_snapshots",
    "GetDiskSnapshotResult": "disk_snapshots",
    "GetDiskSnapshotsRequest": "disk_snapshots",
    "GetDiskSnapshotsResult": "disk_snapshots",
    "AttachDiskRequest": "disks",
    "AttachDiskResult": "disks",
    "CreateDiskFromSnapshotRequest": "disks",
    "CreateDiskFromSnapshotResult": "disks",
    "DetachDiskRequest": "disks",
    "DetachDiskResult": "disks",
    "Disk": "disks",
    "GetDiskRequest": "disks",
    "GetDiskResult": "disks",
    "GetDisksRequest": "disks",
    "GetDisksResult": "disks",
    "AddOnType": "enums",
    "AutoMountStatus": "enums",
    "AutoSnapshotStatus": "enums",
    "DiskSnapshotState": "enums",
    "DiskState": "enums",
    "ExportSnapshotRecordSourceType": "enums",
    "InstanceSnapshotState": "enums",
    "IpAddressType": "enums",
    "OpenEnum": "enums",
    "OperationStatus": "enums",
    "OperationType": "enums",
    "RecordState": "enums",
    "RegionName": "enums",
    "ResourceType": "enums",
    "DestinationInfo": "exports",
    "DiskInfo": "exports",
    "DiskSnapshotInfo": "exports",
    "ExportSnapshotRecord": "exports",
    "ExportSnapshotRecordSourceInfo": "exports",
    "ExportSnapshotRequest": "exports",
    "ExportSnapshotResult": "exports",
    "GetExportSnapshotRecordsRequest": "exports",
    "GetExportSnapshotRecordsResult": "exports",
    "InstanceSnapshotInfo": "exports",
    "CreateInstanceSnapshotRequest": "instance_snapshots",
    "CreateInstanceSnapshotResult": "instance_snapshots",
    "CreateInstancesFromSnapshotRequest": "instance_snapshots",
    "CreateInstancesFromSnapshotResult": "instance_snapshots",
    "DeleteInstanceSnapshotRequest": "instance_snapshots",
    "DeleteInstanceSnapshotResult": "instance_snapshots",
    "DiskMap": "instance_snapshots",
    "GetInstanceSnapshotRequest": "instance_snapshots",
    "GetInstanceSnapshotResult": "instance_snapshots",
    "GetInstanceSnapshotsRequest": "instance_snapshots",
    "GetInstanceSnapshotsResult": "instance_snapshots",
    "InstanceSnapshot": "instance_snapshots",
    "PollResult": "observations",
    "GetOperationRequest": "operations",
    "GetOperationResult": "operations",
    "GetOperationsForResourceRequest": "operations",
    "GetOperationsForResourceResult": "operations",
    "GetOperationsRequest": "operations",
    "GetOperationsResult": "operations",
    "AutoSnapshotSource": "source",
    "DiskSource": "source",
    "InstanceSource": "source",
    "LatestAutoSnapshotSource": "source",
    "ManualSnapshotSource": "source",
    "RestoreSource": "source",
    "SnapshotSource": "source",
    "TagResourceRequest": "tagging",
    "TagResourceResult": "tagging",
    "UntagResourceRequest": "tagging",
    "UntagResourceResult": "tagging",
    "ResourceTag": "tags",
    "Tag": "tags",
    "TagList": "tags",
    "TagsInput": "tags",
}

if not TYPE_CHECKING:
    # To a type checker a module that has these takes any attribute.
    __getattr__, __dir__ = lazy(__name__, _HOMES)


def exported() -> dict[str, object]:
    """Load all that this package offers.

    Returns:
        Each thing by its name.
    """
    package = modules[__name__]
    return {name: getattr(package, name) for name in __all__}
