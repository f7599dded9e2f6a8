"""What is asked of the service: one model for each operation, bound by its type to its result."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, ClassVar

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, StrictBool, StrictStr

from lightsail_snap.models._base import PagedRequest, Request, RequestModel
from lightsail_snap.models._rules import Requirement, Rule
from lightsail_snap.models._types import AS_LIST, FrozenMapping, WireDate, WireList
from lightsail_snap.models.enums import AddOnType, IpAddressType
from lightsail_snap.models.names import (
    AvailabilityZone,
    DiskSize,
    ExistingTagKey,
    NewResourceName,
    NonEmptyString,
    OperationId,
    RegionInput,
    ResourceArn,
    ResourceName,
    TimeOfDay,
)
from lightsail_snap.models.results import (
    AttachDiskResult,
    CopySnapshotResult,
    CreateDiskFromSnapshotResult,
    CreateDiskSnapshotResult,
    CreateInstancesFromSnapshotResult,
    CreateInstanceSnapshotResult,
    DeleteAutoSnapshotResult,
    DeleteDiskSnapshotResult,
    DeleteInstanceSnapshotResult,
    DetachDiskResult,
    ExportSnapshotResult,
    GetAutoSnapshotsResult,
    GetDiskResult,
    GetDiskSnapshotResult,
    GetDiskSnapshotsResult,
    GetDisksResult,
    GetExportSnapshotRecordsResult,
    GetInstanceSnapshotResult,
    GetInstanceSnapshotsResult,
    GetOperationResult,
    GetOperationsForResourceResult,
    GetOperationsResult,
    TagResourceResult,
    UntagResourceResult,
)
from lightsail_snap.models.source import (
    RestoreSource,
    SnapshotSource,
    SourcedRequest,
    WireSource,
)
from lightsail_snap.models.tags import TagList, TagsInput


def _restored_from(snapshot_name: str, resource_name: str) -> WireSource:
    return WireSource(
        variants={
            "manual": {"snapshot_name": snapshot_name},
            "auto": {"resource_name": resource_name, "restore_date": "restoreDate"},
            "latest-auto": {"resource_name": resource_name},
        },
        flags={"latest-auto": "useLatestRestorableAutoSnapshot"},
    )


class CreateDiskSnapshotRequest(SourcedRequest[CreateDiskSnapshotResult], frozen=True):
    """Take a snapshot of a disk or of an instance's system volume."""

    _wire_source: ClassVar[WireSource] = WireSource(
        {"disk": {"disk_name": "diskName"}, "instance": {"instance_name": "instanceName"}}
    )

    disk_snapshot_name: NewResourceName
    """The name of the snapshot to be, unique among all resources of the region."""
    source: SnapshotSource
    """What to take the snapshot of."""
    tags: TagList = ()
    """The tags to set as it is created: all of them, or no snapshot is made."""

    if TYPE_CHECKING:
        # pydantic takes more for `tags` than it keeps, which a field's type cannot say.
        def __init__(
            self, *, disk_snapshot_name: str, source: SnapshotSource, tags: TagsInput | None = ()
        ) -> None: ...


class GetDiskSnapshotRequest(Request[GetDiskSnapshotResult], frozen=True):
    """Look up one disk snapshot."""

    disk_snapshot_name: ResourceName
    """The snapshot's name."""


class GetDiskSnapshotsRequest(PagedRequest[GetDiskSnapshotsResult], frozen=True):
    """List the disk snapshots of the region."""


class DeleteDiskSnapshotRequest(Request[DeleteDiskSnapshotResult], frozen=True):
    """Delete one disk snapshot. There is no way back."""

    disk_snapshot_name: ResourceName
    """The snapshot's name."""


class AutoSnapshotAddOnRequest(RequestModel, frozen=True):
    """When automatic snapshots are to be taken."""

    snapshot_time_of_day: TimeOfDay | None = None
    """The full hour, `HH:00` in UTC, give or take 45 minutes; the service picks one if None."""


class StopInstanceOnIdleRequest(RequestModel, frozen=True):
    """When an idle instance is to be stopped (Lightsail for Research only)."""

    threshold: StrictStr | None = None
    """The value to compare with the duration."""
    duration: StrictStr | None = None
    """The idle minutes."""


class AddOnRequest(RequestModel, frozen=True):
    """An add-on to enable. Source: shape `AddOnRequest` of the service model."""

    add_on_type: AddOnType
    """Which add-on."""
    auto_snapshot_add_on_request: AutoSnapshotAddOnRequest | None = None
    """More about it, if it is `AutoSnapshot`."""
    stop_instance_on_idle_request: StopInstanceOnIdleRequest | None = None
    """More about it, if it is `StopInstanceOnIdle`."""


AddOns = WireList[AddOnRequest]
"""The add-ons to enable."""


class CreateDiskFromSnapshotRequest(SourcedRequest[CreateDiskFromSnapshotResult], frozen=True):
    """Make a disk from a snapshot of a disk, in the snapshot's region."""

    _wire_source: ClassVar[WireSource] = _restored_from("diskSnapshotName", "sourceDiskName")

    disk_name: NewResourceName
    """The name of the disk to be, unique among all resources of the region."""
    source: RestoreSource
    """The snapshot to make it from."""
    availability_zone: AvailabilityZone
    """Where to make it: the zone of the instance it is for. A snapshot's `all` is no such zone."""
    size_in_gb: DiskSize
    """Its size in GB, at least that of the snapshot's source."""
    tags: TagList = ()
    """The tags to set as it is created."""
    add_ons: AddOns = ()
    """The add-ons to enable on it."""

    if TYPE_CHECKING:

        def __init__(  # noqa: PLR0913 - the operation has as many parameters
            self,
            *,
            disk_name: str,
            source: RestoreSource,
            availability_zone: str,
            size_in_gb: int,
            tags: TagsInput | None = (),
            add_ons: Iterable[AddOnRequest] = (),
        ) -> None: ...


class AttachDiskRequest(Request[AttachDiskResult], frozen=True):
    """Attach a disk to an instance of the same zone."""

    disk_name: ResourceName
    """The disk's name."""
    instance_name: ResourceName
    """The instance's name."""
    disk_path: NonEmptyString
    """The device path it is to have in the instance, for example `/dev/xvdf`."""
    auto_mounting: StrictBool | None = None
    """Whether to mount it, too (Lightsail for Research only)."""


class DetachDiskRequest(Request[DetachDiskResult], frozen=True):
    """Detach a disk from its instance, which must be stopped."""

    disk_name: ResourceName
    """The disk's name."""


class GetDiskRequest(Request[GetDiskResult], frozen=True):
    """Look up one disk."""

    disk_name: ResourceName
    """The disk's name."""


class GetDisksRequest(PagedRequest[GetDisksResult], frozen=True):
    """List the disks of the region."""


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

    _wire_source: ClassVar[WireSource] = _restored_from(
        "instanceSnapshotName", "sourceInstanceName"
    )

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


class CopySnapshotRequest(SourcedRequest[CopySnapshotResult], frozen=True):
    """Copy a snapshot, from this or another region, into a manual snapshot of this region."""

    _wire_source: ClassVar[WireSource] = _restored_from("sourceSnapshotName", "sourceResourceName")

    target_snapshot_name: NewResourceName
    """The name of the snapshot to be, unique among all resources of this region."""
    source: RestoreSource
    """The snapshot to copy, of a disk or an instance."""
    source_region: RegionInput
    """Where that snapshot is, for example `us-east-2`; may be this very region."""


class ExportSnapshotRequest(Request[ExportSnapshotResult], frozen=True):
    """Take a manual snapshot over into Amazon EC2, in the same region."""

    source_snapshot_name: ResourceName
    """The snapshot's name."""


class GetExportSnapshotRecordsRequest(PagedRequest[GetExportSnapshotRecordsResult], frozen=True):
    """List the exports of the region."""


class GetAutoSnapshotsRequest(Request[GetAutoSnapshotsResult], frozen=True):
    """List the automatic snapshots of a disk or an instance."""

    resource_name: ResourceName
    """The disk or instance."""


class DeleteAutoSnapshotRequest(Request[DeleteAutoSnapshotResult], frozen=True):
    """Delete the automatic snapshot of one day. There is no way back."""

    resource_name: ResourceName
    """The disk or instance."""
    date: Annotated[
        WireDate,
        Rule(
            "must be a calendar date",
            "shape AutoSnapshotDate of the service model (YYYY-MM-DD)",
            "give datetime.date(2026, 11, 23), for example the date of an AutoSnapshotDetails",
        ),
    ]
    """The day, as GetAutoSnapshots lists it; `YYYY-MM-DD` on the wire."""

    if TYPE_CHECKING:

        def __init__(self, *, resource_name: str, date: dt.date) -> None: ...


_AT_LEAST_ONE_TAG = Requirement(
    "must be at least one tag",
    "TagResource, parameter tags of the service model",
    'write tags={"env": "prod"}',
)


class TagResourceRequest(Request[TagResourceResult], frozen=True):
    """Set tags on a resource; a tag whose key it bears already is overwritten."""

    resource_name: ResourceName
    """The resource's name."""
    tags: Annotated[TagList, Field(min_length=1), _AT_LEAST_ONE_TAG]
    """The tags to set. A resource bears at most 50."""
    resource_arn: ResourceArn | None = None
    """The resource's Amazon Resource Name; the name suffices."""

    if TYPE_CHECKING:

        def __init__(
            self, *, resource_name: str, tags: TagsInput, resource_arn: str | None = None
        ) -> None: ...


class UntagResourceRequest(Request[UntagResourceResult], frozen=True):
    """Take tags off a resource."""

    resource_name: ResourceName
    """The resource's name."""
    tag_keys: Annotated[
        tuple[ExistingTagKey, ...],
        Field(min_length=1),
        AS_LIST,
        Requirement(
            "must be at least one key",
            "UntagResource, parameter tagKeys of the service model",
            'write tag_keys=["env"]',
        ),
    ]
    """The keys of the tags to take off."""
    resource_arn: ResourceArn | None = None
    """The resource's Amazon Resource Name; the name suffices."""

    if TYPE_CHECKING:

        def __init__(
            self, *, resource_name: str, tag_keys: Iterable[str], resource_arn: str | None = None
        ) -> None: ...


class GetOperationRequest(Request[GetOperationResult], frozen=True):
    """Look up one operation."""

    operation_id: OperationId
    """The operation's id, a UUID."""


class GetOperationsRequest(PagedRequest[GetOperationsResult], frozen=True):
    """List the operations of the region."""


class GetOperationsForResourceRequest(PagedRequest[GetOperationsForResourceResult], frozen=True):
    """List the operations that are about one resource."""

    resource_name: ResourceName
    """The resource's name."""
