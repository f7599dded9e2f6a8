"""Snapshots of instances, and how instances are made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    StrictBool,
    StrictInt,
    StrictStr,
)
from typing_extensions import override

from lightsail_snap.models._base import PagedRequest, PagedResult, Request, RequestModel, Result
from lightsail_snap.models._rules import Requirement
from lightsail_snap.models._types import AS_LIST, FrozenMapping, WireList
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
from lightsail_snap.models.source import RestoreSource, SourcedRequest, WireSource, restored_from
from lightsail_snap.models.tags import TagList, TagsInput

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
    """A snapshot of a whole instance; its zone is `all`, which is no zone to restore into.

    Source: shape `InstanceSnapshot` of the service model.
    """

    state: InstanceSnapshotState | None = None
    """Whether it can be used: `available`."""
    progress: StrictStr | None = None
    """Null or absent: the service tells it for disk snapshots only."""
    from_attached_disks: WireList[Disk] = ()
    """The disks that were attached to the instance, which the snapshot holds too."""
    from_instance_name: StrictStr | None = None
    """The source instance."""
    from_instance_arn: StrictStr | None = None
    """The Amazon Resource Name of the source instance."""
    from_blueprint_id: StrictStr | None = None
    """The image that the instance was made from, for example `amazon_linux_2023`."""
    from_bundle_id: StrictStr | None = None
    """The size of the instance, for example `micro_3_0`."""
    is_from_auto_snapshot: StrictBool | None = None
    """Whether it was made from an automatic snapshot."""
    size_in_gb: StrictInt | None = None
    """The size of the system volume, in GB."""


class CreateInstanceSnapshotResult(OperationsResult, frozen=True):
    """The answer to CreateInstanceSnapshot: one for the snapshot, and one for the instance."""


class GetInstanceSnapshotResult(Result, frozen=True):
    """The answer to GetInstanceSnapshot."""

    instance_snapshot: InstanceSnapshot
    """The snapshot. Guaranteed: the service answers NotFoundException where there is none."""


class GetInstanceSnapshotsResult(PagedResult[InstanceSnapshot], frozen=True):
    """The answer to GetInstanceSnapshots: one page."""

    instance_snapshots: WireList[InstanceSnapshot] = ()
    """The snapshots; newest first in all samples."""

    @property
    @override
    def items(self) -> tuple[InstanceSnapshot, ...]:
        return self.instance_snapshots


class DeleteInstanceSnapshotResult(OperationsResult, frozen=True):
    """The answer to DeleteInstanceSnapshot: one operation, which has ended already."""


class CreateInstancesFromSnapshotResult(OperationsResult, frozen=True):
    """The answer to CreateInstancesFromSnapshot: one operation for each instance."""


class CreateInstanceSnapshotRequest(Request[CreateInstanceSnapshotResult], frozen=True):
    """Take a snapshot of an instance with all its disks."""

    instance_snapshot_name: NewResourceName
    """The name of the snapshot to be, unique among all resources of the region."""
    instance_name: ResourceName
    """The instance to take it of."""
    tags: TagList = ()
    """The tags to set as it is created."""

    if TYPE_CHECKING:

        def __init__(
            self, *, instance_snapshot_name: str, instance_name: str, tags: TagsInput | None = ()
        ) -> None: ...


class GetInstanceSnapshotRequest(Request[GetInstanceSnapshotResult], frozen=True):
    """Look up one instance snapshot."""

    instance_snapshot_name: ResourceName
    """The snapshot's name."""


class GetInstanceSnapshotsRequest(PagedRequest[GetInstanceSnapshotsResult], frozen=True):
    """List the instance snapshots of the region."""


class DeleteInstanceSnapshotRequest(Request[DeleteInstanceSnapshotResult], frozen=True):
    """Delete one instance snapshot. There is no way back."""

    instance_snapshot_name: ResourceName
    """The snapshot's name."""


class DiskMap(RequestModel, frozen=True):
    """What a disk in an instance snapshot becomes. Source: shape `DiskMap` of the service model."""

    original_disk_path: NonEmptyString | None = None
    """The device path of the disk in the snapshot, for example `/dev/xvdf`."""
    new_disk_name: NewResourceName | None = None
    """The name of the disk to be made of it."""


AttachedDiskMapping = Annotated[
    Mapping[StrictStr, Annotated[tuple[DiskMap, ...], AS_LIST]],
    # AWS JSON takes null for absent.
    BeforeValidator(lambda mapping: {} if mapping is None else mapping),
    AfterValidator(FrozenMapping),
    PlainSerializer(
        lambda mapping: {name: [m.to_wire() for m in maps] for name, maps in mapping.items()},
        return_type=dict[str, list[dict[str, str]]],
    ),
]
"""For each instance to be made, what the disks in the snapshot become."""


class CreateInstancesFromSnapshotRequest(
    SourcedRequest[CreateInstancesFromSnapshotResult], frozen=True
):
    """Make instances from a snapshot of an instance, in the snapshot's region."""

    _wire_source: ClassVar[WireSource] = restored_from("instanceSnapshotName", "sourceInstanceName")

    instance_names: Annotated[
        tuple[NewResourceName, ...],
        Field(min_length=1),
        AS_LIST,
        Requirement(
            "must be at least one name",
            "CreateInstancesFromSnapshot, parameter instanceNames of the service model",
            'give instance_names=["web-2"]',
        ),
    ]
    """The names of the instances to be, unique among all resources of the region."""
    source: RestoreSource
    """The snapshot to make them from."""
    availability_zone: AvailabilityZone
    """Where to make them. A snapshot's `all` is no such zone."""
    bundle_id: NonEmptyString
    """Their size, for example `micro_3_0`: at least that of the snapshot's source."""
    attached_disk_mapping: AttachedDiskMapping = FrozenMapping({})
    """For each instance by name, what the disks in the snapshot become."""
    user_data: StrictStr | None = None
    """A launch script."""
    key_pair_name: ResourceName | None = None
    """The key pair to log in with."""
    tags: TagList = ()
    """The tags to set as they are created."""
    add_ons: AddOns = ()
    """The add-ons to enable on them."""
    ip_address_type: IpAddressType | None = None
    """The kinds of addresses they have; `dualstack` if None."""

    if TYPE_CHECKING:

        def __init__(  # noqa: PLR0913 - the operation has as many parameters
            self,
            *,
            instance_names: Iterable[str],
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
