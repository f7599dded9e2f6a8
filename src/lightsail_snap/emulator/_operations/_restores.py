"""Disks and instances from snapshots."""

from __future__ import annotations

from typing import Any

from lightsail_snap.emulator._call import Call
from lightsail_snap.emulator._operations._add_ons import find_automatic
from lightsail_snap.emulator._operations._disks import attach, make_disk, start_creation
from lightsail_snap.emulator._operations._instances import find_bundle_size, make_instances
from lightsail_snap.emulator._operations._snapshots import fields_from_instance, find_finished
from lightsail_snap.emulator._registry import operation
from lightsail_snap.emulator._store import Record
from lightsail_snap.emulator._wire import invalid_input


@operation("CreateDiskFromSnapshot")
def _create_disk_from_snapshot(call: Call) -> dict[str, Any]:
    request = call.request
    call.claim(request["diskName"])
    if "diskSnapshotName" in request:
        source = find_finished(call, request["diskSnapshotName"], call.region, "DiskSnapshot")
    else:
        source = call.find("Disk", request["sourceDiskName"])
        find_automatic(call, source, request.get("restoreDate"))
    min_size, size = source.wire["sizeInGb"], request["sizeInGb"]
    if size < min_size:
        # The rule is the user guide's; the message is unverified.
        message = f"A disk from this snapshot must have at least {min_size} GB, not {size}."
        raise invalid_input(message)
    return start_creation(call, size)


@operation("CreateInstancesFromSnapshot")
def _create_instances_from_snapshot(call: Call) -> dict[str, Any]:
    request = call.request
    if "instanceSnapshotName" in request:
        name = request["instanceSnapshotName"]
        snapshot = find_finished(call, name, call.region, "InstanceSnapshot").wire
    else:
        source = call.find("Instance", request["sourceInstanceName"])
        automatic = find_automatic(call, source, request.get("restoreDate"))
        snapshot = fields_from_instance(source, automatic["fromAttachedDisks"])
    min_size, size = snapshot["sizeInGb"], find_bundle_size(request["bundleId"])
    if size is not None and size < min_size:
        # The rule is with the CLI's sample; the message is unverified.
        raise invalid_input(
            f"The bundle {request['bundleId']} is too small for a snapshot of {min_size} GB."
        )
    instances = make_instances(call, snapshot["fromBlueprintId"], min_size_in_gb=min_size)
    sizes = {disk["path"]: disk["sizeInGb"] for disk in snapshot["fromAttachedDisks"]}
    for instance in instances:
        _restore_disks(call, instance, sizes)
    return call.respond(map(call.start_operation, instances))


def _restore_disks(call: Call, instance: Record, sizes: dict[str, int]) -> None:
    # Whether disks that the mapping omits are restored is unverified: they are not here.
    mapping = call.request.get("attachedDiskMapping", {}).get(instance.name, [])
    for disk_map in mapping:
        path, name = disk_map.get("originalDiskPath"), disk_map.get("newDiskName")
        if path not in sizes or name is None:
            message = f"The snapshot has no disk {path}, or newDiskName is missing for it."
            raise invalid_input(message)
        call.claim(name)
        disk = make_disk(call, name, sizes[path], is_ready=True)
        # That the request's tags are only for the instances is unverified.
        disk.wire["tags"] = []
        attach(call, disk, instance.name, path)
