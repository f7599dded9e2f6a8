"""A small world for plans: an embedded Lightsail on a jumping clock, and a way to pull the plug."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from lightsail_snap import LightsailSnapClient, Request, Response, VirtualClock, WaitPolicy
from lightsail_snap._boto.transport import BotoTransport
from lightsail_snap.emulator import LightsailEmulator, Progression
from lightsail_snap.plans import BackupPlan, Run, RunResult, apply, prepare

HOME, AWAY = "us-east-1", "us-west-2"


class PlugPulledError(BaseException):
    """Stands for the end of the process: nothing that handles errors handles it."""


class World:
    """An embedded Lightsail whose every call can be the last.

    Attributes:
        clock: Tells the time to everybody.
        emulator: The Lightsail.
        calls: What was sent, as `(region, operation)`.
        plug: Is told of every call before (False) and after (True) it is carried out.
    """

    def __init__(self, progression: Progression | None = None) -> None:
        self.clock = VirtualClock()
        self.emulator = LightsailEmulator(
            clock=self.clock, progression=progression or Progression.by_polls(1, 1), page_size=3
        )
        self.calls: list[tuple[str, str]] = []
        self.plug: Callable[[Request[Any], bool], None] = lambda _request, _is_done: None

    def client(self, region: str = HOME) -> LightsailSnapClient:
        """Make a client; it is what plans take for `clients`, too."""
        policy = WaitPolicy(random=lambda: 0.5)
        return LightsailSnapClient(
            transport=_Wire(self, region), clock=self.clock, wait_policy=policy
        )

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.time(), UTC)

    def prepare(self, plan: BackupPlan) -> Run:
        return prepare(plan, self.client(), clients=self.client, now=self.now)

    def apply(self, run: Run, **options: Any) -> RunResult:
        return apply(run, self.client(), clients=self.client, concurrency=1, **options)

    def days(self, plan: BackupPlan, count: int) -> None:
        """Let the plan run daily."""
        for _ in range(count):
            assert self.apply(self.prepare(plan)).is_complete
            self.clock.sleep(86_400)

    def names(self, region: str = HOME) -> list[str]:
        return sorted(snapshot["name"] for snapshot in self.state()[region])

    def state(self) -> dict[str, list[dict[str, Any]]]:
        """Tell what there is, without what differs from one attempt to the next."""
        kept = ("name", "state", "fromDiskName", "fromInstanceName", "tags")
        found: dict[str, list[dict[str, Any]]] = {}
        for region in (HOME, AWAY):
            boto = self.emulator.boto3_client(region)
            things: list[dict[str, Any]] = []
            for operation, member in (
                ("get_disk_snapshots", "diskSnapshots"),
                ("get_instance_snapshots", "instanceSnapshots"),
            ):
                for page in boto.get_paginator(operation).paginate():
                    things += page[member]
            found[region] = sorted(
                (
                    {
                        key: sorted(map(repr, thing[key])) if key == "tags" else thing[key]
                        for key in kept
                        if key in thing
                    }
                    for thing in things
                ),
                key=lambda thing: str(thing["name"]),
            )
        return found


class _Wire:
    def __init__(self, world: World, region: str) -> None:
        self._world = world
        self._region = region
        self._transport = BotoTransport(world.emulator.boto3_client(region))

    def send(self, request: Request[Any]) -> Response:
        self._world.calls.append((self._region, request.operation_name))
        self._world.plug(request, False)  # noqa: FBT003 - before
        try:
            return self._transport.send(request)
        finally:
            self._world.plug(request, True)  # noqa: FBT003 - after

    def close(self) -> None:
        self._transport.close()


@pytest.fixture
def make_world() -> Callable[..., World]:
    return World


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    for name in ("db-1", "db-2"):
        made.emulator.add_disk(name, region_name=HOME)
    made.emulator.add_disk("other", region_name=HOME, tags={"backup": "daily", "env": "prod"})
    made.emulator.add_instance("web-1", region_name=HOME, tags={"backup": None})
    yield made
    made.emulator.close()


@pytest.fixture
def plug_pulled() -> type[BaseException]:
    return PlugPulledError


@pytest.fixture
def make_plan() -> Callable[..., BackupPlan]:
    def make(**changes: Any) -> BackupPlan:
        facts: dict[str, Any] = {
            "name": "nightly",
            "region": HOME,
            "slot": "day",
            "select": {"kind": "disk", "globs": ["db-*"]},
            "retention": {"time_zone": "UTC", "keep_last": 2},
        }
        return BackupPlan(**(facts | changes))

    return make
