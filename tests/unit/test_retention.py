"""Retention rules one by one, and invalid policies and arguments."""

from __future__ import annotations

import copy
import io
import pickle
import re
import struct
import tomllib
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel, ValidationError

from lightsail_snap.errors import RequestValidationError
from lightsail_snap.models import DiskSnapshot, InstanceSnapshot
from lightsail_snap.retention import (
    OWNERSHIP_TAG,
    AnySnapshot,
    RetentionPolicy,
    by_name,
    by_tag,
    plan_retention,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MANAGED = {"key": OWNERSHIP_TAG}


def disk(name: str, when: str | None = None, **wire: Any) -> DiskSnapshot:
    created = None if when is None else datetime.fromisoformat(when).timestamp()
    given = {"createdAt": created, "state": "completed", "fromDiskName": "a", "tags": [MANAGED]}
    return DiskSnapshot.from_wire({"name": name} | given | wire)


def instance(name: str, when: str, **wire: Any) -> InstanceSnapshot:
    created = datetime.fromisoformat(when).timestamp()
    given = {"createdAt": created, "state": "available", "fromInstanceName": "a", "tags": [MANAGED]}
    return InstanceSnapshot.from_wire({"name": name} | given | wire)


def of_times(*times: str) -> list[AnySnapshot]:
    return [disk(time, time) for time in times]


def reasons(
    snapshots: list[AnySnapshot], zone: str = "UTC", /, now: datetime = NOW, **rules: Any
) -> dict[str, str]:
    """Return the kept snapshots with their reasons."""
    plan = plan_retention(snapshots, RetentionPolicy(time_zone=zone, **rules), now)
    return {v.snapshot.name: "; ".join(v.reasons) for v in plan.decisions if v.keep}


def kept(
    snapshots: list[AnySnapshot], zone: str = "UTC", /, now: datetime = NOW, **rules: Any
) -> list[str]:
    return list(reasons(snapshots, zone, now, **rules))


def test_plan_retention_states_every_rule_that_keeps_a_snapshot() -> None:
    snapshots = of_times("2026-11-23T03:00Z", "2026-11-22T03:00Z")
    first = reasons(
        snapshots,
        keep_last=1,
        keep_hourly=1,
        keep_daily="all",
        keep_weekly=1,
        keep_monthly=1,
        keep_yearly=1,
        keep_within="12h",
        keep_within_daily="1y",
        keep_tagged=[OWNERSHIP_TAG],
    )["2026-11-23T03:00Z"]
    assert first.split("; ") == [
        "newest: of its source",
        f"tagged: {OWNERSHIP_TAG}",
        "within: 12h of the newest",
        "last: 1 of 1",
        "hourly: newest of 2026-11-23 03:00",
        "daily: newest of 2026-11-23",
        "daily within 1y: newest of 2026-11-23",
        "weekly: newest of 2026-W48",
        "monthly: newest of 2026-11",
        "yearly: newest of 2026",
    ]
    assert reasons(snapshots, keep_last="all")["2026-11-22T03:00Z"] == "last: 2 of all"


def test_plan_retention_deletes_unkept_snapshots_oldest_first() -> None:
    snapshots = of_times("2026-11-21T03:00Z", "2026-11-23T03:00Z", "2026-11-22T03:00Z")
    plan = plan_retention(snapshots, RetentionPolicy(time_zone=UTC, keep_last=1), NOW)
    assert [each.name for each in plan.delete] == ["2026-11-21T03:00Z", "2026-11-22T03:00Z"]
    assert plan.decisions[1].reasons == ("no rule keeps it",)
    assert str(plan) == (
        "keep    2026-11-23 03:00  2026-11-23T03:00Z  disk a  "
        "newest: of its source; last: 1 of 1\n"
        "delete  2026-11-22 03:00  2026-11-22T03:00Z  disk a  no rule keeps it\n"
        "delete  2026-11-21 03:00  2026-11-21T03:00Z  disk a  no rule keeps it\n"
        "keep 1, delete 2 (times in UTC)"
    )
    assert plan.to_dict()["time_zone"] == "UTC"
    assert plan.to_dict()["decisions"][2] == {
        "name": "2026-11-21T03:00Z",
        "source": "disk a",
        "created_at": "2026-11-21T03:00:00+00:00",
        "keep": False,
        "reasons": ["no rule keeps it"],
    }


def test_plan_retention_without_snapshots_is_empty() -> None:
    nothing: list[AnySnapshot] = []
    plan = plan_retention(nothing, RetentionPolicy(time_zone="UTC", keep_last=1), NOW)
    assert str(plan) == "keep 0, delete 0 (times in UTC)"
    assert not plan.keep
    assert not plan.delete


def test_keep_daily_does_not_count_days_without_snapshots() -> None:
    snapshots = of_times("2026-11-23T03:00Z", "2026-11-23T02:00Z", "2026-01-01T03:00Z")
    assert kept(snapshots, keep_daily=2) == ["2026-11-23T03:00Z", "2026-01-01T03:00Z"]
    assert kept(snapshots, keep_daily=1) == ["2026-11-23T03:00Z"]


def test_keep_daily_uses_the_days_of_the_time_zone() -> None:
    snapshots = of_times("2026-11-23T03:00Z", "2026-11-22T23:30Z")
    assert len(kept(snapshots, "UTC", keep_daily=5)) == 2
    assert len(kept(snapshots, "Europe/Berlin", keep_daily=5)) == 1


def test_keep_hourly_counts_a_repeated_hour_once() -> None:
    # At 01:00 UTC clocks in Berlin are put back from 03:00 to 02:00.
    snapshots = of_times("2026-10-25T01:30Z", "2026-10-25T00:30Z")
    assert list(reasons(snapshots, "Europe/Berlin", keep_hourly=5).values()) == [
        "newest: of its source; hourly: newest of 2026-10-25 02:00"
    ]


def test_keep_weekly_uses_iso_weeks_across_years() -> None:
    snapshots = of_times("2027-01-03T03:00Z", "2026-12-28T03:00Z", "2026-12-27T03:00Z")
    found = reasons(snapshots, now=datetime(2027, 2, 1, tzinfo=UTC), keep_weekly=2)
    assert found == {
        "2027-01-03T03:00Z": "newest: of its source; weekly: newest of 2026-W53",
        "2026-12-27T03:00Z": "weekly: newest of 2026-W52",
    }


def test_keep_within_measures_from_the_newest_snapshot() -> None:
    snapshots = of_times("2020-03-08T03:00Z", "2020-03-01T04:00Z", "2020-03-01T03:00Z")
    assert kept(snapshots, keep_within="7d") == ["2020-03-08T03:00Z", "2020-03-01T04:00Z"]
    assert kept(snapshots, keep_within=timedelta(days=7)) == kept(snapshots, keep_within="168h")


def test_keep_within_uses_calendar_days_and_elapsed_hours() -> None:
    # Clocks in New York were put forward on the 8th, so the day before lasted 23 hours.
    snapshots = of_times("2020-03-08T16:00Z", "2020-03-07T16:30Z")
    assert len(kept(snapshots, "America/New_York", keep_within="1d")) == 1
    assert len(kept(snapshots, "America/New_York", keep_within="24h")) == 2


def test_keep_within_months_overflows_missing_days_as_restic() -> None:
    snapshots = of_times("2026-03-31T00:00Z", "2026-03-03T00:00:01Z", "2026-03-03T00:00Z")
    assert kept(snapshots, keep_within="1m") == ["2026-03-31T00:00Z", "2026-03-03T00:00:01Z"]


def test_keep_within_reads_a_repeated_local_time_as_the_earlier() -> None:
    snapshots = of_times("2026-10-26T01:30Z", "2026-10-25T00:30:01Z", "2026-10-25T00:30Z")
    assert kept(snapshots, "Europe/Berlin", keep_within="1d") == [
        "2026-10-26T01:30Z",
        "2026-10-25T00:30:01Z",
    ]


def test_keep_within_hours_ignores_changes_of_the_local_clock() -> None:
    # The clock in Berlin shows 02:30 for the second time.
    snapshots = of_times("2026-10-25T01:30Z", "2026-10-25T00:30:01Z", "2026-10-25T00:29Z")
    assert len(kept(snapshots, "Europe/Berlin", keep_within="1h")) == 2


def test_keep_within_reads_a_skipped_local_time_as_the_earlier() -> None:
    snapshots = of_times("2026-03-30T00:30Z", "2026-03-29T00:30:01Z", "2026-03-29T00:30Z")
    assert kept(snapshots, "Europe/Berlin", keep_within="1d") == [
        "2026-03-30T00:30Z",
        "2026-03-29T00:30:01Z",
    ]


@pytest.mark.parametrize(
    "forever",
    ["3000y", "999999999999y", "999999999999m", "999999999999d", "999999999999h", timedelta.max],
)
def test_keep_within_before_year_one_keeps_all(forever: Any) -> None:
    if isinstance(forever, timedelta):
        forever -= forever % timedelta(hours=1)
    assert len(kept(of_times("2026-11-23T03:00Z", "0001-01-01T00:00Z"), keep_within=forever)) == 2


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo"])
def test_plan_retention_accepts_the_first_and_last_date(zone: str) -> None:
    times = ["9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+00:00"]
    snapshots: list[AnySnapshot] = [
        disk(time).model_copy(update={"created_at": datetime.fromisoformat(time)}) for time in times
    ]
    assert len(kept(snapshots, zone, keep_yearly=2, keep_weekly=1)) == 2


def test_keep_tagged_matches_key_value_or_several_tags() -> None:
    env, tier = {"key": "env", "value": "prod"}, {"key": "tier", "value": ""}
    snapshots: list[AnySnapshot] = [
        disk("newest", "2026-11-23T03:00Z"),
        disk("both", "2026-11-22T03:00Z", tags=[MANAGED, env, tier]),
        disk("env", "2026-11-21T03:00Z", tags=[MANAGED, env]),
        disk("key-only", "2026-11-20T03:00Z", tags=[MANAGED, {"key": "env"}]),
    ]
    assert kept(snapshots, keep_tagged=["env"]) == ["newest", "both", "env", "key-only"]
    assert kept(snapshots, keep_tagged=["env=prod"]) == ["newest", "both", "env"]
    assert kept(snapshots, keep_tagged=["env=prod,tier="]) == ["newest", "both"]
    assert kept(snapshots, keep_tagged=["env=None"]) == ["newest"]
    assert reasons(snapshots, keep_tagged=("x", "env,tier"))["both"] == "tagged: env,tier"


def test_plan_retention_with_equal_dates_orders_by_name() -> None:
    snapshots: list[AnySnapshot] = [disk(name, "2026-11-23T03:00Z") for name in "bca"]
    assert kept(snapshots, keep_daily=1) == ["a"]


def test_plan_retention_order_of_equal_dates_ignores_other_snapshots() -> None:
    noon = "2026-11-23T12:00Z"
    kept = [disk("s02", noon, fromDiskName="b"), disk("s03", noon)]
    policy = RetentionPolicy(time_zone="UTC", keep_last=1)
    plan = plan_retention([disk("s01", "2026-11-23T11:30Z"), *kept], policy, NOW)
    assert plan.keep == plan_retention(plan.keep, policy, NOW).keep == tuple(kept)


def test_plan_retention_keeps_future_snapshots_without_measuring_from_them() -> None:
    snapshots = of_times("2036-01-01T00:00Z", "2026-11-23T03:00Z", "2026-11-22T03:00Z")
    found = reasons(snapshots, keep_within="2d")
    assert list(found) == ["2036-01-01T00:00Z", "2026-11-23T03:00Z", "2026-11-22T03:00Z"]
    assert found["2026-11-23T03:00Z"].startswith("newest: of its source until now")
    assert len(kept(snapshots, keep_last=1)) == 2
    assert len(kept(snapshots[:1] + of_times("2035-01-01T00:00Z"), keep_within="1h")) == 2


def test_plan_retention_keeps_exempt_snapshots_and_does_not_count_them() -> None:
    snapshots: list[AnySnapshot] = [
        disk("managed", "2026-11-01T03:00Z"),
        disk("unmanaged", "2026-11-23T03:00Z", tags=[{"key": "env"}]),
        disk("pending", "2026-11-22T03:00Z", state="pending"),
        disk("stateless", "2026-11-21T03:00Z", state=None),
        instance("disk-state", "2026-11-20T03:00Z", state="completed"),
        disk("sourceless", "2026-11-19T03:00Z", fromDiskName=None),
        disk("dateless"),
    ]
    assert reasons(snapshots, keep_last=1) == {
        "unmanaged": "not owned",
        "pending": "not completed: pending",
        "stateless": "not completed: no state",
        "disk-state": "not available: completed",
        "sourceless": "no source",
        "managed": "newest: of its source; last: 1 of 1",
        "dateless": "no date",
    }


def test_plan_retention_counts_each_kind_source_and_region_separately() -> None:
    frankfurt = {"regionName": "eu-central-1"}
    snapshots: list[AnySnapshot] = [
        disk("disk", "2026-11-23T03:00Z"),
        disk("other", "2026-11-22T03:00Z", fromDiskName="b"),
        disk("system", "2026-11-21T03:00Z", fromDiskName=None, fromInstanceName="a"),
        instance("instance", "2026-11-20T03:00Z"),
        disk("abroad", "2026-11-19T03:00Z", location=frankfurt),
        disk("disk", "2026-11-18T03:00Z", location=frankfurt),
    ]
    assert kept(snapshots, keep_last=1) == ["disk", "other", "system", "instance", "abroad"]
    policy = RetentionPolicy(time_zone="UTC", keep_last=1)
    plan = plan_retention(snapshots, policy, NOW, group_by="none")
    assert [each.name for each in plan.keep] == ["disk"]
    assert plan.decisions[0].reasons[0] == "newest: of all"
    assert "system volume a" in str(plan)


def test_plan_retention_counts_duplicates_once_and_keeps_differing_ones() -> None:
    old = disk("old", "2026-11-22T03:00Z")
    twice: list[AnySnapshot] = [
        disk("new", "2026-11-23T03:00Z"),
        disk("new", "2026-11-23T03:00Z", state="pending"),
    ]
    assert kept([twice[0], twice[0], old], keep_last=1) == ["new"]
    policy = RetentionPolicy(time_zone="UTC", keep_last=1)
    plan = plan_retention([*twice, old], policy, NOW)
    assert [decision.reasons[0] for decision in plan.decisions] == [
        "listed twice: and not alike",
        "listed twice: and not alike",
        "newest: of its source",
    ]
    assert plan_retention([*twice[::-1], old], policy, NOW) == plan


def test_by_tag_and_by_name_match_snapshots() -> None:
    tagged = disk("nightly-1", "2026-11-23T03:00Z", tags=[{"key": "job", "value": "nightly"}])
    assert by_tag("job")(tagged)
    assert by_tag("job", "nightly")(tagged)
    assert not by_tag("job", "")(tagged)
    assert not by_tag("JOB")(tagged)
    assert by_name("nightly-*")(tagged)
    assert not by_name("nightly")(tagged)
    assert not by_name("Nightly-*")(tagged)
    assert by_name(re.compile(r"[a-z]+-\d"))(tagged)
    assert not by_name(re.compile("nightly"))(tagged)


def test_plan_retention_deletes_only_owned_snapshots() -> None:
    snapshots = of_times("2026-11-23T03:00Z", "2026-11-22T03:00Z")
    policy = RetentionPolicy(time_zone="UTC", keep_last=1)
    assert plan_retention(snapshots, policy, NOW, owned=by_name("*")).delete
    assert not plan_retention(snapshots, policy, NOW, owned=by_name("x*")).delete


def test_policy_from_toml_is_normalized() -> None:
    table = tomllib.loads(
        """
        time_zone = "Europe/Berlin"
        keep_daily = 7
        keep_monthly = "all"
        keep_within = "2h01d"
        keep_within_weekly = "0d"
        keep_tagged = ["keep"]
        """
    )
    policy = RetentionPolicy(**table)
    assert policy.keep_within == "1d2h"
    assert policy.keep_within_weekly is None
    assert policy.keep_tagged == ("keep",)
    other = RetentionPolicy(
        time_zone=ZoneInfo("Europe/Berlin"),
        keep_daily=7,
        keep_monthly="all",
        keep_within="1d2h",
        keep_within_hourly=timedelta(0),
        keep_tagged=["keep"],
    )
    assert other == policy
    assert hash(other) == hash(policy)
    assert copy.deepcopy(policy) == policy
    assert pickle.loads(pickle.dumps(policy)) == policy  # noqa: S301 - pickled above
    assert RetentionPolicy.model_json_schema()["properties"]["time_zone"]["type"] == "string"


def test_decision_is_hashable_and_pickles() -> None:
    plan = plan_retention(
        of_times("2026-11-23T03:00Z"), RetentionPolicy(time_zone=UTC, keep_last=1), NOW
    )
    assert pickle.loads(pickle.dumps(plan)) == plan  # noqa: S301 - pickled above
    assert len({plan.decisions[0], plan.decisions[0]}) == 1


WRONG: dict[str, list[Any]] = {
    "keep_last": [
        *[-1, True, 1.0, "ALL", []],
        *["", "-1", "+7", " 7", "7 ", "7.0", "1_0", "true", "٣", "9" * 13, b"7"],
    ],
    "keep_within": [
        *["", "7", "d", "7x", "-7d", "7d7d", " 7d", "7d ", 7, "9" * 5000 + "d"],
        timedelta(hours=-1),
        timedelta(minutes=90),
    ],
    "keep_tagged": ["env", b"env", 7, [7], [""], ["a,"], {"a"}, None],
    "time_zone": [
        *["", "Nowhere/Else", "America", "../UTC", "\0", 7, None],
        timezone(timedelta(hours=1)),
    ],
    "keep_fortnightly": [1],
}


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in WRONG.items() for value in values]
)
def test_policy_with_an_invalid_value_is_rejected(field: str, value: Any) -> None:
    fields: dict[str, Any] = {"time_zone": "UTC", "keep_daily": 1} | {field: value}
    with pytest.raises(RequestValidationError) as caught:
        RetentionPolicy(**fields)
    (violation,) = caught.value.violations
    assert violation.field == field
    assert violation.source == "lightsail_snap"


@pytest.mark.parametrize(("given", "read"), [("7", 7), ("0", 0), ("007", 7), ("all", "all")])
def test_policy_reads_digits_as_a_number(given: str, read: object) -> None:
    policy = RetentionPolicy(time_zone="UTC", keep_daily=1, **cast("Any", {"keep_last": given}))
    assert policy.keep_last == read
    assert type(policy.keep_last) is type(read)


def test_policy_with_many_errors_reports_all() -> None:
    wrong: dict[str, Any] = {"keep_last": -1, "keep_daily": 1.5, "keep_forever": 1}
    with pytest.raises(RequestValidationError) as caught:
        RetentionPolicy(**wrong)
    assert {each.field for each in caught.value.violations} == {"time_zone", *wrong}


@pytest.mark.parametrize(
    "rules", [{}, {"keep_last": 0}, {"keep_within": "0h", "keep_tagged": []}, {"keep_last": None}]
)
def test_policy_that_keeps_nothing_is_rejected(rules: dict[str, Any]) -> None:
    with pytest.raises(RequestValidationError, match="must keep something"):
        RetentionPolicy(time_zone="UTC", **rules)


def test_plan_retention_validates_a_copied_policy() -> None:
    policy = RetentionPolicy(time_zone="UTC", keep_last=1).model_copy(update={"keep_last": 0})
    with pytest.raises(RequestValidationError, match="must keep something"):
        plan_retention([], policy, NOW)


def test_policy_with_a_nameless_zone_is_rejected() -> None:
    # The shortest file there is: version 1, one kind of time, no changes.
    header = struct.pack(">4s1s15x6l", b"TZif", b"\0", 0, 0, 0, 0, 1, 4)
    nameless = ZoneInfo.from_file(io.BytesIO(header + struct.pack(">l2b", 0, 0, 0) + b"UTC\0"))
    with pytest.raises(RequestValidationError, match="IANA"):
        RetentionPolicy(time_zone=nameless, keep_last=1)


def test_policy_in_another_model_reports_all_errors() -> None:
    class Job(BaseModel):
        name: str
        retention: RetentionPolicy

    job = Job.model_validate({"name": "db", "retention": {"time_zone": "UTC", "keep_last": 1}})
    assert job.retention.keep_last == 1
    with pytest.raises(ValidationError) as caught:
        Job.model_validate({"retention": {"time_zone": "UTC", "keep_last": -1}})
    assert {each["loc"] for each in caught.value.errors()} == {
        ("name",),
        ("retention", "keep_last"),
    }


POLICY = RetentionPolicy(time_zone="UTC", keep_last=1)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("policy", {"policy": {"keep_last": 1}}),
        ("now", {"now": datetime(2026, 11, 23)}),  # noqa: DTZ001 - that is what is wrong
        ("now", {"now": "2026-11-23T00:00Z"}),
        ("group_by", {"group_by": "host"}),
        ("group_by", {"group_by": []}),
        ("owned", {"owned": "nightly-*"}),
        ("snapshots", {"snapshots": None}),
        ("snapshots[1]", {"snapshots": [disk("a"), "b"]}),
        (
            "snapshots[0].created_at",
            {"snapshots": [disk("a").model_copy(update={"created_at": NOW.replace(tzinfo=None)})]},
        ),
        ("owned", {"snapshots": [disk("a")], "owned": lambda _: "yes"}),
    ],
)
def test_plan_retention_with_an_invalid_argument_is_rejected(
    field: str, wrong: dict[str, Any]
) -> None:
    arguments: dict[str, Any] = {"snapshots": [], "policy": POLICY, "now": NOW} | wrong
    with pytest.raises(RequestValidationError) as caught:
        plan_retention(**arguments)
    assert caught.value.violations[0].field == field


async def _owned(_: object) -> bool:
    return True


@pytest.mark.filterwarnings("ignore:coroutine .* was never awaited")  # quoted from Python
def test_plan_retention_with_a_predicate_that_returns_no_bool_is_rejected() -> None:
    owned: Any = _owned
    with pytest.raises(RequestValidationError, match="True or False"):
        plan_retention([disk("a")], POLICY, NOW, owned=owned)


@pytest.mark.parametrize(
    ("create", "field"),
    [
        (lambda: by_tag(""), "key"),
        (lambda: by_tag(None), "key"),  # type: ignore[arg-type] # the invalid value
        (lambda: by_tag("a", 7), "value"),  # type: ignore[arg-type] # likewise
        (lambda: by_name(""), "pattern"),
        (lambda: by_name(7), "pattern"),  # type: ignore[arg-type] # likewise
        (lambda: by_name(re.compile(b"a")), "pattern"),  # type: ignore[arg-type] # likewise
    ],
)
def test_by_tag_and_by_name_with_invalid_arguments_are_rejected(create: Any, field: str) -> None:
    with pytest.raises(RequestValidationError) as caught:
        create()
    assert caught.value.violations[0].field == field
