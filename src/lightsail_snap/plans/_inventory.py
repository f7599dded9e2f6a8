"""The sources and snapshots in Lightsail that a plan depends on."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from lightsail_snap._parameters import invalid_parameter
from lightsail_snap._text import safe_line
from lightsail_snap._workflows.effects import ReturnT
from lightsail_snap.client import LightsailSnapClient, Paginator
from lightsail_snap.errors import ConfigurationError, LightsailSnapError
from lightsail_snap.models import Disk, GetInstancesRequest, Instance
from lightsail_snap.plans._model import BackupPlan, tags_of
from lightsail_snap.retention import AnySnapshot

ClientFactory: TypeAlias = Callable[[str], LightsailSnapClient]
"""Function of a Region that returns its client. The caller closes the clients."""


@dataclass(frozen=True, slots=True)
class Source:
    """A disk or an instance.

    Attributes:
        name: The name.
        tags: The tags; None for a key without a value.
    """

    name: str
    tags: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Inventory:
    """The resources that the next run of a plan depends on.

    Attributes:
        sources: All disks, or all instances, of the plan's Region.
        snapshots: All snapshots of the plan's kind, by Region: the plan's own and copy regions.
        unlisted: The reason, by Region, for each copy region that could not be listed.
    """

    sources: tuple[Source, ...]
    snapshots: Mapping[str, tuple[AnySnapshot, ...]]
    unlisted: Mapping[str, str] = field(default_factory=dict)


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
        return lambda region: client if region == plan.region else factory(region)
    if plan.copies:
        message = (
            f"the plan {plan.name} copies to {', '.join(plan.copies)}: "
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

    If a copy region cannot be listed, the reason is in `Inventory.unlisted`, so that source
    snapshots are still taken.

    Args:
        plan: The plan.
        client: The client of the plan's Region.
        clients: Function of a Region that returns its client. Required if the plan has copies.

    Returns:
        The inventory.

    Raises:
        RequestValidationError: If an argument is invalid.
        ConfigurationError: If a client is missing, or belongs to another Region.
        LightsailSnapError: If the plan's own Region cannot be listed.
    """
    plan = checked_plan("read_inventory", plan)
    client_of = clients_of(plan, client, clients)
    resources: list[Disk] | list[Instance]
    if plan.select.kind == "disk":
        # It is unverified whether GetDisks lists system disks. This kind excludes them.
        resources = [disk for disk in client.iter_disks() if not disk.is_system_disk]
    else:
        resources = list(Paginator(client.send, GetInstancesRequest()))
    _check_region(plan.region, resources)
    snapshots = {plan.region: _list_snapshots(plan, client, plan.region)}
    unlisted: dict[str, str] = {}
    for region in plan.copies:
        try:
            snapshots[region] = _list_snapshots(plan, client_of(region), region)
        except ConfigurationError:
            raise
        except LightsailSnapError as error:
            unlisted[region] = safe_line(f"{type(error).__name__}: {error}")
    # A list that changes between two pages may contain a resource twice.
    sources = {each.name: Source(each.name, tags_of(each.tags)) for each in resources}
    return Inventory(tuple(sources.values()), snapshots, unlisted)


def _list_snapshots(
    plan: BackupPlan, client: LightsailSnapClient, region: str
) -> tuple[AnySnapshot, ...]:
    is_instance = plan.select.kind == "instance"
    found: Iterable[AnySnapshot] = (
        client.iter_instance_snapshots() if is_instance else client.iter_disk_snapshots()
    )
    snapshots = tuple(found)
    _check_region(region, snapshots)
    return snapshots
