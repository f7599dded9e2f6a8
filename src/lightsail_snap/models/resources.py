"""Base classes of resources.

Every field of a result is optional, except the name or id that identifies the resource. All samples
of the API reference and of the AWS CLI have those, and a resource without one cannot be used.
"""

from __future__ import annotations

from pydantic import StrictStr

from lightsail_snap.models._base import ResultModel
from lightsail_snap.models._types import Timestamp, WireList
from lightsail_snap.models.enums import RegionName, ResourceType
from lightsail_snap.models.tags import ResourceTag

__all__ = ["ResourceLocation"]


class ResourceLocation(ResultModel, frozen=True):
    """Where a resource is. Source: shape `ResourceLocation` of the service model."""

    availability_zone: StrictStr | None = None
    """The zone, for example `us-east-2a`; `all` for snapshots, which is no zone to restore into."""
    region_name: RegionName | None = None
    """The AWS Region."""


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
