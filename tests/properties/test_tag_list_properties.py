"""Lists of tags: every violation is reported with its field."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import count, repeat
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightsail_snap import (
    CreateDiskSnapshotRequest,
    DiskSource,
    RequestValidationError,
    ResourceTag,
    Tag,
)

SOURCE = DiskSource(disk_name="Disk-1")


def request(tags: Any) -> CreateDiskSnapshotRequest:
    return CreateDiskSnapshotRequest(disk_snapshot_name="db-1", source=SOURCE, tags=tags)


def is_good(text: object, shortest: int, longest: int) -> bool:
    return (
        isinstance(text, str)
        and shortest <= len(text) <= longest
        and all(unicodedata.category(c)[0] in "LNZ" or c in "+-=._:/@" for c in text)
        and not text.startswith("aws:")
    )


def expected_fields(pairs: Iterable[tuple[object, object]]) -> Counter[str]:
    """Count the violations of a list of tags by field."""
    found: Counter[str] = Counter()
    seen: set[str] = set()
    total = 0
    for index, (key, value) in enumerate(pairs):
        total += 1
        found[f"tags[{index}].key"] += not is_good(key, 1, 128)
        found[f"tags[{index}].value"] += not (value is None or is_good(value, 0, 256))
        if isinstance(key, str):
            found[f"tags[{index}].key"] += key in seen
            seen.add(key)
    found["tags"] += total > 50
    return +found


def found_fields(tags: Any) -> Counter[str]:
    try:
        request(tags)
    except RequestValidationError as error:
        for violation in error.errors():
            assert violation.rule
            assert violation.source
            assert violation.fix
        return Counter(violation.field for violation in error.errors())
    return Counter()


keys = st.one_of(
    st.sampled_from(["a", "b", "A", "é", "日本語", "k" * 128, "a b"]),
    st.sampled_from(["", "a!", "aws:x", "k" * 129, "a\n", "\ud800", 5, None, b"a"]),
    st.integers(0, 60).map("k-{}".format),
)
values = st.sampled_from([None, "", "v", "v" * 256, "é", "v" * 257, "!", "aws:v", "v\n", 5, b"v"])


@given(st.lists(st.tuples(keys, values), max_size=8))
def test_tag_sequence_lists_every_violation(
    pairs: list[tuple[object, object]],
) -> None:
    tags = [{"key": key, "value": value} for key, value in pairs]
    expected = expected_fields(pairs)
    assert found_fields(tags) == expected
    assert found_fields(tuple(tags)) == expected
    assert found_fields(iter(tags)) == expected


@given(st.dictionaries(keys, values, max_size=8))
def test_tag_mapping_lists_every_violation(mapping: dict[Any, Any]) -> None:
    expected = expected_fields(mapping.items())
    assert found_fields(mapping) == expected
    assert found_fields(MappingProxyType(mapping)) == expected


@given(st.lists(st.sampled_from("abc"), max_size=5), st.integers(0, 55))
def test_repeated_keys_and_too_many_tags_are_reported_together(twice: list[str], more: int) -> None:
    pairs: list[tuple[str, str]] = [(key, "v") for key in twice]
    pairs += [(f"k-{number}", "") for number in range(more)]
    assert found_fields([Tag(key=k, value=v) for k, v in pairs]) == expected_fields(pairs)


@pytest.mark.parametrize(("number", "fits"), [(0, True), (50, True), (51, False), (2000, False)])
def test_tags_more_than_fifty_are_refused(number: int, fits: bool) -> None:  # noqa: FBT001 - parametrized
    tags = {f"k-{index}": None for index in range(number)}
    assert found_fields(tags) == (Counter() if fits else Counter({"tags": 1}))


@given(st.dictionaries(st.sampled_from(["a", "b", "é"]), st.sampled_from([None, "", "v"])))
def test_mapping_and_sequence_of_tags_are_equal(
    mapping: Mapping[str, str | None],
) -> None:
    tags = [Tag(key=key, value=value) for key, value in mapping.items()]
    assert request(mapping) == request(tags) == request(tuple(tags)) == request(iter(tags))
    assert request(mapping).tags == tuple(tags)


def test_violations_of_all_fields_are_in_one_error() -> None:
    with pytest.raises(RequestValidationError) as caught:
        CreateDiskSnapshotRequest(
            disk_snapshot_name="-ab",
            source={"kind": "disk", "disk_name": ""},  # type: ignore[arg-type] # an invalid value
            tags=[Tag(key="a"), Tag(key="a"), {"key": "!", "value": "!"}],  # type: ignore[list-item] # an invalid value
        )
    fields = [violation.field for violation in caught.value.errors()]
    assert sorted(fields) == [
        "disk_snapshot_name",
        "source.disk_name",
        "tags[1].key",
        "tags[2].key",
        "tags[2].value",
    ]


@pytest.mark.parametrize("tags", [5, "env", b"env", bytearray(b"env"), 1.5, True, object()])
def test_tags_of_other_type_are_one_violation(tags: Any) -> None:
    assert found_fields(tags) == Counter({"tags": 1})


@pytest.mark.parametrize("item", [None, 5, "env", ("env", "prod"), [], object()])
def test_tag_of_other_type_is_one_violation(item: Any) -> None:
    assert found_fields([Tag(key="a"), item]) == Counter({"tags[1]": 1})


def test_endless_tags_are_refused() -> None:
    assert found_fields(Tag(key=f"k-{number}") for number in count()) == Counter({"tags": 1})
    assert found_fields(repeat(Tag(key="k")))["tags"] == 1


class NeverEqual(str):
    """String that never equals another string."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


def test_keys_with_overridden_equality_are_compared_as_strings() -> None:
    tags = [Tag(key="a"), {"key": NeverEqual("a")}, {"key": NeverEqual("a")}]
    assert found_fields(tags) == Counter({"tags[1].key": 1, "tags[2].key": 1})


def test_received_tags_in_a_request_are_validated() -> None:
    assert request([ResourceTag(key="a", value="v")]) == request({"a": "v"})
    assert found_fields([ResourceTag(key="aws:created-by")]) == Counter({"tags[0].key": 1})


def test_unvalidated_tag_in_a_request_is_validated() -> None:
    bad = [Tag.model_construct(key="!"), Tag.model_construct(key=5), Tag.model_construct(value="v")]
    assert found_fields(bad) == Counter({f"tags[{index}].key": 1 for index in range(3)})
