"""Add-ons of disks and instances."""

from __future__ import annotations

from pydantic import StrictStr

from lightsail_snap.models._base import Request, RequestModel, ResultModel
from lightsail_snap.models._types import WireList
from lightsail_snap.models.enums import AddOnType
from lightsail_snap.models.names import ResourceName, TimeOfDay
from lightsail_snap.models.operations import OperationsResult

__all__ = [
    "AddOn",
    "AddOnRequest",
    "AutoSnapshotAddOnRequest",
    "DisableAddOnRequest",
    "DisableAddOnResult",
    "EnableAddOnRequest",
    "EnableAddOnResult",
    "StopInstanceOnIdleRequest",
]


class AddOn(ResultModel, frozen=True):
    """Add-on of a disk or instance. Source: shape `AddOn` of the service model."""

    name: StrictStr | None = None
    """Name of the add-on, for example `AutoSnapshot`."""
    status: StrictStr | None = None
    """Status of the add-on, for example `Enabled`."""
    snapshot_time_of_day: StrictStr | None = None
    """Hour of the daily automatic snapshot: `HH:00`, UTC. It starts up to 45 minutes later."""
    next_snapshot_time_of_day: StrictStr | None = None
    """Hour of the next automatic snapshot: `HH:00`, UTC."""
    threshold: StrictStr | None = None
    """Threshold of the action (Lightsail for Research only)."""
    duration: StrictStr | None = None
    """Idle minutes before the action (Lightsail for Research only)."""


class AutoSnapshotAddOnRequest(RequestModel, frozen=True):
    """Schedule of automatic snapshots.

    Source: shape `AutoSnapshotAddOnRequest` of the service model.
    """

    snapshot_time_of_day: TimeOfDay | None = None
    """Full hour, `HH:00` in UTC; snapshots start up to 45 minutes later. None: a default hour."""


class StopInstanceOnIdleRequest(RequestModel, frozen=True):
    """Condition to stop an idle instance (Lightsail for Research only).

    Source: shape `StopInstanceOnIdleRequest` of the service model.
    """

    threshold: StrictStr | None = None
    """Threshold of the idle state."""
    duration: StrictStr | None = None
    """Idle minutes before the instance stops."""


class AddOnRequest(RequestModel, frozen=True):
    """Add-on to enable. Source: shape `AddOnRequest` of the service model."""

    add_on_type: AddOnType
    """Type of the add-on."""
    auto_snapshot_add_on_request: AutoSnapshotAddOnRequest | None = None
    """Settings of the add-on `AutoSnapshot`."""
    stop_instance_on_idle_request: StopInstanceOnIdleRequest | None = None
    """Settings of the add-on `StopInstanceOnIdle`."""


AddOns = WireList[AddOnRequest]
"""Add-ons to enable."""


class EnableAddOnResult(OperationsResult, frozen=True):
    """Response to EnableAddOn. The number of operations is unverified."""


class DisableAddOnResult(OperationsResult, frozen=True):
    """Response to DisableAddOn. The number of operations is unverified."""


class EnableAddOnRequest(Request[EnableAddOnResult], frozen=True):
    """Enable or change an add-on of a disk or instance."""

    resource_name: ResourceName
    """Name of the disk or instance."""
    add_on_request: AddOnRequest
    """Add-on and its settings."""


class DisableAddOnRequest(Request[DisableAddOnResult], frozen=True):
    """Disable an add-on of a disk or instance. Existing automatic snapshots remain."""

    resource_name: ResourceName
    """Name of the disk or instance."""
    add_on_type: AddOnType
    """Type of the add-on."""
