"""Add-ons, and the automatic snapshots that the add-on `AutoSnapshot` takes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from lightsail_snap.emulator._call import Call
from lightsail_snap.emulator._registry import operation
from lightsail_snap.emulator._store import Record
from lightsail_snap.emulator._wire import invalid_input, not_found

_AUTO_SNAPSHOT = "AutoSnapshot"
# User guide: seven automatic snapshots are kept, then the oldest is deleted.
_MAX_KEPT = 7
# The service picks a time if none is given; which one is unverified.
_DEFAULT_TIME = "06:00"
_OWNER_TYPES = frozenset({"Disk", "Instance"})
_IN_PROGRESS = "InProgress"
_DAY = timedelta(days=1)


def _find_owner(call: Call) -> Record:
    owner = call.find_any(call.request["resourceName"])
    if owner.type not in _OWNER_TYPES:
        # User guide: instances and disks have add-ons; the message is unverified.
        message = f"Add-ons are for instances and disks, and {owner.name} is a {owner.type}."
        raise invalid_input(message)
    return owner


def _add_ons(owner: Record) -> list[dict[str, Any]]:
    add_ons: list[dict[str, Any]] = owner.wire.get("addOns", [])
    return add_ons


def _enable(call: Call, owner: Record, request: dict[str, Any]) -> None:
    kind = request["addOnType"]
    add_on: dict[str, Any] = {"name": kind, "status": "Enabled"}
    if kind == _AUTO_SNAPSHOT:
        time = request.get("autoSnapshotAddOnRequest", {}).get("snapshotTimeOfDay", _DEFAULT_TIME)
        if not time.endswith(":00"):
            # AutoSnapshotAddOnRequest in the service model; the message is unverified.
            raise invalid_input(f"snapshotTimeOfDay must be in HH:00 format, not {time}.")
        add_on |= {"snapshotTimeOfDay": time, "nextSnapshotTimeOfDay": time}
    else:
        add_on |= request.get("stopInstanceOnIdleRequest", {})
    enabled = {one["name"]: one for one in _add_ons(owner)}
    if enabled.get(kind) == add_on:
        # The message is the service's, from community logs; its error type is unverified.
        raise invalid_input("The addOn is already in requested state")
    _take_due_snapshots(call, owner)
    enabled[kind] = add_on
    owner.wire["addOns"] = list(enabled.values())
    if kind == _AUTO_SNAPSHOT:
        owner.hidden["accrued"] = call.now
    call.store.save(owner)


def enable_requested(call: Call, owner: Record) -> None:
    """Enable the add-ons in a request that creates a resource."""
    for request in call.request.get("addOns", []):
        _enable(call, owner, request)


def _take_due_snapshots(call: Call, owner: Record) -> None:
    """Take the automatic snapshots that became due since the last time."""
    times = [one["snapshotTimeOfDay"] for one in _add_ons(owner) if one["name"] == _AUTO_SNAPSHOT]
    if not times:
        return
    since, until = (datetime.fromtimestamp(t, UTC) for t in (owner.hidden["accrued"], call.now))
    first = max(since, until - (_MAX_KEPT + 1) * _DAY)
    due = first.replace(hour=int(times[0][:2]), minute=0, second=0, microsecond=0)
    taken = owner.hidden.get("automatic", [])
    attached = call.store.list_newest(owner.region, "Disk", about=owner.name)
    while due <= until:
        if due > first:
            snapshot = {
                "date": due.date().isoformat(),
                # CLI samples: whole seconds.
                "createdAt": due.timestamp(),
                "fromAttachedDisks": [
                    {key: disk.wire[key] for key in ("path", "sizeInGb")} for disk in attached
                ],
            }
            taken = [snapshot, *taken][:_MAX_KEPT]
        due += _DAY
    owner.hidden |= {"automatic": taken, "accrued": call.now}
    call.store.save(owner)


def _list_automatic(call: Call, owner: Record) -> list[dict[str, Any]]:
    """List the automatic snapshots of a resource, newest first (user guide, CLI samples)."""
    _take_due_snapshots(call, owner)
    pace = call.settings.progression.snapshot
    seconds = pace.amount if pace.unit == "seconds" else 0
    return [
        {**one, "status": _IN_PROGRESS if call.now < one["createdAt"] + seconds else "Success"}
        for one in owner.hidden.get("automatic", [])
    ]


def refuse_while_in_progress(call: Call, source: Record) -> None:
    """Raise if an automatic snapshot of the source of a manual one is in progress."""
    if any(one["status"] == _IN_PROGRESS for one in _list_automatic(call, source)):
        # The rule is the user guide's; the error type and message are unverified.
        message = f"An automatic snapshot of {source.name} is being created; try again later."
        raise invalid_input(message)


def find_automatic(call: Call, owner: Record, date: str | None) -> dict[str, Any]:
    """Find the automatic snapshot of a date, or the latest finished one; raise if there is none."""
    for one in _list_automatic(call, owner):
        if one["date"] == date or (date is None and one["status"] != _IN_PROGRESS):
            return one
    raise not_found("AutoSnapshot", f"{owner.name}, {date or 'latest'}")


@operation("EnableAddOn")
def _enable_add_on(call: Call) -> dict[str, Any]:
    owner = _find_owner(call)
    if call.failure is None:
        _enable(call, owner, call.request["addOnRequest"])
    # The number and fields of the operations are unverified.
    return call.respond_started(owner)


@operation("DisableAddOn")
def _disable_add_on(call: Call) -> dict[str, Any]:
    owner, kind = _find_owner(call), call.request["addOnType"]
    enabled = _add_ons(owner)
    kept = [add_on for add_on in enabled if add_on["name"] != kind]
    if len(kept) == len(enabled):
        # As when it is enabled twice.
        raise invalid_input("The addOn is already in requested state")
    if call.failure is None:
        # User guide: existing automatic snapshots stay when the feature is turned off.
        _take_due_snapshots(call, owner)
        owner.wire["addOns"] = kept
        if not kept:
            del owner.wire["addOns"]
        call.store.save(owner)
    return call.respond_started(owner)


@operation("GetAutoSnapshots")
def _get_auto_snapshots(call: Call) -> dict[str, Any]:
    owner = _find_owner(call)
    return {
        "resourceName": owner.name,
        "resourceType": owner.type,
        "autoSnapshots": _list_automatic(call, owner),
    }


@operation("DeleteAutoSnapshot")
def _delete_auto_snapshot(call: Call) -> dict[str, Any]:
    owner, date = _find_owner(call), call.request["date"]
    deleted = find_automatic(call, owner, date)
    if call.failure is None:
        owner.hidden["automatic"] = [
            one for one in owner.hidden["automatic"] if one["date"] != deleted["date"]
        ]
        call.store.save(owner)
    # CLI sample: the zone field holds the Region, and statusChangedAt is absent.
    return call.respond_finished(
        owner,
        operationDetails=f"DeleteAutoSnapshot-{date}",
        location={"availabilityZone": call.region, "regionName": call.region},
        statusChangedAt=None,
    )
