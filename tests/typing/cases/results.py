"""Type-check positional fields and the computed properties of results. This file is never run.

A line that must be rejected names the error codes: `# mypy: ... pyright: ...`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from typing_extensions import assert_type

from lightsail_snap import (
    AutoSnapshotSource,
    Disk,
    DiskSnapshot,
    DiskSource,
    ExportSnapshotRecord,
    GetDiskRequest,
    InstanceSnapshot,
    InstanceSource,
    LatestAutoSnapshotSource,
    ManualSnapshotSource,
    Operation,
    ResourceTag,
    Tag,
)
from lightsail_snap.models import InstanceDisk

DATE = dt.date(2026, 11, 23)

assert_type(DiskSource("Disk-1"), DiskSource)
assert_type(InstanceSource("Web-1"), InstanceSource)
assert_type(ManualSnapshotSource("db-1"), ManualSnapshotSource)
assert_type(AutoSnapshotSource("Disk-1", DATE), AutoSnapshotSource)
assert_type(LatestAutoSnapshotSource("Disk-1"), LatestAutoSnapshotSource)
assert_type(Tag("env", "prod"), Tag)
assert_type(ResourceTag("env"), ResourceTag)
DiskSource(5)  # mypy: arg-type pyright: reportArgumentType
InstanceSource("Web-1", "Web-2")  # mypy: call-arg,arg-type pyright: reportCallIssue
ManualSnapshotSource(name="db-1")  # mypy: call-arg pyright: reportCallIssue
AutoSnapshotSource("Disk-1")  # mypy: call-arg pyright: reportCallIssue
LatestAutoSnapshotSource()  # mypy: call-arg pyright: reportCallIssue
Tag("env", "prod", "db")  # mypy: call-arg pyright: reportCallIssue
ResourceTag()  # mypy: call-arg pyright: reportCallIssue
GetDiskRequest("Disk-1")  # mypy: call-arg pyright: reportCallIssue


def is_name(name: str) -> str:
    return name


def states(
    snapshot: DiskSnapshot,
    instance_snapshot: InstanceSnapshot,
    record: ExportSnapshotRecord,
    operation: Operation,
    disk: Disk,
    system_disk: InstanceDisk,
) -> None:
    assert_type(snapshot.is_completed, bool)
    is_name(snapshot.is_completed)  # mypy: arg-type pyright: reportArgumentType
    assert_type(snapshot.is_failed, bool)
    is_name(snapshot.is_failed)  # mypy: arg-type pyright: reportArgumentType
    assert_type(snapshot.is_pending, bool)
    is_name(snapshot.is_pending)  # mypy: arg-type pyright: reportArgumentType
    assert_type(instance_snapshot.is_completed, bool)
    is_name(instance_snapshot.is_completed)  # mypy: arg-type pyright: reportArgumentType
    assert_type(instance_snapshot.is_failed, bool)
    is_name(instance_snapshot.is_failed)  # mypy: arg-type pyright: reportArgumentType
    assert_type(instance_snapshot.is_pending, bool)
    is_name(instance_snapshot.is_pending)  # mypy: arg-type pyright: reportArgumentType
    assert_type(record.is_completed, bool)
    is_name(record.is_completed)  # mypy: arg-type pyright: reportArgumentType
    assert_type(record.is_failed, bool)
    is_name(record.is_failed)  # mypy: arg-type pyright: reportArgumentType
    assert_type(record.is_pending, bool)
    is_name(record.is_pending)  # mypy: arg-type pyright: reportArgumentType
    assert_type(operation.is_completed, bool)
    is_name(operation.is_completed)  # mypy: arg-type pyright: reportArgumentType
    assert_type(operation.is_failed, bool)
    is_name(operation.is_failed)  # mypy: arg-type pyright: reportArgumentType
    assert_type(operation.is_pending, bool)
    is_name(operation.is_pending)  # mypy: arg-type pyright: reportArgumentType
    assert_type(disk.is_available, bool)
    is_name(disk.is_available)  # mypy: arg-type pyright: reportArgumentType
    assert_type(disk.is_in_use, bool)
    is_name(disk.is_in_use)  # mypy: arg-type pyright: reportArgumentType
    assert_type(disk.is_failed, bool)
    is_name(disk.is_failed)  # mypy: arg-type pyright: reportArgumentType
    assert_type(system_disk.is_available, bool)
    is_name(system_disk.is_available)  # mypy: arg-type pyright: reportArgumentType
    snapshot.is_complete  # mypy: attr-defined pyright: reportAttributeAccessIssue


def tags(resource: Disk, disk: InstanceDisk) -> None:
    assert_type(resource.tag_values, Mapping[str, str | None])
    assert_type(disk.tag_values.get("env") == "prod", bool)
    resource.tag_values["env"] = "prod"  # mypy: index pyright: reportIndexIssue
    disk.tag_values["env"] = "prod"  # mypy: index pyright: reportIndexIssue


def sources(snapshot: DiskSnapshot, instance_snapshot: InstanceSnapshot) -> None:
    assert_type(snapshot.source, DiskSource | InstanceSource | None)
    assert_type(instance_snapshot.source, InstanceSource | None)
    is_name(snapshot.source)  # mypy: arg-type pyright: reportArgumentType
    is_name(instance_snapshot.source)  # mypy: arg-type pyright: reportArgumentType


def describe(snapshot: DiskSnapshot) -> str:
    match snapshot.source:
        case DiskSource(disk_name=name):
            return f"disk {name}"
        case InstanceSource(instance_name=name):
            return f"system volume of {name}"
        case None:
            return "unknown"
