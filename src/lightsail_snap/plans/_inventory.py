"""What there is in Lightsail, as far as a plan is concerned."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from lightsail_snap._text import safe_line
from lightsail_snap.client import LightsailSnapClient, Paginator
from lightsail_snap.errors import ConfigurationError, LightsailSnapError
from lightsail_snap.models import Disk, GetInstancesRequest, Instance
from lightsail_snap.plans._base import refused
from lightsail_snap.plans._model import BackupPlan, tags_of
from lightsail_snap.retention import AnySnapshot

ClientFactory: TypeAlias = Callable[[str], LightsailSnapClient]
"""Gives the client of a region. The client stays its maker's: it is not closed."""


@dataclass(frozen=True, slots=True)
class Source:
    """A disk or an instance.

    Attributes:
        name: Its name.
        tags: Its tags; None for a key without a value.
    """

    name: str
    tags: Mapping[str, str | None]


@dataclass(frozen=True, slots=True)
class Inventory:
    """What there was when a plan looked.

    Attributes:
        sources: All disks, or all instances, of the plan's region.
        snapshots: All snapshots of the plan's kind, by region: the plan's, and those of copies.
        unlisted: Why the snapshots of a region of copies could not be listed, by region.
    """

    sources: tuple[Source, ...]
    snapshots: Mapping[str, tuple[AnySnapshot, ...]]
    unlisted: Mapping[str, str] = field(default_factory=dict)


class Clients:
    """The clients of the regions that a plan needs."""

    __slots__ = ("_client", "_factory", "_region")

    def __init__(
        self, plan: BackupPlan, client: LightsailSnapClient, factory: ClientFactory | None
    ) -> None:
        """Check that there are all.

        Args:
            plan: The plan.
            client: The client of the plan's region.
            factory: Gives those of other regions.

        Raises:
            ConfigurationError: If the plan needs other regions and there is no way to them.
            RequestValidationError: If it is no client.
        """
        if not isinstance(client, LightsailSnapClient):
            fix = "give LightsailSnapClient(region_name=...)"  # type: ignore[unreachable] # callers without a type checker get here
            raise refused("apply", "client", "must be a LightsailSnapClient", fix, client)
        if plan.copies and factory is None:
            message = (
                f"the plan {plan.name} copies to {', '.join(plan.copies)}: "
                "give clients=regional_clients(...), or another function of a region"
            )
            raise ConfigurationError(message)
        self._region, self._client, self._factory = plan.region, client, factory

    def of(self, region: str) -> LightsailSnapClient:
        """Give the client of a region.

        Args:
            region: The region.

        Returns:
            The client.
        """
        if region == self._region or self._factory is None:
            return self._client
        return self._factory(region)


def _require_region(wanted: str, things: Iterable[AnySnapshot | Disk | Instance]) -> None:
    for thing in things:
        found = thing.location.region_name if thing.location else None
        if found not in {None, wanted}:
            message = (
                f"a client for {wanted} is wanted, but it lists {thing.name}, which is in {found}; "
                "give the client of the plan's region"
            )
            raise ConfigurationError(message)


def checked_plan(model: str, plan: object) -> BackupPlan:
    """Check what is given for a plan.

    Args:
        model: Who wants it.
        plan: What is given.

    Returns:
        An equal plan, validated once more.

    Raises:
        RequestValidationError: If it is none, or breaks a rule.
    """
    if not isinstance(plan, BackupPlan):
        raise refused(model, "plan", "must be a plan", "give a BackupPlan(...)", plan)
    return BackupPlan(**dict(plan))


def read_inventory(
    plan: BackupPlan, client: LightsailSnapClient, *, clients: ClientFactory | None = None
) -> Inventory:
    """Look up all that a plan's next run depends on; every list is read to its end.

    A region of copies that cannot be listed does not stop it: snapshots of the sources are wanted
    all the more then.

    Args:
        plan: The plan.
        client: The client of the plan's region.
        clients: Gives the clients of the regions to copy to, if there are any.

    Returns:
        What there is.

    Raises:
        ConfigurationError: If a client is missing, or one of another region.
        LightsailSnapError: If something in the plan's own region cannot be listed.
    """
    plan = checked_plan("read_inventory", plan)
    ways = Clients(plan, client, clients)
    things: list[Disk] | list[Instance]
    if plan.select.kind == "disk":
        # Whether the service lists system disks here is unverified; they are not meant.
        things = [disk for disk in client.iter_disks() if not disk.is_system_disk]
    else:
        things = list(Paginator(client.send, GetInstancesRequest()))
    _require_region(plan.region, things)
    snapshots = {plan.region: _listed(plan, ways, plan.region)}
    unlisted: dict[str, str] = {}
    for region in plan.copies:
        try:
            snapshots[region] = _listed(plan, ways, region)
        except ConfigurationError:
            raise
        except LightsailSnapError as error:
            unlisted[region] = safe_line(f"{type(error).__name__}: {error}")
    # A list that changes while it is read may show something twice.
    sources = {thing.name: Source(thing.name, tags_of(thing.tags)) for thing in things}
    return Inventory(tuple(sources.values()), snapshots, unlisted)


def _listed(plan: BackupPlan, ways: Clients, region: str) -> tuple[AnySnapshot, ...]:
    way = ways.of(region)
    found: tuple[AnySnapshot, ...]
    if plan.select.kind == "instance":
        found = tuple(way.iter_instance_snapshots())
    else:
        found = tuple(way.iter_disk_snapshots())
    _require_region(region, found)
    return found
