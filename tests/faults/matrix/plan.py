"""A night of a backup plan: take, copy to another region, and delete what was there before."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.faults.matrix.world import HERE, THERE, Beginning, World, beginning, fresh_world

from lightsail_snap import LightsailSnapClient
from lightsail_snap.plans import BackupPlan, RunResult, apply, prepare

_PLAN = BackupPlan(
    name="nightly",
    region=HERE,
    slot="day",
    select={"kind": "disk", "names": ["data-1"]},
    copies=[THERE],
    tags={"env": "prod"},
    retention={"time_zone": "UTC", "keep_last": 1},
)
_DAY = 86_400
# What is another one each time a thing is made.
_OF_EACH = {"arn", "supportCode", "createdAt", "fromDiskArn"}
# To set the same tags twice is to set them.
_IDEMPOTENT = {"TagResource"}

State = tuple[Mapping[tuple[str, str, str], Any], Mapping[tuple[str, str, str], int]]


def tonight(clients: Mapping[str, LightsailSnapClient]) -> RunResult:
    """Carry the plan out, in the slot of the day."""
    here, of = clients[HERE], clients.__getitem__
    now = datetime.fromtimestamp(here._clock.time(), UTC)
    result = apply(prepare(_PLAN, here, clients=of, now=now), here, clients=of)
    result.raise_for_failures()
    return result


def tonight_makes() -> str:
    """Tell the name of the snapshot and of its copy."""
    return f"nightly-data-1-{datetime.fromtimestamp(_night(), UTC):%Y%m%d}"


def _night() -> float:
    # Early in its day, for whatever is run again later must not come into the next slot.
    return (beginning().now // _DAY + 1) * _DAY + 3600


@functools.cache
def evening() -> Beginning:
    """Make the world of a plan: a night after all worlds begin, with that night's snapshots."""
    world = fresh_world()
    region_clients = {region: world.boto3_client(region) for region in (HERE, THERE)}
    clients = {
        region: LightsailSnapClient(client, clock=world.clock)
        for region, client in region_clients.items()
    }
    now = datetime.fromtimestamp(beginning().now, UTC)
    run = prepare(_PLAN, clients[HERE], clients=clients.__getitem__, now=now)
    if not apply(run, clients[HERE], clients=clients.__getitem__).is_complete:
        raise AssertionError
    for client in region_clients.values():
        client.close()
    world.clock.sleep(_night() - world.clock.time())
    return Beginning(world, world.clock.time(), frozenset(world.everything()), beginning().facts)


def state_of(world: World) -> State:
    """Tell what there is, but for what differs from one attempt to the next."""
    things: dict[tuple[str, str, str], Any] = {}
    operations: Counter[tuple[str, str, str]] = Counter()
    for (region, kind, name), wire in world.everything().items():
        if kind != "Operation":
            told = {key: value for key, value in wire.items() if key not in _OF_EACH}
            told["tags"] = sorted(map(repr, wire.get("tags", [])))
            things[region, kind, name] = told
        elif wire["operationType"] not in _IDEMPOTENT:
            operations[region, wire["operationType"], wire["resourceName"]] += 1
    return things, operations
