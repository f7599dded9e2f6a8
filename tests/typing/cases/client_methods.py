"""Type-check every method of the synchronous client. This file is never run.

A line that must be rejected names the error codes: `# mypy: ... pyright: ...`.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, timedelta

from typing_extensions import assert_type

from lightsail_snap import (
    CreateInstanceSnapshotRequest,
    RebootInstanceResult,
    StopInstanceResult,
    StartInstanceResult,
    InstanceStateName,
    InstanceAttributeUpdates,
    DisableAddOnResult,
    EnableAddOnResult,
    DeleteDiskResult,
    CreateDiskResult,
    AddOnType,
    AddOnRequest,
    AttachDiskResult,
    AutoSnapshotSource,
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
    GetInstanceResult,
    GetInstanceSnapshotResult,
    GetInstanceSnapshotsResult,
    GetInstancesResult,
    GetInstanceStateResult,
    GetOperationResult,
    GetOperationsForResourceResult,
    GetOperationsResult,
    GroupProgress,
    Instance,
    InstanceSnapshot,
    InstanceSource,
    LatestAutoSnapshotSource,
    LightsailSnapClient,
    ManualSnapshotSource,
    Operation,
    PagedRequest,
    PageT,
    Paginator,
    Request,
    RescueResult,
    ResultT,
    RollBackPreview,
    RollBackResult,
    StepProgress,
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


def disk_snapshots(client: LightsailSnapClient) -> None:
    assert_type(client.create_disk_snapshot("db", DISK, tags={"env": "prod"}), CreateDiskSnapshotResult)
    client.create_disk_snapshot("db", MANUAL)  # mypy: arg-type pyright: reportArgumentType
    assert_type(client.get_disk_snapshot("db"), GetDiskSnapshotResult)
    client.get_disk_snapshot(DISK)  # mypy: arg-type pyright: reportArgumentType
    assert_type(client.get_disk_snapshots(page_token=None), GetDiskSnapshotsResult)
    client.get_disk_snapshots("token")  # mypy: call-arg pyright: reportCallIssue
    assert_type(client.delete_disk_snapshot("db"), DeleteDiskSnapshotResult)
    client.delete_disk_snapshot()  # mypy: call-arg pyright: reportCallIssue


def disks(client: LightsailSnapClient) -> None:
    assert_type(client.create_disk_from_snapshot("back", LATEST, availability_zone=ZONE, size_in_gb=8), CreateDiskFromSnapshotResult)
    client.create_disk_from_snapshot("back", LATEST, availability_zone=ZONE)  # mypy: call-arg pyright: reportCallIssue
    assert_type(client.attach_disk("back", "web-1", disk_path="/dev/xvdf", auto_mounting=True), AttachDiskResult)
    client.attach_disk("back", "web-1", "/dev/xvdf")  # mypy: call-arg pyright: reportCallIssue
    assert_type(client.detach_disk("back"), DetachDiskResult)
    client.detach_disk("back", "web-1")  # mypy: call-arg pyright: reportCallIssue
    assert_type(client.create_disk("new", availability_zone=ZONE, size_in_gb=8), CreateDiskResult)
    client.create_disk("new", ZONE, 8)  # mypy: call-arg pyright: reportCallIssue
    assert_type(client.delete_disk("new", force_delete_add_ons=True), DeleteDiskResult)
    client.delete_disk("new", True)  # mypy: call-arg pyright: reportCallIssue
    auto = AddOnRequest(add_on_type=AddOnType.AUTO_SNAPSHOT)
    assert_type(client.enable_add_on("back", auto), EnableAddOnResult)
    client.enable_add_on("back", "AutoSnapshot")  # mypy: arg-type pyright: reportArgumentType
    assert_type(client.disable_add_on("back", AddOnType.AUTO_SNAPSHOT), DisableAddOnResult)
    client.disable_add_on("back")  # mypy: call-arg pyright: reportCallIssue
    assert_type(client.get_disk("back"), GetDiskResult)
    client.get_disk(5)  # mypy: arg-type pyright: reportArgumentType
    assert_type(client.get_disks(), GetDisksResult)
    client.get_disks(page_token=5)  # mypy: arg-type pyright: reportArgumentType


def instance_snapshots(client: LightsailSnapClient) -> None:
    assert_type(client.create_instance_snapshot("web", "web-1", tags=[Tag(key="env")]), CreateInstanceSnapshotResult)
    client.create_instance_snapshot("web", INSTANCE)  # mypy: arg-type pyright: reportArgumentType
    assert_type(client.get_instance_snapshot("web"), GetInstanceSnapshotResult)
    client.get_instance_snapshot(name="web")  # mypy: call-arg pyright: reportCallIssue
    assert_type(client.get_instance_snapshots(), GetInstanceSnapshotsResult)
    client.get_instance_snapshots(page_token=b"t")  # mypy: arg-type pyright: reportArgumentType
    assert_type(client.delete_instance_snapshot("web"), DeleteInstanceSnapshotResult)
    client.delete_instance_snapshot(None)  # mypy: arg-type pyright: reportArgumentType
    assert_type(client.create_instances_from_snapshot(["web-2"], AUTO, availability_zone=ZONE, bundle_id="micro_3_0"), CreateInstancesFromSnapshotResult)
    client.create_instances_from_snapshot(["web-2"], DISK, availability_zone=ZONE, bundle_id="b")  # mypy: arg-type pyright: reportArgumentType


def instances(client: LightsailSnapClient) -> None:
    assert_type(client.start_instance("web-1", attribute_updates=InstanceAttributeUpdates(bundle_id="auto")), StartInstanceResult)
    client.start_instance("web-1", attribute_updates="small")  # mypy: arg-type pyright: reportArgumentType
    assert_type(client.stop_instance("web-1", force=True), StopInstanceResult)
    client.stop_instance("web-1", True)  # mypy: call-arg pyright: reportCallIssue
    assert_type(client.reboot_instance("web-1"), RebootInstanceResult)
    client.reboot_instance(5)  # mypy: arg-type pyright: reportArgumentType
    assert_type(client.wait_for_instance("web-1", state=InstanceStateName.STOPPED), Instance)
    client.wait_for_instance("web-1", state=5)  # mypy: arg-type pyright: reportArgumentType
    assert_type(client.get_instance("web-1"), GetInstanceResult)
    client.get_instance(INSTANCE)  # mypy: arg-type pyright: reportArgumentType
    assert_type(client.get_instance_state("web-1"), GetInstanceStateResult)
    client.get_instance_state()  # mypy: call-arg pyright: reportCallIssue
    assert_type(client.get_instances(), GetInstancesResult)
    client.get_instances(page_token=5)  # mypy: arg-type pyright: reportArgumentType


def copies_exports_and_automatic_snapshots(client: LightsailSnapClient) -> None:
    assert_type(client.copy_snapshot("copy", MANUAL, source_region="us-east-2"), CopySnapshotResult)
    client.copy_snapshot("copy", MANUAL)  # mypy: call-arg pyright: reportCallIssue
    assert_type(client.export_snapshot("db"), ExportSnapshotResult)
    client.export_snapshot(MANUAL)  # mypy: arg-type pyright: reportArgumentType
    assert_type(client.get_export_snapshot_records(), GetExportSnapshotRecordsResult)
    client.get_export_snapshot_records("db")  # mypy: call-arg pyright: reportCallIssue
    assert_type(client.get_auto_snapshots("Disk-1"), GetAutoSnapshotsResult)
    client.get_auto_snapshots()  # mypy: call-arg pyright: reportCallIssue
    assert_type(client.delete_auto_snapshot("Disk-1", DAY), DeleteAutoSnapshotResult)
    client.delete_auto_snapshot("Disk-1", "2026-11-23")  # mypy: arg-type pyright: reportArgumentType


def tags_and_operations(client: LightsailSnapClient) -> None:
    assert_type(client.tag_resource("Disk-1", {"env": "prod"}), TagResourceResult)
    client.tag_resource("Disk-1", ["env"])  # mypy: list-item pyright: reportArgumentType
    assert_type(client.untag_resource("Disk-1", ["env"]), UntagResourceResult)
    client.untag_resource("Disk-1", {5: "env"})  # mypy: dict-item pyright: reportArgumentType
    assert_type(client.get_operation("id"), GetOperationResult)
    client.get_operation(5)  # mypy: arg-type pyright: reportArgumentType
    assert_type(client.get_operations(), GetOperationsResult)
    client.get_operations("Disk-1")  # mypy: call-arg pyright: reportCallIssue
    assert_type(client.get_operations_for_resource("Disk-1", page_token="t"), GetOperationsForResourceResult)
    client.get_operations_for_resource(DISK)  # mypy: arg-type pyright: reportArgumentType


def waits(client: LightsailSnapClient) -> None:
    assert_type(client.wait_for_operation("id", timeout=None), Operation)
    client.wait_for_operation(DISK)  # mypy: arg-type pyright: reportArgumentType
    assert_type(client.wait_for_operations(["id"], concurrency=2), dict[str, Operation])
    client.wait_for_operations("id", concurrency="2")  # mypy: arg-type pyright: reportArgumentType
    assert_type(client.wait_for_disk_snapshot("db", timeout=0), DiskSnapshot)
    client.wait_for_disk_snapshot("db", timeout="soon")  # mypy: arg-type pyright: reportArgumentType
    assert_type(client.wait_for_disk_snapshots(["db"], on_progress=print), dict[str, DiskSnapshot])
    client.wait_for_disk_snapshots([MANUAL])  # mypy: list-item pyright: reportArgumentType
    assert_type(client.wait_for_instance_snapshot("web", timeout=HOUR), InstanceSnapshot)
    client.wait_for_instance_snapshot("web", 60)  # mypy: call-arg pyright: reportCallIssue
    assert_type(client.wait_for_instance_snapshots({"web"}, timeout="policy"), dict[str, InstanceSnapshot])
    client.wait_for_instance_snapshots(5)  # mypy: arg-type pyright: reportArgumentType
    assert_type(client.wait_for_disk("back", state=DiskState.IN_USE), Disk)
    client.wait_for_disk("back", state="in-use")  # mypy: arg-type pyright: reportArgumentType
    assert_type(client.wait_for_export("db", since=NOW), ExportSnapshotRecord)
    client.wait_for_export("db", since="today")  # mypy: arg-type pyright: reportArgumentType
    client.wait_for_disk_snapshot_deletion("db", timeout=HOUR)
    client.wait_for_disk_snapshot_deletion(["db"])  # mypy: arg-type pyright: reportArgumentType
    client.wait_for_instance_snapshot_deletion("web", timeout=HOUR)
    client.wait_for_instance_snapshot_deletion(["web"])  # mypy: arg-type pyright: reportArgumentType


def high_level_methods(client: LightsailSnapClient) -> None:
    image = ManualSnapshotSource(snapshot_name="web")
    assert_type(client.restore_instance("web-2", image, bundle_id="small_3_0"), Instance)
    client.restore_instance("web-2", "web")  # mypy: arg-type pyright: reportArgumentType
    several = [CreateInstanceSnapshotRequest(instance_snapshot_name="w", instance_name="web")]
    assert_type(client.take_instance_snapshots(several, concurrency=2), dict[str, InstanceSnapshot])
    client.take_instance_snapshots(["web"])  # mypy: list-item pyright: reportArgumentType
    assert_type(client.take_disk_snapshot("db", DISK, client_token="t"), DiskSnapshot)
    client.take_disk_snapshot("db", "Disk-1")  # mypy: arg-type pyright: reportArgumentType
    assert_type(client.take_disk_snapshots([WANTED]), dict[str, DiskSnapshot])
    client.take_disk_snapshots([DISK])  # mypy: list-item pyright: reportArgumentType
    assert_type(client.take_instance_snapshot("web", "web-1"), InstanceSnapshot)
    client.take_instance_snapshot("web")  # mypy: call-arg pyright: reportCallIssue
    assert_type(client.copy("copy", AUTO, source_region="us-east-2"), DiskSnapshot | InstanceSnapshot)
    client.copy("copy", AUTO, source_region=2)  # mypy: arg-type pyright: reportArgumentType
    assert_type(client.restore_disk("back", LATEST, availability_zone=ZONE), Disk)
    client.restore_disk("back", LATEST, availability_zone=ZONE, size_in_gb="8")  # mypy: arg-type pyright: reportArgumentType


def rescues(client: LightsailSnapClient) -> None:
    result = client.rescue_system_volume("web", "helper", on_progress=on_step_progress)
    assert_type(result, RescueResult)
    client.rescue_system_volume("web")  # mypy: call-arg pyright: reportCallIssue
    client.rescue_system_volume("web", "helper", "disk")  # mypy: call-arg pyright: reportCallIssue
    client.rescue_system_volume("web", "helper", on_progress=on_group_progress)  # mypy: arg-type pyright: reportArgumentType


def on_rescue(result: RescueResult) -> None:
    assert_type(result.disk, Disk)
    assert_type(result.device_path, str)
    assert_type(result.snapshot, DiskSnapshot | None)
    assert_type(result.mount_commands, tuple[str, ...])
    result.device_path = "/dev/xvdg"  # mypy: misc pyright: reportAttributeAccessIssue


def roll_backs(client: LightsailSnapClient) -> None:
    source = ManualSnapshotSource("a")
    preview = client.preview_roll_back_disk("disk", source, delete_old_disk=True)
    assert_type(preview, RollBackPreview)
    result = client.roll_back_disk("disk", source, client_token=preview.client_token)
    assert_type(result, RollBackResult)
    assert_type(client.preview_undo_roll_back_disk("disk-2"), RollBackPreview)
    undone = client.undo_roll_back_disk("disk-2", on_progress=on_step_progress)
    assert_type(undone, RollBackResult)
    client.roll_back_disk("disk")  # mypy: call-arg pyright: reportCallIssue
    client.roll_back_disk("disk", "a")  # mypy: arg-type pyright: reportArgumentType
    client.preview_roll_back_disk("disk")  # mypy: call-arg pyright: reportCallIssue
    client.preview_undo_roll_back_disk("disk-2", True)  # mypy: call-arg pyright: reportCallIssue
    client.undo_roll_back_disk("disk-2", True)  # mypy: call-arg pyright: reportCallIssue


def on_roll_back(result: RollBackResult, preview: RollBackPreview) -> None:
    assert_type(result.disk, Disk)
    assert_type(result.replaced_disk, Disk | None)
    assert_type(result.instance, Instance | None)
    assert_type(preview.steps, tuple[str, ...])
    preview.steps = ()  # mypy: misc pyright: reportAttributeAccessIssue
    result.path = "/dev/xvdg"  # mypy: misc pyright: reportAttributeAccessIssue


def finds(client: LightsailSnapClient) -> None:
    assert_type(client.find_disk_snapshot("a"), DiskSnapshot | None)
    client.find_disk_snapshot(5)  # mypy: arg-type pyright: reportArgumentType
    assert_type(client.find_instance_snapshot("a"), InstanceSnapshot | None)
    client.find_instance_snapshot()  # mypy: call-arg pyright: reportCallIssue
    assert_type(client.find_disk("a"), Disk | None)
    client.find_disk(None)  # mypy: arg-type pyright: reportArgumentType
    assert_type(client.find_instance("a"), Instance | None)
    client.find_instance(b"a")  # mypy: arg-type pyright: reportArgumentType
    assert_type(client.find_operation("a"), Operation | None)
    client.find_operation()  # mypy: call-arg pyright: reportCallIssue
    assert_type(client.region_name, str | None)
    client.region_name.upper()  # mypy: union-attr pyright: reportOptionalMemberAccess
    client.iter_disks(tags={"env": None}, state="available")
    client.iter_disks(tags="env")  # mypy: arg-type pyright: reportArgumentType


def lists(client: LightsailSnapClient) -> None:
    assert_type(client.iter_disk_snapshots(), Paginator[DiskSnapshot, GetDiskSnapshotsResult])
    client.iter_disk_snapshots(token="t")  # mypy: call-arg pyright: reportCallIssue
    assert_type(client.iter_instance_snapshots(), Paginator[InstanceSnapshot, GetInstanceSnapshotsResult])
    client.iter_instance_snapshots(page_token=5)  # mypy: arg-type pyright: reportArgumentType
    assert_type(client.iter_disks(page_token="t"), Paginator[Disk, GetDisksResult])
    client.iter_disks(disk="a")  # mypy: call-arg pyright: reportCallIssue
    assert_type(client.iter_instances(), Paginator[Instance, GetInstancesResult])
    client.iter_instances("web-1")  # mypy: call-arg,arg-type pyright: reportCallIssue
    assert_type(client.iter_export_snapshot_records(), Paginator[ExportSnapshotRecord, GetExportSnapshotRecordsResult])
    client.iter_export_snapshot_records("db")  # mypy: call-arg pyright: reportCallIssue
    assert_type(client.iter_operations(), Paginator[Operation, GetOperationsResult])
    client.iter_operations(page_token=b"t")  # mypy: arg-type pyright: reportArgumentType
    assert_type(client.iter_operations_for_resource("Disk-1"), Paginator[Operation, GetOperationsForResourceResult])
    client.iter_operations_for_resource()  # mypy: call-arg pyright: reportCallIssue


def lists_yield_items_and_pages(client: LightsailSnapClient) -> None:
    for snapshot in client.iter_disk_snapshots():
        assert_type(snapshot, DiskSnapshot)
        snapshot.disk_path  # mypy: attr-defined pyright: reportAttributeAccessIssue
    for page in client.iter_disk_snapshots().pages():
        assert_type(page, GetDiskSnapshotsResult)
        assert_type(page.items, tuple[DiskSnapshot, ...])
        page.disks  # mypy: attr-defined pyright: reportAttributeAccessIssue
    assert_type(list(client.iter_operations()), list[Operation])
    disks: Paginator[Disk, GetDisksResult] = client.iter_operations()  # mypy: assignment pyright: reportAssignmentType
    client.iter_disks()[0]  # mypy: index pyright: reportIndexIssue
    len(client.iter_disks())  # mypy: arg-type pyright: reportArgumentType
    del disks


def results_follow_from_requests(client: LightsailSnapClient) -> None:
    assert_type(client.send(GetDiskRequest(disk_name="a")), GetDiskResult)
    assert_type(client.send(WANTED), CreateDiskSnapshotResult)
    client.send(DISK)  # mypy: arg-type pyright: reportArgumentType
    result = client.send(GetDiskRequest(disk_name="a"))
    result.operations  # mypy: attr-defined pyright: reportAttributeAccessIssue


def generic_send(client: LightsailSnapClient, request: Request[ResultT]) -> ResultT:
    return client.send(request)


def generic_send_is_not_specific(client: LightsailSnapClient, request: Request[ResultT]) -> GetDiskResult:
    result = client.send(request)
    return result  # mypy: return-value pyright: reportReturnType


def send_paged(client: LightsailSnapClient, request: PagedRequest[PageT]) -> PageT:
    return client.send(request)  # any: PageT is bound to pages of any item


def unpaged_request_is_rejected(client: LightsailSnapClient) -> None:
    send_paged(client, WANTED)  # mypy: arg-type pyright: reportArgumentType


def quiesced(client: LightsailSnapClient, frozen: AbstractContextManager[None]) -> None:
    client.take_disk_snapshot("db", DISK, quiesce=frozen)
    client.take_disk_snapshot("db", DISK, quiesce=frozen.__enter__)  # mypy: arg-type pyright: reportArgumentType


def on_resource_progress(progress: WaitProgress[DiskSnapshot]) -> None:
    assert_type(progress.resource, DiskSnapshot | None)
    progress.total  # mypy: attr-defined pyright: reportAttributeAccessIssue


def on_group_progress(progress: GroupProgress) -> None:
    assert_type(progress.pending, int)
    progress.resource  # mypy: attr-defined pyright: reportAttributeAccessIssue


def on_step_progress(progress: StepProgress) -> None:
    assert_type(progress.step, int)
    progress.total  # mypy: attr-defined pyright: reportAttributeAccessIssue


def progress_callbacks(client: LightsailSnapClient) -> None:
    client.wait_for_disk_snapshot("db", on_progress=on_resource_progress)
    client.wait_for_disk_snapshots(["db"], on_progress=on_group_progress)
    client.wait_for_disk_snapshot("db", on_progress=on_group_progress)  # mypy: arg-type pyright: reportArgumentType
    client.wait_for_disk_snapshots(["db"], on_progress=on_resource_progress)  # mypy: arg-type pyright: reportArgumentType
    client.wait_for_disk("back", on_progress=on_resource_progress)  # mypy: arg-type pyright: reportArgumentType
    client.take_disk_snapshot("db", DISK, on_progress=on_resource_progress)  # mypy: arg-type pyright: reportArgumentType


def closing(client: LightsailSnapClient) -> None:
    client.close()
    with client as same:
        assert_type(same, LightsailSnapClient)
    client.close(5)  # mypy: call-arg pyright: reportCallIssue
    client.region = "us-east-1"  # mypy: attr-defined pyright: reportAttributeAccessIssue
