"""Automatic snapshots."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated

from pydantic import StrictInt, StrictStr

from lightsail_snap.models._base import Request, Result, ResultModel
from lightsail_snap.models._rules import Rule
from lightsail_snap.models._types import Timestamp, WireDate, WireList
from lightsail_snap.models.enums import AutoSnapshotStatus, ResourceType
from lightsail_snap.models.names import ResourceName
from lightsail_snap.models.operations import OperationsResult

__all__ = [
    "AttachedDisk",
    "AutoSnapshotDetails",
    "DeleteAutoSnapshotRequest",
    "DeleteAutoSnapshotResult",
    "GetAutoSnapshotsRequest",
    "GetAutoSnapshotsResult",
]


class AttachedDisk(ResultModel, frozen=True):
    """Disk that was attached when an automatic snapshot was taken.

    Source: shape `AttachedDisk` of the service model.
    """

    path: StrictStr | None = None
    """Device path, for example `/dev/xvdf`."""
    size_in_gb: StrictInt | None = None
    """Size, in GB."""


class AutoSnapshotDetails(ResultModel, frozen=True):
    """Automatic snapshot. Source: shape `AutoSnapshotDetails` of the service model."""

    date: WireDate | None = None
    """Day of the snapshot, which identifies it for restoring, copying and deleting."""
    created_at: Timestamp | None = None
    """Time of creation, in seconds."""
    status: AutoSnapshotStatus | None = None
    """Status of the snapshot."""
    from_attached_disks: WireList[AttachedDisk] = ()
    """Disks that were attached to the instance."""


class GetAutoSnapshotsResult(Result, frozen=True):
    """Response to GetAutoSnapshots."""

    resource_name: StrictStr | None = None
    """Name of the disk or instance."""
    resource_type: ResourceType | None = None
    """Type of that resource."""
    auto_snapshots: WireList[AutoSnapshotDetails] = ()
    """Automatic snapshots of the resource, newest first. The service keeps seven."""


class DeleteAutoSnapshotResult(OperationsResult, frozen=True):
    """Response to DeleteAutoSnapshot: one operation, which has ended already."""


class GetAutoSnapshotsRequest(Request[GetAutoSnapshotsResult], frozen=True):
    """List the automatic snapshots of a disk or an instance."""

    resource_name: ResourceName
    """Name of the disk or instance."""


class DeleteAutoSnapshotRequest(Request[DeleteAutoSnapshotResult], frozen=True):
    """Delete the automatic snapshot of one day. This cannot be undone."""

    resource_name: ResourceName
    """Name of the disk or instance."""
    date: Annotated[
        WireDate,
        Rule(
            "must be a calendar date",
            "shape AutoSnapshotDate of the service model (YYYY-MM-DD)",
            "pass datetime.date(2026, 11, 23), for example the date of an AutoSnapshotDetails",
        ),
    ]
    """Day of the snapshot, as GetAutoSnapshots lists it; `YYYY-MM-DD` on the wire."""

    if TYPE_CHECKING:

        def __init__(self, *, resource_name: str, date: dt.date) -> None: ...
