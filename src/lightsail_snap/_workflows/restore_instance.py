"""Restore instances from snapshots."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from lightsail_snap._parameters import as_list, invalid_parameter
from lightsail_snap._workflows.create_and_wait import OnProgress, create_and_wait
from lightsail_snap._workflows.create_once import Creation, token_tag
from lightsail_snap._workflows.effects import run_by_deadline
from lightsail_snap._workflows.ownership import Ownership
from lightsail_snap._workflows.resources import find_instance, find_instance_snapshot, instances
from lightsail_snap._workflows.timing import RetryBudget, Stopwatch, start
from lightsail_snap.errors import InvalidInputException, LightsailSnapError, NotFoundException
from lightsail_snap.models import (
    AddOnRequest,
    CreateInstancesFromSnapshotRequest,
    DiskMap,
    Instance,
    InstanceStateName,
    IpAddressType,
    ManualSnapshotSource,
    Operation,
    RestoreSource,
    TagsInput,
)
from lightsail_snap.waiters import WaitPolicy

# An explanation must not delay an error much.
_EXPLANATION_SECONDS = 10.0
# They stand for values that are looked up after everything else is validated.
_SOME_ZONE, _SOME_BUNDLE = "us-east-1a", "nano_3_0"


class _Origin(NamedTuple):
    """What is known of the instance that a snapshot was taken of."""

    bundle_id: str | None
    size_in_gb: int | None
    zone: str | None


async def _find_origin(source: RestoreSource, *, with_zone: bool) -> _Origin:
    """Look up the origin of a snapshot; its zone takes another call for a manual snapshot."""
    if not isinstance(source, ManualSnapshotSource):
        instance = (await find_instance(source.resource_name)).resource
        return _Origin(instance.bundle_id, None, _zone_of(instance))
    snapshot = (await find_instance_snapshot(source.snapshot_name)).resource
    zone = None
    if with_zone and snapshot.from_instance_name is not None:
        try:
            instance = (await find_instance(snapshot.from_instance_name)).resource
        except NotFoundException:
            pass
        else:
            # An instance of this name may also be a later one, or one of another Region.
            zone = _zone_of(instance) if instance.arn == snapshot.from_instance_arn else None
    return _Origin(snapshot.from_bundle_id, snapshot.size_in_gb, zone)


def _zone_of(instance: Instance) -> str | None:
    return instance.location.availability_zone if instance.location else None


def _instance_creation(
    request: CreateInstancesFromSnapshotRequest, client_token: str | None
) -> Creation[Instance]:
    token, tags = token_tag(client_token), request.tags
    request = _replace(request, tags=tags if token is None else (*tags, token))

    def compare(instance: Instance, operations: tuple[Operation, ...]) -> Ownership:
        differs = instance.bundle_id not in {None, request.bundle_id}
        differs = differs or _zone_of(instance) not in {None, request.availability_zone}
        if differs:
            return Ownership.FOREIGN
        # An instance does not name its snapshot; its operation proves at least that it has one.
        types = {each.operation_type for each in operations}
        if request.operation_name in types:
            return Ownership.OWN
        return Ownership.FOREIGN if types else Ownership.UNKNOWN

    waitable = instances(InstanceStateName.RUNNING)
    return Creation(request, request.instance_names[0], waitable, compare, tags, token)


def _replace(
    request: CreateInstancesFromSnapshotRequest,
    **fields: Any,  # noqa: ANN401 - the values of any fields
) -> CreateInstancesFromSnapshotRequest:
    """Return a validated request with other values."""
    return CreateInstancesFromSnapshotRequest(**{**dict(request), **fields})


async def restore_instance(  # noqa: PLR0913 - the parameters of the client's method
    instance_name: str,
    source: RestoreSource,
    policy: WaitPolicy,
    limit: float | None,
    *,
    availability_zone: str | None,
    bundle_id: str | None,
    attached_disks: Iterable[DiskMap],
    user_data: str | None,
    key_pair_name: str | None,
    ip_address_type: IpAddressType | None,
    add_ons: Iterable[AddOnRequest],
    tags: TagsInput | None,
    client_token: str | None,
    on_progress: OnProgress | None,
) -> Instance:
    """Create an instance from a snapshot exactly once, and wait until it runs."""
    disks = as_list("attached_disks", attached_disks)
    # A name of another type is refused with all other violations.
    name: object = instance_name
    mapping = {instance_name: disks} if disks and isinstance(name, str) else None
    # Everything is validated before the first call.
    request = CreateInstancesFromSnapshotRequest(
        instance_names=[instance_name],
        source=source,
        availability_zone=_SOME_ZONE if availability_zone is None else availability_zone,
        bundle_id=_SOME_BUNDLE if bundle_id is None else bundle_id,
        attached_disk_mapping=mapping,
        user_data=user_data,
        key_pair_name=key_pair_name,
        ip_address_type=ip_address_type,
        add_ons=add_ons,
        tags=tags,
    )
    _instance_creation(request, client_token)
    if availability_zone is None or bundle_id is None:
        stopwatch = await start(limit)
        origin = await _look_up(source, policy, stopwatch, with_zone=availability_zone is None)
        limit = None if limit is None else stopwatch.remaining
        zone, bundle = availability_zone or origin.zone, bundle_id or origin.bundle_id
        if zone is None:
            rule = "cannot be derived: the source instance does not exist in this Region"
            fix = "pass the zone of the new instance, for example us-east-2a"
            raise invalid_parameter("availability_zone", rule, fix, None)
        if bundle is None:
            rule = "is not reported by the service for this source"
            raise invalid_parameter("bundle_id", rule, "pass for example micro_3_0", None)
        request = _replace(request, availability_zone=zone, bundle_id=bundle)
    creation = _instance_creation(request, client_token)
    try:
        return await create_and_wait(creation, policy, limit, on_progress=on_progress)
    except InvalidInputException as error:
        if error.sub_code != "NameExists":
            error.add_note(await _explain(request, policy))
        raise


async def _look_up(
    source: RestoreSource, policy: WaitPolicy, stopwatch: Stopwatch, *, with_zone: bool
) -> _Origin:
    budget = RetryBudget(policy, stopwatch)
    origin = await run_by_deadline(
        lambda: budget.look_up(lambda: _find_origin(source, with_zone=with_zone)),
        stopwatch.deadline,
    )
    await stopwatch.read()
    return origin


async def _explain(request: CreateInstancesFromSnapshotRequest, policy: WaitPolicy) -> str:
    """Return what the service may have refused: most often the bundle or the zone."""
    text = (
        f"requested were the bundle {request.bundle_id} and the zone {request.availability_zone}; "
        "the bundle must be at least as large as that of the source, and the zone must be one of "
        "the snapshot's Region"
    )
    try:
        stopwatch = await start(_EXPLANATION_SECONDS)
        origin = await _look_up(request.source, policy, stopwatch, with_zone=True)
    except LightsailSnapError:
        return text
    facts = {
        "bundle": origin.bundle_id,
        "system disk": origin.size_in_gb and f"{origin.size_in_gb} GB",
        "zone": origin.zone,
    }
    known = ", ".join(f"{name} {value}" for name, value in facts.items() if value)
    return f"{text}; the source has: {known}" if known else text
