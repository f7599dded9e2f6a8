"""Type-check enumerations, tags, and models that others contain. This file is never run.

A line that must be rejected names the error codes: `# mypy: ... pyright: ...`.
"""

from __future__ import annotations

from typing_extensions import assert_type

from lightsail_snap import (
    AddOn,
    AutoMountStatus,
    AutoSnapshotStatus,
    Disk,
    DiskSnapshot,
    DiskSnapshotState,
    ExportSnapshotRecordSourceInfo,
    ExportSnapshotRecordSourceType,
    GetDiskResult,
    GetDiskSnapshotRequest,
    GetDiskSnapshotResult,
    GetInstanceSnapshotResult,
    GetOperationRequest,
    InstanceSnapshotState,
    IpAddressType,
    OpenEnum,
    Operation,
    OperationType,
    RecordState,
    RegionName,
    ResourceLocation,
    ResourceTag,
    ResourceType,
    RestoreSource,
    Result,
    SnapshotSource,
    Tag,
    TagList,
    TagsInput,
)


def enumerations(disk: Disk, snapshot: DiskSnapshot, operation: Operation) -> None:
    assert_type(disk.auto_mount_status, AutoMountStatus | None)
    assert_type(snapshot.state, DiskSnapshotState | None)
    assert_type(operation.operation_type, OperationType | None)
    assert_type(operation.resource_type, ResourceType | None)
    any_member: OpenEnum = DiskSnapshotState.COMPLETED
    assert_type(any_member.is_known, bool)
    AutoMountStatus(5)  # mypy: arg-type pyright: reportArgumentType
    DiskSnapshotState(5)  # mypy: arg-type pyright: reportArgumentType
    OperationType(5)  # mypy: arg-type pyright: reportArgumentType
    ResourceType(5)  # mypy: arg-type pyright: reportArgumentType
    OpenEnum(5)  # mypy: arg-type pyright: reportArgumentType
    AutoSnapshotStatus(5)  # mypy: arg-type pyright: reportArgumentType
    InstanceSnapshotState(5)  # mypy: arg-type pyright: reportArgumentType
    IpAddressType(5)  # mypy: arg-type pyright: reportArgumentType
    RecordState(5)  # mypy: arg-type pyright: reportArgumentType
    RegionName(5)  # mypy: arg-type pyright: reportArgumentType
    AddOn(name=5)  # mypy: arg-type pyright: reportArgumentType


def exported(info: ExportSnapshotRecordSourceInfo) -> None:
    assert_type(info.resource_type, ExportSnapshotRecordSourceType | None)
    ExportSnapshotRecordSourceType(5)  # mypy: arg-type pyright: reportArgumentType


def locations(snapshot: DiskSnapshot) -> None:
    assert_type(snapshot.location, ResourceLocation | None)
    ResourceLocation(availability_zone=5)  # mypy: arg-type pyright: reportArgumentType


def tags(snapshot: DiskSnapshot, listed: TagList) -> None:
    assert_type(snapshot.tags, tuple[ResourceTag, ...])
    assert_type(listed, tuple[Tag, ...])
    tags_input: TagsInput = {"env": "prod", "key-only": None}
    tags_input = [Tag(key="env")]
    ResourceTag(key=5)  # mypy: arg-type pyright: reportArgumentType
    wrong: TagsInput = {"env": 5}  # mypy: assignment pyright: reportAssignmentType
    one: TagList = Tag(key="env")  # mypy: assignment pyright: reportAssignmentType
    print(tags_input, wrong, one)


def results(result: Result, found: GetDiskResult) -> None:
    result = found
    assert_type(result.response_metadata.retry_attempts, int)
    found = Result()  # mypy: assignment pyright: reportAssignmentType


def requests() -> None:
    request = GetDiskSnapshotRequest(disk_snapshot_name="db-1")
    assert_type(request.disk_snapshot_name, str)
    GetDiskSnapshotRequest(disk_snapshot_name=5)  # mypy: arg-type pyright: reportArgumentType
    GetOperationRequest(operation_id=5)  # mypy: arg-type pyright: reportArgumentType
    found: GetDiskSnapshotResult = request  # mypy: assignment pyright: reportAssignmentType
    other: GetInstanceSnapshotResult = request  # mypy: assignment pyright: reportAssignmentType
    print(found, other)


def unions() -> None:
    source: SnapshotSource = "disk-1"  # mypy: assignment pyright: reportAssignmentType
    restored: RestoreSource = "db-1"  # mypy: assignment pyright: reportAssignmentType
    print(source, restored)
