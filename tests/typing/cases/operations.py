"""Type-check the request and the result of each operation. This file is never run.

A line that must be rejected names the error codes: `# mypy: ... pyright: ...`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from typing_extensions import assert_never, assert_type

from lightsail_snap import (
    AddOn,
    AddOnRequest,
    AddOnType,
    AttachDiskRequest,
    AttachDiskResult,
    AttachedDisk,
    AutoSnapshotAddOnRequest,
    AutoSnapshotDetails,
    AutoSnapshotSource,
    AutoSnapshotStatus,
    CopySnapshotRequest,
    CopySnapshotResult,
    CreateDiskFromSnapshotRequest,
    CreateDiskFromSnapshotResult,
    CreateDiskRequest,
    CreateDiskResult,
    CreateInstancesFromSnapshotRequest,
    CreateInstancesFromSnapshotResult,
    CreateInstanceSnapshotRequest,
    CreateInstanceSnapshotResult,
    DeleteAutoSnapshotRequest,
    DeleteAutoSnapshotResult,
    DeleteDiskRequest,
    DeleteDiskResult,
    DeleteDiskSnapshotRequest,
    DeleteDiskSnapshotResult,
    DeleteInstanceSnapshotRequest,
    DeleteInstanceSnapshotResult,
    DestinationInfo,
    DetachDiskRequest,
    DetachDiskResult,
    DisableAddOnRequest,
    DisableAddOnResult,
    Disk,
    DiskInfo,
    DiskMap,
    DiskSnapshot,
    DiskSnapshotInfo,
    DiskSource,
    EnableAddOnRequest,
    EnableAddOnResult,
    ExportSnapshotRecord,
    ExportSnapshotRecordSourceInfo,
    ExportSnapshotRequest,
    ExportSnapshotResult,
    GetAutoSnapshotsRequest,
    GetAutoSnapshotsResult,
    GetDiskSnapshotsRequest,
    GetDiskSnapshotsResult,
    GetDisksRequest,
    GetDisksResult,
    GetExportSnapshotRecordsRequest,
    GetExportSnapshotRecordsResult,
    GetInstanceSnapshotRequest,
    GetInstanceSnapshotResult,
    GetInstanceSnapshotsRequest,
    GetInstanceSnapshotsResult,
    GetOperationsForResourceRequest,
    GetOperationsForResourceResult,
    GetOperationsRequest,
    GetOperationsResult,
    InstanceSnapshot,
    InstanceSnapshotInfo,
    InstanceSnapshotState,
    IpAddressType,
    LatestAutoSnapshotSource,
    ManualSnapshotSource,
    Operation,
    PagedRequest,
    PagedResult,
    RecordState,
    RegionName,
    Request,
    RestoreSource,
    ResultT,
    StopInstanceOnIdleRequest,
    Tag,
    TagResourceRequest,
    TagResourceResult,
    UntagResourceRequest,
    UntagResourceResult,
)

DAY = date(2026, 11, 23)
ZONE = "us-east-2a"


def sent(request: Request[ResultT]) -> ResultT:
    """Stand for whatever sends a request."""
    raise NotImplementedError(request)


# The three sources of a restore, each with what the others lack.
manual = ManualSnapshotSource(snapshot_name="snap-1")
auto = AutoSnapshotSource(resource_name="Disk-1", restore_date=DAY)
latest = LatestAutoSnapshotSource(resource_name="Disk-1")
ManualSnapshotSource(resource_name="Disk-1")  # mypy: call-arg pyright: reportCallIssue
AutoSnapshotSource(resource_name="Disk-1")  # mypy: call-arg pyright: reportCallIssue
AutoSnapshotSource(resource_name="Disk-1", restore_date="soon")  # mypy: arg-type pyright: reportArgumentType
LatestAutoSnapshotSource(resource_name="Disk-1", restore_date=DAY)  # mypy: call-arg pyright: reportCallIssue
manual.snapshot_name = "other"  # mypy: misc pyright: reportAttributeAccessIssue


def narrowed_by_kind(source: RestoreSource) -> str:
    assert_type(source.kind, Literal["manual", "auto", "latest-auto"])
    if source.kind == "manual":
        assert_type(source, ManualSnapshotSource)
        source.restore_date  # mypy: attr-defined pyright: reportAttributeAccessIssue
        return source.snapshot_name
    if source.kind == "auto":
        assert_type(source, AutoSnapshotSource)
        assert_type(source.restore_date, date)
        return source.resource_name
    assert_type(source, LatestAutoSnapshotSource)
    source.snapshot_name  # mypy: attr-defined pyright: reportAttributeAccessIssue
    return source.resource_name


def exhausted(source: RestoreSource) -> str:
    match source:
        case ManualSnapshotSource(snapshot_name=name):
            return name
        case AutoSnapshotSource(resource_name=name):
            return name
        case LatestAutoSnapshotSource(resource_name=name):
            return name
        case _:
            assert_never(source)


def not_exhausted(source: RestoreSource) -> str:
    match source:
        case ManualSnapshotSource(snapshot_name=name):
            return name
        case AutoSnapshotSource(resource_name=name):
            return name
        case _:
            assert_never(source)  # mypy: arg-type pyright: reportArgumentType


# Parts of requests.
daily = AutoSnapshotAddOnRequest(snapshot_time_of_day="06:00")
AutoSnapshotAddOnRequest(snapshot_time_of_day=6)  # mypy: arg-type pyright: reportArgumentType
idle = StopInstanceOnIdleRequest(threshold="5", duration="30")
StopInstanceOnIdleRequest(threshold=5)  # mypy: arg-type pyright: reportArgumentType
add_on = AddOnRequest(add_on_type=AddOnType.AUTO_SNAPSHOT, auto_snapshot_add_on_request=daily)
AddOnRequest(auto_snapshot_add_on_request=daily)  # mypy: call-arg pyright: reportCallIssue
AddOnRequest(add_on_type=AddOnType.AUTO_SNAPSHOT, stop_instance_on_idle_request=daily)  # mypy: arg-type pyright: reportArgumentType
data_disk = DiskMap(original_disk_path="/dev/xvdf", new_disk_name="data-2")
DiskMap(new_disk_name=2)  # mypy: arg-type pyright: reportArgumentType


def disks_from_snapshots() -> None:
    request = CreateDiskFromSnapshotRequest(
        disk_name="back", source=latest, availability_zone=ZONE, size_in_gb=8, add_ons=[add_on]
    )
    assert_type(sent(request), CreateDiskFromSnapshotResult)
    assert_type(sent(request).operations, tuple[Operation, ...])
    assert_type(request.source, ManualSnapshotSource | AutoSnapshotSource | LatestAutoSnapshotSource)
    assert_type(request.tags, tuple[Tag, ...])
    assert_type(request.add_ons, tuple[AddOnRequest, ...])
    CreateDiskFromSnapshotRequest(disk_name="back", source=manual, availability_zone=ZONE, size_in_gb=8, tags={"env": None})
    CreateDiskFromSnapshotRequest(disk_name="back", source=manual, availability_zone=ZONE)  # mypy: call-arg pyright: reportCallIssue
    CreateDiskFromSnapshotRequest(disk_name="back", source=manual, availability_zone=ZONE, size_in_gb="8")  # mypy: arg-type pyright: reportArgumentType
    CreateDiskFromSnapshotRequest(disk_name="back", source="snap-1", availability_zone=ZONE, size_in_gb=8)  # mypy: arg-type pyright: reportArgumentType
    CreateDiskFromSnapshotRequest(disk_name="back", source=DiskSource(disk_name="a"), availability_zone=ZONE, size_in_gb=8)  # mypy: arg-type pyright: reportArgumentType
    CreateDiskFromSnapshotRequest(disk_name="back", source=manual, availability_zone=ZONE, size_in_gb=8, tags={"env": 5})  # mypy: arg-type pyright: reportArgumentType
    CreateDiskFromSnapshotRequest(disk_name="back", source=manual, availability_zone=ZONE, size_in_gb=8, add_ons=add_on)  # mypy: arg-type pyright: reportArgumentType
    sent(request).disk  # mypy: attr-defined pyright: reportAttributeAccessIssue


def instances_from_snapshots() -> None:
    request = CreateInstancesFromSnapshotRequest(
        instance_names=["web-2"],
        source=auto,
        availability_zone=ZONE,
        bundle_id="micro_3_0",
        attached_disk_mapping={"web-2": [data_disk]},
        ip_address_type=IpAddressType.DUALSTACK,
    )
    assert_type(sent(request), CreateInstancesFromSnapshotResult)
    assert_type(request.instance_names, tuple[str, ...])
    assert_type(request.attached_disk_mapping, Mapping[str, tuple[DiskMap, ...]])
    assert_type(request.ip_address_type, IpAddressType | None)
    CreateInstancesFromSnapshotRequest(instance_names=5, source=auto, availability_zone=ZONE, bundle_id="b")  # mypy: arg-type pyright: reportArgumentType
    CreateInstancesFromSnapshotRequest(instance_names=["a"], availability_zone=ZONE, bundle_id="b")  # mypy: call-arg pyright: reportCallIssue
    CreateInstancesFromSnapshotRequest(instance_names=["a"], source=auto, availability_zone=ZONE, bundle_id="b", attached_disk_mapping={"a": data_disk})  # mypy: dict-item pyright: reportArgumentType
    request.attached_disk_mapping["web-3"] = ()  # mypy: index pyright: reportIndexIssue
    sent(request).instances  # mypy: attr-defined pyright: reportAttributeAccessIssue


def copies() -> None:
    request = CopySnapshotRequest(target_snapshot_name="copy", source=manual, source_region=RegionName.US_EAST_2)
    assert_type(sent(request), CopySnapshotResult)
    assert_type(request.source_region, str)
    CopySnapshotRequest(target_snapshot_name="copy", source=auto, source_region="us-east-2")
    CopySnapshotRequest(target_snapshot_name="copy", source=manual)  # mypy: call-arg pyright: reportCallIssue
    CopySnapshotRequest(target_snapshot_name="copy", source=manual, source_region=2)  # mypy: arg-type pyright: reportArgumentType
    sent(request).snapshot  # mypy: attr-defined pyright: reportAttributeAccessIssue


def disk_snapshots() -> None:
    assert_type(sent(DeleteDiskSnapshotRequest(disk_snapshot_name="snap-1")), DeleteDiskSnapshotResult)
    DeleteDiskSnapshotRequest(disk_snapshot_name=None)  # mypy: arg-type pyright: reportArgumentType
    sent(DeleteDiskSnapshotRequest(disk_snapshot_name="snap-1")).disk_snapshot  # mypy: attr-defined pyright: reportAttributeAccessIssue
    page = sent(GetDiskSnapshotsRequest())
    assert_type(page, GetDiskSnapshotsResult)
    assert_type(page.items, tuple[DiskSnapshot, ...])
    assert_type(page.next_page_token, str | None)
    GetDiskSnapshotsRequest(page_token=page.next_page_token)
    GetDiskSnapshotsRequest(page_token=2)  # mypy: arg-type pyright: reportArgumentType
    page.snapshots  # mypy: attr-defined pyright: reportAttributeAccessIssue


def instance_snapshots() -> None:
    created = sent(CreateInstanceSnapshotRequest(instance_snapshot_name="snap-1", instance_name="web-1", tags={"env": "prod"}))
    assert_type(created, CreateInstanceSnapshotResult)
    CreateInstanceSnapshotRequest(instance_snapshot_name="snap-1")  # mypy: call-arg pyright: reportCallIssue
    created.instance_snapshot  # mypy: attr-defined pyright: reportAttributeAccessIssue
    snapshot = sent(GetInstanceSnapshotRequest(instance_snapshot_name="snap-1")).instance_snapshot
    assert_type(sent(GetInstanceSnapshotRequest(instance_snapshot_name="snap-1")), GetInstanceSnapshotResult)
    assert_type(snapshot, InstanceSnapshot)
    assert_type(snapshot.state, InstanceSnapshotState | None)
    assert_type(snapshot.from_attached_disks, tuple[Disk, ...])
    snapshot.from_disk_name  # mypy: attr-defined pyright: reportAttributeAccessIssue
    GetInstanceSnapshotRequest(name="snap-1")  # mypy: call-arg pyright: reportCallIssue
    assert_type(sent(DeleteInstanceSnapshotRequest(instance_snapshot_name="snap-1")), DeleteInstanceSnapshotResult)
    DeleteInstanceSnapshotRequest(instance_name="web-1")  # mypy: call-arg pyright: reportCallIssue
    sent(DeleteInstanceSnapshotRequest(instance_snapshot_name="snap-1")).items  # mypy: attr-defined pyright: reportAttributeAccessIssue
    page = sent(GetInstanceSnapshotsRequest(page_token=None))
    assert_type(page, GetInstanceSnapshotsResult)
    assert_type(page.items, tuple[InstanceSnapshot, ...])
    GetInstanceSnapshotsRequest(page=2)  # mypy: call-arg pyright: reportCallIssue
    page.disk_snapshots  # mypy: attr-defined pyright: reportAttributeAccessIssue


def disks() -> None:
    attached = sent(AttachDiskRequest(disk_name="a", instance_name="b", disk_path="/dev/xvdf"))
    assert_type(attached, AttachDiskResult)
    AttachDiskRequest(disk_name="a", instance_name="b")  # mypy: call-arg pyright: reportCallIssue
    AttachDiskRequest(disk_name="a", instance_name="b", disk_path="/dev/xvdf", auto_mounting="yes")  # mypy: arg-type pyright: reportArgumentType
    attached.disk  # mypy: attr-defined pyright: reportAttributeAccessIssue
    detached = sent(DetachDiskRequest(disk_name="a"))
    assert_type(detached, DetachDiskResult)
    DetachDiskRequest(disk_name="a", instance_name="b")  # mypy: call-arg pyright: reportCallIssue
    detached.disk  # mypy: attr-defined pyright: reportAttributeAccessIssue
    page = sent(GetDisksRequest())
    assert_type(page, GetDisksResult)
    assert_type(page.items, tuple[Disk, ...])
    assert_type(page.disks[0].add_ons, tuple[AddOn, ...])
    GetDisksRequest(page_token=b"t")  # mypy: arg-type pyright: reportArgumentType
    page.disk  # mypy: attr-defined pyright: reportAttributeAccessIssue


def disks_without_snapshots() -> None:
    created = sent(CreateDiskRequest(disk_name="new", availability_zone="us-east-1a", size_in_gb=8, tags={"env": None}))
    assert_type(created, CreateDiskResult)
    CreateDiskRequest(disk_name="new", availability_zone="us-east-1a")  # mypy: call-arg pyright: reportCallIssue
    deleted = sent(DeleteDiskRequest(disk_name="new", force_delete_add_ons=True))
    assert_type(deleted, DeleteDiskResult)
    DeleteDiskRequest(disk_name=5)  # mypy: arg-type pyright: reportArgumentType
    CreateDiskResult(operations=5)  # mypy: arg-type pyright: reportArgumentType
    DeleteDiskResult(operations=5)  # mypy: arg-type pyright: reportArgumentType


def add_ons() -> None:
    wanted = AddOnRequest(add_on_type=AddOnType.AUTO_SNAPSHOT)
    enabled = sent(EnableAddOnRequest(resource_name="disk-1", add_on_request=wanted))
    assert_type(enabled, EnableAddOnResult)
    EnableAddOnRequest(resource_name="disk-1", add_on_request="AutoSnapshot")  # mypy: arg-type pyright: reportArgumentType
    disabled = sent(DisableAddOnRequest(resource_name="disk-1", add_on_type=AddOnType.AUTO_SNAPSHOT))
    assert_type(disabled, DisableAddOnResult)
    DisableAddOnRequest(resource_name="disk-1")  # mypy: call-arg pyright: reportCallIssue
    EnableAddOnResult(operations=5)  # mypy: arg-type pyright: reportArgumentType
    DisableAddOnResult(operations=5)  # mypy: arg-type pyright: reportArgumentType


def automatic_snapshots() -> None:
    found = sent(GetAutoSnapshotsRequest(resource_name="Disk-1"))
    assert_type(found, GetAutoSnapshotsResult)
    assert_type(found.auto_snapshots, tuple[AutoSnapshotDetails, ...])
    one = found.auto_snapshots[0]
    assert_type(one.date, date | None)
    assert_type(one.created_at, datetime | None)
    assert_type(one.status, AutoSnapshotStatus | None)
    assert_type(one.from_attached_disks, tuple[AttachedDisk, ...])
    assert_type(one.from_attached_disks[0].size_in_gb, int | None)
    one.from_attached_disks[0].name  # mypy: attr-defined pyright: reportAttributeAccessIssue
    GetAutoSnapshotsRequest()  # mypy: call-arg pyright: reportCallIssue
    found.items  # mypy: attr-defined pyright: reportAttributeAccessIssue
    one.name  # mypy: attr-defined pyright: reportAttributeAccessIssue
    deleted = sent(DeleteAutoSnapshotRequest(resource_name="Disk-1", date=DAY))
    assert_type(deleted, DeleteAutoSnapshotResult)
    DeleteAutoSnapshotRequest(resource_name="Disk-1", date=one.date)  # mypy: arg-type pyright: reportArgumentType
    DeleteAutoSnapshotRequest(resource_name="Disk-1", date="2026-11-23")  # mypy: arg-type pyright: reportArgumentType
    deleted.auto_snapshots  # mypy: attr-defined pyright: reportAttributeAccessIssue


def exports() -> None:
    exported = sent(ExportSnapshotRequest(source_snapshot_name="snap-1"))
    assert_type(exported, ExportSnapshotResult)
    ExportSnapshotRequest(source=manual)  # mypy: call-arg pyright: reportCallIssue
    exported.export_snapshot_records  # mypy: attr-defined pyright: reportAttributeAccessIssue
    page = sent(GetExportSnapshotRecordsRequest())
    assert_type(page, GetExportSnapshotRecordsResult)
    assert_type(page.items, tuple[ExportSnapshotRecord, ...])
    GetExportSnapshotRecordsRequest("token")  # mypy: call-arg pyright: reportCallIssue
    page.records  # mypy: attr-defined pyright: reportAttributeAccessIssue
    record = page.items[0]
    assert_type(record.state, RecordState | None)
    assert_type(record.destination_info, DestinationInfo | None)
    record.tags  # mypy: attr-defined pyright: reportAttributeAccessIssue
    record.destination_info.id  # mypy: union-attr pyright: reportOptionalMemberAccess
    assert_type(record.source_info, ExportSnapshotRecordSourceInfo | None)
    if record.source_info is not None:
        assert_type(record.source_info.disk_snapshot_info, DiskSnapshotInfo | None)
        assert_type(record.source_info.instance_snapshot_info, InstanceSnapshotInfo | None)
        record.source_info.size_in_gb  # mypy: attr-defined pyright: reportAttributeAccessIssue


def exported_disks(disk: DiskSnapshotInfo, instance: InstanceSnapshotInfo, creation: DestinationInfo) -> None:
    assert_type(disk.size_in_gb, int | None)
    assert_type(instance.from_disk_info, tuple[DiskInfo, ...])
    assert_type(instance.from_disk_info[0].is_system_disk, bool | None)
    assert_type(creation.service, str | None)
    disk.name  # mypy: attr-defined pyright: reportAttributeAccessIssue
    instance.from_disk_info[0].state  # mypy: attr-defined pyright: reportAttributeAccessIssue
    instance.name  # mypy: attr-defined pyright: reportAttributeAccessIssue
    creation.name  # mypy: attr-defined pyright: reportAttributeAccessIssue


def tags() -> None:
    tagged = sent(TagResourceRequest(resource_name="Disk-1", tags=[Tag(key="env")]))
    assert_type(tagged, TagResourceResult)
    TagResourceRequest(resource_name="Disk-1")  # mypy: call-arg pyright: reportCallIssue
    TagResourceRequest(resource_name="Disk-1", tags=["env"])  # mypy: list-item pyright: reportArgumentType
    TagResourceRequest(resource_name="Disk-1", tags=None)  # mypy: arg-type pyright: reportArgumentType
    tagged.tags  # mypy: attr-defined pyright: reportAttributeAccessIssue
    untagged = sent(UntagResourceRequest(resource_name="Disk-1", tag_keys=("env",)))
    assert_type(untagged, UntagResourceResult)
    UntagResourceRequest(resource_name="Disk-1", tags={"env": None})  # mypy: call-arg pyright: reportCallIssue
    UntagResourceRequest(resource_name="Disk-1", tag_keys=[5])  # mypy: list-item pyright: reportArgumentType
    untagged.tags  # mypy: attr-defined pyright: reportAttributeAccessIssue


def operations() -> None:
    page = sent(GetOperationsRequest(page_token="t"))
    assert_type(page, GetOperationsResult)
    assert_type(page.items, tuple[Operation, ...])
    GetOperationsRequest(resource_name="Disk-1")  # mypy: call-arg pyright: reportCallIssue
    page.operation  # mypy: attr-defined pyright: reportAttributeAccessIssue
    about = sent(GetOperationsForResourceRequest(resource_name="Disk-1"))
    assert_type(about, GetOperationsForResourceResult)
    assert_type(about.items, tuple[Operation, ...])
    GetOperationsForResourceRequest(page_token="t")  # mypy: call-arg pyright: reportCallIssue
    about.resource_name  # mypy: attr-defined pyright: reportAttributeAccessIssue


def pages_are_one_family(request: PagedRequest[GetDisksResult]) -> None:
    assert_type(sent(request), GetDisksResult)
    bound: PagedRequest[GetDisksResult] = GetDisksRequest()
    response = sent(bound)
    page: PagedResult[Disk] = response
    assert_type(page.items, tuple[Disk, ...])
    other: PagedRequest[GetDisksResult] = GetOperationsRequest()  # mypy: assignment pyright: reportAssignmentType
    snapshots: PagedResult[DiskSnapshot] = page  # mypy: assignment pyright: reportAssignmentType
    del other, snapshots
