"""Realistic resources, as Lightsail returns them nearly always."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import NoneType
from typing import Annotated, Any, Final, TypeAlias, TypeVar, cast, get_args, get_origin
from uuid import NAMESPACE_URL, uuid5

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from lightsail_snap.models import (
    Disk,
    DiskSnapshot,
    DiskSnapshotState,
    DiskSource,
    DiskState,
    Instance,
    InstanceHardware,
    InstanceSnapshot,
    InstanceSnapshotState,
    InstanceSource,
    InstanceState,
    InstanceStateName,
    OpenEnum,
    Operation,
    OperationStatus,
    OperationType,
    RegionName,
    ResourceLocation,
    ResourceTag,
    ResourceType,
    SnapshotSource,
    TagsInput,
)
from lightsail_snap.models._base import ResultModel
from lightsail_snap.retention import OWNERSHIP_TAG
from lightsail_snap.testing.strategies._hostile import MAX_ITEMS, UNIONS
from lightsail_snap.testing.strategies._names import resource_names

_ValueT = TypeVar("_ValueT")
_ResultT = TypeVar("_ResultT", bound=ResultModel)
_EnumT = TypeVar("_EnumT", bound=OpenEnum)

AnyTags: TypeAlias = TagsInput | SearchStrategy[TagsInput]
"""Tags, or a strategy for them."""

NOW: Final = datetime(2026, 6, 1, 12, tzinfo=UTC)
"""The present of the realistic strategies. No generated resource is newer.

A fixed time, so that a failing example fails again on another day. Pass it as `now` to the code
under test.
"""

_MAX_AGE = timedelta(days=730)
_ACCOUNT = "123456789012"
_SIZES_IN_GB = (8, 20, 32, 40, 80, 160, 320)
_DISK_NAMES = ("db-1", "db-2", "data-1", "Disk-1")
_INSTANCE_NAMES = ("web-1", "web-2", "worker-1", "Ubuntu-1")
_RESOURCE_NAMES = (*_DISK_NAMES, *_INSTANCE_NAMES, "db-1-1780315200", "web-1-system-2026-05-31")
_REGIONS = (RegionName.US_EAST_1, RegionName.EU_CENTRAL_1, RegionName.AP_SOUTHEAST_2)
_TAG_SETS: Sequence[Mapping[str, str | None]] = (
    {},
    {"env": "prod"},
    {"env": "test", "team": "data"},
    {"backup": None},
    {OWNERSHIP_TAG: "nightly"},
    {"env": "prod", OWNERSHIP_TAG: "nightly"},
)


# Constants, since hypothesis takes longer to build a strategy than to draw from it.
_SOME_REGION = st.sampled_from(_REGIONS)
_SOME_SIZE = st.sampled_from(_SIZES_IN_GB)
_SOME_INSTANCE = st.sampled_from(_INSTANCE_NAMES)
_TIMES = st.integers(0, int(_MAX_AGE.total_seconds())).map(
    lambda seconds: NOW - timedelta(seconds=seconds)
)


def as_strategy(
    value: _ValueT | SearchStrategy[_ValueT] | None, default: SearchStrategy[_ValueT]
) -> SearchStrategy[_ValueT]:
    """Return the strategy for an optional parameter that is a value or a strategy."""
    if value is None:
        return default
    return value if isinstance(value, SearchStrategy) else st.just(value)


def usually(usual: _ValueT, *others: _ValueT) -> SearchStrategy[_ValueT]:
    """Return a strategy for one value in 19 of 20 cases."""
    return st.sampled_from([*[usual] * (19 * len(others)), *others])


def resource_tags(tags: TagsInput) -> tuple[ResourceTag, ...]:
    """Return tags as a resource has them."""
    if isinstance(tags, Mapping):
        return tuple(ResourceTag(key=key, value=value) for key, value in tags.items())
    return tuple(ResourceTag(key=tag.key, value=tag.value) for tag in tags)


def attributes(  # noqa: PLR0913, PLR0917 - one for each field that resources have in common
    kind: ResourceType,
    name: str,
    region: str,
    zone: str,
    created_at: datetime,
    tags: TagsInput,
) -> dict[str, Any]:
    """Return the fields that every resource has."""
    return {
        "name": name,
        "arn": arn_of(kind, name, region),
        "created_at": created_at,
        "location": ResourceLocation(availability_zone=zone, region_name=RegionName(region)),
        "resource_type": kind,
        "support_code": f"{_ACCOUNT}/{name}",
        "tags": resource_tags(tags),
    }


def arn_of(kind: str, name: str, region: str) -> str:
    """Return an Amazon Resource Name that is unique for a name in a Region."""
    return f"arn:aws:lightsail:{region}:{_ACCOUNT}:{kind}/{uuid5(NAMESPACE_URL, region + name)}"


def make_disk_snapshot(  # noqa: PLR0913 - keyword-only, and each has a default
    name: str,
    source: SnapshotSource,
    created_at: datetime,
    *,
    region: str = RegionName.US_EAST_1,
    state: DiskSnapshotState = DiskSnapshotState.COMPLETED,
    tags: TagsInput = (),
    size_in_gb: int = 8,
) -> DiskSnapshot:
    """Return a disk snapshot with every field that Lightsail sets."""
    fields = attributes(ResourceType.DISK_SNAPSHOT, name, region, "all", created_at, tags)
    if isinstance(source, DiskSource):
        fields["from_disk_name"] = source.disk_name
        fields["from_disk_arn"] = arn_of("Disk", source.disk_name, region)
    else:
        fields["from_instance_name"] = source.instance_name
        fields["from_instance_arn"] = arn_of("Instance", source.instance_name, region)
    progress = "100%" if state == DiskSnapshotState.COMPLETED else "42%"
    return DiskSnapshot(
        **fields,
        size_in_gb=size_in_gb,
        state=state,
        progress=progress,
        is_from_auto_snapshot=False,
    )


def make_instance_snapshot(  # noqa: PLR0913 - likewise
    name: str,
    source: InstanceSource,
    created_at: datetime,
    *,
    region: str = RegionName.US_EAST_1,
    state: InstanceSnapshotState = InstanceSnapshotState.AVAILABLE,
    tags: TagsInput = (),
    size_in_gb: int = 8,
) -> InstanceSnapshot:
    """Return an instance snapshot with every field that Lightsail sets."""
    return InstanceSnapshot(
        **attributes(ResourceType.INSTANCE_SNAPSHOT, name, region, "all", created_at, tags),
        state=state,
        progress="100%" if state == InstanceSnapshotState.AVAILABLE else "42%",
        from_instance_name=source.instance_name,
        from_instance_arn=arn_of("Instance", source.instance_name, region),
        from_blueprint_id="ubuntu_24_04",
        from_bundle_id="micro_3_0",
        is_from_auto_snapshot=False,
        size_in_gb=size_in_gb,
    )


def names() -> SearchStrategy[str]:
    """Return a strategy for names, half of them usual and half of them unusual but valid."""
    return st.sampled_from(_RESOURCE_NAMES) | resource_names()


def times() -> SearchStrategy[datetime]:
    """Return a strategy for times of the two years before `NOW`, in whole seconds."""
    return _TIMES


def tag_sets() -> SearchStrategy[TagsInput]:
    """Return a strategy for sets of 0 to 2 usual tags."""
    return st.sampled_from(_TAG_SETS)


def sources() -> SearchStrategy[SnapshotSource]:
    """Return a strategy for usual sources of snapshots."""
    disks = [DiskSource(disk_name=name) for name in _DISK_NAMES]
    instances = [InstanceSource(instance_name=name) for name in _INSTANCE_NAMES]
    return st.sampled_from([*disks, *instances])


def instance_sources() -> SearchStrategy[InstanceSource]:
    """Return a strategy for usual instances."""
    return st.sampled_from([InstanceSource(instance_name=name) for name in _INSTANCE_NAMES])


def _members(kind: type[_EnumT], value: str | SearchStrategy[Any] | None) -> Any:  # noqa: ANN401 - see the callers
    """Return a parameter that is a member, its string, or a strategy, with members for strings."""
    return kind(value) if isinstance(value, str) else value


@st.composite
def _disk_snapshots(  # noqa: PLR0913, PLR0917 - one strategy per field
    draw: st.DrawFn,
    name: SearchStrategy[str],
    state: SearchStrategy[DiskSnapshotState],
    source: SearchStrategy[SnapshotSource],
    created_at: SearchStrategy[datetime],
    tags: SearchStrategy[TagsInput],
) -> DiskSnapshot:
    return make_disk_snapshot(
        draw(name),
        draw(source),
        draw(created_at),
        region=draw(_SOME_REGION),
        state=draw(state),
        tags=draw(tags),
        size_in_gb=draw(_SOME_SIZE),
    )


def disk_snapshots(
    *,
    name: str | SearchStrategy[str] | None = None,
    state: str | SearchStrategy[DiskSnapshotState] | None = None,
    source: SnapshotSource | SearchStrategy[SnapshotSource] | None = None,
    created_at: datetime | SearchStrategy[datetime] | None = None,
    tags: AnyTags | None = None,
) -> SearchStrategy[DiskSnapshot]:
    """Return a strategy for realistic disk snapshots; `hostile_disk_snapshots` for all others.

    Each parameter is a value, a strategy, or None for realistic values.

    Args:
        name: The name.
        state: The state; by default 19 of 20 snapshots are completed, the others are pending or
            have failed.
        source: The disk, or the instance of a snapshot of a system disk; by default either.
        created_at: The creation time; by default in the two years before `NOW`.
        tags: The tags, by default 0 to 2; some snapshots have the tag `OWNERSHIP_TAG`.

    Returns:
        Disk snapshots with name, size, state, creation time, tags and exactly one source.
    """
    states = usually(
        DiskSnapshotState.COMPLETED, DiskSnapshotState.PENDING, DiskSnapshotState.ERROR
    )
    return _disk_snapshots(
        as_strategy(name, names()),
        as_strategy(_members(DiskSnapshotState, state), states),
        as_strategy(source, sources()),
        as_strategy(created_at, times()),
        as_strategy(tags, tag_sets()),
    )


@st.composite
def _instance_snapshots(  # noqa: PLR0913, PLR0917 - one strategy per field
    draw: st.DrawFn,
    name: SearchStrategy[str],
    state: SearchStrategy[InstanceSnapshotState],
    source: SearchStrategy[InstanceSource],
    created_at: SearchStrategy[datetime],
    tags: SearchStrategy[TagsInput],
) -> InstanceSnapshot:
    return make_instance_snapshot(
        draw(name),
        draw(source),
        draw(created_at),
        region=draw(_SOME_REGION),
        state=draw(state),
        tags=draw(tags),
        size_in_gb=draw(_SOME_SIZE),
    )


def instance_snapshots(
    *,
    name: str | SearchStrategy[str] | None = None,
    state: str | SearchStrategy[InstanceSnapshotState] | None = None,
    source: InstanceSource | SearchStrategy[InstanceSource] | None = None,
    created_at: datetime | SearchStrategy[datetime] | None = None,
    tags: AnyTags | None = None,
) -> SearchStrategy[InstanceSnapshot]:
    """Return a strategy for realistic instance snapshots; see `hostile_instance_snapshots`.

    Each parameter is a value, a strategy, or None for realistic values.

    Args:
        name: The name.
        state: The state; by default 19 of 20 snapshots are available.
        source: The instance.
        created_at: The creation time; by default in the two years before `NOW`.
        tags: The tags, by default 0 to 2; some snapshots have the tag `OWNERSHIP_TAG`.

    Returns:
        Instance snapshots with name, size, state, creation time, tags and source.
    """
    states = usually(
        InstanceSnapshotState.AVAILABLE, InstanceSnapshotState.PENDING, InstanceSnapshotState.ERROR
    )
    return _instance_snapshots(
        as_strategy(name, names()),
        as_strategy(_members(InstanceSnapshotState, state), states),
        as_strategy(source, instance_sources()),
        as_strategy(created_at, times()),
        as_strategy(tags, tag_sets()),
    )


@st.composite
def _disks(
    draw: st.DrawFn,
    name: SearchStrategy[str],
    state: SearchStrategy[DiskState],
    tags: SearchStrategy[TagsInput],
) -> Disk:
    region, found = draw(_SOME_REGION), draw(state)
    fields = attributes(
        ResourceType.DISK, draw(name), region, f"{region}a", draw(_TIMES), draw(tags)
    )
    if found == DiskState.IN_USE:
        fields |= {"path": "/dev/xvdf", "attached_to": draw(_SOME_INSTANCE)}
    return Disk(
        **fields,
        size_in_gb=draw(_SOME_SIZE),
        iops=100,
        state=found,
        is_attached=found == DiskState.IN_USE,
        is_system_disk=False,
    )


def disks(
    *,
    name: str | SearchStrategy[str] | None = None,
    state: str | SearchStrategy[DiskState] | None = None,
    tags: AnyTags | None = None,
) -> SearchStrategy[Disk]:
    """Return a strategy for realistic disks; `hostile_disks` for all others.

    Each parameter is a value, a strategy, or None for realistic values.

    Args:
        name: The name.
        state: The state; by default `available` or `in-use`.
        tags: The tags.

    Returns:
        Disks with name, size, zone and state; disks in use have a path and an instance.
    """
    return _disks(
        as_strategy(name, st.sampled_from(_DISK_NAMES) | resource_names()),
        as_strategy(
            _members(DiskState, state), st.sampled_from([DiskState.IN_USE, DiskState.AVAILABLE])
        ),
        as_strategy(tags, tag_sets()),
    )


# States of Amazon EC2, which Lightsail uses for instances.
_INSTANCE_STATES: Mapping[str, int] = {
    "running": 16,
    "stopped": 80,
    "pending": 0,
    "stopping": 64,
}


@st.composite
def _instances(
    draw: st.DrawFn,
    name: SearchStrategy[str],
    state: SearchStrategy[str],
    tags: SearchStrategy[TagsInput],
) -> Instance:
    region, found = draw(_SOME_REGION), draw(state)
    host = draw(st.integers(4, 254))
    return Instance(
        **attributes(
            ResourceType.INSTANCE, draw(name), region, f"{region}a", draw(_TIMES), draw(tags)
        ),
        blueprint_id="ubuntu_24_04",
        blueprint_name="Ubuntu",
        bundle_id="micro_3_0",
        is_static_ip=False,
        private_ip_address=f"172.26.0.{host}",
        public_ip_address=f"203.0.113.{host}" if found == "running" else None,
        hardware=InstanceHardware(cpu_count=2, ram_size_in_gb=1.0),
        state=InstanceState(code=_INSTANCE_STATES.get(found), name=InstanceStateName(found)),
        username="ubuntu",
        ssh_key_name="LightsailDefaultKeyPair",
    )


def instances(
    *,
    name: str | SearchStrategy[str] | None = None,
    state: str | SearchStrategy[str] | None = None,
    tags: AnyTags | None = None,
) -> SearchStrategy[Instance]:
    """Return a strategy for realistic instances; `hostile_instances` for all others.

    Each parameter is a value, a strategy, or None for realistic values.

    Args:
        name: The name.
        state: The name of the state; by default 19 of 20 instances are `running`.
        tags: The tags.

    Returns:
        Instances with name, zone, state, addresses and hardware.
    """
    return _instances(
        as_strategy(name, st.sampled_from(_INSTANCE_NAMES) | resource_names()),
        as_strategy(state, usually("running", "stopped", "pending")),
        as_strategy(tags, tag_sets()),
    )


_SNAPSHOT_OPERATIONS = (
    (OperationType.CREATE_DISK_SNAPSHOT, ResourceType.DISK_SNAPSHOT),
    (OperationType.DELETE_DISK_SNAPSHOT, ResourceType.DISK_SNAPSHOT),
    (OperationType.CREATE_INSTANCE_SNAPSHOT, ResourceType.INSTANCE_SNAPSHOT),
    (OperationType.CREATE_DISK_FROM_SNAPSHOT, ResourceType.DISK),
    (OperationType.ATTACH_DISK, ResourceType.DISK),
)
_SOME_OPERATION = st.sampled_from(_SNAPSHOT_OPERATIONS)
_ENDED = frozenset({OperationStatus.SUCCEEDED, OperationStatus.COMPLETED, OperationStatus.FAILED})


@st.composite
def _operations(
    draw: st.DrawFn, status: SearchStrategy[OperationStatus], resource_name: SearchStrategy[str]
) -> Operation:
    kind, resource_type = draw(_SOME_OPERATION)
    region, created, found = draw(_SOME_REGION), draw(_TIMES), draw(status)
    is_failed = found == OperationStatus.FAILED
    return Operation(
        id=str(draw(st.uuids())),
        resource_name=draw(resource_name),
        resource_type=resource_type,
        created_at=created,
        location=ResourceLocation(availability_zone="all", region_name=region),
        is_terminal=found in _ENDED,
        operation_type=kind,
        status=found,
        status_changed_at=created + timedelta(seconds=draw(st.integers(0, 60))),
        error_code="InternalFailure" if is_failed else None,
        error_details="An internal error occurred." if is_failed else None,
    )


def operations(
    *,
    status: str | SearchStrategy[OperationStatus] | None = None,
    resource_name: str | SearchStrategy[str] | None = None,
) -> SearchStrategy[Operation]:
    """Return a strategy for realistic operations; `hostile_operations` for all others.

    Each parameter is a value, a strategy, or None for realistic values.

    Args:
        status: The status; by default 3 of 5 operations have succeeded, the others have started or
            failed.
        resource_name: The name of the resource.

    Returns:
        Operations whose `is_terminal` and error fit their status.
    """
    done = [OperationStatus.SUCCEEDED] * 3
    statuses = st.sampled_from([*done, OperationStatus.STARTED, OperationStatus.FAILED])
    return _operations(
        as_strategy(_members(OperationStatus, status), statuses),
        as_strategy(resource_name, st.sampled_from(_RESOURCE_NAMES)),
    )


def results(model: type[_ResultT]) -> SearchStrategy[_ResultT]:
    """Return a strategy for one model of results, with realistic values.

    `hostile_results` returns everything else that the wire could contain.

    Args:
        model: The model, for example `GetDiskSnapshotsResult`.

    Returns:
        Instances with every field that Lightsail sets, and known members of enumerations.
    """
    special = _REALISTIC.get(model)
    if special is not None:
        return cast("SearchStrategy[_ResultT]", special())
    return _filled(model)


@st.composite
def _filled(draw: st.DrawFn, model: type[_ResultT]) -> _ResultT:
    fields = {
        name: draw(_values(name, field.annotation)) for name, field in model.model_fields.items()
    }
    return model(**{name: value for name, value in fields.items() if value is not None})


@st.composite
def _resource_tags(draw: st.DrawFn) -> ResourceTag:
    key, value = draw(st.sampled_from([("env", "prod"), ("backup", None), ("team", "data")]))
    return ResourceTag(key=key, value=value)


def _values(  # noqa: PLR0911 - one for each kind of annotation
    name: str,
    annotation: Any,  # noqa: ANN401 - an annotation can be anything
) -> SearchStrategy[Any]:
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _values(name, inner[0])
    if origin in UNIONS:
        return st.one_of(*(_values(name, each) for each in inner if each is not NoneType))
    if origin is tuple:
        return st.lists(_values(name, inner[0]), max_size=MAX_ITEMS).map(tuple)
    if annotation is str:
        return _strings(name)
    if annotation in _PLAIN_VALUES:
        return _PLAIN_VALUES[annotation]
    if issubclass(annotation, OpenEnum):
        return st.sampled_from(annotation.known_values())
    return results(annotation)


def _strings(field: str) -> SearchStrategy[str]:
    """Return a strategy for the strings of a field, by the name of the field."""
    for ending, values in _STRINGS_BY_FIELD.items():
        if field.endswith(ending):
            return values
    return st.sampled_from(("default", "enabled", "unknown"))


_STRINGS_BY_FIELD: Mapping[str, SearchStrategy[Any]] = {
    "page_token": st.none() | st.just("AAAB3u5Z-next"),
    "next_page_count": st.just("0"),
    "arn": st.sampled_from([arn_of("Disk", name, RegionName.US_EAST_1) for name in _DISK_NAMES]),
    "name": st.sampled_from(_RESOURCE_NAMES),
    "bundle_id": st.just("micro_3_0"),
    "blueprint_id": st.just("ubuntu_24_04"),
    "id": st.uuids().map(str),
    "path": st.sampled_from(("/dev/xvdf", "/dev/xvdg")),
    "time_of_day": st.integers(0, 23).map("{:02}:00".format),
    "ipv6_cidrs": st.just("2001:db8::/32"),
    "cidrs": st.just("203.0.113.0/24"),
    "availability_zone": st.sampled_from([f"{region}a" for region in _REGIONS]),
    "code": st.just("123456789012/arn:aws:ec2:us-east-1:123456789012:instance"),
}
_PLAIN_VALUES: Mapping[object, SearchStrategy[Any]] = {
    bool: st.booleans(),
    float: st.sampled_from((0.5, 1.0, 2.0, 4.0)),
    int: st.sampled_from(_SIZES_IN_GB),
    datetime: times(),
    dt.date: times().map(datetime.date),
}
_REALISTIC: Mapping[type[ResultModel], Callable[[], SearchStrategy[Any]]] = {
    DiskSnapshot: disk_snapshots,
    InstanceSnapshot: instance_snapshots,
    Disk: disks,
    Instance: instances,
    Operation: operations,
    ResourceTag: _resource_tags,
}
