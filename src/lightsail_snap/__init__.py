"""Typed, safe Amazon Lightsail disk snapshots.

Importing this package imports neither boto3 nor pydantic: a name is loaded when it is first used,
and boto3 when a client is made.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from lightsail_snap._version import __version__ as __version__

if TYPE_CHECKING:
    from lightsail_snap._transport import Answer as Answer
    from lightsail_snap._transport import Boto3Client as Boto3Client
    from lightsail_snap._transport import Boto3Session as Boto3Session
    from lightsail_snap._transport import Transport as Transport
    from lightsail_snap.client import LightsailSnapClient as LightsailSnapClient
    from lightsail_snap.clock import Clock as Clock
    from lightsail_snap.clock import JumpingClock as JumpingClock
    from lightsail_snap.clock import SystemClock as SystemClock
    from lightsail_snap.errors import AccessDeniedException as AccessDeniedException
    from lightsail_snap.errors import (
        AccountSetupInProgressException as AccountSetupInProgressException,
    )
    from lightsail_snap.errors import ConfigurationError as ConfigurationError
    from lightsail_snap.errors import ForeignCause as ForeignCause
    from lightsail_snap.errors import InvalidInputException as InvalidInputException
    from lightsail_snap.errors import LightsailSnapError as LightsailSnapError
    from lightsail_snap.errors import NotFoundException as NotFoundException
    from lightsail_snap.errors import OperationFailureException as OperationFailureException
    from lightsail_snap.errors import OutcomeUnknownError as OutcomeUnknownError
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
    from lightsail_snap.models import AutoMountStatus as AutoMountStatus
    from lightsail_snap.models import CreateDiskSnapshotRequest as CreateDiskSnapshotRequest
    from lightsail_snap.models import CreateDiskSnapshotResult as CreateDiskSnapshotResult
    from lightsail_snap.models import Disk as Disk
    from lightsail_snap.models import DiskSnapshot as DiskSnapshot
    from lightsail_snap.models import DiskSnapshotState as DiskSnapshotState
    from lightsail_snap.models import DiskSource as DiskSource
    from lightsail_snap.models import DiskState as DiskState
    from lightsail_snap.models import GetDiskRequest as GetDiskRequest
    from lightsail_snap.models import GetDiskResult as GetDiskResult
    from lightsail_snap.models import GetDiskSnapshotRequest as GetDiskSnapshotRequest
    from lightsail_snap.models import GetDiskSnapshotResult as GetDiskSnapshotResult
    from lightsail_snap.models import GetOperationRequest as GetOperationRequest
    from lightsail_snap.models import GetOperationResult as GetOperationResult
    from lightsail_snap.models import InstanceSource as InstanceSource
    from lightsail_snap.models import OpenEnum as OpenEnum
    from lightsail_snap.models import Operation as Operation
    from lightsail_snap.models import OperationStatus as OperationStatus
    from lightsail_snap.models import OperationType as OperationType
    from lightsail_snap.models import RegionName as RegionName
    from lightsail_snap.models import Request as Request
    from lightsail_snap.models import ResourceLocation as ResourceLocation
    from lightsail_snap.models import ResourceTag as ResourceTag
    from lightsail_snap.models import ResourceType as ResourceType
    from lightsail_snap.models import ResponseMetadata as ResponseMetadata
    from lightsail_snap.models import Result as Result
    from lightsail_snap.models import ResultT as ResultT
    from lightsail_snap.models import SnapshotSource as SnapshotSource
    from lightsail_snap.models import Tag as Tag
    from lightsail_snap.models import TagList as TagList
    from lightsail_snap.models import TagsInput as TagsInput
    from lightsail_snap.waiters import Timeout as Timeout
    from lightsail_snap.waiters import WaitPolicy as WaitPolicy
    from lightsail_snap.waiters import WaitProgress as WaitProgress

__all__ = [
    "AccessDeniedException",
    "AccountSetupInProgressException",
    "AddOn",
    "Answer",
    "AutoMountStatus",
    "Boto3Client",
    "Boto3Session",
    "Clock",
    "ConfigurationError",
    "CreateDiskSnapshotRequest",
    "CreateDiskSnapshotResult",
    "Disk",
    "DiskSnapshot",
    "DiskSnapshotState",
    "DiskSource",
    "DiskState",
    "ForeignCause",
    "GetDiskRequest",
    "GetDiskResult",
    "GetDiskSnapshotRequest",
    "GetDiskSnapshotResult",
    "GetOperationRequest",
    "GetOperationResult",
    "InstanceSource",
    "InvalidInputException",
    "JumpingClock",
    "LightsailSnapClient",
    "LightsailSnapError",
    "NotFoundException",
    "OpenEnum",
    "Operation",
    "OperationFailureException",
    "OperationStatus",
    "OperationType",
    "OutcomeUnknownError",
    "RegionName",
    "RegionSetupInProgressException",
    "Request",
    "RequestNotSentError",
    "RequestValidationError",
    "ResourceLocation",
    "ResourceTag",
    "ResourceType",
    "ResponseMetadata",
    "ResponseValidationError",
    "Result",
    "ResultT",
    "ServiceError",
    "ServiceException",
    "SnapshotConflictError",
    "SnapshotSource",
    "SystemClock",
    "Tag",
    "TagList",
    "TagsInput",
    "ThrottlingError",
    "Timeout",
    "Transport",
    "TransportError",
    "UnauthenticatedException",
    "Violation",
    "WaitError",
    "WaitFailedError",
    "WaitPolicy",
    "WaitProgress",
    "WaitTimeoutError",
    "__version__",
]

# Where each name lives; a test holds this, the imports above and __all__ together.
_HOMES = {
    "Answer": "_transport",
    "Boto3Client": "_transport",
    "Boto3Session": "_transport",
    "Transport": "_transport",
    "LightsailSnapClient": "client",
    "Clock": "clock",
    "JumpingClock": "clock",
    "SystemClock": "clock",
    "AccessDeniedException": "errors",
    "AccountSetupInProgressException": "errors",
    "ConfigurationError": "errors",
    "ForeignCause": "errors",
    "InvalidInputException": "errors",
    "LightsailSnapError": "errors",
    "NotFoundException": "errors",
    "OperationFailureException": "errors",
    "OutcomeUnknownError": "errors",
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
    "Violation": "errors",
    "WaitError": "errors",
    "WaitFailedError": "errors",
    "WaitTimeoutError": "errors",
    "AddOn": "models",
    "AutoMountStatus": "models",
    "CreateDiskSnapshotRequest": "models",
    "CreateDiskSnapshotResult": "models",
    "Disk": "models",
    "DiskSnapshot": "models",
    "DiskSnapshotState": "models",
    "DiskSource": "models",
    "DiskState": "models",
    "GetDiskRequest": "models",
    "GetDiskResult": "models",
    "GetDiskSnapshotRequest": "models",
    "GetDiskSnapshotResult": "models",
    "GetOperationRequest": "models",
    "GetOperationResult": "models",
    "InstanceSource": "models",
    "OpenEnum": "models",
    "Operation": "models",
    "OperationStatus": "models",
    "OperationType": "models",
    "RegionName": "models",
    "Request": "models",
    "ResourceLocation": "models",
    "ResourceTag": "models",
    "ResourceType": "models",
    "ResponseMetadata": "models",
    "Result": "models",
    "ResultT": "models",
    "SnapshotSource": "models",
    "Tag": "models",
    "TagList": "models",
    "TagsInput": "models",
    "Timeout": "waiters",
    "WaitPolicy": "waiters",
    "WaitProgress": "waiters",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    value: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
