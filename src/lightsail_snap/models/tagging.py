"""Tags of resources that are there."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from lightsail_snap.models._base import Request
from lightsail_snap.models._rules import Requirement
from lightsail_snap.models._types import AS_LIST
from lightsail_snap.models.names import ExistingTagKey, ResourceArn, ResourceName
from lightsail_snap.models.operations import OperationsResult
from lightsail_snap.models.tags import TagList, TagsInput

__all__ = [
    "TagResourceRequest",
    "TagResourceResult",
    "UntagResourceRequest",
    "UntagResourceResult",
]


class TagResourceResult(OperationsResult, frozen=True):
    """The answer to TagResource. How many operations there are is unverified."""


class UntagResourceResult(OperationsResult, frozen=True):
    """The answer to UntagResource. How many operations there are is unverified."""


_AT_LEAST_ONE_TAG = Requirement(
    "must be at least one tag",
    "TagResource, parameter tags of the service model",
    'write tags={"env": "prod"}',
)


class TagResourceRequest(Request[TagResourceResult], frozen=True):
    """Set tags on a resource; a tag whose key it bears already is overwritten."""

    resource_name: ResourceName
    """The resource's name."""
    tags: Annotated[TagList, Field(min_length=1), _AT_LEAST_ONE_TAG]
    """The tags to set. A resource bears at most 50."""
    resource_arn: ResourceArn | None = None
    """The resource's Amazon Resource Name; the name suffices."""

    if TYPE_CHECKING:

        def __init__(
            self, *, resource_name: str, tags: TagsInput, resource_arn: str | None = None
        ) -> None: ...


class UntagResourceRequest(Request[UntagResourceResult], frozen=True):
    """Take tags off a resource."""

    resource_name: ResourceName
    """The resource's name."""
    tag_keys: Annotated[
        tuple[ExistingTagKey, ...],
        Field(min_length=1),
        AS_LIST,
        Requirement(
            "must be at least one key",
            "UntagResource, parameter tagKeys of the service model",
            'write tag_keys=["env"]',
        ),
    ]
    """The keys of the tags to take off."""
    resource_arn: ResourceArn | None = None
    """The resource's Amazon Resource Name; the name suffices."""

    if TYPE_CHECKING:

        def __init__(
            self, *, resource_name: str, tag_keys: Iterable[str], resource_arn: str | None = None
        ) -> None: ...
