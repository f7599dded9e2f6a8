"""The whole life of snapshots, all operations of it, through both clients on real boto3."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

import boto3.session
import pytest
from botocore.config import Config
from tests.support import create_client, run_on

from lightsail_snap import (
    AutoSnapshotSource,
    CreateDiskSnapshotRequest,
    DiskMap,
    DiskSource,
    DiskState,
    InstanceSource,
    InvalidInputException,
    LatestAutoSnapshotSource,
    ManualSnapshotSource,
    NotFoundException,
    SnapshotConflictError,
    Tag,
    VirtualClock,
)
from lightsail_snap._exports import OPERATIONS
from lightsail_snap.emulator import LightsailEmulator

HERE, THERE = "us-east-1", "us-west-2"
ZONE, FAR_ZONE = f"{HERE}a", f"{THERE}a"
DAY = 86400
DISK = DiskSource(disk_name="disk-1")


@dataclass
class State:
    """An emulator, and how to make clients of it, in one process or over HTTP."""

    clock: VirtualClock
    emulator: LightsailEmulator
    loop: str
    url: str | None

    def client(self, region: str = HERE) -> Any:
        if self.url is None:
            return create_client(self.loop, self.emulator.boto3_client(region), clock=self.clock)
        return create_client(
            self.loop,
            region_name=region,
            endpoint_url=self.url,
            session=boto3.session.Session("key", "secret"),
            config=Config(connect_timeout=5, read_timeout=20),
            clock=self.clock,
        )

    def run(self, job: Callable[[State], Coroutine[Any, Any, None]]) -> None:
        run_on(self.loop, partial(job, self))

    def do(self, name: str, **members: Any) -> None:
        """Call an operation that this library does not wrap."""
        getattr(self.emulator.boto3_client(HERE), name)(**members)


@pytest.fixture(params=["sync", "asyncio", "trio", "sync over-http", "asyncio over-http"])
def state(request: pytest.FixtureRequest) -> Iterator[State]:
    loop, _, over = request.param.partition(" ")
    clock = VirtualClock()
    with LightsailEmulator(clock=clock, page_size=2) as emulator:
        for region in (HERE, THERE):
            emulator.add_disk("disk-1", region_name=region, size_in_gb=16)
        emulator.add_instance("web-1", region_name=HERE)
        if not over:
            yield State(clock, emulator, loop, None)
            return
        with emulator.serve() as url:
            yield State(clock, emulator, loop, url)


async def listed(listing: Any) -> list[str]:
    return [item.name async for item in listing]


async def disk_snapshots(state: State, client: Any) -> None:
    result = await client.create_disk_snapshot("db-1", DISK, tags={"env": "prod", "a": None})
    operation, about_the_disk = result.operations
    assert (await client.get_operation(operation.id)).operation.id == operation.id
    assert (await client.get_disk_snapshot("db-1")).disk_snapshot.state == "pending"
    with pytest.raises(InvalidInputException) as refused:
        await client.create_disk_snapshot("db-1", DISK)
    assert refused.value.sub_code == "NameExists"
    assert (await client.wait_for_operation(operation)).is_terminal
    ended = await client.wait_for_operations([operation, about_the_disk.id])
    assert ended.keys() == {operation.id, about_the_disk.id}
    assert (await client.wait_for_disk_snapshot("db-1")).state == "completed"

    system = InstanceSource(instance_name="web-1")
    assert (await client.take_disk_snapshot("web-system", system)).from_instance_name == "web-1"
    with pytest.raises(SnapshotConflictError):
        await client.take_disk_snapshot("db-1", DISK)
    again = [
        await client.take_disk_snapshot("db-2", DISK, client_token="token-1")  # noqa: S106 - no secret
        for _ in range(2)
    ]
    assert again[0] == again[1]
    taken = await client.take_disk_snapshots(
        [
            CreateDiskSnapshotRequest(disk_snapshot_name=f"many-{number}", source=DISK)
            for number in range(3)
        ]
    )
    assert set(taken) == {"many-0", "many-1", "many-2"}
    waited = await client.wait_for_disk_snapshots(["db-1", "db-2", "many-0"])
    assert waited["many-0"] == taken["many-0"]
    assert state.clock.monotonic() > 0


async def lists(_: State, client: Any) -> None:
    names = {"db-1", "db-2", "many-0", "many-1", "many-2", "web-system"}
    listing = client.iter_disk_snapshots()
    assert set(await listed(listing)) == names
    assert await listed(listing) == await listed(listing)
    pages = [page async for page in listing.pages()]
    assert [len(page.items) for page in pages] == [2, 2, 2]
    rest = client.iter_disk_snapshots(page_token=pages[0].next_page_token)
    assert await listed(rest) == [item.name for page in pages[1:] for item in page.items]
    first = await client.get_disk_snapshots()
    second = await client.get_disk_snapshots(page_token=first.next_page_token)
    assert [first.items, second.items] == [page.items for page in pages[:2]]

    assert set(await listed(client.iter_disks())) >= {"disk-1"}
    assert (await client.get_disks()).items
    operations = [item async for item in client.iter_operations()]
    assert len(operations) > 10
    assert len((await client.get_operations()).items) == 2
    of_disk = [item async for item in client.iter_operations_for_resource("disk-1")]
    assert 2 < len(of_disk) < len(operations)
    page = await client.get_operations_for_resource("disk-1")
    assert list(page.items) == of_disk[:2]


async def tags(_: State, client: Any) -> None:
    await client.tag_resource("db-1", {"env": "test", "owner": "ops"})
    await client.untag_resource("db-1", ["a"])
    snapshot = (await client.get_disk_snapshot("db-1")).disk_snapshot
    assert set(snapshot.tags) == {Tag(key="env", value="test"), Tag(key="owner", value="ops")}


async def copies(_: State, client: Any, there: Any) -> None:
    source = ManualSnapshotSource(snapshot_name="db-1")
    (operation,) = (await there.copy_snapshot("copy-1", source, source_region=HERE)).operations
    assert operation.operation_type == "CopySnapshot"
    copied = await there.wait_for_disk_snapshot("copy-1")
    assert copied.location.region_name == THERE
    assert (await there.copy("copy-2", source, source_region=HERE)).state == "completed"
    assert set(await listed(there.iter_disk_snapshots())) == {"copy-1", "copy-2"}
    disk = await there.restore_disk(
        "far", ManualSnapshotSource(snapshot_name="copy-1"), availability_zone=FAR_ZONE
    )
    assert (disk.state, disk.size_in_gb) == ("available", 16)
    with pytest.raises(NotFoundException):
        await client.get_disk("far")


async def restored_disks(state: State, client: Any) -> None:
    source = ManualSnapshotSource(snapshot_name="db-1")
    await client.create_disk_from_snapshot(
        "restored-1", source, availability_zone=ZONE, size_in_gb=32, tags={"from": "db-1"}
    )
    disk = await client.wait_for_disk("restored-1")
    assert (disk.state, disk.size_in_gb) == ("available", 32)
    await client.attach_disk("restored-1", "web-1", disk_path="/dev/xvdf")
    disk = await client.wait_for_disk("restored-1", state=DiskState.IN_USE)
    assert (disk.attached_to, disk.path) == ("web-1", "/dev/xvdf")
    with pytest.raises(InvalidInputException, match="when the target instance is stopped"):
        await client.detach_disk("restored-1")
    state.do("stop_instance", instanceName="web-1")
    state.clock.sleep(60)
    await client.detach_disk("restored-1")
    disk = await client.wait_for_disk("restored-1")
    assert disk.attached_to is None
    await client.attach_disk("restored-1", "web-1", disk_path="/dev/xvdf")


async def instance_snapshots(_: State, client: Any) -> None:
    await client.create_instance_snapshot("image-1", "web-1", tags={"env": "prod"})
    snapshot = await client.wait_for_instance_snapshot("image-1")
    assert snapshot.from_instance_name == "web-1"
    assert "restored-1" in {disk.name for disk in snapshot.from_attached_disks}
    for number in (2, 3):
        await client.take_instance_snapshot(f"image-{number}", "web-1")
    names = {"image-1", "image-2", "image-3"}
    assert set(await client.wait_for_instance_snapshots(names)) == names
    assert set(await listed(client.iter_instance_snapshots())) == names
    assert len((await client.get_instance_snapshots()).items) == 2
    assert (await client.get_instance_snapshot("image-1")).instance_snapshot == snapshot

    result = await client.create_instances_from_snapshot(
        ["web-2", "web-3"],
        ManualSnapshotSource(snapshot_name="image-1"),
        availability_zone=ZONE,
        bundle_id="small_3_0",
        attached_disk_mapping={
            name: [DiskMap(original_disk_path="/dev/xvdf", new_disk_name=f"data-of-{name}")]
            for name in ("web-2", "web-3")
        },
    )
    assert [operation.resource_name for operation in result.operations] == ["web-2", "web-3"]
    for operation in result.operations:
        await client.wait_for_operation(operation)
    assert (await client.get_disk("data-of-web-3")).disk.attached_to == "web-3"


async def automatic_snapshots(state: State, client: Any) -> None:
    assert (await client.get_auto_snapshots("disk-1")).auto_snapshots == ()
    state.do("enable_add_on", resourceName="disk-1", addOnRequest={"addOnType": "AutoSnapshot"})
    state.clock.sleep(9 * DAY)
    made = (await client.get_auto_snapshots("disk-1")).auto_snapshots
    dates = [one.date for one in made]
    assert len(dates) == 7
    assert dates == sorted(dates, reverse=True)
    assert all(isinstance(date, dt.date) for date in dates)

    by_date = AutoSnapshotSource(resource_name="disk-1", restore_date=dates[3])
    latest = LatestAutoSnapshotSource(resource_name="disk-1")
    kept = await client.copy("kept-1", by_date, source_region=HERE)
    assert kept.is_from_auto_snapshot
    assert (await client.copy("kept-2", latest, source_region=HERE)).from_disk_name == "disk-1"
    for number, source in enumerate((by_date, latest)):
        disk = await client.restore_disk(f"auto-{number}", source, availability_zone=ZONE)
        assert disk.size_in_gb == 16
    await client.delete_auto_snapshot("disk-1", dates[3])
    left = (await client.get_auto_snapshots("disk-1")).auto_snapshots
    assert dates[3] not in {one.date for one in left}
    with pytest.raises(NotFoundException):
        await client.delete_auto_snapshot("disk-1", dates[3])
    assert (await client.get_disk_snapshot("kept-1")).disk_snapshot == kept


async def instances(_: State, client: Any) -> None:
    listed = [each.name async for each in client.iter_instances()]
    assert listed
    first_page = (await client.get_instances()).instances
    assert [each.name for each in first_page] == listed[: len(first_page)]
    for name in listed:
        instance = (await client.get_instance(name)).instance
        assert instance.name == name
        assert (await client.get_instance_state(name)).state == instance.state


async def exports(state: State, client: Any) -> None:
    since = dt.datetime.fromtimestamp(state.clock.time() - 1, dt.UTC)
    await client.export_snapshot("db-1")
    record = await client.wait_for_export("db-1", since=since)
    assert record.state == "Succeeded"
    assert record.source_info.name == "db-1"
    assert (await client.get_export_snapshot_records()).items == (record,)
    assert await listed(client.iter_export_snapshot_records()) == [record.name]


async def deletions(_: State, client: Any) -> None:
    (operation,) = (await client.delete_disk_snapshot("db-1")).operations
    assert operation.is_terminal
    await client.wait_for_disk_snapshot_deletion("db-1", timeout=timedelta(minutes=1))
    await client.delete_instance_snapshot("image-1")
    await client.wait_for_instance_snapshot_deletion("image-1")
    with pytest.raises(NotFoundException):
        await client.get_disk_snapshot("db-1")
    with pytest.raises(NotFoundException):
        await client.delete_instance_snapshot("image-1")


async def live(state: State) -> None:
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(state.client())
        there = await stack.enter_async_context(state.client(THERE))
        await disk_snapshots(state, client)
        await lists(state, client)
        await tags(state, client)
        await copies(state, client, there)
        await restored_disks(state, client)
        await instance_snapshots(state, client)
        await automatic_snapshots(state, client)
        await instances(state, client)
        await exports(state, client)
        await deletions(state, client)


@pytest.mark.sample(2)
def test_whole_life_of_snapshots(state: State) -> None:
    state.run(live)
    # The other operations were called by another client.
    calls = state.emulator.calls.keys()
    assert calls - {"StopInstance", "EnableAddOn"} <= OPERATIONS
    # The matrix of faults covers every operation; this life covers all that concern snapshots.
    assert not {name for name in OPERATIONS - calls if "Snapshot" in name}
