"""The sources and snapshots in Lightsail that a plan depends on."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, TypeAlias

from lightsail_snap._parameters import invalid_parameter
from lightsail_snap._text import safe_line
from lightsail_snap._workflows.effects import ReturnT
from lightsail_snap.client import LightsailSnapClient, Paginator
from lightsail_snap.errors import ConfigurationError, LightsailSnapError
from lightsail_snap.models import Disk, GetInstancesRequest, Instance
from lightsail_snap.plans._deletion import SnapshotKind
from lightsail_snap.plans._model import BackupPlan, Kind, tags_of
from lightsail_snap.retention import AnySnapshot

ClientFactory: TypeAlias = Callable[[str], LightsailSnapClient]
"""Function of a Region that returns its client. The caller closes the clients."""

SourceKind: TypeAlias = Literal["disk", "instance"]


def source_kind(kind: Kind) -> SourceKind:
    """Return the kind of resource that a selection selects."""
    return "disk" if kind == "disk" else "instance"


def snapshot_kind(kind: Kind) -> SnapshotKind:
    """Return the kind of the snapshots of a kind of source."""
    return "instance" if kind == "instance" else "disk"


def snapshot_kinds(plan: BackupPlan) -> list[SnapshotKind]:
    """Return the kinds of the snapshots of a plan."""
    return sorted({snapshot_kind(each.kind) for each in plan.selections})


@dataclass(frozen=True, slots=True)
class Source:
    """A disk or an instance.

    Attributes:
        name: The name.
        tags: The tags; None for a key without a value.
        kind: `disk` or `instance`; None if the plan selects only one of them.
        region: The AWS Region; None for the first Region of the plan.
    """

    name: str
    tags: Mapping[str, str | None]
    kind: SourceKind | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Inventory:
    """The resources that the next run of a plan depends on.

    Attributes:
        sources: All disks and instances, as far as the plan selects their kind, of its Regions.
        snapshots: All snapshots of the plan's kinds, by Region: the plan's own and copy regions.
        unlisted: The reason, by Region, for each Region that could not be listed.
        listed_at: The service's time of each listing of snapshots, by Region; None if unknown.
            Without an entry, the time of the run counts.
    """

    sources: tuple[Source, ...]
    snapshots: Mapping[str, tuple[AnySnapshot, ...]]
    unlisted: Mapping[str, str] = field(default_factory=dict)
    listed_at: Mapping[str, datetime | None] = field(default_factory=dict)


def checked_client(model: str, client: object) -> LightsailSnapClient:
    """Return a client, or raise RequestValidationError for any other object."""
    if isinstance(client, LightsailSnapClient):
        return client
    fix = "pass LightsailSnapClient(region_name=...)"
    raise invalid_parameter("client", "must be a LightsailSnapClient", fix, client, model=model)


def run_workflow(client: LightsailSnapClient, workflow: Coroutine[Any, Any, ReturnT]) -> ReturnT:
    """Run a workflow with the transport and the clock of a client."""
    return client._run(workflow)  # noqa: SLF001 - the client of this package


def clients_of(
    plan: BackupPlan, client: LightsailSnapClient, factory: ClientFactory | None
) -> ClientFactory:
    """Return the function of a Region that returns its client, for all Regions of a plan."""
    client = checked_client("apply", client)
    if factory is not None:
        return lambda region: client if region == plan.regions[0] else factory(region)
    if len(plan.regions) > 1:
        message = (
            f"the plan {plan.name} is for several Regions, {', '.join(plan.regions)}: "
            "pass clients=regional_clients(...), or another function of a Region"
        )
        raise ConfigurationError(message)
    return lambda _region: client


def _check_region(expected: str, resources: Iterable[AnySnapshot | Disk | Instance]) -> None:
    for each in resources:
        found = each.location.region_name if each.location else None
        if found not in {None, expected}:
            message = (
                f"the client for {expected} lists {each.name}, which is in {found}; pass a client "
                f"of {expected}"
            )
            raise ConfigurationError(message)


def checked_plan(model: str, plan: object) -> BackupPlan:
    """Return an equal plan, validated again since `model_copy` does not validate."""
    if not isinstance(plan, BackupPlan):
        raise invalid_parameter("plan", "must be a plan", "pass a BackupPlan", plan, model=model)
    return BackupPlan(**dict(plan))


def read_inventory(
    plan: BackupPlan, client: LightsailSnapClient, *, clients: ClientFactory | None = None
) -> Inventory:
    """List everything that the next run of a plan depends on.

    If a copy region, or one of several Regions of the plan, cannot be listed, the reason is in
    `Inventory.unlisted`, so that snapshots are still taken in the others.

    Args:
        plan: The plan.
        client: The client of the plan's Region, or of the first of several.
        clients: Function of a Region that returns its client. Required if the plan has copies or
            several Regions.

    Returns:
        The inventory.

    Raises:
        RequestValidationError: If an argument is invalid.
        ConfigurationError: If a client is missing, or belongs to another Region.
        LightsailSnapError: If no Region of the plan can be listed.
    """
    plan = checked_plan("read_inventory", plan)
    client_of = clients_of(plan, client, clients)
    sources: list[Source] = []
    snapshots: dict[str, tuple[AnySnapshot, ...]] = {}
    errors: dict[str, LightsailSnapError] = {}
    listed_at: dict[str, datetime | None] = {}
    for region in plan.regions:
        is_source_region = region in plan.source_regions
        try:
            found = _list_sources(plan, client_of(region), region) if is_source_region else []
            listed, listed_at[region] = _list_snapshots(plan, client_of(region), region)
        except ConfigurationError:
            raise
        except LightsailSnapError as error:
            errors[region] = error
            if errors.keys() >= set(plan.source_regions):
                raise errors[plan.source_regions[0]] from None
        else:
            sources += found
            snapshots[region] = listed
    unlisted = {
        region: safe_line(f"{type(error).__name__}: {error}") for region, error in errors.items()
    }
    return Inventory(tuple(sources), snapshots, unlisted, listed_at)


def _list_sources(plan: BackupPlan, client: LightsailSnapClient, region: str) -> list[Source]:
    sources: dict[tuple[SourceKind, str], Source] = {}
    for kind in sorted({source_kind(each.kind) for each in plan.selections}):
        resources: list[Disk] | list[Instance]
        if kind == "disk":
            # It is unverified whether GetDisks lists system disks. This kind excludes them.
            resources = [disk for disk in client.iter_disks() if not disk.is_system_disk]
        else:
            resources = list(Paginator(client.send, GetInstancesRequest()))
        _check_region(region, resources)
        # A list that changes between two pages may contain a resource twice.
        for each in resources:
            sources[kind, each.name] = Source(each.name, tags_of(each.tags), kind, region)
    return list(sources.values())


def _list_snapshots(
    plan: BackupPlan, client: LightsailSnapClient, region: str
) -> tuple[tuple[AnySnapshot, ...], datetime | None]:
    """Return the snapshots of a Region, and the service's time of the listing if it is known."""
    snapshots: list[AnySnapshot] = []
    dates: list[datetime | None] = []
    for kind in snapshot_kinds(plan):
        listing: Paginator[Any, Any] = (
            client.iter_instance_snapshots() if kind == "instance" else client.iter_disk_snapshots()
        )
        for page in listing.pages():
            snapshots += page.items
            dates.append(page.response_metadata.date)
    _check_region(region, snapshots)
    known = [date for date in dates if date is not None]
    return tuple(snapshots), min(known) if len(known) == len(dates) else None
