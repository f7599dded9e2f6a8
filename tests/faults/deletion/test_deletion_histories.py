"""Check the invariants of deletion under events of other clients, clocks and networks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.faults.deletion.history import (
    Event,
    History,
    Rules,
    RunConfig,
    Tag,
    history_of_several,
    shrink,
)
from tests.faults.deletion.run import InvariantError, run_history, run_many

from lightsail_snap import DiskSnapshot, Scope, retention
from lightsail_snap.plans import _apply, _deletion

_MANAGED: Tag = "managed"
_FIVE = tuple(("db-1", 24, _MANAGED) for _ in range(5))
_KEEP_TWO = RunConfig("prune-plan", Rules(last=2))
SAMPLE, THOROUGH = 20, 1_000


def test_random_histories_keep_all_invariants() -> None:
    tally = run_many(SAMPLE, 1)
    assert tally.histories == SAMPLE
    assert tally.deletions


def test_random_histories_of_several_regions_and_kinds_keep_all_invariants() -> None:
    tally = run_many(SAMPLE, 1, history_of_several)
    assert tally.histories == SAMPLE
    assert tally.deletions


@pytest.mark.thorough
def test_many_random_histories_of_several_regions_and_kinds_keep_all_invariants() -> None:
    # They take four times as long as the others.
    tally = run_many(THOROUGH // 16, 200_000, history_of_several)
    assert tally.deletions > THOROUGH / 16
    assert {"deleted", "gone", "changed", "kept", "stale_evidence"} <= set(tally.outcomes)


@pytest.mark.thorough
def test_many_random_histories_keep_all_invariants() -> None:
    tally = run_many(THOROUGH, 100_000)
    assert tally.deletions > THOROUGH / 2
    assert {
        "deleted",
        "gone",
        "changed",
        "kept",
        "stale_evidence",
        "untrusted_clock",
        "limit",
    } <= set(tally.outcomes)


@pytest.mark.parametrize("call", range(16))
@pytest.mark.parametrize(
    "what", ["interrupt", "interrupt after", "refused", "500", "500 after", "lost"]
)
@pytest.mark.parametrize("mode", ["prune", "apply"])
@pytest.mark.sample(8)
def test_failure_at_any_call_keeps_all_invariants(call: int, what: str, mode: Any) -> None:
    config = RunConfig(mode, Rules(last=2), has_copies=mode == "apply")
    run_history(History(_FIVE, (config,), (Event(call, what),)))


@pytest.mark.parametrize("action", ["delete newest", "delete last seen", "delete all but oldest"])
@pytest.mark.parametrize("call", range(16))
@pytest.mark.sample(6)
def test_keepers_deleted_at_any_call_keep_the_floor(call: int, action: str) -> None:
    run_history(History(_FIVE, (_KEEP_TWO,), (Event(call, action),)))


@pytest.mark.parametrize("seconds", [63, 290])
def test_evidence_gathered_before_a_suspension_is_renewed(seconds: float) -> None:
    tally = run_history(History(_FIVE, (_KEEP_TWO,), (Event(2, "suspend", seconds),)))
    assert tally.outcomes["deleted"] == 3


@pytest.mark.parametrize("what", ["pass", "suspend"])
def test_pages_of_different_times_justify_no_deletion(what: str) -> None:
    history = History(_FIVE, (_KEEP_TWO,), (Event(1, what, 63),), page_size=3)
    assert run_history(history).outcomes["deleted"] == 3


def test_two_equal_runs_delete_each_snapshot_once() -> None:
    history = History(_FIVE, (_KEEP_TWO, _KEEP_TWO), turns=(0, 1) * 20)
    tally = run_history(history)
    assert tally.outcomes["deleted"] == 3


def _skip_keeper_get(patch: pytest.MonkeyPatch) -> None:
    async def check(_gate: Any, source: Any) -> Any:
        return source.keepers[0].name

    patch.setattr(_deletion.DeletionGate, "_check_keeper", check)


def _skip_age(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_deletion.DeletionGate, "_is_old", lambda _gate, _listing: False)


def _skip_floor(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_deletion._Source, "keep_at_least", lambda _source, _count: None)


def _skip_clock(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_deletion._ServiceTime, "read", lambda _time, metadata: metadata.date)


def _skip_run_time(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_deletion.DeletionGate, "_check_run_time", lambda _gate, _listing: None)


def _skip_scope(patch: pytest.MonkeyPatch) -> None:
    def covers(_scope: Scope, _snapshot: DiskSnapshot) -> bool:
        return True

    patch.setattr(Scope, "__call__", covers)


def _skip_identity(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_deletion, "_check_same", lambda _approved, _found: None)


def _skip_limit(patch: pytest.MonkeyPatch) -> None:
    limitless = 10**6
    deletions = _apply._RunExecution.deletions

    def unlimited(self: Any, _limit: int) -> Any:
        return deletions(self, limitless)

    patch.setattr(_apply._RunExecution, "deletions", unlimited)


def _skip_new_snapshot(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(_deletion.DeletionGate, "_check_made", lambda _gate, _listing, _made: None)


def _count_unknown_as_done(patch: pytest.MonkeyPatch) -> None:
    async def is_there(_gate: Any, _approved: Any) -> bool:
        return False

    patch.setattr(_deletion.DeletionGate, "_is_there", is_there)


def _mix_regions(patch: pytest.MonkeyPatch) -> None:
    def mixed(snapshot: Any) -> Any:
        return *retention._source_of(snapshot), None

    for module in (_deletion, retention):
        patch.setattr(module, "_source_key", mixed)


_PRUNE, _APPLY = RunConfig("prune", Rules(last=1)), RunConfig("apply", Rules(last=1))
_THREE = _FIVE[:3]
_BROKEN: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], History, str]] = {
    "the keeper is not read": (_skip_keeper_get, History(_THREE, (_PRUNE,)), "floor"),
    "evidence has no age": (
        _skip_age,
        History(_THREE, (_PRUNE,), (Event(3, "pass", 61),)),
        "fresh evidence",
    ),
    "no minimum remains": (
        _skip_floor,
        History(_THREE, (replace(_PRUNE, minimum_remaining=2),)),
        "floor",
    ),
    "clocks are not compared": (
        _skip_clock,
        History(_THREE, (replace(_PRUNE, clock_ahead=320),)),
        "trusted time",
    ),
    "the time of the run is not compared": (
        _skip_run_time,
        History(_THREE, (replace(_APPLY, clock_ahead=3600),), (Event(0, "step", -3600),)),
        "trusted time",
    ),
    "everything is in scope": (
        _skip_scope,
        History((("db-1", 24, "other"), *_THREE), (_PRUNE,)),
        "scope",
    ),
    "changes of the snapshot are ignored": (
        _skip_identity,
        History(_THREE, (_PRUNE,), (Event(2, "tag victim as kept"),)),
        "identity",
    ),
    "any number is deleted": (
        _skip_limit,
        History(_THREE, (replace(_APPLY, max_deletions=1),)),
        "max_deletions",
    ),
    "the new snapshot need not be listed": (
        _skip_new_snapshot,
        History(_THREE, (_APPLY,), (Event(6, "stale", 9),)),
        "prerequisite",
    ),
    "copies from different Regions count together": (
        _mix_regions,
        History(_THREE, (replace(_APPLY, max_deletions=100, has_several=True),)),
        "floor",
    ),
    "an unknown outcome counts as success": (
        _count_unknown_as_done,
        History(_THREE[:2], (_PRUNE,), (Event(4, "500"),)),
        "record",
    ),
}


@pytest.mark.parametrize("name", _BROKEN)
def test_oracle_reports_a_gate_without_one_check(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    break_gate, history, invariant = _BROKEN[name]
    run_history(history)
    break_gate(monkeypatch)
    with pytest.raises(InvariantError, match=f"(^|; ){invariant}: "):
        run_history(history)


def test_shrink_finds_the_parts_that_matter() -> None:
    events = (Event(1, "lost"), Event(2, "pass", 5), Event(3, "500"))
    history = History(_FIVE, (_APPLY, _PRUNE), events, turns=(0, 1) * 9, page_size=3)
    simplest = shrink(history, lambda each: events[1] in each.events)
    assert simplest == History((), (_PRUNE,), events[1:2])
