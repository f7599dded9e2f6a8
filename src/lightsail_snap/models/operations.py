"""Operations: the service's records of changes, and the requests that read them."""

from __future__ import annotations

from typing import Annotated

from pydantic import StrictBool, StrictStr
from typing_extensions import override

from lightsail_snap.models._base import PagedRequest, PagedResult, Request, Result, ResultModel
from lightsail_snap.models._types import Timestamp, WireList
from lightsail_snap.models.enums import OperationStatus, OperationType, ResourceType
from lightsail_snap.models.names import OperationId, ResourceName
from lightsail_snap.models.resources import SHARED, ResourceLocation

__all__ = [
    "GetOperationRequest",
    "GetOperationResult",
    "GetOperationsForResourceRequest",
    "GetOperationsForResourceResult",
    "GetOperationsRequest",
    "GetOperationsResult",
    "Operation",
]


# Which operations end in Completed is unverified; Terraform's provider accepts both.
_SUCCESS = frozenset({OperationStatus.SUCCEEDED, OperationStatus.COMPLETED})


class Operation(ResultModel, frozen=True):
    """Record of a change that the service makes. Source: shape `Operation` of the service model."""

    id: StrictStr
    """Id, a UUID. Guaranteed: GetOperation requires it."""
    resource_name: StrictStr | None = None
    """Name of the changed resource."""
    resource_type: ResourceType | None = None
    """Type of the changed resource."""
    created_at: Timestamp | None = None
    """Time at which the operation was initialised."""
    location: Annotated[ResourceLocation, SHARED] | None = None
    """Region and Availability Zone of the resource."""
    is_terminal: StrictBool | None = None
    """True if the operation has ended, with or without success; takes precedence over `status`."""
    operation_details: StrictStr | None = None
    """Details, often the name of another resource."""
    operation_type: OperationType | None = None
    """Type of the operation."""
    status: OperationStatus | None = None
    """Status of the operation."""
    status_changed_at: Timestamp | None = None
    """Time of the last change of the status."""
    error_code: StrictStr | None = None
    """Error code of a failed operation."""
    error_details: StrictStr | None = None
    """Error message of a failed operation."""

    @property
    def is_completed(self) -> bool:
        """True if the operation has ended with success."""
        return self.is_terminal is not False and self.status in _SUCCESS

    @property
    def is_failed(self) -> bool:
        """True if the operation has ended without success."""
        if self.is_terminal is None:
            return self.status == OperationStatus.FAILED
        return self.is_terminal and self.status not in _SUCCESS

    @property
    def is_pending(self) -> bool:
        """True if the operation has not ended, or reports neither `is_terminal` nor a known end."""
        return not (self.is_completed or self.is_failed)


class OperationsResult(Result, frozen=True):
    """Base class of responses to requests that change something."""

    operations: WireList[Operation] = ()
    """Operations that the request started. Some have ended already; see `is_terminal`."""


class GetOperationResult(Result, frozen=True):
    """Response to GetOperation."""

    operation: Operation
    """The operation. Guaranteed: if it does not exist, the service raises NotFoundException."""


class GetOperationsResult(PagedResult[Operation], frozen=True):
    """Response to GetOperations: one page, of at most 200 operations."""

    operations: WireList[Operation] = ()
    """Operations. Samples have the newest first, the service model documents the oldest first."""

    @property
    @override
    def items(self) -> tuple[Operation, ...]:
        return self.operations


class GetOperationsForResourceResult(PagedResult[Operation], frozen=True):
    """Response to GetOperationsForResource: one page."""

    operations: WireList[Operation] = ()
    """Operations; newest first in samples."""
    next_page_count: StrictStr | None = None
    """Discontinued by the service; use `next_page_token`."""

    @property
    @override
    def items(self) -> tuple[Operation, ...]:
        return self.operations


class GetOperationRequest(Request[GetOperationResult], frozen=True):
    """Get one operation."""

    operation_id: OperationId
    """Id of the operation, a UUID."""


class GetOperationsRequest(PagedRequest[GetOperationsResult], frozen=True):
    """List the operations of the region."""


class GetOperationsForResourceRequest(PagedRequest[GetOperationsForResourceResult], frozen=True):
    """List the operations of one resource."""

    resource_name: ResourceName
    """Name of the resource."""
