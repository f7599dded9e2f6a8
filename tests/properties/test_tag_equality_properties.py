"""Tags: empty and missing values are equal, and each violation has a specific fix."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightsail_snap import (
    CreateDiskSnapshotRequest,
    DiskSnapshot,
    DiskSnapshotState,
    DiskSource,
    RequestValidationError,
    RetentionPolicy,
    Scope,
    Tag,
    by_tag,
    plan_retention,
)
from lightsail_snap.models import ResourceTag
from lightsail_snap.models.tags import has_tags
from lightsail_snap.plans import Selection
from lightsail_snap.testing import strategies

KEYS = st.text("abc=", min_size=1, max_size=3)


def tagged(key: str, value: str | None) -> DiskSnapshot:
    return DiskSnapshot(
        name="s",
        tags=(ResourceTag(key=key, value=value),),
        from_disk_name="d",
        state=DiskSnapshotState.COMPLETED,
    )


def kept(snapshot: DiskSnapshot, spec: str) -> bool:
    policy = RetentionPolicy(time_zone="UTC", keep_tagged=[spec])
    created = DiskSnapshot.from_wire({**snapshot.to_wire(), "createdAt": 1.7e9})
    newer = DiskSnapshot.from_wire(
        {"name": "t", "fromDiskName": "d", "state": "completed", "createdAt": 1.75e9}
    )
    plan = plan_retention([created, newer], policy, datetime.now(UTC), owned=lambda _: True)
    return "s" in {each.name for each in plan.keep}


@given(strategies.tag_keys())
def test_tag_empty_and_missing_value_are_equal(key: str) -> None:
    for kind in (Tag, ResourceTag):
        empty, none, other = (kind(key=key, value=value) for value in ("", None, "x"))
        assert empty == none
        assert hash(empty) == hash(none)
        assert none != other
    sent, returned = Tag(key=key, value=""), ResourceTag(key=key)
    assert sent == returned
    assert hash(sent) == hash(returned)


@pytest.mark.parametrize("value", ["", None])
def test_filters_treat_empty_and_missing_values_alike(value: str | None) -> None:
    snapshot = tagged("env", value)
    assert by_tag("env")(snapshot)
    assert by_tag("env", "")(snapshot)
    assert not by_tag("env", "prod")(snapshot)
    assert kept(snapshot, "env")
    assert kept(snapshot, "env=")
    assert not kept(snapshot, "env=prod")
    for spec, is_selected in (("env", True), ("env=", True), ("env=prod", False)):
        selection = Selection(kind="disk", tags=[spec])
        assert selection.includes("d", {"env": value}) is is_selected
    assert Scope(names=["*"])(tagged("lightsail-snap:managed", value))
    assert not Scope(owner="p")(tagged("lightsail-snap:managed", value))


@given(st.dictionaries(KEYS, st.text("ab", max_size=2)), st.text("abc=,", min_size=1, max_size=6))
def test_tag_specification_treats_empty_and_missing_values_alike(
    tags: dict[str, str], spec: str
) -> None:
    absent = [(key, value or None) for key, value in tags.items()]
    assert has_tags(tags.items(), spec) is has_tags(absent, spec)


def test_request_sends_tag_values_unchanged() -> None:
    source = DiskSource(disk_name="d")
    request = CreateDiskSnapshotRequest(
        disk_snapshot_name="db-1", source=source, tags={"a": "", "b": None}
    )
    assert request.to_wire()["tags"] == [{"key": "a", "value": ""}, {"key": "b"}]


def fixes(tags: Any) -> list[str]:
    with pytest.raises(RequestValidationError) as caught:
        CreateDiskSnapshotRequest(
            disk_snapshot_name="db-1", source=DiskSource(disk_name="d"), tags=tags
        )
    return [violation.fix for violation in caught.value.errors()]


@pytest.mark.parametrize(
    ("tags", "fix"),
    [
        ({"": "x"}, "use at least one character"),
        ({"aws:x": "x"}, "do not begin it with aws:, which is reserved for AWS"),
        ({"k": "aws:x"}, "do not begin it with aws:, which is reserved for AWS"),
        ({"k" * 129: "x"}, "shorten it from 129 to 128 characters"),
        ({"k": "v" * 257}, "shorten it from 257 to 256 characters"),
        ({"a!": "x"}, "replace the character '!' (U+0021)"),
        ({"k": "a\nb"}, "replace the character '\\n' (U+000A)"),
        ({"e\u0301": "x"}, "compose its combining marks: unicodedata.normalize('NFC', value)"),
        ({"k": 7}, 'use a string such as "prod", or None for a tag without a value'),
        ({7: "x"}, 'use a string such as "env"'),
        ([Tag(key="k"), Tag(key="k")], "pass each key once"),
        ({f"k{n}": "" for n in range(51)}, "drop some tags, or merge their values"),
    ],
)
def test_tag_invalid_has_specific_fix(tags: Any, fix: str) -> None:
    assert fixes(tags) == [fix]


@given(st.text(max_size=130))
def test_tag_key_refused_has_specific_fix(key: str) -> None:
    try:
        Tag(key=key)
    except RequestValidationError as error:
        (violation,) = error.errors()
        is_surrogate = any("\ud800" <= each <= "\udfff" for each in key)
        assert is_surrogate or violation.fix != 'use a string such as "env"'


def test_unvalidated_source_is_reported_with_other_violations() -> None:
    for source in ({"kind": "disk", "disk_name": ""}, DiskSource.model_construct(disk_name="")):
        with pytest.raises(RequestValidationError) as caught:
            CreateDiskSnapshotRequest(
                disk_snapshot_name="-!",
                source=source,  # type: ignore[arg-type] # as read from a file
                tags={"aws:": "!"},
            )
        fields = [violation.field for violation in caught.value.errors()]
        assert fields == ["disk_snapshot_name", "source.disk_name", "tags[0].key", "tags[0].value"]
