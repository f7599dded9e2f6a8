"""Add-ons and automatic snapshots."""

from __future__ import annotations

from typing import Any

_DAY = 86400
_AUTO = {"addOnType": "AutoSnapshot"}


def dates(harness: Any, name: str) -> list[str]:
    response = harness.call("GetAutoSnapshots", resourceName=name)
    assert response["resourceName"] == name
    return [one["date"] for one in response["autoSnapshots"]]


def test_automatic_snapshots_are_taken_daily_and_seven_are_kept(harness: Any) -> None:
    # The clock begins on 2023-11-14 at 22:13 UTC.
    request = {**_AUTO, "autoSnapshotAddOnRequest": {"snapshotTimeOfDay": "23:00"}}
    harness.call("EnableAddOn", resourceName="Disk-1", addOnRequest=request)
    assert dates(harness, "Disk-1") == []
    harness.advance(3600)
    assert dates(harness, "Disk-1") == ["2023-11-14"]
    harness.advance(_DAY)
    assert dates(harness, "Disk-1") == ["2023-11-15", "2023-11-14"]
    harness.advance(365 * _DAY)
    assert dates(harness, "Disk-1") == [f"2024-11-{day:02}" for day in range(14, 7, -1)]
    (add_on,) = harness.call("GetDisk", diskName="Disk-1")["disk"]["addOns"]
    assert (add_on["status"], add_on["snapshotTimeOfDay"]) == ("Enabled", "23:00")


def test_automatic_snapshots_stay_after_the_add_on_is_disabled(harness: Any) -> None:
    harness.call("EnableAddOn", resourceName="Disk-1", addOnRequest=_AUTO)
    harness.advance(_DAY)
    harness.call("DisableAddOn", resourceName="Disk-1", addOnType="AutoSnapshot")
    harness.advance(5 * _DAY)
    assert dates(harness, "Disk-1") == ["2023-11-15"]
    assert "addOns" not in harness.call("GetDisk", diskName="Disk-1")["disk"]
    refused = harness.expect_error("DisableAddOn", resourceName="Disk-1", addOnType="AutoSnapshot")
    assert refused["Message"] == "The addOn is already in requested state"


def test_enable_add_on_modifies_but_refuses_the_same_request_twice(harness: Any) -> None:
    harness.call("EnableAddOn", resourceName="web-1", addOnRequest=_AUTO)
    refused = harness.expect_error("EnableAddOn", resourceName="web-1", addOnRequest=_AUTO)
    assert refused["Message"] == "The addOn is already in requested state"
    request = {**_AUTO, "autoSnapshotAddOnRequest": {"snapshotTimeOfDay": "07:00"}}
    harness.call("EnableAddOn", resourceName="web-1", addOnRequest=request)
    idle = {
        "addOnType": "StopInstanceOnIdle",
        "stopInstanceOnIdleRequest": {"threshold": "5", "duration": "30"},
    }
    harness.call("EnableAddOn", resourceName="web-1", addOnRequest=idle)
    add_ons = harness.call("GetInstance", instanceName="web-1")["instance"]["addOns"]
    assert [add_on["name"] for add_on in add_ons] == ["AutoSnapshot", "StopInstanceOnIdle"]
    harness.call("DisableAddOn", resourceName="web-1", addOnType="AutoSnapshot")
    (kept,) = harness.call("GetInstance", instanceName="web-1")["instance"]["addOns"]
    assert kept["threshold"] == "5"
    harness.advance(_DAY)
    assert dates(harness, "web-1") == []


def test_manual_snapshot_during_an_automatic_one_is_refused(harness: Any) -> None:
    harness.call("EnableAddOn", resourceName="Disk-1", addOnRequest=_AUTO)
    harness.advance(_DAY)
    (one,) = harness.call("GetAutoSnapshots", resourceName="Disk-1")["autoSnapshots"]
    harness.advance(_DAY - (harness.clock.time() - one["createdAt"].timestamp()) + 10)
    latest = harness.call("GetAutoSnapshots", resourceName="Disk-1")["autoSnapshots"][0]
    assert latest["status"] == "InProgress"
    refused = harness.expect_error(
        "CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="manual"
    )
    assert "being created" in refused["Message"]
    copy = {
        "sourceResourceName": "Disk-1",
        "targetSnapshotName": "kept",
        "sourceRegion": "us-east-1",
        "useLatestRestorableAutoSnapshot": True,
    }
    harness.call("CopySnapshot", "us-west-2", **copy)
    harness.advance()
    harness.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="manual")
    kept = harness.call("GetDiskSnapshot", "us-west-2", diskSnapshotName="kept")["diskSnapshot"]
    assert (kept["isFromAutoSnapshot"], kept["fromDiskName"]) == (True, "Disk-1")


def test_automatic_snapshots_are_restored_copied_and_deleted(harness: Any) -> None:
    harness.call("AttachDisk", diskName="Disk-1", instanceName="web-1", diskPath="/dev/xvdf")
    for name in ("Disk-1", "web-1"):
        harness.call("EnableAddOn", resourceName=name, addOnRequest=_AUTO)
    harness.advance(2 * _DAY)
    newest, oldest = dates(harness, "web-1")
    (operation,) = harness.call("DeleteAutoSnapshot", resourceName="web-1", date=newest)[
        "operations"
    ]
    assert operation["operationDetails"] == f"DeleteAutoSnapshot-{newest}"
    assert operation["location"]["availabilityZone"] == "us-east-1"
    assert operation["isTerminal"]
    assert "statusChangedAt" not in operation
    assert dates(harness, "web-1") == [oldest]
    zone = {"availabilityZone": "us-east-1a"}
    disk = {"diskName": "back", "sourceDiskName": "Disk-1", "sizeInGb": 8, **zone}
    harness.call("CreateDiskFromSnapshot", **disk, restoreDate=oldest)
    instance = {"instanceNames": ["back-2"], "sourceInstanceName": "web-1", **zone}
    instance |= {"bundleId": "nano_3_0"}
    refused = harness.expect_error("CreateInstancesFromSnapshot", **instance, restoreDate=newest)
    assert refused["Code"] == "NotFoundException"
    mapping = {"back-2": [{"originalDiskPath": "/dev/xvdf", "newDiskName": "data"}]}
    harness.call(
        "CreateInstancesFromSnapshot",
        **instance,
        useLatestRestorableAutoSnapshot=True,
        attachedDiskMapping=mapping,
    )
    assert harness.call("GetDisk", diskName="data")["disk"]["attachedTo"] == "back-2"
    copy = {"sourceResourceName": "web-1", "targetSnapshotName": "kept", "restoreDate": oldest}
    (operation,) = harness.call("CopySnapshot", **copy, sourceRegion="us-east-1")["operations"]
    assert operation["operationDetails"] == "us-east-1:web-1"
    kept = harness.call("GetInstanceSnapshot", instanceSnapshotName="kept")["instanceSnapshot"]
    assert kept["fromAttachedDisks"][0]["path"] == "/dev/xvdf"
    assert kept["isFromAutoSnapshot"]


def test_add_ons_are_for_instances_and_disks_only(harness: Any) -> None:
    harness.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="snap-1")
    refused = harness.expect_error("EnableAddOn", resourceName="snap-1", addOnRequest=_AUTO)
    assert "snap-1 is a DiskSnapshot" in refused["Message"]
    odd = {**_AUTO, "autoSnapshotAddOnRequest": {"snapshotTimeOfDay": "07:30"}}
    refused = harness.expect_error("EnableAddOn", resourceName="Disk-1", addOnRequest=odd)
    assert "HH:00" in refused["Message"]
    harness.call(
        "CreateDisk", diskName="d2", availabilityZone="us-east-1a", sizeInGb=8, addOns=[_AUTO]
    )
    harness.advance(_DAY)
    assert dates(harness, "d2") == ["2023-11-15"]
