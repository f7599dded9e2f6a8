"""Apply: every step exactly once, in order, and never for the wrong snapshot."""

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
from tests.support import ScriptedTransport, not_sent

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
Hook = Callable[[Request[Any], bool], None]


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
def test_apply_daily_keeps_the_snapshots_of_its_retention(
    state: Any, make_plan: Maker, select: dict[str, Any], names: list[str]
) -> None:
    plan = make_plan(select=select, copies=[AWAY])
    state.run_days(plan, 4)
    days = ("20231116", "20231117")
    assert (
        state.names(HOME) == state.names(AWAY) == [f"nightly-{n}-{d}" for n in names for d in days]
    )
    for region in (HOME, AWAY):
        for snapshot in state.snapshots()[region]:
            assert snapshot["state"] == (
                "available" if select["kind"] == "instance" else "completed"
            )
            assert any(OWNERSHIP_TAG in tag for tag in snapshot["tags"])
            assert any(CLIENT_TOKEN_TAG in tag for tag in snapshot["tags"])


def test_prepare_with_many_pages_reads_all_of_them(state: Any, make_plan: Maker) -> None:
    for number in range(10):
        state.emulator.add_disk(f"many-{number}", region_name=HOME)
        state.emulator.add_instance(f"box-{number}", region_name=HOME)
    run = state.prepare(make_plan(select={"kind": "disk", "globs": ["many-*"]}))
    assert len(run.steps) == 10
    run = state.prepare(make_plan(select={"kind": "instance", "globs": ["box-*"]}))
    assert len(run.steps) == 10


def killed_at(number: int, *, after: bool, error: type[BaseException]) -> Hook:
    """Return a hook that ends the process at a call, before or after it."""
    count = 0

    def on_call(_request: Request[Any], is_done: bool) -> None:  # noqa: FBT001 - the hook's signature
        nonlocal count
        count += is_done == after
        if is_done == after and count == number:
            raise error

    return on_call


def filled(make_state: Callable[[], Any], plan: BackupPlan) -> Any:
    state = make_state()
    state.emulator.add_disk("db-1", region_name=HOME)
    state.run_days(plan, 1)
    state.calls.clear()
    return state


@pytest.mark.thorough
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("is_new_run", [False, True], ids=["same-run", "new-run"])
def test_apply_after_a_kill_at_any_call_ends_in_the_same_state(
    make_state: Callable[[], Any],
    make_plan: Maker,
    process_killed: type[BaseException],
    *,
    after: bool,
    is_new_run: bool,
) -> None:
    plan = make_plan(copies=[AWAY], retention={"time_zone": "UTC", "keep_last": 1})
    undisturbed = filled(make_state, plan)
    assert undisturbed.apply(undisturbed.prepare(plan)).is_complete
    expected = undisturbed.snapshots()
    assert [len(found) for found in expected.values()] == [1, 1]
    total = len(undisturbed.calls)
    kills = 0
    for number in range(1, total + 1):
        state = filled(make_state, plan)
        run = state.prepare(plan)
        state.on_call = killed_at(number, after=after, error=process_killed)
        try:
            state.apply(run)
        except process_killed:
            kills += 1
        else:
            break
        state.on_call = lambda _request, _is_done: None
        state.clock.sleep(60)
        result = state.apply(Run.from_json((state.prepare(plan) if is_new_run else run).to_json()))
        assert result.is_complete, f"{number}: {result}"
        assert state.snapshots() == expected, number
    # The calls include the three of prepare.
    assert kills == total - 3


@settings(
    max_examples=max(2, settings.default.max_examples // 8 if settings.default else 0),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
    deadline=None,
)
@given(data=st.data())
def test_apply_after_repeated_kills_completes_the_run(
    make_state: Callable[[], Any],
    make_plan: Maker,
    process_killed: type[BaseException],
    data: st.DataObject,
) -> None:
    plan = make_plan(copies=[AWAY], retention={"time_zone": "UTC", "keep_last": 1})
    state = filled(make_state, plan)
    run = state.prepare(plan)
    for _ in range(data.draw(st.integers(1, 6))):
        after = data.draw(st.booleans())
        state.on_call = killed_at(data.draw(st.integers(1, 25)), after=after, error=process_killed)
        try:
            state.apply(run)
        except process_killed:
            state.clock.sleep(1)
    state.on_call = lambda _request, _is_done: None
    assert state.apply(run).is_complete
    assert [len(found) for found in state.snapshots().values()] == [1, 1]
    again = state.apply(run)
    assert {each.status for each in again.results} == {"adopted"}


def test_apply_deletes_only_after_new_snapshots_are_usable(state: Any, make_plan: Maker) -> None:
    plan = make_plan(copies=[AWAY], retention={"time_zone": "UTC", "keep_last": 1})
    state.run_days(plan, 1)
    seen: list[StepResult] = []

    def on_step(result: StepResult) -> None:
        if result.step.action == "delete":
            boto = state.emulator.boto3_client(result.step.region)
            for created in seen:
                if created.step.source == result.step.source:
                    response = state.emulator.boto3_client(created.step.region).get_disk_snapshot(
                        diskSnapshotName=created.step.name
                    )
                    assert response["diskSnapshot"]["state"] == "completed"
            assert boto is not None
        else:
            seen.append(result)

    result = state.apply(state.prepare(plan), on_step=on_step)
    assert statuses(result).count("delete done") == 4


def test_apply_with_a_failed_source_reports_it_and_keeps_its_old_snapshots(
    state: Any, make_plan: Maker
) -> None:
    plan = make_plan(copies=[AWAY], retention={"time_zone": "UTC", "keep_last": 1})
    state.run_days(plan, 1)
    run = state.prepare(plan)
    state.emulator.progression = Progression.instant().with_failed_snapshot("nightly-db-1-20231115")
    result = state.apply(run)
    assert statuses(result) == [
        "take failed", "copy skipped", "delete skipped", "delete skipped",
        "take done", "copy done", "delete done", "delete done",
    ]  # fmt: skip
    assert not result.is_complete
    assert isinstance(next(iter(result.failures.values())), WaitFailedError)
    assert "nightly-db-1-20231114" in state.names()
    assert len(result.snapshots) == 2
    with pytest.raises(PartialFailureError, match="1 of 8 steps of nightly failed") as caught:
        result.raise_for_failures()
    assert caught.value.successes.keys() == result.snapshots.keys()
    assert json.loads(json.dumps(result.to_dict()))["is_complete"] is False
    assert [each["status"] for each in result.to_dict()["steps"]][:2] == ["failed", "skipped"]
    assert "failed   take" in str(result)
    assert "<td>failed</td>" in result._repr_html_()
    again: RunResult = pickle.loads(pickle.dumps(result))  # noqa: S301 - pickled above
    assert again.to_dict() == result.to_dict()


def test_apply_with_a_failed_copy_keeps_old_snapshots_everywhere(
    state: Any, make_plan: Maker
) -> None:
    plan = make_plan(copies=[AWAY], retention={"time_zone": "UTC", "keep_last": 1})
    state.run_days(plan, 1)
    run = state.prepare(plan)
    state.emulator.progression = Progression.instant().with_failed_operation("CopySnapshot")
    assert statuses(state.apply(run))[:4] == [
        "take done",
        "copy failed",
        "delete skipped",
        "delete skipped",
    ]
    assert len(state.names(HOME)) == 4


def test_apply_with_an_unreachable_copy_region_still_takes_snapshots(
    state: Any, make_plan: Maker
) -> None:
    plan = make_plan(copies=[AWAY, "eu-west-1"], retention={"time_zone": "UTC", "keep_last": 1})
    state.run_days(plan, 1)

    away = LightsailSnapClient(transport=ScriptedTransport(not_sent), clock=state.clock)

    def clients(region: str) -> LightsailSnapClient:
        found: LightsailSnapClient = away if region == AWAY else state.client(region)
        return found

    run = prepare(plan, state.client(), clients=clients, now=state.now)
    note = f"the snapshots in {AWAY} could not be listed; nothing is deleted there: RequestNot"
    assert [each.startswith(note) for each in run.notes] == [True]
    assert [(each.action, each.region) for each in run.steps if each.source == "db-1"] == [
        ("take", HOME),
        ("copy", AWAY),
        ("copy", "eu-west-1"),
        ("delete", HOME),
        ("delete", "eu-west-1"),
    ]
    result = apply(run, state.client(), clients=clients)
    assert statuses(result)[:5] == [
        "take done", "copy failed", "copy done", "delete skipped", "delete skipped",
    ]  # fmt: skip
    # When the Region is reachable again, the same slot completes everything.
    again = state.prepare(plan)
    assert again.notes == ()
    assert state.apply(again).is_complete
    assert len(state.names(HOME)) == len(state.names(AWAY)) == 2
    # If it is reachable again before apply, all steps are done, but deletions are missing.
    state.run_days(plan, 1)
    half = prepare(plan, state.client(), clients=clients, now=state.now)
    assert Run.from_json(half.to_json()) == half
    done = state.apply(half)
    assert {each.status for each in done.results} == {"done"}
    assert not done.is_complete
    done.raise_for_failures()
    assert len(state.names(AWAY)) == 4
    assert state.apply(state.prepare(plan)).is_complete
    assert len(state.names(AWAY)) == 2
    # The plan's own Region must be reachable.
    with pytest.raises(RequestNotSentError):
        prepare(plan, away, clients=state.client, now=state.now)
    unpruned = prepare(
        make_plan(copies=[AWAY], retention=None), state.client(), clients=clients, now=state.now
    )
    assert "could not be listed: RequestNotSentError" in unpruned.notes[0]


def replace_snapshot(state: Any, name: str, tags: dict[str, str | None] | None = None) -> None:
    client = state.another_client()
    client.delete_disk_snapshot(name)
    client.take_disk_snapshot(name, DiskSource(disk_name="db-1"), tags=tags or {})


def test_apply_keeps_a_later_snapshot_with_an_approved_name(
    state: Any, make_plan: Maker, caplog: pytest.LogCaptureFixture
) -> None:
    plan = make_plan(retention={"time_zone": "UTC", "keep_last": 1})
    state.run_days(plan, 1)
    run = state.prepare(plan)
    replace_snapshot(state, "nightly-db-1-20231114", {OWNERSHIP_TAG: "nightly"})
    with caplog.at_level(logging.WARNING, logger="lightsail_snap.plans"):
        result = state.apply(run)
    assert statuses(result)[:2] == ["take done", "delete skipped"]
    assert "another snapshot has this name now" in caplog.text
    assert "nightly-db-1-20231114" in state.names()
    assert "nightly-db-2-20231114" not in state.names()
    result.raise_for_failures()


def test_apply_keeps_a_snapshot_whose_tags_changed(state: Any, make_plan: Maker) -> None:
    plan = make_plan(retention={"time_zone": "UTC", "keep_last": 1})
    state.run_days(plan, 1)
    run = state.prepare(plan)
    state.client().tag_resource("nightly-db-1-20231114", {"keep": None})
    state.client().untag_resource("nightly-db-2-20231114", [OWNERSHIP_TAG])
    result = state.apply(run)
    assert [each.reason for each in result.results if each.status == "skipped"] == [
        "its tags have changed"
    ] * 2


def test_apply_keeps_snapshots_of_other_clients_and_plans(state: Any, make_plan: Maker) -> None:
    client = state.another_client()
    client.take_disk_snapshot("mine", DiskSource(disk_name="db-1"))
    client.take_disk_snapshot("marked", DiskSource(disk_name="db-1"), tags={OWNERSHIP_TAG: None})
    weekly = make_plan(name="weekly")
    state.run_days(weekly, 1)
    state.run_days(make_plan(retention={"time_zone": "UTC", "keep_last": 1}), 3)
    assert state.names() == [
        "marked", "mine",
        "nightly-db-1-20231117", "nightly-db-2-20231117",
        "weekly-db-1-20231114", "weekly-db-2-20231114",
    ]  # fmt: skip


def test_apply_distinguishes_plans_whose_names_share_a_prefix(state: Any, make_plan: Maker) -> None:
    for name in ("11", "db-11"):
        state.emulator.add_disk(name, region_name=HOME)
    keep = {"time_zone": "UTC", "keep_last": 1}
    one = {"kind": "disk", "names": ["db-11"]}
    short = make_plan(name="nightly", select=one, retention=keep)
    longer = make_plan(name="nightly-db", select=one, retention=keep)
    other = make_plan(name="nightly-db", select={"kind": "disk", "names": ["11"]}, retention=keep)
    for plan in (longer, short, longer):
        state.run_days(plan, 2)
    assert state.names() == ["nightly-db-11-20231117", "nightly-db-db-11-20231119"]
    # Equal names are a conflict, and the snapshot of the other plan is not changed.
    assert state.apply(state.prepare(short)).is_complete
    before = state.snapshots()
    result = state.apply(state.prepare(other))
    assert statuses(result) == ["take failed"]
    assert isinstance(result.results[0].error, SnapshotConflictError)
    assert state.snapshots() == before


def test_apply_of_a_run_made_in_the_future_deletes_nothing(state: Any, make_plan: Maker) -> None:
    plan = make_plan(retention={"time_zone": "UTC", "keep_within": "2d"})
    state.run_days(plan, 2)
    run = prepare(plan, state.client(), now=state.now + timedelta(days=3650))
    assert [step.action for step in run.steps].count("delete") == 4
    result = state.apply(run)
    assert statuses(result).count("delete skipped") == 4
    assert "check the clock of the machine that made it" in str(result)


def test_apply_with_a_new_snapshot_without_a_date_deletes_nothing(
    state: Any, make_plan: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = make_plan(retention={"time_zone": "UTC", "keep_last": 1})
    state.run_days(plan, 1)
    run, take = state.prepare(plan), LightsailSnapClient.take_disk_snapshot

    def without_date(*args: Any, **kwargs: Any) -> Any:
        return take(*args, **kwargs).model_copy(update={"created_at": None})

    monkeypatch.setattr(LightsailSnapClient, "take_disk_snapshot", without_date)
    result = state.apply(run)
    assert statuses(result) == ["take done", "delete skipped"] * 2
    assert "the response has no creation time of the new snapshot" in str(result)


def test_take_with_a_name_of_another_client_raises_a_conflict(state: Any, make_plan: Maker) -> None:
    client = state.another_client()
    plan = make_plan()
    client.take_disk_snapshot("nightly-db-1-20231114", DiskSource(disk_name="db-1"))
    result = state.apply(state.prepare(plan))
    assert statuses(result) == ["take failed", "take done"]
    assert isinstance(next(iter(result.failures.values())), SnapshotConflictError)


def copy_by_hand(state: Any, origin: str, name: str) -> LightsailSnapClient:
    client: LightsailSnapClient = state.another_client(AWAY)
    client.copy(name, ManualSnapshotSource(snapshot_name=origin), source_region=HOME)
    return client


def test_copy_with_a_name_of_another_copy_raises_a_conflict(state: Any, make_plan: Maker) -> None:
    plan = make_plan(copies=[AWAY])
    home = state.another_client()
    home.take_disk_snapshot("by-hand", DiskSource(disk_name="db-1"))
    client = copy_by_hand(state, "by-hand", "nightly-db-1-20231114")
    result = state.apply(state.prepare(plan))
    assert statuses(result) == ["take done", "copy failed", "take done", "copy done"]
    found = client.get_disk_snapshot("nightly-db-1-20231114").disk_snapshot
    assert found.tags == ()


def test_copy_replaced_by_another_client_is_not_adopted(state: Any, make_plan: Maker) -> None:
    """The operation of the first copy still exists, but another copy has the name."""
    plan = make_plan(copies=[AWAY], select={"kind": "disk", "names": ["db-1"]})
    run = state.prepare(plan)
    state.apply(state.prepare(make_plan(select={"kind": "disk", "names": ["db-1"]})))
    home = state.another_client()
    home.take_disk_snapshot("by-hand", DiskSource(disk_name="db-1"))
    name = run.steps[0].name
    copy_by_hand(state, name, name).delete_disk_snapshot(name)
    state.clock.sleep(60)
    copy_by_hand(state, "by-hand", name)
    assert statuses(state.apply(run)) == ["take adopted", "copy failed"]


def test_copy_with_the_token_is_adopted_without_listing_operations(
    state: Any, make_plan: Maker
) -> None:
    run = state.prepare(make_plan(copies=[AWAY]))
    assert state.apply(run).is_complete
    state.calls.clear()
    assert {each.status for each in state.apply(run).results} == {"adopted"}
    assert {operation for _, operation in state.calls} == {"GetDiskSnapshot"}


def test_copy_is_recognised_by_the_list_of_all_operations(state: Any, make_plan: Maker) -> None:
    plan = make_plan(copies=[AWAY], select={"kind": "disk", "names": ["db-1"]})
    run = state.prepare(plan)
    name = run.steps[0].name
    state.apply(state.prepare(make_plan(select={"kind": "disk", "names": ["db-1"]})))
    copy_by_hand(state, name, name)
    state.emulator.inject(
        Fault(kind=FaultKind.SERVER_ERROR, operation="GetOperationsForResource", times=None)
    )
    assert statuses(state.apply(run)) == ["take adopted", "copy adopted"]


@pytest.mark.parametrize(("origin", "status"), [(None, "adopted"), ("by-hand", "failed")])
def test_copy_that_appears_after_the_lookup_is_checked_before_adoption(
    state: Any, make_plan: Maker, origin: str | None, status: str
) -> None:
    """The request of an interrupted attempt may be carried out late."""
    run = state.prepare(make_plan(copies=[AWAY], select={"kind": "disk", "names": ["db-1"]}))
    home = state.another_client()
    home.take_disk_snapshot("by-hand", DiskSource(disk_name="db-1"))
    name = run.steps[0].name

    def late(request: Request[Any], is_done: bool) -> None:  # noqa: FBT001 - the hook's signature
        if request.operation_name == "CopySnapshot" and not is_done:
            copy_by_hand(state, origin or name, name)

    state.on_call = late
    assert statuses(state.apply(run)) == ["take done", f"copy {status}"]
    (copy,) = state.snapshots()[AWAY]
    assert bool(copy["tags"]) == (status == "adopted")


def test_copy_replaced_during_the_wait_raises_a_conflict(
    state: Any, make_plan: Maker, process_killed: type[BaseException]
) -> None:
    plan = make_plan(copies=[AWAY], select={"kind": "disk", "names": ["db-1"]})
    run = state.prepare(plan)

    def at_tagging(request: Request[Any], is_done: bool) -> None:  # noqa: FBT001 - the hook's signature
        if request.operation_name == "TagResource" and not is_done:
            raise process_killed

    state.on_call = at_tagging
    with pytest.raises(process_killed):
        state.apply(run)
    name = run.steps[1].name
    replaced: list[bool] = []

    def replace(request: Request[Any], is_done: bool) -> None:  # noqa: FBT001 - the hook's signature
        if request.operation_name == "GetOperationsForResource" and is_done and not replaced:
            replaced.append(True)
            away = state.emulator.boto3_client(AWAY)
            away.delete_disk_snapshot(diskSnapshotName=name)
            copy_by_hand(state, name, name)

    state.on_call = replace
    result = state.apply(run)
    assert statuses(result) == ["take adopted", "copy failed"]
    assert "in place of the copy" in str(result)


def test_take_replaced_during_the_wait_raises_a_conflict(state: Any, make_plan: Maker) -> None:
    plan = make_plan(select={"kind": "disk", "names": ["db-1"]})
    run = state.prepare(plan)
    state.apply(run)
    replaced: list[bool] = []

    def replace(request: Request[Any], is_done: bool) -> None:  # noqa: FBT001 - the hook's signature
        if request.operation_name == "GetDiskSnapshot" and is_done and not replaced:
            replaced.append(True)
            replace_snapshot(state, run.steps[0].name)

    state.on_call = replace
    result = state.apply(run)
    assert isinstance(next(iter(result.failures.values())), SnapshotConflictError)


ErrorFactory = Callable[[Request[Any]], BaseException]


def service_error(kind: Any, code: str, **facts: Any) -> ErrorFactory:
    return lambda request: kind("no", code=code, operation_name=request.operation_name, **facts)


@pytest.mark.parametrize(
    ("is_carried_out", "make_error", "status"),
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
def test_delete_with_a_lost_response_checks_the_snapshot(  # noqa: PLR0913 - fixtures and parameters
    state: Any,
    make_plan: Maker,
    make_error: ErrorFactory,
    status: str,
    kind: str,
    *,
    is_carried_out: bool,
) -> None:
    select = {"kind": kind, "names": ["db-1" if kind == "disk" else "web-1"]}
    plan = make_plan(select=select, retention={"time_zone": "UTC", "keep_last": 1})
    state.run_days(plan, 1)
    run = state.prepare(plan)

    def on_call(request: Request[Any], is_done: bool) -> None:  # noqa: FBT001 - the hook's signature
        if request.operation_name.startswith("Delete") and is_done == is_carried_out:
            raise make_error(request)

    state.on_call = on_call
    assert statuses(state.apply(run)) == ["take done", f"delete {status}"]


def test_delete_of_a_snapshot_that_is_gone_is_adopted(state: Any, make_plan: Maker) -> None:
    plan = make_plan(retention={"time_zone": "UTC", "keep_last": 1})
    state.run_days(plan, 1)
    run = state.prepare(plan)
    state.client().delete_disk_snapshot("nightly-db-1-20231114")
    result = state.apply(run)
    assert statuses(result)[:2] == ["take done", "delete adopted"]
    assert result.is_complete


def test_apply_of_a_run_without_its_take_step_deletes_nothing(state: Any, make_plan: Maker) -> None:
    plan = make_plan(copies=[AWAY], retention={"time_zone": "UTC", "keep_last": 1})
    state.run_days(plan, 1)
    run = state.prepare(plan)
    edited = run.model_copy(update={"steps": tuple(s for s in run.steps if s.action == "delete")})
    assert set(statuses(state.apply(edited))) == {"delete skipped"}
    assert len(state.names()) == 2


def test_apply_of_an_edited_run_keeps_snapshots_of_other_clients(
    state: Any, make_plan: Maker
) -> None:
    plan = make_plan(retention={"time_zone": "UTC", "keep_last": 1})
    state.run_days(plan, 1)
    text = state.prepare(plan).to_json()
    other = Run.from_json(text.replace('"name":"nightly"', '"name":"weekly"'))
    result = state.apply(other)
    assert {each.reason for each in result.results if each.status == "skipped"} == {
        "it is not in scope (owner weekly)"
    }
    assert len(state.names()) == 4


def test_apply_of_reordered_steps_takes_before_it_copies(state: Any, make_plan: Maker) -> None:
    plan = make_plan(copies=[AWAY], retention={"time_zone": "UTC", "keep_last": 1})
    state.run_days(plan, 1)
    run = state.prepare(plan)
    reported: list[StepResult] = []
    backwards = run.model_copy(update={"steps": run.steps[::-1]})
    result = state.apply(backwards, on_step=reported.append)
    assert result.is_complete
    assert [each.step for each in result.results] == list(backwards.steps)
    actions = [each.step.action for each in reported]
    assert actions == ["take", "copy"] * 2 + ["delete"] * 4


def test_quiesce_commands_run_once_per_snapshot_one_at_a_time(
    state: Any, make_plan: Maker, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    hooks = {
        "before": ["sh", "-c", f"echo pause >> {log}"],
        "after": ["sh", "-c", f"echo resume >> {log}"],
    }
    plan = make_plan(quiesce=hooks, select={"kind": "disk", "globs": ["*"]})
    run = state.prepare(plan)
    result = apply(run, state.client(), clients=state.client, concurrency=3)
    assert statuses(result) == ["take done"] * 3
    assert log.read_text(encoding="utf-8").split("\n") == ["pause", "resume"] * 3 + [""]
    assert statuses(state.apply(run)) == ["take adopted"] * 3
    assert log.read_text(encoding="utf-8").count("pause") == 3


def test_take_without_a_successful_pause_fails(state: Any, make_plan: Maker) -> None:
    select = {"kind": "disk", "names": ["db-1"]}
    for quiesce in (
        {"before": ["false"], "after": ["true"]},
        {"mount_point": "/no/such/mount", "timeout": 1},
    ):
        result = state.apply(state.prepare(make_plan(select=select, quiesce=quiesce)))
        assert statuses(result) == ["take failed"]
        assert "QuiesceError" in str(result)
    assert state.names() == []


def test_apply_with_concurrency_takes_snapshots_at_the_same_time(
    state: Any, make_plan: Maker
) -> None:
    plan = make_plan(copies=[AWAY], select={"kind": "disk", "globs": ["db-*"]})
    both = threading.Barrier(2, timeout=30)

    def on_call(request: Request[Any], is_done: bool) -> None:  # noqa: FBT001 - the hook's signature
        if request.operation_name == "CreateDiskSnapshot" and not is_done:
            both.wait()

    state.on_call = on_call
    result = apply(state.prepare(plan), state.client(), clients=state.client, concurrency=2)
    assert result.is_complete


def test_apply_after_an_interrupt_stops_and_can_be_resumed(
    state: Any, make_plan: Maker, process_killed: type[BaseException]
) -> None:
    state.on_call = killed_at(8, after=False, error=process_killed)
    run = state.prepare(make_plan(select={"kind": "disk", "globs": ["*"]}))
    with pytest.raises(process_killed):
        apply(run, state.client(), concurrency=2)
    state.on_call = lambda _request, _is_done: None
    assert state.apply(run).is_complete


def test_take_with_a_failed_lookup_fails(state: Any, make_plan: Maker) -> None:
    run = state.prepare(make_plan(select={"kind": "disk", "names": ["db-1"]}))

    def on_call(request: Request[Any], is_done: bool) -> None:  # noqa: FBT001 - the hook's signature
        if request.operation_name == "GetDiskSnapshot" and not is_done:
            raise OutcomeUnknownError("lost", request=request)

    state.on_call = on_call
    assert statuses(state.apply(run)) == ["take failed"]


def test_apply_with_invalid_arguments_sends_nothing(state: Any, make_plan: Maker) -> None:
    run = state.prepare(make_plan(copies=[AWAY]))
    state.calls.clear()
    client = state.client()
    wrong: Any = "wrong"
    with pytest.raises(ConfigurationError, match="pass clients="):
        apply(run, client)
    with pytest.raises(
        ConfigurationError, match="several Regions, us-east-1, us-west-2: pass clients="
    ):
        prepare(make_plan(copies=[AWAY]), client)
    with pytest.raises(RequestValidationError, match="must be a run"):
        apply(wrong, client)
    with pytest.raises(RequestValidationError, match="must be a LightsailSnapClient"):
        apply(run, wrong, clients=state.client)
    with pytest.raises(RequestValidationError, match="1 or more"):
        apply(run, client, clients=state.client, concurrency=0)
    with pytest.raises(RequestValidationError, match="callable"):
        apply(run, client, clients=state.client, on_step=wrong)
    with pytest.raises(RequestValidationError, match="pass a BackupPlan"):
        read_inventory(wrong, client)
    with pytest.raises(RequestValidationError):
        read_inventory(BackupPlan.model_construct(name="x"), client)
    assert state.calls == []


def test_prepare_with_a_client_of_another_region_raises_an_error(
    state: Any, make_plan: Maker
) -> None:
    state.run_days(make_plan(copies=[AWAY]), 1)
    with pytest.raises(ConfigurationError, match="is in us-east-1"):
        prepare(make_plan(region="eu-west-1"), state.client())
    with pytest.raises(ConfigurationError, match="is in us-east-1"):
        prepare(make_plan(copies=[AWAY]), state.client(), clients=lambda _region: state.client())


def test_prepare_without_a_time_uses_the_present(state: Any, make_plan: Maker) -> None:
    first, second = prepare(make_plan(), state.client()), prepare(make_plan(), state.client())
    assert first.now <= second.now
    assert isinstance(first.steps[0], TakeStep)
