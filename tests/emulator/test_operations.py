"""Every operation of the emulator, called by a real boto3 client."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest


def summarize(response: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return the fields of each operation that the service's samples show."""
    return [
        (
            operation["resourceName"],
            operation["resourceType"],
            operation["location"]["availabilityZone"],
            operation.get("operationDetails"),
            operation["operationType"],
            operation["status"],
            operation["isTerminal"],
        )
        for operation in response["operations"]
    ]


def test_disk_snapshot_progresses_to_completed(harness: Any) -> None:
    response = harness.call(
        "CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="snap-1", tags=[{"key": "k"}]
    )
    common = ("CreateDiskSnapshot", "Started", False)
    assert summarize(response) == [
        ("snap-1", "DiskSnapshot", "all", "Disk-1", *common),
        ("Disk-1", "Disk", "us-east-1a", "snap-1", *common),
    ]
    pending = harness.call("GetDiskSnapshot", diskSnapshotName="snap-1")["diskSnapshot"]
    assert (pending["state"], pending["progress"]) == ("pending", "0%")
    harness.advance(22.5)
    half = harness.call("GetDiskSnapshot", diskSnapshotName="snap-1")["diskSnapshot"]
    assert (half["state"], half["progress"]) == ("pending", "50%")
    harness.advance(22.5)
    snapshot = harness.call("GetDiskSnapshot", diskSnapshotName="snap-1")["diskSnapshot"]
    disk = harness.call("GetDisk", diskName="Disk-1")["disk"]
    assert snapshot["arn"].startswith("arn:aws:lightsail:us-east-1:123456789012:DiskSnapshot/")
    assert snapshot["supportCode"].startswith("123456789012/snap-0")
    del snapshot["arn"], snapshot["supportCode"]
    assert snapshot == {
        "name": "snap-1",
        "createdAt": datetime.fromtimestamp(1_700_000_000, UTC),
        "location": {"availabilityZone": "all", "regionName": "us-east-1"},
        "resourceType": "DiskSnapshot",
        "tags": [{"key": "k"}],
        "sizeInGb": 8,
        "state": "completed",
        "progress": "100%",
        "fromDiskName": "Disk-1",
        "fromDiskArn": disk["arn"],
        "isFromAutoSnapshot": False,
    }
    operation = harness.call("GetOperation", operationId=response["operations"][0]["id"])[
        "operation"
    ]
    assert (operation["status"], operation["isTerminal"]) == ("Succeeded", True)
    assert operation["statusChangedAt"].timestamp() == 1_700_000_020


def test_system_disk_snapshot_names_its_instance(harness: Any) -> None:
    response = harness.call("CreateDiskSnapshot", instanceName="web-1", diskSnapshotName="rescue")
    common = ("CreateDiskSnapshot", "Started", False)
    assert summarize(response) == [
        ("rescue", "DiskSnapshot", "all", "web-1", *common),
        ("web-1", "Instance", "us-east-1a", "rescue", *common),
    ]
    snapshot = harness.call("GetDiskSnapshot", diskSnapshotName="rescue")["diskSnapshot"]
    assert snapshot["fromInstanceName"] == "web-1"
    assert snapshot["sizeInGb"] == 20
    assert not {"fromDiskName", "fromDiskArn"} & set(snapshot)


def test_instance_snapshot_contains_attached_disks(harness: Any) -> None:
    harness.call("AttachDisk", diskName="Disk-1", instanceName="web-1", diskPath="/dev/xvdf")
    response = harness.call(
        "CreateInstanceSnapshot", instanceName="web-1", instanceSnapshotName="is1"
    )
    common = ("CreateInstanceSnapshot", "Started", False)
    assert summarize(response) == [
        ("is1", "InstanceSnapshot", "all", "web-1", *common),
        ("web-1", "Instance", "us-east-1a", "is1", *common),
    ]
    harness.advance()
    snapshot = harness.call("GetInstanceSnapshot", instanceSnapshotName="is1")["instanceSnapshot"]
    assert (snapshot["state"], snapshot["sizeInGb"]) == ("available", 20)
    assert [disk["name"] for disk in snapshot["fromAttachedDisks"]] == ["Disk-1"]
    assert "progress" not in snapshot
    listed = harness.call("GetInstanceSnapshots")["instanceSnapshots"]
    assert [one["name"] for one in listed] == ["is1"]
    assert summarize(harness.call("DeleteInstanceSnapshot", instanceSnapshotName="is1")) == [
        ("is1", "InstanceSnapshot", "all", None, "DeleteInstanceSnapshot", "Succeeded", True)
    ]


def test_disk_is_created_listed_and_deleted(harness: Any) -> None:
    response = harness.call("CreateDisk", diskName="d2", availabilityZone="us-east-1b", sizeInGb=32)
    assert summarize(response) == [
        ("d2", "Disk", "us-east-1b", None, "CreateDisk", "Started", False)
    ]
    operation = response["operations"][0]
    assert operation["statusChangedAt"] > operation["createdAt"]
    assert harness.call("GetDisk", diskName="d2")["disk"]["state"] == "pending"
    refused = harness.expect_error(
        "AttachDisk", diskName="d2", instanceName="web-1", diskPath="/dev/xvdf"
    )
    assert "The state of this disk is: pending" in refused["Message"]
    harness.advance()
    disk = harness.call("GetDisk", diskName="d2")["disk"]
    assert (disk["state"], disk["attachmentState"], disk["isAttached"]) == (
        "available",
        "detached",
        False,
    )
    assert not {"path", "attachedTo"} & set(disk)
    assert [d["name"] for d in harness.call("GetDisks")["disks"]] == ["d2", "Disk-1"]
    response = harness.call("DeleteDisk", diskName="d2")
    assert summarize(response) == [
        ("d2", "Disk", "us-east-1b", None, "DeleteDisk", "Succeeded", True)
    ]
    assert response["operations"][0]["statusChangedAt"] == response["operations"][0]["createdAt"]
    assert harness.expect_error("GetDisk", diskName="d2") == {
        "Code": "NotFoundException",
        "Message": "The Disk does not exist: d2",
        "SubCode": "DoesNotExist",
        "Tip": None,
    }
    # Its operations stay, newest first, and its name is free again.
    harness.call("CreateDisk", diskName="d2", availabilityZone="us-east-1b", sizeInGb=8)
    past = harness.call("GetOperationsForResource", resourceName="d2")["operations"]
    assert [one["operationType"] for one in past] == ["CreateDisk", "DeleteDisk", "CreateDisk"]


def test_disk_is_attached_and_detached_from_a_stopped_instance(harness: Any) -> None:
    attach = {"diskName": "Disk-1", "instanceName": "web-1", "diskPath": "/dev/xvdf"}
    common = ("AttachDisk", "Started", False)
    assert summarize(harness.call("AttachDisk", **attach)) == [
        ("Disk-1", "Disk", "us-east-1a", "web-1", *common),
        ("web-1", "Instance", "us-east-1a", "Disk-1", *common),
    ]
    disk = harness.call("GetDisk", diskName="Disk-1")["disk"]
    assert (disk["state"], disk["attachedTo"], disk["path"]) == ("in-use", "web-1", "/dev/xvdf")
    assert (
        "still attached to a Lightsail instance: web-1"
        in (harness.expect_error("DeleteDisk", diskName="Disk-1")["Message"])
    )
    disks = harness.call("GetInstance", instanceName="web-1")["instance"]["hardware"]["disks"]
    assert [disk["path"] for disk in disks] == ["/dev/xvdf", "/dev/xvda"]
    assert harness.expect_error("DetachDisk", diskName="Disk-1")["Message"].endswith(
        "The current state of your instance is: running"
    )
    assert summarize(harness.call("StopInstance", instanceName="web-1"))[0][4:] == (
        "StopInstance",
        "Started",
        False,
    )
    stopping = harness.call("GetInstance", instanceName="web-1")["instance"]["state"]
    assert stopping == {"code": 64, "name": "stopping"}
    harness.advance()
    assert len(harness.call("DetachDisk", diskName="Disk-1")["operations"]) == 2
    assert (
        "The state of this disk is: available"
        in (harness.expect_error("DetachDisk", diskName="Disk-1")["Message"])
    )
    harness.call("StartInstance", instanceName="web-1")
    harness.advance()
    (instance,) = harness.call("GetInstances")["instances"]
    assert instance["state"] == {"code": 16, "name": "running"}
    assert len(harness.call("StartInstance", instanceName="web-1")["operations"]) == 1


def test_attach_disk_outside_its_limits_is_refused(harness: Any) -> None:
    for number in range(16):
        harness.emulator.add_disk(f"extra-{number}", region_name="us-east-1")
        if number < 15:
            harness.call(
                "AttachDisk",
                diskName=f"extra-{number}",
                instanceName="web-1",
                diskPath=f"/dev/{number}",
            )

    def refused(disk: str, instance: str, path: str) -> str:
        message: str = harness.expect_error(
            "AttachDisk", diskName=disk, instanceName=instance, diskPath=path
        )["Message"]
        return message

    assert "no more" in refused("extra-15", "web-1", "/dev/xvdz")
    assert "in-use" in refused("extra-1", "web-1", "/dev/xvdz")
    harness.emulator.add_instance("web-2", region_name="us-east-1", availability_zone="us-east-1b")
    assert "another zone" in refused("extra-15", "web-2", "/dev/xvdz")
    harness.call(
        "CreateInstances",
        instanceNames=["web-3"],
        availabilityZone="us-east-1a",
        blueprintId="debian",
        bundleId="unheard_of",
    )
    assert "pending" in refused("extra-15", "web-3", "/dev/xvdz")
    harness.advance()
    harness.call("AttachDisk", diskName="extra-15", instanceName="web-3", diskPath="/dev/x")
    assert "/dev/x is in use" in refused("Disk-1", "web-3", "/dev/x")


def test_instances_are_created_and_deleted_with_detached_disks(harness: Any) -> None:
    response = harness.call(
        "CreateInstances",
        instanceNames=["one", "two"],
        availabilityZone="us-east-1a",
        blueprintId="debian_12",
        bundleId="micro_3_0",
        ipAddressType="ipv4",
        tags=[{"key": "env", "value": "test"}],
    )
    common = ("Instance", "us-east-1a", None, "CreateInstance", "Started", False)
    assert summarize(response) == [("one", *common), ("two", *common)]
    harness.advance()
    one = harness.call("GetInstance", instanceName="one")["instance"]
    assert one["hardware"]["disks"][0]["sizeInGb"] == 40
    assert one["tags"] == [{"key": "env", "value": "test"}]
    harness.call("AttachDisk", diskName="Disk-1", instanceName="one", diskPath="/dev/xvdf")
    assert summarize(harness.call("DeleteInstance", instanceName="one")) == [
        ("Disk-1", "Disk", "us-east-1a", "one", "DetachDisk", "Started", False),
        ("one", "Instance", "us-east-1a", "Disk-1", "DetachDisk", "Started", False),
        ("one", "Instance", "us-east-1a", None, "DeleteInstance", "Succeeded", True),
    ]
    assert harness.call("GetDisk", diskName="Disk-1")["disk"]["state"] == "available"
    assert harness.expect_error("GetInstance", instanceName="one")["Message"] == (
        "The Instance does not exist: one"
    )


def test_names_are_unique_across_types_in_a_region(harness: Any) -> None:
    new_disk = {"diskName": "web-1", "availabilityZone": "us-east-1a", "sizeInGb": 8}
    assert harness.expect_error("CreateDisk", **new_disk) == {
        "Code": "InvalidInputException",
        "Message": "Some names are already in use: web-1",
        "SubCode": "NameExists",
        "Tip": None,
    }
    instances = {
        "instanceNames": ["twice", "web-1", "twice"],
        "availabilityZone": "us-east-1a",
        "blueprintId": "x",
        "bundleId": "nano_3_0",
    }
    assert harness.expect_error("CreateInstances", **instances)["Message"] == (
        "Some names are already in use: web-1, twice"
    )
    harness.call("CreateDisk", "eu-west-1", **(new_disk | {"availabilityZone": "eu-west-1a"}))
    # A name of another type is not found.
    assert (
        harness.expect_error("GetDisk", diskName="web-1")["Message"]
        == "The Disk does not exist: web-1"
    )
    with pytest.raises(ValueError, match="already in use"):
        harness.emulator.add_disk("web-1", region_name="us-east-1")
    with pytest.raises(ValueError, match="not in the region"):
        harness.emulator.add_disk("other", region_name="us-west-1")


def test_disk_is_restored_from_a_finished_snapshot(harness: Any) -> None:
    harness.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="snap-1")
    restore = {"diskName": "back", "diskSnapshotName": "snap-1", "sizeInGb": 8}
    here = {"availabilityZone": "us-east-1a"}
    assert (
        "The state of this snapshot is: pending"
        in (harness.expect_error("CreateDiskFromSnapshot", **restore, **here)["Message"])
    )
    harness.advance()
    # A frequent mistake: a snapshot's zone `all` is not an Availability Zone.
    assert harness.expect_error("CreateDiskFromSnapshot", **restore, availabilityZone="all")["Tip"]
    small = restore | {"sizeInGb": 7}
    assert (
        "at least 8 GB"
        in harness.expect_error("CreateDiskFromSnapshot", **small, **here)["Message"]
    )
    assert summarize(harness.call("CreateDiskFromSnapshot", **restore, **here)) == [
        ("back", "Disk", "us-east-1a", None, "CreateDiskFromSnapshot", "Started", False)
    ]
    harness.advance()
    assert harness.call("GetDisk", diskName="back")["disk"]["state"] == "available"


@pytest.mark.parametrize("size", [7, 16385])
def test_disk_size_outside_its_limits_is_refused(harness: Any, size: int) -> None:
    refused = harness.expect_error(
        "CreateDisk", diskName="other", availabilityZone="us-east-1a", sizeInGb=size
    )
    assert refused["Message"] == (
        "The size of a block storage disk must be between 8 and 16384 GB."
    )


def test_instances_are_restored_with_mapped_disks(harness: Any) -> None:
    harness.call("AttachDisk", diskName="Disk-1", instanceName="web-1", diskPath="/dev/xvdf")
    harness.call("CreateInstanceSnapshot", instanceName="web-1", instanceSnapshotName="is1")
    harness.advance()
    restore: dict[str, Any] = {
        "instanceNames": ["new-1", "new-2"],
        "instanceSnapshotName": "is1",
        "availabilityZone": "us-east-1c",
        "bundleId": "nano_3_0",
    }
    mapping = {"new-1": [{"originalDiskPath": "/dev/xvdf", "newDiskName": "data-1"}]}
    tags = [{"key": "k"}]
    response = harness.call(
        "CreateInstancesFromSnapshot", **restore, attachedDiskMapping=mapping, tags=tags
    )
    common = ("Instance", "us-east-1c", None, "CreateInstancesFromSnapshot", "Started", False)
    assert summarize(response) == [("new-1", *common), ("new-2", *common)]
    disk = harness.call("GetDisk", diskName="data-1")["disk"]
    assert (disk["attachedTo"], disk["tags"]) == ("new-1", [])
    assert harness.call("GetInstance", instanceName="new-1")["instance"]["tags"] == tags
    again = restore | {"instanceNames": ["new-3"]}
    bad = {"new-3": [{"originalDiskPath": "/dev/other", "newDiskName": "data-3"}]}
    assert (
        "no disk /dev/other"
        in (
            harness.expect_error("CreateInstancesFromSnapshot", **again, attachedDiskMapping=bad)[
                "Message"
            ]
        )
    )
    # The refused request has no effect.
    assert harness.expect_error("GetInstance", instanceName="new-3")["Code"] == "NotFoundException"
    harness.emulator.add_instance("big", region_name="us-east-1", bundle_id="large_3_0")
    harness.call("CreateInstanceSnapshot", instanceName="big", instanceSnapshotName="is2")
    harness.advance()
    assert (
        "too small"
        in (
            harness.expect_error(
                "CreateInstancesFromSnapshot", **(again | {"instanceSnapshotName": "is2"})
            )["Message"]
        )
    )


def test_snapshot_is_copied_to_another_region(harness: Any) -> None:
    harness.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="snap-1")
    copy = {
        "sourceSnapshotName": "snap-1",
        "targetSnapshotName": "snap-1",
        "sourceRegion": "us-east-1",
    }
    assert "pending" in harness.expect_error("CopySnapshot", "eu-west-1", **copy)["Message"]
    harness.advance()
    assert summarize(harness.call("CopySnapshot", "eu-west-1", **copy)) == [
        ("snap-1", "DiskSnapshot", "all", "us-east-1:snap-1", "CopySnapshot", "Started", False)
    ]
    harness.advance()
    (there,) = harness.call("GetDiskSnapshots", "eu-west-1")["diskSnapshots"]
    (here,) = harness.call("GetDiskSnapshots")["diskSnapshots"]
    assert there["location"]["regionName"] == "eu-west-1"
    for member in ("fromDiskName", "fromDiskArn", "sizeInGb", "state", "progress"):
        assert there[member] == here[member]
    assert there["arn"] != here["arn"]
    assert harness.expect_error("CopySnapshot", **copy)["SubCode"] == "NameExists"
    disk_as_source = copy | {"sourceSnapshotName": "Disk-1"}
    assert (
        "no snapshot but a Disk"
        in harness.expect_error("CopySnapshot", **disk_as_source)["Message"]
    )
    harness.call("DeleteDisk", diskName="Disk-1")
    assert summarize(harness.call("DeleteDiskSnapshot", diskSnapshotName="snap-1")) == [
        ("snap-1", "DiskSnapshot", "all", None, "DeleteDiskSnapshot", "Succeeded", True)
    ]


def test_exported_snapshots_have_records(harness: Any) -> None:
    harness.call("AttachDisk", diskName="Disk-1", instanceName="web-1", diskPath="/dev/xvdf")
    harness.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="snap-1")
    harness.call("CreateInstanceSnapshot", instanceName="web-1", instanceSnapshotName="is1")
    harness.advance()
    for name in ("snap-1", "is1"):
        (operation,) = harness.call("ExportSnapshot", sourceSnapshotName=name)["operations"]
        assert operation["resourceName"] == name
    harness.advance()
    of_instance, of_disk = harness.call("GetExportSnapshotRecords")["exportSnapshotRecords"]
    assert of_disk["state"] == of_instance["state"] == "Succeeded"
    assert of_disk["sourceInfo"]["diskSnapshotInfo"] == {"sizeInGb": 8}
    info = of_instance["sourceInfo"]["instanceSnapshotInfo"]
    assert [disk["sizeInGb"] for disk in info["fromDiskInfo"]] == [20, 8]
    assert of_instance["destinationInfo"]["service"] == "Aws::EC2::Image"
    refused = harness.expect_error(
        "TagResource", resourceName=of_disk["name"], tags=[{"key": "k", "value": "v"}]
    )
    assert "cannot be tagged" in refused["Message"]


def test_tags_are_replaced_removed_and_limited(harness: Any) -> None:
    tags = [{"key": "a", "value": "1"}, {"key": "b"}]
    (operation,) = harness.call("TagResource", resourceName="Disk-1", tags=tags)["operations"]
    assert operation["isTerminal"]
    harness.call("TagResource", resourceName="Disk-1", tags=[{"key": "a", "value": "2"}])
    disk = harness.call("GetDisk", diskName="Disk-1")["disk"]
    assert disk["tags"] == [{"key": "a", "value": "2"}, {"key": "b"}]
    harness.call(
        "UntagResource", resourceName="Disk-1", resourceArn=disk["arn"], tagKeys=["a", "never"]
    )
    assert harness.call("GetDisk", diskName="Disk-1")["disk"]["tags"] == [{"key": "b"}]
    many = [{"key": str(number), "value": ""} for number in range(50)]
    refused = harness.expect_error("TagResource", resourceName="Disk-1", tags=many)
    assert "at most 50" in refused["Message"]
    refused = harness.expect_error("TagResource", resourceName="never", tags=tags)
    assert refused["Message"] == "The Resource does not exist: never"
    arn = disk["arn"].replace("Disk", "Other")
    refused = harness.expect_error("TagResource", resourceName="Disk-1", resourceArn=arn, tags=tags)
    assert refused["Code"] == "NotFoundException"


def test_operations_are_listed_newest_first(harness: Any) -> None:
    harness.call("StopInstance", instanceName="web-1")
    harness.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="snap-1")
    listed = harness.call("GetOperations")["operations"]
    assert [one["resourceName"] for one in listed] == ["Disk-1", "snap-1", "web-1"]
    unknown = "9f1c5d2e-0000-4000-8000-000000000000"
    assert harness.expect_error("GetOperation", operationId=unknown)["Message"] == (
        f"The Operation does not exist: {unknown}"
    )
    assert harness.expect_error("GetOperationsForResource", resourceName="never")["Code"] == (
        "NotFoundException"
    )


def test_regions_have_zones_on_request(harness: Any) -> None:
    regions = harness.call("GetRegions")["regions"]
    assert len(regions) == 19
    assert regions[0]["availabilityZones"] == []
    regions = harness.call(
        "GetRegions",
        includeAvailabilityZones=True,
        includeRelationalDatabaseAvailabilityZones=True,
    )["regions"]
    assert regions[0]["availabilityZones"][0] == {"zoneName": "us-east-1a", "state": "available"}
