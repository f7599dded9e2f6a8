"""Add-ons, and the automatic snapshots that the add-on `AutoSnapshot` makes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from lightsail_snap.emulator._call import Call
from lightsail_snap.emulator._store import Record
from lightsail_snap.emulator._wire import invalid_input, not_found

_AUTO_SNAPSHOT = "AutoSnapshot"
# User guide: seven automatic snapshots are kept, then the oldest gives way.
_KEPT = 7
# The service picks a time if none is given; which one is unverified.
_DEFAULT_TIME = "06:00"
_OWNERS = frozenset({"Disk", "Instance"})
_IN_PROGRESS = "InProgress"


def _owner(call: Call) -> Record:
    owner = call.find_any(call.request["resourceName"])
    if owner.type not in _OWNERS:
        # User guide: instances and disks have add-ons; the text is unverified.
        message = f"Add-ons are for instances and disks, and {owner.name} is a {owner.type}."
        raise invalid_input(message)
    return owner


def _enable(call: Call, owner: Record, wanted: dict[str, Any]) -> None:
    kind = wanted["addOnType"]
    add_on: dict[str, Any] = {"name": kind, "status": "Enabled"}
    if kind == _AUTO_SNAPSHOT:
        time = wanted.get("autoSnapshotAddOnRequest", {}).get("snapshotTimeOfDay", _DEFAULT_TIME)
        if not time.endswith(":00"):
            # AutoSnapshotAddOnRequest in the service model; the text is unverified.
            raise invalid_input(f"snapshotTimeOfDay must be in HH:00 format, not {time}.")
        add_on |= {"snapshotTimeOfDay": time, "nextSnapshotTimeOfDay": time}
    else:
        add_on |= wanted.get("stopInstanceOnIdleRequest", {})
    present = {held["name"]: held for held in owner.wire.get("addOns", [])}
    if present.get(kind) == add_on:
        # The text is the service's, from community logs; its error type is unverified.
        raise invalid_input("The addOn is already in requested state")
    _accrue(call, owner)
    present[kind] = add_on
    owner.wire["addOns"] = list(present.values())
    if kind == _AUTO_SNAPSHOT:
        owner.hidden["accrued"] = call.now
    call.store.save(owner)


def enable_all(call: Call, owner: Record) -> None:
    """Enable the add-ons that a request to create something asks for.

    Args:
        call: The call.
        owner: What was created.

    Raises:
        Failure: If one cannot be.
    """
    for wanted in call.request.get("addOns", []):
        _enable(call, owner, wanted)


def _accrue(call: Call, owner: Record) -> None:
    """Make the automatic snapshots whose time has come since this was last done."""
    times = [
        held["snapshotTimeOfDay"]
        for held in owner.wire.get("addOns", [])
        if held["name"] == _AUTO_SNAPSHOT
    ]
    if not times:
        return
    since, until = (datetime.fromtimestamp(t, UTC) for t in (owner.hidden["accrued"], call.now))
    first = max(since, until - timedelta(days=_KEPT + 1))
    moment = first.replace(hour=int(times[0][:2]), minute=0, second=0, microsecond=0)
    made = owner.hidden.get("automatic", [])
    attached = call.store.newest(owner.region, "Disk", about=owner.name)
    while moment <= until:
        if moment > first:
            made = [
                {
                    "date": moment.date().isoformat(),
                    # CLI samples: whole seconds.
                    "createdAt": moment.timestamp(),
                    "fromAttachedDisks": [
                        {key: disk.wire[key] for key in ("path", "sizeInGb")} for disk in attached
                    ],
                },
                *made,
            ][:_KEPT]
        moment += timedelta(days=1)
    owner.hidden |= {"automatic": made, "accrued": call.now}
    call.store.save(owner)


def automatic_snapshots(call: Call, owner: Record) -> list[dict[str, Any]]:
    """List the automatic snapshots of a resource, newest first (user guide, CLI samples).

    Args:
        call: The call.
        owner: The instance or disk.

    Returns:
        Their shapes.
    """
    _accrue(call, owner)
    pace = call.settings.progression.snapshot
    takes = pace.amount if pace.unit == "seconds" else 0
    return [
        {**one, "status": _IN_PROGRESS if call.now < one["createdAt"] + takes else "Success"}
        for one in owner.hidden.get("automatic", [])
    ]


def refuse_while_in_progress(call: Call, source: Record) -> None:
    """Make sure that no automatic snapshot of a source is being made.

    Args:
        call: The call.
        source: The instance or disk that a manual snapshot is wanted of.

    Raises:
        Failure: If one is.
    """
    if any(one["status"] == _IN_PROGRESS for one in automatic_snapshots(call, source)):
        # The rule is the user guide's; the error type and text are unverified.
        message = f"An automatic snapshot of {source.name} is being created; try again later."
        raise invalid_input(message)


def _enable_add_on(call: Call) -> dict[str, Any]:
    owner = _owner(call)
    if call.failure is None:
        _enable(call, owner, call.request["addOnRequest"])
    # Number and shape of the operations are unverified.
    return call.started(owner)


def _disable_add_on(call: Call) -> dict[str, Any]:
    owner, kind = _owner(call), call.request["addOnType"]
    held = owner.wire.get("addOns", [])
    kept = [add_on for add_on in held if add_on["name"] != kind]
    if len(kept) == len(held):
        # As when it is enabled twice.
        raise invalid_input("The addOn is already in requested state")
    if call.failure is None:
        # User guide: automatic snapshots that are there stay when the feature is turned off.
        _accrue(call, owner)
        owner.wire["addOns"] = kept
        if not kept:
            del owner.wire["addOns"]
        call.store.save(owner)
    return call.started(owner)


def _get_auto_snapshots(call: Call) -> dict[str, Any]:
    owner = _owner(call)
    return {
        "resourceName": owner.name,
        "resourceType": owner.type,
        "autoSnapshots": automatic_snapshots(call, owner),
    }


def automatic_snapshot(call: Call, owner: Record, date: str | None) -> dict[str, Any]:
    """Find one automatic snapshot.

    Args:
        call: The call.
        owner: The instance or disk.
        date: Its date; the latest that is complete if None.

    Returns:
        Its shape.

    Raises:
        Failure: If there is none.
    """
    for one in automatic_snapshots(call, owner):
        if one["date"] == date or (date is None and one["status"] != _IN_PROGRESS):
            return one
    raise not_found("AutoSnapshot", f"{owner.name}, {date or 'latest'}")


def _delete_auto_snapshot(call: Call) -> dict[str, Any]:
    owner, date = _owner(call), call.request["date"]
    doomed = automatic_snapshot(call, owner, date)
    if call.failure is None:
        owner.hidden["automatic"] = [
            one for one in owner.hidden["automatic"] if one["date"] != doomed["date"]
        ]
        call.store.save(owner)
    # CLI sample: the zone field holds the region, and statusChangedAt is absent.
    return call.done(
        owner,
        details=f"DeleteAutoSnapshot-{date}",
        location={"availabilityZone": call.region, "regionName": call.region},
        statusChangedAt=None,
    )


HANDLERS = {
    "EnableAddOn": _enable_add_on,
    "DisableAddOn": _disable_add_on,
    "GetAutoSnapshots": _get_auto_snapshots,
    "DeleteAutoSnapshot": _delete_auto_snapshot,
}
