"""Result of a poll."""

from __future__ import annotations

from typing import TypeAlias

from lightsail_snap.models.disk_snapshots import DiskSnapshot
from lightsail_snap.models.disks import Disk
from lightsail_snap.models.instance_snapshots import InstanceSnapshot
from lightsail_snap.models.instances import Instance
from lightsail_snap.models.operations import Operation
from lightsail_snap.models.snapshots import ExportSnapshotRecord

__all__ = [
    "PollResult",
]

PollResult: TypeAlias = (
    Operation | DiskSnapshot | InstanceSnapshot | Disk | Instance | ExportSnapshotRecord
)
"""Resource that can be waited for, in its current state."""
