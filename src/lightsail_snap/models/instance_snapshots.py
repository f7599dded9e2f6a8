"""Snapshots of instances, and instances that are created from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import (
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
)
from typing_extensions import override

from lightsail_snap.models._base import PagedRequest, PagedResult, Request, RequestModel, Result
from lightsail_snap.models._rules import Requirement
from lightsail_snap.models._types import FROZEN, FrozenMapping, WireList
from lightsail_snap.models.add_ons import AddOnRequest, AddOns
from lightsail_snap.models.disks import Disk
from lightsail_snap.models.enums import InstanceSnapshotState, IpAddressType
from lightsail_snap.models.names import (
    AvailabilityZone,
    NewResourceName,
    NonEmptyString,
    ResourceName,
)
from lightsail_snap.models.operations import OperationsResult
from lightsail_snap.models.resources import Resource
from lightsail_snap.models.source import (
    InstanceSource,
    RestoreSource,
    SourcedRequest,
    WireSource,
    restored_from,
)
from lightsail_snap.models.tags import TagList, TagsInput

if TYPE_CHECKING:
    from lightsail_snap._parameters import IterableNotStr

__all__ = [
    "CreateInstanceSnapshotRequest",
    "CreateInstanceSnapshotResult",
    "CreateInstancesFromSnapshotRequest",
    "CreateInstancesFromSnapshotResult",
    "DeleteInstanceSnapshotRequest",
    "DeleteInstanceSnapshotResult",
    "DiskMap",
    "GetInstanceSnapshotRequest",
    "GetInstanceSnapshotResult",
    "GetInstanceSnapshotsRequest",
    "GetInstanceSnapshotsResult",
    "InstanceSnapshot",
]


class InstanceSnapshot(Resource, frozen=True):
    """Snapshot of an instance with all its disks. Its Availability Zone is `all`.

    Source: shape `InstanceSnapshot` of the service model.
    """

    state: InstanceSnapshotState | None = None
    """State; an `available` snapshot can be restored."""
    progress: StrictStr | None = None
    """Progress; None, since the service reports it for disk snapshots only."""
    from_attached_disks: WireList[Disk] = ()
    """Disks that were attached to the instance. The snapshot contains them."""
    from_instance_name: StrictStr | None = None
    """Name of the source instance."""
    from_instance_arn: StrictStr | None = None
    """Amazon Resource Name of the source instance."""
    from_blueprint_id: StrictStr | None = None
    """Image that the instance was created from, for example `amazon_linux_2023`."""
    from_bundle_id: StrictStr | None = None
    """Size of the instance, for example `micro_3_0`."""
    is_from_auto_snapshot: StrictBool | None = None
    """True if it was created from an automatic snapshot."""
    size_in_gb: StrictInt | None = None
    """Size of the system volume, in GB."""

    @property
    def is_completed(self) -> bool:
        """True if the snapshot can be restored: its state is `available`."""
        return self.state == InstanceSnapshotState.AVAILABLE

    @property
    def is_failed(self) -> bool:
        """True if the state is `error`, which is final."""
        return self.state == InstanceSnapshotState.ERROR

    @property
    def is_pending(self) -> bool:
        """True if the state may still change: it is neither `available` nor `error`."""
        return not (self.is_completed or self.is_failed)

    @property
    def source(self) -> InstanceSource | None:
        """Instance that the snapshot was taken of; None if the service does not report it."""
        # A name that the service returned is not validated again.
        name = self.from_instance_name
        return InstanceSource.model_construct(instance_name=name) if name else None


class CreateInstanceSnapshotResult(OperationsResult, frozen=True):
    """Response to CreateInstanceSnapshot: operations for the snapshot and the instance."""


class GetInstanceSnapshotResult(Result, frozen=True):
    """Response to GetInstanceSnapshot."""

    instance_snapshot: InstanceSnapshot
    """The snapshot. Guaranteed: if it does not exist, the service raises NotFoundException."""


class GetInstanceSnapshotsResult(PagedResult[InstanceSnapshot], frozen=True):
    """Response to GetInstanceSnapshots: one page."""

    instance_snapshots: WireList[InstanceSnapshot] = ()
    """Snapshots; newest first in all samples."""

    @property
    @override
    def items(self) -> tuple[InstanceSnapshot, ...]:
        return self.instance_snapshots


class DeleteInstanceSnapshotResult(OperationsResult, frozen=True):
    """Response to DeleteInstanceSnapshot: one operation, which has ended already."""


class CreateInstancesFromSnapshotResult(OperationsResult, frozen=True):
    """Response to CreateInstancesFromSnapshot: one operation for each instance."""


class CreateInstanceSnapshotRequest(Request[CreateInstanceSnapshotResult], frozen=True):
    """Take a snapshot of an instance with all its disks."""

    instance_snapshot_name: NewResourceName
    """Name of the new snapshot, unique among all resources of the region."""
    instance_name: ResourceName
    """Name of the source instance."""
    tags: TagList = ()
    """Tags of the new snapshot."""

    if TYPE_CHECKING:

        def __init__(
            self, *, instance_snapshot_name: str, instance_name: str, tags: TagsInput | None = ()
        ) -> None: ...


class GetInstanceSnapshotRequest(Request[GetInstanceSnapshotResult], frozen=True):
    """Get one instance snapshot."""

    instance_snapshot_name: ResourceName
    """Name of the snapshot."""


class GetInstanceSnapshotsRequest(PagedRequest[GetInstanceSnapshotsResult], frozen=True):
    """List the instance snapshots of the region."""


class DeleteInstanceSnapshotRequest(Request[DeleteInstanceSnapshotResult], frozen=True):
    """Delete one instance snapshot. This cannot be undone."""

    instance_snapshot_name: ResourceName
    """Name of the snapshot."""


class DiskMap(RequestModel, frozen=True):
    """New disk for a disk of a snapshot. Source: shape `DiskMap` of the service model."""

    original_disk_path: NonEmptyString | None = None
    """Device path of the disk in the snapshot, for example `/dev/xvdf`."""
    new_disk_name: NewResourceName | None = None
    """Name of the new disk."""


# In AWS JSON null means absent.
AttachedDiskMapping = Annotated[Mapping[StrictStr, tuple[DiskMap, ...]], FROZEN]
"""New disks of each new instance."""


class CreateInstancesFromSnapshotRequest(
    SourcedRequest[CreateInstancesFromSnapshotResult], frozen=True
):
    """Create instances from a snapshot of an instance, in the region of the snapshot."""

    _wire_source: ClassVar[WireSource] = restored_from("instanceSnapshotName", "sourceInstanceName")

    instance_names: Annotated[
        tuple[NewResourceName, ...],
        Field(min_length=1),
        Requirement(
            "must be at least one name",
            "CreateInstancesFromSnapshot, parameter instanceNames of the service model",
            'pass instance_names=["web-2"]',
        ),
    ]
    """Names of the new instances, unique among all resources of the region."""
    source: RestoreSource
    """Snapshot to restore."""
    availability_zone: AvailabilityZone
    """Availability Zone of the new instances, not `all` as of the snapshot."""
    bundle_id: NonEmptyString
    """Size of the new instances, for example `micro_3_0`; at least that of the source."""
    attached_disk_mapping: AttachedDiskMapping = FrozenMapping({})
    """New disks of each new instance, by the name of the instance."""
    user_data: StrictStr | None = None
    """Launch script."""
    key_pair_name: ResourceName | None = None
    """Name of the key pair for SSH."""
    tags: TagList = ()
    """Tags of the new instances."""
    add_ons: AddOns = ()
    """Add-ons to enable on the new instances."""
    ip_address_type: IpAddressType | None = None
    """Types of IP addresses; `dualstack` if None."""

    if TYPE_CHECKING:

        def __init__(  # noqa: PLR0913 - the operation has as many parameters
            self,
            *,
            instance_names: IterableNotStr[str],
            source: RestoreSource,
            availability_zone: str,
            bundle_id: str,
            attached_disk_mapping: Mapping[str, Iterable[DiskMap]] | None = None,
            user_data: str | None = None,
            key_pair_name: str | None = None,
            tags: TagsInput | None = (),
            add_ons: Iterable[AddOnRequest] = (),
            ip_address_type: IpAddressType | None = None,
        ) -> None: ...
