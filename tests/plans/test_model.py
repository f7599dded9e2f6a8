"""Plans as data: reading, writing, validation."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightsail_snap import RequestValidationError
from lightsail_snap.plans import BackupPlan, Quiesce, Run, Selection, Slot, Weekday
from lightsail_snap.plans._model import _models_in
from lightsail_snap.retention import OWNERSHIP_TAG, SOURCE_REGION_TAG, RetentionPolicy

TOML = """
name = "nightly"
region = "us-east-1"
slot = "day"
name_template = "{plan}.{source}.{time}"
copies = ["us-west-2"]
tags = {env = "prod", key-only = ""}
timeout = 7200

[select]
kind = "disk"
names = ["db-1"]
globs = ["web-*"]
tags = ["backup", "env=prod,tier=db"]
exclude = ["*-tmp"]

[quiesce]
before = ["systemctl", "stop", "app"]
after = ["systemctl", "start", "app"]
timeout = 10

[retention]
time_zone = "Europe/Berlin"
keep_daily = 7
keep_monthly = "all"

[copy_retention]
time_zone = "UTC"
keep_last = 2
"""


def test_plan_from_toml_has_all_fields() -> None:
    plan = BackupPlan.from_toml(TOML)
    assert plan.select == Selection(
        kind="disk",
        names=("db-1",),
        globs=("web-*",),
        tags=("backup", "env=prod,tier=db"),
        exclude=("*-tmp",),
    )
    assert plan.timeout == timedelta(hours=2)
    assert plan.quiesce == Quiesce(
        before=("systemctl", "stop", "app"),
        after=("systemctl", "start", "app"),
        timeout=timedelta(seconds=10),
    )
    assert plan.retention == RetentionPolicy(
        time_zone="Europe/Berlin", keep_daily=7, keep_monthly="all"
    )
    assert [(tag.key, tag.value) for tag in plan.all_tags] == [
        ("env", "prod"),
        ("key-only", ""),
        (OWNERSHIP_TAG, "nightly"),
    ]


def test_plan_from_a_file_equals_the_plan_from_its_content(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text(TOML, encoding="utf-8")
    plan = BackupPlan.from_toml(tmp_path / "plan.toml")
    (tmp_path / "plan.json").write_text(plan.to_json(indent=2), encoding="utf-8")
    assert BackupPlan.from_json(tmp_path / "plan.json") == plan
    assert BackupPlan.from_toml(TOML.encode()) == plan
    with pytest.raises(FileNotFoundError):
        BackupPlan.from_toml(tmp_path / "none.toml")


names = st.from_regex(r"[A-Za-z0-9_]([A-Za-z0-9_.\-]{0,62}[A-Za-z0-9_])?", fullmatch=True)
regions = st.sampled_from(["us-east-1", "eu-west-1", "ap-south-1", "xx-new-9"])
texts = st.text("ab c", min_size=1, max_size=5)
policies = st.builds(
    RetentionPolicy,
    time_zone=st.just("UTC"),
    keep_last=st.integers(1, 5) | st.just("all"),
    keep_within=st.none() | st.just("1y2d"),
)
durations = st.timedeltas(timedelta(microseconds=1), timedelta(days=365))
selections = st.builds(
    Selection,
    kind=st.sampled_from(["disk", "instance_system_disk", "instance"]),
    names=st.lists(names, min_size=1, max_size=3),
    globs=st.lists(st.sampled_from(["*", "db-?"]), max_size=2),
    tags=st.lists(st.sampled_from(["a", "a=b", "a,b=c"]), max_size=2),
    allow_missing=st.booleans(),
)
disk_selections = st.builds(Selection, kind=st.just("disk"), names=st.lists(names, min_size=1))
hooks = st.builds(
    Quiesce,
    before=st.lists(texts, min_size=1),
    after=st.lists(texts, min_size=1),
    timeout=durations,
) | st.builds(Quiesce, mount_point=st.just("/mnt/data"))
plans = st.builds(
    BackupPlan,
    name=names,
    region=st.just("us-east-2") | st.just(["us-east-2", "us-west-2"]),
    account=st.none() | texts,
    select=selections | st.lists(disk_selections, min_size=1, max_size=3),
    name_template=st.just("{plan}-{region}-{source}-{kind}-{time}"),
    slot=st.sampled_from(get_args(Slot)),
    min_interval=st.none() | durations,
    tags=st.dictionaries(st.text("abc", min_size=1), st.none() | st.text("xyz"), max_size=5),
    quiesce=st.none() | hooks,
    copies=st.lists(regions, unique=True),
    retention=st.none() | policies,
    timeout=durations,
)


@given(plans)
def test_plan_survives_json_dump_pickle_and_copy(plan: BackupPlan) -> None:
    for again in (
        BackupPlan.from_json(plan.to_json()),
        BackupPlan.from_json(plan.to_json(indent=1).encode()),
        BackupPlan(**plan.model_dump()),
        BackupPlan(**plan.model_dump(mode="json")),
        pickle.loads(pickle.dumps(plan)),  # noqa: S301 - pickled above
        copy.deepcopy(plan),
    ):
        assert again == plan
        assert hash(again) == hash(plan)


def test_models_have_a_strict_json_schema() -> None:
    for model in (BackupPlan, Run):
        schema = json.loads(json.dumps(model.model_json_schema()))
        assert schema["additionalProperties"] is False
    assert set(BackupPlan.model_json_schema()["required"]) == {"name", "region", "select"}


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_plan_as_json_matches_its_schema(mode: Any) -> None:
    schema = BackupPlan.model_json_schema(mode=mode)
    validator = jsonschema.validators.validator_for(schema)(schema)

    @given(plans)
    def check(plan: BackupPlan) -> None:
        validator.validate(json.loads(plan.to_json()))

    check()


def test_plan_with_many_errors_reports_all_with_a_fix() -> None:
    with pytest.raises(RequestValidationError) as caught:
        BackupPlan.from_toml(
            """
            name = "a b"
            region = "us-east-1a"
            foo = 1
            timeout = -1
            name_template = "{plan}"
            [select]
            kind = "tape"
            glob = 1
            tags = ["a,,b"]
            [retention]
            keep_last = -1
            [quiesce]
            befor = 1
            """
        )
    found = {each.field: each for each in caught.value.violations}
    assert found.keys() == {
        "name", "region", "foo", "timeout", "name_template", "select.kind", "select.glob",
        "select.tags[0]", "retention.time_zone", "retention.keep_last", "quiesce.befor",
    }  # fmt: skip
    assert all(each.fix for each in found.values())
    assert found["select.glob"].fix == "did you mean globs?"
    assert "leave it out; BackupPlan takes name, region" in found["foo"].fix
    assert found["quiesce.befor"].fix == "did you mean before?"
    assert found["select.kind"].rule == "must be 'disk', 'instance_system_disk' or 'instance'"
    assert found["select.kind"].fix == "write one of disk, instance_system_disk, instance"


BASE: dict[str, Any] = {
    "name": "plan",
    "region": "us-east-1",
    "select": {"kind": "disk", "globs": ["*"]},
}
POLICY = {"time_zone": "UTC", "keep_last": 1}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"select": {"kind": "disk"}}, "at least one of names, globs and tags"),
        ({"name_template": "{source}"}, "without {time}, all runs would use the same name"),
        ({"name_template": "{time:>3}"}, "and no other braces"),
        ({"name_template": "{time!r}"}, "and no other braces"),
        ({"name_template": "{time}{"}, "and no other braces"),
        ({"name_template": "{time}{}"}, "and no other braces"),
        ({"name_template": "{time.x}{time}"}, "and no other braces"),
        ({"name_template": 3}, "and no other braces"),
        ({"tags": {OWNERSHIP_TAG: "x"}}, "without the reserved keys"),
        ({"tags": {f"k{n}": None for n in range(49)}}, "at most 48"),
        ({"copies": ["us-east-1"]}, "other than the plan's own"),
        ({"region": [], "copies": ["us-east-1"]}, "region: must be an AWS Region, or a list"),
        ({"region": ["us-east-1", "us-east-1"]}, "region: must be an AWS Region, or a list"),
        ({"region": ["us-east-1", "x"]}, r"region\[1\]: must be an AWS Region such as"),
        ({"region": ["us-east-1", "us-west-2"], "copies": ["us-west-2"]}, "write two plans"),
        (
            {"region": ["us-east-1", "us-west-2"], "copies": ["eu-west-1"]},
            r"must contain \{region\} if snapshots of several Regions are copied",
        ),
        (
            {"region": ["us-east-1", "us-west-2"], "tags": {f"k{n}": None for n in range(48)}},
            "or 47 with several Regions",
        ),
        ({"tags": {SOURCE_REGION_TAG: "x"}}, "without the reserved keys"),
        ({"select": []}, "must be a selection, or a list of selections"),
        ({"select": [{"kind": "disk", "globs": ["*"]}, {"kind": "x"}]}, r"select\[1\].kind"),
        (
            {
                "select": [
                    {"kind": "instance", "globs": ["*"]},
                    {"kind": "instance_system_disk", "globs": ["*"]},
                ]
            },
            r"must contain \{kind\} if both instance and instance_system_disk are selected",
        ),
        ({"slot": "5h"}, "'minute', 'hour', '2h', '3h', '4h', '6h', '8h', '12h', 'day'"),
        ({"week_starts_on": "sunday"}, "requires slot = 'week'"),
        ({"slot": "week", "week_starts_on": "Sunday"}, "did you mean sunday"),
        ({"month_starts_on": 1}, "requires slot = 'month'"),
        ({"slot": "month", "month_starts_on": 32}, "must be a day of the month, 1 to 31"),
        ({"min_interval": 0}, "min_interval = 'PT20H'"),
        ({"copies": ["us-west-2", "us-west-2"]}, "each once"),
        ({"copy_retention": POLICY}, "requires copies and retention"),
        ({"copy_retention": POLICY, "copies": ["us-west-2"]}, "requires copies and retention"),
        ({"quiesce": {}}, "either a mount_point or the commands"),
        ({"quiesce": {"before": ["a"]}}, "either a mount_point or the commands"),
        ({"quiesce": {"mount_point": "/a", "after": ["a"]}}, "either a mount_point"),
        ({"timeout": timedelta(0)}, "more than 0"),
        ({"name": "x" * 65}, "1 to 64"),
        ({"copies": "us-west-2"}, r"copies: must be a list.*put it in brackets: copies = \[...\]"),
        ({"select": {"kind": "disk", "globs": "db-*"}}, r"must be a list.*globs = \[...\]"),
    ],
)
def test_plan_with_contradictory_fields_is_rejected(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestValidationError, match=message):
        BackupPlan(**(BASE | changes))


@pytest.mark.parametrize("text", ["name = ", b"\xff", "[1]", 3, None])
def test_plan_from_an_invalid_document_is_rejected(text: Any) -> None:
    with pytest.raises(RequestValidationError):
        BackupPlan.from_toml(text)


def test_plan_from_json_without_an_object_is_rejected() -> None:
    with pytest.raises(RequestValidationError, match="must be a JSON object"):
        BackupPlan.from_json("[1]")


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"slot": "minute"}, "20261123T0307Z"),
        ({"slot": "hour"}, "20261123T03Z"),
        ({"slot": "2h"}, "20261123T02Z"),
        ({"slot": "12h"}, "20261123T00Z"),
        ({"slot": "day"}, "20261123"),
        ({"slot": "week"}, "20261123"),
        ({"slot": "week", "week_starts_on": "sunday"}, "20261122"),
        ({"slot": "week", "week_starts_on": "tuesday"}, "20261117"),
        ({"slot": "month"}, "20261101"),
        ({"slot": "month", "month_starts_on": 23}, "20261123"),
        ({"slot": "month", "month_starts_on": 24}, "20261024"),
        ({"slot": "month", "month_starts_on": 31}, "20261031"),
    ],
)
def test_slot_of_returns_the_utc_time(fields: Any, text: str) -> None:
    plan = BackupPlan(**(BASE | fields))
    now = datetime(2026, 11, 23, 3, 7, 59, tzinfo=UTC)
    assert plan.slot_of(now) == text
    assert plan.name_for("db", now) == f"plan-db-{text}"


def test_slot_of_a_month_begins_on_the_last_day_of_a_month_that_lacks_the_day() -> None:
    plan = BackupPlan(**(BASE | {"slot": "month", "month_starts_on": 31}))
    days = [datetime(2028, 1, 1, tzinfo=UTC) + timedelta(days=n) for n in range(366)]
    first_days = [day for day in days if plan.slot_of(day) != plan.slot_of(day - timedelta(days=1))]
    assert [day.month for day in first_days] == list(range(1, 13))
    assert [day.day for day in first_days] == [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


slots = st.one_of(
    st.fixed_dictionaries({"slot": st.sampled_from(get_args(Slot))}),
    st.fixed_dictionaries(
        {"slot": st.just("week"), "week_starts_on": st.sampled_from(get_args(Weekday))}
    ),
    st.fixed_dictionaries({"slot": st.just("month"), "month_starts_on": st.integers(1, 31)}),
)
times = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - with the time zones


@given(slots, times, st.timedeltas(timedelta(0), timedelta(days=70)))
def test_slots_partition_time_and_sort_as_their_names(
    fields: dict[str, Any], time: datetime, distance: timedelta
) -> None:
    plan = BackupPlan(**(BASE | fields))
    start = plan._slot_start(time)
    assert start <= time
    assert plan.slot_of(start) == plan.slot_of(time)
    if start > FIRST_DAY:
        before = start - timedelta.resolution
        assert plan.slot_of(before) < plan.slot_of(start)
        assert plan._slot_start(before) < start
    later = min(time, datetime.max.replace(tzinfo=UTC) - distance) + distance
    assert (plan.slot_of(later) == plan.slot_of(time)) == (plan._slot_start(later) == start)
    assert plan.slot_of(later) >= plan.slot_of(time)


FIRST_DAY = datetime.min.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "fields",
    [{"slot": "week", "week_starts_on": "sunday"}, {"slot": "month", "month_starts_on": 15}],
)
def test_slot_that_begins_before_the_year_1_begins_then(fields: dict[str, Any]) -> None:
    plan = BackupPlan(**(BASE | fields))
    assert plan.slot_of(FIRST_DAY) == "00010101"
    assert plan._slot_start(FIRST_DAY) == FIRST_DAY


def test_plan_with_several_regions_and_selections_has_all_of_them() -> None:
    plan = BackupPlan.from_toml(
        """
        name = "all"
        region = ["us-east-1", "eu-west-1"]
        copies = ["us-west-2"]
        name_template = "{plan}-{region}-{source}-{kind}-{time}"
        [[select]]
        kind = "disk"
        globs = ["*"]
        [[select]]
        kind = "instance"
        tags = ["backup"]
        [retention]
        time_zone = "UTC"
        keep_last = 2
        [copy_retention]
        time_zone = "UTC"
        keep_last = 1
        """
    )
    assert plan.source_regions == plan.region == ("us-east-1", "eu-west-1")
    assert plan.regions == ("us-east-1", "eu-west-1", "us-west-2")
    assert [each.kind for each in plan.selections] == ["disk", "instance"]
    policies = [plan.policy_of(region) for region in plan.regions]
    assert policies == [plan.retention, plan.retention, plan.copy_retention]
    now = datetime(2026, 11, 23, 3, tzinfo=UTC)
    assert plan.name_for("db", now) == "all-us-east-1-db-disk-20261123T03Z"
    name = plan.name_for("web", now, region="eu-west-1", kind="instance")
    assert name == "all-eu-west-1-web-instance-20261123T03Z"


def test_plan_with_a_list_of_one_equals_the_plan_with_the_item() -> None:
    plan = BackupPlan(**BASE)
    alike = BackupPlan(**(BASE | {"region": ["us-east-1"], "select": [BASE["select"]]}))
    assert alike == plan
    assert (alike.region, alike.source_regions) == ("us-east-1", ("us-east-1",))
    assert alike.selections == (alike.select,) == (plan.select,)


def test_selection_includes_names_globs_or_tags_without_excluded() -> None:
    select = Selection(
        kind="disk",
        names=("one",),
        globs=("db-?",),
        tags=("keep", "env=prod,tier=db"),
        exclude=("*-9",),
    )
    tagged: dict[str, str | None] = {"env": "prod", "tier": "db"}
    assert select.includes("one", {})
    assert select.includes("db-1", {})
    assert not select.includes("DB-1", {})
    assert not select.includes("db-9", {"keep": None})
    assert select.includes("xx", {"keep": "anything"})
    assert select.includes("xx", tagged)
    assert not select.includes("xx", {"env": "prod"})


def test_models_in_finds_nested_models() -> None:
    assert _models_in(Quiesce | None) == [Quiesce]
    assert _models_in(tuple[Selection, ...]) == [Selection]
    assert _models_in(int) == []
