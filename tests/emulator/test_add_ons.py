"""Automatic snapshots, as the days go by."""

from __future__ import annotations

from typing import Any

_DAY = 86400
_AUTO = {"addOnType": "AutoSnapshot"}


def dates(world: Any, name: str) -> list[str]:
    answer = world.call("GetAutoSnapshots", resourceName=name)
    assert answer["resourceName"] == name
    return [one["date"] for one in answer["autoSnapshots"]]


def test_they_come_daily_and_seven_stay(world: Any) -> None:
    # The clock begins on 2023-11-14 at 22:13 UTC.
    request = {**_AUTO, "autoSnapshotAddOnRequest": {"snapshotTimeOfDay": "23:00"}}
    world.call("EnableAddOn", resourceName="Disk-1", addOnRequest=request)
    assert dates(world, "Disk-1") == []
    world.later(3600)
    assert dates(world, "Disk-1") == ["2023-11-14"]
    world.later(_DAY)
    assert dates(world, "Disk-1") == ["2023-11-15", "2023-11-14"]
    world.later(365 * _DAY)
    assert dates(world, "Disk-1") == [f"2024-11-{day:02}" for day in range(14, 7, -1)]
    (add_on,) = world.call("GetDisk", diskName="Disk-1")["disk"]["addOns"]
    assert (add_on["status"], add_on["snapshotTimeOfDay"]) == ("Enabled", "23:00")


def test_they_stay_when_the_add_on_is_turned_off(world: Any) -> None:
    world.call("EnableAddOn", resourceName="Disk-1", addOnRequest=_AUTO)
    world.later(_DAY)
    world.call("DisableAddOn", resourceName="Disk-1", addOnType="AutoSnapshot")
    world.later(5 * _DAY)
    assert dates(world, "Disk-1") == ["2023-11-15"]
    assert "addOns" not in world.call("GetDisk", diskName="Disk-1")["disk"]
    refused = world.refusal("DisableAddOn", resourceName="Disk-1", addOnType="AutoSnapshot")
    assert refused["Message"] == "The addOn is already in requested state"


def test_an_add_on_is_modified_but_not_enabled_twice(world: Any) -> None:
    world.call("EnableAddOn", resourceName="web-1", addOnRequest=_AUTO)
    refused = world.refusal("EnableAddOn", resourceName="web-1", addOnRequest=_AUTO)
    assert refused["Message"] == "The addOn is already in requested state"
    request = {**_AUTO, "autoSnapshotAddOnRequest": {"snapshotTimeOfDay": "07:00"}}
    world.call("EnableAddOn", resourceName="web-1", addOnRequest=request)
    idle = {
        "addOnType": "StopInstanceOnIdle",
        "stopInstanceOnIdleRequest": {"threshold": "5", "duration": "30"},
    }
    world.call("EnableAddOn", resourceName="web-1", addOnRequest=idle)
    add_ons = world.call("GetInstance", instanceName="web-1")["instance"]["addOns"]
    assert [add_on["name"] for add_on in add_ons] == ["AutoSnapshot", "StopInstanceOnIdle"]
    world.call("DisableAddOn", resourceName="web-1", addOnType="AutoSnapshot")
    (kept,) = world.call("GetInstance", instanceName="web-1")["instance"]["addOns"]
    assert kept["threshold"] == "5"
    world.later(_DAY)
    assert dates(world, "web-1") == []


def test_no_manual_snapshot_while_one_is_made(world: Any) -> None:
    world.call("EnableAddOn", resourceName="Disk-1", addOnRequest=_AUTO)
    world.later(_DAY)
    (one,) = world.call("GetAutoSnapshots", resourceName="Disk-1")["autoSnapshots"]
    world.later(_DAY - (world.clock.time() - one["createdAt"].timestamp()) + 10)
    latest = world.call("GetAutoSnapshots", resourceName="Disk-1")["autoSnapshots"][0]
    assert latest["status"] == "InProgress"
    refused = world.refusal("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="manual")
    assert "being created" in refused["Message"]
    copy = {
        "sourceResourceName": "Disk-1",
        "targetSnapshotName": "kept",
        "sourceRegion": "us-east-1",
        "useLatestRestorableAutoSnapshot": True,
    }
    world.call("CopySnapshot", "us-west-2", **copy)
    world.later()
    world.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="manual")
    kept = world.call("GetDiskSnapshot", "us-west-2", diskSnapshotName="kept")["diskSnapshot"]
    assert (kept["isFromAutoSnapshot"], kept["fromDiskName"]) == (True, "Disk-1")


def test_restoring_and_deleting_automatic_snapshots(world: Any) -> None:
    world.call("AttachDisk", diskName="Disk-1", instanceName="web-1", diskPath="/dev/xvdf")
    for name in ("Disk-1", "web-1"):
        world.call("EnableAddOn", resourceName=name, addOnRequest=_AUTO)
    world.later(2 * _DAY)
    newest, oldest = dates(world, "web-1")
    (operation,) = world.call("DeleteAutoSnapshot", resourceName="web-1", date=newest)["operations"]
    assert operation["operationDetails"] == f"DeleteAutoSnapshot-{newest}"
    assert operation["location"]["availabilityZone"] == "us-east-1"
    assert operation["isTerminal"]
    assert "statusChangedAt" not in operation
    assert dates(world, "web-1") == [oldest]
    zone = {"availabilityZone": "us-east-1a"}
    disk = {"diskName": "back", "sourceDiskName": "Disk-1", "sizeInGb": 8, **zone}
    world.call("CreateDiskFromSnapshot", **disk, restoreDate=oldest)
    instance = {"instanceNames": ["back-2"], "sourceInstanceName": "web-1", **zone}
    instance |= {"bundleId": "nano_3_0"}
    refused = world.refusal("CreateInstancesFromSnapshot", **instance, restoreDate=newest)
    assert refused["Code"] == "NotFoundException"
    mapping = {"back-2": [{"originalDiskPath": "/dev/xvdf", "newDiskName": "data"}]}
    world.call(
        "CreateInstancesFromSnapshot",
        **instance,
        useLatestRestorableAutoSnapshot=True,
        attachedDiskMapping=mapping,
    )
    assert world.call("GetDisk", diskName="data")["disk"]["attachedTo"] == "back-2"
    copy = {"sourceResourceName": "web-1", "targetSnapshotName": "kept", "restoreDate": oldest}
    (operation,) = world.call("CopySnapshot", **copy, sourceRegion="us-east-1")["operations"]
    assert operation["operationDetails"] == "us-east-1:web-1"
    kept = world.call("GetInstanceSnapshot", instanceSnapshotName="kept")["instanceSnapshot"]
    assert kept["fromAttachedDisks"][0]["path"] == "/dev/xvdf"
    assert kept["isFromAutoSnapshot"]


def test_who_has_add_ons(world: Any) -> None:
    world.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="snap-1")
    refused = world.refusal("EnableAddOn", resourceName="snap-1", addOnRequest=_AUTO)
    assert "snap-1 is a DiskSnapshot" in refused["Message"]
    odd = {**_AUTO, "autoSnapshotAddOnRequest": {"snapshotTimeOfDay": "07:30"}}
    refused = world.refusal("EnableAddOn", resourceName="Disk-1", addOnRequest=odd)
    assert "HH:00" in refused["Message"]
    world.call(
        "CreateDisk", diskName="d2", availabilityZone="us-east-1a", sizeInGb=8, addOns=[_AUTO]
    )
    world.later(_DAY)
    assert dates(world, "d2") == ["2023-11-15"]
