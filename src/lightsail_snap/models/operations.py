"""Operations: the service's records of changes, and the requests that read them."""

from __future__ import annotations

from pydantic import StrictBool, StrictStr
from typing_extensions import override

from lightsail_snap.models._base import PagedRequest, PagedResult, Request, Result, ResultModel
from lightsail_snap.models._types import Timestamp, WireList
from lightsail_snap.models.enums import OperationStatus, OperationType, ResourceType
from lightsail_snap.models.names import OperationId, ResourceName
from lightsail_snap.models.resources import ResourceLocation

__all__ = [
    "GetOperationRequest",
    "GetOperationResult",
    "GetOperationsForResourceRequest",
    "GetOperationsForResourceResult",
    "GetOperationsRequest",
    "GetOperationsResult",
    "Operation",
]


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


class OperationsResult(Result, frozen=True):
    """The answer to whatever begins work."""

    operations: WireList[Operation] = ()
    """What the service has begun, or done already, as `is_terminal` says."""


class GetOperationResult(Result, frozen=True):
    """The answer to GetOperation."""

    operation: Operation
    """The operation. Guaranteed: the service answers NotFoundException where there is none."""


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


class GetOperationRequest(Request[GetOperationResult], frozen=True):
    """Look up one operation."""

    operation_id: OperationId
    """The operation's id, a UUID."""


class GetOperationsRequest(PagedRequest[GetOperationsResult], frozen=True):
    """List the operations of the region."""


class GetOperationsForResourceRequest(PagedRequest[GetOperationsForResourceResult], frozen=True):
    """List the operations that are about one resource."""

    resource_name: ResourceName
    """The resource's name."""
