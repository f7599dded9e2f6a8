"""Emulated Lightsail state on a virtual clock, with a hook to end the process at any call."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.support import ForwardingTransport

from lightsail_snap import LightsailSnapClient, Request, VirtualClock, WaitPolicy
from lightsail_snap._boto.transport import BotoTransport
from lightsail_snap.emulator import LightsailEmulator, Progression
from lightsail_snap.plans import BackupPlan, Run, RunResult, apply, prepare

HOME, AWAY = "us-east-1", "us-west-2"


class ProcessKilledError(BaseException):
    """The end of the process, which no error handler catches."""


class State:
    """An emulated Lightsail and its clients.

    Attributes:
        clock: The clock of the service and of all clients.
        emulator: The emulator.
        calls: The calls so far, as `(region, operation)`.
        on_call: Hook that is called before (False) and after (True) each call.
    """

    def __init__(self, progression: Progression | None = None) -> None:
        self.clock = VirtualClock()
        self.emulator = LightsailEmulator(
            clock=self.clock, progression=progression or Progression.by_polls(1, 1), page_size=3
        )
        self.calls: list[tuple[str, str]] = []
        self.on_call: Callable[[Request[Any], bool], None] = lambda _request, _is_done: None

    def client(self, region: str = HOME) -> LightsailSnapClient:
        """Return a new client of a Region. The method is also a client factory."""
        policy = WaitPolicy(random=lambda: 0.5)
        return LightsailSnapClient(
            transport=self._transport(region), clock=self.clock, wait_policy=policy
        )

    def another_client(self, region: str = HOME) -> LightsailSnapClient:
        """Return a client whose calls are neither recorded nor hooked."""
        return LightsailSnapClient(self.emulator.boto3_client(region), clock=self.clock)

    def _transport(self, region: str) -> ForwardingTransport:
        def before(request: Request[Any]) -> None:
            self.calls.append((region, request.operation_name))
            self.on_call(request, False)  # noqa: FBT003 - not done

        return ForwardingTransport(
            BotoTransport(self.emulator.boto3_client(region)),
            before=before,
            after=lambda request: self.on_call(request, True),  # noqa: FBT003 - done
        )

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.time(), UTC)

    def prepare(self, plan: BackupPlan) -> Run:
        return prepare(plan, self.client(), clients=self.client, now=self.now)

    def apply(self, run: Run, **options: Any) -> RunResult:
        return apply(run, self.client(), clients=self.client, concurrency=1, **options)

    def run_days(self, plan: BackupPlan, count: int) -> None:
        """Apply the plan once a day."""
        for _ in range(count):
            assert self.apply(self.prepare(plan)).is_complete
            self.clock.sleep(86_400)

    def names(self, region: str = HOME) -> list[str]:
        return sorted(snapshot["name"] for snapshot in self.snapshots()[region])

    def snapshots(self) -> dict[str, list[dict[str, Any]]]:
        """Return all snapshots by Region, without fields that differ between attempts."""
        keys = ("name", "state", "fromDiskName", "fromInstanceName", "tags")
        found: dict[str, list[dict[str, Any]]] = {}
        for region in (HOME, AWAY):
            boto = self.emulator.boto3_client(region)
            listed: list[dict[str, Any]] = []
            for operation, field in (
                ("get_disk_snapshots", "diskSnapshots"),
                ("get_instance_snapshots", "instanceSnapshots"),
            ):
                for page in boto.get_paginator(operation).paginate():
                    listed += page[field]
            found[region] = sorted(
                (
                    {
                        key: sorted(map(repr, each[key])) if key == "tags" else each[key]
                        for key in keys
                        if key in each
                    }
                    for each in listed
                ),
                key=lambda each: str(each["name"]),
            )
        return found


@pytest.fixture
def make_state() -> Callable[..., State]:
    return State


@pytest.fixture
def state() -> Iterator[State]:
    made = State()
    for name in ("db-1", "db-2"):
        made.emulator.add_disk(name, region_name=HOME)
    made.emulator.add_disk("other", region_name=HOME, tags={"backup": "daily", "env": "prod"})
    made.emulator.add_instance("web-1", region_name=HOME, tags={"backup": None})
    yield made
    made.emulator.close()


@pytest.fixture
def process_killed() -> type[BaseException]:
    return ProcessKilledError


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
