"""The emulator of the fault matrix: it lets a fault intervene and records what really happened."""

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
# No operation needs more calls under any fault, so one that makes more would never end.
MAX_CALLS = 400
_PAGE_SIZE = 2
_SUCCESS = 200
# The same for all of botocore's attempts at one call of the library.
_CALL_ID = "amz-sdk-invocation-id"


class EndlessCallsError(BaseException):
    """More than MAX_CALLS requests. Not an `Exception`, which botocore would retry."""


@dataclass
class Exchange:
    """A request as it arrives at the service.

    Attributes:
        operation: The API operation.
        headers: The request's headers, names in lower case.
        call_id: Identifies the call of the library.
        carry_out: Executes the request.
        sleep: Advances the clock.
        now: The service's time.
    """

    operation: str
    headers: Mapping[str, str]
    call_id: str
    carry_out: Callable[[], Response]
    sleep: Callable[[float], None]
    now: float


@dataclass
class ReceivedResponse:
    """A response as it arrives at the client.

    Attributes:
        operation: The API operation.
        status: The HTTP status.
        body: The body.
        is_true: Whether the service sent this body.
    """

    operation: str
    status: int
    body: bytes
    is_true: bool


@dataclass
class Record:
    """What really happened.

    Attributes:
        call_ids: Ids of the library's calls, one for each attempt, in order.
        operations: Names of the API operations, one for each attempt, in order.
        reached: Number of executed attempts by call id.
        commits: Operations that changed something.
        responses: Responses that arrived at the client.
    """

    call_ids: list[str] = field(default_factory=list)
    operations: list[str] = field(default_factory=list)
    reached: Counter[str] = field(default_factory=Counter)
    commits: list[str] = field(default_factory=list)
    responses: list[ReceivedResponse] = field(default_factory=list)


Handler = Callable[[Exchange], Response]


class RecordingEmulator(LightsailEmulator):
    """An emulator that records each exchange and lets a handler respond in its place."""

    def __init__(self, clock: VirtualClock, handler: Handler | None = None) -> None:
        super().__init__(clock=clock, page_size=_PAGE_SIZE, progression=Progression.by_polls(1, 1))
        self.record = Record()
        self.handler = handler
        self.initial_records: frozenset[tuple[str, str, str]] = frozenset()

    @override
    def exchange(self, headers: Mapping[str, str], body: bytes) -> Response:
        lowered = {name.lower(): value for name, value in headers.items()}
        operation = lowered["x-amz-target"].rpartition(".")[2]
        call_id = lowered[_CALL_ID]
        record = self.record
        record.call_ids.append(call_id)
        record.operations.append(operation)
        if len(record.call_ids) > MAX_CALLS:
            raise EndlessCallsError

        def carry_out() -> Response:
            record.reached[call_id] += 1
            response = self.handle(parse_region(lowered.get("authorization")), operation, body)
            if response.status == _SUCCESS and not operation.startswith("Get"):
                record.commits.append(operation)
            truth.append(response)
            return response

        truth: list[Response] = []
        exchange = Exchange(
            operation, lowered, call_id, carry_out, self.clock.sleep, self.clock.time()
        )
        response = carry_out() if self.handler is None else self.handler(exchange)
        is_true = any(each.body == response.body for each in truth)
        record.responses.append(
            ReceivedResponse(operation, response.status, response.body, is_true)
        )
        return response

    def call(self, operation: str, region: str = HERE, **members: Any) -> dict[str, Any]:
        """Call an operation as another client, which no fault affects."""
        response: dict[str, Any] = json.loads(self.handle(region, operation, members).body)
        return response

    def all_records(self) -> dict[tuple[str, str, str], dict[str, Any]]:
        """Return all resources and operations by region, type, and name or id."""
        rows = self._store._db.execute("SELECT region, type, name, wire FROM records").fetchall()
        return {(region, kind, name): json.loads(wire) for region, kind, name, wire in rows}


@dataclass(frozen=True)
class InitialState:
    """State that emulators are created with.

    Attributes:
        emulator: An emulator in this state, which is only copied.
        now: Its time.
        records: Its resources and operations, as keys of `all_records`.
        facts: Names and ids that operations need.
    """

    emulator: RecordingEmulator
    now: float
    records: frozenset[tuple[str, str, str]]
    facts: Mapping[str, str]


@functools.cache
def initial_state() -> InitialState:
    """Return the state that all cells start with, except those of the plan."""
    clock = VirtualClock()
    emulator = RecordingEmulator(clock)
    emulator.progression = Progression.instant()
    for region in (HERE, THERE):
        emulator.add_disk("data-1", region_name=region, size_in_gb=16, tags={"env": "prod"})
        emulator.call("CreateDiskSnapshot", region, diskName="data-1", diskSnapshotName="old-1")
    emulator.add_disk("loose-1", region_name=HERE)
    for name in ("held-1", "used-1"):
        emulator.add_disk(name, region_name=HERE)
    for name in ("web-1", "web-2"):
        emulator.add_instance(name, region_name=HERE)
    emulator.call("AttachDisk", diskName="held-1", instanceName="web-2", diskPath="/dev/xvdf")
    emulator.call("AttachDisk", diskName="used-1", instanceName="web-1", diskPath="/dev/xvdg")
    emulator.call("CreateDiskSnapshot", diskName="used-1", diskSnapshotName="old-used-1")
    emulator.call("StopInstance", instanceName="web-2")
    emulator.call("EnableAddOn", resourceName="data-1", addOnRequest={"addOnType": "AutoSnapshot"})
    for number in range(2, 5):
        emulator.call("CreateDiskSnapshot", diskName="data-1", diskSnapshotName=f"old-{number}")
    emulator.call(
        "CreateInstanceSnapshot", instanceName="web-2", instanceSnapshotName="old-image-1"
    )
    emulator.call(
        "CreateInstanceSnapshot", instanceName="web-1", instanceSnapshotName="old-image-2"
    )
    emulator.call("ExportSnapshot", sourceSnapshotName="old-1")
    clock.sleep(3 * 86_400)
    dates = emulator.call("GetAutoSnapshots", resourceName="data-1")["autoSnapshots"]
    emulator.progression = Progression.by_polls(1, 1)
    begun = emulator.call("CreateDiskSnapshot", diskName="data-1", diskSnapshotName="pending-1")
    facts = {"date": dates[0]["date"], "operation_id": begun["operations"][0]["id"]}
    clock.sleep(3600)
    return InitialState(emulator, clock.time(), frozenset(emulator.all_records()), facts)


def new_emulator(state: InitialState | None = None) -> RecordingEmulator:
    """Return an emulator in a state, by default the initial one."""
    state = state or initial_state()
    emulator = RecordingEmulator(VirtualClock(state.now))
    state.emulator._store._db.backup(emulator._store._db)
    emulator.initial_records = state.records
    return emulator
