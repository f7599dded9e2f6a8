"""What is seen while something is awaited."""

from __future__ import annotations

from typing import TypeAlias

from lightsail_snap.models._records import Operation
from lightsail_snap.models.disk_snapshots import DiskSnapshot
from lightsail_snap.models.disks import Disk
from lightsail_snap.models.exports import ExportSnapshotRecord
from lightsail_snap.models.instance_snapshots import InstanceSnapshot

PollResult: TypeAlias = Operation | DiskSnapshot | InstanceSnapshot | Disk | ExportSnapshotRecord
"""What can be awaited, as it is seen: each goes through states to an end."""
