"""Policies and plans from strings, as environment variables hold them, and the types that are read.

pydantic-settings passes nested environment variables as nested dicts of strings. It parses those of
lists as JSON.
"""

from __future__ import annotations

import warnings
from datetime import UTC, timedelta
from typing import Any, get_type_hints
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from lightsail_snap import RetentionPolicy, Scope, WaitPolicy
from lightsail_snap.plans import BackupPlan, Quiesce, Selection

SELECT = {"kind": "disk", "names": ["db"]}


class Settings(BaseModel):
    """The settings of an application."""

    retention: RetentionPolicy | None = None
    wait: WaitPolicy | None = None
    plan: BackupPlan | None = None
    scope: Scope | None = None


def test_policy_from_strings_is_read() -> None:
    values = {
        "time_zone": "Europe/Berlin",
        "keep_last": "3",
        "keep_daily": "7",
        "keep_weekly": "all",
        "keep_within": "3d",
        "keep_tagged": ["env=prod"],
    }
    expected = RetentionPolicy(
        time_zone=ZoneInfo("Europe/Berlin"),
        keep_last=3,
        keep_daily=7,
        keep_weekly="all",
        keep_within="3d",
        keep_tagged=["env=prod"],
    )
    assert Settings.model_validate({"retention": values}).retention == expected


def test_plan_from_strings_is_read() -> None:
    values = {
        "name": "nightly",
        "region": "us-east-1",
        "select": {**SELECT, "allow_missing": "true"},
        "retention": {"time_zone": "UTC", "keep_last": "3"},
        "minimum_remaining": "2",
        "max_deletions": "0",
        "timeout": "3600",
        "quiesce": {"mount_point": "/mnt", "timeout": "5"},
    }
    plan = Settings.model_validate({"plan": values}).plan
    assert plan
    assert plan.selections[0].allow_missing is True
    assert plan.retention == RetentionPolicy(time_zone="UTC", keep_last=3)
    assert (plan.minimum_remaining, plan.max_deletions) == (2, 0)
    assert plan.timeout == timedelta(hours=1)
    assert plan.quiesce
    assert plan.quiesce.timeout == timedelta(seconds=5)


@pytest.mark.parametrize(("given", "read"), [("true", True), ("false", False)])
def test_bool_of_a_plan_is_read_from_a_string(given: str, *, read: bool) -> None:
    selection = Selection(kind="disk", names=["db"], allow_missing=given)  # type: ignore[arg-type] # strings of environment variables
    assert selection.allow_missing is read


@pytest.mark.parametrize("field", ["minimum_remaining", "max_deletions"])
@pytest.mark.parametrize(
    "value", [True, False, "true", "", "-1", "+1", "1.0", " 1", "1_0", "٣", 1.0]
)
def test_number_of_a_plan_from_another_string_is_refused(field: str, value: object) -> None:
    values = {"name": "nightly", "region": "us-east-1", "select": SELECT, field: value}
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"plan": values})
    assert [each["loc"] for each in caught.value.errors()] == [("plan", field)]


@pytest.mark.parametrize("value", ["", "-1", "0", "3600s", "true", "1 2"])
def test_timeout_of_a_plan_from_another_string_is_refused(value: str) -> None:
    values = {"name": "nightly", "region": "us-east-1", "select": SELECT, "timeout": value}
    with pytest.raises(ValidationError, match="must be a number of seconds or a duration"):
        Settings.model_validate({"plan": values})


def test_wait_policy_from_strings_is_read() -> None:
    wait = Settings.model_validate({"wait": {"timeout": "1800", "min_delay": "0.5"}}).wait
    assert wait == WaitPolicy(timeout=1800.0, min_delay=0.5)
    wait = Settings.model_validate({"wait": {"timeout": "PT1H"}}).wait
    assert wait == WaitPolicy(timeout=timedelta(hours=1))


def test_scope_from_strings_is_read() -> None:
    values = {"owner": "nightly", "names": ["before-*"]}
    scope = Settings.model_validate({"scope": values}).scope
    assert scope == Scope(owner="nightly", names=["before-*"])


WIDE: list[BaseModel] = [
    RetentionPolicy(
        time_zone=ZoneInfo("Europe/Berlin"),
        keep_last=3,
        keep_daily="all",
        keep_within=timedelta(days=3),
        keep_within_daily="1m",
        keep_tagged=["env=prod"],
        delete_older_than=timedelta(days=90),
    ),
    RetentionPolicy(time_zone=UTC, keep_within=timedelta(0), keep_last=1),
    Scope(owner="nightly", names=["a"], sources=["b"]),
    Selection(kind="disk", names=["db"], globs=["a*"], tags=["env"], exclude=["b*"]),
    Quiesce(mount_point="/mnt", timeout=5),
    Quiesce(before=["sync"], after=["true"], timeout="PT5S"),
    BackupPlan(
        name="nightly",
        region="us-east-1",
        select=SELECT,
        tags={"env": "prod"},
        copies=["us-west-2"],
        retention={"time_zone": "UTC", "keep_last": 3},
        copy_retention={"time_zone": "UTC", "keep_last": 1},
        quiesce={"mount_point": "/mnt"},
        max_deletions=3,
        timeout=3600,
        min_interval="PT20H",
    ),
]


@pytest.mark.parametrize("model", WIDE, ids=lambda model: type(model).__name__)
def test_field_is_read_as_the_type_that_it_declares(model: BaseModel) -> None:
    """Wide input belongs to `__init__` only."""
    for name, hint in get_type_hints(type(model)).items():
        if name in type(model).model_fields:
            value = getattr(model, name)
            TypeAdapter(hint).validate_python(value, strict=True)
            declared = str(hint)
            assert "timedelta" not in declared or isinstance(value, timedelta)
            assert "tzinfo" not in declared
            assert "Sequence" not in declared


@pytest.mark.parametrize("model", WIDE, ids=lambda model: type(model).__name__)
def test_model_with_lists_is_serialized_without_a_warning(model: BaseModel) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = type(model).model_validate_json(model.model_dump_json())
        assert again == type(model).model_validate(model.model_dump()) == model


def test_lists_of_a_policy_stay_tuples_in_python_and_are_lists_in_json() -> None:
    policy = RetentionPolicy(time_zone="UTC", keep_tagged=["a"])
    assert policy.model_dump()["keep_tagged"] == policy.keep_tagged == ("a",)
    assert policy.model_dump(mode="json")["keep_tagged"] == ["a"]


def lone_strings() -> list[tuple[type[BaseModel], dict[str, Any]]]:
    plan = {"name": "nightly", "region": "us-east-1", "select": SELECT}
    return [
        (RetentionPolicy, {"time_zone": "UTC", "keep_tagged": "env=prod"}),
        (Scope, {"names": "before-*"}),
        (Scope, {"sources": "db-1"}),
        (Selection, {"kind": "disk", "names": "db"}),
        (Selection, {"kind": "disk", "globs": "db"}),
        (Selection, {"kind": "disk", "tags": "db"}),
        (Selection, {**SELECT, "exclude": "db"}),
        (Quiesce, {"before": "sync", "after": ["true"]}),
        (BackupPlan, {**plan, "copies": "us-west-2"}),
    ]


@pytest.mark.parametrize(("model", "values"), lone_strings())
def test_lone_string_for_a_list_is_refused(model: type[BaseModel], values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must be a (list|sequence)"):
        model(**values)
