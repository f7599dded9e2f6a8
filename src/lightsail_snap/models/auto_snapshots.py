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
    """A disk that was attached when an automatic snapshot was taken.

    Source: shape `AttachedDisk` of the service model.
    """

    path: StrictStr | None = None
    """The device path, for example `/dev/xvdf`."""
    size_in_gb: StrictInt | None = None
    """The size, in GB."""


class AutoSnapshotDetails(ResultModel, frozen=True):
    """An automatic snapshot. Source: shape `AutoSnapshotDetails` of the service model."""

    date: WireDate | None = None
    """The day it is of, by which it is restored, copied and deleted."""
    created_at: Timestamp | None = None
    """When it was taken, to the second."""
    status: AutoSnapshotStatus | None = None
    """How far it has come."""
    from_attached_disks: WireList[AttachedDisk] = ()
    """The disks that were attached to the instance."""


class GetAutoSnapshotsResult(Result, frozen=True):
    """The answer to GetAutoSnapshots."""

    resource_name: StrictStr | None = None
    """The disk or instance that was asked about."""
    resource_type: ResourceType | None = None
    """The kind of that resource."""
    auto_snapshots: WireList[AutoSnapshotDetails] = ()
    """Its automatic snapshots, newest first; the service keeps seven."""


class DeleteAutoSnapshotResult(OperationsResult, frozen=True):
    """The answer to DeleteAutoSnapshot: one operation, which has ended already."""


class GetAutoSnapshotsRequest(Request[GetAutoSnapshotsResult], frozen=True):
    """List the automatic snapshots of a disk or an instance."""

    resource_name: ResourceName
    """The disk or instance."""


class DeleteAutoSnapshotRequest(Request[DeleteAutoSnapshotResult], frozen=True):
    """Delete the automatic snapshot of one day. There is no way back."""

    resource_name: ResourceName
    """The disk or instance."""
    date: Annotated[
        WireDate,
        Rule(
            "must be a calendar date",
            "shape AutoSnapshotDate of the service model (YYYY-MM-DD)",
            "give datetime.date(2026, 11, 23), for example the date of an AutoSnapshotDetails",
        ),
    ]
    """The day, as GetAutoSnapshots lists it; `YYYY-MM-DD` on the wire."""

    if TYPE_CHECKING:

        def __init__(self, *, resource_name: str, date: dt.date) -> None: ...
