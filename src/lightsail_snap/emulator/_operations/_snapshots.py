"""Snapshots of disks and of instances, and copies of snapshots."""

from __future__ import annotations

from typing import Any

from lightsail_snap.emulator._call import ALL_ZONES, Call
from lightsail_snap.emulator._operations._add_ons import find_automatic, refuse_while_in_progress
from lightsail_snap.emulator._operations._disks import list_attached
from lightsail_snap.emulator._registry import operation
from lightsail_snap.emulator._store import Record
from lightsail_snap.emulator._wire import invalid_input

# The final states differ: CLI samples.
_STATES = {
    "DiskSnapshot": ("pending", "completed", "error"),
    "InstanceSnapshot": ("pending", "available", "error"),
}
_SUPPORT_PREFIXES = {"DiskSnapshot": "snap", "InstanceSnapshot": "ami"}
# The fields that a copy does not take from its source.
_OWN_FIELDS = frozenset(
    {
        "name",
        "arn",
        "createdAt",
        "location",
        "progress",
        "resourceType",
        "state",
        "supportCode",
        "tags",
    }
)


def _make_snapshot(call: Call, kind: str, name: str, fields: dict[str, Any]) -> Record:
    call.claim(name)
    # MODEL: an instance snapshot has no progress.
    progress = {"progress": "0%"} if kind == "DiskSnapshot" else {}
    return call.create(
        kind,
        name,
        ALL_ZONES,
        {"isFromAutoSnapshot": False, **progress, **fields},
        support_prefix=_SUPPORT_PREFIXES[kind],
        states=_STATES[kind],
    )


def _fields_from_disk(disk: Record) -> dict[str, Any]:
    # CLI sample: fromInstanceName and fromInstanceArn are absent.
    return {
        "sizeInGb": disk.wire["sizeInGb"],
        "fromDiskName": disk.name,
        "fromDiskArn": disk.wire["arn"],
    }


def _fields_from_system_disk(instance: Record) -> dict[str, Any]:
    # fromInstanceName and fromInstanceArn: CLI samples; that fromDisk* are absent is inferred.
    return {
        "sizeInGb": instance.wire["hardware"]["disks"][0]["sizeInGb"],
        "fromInstanceName": instance.name,
        "fromInstanceArn": instance.wire["arn"],
    }


def fields_from_instance(instance: Record, disks: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the fields that a snapshot takes from an instance with these disks (CLI sample)."""
    return {
        **_fields_from_system_disk(instance),
        "fromBlueprintId": instance.wire["blueprintId"],
        "fromBundleId": instance.wire["bundleId"],
        "fromAttachedDisks": disks,
    }


def find_finished(call: Call, name: str, region: str, kind: str | None = None) -> Record:
    """Find a finished manual snapshot, of either type if None; raise if there is none."""
    snapshot = call.find(kind, name, region) if kind else call.find_any(name, region)
    states = _STATES.get(snapshot.type)
    if states is None:
        raise invalid_input(f"{name} is no snapshot but a {snapshot.type}.")
    state = snapshot.wire["state"]
    if state != states[1]:
        # CreateDiskSnapshot documentation: it is used after it is available. The message, and that
        # copies and exports have the same condition, are unverified.
        message = f"The snapshot {name} cannot be used yet. The state of this snapshot is: {state}"
        raise invalid_input(message)
    return snapshot


@operation("CreateDiskSnapshot")
def _create_disk_snapshot(call: Call) -> dict[str, Any]:
    request = call.request
    if "diskName" in request:
        source = call.find("Disk", request["diskName"])
        fields = _fields_from_disk(source)
    else:
        source = call.find("Instance", request["instanceName"])
        fields = _fields_from_system_disk(source)
    refuse_while_in_progress(call, source)
    # The source's tags are not copied: user guide.
    snapshot = _make_snapshot(call, "DiskSnapshot", request["diskSnapshotName"], fields)
    return call.respond_started(snapshot, source)


@operation("GetDiskSnapshot")
def _get_disk_snapshot(call: Call) -> dict[str, Any]:
    snapshot = call.find("DiskSnapshot", call.request["diskSnapshotName"])
    return {"diskSnapshot": call.poll(snapshot)}


@operation("GetDiskSnapshots")
def _get_disk_snapshots(call: Call) -> dict[str, Any]:
    return call.list_page("DiskSnapshot")


@operation("DeleteDiskSnapshot")
def _delete_disk_snapshot(call: Call) -> dict[str, Any]:
    return _delete(call, "DiskSnapshot", call.request["diskSnapshotName"])


@operation("CreateInstanceSnapshot")
def _create_instance_snapshot(call: Call) -> dict[str, Any]:
    source = call.find("Instance", call.request["instanceName"])
    refuse_while_in_progress(call, source)
    disks = [disk.wire for disk in list_attached(call, source.name)]
    name, fields = call.request["instanceSnapshotName"], fields_from_instance(source, disks)
    return call.respond_started(_make_snapshot(call, "InstanceSnapshot", name, fields), source)


@operation("GetInstanceSnapshot")
def _get_instance_snapshot(call: Call) -> dict[str, Any]:
    snapshot = call.find("InstanceSnapshot", call.request["instanceSnapshotName"])
    return {"instanceSnapshot": call.poll(snapshot)}


@operation("GetInstanceSnapshots")
def _get_instance_snapshots(call: Call) -> dict[str, Any]:
    return call.list_page("InstanceSnapshot")


@operation("DeleteInstanceSnapshot")
def _delete_instance_snapshot(call: Call) -> dict[str, Any]:
    return _delete(call, "InstanceSnapshot", call.request["instanceSnapshotName"])


def _delete(call: Call, kind: str, name: str) -> dict[str, Any]:
    # Whether a pending snapshot can be deleted is unverified: it can here.
    snapshot = call.find(kind, name)
    if call.failure is None:
        call.store.remove(snapshot)
    return call.respond_finished(snapshot)


@operation("CopySnapshot")
def _copy_snapshot(call: Call) -> dict[str, Any]:
    request = call.request
    region, target = request["sourceRegion"], request["targetSnapshotName"]
    if "sourceSnapshotName" in request:
        source = find_finished(call, request["sourceSnapshotName"], region)
        kind = source.type
        fields = {name: value for name, value in source.wire.items() if name not in _OWN_FIELDS}
    else:
        source = call.find_any(request["sourceResourceName"], region)
        kind, fields = _copy_automatic(call, source)
    # Tags are not copied either: inferred from snapshots, to which they are not.
    copy = _make_snapshot(call, kind, target, fields)
    # CLI samples; for an automatic snapshot the details name the source resource.
    return call.respond_started(copy, details=f"{region}:{source.name}")


def _copy_automatic(call: Call, source: Record) -> tuple[str, dict[str, Any]]:
    automatic = find_automatic(call, source, call.request.get("restoreDate"))
    if source.type == "Disk":
        return "DiskSnapshot", {**_fields_from_disk(source), "isFromAutoSnapshot": True}
    disks = [
        {**disk, "isSystemDisk": False, "attachedTo": source.name}
        for disk in automatic["fromAttachedDisks"]
    ]
    fields = fields_from_instance(source, disks)
    return "InstanceSnapshot", {**fields, "isFromAutoSnapshot": True}
