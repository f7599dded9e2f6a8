"""Copies of snapshots."""

from __future__ import annotations

from typing import ClassVar

from lightsail_snap.models._records import OperationsResult
from lightsail_snap.models.names import NewResourceName, RegionInput
from lightsail_snap.models.source import RestoreSource, SourcedRequest, WireSource, restored_from


class CopySnapshotResult(OperationsResult, frozen=True):
    """The answer to CopySnapshot: one operation, in the target region."""


class CopySnapshotRequest(SourcedRequest[CopySnapshotResult], frozen=True):
    """Copy a snapshot, from this or another region, into a manual snapshot of this region."""

    _wire_source: ClassVar[WireSource] = restored_from("sourceSnapshotName", "sourceResourceName")

    target_snapshot_name: NewResourceName
    """The name of the snapshot to be, unique among all resources of this region."""
    source: RestoreSource
    """The snapshot to copy, of a disk or an instance."""
    source_region: RegionInput
    """Where that snapshot is, for example `us-east-2`; may be this very region."""
