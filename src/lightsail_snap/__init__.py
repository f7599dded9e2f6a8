"""Typed, safe Amazon Lightsail disk snapshots.

Importing this package imports neither boto3 nor pydantic: a name is loaded when it is first used,
and boto3 when a client is made.
"""

from typing import TYPE_CHECKING

from lightsail_snap._lazy import lazy
from lightsail_snap._version import __version__ as __version__

if TYPE_CHECKING:
    from lightsail_snap._aio_methods.paginator import AsyncPaginator as AsyncPaginator
    from lightsail_snap._boto.transport import Boto3Client as Boto3Client
    from lightsail_snap._boto.transport import Boto3Session as Boto3Session
    from lightsail_snap._boto.transport import Response as Response
    from lightsail_snap._boto.transport import Transport as Transport
    from lightsail_snap._methods.paginator import Paginator as Paginator
    from lightsail_snap.aio import AsyncLightsailSnapClient as AsyncLightsailSnapClient
    from lightsail_snap.client import LightsailSnapClient as LightsailSnapClient
    from lightsail_snap.clock import Clock as Clock
    from lightsail_snap.clock import SystemClock as SystemClock
    from lightsail_snap.clock import VirtualClock as VirtualClock
    from lightsail_snap.errors import AccessDeniedException as AccessDeniedException
    from lightsail_snap.errors import (
        AccountSetupInProgressException as AccountSetupInProgressException,
    )
    from lightsail_snap.errors import AuthenticationError as AuthenticationError
    from lightsail_snap.errors import ConfigurationError as ConfigurationError
    from lightsail_snap.errors import CredentialsRejectedError as CredentialsRejectedError
    from lightsail_snap.errors import ForeignCause as ForeignCause
    from lightsail_snap.errors import InvalidInputException as InvalidInputException
    from lightsail_snap.errors import LightsailSnapError as LightsailSnapError
    from lightsail_snap.errors import MissingCredentialsError as MissingCredentialsError
    from lightsail_snap.errors import NameConflictError as NameConflictError
    from lightsail_snap.errors import NotFoundException as NotFoundException
    from lightsail_snap.errors import OperationFailureException as OperationFailureException
    from lightsail_snap.errors import OutcomeUnknownError as OutcomeUnknownError
    from lightsail_snap.errors import PaginationError as PaginationError
    from lightsail_snap.errors import PartialFailureError as PartialFailureError
    from lightsail_snap.errors import QuiesceError as QuiesceError
    from lightsail_snap.errors import (
        RegionSetupInProgressException as RegionSetupInProgressException,
    )
    from lightsail_snap.errors import RequestNotSentError as RequestNotSentError
    from lightsail_snap.errors import RequestValidationError as RequestValidationError
    from lightsail_snap.errors import ResponseValidationError as ResponseValidationError
    from lightsail_snap.errors import ServiceError as ServiceError
    from lightsail_snap.errors import ServiceException as ServiceException
    from lightsail_snap.errors import SnapshotConflictError as SnapshotConflictError
    from lightsail_snap.errors import ThrottlingError as ThrottlingError
    from lightsail_snap.errors import TransportError as TransportError
    from lightsail_snap.errors import UnauthenticatedException as UnauthenticatedException
    from lightsail_snap.errors import Violation as Violation
    from lightsail_snap.errors import WaitError as WaitError
    from lightsail_snap.errors import WaitFailedError as WaitFailedError
    from lightsail_snap.errors import WaitTimeoutError as WaitTimeoutError
    from lightsail_snap.models import AddOn as AddOn
    from lightsail_snap.models import AddOnRequest as AddOnRequest
    from lightsail_snap.models import AddOnType as AddOnType
    from lightsail_snap.models import AttachDiskRequest as AttachDiskRequest
    from lightsail_snap.models import AttachDiskResult as AttachDiskResult
    from lightsail_snap.models import AttachedDisk as AttachedDisk
    from lightsail_snap.models import AutoMountStatus as AutoMountStatus
    from lightsail_snap.models import AutoSnapshotAddOnRequest as AutoSnapshotAddOnRequest
    from lightsail_snap.models import AutoSnapshotDetails as AutoSnapshotDetails
    from lightsail_snap.models import AutoSnapshotSource as AutoSnapshotSource
    from lightsail_snap.models import AutoSnapshotStatus as AutoSnapshotStatus
    from lightsail_snap.models import CopySnapshotRequest as CopySnapshotRequest
    from lightsail_snap.models import CopySnapshotResult as CopySnapshotResult
    from lightsail_snap.models import CreateDiskFromSnapshotRequest as CreateDiskFromSnapshotRequest
    from lightsail_snap.models import CreateDiskFromSnapshotResult as CreateDiskFromSnapshotResult
    from lightsail_snap.models import CreateDiskSnapshotRequest as CreateDiskSnapshotRequest
    from lightsail_snap.models import CreateDiskSnapshotResult as CreateDiskSnapshotResult
    from lightsail_snap.models import (
        CreateInstancesFromSnapshotRequest as CreateInstancesFromSnapshotRequest,
    )
    from lightsail_snap.models import (
        CreateInstancesFromSnapshotResult as CreateInstancesFromSnapshotResult,
    )
    from lightsail_snap.models import CreateInstanceSnapshotRequest as CreateInstanceSnapshotRequest
    from lightsail_snap.models import CreateInstanceSnapshotResult as CreateInstanceSnapshotResult
    from lightsail_snap.models import DeleteAutoSnapshotRequest as DeleteAutoSnapshotRequest
    from lightsail_snap.models import DeleteAutoSnapshotResult as DeleteAutoSnapshotResult
    from lightsail_snap.models import DeleteDiskSnapshotRequest as DeleteDiskSnapshotRequest
    from lightsail_snap.models import DeleteDiskSnapshotResult as DeleteDiskSnapshotResult
    from lightsail_snap.models import DeleteInstanceSnapshotRequest as DeleteInstanceSnapshotRequest
    from lightsail_snap.models import DeleteInstanceSnapshotResult as DeleteInstanceSnapshotResult
    from lightsail_snap.models import DestinationInfo as DestinationInfo
    from lightsail_snap.models import DetachDiskRequest as DetachDiskRequest
    from lightsail_snap.models import DetachDiskResult as DetachDiskResult
    from lightsail_snap.models import Disk as Disk
    from lightsail_snap.models import DiskInfo as DiskInfo
    from lightsail_snap.models import DiskMap as DiskMap
    from lightsail_snap.models import DiskSnapshot as DiskSnapshot
    from lightsail_snap.models import DiskSnapshotInfo as DiskSnapshotInfo
    from lightsail_snap.models import DiskSnapshotState as DiskSnapshotState
    from lightsail_snap.models import DiskSource as DiskSource
    from lightsail_snap.models import DiskState as DiskState
    from lightsail_snap.models import ExportSnapshotRecord as ExportSnapshotRecord
    from lightsail_snap.models import (
        ExportSnapshotRecordSourceInfo as ExportSnapshotRecordSourceInfo,
    )
    from lightsail_snap.models import (
        ExportSnapshotRecordSourceType as ExportSnapshotRecordSourceType,
    )
    from lightsail_snap.models import ExportSnapshotRequest as ExportSnapshotRequest
    from lightsail_snap.models import ExportSnapshotResult as ExportSnapshotResult
    from lightsail_snap.models import GetAutoSnapshotsRequest as GetAutoSnapshotsRequest
    from lightsail_snap.models import GetAutoSnapshotsResult as GetAutoSnapshotsResult
    from lightsail_snap.models import GetDiskRequest as GetDiskRequest
    from lightsail_snap.models import GetDiskResult as GetDiskResult
    from lightsail_snap.models import GetDiskSnapshotRequest as GetDiskSnapshotRequest
    from lightsail_snap.models import GetDiskSnapshotResult as GetDiskSnapshotResult
    from lightsail_snap.models import GetDiskSnapshotsRequest as GetDiskSnapshotsRequest
    from lightsail_snap.models import GetDiskSnapshotsResult as GetDiskSnapshotsResult
    from lightsail_snap.models import GetDisksRequest as GetDisksRequest
    from lightsail_snap.models import GetDisksResult as GetDisksResult
    from lightsail_snap.models import (
        GetExportSnapshotRecordsRequest as GetExportSnapshotRecordsRequest,
    )
    from lightsail_snap.models import (
        GetExportSnapshotRecordsResult as GetExportSnapshotRecordsResult,
    )
    from lightsail_snap.models import GetInstanceSnapshotRequest as GetInstanceSnapshotRequest
    from lightsail_snap.models import GetInstanceSnapshotResult as GetInstanceSnapshotResult
    from lightsail_snap.models import GetInstanceSnapshotsRequest as GetInstanceSnapshotsRequest
    from lightsail_snap.models import GetInstanceSnapshotsResult as GetInstanceSnapshotsResult
    from lightsail_snap.models import GetOperationRequest as GetOperationRequest
    from lightsail_snap.models import GetOperationResult as GetOperationResult
    from lightsail_snap.models import (
        GetOperationsForResourceRequest as GetOperationsForResourceRequest,
    )
    from lightsail_snap.models import (
        GetOperationsForResourceResult as GetOperationsForResourceResult,
    )
    from lightsail_snap.models import GetOperationsRequest as GetOperationsRequest
    from lightsail_snap.models import GetOperationsResult as GetOperationsResult
    from lightsail_snap.models import InstanceSnapshot as InstanceSnapshot
    from lightsail_snap.models import InstanceSnapshotInfo as InstanceSnapshotInfo
    from lightsail_snap.models import InstanceSnapshotState as InstanceSnapshotState
    from lightsail_snap.models import InstanceSource as InstanceSource
    from lightsail_snap.models import IpAddressType as IpAddressType
    from lightsail_snap.models import ItemT as ItemT
    from lightsail_snap.models import LatestAutoSnapshotSource as LatestAutoSnapshotSource
    from lightsail_snap.models import ManualSnapshotSource as ManualSnapshotSource
    from lightsail_snap.models import OpenEnum as OpenEnum
    from lightsail_snap.models import Operation as Operation
    from lightsail_snap.models import OperationStatus as OperationStatus
    from lightsail_snap.models import OperationType as OperationType
    from lightsail_snap.models import PagedRequest as PagedRequest
    from lightsail_snap.models import PagedResult as PagedResult
    from lightsail_snap.models import PageT as PageT
    from lightsail_snap.models import PollResult as PollResult
    from lightsail_snap.models import RecordState as RecordState
    from lightsail_snap.models import RegionName as RegionName
    from lightsail_snap.models import Request as Request
    from lightsail_snap.models import ResourceLocation as ResourceLocation
    from lightsail_snap.models import ResourceTag as ResourceTag
    from lightsail_snap.models import ResourceType as ResourceType
    from lightsail_snap.models import ResponseMetadata as ResponseMetadata
    from lightsail_snap.models import RestoreSource as RestoreSource
    from lightsail_snap.models import Result as Result
    from lightsail_snap.models import ResultT as ResultT
    from lightsail_snap.models import SnapshotSource as SnapshotSource
    from lightsail_snap.models import StopInstanceOnIdleRequest as StopInstanceOnIdleRequest
    from lightsail_snap.models import Tag as Tag
    from lightsail_snap.models import TagList as TagList
    from lightsail_snap.models import TagResourceRequest as TagResourceRequest
    from lightsail_snap.models import TagResourceResult as TagResourceResult
    from lightsail_snap.models import TagsInput as TagsInput
    from lightsail_snap.models import UntagResourceRequest as UntagResourceRequest
    from lightsail_snap.models import UntagResourceResult as UntagResourceResult
    from lightsail_snap.quiesce import CommandHooks as CommandHooks
    from lightsail_snap.quiesce import FileSystemFreeze as FileSystemFreeze
    from lightsail_snap.quiesce import command_hooks as command_hooks
    from lightsail_snap.quiesce import fsfreeze as fsfreeze
    from lightsail_snap.retention import OWNERSHIP_TAG as OWNERSHIP_TAG
    from lightsail_snap.retention import RetentionDecision as RetentionDecision
    from lightsail_snap.retention import RetentionPlan as RetentionPlan
    from lightsail_snap.retention import RetentionPolicy as RetentionPolicy
    from lightsail_snap.retention import Scope as Scope
    from lightsail_snap.retention import by_name as by_name
    from lightsail_snap.retention import by_tag as by_tag
    from lightsail_snap.retention import plan_retention as plan_retention
    from lightsail_snap.waiters import GroupProgress as GroupProgress
    from lightsail_snap.waiters import Timeout as Timeout
    from lightsail_snap.waiters import WaitPolicy as WaitPolicy
    from lightsail_snap.waiters import WaitProgress as WaitProgress

__all__ = [
    "OWNERSHIP_TAG",
    "AccessDeniedException",
    "AccountSetupInProgressException",
    "AddOn",
    "AddOnRequest",
    "AddOnType",
    "AsyncLightsailSnapClient",
    "AsyncPaginator",
    "AttachDiskRequest",
    "AttachDiskResult",
    "AttachedDisk",
    "AuthenticationError",
    "AutoMountStatus",
    "AutoSnapshotAddOnRequest",
    "AutoSnapshotDetails",
    "AutoSnapshotSource",
    "AutoSnapshotStatus",
    "Boto3Client",
    "Boto3Session",
    "Clock",
    "CommandHooks",
    "ConfigurationError",
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
    "CredentialsRejectedError",
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
    "FileSystemFreeze",
    "ForeignCause",
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
    "GroupProgress",
    "InstanceSnapshot",
    "InstanceSnapshotInfo",
    "InstanceSnapshotState",
    "InstanceSource",
    "InvalidInputException",
    "IpAddressType",
    "ItemT",
    "LatestAutoSnapshotSource",
    "LightsailSnapClient",
    "LightsailSnapError",
    "ManualSnapshotSource",
    "MissingCredentialsError",
    "NameConflictError",
    "NotFoundException",
    "OpenEnum",
    "Operation",
    "OperationFailureException",
    "OperationStatus",
    "OperationType",
    "OutcomeUnknownError",
    "PageT",
    "PagedRequest",
    "PagedResult",
    "PaginationError",
    "Paginator",
    "PartialFailureError",
    "PollResult",
    "QuiesceError",
    "RecordState",
    "RegionName",
    "RegionSetupInProgressException",
    "Request",
    "RequestNotSentError",
    "RequestValidationError",
    "ResourceLocation",
    "ResourceTag",
    "ResourceType",
    "Response",
    "ResponseMetadata",
    "ResponseValidationError",
    "RestoreSource",
    "Result",
    "ResultT",
    "RetentionDecision",
    "RetentionPlan",
    "RetentionPolicy",
    "Scope",
    "ServiceError",
    "ServiceException",
    "SnapshotConflictError",
    "SnapshotSource",
    "StopInstanceOnIdleRequest",
    "SystemClock",
    "Tag",
    "TagList",
    "TagResourceRequest",
    "TagResourceResult",
    "TagsInput",
    "ThrottlingError",
    "Timeout",
    "Transport",
    "TransportError",
    "UnauthenticatedException",
    "UntagResourceRequest",
    "UntagResourceResult",
    "Violation",
    "VirtualClock",
    "WaitError",
    "WaitFailedError",
    "WaitPolicy",
    "WaitProgress",
    "WaitTimeoutError",
    "__version__",
    "by_name",
    "by_tag",
    "command_hooks",
    "fsfreeze",
    "plan_retention",
]

# Where each name lives; a test holds this, the imports above and __all__ together.
_HOMES = {
    "AsyncPaginator": "_aio_methods.paginator",
    "Paginator": "_methods.paginator",
    "Response": "_boto.transport",
    "Boto3Client": "_boto.transport",
    "Boto3Session": "_boto.transport",
    "Transport": "_boto.transport",
    "AsyncLightsailSnapClient": "aio",
    "LightsailSnapClient": "client",
    "Clock": "clock",
    "VirtualClock": "clock",
    "SystemClock": "clock",
    "AccessDeniedException": "errors",
    "AccountSetupInProgressException": "errors",
    "ConfigurationError": "errors",
    "ForeignCause": "errors",
    "InvalidInputException": "errors",
    "LightsailSnapError": "errors",
    "NameConflictError": "errors",
    "NotFoundException": "errors",
    "OperationFailureException": "errors",
    "OutcomeUnknownError": "errors",
    "PaginationError": "errors",
    "PartialFailureError": "errors",
    "QuiesceError": "errors",
    "RegionSetupInProgressException": "errors",
    "RequestNotSentError": "errors",
    "RequestValidationError": "errors",
    "ResponseValidationError": "errors",
    "ServiceError": "errors",
    "ServiceException": "errors",
    "SnapshotConflictError": "errors",
    "ThrottlingError": "errors",
    "TransportError": "errors",
    "UnauthenticatedException": "errors",
    "MissingCredentialsError": "errors",
    "CredentialsRejectedError": "errors",
    "AuthenticationError": "errors",
    "Violation": "errors",
    "WaitError": "errors",
    "WaitFailedError": "errors",
    "WaitTimeoutError": "errors",
    "AddOn": "models",
    "AddOnRequest": "models",
    "AddOnType": "models",
    "AttachDiskRequest": "models",
    "AttachDiskResult": "models",
    "AttachedDisk": "models",
    "AutoMountStatus": "models",
    "AutoSnapshotAddOnRequest": "models",
    "AutoSnapshotDetails": "models",
    "AutoSnapshotSource": "models",
    "AutoSnapshotStatus": "models",
    "CopySnapshotRequest": "models",
    "CopySnapshotResult": "models",
    "CreateDiskFromSnapshotRequest": "models",
    "CreateDiskFromSnapshotResult": "models",
    "CreateDiskSnapshotRequest": "models",
    "CreateDiskSnapshotResult": "models",
    "CreateInstanceSnapshotRequest": "models",
    "CreateInstanceSnapshotResult": "models",
    "CreateInstancesFromSnapshotRequest": "models",
    "CreateInstancesFromSnapshotResult": "models",
    "DeleteAutoSnapshotRequest": "models",
    "DeleteAutoSnapshotResult": "models",
    "DeleteDiskSnapshotRequest": "models",
    "DeleteDiskSnapshotResult": "models",
    "DeleteInstanceSnapshotRequest": "models",
    "DeleteInstanceSnapshotResult": "models",
    "DestinationInfo": "models",
    "DetachDiskRequest": "models",
    "DetachDiskResult": "models",
    "Disk": "models",
    "DiskInfo": "models",
    "DiskMap": "models",
    "DiskSnapshot": "models",
    "DiskSnapshotInfo": "models",
    "DiskSnapshotState": "models",
    "DiskSource": "models",
    "DiskState": "models",
    "ExportSnapshotRecord": "models",
    "ExportSnapshotRecordSourceInfo": "models",
    "ExportSnapshotRecordSourceType": "models",
    "ExportSnapshotRequest": "models",
    "ExportSnapshotResult": "models",
    "GetAutoSnapshotsRequest": "models",
    "GetAutoSnapshotsResult": "models",
    "GetDiskRequest": "models",
    "GetDiskResult": "models",
    "GetDiskSnapshotRequest": "models",
    "GetDiskSnapshotResult": "models",
    "GetDiskSnapshotsRequest": "models",
    "GetDiskSnapshotsResult": "models",
    "GetDisksRequest": "models",
    "GetDisksResult": "models",
    "GetExportSnapshotRecordsRequest": "models",
    "GetExportSnapshotRecordsResult": "models",
    "GetInstanceSnapshotRequest": "models",
    "GetInstanceSnapshotResult": "models",
    "GetInstanceSnapshotsRequest": "models",
    "GetInstanceSnapshotsResult": "models",
    "GetOperationRequest": "models",
    "GetOperationResult": "models",
    "GetOperationsForResourceRequest": "models",
    "GetOperationsForResourceResult": "models",
    "GetOperationsRequest": "models",
    "GetOperationsResult": "models",
    "InstanceSnapshot": "models",
    "InstanceSnapshotInfo": "models",
    "InstanceSnapshotState": "models",
    "InstanceSource": "models",
    "IpAddressType": "models",
    "ItemT": "models",
    "LatestAutoSnapshotSource": "models",
    "ManualSnapshotSource": "models",
    "PollResult": "models",
    "OpenEnum": "models",
    "Operation": "models",
    "OperationStatus": "models",
    "OperationType": "models",
    "PageT": "models",
    "PagedRequest": "models",
    "PagedResult": "models",
    "RecordState": "models",
    "RegionName": "models",
    "Request": "models",
    "ResourceLocation": "models",
    "ResourceTag": "models",
    "ResourceType": "models",
    "ResponseMetadata": "models",
    "RestoreSource": "models",
    "Result": "models",
    "ResultT": "models",
    "SnapshotSource": "models",
    "StopInstanceOnIdleRequest": "models",
    "Tag": "models",
    "TagList": "models",
    "TagResourceRequest": "models",
    "TagResourceResult": "models",
    "TagsInput": "models",
    "UntagResourceRequest": "models",
    "UntagResourceResult": "models",
    "CommandHooks": "quiesce",
    "FileSystemFreeze": "quiesce",
    "command_hooks": "quiesce",
    "fsfreeze": "quiesce",
    "OWNERSHIP_TAG": "retention",
    "RetentionDecision": "retention",
    "RetentionPlan": "retention",
    "RetentionPolicy": "retention",
    "Scope": "retention",
    "by_name": "retention",
    "by_tag": "retention",
    "plan_retention": "retention",
    "GroupProgress": "waiters",
    "Timeout": "waiters",
    "WaitPolicy": "waiters",
    "WaitProgress": "waiters",
}

if not TYPE_CHECKING:
    # To a type checker a module that has these takes any attribute.
    __getattr__, __dir__ = lazy(__name__, _HOMES)
