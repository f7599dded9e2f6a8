"""Disks and instances made from snapshots, and snapshots taken over into EC2."""

from __future__ import annotations

from typing import Any

from lightsail_snap.emulator._call import EVERYWHERE, Call
from lightsail_snap.emulator._operations import _add_ons
from lightsail_snap.emulator._operations._disks import attach, make_disk
from lightsail_snap.emulator._operations._instances import bundle_size, make_instances
from lightsail_snap.emulator._operations._snapshots import finished_snapshot, members_of_instance
from lightsail_snap.emulator._store import Record
from lightsail_snap.emulator._wire import invalid_input


def _create_disk_from_snapshot(call: Call) -> dict[str, Any]:
    request = call.request
    call.claim(request["diskName"])
    if "diskSnapshotName" in request:
        source = finished_snapshot(call, request["diskSnapshotName"], call.region, "DiskSnapshot")
    else:
        source = call.find("Disk", request["sourceDiskName"])
        _add_ons.automatic_snapshot(call, source, request.get("restoreDate"))
    least, size = source.wire["sizeInGb"], request["sizeInGb"]
    if size < least:
        # The rule is the user guide's; the text is unverified.
        message = f"A disk from this snapshot must have at least {least} GB, not {size}."
        raise invalid_input(message)
    zone = request["availabilityZone"]
    disk = make_disk(call, request["diskName"], zone, size, is_there=False)
    _add_ons.enable_all(call, disk)
    return call.started(disk)


def _create_instances_from_snapshot(call: Call) -> dict[str, Any]:
    request = call.request
    if "instanceSnapshotName" in request:
        name = request["instanceSnapshotName"]
        snapshot = finished_snapshot(call, name, call.region, "InstanceSnapshot").wire
    else:
        source = call.find("Instance", request["sourceInstanceName"])
        automatic = _add_ons.automatic_snapshot(call, source, request.get("restoreDate"))
        snapshot = members_of_instance(source, automatic["fromAttachedDisks"])
    least, size = snapshot["sizeInGb"], bundle_size(request["bundleId"])
    if size is not None and size < least:
        # The rule stands beside the CLI's sample; the text is unverified.
        message = f"The bundle {request['bundleId']} is too small for a snapshot of {least} GB."
        raise invalid_input(message)
    instances = make_instances(
        call, blueprint_id=snapshot["fromBlueprintId"], system_size_in_gb=least
    )
    sizes = {disk["path"]: disk["sizeInGb"] for disk in snapshot["fromAttachedDisks"]}
    for instance in instances:
        _restore_disks(call, instance, sizes)
    return call.answer(map(call.begin, instances))


def _restore_disks(call: Call, instance: Record, sizes: dict[str, int]) -> None:
    # What becomes of disks that the mapping leaves out is unverified: they are not restored.
    mapping = call.request.get("attachedDiskMapping", {}).get(instance.name, [])
    for disk_map in mapping:
        path, name = disk_map.get("originalDiskPath"), disk_map.get("newDiskName")
        if path not in sizes or name is None:
            message = f"The snapshot has no disk {path}, or newDiskName is missing for it."
            raise invalid_input(message)
        call.claim(name)
        zone = call.request["availabilityZone"]
        disk = make_disk(call, name, zone, sizes[path], is_there=True)
        # That the request's tags are the instances' alone is unverified.
        disk.wire["tags"] = []
        attach(call, disk, instance.name, path)


def _export_snapshot(call: Call) -> dict[str, Any]:
    snapshot = finished_snapshot(call, call.request["sourceSnapshotName"], call.region)
    wire = snapshot.wire
    source_info: dict[str, Any] = {
        "arn": wire["arn"],
        "createdAt": wire["createdAt"],
        "name": snapshot.name,
        "resourceType": snapshot.type,
        "fromResourceName": wire.get("fromDiskName", wire.get("fromInstanceName")),
        "fromResourceArn": wire.get("fromDiskArn", wire.get("fromInstanceArn")),
    }
    if snapshot.type == "DiskSnapshot":
        source_info["diskSnapshotInfo"] = {"sizeInGb": wire["sizeInGb"]}
        prefix, service = "snap", "Aws::EC2::Snapshot"
    else:
        system_disk = {"path": "/dev/sda1", "sizeInGb": wire["sizeInGb"], "isSystemDisk": True}
        others = [
            {key: disk[key] for key in ("name", "path", "sizeInGb", "isSystemDisk") if key in disk}
            for disk in wire["fromAttachedDisks"]
        ]
        source_info["instanceSnapshotInfo"] = {
            "fromBundleId": wire["fromBundleId"],
            "fromBlueprintId": wire["fromBlueprintId"],
            "fromDiskInfo": [system_disk, *others],
        }
        prefix, service = "ami", "Aws::EC2::Image"
    members = {
        "sourceInfo": source_info,
        # CLI samples for instances; for disks the service's word is inferred.
        "destinationInfo": {
            "id": f"{prefix}-0{call.store.fresh_id('destination').hex[:16]}",
            "service": service,
        },
    }
    record = call.create(
        "ExportSnapshotRecord",
        f"ExportSnapshotRecord-{call.store.fresh_id('record')}",
        EVERYWHERE,
        members,
        states=("Started", "Succeeded", "Failed"),
    )
    # Number and shape of the operations are unverified.
    return call.started(snapshot, details=record.name)


def _get_export_snapshot_records(call: Call) -> dict[str, Any]:
    return call.page("exportSnapshotRecords", "ExportSnapshotRecord")


HANDLERS = {
    "CreateDiskFromSnapshot": _create_disk_from_snapshot,
    "CreateInstancesFromSnapshot": _create_instances_from_snapshot,
    "ExportSnapshot": _export_snapshot,
    "GetExportSnapshotRecords": _get_export_snapshot_records,
}
