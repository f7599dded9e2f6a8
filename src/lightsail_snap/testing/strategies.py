"""Hypothesis strategies for everything public that carries data.

Importing this module registers them: `hypothesis.strategies.from_type(DiskSnapshot)` gives any
disk snapshot the service could return.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from lightsail_snap import models
from lightsail_snap.models import (
    CreateDiskSnapshotRequest,
    DiskSource,
    GetDiskRequest,
    GetDiskSnapshotRequest,
    GetOperationRequest,
    InstanceSource,
    OpenEnum,
    Request,
    ResourceTag,
    Result,
    SnapshotSource,
    Tag,
)
from lightsail_snap.models._base import ResultModel, WireModel

_ModelT = TypeVar("_ModelT", bound=WireModel)
_EnumT = TypeVar("_EnumT", bound=OpenEnum)
_ResultT = TypeVar("_ResultT", bound=ResultModel)

_MOST_TAGS = 50
_ENDS = string.ascii_letters + string.digits + "_"
_TAG_PUNCTUATION = "+-=._:/@"
# Up to the year 2106 a float holds microseconds.
_LAST_MILLISECOND = 2**32 * 1000
# Control characters and lone surrogates are in no text that comes from JSON of a sane service.
_TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=30)
_SCALAR = st.none() | st.booleans() | st.integers() | _TEXT


def _made(model: type[_ModelT], **fields: SearchStrategy[Any]) -> SearchStrategy[_ModelT]:
    # Not st.builds: that reads the constraints in the annotations and warns of those it cannot use.
    return st.fixed_dictionaries(fields).map(lambda drawn: model(**drawn))


def resource_names() -> SearchStrategy[str]:
    """Make names for new resources.

    Returns:
        Names of 2 to 255 characters that a request accepts.
    """
    inside = st.text(_ENDS + ".-", max_size=253)
    return st.tuples(st.sampled_from(_ENDS), inside, st.sampled_from(_ENDS)).map("".join)


def _tag_text(shortest: int, longest: int) -> SearchStrategy[str]:
    alphabet = st.characters(categories=("L", "N", "Z"), include_characters=_TAG_PUNCTUATION)
    text = st.text(alphabet, min_size=shortest, max_size=longest)
    # Python's tables of Unicode may be newer or older than the engine's that validates, and both
    # agree on what has long been assigned.
    return text.filter(lambda drawn: not drawn.startswith("aws:") and _is_settled(drawn))


def _is_settled(text: str) -> bool:
    return all(ord(character) < _SETTLED or character.isascii() for character in text)


_SETTLED = 0x10000


def tag_keys() -> SearchStrategy[str]:
    """Make keys for new tags.

    Returns:
        Keys of 1 to 128 characters that a request accepts.
    """
    return _tag_text(1, 128)


def tag_values() -> SearchStrategy[str]:
    """Make values for new tags.

    Returns:
        Values of 0 to 256 characters that a request accepts.
    """
    return _tag_text(0, 256)


def tags() -> SearchStrategy[Tag]:
    """Make new tags, key-only ones included.

    Returns:
        Tags that a request accepts.
    """
    return _made(Tag, key=tag_keys(), value=st.none() | tag_values())


def tag_lists(most: int = _MOST_TAGS) -> SearchStrategy[tuple[Tag, ...]]:
    """Make lists of new tags with unique keys.

    Args:
        most: How many tags at most; a request takes 50.

    Returns:
        Lists that a request accepts.
    """
    return st.lists(tags(), max_size=most, unique_by=lambda tag: tag.key).map(tuple)


def snapshot_sources() -> SearchStrategy[SnapshotSource]:
    """Make what a snapshot can be taken of.

    Returns:
        Disks and instances.
    """
    return _made(DiskSource, disk_name=resource_names()) | _made(
        InstanceSource, instance_name=resource_names()
    )


def create_disk_snapshot_requests() -> SearchStrategy[CreateDiskSnapshotRequest]:
    """Make requests that are valid.

    Returns:
        Requests with names, sources and tags of every kind.
    """
    return _made(
        CreateDiskSnapshotRequest,
        disk_snapshot_name=resource_names(),
        source=snapshot_sources(),
        tags=tag_lists(5),
    )


@st.composite
def broken_arguments(draw: st.DrawFn) -> tuple[dict[str, Any], str]:
    """Make arguments for `CreateDiskSnapshotRequest` that break exactly one rule.

    Args:
        draw: Hypothesis's own.

    Returns:
        The arguments, and the path of the field whose rule they break.
    """
    name, source = draw(resource_names()), draw(snapshot_sources())
    arguments: dict[str, Any] = {"disk_snapshot_name": name, "source": source, "tags": {}}
    bad_names = ["", "a", f"-{name}", f"{name}-", f"{name}\n", f"é{name}", "a" * 256, 5, None]
    bad_keys = ["", "aws:x", "a!", "line\nline", "😀", "k" * 129, "\ud800"]
    bad_values = ["aws:x", "a!", "line\nline", "v" * 257, "\udfff"]
    breaks: list[tuple[str, SearchStrategy[Any]]] = [
        ("disk_snapshot_name", st.sampled_from(bad_names)),
        ("source", st.sampled_from([None, {}, "disk-1", {"kind": "tape"}])),
        ("tags", st.just({str(number): None for number in range(_MOST_TAGS + 1)})),
        ("tags[0].key", st.sampled_from(bad_keys).map(lambda key: {key: None})),
        ("tags[0].value", st.sampled_from(bad_values).map(lambda value: {"key": value})),
        ("tags[1].key", st.just([Tag(key="twice"), Tag(key="twice", value="2")])),
    ]
    field, bad = draw(st.sampled_from(breaks))
    return arguments | {field.split("[")[0]: draw(bad)}, field


def enum_members(kind: type[_EnumT]) -> SearchStrategy[_EnumT]:
    """Make members of an open enumeration, unknown ones included.

    Args:
        kind: The enumeration.

    Returns:
        Its known members, and words it does not know.
    """
    return st.sampled_from(kind.known_values()) | _TEXT.map(kind)


def wire_dicts(shape: type[ResultModel]) -> SearchStrategy[dict[str, Any]]:
    """Make what the service could put on the wire for a shape.

    Args:
        shape: The model of the shape, for example `DiskSnapshot`.

    Returns:
        JSON objects: members absent, null and given, words that are unknown, members that are
        new. Timestamps have milliseconds, as the service's have.
    """
    required: dict[str, SearchStrategy[Any]] = {}
    optional: dict[str, SearchStrategy[Any]] = {}
    for field in shape.model_fields.values():
        members = required if field.is_required() else optional
        members[str(field.alias)] = _value_of(field.annotation)
    unknown = st.dictionaries(st.just("newMember") | st.just("new"), _SCALAR | st.lists(_SCALAR))
    known = st.fixed_dictionaries(required, optional=optional)
    return st.builds(lambda first, second: {**second, **first}, known, unknown)


def _value_of(annotation: Any) -> SearchStrategy[Any]:  # noqa: ANN401 - an annotation can be anything
    origin = get_origin(annotation)
    if origin is Annotated:
        return _value_of(get_args(annotation)[0])
    if origin in {Union, UnionType}:
        return st.one_of(*map(_value_of, get_args(annotation)))
    if origin is tuple:
        return st.none() | st.lists(_value_of(get_args(annotation)[0]), max_size=3)
    for base, strategy in _PLAIN.items():
        if annotation is base:
            return strategy
    if issubclass(annotation, OpenEnum):
        return enum_members(annotation).map(str)
    return wire_dicts(annotation)


_PLAIN: Mapping[type, SearchStrategy[Any]] = {
    NoneType: st.none(),
    str: _TEXT,
    bool: st.booleans(),
    int: st.integers(0, 2**31),
    datetime: st.integers(0, _LAST_MILLISECOND).map(lambda count: count / 1000),
}


def results(shape: type[_ResultT]) -> SearchStrategy[_ResultT]:
    """Make anything the service could return for a shape.

    Args:
        shape: The model of the shape, for example `DiskSnapshot`.

    Returns:
        Models made from `wire_dicts`.
    """
    return wire_dicts(shape).map(shape.from_wire)


def _register() -> None:
    st.register_type_strategy(Tag, tags())
    st.register_type_strategy(CreateDiskSnapshotRequest, create_disk_snapshot_requests())
    st.register_type_strategy(DiskSource, _made(DiskSource, disk_name=resource_names()))
    by_instance = _made(InstanceSource, instance_name=resource_names())
    st.register_type_strategy(InstanceSource, by_instance)
    by_name: tuple[tuple[type[Request[Any]], str], ...] = (
        (GetDiskRequest, "disk_name"),
        (GetDiskSnapshotRequest, "disk_snapshot_name"),
        (GetOperationRequest, "operation_id"),
    )
    for request, name in by_name:
        st.register_type_strategy(request, _made(request, **{name: resource_names()}))
    for model in vars(models).values():
        if not isinstance(model, type):
            continue
        if issubclass(model, OpenEnum) and model is not OpenEnum:
            st.register_type_strategy(model, enum_members(model))
        if issubclass(model, ResultModel) and model is not Result:
            st.register_type_strategy(model, results(model))
    # Its registration above would make tags that are no ResourceTag.
    st.register_type_strategy(ResourceTag, results(ResourceTag))


_register()
