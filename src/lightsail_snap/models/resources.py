"""Base classes of resources.

Every field of a result is optional, except the name or id that identifies the resource. All samples
of the API reference and of the AWS CLI have those, and a resource without one cannot be used.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

from pydantic import StrictStr
from pydantic_core import core_schema

from lightsail_snap.models._base import ResultModel
from lightsail_snap.models._types import Timestamp, WireList
from lightsail_snap.models.enums import RegionName, ResourceType
from lightsail_snap.models.tags import ResourceTag, values_of

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler

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


# A fleet has few locations, and a page has one for each resource.
_MAX_SHARED_LOCATIONS = 256
_MAX_SHARED_CHARACTERS = 64
_locations: dict[tuple[str | None, RegionName | None], ResourceLocation] = {}


def _share_location(location: ResourceLocation) -> ResourceLocation:
    """Return an equal location that was read before, if there is one."""
    fields = location.__dict__
    zone, region = key = fields["availability_zone"], fields["region_name"]
    if location.__pydantic_extra__:
        return location
    known = _locations.get(key)
    if known is not None:
        return known
    # Only where both are strings, the fields that were set are the same. Responses cannot fill the
    # memory: the values are known or short, and there are only so many.
    is_small = zone and len(zone) <= _MAX_SHARED_CHARACTERS and region and region.is_known
    if is_small and len(_locations) < _MAX_SHARED_LOCATIONS:
        _locations[key] = location
    return location


class _Shared:
    """Lets equal locations of responses be one object, which saves memory and garbage collections.

    Results are immutable, so only `is` shows a difference.
    """

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        schema = handler(source)
        shared = core_schema.no_info_after_validator_function(_share_location, schema)
        return core_schema.json_or_python_schema(json_schema=shared, python_schema=schema)


SHARED = _Shared()


class Record(ResultModel, frozen=True):
    """Base class of resources and records, which have a name."""

    name: StrictStr
    """Name, unique in the region. Guaranteed: requests refer to a resource by its name."""
    arn: StrictStr | None = None
    """Amazon Resource Name."""
    created_at: Timestamp | None = None
    """Time of creation."""
    location: Annotated[ResourceLocation, SHARED] | None = None
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
