"""Many snapshots at the same time: each exactly once, in few calls, nothing lost by a failure."""

from __future__ import annotations

import copy
import pickle
import threading
from collections import Counter
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest

from lightsail_snap import (
    AccessDeniedException,
    AsyncLightsailSnapClient,
    CreateDiskSnapshotRequest,
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
from lightsail_snap.emulator import LightsailEmulator, Progression

REGION = "us-east-1"
DISK = DiskSource(disk_name="disk-1")
LOOPS = ["sync", "asyncio", "trio"]
MANY = 500


class Awaited:
    """The sync client with methods to await, so that one text drives both."""

    def __init__(self, client: LightsailSnapClient) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._client, name)

        async def call(*args: Any, **options: Any) -> Any:
            return method(*args, **options)

        return call


def run(loop: str, job: Callable[[Any], Coroutine[Any, Any, Any]], **settings: Any) -> Any:
    """Run a job with a client of either kind."""
    if loop != "sync":

        async def main() -> object:
            return await job(AsyncLightsailSnapClient(**settings))

        return anyio.run(main, backend=loop)
    running = job(Awaited(LightsailSnapClient(**settings)))
    with pytest.raises(StopIteration) as stopped:
        running.send(None)
    return stopped.value.value


class Counting:
    """A transport that counts how many calls are on their way at the same time."""

    def __init__(self, emulator: LightsailEmulator) -> None:
        self._transport = BotoTransport(emulator.boto3_client(REGION))
        self._lock = threading.Lock()
        self._now = 0
        self.most = 0

    def send(self, request: Request[Any]) -> Response:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        try:
            return self._transport.send(request)
        finally:
            with self._lock:
                self._now -= 1

    def close(self) -> None:
        self._transport.close()


def named(names: Iterable[str]) -> list[CreateDiskSnapshotRequest]:
    return [CreateDiskSnapshotRequest(disk_snapshot_name=name, source=DISK) for name in names]


NAMES = [f"db-{number:03}" for number in range(MANY)]


def emulator(progression: Progression | None = None) -> tuple[LightsailEmulator, VirtualClock]:
    clock = VirtualClock()
    made = LightsailEmulator(clock=clock, progression=progression, page_size=200)
    made.add_disk("disk-1", region_name=REGION)
    return made, clock


@pytest.mark.sample(1)
@pytest.mark.parametrize("loop", LOOPS)
def test_many_snapshots_take_hardly_more_calls_than_there_are(loop: str) -> None:
    lightsail, clock = emulator()
    transport = Counting(lightsail)
    told: list[GroupProgress] = []
    taken = run(
        loop,
        lambda client: client.take_disk_snapshots(
            named(NAMES), concurrency=10, on_progress=told.append
        ),
        transport=transport,
        clock=clock,
        wait_policy=WaitPolicy(random=lambda: 0.5),
    )
    assert list(taken) == NAMES
    assert {snapshot.state for snapshot in taken.values()} == {"completed"}
    assert lightsail.calls["CreateDiskSnapshot"] == MANY
    assert transport.most <= 10
    assert lightsail.calls.total() <= 1.3 * MANY, lightsail.calls
    assert (told[-1].total, told[-1].succeeded, told[-1].pending) == (MANY, MANY, 0)
    assert 45 <= clock.monotonic() < 120


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_the_async_client_has_a_limit_of_its_own(loop: str) -> None:
    lightsail, clock = emulator(Progression.instant())
    transport = Counting(lightsail)
    run(
        loop,
        lambda client: client.take_disk_snapshots(named(NAMES[:50]), concurrency=40),
        transport=transport,
        clock=clock,
        concurrency=3,
    )
    assert transport.most <= 3


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
def test_a_failure_loses_nothing(loop: str) -> None:
    error = disaster(loop)
    assert error.successes.keys() == GOOD
    assert {snapshot.state for snapshot in error.successes.values()} == {"completed"}  # type: ignore[union-attr] # they are snapshots
    assert error.failures.keys() == FAILING
    for name, failure in error.failures.items():
        assert f"{name}: {failure}" in str(error)
        kind = name.partition("-")[0]
        assert isinstance(failure, InvalidInputException if kind == "taken" else WaitFailedError)
        assert failure.may_have_executed == (kind != "taken")
        if isinstance(failure, WaitFailedError):
            assert failure.error_code == ("Quota" if kind == "poor" else None)
    assert set(error.exceptions) == set(error.failures.values())
    assert error.may_have_executed
    assert str(error).startswith("6 of 26 disk snapshots failed")
    assert str(error).isprintable()


def test_a_failure_can_be_taken_apart() -> None:
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
def test_a_failure_travels(again: Callable[[PartialFailureError], PartialFailureError]) -> None:
    error = disaster("sync")
    twin = again(error)
    assert type(twin) is PartialFailureError
    assert str(twin) == str(error)
    assert twin.successes == error.successes
    assert {n: str(e) for n, e in twin.failures.items()} == {
        n: str(e) for n, e in error.failures.items()
    }
    assert list(map(type, twin.exceptions)) == list(map(type, error.exceptions))


def test_a_failure_of_very_many_is_told_in_bounds() -> None:
    progression = Progression.instant().with_failed_snapshot()
    lightsail, clock = emulator(progression)
    names = [f"{number:03}-{'x' * 200}" for number in range(300)]
    client = LightsailSnapClient(lightsail.boto3_client(REGION), clock=clock)
    with pytest.raises(PartialFailureError, match="300 of 300 disk snapshots failed") as caught:
        client.take_disk_snapshots(named(names))
    assert len(caught.value.failures) == 300
    assert len(str(caught.value)) < 20_000
    assert str(caught.value).endswith("; and 280 more")


def test_a_name_of_somebody_elses_snapshot_is_a_conflict() -> None:
    lightsail, clock = emulator(Progression.instant())
    client = LightsailSnapClient(lightsail.boto3_client(REGION), clock=clock)
    client.take_disk_snapshot("db-1", DISK)
    with pytest.raises(PartialFailureError) as caught:
        client.take_disk_snapshots(named(["db-1", "db-2"]))
    assert isinstance(caught.value.failures["db-1"], SnapshotConflictError)
    assert caught.value.successes.keys() == {"db-2"}


@pytest.mark.parametrize("loop", LOOPS)
def test_none_are_taken_at_once(loop: str) -> None:
    lightsail, clock = emulator()
    boto = lightsail.boto3_client(REGION)
    assert run(loop, lambda c: c.take_disk_snapshots([]), boto3_client=boto, clock=clock) == {}
    assert run(loop, lambda c: c.wait_for_operations([]), boto3_client=boto, clock=clock) == {}
    assert lightsail.calls.total() == 0


@pytest.mark.parametrize("loop", LOOPS)
def test_a_name_that_is_there_twice_is_refused_before_anything_is_sent(loop: str) -> None:
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
    """A transport that knows how things stand, and what its lists are like.

    Attributes:
        noun: What it holds.
        clock: Tells when they are done.
        things: When each is done, in seconds; None for never.
        page_size: How many are on a page.
        listing: What a list answers instead.
        looking: What a look at one of them answers instead.
    """

    noun: str
    clock: VirtualClock
    things: dict[str, float | None]
    page_size: int = 100
    listing: Reply | None = None
    looking: Reply | None = None
    hidden: set[str] = field(default_factory=set)
    calls: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def thing(self, name: str) -> dict[str, Any]:
        done = self.things[name]
        is_done = done is not None and self.clock.monotonic() >= done
        if self.noun == "operation":
            return {"id": name, "status": DONE[self.noun] if is_done else "Started"}
        return {"name": name, "state": DONE[self.noun] if is_done else "pending"}

    def send(self, request: Request[Any]) -> Response:
        with self._lock:
            self.calls[request.operation_name] += 1
            return Response(self._answer(request), ResponseMetadata())

    def _answer(self, request: Request[Any]) -> dict[str, Any]:
        get, listing, parameter = GETS[self.noun]
        member = get.removeprefix("Get")[0].lower() + get.removeprefix("Get")[1:]
        if request.operation_name == listing:
            return self.listing(request) if self.listing else self._page(request, f"{member}s")
        if self.looking:
            return self.looking(request)
        name = getattr(request, parameter)
        return {member: self.thing(name)} if name in self.things else missing(request)

    def _page(self, request: Any, member: str) -> dict[str, Any]:
        begin = int(request.page_token or 0)
        names = [name for name in self.things if name not in self.hidden]
        page = names[begin : begin + self.page_size]
        end = begin + self.page_size
        token = {"nextPageToken": str(end)} if end < len(names) else {}
        return {member: [self.thing(name) for name in page], **token}

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


def service(noun: str, things: dict[str, float | None], **options: Any) -> Service:
    return Service(noun, VirtualClock(), things, **options)


def soon(count: int, seconds: float = 3) -> dict[str, float | None]:
    return {f"thing-{number}": seconds for number in range(count)}


of_every_kind = pytest.mark.parametrize("noun", GETS)
on_every_loop = pytest.mark.parametrize("loop", LOOPS)


@of_every_kind
@on_every_loop
def test_many_are_looked_for_in_the_list(noun: str, loop: str) -> None:
    world = service(noun, soon(50))
    assert world.wait(loop, list(world.things)).keys() == world.things.keys()
    assert world.calls == {GETS[noun][1]: 2}


@of_every_kind
@on_every_loop
def test_few_are_looked_at_one_by_one(noun: str, loop: str) -> None:
    world = service(noun, soon(200), page_size=10)
    world.wait(loop, ["thing-0", "thing-199"])
    assert world.calls == {GETS[noun][0]: 4}


@of_every_kind
def test_a_list_is_left_where_it_takes_more_calls_than_asking_for_each(noun: str) -> None:
    """The list is much longer than what is awaited, and that is at its end."""
    world = service(noun, soon(1000, seconds=0), page_size=10)
    world.wait("sync", [f"thing-{number}" for number in range(990, 1000)])
    assert world.calls == {GETS[noun][1]: 10, GETS[noun][0]: 10}


@of_every_kind
@on_every_loop
def test_what_a_list_does_not_show_is_asked_for(noun: str, loop: str) -> None:
    world = service(noun, soon(20, seconds=0), hidden={"thing-3", "thing-7"})
    assert world.wait(loop, list(world.things)).keys() == world.things.keys()
    assert world.calls == {GETS[noun][1]: 1, GETS[noun][0]: 2}


@of_every_kind
@on_every_loop
def test_what_there_never_was_is_not_found(noun: str, loop: str) -> None:
    world = service(noun, soon(5))
    with pytest.raises(PartialFailureError) as caught:
        world.wait(loop, [*world.things, "no-such-thing"])
    assert caught.value.failures.keys() == {"no-such-thing"}
    assert isinstance(caught.value.failures["no-such-thing"], NotFoundException)
    assert caught.value.successes.keys() == world.things.keys()


@of_every_kind
@on_every_loop
def test_what_vanishes_has_failed(noun: str, loop: str) -> None:
    world = service(noun, soon(5, seconds=20))

    def vanish(progress: GroupProgress) -> None:
        if progress.polls == 2:
            world.things.pop("thing-2")

    with pytest.raises(PartialFailureError) as caught:
        world.wait(loop, list(world.things), on_progress=vanish)
    (failure,) = caught.value.failures.values()
    assert isinstance(failure, WaitFailedError)
    assert f"{noun} thing-2 no longer exists" in str(failure)
    assert isinstance(failure.__cause__, NotFoundException)


@of_every_kind
@on_every_loop
def test_a_storm_of_throttling_is_not_answered_by_a_flood(noun: str, loop: str) -> None:
    world = service(noun, soon(50), listing=throttled)
    told: list[GroupProgress] = []
    with pytest.raises(PartialFailureError) as caught:
        world.wait(loop, list(world.things), on_progress=told.append)
    # One call a round, and no look at any of them.
    assert world.calls == {GETS[noun][1]: len(told)}
    assert len(caught.value.failures) == 50
    assert all(isinstance(e.__cause__, ThrottlingError) for e in caught.value.exceptions)
    assert world.clock.monotonic() == 100


@of_every_kind
@on_every_loop
def test_a_storm_that_passes_does_no_harm(noun: str, loop: str) -> None:
    world = service(noun, soon(50), listing=throttled)

    def calm(progress: GroupProgress) -> None:
        if progress.polls == 3:
            world.listing = None

    assert len(world.wait(loop, list(world.things), on_progress=calm)) == 50
    assert world.calls == {GETS[noun][1]: 4}


@of_every_kind
@on_every_loop
def test_who_may_not_list_may_look(noun: str, loop: str) -> None:
    world = service(noun, soon(12), listing=forbidden)
    assert len(world.wait(loop, list(world.things))) == 12
    assert world.calls == {GETS[noun][1]: 2, GETS[noun][0]: 24}


@of_every_kind
@on_every_loop
def test_who_may_do_neither_is_told(noun: str, loop: str) -> None:
    world = service(noun, soon(5), listing=forbidden, looking=forbidden)
    with pytest.raises(PartialFailureError) as caught:
        world.wait(loop, list(world.things))
    assert all(isinstance(error, AccessDeniedException) for error in caught.value.exceptions)
    assert world.calls == {GETS[noun][1]: 1, GETS[noun][0]: 5}


@of_every_kind
@on_every_loop
def test_a_list_that_goes_round_in_circles_is_left(noun: str, loop: str) -> None:
    def circling(request: Any) -> dict[str, Any]:
        return world._page(request.model_copy(update={"page_token": None}), member) | {
            "nextPageToken": "5"
        }

    get = GETS[noun][0].removeprefix("Get")
    member = get[0].lower() + get[1:] + "s"
    world = service(noun, soon(20, seconds=0), page_size=5, listing=circling)
    assert len(world.wait(loop, list(world.things))) == 20
    # The list is left at the second page, and the 15 that were not on it are asked for.
    assert world.calls == {GETS[noun][1]: 2, GETS[noun][0]: 15}


@of_every_kind
@on_every_loop
def test_a_list_that_cannot_be_read_is_left(noun: str, loop: str) -> None:
    world = service(noun, soon(5, seconds=0), listing=lambda _: {"nextPageToken": 5})
    assert len(world.wait(loop, list(world.things))) == 5
    assert world.calls == {GETS[noun][1]: 1, GETS[noun][0]: 5}


@of_every_kind
@on_every_loop
def test_what_is_not_done_in_time_is_told_with_what_is(noun: str, loop: str) -> None:
    things = soon(10) | {"late-1": 1000.0, "never-1": None}
    world = service(noun, things)
    with pytest.raises(PartialFailureError, match=f"2 of 12 {noun}s failed") as caught:
        world.wait(loop, list(world.things), timeout=33)
    assert caught.value.failures.keys() == {"late-1", "never-1"}
    assert all(isinstance(error, WaitTimeoutError) for error in caught.value.exceptions)
    assert len(caught.value.successes) == 10
    assert world.clock.monotonic() == 33


@on_every_loop
def test_a_deadline_comes_in_the_middle_of_the_looks(loop: str) -> None:
    class Slow(Service):
        def _answer(self, request: Request[Any]) -> dict[str, Any]:
            self.clock.sleep(4)
            return super()._answer(request)

    world = Slow("disk snapshot", VirtualClock(), soon(5, seconds=12), listing=forbidden)
    with pytest.raises(PartialFailureError) as caught:
        world.wait(loop, list(world.things), timeout=10, concurrency=1)
    # The list until 4, then at 8 and so on; those that are seen from 12 on are done.
    assert len(caught.value.successes) == 4
    assert caught.value.failures.keys() == {"thing-0"}
    assert world.clock.monotonic() == 24


@on_every_loop
def test_a_limit_of_zero_is_one_round(loop: str) -> None:
    world = service("operation", soon(5))
    with pytest.raises(PartialFailureError):
        world.wait(loop, list(world.things), timeout=0)
    assert world.calls == {"GetOperations": 1}


@on_every_loop
def test_operations_that_have_ended_are_not_asked_for(loop: str) -> None:
    world = service("operation", soon(3))
    ended = [
        Operation(id=f"thing-{number}", status="Succeeded", is_terminal=True)  # type: ignore[arg-type] # pydantic makes the enumeration of it
        for number in range(3)
    ]
    assert world.wait(loop, ended) == {each.id: each for each in ended}
    assert world.calls == {}


@on_every_loop
@pytest.mark.parametrize("concurrency", [0, -1, True, 1.5, "10", None])
def test_a_concurrency_that_is_none_is_refused(loop: str, concurrency: Any) -> None:
    world = service("operation", soon(3))
    with pytest.raises(RequestValidationError, match="concurrency: must be 1 or more"):
        world.wait(loop, ["thing-1"], concurrency=concurrency)
    assert world.calls == {}


@of_every_kind
@pytest.mark.parametrize("names", ["thing-1", b"thing-1", 5, None, ["thing-1", ""], [None]])
def test_names_that_are_none_are_refused(noun: str, names: Any) -> None:
    world = service(noun, soon(3))
    with pytest.raises(LightsailSnapError) as caught:
        world.wait("sync", names)
    assert isinstance(caught.value, RequestValidationError)
    assert world.calls == {}
