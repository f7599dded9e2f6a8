"""Workloads: programs that create resources and may be killed.

Each follows docs/crashes.md, so that it can be run again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from lightsail_snap import (
    DiskSnapshot,
    DiskSource,
    InstanceSnapshot,
    InstanceSource,
    LightsailSnapClient,
    ManualSnapshotSource,
    SnapshotConflictError,
    WaitPolicy,
)
from lightsail_snap.plans import BackupPlan, apply, prepare

HERE, THERE = "us-east-1", "us-west-2"
NAME, TOKEN = "made-1", "token-4711"
TAGS = {"env": "prod", "flag": None}
POLICY = WaitPolicy(timeout=60, min_delay=0.001, max_delay=0.002)

Clients = Callable[[str], LightsailSnapClient]
Workload = Callable[[Clients, float], object]


def plan_of(kind: str) -> BackupPlan:
    """Return a plan that copies and prunes snapshots of disks or instances."""
    selections: dict[str, Any] = {
        "disk": {"kind": "disk", "globs": ["db-*"]},
        "instance": {"kind": "instance", "names": ["web-1"]},
    }
    return BackupPlan(
        name=f"nightly-{kind}",
        region=HERE,
        slot="day",
        select=selections[kind],
        copies=[THERE],
        tags={"env": "prod"},
        retention={"time_zone": "UTC", "keep_last": 1},
    )


def carry_out(plan: BackupPlan, clients: Clients, now: float, concurrency: int = 1) -> object:
    """Prepare a plan and apply it."""
    current_time = datetime.fromtimestamp(now, UTC)
    run = prepare(plan, clients(HERE), clients=clients, now=current_time)
    result = apply(run, clients(HERE), clients=clients, concurrency=concurrency)
    result.raise_for_failures()
    if not result.is_complete:
        raise AssertionError(str(result))
    return result


def copy_or_resume(
    client: LightsailSnapClient, name: str, source: str, source_region: str
) -> DiskSnapshot | InstanceSnapshot:
    """Copy a snapshot, or resume the copy that an earlier run started."""
    try:
        origin = ManualSnapshotSource(snapshot_name=source)
        return client.copy(name, origin, source_region=source_region)
    except SnapshotConflictError as conflict:
        operations = client.iter_operations_for_resource(name)
        if not any(
            operation.operation_type == "CopySnapshot"
            and operation.operation_details == f"{source_region}:{source}"
            for operation in operations
        ):
            raise
        if isinstance(conflict.snapshot, InstanceSnapshot):
            return client.wait_for_instance_snapshot(name)
        return client.wait_for_disk_snapshot(name)


def _disk(clients: Clients, _now: float) -> object:
    source = DiskSource(disk_name="data-1")
    return clients(HERE).take_disk_snapshot(NAME, source, tags=TAGS, client_token=TOKEN)


def _volume(clients: Clients, _now: float) -> object:
    source = InstanceSource(instance_name="web-1")
    return clients(HERE).take_disk_snapshot(NAME, source, tags=TAGS, client_token=TOKEN)


def _instance(clients: Clients, _now: float) -> object:
    return clients(HERE).take_instance_snapshot(NAME, "web-1", tags=TAGS, client_token=TOKEN)


def _copy(clients: Clients, _now: float) -> object:
    return copy_or_resume(clients(THERE), NAME, "old-disk", HERE)


def _copy_instance(clients: Clients, _now: float) -> object:
    return copy_or_resume(clients(HERE), NAME, "old-instance", HERE)


def _restore(clients: Clients, _now: float) -> object:
    source = ManualSnapshotSource(snapshot_name="old-disk")
    return clients(HERE).restore_disk(
        NAME, source, availability_zone=f"{HERE}a", tags=TAGS, client_token=TOKEN
    )


def _rescue(clients: Clients, _now: float) -> object:
    # A snapshot that is deleted in the end could be taken again by a late request.
    return clients(HERE).rescue_system_volume("web-1", "helper-1", tags=TAGS, client_token=TOKEN)


def _restore_instance(clients: Clients, _now: float) -> object:
    source = ManualSnapshotSource(snapshot_name="old-instance")
    return clients(HERE).restore_instance(NAME, source, tags=TAGS, client_token=TOKEN)


def _roll_back(clients: Clients, _now: float) -> object:
    source = ManualSnapshotSource(snapshot_name="old-used")
    return clients(HERE).roll_back_disk("used-1", source, client_token=TOKEN)


def _roll_back_and_delete(clients: Clients, _now: float) -> object:
    source = ManualSnapshotSource(snapshot_name="old-used")
    return clients(HERE).roll_back_disk("used-1", source, delete_old_disk=True, client_token=TOKEN)


WORKLOADS: Mapping[str, Workload] = {
    "take a snapshot of a disk": _disk,
    "take a snapshot of a system volume": _volume,
    "take a snapshot of an instance": _instance,
    "copy a disk snapshot from another region": _copy,
    "copy an instance snapshot": _copy_instance,
    "restore a disk": _restore,
    "rescue a system volume": _rescue,
    "restore an instance": _restore_instance,
    "roll a disk back": _roll_back,
    "roll a disk back and delete it": _roll_back_and_delete,
    "a plan of two disks": lambda clients, now: carry_out(plan_of("disk"), clients, now),
    "a plan of an instance": lambda clients, now: carry_out(plan_of("instance"), clients, now),
    "a plan of two disks, in threads": lambda clients, now: carry_out(
        plan_of("disk"), clients, now, concurrency=2
    ),
}
THREADED = "a plan of two disks, in threads"
