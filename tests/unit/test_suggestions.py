"""Suggestions of the nearest valid name in validation errors."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import BaseModel

from lightsail_snap import CreateDiskSnapshotRequest, RegionName, RequestValidationError
from lightsail_snap._text import did_you_mean
from lightsail_snap.models._regions import find_region_hint
from lightsail_snap.plans import BackupPlan, Quiesce, Run, Selection
from lightsail_snap.retention import RetentionPolicy, Scope

MODELS = (BackupPlan, Selection, Quiesce, RetentionPolicy, Scope, Run)
FIELDS = [(model, field) for model in MODELS for field in model.model_fields if len(field) >= 4]
LETTERS = st.sampled_from(string.ascii_lowercase + string.digits + "_")


@st.composite
def typos(draw: st.DrawFn, word: str) -> str:
    """Draw a word with one character that is missing, added, wrong or swapped with the next."""
    place = draw(st.integers(0, len(word) - 1))
    before, here, after = word[:place], word[place], word[place + 1 :]
    return draw(
        st.just(before + after)
        | LETTERS.map(lambda letter: f"{before}{letter}{here}{after}")
        | LETTERS.map(lambda letter: f"{word}{letter}")
        | LETTERS.map(lambda letter: f"{before}{letter}{after}")
        | st.just(f"{before}{after[:1]}{here}{after[1:]}")
    )


def suggested(fix: str) -> list[str]:
    return fix.removeprefix("did you mean ").removesuffix("?").split(" or ")


@given(st.sampled_from(FIELDS), st.data())
def test_field_with_one_typing_error_suggests_the_field(
    case: tuple[type[BaseModel], str], data: st.DataObject
) -> None:
    model, field = case
    typo = data.draw(typos(field))
    assume(typo not in model.model_fields)
    with pytest.raises(RequestValidationError) as caught:
        model(**{typo: None})
    (fix,) = (each.fix for each in caught.value.violations if each.field == typo)
    assert field in suggested(fix)


@given(st.sampled_from(RegionName.known_values()), st.data())
def test_region_with_one_typing_error_hints_at_the_region(
    region: RegionName, data: st.DataObject
) -> None:
    typo = data.draw(typos(region.value))
    hint = find_region_hint(typo)
    if typo in RegionName.known_values():
        assert hint == ""
    else:
        assert hint.startswith(f"{typo} is not a known Region of Lightsail; did you mean ")


@given(st.text(), st.lists(st.text(min_size=1)))
def test_suggestions_are_valid_values(text: str, valid: list[str]) -> None:
    question = did_you_mean(text, valid)
    assert not question or any(each in question for each in valid)


def _break_plan(**changes: Any) -> str:
    facts: dict[str, Any] = {
        "name": "nightly",
        "region": "us-east-1",
        "select": {"kind": "disk", "globs": ["*"]},
        "retention": {"time_zone": "UTC", "keep_last": 1},
    }
    with pytest.raises(RequestValidationError) as caught:
        BackupPlan(**(facts | changes))
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "question"),
    [
        ({"retention": {"time_zone": "UTC", "keep_dialy": 7}}, "keep_daily"),
        ({"retention": {"time_zone": "UTC", "keep_within_day": "7d"}}, "keep_within_daily"),
        ({"retention": {"time_zone": "UTC", "keep-daily": 7}}, "keep_daily"),
        ({"select": {"kind": "disk", "glob": ["*"], "names": ["x1"]}}, "globs"),
        ({"select": {"kind": "Disks", "globs": ["*"]}}, "disk"),
        ({"select": {"kind": "system_disk", "globs": ["*"]}}, "instance_system_disk"),
        ({"slot": "dya"}, "day"),
        ({"region": "us-east"}, "us-east-2"),
        ({"quiesce": {"mountpoint": "/x"}}, "mount_point"),
        ({"template": "{time}"}, "name_template"),
    ],
)
def test_plan_error_names_the_nearest_valid_name(changes: dict[str, Any], question: str) -> None:
    message = _break_plan(**changes)
    assert "did you mean " in message
    assert question in message
    assert "\n" not in message


def test_every_request_suggests_its_fields() -> None:
    with pytest.raises(RequestValidationError, match=r"did you mean disk_snapshot_name\?"):
        CreateDiskSnapshotRequest(disk_snapshot_nam="x")  # type: ignore[call-arg] # misspelled


@pytest.mark.parametrize(
    ("value", "valid", "question"),
    [
        ("regios", ["region", "regions", "retention"], "did you mean regions or region?"),
        ("Disk-l", ["Disk-1", "Disk-22"], "did you mean Disk-1?"),
        (" KEEP-DAILY ", ["keep_daily", "keep_yearly"], "did you mean keep_daily?"),
        ("zzz", ["keep_daily"], ""),
        ("x" * 10_000_000, ["keep_daily"], ""),
        ("any", [], ""),
        (7, ["7"], ""),
        (None, ["none"], ""),
    ],
)
def test_did_you_mean_names_near_values(value: object, valid: list[str], question: str) -> None:
    assert did_you_mean(value, valid) == question


@pytest.mark.parametrize("region", ["us-east-1", "xx-new-9", "il-central-1", "us-gov-west-1"])
def test_region_without_a_near_one_has_no_hint(region: str) -> None:
    assert find_region_hint(region) == ""
