"""Carrying runs out: exactly once, in order, and never the wrong snapshot."""

from __future__ import annotations

import json
import logging
import pickle
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lightsail_snap import (
    ConfigurationError,
    DiskSource,
    InvalidInputException,
    LightsailSnapClient,
    ManualSnapshotSource,
    NotFoundException,
    OutcomeUnknownError,
    PartialFailureError,
    Request,
    RequestNotSentError,
    RequestValidationError,
    Response,
    ServiceException,
    SnapshotConflictError,
    WaitFailedError,
)
from lightsail_snap.emulator import Fault, FaultKind, Progression
from lightsail_snap.plans import (
    CLIENT_TOKEN_TAG,
    BackupPlan,
    Run,
    RunResult,
    StepResult,
    TakeStep,
    apply,
    prepare,
    read_inventory,
)
from lightsail_snap.retention import OWNERSHIP_TAG

HOME, AWAY = "us-east-1", "us-west-2"
Maker = Callable[..., BackupPlan]
Plug = Callable[[Request[Any], bool], None]


def statuses(result: RunResult) -> list[str]:
    return [f"{each.step.action} {each.status}" for each in result.results]


@pytest.mark.sample(2)
@pytest.mark.parametrize(
    ("select", "names"),
    [
        ({"kind": "disk", "globs": ["db-?"]}, ["db-1", "db-2"]),
        ({"kind": "disk", "tags": ["backup=daily,env=prod"]}, ["other"]),
        ({"kind": "disk", "names": ["other", "db-2"], "exclude": ["db-1"]}, ["db-2", "other"]),
        ({"kind": "instance", "tags": ["backup"]}, ["web-1"]),
        ({"kind": "instance_system_disk", "globs": ["*"]}, ["web-1"]),
    ],
)
def test_a_plan_runs_daily_and_keeps_what_it_says(
    world: Any, make_plan: Maker, select: dict[str, Any], names: list[str]
) -> None:
    plan = make_plan(select=select, copies=[AWAY])
    world.days(plan, 4)
    days = ("20231116", "20231117")
    assert (
        world.names(HOME) == world.names(AWAY) == [f"nightly-{n}-{d}" for n in names for d in days]
    )
    for region in (HOME, AWAY):
        for snapshot in world.state()[region]:
            assert snapshot["state"] == (
                "available" if select["kind"] == "instance" else "completed"
            )
            assert any(OWNERSHIP_TAG in tag for tag in snapshot["tags"])
            assert any(CLIENT_TOKEN_TAG in tag for tag in snapshot["tags"])


def test_lists_of_many_pages_are_read_to_their_end(world: Any, make_plan: Maker) -> None:
    for number in range(10):
        world.emulator.add_disk(f"many-{number}", region_name=HOME)
        world.emulator.add_instance(f"box-{number}", region_name=HOME)
    run = world.prepare(make_plan(select={"kind": "disk", "globs": ["many-*"]}))
    assert len(run.steps) == 10
    run = world.prepare(make_plan(select={"kind": "instance", "globs": ["box-*"]}))
    assert len(run.steps) == 10


def killed_at(number: int, *, after: bool, error: type[BaseException]) -> Plug:
    """Pull the plug at a call, before or after it is carried out."""
    count = 0

    def plug(_request: Request[Any], is_done: bool) -> None:  # noqa: FBT001 - the seam's shape
        nonlocal count
        count += is_done == after
        if is_done == after and count == number:
            raise error

    return plug


def filled(make_world: Callable[[], Any], plan: BackupPlan) -> Any:
    world = make_world()
    world.emulator.add_disk("db-1", region_name=HOME)
    world.days(plan, 1)
    world.calls.clear()
    return world


@pytest.mark.thorough
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("anew", [False, True], ids=["same-run", "run-made-anew"])
def test_a_run_that_was_killed_anywhere_ends_as_if_it_had_not_been(
    make_world: Callable[[], Any],
    make_plan: Maker,
    plug_pulled: type[BaseException],
    *,
    after: bool,
    anew: bool,
) -> None:
    plan = make_plan(copies=[AWAY], retention={"time_zone": "UTC", "keep_last": 1})
    undisturbed = filled(make_world, plan)
    assert undisturbed.apply(undisturbed.prepare(plan)).is_complete
    expected = undisturbed.state()
    assert [len(found) for found in expected.values()] == [1, 1]
    total = len(undisturbed.calls)
    kills = 0
    for number in range(1, total + 1):
        world = filled(make_world, plan)
        run = world.prepare(plan)
        world.plug = killed_at(number, after=after, error=plug_pulled)
        try:
            world.apply(run)
        except plug_pulled:
            kills += 1
        else:
            break
        world.plug = lambda _request, _is_done: None
        world.clock.sleep(60)
        result = world.apply(Run.from_json((world.prepare(plan) if anew else run).to_json()))
        assert result.is_complete, f"{number}: {result}"
        assert world.state() == expected, number
    # Of the calls only those that prepare makes are not among those of apply.
    assert kills == total - 3


@settings(
    max_examples=max(2, settings.default.max_examples // 8 if settings.default else 0),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(data=st.data())
def test_a_run_that_is_killed_again_and_again_ends_all_the_same(
    make_world: Callable[[], Any],
    make_plan: Maker,
    plug_pulled: type[BaseException],
    data: st.DataObject,
) -> None:
    plan = make_plan(copies=[AWAY], retention={"time_zone": "UTC", "keep_last": 1})
    world = filled(make_world, plan)
    run = world.prepare(plan)
    for _ in range(data.draw(st.integers(1, 6))):
        after = data.draw(st.booleans())
        world.plug = killed_at(data.draw(st.integers(1, 25)), after=after, error=plug_pulled)
        try:
            world.apply(run)
        except plug_pulled:
            world.clock.sleep(1)
    world.plug = lambda _request, _is_done: None
    assert world.apply(run).is_complete
    assert [len(found) for found in world.state().values()] == [1, 1]
    again = world.apply(run)
    assert {each.status for each in again.results} == {"adopted"}


def test_nothing_is_deleted_before_what_makes_up_for_it_is_there(
    world: Any, make_plan: Maker
) -> None:
    plan = make_plan(copies=[AWAY], retention={"time_zone": "UTC", "keep_last": 1})
    world.days(plan, 1)
    seen: list[StepResult] = []

    def on_step(result: StepResult) -> None:
        if result.step.action == "delete":
            boto = world.emulator.boto3_client(result.step.region)
            for made in seen:
                if made.step.source == result.step.source:
                    answer = world.emulator.boto3_client(made.step.region).get_disk_snapshot(
                        diskSnapshotName=made.step.name
                    )
                    assert answer["diskSnapshot"]["state"] == "completed"
            assert boto is not None
        else:
            seen.append(result)

    result = world.apply(world.prepare(plan), on_step=on_step)
    assert statuses(result).count("delete done") == 4


def test_a_source_that_fails_hides_nothing_and_loses_nothing(world: Any, make_plan: Maker) -> None:
    plan = make_plan(copies=[AWAY], retention={"time_zone": "UTC", "keep_last": 1})
    world.days(plan, 1)
    run = world.prepare(plan)
    world.emulator.progression = Progression.instant().with_failed_snapshot("nightly-db-1-20231115")
    result = world.apply(run)
    assert statuses(result) == [
        "take failed", "copy skipped", "delete skipped", "delete skipped",
        "take done", "copy done", "delete done", "delete done",
    ]  # fmt: skip
    assert not result.is_complete
    assert isinstance(next(iter(result.failures.values())), WaitFailedError)
    assert "nightly-db-1-20231114" in world.names()
    assert len(result.snapshots) == 2
    with pytest.raises(PartialFailureError, match="1 of 8 steps of nightly failed") as caught:
        result.raise_for_failures()
    assert caught.value.successes.keys() == result.snapshots.keys()
    assert json.loads(json.dumps(result.to_dict()))["is_complete"] is False
    assert [each["status"] for each in result.to_dict()["steps"]][:2] == ["failed", "skipped"]
    assert "failed   take" in str(result)
    assert "<td>failed</td>" in result._repr_html_()
    again: RunResult = pickle.loads(pickle.dumps(result))  # noqa: S301 - our own bytes
    assert again.to_dict() == result.to_dict()


def test_a_copy_that_fails_saves_the_old_ones_everywhere(world: Any, make_plan: Maker) -> None:
    plan = make_plan(copies=[AWAY], retention={"time_zone": "UTC", "keep_last": 1})
    world.days(plan, 1)
    run = world.prepare(plan)
    world.emulator.progression = Progression.instant().with_failed_operation("CopySnapshot")
    assert statuses(world.apply(run))[:4] == [
        "take done",
        "copy failed",
        "delete skipped",
        "delete skipped",
    ]
    assert len(world.names(HOME)) == 4


def test_a_region_of_copies_that_is_away_does_not_keep_snapshots_from_being_taken(
    world: Any, make_plan: Maker
) -> None:
    plan = make_plan(copies=[AWAY, "eu-west-1"], retention={"time_zone": "UTC", "keep_last": 1})
    world.days(plan, 1)

    class Away:
        def send(self, request: Request[Any]) -> Response:
            raise RequestNotSentError("no way there", request=request)

        def close(self) -> None: ...

    away = LightsailSnapClient(transport=Away(), clock=world.clock)

    def clients(region: str) -> LightsailSnapClient:
        found: LightsailSnapClient = away if region == AWAY else world.client(region)
        return found

    run = prepare(plan, world.client(), clients=clients, now=world.now)
    note = f"what is in {AWAY} could not be listed; nothing is deleted there: RequestNotSentError: "
    assert [each.startswith(note) for each in run.notes] == [True]
    assert [(each.action, each.region) for each in run.steps if each.source == "db-1"] == [
        ("take", HOME),
        ("copy", AWAY),
        ("copy", "eu-west-1"),
        ("delete", HOME),
        ("delete", "eu-west-1"),
    ]
    result = apply(run, world.client(), clients=clients)
    assert statuses(result)[:5] == [
        "take done", "copy failed", "copy done", "delete skipped", "delete skipped",
    ]  # fmt: skip
    # Once it is back, the same slot makes up for everything.
    again = world.prepare(plan)
    assert again.notes == ()
    assert world.apply(again).is_complete
    assert len(world.names(HOME)) == len(world.names(AWAY)) == 2
    # If it is back before it is applied, all steps are done, and yet something is left.
    world.days(plan, 1)
    half = prepare(plan, world.client(), clients=clients, now=world.now)
    assert Run.from_json(half.to_json()) == half
    done = world.apply(half)
    assert {each.status for each in done.results} == {"done"}
    assert not done.is_complete
    done.raise_for_failures()
    assert len(world.names(AWAY)) == 4
    assert world.apply(world.prepare(plan)).is_complete
    assert len(world.names(AWAY)) == 2
    # The plan's own region is another matter.
    with pytest.raises(RequestNotSentError):
        prepare(plan, away, clients=world.client, now=world.now)
    unpruned = prepare(
        make_plan(copies=[AWAY], retention=None), world.client(), clients=clients, now=world.now
    )
    assert "could not be listed: RequestNotSentError" in unpruned.notes[0]


def namesake(world: Any, name: str, tags: dict[str, str | None] | None = None) -> None:
    client = LightsailSnapClient(world.emulator.boto3_client(HOME), clock=world.clock)
    client.delete_disk_snapshot(name)
    client.take_disk_snapshot(name, DiskSource(disk_name="db-1"), tags=tags or {})


def test_a_namesake_made_later_is_never_deleted(
    world: Any, make_plan: Maker, caplog: pytest.LogCaptureFixture
) -> None:
    plan = make_plan(retention={"time_zone": "UTC", "keep_last": 1})
    world.days(plan, 1)
    run = world.prepare(plan)
    namesake(world, "nightly-db-1-20231114", {OWNERSHIP_TAG: "nightly"})
    with caplog.at_level(logging.WARNING, logger="lightsail_snap.plans"):
        result = world.apply(run)
    assert statuses(result)[:2] == ["take done", "delete skipped"]
    assert "another snapshot has this name now" in caplog.text
    assert "nightly-db-1-20231114" in world.names()
    assert "nightly-db-2-20231114" not in world.names()
    result.raise_for_failures()


def test_a_snapshot_that_somebody_marks_in_between_stays(world: Any, make_plan: Maker) -> None:
    plan = make_plan(retention={"time_zone": "UTC", "keep_last": 1})
    world.days(plan, 1)
    run = world.prepare(plan)
    world.client().tag_resource("nightly-db-1-20231114", {"keep": None})
    world.client().untag_resource("nightly-db-2-20231114", [OWNERSHIP_TAG])
    result = world.apply(run)
    assert [each.reason for each in result.results if each.status == "skipped"] == [
        "its tags have changed since"
    ] * 2


def test_snapshots_of_other_people_and_plans_stay(world: Any, make_plan: Maker) -> None:
    client = LightsailSnapClient(world.emulator.boto3_client(HOME), clock=world.clock)
    client.take_disk_snapshot("mine", DiskSource(disk_name="db-1"))
    client.take_disk_snapshot("marked", DiskSource(disk_name="db-1"), tags={OWNERSHIP_TAG: None})
    weekly = make_plan(name="weekly")
    world.days(weekly, 1)
    world.days(make_plan(retention={"time_zone": "UTC", "keep_last": 1}), 3)
    assert world.names() == [
        "marked", "mine",
        "nightly-db-1-20231117", "nightly-db-2-20231117",
        "weekly-db-1-20231114", "weekly-db-2-20231114",
    ]  # fmt: skip


def test_a_plan_is_not_confused_with_one_whose_name_its_own_begins_with(
    world: Any, make_plan: Maker
) -> None:
    for name in ("11", "db-11"):
        world.emulator.add_disk(name, region_name=HOME)
    keep = {"time_zone": "UTC", "keep_last": 1}
    one = {"kind": "disk", "names": ["db-11"]}
    short = make_plan(name="nightly", select=one, retention=keep)
    longer = make_plan(name="nightly-db", select=one, retention=keep)
    namesake = make_plan(
        name="nightly-db", select={"kind": "disk", "names": ["11"]}, retention=keep
    )
    for plan in (longer, short, longer):
        world.days(plan, 2)
    assert world.names() == ["nightly-db-11-20231117", "nightly-db-db-11-20231119"]
    # Names that come out alike are told, and the other plan's snapshot stays as it is.
    assert world.apply(world.prepare(short)).is_complete
    before = world.state()
    result = world.apply(world.prepare(namesake))
    assert statuses(result) == ["take failed"]
    assert isinstance(result.results[0].error, SnapshotConflictError)
    assert world.state() == before


def test_a_clock_that_runs_ahead_deletes_nothing(world: Any, make_plan: Maker) -> None:
    plan = make_plan(retention={"time_zone": "UTC", "keep_within": "2d"})
    world.days(plan, 2)
    run = prepare(plan, world.client(), now=world.now + timedelta(days=3650))
    assert [step.action for step in run.steps].count("delete") == 4
    result = world.apply(run)
    assert statuses(result).count("delete skipped") == 4
    assert "look at the clock of the machine that made it" in str(result)


def test_a_new_snapshot_of_unknown_age_deletes_nothing(
    world: Any, make_plan: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = make_plan(retention={"time_zone": "UTC", "keep_last": 1})
    world.days(plan, 1)
    run, take = world.prepare(plan), LightsailSnapClient.take_disk_snapshot

    def untold(*args: Any, **kwargs: Any) -> Any:
        return take(*args, **kwargs).model_copy(update={"created_at": None})

    monkeypatch.setattr(LightsailSnapClient, "take_disk_snapshot", untold)
    result = world.apply(run)
    assert statuses(result) == ["take done", "delete skipped"] * 2
    assert "the service gives no creation time of the new snapshot" in str(result)


def test_a_name_that_is_taken_by_a_stranger_is_a_conflict(world: Any, make_plan: Maker) -> None:
    client = LightsailSnapClient(world.emulator.boto3_client(HOME), clock=world.clock)
    plan = make_plan()
    client.take_disk_snapshot("nightly-db-1-20231114", DiskSource(disk_name="db-1"))
    result = world.apply(world.prepare(plan))
    assert statuses(result) == ["take failed", "take done"]
    assert isinstance(next(iter(result.failures.values())), SnapshotConflictError)


def copied_by_hand(world: Any, origin: str, name: str) -> LightsailSnapClient:
    client = LightsailSnapClient(world.emulator.boto3_client(AWAY), clock=world.clock)
    client.copy(name, ManualSnapshotSource(snapshot_name=origin), source_region=HOME)
    return client


def test_a_copy_of_something_else_is_a_conflict(world: Any, make_plan: Maker) -> None:
    plan = make_plan(copies=[AWAY])
    home = LightsailSnapClient(world.emulator.boto3_client(HOME), clock=world.clock)
    home.take_disk_snapshot("by-hand", DiskSource(disk_name="db-1"))
    client = copied_by_hand(world, "by-hand", "nightly-db-1-20231114")
    result = world.apply(world.prepare(plan))
    assert statuses(result) == ["take done", "copy failed", "take done", "copy done"]
    found = client.get_disk_snapshot("nightly-db-1-20231114").disk_snapshot
    assert found.tags == ()


def test_a_copy_of_ours_that_somebody_has_replaced_is_not_taken_for_it(
    world: Any, make_plan: Maker
) -> None:
    """Operations outlive what they made, and another copy has the name now."""
    plan = make_plan(copies=[AWAY], select={"kind": "disk", "names": ["db-1"]})
    run = world.prepare(plan)
    world.apply(world.prepare(make_plan(select={"kind": "disk", "names": ["db-1"]})))
    home = LightsailSnapClient(world.emulator.boto3_client(HOME), clock=world.clock)
    home.take_disk_snapshot("by-hand", DiskSource(disk_name="db-1"))
    name = run.steps[0].name
    copied_by_hand(world, name, name).delete_disk_snapshot(name)
    world.clock.sleep(60)
    copied_by_hand(world, "by-hand", name)
    assert statuses(world.apply(run)) == ["take adopted", "copy failed"]


def test_a_copy_that_bears_the_token_needs_no_operations(world: Any, make_plan: Maker) -> None:
    run = world.prepare(make_plan(copies=[AWAY]))
    assert world.apply(run).is_complete
    world.calls.clear()
    assert {each.status for each in world.apply(run).results} == {"adopted"}
    assert {operation for _, operation in world.calls} == {"GetDiskSnapshot"}


def test_a_copy_is_recognised_by_the_list_of_all_operations(world: Any, make_plan: Maker) -> None:
    plan = make_plan(copies=[AWAY], select={"kind": "disk", "names": ["db-1"]})
    run = world.prepare(plan)
    name = run.steps[0].name
    world.apply(world.prepare(make_plan(select={"kind": "disk", "names": ["db-1"]})))
    copied_by_hand(world, name, name)
    world.emulator.inject(
        Fault(kind=FaultKind.SERVER_ERROR, operation="GetOperationsForResource", times=None)
    )
    assert statuses(world.apply(run)) == ["take adopted", "copy adopted"]


@pytest.mark.parametrize(("origin", "status"), [(None, "adopted"), ("by-hand", "failed")])
def test_a_copy_that_appears_after_the_look_is_judged_like_any_other(
    world: Any, make_plan: Maker, origin: str | None, status: str
) -> None:
    """The request of an attempt that has died may be carried out late."""
    run = world.prepare(make_plan(copies=[AWAY], select={"kind": "disk", "names": ["db-1"]}))
    home = LightsailSnapClient(world.emulator.boto3_client(HOME), clock=world.clock)
    home.take_disk_snapshot("by-hand", DiskSource(disk_name="db-1"))
    name = run.steps[0].name

    def late(request: Request[Any], is_done: bool) -> None:  # noqa: FBT001 - the seam's shape
        if request.operation_name == "CopySnapshot" and not is_done:
            copied_by_hand(world, origin or name, name)

    world.plug = late
    assert statuses(world.apply(run)) == ["take done", f"copy {status}"]
    (copy,) = world.state()[AWAY]
    assert bool(copy["tags"]) == (status == "adopted")


def test_a_copy_that_is_replaced_while_it_is_awaited_is_a_conflict(
    world: Any, make_plan: Maker, plug_pulled: type[BaseException]
) -> None:
    plan = make_plan(copies=[AWAY], select={"kind": "disk", "names": ["db-1"]})
    run = world.prepare(plan)

    def at_tagging(request: Request[Any], is_done: bool) -> None:  # noqa: FBT001 - the seam's shape
        if request.operation_name == "TagResource" and not is_done:
            raise plug_pulled

    world.plug = at_tagging
    with pytest.raises(plug_pulled):
        world.apply(run)
    name = run.steps[1].name
    replaced: list[bool] = []

    def replace(request: Request[Any], is_done: bool) -> None:  # noqa: FBT001 - the seam's shape
        if request.operation_name == "GetOperationsForResource" and is_done and not replaced:
            replaced.append(True)
            away = world.emulator.boto3_client(AWAY)
            away.delete_disk_snapshot(diskSnapshotName=name)
            copied_by_hand(world, name, name)

    world.plug = replace
    result = world.apply(run)
    assert statuses(result) == ["take adopted", "copy failed"]
    assert "in the place of the copy" in str(result)


def test_a_taken_snapshot_is_never_confused_with_what_replaces_it(
    world: Any, make_plan: Maker
) -> None:
    plan = make_plan(select={"kind": "disk", "names": ["db-1"]})
    run = world.prepare(plan)
    world.apply(run)
    looks: list[bool] = []

    def replace(request: Request[Any], is_done: bool) -> None:  # noqa: FBT001 - the seam's shape
        if request.operation_name == "GetDiskSnapshot" and is_done and not looks:
            looks.append(True)
            namesake(world, run.steps[0].name)

    world.plug = replace
    result = world.apply(run)
    assert isinstance(next(iter(result.failures.values())), SnapshotConflictError)


Trouble = Callable[[Request[Any]], BaseException]


def service_error(kind: Any, code: str, **facts: Any) -> Trouble:
    return lambda request: kind("no", code=code, operation_name=request.operation_name, **facts)


@pytest.mark.parametrize(
    ("is_carried_out", "trouble", "status"),
    [
        (True, lambda request: OutcomeUnknownError("lost", request=request), "done"),
        (False, lambda request: OutcomeUnknownError("lost", request=request), "failed"),
        (False, service_error(NotFoundException, "NotFoundException"), "adopted"),
        (False, service_error(InvalidInputException, "InvalidInputException"), "failed"),
        (
            True,
            service_error(ServiceException, "ServiceException", may_have_executed=True),
            "done",
        ),
    ],
)
@pytest.mark.parametrize("kind", ["disk", "instance"])
def test_a_deletion_whose_answer_is_lost_is_looked_up(  # noqa: PLR0913 - one world, one trouble
    world: Any,
    make_plan: Maker,
    trouble: Trouble,
    status: str,
    kind: str,
    *,
    is_carried_out: bool,
) -> None:
    select = {"kind": kind, "names": ["db-1" if kind == "disk" else "web-1"]}
    plan = make_plan(select=select, retention={"time_zone": "UTC", "keep_last": 1})
    world.days(plan, 1)
    run = world.prepare(plan)

    def plug(request: Request[Any], is_done: bool) -> None:  # noqa: FBT001 - the seam's shape
        if request.operation_name.startswith("Delete") and is_done == is_carried_out:
            raise trouble(request)

    world.plug = plug
    assert statuses(world.apply(run)) == ["take done", f"delete {status}"]


def test_what_somebody_else_has_deleted_is_done(world: Any, make_plan: Maker) -> None:
    plan = make_plan(retention={"time_zone": "UTC", "keep_last": 1})
    world.days(plan, 1)
    run = world.prepare(plan)
    world.client().delete_disk_snapshot("nightly-db-1-20231114")
    result = world.apply(run)
    assert statuses(result)[:2] == ["take done", "delete adopted"]
    assert result.is_complete


def test_a_run_without_its_take_deletes_nothing(world: Any, make_plan: Maker) -> None:
    plan = make_plan(copies=[AWAY], retention={"time_zone": "UTC", "keep_last": 1})
    world.days(plan, 1)
    run = world.prepare(plan)
    maimed = run.model_copy(update={"steps": tuple(s for s in run.steps if s.action == "delete")})
    assert set(statuses(world.apply(maimed))) == {"delete skipped"}
    assert len(world.names()) == 2


def test_a_run_that_somebody_has_edited_deletes_nothing_that_is_not_ours(
    world: Any, make_plan: Maker
) -> None:
    plan = make_plan(retention={"time_zone": "UTC", "keep_last": 1})
    world.days(plan, 1)
    text = world.prepare(plan).to_json()
    other = Run.from_json(text.replace('"name":"nightly"', '"name":"weekly"'))
    result = world.apply(other)
    assert {each.reason for each in result.results if each.status == "skipped"} == {
        "it is not in scope (owner weekly)"
    }
    assert len(world.names()) == 4


def test_the_order_of_steps_cannot_be_got_wrong(world: Any, make_plan: Maker) -> None:
    plan = make_plan(copies=[AWAY], retention={"time_zone": "UTC", "keep_last": 1})
    world.days(plan, 1)
    run = world.prepare(plan)
    told: list[StepResult] = []
    backwards = run.model_copy(update={"steps": run.steps[::-1]})
    result = world.apply(backwards, on_step=told.append)
    assert result.is_complete
    assert [each.step for each in result.results] == list(backwards.steps)
    actions = [each.step.action for each in told]
    assert actions == ["take", "copy"] * 2 + ["delete"] * 4


def test_hooks_run_once_for_each_snapshot_and_never_at_the_same_time(
    world: Any, make_plan: Maker, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    hooks = {
        "before": ["sh", "-c", f"echo pause >> {log}"],
        "after": ["sh", "-c", f"echo go on >> {log}"],
    }
    plan = make_plan(quiesce=hooks, select={"kind": "disk", "globs": ["*"]})
    run = world.prepare(plan)
    result = apply(run, world.client(), clients=world.client, concurrency=3)
    assert statuses(result) == ["take done"] * 3
    assert log.read_text(encoding="utf-8").split("\n") == ["pause", "go on"] * 3 + [""]
    assert statuses(world.apply(run)) == ["take adopted"] * 3
    assert log.read_text(encoding="utf-8").count("pause") == 3


def test_a_snapshot_is_not_taken_if_writes_cannot_be_paused(world: Any, make_plan: Maker) -> None:
    select = {"kind": "disk", "names": ["db-1"]}
    for quiesce in (
        {"before": ["false"], "after": ["true"]},
        {"mount_point": "/no/such/mount", "timeout": 1},
    ):
        result = world.apply(world.prepare(make_plan(select=select, quiesce=quiesce)))
        assert statuses(result) == ["take failed"]
        assert "QuiesceError" in str(result)
    assert world.names() == []


def test_sources_are_worked_on_at_the_same_time(world: Any, make_plan: Maker) -> None:
    plan = make_plan(copies=[AWAY], select={"kind": "disk", "globs": ["db-*"]})
    both = threading.Barrier(2, timeout=30)

    def plug(request: Request[Any], is_done: bool) -> None:  # noqa: FBT001 - the seam's shape
        if request.operation_name == "CreateDiskSnapshot" and not is_done:
            both.wait()

    world.plug = plug
    result = apply(world.prepare(plan), world.client(), clients=world.client, concurrency=2)
    assert result.is_complete


def test_an_interrupt_ends_it(
    world: Any, make_plan: Maker, plug_pulled: type[BaseException]
) -> None:
    world.plug = killed_at(8, after=False, error=plug_pulled)
    run = world.prepare(make_plan(select={"kind": "disk", "globs": ["*"]}))
    with pytest.raises(plug_pulled):
        apply(run, world.client(), concurrency=2)
    world.plug = lambda _request, _is_done: None
    assert world.apply(run).is_complete


def test_an_error_while_looking_is_told_as_a_failure_of_its_step(
    world: Any, make_plan: Maker
) -> None:
    run = world.prepare(make_plan(select={"kind": "disk", "names": ["db-1"]}))

    def plug(request: Request[Any], is_done: bool) -> None:  # noqa: FBT001 - the seam's shape
        if request.operation_name == "GetDiskSnapshot" and not is_done:
            raise OutcomeUnknownError("lost", request=request)

    world.plug = plug
    assert statuses(world.apply(run)) == ["take failed"]


def test_arguments_are_checked_before_anything_is_sent(world: Any, make_plan: Maker) -> None:
    run = world.prepare(make_plan(copies=[AWAY]))
    world.calls.clear()
    client = world.client()
    wrong: Any = "wrong"
    with pytest.raises(ConfigurationError, match="give clients="):
        apply(run, client)
    with pytest.raises(ConfigurationError, match="copies to us-west-2"):
        prepare(make_plan(copies=[AWAY]), client)
    with pytest.raises(RequestValidationError, match="must be a run"):
        apply(wrong, client)
    with pytest.raises(RequestValidationError, match="must be a LightsailSnapClient"):
        apply(run, wrong, clients=world.client)
    with pytest.raises(RequestValidationError, match="1 or more"):
        apply(run, client, clients=world.client, concurrency=0)
    with pytest.raises(RequestValidationError, match="callable"):
        apply(run, client, clients=world.client, on_step=wrong)
    with pytest.raises(RequestValidationError, match="give a BackupPlan"):
        read_inventory(wrong, client)
    with pytest.raises(RequestValidationError):
        read_inventory(BackupPlan.model_construct(name="x"), client)
    assert world.calls == []


def test_a_client_of_another_region_is_noticed(world: Any, make_plan: Maker) -> None:
    world.days(make_plan(copies=[AWAY]), 1)
    with pytest.raises(ConfigurationError, match="is in us-east-1"):
        prepare(make_plan(region="eu-west-1"), world.client())
    with pytest.raises(ConfigurationError, match="is in us-east-1"):
        prepare(make_plan(copies=[AWAY]), world.client(), clients=lambda _region: world.client())


def test_the_time_is_the_present_unless_given(world: Any, make_plan: Maker) -> None:
    first, second = prepare(make_plan(), world.client()), prepare(make_plan(), world.client())
    assert first.now <= second.now
    assert isinstance(first.steps[0], TakeStep)
