"""The spec as data: requests, results, names, tags, sources and open enumerations."""

from lightsail_snap.models._base import ItemT as ItemT
from lightsail_snap.models._base import PagedRequest as PagedRequest
from lightsail_snap.models._base import PagedResult as PagedResult
from lightsail_snap.models._base import PageT as PageT
from lightsail_snap.models._base import Request as Request
from lightsail_snap.models._base import ResponseMetadata as ResponseMetadata
from lightsail_snap.models._base import Result as Result
from lightsail_snap.models._base import ResultT as ResultT
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
from lightsail_snap.models.requests import AddOnRequest as AddOnRequest
from lightsail_snap.models.requests import AttachDiskRequest as AttachDiskRequest
from lightsail_snap.models.requests import AutoSnapshotAddOnRequest as AutoSnapshotAddOnRequest
from lightsail_snap.models.requests import CopySnapshotRequest as CopySnapshotRequest
from lightsail_snap.models.requests import (
    CreateDiskFromSnapshotRequest as CreateDiskFromSnapshotRequest,
)
from lightsail_snap.models.requests import CreateDiskSnapshotRequest as CreateDiskSnapshotRequest
from lightsail_snap.models.requests import (
    CreateInstancesFromSnapshotRequest as CreateInstancesFromSnapshotRequest,
)
from lightsail_snap.models.requests import (
    CreateInstanceSnapshotRequest as CreateInstanceSnapshotRequest,
)
from lightsail_snap.models.requests import DeleteAutoSnapshotRequest as DeleteAutoSnapshotRequest
from lightsail_snap.models.requests import DeleteDiskSnapshotRequest as DeleteDiskSnapshotRequest
from lightsail_snap.models.requests import (
    DeleteInstanceSnapshotRequest as DeleteInstanceSnapshotRequest,
)
from lightsail_snap.models.requests import DetachDiskRequest as DetachDiskRequest
from lightsail_snap.models.requests import DiskMap as DiskMap
from lightsail_snap.models.requests import ExportSnapshotRequest as ExportSnapshotRequest
from lightsail_snap.models.requests import GetAutoSnapshotsRequest as GetAutoSnapshotsRequest
from lightsail_snap.models.requests import GetDiskRequest as GetDiskRequest
from lightsail_snap.models.requests import GetDiskSnapshotRequest as GetDiskSnapshotRequest
from lightsail_snap.models.requests import GetDiskSnapshotsRequest as GetDiskSnapshotsRequest
from lightsail_snap.models.requests import GetDisksRequest as GetDisksRequest
from lightsail_snap.models.requests import (
    GetExportSnapshotRecordsRequest as GetExportSnapshotRecordsRequest,
)
from lightsail_snap.models.requests import GetInstanceSnapshotRequest as GetInstanceSnapshotRequest
from lightsail_snap.models.requests import (
    GetInstanceSnapshotsRequest as GetInstanceSnapshotsRequest,
)
from lightsail_snap.models.requests import GetOperationRequest as GetOperationRequest
from lightsail_snap.models.requests import (
    GetOperationsForResourceRequest as GetOperationsForResourceRequest,
)
from lightsail_snap.models.requests import GetOperationsRequest as GetOperationsRequest
from lightsail_snap.models.requests import StopInstanceOnIdleRequest as StopInstanceOnIdleRequest
from lightsail_snap.models.requests import TagResourceRequest as TagResourceRequest
from lightsail_snap.models.requests import UntagResourceRequest as UntagResourceRequest
from lightsail_snap.models.results import AddOn as AddOn
from lightsail_snap.models.results import AttachDiskResult as AttachDiskResult
from lightsail_snap.models.results import AttachedDisk as AttachedDisk
from lightsail_snap.models.results import AutoSnapshotDetails as AutoSnapshotDetails
from lightsail_snap.models.results import CopySnapshotResult as CopySnapshotResult
from lightsail_snap.models.results import (
    CreateDiskFromSnapshotResult as CreateDiskFromSnapshotResult,
)
from lightsail_snap.models.results import CreateDiskSnapshotResult as CreateDiskSnapshotResult
from lightsail_snap.models.results import (
    CreateInstancesFromSnapshotResult as CreateInstancesFromSnapshotResult,
)
from lightsail_snap.models.results import (
    CreateInstanceSnapshotResult as CreateInstanceSnapshotResult,
)
from lightsail_snap.models.results import DeleteAutoSnapshotResult as DeleteAutoSnapshotResult
from lightsail_snap.models.results import DeleteDiskSnapshotResult as DeleteDiskSnapshotResult
from lightsail_snap.models.results import (
    DeleteInstanceSnapshotResult as DeleteInstanceSnapshotResult,
)
from lightsail_snap.models.results import DestinationInfo as DestinationInfo
from lightsail_snap.models.results import DetachDiskResult as DetachDiskResult
from lightsail_snap.models.results import Disk as Disk
from lightsail_snap.models.results import DiskInfo as DiskInfo
from lightsail_snap.models.results import DiskSnapshot as DiskSnapshot
from lightsail_snap.models.results import DiskSnapshotInfo as DiskSnapshotInfo
from lightsail_snap.models.results import ExportSnapshotRecord as ExportSnapshotRecord
from lightsail_snap.models.results import (
    ExportSnapshotRecordSourceInfo as ExportSnapshotRecordSourceInfo,
)
from lightsail_snap.models.results import ExportSnapshotResult as ExportSnapshotResult
from lightsail_snap.models.results import GetAutoSnapshotsResult as GetAutoSnapshotsResult
from lightsail_snap.models.results import GetDiskResult as GetDiskResult
from lightsail_snap.models.results import GetDiskSnapshotResult as GetDiskSnapshotResult
from lightsail_snap.models.results import GetDiskSnapshotsResult as GetDiskSnapshotsResult
from lightsail_snap.models.results import GetDisksResult as GetDisksResult
from lightsail_snap.models.results import (
    GetExportSnapshotRecordsResult as GetExportSnapshotRecordsResult,
)
from lightsail_snap.models.results import GetInstanceSnapshotResult as GetInstanceSnapshotResult
from lightsail_snap.models.results import GetInstanceSnapshotsResult as GetInstanceSnapshotsResult
from lightsail_snap.models.results import GetOperationResult as GetOperationResult
from lightsail_snap.models.results import (
    GetOperationsForResourceResult as GetOperationsForResourceResult,
)
from lightsail_snap.models.results import GetOperationsResult as GetOperationsResult
from lightsail_snap.models.results import InstanceSnapshot as InstanceSnapshot
from lightsail_snap.models.results import InstanceSnapshotInfo as InstanceSnapshotInfo
from lightsail_snap.models.results import Observation as Observation
from lightsail_snap.models.results import Operation as Operation
from lightsail_snap.models.results import ResourceLocation as ResourceLocation
from lightsail_snap.models.results import TagResourceResult as TagResourceResult
from lightsail_snap.models.results import UntagResourceResult as UntagResourceResult
from lightsail_snap.models.source import AutoSnapshotSource as AutoSnapshotSource
from lightsail_snap.models.source import DiskSource as DiskSource
from lightsail_snap.models.source import InstanceSource as InstanceSource
from lightsail_snap.models.source import LatestAutoSnapshotSource as LatestAutoSnapshotSource
from lightsail_snap.models.source import ManualSnapshotSource as ManualSnapshotSource
from lightsail_snap.models.source import RestoreSource as RestoreSource
from lightsail_snap.models.source import SnapshotSource as SnapshotSource
from lightsail_snap.models.tags import ResourceTag as ResourceTag
from lightsail_snap.models.tags import Tag as Tag
from lightsail_snap.models.tags import TagList as TagList
from lightsail_snap.models.tags import TagsInput as TagsInput
