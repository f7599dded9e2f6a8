"""What jobs begin with, and what there is when they have ended."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.crash.jobs import HERE, THERE, carry_out, plan_of
from typing_extensions import override

from lightsail_snap import LightsailSnapClient, VirtualClock
from lightsail_snap.emulator import LightsailEmulator, Progression

_LISTS = {
    "GetDisks": "disks",
    "GetDiskSnapshots": "diskSnapshots",
    "GetInstanceSnapshots": "instanceSnapshots",
    "GetInstances": "instances",
}
# What is another one each time a thing is made.
_OF_EACH = {"arn", "supportCode", "createdAt", "fromDiskArn", "fromInstanceArn"}
# To set the same tags twice is to set them.
_IDEMPOTENT = {"TagResource"}
_DAY = 86_400
# Plans delete only where the service's clock and the machine's agree.
READY = time.time()
_BEGINNING = READY - 2 * _DAY


class PresentClock(VirtualClock):
    """The machine's clock, ahead of it by what was slept; sleeping takes no time."""

    def __init__(self) -> None:
        super().__init__(0.0)

    @override
    def time(self) -> float:
        return time.time() + super().time()


@dataclass
class Seen:
    """What there is in the end, but for what differs from one attempt to the next.

    Attributes:
        things: All disks and snapshots, by region, listing and name.
        operations: How many operations that make or delete something there were of each type on
            each resource.
    """

    things: dict[tuple[str, str, str], dict[str, Any]]
    operations: Counter[tuple[str, str, str, str]]


def furnish(path: Path) -> None:
    """Make what all jobs begin with: sources, old snapshots, strangers', and two days of plans."""
    clock = VirtualClock(_BEGINNING)
    with LightsailEmulator(state=path, clock=clock, progression=Progression.instant()) as world:
        made = {region: world.boto3_client(region) for region in (HERE, THERE)}
        clients = {
            region: LightsailSnapClient(client, clock=clock) for region, client in made.items()
        }
        for name in ("data-1", "db-1", "db-2"):
            world.add_disk(name, region_name=HERE, size_in_gb=16)
        world.add_instance("web-1", region_name=HERE)
        made[HERE].create_disk_snapshot(diskName="data-1", diskSnapshotName="old-disk")
        made[HERE].create_disk_snapshot(diskName="db-1", diskSnapshotName="somebody-elses")
        made[HERE].create_instance_snapshot(
            instanceName="web-1", instanceSnapshotName="old-instance"
        )
        for _ in range(2):
            for kind in ("disk", "instance"):
                carry_out(plan_of(kind), clients.__getitem__, clock.time())
            clock.sleep(_DAY)


def body_of(world: LightsailEmulator, region: str, operation: str) -> str:
    """Return a response in which names have no date of today, which may change meanwhile."""
    today = f"{datetime.fromtimestamp(world.clock.time(), UTC):%Y%m%d}"
    return world.handle(region, operation, {}).body.decode().replace(today, "today")


def seen(world: LightsailEmulator) -> Seen:
    things: dict[tuple[str, str, str], dict[str, Any]] = {}
    operations: Counter[tuple[str, str, str, str]] = Counter()
    for region in (HERE, THERE):
        for listing, member in _LISTS.items():
            for thing in json.loads(body_of(world, region, listing))[member]:
                told = {key: value for key, value in thing.items() if key not in _OF_EACH}
                told["tags"] = sorted(map(json.dumps, told["tags"]))
                things[region, listing, thing["name"]] = told
        for each in json.loads(body_of(world, region, "GetOperations"))["operations"]:
            if each["operationType"] in _IDEMPOTENT:
                continue
            details = each.get("operationDetails", "")
            operations[region, each["operationType"], each["resourceName"], details] += 1
    return Seen(things, operations)
