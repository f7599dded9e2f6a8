"""A nightly run of a backup plan: take, copy to another Region, delete older snapshots."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tests.faults.matrix.service import (
    HERE,
    THERE,
    InitialState,
    RecordingEmulator,
    initial_state,
    new_emulator,
)

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
# Differ each time a resource is created.
_VOLATILE_FIELDS = {"arn", "supportCode", "createdAt", "fromDiskArn"}
# Setting the same tags twice has no further effect.
_IDEMPOTENT = {"TagResource"}

State = tuple[Mapping[tuple[str, str, str], Any], Mapping[tuple[str, str, str], int]]


def nightly_run(clients: Mapping[str, LightsailSnapClient]) -> RunResult:
    """Apply the plan in the slot of the clock's day."""
    here, of = clients[HERE], clients.__getitem__
    now = datetime.fromtimestamp(here._clock.time(), UTC)
    result = apply(prepare(_PLAN, here, clients=of, now=now), here, clients=of)
    result.raise_for_failures()
    return result


def nightly_snapshot_name() -> str:
    """Return the name of the snapshot and of its copy."""
    return f"nightly-data-1-{datetime.fromtimestamp(_nightly_run_time(), UTC):%Y%m%d}"


def _nightly_run_time() -> float:
    # Early in the day, so that a later run is in the same slot.
    return (initial_state().now // _DAY + 1) * _DAY + 3600


@functools.cache
def state_before_nightly_run() -> InitialState:
    """Return the state of a plan cell: one day later, with the snapshots of a first run."""
    emulator = new_emulator()
    region_clients = {region: emulator.boto3_client(region) for region in (HERE, THERE)}
    clients = {
        region: LightsailSnapClient(client, clock=emulator.clock)
        for region, client in region_clients.items()
    }
    now = datetime.fromtimestamp(initial_state().now, UTC)
    run = prepare(_PLAN, clients[HERE], clients=clients.__getitem__, now=now)
    if not apply(run, clients[HERE], clients=clients.__getitem__).is_complete:
        raise AssertionError
    for client in region_clients.values():
        client.close()
    emulator.clock.sleep(_nightly_run_time() - emulator.clock.time())
    return InitialState(
        emulator, emulator.clock.time(), frozenset(emulator.all_records()), initial_state().facts
    )


def state_of(emulator: RecordingEmulator) -> State:
    """Return the resources and operations, without fields that differ between attempts."""
    resources: dict[tuple[str, str, str], Any] = {}
    operations: Counter[tuple[str, str, str]] = Counter()
    for (region, kind, name), wire in emulator.all_records().items():
        if kind != "Operation":
            facts = {key: value for key, value in wire.items() if key not in _VOLATILE_FIELDS}
            facts["tags"] = sorted(map(repr, wire.get("tags", [])))
            resources[region, kind, name] = facts
        elif wire["operationType"] not in _IDEMPOTENT:
            operations[region, wire["operationType"], wire["resourceName"]] += 1
    return resources, operations
