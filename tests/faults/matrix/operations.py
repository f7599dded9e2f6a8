"""The operations of the matrix: each API operation, high-level methods, waits and a list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from tests.faults.matrix.plan import nightly_run, nightly_snapshot_name
from tests.faults.matrix.service import HERE, THERE, initial_state

from lightsail_snap import DiskSource, LatestAutoSnapshotSource, ManualSnapshotSource, models
from lightsail_snap.models import Request

NAME = "made-1"
ZONE = f"{HERE}a"
# The helper is stopped, and its first device path is in use.
RESCUED, HELPER = "web-1", "web-2"
# Attached to an instance that runs.
ROLLED_BACK, ROLLED_BACK_AT = "used-1", ("web-1", "/dev/xvdg")
CLIENTS = ("sync", "asyncio", "trio")
Kind = Literal["call", "workflow", "wait", "list", "plan"]


@dataclass(frozen=True, eq=False)
class Operation:
    """An operation that a client can perform.

    Attributes:
        name: Name of the API operation or of the method.
        kind: A single call, a high-level workflow, a wait, a list, or a nightly plan run.
        act: Performs it with a client of either kind. With the async client, the result is
            awaitable. A plan receives the clients of both Regions.
        lookups: For workflows and waits, the API operations that return the resource, and the
            field of the response.
        creates: Names of the resources that it may create.
        has_steps: Whether it has so many calls that each cell is tried in one retry mode, in turns.
    """

    name: str
    kind: Kind
    act: Callable[[Any], Any]
    lookups: tuple[tuple[str, str], ...] = ()
    creates: tuple[str, ...] = ()
    has_steps: bool = False

    @property
    def clients(self) -> tuple[str, ...]:
        """Kinds of client that can perform it: plans run in threads only."""
        return CLIENTS[:1] if self.kind == "plan" else CLIENTS


def _requests() -> dict[type[Request[Any]], dict[str, Any]]:
    facts = initial_state().facts
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
        models.GetInstanceRequest: {"instance_name": "web-1"},
        models.GetInstanceStateRequest: {"instance_name": "web-1"},
        models.GetInstancesRequest: {},
        models.StartInstanceRequest: {"instance_name": "web-1"},
        models.StopInstanceRequest: {"instance_name": "web-1"},
        models.RebootInstanceRequest: {"instance_name": "web-1"},
        models.CreateDiskRequest: {
            "disk_name": NAME,
            "availability_zone": ZONE,
            "size_in_gb": 8,
            "tags": {"env": "prod"},
        },
        models.DeleteDiskRequest: {"disk_name": "loose-1"},
        models.EnableAddOnRequest: {
            "resource_name": "loose-1",
            "add_on_request": models.AddOnRequest(add_on_type=models.AddOnType.AUTO_SNAPSHOT),
        },
        models.DisableAddOnRequest: {
            "resource_name": "data-1",
            "add_on_type": models.AddOnType.AUTO_SNAPSHOT,
        },
    }


def _calls() -> list[Operation]:
    def sending(kind: type[Request[Any]], members: dict[str, Any]) -> Operation:
        request = kind(**members)
        creates = (NAME, "made-2") if kind.__name__.startswith("CreateInstances") else (NAME,)
        return Operation(
            kind.operation_name, "call", lambda client: client.send(request), creates=creates
        )

    return [sending(kind, members) for kind, members in _requests().items()]


_DISK_SNAPSHOT = ("GetDiskSnapshot", "diskSnapshot")
_INSTANCE_SNAPSHOT = ("GetInstanceSnapshot", "instanceSnapshot")


def _high_level_operations() -> list[Operation]:
    disk, made = DiskSource(disk_name="data-1"), (NAME,)
    manual = ManualSnapshotSource(snapshot_name="old-1")
    image = ManualSnapshotSource(snapshot_name="old-image-1")
    operation_id = initial_state().facts["operation_id"]
    return [
        Operation(
            "take_disk_snapshot",
            "workflow",
            lambda client: client.take_disk_snapshot(NAME, disk),
            (_DISK_SNAPSHOT,),
            made,
        ),
        Operation(
            "take_instance_snapshot",
            "workflow",
            lambda client: client.take_instance_snapshot(NAME, "web-2"),
            (_INSTANCE_SNAPSHOT,),
            made,
        ),
        Operation(
            "copy",
            "workflow",
            lambda client: client.copy(NAME, manual, source_region=THERE),
            (_DISK_SNAPSHOT, _INSTANCE_SNAPSHOT),
            made,
        ),
        Operation(
            "restore_disk",
            "workflow",
            lambda client: client.restore_disk(NAME, manual, availability_zone=ZONE),
            (("GetDisk", "disk"),),
            made,
        ),
        Operation(
            "rescue_system_volume",
            "workflow",
            lambda client: client.rescue_system_volume(
                RESCUED, HELPER, snapshot_name=NAME, disk_name="made-2"
            ),
            creates=(NAME, "made-2"),
            has_steps=True,
        ),
        Operation(
            "restore_instance",
            "workflow",
            lambda client: client.restore_instance(NAME, image),
            (("GetInstance", "instance"),),
            made,
        ),
        Operation(
            "roll_back_disk",
            "workflow",
            lambda client: client.roll_back_disk(
                ROLLED_BACK, ManualSnapshotSource(snapshot_name="old-used-1"), new_disk_name=NAME
            ),
            creates=made,
            has_steps=True,
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
        Operation(
            "wait_for_instance",
            "wait",
            lambda client: client.wait_for_instance("web-1"),
            (("GetInstance", "instance"),),
        ),
        Operation("iter_disk_snapshots", "list", lambda client: client.iter_disk_snapshots()),
        Operation("nightly plan run", "plan", nightly_run, creates=(nightly_snapshot_name(),)),
    ]


OPERATIONS: dict[str, Operation] = {
    each.name: each for each in [*_calls(), *_high_level_operations()]
}
