"""Snapshots of disks and of instances, copies of them included."""

from __future__ import annotations

from typing import Any

from lightsail_snap.emulator._call import EVERYWHERE, Call
from lightsail_snap.emulator._operations import _add_ons
from lightsail_snap.emulator._operations._instances import attached_disks
from lightsail_snap.emulator._store import Record
from lightsail_snap.emulator._wire import invalid_input

# The final states differ: CLI samples.
_STATES = {
    "DiskSnapshot": ("pending", "completed", "error"),
    "InstanceSnapshot": ("pending", "available", "error"),
}


def _make(call: Call, kind: str, name: str, members: dict[str, Any]) -> Record:
    call.claim(name)
    # MODEL: an instance snapshot has no progress.
    progress = {"progress": "0%"} if kind == "DiskSnapshot" else {}
    wire = {"isFromAutoSnapshot": False, **progress, **members}
    return call.create(kind, name, EVERYWHERE, wire, states=_STATES[kind])


def _system_size(instance: Record) -> int:
    size: int = instance.wire["hardware"]["disks"][0]["sizeInGb"]
    return size


def _members_of_disk(disk: Record) -> dict[str, Any]:
    # CLI sample: fromInstanceName and fromInstanceArn are absent.
    return {
        "sizeInGb": disk.wire["sizeInGb"],
        "fromDiskName": disk.name,
        "fromDiskArn": disk.wire["arn"],
    }


def _members_of_system_volume(instance: Record) -> dict[str, Any]:
    # fromInstanceName and fromInstanceArn: CLI samples; that fromDisk* are absent is inferred.
    return {
        "sizeInGb": _system_size(instance),
        "fromInstanceName": instance.name,
        "fromInstanceArn": instance.wire["arn"],
    }


def members_of_instance(
    instance: Record, disks: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """Tell what a snapshot of an instance says about it (CLI sample).

    Args:
        instance: The instance.
        disks: The disks that are attached to it.

    Returns:
        Members of the snapshot's shape.
    """
    return {
        "sizeInGb": _system_size(instance),
        "fromInstanceName": instance.name,
        "fromInstanceArn": instance.wire["arn"],
        "fromBlueprintId": instance.wire["blueprintId"],
        "fromBundleId": instance.wire["bundleId"],
        "fromAttachedDisks": disks or [],
    }


def _create_disk_snapshot(call: Call) -> dict[str, Any]:
    request = call.request
    if "diskName" in request:
        source = call.find("Disk", request["diskName"])
        members = _members_of_disk(source)
    else:
        source = call.find("Instance", request["instanceName"])
        members = _members_of_system_volume(source)
    _add_ons.refuse_while_in_progress(call, source)
    # The source's tags are not copied: user guide.
    snapshot = _make(call, "DiskSnapshot", request["diskSnapshotName"], members)
    return call.started(snapshot, source)


def _create_instance_snapshot(call: Call) -> dict[str, Any]:
    source = call.find("Instance", call.request["instanceName"])
    _add_ons.refuse_while_in_progress(call, source)
    disks = [disk.wire for disk in attached_disks(call, source)]
    members = members_of_instance(source, disks)
    snapshot = _make(call, "InstanceSnapshot", call.request["instanceSnapshotName"], members)
    return call.started(snapshot, source)


def _copy_snapshot(call: Call) -> dict[str, Any]:
    request = call.request
    region, target = request["sourceRegion"], request["targetSnapshotName"]
    manual = request.get("sourceSnapshotName")
    if manual is not None:
        source = finished_snapshot(call, manual, region)
        kind, members = source.type, _members_of_copy(source)
    else:
        source = call.find_any(request["sourceResourceName"], region)
        kind, members = _members_of_automatic(call, source)
    # Tags are not copied either: inferred from snapshots, to which they are not.
    copy = _make(call, kind, target, members)
    # CLI samples; for an automatic snapshot the details name the source resource.
    return call.started(copy, details=f"{region}:{source.name}")


def _members_of_copy(source: Record) -> dict[str, Any]:
    own = {"name", "arn", "createdAt", "location", "resourceType", "supportCode", "tags"}
    moving = {"state", "progress"}
    return {key: value for key, value in source.wire.items() if key not in own | moving}


def _members_of_automatic(call: Call, source: Record) -> tuple[str, dict[str, Any]]:
    automatic = _add_ons.automatic_snapshot(call, source, call.request.get("restoreDate"))
    if source.type == "Disk":
        return "DiskSnapshot", {**_members_of_disk(source), "isFromAutoSnapshot": True}
    disks = [
        {**disk, "isSystemDisk": False, "attachedTo": source.name}
        for disk in automatic["fromAttachedDisks"]
    ]
    members = members_of_instance(source, disks)
    return "InstanceSnapshot", {**members, "isFromAutoSnapshot": True}


def finished_snapshot(call: Call, name: str, region: str, kind: str | None = None) -> Record:
    """Find a manual snapshot that can be used.

    Args:
        call: The call.
        name: Its name.
        region: Where it is.
        kind: Its resource type; either kind of snapshot if None.

    Returns:
        The snapshot.

    Raises:
        Failure: If there is none, or it is not finished.
    """
    snapshot = call.find(kind, name, region) if kind else call.find_any(name, region)
    states = _STATES.get(snapshot.type)
    if states is None:
        raise invalid_input(f"{name} is no snapshot but a {snapshot.type}.")
    if snapshot.wire["state"] != states[1]:
        # CreateDiskSnapshot documentation: it is used after it is available. The text, and that
        # copying and exporting wait for the same, are unverified.
        state = snapshot.wire["state"]
        message = f"The snapshot {name} cannot be used yet. The state of this snapshot is: {state}"
        raise invalid_input(message)
    return snapshot


def _delete_disk_snapshot(call: Call) -> dict[str, Any]:
    return _delete(call, "DiskSnapshot", call.request["diskSnapshotName"])


def _delete_instance_snapshot(call: Call) -> dict[str, Any]:
    return _delete(call, "InstanceSnapshot", call.request["instanceSnapshotName"])


def _delete(call: Call, kind: str, name: str) -> dict[str, Any]:
    # Whether a pending snapshot can be deleted is unverified: it can here.
    snapshot = call.find(kind, name)
    if call.failure is None:
        call.store.remove(snapshot)
    return call.done(snapshot)


def _get_disk_snapshot(call: Call) -> dict[str, Any]:
    snapshot = call.find("DiskSnapshot", call.request["diskSnapshotName"])
    return {"diskSnapshot": call.look(snapshot)}


def _get_disk_snapshots(call: Call) -> dict[str, Any]:
    return call.page("diskSnapshots", "DiskSnapshot")


def _get_instance_snapshot(call: Call) -> dict[str, Any]:
    snapshot = call.find("InstanceSnapshot", call.request["instanceSnapshotName"])
    return {"instanceSnapshot": call.look(snapshot)}


def _get_instance_snapshots(call: Call) -> dict[str, Any]:
    return call.page("instanceSnapshots", "InstanceSnapshot")


HANDLERS = {
    "CreateDiskSnapshot": _create_disk_snapshot,
    "GetDiskSnapshot": _get_disk_snapshot,
    "GetDiskSnapshots": _get_disk_snapshots,
    "DeleteDiskSnapshot": _delete_disk_snapshot,
    "CreateInstanceSnapshot": _create_instance_snapshot,
    "GetInstanceSnapshot": _get_instance_snapshot,
    "GetInstanceSnapshots": _get_instance_snapshots,
    "DeleteInstanceSnapshot": _delete_instance_snapshot,
    "CopySnapshot": _copy_snapshot,
}
