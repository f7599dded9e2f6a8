"""Others act at the same time, clocks are wrong, evidence is missing, time is short."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from lightsail_snap import (
    AccessDeniedException,
    CreateDiskSnapshotRequest,
    DiskSource,
    InvalidInputException,
    NameConflictError,
    NotFoundException,
    OutcomeUnknownError,
    PartialFailureError,
    RequestValidationError,
    SnapshotConflictError,
    ThrottlingError,
    VirtualClock,
    WaitFailedError,
    WaitTimeoutError,
)
from lightsail_snap.emulator import Fault, FaultKind, Progression

SNAPSHOTS = ["disk", "instance"]
COPIES = ["copy-here", "copy-instance"]
TOKENED = [*SNAPSHOTS, "restore"]
JOBS = ["disk", "system-volume", "instance", "copy-here", "copy-there", "copy-instance", "restore"]
OURS = "job-1"
MINUTES, HOURS = 60, 3600
LOST = [
    Fault(kind=FaultKind.DROP, after_commit=True),
    Fault(kind=FaultKind.SERVER_ERROR, status=503, after_commit=True),
    Fault(kind=FaultKind.GARBAGE, after_commit=True),
]
NOT_MADE = Fault(kind=FaultKind.DROP)


def options(kit: Any, job: str, **others: Any) -> dict[str, Any]:
    return {"tags": {"env": "prod"}, **others} if kit.jobs[job].has_token else others


def same(kit: Any, job: str) -> dict[str, Any]:
    """Give what somebody else has to say to make just what the job makes."""
    members: dict[str, Any] = {}
    if kit.jobs[job].has_token:
        members["tags"] = [{"key": "env", "value": "prod"}]
    if job == "copy-instance":
        members["sourceSnapshotName"] = "old-instance"
    return members


def arn_there(world: Any) -> frozenset[str]:
    return frozenset({world.there()["arn"]})


def before_call(world: Any, index: int, act: Callable[[], object]) -> None:
    """Let somebody act right before the job's call of this number."""
    world.emulator.before = lambda _, number: act() if number == index else None


# --- Somebody else has the name already.


@pytest.mark.sample(25)
@pytest.mark.parametrize("job", [*SNAPSHOTS, *COPIES, "restore"])
@pytest.mark.parametrize("fault", [None, NOT_MADE, Fault(kind=FaultKind.TIMEOUT, seconds=60)])
@pytest.mark.parametrize("age", [10, 4 * MINUTES, 1 * HOURS])
@pytest.mark.parametrize("skew", [0, -4 * MINUTES, 4 * MINUTES, -1 * HOURS, 1 * HOURS])
def test_older_namesake_is_a_conflict_whatever_the_clients_clock_shows(
    kit: Any, job: str, fault: Fault | None, age: float, skew: float
) -> None:
    world = kit.world(job, skew=skew)
    world.foreign(**same(kit, job))
    world.clock.sleep(age)
    theirs = arn_there(world)
    if fault:
        world.inject(replace(fault, operation=kit.jobs[job].operation))
    outcome = world.run(**options(kit, job))

    assert outcome.error.__cause__ is not None
    # After a lost response nothing clears the flag, and creation times are not exact.
    assert outcome.error.may_have_executed is bool(fault)
    if fault and age == 10:
        assert type(outcome.error) is OutcomeUnknownError
    else:
        assert type(outcome.error) is (
            NameConflictError if job == "restore" else SnapshotConflictError
        )
        assert outcome.error.resource.arn in theirs
    world.check(outcome, foreign=theirs)
    assert arn_there(world) == theirs


@pytest.mark.parametrize("job", ["disk", "copy-here", "restore"])
def test_where_the_namesake_cannot_be_looked_at_the_service_has_the_word(
    kit: Any, job: str
) -> None:
    world = kit.world(job)
    world.foreign()
    world.emulator.alter = kit.refusing(kit.jobs[job].look[0])
    error = world.run().error
    assert isinstance(error, InvalidInputException)
    assert error.sub_code == "NameExists"
    assert not error.may_have_executed


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("fault", [None, NOT_MADE])
def test_a_name_that_another_type_holds(kit: Any, job: str, fault: Fault | None) -> None:
    world = kit.world(job)
    if job == "restore":
        world.emulator.do("CreateDiskSnapshot", diskSnapshotName="made-1", diskName="data-1")
    else:
        world.emulator.add_disk("made-1", region_name="us-east-1")
    theirs = arn_there(world)
    if fault:
        world.inject(replace(fault, operation=kit.jobs[job].operation))
    outcome = world.run()
    world.check(outcome, foreign=theirs)
    if fault:
        # It is never seen under its name, and what is not seen may yet appear.
        assert isinstance(outcome.error, OutcomeUnknownError)
        assert isinstance(outcome.error.__cause__, InvalidInputException)
    else:
        assert isinstance(outcome.error, InvalidInputException)
        assert not outcome.error.may_have_executed


# --- Somebody else makes the same, at the same time.


@pytest.mark.parametrize("job", [*SNAPSHOTS, *COPIES, "restore"])
@pytest.mark.parametrize("fault", LOST, ids=lambda fault: fault.kind)
def test_who_comes_second_makes_nothing(kit: Any, job: str, fault: Fault) -> None:
    create = 1 if job == "restore" else 0
    for index in range(create + 1, create + 5):
        world = kit.world(job, skew=4 * MINUTES)
        before_call(world, index, world.foreign)
        world.inject(replace(fault, operation=kit.jobs[job].operation))
        outcome = world.run(**options(kit, job))
        world.check(outcome)
        assert outcome.error is None
        assert len(world.creations()) == 1


_OTHERS: dict[str, list[dict[str, Any]]] = {
    "disk": [
        {"diskName": "data-2", "tags": [{"key": "env", "value": "prod"}]},
        {"diskName": "data-1", "tags": [{"key": "env", "value": "test"}]},
        {"diskName": "data-1"},
    ],
    "instance": [{"tags": [{"key": "env"}]}, {}],
    "copy-here": [{"sourceSnapshotName": "old-disk-2"}],
    "copy-instance": [{"sourceSnapshotName": "old-disk"}],
    "restore": [
        {"sizeInGb": 17, "tags": [{"key": "env", "value": "prod"}]},
        {"availabilityZone": "us-east-1b", "tags": [{"key": "env", "value": "prod"}]},
        {},
    ],
}


@pytest.mark.parametrize(
    ("job", "differing"), [(job, each) for job, those in _OTHERS.items() for each in those]
)
@pytest.mark.parametrize("skew", [0, -1 * HOURS])
def test_equally_new_resource_that_differs_is_no_success(
    kit: Any, job: str, differing: dict[str, Any], skew: float
) -> None:
    world = kit.world(job, skew=skew)
    world.inject(replace(NOT_MADE, operation=kit.jobs[job].operation))
    # Between the request that is lost and the look.
    create = 1 if job == "restore" else 0
    before_call(world, create + 1, lambda: world.foreign(**differing))
    outcome = world.run(**options(kit, job))
    # Any client may change tags, so they prove nothing; sources and sizes never change.
    is_proof = differing.keys() - {"tags"} and differing.get("diskName") != "data-1"
    assert isinstance(outcome.error, NameConflictError if is_proof else OutcomeUnknownError)
    assert outcome.error.may_have_executed
    world.check(outcome, foreign=arn_there(world))


@pytest.mark.parametrize(
    ("job", "operation", "members"),
    [
        (
            "restore",
            "CreateDisk",
            {"sizeInGb": 16, "availabilityZone": "us-east-1a", "diskName": "made-1"},
        ),
        ("disk", "CopySnapshot", {"sourceSnapshotName": "old-disk"}),
        ("instance", "CopySnapshot", {"sourceSnapshotName": "old-instance"}),
    ],
)
def test_what_was_made_in_another_way_is_a_conflict(
    kit: Any, job: str, operation: str, members: dict[str, Any]
) -> None:
    if operation == "CopySnapshot":
        members = {**members, "targetSnapshotName": "made-1", "sourceRegion": "us-east-1"}
    world = kit.world(job)
    world.inject(replace(NOT_MADE, operation=kit.jobs[job].operation))
    create = 1 if job == "restore" else 0
    before_call(world, create + 1, lambda: world.emulator.do(operation, **members))
    outcome = world.run()
    assert isinstance(outcome.error, NameConflictError)
    world.check(outcome, foreign=arn_there(world))


@pytest.mark.parametrize("job", [*SNAPSHOTS, *COPIES, "restore"])
def test_an_equal_thing_of_the_same_moment_is_as_good_as_ones_own_without_a_token(
    kit: Any, job: str
) -> None:
    """Nothing can tell it from a request of our own that was carried out late."""
    world = kit.world(job)
    world.inject(replace(NOT_MADE, operation=kit.jobs[job].operation))
    create = 1 if job == "restore" else 0
    before_call(world, create + 1, lambda: world.foreign(**same(kit, job)))
    outcome = world.run(**options(kit, job))
    world.check(outcome)
    assert outcome.error is None
    assert len(world.creations()) == 1


@pytest.mark.parametrize("job", TOKENED)
def test_equal_resource_without_the_token_is_no_success(kit: Any, job: str) -> None:
    world = kit.world(job)
    world.inject(replace(NOT_MADE, operation=kit.jobs[job].operation))
    create = 1 if job == "restore" else 0
    before_call(world, create + 1, lambda: world.foreign(**same(kit, job)))
    outcome = world.run(**options(kit, job, client_token=OURS))
    # Another client may have removed the token's tag from a resource of this call.
    assert isinstance(outcome.error, OutcomeUnknownError)
    world.check(outcome, foreign=arn_there(world))


# --- Somebody else deletes it.


@pytest.mark.parametrize("job", JOBS)
def test_what_is_deleted_before_it_was_ever_seen_is_made_again(kit: Any, job: str) -> None:
    world = kit.world(job)
    world.inject(replace(LOST[0], operation=kit.jobs[job].operation))
    create = 1 if job == "restore" else 0
    before_call(world, create + 1, world.delete)
    outcome = world.run(**options(kit, job))
    assert outcome.error is None
    assert arn_there(world) == {outcome.thing.arn}
    # At no time were there two.
    assert len(world.creations()) == 2


@pytest.mark.sample(8)
@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("call", [1, 2, 3, 4])
def test_what_is_deleted_while_it_is_awaited_is_no_success(kit: Any, job: str, call: int) -> None:
    world = kit.world(job, progression=Progression.by_polls(1, 3))
    create = 1 if job == "restore" else 0
    before_call(world, create + call, world.delete)
    outcome = world.run()
    assert isinstance(outcome.error, NotFoundException | WaitFailedError)
    assert outcome.error.may_have_executed
    assert len(world.creations()) == 1


@pytest.mark.parametrize(
    ("job", "differing"),
    [(job, each) for job, those in _OTHERS.items() for each in those if "copy" not in job],
)
@pytest.mark.parametrize("call", [1, 2, 3])
def test_what_somebody_puts_in_its_place_is_no_success(
    kit: Any, job: str, differing: dict[str, Any], call: int
) -> None:
    world = kit.world(job)

    def replace_it() -> None:
        world.delete()
        world.foreign(**differing)

    create = 1 if job == "restore" else 0
    before_call(world, create + call, replace_it)
    outcome = world.run(**options(kit, job))
    assert isinstance(outcome.error, WaitFailedError)
    assert outcome.error.may_have_executed
    seen = outcome.error.disk if job == "restore" else outcome.error.snapshot
    assert seen is not None
    assert {seen.arn} == arn_there(world)


def test_of_many_one_that_somebody_replaces_fails_alone(kit: Any) -> None:
    world = kit.world("disk")

    def replace_it() -> None:
        world.delete()
        world.foreign(diskName="data-2")

    before_call(world, 3, replace_it)
    with world.client() as client, pytest.raises(PartialFailureError) as caught:
        client.take_disk_snapshots(_requests(), concurrency=1)
    assert list(caught.value.failures) == ["made-1"]
    assert isinstance(caught.value.failures["made-1"], WaitFailedError)
    assert caught.value.failures["made-1"].may_have_executed
    assert sorted(caught.value.successes) == ["made-2", "made-3"]


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("ago", [1, 2 * HOURS])
@pytest.mark.parametrize("is_disk", [False, True])
def test_what_a_namesake_left_behind_misleads_nobody(
    kit: Any, job: str, ago: float, *, is_disk: bool
) -> None:
    world = kit.world(job, progression=Progression.instant())
    if is_disk:
        members = {"diskName": "made-1", "sizeInGb": 16, "availabilityZone": "us-east-1a"}
        world.emulator.do("CreateDisk", **members)
        world.emulator.do("DeleteDisk", diskName="made-1")
    else:
        world.foreign(**same(kit, job))
        world.delete()
    assert world.there() is None
    world.clock.sleep(ago)
    world.inject(replace(LOST[0], operation=kit.jobs[job].operation))
    outcome = world.run(**options(kit, job))
    assert outcome.error is None
    assert arn_there(world) == {outcome.thing.arn}
    assert len(world.creations()) == 2


@pytest.mark.parametrize("job", [*COPIES, "restore"])
def test_the_operation_is_found_on_whichever_page_it_stands(kit: Any, job: str) -> None:
    """The service's model says oldest first, its samples say newest first."""
    world = kit.world(job, progression=Progression.instant())
    world.foreign(**same(kit, job))
    world.delete()
    world.clock.sleep(2 * HOURS)
    rest: list[Any] = []

    def oldest_first(operation: str, answer: Any) -> Any:
        if operation != "GetOperationsForResource":
            return answer
        if rest:
            body: dict[str, Any] = {"operations": rest}
        else:
            newest, *older = json.loads(answer.body)["operations"]
            rest.append(newest)
            body = {"operations": older[::-1], "nextPageToken": "more"}
        return replace(answer, status=200, body=json.dumps(body).encode())

    world.emulator.alter = oldest_first
    world.inject(replace(LOST[0], operation=kit.jobs[job].operation))
    outcome = world.run()
    assert outcome.error is None
    assert world.emulator.asked.count("GetOperationsForResource") == 2
    assert arn_there(world) == {outcome.thing.arn}


# --- Clocks.


@pytest.mark.sample(8)
@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("skew", [-4 * MINUTES, 4 * MINUTES, -1 * HOURS, 1 * HOURS])
def test_a_lost_answer_is_made_up_for_whatever_the_clients_clock_says(
    kit: Any, job: str, skew: float
) -> None:
    for fault in LOST:
        world = kit.world(job, skew=skew)
        world.inject(replace(fault, operation=kit.jobs[job].operation))
        outcome = world.run(**options(kit, job))
        world.check(outcome)
        assert outcome.error is None


class Odd:
    """A clock one of whose hands jumps by itself once it is told to."""

    def __init__(self, right: VirtualClock) -> None:
        self.right = right
        self.hand = 0.0
        self.ran = 0.0

    def time(self) -> float:
        return self.right.time() + self.hand

    def monotonic(self) -> float:
        return self.right.monotonic() + self.ran

    def sleep(self, seconds: float) -> None:
        self.right.sleep(seconds)


@pytest.mark.parametrize("hand", [-1 * HOURS, 1 * HOURS])
@pytest.mark.parametrize("is_foreign", [False, True])
def test_a_clock_that_is_set_in_between_makes_nobodys_snapshot_ours(
    kit: Any, hand: float, *, is_foreign: bool
) -> None:
    world = kit.world("disk")
    if is_foreign:
        world.foreign()
        world.clock.sleep(30 * MINUTES)
    theirs = arn_there(world) if is_foreign else frozenset()
    world.client_clock = clock = Odd(world.clock)
    before_call(world, 1, lambda: setattr(clock, "hand", hand))
    world.inject(NOT_MADE if is_foreign else LOST[0])
    outcome = world.run()
    world.check(outcome, foreign=theirs)
    if hand < 0:
        # Time does not run back, so that hand is passed over.
        assert isinstance(outcome.error, SnapshotConflictError if is_foreign else type(None))
    elif is_foreign:
        # The machine may as well have slept.
        assert isinstance(outcome.error, OutcomeUnknownError)
    else:
        assert outcome.error is None


def test_a_machine_that_slept_in_between_does_not_disown_its_snapshot(kit: Any) -> None:
    world = kit.world("disk")
    world.client_clock = clock = Odd(world.clock)

    def sleep() -> None:
        # The monotonic clock of many machines stands still while they sleep.
        world.clock.sleep(1 * HOURS)
        clock.ran -= 1 * HOURS

    before_call(world, 1, sleep)
    world.inject(LOST[0])
    outcome = world.run()
    world.check(outcome)
    # It was made in an hour of which nobody can say whether it was before this call began.
    assert isinstance(outcome.error, OutcomeUnknownError)
    assert outcome.error.may_have_executed


@pytest.mark.parametrize("job", ["disk", "instance", "copy-here", "restore"])
@pytest.mark.parametrize(
    ("age", "error"),
    [
        (0, OutcomeUnknownError),
        (4 * MINUTES, OutcomeUnknownError),
        (7 * MINUTES, NameConflictError),
    ],
)
def test_without_a_date_the_five_minutes_of_a_signature_are_all_that_is_known(
    kit: Any, job: str, age: float, error: type[Exception]
) -> None:
    world = kit.world(job)
    world.emulator.alter = kit.without_date
    theirs: frozenset[str] = frozenset()
    if age:
        world.foreign(**same(kit, job))
        theirs = arn_there(world)
        world.clock.sleep(age)
    world.inject(replace(NOT_MADE if age else LOST[0], operation=kit.jobs[job].operation))
    outcome = world.run(**options(kit, job))
    assert isinstance(outcome.error, error)
    world.check(outcome, foreign=theirs)


@pytest.mark.parametrize("job", ["disk", "instance", "copy-here"])
def test_without_a_date_what_was_made_long_after_is_ours(kit: Any, job: str) -> None:
    world = kit.world(job)
    world.emulator.alter = kit.without_date
    # The request is carried out late, as the second one is on its way.
    world.inject(Fault(kind=FaultKind.TIMEOUT, seconds=10 * MINUTES, after_commit=True))
    outcome = world.run()
    world.check(outcome)
    assert outcome.error is None


@pytest.mark.parametrize("job", TOKENED)
def test_with_a_token_no_date_is_needed(kit: Any, job: str) -> None:
    world = kit.world(job)
    world.emulator.alter = kit.without_date
    world.inject(replace(LOST[0], operation=kit.jobs[job].operation))
    outcome = world.run(**options(kit, job, client_token=OURS))
    world.check(outcome)
    assert outcome.error is None


# --- Evidence is missing, or not to be had.


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("code", ["AccessDeniedException", "InvalidInputException"])
def test_operations_that_are_not_told_are_missed_only_where_nothing_else_tells(
    kit: Any, job: str, code: str
) -> None:
    world = kit.world(job)
    world.emulator.alter = kit.refusing("GetOperationsForResource", code=code)
    world.inject(replace(LOST[0], operation=kit.jobs[job].operation))
    outcome = world.run()
    world.check(outcome)
    if job.startswith("copy") or job == "restore":
        assert isinstance(outcome.error, OutcomeUnknownError)
    else:
        assert outcome.error is None


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize(
    "members", [("createdAt",), ("fromDiskName", "fromDiskArn", "fromInstanceName")]
)
def test_what_does_not_tell_when_or_of_what_it_is_may_be_anybodys(
    kit: Any, job: str, members: tuple[str, ...]
) -> None:
    world = kit.world(job)
    world.emulator.alter = kit.without(*members)
    world.inject(replace(LOST[0], operation=kit.jobs[job].operation))
    outcome = world.run(**options(kit, job))
    world.check(outcome)
    if members == ("createdAt",) or not (job.startswith("copy") or job == "restore"):
        assert isinstance(outcome.error, OutcomeUnknownError)
    else:
        assert outcome.error is None


@pytest.mark.parametrize("job", JOBS)
def test_a_look_that_is_refused_leaves_the_outcome_unknown(kit: Any, job: str) -> None:
    for fault in LOST:
        world = kit.world(job)
        world.emulator.alter = kit.refusing(
            "GetDiskSnapshot" if job.startswith("copy") else kit.jobs[job].look[0]
        )
        world.inject(replace(fault, operation=kit.jobs[job].operation))
        outcome = world.run(**({"size_in_gb": 16} if job == "restore" else {}))
        world.check(outcome)
        assert isinstance(outcome.error, OutcomeUnknownError)
        assert isinstance(outcome.error.__cause__, AccessDeniedException)


@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("refused", ["GetOperation", "look"])
def test_a_wait_that_is_refused_says_that_it_was_made(kit: Any, job: str, refused: str) -> None:
    world = kit.world(job)
    operation = kit.jobs[job].look[0] if refused == "look" else refused
    world.emulator.alter = kit.refusing(operation)
    outcome = world.run(**({"size_in_gb": 16} if job == "restore" else {}))
    world.check(outcome)
    assert isinstance(outcome.error, AccessDeniedException)
    assert outcome.error.may_have_executed
    assert "call wait_for_" in outcome.error.__notes__[0]
    assert len(world.creations()) == 1


@pytest.mark.sample(8)
@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("hidden", [1, 2, 4, 100])
def test_what_is_not_visible_at_once_is_looked_for_again(kit: Any, job: str, hidden: int) -> None:
    world = kit.world(job)
    fault = replace(LOST[0], operation=kit.jobs[job].operation)
    world.inject(fault)
    shown = json.dumps({"__type": "NotFoundException", "message": "none"}).encode()
    left = [hidden]

    def hide(operation: str, answer: Any) -> Any:
        looks = {"GetDisk", "GetDiskSnapshot", "GetInstanceSnapshot"}
        is_look = operation in looks and kit.jobs[job].operation in world.emulator.asked
        if is_look and left[0] > 0 and answer.status == 200:
            left[0] -= 1
            return replace(answer, status=400, body=shown)
        return answer

    world.emulator.alter = hide
    outcome = world.run(**options(kit, job))
    world.check(outcome)
    assert len(world.creations()) == 1
    if hidden == 100:
        assert isinstance(outcome.error, OutcomeUnknownError)
    else:
        assert outcome.error is None


# --- Storms and deadlines.


@pytest.mark.sample(8)
@pytest.mark.parametrize("job", JOBS)
@pytest.mark.parametrize("times", [4, 5])
@pytest.mark.parametrize("is_lost_first", [False, True])
def test_throttling_is_sat_out_until_the_sends_are_used_up(
    kit: Any, job: str, times: int, *, is_lost_first: bool
) -> None:
    world = kit.world(job)
    operation = kit.jobs[job].operation
    if is_lost_first:
        world.inject(replace(NOT_MADE, operation=operation))
    faults = times - 1 if is_lost_first else times
    world.inject(Fault(kind=FaultKind.THROTTLE, operation=operation, times=faults))
    outcome = world.run()
    world.check(outcome)
    assert world.emulator.calls[operation] == 5
    if times == 4:
        assert outcome.error is None
    elif is_lost_first:
        assert isinstance(outcome.error, OutcomeUnknownError)
        assert isinstance(outcome.error.__cause__, ThrottlingError)
    else:
        assert isinstance(outcome.error, ThrottlingError)
        assert not outcome.error.may_have_executed


@pytest.mark.sample(10)
@pytest.mark.parametrize("job", ["disk", "copy-here", "copy-instance", "restore"])
@pytest.mark.parametrize("timeout", [0, 7])
@pytest.mark.parametrize("kind", [*FaultKind, None])
def test_a_deadline_is_kept_and_nothing_is_hidden(
    kit: Any, job: str, timeout: float, kind: FaultKind | None
) -> None:
    create = kit.jobs[job].operation
    for after_commit, times, operation in itertools.product(
        (False, True), (1, None), (create, None)
    ):
        if after_commit and kind in {FaultKind.REFUSE, FaultKind.THROTTLE}:
            continue
        world = kit.world(job, progression=Progression.by_seconds(operation=40, snapshot=60))
        if kind:
            fault = Fault(kind=kind, operation=operation, times=times, after_commit=after_commit)
            world.inject(fault)
        began = world.clock.monotonic()
        outcome = world.run(timeout=timeout)
        assert world.clock.monotonic() - began <= timeout
        world.check(outcome)
        assert outcome.error is not None
        if kind is None:
            assert isinstance(outcome.error, WaitTimeoutError)


# --- Tokens.


class Crash(BaseException):
    """The process dies."""


@pytest.mark.parametrize("job", TOKENED)
def test_with_a_token_a_job_that_died_anywhere_is_completed_by_running_it_again(
    kit: Any, job: str
) -> None:
    def die() -> None:
        raise Crash

    for number in range(6):
        world = kit.world(job)

        def after(_: str, index: int, number: int = number) -> None:
            if index == number:
                die()

        world.emulator.after = after
        try:
            world.run(**options(kit, job, client_token=OURS))
        except Crash:
            world.clock.sleep(3 * HOURS)
            outcome = world.run(**options(kit, job, client_token=OURS))
            assert outcome.error is None
            world.check(outcome)
        assert len(world.creations()) == 1
        assert arn_there(world)


@pytest.mark.parametrize("job", TOKENED)
@pytest.mark.parametrize("token", [None, "theirs"])
def test_another_token_or_none_is_another_job(kit: Any, job: str, token: str | None) -> None:
    world = kit.world(job)
    first = world.run(**options(kit, job, client_token=OURS))
    assert first.error is None
    second = world.run(**options(kit, job, client_token=token))
    assert isinstance(second.error, NameConflictError)
    assert not second.error.may_have_executed
    assert len(world.creations()) == 1


@pytest.mark.parametrize("job", TOKENED)
def test_token_proves_ownership_whatever_the_tags_are_now(kit: Any, job: str) -> None:
    world = kit.world(job)
    first = world.run(**options(kit, job, client_token=OURS))
    second = world.run(tags={"env": "test"}, client_token=OURS)
    assert second.error is None
    assert second.thing.arn == first.thing.arn


def test_token_that_is_reused_for_another_size_is_a_conflict(kit: Any) -> None:
    world = kit.world("restore")
    assert world.run(client_token=OURS).error is None
    second = world.run(client_token=OURS, size_in_gb=32)
    assert isinstance(second.error, NameConflictError)
    assert "use another client token and another name" in str(second.error)
    assert not second.error.may_have_executed


def test_a_token_passes_no_snapshot_of_one_disk_off_as_one_of_another(kit: Any) -> None:
    world = kit.world("disk")
    with world.client() as client:
        client.take_disk_snapshot("made-1", DiskSource(disk_name="data-2"), client_token=OURS)
    second = world.run(client_token=OURS)
    assert isinstance(second.error, SnapshotConflictError)


# --- Many at a time.


def _requests() -> list[CreateDiskSnapshotRequest]:
    return [
        CreateDiskSnapshotRequest(
            disk_snapshot_name=f"made-{number}", source=DiskSource(disk_name="data-1")
        )
        for number in (1, 2, 3)
    ]


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: fault.kind)
def test_many_are_taken_once_each(kit: Any, fault: Fault) -> None:
    for skip in range(12):
        world = kit.world("disk")
        world.inject(replace(fault, skip=skip, times=2))
        with world.client() as client:
            taken = client.take_disk_snapshots(_requests(), concurrency=1)
        assert sorted(taken) == ["made-1", "made-2", "made-3"]
        fresh = world.things().keys() - world.things_before
        assert {name for _, _, name in fresh} == set(taken)


def test_of_many_one_that_is_lost_from_sight_says_that_it_was_made(kit: Any) -> None:
    world = kit.world("disk")
    world.emulator.alter = kit.refusing("GetDiskSnapshot", "GetDiskSnapshots")
    with world.client() as client, pytest.raises(PartialFailureError) as caught:
        client.take_disk_snapshots(_requests(), concurrency=1)
    assert caught.value.may_have_executed
    assert all(error.may_have_executed for error in caught.value.failures.values())
    assert not any(isinstance(e, NotFoundException) for e in caught.value.failures.values())


def test_of_many_one_whose_operation_fails_says_that_it_was_made(kit: Any) -> None:
    progression = Progression.by_polls().with_failed_operation(resource_name="made-2")
    world = kit.world("disk", progression=progression)
    with world.client() as client, pytest.raises(PartialFailureError) as caught:
        client.take_disk_snapshots(_requests(), concurrency=1)
    assert list(caught.value.failures) == ["made-2"]
    assert caught.value.failures["made-2"].may_have_executed


# --- What the service may not tell.


def test_a_namesake_that_does_not_tell_its_age_is_a_conflict_all_the_same(kit: Any) -> None:
    world = kit.world("disk")
    world.foreign()
    world.emulator.alter = kit.without("createdAt")
    error = world.run().error
    assert isinstance(error, SnapshotConflictError)
    assert "the name made-1 is taken by a DiskSnapshot that this call did not make" in str(error)


@pytest.mark.parametrize("job", JOBS)
def test_an_operation_that_is_forgotten_is_no_failure(kit: Any, job: str) -> None:
    world = kit.world(job)
    world.emulator.alter = kit.refusing("GetOperation", code="NotFoundException")
    outcome = world.run()
    world.check(outcome)
    assert outcome.error is None


def test_of_many_one_whose_operation_is_forgotten_is_no_failure(kit: Any) -> None:
    world = kit.world("disk")
    world.emulator.alter = kit.refusing("GetOperation", "GetOperations", code="NotFoundException")
    with world.client() as client:
        assert len(client.take_disk_snapshots(_requests(), concurrency=1)) == 3


def test_a_size_that_is_not_told_has_to_be_given(kit: Any) -> None:
    world = kit.world("restore")
    world.emulator.alter = kit.without("sizeInGb")
    outcome = world.run()
    assert isinstance(outcome.error, RequestValidationError)
    assert world.there() is None
    assert world.run(size_in_gb=16).error is None
