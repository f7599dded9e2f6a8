"""Operations, as they are looked up."""

from __future__ import annotations

from pydantic import StrictStr
from typing_extensions import override

from lightsail_snap.models._base import PagedRequest, PagedResult, Request, Result
from lightsail_snap.models._records import Operation
from lightsail_snap.models._types import WireList
from lightsail_snap.models.names import OperationId, ResourceName


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
