"""The client over real boto3 on the embedded Lightsail: botocore serialises, signs and parses."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import boto3.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightsail_snap import (
    CreateDiskSnapshotRequest,
    DiskSource,
    InstanceSource,
    InvalidInputException,
    LightsailSnapClient,
    NotFoundException,
    OperationStatus,
    RequestValidationError,
    ResourceType,
    Tag,
    VirtualClock,
    WaitFailedError,
    WaitTimeoutError,
)
from lightsail_snap.emulator import LightsailEmulator, Progression

DISK = DiskSource(disk_name="Disk-Virginia-1")
REGION = "us-east-1"


class Bench:
    """An emulator with a disk and an instance, and a client, on one clock that jumps."""

    def __init__(self, progression: Progression | None = None) -> None:
        self.clock = VirtualClock()
        self.emulator = LightsailEmulator(clock=self.clock, progression=progression)
        self.emulator.add_disk("Disk-Virginia-1", region_name=REGION, size_in_gb=32)
        self.emulator.add_instance("web-1", region_name=REGION)
        self.client = LightsailSnapClient(self.emulator.boto3_client(REGION), clock=self.clock)


@pytest.fixture(scope="module")
def shared() -> Bench:
    """One bench for tests that leave it as it was; making boto3 clients takes most of the time."""
    return Bench()


def test_disk_snapshot_from_create_to_delete() -> None:
    bench = Bench()
    result = bench.client.create_disk_snapshot("db-1", DISK, tags={"env": "prod", "nightly": None})

    # facts: two records, the details crosswise, the snapshot in zone `all`.
    operation, source = result.operations
    assert (operation.resource_type, source.resource_type) == (ResourceType.DISK_SNAPSHOT, "Disk")
    assert (operation.resource_name, operation.operation_details) == ("db-1", "Disk-Virginia-1")
    assert (source.resource_name, source.operation_details) == ("Disk-Virginia-1", "db-1")
    assert operation.location is not None
    assert source.location is not None
    assert (operation.location.availability_zone, source.location.availability_zone) == (
        "all",
        "us-east-1a",
    )
    assert {operation.operation_type, source.operation_type} == {"CreateDiskSnapshot"}
    assert not operation.is_terminal
    assert result.response_metadata.request_id is not None

    before = bench.client.get_disk_snapshot("db-1").disk_snapshot
    assert before.state == "pending"
    assert bench.client.wait_for_operation(operation).status == OperationStatus.SUCCEEDED
    assert bench.client.wait_for_operation(source.id).is_terminal
    snapshot = bench.client.wait_for_disk_snapshot("db-1")

    assert snapshot.state == "completed"
    assert snapshot.progress == "100%"
    assert snapshot.size_in_gb == 32
    assert snapshot.tags == (Tag(key="env", value="prod"), Tag(key="nightly"))
    assert snapshot.from_disk_name == "Disk-Virginia-1"
    assert snapshot.from_instance_name is None
    assert snapshot.from_disk_arn == bench.client.get_disk("Disk-Virginia-1").disk.arn
    assert snapshot.created_at is not None
    assert snapshot.created_at.timestamp() == pytest.approx(1_700_000_000)
    assert snapshot.model_extra == {}


def test_instance_snapshot_from_create_to_delete() -> None:
    bench = Bench(Progression.instant())
    request = CreateDiskSnapshotRequest(
        disk_snapshot_name="web-backup", source=InstanceSource(instance_name="web-1")
    )
    assert [op.resource_type for op in bench.client.send(request).operations] == [
        "DiskSnapshot",
        "Instance",
    ]
    snapshot = bench.client.wait_for_disk_snapshot("web-backup")
    assert snapshot.from_instance_name == "web-1"
    assert snapshot.from_disk_name is None
    assert snapshot.tags == ()
    assert bench.clock.monotonic() == 0


def test_failed_snapshot_raises() -> None:
    polls = Progression.by_polls(operation=1, snapshot=2)
    bench = Bench(polls.with_failed_operation(resource_name="bad"))
    operation = bench.client.create_disk_snapshot("bad", DISK).operations[0]
    with pytest.raises(WaitFailedError) as failed:
        bench.client.wait_for_operation(operation)
    assert failed.value.error_code
    assert failed.value.error_details
    with pytest.raises(WaitFailedError, match="ended in error"):
        bench.client.wait_for_disk_snapshot("bad")
    assert bench.client.create_disk_snapshot("good", DISK).operations
    assert bench.client.wait_for_disk_snapshot("good").state == "completed"


def test_timed_out_wait_can_be_resumed() -> None:
    bench = Bench()
    bench.client.create_disk_snapshot("db-1", DISK)
    with pytest.raises(WaitTimeoutError) as late:
        bench.client.wait_for_disk_snapshot("db-1", timeout=10)
    assert late.value.snapshot is not None
    assert late.value.snapshot.state == "pending"
    assert bench.client.wait_for_disk_snapshot("db-1").state == "completed"


def test_name_in_use_raises(shared: Bench) -> None:
    for taken in ("Disk-Virginia-1", "web-1"):
        with pytest.raises(InvalidInputException, match="already in use") as caught:
            shared.client.create_disk_snapshot(taken, DISK)
        assert caught.value.sub_code == "NameExists"
        assert not caught.value.may_have_executed
        assert type(caught.value.__cause__).__name__ == "InvalidInputException"


@pytest.mark.parametrize(
    "call",
    [
        lambda client: client.get_disk("nothing"),
        lambda client: client.get_disk("web-1"),
        lambda client: client.get_disk_snapshot("Disk-Virginia-1"),
        lambda client: client.get_operation("00000000-0000-0000-0000-000000000000"),
        lambda client: client.wait_for_operation("nothing"),
        lambda client: client.wait_for_disk_snapshot("nothing"),
        lambda client: client.create_disk_snapshot("x1", DiskSource(disk_name="web-1")),
        lambda client: client.create_disk_snapshot("x1", InstanceSource(instance_name="none")),
    ],
)
def test_missing_resource_is_not_found(
    shared: Bench, call: Callable[[LightsailSnapClient], object]
) -> None:
    with pytest.raises(NotFoundException, match="does not exist"):
        call(shared.client)


def test_regions_are_separate(shared: Bench) -> None:
    elsewhere = LightsailSnapClient(shared.emulator.boto3_client("eu-west-1"))
    with pytest.raises(NotFoundException):
        elsewhere.get_disk("Disk-Virginia-1")
    shared.emulator.add_disk("far", region_name="eu-west-1", availability_zone="eu-west-1c")
    location = elsewhere.get_disk("far").disk.location
    assert location is not None
    assert location.region_name == "eu-west-1"
    assert location.availability_zone == "eu-west-1c"


HOSTILE_NAMES = ["", "a", "-ab", "ab-", ".ab", "ab\n", "a b!", "éé", "a" * 256, "a\x00b", "\ud800x",
                 5, None, b"ab", ["ab"], "a" * 10_000_000]  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=lambda name: repr(name)[:20])
def test_invalid_name_is_never_sent(shared: Bench, name: Any) -> None:
    before = shared.emulator.calls.total()
    with pytest.raises(RequestValidationError) as caught:
        shared.client.create_disk_snapshot(name, DISK)
    (violation,) = caught.value.errors()
    assert violation.field == "disk_snapshot_name"
    assert "2 to 255 ASCII" in violation.rule
    assert "user guide" in violation.source
    assert "choose another name" in violation.fix
    assert shared.emulator.calls.total() == before


@pytest.mark.parametrize("name", ["ab", "a1", "1a", "__", "a.b-c_d", "a" * 255])
def test_valid_name_is_sent(shared: Bench, name: str) -> None:
    assert shared.client.create_disk_snapshot(name, DISK).operations


HOSTILE_TAGS: list[Any] = [
    {"k" * 129: "v"}, {"a!": "v"}, {"": "v"}, {"aws:x": "v"}, {"k": "v" * 257}, {"k": "aws:x"},
    {"k": "line\nline"}, {"k": "😀"}, {"\ud800": "v"}, {"k": "\udfff"}, {5: "v"}, {"k": 5},
    [Tag(key="a"), Tag(key="a")], {str(number): None for number in range(51)}, "env", 5, [5],
    [{"key": "a", "worth": "b"}], [{}], [None], b"env",
]  # fmt: skip


@pytest.mark.parametrize("tags", HOSTILE_TAGS, ids=lambda tags: repr(tags)[:30])
def test_invalid_tags_are_never_sent(shared: Bench, tags: Any) -> None:
    before = shared.emulator.calls.total()
    with pytest.raises(RequestValidationError) as caught:
        shared.client.create_disk_snapshot("db-1", DISK, tags=tags)
    assert all(violation.field.startswith("tags") for violation in caught.value.errors())
    assert all(violation.source for violation in caught.value.errors())
    assert shared.emulator.calls.total() == before


@pytest.mark.parametrize("source", [None, (), (DISK, InstanceSource(instance_name="web-1")), "Disk",
                                    {}, {"kind": "disk", "disk_name": "a", "instance_name": "b"},
                                    {"kind": "tape"}, {"disk_name": "a"}], ids=repr)  # fmt: skip
def test_invalid_source_is_never_sent(shared: Bench, source: Any) -> None:
    before = shared.emulator.calls.total()
    with pytest.raises(RequestValidationError) as caught:
        shared.client.create_disk_snapshot("db-1", source)
    (violation,) = caught.value.errors()
    assert violation.field == "source"
    assert "exactly one" in violation.rule
    assert "mutually exclusive" in violation.source
    assert "DiskSource(disk_name=...)" in violation.fix
    assert shared.emulator.calls.total() == before


def test_all_violations_are_reported_at_once(shared: Bench) -> None:
    many = [Tag(key=f"k{number}") for number in range(50)] + [{"key": "a!"}, Tag(key="k0")]
    with pytest.raises(RequestValidationError) as caught:
        shared.client.create_disk_snapshot("-", None, tags=many)  # type: ignore[arg-type] # the point of it
    assert [violation.field for violation in caught.value.errors()] == [
        "disk_snapshot_name",
        "source",
        "tags[50].key",
        "tags",
        "tags[51].key",
    ]
    assert str(caught.value).isprintable()
    assert pickle.loads(pickle.dumps(caught.value)).errors() == caught.value.errors()  # noqa: S301 - our own bytes


def test_letters_of_any_script_are_sent(shared: Bench) -> None:
    tags = {"é": "日本語", "número": "٣", "a b": "+-=._:/@", "k": ""}
    shared.client.create_disk_snapshot("scripts", DISK, tags=tags)
    snapshot = shared.client.get_disk_snapshot("scripts").disk_snapshot
    assert {tag.key: tag.value for tag in snapshot.tags} == tags


@given(st.text(max_size=300) | st.integers() | st.none() | st.binary(max_size=5))
def test_any_name_raises_only_errors_of_the_tree(shared: Bench, name: Any) -> None:
    def call(call: Callable[[], object]) -> None:
        with suppress(RequestValidationError, NotFoundException, InvalidInputException):
            call()

    call(lambda: shared.client.create_disk_snapshot(name, DISK))
    call(lambda: shared.client.get_disk(name))
    call(lambda: shared.client.get_disk_snapshot(name))
    call(lambda: shared.client.get_operation(name))


def test_one_of_many_concurrent_callers_wins(shared: Bench) -> None:
    def create(_: int) -> bool:
        try:
            shared.client.create_disk_snapshot("contested", DISK)
        except InvalidInputException:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(create, range(64))) == 1


def test_boto3_client_can_be_redirected_to_the_emulator(shared: Bench) -> None:
    session = boto3.session.Session("key", "secret", region_name=REGION)
    boto = session.client("lightsail")
    shared.emulator.install(boto)
    assert LightsailSnapClient(boto).get_disk("Disk-Virginia-1").disk.size_in_gb == 32
    assert boto.get_disk(diskName="Disk-Virginia-1")["disk"]["state"] == "available"
