"""Exports of snapshots to Amazon EC2."""

from __future__ import annotations

from typing import Any

from lightsail_snap.emulator._call import ALL_ZONES, Call
from lightsail_snap.emulator._operations._snapshots import find_finished
from lightsail_snap.emulator._registry import operation


@operation("ExportSnapshot")
def _export_snapshot(call: Call) -> dict[str, Any]:
    snapshot = find_finished(call, call.request["sourceSnapshotName"], call.region)
    wire = snapshot.wire
    source: dict[str, Any] = {
        "arn": wire["arn"],
        "createdAt": wire["createdAt"],
        "name": snapshot.name,
        "resourceType": snapshot.type,
        "fromResourceName": wire.get("fromDiskName", wire.get("fromInstanceName")),
        "fromResourceArn": wire.get("fromDiskArn", wire.get("fromInstanceArn")),
    }
    # CLI samples for instances; for disks the service's name is inferred.
    if snapshot.type == "DiskSnapshot":
        source["diskSnapshotInfo"] = {"sizeInGb": wire["sizeInGb"]}
        prefix, service = "snap", "Aws::EC2::Snapshot"
    else:
        source["instanceSnapshotInfo"] = _instance_snapshot_info(wire)
        prefix, service = "ami", "Aws::EC2::Image"
    exported_id = f"{prefix}-0{call.store.new_id('destination').hex[:16]}"
    record = call.create(
        "ExportSnapshotRecord",
        f"ExportSnapshotRecord-{call.store.new_id('record')}",
        ALL_ZONES,
        {"sourceInfo": source, "destinationInfo": {"id": exported_id, "service": service}},
        states=("Started", "Succeeded", "Failed"),
    )
    # The number and fields of the operations are unverified.
    return call.respond_started(snapshot, details=record.name)


def _instance_snapshot_info(wire: dict[str, Any]) -> dict[str, Any]:
    system_disk = {"path": "/dev/sda1", "sizeInGb": wire["sizeInGb"], "isSystemDisk": True}
    others = [
        {key: disk[key] for key in ("name", "path", "sizeInGb", "isSystemDisk") if key in disk}
        for disk in wire["fromAttachedDisks"]
    ]
    return {
        "fromBundleId": wire["fromBundleId"],
        "fromBlueprintId": wire["fromBlueprintId"],
        "fromDiskInfo": [system_disk, *others],
    }


@operation("GetExportSnapshotRecords")
def _get_export_snapshot_records(call: Call) -> dict[str, Any]:
    return call.list_page("ExportSnapshotRecord")
