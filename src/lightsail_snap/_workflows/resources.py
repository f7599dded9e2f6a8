"""Kinds of resources: how to look one up, and how to classify its state."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, Generic, TypeAlias, TypeVar

from lightsail_snap._parameters import invalid_parameter
from lightsail_snap._workflows.effects import call
from lightsail_snap._workflows.ownership import expect
from lightsail_snap._workflows.paging import all_pages
from lightsail_snap._workflows.transient import is_unreadable
from lightsail_snap.errors import NotFoundException, ServiceError
from lightsail_snap.models import (
    Disk,
    DiskSnapshot,
    DiskSnapshotState,
    DiskState,
    ExportSnapshotRecord,
    GetDiskRequest,
    GetDiskSnapshotRequest,
    GetDiskSnapshotsRequest,
    GetExportSnapshotRecordsRequest,
    GetInstanceRequest,
    GetInstanceSnapshotRequest,
    GetInstanceSnapshotsRequest,
    GetOperationRequest,
    GetOperationsRequest,
    Instance,
    InstanceSnapshot,
    InstanceSnapshotState,
    InstanceStateName,
    Operation,
    OperationStatus,
    PagedRequest,
    RecordState,
    Request,
    ResponseMetadata,
)
from lightsail_snap.waiters import PollResultT

StateT = TypeVar("StateT")
Snapshot: TypeAlias = DiskSnapshot | InstanceSnapshot


class PollStatus(Enum):
    """State of a wait after one poll."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Found(Generic[PollResultT]):
    """A resource, with the metadata of the response that shows it."""

    resource: PollResultT
    metadata: ResponseMetadata


@dataclass(frozen=True, slots=True)
class Waitable(Generic[PollResultT]):
    """A kind of resource that can be waited for.

    Attributes:
        noun: Its name in messages.
        resume: The client method that waits for one.
        request: Returns the request that looks one up; raises RequestValidationError for an
            invalid name.
        find: Looks one up by its name; None if nothing is visible yet.
        classify: Returns whether its state ends a wait.
        get_name: Returns the name by which it is looked up.
        listing: Returns the request that lists all of them; None if they cannot be listed.
    """

    noun: str
    resume: str
    request: Callable[[str], Request[Any]]
    find: Callable[[str], Coroutine[Any, Any, Found[PollResultT] | None]]
    classify: Callable[[PollResultT], PollStatus]
    get_name: Callable[[PollResultT], str]
    listing: Callable[[], PagedRequest[Any]] | None = None


def _status(states: Mapping[StateT, PollStatus], state: StateT | None) -> PollStatus:
    """Return the status for a state; an unknown state does not end a wait."""
    return PollStatus.PENDING if state is None else states.get(state, PollStatus.PENDING)


_FINAL_STATUSES = {
    OperationStatus.SUCCEEDED: PollStatus.SUCCEEDED,
    # Which operations end in Completed is unverified; Terraform's provider accepts both.
    OperationStatus.COMPLETED: PollStatus.SUCCEEDED,
    OperationStatus.FAILED: PollStatus.FAILED,
}


def classify_operation(operation: Operation) -> PollStatus:
    """Classify an operation: `is_terminal` decides whether it has ended, `status` how."""
    status = _status(_FINAL_STATUSES, operation.status)
    if operation.is_terminal is None:
        return status
    if not operation.is_terminal:
        return PollStatus.PENDING
    return PollStatus.FAILED if status is PollStatus.PENDING else status


def _operation_request(operation_id: str) -> GetOperationRequest:
    return GetOperationRequest(operation_id=operation_id)


async def _find_operation(operation_id: str) -> Found[Operation]:
    result = await call(_operation_request(operation_id))
    found = expect(result.operation, "id", result.operation.id, operation_id)
    return Found(found, result.response_metadata)


OPERATIONS: Waitable[Operation] = Waitable(
    noun="operation",
    resume="wait_for_operation",
    request=_operation_request,
    find=_find_operation,
    classify=classify_operation,
    get_name=lambda operation: operation.id,
    listing=GetOperationsRequest,
)

_DISK_SNAPSHOT_STATES = {
    DiskSnapshotState.COMPLETED: PollStatus.SUCCEEDED,
    DiskSnapshotState.ERROR: PollStatus.FAILED,
}


def classify_disk_snapshot(snapshot: DiskSnapshot) -> PollStatus:
    """Classify a disk snapshot by its state."""
    return _status(_DISK_SNAPSHOT_STATES, snapshot.state)


def _disk_snapshot_request(name: str) -> GetDiskSnapshotRequest:
    return GetDiskSnapshotRequest(disk_snapshot_name=name)


async def find_disk_snapshot(name: str) -> Found[DiskSnapshot]:
    """Look up a disk snapshot."""
    result = await call(_disk_snapshot_request(name))
    snapshot = result.disk_snapshot
    return Found(expect(snapshot, "name", snapshot.name, name), result.response_metadata)


DISK_SNAPSHOTS: Waitable[DiskSnapshot] = Waitable(
    noun="disk snapshot",
    resume="wait_for_disk_snapshot",
    request=_disk_snapshot_request,
    find=find_disk_snapshot,
    classify=classify_disk_snapshot,
    get_name=lambda snapshot: snapshot.name,
    listing=GetDiskSnapshotsRequest,
)

_INSTANCE_SNAPSHOT_STATES = {
    InstanceSnapshotState.AVAILABLE: PollStatus.SUCCEEDED,
    InstanceSnapshotState.ERROR: PollStatus.FAILED,
}


def classify_instance_snapshot(snapshot: InstanceSnapshot) -> PollStatus:
    """Classify an instance snapshot by its state."""
    return _status(_INSTANCE_SNAPSHOT_STATES, snapshot.state)


def _instance_snapshot_request(name: str) -> GetInstanceSnapshotRequest:
    return GetInstanceSnapshotRequest(instance_snapshot_name=name)


async def find_instance_snapshot(name: str) -> Found[InstanceSnapshot]:
    """Look up an instance snapshot."""
    result = await call(_instance_snapshot_request(name))
    snapshot = result.instance_snapshot
    return Found(expect(snapshot, "name", snapshot.name, name), result.response_metadata)


INSTANCE_SNAPSHOTS: Waitable[InstanceSnapshot] = Waitable(
    noun="instance snapshot",
    resume="wait_for_instance_snapshot",
    request=_instance_snapshot_request,
    find=find_instance_snapshot,
    classify=classify_instance_snapshot,
    get_name=lambda snapshot: snapshot.name,
    listing=GetInstanceSnapshotsRequest,
)


async def _find_snapshot(name: str) -> Found[DiskSnapshot] | Found[InstanceSnapshot]:
    try:
        return await find_disk_snapshot(name)
    except ServiceError as error:
        # An unreadable error may have meant that there is no snapshot of this kind.
        may_be_other = isinstance(error, NotFoundException) or is_unreadable(error)
        if not may_be_other or error.is_retryable:
            raise
        problem = error
    try:
        return await find_instance_snapshot(name)
    except NotFoundException:
        # Only two readable responses prove that there is neither.
        raise problem from problem.__cause__


async def _find_either(name: str) -> Found[Snapshot]:
    found = await _find_snapshot(name)
    return Found(found.resource, found.metadata)


def _classify_either(snapshot: Snapshot) -> PollStatus:
    if isinstance(snapshot, DiskSnapshot):
        return classify_disk_snapshot(snapshot)
    return classify_instance_snapshot(snapshot)


SNAPSHOTS: Waitable[Snapshot] = Waitable(
    noun="snapshot",
    resume="wait_for_disk_snapshot or wait_for_instance_snapshot",
    request=_disk_snapshot_request,
    find=_find_either,
    classify=_classify_either,
    get_name=lambda snapshot: snapshot.name,
)


def classify_disk(disk: Disk, target: DiskState) -> PollStatus:
    """Classify a disk by whether it is in the target state; only `error` is a failure."""
    if disk.state == target:
        return PollStatus.SUCCEEDED
    return PollStatus.FAILED if disk.state == DiskState.ERROR else PollStatus.PENDING


def _disk_request(name: str) -> GetDiskRequest:
    return GetDiskRequest(disk_name=name)


async def find_disk(name: str) -> Found[Disk]:
    """Look up a disk."""
    result = await call(_disk_request(name))
    return Found(expect(result.disk, "name", result.disk.name, name), result.response_metadata)


def disks(target: DiskState) -> Waitable[Disk]:
    """Return the Waitable for disks and a target state."""
    value: object = target
    if not isinstance(value, str) or value == DiskState.ERROR:
        fix = "pass DiskState.AVAILABLE or DiskState.IN_USE"
        raise invalid_parameter("state", "must be a state that means success", fix, target)
    return Waitable(
        noun="disk",
        resume="wait_for_disk",
        request=_disk_request,
        find=find_disk,
        classify=lambda disk: classify_disk(disk, target),
        get_name=lambda disk: disk.name,
    )


# An instance in one of these states never changes to another one (Amazon EC2, unverified).
_DELETED_INSTANCE = frozenset({InstanceStateName.SHUTTING_DOWN, InstanceStateName.TERMINATED})


def classify_instance(instance: Instance, target: InstanceStateName) -> PollStatus:
    """Classify an instance by whether it is in the target state; only its end is a failure."""
    if instance.state_name == target:
        return PollStatus.SUCCEEDED
    is_deleted = instance.state_name in _DELETED_INSTANCE
    return PollStatus.FAILED if is_deleted else PollStatus.PENDING


def _instance_request(name: str) -> GetInstanceRequest:
    return GetInstanceRequest(instance_name=name)


async def find_instance(name: str) -> Found[Instance]:
    """Look up an instance."""
    result = await call(_instance_request(name))
    instance = result.instance
    return Found(expect(instance, "name", instance.name, name), result.response_metadata)


def instances(target: InstanceStateName) -> Waitable[Instance]:
    """Return the Waitable for instances and a target state."""
    value: object = target
    if not isinstance(value, str) or value in _DELETED_INSTANCE:
        fix = "pass InstanceStateName.RUNNING or InstanceStateName.STOPPED"
        raise invalid_parameter("state", "must be a state that means success", fix, target)
    return Waitable(
        noun="instance",
        resume="wait_for_instance",
        request=_instance_request,
        find=find_instance,
        classify=lambda instance: classify_instance(instance, target),
        get_name=lambda instance: instance.name,
    )


_EXPORT_STATES = {
    RecordState.SUCCEEDED: PollStatus.SUCCEEDED,
    RecordState.FAILED: PollStatus.FAILED,
}


def classify_export(record: ExportSnapshotRecord) -> PollStatus:
    """Classify an export by its state."""
    return _status(_EXPORT_STATES, record.state)


def exports(since: datetime | None) -> Waitable[ExportSnapshotRecord]:
    """Return the Waitable for exports that started at or after a time, by snapshot name."""
    if since is not None and getattr(since, "tzinfo", None) is None:
        rule, fix = "must be a datetime with a time zone", "pass for example datetime.now(UTC)"
        raise invalid_parameter("since", rule, fix, since)

    async def find(source_snapshot_name: str) -> Found[ExportSnapshotRecord] | None:
        pages = await all_pages(GetExportSnapshotRecordsRequest())
        matching = [
            record
            for page in pages
            for record in page.items
            if record.source_info is not None
            and record.source_info.name == source_snapshot_name
            and (since is None or record.created_at is None or record.created_at >= since)
        ]
        # Lists are newest first in samples; a date is more reliable where there is one.
        newest = max(matching, key=_created, default=None)
        return None if newest is None else Found(newest, pages[-1].response_metadata)

    return Waitable(
        noun="export of snapshot",
        resume="wait_for_export",
        request=_disk_snapshot_request,
        find=find,
        classify=classify_export,
        get_name=lambda record: record.name,
    )


def _created(record: ExportSnapshotRecord) -> float:
    return record.created_at.timestamp() if record.created_at else 0.0
