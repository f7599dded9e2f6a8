"""What each operation does, seen through a real boto3 client."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest


def brief(answer: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Tell of each operation what the service's samples tell."""
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
        for operation in answer["operations"]
    ]


def test_a_snapshot_of_a_disk(world: Any) -> None:
    answer = world.call(
        "CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="snap-1", tags=[{"key": "k"}]
    )
    common = ("CreateDiskSnapshot", "Started", False)
    assert brief(answer) == [
        ("snap-1", "DiskSnapshot", "all", "Disk-1", *common),
        ("Disk-1", "Disk", "us-east-1a", "snap-1", *common),
    ]
    pending = world.call("GetDiskSnapshot", diskSnapshotName="snap-1")["diskSnapshot"]
    assert (pending["state"], pending["progress"]) == ("pending", "0%")
    world.later(22.5)
    half = world.call("GetDiskSnapshot", diskSnapshotName="snap-1")["diskSnapshot"]
    assert (half["state"], half["progress"]) == ("pending", "50%")
    world.later(22.5)
    snapshot = world.call("GetDiskSnapshot", diskSnapshotName="snap-1")["diskSnapshot"]
    disk = world.call("GetDisk", diskName="Disk-1")["disk"]
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
    operation = world.call("GetOperation", operationId=answer["operations"][0]["id"])["operation"]
    assert (operation["status"], operation["isTerminal"]) == ("Succeeded", True)
    assert operation["statusChangedAt"].timestamp() == 1_700_000_020


def test_a_snapshot_of_a_system_volume(world: Any) -> None:
    answer = world.call("CreateDiskSnapshot", instanceName="web-1", diskSnapshotName="rescue")
    common = ("CreateDiskSnapshot", "Started", False)
    assert brief(answer) == [
        ("rescue", "DiskSnapshot", "all", "web-1", *common),
        ("web-1", "Instance", "us-east-1a", "rescue", *common),
    ]
    snapshot = world.call("GetDiskSnapshot", diskSnapshotName="rescue")["diskSnapshot"]
    assert snapshot["fromInstanceName"] == "web-1"
    assert snapshot["sizeInGb"] == 20
    assert not {"fromDiskName", "fromDiskArn"} & set(snapshot)


def test_a_snapshot_of_an_instance(world: Any) -> None:
    world.call("AttachDisk", diskName="Disk-1", instanceName="web-1", diskPath="/dev/xvdf")
    answer = world.call("CreateInstanceSnapshot", instanceName="web-1", instanceSnapshotName="is1")
    common = ("CreateInstanceSnapshot", "Started", False)
    assert brief(answer) == [
        ("is1", "InstanceSnapshot", "all", "web-1", *common),
        ("web-1", "Instance", "us-east-1a", "is1", *common),
    ]
    world.later()
    snapshot = world.call("GetInstanceSnapshot", instanceSnapshotName="is1")["instanceSnapshot"]
    assert (snapshot["state"], snapshot["sizeInGb"]) == ("available", 20)
    assert [disk["name"] for disk in snapshot["fromAttachedDisks"]] == ["Disk-1"]
    assert "progress" not in snapshot
    listed = world.call("GetInstanceSnapshots")["instanceSnapshots"]
    assert [one["name"] for one in listed] == ["is1"]
    assert brief(world.call("DeleteInstanceSnapshot", instanceSnapshotName="is1")) == [
        ("is1", "InstanceSnapshot", "all", None, "DeleteInstanceSnapshot", "Succeeded", True)
    ]


def test_disks_come_and_go(world: Any) -> None:
    answer = world.call("CreateDisk", diskName="d2", availabilityZone="us-east-1b", sizeInGb=32)
    assert brief(answer) == [("d2", "Disk", "us-east-1b", None, "CreateDisk", "Started", False)]
    operation = answer["operations"][0]
    assert operation["statusChangedAt"] > operation["createdAt"]
    assert world.call("GetDisk", diskName="d2")["disk"]["state"] == "pending"
    refused = world.refusal("AttachDisk", diskName="d2", instanceName="web-1", diskPath="/dev/xvdf")
    assert "The state of this disk is: pending" in refused["Message"]
    world.later()
    disk = world.call("GetDisk", diskName="d2")["disk"]
    assert (disk["state"], disk["attachmentState"], disk["isAttached"]) == (
        "available",
        "detached",
        False,
    )
    assert not {"path", "attachedTo"} & set(disk)
    assert [d["name"] for d in world.call("GetDisks")["disks"]] == ["d2", "Disk-1"]
    answer = world.call("DeleteDisk", diskName="d2")
    assert brief(answer) == [("d2", "Disk", "us-east-1b", None, "DeleteDisk", "Succeeded", True)]
    assert answer["operations"][0]["statusChangedAt"] == answer["operations"][0]["createdAt"]
    assert world.refusal("GetDisk", diskName="d2") == {
        "Code": "NotFoundException",
        "Message": "The Disk does not exist: d2",
        "SubCode": "DoesNotExist",
        "Tip": None,
    }
    # The operations outlive it, newest first, and its name is free again.
    world.call("CreateDisk", diskName="d2", availabilityZone="us-east-1b", sizeInGb=8)
    past = world.call("GetOperationsForResource", resourceName="d2")["operations"]
    assert [one["operationType"] for one in past] == ["CreateDisk", "DeleteDisk", "CreateDisk"]


def test_attaching_and_detaching(world: Any) -> None:
    attach = {"diskName": "Disk-1", "instanceName": "web-1", "diskPath": "/dev/xvdf"}
    common = ("AttachDisk", "Started", False)
    assert brief(world.call("AttachDisk", **attach)) == [
        ("Disk-1", "Disk", "us-east-1a", "web-1", *common),
        ("web-1", "Instance", "us-east-1a", "Disk-1", *common),
    ]
    disk = world.call("GetDisk", diskName="Disk-1")["disk"]
    assert (disk["state"], disk["attachedTo"], disk["path"]) == ("in-use", "web-1", "/dev/xvdf")
    assert (
        "still attached to a Lightsail instance: web-1"
        in (world.refusal("DeleteDisk", diskName="Disk-1")["Message"])
    )
    disks = world.call("GetInstance", instanceName="web-1")["instance"]["hardware"]["disks"]
    assert [disk["path"] for disk in disks] == ["/dev/xvdf", "/dev/xvda"]
    assert world.refusal("DetachDisk", diskName="Disk-1")["Message"].endswith(
        "The current state of your instance is: running"
    )
    assert brief(world.call("StopInstance", instanceName="web-1"))[0][4:] == (
        "StopInstance",
        "Started",
        False,
    )
    stopping = world.call("GetInstance", instanceName="web-1")["instance"]["state"]
    assert stopping == {"code": 64, "name": "stopping"}
    world.later()
    assert len(world.call("DetachDisk", diskName="Disk-1")["operations"]) == 2
    assert (
        "The state of this disk is: available"
        in (world.refusal("DetachDisk", diskName="Disk-1")["Message"])
    )
    world.call("StartInstance", instanceName="web-1")
    world.later()
    (instance,) = world.call("GetInstances")["instances"]
    assert instance["state"] == {"code": 16, "name": "running"}
    assert len(world.call("StartInstance", instanceName="web-1")["operations"]) == 1


def test_what_cannot_be_attached(world: Any) -> None:
    for number in range(16):
        world.emulator.add_disk(f"extra-{number}", region_name="us-east-1")
        if number < 15:
            world.call(
                "AttachDisk",
                diskName=f"extra-{number}",
                instanceName="web-1",
                diskPath=f"/dev/{number}",
            )

    def refused(disk: str, instance: str, path: str) -> str:
        message: str = world.refusal(
            "AttachDisk", diskName=disk, instanceName=instance, diskPath=path
        )["Message"]
        return message

    assert "no more" in refused("extra-15", "web-1", "/dev/xvdz")
    assert "in-use" in refused("extra-1", "web-1", "/dev/xvdz")
    world.emulator.add_instance("web-2", region_name="us-east-1", availability_zone="us-east-1b")
    assert "another zone" in refused("extra-15", "web-2", "/dev/xvdz")
    world.call(
        "CreateInstances",
        instanceNames=["web-3"],
        availabilityZone="us-east-1a",
        blueprintId="debian",
        bundleId="unheard_of",
    )
    assert "pending" in refused("extra-15", "web-3", "/dev/xvdz")
    world.later()
    world.call("AttachDisk", diskName="extra-15", instanceName="web-3", diskPath="/dev/x")
    assert "/dev/x is in use" in refused("Disk-1", "web-3", "/dev/x")


def test_instances_come_and_go(world: Any) -> None:
    answer = world.call(
        "CreateInstances",
        instanceNames=["one", "two"],
        availabilityZone="us-east-1a",
        blueprintId="debian_12",
        bundleId="micro_3_0",
        ipAddressType="ipv4",
        tags=[{"key": "env", "value": "test"}],
    )
    common = ("Instance", "us-east-1a", None, "CreateInstance", "Started", False)
    assert brief(answer) == [("one", *common), ("two", *common)]
    world.later()
    one = world.call("GetInstance", instanceName="one")["instance"]
    assert one["hardware"]["disks"][0]["sizeInGb"] == 40
    assert one["tags"] == [{"key": "env", "value": "test"}]
    world.call("AttachDisk", diskName="Disk-1", instanceName="one", diskPath="/dev/xvdf")
    assert brief(world.call("DeleteInstance", instanceName="one")) == [
        ("Disk-1", "Disk", "us-east-1a", "one", "DetachDisk", "Started", False),
        ("one", "Instance", "us-east-1a", "Disk-1", "DetachDisk", "Started", False),
        ("one", "Instance", "us-east-1a", None, "DeleteInstance", "Succeeded", True),
    ]
    assert world.call("GetDisk", diskName="Disk-1")["disk"]["state"] == "available"
    assert world.refusal("GetInstance", instanceName="one")["Message"] == (
        "The Instance does not exist: one"
    )


def test_names_are_one_namespace_in_a_region(world: Any) -> None:
    new_disk = {"diskName": "web-1", "availabilityZone": "us-east-1a", "sizeInGb": 8}
    assert world.refusal("CreateDisk", **new_disk) == {
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
    assert world.refusal("CreateInstances", **instances)["Message"] == (
        "Some names are already in use: web-1, twice"
    )
    world.call("CreateDisk", "eu-west-1", **(new_disk | {"availabilityZone": "eu-west-1a"}))
    # A name of another type is not found.
    assert world.refusal("GetDisk", diskName="web-1")["Message"] == "The Disk does not exist: web-1"
    with pytest.raises(ValueError, match="already in use"):
        world.emulator.add_disk("web-1", region_name="us-east-1")
    with pytest.raises(ValueError, match="not in the region"):
        world.emulator.add_disk("other", region_name="us-west-1")


def test_restoring_a_disk(world: Any) -> None:
    world.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="snap-1")
    restore = {"diskName": "back", "diskSnapshotName": "snap-1", "sizeInGb": 8}
    here = {"availabilityZone": "us-east-1a"}
    assert (
        "The state of this snapshot is: pending"
        in (world.refusal("CreateDiskFromSnapshot", **restore, **here)["Message"])
    )
    world.later()
    # The mistake that users make: a snapshot's zone is no zone.
    assert world.refusal("CreateDiskFromSnapshot", **restore, availabilityZone="all")["Tip"]
    small = restore | {"sizeInGb": 7}
    assert "at least 8 GB" in world.refusal("CreateDiskFromSnapshot", **small, **here)["Message"]
    assert brief(world.call("CreateDiskFromSnapshot", **restore, **here)) == [
        ("back", "Disk", "us-east-1a", None, "CreateDiskFromSnapshot", "Started", False)
    ]
    world.later()
    assert world.call("GetDisk", diskName="back")["disk"]["state"] == "available"


@pytest.mark.parametrize("size", [7, 16385])
def test_the_sizes_of_disks(world: Any, size: int) -> None:
    refused = world.refusal(
        "CreateDisk", diskName="other", availabilityZone="us-east-1a", sizeInGb=size
    )
    assert refused["Message"] == (
        "The size of a block storage disk must be between 8 and 16384 GB."
    )


def test_restoring_instances(world: Any) -> None:
    world.call("AttachDisk", diskName="Disk-1", instanceName="web-1", diskPath="/dev/xvdf")
    world.call("CreateInstanceSnapshot", instanceName="web-1", instanceSnapshotName="is1")
    world.later()
    restore: dict[str, Any] = {
        "instanceNames": ["new-1", "new-2"],
        "instanceSnapshotName": "is1",
        "availabilityZone": "us-east-1c",
        "bundleId": "nano_3_0",
    }
    mapping = {"new-1": [{"originalDiskPath": "/dev/xvdf", "newDiskName": "data-1"}]}
    tags = [{"key": "k"}]
    answer = world.call(
        "CreateInstancesFromSnapshot", **restore, attachedDiskMapping=mapping, tags=tags
    )
    common = ("Instance", "us-east-1c", None, "CreateInstancesFromSnapshot", "Started", False)
    assert brief(answer) == [("new-1", *common), ("new-2", *common)]
    disk = world.call("GetDisk", diskName="data-1")["disk"]
    assert (disk["attachedTo"], disk["tags"]) == ("new-1", [])
    assert world.call("GetInstance", instanceName="new-1")["instance"]["tags"] == tags
    again = restore | {"instanceNames": ["new-3"]}
    bad = {"new-3": [{"originalDiskPath": "/dev/other", "newDiskName": "data-3"}]}
    assert (
        "no disk /dev/other"
        in (
            world.refusal("CreateInstancesFromSnapshot", **again, attachedDiskMapping=bad)[
                "Message"
            ]
        )
    )
    # Nothing is left of what was refused.
    assert world.refusal("GetInstance", instanceName="new-3")["Code"] == "NotFoundException"
    world.emulator.add_instance("big", region_name="us-east-1", bundle_id="large_3_0")
    world.call("CreateInstanceSnapshot", instanceName="big", instanceSnapshotName="is2")
    world.later()
    assert (
        "too small"
        in (
            world.refusal(
                "CreateInstancesFromSnapshot", **(again | {"instanceSnapshotName": "is2"})
            )["Message"]
        )
    )


def test_copying_to_another_region(world: Any) -> None:
    world.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="snap-1")
    copy = {
        "sourceSnapshotName": "snap-1",
        "targetSnapshotName": "snap-1",
        "sourceRegion": "us-east-1",
    }
    assert "pending" in world.refusal("CopySnapshot", "eu-west-1", **copy)["Message"]
    world.later()
    assert brief(world.call("CopySnapshot", "eu-west-1", **copy)) == [
        ("snap-1", "DiskSnapshot", "all", "us-east-1:snap-1", "CopySnapshot", "Started", False)
    ]
    world.later()
    (there,) = world.call("GetDiskSnapshots", "eu-west-1")["diskSnapshots"]
    (here,) = world.call("GetDiskSnapshots")["diskSnapshots"]
    assert there["location"]["regionName"] == "eu-west-1"
    for member in ("fromDiskName", "fromDiskArn", "sizeInGb", "state", "progress"):
        assert there[member] == here[member]
    assert there["arn"] != here["arn"]
    assert world.refusal("CopySnapshot", **copy)["SubCode"] == "NameExists"
    disk_as_source = copy | {"sourceSnapshotName": "Disk-1"}
    assert "no snapshot but a Disk" in world.refusal("CopySnapshot", **disk_as_source)["Message"]
    world.call("DeleteDisk", diskName="Disk-1")
    assert brief(world.call("DeleteDiskSnapshot", diskSnapshotName="snap-1")) == [
        ("snap-1", "DiskSnapshot", "all", None, "DeleteDiskSnapshot", "Succeeded", True)
    ]


def test_exporting(world: Any) -> None:
    world.call("AttachDisk", diskName="Disk-1", instanceName="web-1", diskPath="/dev/xvdf")
    world.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="snap-1")
    world.call("CreateInstanceSnapshot", instanceName="web-1", instanceSnapshotName="is1")
    world.later()
    for name in ("snap-1", "is1"):
        (operation,) = world.call("ExportSnapshot", sourceSnapshotName=name)["operations"]
        assert operation["resourceName"] == name
    world.later()
    of_instance, of_disk = world.call("GetExportSnapshotRecords")["exportSnapshotRecords"]
    assert of_disk["state"] == of_instance["state"] == "Succeeded"
    assert of_disk["sourceInfo"]["diskSnapshotInfo"] == {"sizeInGb": 8}
    info = of_instance["sourceInfo"]["instanceSnapshotInfo"]
    assert [disk["sizeInGb"] for disk in info["fromDiskInfo"]] == [20, 8]
    assert of_instance["destinationInfo"]["service"] == "Aws::EC2::Image"
    refused = world.refusal(
        "TagResource", resourceName=of_disk["name"], tags=[{"key": "k", "value": "v"}]
    )
    assert "cannot be tagged" in refused["Message"]


def test_tagging(world: Any) -> None:
    tags = [{"key": "a", "value": "1"}, {"key": "b"}]
    (operation,) = world.call("TagResource", resourceName="Disk-1", tags=tags)["operations"]
    assert operation["isTerminal"]
    world.call("TagResource", resourceName="Disk-1", tags=[{"key": "a", "value": "2"}])
    disk = world.call("GetDisk", diskName="Disk-1")["disk"]
    assert disk["tags"] == [{"key": "a", "value": "2"}, {"key": "b"}]
    world.call(
        "UntagResource", resourceName="Disk-1", resourceArn=disk["arn"], tagKeys=["a", "never"]
    )
    assert world.call("GetDisk", diskName="Disk-1")["disk"]["tags"] == [{"key": "b"}]
    many = [{"key": str(number), "value": ""} for number in range(50)]
    refused = world.refusal("TagResource", resourceName="Disk-1", tags=many)
    assert "at most 50" in refused["Message"]
    refused = world.refusal("TagResource", resourceName="never", tags=tags)
    assert refused["Message"] == "The Resource does not exist: never"
    arn = disk["arn"].replace("Disk", "Other")
    refused = world.refusal("TagResource", resourceName="Disk-1", resourceArn=arn, tags=tags)
    assert refused["Code"] == "NotFoundException"


def test_operations_are_listed(world: Any) -> None:
    world.call("StopInstance", instanceName="web-1")
    world.call("CreateDiskSnapshot", diskName="Disk-1", diskSnapshotName="snap-1")
    listed = world.call("GetOperations")["operations"]
    assert [one["resourceName"] for one in listed] == ["Disk-1", "snap-1", "web-1"]
    unknown = "9f1c5d2e-0000-4000-8000-000000000000"
    assert world.refusal("GetOperation", operationId=unknown)["Message"] == (
        f"The Operation does not exist: {unknown}"
    )
    assert world.refusal("GetOperationsForResource", resourceName="never")["Code"] == (
        "NotFoundException"
    )


def test_the_regions(world: Any) -> None:
    regions = world.call("GetRegions")["regions"]
    assert len(regions) == 19
    assert regions[0]["availabilityZones"] == []
    regions = world.call(
        "GetRegions",
        includeAvailabilityZones=True,
        includeRelationalDatabaseAvailabilityZones=True,
    )["regions"]
    assert regions[0]["availabilityZones"][0] == {"zoneName": "us-east-1a", "state": "available"}
