"""What each job makes: how it is looked up, and how it is told from another's."""

from __future__ import annotations

from typing import Any

from lightsail_snap._parameters import invalid_parameter
from lightsail_snap._workflows.create_once import (
    Creation,
    Found,
    Ownership,
    compare_types,
)
from lightsail_snap._workflows.effects import Flow, call
from lightsail_snap._workflows.ownership import expect
from lightsail_snap._workflows.resources import DISK_SNAPSHOTS, INSTANCE_SNAPSHOTS, Waitable
from lightsail_snap._workflows.transient import is_unreadable
from lightsail_snap.errors import NotFoundException, ServiceError
from lightsail_snap.models import (
    CopySnapshotRequest,
    CreateDiskFromSnapshotRequest,
    CreateDiskSnapshotRequest,
    CreateInstanceSnapshotRequest,
    Disk,
    DiskSnapshot,
    DiskSource,
    GetDiskRequest,
    GetDiskSnapshotRequest,
    GetInstanceSnapshotRequest,
    InstanceSnapshot,
    ManualSnapshotSource,
    Operation,
    RestoreSource,
    SnapshotSource,
    Tag,
)

CLIENT_TOKEN_KEY = "lightsail-snap:client-token"  # noqa: S105 - the key of a tag, no secret

# The least size of a disk that the service's own error text names, in GB.
LEAST_SIZE = 8


def _token_tag(client_token: str | None) -> Tag | None:
    if client_token is None:
        return None
    if not client_token:
        rule, fix = "must not be empty", "give a text that is this job's own, such as a UUID"
        raise invalid_parameter("client_token", rule, fix, client_token)
    return Tag(key=CLIENT_TOKEN_KEY, value=client_token)


def _with_token(tags: tuple[Tag, ...], token: Tag | None) -> tuple[Tag, ...]:
    return tags if token is None else (*tags, token)


def _disk_snapshot(name: str) -> Flow[Found[DiskSnapshot]]:
    result = yield from call(GetDiskSnapshotRequest(disk_snapshot_name=name))
    found = result.disk_snapshot
    return Found(expect(found, "name", found.name, name), result.response_metadata)


def _instance_snapshot(name: str) -> Flow[Found[InstanceSnapshot]]:
    result = yield from call(GetInstanceSnapshotRequest(instance_snapshot_name=name))
    found = result.instance_snapshot
    return Found(expect(found, "name", found.name, name), result.response_metadata)


def _disk(name: str) -> Flow[Found[Disk]]:
    result = yield from call(GetDiskRequest(disk_name=name))
    return Found(expect(result.disk, "name", result.disk.name, name), result.response_metadata)


def _same(found: str | None, wanted: str, *, is_other: bool = False) -> Ownership:
    if found is None:
        return Ownership.FOREIGN if is_other else Ownership.UNKNOWN
    return Ownership.OWN if found == wanted else Ownership.FOREIGN


def _is_of(snapshot: DiskSnapshot, source: SnapshotSource) -> Ownership:
    disk, instance = snapshot.from_disk_name, snapshot.from_instance_name
    if isinstance(source, DiskSource):
        return _same(disk, source.disk_name, is_other=instance is not None)
    return _same(instance, source.instance_name, is_other=disk is not None)


def disk_snapshot_creation(
    request: CreateDiskSnapshotRequest, client_token: str | None
) -> Creation[DiskSnapshot]:
    """Speak of a disk snapshot that is to be made.

    Args:
        request: What makes it.
        client_token: Tells this job from others.

    Returns:
        What there is to know of it.
    """
    token, tags, name = _token_tag(client_token), request.tags, request.disk_snapshot_name
    request = CreateDiskSnapshotRequest(
        disk_snapshot_name=name, source=request.source, tags=_with_token(tags, token)
    )

    def compare(snapshot: DiskSnapshot, history: tuple[Operation, ...]) -> Ownership:
        if compare_types(request.operation_name, history) is Ownership.FOREIGN:
            return Ownership.FOREIGN
        return _is_of(snapshot, request.source)

    noun = DISK_SNAPSHOTS.noun
    return Creation(request, name, noun, lambda: _disk_snapshot(name), compare, tags, token)


def instance_snapshot_creation(
    request: CreateInstanceSnapshotRequest, client_token: str | None
) -> Creation[InstanceSnapshot]:
    """Speak of an instance snapshot that is to be made.

    Args:
        request: What makes it.
        client_token: Tells this job from others.

    Returns:
        What there is to know of it.
    """
    token, tags, name = _token_tag(client_token), request.tags, request.instance_snapshot_name
    request = CreateInstanceSnapshotRequest(
        instance_snapshot_name=name,
        instance_name=request.instance_name,
        tags=_with_token(tags, token),
    )

    def compare(snapshot: InstanceSnapshot, history: tuple[Operation, ...]) -> Ownership:
        if compare_types(request.operation_name, history) is Ownership.FOREIGN:
            return Ownership.FOREIGN
        return _same(snapshot.from_instance_name, request.instance_name)

    noun = INSTANCE_SNAPSHOTS.noun
    return Creation(request, name, noun, lambda: _instance_snapshot(name), compare, tags, token)


def _either_snapshot(name: str) -> Flow[Found[Any]]:
    try:
        return (yield from _disk_snapshot(name))
    except ServiceError as error:
        # An error that nobody can read may well have said that there is none of this kind.
        may_be_other = isinstance(error, NotFoundException) or is_unreadable(error)
        if not may_be_other or error.is_retryable:
            raise
        problem = error
    try:
        return (yield from _instance_snapshot(name))
    except NotFoundException:
        # Only two readable answers say that there is neither.
        raise problem from problem.__cause__


def _look_at_either(name: str) -> Flow[Any]:
    return (yield from _either_snapshot(name)).thing


def _judge_either(snapshot: Any) -> Any:  # noqa: ANN401 - one of two kinds, judged by its own
    subject: Any = DISK_SNAPSHOTS if isinstance(snapshot, DiskSnapshot) else INSTANCE_SNAPSHOTS
    return subject.judge(snapshot)


EITHER_SNAPSHOTS: Waitable[DiskSnapshot | InstanceSnapshot] = Waitable(
    noun="snapshot",
    resume="wait_for_disk_snapshot or wait_for_instance_snapshot",
    request=DISK_SNAPSHOTS.request,
    look=_look_at_either,
    judge=_judge_either,
    name_of=lambda snapshot: snapshot.name,
)


def copy_creation(request: CopySnapshotRequest) -> Creation[DiskSnapshot | InstanceSnapshot]:
    """Speak of a copy that is to be made.

    Args:
        request: What makes it.

    Returns:
        What there is to know of it.
    """
    source, name = request.source, request.target_snapshot_name
    origin = source.snapshot_name if source.kind == "manual" else source.resource_name
    # Samples of the AWS command line.
    details = f"{request.source_region}:{origin}"

    def compare(_: DiskSnapshot | InstanceSnapshot, history: tuple[Operation, ...]) -> Ownership:
        # A copy tells the disk it is of, not the snapshot it was made from; its operation does.
        copied = [each for each in history if each.operation_type == request.operation_name]
        if any(each.operation_details == details for each in copied):
            return Ownership.OWN
        return Ownership.FOREIGN if history else Ownership.UNKNOWN

    noun = EITHER_SNAPSHOTS.noun
    return Creation(request, name, noun, lambda: _either_snapshot(name), compare)


def size_of(source: RestoreSource) -> Flow[int]:
    """Look up how large a disk from a snapshot must be at least.

    Args:
        source: The snapshot.

    Returns:
        The size in GB.
    """
    if isinstance(source, ManualSnapshotSource):
        size = (yield from _disk_snapshot(source.snapshot_name)).thing.size_in_gb
    else:
        size = (yield from _disk(source.resource_name)).thing.size_in_gb
    if size is None:
        rule, fix = "is not told by the service for this source", "give size_in_gb"
        raise invalid_parameter("size_in_gb", rule, fix, None)
    return size


def disk_creation(
    request: CreateDiskFromSnapshotRequest, client_token: str | None
) -> Creation[Disk]:
    """Speak of a disk that is to be made from a snapshot.

    Args:
        request: What makes it.
        client_token: Tells this job from others.

    Returns:
        What there is to know of it.
    """
    token, tags, name = _token_tag(client_token), request.tags, request.disk_name
    request = CreateDiskFromSnapshotRequest(
        disk_name=name,
        source=request.source,
        availability_zone=request.availability_zone,
        size_in_gb=request.size_in_gb,
        tags=_with_token(tags, token),
    )

    def compare(disk: Disk, history: tuple[Operation, ...]) -> Ownership:
        zone = disk.location.availability_zone if disk.location else None
        differs = disk.size_in_gb not in {None, request.size_in_gb}
        differs = differs or zone not in {None, request.availability_zone}
        if differs:
            return Ownership.FOREIGN
        # A disk does not tell what it was made from; its operation tells at least that it was.
        types = {each.operation_type for each in history}
        if request.operation_name in types:
            return Ownership.OWN
        return Ownership.FOREIGN if types else Ownership.UNKNOWN

    return Creation(request, name, "disk", lambda: _disk(name), compare, tags, token)
