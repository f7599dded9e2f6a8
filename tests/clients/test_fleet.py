"""Batches of snapshots: each exactly once, in few calls, and every outcome is reported."""

from __future__ import annotations

import copy
import pickle
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest
from tests.support import ForwardingTransport, create_client, run_on

from lightsail_snap import (
    AccessDeniedException,
    CreateDiskSnapshotRequest,
    CreateInstanceSnapshotRequest,
    DiskSource,
    GroupProgress,
    InvalidInputException,
    LightsailSnapClient,
    LightsailSnapError,
    NotFoundException,
    Operation,
    PartialFailureError,
    Request,
    RequestValidationError,
    Response,
    ResponseMetadata,
    SnapshotConflictError,
    ThrottlingError,
    VirtualClock,
    WaitFailedError,
    WaitPolicy,
    WaitTimeoutError,
)
from lightsail_snap._boto.transport import BotoTransport
from lightsail_snap._workflows.effects import ClockReading
from lightsail_snap._workflows.ownership import Identity
from lightsail_snap._workflows.resources import DISK_SNAPSHOTS
from lightsail_snap._workflows.waiting import BatchResult, wait_for_created
from lightsail_snap.aio import AsyncLightsailSnapClient
from lightsail_snap.emulator import LightsailEmulator, Progression

REGION = "us-east-1"
DISK = DiskSource(disk_name="disk-1")
LOOPS = ["sync", "asyncio", "trio"]
MANY = 500


def run(loop: str, job: Callable[[Any], Coroutine[Any, Any, Any]], **settings: Any) -> Any:
    """Run a job with a client of either kind."""

    async def main() -> object:
        return await job(create_client(loop, **settings))

    return run_on(loop, main)


def counting(emulator: LightsailEmulator) -> ForwardingTransport:
    return ForwardingTransport(BotoTransport(emulator.boto3_client(REGION)))


def named(names: Iterable[str]) -> list[CreateDiskSnapshotRequest]:
    return [CreateDiskSnapshotRequest(disk_snapshot_name=name, source=DISK) for name in names]


def named_instances(names: Iterable[str]) -> list[CreateInstanceSnapshotRequest]:
    return [
        CreateInstanceSnapshotRequest(instance_snapshot_name=name, instance_name="web-1")
        for name in names
    ]


NAMES = [f"db-{number:03}" for number in range(MANY)]


def emulator(progression: Progression | None = None) -> tuple[LightsailEmulator, VirtualClock]:
    clock = VirtualClock()
    made = LightsailEmulator(clock=clock, progression=progression, page_size=200)
    made.add_disk("disk-1", region_name=REGION)
    made.add_instance("web-1", region_name=REGION)
    return made, clock


@pytest.mark.sample(1)
@pytest.mark.parametrize("kind", ["disk", "instance"])
@pytest.mark.parametrize("loop", LOOPS)
def test_many_snapshots_take_few_more_calls_than_snapshots(loop: str, kind: str) -> None:
    state = {"disk": "completed", "instance": "available"}[kind]
    requests: Any = {"disk": named, "instance": named_instances}[kind](NAMES)
    lightsail, clock = emulator()
    transport = counting(lightsail)
    reports: list[GroupProgress] = []
    taken = run(
        loop,
        lambda client: getattr(client, f"take_{kind}_snapshots")(
            requests, concurrency=10, on_progress=reports.append
        ),
        transport=transport,
        clock=clock,
        wait_policy=WaitPolicy(random=lambda: 0.5),
    )
    assert list(taken) == NAMES
    assert {snapshot.state for snapshot in taken.values()} == {state}
    assert lightsail.calls[f"Create{kind.title()}Snapshot"] == MANY
    assert transport.max_concurrency <= 10
    assert lightsail.calls.total() <= 1.3 * MANY, lightsail.calls
    assert (reports[-1].total, reports[-1].succeeded, reports[-1].pending) == (MANY, MANY, 0)
    assert 45 <= clock.monotonic() < 120


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_async_client_limits_its_calls(loop: str) -> None:
    lightsail, clock = emulator(Progression.instant())
    transport = counting(lightsail)
    run(
        loop,
        lambda client: client.take_disk_snapshots(named(NAMES[:50]), concurrency=40),
        transport=transport,
        clock=clock,
        concurrency=3,
    )
    assert transport.max_concurrency <= 3


FAILING = {"bad-1", "bad-2", "poor-1", "poor-2", "taken-1", "taken-2"}
GOOD = {f"good-{number}" for number in range(20)}


def disaster(loop: str) -> PartialFailureError:
    """Take snapshots of which some fail, each in its own way."""
    progression = Progression.by_seconds()
    for name in ("bad-1", "bad-2"):
        progression = progression.with_failed_snapshot(name)
    for name in ("poor-1", "poor-2"):
        progression = progression.with_failed_operation(
            "CreateDiskSnapshot", resource_name=name, error_code="Quota"
        )
    lightsail, clock = emulator(progression)
    for name in ("taken-1", "taken-2"):
        lightsail.add_disk(name, region_name=REGION)
    with pytest.raises(PartialFailureError) as caught:
        run(
            loop,
            lambda client: client.take_disk_snapshots(named(sorted(GOOD | FAILING))),
            boto3_client=lightsail.boto3_client(REGION),
            clock=clock,
        )
    assert lightsail.calls["CreateDiskSnapshot"] == len(GOOD | FAILING)
    return caught.value


@pytest.mark.parametrize("loop", LOOPS)
def test_partial_failure_holds_every_outcome(loop: str) -> None:
    error = disaster(loop)
    assert error.successes.keys() == GOOD
    assert {snapshot.state for snapshot in error.successes.values()} == {"completed"}  # type: ignore[union-attr] # they are snapshots
    assert error.failures.keys() == FAILING
    for name, failure in error.failures.items():
        assert f"{name}: {type(failure).__name__}: {failure}" in str(error)
        kind = name.partition("-")[0]
        assert isinstance(failure, InvalidInputException if kind == "taken" else WaitFailedError)
        assert failure.may_have_executed == (kind != "taken")
        if isinstance(failure, WaitFailedError):
            assert failure.error_code == ("Quota" if kind == "poor" else None)
    assert set(error.exceptions) == set(error.failures.values())
    assert error.may_have_executed
    assert str(error).startswith("6 of 26 disk snapshots failed")
    assert str(error).isprintable()


def test_partial_failure_can_be_split() -> None:
    refused: list[BaseExceptionGroup[Any]] = []
    failed: list[BaseExceptionGroup[Any]] = []
    try:
        raise disaster("sync")
    except* InvalidInputException as group:
        refused.append(group)
    except* WaitFailedError as group:
        failed.append(group)
    for (part,), names in (
        (refused, {"taken-1", "taken-2"}),
        (failed, FAILING - {"taken-1", "taken-2"}),
    ):
        assert isinstance(part, PartialFailureError)
        assert part.failures.keys() == names
        assert set(part.exceptions) == set(part.failures.values())
        assert part.successes.keys() == GOOD


def pickled(error: PartialFailureError) -> PartialFailureError:
    again: PartialFailureError = pickle.loads(pickle.dumps(error))  # noqa: S301 - our own bytes
    return again


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, pickled])
def test_partial_failure_can_be_pickled_and_copied(
    again: Callable[[PartialFailureError], PartialFailureError],
) -> None:
    error = disaster("sync")
    twin = again(error)
    assert type(twin) is PartialFailureError
    assert str(twin) == str(error)
    assert twin.successes == error.successes
    assert {n: str(e) for n, e in twin.failures.items()} == {
        n: str(e) for n, e in error.failures.items()
    }
    assert list(map(type, twin.exceptions)) == list(map(type, error.exceptions))


def test_message_of_many_failures_is_bounded() -> None:
    progression = Progression.instant().with_failed_snapshot()
    lightsail, clock = emulator(progression)
    names = [f"{number:03}-{'x' * 200}" for number in range(300)]
    client = LightsailSnapClient(lightsail.boto3_client(REGION), clock=clock)
    with pytest.raises(PartialFailureError, match="300 of 300 disk snapshots failed") as caught:
        client.take_disk_snapshots(named(names))
    assert len(caught.value.failures) == 300
    assert len(str(caught.value)) < 20_000
    assert str(caught.value).endswith("; and 280 more")


def test_name_of_another_clients_snapshot_is_a_conflict() -> None:
    lightsail, clock = emulator(Progression.instant())
    client = LightsailSnapClient(lightsail.boto3_client(REGION), clock=clock)
    client.take_disk_snapshot("db-1", DISK)
    with pytest.raises(PartialFailureError) as caught:
        client.take_disk_snapshots(named(["db-1", "db-2"]))
    assert isinstance(caught.value.failures["db-1"], SnapshotConflictError)
    assert caught.value.successes.keys() == {"db-2"}


@pytest.mark.parametrize("loop", LOOPS)
def test_empty_list_sends_nothing(loop: str) -> None:
    lightsail, clock = emulator()
    boto = lightsail.boto3_client(REGION)
    assert run(loop, lambda c: c.take_disk_snapshots([]), boto3_client=boto, clock=clock) == {}
    assert run(loop, lambda c: c.wait_for_operations([]), boto3_client=boto, clock=clock) == {}
    assert lightsail.calls.total() == 0


@pytest.mark.parametrize("loop", LOOPS)
def test_repeated_name_is_refused_before_any_request(loop: str) -> None:
    lightsail, clock = emulator()
    with pytest.raises(RequestValidationError, match="must have different names"):
        run(
            loop,
            lambda client: client.take_disk_snapshots(named(["db-1", "db-2", "db-1"])),
            boto3_client=lightsail.boto3_client(REGION),
            clock=clock,
        )
    assert lightsail.calls.total() == 0


# Waits for many, on scripted replies


Reply = Callable[[Request[Any]], dict[str, Any]]


def fault(kind: type[Any], code: str, **facts: Any) -> Reply:
    def reply(request: Request[Any]) -> dict[str, Any]:
        raise kind("no", code=code, operation_name=request.operation_name, **facts)

    return reply


throttled = fault(ThrottlingError, "ThrottlingException", is_retryable=True)
forbidden = fault(AccessDeniedException, "AccessDeniedException")
missing = fault(NotFoundException, "NotFoundException")

GETS = {
    "disk snapshot": ("GetDiskSnapshot", "GetDiskSnapshots", "disk_snapshot_name"),
    "instance snapshot": ("GetInstanceSnapshot", "GetInstanceSnapshots", "instance_snapshot_name"),
    "operation": ("GetOperation", "GetOperations", "operation_id"),
}
WAITS = {
    "disk snapshot": "wait_for_disk_snapshots",
    "instance snapshot": "wait_for_instance_snapshots",
    "operation": "wait_for_operations",
}
DONE = {"disk snapshot": "completed", "instance snapshot": "available", "operation": "Succeeded"}


@dataclass
class Service:
    """A transport that knows how resources stand, and what its lists are like.

    Attributes:
        noun: What it holds.
        clock: Decides when they are done.
        resources: When each is done, in seconds; None for never.
        page_size: How many are on a page.
        listing: The response of a list instead.
        lookup: The response of a lookup instead.
    """

    noun: str
    clock: VirtualClock
    resources: dict[str, float | None]
    page_size: int = 100
    listing: Reply | None = None
    lookup: Reply | None = None
    hidden: set[str] = field(default_factory=set)
    calls: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def resource(self, name: str) -> dict[str, Any]:
        done = self.resources[name]
        is_done = done is not None and self.clock.monotonic() >= done
        if self.noun == "operation":
            return {"id": name, "status": DONE[self.noun] if is_done else "Started"}
        return {"name": name, "state": DONE[self.noun] if is_done else "pending"}

    def send(self, request: Request[Any]) -> Response:
        with self._lock:
            self.calls[request.operation_name] += 1
            return Response(self._respond(request), ResponseMetadata())

    def _respond(self, request: Request[Any]) -> dict[str, Any]:
        get, listing, parameter = GETS[self.noun]
        member = get.removeprefix("Get")[0].lower() + get.removeprefix("Get")[1:]
        if request.operation_name == listing:
            return self.listing(request) if self.listing else self._page(request, f"{member}s")
        if self.lookup:
            return self.lookup(request)
        name = getattr(request, parameter)
        return {member: self.resource(name)} if name in self.resources else missing(request)

    def _page(self, request: Any, member: str) -> dict[str, Any]:
        begin = int(request.page_token or 0)
        names = [name for name in self.resources if name not in self.hidden]
        page = names[begin : begin + self.page_size]
        end = begin + self.page_size
        token = {"nextPageToken": str(end)} if end < len(names) else {}
        return {member: [self.resource(name) for name in page], **token}

    def close(self) -> None:
        pass

    def wait(self, loop: str, names: Iterable[object], **options: Any) -> Any:
        policy = WaitPolicy(timeout=100, min_delay=5, max_delay=5, random=lambda: 0.5)
        return run(
            loop,
            lambda client: getattr(client, WAITS[self.noun])(names, **options),
            transport=self,
            clock=self.clock,
            wait_policy=policy,
        )


def make_service(noun: str, resources: dict[str, float | None], **options: Any) -> Service:
    return Service(noun, VirtualClock(), resources, **options)


def soon(count: int, seconds: float = 3) -> dict[str, float | None]:
    return {f"resource-{number}": seconds for number in range(count)}


of_every_kind = pytest.mark.parametrize("noun", GETS)
on_every_loop = pytest.mark.parametrize("loop", LOOPS)


@of_every_kind
@on_every_loop
def test_many_resources_are_polled_by_listing(noun: str, loop: str) -> None:
    service = make_service(noun, soon(50))
    assert service.wait(loop, list(service.resources)).keys() == service.resources.keys()
    assert service.calls == {GETS[noun][1]: 2}


@of_every_kind
@on_every_loop
def test_few_resources_are_polled_one_by_one(noun: str, loop: str) -> None:
    service = make_service(noun, soon(200), page_size=10)
    service.wait(loop, ["resource-0", "resource-199"])
    assert service.calls == {GETS[noun][0]: 4}


@of_every_kind
def test_long_list_is_abandoned_for_single_polls(noun: str) -> None:
    """The list is long, and the polled resources are at its end."""
    service = make_service(noun, soon(1000, seconds=0), page_size=10)
    service.wait("sync", [f"resource-{number}" for number in range(990, 1000)])
    assert service.calls == {GETS[noun][1]: 10, GETS[noun][0]: 10}


@of_every_kind
@on_every_loop
def test_resource_missing_from_the_list_is_polled(noun: str, loop: str) -> None:
    service = make_service(noun, soon(20, seconds=0), hidden={"resource-3", "resource-7"})
    assert service.wait(loop, list(service.resources)).keys() == service.resources.keys()
    assert service.calls == {GETS[noun][1]: 1, GETS[noun][0]: 2}


@of_every_kind
@on_every_loop
def test_resource_that_never_existed_is_not_found(noun: str, loop: str) -> None:
    service = make_service(noun, soon(5))
    with pytest.raises(PartialFailureError) as caught:
        service.wait(loop, [*service.resources, "no-such-resource"])
    assert caught.value.failures.keys() == {"no-such-resource"}
    assert isinstance(caught.value.failures["no-such-resource"], NotFoundException)
    assert caught.value.successes.keys() == service.resources.keys()


@of_every_kind
@on_every_loop
def test_deleted_resource_fails(noun: str, loop: str) -> None:
    service = make_service(noun, soon(5, seconds=20))

    def vanish(progress: GroupProgress) -> None:
        if progress.polls == 2:
            service.resources.pop("resource-2")

    with pytest.raises(PartialFailureError) as caught:
        service.wait(loop, list(service.resources), on_progress=vanish)
    (failure,) = caught.value.failures.values()
    assert isinstance(failure, WaitFailedError)
    assert f"{noun} resource-2 no longer exists" in str(failure)
    assert isinstance(failure.__cause__, NotFoundException)


@of_every_kind
@on_every_loop
def test_throttled_list_is_not_followed_by_single_polls(noun: str, loop: str) -> None:
    service = make_service(noun, soon(50), listing=throttled)
    reports: list[GroupProgress] = []
    with pytest.raises(PartialFailureError) as caught:
        service.wait(loop, list(service.resources), on_progress=reports.append)
    # One call a round, and no single poll.
    assert service.calls == {GETS[noun][1]: len(reports)}
    assert len(caught.value.failures) == 50
    assert all(isinstance(e.__cause__, ThrottlingError) for e in caught.value.exceptions)
    assert service.clock.monotonic() == 100


@of_every_kind
@on_every_loop
def test_temporary_throttling_is_survived(noun: str, loop: str) -> None:
    service = make_service(noun, soon(50), listing=throttled)

    def calm(progress: GroupProgress) -> None:
        if progress.polls == 3:
            service.listing = None

    assert len(service.wait(loop, list(service.resources), on_progress=calm)) == 50
    assert service.calls == {GETS[noun][1]: 4}


@of_every_kind
@on_every_loop
def test_denied_list_falls_back_to_single_polls(noun: str, loop: str) -> None:
    service = make_service(noun, soon(12), listing=forbidden)
    assert len(service.wait(loop, list(service.resources))) == 12
    assert service.calls == {GETS[noun][1]: 2, GETS[noun][0]: 24}


@of_every_kind
@on_every_loop
def test_denied_list_and_poll_raise(noun: str, loop: str) -> None:
    service = make_service(noun, soon(5), listing=forbidden, lookup=forbidden)
    with pytest.raises(PartialFailureError) as caught:
        service.wait(loop, list(service.resources))
    assert all(isinstance(error, AccessDeniedException) for error in caught.value.exceptions)
    assert service.calls == {GETS[noun][1]: 1, GETS[noun][0]: 5}


@of_every_kind
@on_every_loop
def test_circular_list_is_abandoned(noun: str, loop: str) -> None:
    def circling(request: Any) -> dict[str, Any]:
        return service._page(request.model_copy(update={"page_token": None}), member) | {
            "nextPageToken": "5"
        }

    get = GETS[noun][0].removeprefix("Get")
    member = get[0].lower() + get[1:] + "s"
    service = make_service(noun, soon(20, seconds=0), page_size=5, listing=circling)
    assert len(service.wait(loop, list(service.resources))) == 20
    # The list is abandoned at its second page, and the 15 missing ones are polled.
    assert service.calls == {GETS[noun][1]: 2, GETS[noun][0]: 15}


@of_every_kind
@on_every_loop
def test_unreadable_list_is_abandoned(noun: str, loop: str) -> None:
    service = make_service(noun, soon(5, seconds=0), listing=lambda _: {"nextPageToken": 5})
    assert len(service.wait(loop, list(service.resources))) == 5
    assert service.calls == {GETS[noun][1]: 1, GETS[noun][0]: 5}


@of_every_kind
@on_every_loop
def test_timeout_reports_completed_and_pending_resources(noun: str, loop: str) -> None:
    resources = soon(10) | {"late-1": 1000.0, "never-1": None}
    service = make_service(noun, resources)
    with pytest.raises(PartialFailureError, match=f"2 of 12 {noun}s failed") as caught:
        service.wait(loop, list(service.resources), timeout=33)
    assert caught.value.failures.keys() == {"late-1", "never-1"}
    assert all(isinstance(error, WaitTimeoutError) for error in caught.value.exceptions)
    assert len(caught.value.successes) == 10
    assert service.clock.monotonic() == 33


@on_every_loop
def test_deadline_passes_during_a_round_of_polls(loop: str) -> None:
    class Slow(Service):
        def _respond(self, request: Request[Any]) -> dict[str, Any]:
            self.clock.sleep(4)
            return super()._respond(request)

    service = Slow("disk snapshot", VirtualClock(), soon(5, seconds=12), listing=forbidden)
    with pytest.raises(PartialFailureError) as caught:
        service.wait(loop, list(service.resources), timeout=10, concurrency=1)
    # The list until 4, then at 8 and so on; those that are seen from 12 on are done.
    assert len(caught.value.successes) == 4
    assert caught.value.failures.keys() == {"resource-0"}
    assert service.clock.monotonic() == 24


@on_every_loop
def test_zero_timeout_is_one_round(loop: str) -> None:
    service = make_service("operation", soon(5))
    with pytest.raises(PartialFailureError):
        service.wait(loop, list(service.resources), timeout=0)
    assert service.calls == {"GetOperations": 1}


@on_every_loop
def test_ended_operations_are_not_polled(loop: str) -> None:
    service = make_service("operation", soon(3))
    ended = [
        Operation(id=f"resource-{number}", status="Succeeded", is_terminal=True)  # type: ignore[arg-type] # pydantic makes the enumeration of it
        for number in range(3)
    ]
    assert service.wait(loop, ended) == {each.id: each for each in ended}
    assert service.calls == {}


@on_every_loop
@pytest.mark.parametrize("concurrency", [0, -1, True, 1.5, "10", None])
def test_invalid_concurrency_is_refused(loop: str, concurrency: Any) -> None:
    service = make_service("operation", soon(3))
    with pytest.raises(RequestValidationError, match="concurrency: must be 1 or more"):
        service.wait(loop, ["resource-1"], concurrency=concurrency)
    assert service.calls == {}


@of_every_kind
@pytest.mark.parametrize(
    "names", ["resource-1", b"resource-1", 5, None, ["resource-1", ""], [None]]
)
def test_invalid_names_are_refused(noun: str, names: Any) -> None:
    service = make_service(noun, soon(3))
    with pytest.raises(LightsailSnapError) as caught:
        service.wait("sync", names)
    assert isinstance(caught.value, RequestValidationError)
    assert service.calls == {}


# Rounds of polls


@of_every_kind
@on_every_loop
def test_first_page_stands_for_the_list_while_nothing_ends(noun: str, loop: str) -> None:
    service = make_service(noun, soon(200, seconds=52), page_size=50)
    reports: list[GroupProgress] = []
    assert len(service.wait(loop, list(service.resources), on_progress=reports.append)) == 200
    # Every eighth round reads all four pages, and so does one that finds a resource that has ended.
    assert service.calls == {GETS[noun][1]: 10 + 4 + 4}
    assert [each.succeeded for each in reports] == [0] * 11 + [200]


def test_last_round_reads_the_whole_list() -> None:
    service = make_service("disk snapshot", soon(200, seconds=500), page_size=50)
    with pytest.raises(PartialFailureError) as caught:
        service.wait("sync", list(service.resources), timeout=0)
    assert service.calls == {"GetDiskSnapshots": 4}
    assert all(isinstance(each, WaitTimeoutError) for each in caught.value.exceptions)
    assert all("still in pending" in str(each) for each in caught.value.exceptions)


@pytest.mark.parametrize("kind", ["disk", "instance"])
def test_snapshots_of_minutes_take_few_calls(kind: str) -> None:
    requests: Any = {"disk": named, "instance": named_instances}[kind](NAMES)
    lightsail, clock = emulator(Progression.by_seconds(operation=20, snapshot=300))
    client = LightsailSnapClient(
        transport=counting(lightsail), clock=clock, wait_policy=WaitPolicy(random=lambda: 0.5)
    )
    taken = getattr(client, f"take_{kind}_snapshots")(requests)
    assert taken.keys() == set(NAMES)
    assert lightsail.calls.total() <= 1.1 * MANY, lightsail.calls
    # The progress shows when the last snapshot ends; those of instances have none.
    assert 300 <= clock.monotonic() <= 300 + (15 if kind == "disk" else 30)


@dataclass
class Creations(Service):
    """A service with disk snapshots that operations create.

    Attributes:
        operations: When each operation ends, in seconds, by name of the snapshot; None for never.
        status: The status in which they end.
    """

    operations: dict[str, float | None] = field(default_factory=dict)
    status: str = "Succeeded"

    def operation(self, name: str) -> dict[str, Any]:
        end = self.operations[name]
        is_over = end is not None and self.clock.monotonic() >= end
        status = self.status if is_over else "Started"
        return {"id": f"operation-{name}", "resourceName": name, "status": status}

    def _respond(self, request: Any) -> dict[str, Any]:
        match request.operation_name:
            case "GetOperations":
                return {"operations": [self.operation(name) for name in self.operations]}
            case "GetOperation":
                name = request.operation_id.removeprefix("operation-")
                return (
                    {"operation": self.operation(name)}
                    if name in self.operations
                    else (missing(request))
                )
            case _:
                return super()._respond(request)

    def wait_for_created(
        self, loop: str, names: Iterable[str], **options: Any
    ) -> tuple[BatchResult[Any], BatchResult[Any]]:
        names = list(names)
        policy = WaitPolicy(timeout=100, min_delay=5, max_delay=5, random=lambda: 0.5)
        begun = {name: Operation(id=f"operation-{name}", resource_name=name) for name in names}

        settings: Any = {"transport": self, "clock": self.clock}

        async def main() -> Any:
            workflow = wait_for_created(
                DISK_SNAPSHOTS,
                {name: Identity(is_created_here=True) for name in names},
                options.get("begun", begun),
                policy,
                options.get("timeout", 100),
                concurrency=10,
                on_progress=options.get("on_progress"),
                began=ClockReading(0, self.clock.time()),
            )
            if loop == "sync":
                return LightsailSnapClient(**settings)._run(workflow)
            return await AsyncLightsailSnapClient(**settings)._run(workflow)

        found: tuple[BatchResult[Any], BatchResult[Any]] = run_on(loop, main)
        return found


def make_creations(
    count: int, snapshot: float | None, operation: float | None, **options: Any
) -> Creations:
    names = [f"resource-{number}" for number in range(count)]
    return Creations(
        "disk snapshot",
        VirtualClock(),
        dict.fromkeys(names, snapshot),
        operations=dict.fromkeys(names, operation),
        **options,
    )


@on_every_loop
@pytest.mark.parametrize(("snapshot", "operation"), [(40, 10), (10, 40)])
def test_creation_ends_when_snapshot_and_operation_have(
    loop: str, snapshot: float, operation: float
) -> None:
    service = make_creations(50, snapshot, operation)
    reports: list[GroupProgress] = []
    snapshots, operations = service.wait_for_created(
        loop, service.resources, on_progress=reports.append
    )
    assert snapshots.successes.keys() == operations.successes.keys() == service.resources.keys()
    assert service.clock.monotonic() == 40
    assert [each.succeeded for each in reports] == [0] * 7 + [50]
    assert {each.description for each in reports} == {"50 disk snapshots"}
    if operation < snapshot:
        assert service.calls == {"GetDiskSnapshots": 8, "GetOperations": 1}


@on_every_loop
def test_failed_operation_ends_the_wait_for_a_pending_snapshot(loop: str) -> None:
    service = make_creations(3, None, 10, status="Failed")
    snapshots, operations = service.wait_for_created(loop, service.resources)
    assert service.clock.monotonic() == 40
    assert service.calls == {"GetDiskSnapshots": 8, "GetOperations": 1}
    assert snapshots.failures == operations.failures
    assert {str(each) for each in snapshots.failures.values()} == {
        f"operation operation-resource-{number} ended in Failed" for number in range(3)
    }


def test_failed_operation_ends_the_wait_before_the_first_poll() -> None:
    service = make_creations(1, None, 0)
    failed = Operation(id="operation-resource-0", status="Failed")  # type: ignore[arg-type] # pydantic makes the enumeration of it
    snapshots, _ = service.wait_for_created("sync", ["resource-0"], begun={"resource-0": failed})
    assert snapshots.failures.keys() == {"resource-0"}
    assert service.calls == {}


def test_missing_snapshot_is_explained_by_its_operation() -> None:
    service = make_creations(2, 10, 10, status="Failed")
    del service.resources["resource-1"]
    snapshots, operations = service.wait_for_created("sync", ["resource-0", "resource-1"])
    assert isinstance(snapshots.failures["resource-1"], WaitFailedError)
    assert service.calls["GetOperation"] == 3
    # The snapshot that exists is completed; its operation has failed.
    assert snapshots.successes.keys() == {"resource-0"}
    assert operations.failures.keys() == {"resource-0", "resource-1"}


def test_operation_that_is_gone_does_not_matter() -> None:
    service = make_creations(2, 10, 10)
    service.operations.clear()
    reports: list[GroupProgress] = []
    snapshots, operations = service.wait_for_created(
        "sync", service.resources, on_progress=reports.append
    )
    assert len(snapshots.successes) == 2
    assert {type(each) for each in operations.failures.values()} == {WaitFailedError}
    assert (reports[-1].succeeded, reports[-1].failed) == (2, 0)


def test_snapshots_without_operations_are_polled_at_once() -> None:
    service = make_creations(2, 0, 0)
    snapshots, operations = service.wait_for_created("sync", service.resources, begun={})
    assert len(snapshots.successes) == 2
    assert operations == BatchResult({}, {})
    assert service.clock.monotonic() == 0


@on_every_loop
def test_last_round_polls_snapshots_and_operations(loop: str) -> None:
    service = make_creations(5, None, 20)
    snapshots, operations = service.wait_for_created(loop, service.resources, timeout=33)
    assert len(snapshots.failures) == len(operations.successes) == 5
    assert service.clock.monotonic() == 33
