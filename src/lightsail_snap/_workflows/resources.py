"""What can be awaited, and how to look at it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic

from lightsail_snap._workflows.effects import Flow, call
from lightsail_snap._workflows.ownership import expect
from lightsail_snap._workflows.paging import Paging
from lightsail_snap.models import (
    Disk,
    DiskSnapshot,
    DiskState,
    ExportSnapshotRecord,
    GetDiskRequest,
    GetDiskSnapshotRequest,
    GetDiskSnapshotsRequest,
    GetExportSnapshotRecordsRequest,
    GetInstanceSnapshotRequest,
    GetInstanceSnapshotsRequest,
    GetOperationRequest,
    GetOperationsRequest,
    InstanceSnapshot,
    Operation,
    PagedRequest,
    PageT,
    Request,
)
from lightsail_snap.waiters import (
    PollResultT,
    PollStatus,
    classify_disk,
    classify_disk_snapshot,
    classify_export,
    classify_instance_snapshot,
    classify_operation,
)


@dataclass(frozen=True, slots=True)
class Waitable(Generic[PollResultT]):
    """A kind of thing that can be awaited.

    Attributes:
        noun: What it is called.
        resume: The method of the client that waits for one.
        request: What one is asked for with, by its name; raises RequestValidationError for a name
            that cannot be one.
        look: Looks at one by its name; None if there is nothing to be seen of it yet.
        judge: Says what a look means.
        name_of: The name by which it is asked for.
        listing: What all of them are asked for with, if they can be listed.
    """

    noun: str
    resume: str
    request: Callable[[str], Request[Any]]
    look: Callable[[str], Flow[PollResultT | None]]
    judge: Callable[[PollResultT], PollStatus]
    name_of: Callable[[PollResultT], str]
    listing: Callable[[], PagedRequest[Any]] | None = None


def _get_operation(operation_id: str) -> GetOperationRequest:
    return GetOperationRequest(operation_id=operation_id)


def _look_at_operation(operation_id: str) -> Flow[Operation]:
    found = (yield from call(_get_operation(operation_id))).operation
    return expect(found, "id", found.id, operation_id)


OPERATIONS: Waitable[Operation] = Waitable(
    noun="operation",
    resume="wait_for_operation",
    request=_get_operation,
    look=_look_at_operation,
    judge=classify_operation,
    name_of=lambda operation: operation.id,
    listing=GetOperationsRequest,
)


def _get_disk_snapshot(name: str) -> GetDiskSnapshotRequest:
    return GetDiskSnapshotRequest(disk_snapshot_name=name)


def _look_at_disk_snapshot(name: str) -> Flow[DiskSnapshot]:
    found = (yield from call(_get_disk_snapshot(name))).disk_snapshot
    return expect(found, "name", found.name, name)


DISK_SNAPSHOTS: Waitable[DiskSnapshot] = Waitable(
    noun="disk snapshot",
    resume="wait_for_disk_snapshot",
    request=_get_disk_snapshot,
    look=_look_at_disk_snapshot,
    judge=classify_disk_snapshot,
    name_of=lambda snapshot: snapshot.name,
    listing=GetDiskSnapshotsRequest,
)


def _get_instance_snapshot(name: str) -> GetInstanceSnapshotRequest:
    return GetInstanceSnapshotRequest(instance_snapshot_name=name)


def _look_at_instance_snapshot(name: str) -> Flow[InstanceSnapshot]:
    found = (yield from call(_get_instance_snapshot(name))).instance_snapshot
    return expect(found, "name", found.name, name)


INSTANCE_SNAPSHOTS: Waitable[InstanceSnapshot] = Waitable(
    noun="instance snapshot",
    resume="wait_for_instance_snapshot",
    request=_get_instance_snapshot,
    look=_look_at_instance_snapshot,
    judge=classify_instance_snapshot,
    name_of=lambda snapshot: snapshot.name,
    listing=GetInstanceSnapshotsRequest,
)


def _get_disk(name: str) -> GetDiskRequest:
    return GetDiskRequest(disk_name=name)


def _look_at_disk(name: str) -> Flow[Disk]:
    found = (yield from call(_get_disk(name))).disk
    return expect(found, "name", found.name, name)


def disks(wanted: DiskState) -> Waitable[Disk]:
    """Speak of disks of which a state is awaited.

    Args:
        wanted: The state.

    Returns:
        The subject.
    """
    return Waitable(
        noun="disk",
        resume="wait_for_disk",
        request=_get_disk,
        look=_look_at_disk,
        judge=lambda disk: classify_disk(disk, wanted),
        name_of=lambda disk: disk.name,
    )


def all_pages(request: PagedRequest[PageT]) -> Flow[list[PageT]]:
    """List everything, page after page.

    Args:
        request: The request for the first page.

    Returns:
        The pages.
    """
    pages: list[PageT] = []
    paging = Paging(request)
    while paging.request is not None:
        page = yield from call(paging.request)
        pages.append(page)
        paging.turn(page)
    return pages


def exports(since: datetime | None) -> Waitable[ExportSnapshotRecord]:
    """Speak of exports of a snapshot.

    Args:
        since: Exports that were begun earlier do not count.

    Returns:
        The subject; its name is that of the snapshot.
    """

    def request(source_snapshot_name: str) -> Request[Any]:
        return GetDiskSnapshotRequest(disk_snapshot_name=source_snapshot_name)

    def look(source_snapshot_name: str) -> Flow[ExportSnapshotRecord | None]:
        pages = yield from all_pages(GetExportSnapshotRecordsRequest())
        matching = [
            record
            for page in pages
            for record in page.items
            if record.source_info is not None
            and record.source_info.name == source_snapshot_name
            and (since is None or record.created_at is None or record.created_at >= since)
        ]
        # Lists are newest first in samples; a date, where there is one, is surer.
        return max(matching, key=_created, default=None)

    return Waitable(
        noun="export of snapshot",
        resume="wait_for_export",
        request=request,
        look=look,
        judge=classify_export,
        name_of=lambda record: record.name,
    )


def _created(record: ExportSnapshotRecord) -> float:
    return record.created_at.timestamp() if record.created_at else 0.0
