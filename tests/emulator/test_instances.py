"""GetInstance, GetInstances and GetInstanceState over changes of instances."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from lightsail_snap.emulator import Progression

_PENDING = {"code": 0, "name": "pending"}
_RUNNING = {"code": 16, "name": "running"}
_STOPPING = {"code": 64, "name": "stopping"}
_STOPPED = {"code": 80, "name": "stopped"}
_NEW: dict[str, Any] = {
    "availabilityZone": "us-east-1a",
    "blueprintId": "debian_12",
    "bundleId": "nano_3_0",
}


def get(harness: Any, name: str, **params: Any) -> dict[str, Any]:
    instance: dict[str, Any] = harness.call("GetInstance", instanceName=name, **params)["instance"]
    return instance


def get_state(harness: Any, name: str) -> dict[str, Any]:
    state: dict[str, Any] = harness.call("GetInstanceState", instanceName=name)["state"]
    return state


def test_get_instance_has_the_fields_of_the_service(harness: Any) -> None:
    instance = get(harness, "web-1")
    assert instance["arn"].startswith("arn:aws:lightsail:us-east-1:123456789012:Instance/")
    assert instance["supportCode"].startswith("123456789012/i-0")
    host = int(instance["publicIpAddress"].rpartition(".")[2])
    created = datetime.fromtimestamp(1_700_000_000, UTC)
    for variable in ("arn", "supportCode", "networking", "metadataOptions"):
        del instance[variable]
    assert instance == {
        "name": "web-1",
        "createdAt": created,
        "location": {"availabilityZone": "us-east-1a", "regionName": "us-east-1"},
        "resourceType": "Instance",
        "tags": [],
        "blueprintId": "amazon_linux_2023",
        "blueprintName": "Amazon Linux 2023",
        "bundleId": "nano_3_0",
        "isStaticIp": False,
        "privateIpAddress": f"192.0.2.{host}",
        "publicIpAddress": f"192.0.2.{host}",
        "ipv6Addresses": [f"2001:db8::{host:x}"],
        "ipAddressType": "dualstack",
        "hardware": {
            "cpuCount": 2,
            "ramSizeInGb": 0.5,
            "disks": [
                {
                    "createdAt": created,
                    "sizeInGb": 20,
                    "isSystemDisk": True,
                    "iops": 100,
                    "path": "/dev/xvda",
                    "attachedTo": "web-1",
                    "attachmentState": "attached",
                }
            ],
        },
        "state": _RUNNING,
        "username": "ec2-user",
        "sshKeyName": "LightsailDefaultKeyPair",
    }


@pytest.mark.parametrize(
    ("address_type", "missing"),
    [("ipv4", "ipv6Addresses"), ("ipv6", "publicIpAddress"), ("dualstack", None)],
)
def test_create_instances_gives_addresses_of_the_type(
    harness: Any, address_type: str, missing: str | None
) -> None:
    harness.call("CreateInstances", instanceNames=["new"], ipAddressType=address_type, **_NEW)
    instance = get(harness, "new")
    assert instance["ipAddressType"] == address_type
    expected = {"publicIpAddress", "ipv6Addresses"} - {missing}
    assert {"publicIpAddress", "ipv6Addresses"} & set(instance) == expected


def test_windows_instance_has_its_user_and_port(harness: Any) -> None:
    windows = {**_NEW, "blueprintId": "windows_server_2022", "bundleId": "large_win_3_0"}
    harness.call("CreateInstances", instanceNames=["new"], **windows)
    instance = get(harness, "new")
    assert instance["username"] == "Administrator"
    assert 3389 in [port["fromPort"] for port in instance["networking"]["ports"]]


def test_instance_state_follows_creation_stop_and_start(harness: Any) -> None:
    harness.call("CreateInstances", instanceNames=["new"], **_NEW)
    seen = [get_state(harness, "new")]
    for operation in (None, "StopInstance", "StartInstance"):
        if operation:
            harness.call(operation, instanceName="new")
            seen.append(get_state(harness, "new"))
        harness.advance()
        seen.append(get_state(harness, "new"))
        assert get(harness, "new")["state"] == seen[-1]
        assert harness.call("GetInstances")["instances"][0]["state"] == seen[-1]
    assert seen == [_PENDING, _RUNNING, _STOPPING, _STOPPED, _PENDING, _RUNNING]


def test_every_read_of_an_instance_counts_as_a_poll(make_harness: Any) -> None:
    harness = make_harness(progression=Progression.by_polls(operation=3))
    harness.emulator.add_instance("web-1", region_name="us-east-1")
    harness.call("StopInstance", instanceName="web-1")
    assert get_state(harness, "web-1") == _STOPPING
    assert get(harness, "web-1")["state"] == _STOPPING
    assert harness.call("GetInstances")["instances"][0]["state"] == _STOPPING
    assert get_state(harness, "web-1") == _STOPPED


def test_get_instances_pages_have_instances_with_disks(make_harness: Any) -> None:
    harness = make_harness(page_size=2)
    for number in range(5):
        harness.emulator.add_instance(f"web-{number}", region_name="us-east-1")
    harness.emulator.add_disk("Disk-1", region_name="us-east-1")
    harness.call("AttachDisk", diskName="Disk-1", instanceName="web-2", diskPath="/dev/xvdf")
    pages = list(harness.client().get_paginator("get_instances").paginate())
    assert [[one["name"] for one in page["instances"]] for page in pages] == [
        ["web-4", "web-3"],
        ["web-2", "web-1"],
        ["web-0"],
    ]
    attached, system = pages[1]["instances"][0]["hardware"]["disks"]
    assert (attached["name"], attached["path"]) == ("Disk-1", "/dev/xvdf")
    assert system["isSystemDisk"]
    token = pages[0]["nextPageToken"]
    assert "GetDisks" in harness.expect_error("GetDisks", pageToken=token)["Message"]


@pytest.mark.parametrize("operation", ["GetInstance", "GetInstanceState"])
@pytest.mark.parametrize("name", ["missing", "Disk-1"])
def test_missing_instance_is_not_found(harness: Any, operation: str, name: str) -> None:
    assert harness.expect_error(operation, instanceName=name) == {
        "Code": "NotFoundException",
        "Message": f"The Instance does not exist: {name}",
        "SubCode": "DoesNotExist",
        "Tip": None,
    }
    assert harness.expect_error(operation, "eu-west-1", instanceName="web-1")["Code"] == (
        "NotFoundException"
    )


def test_health_status_is_included_on_request(harness: Any) -> None:
    model = harness.client().meta.service_model.operation_model("GetInstance")
    if "includeHealthStatus" not in model.input_shape.members:
        pytest.skip("the installed botocore has no health status of instances")
    assert not {"instanceStatus", "systemStatus"} & set(get(harness, "web-1"))
    seen = []
    harness.call("CreateInstances", instanceNames=["new"], **_NEW)
    seen.append(get(harness, "new", includeHealthStatus=True))
    harness.advance()
    (new, *_) = harness.call("GetInstances", includeHealthStatus=True)["instances"]
    seen.append(new)
    harness.call("StopInstance", instanceName="new")
    seen.append(get(harness, "new", includeHealthStatus=True))
    statuses = [one["instanceStatus"]["status"] for one in seen]
    assert statuses == ["initializing", "ok", "not-applicable"]
    assert all(one["systemStatus"] == one["instanceStatus"] for one in seen)


def test_start_instance_can_change_the_bundle(harness: Any) -> None:
    harness.call("StopInstance", instanceName="web-1")
    for bundle, expected in (("small_3_0", "small_3_0"), ("auto", "small_3_0")):
        harness.call("StartInstance", instanceName="web-1", attributeUpdates={"bundleId": bundle})
        assert get(harness, "web-1")["bundleId"] == expected


def test_reboot_starts_an_operation_and_leaves_the_instance_running(harness: Any) -> None:
    (operation,) = harness.call("RebootInstance", instanceName="web-1")["operations"]
    assert (operation["operationType"], operation["resourceName"]) == ("RebootInstance", "web-1")
    assert get_state(harness, "web-1") == _RUNNING
