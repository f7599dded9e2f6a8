"""What the matrix does: every operation of the library, its jobs, waits and a list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from tests.faults.matrix.plan import tonight, tonight_makes
from tests.faults.matrix.world import HERE, THERE, beginning

from lightsail_snap import DiskSource, LatestAutoSnapshotSource, ManualSnapshotSource, models
from lightsail_snap.models import GetInstancesRequest, Request

NAME = "made-1"
ZONE = f"{HERE}a"
CLIENTS = ("sync", "asyncio", "trio")
Kind = Literal["call", "job", "wait", "list", "plan"]


@dataclass(frozen=True, eq=False)
class Operation:
    """Something that a client can do.

    Attributes:
        name: What it is called: the API operation, or the method.
        kind: A single call, a whole job, a wait, a list, or a night of a backup plan.
        act: Has a client do it, either kind of client; the async one's answer is to be awaited.
            For a plan, has the clients of both regions do it.
        look: What the service tells of what it returns, for jobs and waits: the API operations
            and the member of the answer.
        makes: The names of what it may make.
    """

    name: str
    kind: Kind
    act: Callable[[Any], Any]
    look: tuple[tuple[str, str], ...] = ()
    makes: tuple[str, ...] = ()

    @property
    def clients(self) -> tuple[str, ...]:
        """The kinds of client that can do it: plans are carried out in threads, not in tasks."""
        return CLIENTS[:1] if self.kind == "plan" else CLIENTS


def _requests() -> dict[type[Request[Any]], dict[str, Any]]:
    facts = beginning().facts
    disk, image = {"disk_snapshot_name": "old-1"}, {"instance_snapshot_name": "old-image-1"}
    manual = ManualSnapshotSource(snapshot_name="old-1")
    return {
        models.CreateDiskSnapshotRequest: {
            "disk_snapshot_name": NAME,
            "source": DiskSource(disk_name="data-1"),
            "tags": {"env": "prod", "key-only": None},
        },
        models.GetDiskSnapshotRequest: disk,
        models.GetDiskSnapshotsRequest: {},
        models.DeleteDiskSnapshotRequest: disk,
        models.CreateDiskFromSnapshotRequest: {
            "disk_name": NAME,
            "source": manual,
            "availability_zone": ZONE,
            "size_in_gb": 16,
        },
        models.AttachDiskRequest: {
            "disk_name": "loose-1",
            "instance_name": "web-1",
            "disk_path": "/dev/xvdf",
        },
        models.DetachDiskRequest: {"disk_name": "held-1"},
        models.GetDiskRequest: {"disk_name": "data-1"},
        models.GetDisksRequest: {},
        models.CreateInstanceSnapshotRequest: {
            "instance_snapshot_name": NAME,
            "instance_name": "web-2",
        },
        models.GetInstanceSnapshotRequest: image,
        models.GetInstanceSnapshotsRequest: {},
        models.DeleteInstanceSnapshotRequest: image,
        models.CreateInstancesFromSnapshotRequest: {
            "instance_names": [NAME, "made-2"],
            "source": ManualSnapshotSource(snapshot_name="old-image-1"),
            "availability_zone": ZONE,
            "bundle_id": "nano_3_0",
        },
        models.CopySnapshotRequest: {
            "target_snapshot_name": NAME,
            "source": LatestAutoSnapshotSource(resource_name="data-1"),
            "source_region": HERE,
        },
        models.ExportSnapshotRequest: {"source_snapshot_name": "old-1"},
        models.GetExportSnapshotRecordsRequest: {},
        models.GetAutoSnapshotsRequest: {"resource_name": "data-1"},
        models.DeleteAutoSnapshotRequest: {
            "resource_name": "data-1",
            "date": dt.date.fromisoformat(facts["date"]),
        },
        models.TagResourceRequest: {"resource_name": "data-1", "tags": {"env": "test"}},
        models.UntagResourceRequest: {"resource_name": "data-1", "tag_keys": ["env"]},
        models.GetOperationRequest: {"operation_id": facts["operation_id"]},
        models.GetOperationsRequest: {},
        models.GetOperationsForResourceRequest: {"resource_name": "data-1"},
        # Plans and the command ask for it; it is no method of the clients.
        GetInstancesRequest: {},
    }


def _calls() -> list[Operation]:
    def sending(kind: type[Request[Any]], members: dict[str, Any]) -> Operation:
        request = kind(**members)
        makes = (NAME, "made-2") if kind.__name__.startswith("CreateInstances") else (NAME,)
        return Operation(
            kind.operation_name, "call", lambda client: client.send(request), makes=makes
        )

    return [sending(kind, members) for kind, members in _requests().items()]


_DISK_SNAPSHOT = ("GetDiskSnapshot", "diskSnapshot")
_INSTANCE_SNAPSHOT = ("GetInstanceSnapshot", "instanceSnapshot")


def _jobs() -> list[Operation]:
    disk, made = DiskSource(disk_name="data-1"), (NAME,)
    manual = ManualSnapshotSource(snapshot_name="old-1")
    operation_id = beginning().facts["operation_id"]
    return [
        Operation(
            "take_disk_snapshot",
            "job",
            lambda client: client.take_disk_snapshot(NAME, disk),
            (_DISK_SNAPSHOT,),
            made,
        ),
        Operation(
            "take_instance_snapshot",
            "job",
            lambda client: client.take_instance_snapshot(NAME, "web-2"),
            (_INSTANCE_SNAPSHOT,),
            made,
        ),
        Operation(
            "copy",
            "job",
            lambda client: client.copy(NAME, manual, source_region=THERE),
            (_DISK_SNAPSHOT, _INSTANCE_SNAPSHOT),
            made,
        ),
        Operation(
            "restore_disk",
            "job",
            lambda client: client.restore_disk(NAME, manual, availability_zone=ZONE),
            (("GetDisk", "disk"),),
            made,
        ),
        Operation(
            "wait_for_operation",
            "wait",
            lambda client: client.wait_for_operation(operation_id),
            (("GetOperation", "operation"),),
        ),
        Operation(
            "wait_for_disk_snapshot",
            "wait",
            lambda client: client.wait_for_disk_snapshot("pending-1"),
            (_DISK_SNAPSHOT,),
        ),
        Operation(
            "wait_for_instance_snapshot",
            "wait",
            lambda client: client.wait_for_instance_snapshot("old-image-1"),
            (_INSTANCE_SNAPSHOT,),
        ),
        Operation(
            "wait_for_disk",
            "wait",
            lambda client: client.wait_for_disk("loose-1"),
            (("GetDisk", "disk"),),
        ),
        Operation("iter_disk_snapshots", "list", lambda client: client.iter_disk_snapshots()),
        Operation("a night of a plan", "plan", tonight, makes=(tonight_makes(),)),
    ]


OPERATIONS: dict[str, Operation] = {each.name: each for each in [*_calls(), *_jobs()]}
