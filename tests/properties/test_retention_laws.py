"""What no retention plan may ever do, whatever the snapshots and the policy."""

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

# Even numbers of seconds, so that there is room for others between two, and few enough of them
# that dates collide.
ages = st.one_of(
    st.integers(-3, 100).map(lambda number: number * 1800),
    st.integers(0, 400).map(lambda days: days * 86400),
    st.integers(-(10**6), 10**8).map(lambda seconds: seconds * 2),
)


@st.composite
def snapshots_named(draw: st.DrawFn, name: str) -> AnySnapshot:
    """Any snapshot: mostly ours, finished and dated."""
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


def may_be_judged(snapshot: AnySnapshot, *, knows_source: bool = True) -> bool:
    """Say in other words than the library when rules may judge a snapshot."""
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


def verdicts_of(plan: RetentionPlan[Any]) -> dict[str, tuple[bool, tuple[str, ...]]]:
    return {verdict.snapshot.name: (verdict.keep, verdict.reasons) for verdict in plan.verdicts}


def kept_by(plan: RetentionPlan[Any]) -> set[str]:
    return {snapshot.name for snapshot in plan.keep}


@given(histories, policies)
def test_every_snapshot_gets_one_verdict_with_a_reason_newest_first(
    history: Sequence[AnySnapshot], policy: RetentionPolicy
) -> None:
    plan = plan_retention(history, policy, NOW)
    assert sorted(verdicts_of(plan)) == sorted(snapshot.name for snapshot in history)
    assert len(plan.keep) + len(plan.delete) == len(plan.verdicts) == len(history)
    assert all(verdict.reasons and all(verdict.reasons) for verdict in plan.verdicts)
    dates = [v.snapshot.created_at for v in plan.verdicts]
    told = [date for date in dates if date]
    assert dates[: len(told)] == sorted(told, reverse=True)
    assert [date_of(each) for each in plan.delete] == sorted(map(date_of, plan.delete))
    assert len(str(plan).splitlines()) == len(history) + 1
    assert json.loads(json.dumps(plan.to_dict())) == plan.to_dict()


@given(histories, policies)
def test_only_what_is_ours_finished_dated_and_of_a_known_source_is_deleted(
    history: Sequence[AnySnapshot], policy: RetentionPolicy
) -> None:
    assert all(may_be_judged(each) for each in plan_retention(history, policy, NOW).delete)


@given(histories, policies)
def test_the_newest_of_each_source_stays_and_so_does_the_newest_until_now(
    history: Sequence[AnySnapshot], policy: RetentionPolicy
) -> None:
    plan = plan_retention(history, policy, NOW)
    for gone in plan.delete:
        rivals = [s for s in plan.keep if may_be_judged(s) and source_of(s) == source_of(gone)]
        assert max(map(date_of, rivals)) >= date_of(gone)
        if date_of(gone) <= NOW:
            assert any(date_of(gone) <= date_of(rival) <= NOW for rival in rivals)


@given(histories, policies, st.randoms(use_true_random=False))
def test_the_order_of_the_snapshots_does_not_matter_nor_does_listing_them_twice(
    history: Sequence[AnySnapshot], policy: RetentionPolicy, random: Any
) -> None:
    shuffled = [*history, *history[:3]]
    random.shuffle(shuffled)
    assert plan_retention(shuffled, policy, NOW) == plan_retention(history, policy, NOW)


@given(histories, policies, st.data())
def test_planning_again_comes_to_the_same_wherever_the_deleting_was_interrupted(
    history: Sequence[AnySnapshot], policy: RetentionPolicy, data: st.DataObject
) -> None:
    plan = plan_retention(history, policy, NOW)
    assert plan_retention(plan.keep, policy, NOW).delete == ()
    left = data.draw(st.sets(st.sampled_from(plan.delete))) if plan.delete else set()
    again = plan_retention([*plan.keep, *left], policy, NOW)
    assert again.keep == plan.keep
    assert set(again.delete) == left


@given(histories, policies, st.lists(st.integers(1, 10**7), max_size=6))
def test_older_snapshots_change_nothing_for_newer_ones(
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
    before = verdicts_of(plan_retention(history, policy, NOW))
    after = verdicts_of(plan_retention([*history, *older], policy, NOW))
    assert {name: after[name] for name in before} == before


def more_of(rule: object, more: int) -> object:
    if isinstance(rule, dict):
        first = next((unit for unit in "hdmy" if more % (ord(unit) % 5 + 2) == 0), "h")
        return {unit: number + (more if unit == first else 0) for unit, number in rule.items()}
    if isinstance(rule, int):
        return rule + more if more < 5 else "all"
    return rule


@given(histories, rules, st.dictionaries(st.sampled_from([*COUNTS, *SPANS]), st.integers(0, 9)))
def test_a_policy_that_keeps_more_deletes_nothing_else(
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
def test_what_may_not_be_judged_and_other_sources_take_up_no_place(
    history: Sequence[AnySnapshot], policy: RetentionPolicy
) -> None:
    together = verdicts_of(plan_retention(history, policy, NOW))
    judged = [each for each in history if may_be_judged(each)]
    apart: dict[str, tuple[bool, tuple[str, ...]]] = {}
    for source in {source_of(each) for each in judged}:
        own = [each for each in judged if source_of(each) == source]
        apart |= verdicts_of(plan_retention(own, policy, NOW))
    assert {name: together[name] for name in apart} == apart


@given(histories, policies, st.timedeltas(timedelta(0), timedelta(days=40000)))
def test_time_alone_deletes_nothing(
    history: Sequence[AnySnapshot], policy: RetentionPolicy, later: timedelta
) -> None:
    past = [each for each in history if not each.created_at or each.created_at <= NOW]
    assert plan_retention(past, policy, NOW + later) == plan_retention(past, policy, NOW)


@given(histories, policies)
def test_without_groups_the_newest_of_all_that_are_judged_stays(
    history: Sequence[AnySnapshot], policy: RetentionPolicy
) -> None:
    plan = plan_retention(history, policy, NOW, group_by="none")
    judged = [each for each in history if may_be_judged(each, knows_source=False)]
    assert set(plan.delete) <= set(judged)
    if plan.delete:
        newest = max(map(date_of, judged))
        assert any(each.created_at == newest and each in judged for each in plan.keep)


anything = strategies.hostile_disk_snapshots() | strategies.hostile_instance_snapshots()


@given(
    st.lists(anything, max_size=8),
    policies,
    st.datetimes(timezones=st.sampled_from([UTC, ZoneInfo("Asia/Tokyo")])),
    st.sampled_from(["source", "none"]),
)
def test_whatever_the_service_answers_can_be_planned(
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
    assert len(lines) == len(plan.verdicts) + 1
    assert all(line.isprintable() for line in lines)


@given(st.builds(dict, rules))
def test_a_policy_survives_json_and_its_own_fields(chosen: dict[str, Any]) -> None:
    policy = policy_of(chosen)
    assert RetentionPolicy(**json.loads(policy.model_dump_json())) == policy
    assert hash(RetentionPolicy(**dict(policy))) == hash(policy)


@given(st.dictionaries(st.sampled_from([*COUNTS, *SPANS, "keep_tagged", "time_zone", "x"]), junk))
def test_a_policy_is_made_or_refused_with_advice(given_fields: dict[str, Any]) -> None:
    found: tuple[Violation, ...] = ()
    try:
        policy = RetentionPolicy(**given_fields)
    except RequestValidationError as error:
        found = error.violations
        assert len({each.field for each in found}) == len(found) > 0
    else:
        assert plan_retention([], policy, NOW).verdicts == ()
    assert all(each.fix and each.source == "lightsail_snap" for each in found)
