"""Requests that change the tags of existing resources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from lightsail_snap.models._base import Request
from lightsail_snap.models._rules import Requirement
from lightsail_snap.models.names import ExistingTagKey, ResourceArn, ResourceName
from lightsail_snap.models.operations import OperationsResult
from lightsail_snap.models.tags import TagList, TagsInput

if TYPE_CHECKING:
    from lightsail_snap._parameters import IterableNotStr

__all__ = [
    "TagResourceRequest",
    "TagResourceResult",
    "UntagResourceRequest",
    "UntagResourceResult",
]


class TagResourceResult(OperationsResult, frozen=True):
    """Response to TagResource. The number of operations is unverified."""


class UntagResourceResult(OperationsResult, frozen=True):
    """Response to UntagResource. The number of operations is unverified."""


_AT_LEAST_ONE_TAG = Requirement(
    "must be at least one tag",
    "TagResource, parameter tags of the service model",
    'pass tags={"env": "prod"}',
)


class TagResourceRequest(Request[TagResourceResult], frozen=True):
    """Set tags of a resource. Existing tags with the same key are overwritten."""

    resource_name: ResourceName
    """Name of the resource."""
    tags: Annotated[TagList, Field(min_length=1), _AT_LEAST_ONE_TAG]
    """Tags to set. A resource has at most 50."""
    resource_arn: ResourceArn | None = None
    """Amazon Resource Name of the resource; the name suffices."""

    if TYPE_CHECKING:

        def __init__(
            self, *, resource_name: str, tags: TagsInput, resource_arn: str | None = None
        ) -> None: ...


class UntagResourceRequest(Request[UntagResourceResult], frozen=True):
    """Remove tags from a resource."""

    resource_name: ResourceName
    """Name of the resource."""
    tag_keys: Annotated[
        tuple[ExistingTagKey, ...],
        Field(min_length=1),
        Requirement(
            "must be at least one key",
            "UntagResource, parameter tagKeys of the service model",
            'pass tag_keys=["env"]',
        ),
    ]
    """Keys of the tags to remove."""
    resource_arn: ResourceArn | None = None
    """Amazon Resource Name of the resource; the name suffices."""

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            resource_name: str,
            tag_keys: IterableNotStr[str],
            resource_arn: str | None = None,
        ) -> None: ...
