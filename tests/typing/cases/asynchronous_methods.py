"""What type checkers say about every method of the asynchronous client. Checked, never run.

A line that must be rejected names the error codes: `# mypy: ... pyright: ...`.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager, AbstractContextManager
from datetime import UTC, date, datetime, timedelta

from typing_extensions import assert_type

from lightsail_snap import (
    AsyncLightsailSnapClient,
    AsyncPaginator,
    AttachDiskResult,
    AutoSnapshotSource,
    Boto3Client,
    CopySnapshotResult,
    CreateDiskFromSnapshotResult,
    CreateDiskSnapshotRequest,
    CreateDiskSnapshotResult,
    CreateInstancesFromSnapshotResult,
    CreateInstanceSnapshotResult,
    DeleteAutoSnapshotResult,
    DeleteDiskSnapshotResult,
    DeleteInstanceSnapshotResult,
    DetachDiskResult,
    Disk,
    DiskSnapshot,
    DiskSource,
    DiskState,
    ExportSnapshotRecord,
    ExportSnapshotResult,
    GetAutoSnapshotsResult,
    GetDiskRequest,
    GetDiskResult,
    GetDiskSnapshotResult,
    GetDiskSnapshotsResult,
    GetDisksResult,
    GetExportSnapshotRecordsResult,
    GetInstanceSnapshotResult,
    GetInstanceSnapshotsResult,
    GetOperationResult,
    GetOperationsForResourceResult,
    GetOperationsResult,
    GroupProgress,
    InstanceSnapshot,
    InstanceSource,
    LatestAutoSnapshotSource,
    LightsailSnapClient,
    ManualSnapshotSource,
    Operation,
    PagedRequest,
    PageT,
    Request,
    ResultT,
    Tag,
    TagResourceResult,
    UntagResourceResult,
    WaitProgress,
)

DISK, INSTANCE = DiskSource(disk_name="Disk-1"), InstanceSource(instance_name="web-1")
MANUAL = ManualSnapshotSource(snapshot_name="snap-1")
LATEST = LatestAutoSnapshotSource(resource_name="Disk-1")
DAY, NOW, HOUR = date(2026, 11, 23), datetime(2026, 11, 23, tzinfo=UTC), timedelta(hours=1)
AUTO = AutoSnapshotSource(resource_name="Disk-1", restore_date=DAY)
WANTED = CreateDiskSnapshotRequest(disk_snapshot_name="db", source=DISK)
ZONE = "us-east-2a"


async def disk_snapshots(client: AsyncLightsailSnapClient) -> None:
    assert_type(await client.create_disk_snapshot("db", DISK, tags={"env": "prod"}), CreateDiskSnapshotResult)
    await client.create_disk_snapshot("db", MANUAL)  # mypy: arg-type pyright: reportArgumentType
    assert_type(await client.get_disk_snapshot("db"), GetDiskSnapshotResult)
    await client.get_disk_snapshot(DISK)  # mypy: arg-type pyright: reportArgumentType
    assert_type(await client.get_disk_snapshots(page_token=None), GetDiskSnapshotsResult)
    await client.get_disk_snapshots("token")  # mypy: call-arg pyright: reportCallIssue
    assert_type(await client.delete_disk_snapshot("db"), DeleteDiskSnapshotResult)
    await client.delete_disk_snapshot()  # mypy: call-arg pyright: reportCallIssue


async def disks(client: AsyncLightsailSnapClient) -> None:
    assert_type(await client.create_disk_from_snapshot("back", LATEST, availability_zone=ZONE, size_in_gb=8), CreateDiskFromSnapshotResult)
    await client.create_disk_from_snapshot("back", LATEST, availability_zone=ZONE)  # mypy: call-arg pyright: reportCallIssue
    assert_type(await client.attach_disk("back", "web-1", disk_path="/dev/xvdf", auto_mounting=True), AttachDiskResult)
    await client.attach_disk("back", "web-1", "/dev/xvdf")  # mypy: call-arg pyright: reportCallIssue
    assert_type(await client.detach_disk("back"), DetachDiskResult)
    await client.detach_disk("back", "web-1")  # mypy: call-arg pyright: reportCallIssue
    assert_type(await client.get_disk("back"), GetDiskResult)
    await client.get_disk(5)  # mypy: arg-type pyright: reportArgumentType
    assert_type(await client.get_disks(), GetDisksResult)
    await client.get_disks(page_token=5)  # mypy: arg-type pyright: reportArgumentType


async def instance_snapshots(client: AsyncLightsailSnapClient) -> None:
    assert_type(await client.create_instance_snapshot("web", "web-1", tags=[Tag(key="env")]), CreateInstanceSnapshotResult)
    await client.create_instance_snapshot("web", INSTANCE)  # mypy: arg-type pyright: reportArgumentType
    assert_type(await client.get_instance_snapshot("web"), GetInstanceSnapshotResult)
    await client.get_instance_snapshot(name="web")  # mypy: call-arg pyright: reportCallIssue
    assert_type(await client.get_instance_snapshots(), GetInstanceSnapshotsResult)
    await client.get_instance_snapshots(page_token=b"t")  # mypy: arg-type pyright: reportArgumentType
    assert_type(await client.delete_instance_snapshot("web"), DeleteInstanceSnapshotResult)
    await client.delete_instance_snapshot(None)  # mypy: arg-type pyright: reportArgumentType
    assert_type(await client.create_instances_from_snapshot(["web-2"], AUTO, availability_zone=ZONE, bundle_id="micro_3_0"), CreateInstancesFromSnapshotResult)
    await client.create_instances_from_snapshot(["web-2"], DISK, availability_zone=ZONE, bundle_id="b")  # mypy: arg-type pyright: reportArgumentType


async def copies_exports_and_automatic_snapshots(client: AsyncLightsailSnapClient) -> None:
    assert_type(await client.copy_snapshot("copy", MANUAL, source_region="us-east-2"), CopySnapshotResult)
    await client.copy_snapshot("copy", MANUAL)  # mypy: call-arg pyright: reportCallIssue
    assert_type(await client.export_snapshot("db"), ExportSnapshotResult)
    await client.export_snapshot(MANUAL)  # mypy: arg-type pyright: reportArgumentType
    assert_type(await client.get_export_snapshot_records(), GetExportSnapshotRecordsResult)
    await client.get_export_snapshot_records("db")  # mypy: call-arg pyright: reportCallIssue
    assert_type(await client.get_auto_snapshots("Disk-1"), GetAutoSnapshotsResult)
    await client.get_auto_snapshots()  # mypy: call-arg pyright: reportCallIssue
    assert_type(await client.delete_auto_snapshot("Disk-1", DAY), DeleteAutoSnapshotResult)
    await client.delete_auto_snapshot("Disk-1", "2026-11-23")  # mypy: arg-type pyright: reportArgumentType


async def tags_and_operations(client: AsyncLightsailSnapClient) -> None:
    assert_type(await client.tag_resource("Disk-1", {"env": "prod"}), TagResourceResult)
    await client.tag_resource("Disk-1", ["env"])  # mypy: list-item pyright: reportArgumentType
    assert_type(await client.untag_resource("Disk-1", ["env"]), UntagResourceResult)
    await client.untag_resource("Disk-1", {5: "env"})  # mypy: dict-item pyright: reportArgumentType
    assert_type(await client.get_operation("id"), GetOperationResult)
    await client.get_operation(5)  # mypy: arg-type pyright: reportArgumentType
    assert_type(await client.get_operations(), GetOperationsResult)
    await client.get_operations("Disk-1")  # mypy: call-arg pyright: reportCallIssue
    assert_type(await client.get_operations_for_resource("Disk-1", page_token="t"), GetOperationsForResourceResult)
    await client.get_operations_for_resource(DISK)  # mypy: arg-type pyright: reportArgumentType


async def waits(client: AsyncLightsailSnapClient) -> None:
    assert_type(await client.wait_for_operation("id", timeout=None), Operation)
    await client.wait_for_operation(DISK)  # mypy: arg-type pyright: reportArgumentType
    assert_type(await client.wait_for_operations(["id"], concurrency=2), dict[str, Operation])
    await client.wait_for_operations("id", concurrency="2")  # mypy: arg-type pyright: reportArgumentType
    assert_type(await client.wait_for_disk_snapshot("db", timeout=0), DiskSnapshot)
    await client.wait_for_disk_snapshot("db", timeout="soon")  # mypy: arg-type pyright: reportArgumentType
    assert_type(await client.wait_for_disk_snapshots(["db"], on_progress=print), dict[str, DiskSnapshot])
    await client.wait_for_disk_snapshots([MANUAL])  # mypy: list-item pyright: reportArgumentType
    assert_type(await client.wait_for_instance_snapshot("web", timeout=HOUR), InstanceSnapshot)
    await client.wait_for_instance_snapshot("web", 60)  # mypy: call-arg pyright: reportCallIssue
    assert_type(await client.wait_for_instance_snapshots({"web"}, timeout="policy"), dict[str, InstanceSnapshot])
    await client.wait_for_instance_snapshots(5)  # mypy: arg-type pyright: reportArgumentType
    assert_type(await client.wait_for_disk("back", state=DiskState.IN_USE), Disk)
    await client.wait_for_disk("back", state="in-use")  # mypy: arg-type pyright: reportArgumentType
    assert_type(await client.wait_for_export("db", since=NOW), ExportSnapshotRecord)
    await client.wait_for_export("db", since="today")  # mypy: arg-type pyright: reportArgumentType
    await client.wait_for_disk_snapshot_deletion("db", timeout=HOUR)
    await client.wait_for_disk_snapshot_deletion(["db"])  # mypy: arg-type pyright: reportArgumentType
    await client.wait_for_instance_snapshot_deletion("web", timeout=HOUR)
    await client.wait_for_instance_snapshot_deletion(["web"])  # mypy: arg-type pyright: reportArgumentType


async def jobs(client: AsyncLightsailSnapClient) -> None:
    assert_type(await client.take_disk_snapshot("db", DISK, client_token="t"), DiskSnapshot)
    await client.take_disk_snapshot("db", "Disk-1")  # mypy: arg-type pyright: reportArgumentType
    assert_type(await client.take_disk_snapshots([WANTED]), dict[str, DiskSnapshot])
    await client.take_disk_snapshots([DISK])  # mypy: list-item pyright: reportArgumentType
    assert_type(await client.take_instance_snapshot("web", "web-1"), InstanceSnapshot)
    await client.take_instance_snapshot("web")  # mypy: call-arg pyright: reportCallIssue
    assert_type(await client.copy("copy", AUTO, source_region="us-east-2"), DiskSnapshot | InstanceSnapshot)
    await client.copy("copy", AUTO, source_region=2)  # mypy: arg-type pyright: reportArgumentType
    assert_type(await client.restore_disk("back", LATEST, availability_zone=ZONE), Disk)
    await client.restore_disk("back", LATEST, availability_zone=ZONE, size_in_gb="8")  # mypy: arg-type pyright: reportArgumentType


def lists(client: AsyncLightsailSnapClient) -> None:
    assert_type(client.iter_disk_snapshots(), AsyncPaginator[DiskSnapshot, GetDiskSnapshotsResult])
    client.iter_disk_snapshots("t")  # mypy: call-arg pyright: reportCallIssue
    assert_type(client.iter_instance_snapshots(), AsyncPaginator[InstanceSnapshot, GetInstanceSnapshotsResult])
    client.iter_instance_snapshots(page_token=5)  # mypy: arg-type pyright: reportArgumentType
    assert_type(client.iter_disks(page_token="t"), AsyncPaginator[Disk, GetDisksResult])
    client.iter_disks(disk="a")  # mypy: call-arg pyright: reportCallIssue
    assert_type(client.iter_export_snapshot_records(), AsyncPaginator[ExportSnapshotRecord, GetExportSnapshotRecordsResult])
    client.iter_export_snapshot_records("db")  # mypy: call-arg pyright: reportCallIssue
    assert_type(client.iter_operations(), AsyncPaginator[Operation, GetOperationsResult])
    client.iter_operations(page_token=b"t")  # mypy: arg-type pyright: reportArgumentType
    assert_type(client.iter_operations_for_resource("Disk-1"), AsyncPaginator[Operation, GetOperationsForResourceResult])
    client.iter_operations_for_resource()  # mypy: call-arg pyright: reportCallIssue


async def lists_give_items_and_pages(client: AsyncLightsailSnapClient) -> None:
    async for snapshot in client.iter_disk_snapshots():
        assert_type(snapshot, DiskSnapshot)
        snapshot.disk_path  # mypy: attr-defined pyright: reportAttributeAccessIssue
    async for page in client.iter_disk_snapshots().pages():
        assert_type(page, GetDiskSnapshotsResult)
        assert_type(page.items, tuple[DiskSnapshot, ...])
        page.disks  # mypy: attr-defined pyright: reportAttributeAccessIssue
    assert_type([item async for item in client.iter_operations()], list[Operation])
    disks: AsyncPaginator[Disk, GetDisksResult] = client.iter_operations()  # mypy: assignment pyright: reportAssignmentType
    client.iter_disks()[0]  # mypy: index pyright: reportIndexIssue
    len(client.iter_disks())  # mypy: arg-type pyright: reportArgumentType
    del disks


async def results_follow_from_requests(client: AsyncLightsailSnapClient) -> None:
    assert_type(await client.send(GetDiskRequest(disk_name="a")), GetDiskResult)
    assert_type(await client.send(WANTED), CreateDiskSnapshotResult)
    await client.send(DISK)  # mypy: arg-type pyright: reportArgumentType
    (await client.send(GetDiskRequest(disk_name="a"))).operations  # mypy: attr-defined pyright: reportAttributeAccessIssue


async def sent_for_others(client: AsyncLightsailSnapClient, request: Request[ResultT]) -> ResultT:
    return await client.send(request)


async def sent_for_one_only(client: AsyncLightsailSnapClient, request: Request[ResultT]) -> GetDiskResult:
    return await client.send(request)  # mypy: arg-type pyright: reportReturnType


async def page_by_page(client: AsyncLightsailSnapClient, request: PagedRequest[PageT]) -> PageT:
    return await client.send(request)  # any: PageT is bound to pages of anything


async def not_every_request_has_pages(client: AsyncLightsailSnapClient) -> None:
    await page_by_page(client, WANTED)  # mypy: arg-type pyright: reportArgumentType


async def paused(client: AsyncLightsailSnapClient, frozen: AbstractContextManager[None]) -> None:
    await client.take_disk_snapshot("db", DISK, quiesce=frozen)
    await client.take_disk_snapshot("db", DISK, quiesce=frozen.__enter__)  # mypy: arg-type pyright: reportArgumentType


def told_of_one(progress: WaitProgress[DiskSnapshot]) -> None:
    assert_type(progress.resource, DiskSnapshot | None)
    progress.total  # mypy: attr-defined pyright: reportAttributeAccessIssue


def told_of_all(progress: GroupProgress) -> None:
    assert_type(progress.pending, int)
    progress.resource  # mypy: attr-defined pyright: reportAttributeAccessIssue


async def telling(client: AsyncLightsailSnapClient) -> None:
    await client.wait_for_disk_snapshot("db", on_progress=told_of_one)
    await client.wait_for_disk_snapshots(["db"], on_progress=told_of_all)
    await client.wait_for_disk_snapshot("db", on_progress=told_of_all)  # mypy: arg-type pyright: reportArgumentType
    await client.wait_for_disk_snapshots(["db"], on_progress=told_of_one)  # mypy: arg-type pyright: reportArgumentType
    await client.wait_for_disk("back", on_progress=told_of_one)  # mypy: arg-type pyright: reportArgumentType
    await client.take_disk_snapshot("db", DISK, on_progress=told_of_one)  # mypy: arg-type pyright: reportArgumentType


async def closing(client: AsyncLightsailSnapClient) -> None:
    await client.close()
    async with client as same:
        assert_type(same, AsyncLightsailSnapClient)
    await client.close(5)  # mypy: call-arg pyright: reportCallIssue
    client.region = "us-east-1"  # mypy: attr-defined pyright: reportAttributeAccessIssue


async def paused_asynchronously(client: AsyncLightsailSnapClient, frozen: AbstractAsyncContextManager[None]) -> None:
    await client.take_instance_snapshot("web", "web-1", quiesce=frozen)
    await client.take_instance_snapshot("web", "web-1", quiesce=frozen.__aenter__)  # mypy: arg-type pyright: reportArgumentType


def not_awaited(client: AsyncLightsailSnapClient) -> None:
    client.get_disk("a").disk  # mypy: attr-defined pyright: reportAttributeAccessIssue
    for page in client.iter_disks().pages():  # mypy: attr-defined pyright: reportGeneralTypeIssues
        del page
    with client:  # mypy: attr-defined pyright: reportGeneralTypeIssues
        pass


def connecting(boto3_client: Boto3Client) -> None:
    AsyncLightsailSnapClient(boto3_client, concurrency=2)
    AsyncLightsailSnapClient(concurrency="2")  # mypy: arg-type pyright: reportArgumentType
    LightsailSnapClient(boto3_client, concurrency=2)  # mypy: call-arg pyright: reportCallIssue
