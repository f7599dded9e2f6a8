"""The Lightsail that the matrix runs in: it does as a fault says, and knows what it really did."""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from typing_extensions import override

from lightsail_snap import VirtualClock
from lightsail_snap.emulator import LightsailEmulator, Progression
from lightsail_snap.emulator._wire import Response, parse_region

HERE, THERE = "us-east-1", "us-west-2"
# More calls than any operation may need under any fault; whoever gets so far would never end.
MOST_CALLS = 400
_PAGE_SIZE = 2
_SUCCESS = 200
# What tells one call of the library from another, over all attempts of botocore's.
_CALL_ID = "amz-sdk-invocation-id"


class EndlessError(BaseException):
    """Somebody calls and calls. No `Exception`, lest botocore take it for a network's fault."""


@dataclass
class Exchange:
    """One request as it arrives.

    Attributes:
        operation: The API operation.
        headers: The request's headers, names in lower case.
        call_id: Tells to which call of the library it belongs.
        carry_out: Lets the service carry it out.
        sleep: Lets time pass.
        now: The time.
    """

    operation: str
    headers: Mapping[str, str]
    call_id: str
    carry_out: Callable[[], Response]
    sleep: Callable[[float], None]
    now: float


@dataclass
class Given:
    """An answer as it arrives at the client.

    Attributes:
        operation: The API operation it is for.
        status: The HTTP status.
        body: The body.
        is_true: Whether it is the service's own, unchanged.
    """

    operation: str
    status: int
    body: bytes
    is_true: bool


@dataclass
class Record:
    """What really happened.

    Attributes:
        asked: The calls of the library by their ids, in order: one entry for each attempt.
        reached: The calls of the library that the service took on, by how many attempts.
        commits: The operations that changed something.
        given: The answers that arrived.
    """

    asked: list[str] = field(default_factory=list)
    operations: list[str] = field(default_factory=list)
    reached: Counter[str] = field(default_factory=Counter)
    commits: list[str] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)


Meddle = Callable[[Exchange], Response]


class World(LightsailEmulator):
    """An emulator of which everything is known."""

    def __init__(self, clock: VirtualClock, meddle: Meddle | None = None) -> None:
        """Begin as all worlds do.

        Args:
            clock: Its time.
            meddle: Answers in its place; nobody if None.
        """
        super().__init__(clock=clock, page_size=_PAGE_SIZE, progression=Progression.by_polls(1, 1))
        self.record = Record()
        self.meddle = meddle
        # What there was when it began.
        self.things: frozenset[tuple[str, str, str]] = frozenset()

    @override
    def exchange(self, headers: Mapping[str, str], body: bytes) -> Response:
        found = {name.lower(): value for name, value in headers.items()}
        operation = found["x-amz-target"].rpartition(".")[2]
        call_id = found[_CALL_ID]
        record = self.record
        record.asked.append(call_id)
        record.operations.append(operation)
        if len(record.asked) > MOST_CALLS:
            raise EndlessError

        def carry_out() -> Response:
            record.reached[call_id] += 1
            answer = self.handle(parse_region(found.get("authorization")), operation, body)
            if answer.status == _SUCCESS and not operation.startswith("Get"):
                record.commits.append(operation)
            truth.append(answer)
            return answer

        truth: list[Response] = []
        exchange = Exchange(
            operation, found, call_id, carry_out, self.clock.sleep, self.clock.time()
        )
        answer = carry_out() if self.meddle is None else self.meddle(exchange)
        is_true = any(each.body == answer.body for each in truth)
        record.given.append(Given(operation, answer.status, answer.body, is_true))
        return answer

    def do(self, operation: str, region: str = HERE, **members: Any) -> dict[str, Any]:
        """Act as somebody whom nothing disturbs."""
        answer: dict[str, Any] = json.loads(self.handle(region, operation, members).body)
        return answer

    def everything(self) -> dict[tuple[str, str, str], dict[str, Any]]:
        """Tell what there is, operations included, by region, type and name or id."""
        rows = self._store._db.execute("SELECT region, type, name, wire FROM records").fetchall()
        return {(region, kind, name): json.loads(wire) for region, kind, name, wire in rows}


@dataclass(frozen=True)
class Beginning:
    """How every world begins.

    Attributes:
        world: One that is never used but to copy it.
        now: What time it is in it.
        things: What there is.
        facts: Names and ids that operations need.
    """

    world: World
    now: float
    things: frozenset[tuple[str, str, str]]
    facts: Mapping[str, str]


@functools.cache
def beginning() -> Beginning:
    """Make the world that all worlds are copies of."""
    clock = VirtualClock()
    world = World(clock)
    world.progression = Progression.instant()
    for region in (HERE, THERE):
        world.add_disk("data-1", region_name=region, size_in_gb=16, tags={"env": "prod"})
        world.do("CreateDiskSnapshot", region, diskName="data-1", diskSnapshotName="old-1")
    world.add_disk("loose-1", region_name=HERE)
    world.add_disk("held-1", region_name=HERE)
    for name in ("web-1", "web-2"):
        world.add_instance(name, region_name=HERE)
    world.do("AttachDisk", diskName="held-1", instanceName="web-2", diskPath="/dev/xvdf")
    world.do("StopInstance", instanceName="web-2")
    world.do("EnableAddOn", resourceName="data-1", addOnRequest={"addOnType": "AutoSnapshot"})
    for number in range(2, 5):
        world.do("CreateDiskSnapshot", diskName="data-1", diskSnapshotName=f"old-{number}")
    world.do("CreateInstanceSnapshot", instanceName="web-2", instanceSnapshotName="old-image-1")
    world.do("CreateInstanceSnapshot", instanceName="web-1", instanceSnapshotName="old-image-2")
    world.do("ExportSnapshot", sourceSnapshotName="old-1")
    clock.sleep(3 * 86_400)
    dates = world.do("GetAutoSnapshots", resourceName="data-1")["autoSnapshots"]
    world.progression = Progression.by_polls(1, 1)
    begun = world.do("CreateDiskSnapshot", diskName="data-1", diskSnapshotName="pending-1")
    facts = {"date": dates[0]["date"], "operation_id": begun["operations"][0]["id"]}
    clock.sleep(3600)
    return Beginning(world, clock.time(), frozenset(world.everything()), facts)


def fresh_world(begin: Beginning | None = None) -> World:
    """Copy the world that all begin as, or another beginning."""
    begin = begin or beginning()
    world = World(VirtualClock(begin.now))
    begin.world._store._db.backup(world._store._db)
    world.things = begin.things
    return world
