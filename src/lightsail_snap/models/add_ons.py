"""Add-ons, as they are asked for and as they are told."""

from __future__ import annotations

from pydantic import StrictStr

from lightsail_snap.models._base import RequestModel, ResultModel
from lightsail_snap.models._types import WireList
from lightsail_snap.models.enums import AddOnType
from lightsail_snap.models.names import TimeOfDay

__all__ = [
    "AddOn",
    "AddOnRequest",
    "AutoSnapshotAddOnRequest",
    "StopInstanceOnIdleRequest",
]


class AddOn(ResultModel, frozen=True):
    """An add-on of a disk or instance. Source: shape `AddOn` of the service model."""

    name: StrictStr | None = None
    """The add-on, for example `AutoSnapshot`."""
    status: StrictStr | None = None
    """Whether it is on, for example `Enabled`."""
    snapshot_time_of_day: StrictStr | None = None
    """When the daily automatic snapshot begins: `HH:00`, UTC, give or take 45 minutes."""
    next_snapshot_time_of_day: StrictStr | None = None
    """When the next daily automatic snapshot begins: `HH:00`, UTC."""
    threshold: StrictStr | None = None
    """The trigger of the action (Lightsail for Research only)."""
    duration: StrictStr | None = None
    """The idle minutes before the action (Lightsail for Research only)."""


class AutoSnapshotAddOnRequest(RequestModel, frozen=True):
    """When automatic snapshots are to be taken."""

    snapshot_time_of_day: TimeOfDay | None = None
    """The full hour, `HH:00` in UTC, give or take 45 minutes; the service picks one if None."""


class StopInstanceOnIdleRequest(RequestModel, frozen=True):
    """When an idle instance is to be stopped (Lightsail for Research only)."""

    threshold: StrictStr | None = None
    """The value to compare with the duration."""
    duration: StrictStr | None = None
    """The idle minutes."""


class AddOnRequest(RequestModel, frozen=True):
    """An add-on to enable. Source: shape `AddOnRequest` of the service model."""

    add_on_type: AddOnType
    """Which add-on."""
    auto_snapshot_add_on_request: AutoSnapshotAddOnRequest | None = None
    """More about it, if it is `AutoSnapshot`."""
    stop_instance_on_idle_request: StopInstanceOnIdleRequest | None = None
    """More about it, if it is `StopInstanceOnIdle`."""


AddOns = WireList[AddOnRequest]
"""The add-ons to enable."""
