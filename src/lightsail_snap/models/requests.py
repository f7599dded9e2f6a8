"""What can be asked of the service: one frozen model per API operation."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Self

from typing_extensions import override

from lightsail_snap.models._base import Request
from lightsail_snap.models.names import NewResourceName, OperationId, ResourceName
from lightsail_snap.models.results import (
    CreateDiskSnapshotResult,
    GetDiskResult,
    GetDiskSnapshotResult,
    GetOperationResult,
)
from lightsail_snap.models.source import SnapshotSource, gather_source
from lightsail_snap.models.tags import TagList, TagsInput


class CreateDiskSnapshotRequest(Request[CreateDiskSnapshotResult], frozen=True):
    """Take a snapshot of a disk or of an instance's system volume."""

    disk_snapshot_name: NewResourceName
    """The name of the snapshot to be, unique among all resources of the region."""
    source: SnapshotSource
    """What to take the snapshot of."""
    tags: TagList = ()
    """The tags to set as it is created: all of them, or no snapshot is made."""

    if TYPE_CHECKING:
        # pydantic takes more for `tags` than it keeps, which a field's type cannot say.
        def __init__(
            self, *, disk_snapshot_name: str, source: SnapshotSource, tags: TagsInput | None = ()
        ) -> None: ...

    @classmethod
    @override
    def _from_dict(cls, payload: Any) -> Self:
        return super()._from_dict(
            gather_source(payload) if isinstance(payload, Mapping) else payload
        )

    @classmethod
    @override
    def _from_json(cls, body: bytes) -> Self:
        # On the wire the source has no field of its own, so pydantic cannot read it in one go.
        try:
            parsed = json.loads(body)
        except (ValueError, RecursionError):
            return super()._from_json(body)
        return cls._from_dict(parsed)

    @override
    def to_wire(self) -> dict[str, Any]:
        """Write the request as it stands on the wire.

        Returns:
            A new dict with camelCase keys; what is not given is absent.
        """
        wire: dict[str, Any] = {
            "diskSnapshotName": self.disk_snapshot_name,
            **self.source.to_wire(),
        }
        if self.tags:
            wire["tags"] = [tag.to_wire() for tag in self.tags]
        return wire


class GetDiskSnapshotRequest(Request[GetDiskSnapshotResult], frozen=True):
    """Look up one disk snapshot."""

    disk_snapshot_name: ResourceName
    """The snapshot's name."""


class GetDiskRequest(Request[GetDiskResult], frozen=True):
    """Look up one disk."""

    disk_name: ResourceName
    """The disk's name."""


class GetOperationRequest(Request[GetOperationResult], frozen=True):
    """Look up one operation."""

    operation_id: OperationId
    """The operation's id, a UUID."""
