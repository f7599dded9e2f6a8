"""Check the invariants of rescues in random histories: faults, kills, stale reads, other clients.

1. A rescue that succeeds has attached its own disk, restored from its own snapshot, to the helper.
2. It sends no request that changes another resource.
3. Killed at any call and called again with the same token, it creates one snapshot and one disk.
4. An error of a call that has changed something reports that.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.config import Config
from hypothesis import given
from hypothesis import strategies as st
from tests.faults.test_histories import faults

from lightsail_snap import (
    LightsailSnapClient,
    LightsailSnapError,
    RescueResult,
    VirtualClock,
    WaitPolicy,
)
from lightsail_snap.emulator import Fault, FaultKind, LightsailEmulator, Progression
from lightsail_snap.emulator._wire import Response

HERE = "us-east-1"
SNAPSHOT, DISK, TOKEN = "made-snapshot", "made-disk", "token-1"
_CHANGES = {"CreateDiskSnapshot", "CreateDiskFromSnapshot", "AttachDisk", "DeleteDiskSnapshot"}


class Killed(BaseException):
    """The process was killed."""


class Service(LightsailEmulator):
    """An emulator that records what the client's requests change, and lets others interfere."""

    def __init__(self) -> None:
        super().__init__(clock=VirtualClock(), page_size=200, progression=Progression.instant())
        self.events: list[tuple[int, str, str]] = []
        self.stale: set[int] = set()
        self.calls_made = 0
        self.created: list[str] = []
        self.changed: list[str] = []
        self.deleted: list[str] = []
        self.is_replaced = False
        self._earlier: dict[bytes, Response] = {}

    def exchange(self, headers: Mapping[str, str], body: bytes) -> Response:
        target = {name.lower(): value for name, value in headers.items()}["x-amz-target"]
        operation, index = target.rpartition(".")[2], self.calls_made
        self.calls_made += 1
        self._interfere(index, "before")
        key = operation.encode() + body
        before = self.records()
        try:
            response = super().exchange(headers, body)
        finally:
            if not operation.startswith("Get"):
                self._record(operation, json.loads(body), before)
        self._interfere(index, "after")
        is_stale = index in self.stale and key in self._earlier
        if response.status == 200 and operation.startswith("Get"):
            earlier, self._earlier[key] = self._earlier.get(key, response), response
            return earlier if is_stale else response
        return self._earlier[key] if is_stale else response

    def begin(self, history: History) -> None:
        """Let a history happen."""
        self.events, self.stale = history.events, history.stale
        self.progression = history.progression
        for fault in history.faults:
            self.inject(fault)

    def _record(self, operation: str, request: dict[str, Any], before: dict[str, Any]) -> None:
        assert operation in _CHANGES, operation
        after = self.records()
        self.created += [after[name]["arn"] for name in after.keys() - before.keys()]
        self.deleted += [before[name]["arn"] for name in before.keys() - after.keys()]
        self.changed += [
            name
            for name in after.keys() & before.keys()
            if after[name].get("attachedTo") != before[name].get("attachedTo")
        ]
        if operation == "AttachDisk":
            assert request["instanceName"] == "helper-1"

    def _interfere(self, index: int, timing: str) -> None:
        for number, when, action in self.events:
            if (number, when) == (index, timing):
                if action == "kill":
                    raise Killed
                self.act(action)

    def act(self, action: str) -> None:
        """Act as another client."""
        found = {name: record["arn"] for name, record in self.records().items()}
        for operation, members in _ACTIONS[action]:
            self.handle(HERE, operation, members)
        now = {name: record["arn"] for name, record in self.records().items()}
        self.is_replaced = self.is_replaced or any(now.get(n) != found.get(n) for n in found)

    def records(self) -> dict[str, dict[str, Any]]:
        """Return the disks and disk snapshots by name."""
        query = "SELECT name, wire FROM records WHERE type IN ('Disk', 'DiskSnapshot')"
        return {name: json.loads(wire) for name, wire in self._store._db.execute(query).fetchall()}


_ACTIONS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "delete the disk": [("DeleteDisk", {"diskName": DISK})],
    "delete the snapshot": [("DeleteDiskSnapshot", {"diskSnapshotName": SNAPSHOT})],
    "replace the disk": [
        ("DeleteDisk", {"diskName": DISK}),
        ("CreateDisk", {"diskName": DISK, "availabilityZone": f"{HERE}b", "sizeInGb": 20}),
    ],
    "replace the snapshot": [
        ("DeleteDiskSnapshot", {"diskSnapshotName": SNAPSHOT}),
        ("CreateDiskSnapshot", {"diskSnapshotName": SNAPSHOT, "instanceName": "other-1"}),
    ],
    "attach the disk elsewhere": [
        ("AttachDisk", {"diskName": DISK, "instanceName": "other-1", "diskPath": "/dev/xvdf"})
    ],
    "take the next path": [
        ("AttachDisk", {"diskName": "loose-1", "instanceName": "helper-1", "diskPath": "/dev/xvdg"})
    ],
    "stop the helper": [("StopInstance", {"instanceName": "helper-1"})],
    "start the helper": [("StartInstance", {"instanceName": "helper-1"})],
    "delete the instance": [("DeleteInstance", {"instanceName": "web-1"})],
    "remove the tags": [
        ("UntagResource", {"resourceName": name, "tagKeys": ["lightsail-snap:client-token"]})
        for name in (SNAPSHOT, DISK)
    ],
}
_HARMLESS = ("take the next path", "stop the helper", "start the helper")


@dataclass
class Rescue:
    """Instances in two zones, other disks, and a client."""

    boto3_client: Any
    service: Service = field(default_factory=Service)

    def __post_init__(self) -> None:
        service = self.service
        service.add_instance("web-1", region_name=HERE)
        for name in ("helper-1", "other-1"):
            service.add_instance(name, region_name=HERE, availability_zone=f"{HERE}b")
        for name in ("held-1", "loose-1"):
            service.add_disk(name, region_name=HERE, availability_zone=f"{HERE}b")
        path = {"diskName": "held-1", "instanceName": "helper-1", "diskPath": "/dev/xvdf"}
        service.handle(HERE, "AttachDisk", path)
        service.install(self.boto3_client)

    def run(self, **options: Any) -> RescueResult | LightsailSnapError | None:
        """Rescue once; None if the process is killed."""
        service = self.service
        service.created.clear()
        service.changed.clear()
        service.deleted.clear()
        client = LightsailSnapClient(
            self.boto3_client, clock=service.clock, wait_policy=WaitPolicy(random=lambda: 0.5)
        )
        result: RescueResult | LightsailSnapError
        try:
            result = client.rescue_system_volume(
                "web-1",
                "helper-1",
                disk_name=DISK,
                snapshot_name=SNAPSHOT,
                client_token=TOKEN,
                **options,
            )
        except Killed:
            return None
        except LightsailSnapError as error:
            result = error
        is_reported = not isinstance(result, LightsailSnapError) or result.may_have_executed
        assert is_reported or not (service.created or service.changed or service.deleted), result
        return result

    def check(self, result: RescueResult, own: set[str], *, keep_snapshot: bool) -> None:
        """Require that a success is true."""
        records = self.service.records()
        disk = records[DISK]
        assert disk["arn"] == result.disk.arn
        assert disk["arn"] in own
        assert (disk["state"], disk["attachedTo"]) == ("in-use", "helper-1")
        assert disk["path"] == result.device_path
        paths = [each.get("path") for each in records.values() if each.get("attachedTo")]
        assert len(paths) == len(set(paths))
        assert (result.snapshot is None) or keep_snapshot
        if result.snapshot is not None:
            assert result.snapshot.arn in own


@pytest.fixture(scope="module")
def boto3_client() -> Iterator[Any]:
    with LightsailEmulator() as emulator:
        client = emulator.boto3_client(HERE, Config(retries={"total_max_attempts": 1}))
    yield client
    client.close()


_PROGRESSIONS = st.one_of(
    st.builds(Progression.by_polls, st.integers(0, 2), st.integers(0, 2)),
    st.builds(Progression.by_seconds, st.integers(0, 40), st.integers(0, 40)),
)
_TIMES = st.sampled_from(["before", "after"])


@dataclass(frozen=True)
class History:
    """What happens during rescues.

    Attributes:
        events: Number of a call, before or after it, and an action of another client or a kill.
        faults: Faults of the service.
        stale: Numbers of calls whose response is the one before.
        progression: How long operations take.
    """

    events: list[tuple[int, str, str]]
    faults: list[Fault]
    stale: set[int]
    progression: Progression


def histories(*actions: str) -> st.SearchStrategy[History]:
    event = st.tuples(st.integers(0, 24), _TIMES, st.sampled_from(actions))
    return st.builds(
        History,
        events=st.lists(event, max_size=4),
        faults=st.lists(faults(), max_size=3),
        stale=st.sets(st.integers(0, 24), max_size=3),
        progression=_PROGRESSIONS,
    )


@given(history=histories(*_ACTIONS, "kill"), keep_snapshot=st.booleans())
def test_rescue_never_succeeds_with_another_resource(
    boto3_client: Any, history: History, *, keep_snapshot: bool
) -> None:
    rescue = Rescue(boto3_client)
    service, own = rescue.service, set[str]()
    service.begin(history)
    for _ in range(2):
        result = rescue.run(keep_snapshot=keep_snapshot)
        own |= set(service.created)
        assert set(service.changed) <= {DISK}
        if isinstance(result, RescueResult):
            rescue.check(result, own, keep_snapshot=keep_snapshot)
        if not service.is_replaced:
            assert set(service.deleted) <= own
    assert service.records()["held-1"]["attachedTo"] == "helper-1"


@given(history=histories("kill", *_HARMLESS), keep_snapshot=st.booleans())
def test_rescue_continues_after_any_failure(
    boto3_client: Any, history: History, *, keep_snapshot: bool
) -> None:
    rescue = Rescue(boto3_client)
    service, own = rescue.service, set[str]()
    service.begin(history)
    for _ in range(3):
        rescue.run(keep_snapshot=keep_snapshot)
        own |= set(service.created)
    service.begin(History([], [], set(), history.progression))
    service.clear_faults()
    service.clock.sleep(600)
    result = rescue.run(keep_snapshot=keep_snapshot)
    own |= set(service.created)
    assert isinstance(result, RescueResult), repr(result)
    rescue.check(result, own, keep_snapshot=keep_snapshot)
    assert len(own) == 2
    records = service.records()
    assert (SNAPSHOT in records) is keep_snapshot
    assert records.keys() - {SNAPSHOT, "held-1", "loose-1"} == {DISK}


@pytest.mark.sample(1)
@pytest.mark.parametrize("timing", ["before", "after"])
@pytest.mark.parametrize("keep_snapshot", [True, False])
def test_rescue_killed_at_every_call_continues(
    boto3_client: Any, timing: str, *, keep_snapshot: bool
) -> None:
    for index in range(30):
        rescue = Rescue(boto3_client)
        service = rescue.service
        service.progression = Progression.by_polls(1, 1)
        service.events = [(index, timing, "kill")]
        if rescue.run(keep_snapshot=keep_snapshot) is not None:
            break
        own = set(service.created)
        result = rescue.run(keep_snapshot=keep_snapshot)
        own |= set(service.created)
        assert isinstance(result, RescueResult), (index, repr(result))
        rescue.check(result, own, keep_snapshot=keep_snapshot)
        assert len(own) == 2
    assert 15 < index < 29


def test_lost_response_of_every_step_is_no_failure(boto3_client: Any) -> None:
    rescue = Rescue(boto3_client)
    for operation in _CHANGES:
        rescue.service.inject(
            Fault(kind=FaultKind.DROP, operation=operation, after_commit=True, times=1)
        )
    result = rescue.run(keep_snapshot=False)
    assert isinstance(result, RescueResult)
    assert len(rescue.service.created) == 2
