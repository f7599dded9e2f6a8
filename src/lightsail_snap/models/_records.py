"""What answers are made of, whatever they are about: records, operations, places.

Every field of a result is optional unless it is the very name a record goes by. Those are in every
sample of the API reference and of the AWS command line, and a record without one cannot be used.
"""

from __future__ import annotations

from pydantic import StrictBool, StrictStr

from lightsail_snap.models._base import Result, ResultModel
from lightsail_snap.models._types import Timestamp, WireList
from lightsail_snap.models.enums import OperationStatus, OperationType, RegionName, ResourceType
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


class Record(ResultModel, frozen=True):
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


class Resource(Record, frozen=True):
    """What all resources have."""

    support_code: StrictStr | None = None
    """The code to give AWS support."""
    tags: WireList[ResourceTag] = ()
    """The tags the resource bears."""


class OperationsResult(Result, frozen=True):
    """The answer to whatever begins work."""

    operations: WireList[Operation] = ()
    """What the service has begun, or done already, as `is_terminal` says."""
