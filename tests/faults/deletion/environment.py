"""The emulator, other clients, faults, clocks, and runs that take turns."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any

from tests.faults.deletion.history import (
    ACTIONS,
    HOUR,
    OTHER_OWNER,
    OWNER,
    SOURCES,
    Event,
    History,
    Tag,
)
from tests.faults.deletion.oracle import (
    DELETES,
    GETS,
    LISTS,
    OWNER_TAG,
    REGION_TAG,
    Exchange,
    Watch,
    Wire,
)
from tests.support import ScriptedTransport, SkewedClock

from lightsail_snap import (
    LightsailSnapClient,
    OutcomeUnknownError,
    Request,
    RequestNotSentError,
    Response,
    VirtualClock,
    WaitPolicy,
)
from lightsail_snap._boto.error_mapping import Attempt, error_from_response
from lightsail_snap.emulator import LightsailEmulator, Progression
from lightsail_snap.models import ResponseMetadata

HERE, THERE, ELSEWHERE = "us-east-1", "us-west-2", "eu-west-1"
_CREATES = {
    "DiskSnapshot": ("CreateDiskSnapshot", "diskSnapshotName"),
    "InstanceSnapshot": ("CreateInstanceSnapshot", "instanceSnapshotName"),
}
_TAGS: dict[Tag, dict[str, str]] = {
    "managed": {OWNER_TAG: OWNER},
    "kept": {OWNER_TAG: OWNER, "keep": ""},
    "other": {OWNER_TAG: OTHER_OWNER},
    "empty": {OWNER_TAG: ""},
    "none": {},
}


class Turns:
    """Lets one of several threads run at a time and decides at each call which."""

    def __init__(self, turns: Sequence[int], count: int) -> None:
        self._turns = list(turns)
        self._alive = list(range(count))
        self._current = 0
        self._condition = threading.Condition()

    def enter(self, me: int) -> None:
        """Wait for the first turn."""
        with self._condition:
            self._condition.wait_for(lambda: self._current == me)

    def take(self, me: int) -> None:
        """Pass the turn to the next thread and wait for it."""
        with self._condition:
            wanted = self._turns.pop(0) if self._turns else me
            self._current = wanted if wanted in self._alive else me
            self._condition.notify_all()
            self._condition.wait_for(lambda: self._current == me)

    def leave(self, me: int) -> None:
        """End; the other threads continue."""
        with self._condition:
            self._alive.remove(me)
            self._current = self._alive[0] if self._alive else -1
            self._condition.notify_all()


@dataclass
class Environment:
    """Regions with snapshots of two disks and an instance.

    If a plan is for several Regions, there is a disk of the same name in another Region, and there
    are copies of the snapshots of both disks.

    Attributes:
        history: The history.
        calls: Number of requests of all runs.
        is_quiet: Whether events are switched off.
        has_other_changes: Whether another client changed anything.
        happened: What happened, by kind.
    """

    history: History
    calls: int = 0
    is_quiet: bool = False
    has_other_changes: bool = False
    happened: list[str] = field(default_factory=list)
    clocks: list[SkewedClock] = field(default_factory=list)
    crashes: list[BaseException] = field(default_factory=list)
    watches: list[Watch] = field(default_factory=list)
    turns: Turns | None = None

    def __post_init__(self) -> None:
        self.clock = VirtualClock()
        self.emulator = LightsailEmulator(
            clock=self.clock, progression=Progression.instant(), page_size=self.history.page_size
        )
        self._states: list[dict[str, list[Wire]]] = []
        self._changes: list[tuple[int, str]] = []
        self._names = 0
        self._last_get = ""
        self._victim = ""
        self._region = HERE
        self.has_several = any(each.has_several for each in self.history.configs)
        for name in SOURCES[:2]:
            self.emulator.add_disk(name, region_name=HERE)
        self.emulator.add_instance(SOURCES[2], region_name=HERE)
        self.emulator.add_disk(SOURCES[0], region_name=ELSEWHERE)
        for source, hours, tag in self.history.snapshots:
            name = self.create(source, tag)
            if self.has_several and source == SOURCES[0]:
                self._create_elsewhere(name, tag)
            self.clock.sleep(hours * HOUR)

    def client(self, number: int, region: str) -> LightsailSnapClient:
        return LightsailSnapClient(
            transport=ScriptedTransport(partial(self.send, number, region)),
            clock=self.clocks[number],
            wait_policy=WaitPolicy(random=lambda: 0.5),
        )

    def call(self, operation: str, region: str = "", **members: Any) -> int:
        """Call an operation as another client; return the HTTP status."""
        return self.emulator.handle(region or self._region, operation, members).status

    def _create_elsewhere(self, name: str, tag: Tag) -> None:
        """Take a snapshot of the disk in the other Region, and copy those of both."""
        twin = f"{name}-twin"
        tags = [{"key": key, "value": value} for key, value in _TAGS[tag].items()]
        members = {"diskSnapshotName": twin, "diskName": SOURCES[0], "tags": tags}
        self.call("CreateDiskSnapshot", ELSEWHERE, **members)
        for region, copied in ((HERE, name), (ELSEWHERE, twin)):
            names = {"sourceSnapshotName": copied, "targetSnapshotName": copied}
            self.call("CopySnapshot", THERE, **names, sourceRegion=region)
            found = [*tags, {"key": REGION_TAG, "value": region}]
            self.call("TagResource", THERE, resourceName=copied, tags=found)

    def state(self, region: str = HERE) -> list[Wire]:
        """Return all snapshots of a Region."""
        query = "SELECT wire, course FROM records WHERE region = ? AND type IN (?, ?) ORDER BY seq"
        found = self.emulator._store._db.execute(query, (region, *_CREATES)).fetchall()
        # All work ends at once; the store has the final state until the snapshot is read.
        return [
            json.loads(wire) | (json.loads(course)[3] if course else {}) for wire, course in found
        ]

    def create(self, source: str, tag: Tag = "managed", name: str = "") -> str:
        self._names += not name
        name = name or f"s-{self._names}"
        kind = "InstanceSnapshot" if source == "web-1" else "DiskSnapshot"
        operation, member = _CREATES[kind]
        tags = [{"key": key, "value": value} for key, value in _TAGS[tag].items()]
        of = "instanceName" if source == "web-1" else "diskName"
        members: Wire = {member: name, of: source, "tags": tags}
        self.call(operation, **members)
        return name

    def _delete(self, wire: Wire) -> None:
        kind = wire["resourceType"]
        self.call(f"Delete{kind}", **{_CREATES[kind][1]: wire["name"]})

    def _retag(self, wire: Wire, value: str | None, key: str = OWNER_TAG) -> None:
        if value is None:
            self.call("UntagResource", resourceName=wire["name"], tagKeys=[key])
        else:
            tags = [{"key": key, "value": value}]
            self.call("TagResource", resourceName=wire["name"], tags=tags)

    def act(self, action: str) -> None:
        """Act as another client, in turn in the Region of the first disk and in that of copies."""
        self._region = THERE if self.has_several and self.calls % 2 else HERE
        state = sorted(self.state(self._region), key=lambda each: float(each["createdAt"]))
        by_name = {each["name"]: each for each in state}
        source = by_name.get(self._victim, state[-1] if state else {}).get("fromDiskName")
        group = [each for each in state if each.get("fromDiskName") == source]
        if action.startswith("create"):
            tag: Tag = "managed" if action == "create managed" else "other"
            self._change(self.create(source or SOURCES[2], tag))
        elif group and action == "copy oldest":
            self._copy(group[0]["name"])
        elif group:
            # Before and between deletions, the oldest snapshot is next.
            victim = by_name.get(self._victim, group[0])
            targets = {
                "delete all but oldest": group[1:],
                "delete last seen": [each for each in group if each["name"] == self._last_get],
            }
            usual = [victim if "victim" in action else group[-1]]
            for each in targets.get(action, usual):
                self._act_on(each, action)

    def _act_on(self, wire: Wire, action: str) -> None:
        self._change(wire["name"])
        match action.split(maxsplit=1)[0]:
            case "delete":
                self._delete(wire)
            case "replace":
                self._delete(wire)
                source = wire.get("fromDiskName") or wire["fromInstanceName"]
                self.create(source, "managed", wire["name"])
            case "untag":
                self._retag(wire, None)
            case _ if action.endswith("other"):
                self._retag(wire, OTHER_OWNER)
            case _:
                self._retag(wire, "", "keep")

    def _copy(self, name: str) -> None:
        self._names += 1
        target = f"s-{self._names}"
        members = {"sourceSnapshotName": name, "targetSnapshotName": target}
        self.call("CopySnapshot", **members, sourceRegion=HERE)
        self._retag({"name": target}, OWNER)
        self._change(target)

    def _change(self, name: str, by: int = -1) -> None:
        self._changes.append((by, name))
        self.has_other_changes = self.has_other_changes or by < 0

    def send(self, number: int, region: str, request: Request[Any]) -> Response:
        """Execute a request of a run, with the events of this call."""
        watch, operation, members = self.watches[number], request.operation_name, request.to_wire()
        if operation in DELETES:
            now = self._exchange_at(number, region, operation, members, None)
            watch.check_request(region, operation, members[DELETES[operation]], now)
        if self.turns is not None:
            self.turns.take(number)
        index, self.calls = self.calls, self.calls + 1
        events = [] if self.is_quiet else [e for e in self.history.events if e.call == index]
        for event in events:
            self.happened.append(event.what)
            self._apply_event(number, event)
        faults = [event.what for event in events]
        exchange: Exchange | None = None
        try:
            response, exchange = self._exchange(number, region, request, events)
        finally:
            self._record(number, region, operation, members, exchange)
        if "interrupt after" in faults:
            raise KeyboardInterrupt
        return response

    def _apply_event(self, number: int, event: Event) -> None:
        clock = self.clocks[number]
        if event.what in ACTIONS:
            self.act(event.what)
        elif event.what == "pass":
            self.clock.sleep(event.amount)
        elif event.what == "step":
            clock.wall_offset += event.amount
        elif event.what == "suspend":
            self.clock.sleep(event.amount)
            clock.monotonic_offset -= event.amount

    def _exchange_at(
        self,
        number: int,
        region: str,
        operation: str,
        members: Wire,
        body: Wire | None,
        **facts: Any,
    ) -> Exchange:
        clock, service = self.clocks[number], self.clock.time()
        facts.setdefault("date", float(int(service)))
        return Exchange(
            region,
            operation,
            members,
            body,
            host=clock.time(),
            monotonic=clock.monotonic(),
            service=service,
            **facts,
        )

    def _record(
        self, number: int, region: str, operation: str, members: Wire, exchange: Exchange | None
    ) -> None:
        watch = self.watches[number]
        watch.exchanges.append(
            exchange or self._exchange_at(number, region, operation, members, None)
        )
        watch.marks.append(len(self._changes))
        if operation in GETS:
            self._last_get = next(iter(members.values()))
            if len(watch.exchanges) < 2 or watch.exchanges[-2].operation not in GETS:
                self._victim = self._last_get
        has_copies = any(each.has_copies for each in self.history.configs)
        regions = [HERE, *([THERE] if has_copies or self.has_several else [])]
        regions += [ELSEWHERE] if self.has_several else []
        self._states.append({each: self.state(each) for each in regions})

    def _exchange(
        self, number: int, region: str, request: Request[Any], events: Sequence[Event]
    ) -> tuple[Response, Exchange | None]:
        operation, members = request.operation_name, request.to_wire()
        kinds = {event.what for event in events}
        self._fail_before(request, kinds)
        stale = next((event for event in events if event.what.startswith("stale")), None)
        if stale is not None and self._states and operation in {*GETS, *LISTS}:
            return self._stale(number, region, request, stale)
        if operation in DELETES:
            self._check_truth(number, region, operation, members)
        reply = self.emulator.handle(region, operation, members)
        body = json.loads(reply.body)
        if operation in DELETES and reply.status == 200:
            self._change(members[DELETES[operation]], by=number)
        self._fail_after(request, kinds)
        if reply.status != 200:
            raise self._error(request, reply.status, reply.body)
        if operation in DELETES:
            kind = operation.removeprefix("Delete")
            self.watches[number].succeeded.add((region, kind, members[DELETES[operation]]))
        exchange = self._exchange_at(number, region, operation, members, body)
        return _make_response(reply.body, self.clock.time()), exchange

    def _fail_before(self, request: Request[Any], kinds: set[str]) -> None:
        if "interrupt" in kinds:
            raise KeyboardInterrupt
        if "refused" in kinds:
            raise RequestNotSentError("refused", request=request)
        if "throttled" in kinds:
            raise self._error(request, 400, b'{"__type": "ThrottlingException"}')
        if "500" in kinds:
            raise self._error(request, 500, b'{"__type": "ServiceException"}')

    def _fail_after(self, request: Request[Any], kinds: set[str]) -> None:
        if "lost" in kinds:
            raise OutcomeUnknownError("lost", request=request)
        if "500 after" in kinds:
            raise self._error(request, 500, b'{"__type": "ServiceException"}')

    def _stale(
        self, number: int, region: str, request: Request[Any], event: Event
    ) -> tuple[Response, Exchange | None]:
        """Respond with the state of some calls ago."""
        operation, members = request.operation_name, request.to_wire()
        old = self._states[-min(len(self._states), int(event.amount))][region]
        date = self.clock.time()
        if event.what == "stale with its date":
            date -= HOUR
        if operation in LISTS:
            kind = LISTS[operation].removesuffix("s")
            kind = kind[0].upper() + kind[1:]
            body: Wire = {LISTS[operation]: [e for e in old if e["resourceType"] == kind]}
        else:
            name = next(iter(members.values()))
            kind = operation.removeprefix("Get")
            found = [e for e in old if (e["resourceType"], e["name"]) == (kind, name)]
            if not found:
                raise self._error(request, 400, b'{"__type": "NotFoundException"}')
            body = {GETS[operation]: found[0]}
        exchange = self._exchange_at(
            number, region, operation, members, body, date=float(int(date)), is_true=False
        )
        return _make_response(json.dumps(body).encode(), date), exchange

    def _check_truth(self, number: int, region: str, operation: str, members: Wire) -> None:
        watch, name = self.watches[number], members[DELETES[operation]]
        kind = operation.removeprefix("Delete")
        state = self.state(region)
        victim = [e for e in state if (e["resourceType"], e["name"]) == (kind, name)]
        others = [e for e in state if e not in victim]

        def changed(since: int) -> set[str]:
            mark = watch.marks[since] if len(watch.marks) >= -since else 0
            return {each for by, each in self._changes[mark:] if by != number}

        watch.check_truth(
            f"{operation} {name}",
            victim[0] if victim else None,
            others,
            touched=changed(-1),
            victim_touched=changed(-2),
        )

    @staticmethod
    def _error(request: Request[Any], status: int, body: bytes) -> Exception:
        attempt = Attempt(http_status=status, is_from_service=True)
        return error_from_response(request, body, ResponseMetadata(http_status=status), [attempt])


def _make_response(body: bytes, date: float) -> Response:
    moment = datetime.fromtimestamp(int(date), UTC)
    return Response(body, ResponseMetadata(http_status=200, date=moment))
