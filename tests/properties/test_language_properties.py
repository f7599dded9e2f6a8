"""Names and tags: validation accepts exactly the documented strings.

The oracles implement the documentation with `unicodedata`, independently of the regular expressions
of the code.
"""

from __future__ import annotations

import string
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from lightsail_snap import (
    CreateDiskSnapshotRequest,
    DiskSource,
    GetDiskRequest,
    GetDiskSnapshotRequest,
    GetOperationRequest,
    InstanceSource,
    RequestValidationError,
    Tag,
)
from lightsail_snap.models.names import NewResourceName, ResourceName, TagKey, TagValue

PUNCTUATION = set("+-=._:/@")
NAME_ENDS = set(string.ascii_letters + string.digits + "_")
NAME_INSIDES = NAME_ENDS | set(".-")


def is_tag_character(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNZ" or character in PUNCTUATION


def is_tag_text(text: str, shortest: int, longest: int) -> bool:
    return (
        shortest <= len(text) <= longest and all(map(is_tag_character, text)) and text[:4] != "aws:"
    )


def is_tag_key(text: str) -> bool:
    return is_tag_text(text, 1, 128)


def is_tag_value(text: str) -> bool:
    return is_tag_text(text, 0, 256)


def is_new_name(text: str) -> bool:
    return (
        2 <= len(text) <= 255
        and set(text) <= NAME_INSIDES
        and text[0] in NAME_ENDS
        and text[-1] in NAME_ENDS
    )


def is_lookup_name(text: str) -> bool:
    """Return True if a name is one line that can be encoded and is not blank."""
    return (
        1 <= len(text) <= 255
        and text.splitlines() == [text]
        and not any(unicodedata.category(c) in {"Cc", "Cs"} for c in text)
        and text.strip() != ""
    )


def makes(make: Callable[[], object]) -> bool:
    try:
        make()
    except RequestValidationError:
        return False
    return True


def differences(kind: Any, texts: list[str], *, accepted: bool) -> list[str]:
    """Return the strings that a type wrongly accepts or refuses.

    It validates all of them at once: a call for each of a million code points takes minutes.
    """
    try:
        TypeAdapter(list[kind]).validate_python(texts)
    except ValidationError as error:
        if not accepted and error.error_count() == len(texts):
            return []
        refused = {detail["loc"][0] for detail in error.errors(include_url=False)}
    else:
        refused = set()
    wrong = [text for index, text in enumerate(texts) if (index in refused) is accepted]
    return [ascii(text) for text in wrong[:20]]


# pydantic's engine may have a newer Unicode database than this Python.
ASSIGNED = [c for c in map(chr, range(0x110000)) if unicodedata.category(c) != "Cn"]


@pytest.mark.thorough
@pytest.mark.parametrize("kind", [TagKey, TagValue], ids=["key", "value"])
def test_tags_accept_exactly_the_documented_code_points(kind: Any) -> None:
    good = [c for c in ASSIGNED if is_tag_character(c)]
    bad = [c for c in ASSIGNED if not is_tag_character(c)]
    assert (len(good) > 100_000, len(bad) > 100_000) == (True, True)
    assert differences(kind, good, accepted=True) == []
    assert differences(kind, bad, accepted=False) == []
    assert differences(kind, [f"a{c}b" for c in good], accepted=True) == []
    assert differences(kind, [f"a{c}b" for c in bad], accepted=False) == []


@pytest.mark.thorough
def test_new_names_accept_exactly_the_documented_code_points() -> None:
    everything = [chr(number) for number in range(0x110000)]
    for good, wrap in ((NAME_ENDS, "{}a"), (NAME_ENDS, "a{}"), (NAME_INSIDES, "a{}a")):
        fine = [wrap.format(c) for c in sorted(good)]
        bad = [wrap.format(c) for c in everything if c not in good]
        assert differences(NewResourceName, fine, accepted=True) == []
        assert differences(NewResourceName, bad, accepted=False) == []


@pytest.mark.thorough
def test_existing_names_accept_exactly_the_documented_code_points() -> None:
    for wrap in ("{}", "a{}b", "a{}"):
        texts = [wrap.format(c) for c in ASSIGNED]
        fine = [text for text in texts if is_lookup_name(text)]
        bad = [text for text in texts if not is_lookup_name(text)]
        assert differences(ResourceName, fine, accepted=True) == []
        assert differences(ResourceName, bad, accepted=False) == []


assigned = st.characters(exclude_categories=["Cn"])
nearly = st.sampled_from(
    [
        *"aA0_.-+=:/@ !\n\r\t\0\x85",
        "é",
        "日",
        "\u0301",
        "\u00a0",
        "\u2028",
        "\u200b",
        "😀",
        "\ud800",
    ]
)
border_texts = st.one_of(
    st.text(assigned, max_size=6),
    st.text(nearly, max_size=6),
    st.builds(
        lambda character, length, tail: character * length + tail,
        st.sampled_from(["a", "é", "日", "𐐷", " ", "-", "aws:"]),
        st.sampled_from([1, 2, 31, 32, 33, 63, 64, 127, 128, 129, 254, 255, 256, 257]),
        st.sampled_from(["", "", "a", "\n", "-", "!", "\ud800"]),
    ),
    st.builds(
        "".join, st.tuples(st.sampled_from(["aws", "AWS", "Aws", " aws"]), nearly, st.just("x"))
    ),
)


@given(border_texts)
@example("aws:")
@example("aws:x")
@example("AWS:x")
@example("aws")
@example("\ufeffaws:x")
@example("a\n")
@example("\n")
@example("e\u0301")
@example("\u2028")
@example("-")
@example("aa-")
@example("_" * 255)
@example("_" * 256)
def test_models_any_string_accept_as_the_oracles(text: str) -> None:
    source = DiskSource(disk_name="Disk-1")
    assert makes(lambda: Tag(key=text)) is is_tag_key(text)
    assert makes(lambda: Tag(key="k", value=text)) is is_tag_value(text)
    assert makes(
        lambda: CreateDiskSnapshotRequest(disk_snapshot_name=text, source=source)
    ) is is_new_name(text)
    for make in (
        lambda: DiskSource(disk_name=text),
        lambda: InstanceSource(instance_name=text),
        lambda: GetDiskRequest(disk_name=text),
        lambda: GetDiskSnapshotRequest(disk_snapshot_name=text),
        lambda: GetOperationRequest(operation_id=text),
    ):
        assert makes(make) is is_lookup_name(text)


@given(border_texts)
def test_models_accepted_string_is_unchanged(text: str) -> None:
    if is_tag_key(text):
        assert Tag(key=text, value=text).key == text
    if is_new_name(text):
        source = DiskSource(disk_name=text)
        assert CreateDiskSnapshotRequest(disk_snapshot_name=text, source=source).to_wire() == {
            "diskSnapshotName": text,
            "diskName": text,
        }


@pytest.mark.parametrize("value", [b"ab", bytearray(b"ab"), 12, 1.5, True, ["a", "b"], object()])
def test_names_and_tags_other_types_are_refused(value: Any) -> None:
    source = DiskSource(disk_name="Disk-1")
    assert not makes(lambda: Tag(key=value))
    assert not makes(lambda: Tag(key="k", value=value))
    assert not makes(lambda: GetDiskRequest(disk_name=value))
    assert not makes(lambda: GetOperationRequest(operation_id=value))
    assert not makes(lambda: CreateDiskSnapshotRequest(disk_snapshot_name=value, source=source))
