"""Invariants of retention plans for any snapshots and any policy."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from lightsail_snap import RequestValidationError, Violation
from lightsail_snap.models import DiskSnapshot, InstanceSnapshot
from lightsail_snap.retention import (
    OWNERSHIP_TAG,
    AnySnapshot,
    RetentionPlan,
    RetentionPolicy,
    plan_retention,
)
from lightsail_snap.testing import strategies

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia"]
PERIODS = ["hourly", "daily", "weekly", "monthly", "yearly"]
COUNTS = ["keep_last", *(f"keep_{period}" for period in PERIODS)]
SPANS = ["keep_within", *(f"keep_within_{period}" for period in PERIODS)]

# Even numbers of seconds, so that other times fit between two, and few, so that times repeat.
ages = st.one_of(
    st.integers(-3, 100).map(lambda number: number * 1800),
    st.integers(0, 400).map(lambda days: days * 86400),
    st.integers(-(10**6), 10**8).map(lambda seconds: seconds * 2),
)


@st.composite
def snapshots_named(draw: st.DrawFn, name: str) -> AnySnapshot:
    """Generate any snapshot: mostly managed, finished and dated."""
    wire: dict[str, Any] = {"name": name, "location": {"regionName": "us-east-1"}}
    often = st.sampled_from([True, True, True, True, True, False])
    is_instance, source = draw(st.booleans()), draw(st.sampled_from(["a", "b", None]))
    done = "available" if is_instance else "completed"
    wire["state"] = (
        done if draw(often) else draw(st.sampled_from(["pending", "error", "new", None]))
    )
    wire["createdAt"] = NOW.timestamp() - draw(ages) if draw(often) else None
    wire["fromInstanceName" if is_instance or draw(st.booleans()) else "fromDiskName"] = source
    keys = [OWNERSHIP_TAG] if draw(often) else []
    keys += draw(st.lists(st.sampled_from(["x", "y"]), unique=True))
    wire["tags"] = [{"key": key, "value": draw(st.sampled_from([None, "1", ""]))} for key in keys]
    return (InstanceSnapshot if is_instance else DiskSnapshot).from_wire(wire)


histories = st.integers(0, 14).flatmap(
    lambda size: st.tuples(*(snapshots_named(f"s{number:02}") for number in range(size)))
)
counts = st.one_of(st.none(), st.integers(0, 6), st.just("all"))
units = {"y": 2, "m": 14, "d": 40, "h": 50}
spans = st.one_of(
    st.none(), st.fixed_dictionaries({unit: st.integers(0, most) for unit, most in units.items()})
)
rules = st.fixed_dictionaries(
    {"time_zone": st.sampled_from(ZONES)},
    optional={
        **dict.fromkeys(COUNTS, counts),
        **dict.fromkeys(SPANS, spans),
        "keep_tagged": st.lists(st.sampled_from(["x", "y=1", "x,y"]), max_size=2),
    },
)


def policy_of(chosen: dict[str, Any]) -> RetentionPolicy:
    written = dict(chosen)
    for name in SPANS:
        span = chosen.get(name)
        if span is not None:
            written[name] = "".join(f"{number}{unit}" for unit, number in span.items())
    plain = any(value for name, value in chosen.items() if name not in {"time_zone", *SPANS})
    assume(plain or any(any((chosen.get(name) or {}).values()) for name in SPANS))
    return RetentionPolicy(**written)


policies = rules.map(policy_of)
junk = st.one_of(
    st.none(),
    st.integers(),
    st.floats(),
    st.booleans(),
    st.text(max_size=6),
    st.binary(max_size=3),
    st.timedeltas(),
    st.lists(st.text(max_size=4) | st.integers(), max_size=3),
    st.from_regex(r"\A([0-9]{1,14}[ymdh]){1,4}\Z"),
    st.sampled_from(["all", "UTC", "America", "../x", "Asia/Tokyo", UTC, ZoneInfo("Asia/Tokyo")]),
)


def is_eligible(snapshot: AnySnapshot, *, knows_source: bool = True) -> bool:
    """Return True if rules apply to a snapshot, by an oracle independent of the library."""
    is_instance = type(snapshot).__name__ == "InstanceSnapshot"
    wire = snapshot.to_wire()
    return (
        any(tag["key"] == "lightsail-snap:managed" for tag in wire["tags"])
        and wire["state"] == ("available" if is_instance else "completed")
        and wire["createdAt"] is not None
        and not (knows_source and source_of(snapshot)[1] is None)
    )


def source_of(snapshot: AnySnapshot) -> tuple[str, Any]:
    wire = snapshot.to_wire()
    if type(snapshot) is InstanceSnapshot:
        return "instance", wire["fromInstanceName"]
    return ("disk" if "fromDiskName" in wire else "system"), wire.get(
        "fromDiskName", wire.get("fromInstanceName")
    )


def date_of(snapshot: AnySnapshot) -> datetime:
    assert snapshot.created_at is not None
    return snapshot.created_at


def decisions_of(plan: RetentionPlan[Any]) -> dict[str, tuple[bool, tuple[str, ...]]]:
    return {each.snapshot.name: (each.keep, each.reasons) for each in plan.decisions}


def kept_by(plan: RetentionPlan[Any]) -> set[str]:
    return {snapshot.name for snapshot in plan.keep}


@given(histories, policies)
def test_plan_has_one_decision_per_snapshot_newest_first(
    history: Sequence[AnySnapshot], policy: RetentionPolicy
) -> None:
    plan = plan_retention(history, policy, NOW)
    assert sorted(decisions_of(plan)) == sorted(snapshot.name for snapshot in history)
    assert len(plan.keep) + len(plan.delete) == len(plan.decisions) == len(history)
    assert all(decision.reasons and all(decision.reasons) for decision in plan.decisions)
    dates = [v.snapshot.created_at for v in plan.decisions]
    known = [date for date in dates if date]
    assert dates[: len(known)] == sorted(known, reverse=True)
    assert [date_of(each) for each in plan.delete] == sorted(map(date_of, plan.delete))
    assert len(str(plan).splitlines()) == len(history) + 1
    assert json.loads(json.dumps(plan.to_dict())) == plan.to_dict()


@given(histories, policies)
def test_plan_deletes_only_managed_finished_dated_snapshots(
    history: Sequence[AnySnapshot], policy: RetentionPolicy
) -> None:
    assert all(is_eligible(each) for each in plan_retention(history, policy, NOW).delete)


@given(histories, policies)
def test_plan_keeps_the_newest_of_each_source(
    history: Sequence[AnySnapshot], policy: RetentionPolicy
) -> None:
    plan = plan_retention(history, policy, NOW)
    for gone in plan.delete:
        rivals = [s for s in plan.keep if is_eligible(s) and source_of(s) == source_of(gone)]
        assert max(map(date_of, rivals)) >= date_of(gone)
        if date_of(gone) <= NOW:
            assert any(date_of(gone) <= date_of(rival) <= NOW for rival in rivals)


@given(histories, policies, st.randoms(use_true_random=False))
def test_plan_ignores_order_and_duplicates(
    history: Sequence[AnySnapshot], policy: RetentionPolicy, random: Any
) -> None:
    shuffled = [*history, *history[:3]]
    random.shuffle(shuffled)
    assert plan_retention(shuffled, policy, NOW) == plan_retention(history, policy, NOW)


@given(histories, policies, st.data())
def test_plan_after_interrupted_deletion_is_the_same(
    history: Sequence[AnySnapshot], policy: RetentionPolicy, data: st.DataObject
) -> None:
    plan = plan_retention(history, policy, NOW)
    assert plan_retention(plan.keep, policy, NOW).delete == ()
    left = data.draw(st.sets(st.sampled_from(plan.delete))) if plan.delete else set()
    again = plan_retention([*plan.keep, *left], policy, NOW)
    assert again.keep == plan.keep
    assert set(again.delete) == left


@given(histories, policies, st.lists(st.integers(1, 10**7), max_size=6))
def test_plan_older_snapshots_do_not_affect_newer_ones(
    history: Sequence[AnySnapshot], policy: RetentionPolicy, gaps: list[int]
) -> None:
    dated = [each for each in history if each.created_at]
    oldest = min(map(date_of, dated), default=NOW)
    older = [
        DiskSnapshot.from_wire(
            {
                "name": f"older-{number}",
                "createdAt": oldest.timestamp() - sum(gaps[: number + 1]),
                "state": "completed",
                "fromDiskName": "a",
                "location": {"regionName": "us-east-1"},
                "tags": [{"key": OWNERSHIP_TAG}],
            }
        )
        for number in range(len(gaps))
    ]
    before = decisions_of(plan_retention(history, policy, NOW))
    after = decisions_of(plan_retention([*history, *older], policy, NOW))
    assert {name: after[name] for name in before} == before


def more_of(rule: object, more: int) -> object:
    if isinstance(rule, dict):
        first = next((unit for unit in "hdmy" if more % (ord(unit) % 5 + 2) == 0), "h")
        return {unit: number + (more if unit == first else 0) for unit, number in rule.items()}
    if isinstance(rule, int):
        return rule + more if more < 5 else "all"
    return rule


@given(histories, rules, st.dictionaries(st.sampled_from([*COUNTS, *SPANS]), st.integers(0, 9)))
def test_wider_policy_deletes_no_other_snapshots(
    history: Sequence[AnySnapshot], chosen: dict[str, Any], raises: dict[str, int]
) -> None:
    wider = dict(chosen)
    for name, more in raises.items():
        given_up = {"y": 0, "m": 0, "d": 0, "h": 0} if name in SPANS else 0
        wider[name] = more_of(chosen.get(name) or given_up, more)
    wider["keep_tagged"] = [*chosen.get("keep_tagged", []), "y"]
    kept = kept_by(plan_retention(history, policy_of(chosen), NOW))
    assert kept <= kept_by(plan_retention(history, policy_of(wider), NOW))


@given(histories, policies)
def test_plan_ignored_snapshots_and_other_sources_do_not_count(
    history: Sequence[AnySnapshot], policy: RetentionPolicy
) -> None:
    together = decisions_of(plan_retention(history, policy, NOW))
    eligible = [each for each in history if is_eligible(each)]
    apart: dict[str, tuple[bool, tuple[str, ...]]] = {}
    for source in {source_of(each) for each in eligible}:
        own = [each for each in eligible if source_of(each) == source]
        apart |= decisions_of(plan_retention(own, policy, NOW))
    assert {name: together[name] for name in apart} == apart


@given(histories, policies, st.timedeltas(timedelta(0), timedelta(days=40000)))
def test_plan_later_time_deletes_nothing_more(
    history: Sequence[AnySnapshot], policy: RetentionPolicy, later: timedelta
) -> None:
    past = [each for each in history if not each.created_at or each.created_at <= NOW]
    assert plan_retention(past, policy, NOW + later) == plan_retention(past, policy, NOW)


@given(histories, policies)
def test_plan_without_groups_keeps_the_newest(
    history: Sequence[AnySnapshot], policy: RetentionPolicy
) -> None:
    plan = plan_retention(history, policy, NOW, group_by="none")
    eligible = [each for each in history if is_eligible(each, knows_source=False)]
    assert set(plan.delete) <= set(eligible)
    if plan.delete:
        newest = max(map(date_of, eligible))
        assert any(each.created_at == newest and each in eligible for each in plan.keep)


anything = strategies.hostile_disk_snapshots() | strategies.hostile_instance_snapshots()


@given(
    st.lists(anything, max_size=8),
    policies,
    st.datetimes(timezones=st.sampled_from([UTC, ZoneInfo("Asia/Tokyo")])),
    st.sampled_from(["source", "none"]),
)
def test_plan_any_snapshots_of_the_service_succeeds(
    history: Sequence[AnySnapshot],
    policy: RetentionPolicy,
    now: datetime,
    group_by: Literal["source", "none"],
) -> None:
    plan = plan_retention(history, policy, now, owned=lambda _: True, group_by=group_by)
    assert all(each.state in {"completed", "available"} for each in plan.delete)
    again = plan_retention(history[::-1], policy, now, owned=lambda _: True, group_by=group_by)
    assert again == plan
    lines = str(plan).splitlines()
    assert len(lines) == len(plan.decisions) + 1
    assert all(line.isprintable() for line in lines)


@given(st.builds(dict, rules))
def test_policy_round_trips_through_json(chosen: dict[str, Any]) -> None:
    policy = policy_of(chosen)
    assert RetentionPolicy(**json.loads(policy.model_dump_json())) == policy
    assert hash(RetentionPolicy(**dict(policy))) == hash(policy)


@given(st.dictionaries(st.sampled_from([*COUNTS, *SPANS, "keep_tagged", "time_zone", "x"]), junk))
def test_policy_any_values_are_accepted_or_refused_with_fix(given_fields: dict[str, Any]) -> None:
    found: tuple[Violation, ...] = ()
    try:
        policy = RetentionPolicy(**given_fields)
    except RequestValidationError as error:
        found = error.violations
        assert len({each.field for each in found}) == len(found) > 0
    else:
        assert plan_retention([], policy, NOW).decisions == ()
    assert all(each.fix and each.source == "lightsail_snap" for each in found)
