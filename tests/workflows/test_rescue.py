"""Rescues of system volumes: what is checked, chosen and returned."""

from __future__ import annotations

import copy
import json
import pickle
import shlex
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import create_client, run_on

from lightsail_snap import (
    Disk,
    Instance,
    LightsailSnapClient,
    LightsailSnapError,
    NameConflictError,
    NotFoundException,
    RequestValidationError,
    RescueResult,
    ResponseValidationError,
    SnapshotConflictError,
    VirtualClock,
    WaitFailedError,
    WaitPolicy,
    WaitTimeoutError,
)
from lightsail_snap._workflows.mounting import mount_commands
from lightsail_snap.emulator import LightsailEmulator, Progression
from lightsail_snap.emulator._wire import Response
from lightsail_snap.quiesce import command_hooks

HERE = "us-east-1"
INTERFACES = ["sync", "asyncio", "trio"]
DISK, SNAPSHOT = "made-disk", "made-snapshot"
NAMES: dict[str, Any] = {"disk_name": DISK, "snapshot_name": SNAPSHOT, "client_token": "t"}
CREATIONS = ("CreateDiskSnapshot", "CreateDiskFromSnapshot", "AttachDisk")


class Service(LightsailEmulator):
    """An emulator with a hook before each call, and one that changes responses."""

    def __init__(self) -> None:
        super().__init__(clock=VirtualClock(), progression=Progression.by_polls(1, 1))
        self.before: dict[str, Callable[[], object]] = {}
        self.change: dict[str, Callable[[dict[str, Any]], object]] = {}
        for name in ("web-1", "helper-1", "other-1"):
            self.add_instance(name, region_name=HERE)
        for name in ("loose-1", "loose-2"):
            self.add_disk(name, region_name=HERE)

    def handle(self, region_name: str, operation: str, payload: Any) -> Response:
        act = self.before.pop(operation, None)
        if act is not None:
            act()
        response = super().handle(region_name, operation, payload)
        if operation not in self.change or response.status != 200:
            return response
        body = json.loads(response.body)
        self.change[operation](body)
        return replace(response, body=json.dumps(body).encode())

    def act(self, operation: str, **members: Any) -> dict[str, Any]:
        """Act as another client."""
        response = super().handle(HERE, operation, members)
        body: dict[str, Any] = json.loads(response.body)
        assert response.status == 200, body
        return body

    def attach(self, disk: str, path: str, instance: str = "helper-1") -> None:
        self.act("AttachDisk", diskName=disk, instanceName=instance, diskPath=path)


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as made:
        yield made


def client_of(service: Service) -> LightsailSnapClient:
    policy = WaitPolicy(timeout=600, random=lambda: 0.5)
    return LightsailSnapClient(service.boto3_client(HERE), clock=service.clock, wait_policy=policy)


def rescue(service: Service, **options: Any) -> RescueResult:
    return client_of(service).rescue_system_volume("web-1", "helper-1", **NAMES | options)


# Results


@pytest.mark.parametrize("interface", INTERFACES)
@pytest.mark.parametrize("keep_snapshot", [True, False])
def test_rescue_attaches_a_copy_of_the_system_volume(
    service: Service, interface: str, *, keep_snapshot: bool
) -> None:
    service.attach("loose-1", "/dev/xvdf")
    service.act("StopInstance", instanceName="helper-1")

    async def work() -> Any:
        client = create_client(interface, service.boto3_client(HERE), clock=service.clock)
        return await client.rescue_system_volume(
            "web-1", "helper-1", tags={"env": "prod"}, keep_snapshot=keep_snapshot, **NAMES
        )

    result = run_on(interface, work)
    assert (result.disk.name, result.device_path) == (DISK, "/dev/xvdg")
    assert (result.disk.attached_to, result.disk.size_in_gb) == ("helper-1", 20)
    assert result.disk.tag_values["env"] == "prod"
    if keep_snapshot:
        assert (result.snapshot.name, result.snapshot.from_instance_name) == (SNAPSHOT, "web-1")
    else:
        assert result.snapshot is None
        with pytest.raises(NotFoundException):
            client_of(service).get_disk_snapshot(SNAPSHOT)
    assert pickle.loads(pickle.dumps(result)) == result == copy.deepcopy(result)  # noqa: S301 - pickled here
    assert all(service.calls[name] == 1 for name in CREATIONS)


def test_names_are_derived_from_the_token(service: Service) -> None:
    client = client_of(service)
    one = client.rescue_system_volume("web-1", "helper-1")
    other = client.rescue_system_volume("web-1", "helper-1")
    assert one.disk.name != other.disk.name
    assert other.device_path == "/dev/xvdg"
    assert one.snapshot is not None
    assert len({one.disk.name, one.snapshot.name, "web-1"}) == 3


def test_iterator_of_tags_is_for_both_resources(service: Service) -> None:
    result = rescue(service, tags=iter([{"key": "env", "value": "prod"}]))
    assert result.snapshot is not None
    assert result.snapshot.tag_values == result.disk.tag_values
    assert result.disk.tag_values["env"] == "prod"


def test_writes_can_be_paused_while_the_snapshot_is_requested(
    service: Service, tmp_path: Any
) -> None:
    paused, resumed = tmp_path / "paused", tmp_path / "resumed"
    rescue(service, quiesce=command_hooks(["touch", str(paused)], ["touch", str(resumed)]))
    assert paused.exists()
    assert resumed.exists()
    # A call that continues takes no snapshot, so it does not pause writes again.
    rescue(service, quiesce=command_hooks(["false"], ["false"]))


def test_larger_disk_and_path_are_as_requested(service: Service) -> None:
    result = rescue(service, size_in_gb=64, disk_path="/dev/sdk")
    assert (result.disk.size_in_gb, result.device_path) == (64, "/dev/sdk")
    assert rescue(service, size_in_gb=64, disk_path="/dev/sdk") == result
    # Linux and the service may name the same path in two ways.
    assert rescue(service, size_in_gb=64, disk_path="/dev/xvdk") == result
    with pytest.raises(NameConflictError, match="same client token but differs in source, size"):
        rescue(service, size_in_gb=32)
    with pytest.raises(WaitFailedError, match="attached at /dev/sdk, not at /dev/xvdg"):
        rescue(service, size_in_gb=64, disk_path="/dev/xvdg")


def test_size_is_that_of_the_system_disk_if_the_snapshot_has_none(service: Service) -> None:
    service.change["GetDiskSnapshot"] = lambda body: body["diskSnapshot"].pop("sizeInGb")
    assert rescue(service).disk.size_in_gb == 20


def test_unknown_size_is_an_error(service: Service) -> None:
    service.change["GetDiskSnapshot"] = lambda body: body["diskSnapshot"].pop("sizeInGb")
    service.change["GetInstance"] = lambda body: body["instance"].pop("hardware")
    with pytest.raises(RequestValidationError, match="size_in_gb") as caught:
        rescue(service)
    assert caught.value.may_have_executed
    assert rescue(service, size_in_gb=20).disk.size_in_gb == 20


# Checks before anything is changed


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"disk_name": "a"}, "disk_name"),
        ({"snapshot_name": "-a"}, "disk_snapshot_name"),
        ({"disk_name": SNAPSHOT}, "must differ from snapshot_name"),
        ({"disk_path": ""}, "disk_path"),
        ({"disk_path": "/mnt/data"}, "must be a device path"),
        ({"size_in_gb": 7}, "size_in_gb"),
        ({"size_in_gb": 0}, "size_in_gb"),
        ({"tags": {"aws:a": "b"}}, "reserved"),
        ({"client_token": ""}, "client_token"),
        ({"timeout": -1}, "timeout"),
    ],
)
def test_invalid_argument_sends_nothing(
    service: Service, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(RequestValidationError, match=message):
        rescue(service, **options)
    assert not service.calls


def test_instance_cannot_rescue_itself(service: Service) -> None:
    with pytest.raises(RequestValidationError, match="must be another instance"):
        client_of(service).rescue_system_volume("web-1", "web-1")
    with pytest.raises(RequestValidationError, match="instance_name"):
        client_of(service).rescue_system_volume("", "web-1")
    assert not service.calls


def test_used_path_is_refused(service: Service) -> None:
    service.attach("loose-1", "/dev/xvdf")
    with pytest.raises(RequestValidationError, match="disk loose-1 has it"):
        rescue(service, disk_path="/dev/sdf")
    for number, letter in enumerate("ghijklmnop"):
        service.add_disk(f"more-{number}", region_name=HERE)
        service.attach(f"more-{number}", f"/dev/xvd{letter}")
    with pytest.raises(RequestValidationError, match="is free"):
        rescue(service)
    assert not service.calls["CreateDiskSnapshot"]


def test_taken_names_are_conflicts_before_the_snapshot(service: Service) -> None:
    with pytest.raises(NameConflictError, match="this call did not make"):
        rescue(service, disk_name="loose-1")
    assert not service.calls["CreateDiskSnapshot"]
    service.act("CreateDiskSnapshot", diskSnapshotName=SNAPSHOT, instanceName="other-1")
    with pytest.raises(SnapshotConflictError) as caught:
        rescue(service)
    assert not caught.value.may_have_executed


def test_deleted_helper_is_refused(service: Service) -> None:
    service.change["GetInstance"] = lambda body: body["instance"]["state"].update(name="terminated")
    with pytest.raises(WaitFailedError, match="cannot attach a disk to instance helper-1"):
        rescue(service)


def test_helper_without_a_zone_is_an_error(service: Service) -> None:
    service.change["GetInstance"] = lambda body: body["instance"].pop("location")
    with pytest.raises(ResponseValidationError, match="availability_zone"):
        rescue(service)


def test_stale_lookup_of_a_deleted_disk_is_no_conflict(service: Service) -> None:
    service.add_disk(DISK, region_name=HERE)
    old = service.act("GetDisk", diskName=DISK)["disk"]
    service.act("DeleteDisk", diskName=DISK)
    shown: list[int] = []
    handle = LightsailEmulator.handle

    def stale(region: str, operation: str, payload: Any) -> Response:
        response = handle(service, region, operation, payload)
        if operation != "GetDisk" or len(shown) == 2:
            return response
        shown.append(1)
        return replace(response, status=200, body=json.dumps({"disk": old}).encode())

    service.handle = stale  # type: ignore[assignment,method-assign] # a hook of this test
    assert rescue(service).disk.name == DISK


# Continuing


@pytest.mark.parametrize("operation", CREATIONS)
def test_call_continues_an_interrupted_one(service: Service, operation: str) -> None:
    service.before[operation] = _interrupt
    with pytest.raises(KeyboardInterrupt):
        rescue(service)
    assert rescue(service).disk.attached_to == "helper-1"
    # The interrupted request did not arrive.
    assert {name: service.calls[name] for name in CREATIONS} == {
        name: 1 + (name == operation) for name in CREATIONS
    }


def test_call_continues_while_resources_are_pending(service: Service) -> None:
    service.progression = Progression.by_seconds(60, 60)
    for _ in range(4):
        with pytest.raises(WaitTimeoutError):
            rescue(service, timeout=30)
    assert rescue(service).disk.attached_to == "helper-1"
    assert all(service.calls[name] == 1 for name in CREATIONS)


def _interrupt() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("operation", ["CreateDiskFromSnapshot", "AttachDisk"])
def test_instance_may_be_deleted_once_it_is_copied(service: Service, operation: str) -> None:
    service.before[operation] = _interrupt
    with pytest.raises(KeyboardInterrupt):
        rescue(service)
    service.act("DeleteInstance", instanceName="web-1")
    assert rescue(service).disk.attached_to == "helper-1"
    with pytest.raises(NotFoundException) as caught:
        rescue(service, disk_name="new-1", snapshot_name="new-2")
    assert "restore one of its snapshots" in caught.value.__notes__[0]


def test_snapshot_may_be_deleted_once_it_is_restored(service: Service) -> None:
    rescue(service)
    service.act("DeleteDiskSnapshot", diskSnapshotName=SNAPSHOT)
    for keep_snapshot in (True, False):
        assert rescue(service, keep_snapshot=keep_snapshot).snapshot is None
    # A later snapshot of this name belongs to another client.
    service.clock.sleep(60)
    service.act("CreateDiskSnapshot", diskSnapshotName=SNAPSHOT, instanceName="other-1")
    assert rescue(service, keep_snapshot=False).snapshot is None
    service.act("GetDiskSnapshot", diskSnapshotName=SNAPSHOT)
    assert all(service.calls[name] <= 2 for name in CREATIONS)


def test_path_of_an_interrupted_attachment_is_kept(service: Service) -> None:
    def attach() -> None:
        service.attach(DISK, "/dev/xvdj")

    # A request of an interrupted call arrives late.
    service.before["AttachDisk"] = attach
    assert rescue(service).device_path == "/dev/xvdj"
    assert rescue(service).device_path == "/dev/xvdj"


# Other clients


def test_taken_path_is_replaced_by_the_next_one(service: Service) -> None:
    service.before["AttachDisk"] = lambda: service.attach("loose-1", "/dev/xvdf")
    assert rescue(service).device_path == "/dev/xvdg"
    assert service.calls["AttachDisk"] == 2


def test_requested_path_that_is_taken_is_an_error(service: Service) -> None:
    service.before["AttachDisk"] = lambda: service.attach("loose-1", "/dev/xvdf")
    with pytest.raises(WaitFailedError, match="/dev/xvdf is the path of disk loose-1"):
        rescue(service, disk_path="/dev/xvdf")


def test_last_free_path_that_is_taken_is_an_error(service: Service) -> None:
    for number, letter in enumerate("ghijklmnop"):
        service.add_disk(f"more-{number}", region_name=HERE)
        service.attach(f"more-{number}", f"/dev/xvd{letter}")
    service.before["AttachDisk"] = lambda: service.attach("loose-1", "/dev/xvdf")
    with pytest.raises(WaitFailedError, match="no path of helper-1 is free any more") as caught:
        rescue(service)
    assert caught.value.may_have_executed


def test_paths_that_are_always_taken_end_the_rescue(service: Service) -> None:
    handle = LightsailEmulator.handle
    taken: list[str] = []

    def take(region: str, operation: str, payload: Any) -> Response:
        if operation == "AttachDisk":
            # Another client attaches a disk there, and detaches it before the next choice.
            taken.append(json.loads(payload)["diskPath"])
            body = json.dumps({"__type": "InvalidInputException", "message": "taken"}).encode()
            return replace(handle(service, region, "GetRegions", {}), status=400, body=body)
        response = handle(service, region, operation, payload)
        if operation != "GetInstance" or not taken:
            return response
        instance = json.loads(response.body)
        if service.calls["GetInstance"] % 2:
            instance["instance"]["hardware"]["disks"].append({"name": "a", "path": taken[-1]})
        return replace(response, body=json.dumps(instance).encode())

    service.handle = take  # type: ignore[assignment,method-assign] # a hook of this test
    with pytest.raises(LightsailSnapError) as caught:
        rescue(service)
    assert caught.value.may_have_executed
    assert len(taken) < 30


@pytest.mark.parametrize(
    ("before", "operation", "members", "message"),
    [
        (
            "AttachDisk",
            "AttachDisk",
            {"diskName": DISK, "instanceName": "other-1", "diskPath": "/dev/xvdf"},
            "attached to other-1",
        ),
        ("AttachDisk", "DeleteDisk", {"diskName": DISK}, "does not exist"),
        ("AttachDisk", "DeleteInstance", {"instanceName": "helper-1"}, "does not exist"),
        ("CreateDiskFromSnapshot", "DeleteDiskSnapshot", {"diskSnapshotName": SNAPSHOT}, "not"),
    ],
)
def test_interference_of_another_client_is_an_error(
    service: Service, before: str, operation: str, members: dict[str, Any], message: str
) -> None:
    service.before[before] = lambda: service.act(operation, **members)
    with pytest.raises((WaitFailedError, NotFoundException), match=message) as caught:
        rescue(service)
    assert caught.value.may_have_executed
    assert "to continue, call rescue_system_volume" in caught.value.__notes__[-1]


def test_replaced_snapshot_is_an_error(service: Service) -> None:
    def replace_snapshot() -> None:
        service.progression = Progression.instant()
        service.act("DeleteDiskSnapshot", diskSnapshotName=SNAPSHOT)
        service.act("CreateDiskSnapshot", diskSnapshotName=SNAPSHOT, instanceName="other-1")
        service.clock.sleep(1)

    service.before["CreateDiskFromSnapshot"] = replace_snapshot
    for _ in range(2):
        with pytest.raises(WaitFailedError, match="may hold other data"):
            rescue(service)
    assert client_of(service).get_disk(DISK).disk.attached_to is None


def test_replaced_disk_is_never_attached(service: Service) -> None:
    def replace_disk() -> None:
        service.progression = Progression.instant()
        service.act("DeleteDisk", diskName=DISK)
        service.add_disk(DISK, region_name=HERE)

    # After the disk is created, the origin is looked up.
    service.before["CreateDiskFromSnapshot"] = lambda: service.before.update(
        GetDiskSnapshot=replace_disk
    )
    with pytest.raises(WaitFailedError, match="another client has deleted it"):
        rescue(service)
    assert client_of(service).get_disk(DISK).disk.attached_to is None


def test_replaced_helper_is_an_error(service: Service) -> None:
    def replace_helper() -> None:
        service.act("DeleteInstance", instanceName="helper-1")
        service.clock.sleep(1)
        service.add_instance("helper-1", region_name=HERE)

    service.before["AttachDisk"] = replace_helper
    with pytest.raises(WaitFailedError, match="helper-1 was deleted, and another one"):
        rescue(service)


def test_snapshot_without_its_tag_is_not_deleted(service: Service) -> None:
    service.before["AttachDisk"] = lambda: service.act(
        "UntagResource", resourceName=SNAPSHOT, tagKeys=["lightsail-snap:client-token"]
    )
    with pytest.raises(WaitFailedError, match="changed its tags or replaced it"):
        rescue(service, keep_snapshot=False)
    service.act("GetDiskSnapshot", diskSnapshotName=SNAPSHOT)


def test_helper_that_stops_is_waited_for(service: Service) -> None:
    service.progression = Progression.by_polls(3, 1)
    service.before["CreateDiskFromSnapshot"] = lambda: service.act(
        "StopInstance", instanceName="helper-1"
    )
    assert rescue(service).disk.attached_to == "helper-1"


def test_refused_attachment_with_an_unreadable_helper_is_reported(service: Service) -> None:
    def fail(body: dict[str, Any]) -> None:
        if service.calls["AttachDisk"]:
            body["instance"] = None

    service.change["GetInstance"] = fail
    with pytest.raises(LightsailSnapError) as caught:
        rescue(service, disk_path="/dev/a-b")
    assert "disk path is invalid" in str(caught.value)


# Commands


def instance(blueprint: str | None) -> Instance:
    return Instance(name="any-1", blueprint_id=blueprint)


def test_commands_depend_on_the_blueprints() -> None:
    disk, linux, windows = (
        Disk(name="d-1"),
        instance("ubuntu_24_04"),
        instance("windows_server_2022"),
    )
    (*_, mount) = mount_commands(disk, "/dev/xvdf", linux, linux)
    assert mount == "sudo mount -o ro /dev/xvdf1 /mnt/d-1"
    assert any("nouuid" in line for line in mount_commands(disk, "/dev/xvdf", None, linux))
    (*lines, mount) = mount_commands(disk, "/dev/xvdf", windows, linux)
    assert mount == "sudo mount -t ntfs3 -o ro /dev/xvdf1 /mnt/d-1"
    assert any("Windows instance" in line for line in lines)
    assert "Get-Disk" in mount_commands(disk, "/dev/xvdf", windows, windows)
    assert "of 20 GB" in mount_commands(Disk(name="d-1", size_in_gb=20), "/a", None, linux)[0]
    assert mount_commands(disk, "/dev/xvdf", None, instance(None))[-1].startswith("sudo mount")


@given(name=st.text(min_size=1), path=st.text(min_size=1))
def test_commands_quote_names_of_the_service(name: str, path: str) -> None:
    (*_, make, _, _, mount) = mount_commands(Disk(name=name), path, None, instance(None))
    assert shlex.split(make) == ["sudo", "mkdir", "-p", f"/mnt/{name}"]
    assert shlex.split(mount) == ["sudo", "mount", "-o", "ro", f"{path}1", f"/mnt/{name}"]
