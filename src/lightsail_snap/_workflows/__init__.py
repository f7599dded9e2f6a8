"""The programmes: what to ask, when to ask again, and what the answers mean.

A programme is a generator that yields what it wants done, an effect, and is sent the outcome: the
result of a call (or its error, thrown in), or the time after a pause. It performs no I/O and reads
no clock, so the same programme serves sync and async clients and runs in tests without either.
"""

from typing import TYPE_CHECKING

from lightsail_snap._lazy import lazy

if TYPE_CHECKING:
    from lightsail_snap._workflows.awaiting import wait_for_disk as wait_for_disk
    from lightsail_snap._workflows.awaiting import wait_for_disk_snapshot as wait_for_disk_snapshot
    from lightsail_snap._workflows.awaiting import (
        wait_for_disk_snapshot_deletion as wait_for_disk_snapshot_deletion,
    )
    from lightsail_snap._workflows.awaiting import (
        wait_for_disk_snapshots as wait_for_disk_snapshots,
    )
    from lightsail_snap._workflows.awaiting import wait_for_export as wait_for_export
    from lightsail_snap._workflows.awaiting import (
        wait_for_instance_snapshot as wait_for_instance_snapshot,
    )
    from lightsail_snap._workflows.awaiting import (
        wait_for_instance_snapshot_deletion as wait_for_instance_snapshot_deletion,
    )
    from lightsail_snap._workflows.awaiting import (
        wait_for_instance_snapshots as wait_for_instance_snapshots,
    )
    from lightsail_snap._workflows.awaiting import wait_for_operation as wait_for_operation
    from lightsail_snap._workflows.awaiting import wait_for_operations as wait_for_operations
    from lightsail_snap._workflows.batch import take_disk_snapshots as take_disk_snapshots
    from lightsail_snap._workflows.effects import Flow as Flow
    from lightsail_snap._workflows.effects import call as call
    from lightsail_snap._workflows.jobs import copy_snapshot as copy_snapshot
    from lightsail_snap._workflows.jobs import restore_disk as restore_disk
    from lightsail_snap._workflows.jobs import take_disk_snapshot as take_disk_snapshot
    from lightsail_snap._workflows.jobs import take_instance_snapshot as take_instance_snapshot

_HOMES = {
    "wait_for_disk": "awaiting",
    "wait_for_disk_snapshot": "awaiting",
    "wait_for_disk_snapshot_deletion": "awaiting",
    "wait_for_disk_snapshots": "awaiting",
    "wait_for_export": "awaiting",
    "wait_for_instance_snapshot": "awaiting",
    "wait_for_instance_snapshot_deletion": "awaiting",
    "wait_for_instance_snapshots": "awaiting",
    "wait_for_operation": "awaiting",
    "wait_for_operations": "awaiting",
    "Flow": "effects",
    "call": "effects",
    "take_disk_snapshots": "batch",
    "copy_snapshot": "jobs",
    "restore_disk": "jobs",
    "take_disk_snapshot": "jobs",
    "take_instance_snapshot": "jobs",
}

if not TYPE_CHECKING:
    # To a type checker a module that has these takes any attribute.
    __getattr__, __dir__ = lazy(__name__, _HOMES)
