"""Type-check requests. This file is never run.

A line that must be rejected names the error codes: `# mypy: ... pyright: ...`.
"""

from __future__ import annotations

from typing_extensions import assert_never, assert_type

from lightsail_snap import (
    CreateDiskSnapshotRequest,
    CreateDiskSnapshotResult,
    DiskSource,
    GetDiskSnapshotResult,
    GetOperationRequest,
    GetOperationResult,
    InstanceSource,
    LightsailSnapClient,
    Operation,
    OperationStatus,
    Request,
    SnapshotSource,
    Tag,
)

disk = DiskSource(disk_name="Disk-Virginia-1")
instance = InstanceSource(instance_name="web-1")

# Accepted: one source, and tags in each form.
CreateDiskSnapshotRequest(disk_snapshot_name="db", source=disk)
CreateDiskSnapshotRequest(disk_snapshot_name="db", source=instance, tags={"env": "prod", "k": None})
CreateDiskSnapshotRequest(disk_snapshot_name="db", source=disk, tags=[Tag(key="env")])
CreateDiskSnapshotRequest(disk_snapshot_name="db", source=disk, tags=(Tag(key="k", value="v"),))
CreateDiskSnapshotRequest(disk_snapshot_name="db", source=disk, tags=None)

# Rejected: both sources, no source, no name.
CreateDiskSnapshotRequest(disk_snapshot_name="db", source=(disk, instance))  # mypy: arg-type pyright: reportArgumentType
CreateDiskSnapshotRequest(disk_snapshot_name="db", source=disk, instance_source=instance)  # mypy: call-arg pyright: reportCallIssue
DiskSource(disk_name="a", instance_name="b")  # mypy: call-arg pyright: reportCallIssue
CreateDiskSnapshotRequest(disk_snapshot_name="db")  # mypy: call-arg pyright: reportCallIssue
CreateDiskSnapshotRequest(source=disk)  # mypy: call-arg pyright: reportCallIssue
CreateDiskSnapshotRequest(disk_snapshot_name=5, source=disk)  # mypy: arg-type pyright: reportArgumentType
CreateDiskSnapshotRequest(disk_snapshot_name="db", source="Disk-1")  # mypy: arg-type pyright: reportArgumentType
CreateDiskSnapshotRequest(disk_snapshot_name="db", source=None)  # mypy: arg-type pyright: reportArgumentType

# Rejected: tags of the wrong kind.
CreateDiskSnapshotRequest(disk_snapshot_name="db", source=disk, tags={"env": 5})  # mypy: arg-type pyright: reportArgumentType
CreateDiskSnapshotRequest(disk_snapshot_name="db", source=disk, tags=[5])  # mypy: list-item pyright: reportArgumentType
CreateDiskSnapshotRequest(disk_snapshot_name="db", source=disk, tags=["env"])  # mypy: list-item pyright: reportArgumentType
Tag(key="env", value=5)  # mypy: arg-type pyright: reportArgumentType
Tag(value="prod")  # mypy: call-arg pyright: reportCallIssue

# Rejected: models are frozen.
disk.disk_name = "other"  # mypy: misc pyright: reportAttributeAccessIssue


def narrowed_by_the_discriminator(source: SnapshotSource) -> str:
    if source.kind == "disk":
        assert_type(source, DiskSource)
        return source.disk_name
    assert_type(source, InstanceSource)
    return source.disk_name  # mypy: attr-defined,no-any-return pyright: reportAttributeAccessIssue


def exhausted(source: SnapshotSource) -> str:
    match source:
        case DiskSource(disk_name=name):
            return name
        case InstanceSource(instance_name=name):
            return name
        case _:
            assert_never(source)


def not_exhausted(source: SnapshotSource) -> str:
    match source:
        case DiskSource(disk_name=name):
            return name
        case _:
            assert_never(source)  # mypy: arg-type pyright: reportArgumentType


def results_follow_from_requests(client: LightsailSnapClient) -> None:
    request = CreateDiskSnapshotRequest(disk_snapshot_name="db", source=disk)
    assert_type(client.send(request), CreateDiskSnapshotResult)
    assert_type(client.send(GetOperationRequest(operation_id="x")), GetOperationResult)
    assert_type(client.send(request).operations, tuple[Operation, ...])
    assert_type(client.get_disk_snapshot("db"), GetDiskSnapshotResult)
    bound: Request[CreateDiskSnapshotResult] = request
    other: Request[GetOperationResult] = request  # mypy: assignment pyright: reportAssignmentType
    client.send("db")  # mypy: arg-type pyright: reportArgumentType
    client.send(request).snapshot  # mypy: attr-defined pyright: reportAttributeAccessIssue
    del bound, other


def enumerations_are_open(operation: Operation) -> str:
    if operation.status is None:
        return "nothing"
    if operation.status == OperationStatus.SUCCEEDED:
        return "well"
    assert_type(OperationStatus.FAILED, OperationStatus)
    OperationStatus(5)  # mypy: arg-type pyright: reportArgumentType
    return (OperationStatus.EXPLODED)  # mypy: attr-defined,no-any-return pyright: reportAttributeAccessIssue
