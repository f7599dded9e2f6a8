"""Bulk deletion: every invariant as examples and as a property."""

from __future__ import annotations

import ast
import json
import logging
import pickle
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.support import ForwardingTransport, SkewedClock

import lightsail_snap
from lightsail_snap import (
    ConfigurationError,
    DiskSnapshot,
    DiskSource,
    LightsailSnapClient,
    OutcomeUnknownError,
    Request,
    RequestNotSentError,
    RequestValidationError,
    Response,
    RetentionPolicy,
    Scope,
    VirtualClock,
    plan_retention,
)
from lightsail_snap._boto.transport import BotoTransport
from lightsail_snap.emulator import LightsailEmulator, Progression
from lightsail_snap.plans import BackupPlan, PruneResult, apply, plan_prune, prepare, prune
from lightsail_snap.plans import _deletion as deletion
from lightsail_snap.plans._inventory import run_workflow
from lightsail_snap.retention import OWNERSHIP_TAG, _evaluate, _source_key

HOME, DAY = "us-east-1", 86_400
Hook = Callable[[Request[Any], bool], None]


def do_nothing(_request: Request[Any], _is_done: bool) -> None:  # noqa: FBT001 - the hook's signature
    """Do nothing."""


class State:
    """An emulated Lightsail, a client with a hook for its calls, and another client."""

    def __init__(self, page_size: int = 100) -> None:
        self.clock = VirtualClock()
        self.emulator = LightsailEmulator(
            clock=self.clock, progression=Progression.instant(), page_size=page_size
        )
        for name in ("db", "other"):
            self.emulator.add_disk(name, region_name=HOME)
        self.emulator.add_instance("web", region_name=HOME)
        self.calls: list[str] = []
        self.on_call: Hook = do_nothing
        self.date: Callable[[datetime | None], datetime | None] = lambda date: date
        self.host_clock = SkewedClock(self.clock)
        transport = ForwardingTransport(
            BotoTransport(self.emulator.boto3_client(HOME)),
            before=self._before,
            after=lambda request: self.on_call(request, True),  # noqa: FBT003 - done
            change=self._change_date,
        )
        self.client = LightsailSnapClient(transport=transport, clock=self.host_clock)
        self.another = LightsailSnapClient(self.emulator.boto3_client(HOME), clock=self.clock)

    def _before(self, request: Request[Any]) -> None:
        self.calls.append(request.operation_name)
        self.on_call(request, False)  # noqa: FBT003 - not done

    def _change_date(self, response: Response) -> Response:
        date = self.date(response.metadata.date)
        return replace(response, metadata=replace(response.metadata, date=date))

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(self.clock.time(), UTC)

    def take(self, *names: str, disk: str = "db", owner: str | None = "nightly") -> None:
        for name in names:
            self.another.take_disk_snapshot(
                name, DiskSource(disk_name=disk), tags={OWNERSHIP_TAG: owner}
            )
            self.clock.sleep(DAY)

    @property
    def names(self) -> list[str]:
        return sorted(each.name for each in self.another.iter_disk_snapshots())

    def plan(self, keep_last: int = 2, **scope: Any) -> Any:
        policy = RetentionPolicy(time_zone="UTC", keep_last=keep_last)
        return plan_prune(policy, self.client, scope=Scope(**(scope or {"owner": "nightly"})))


@pytest.fixture
def state() -> Iterator[State]:
    made = State()
    made.take("s0", "s1", "s2", "s3", "s4")
    yield made
    made.emulator.close()


def outcomes(result: PruneResult) -> dict[str, str]:
    return {each.snapshot.name: each.record.outcome for each in result.results if each.record}


def plan_of(*, rules: dict[str, Any], source: str = "db", **fields: Any) -> BackupPlan:
    select = {"kind": "disk", "names": [source]}
    retention = {"time_zone": "UTC", **rules}
    return BackupPlan(
        name="nightly", region=HOME, slot="day", select=select, retention=retention, **fields
    )


def before_call(number: int, action: Callable[[], object]) -> Hook:
    """Let another client act before the call of this number, counted from 1."""
    count = 0

    def on_call(_request: Request[Any], is_done: bool) -> None:  # noqa: FBT001 - the hook's signature
        nonlocal count
        count += not is_done
        if not is_done and count == number:
            action()

    return on_call


# Concurrent deletions and wrong clocks.


def test_prune_after_another_client_deleted_the_kept_ones_keeps_two(state: State) -> None:
    planned = state.plan(keep_last=2)
    for name in ("s4", "s3"):
        state.another.delete_disk_snapshot(name)
    result = prune(planned, state.client)
    assert state.names == ["s1", "s2"]
    assert outcomes(result) == {"s0": "deleted", "s1": "kept", "s2": "kept"}
    assert "it is kept now: newest: of its source; last: 1 of 2" in str(result)


def test_apply_after_another_client_deleted_the_kept_ones_keeps_two(state: State) -> None:
    plan = plan_of(rules={"keep_last": 2})
    run = prepare(plan, state.client)
    state.another.delete_disk_snapshot("s4")
    result = apply(run, state.client)
    assert [each.status for each in result.results] == ["done", "done", "done", "done", "skipped"]
    assert state.names == ["nightly-db-20231119", "s3"]


@pytest.mark.parametrize("ahead", [20, 1])
def test_apply_of_a_run_ahead_of_the_service_clock_deletes_nothing(
    state: State, ahead: int
) -> None:
    plan = plan_of(rules={"keep_within": "36h"})
    before = state.names
    result = apply(
        prepare(plan, state.client, now=state.now + timedelta(hours=ahead)), state.client
    )
    assert set(before) < set(state.names)
    assert f"the run was made for a time {ahead}:00:00 ahead of the service's clock" in str(result)
    assert {each.deletion.outcome for each in result.results if each.deletion} == {
        "untrusted_clock"
    }


def test_prune_without_an_owner_keeps_snapshots_of_plans(state: State) -> None:
    state.take("mine-1", "mine-2", owner=None)
    policy = RetentionPolicy(time_zone="UTC", keep_last=1)
    with pytest.raises(RequestValidationError, match="must specify which snapshots may be deleted"):
        prune(policy, state.client)
    for scope in (Scope(sources=["db"]), Scope(names=["*"]), Scope(owner="weekly")):
        prune(policy, state.client, scope=scope)
    assert state.names == ["mine-2", "s0", "s1", "s2", "s3", "s4"]
    prune(policy, state.client, scope=Scope(owner="nightly"))
    assert state.names == ["mine-2", "s4"]


# Fresh evidence.


def test_prune_takes_three_calls_per_deletion_and_one_listing_per_50(state: State) -> None:
    state.take(*(f"t{number}" for number in range(60)))
    planned = state.plan(keep_last=1)
    state.calls.clear()
    result = prune(planned, state.client)
    assert len(result.results) == 64
    assert result.is_complete
    pages = [name for name in state.calls if name == "GetDiskSnapshots"]
    assert len(pages) == 2
    assert len(state.calls) == 3 * 64 + 2
    assert state.calls[1:4] == ["GetDiskSnapshot", "GetDiskSnapshot", "DeleteDiskSnapshot"]


def test_prune_with_old_evidence_lists_again(state: State) -> None:
    planned = state.plan(keep_last=1)
    state.calls.clear()
    state.on_call = before_call(2, lambda: state.clock.sleep(61))
    assert prune(planned, state.client).is_complete
    assert [name[:6] for name in state.calls[:7]] == [
        "GetDis", "GetDis", "GetDis", "GetDis", "GetDis", "GetDis", "Delete",
    ]  # fmt: skip
    assert state.calls.count("GetDiskSnapshots") == 2


def test_prune_with_evidence_that_is_always_old_deletes_nothing(state: State) -> None:
    planned = state.plan(keep_last=1)

    def slow(_request: Request[Any], is_done: bool) -> None:  # noqa: FBT001 - the hook's signature
        if is_done:
            state.clock.sleep(40)

    state.on_call = slow
    result = prune(planned, state.client)
    assert set(outcomes(result).values()) == {"stale_evidence"}
    assert "its evidence became older than 60 s" in str(result)
    assert len(state.names) == 5


def test_prune_with_a_deleted_keeper_evaluates_the_policy_again(state: State) -> None:
    planned = state.plan(keep_last=1)
    # Calls: listing, snapshot, keeper. The keeper is deleted before its Get.
    state.on_call = before_call(3, lambda: state.another.delete_disk_snapshot("s4"))
    result = prune(planned, state.client)
    assert state.names == ["s3"]
    assert outcomes(result) == {"s0": "deleted", "s1": "deleted", "s2": "deleted", "s3": "kept"}
    assert result.results[0].record is not None
    assert result.results[0].record.keeper == "s3"


def test_prune_of_a_snapshot_deleted_after_the_listing_is_adopted(state: State) -> None:
    planned = state.plan()
    # Calls: listing, snapshot. The snapshot is deleted before its Get.
    state.on_call = before_call(2, lambda: state.another.delete_disk_snapshot("s0"))
    result = prune(planned, state.client)
    assert outcomes(result) == {"s0": "gone", "s1": "deleted", "s2": "deleted"}


def test_prune_checks_each_keeper_in_turn(state: State) -> None:
    result = prune(state.plan(keep_last=2), state.client)
    assert [each.record.keeper for each in result.results if each.record] == ["s4", "s3", "s4"]


@pytest.mark.parametrize(
    "change",
    [
        lambda state: state.another.tag_resource("s0", {"golden": None}),
        lambda state: state.another.untag_resource("s0", [OWNERSHIP_TAG]),
    ],
)
@pytest.mark.parametrize("number", [1, 2])
def test_prune_keeps_a_snapshot_whose_tags_change(
    state: State, number: int, change: Callable[[State], object]
) -> None:
    planned = state.plan()
    state.on_call = before_call(number, lambda: change(state))
    result = prune(planned, state.client)
    assert outcomes(result) == {"s0": "changed", "s1": "deleted", "s2": "deleted"}
    assert "s0" in state.names


def test_prune_keeps_a_snapshot_that_the_listing_lacks(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned, items_of = state.plan(), deletion._items_of

    def without(page: Any) -> Any:
        return tuple(each for each in items_of(page) if each.name != "s0")

    monkeypatch.setattr(deletion, "_items_of", without)
    result = prune(planned, state.client)
    assert outcomes(result) == {"s0": "stale_evidence", "s1": "deleted", "s2": "deleted"}
    assert "it exists, but the listing does not include it" in str(result)


@pytest.mark.parametrize("lack", ["missing", "pending"])
def test_apply_with_a_listing_without_the_new_snapshot_deletes_nothing(
    state: State, monkeypatch: pytest.MonkeyPatch, lack: str
) -> None:
    plan = plan_of(rules={"keep_last": 1})
    run, items_of = prepare(plan, state.client), deletion._items_of

    def stale(page: Any) -> Any:
        return tuple(
            each.model_copy(update={"state": "pending"}) if lack == "pending" else each
            for each in items_of(page)
            if each.name != run.steps[0].name or lack == "pending"
        )

    monkeypatch.setattr(deletion, "_items_of", stale)
    result = apply(run, state.client)
    assert "the listing" in str(result)
    assert len(state.names) == 6
    assert {each.deletion.outcome for each in result.results if each.deletion} == {"stale_evidence"}


# The floor.


def test_prune_with_minimum_remaining_keeps_more_than_the_policy(state: State) -> None:
    policy = RetentionPolicy(time_zone="UTC", keep_last=1)
    scope = Scope(owner="nightly")
    planned = plan_prune(policy, state.client, scope=scope, minimum_remaining=4)
    assert planned.delete == (planned.decisions[-1].snapshot,)
    assert planned.decisions[3].reasons == ("minimum_remaining: 4",)
    stricter = prune(state.plan(keep_last=1), state.client, minimum_remaining=4)
    assert outcomes(stricter) == {"s0": "deleted", "s1": "kept", "s2": "kept", "s3": "kept"}
    assert state.names == ["s1", "s2", "s3", "s4"]


def test_prepare_with_minimum_remaining_plans_fewer_deletions(state: State) -> None:
    plan = plan_of(rules={"keep_last": 1}, minimum_remaining=5)
    run = prepare(plan, state.client)
    assert (
        run.summary == "take 1, copy 0, delete 1 (1 snapshot from 2023-11-14 to 2023-11-14, 5 kept)"
    )
    assert apply(run, state.client).is_complete
    assert len(state.names) == 5


def test_prune_does_not_count_unusable_snapshots_as_remaining(state: State) -> None:
    state.emulator.progression = Progression.by_polls(1000, 1000)
    state.another.create_disk_snapshot(
        "pending", DiskSource(disk_name="db"), tags={OWNERSHIP_TAG: "nightly"}
    )
    prune(state.plan(keep_last=1), state.client)
    assert state.names == ["pending", "s4"]


def test_prune_without_grouping_keeps_one_snapshot_per_source(state: State) -> None:
    state.take("o0", "o1", disk="other")
    snapshots = list(state.client.iter_disk_snapshots())
    planned = plan_retention(
        snapshots,
        RetentionPolicy(time_zone="UTC", keep_last=1),
        state.now,
        owned=Scope(owner="nightly"),
        group_by="none",
    )
    assert len(planned.keep) == 1
    prune(planned, state.client)
    assert state.names == ["o1", "s4"]


def test_prune_removes_all_only_with_the_flag_and_only_in_scope(state: State) -> None:
    state.take("other-1", disk="other", owner="weekly")
    scope = Scope(owner="nightly")
    with pytest.raises(RequestValidationError, match="must keep something unless"):
        prune(None, state.client, scope=scope)
    with pytest.raises(RequestValidationError, match="must specify which snapshots"):
        prune(None, state.client, unsafe_allow_remove_all=True)
    result = prune(None, state.client, scope=scope, unsafe_allow_remove_all=True)
    assert result.is_complete
    assert {each.record and each.record.rule for each in result.results} == {"all are removed"}
    assert state.names == ["other-1"]


def test_prune_with_the_flag_keeps_the_snapshots_of_the_policy(state: State) -> None:
    policy = RetentionPolicy(time_zone="UTC", delete_older_than="60h")
    scope = Scope(owner="nightly")
    prune(policy, state.client, scope=scope, unsafe_allow_remove_all=True)
    assert state.names == ["s3", "s4"]
    state.clock.sleep(100 * DAY)
    prune(policy, state.client, scope=scope)
    assert state.names == ["s4"]
    prune(policy, state.client, scope=scope, unsafe_allow_remove_all=True)
    assert state.names == []


def test_apply_expires_unselected_sources_only_with_delete_older_than(state: State) -> None:
    rules: dict[str, Any] = {"keep_last": 3}
    state.clock.sleep(2 * DAY)
    run = prepare(plan_of(rules=rules, source="other"), state.client)
    assert [step.action for step in run.steps] == ["take"]
    plan = plan_of(rules=rules | {"delete_older_than": "5d"}, source="other")
    run = prepare(plan, state.client)
    assert "of sources that are not selected are deleted when older than 5d" in str(run)
    result = apply(run, state.client)
    assert [each.status for each in result.results] == ["done"] * 3
    assert {each.deletion.rule for each in result.results if each.deletion} == {"older than 5d"}
    assert state.names == ["nightly-other-20231121", "s2", "s3", "s4"]
    state.clock.sleep(100 * DAY)
    assert apply(prepare(plan, state.client), state.client).is_complete
    assert "s4" in state.names
    assert "s3" not in state.names


# Trusted time.


@pytest.mark.parametrize("skew", [-301, 301, -DAY, DAY])
def test_prune_with_clocks_that_differ_deletes_nothing(state: State, skew: float) -> None:
    planned = state.plan()
    state.host_clock.wall_offset = skew
    result = prune(planned, state.client)
    assert set(outcomes(result).values()) == {"untrusted_clock"}
    direction = "ahead of" if skew > 0 else "behind"
    assert f"{direction} the service's" in str(result)
    assert len(state.names) == 5
    # After the clock error, no further requests are sent.
    assert state.calls.count("GetDiskSnapshots") == 2
    with pytest.raises(ConfigurationError, match="nothing can be deleted: the clock of this"):
        state.plan()


@pytest.mark.parametrize("skew", [-299, 299])
def test_prune_with_clocks_within_the_tolerance_deletes(state: State, skew: float) -> None:
    state.host_clock.wall_offset = skew
    assert prune(state.plan(), state.client).is_complete
    assert state.names == ["s3", "s4"]


def test_prune_with_responses_without_a_date_deletes_nothing(state: State) -> None:
    planned = state.plan()
    state.date = lambda _date: None
    result = prune(planned, state.client)
    assert set(outcomes(result).values()) == {"untrusted_clock"}
    assert "no Date header" in str(result)


@pytest.mark.parametrize("number", [2, 3])
def test_prune_with_a_clock_error_before_a_deletion_stops(state: State, number: int) -> None:
    planned = state.plan()
    state.on_call = before_call(number, lambda: setattr(state.host_clock, "wall_offset", 400.0))
    assert set(outcomes(prune(planned, state.client)).values()) == {"untrusted_clock"}
    assert len(state.names) == 5


@pytest.mark.parametrize("jump", [-DAY, DAY])
def test_prune_with_both_clocks_jumping_together_deletes_nothing(state: State, jump: float) -> None:
    planned = state.plan()

    def jump_clocks() -> None:
        state.host_clock.wall_offset = jump
        state.date = lambda date: date and date + timedelta(seconds=jump)

    state.on_call = before_call(2, jump_clocks)
    result = prune(planned, state.client)
    assert set(outcomes(result).values()) == {"untrusted_clock"}
    assert "relative to the clock of this machine" in str(result)


def test_prune_with_a_snapshot_from_the_future_keeps_its_source(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned, items_of = state.plan(), deletion._items_of

    def future(page: Any) -> Any:
        late = {"created_at": state.now + timedelta(minutes=6)}
        return tuple(
            each.model_copy(update=late) if each.name == "s4" else each for each in items_of(page)
        )

    monkeypatch.setattr(deletion, "_items_of", future)
    result = prune(planned, state.client)
    assert set(outcomes(result).values()) == {"kept"}
    assert "dated later than the service's clock" in str(result)


def test_apply_with_a_wrongly_dated_new_snapshot_deletes_nothing(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = plan_of(rules={"keep_last": 1})
    run, take = prepare(plan, state.client), LightsailSnapClient.take_disk_snapshot

    def earlier(*args: Any, **kwargs: Any) -> Any:
        new = take(*args, **kwargs)
        return new.model_copy(update={"created_at": state.now - timedelta(hours=1)})

    monkeypatch.setattr(LightsailSnapClient, "take_disk_snapshot", earlier)
    result = apply(run, state.client)
    assert "does not agree with the service's clock" in str(result)
    assert len(state.names) == 6


# Scope, limits and arguments.


@pytest.mark.parametrize(
    ("tags", "scope", "is_in"),
    [
        ({OWNERSHIP_TAG: "nightly"}, {"owner": "nightly"}, True),
        ({OWNERSHIP_TAG: "nightly"}, {"owner": "night"}, False),
        ({OWNERSHIP_TAG: "nightly"}, {"names": ["*"]}, False),
        ({OWNERSHIP_TAG: "nightly"}, {"owner": "nightly", "names": ["x*"]}, False),
        ({OWNERSHIP_TAG: "nightly"}, {"owner": "nightly", "sources": ["d?"]}, True),
        ({OWNERSHIP_TAG: None}, {"sources": ["db"]}, True),
        ({OWNERSHIP_TAG: None}, {"sources": ["other"]}, False),
        ({OWNERSHIP_TAG: None}, {"owner": "nightly"}, False),
        ({}, {"sources": ["db"]}, False),
        ({}, {"names": ["a?"]}, True),
        ({}, {"names": ["A?"]}, False),
        ({}, {"owner": "nightly"}, False),
    ],
)
def test_scope_matches_all_fields_and_respects_plans(
    tags: dict[str, str | None], scope: dict[str, Any], *, is_in: bool
) -> None:
    state = State()
    state.another.take_disk_snapshot("ab", DiskSource(disk_name="db"), tags=tags)
    (found,) = state.another.iter_disk_snapshots()
    assert Scope(**scope)(found) is is_in
    assert Scope.model_validate_json(Scope(**scope).model_dump_json()) == Scope(**scope)


@pytest.mark.parametrize(
    "given", [{}, {"owner": ""}, {"names": "db-*"}, {"names": [""]}, {"sources": [1]}, {"x": 1}]
)
def test_scope_without_a_valid_field_is_rejected(given: dict[str, Any]) -> None:
    with pytest.raises(RequestValidationError):
        Scope(**given)


def test_prune_with_more_deletions_than_allowed_deletes_nothing(state: State) -> None:
    result = prune(state.plan(), state.client, max_deletions=2)
    assert set(outcomes(result).values()) == {"limit"}
    assert "3 deletions would exceed max_deletions, 2" in str(result)
    assert len(state.names) == 5
    assert prune(state.plan(), state.client, max_deletions=3).is_complete


def test_run_without_max_deletions_derives_it_from_the_policy(state: State) -> None:
    state.take(*(f"t{number}" for number in range(20)))
    run = prepare(plan_of(rules={"keep_last": 1}), state.client)
    assert run.max_deletions == 10
    result = apply(run, state.client)
    assert [each.status for each in result.results] == ["done"] + ["skipped"] * 25
    assert not result.is_complete
    assert len(state.names) == 26
    rules = {f"keep_{each}": 1 for each in ("last", "hourly", "daily", "weekly", "monthly")}
    many = plan_of(rules={"keep_yearly": 1, **rules})
    assert prepare(many, state.client).max_deletions == 12
    assert (
        prepare(plan_of(rules={"keep_last": 1}, max_deletions=0), state.client).max_deletions == 0
    )
    assert apply(run, state.client, max_deletions=25).is_complete


@pytest.mark.parametrize(
    "options",
    [
        {"scope": Scope(owner="weekly")},
        {"minimum_remaining": 0},
        {"minimum_remaining": True},
        {"minimum_remaining": 2, "unsafe_allow_remove_all": True},
        {"unsafe_allow_remove_all": 1},
        {"max_deletions": -1},
        {"kind": "disks"},
    ],
)
def test_prune_with_invalid_arguments_is_rejected(state: State, options: dict[str, Any]) -> None:
    planned = state.plan()
    with pytest.raises(RequestValidationError):
        prune(planned, state.client, **options)
    with pytest.raises(RequestValidationError):
        prune("policy", state.client, scope=Scope(owner="x"))  # type: ignore[arg-type] # on purpose
    with pytest.raises(RequestValidationError):
        apply(prepare(PLAN, state.client), state.client, max_deletions=-1)
    assert len(state.names) == 5


PLAN = plan_of(rules={"keep_last": 2})


def test_apply_of_an_edited_run_deletes_nothing_outside_of_its_plan(state: State) -> None:
    run = prepare(PLAN, state.client)
    elsewhere = run.model_copy(
        update={
            "steps": tuple(
                step if step.action == "take" else step.model_copy(update={"region": "eu-west-1"})
                for step in run.steps
            )
        }
    )
    result = apply(elsewhere, state.client)
    assert "the plan has nothing in eu-west-1" in str(result)
    no_policy = run.model_copy(update={"plan": PLAN.model_copy(update={"retention": None})})
    assert "the plan has no retention" in str(apply(no_policy, state.client, max_deletions=99))
    other_source = run.model_copy(
        update={
            "steps": tuple(
                step if step.action == "take" else step.model_copy(update={"source": "other"})
                for step in run.steps
            )
        }
    )
    assert "no new snapshot was taken" in str(apply(other_source, state.client))
    assert {f"s{number}" for number in range(5)} < set(state.names)


def test_apply_in_a_region_without_a_new_copy_deletes_nothing(state: State) -> None:
    plan = PLAN.model_copy(update={"copies": ("us-west-2",)})
    away = LightsailSnapClient(state.emulator.boto3_client("us-west-2"), clock=state.clock)
    run = prepare(plan, state.client, clients=lambda _region: away)
    run = run.model_copy(
        update={
            "steps": tuple(
                step if step.action == "take" else step.model_copy(update={"region": "us-west-2"})
                for step in run.steps
                if step.action != "copy"
            )
        }
    )
    result = apply(run, state.client, clients=lambda _region: away)
    assert "no new snapshot was taken or copied in us-west-2" in str(result)


def test_delete_of_an_unidentified_or_moved_snapshot_is_withheld(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    terms = deletion.DeletionTerms(
        Scope(owner="nightly"), RetentionPolicy(time_zone="UTC", keep_last=1)
    )
    gate = deletion.DeletionGate(state.clock, terms, ["disk"])
    oldest = run_workflow(state.client, gate.preview()).delete[0]
    approved = replace(deletion.ApprovedSnapshot.of(oldest), source="other")
    moved = run_workflow(state.client, gate.delete(approved))
    assert (moved.outcome, moved.reason) == ("changed", "it belongs to another source")
    items_of = deletion._items_of

    def with_changes(changes: dict[str, Any]) -> Any:
        def changed(page: Any) -> Any:
            return tuple(each.model_copy(update=changes) for each in items_of(page))

        return changed

    monkeypatch.setattr(deletion, "_items_of", with_changes({"arn": None}))
    result = prune(state.plan(), state.client)
    assert set(outcomes(result).values()) == {"changed"}
    assert "its ARN or creation time is unknown" in str(result)
    monkeypatch.setattr(deletion, "_items_of", with_changes({"from_disk_name": None}))
    found = [each.model_copy(update={"from_disk_name": None}) for each in state.plan().keep]
    policy = RetentionPolicy(time_zone="UTC", keep_last=1)
    scope = Scope(owner="nightly")
    planned = plan_retention(found, policy, state.now, owned=scope, group_by="none")
    assert len(planned.delete) == 4
    result = prune(planned, state.client)
    assert {each.reason for each in result.results} == {"it is kept now: no source"}
    assert len(state.names) == 5


def test_gate_does_not_discard_a_newer_listing(state: State) -> None:
    terms = deletion.DeletionTerms(
        Scope(owner="nightly"), RetentionPolicy(time_zone="UTC", keep_last=1)
    )
    gate = deletion.DeletionGate(state.clock, terms, ["disk"])
    first = run_workflow(state.client, gate._evidence())
    gate._discard(first)
    second = run_workflow(state.client, gate._evidence())
    gate._discard(first)
    assert run_workflow(state.client, gate._evidence()) is second


NOW = datetime(2026, 11, 23, tzinfo=UTC)


def listed(number: int, disk: str, age: int, state: str, region: str) -> DiskSnapshot:
    return DiskSnapshot.from_wire(
        {
            "name": f"s{number}",
            "createdAt": (NOW - timedelta(hours=age)).timestamp(),
            "state": state,
            "fromDiskName": disk,
            "location": {"regionName": region},
            "tags": [{"key": OWNERSHIP_TAG, "value": "nightly"}],
        }
    )


def make_listing(snapshots: list[DiskSnapshot], terms: deletion.DeletionTerms) -> deletion._Listing:
    return deletion._Listing(0, 0, NOW, NOW, 1, terms, snapshots)


@given(
    snapshots=st.lists(
        st.builds(
            listed,
            st.integers(0, 15),
            st.sampled_from(["db", "web", "log"]),
            st.integers(-1, 12),
            st.sampled_from(["completed", "completed", "pending"]),
            st.sampled_from([HOME, HOME, "eu-west-1"]),
        ),
        max_size=12,
    ),
    keep_last=st.integers(1, 3),
    minimum=st.integers(1, 3),
    group_by=st.sampled_from(["source", "none"]),
    allow_remove_all=st.booleans(),
)
@example(
    # An equal duplicate, an older one that is listed in two states, and one of another source.
    snapshots=[
        listed(0, "db", 1, "completed", HOME),
        listed(0, "db", 1, "completed", HOME),
        listed(1, "db", 2, "completed", HOME),
        listed(1, "db", 2, "pending", HOME),
        listed(2, "web", 3, "completed", HOME),
        listed(3, "web", 4, "completed", HOME),
    ],
    keep_last=1,
    minimum=1,
    group_by="source",
    allow_remove_all=False,
)
def test_decisions_by_source_equal_those_of_the_whole_listing(
    snapshots: list[DiskSnapshot],
    keep_last: int,
    minimum: int,
    group_by: Any,
    allow_remove_all: bool,  # noqa: FBT001 - drawn
) -> None:
    policy = RetentionPolicy(time_zone="UTC", keep_last=keep_last)
    terms = deletion.DeletionTerms(
        Scope(owner="nightly"), policy, group_by, minimum, allow_remove_all
    )
    whole, by_source = make_listing(snapshots, terms), make_listing(snapshots, terms)
    decisions = {each.snapshot.name: each for each in whole.plan.decisions}
    assert whole.count == by_source.count == len(whole.plan.decisions)
    for name in (f"s{number}" for number in range(16)):
        decision = by_source.decision("disk", name)
        assert decision == decisions.get(name)
        if decision is not None and not decision.keep:
            key = _source_key(decision.snapshot)
            assert by_source.sources[key] == whole.sources[key]


def test_prune_evaluates_only_the_sources_of_its_deletions(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(10):
        state.emulator.add_disk(f"disk-{number}", region_name=HOME)
        state.take(*(f"d{number}-{age}" for age in range(8)), disk=f"disk-{number}")
    evaluated: list[int] = []
    evaluate = _evaluate

    def count(snapshots: Any, *args: Any, **options: Any) -> Any:
        evaluated.append(len(snapshots))
        return evaluate(snapshots, *args, **options)

    monkeypatch.setattr(deletion, "_evaluate", count)
    result = prune(state.plan(keep_last=1), state.client)
    assert len(result.results) == 4 + 10 * 7
    # The plan evaluates all 85 snapshots, and so each listing did. A source whose deletions two
    # listings serve is evaluated twice.
    assert evaluated[0] == 85
    assert max(evaluated[1:]) == 8
    assert sum(evaluated[1:]) <= 85 + 5 * 8 + 85


@given(
    ages=st.lists(st.integers(0, 400), min_size=1, max_size=30, unique=True),
    limit=st.integers(1, 300),
    keep_last=st.integers(0, 5) | st.just("all"),
)
def test_delete_older_than_leaves_only_the_newest_of_what_is_older(
    ages: list[int], limit: int, keep_last: Any
) -> None:
    now = datetime(2026, 11, 23, tzinfo=UTC)
    snapshots = [
        DiskSnapshot.from_wire(
            {
                "name": f"s{age}",
                "createdAt": (now - timedelta(hours=age)).timestamp(),
                "state": "completed",
                "fromDiskName": "db",
                "tags": [{"key": OWNERSHIP_TAG}, *([{"key": "golden"}] if age == 399 else [])],
            }
        )
        for age in ages
    ]
    rules: dict[str, Any] = {"keep_last": keep_last, "keep_tagged": ["golden"]}
    policy = RetentionPolicy(time_zone="UTC", delete_older_than=f"{limit}h", **rules)
    planned = plan_retention(snapshots, policy, now)
    kept = {int(each.name[1:]) for each in planned.keep}
    assert {age for age in kept if age > limit} <= {min(ages), 399}
    young = sorted(age for age in ages if age <= limit)
    count = len(young) if keep_last in {0, "all"} else keep_last
    assert set(young[:count]) <= kept


def test_prune_of_instance_snapshots_follows_the_same_rules(state: State) -> None:
    for name in ("w0", "w1", "w2"):
        state.another.take_instance_snapshot(name, "web", tags={OWNERSHIP_TAG: "nightly"})
        state.clock.sleep(DAY)
    policy = RetentionPolicy(time_zone="UTC", keep_last=1)
    result = prune(policy, state.client, scope=Scope(owner="nightly"), kind="instance")
    assert [each.snapshot.name for each in result.results] == ["w0", "w1"]
    assert [each.name for each in state.another.iter_instance_snapshots()] == ["w2"]
    assert len(state.names) == 5


# Audit.


def test_prune_logs_rule_evidence_and_keeper_of_each_deletion(
    state: State, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="lightsail_snap.plans"):
        result = prune(state.plan(), state.client)
    records = [each.deletion for each in caplog.records if hasattr(each, "deletion")]
    assert records == [each.to_dict()["deletion"] for each in result.results]
    first = json.loads(json.dumps(records[0]))
    assert first == {
        "name": "s0",
        "arn": first["arn"],
        "source": "db",
        "created_at": result.results[0].to_dict()["created_at"],
        "outcome": "deleted",
        "rule": "no rule keeps it",
        "keeper": "s4",
        "evidence": {
            "listed_at": first["evidence"]["listed_at"],
            "pages": 1,
            "snapshots": 5,
            "age_seconds": 0.0,
        },
    }
    # The deletion is logged before the request, in case the process ends.
    assert caplog.messages[0] == "deleting s0: no rule keeps it; kept: s4"
    again = pickle.loads(pickle.dumps(result))  # noqa: S301 - pickled above
    assert outcomes(again) == outcomes(result)


# Resumption.


class Interrupt(BaseException):
    """The end of the process."""


@pytest.mark.parametrize("is_after", [False, True])
def test_prune_after_an_interrupt_at_any_call_ends_in_the_same_state(*, is_after: bool) -> None:
    for number in range(1, 40):
        state = State()
        state.take("s0", "s1", "s2", "s3")
        planned = state.plan()
        count = 0

        def on_call(_request: Request[Any], is_done: bool, at: int = number) -> None:  # noqa: FBT001 - the hook's signature
            nonlocal count
            count += is_done == is_after
            if is_done == is_after and count == at:
                raise Interrupt

        state.on_call = on_call
        try:
            prune(planned, state.client)
        except Interrupt:
            assert {"s2", "s3"} <= set(state.names)
        else:
            assert number == 8
            return
        state.on_call = do_nothing
        assert prune(planned, state.client).is_complete
        assert state.names == ["s2", "s3"]
    pytest.fail("prune did not end")


@pytest.mark.parametrize("is_known", [True, False])
def test_prune_with_a_lost_response_checks_the_arn(state: State, *, is_known: bool) -> None:
    planned = state.plan(keep_last=4)

    def lose(request: Request[Any], is_done: bool) -> None:  # noqa: FBT001 - the hook's signature
        if request.operation_name == "DeleteDiskSnapshot" and is_done:
            # Another snapshot with the same name was not approved for deletion.
            state.take("s0")
            raise OutcomeUnknownError("lost", request=request)
        if not is_known and state.calls[-2:-1] == ["DeleteDiskSnapshot"]:
            raise RequestNotSentError("unreachable", request=request)

    state.on_call = lose
    (result,) = prune(planned, state.client).results
    assert result.status == ("done" if is_known else "failed")
    if not is_known:
        assert isinstance(result.error, OutcomeUnknownError)
        assert result.error.may_have_executed


def test_prune_at_the_same_time_deletes_nothing_twice(state: State) -> None:
    planned = state.plan()
    rival = LightsailSnapClient(state.emulator.boto3_client(HOME), clock=state.clock)
    state.on_call = before_call(2, lambda: prune(planned, rival))
    result = prune(planned, state.client)
    assert set(outcomes(result).values()) == {"gone"}
    assert result.is_complete
    assert state.names == ["s3", "s4"]


# All invariants against other clients that act between any two calls.

ACTIONS = st.tuples(
    st.integers(1, 30),
    st.sampled_from(["delete", "tag", "untag", "take", "sleep", "replace"]),
    st.integers(0, 5),
)


@given(
    keep=st.integers(1, 4),
    minimum=st.integers(1, 4),
    actions=st.lists(ACTIONS, max_size=6),
)
def test_prune_with_concurrent_clients_keeps_the_last_snapshot(  # noqa: C901 - one branch per action of other clients
    keep: int, minimum: int, actions: list[tuple[int, str, int]]
) -> None:
    state = State(page_size=4)
    state.take("s0", "s1", "s2", "s3", "s4")
    planned = state.plan(keep_last=keep)
    approved = {each.arn for each in planned.delete}
    count = 0
    seen: dict[str, Any] = {}
    deleted: list[str] = []

    def usable() -> dict[str, Any]:
        return {
            each.name: each
            for each in state.another.iter_disk_snapshots()
            if each.state == "completed" and Scope(owner="nightly")(each)
        }

    def act(kind: str, number: int) -> None:
        name = f"s{number}"
        present = name in state.names
        if kind == "sleep":
            state.clock.sleep(number * 20)
        elif kind == "take" and not present:
            state.take(name)
        elif kind in {"delete", "replace"} and present:
            state.another.delete_disk_snapshot(name)
            if kind == "replace":
                state.take(name)
        elif kind == "tag" and present:
            state.another.tag_resource(name, {"golden": None})
        elif kind == "untag" and present:
            state.another.untag_resource(name, [OWNERSHIP_TAG])

    def on_call(request: Request[Any], is_done: bool) -> None:  # noqa: FBT001 - the hook's signature
        nonlocal count, seen
        if is_done:
            seen = usable()
            return
        count += 1
        if request.operation_name == "DeleteDiskSnapshot":
            # Other clients may act after the last response: the window of one call.
            name = request.to_wire()["diskSnapshotName"]
            assert isinstance(name, str)
            others = seen.keys() - {name}
            assert others, "no usable snapshot would remain"
            deleted.append(name)
        for at, kind, number in actions:
            if at == count:
                act(kind, number)

    state.on_call = on_call
    result = prune(planned, state.client, minimum_remaining=minimum)
    state.on_call = do_nothing
    done = [each for each in result.results if each.status == "done"]
    assert {each.snapshot.arn for each in done} <= approved
    assert len(deleted) == len(set(deleted))
    assert all("golden" not in {tag.key for tag in each.snapshot.tags} for each in done)
    if not actions:
        assert len(state.names) == max(keep, minimum)
    # Another prune without concurrent changes completes the rest and keeps the floor.
    prune(state.plan(keep_last=keep), state.client)
    assert len(usable()) >= min(keep, len(usable()) or 1)


@given(
    host=st.floats(-2 * DAY, 2 * DAY),
    service=st.floats(-2 * DAY, 2 * DAY),
    is_dated=st.booleans(),
)
def test_prune_with_any_clocks_deletes_only_while_they_agree(
    host: float, service: float, *, is_dated: bool
) -> None:
    state = State()
    state.take("s0", "s1", "s2")
    planned = state.plan(keep_last=1)
    state.host_clock.wall_offset = host
    state.date = lambda date: date and date + timedelta(seconds=service) if is_dated else None
    prune(planned, state.client)
    has_deleted = len(state.names) < 3
    if not is_dated or abs(host - service) > 301:
        assert not has_deleted
    elif abs(host - service) < 299 and service > -299:
        assert has_deleted


# The architecture.


def test_package_deletes_in_bulk_only_in_plans_deletion() -> None:
    root = Path(lightsail_snap.__file__).parent
    callers = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr.startswith("delete_")
        and node.func.attr.endswith(("snapshot", "disk"))
    }
    # The command `delete` deletes the snapshots named in its arguments.
    assert callers == {"cli/_snapshots.py"}
    makers = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute | ast.Name)
        and ast.unparse(node.func).rpartition(".")[2].startswith("Delete")
        and ast.unparse(node.func).endswith("Request")
    }
    # A rescue deletes its own snapshot if requested, and a roll back the disk it has replaced.
    single = {"_workflows/rescue.py", "_workflows/converge.py"}
    assert makers == {"client.py", "aio.py", "plans/_deletion.py", *single}
