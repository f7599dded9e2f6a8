"""Open enumerations: known values are singletons, unknown ones are strings and not stored."""

from __future__ import annotations

import copy
import gc
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from lightsail_snap import (
    OpenEnum,
)

KINDS: list[type[OpenEnum]] = sorted(OpenEnum.__subclasses__(), key=lambda kind: kind.__name__)
PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
every_kind = pytest.mark.parametrize("kind", KINDS)


@every_kind
@given(
    st.one_of(st.text(), st.sampled_from(["Failed", "failed", "pending", "value", "", "\ud800"]))
)
def test_open_enum_any_string_equals_itself(kind: type[OpenEnum], text: str) -> None:
    known = len(kind.known_values())
    member = kind(text)
    assert member == text
    assert text == member
    assert hash(member) == hash(text)
    assert {text: 1}[member] == 1
    assert type(member) is kind
    assert type(member.value) is str
    assert type(str(member)) is str
    assert member.value == str(member) == f"{member}" == text
    assert json.loads(json.dumps(member)) == text
    assert member.is_known is (text in [str(value) for value in kind.known_values()])
    for back in (
        copy.copy(member),
        copy.deepcopy(member),
        kind(member),
        *(pickle.loads(pickle.dumps(member, protocol)) for protocol in PROTOCOLS),  # noqa: S301 - pickled here
    ):
        assert type(back) is kind
        assert back == member
        assert back.is_known is member.is_known
    assert repr(member).isprintable()
    assert len(kind.known_values()) == len(kind._members) == len(kind._names) == known


@every_kind
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_open_enum_any_string_round_trips_through_pydantic(kind: type[OpenEnum], text: str) -> None:
    adapter = TypeAdapter(kind)
    member = adapter.validate_python(text)
    assert type(member) is kind
    assert member == text
    assert adapter.validate_json(adapter.dump_json(member)) == member
    assert type(adapter.dump_python(member)) is str


@every_kind
def test_open_enum_known_members_are_singletons(kind: type[OpenEnum]) -> None:
    for member in kind.known_values():
        assert member.is_known
        assert kind(member.value) is member
        assert TypeAdapter(kind).validate_python(member.value) is member
        assert copy.copy(member) is member
        assert copy.deepcopy(member) is member
        assert getattr(kind, repr(member).removeprefix(f"{kind.__name__}.")) is member


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_open_enum_known_members_unpickle_to_singletons(protocol: int) -> None:
    for member in (member for kind in KINDS for member in kind.known_values()):
        assert pickle.loads(pickle.dumps(member, protocol)) is member  # noqa: S301 - pickled here


@pytest.mark.sample(4)
@every_kind
def test_open_enum_unknown_values_are_not_stored(kind: type[OpenEnum]) -> None:
    def instances() -> int:
        # The garbage collector does not track strings, but containers of them.
        return sum(
            len(value)
            for owner in kind.__mro__
            for value in vars(owner).values()
            if isinstance(value, dict | list | set)
        )

    before = instances()
    for number in range(1000):
        kind(f"unknown-{number}")
    gc.collect()
    assert instances() == before
    assert kind("unknown-1") is not kind("unknown-1")
    assert not hasattr(kind("unknown-1"), "__dict__")


@every_kind
@pytest.mark.parametrize("value", [None, 5, b"Failed", ["Failed"], 1.5, True])
@pytest.mark.sample(60)
def test_open_enum_other_types_are_refused(kind: type[OpenEnum], value: object) -> None:
    with pytest.raises(TypeError):
        kind(value)  # type: ignore[arg-type] # an invalid value
