"""Base classes of resources.

Every field of a result is optional, except the name or id that identifies the resource. All samples
of the API reference and of the AWS CLI have those, and a resource without one cannot be used.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import StrictStr

from lightsail_snap.models._base import ResultModel
from lightsail_snap.models._types import Timestamp, WireList
from lightsail_snap.models.enums import RegionName, ResourceType
from lightsail_snap.models.tags import ResourceTag, values_of

__all__ = ["ResourceLocation"]


class ResourceLocation(ResultModel, frozen=True):
    """Region and Availability Zone of a resource.

    Source: shape `ResourceLocation` of the service model.
    """

    availability_zone: StrictStr | None = None
    """Availability Zone, for example `us-east-2a`.

    Snapshots have `all`, which cannot be used to restore them.
    """
    region_name: RegionName | None = None
    """AWS Region."""


class Record(ResultModel, frozen=True):
    """Base class of resources and records, which have a name."""

    name: StrictStr
    """Name, unique in the region. Guaranteed: requests refer to a resource by its name."""
    arn: StrictStr | None = None
    """Amazon Resource Name."""
    created_at: Timestamp | None = None
    """Time of creation."""
    location: ResourceLocation | None = None
    """Region and Availability Zone."""
    resource_type: ResourceType | None = None
    """Type of the resource."""


class Resource(Record, frozen=True):
    """Base class of resources."""

    support_code: StrictStr | None = None
    """Code to give to AWS Support."""
    tags: WireList[ResourceTag] = ()
    """Tags of the resource."""

    @property
    def tag_values(self) -> Mapping[str, str | None]:
        """Values of the tags by key, read-only; None for a tag without a value or an empty one."""
        return values_of(self.tags)
