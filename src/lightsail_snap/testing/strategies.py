"""Hypothesis strategies for everything public that carries data.

Importing this module registers them: `hypothesis.strategies.from_type(DiskSnapshot)` gives any
disk snapshot the service could return, and `from_type(CopySnapshotRequest)` any request for a copy
that is valid.
"""

from __future__ import annotations

import datetime as dt
import functools
import inspect
import string
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from lightsail_snap import models
from lightsail_snap.models import (
    CreateDiskSnapshotRequest,
    OpenEnum,
    PagedRequest,
    PagedResult,
    RegionName,
    Request,
    RestoreSource,
    Result,
    SnapshotSource,
    Tag,
    TagList,
    names,
)
from lightsail_snap.models._base import RequestModel, ResultModel
from lightsail_snap.models._types import WireDate

_RequestT = TypeVar("_RequestT", bound=RequestModel)
_EnumT = TypeVar("_EnumT", bound=OpenEnum)
_ResultT = TypeVar("_ResultT", bound=ResultModel)

_MOST_TAGS = 50
_LONGEST_NAME = 255
_LONGEST_KEY = 128
# Beyond this many items of a list nothing new is learned.
_MOST_ITEMS = 3
_ENDS = string.ascii_letters + string.digits + "_"
_TAG_PUNCTUATION = "+-=._:/@"
# Up to the year 2106 a float holds microseconds.
_LAST_MILLISECOND = 2**32 * 1000
# Control characters and lone surrogates are in no text that comes from JSON of a sane service.
_TEXT = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=30)
_UNIONS = (Union, UnionType)
_SCALAR = st.none() | st.booleans() | st.integers() | _TEXT
_ONE_LINE = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))


def resource_names() -> SearchStrategy[str]:
    """Make names for new resources.

    Returns:
        Names of 2 to 255 characters that a request accepts.
    """
    inside = st.text(_ENDS + ".-", max_size=_LONGEST_NAME - 2)
    return st.tuples(st.sampled_from(_ENDS), inside, st.sampled_from(_ENDS)).map("".join)


def existing_names() -> SearchStrategy[str]:
    """Make names that resources could bear, those that this library would not create included.

    Returns:
        Names of 1 to 255 characters in one line that a request accepts.
    """
    odd = st.text(_ONE_LINE, min_size=1, max_size=_LONGEST_NAME)
    return resource_names() | odd.filter(lambda name: not name.isspace())


def availability_zones() -> SearchStrategy[str]:
    """Make Availability Zones.

    Returns:
        Zones `a` to `f` of the regions that are known.
    """
    zones = st.tuples(st.sampled_from(RegionName.known_values()), st.sampled_from("abcdef"))
    return zones.map(lambda zone: f"{zone[0]}{zone[1]}")


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
    return _tag_text(1, _LONGEST_KEY)


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
    return requests_of(Tag)


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
    return _union(SnapshotSource)


def restore_sources() -> SearchStrategy[RestoreSource]:
    """Make what can be restored or copied.

    Returns:
        Manual snapshots, automatic ones of a day, and the latest automatic ones.
    """
    return _union(RestoreSource)


def requests() -> SearchStrategy[Request[Any]]:
    """Make requests that are valid.

    Returns:
        Requests of every operation there is.
    """
    return st.one_of(*map(requests_of, _OPERATIONS))


def requests_of(shape: type[_RequestT]) -> SearchStrategy[_RequestT]:
    """Make anything valid of one shape that is sent.

    Args:
        shape: The model of the shape, for example `CopySnapshotRequest` or `AddOnRequest`.

    Returns:
        Models with each optional field given and left out.
    """
    return _arguments_of(shape).map(lambda drawn: shape(**drawn))


def create_disk_snapshot_requests() -> SearchStrategy[CreateDiskSnapshotRequest]:
    """Make requests that are valid.

    Returns:
        Requests with names, sources and tags of every kind.
    """
    return requests_of(CreateDiskSnapshotRequest)


@functools.cache
def _arguments_of(shape: type[RequestModel]) -> SearchStrategy[dict[str, Any]]:
    required: dict[str, SearchStrategy[Any]] = {}
    optional: dict[str, SearchStrategy[Any]] = {}
    for name, annotation in _annotations_of(shape).items():
        members = required if shape.model_fields[name].is_required() else optional
        members[name] = _argument(annotation)
    return st.fixed_dictionaries(required, optional=optional)


def _annotations_of(shape: type[RequestModel]) -> dict[str, Any]:
    # Not the annotations that pydantic keeps, for those have lost which words they were made of.
    hints = get_type_hints(shape, include_extras=True)
    return {name: hints[name] for name in shape.model_fields}


def _stands_for(annotation: object, word: object) -> bool:
    """Tell whether an annotation is a word, or the word with more said about it."""
    said, meant = getattr(annotation, "__metadata__", ()), getattr(word, "__metadata__", ())
    same = getattr(annotation, "__origin__", annotation) == getattr(word, "__origin__", word)
    return same and said[: len(meant)] == meant


def _argument(annotation: Any) -> SearchStrategy[Any]:  # noqa: ANN401 - an annotation can be anything
    for word, valid, _ in _WORDS:
        if _stands_for(annotation, word):
            return valid
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _argument(inner[0])
    if origin in _UNIONS:
        return st.one_of(*map(_argument, inner))
    if origin is not None:
        return _several(origin, inner)
    if issubclass(annotation, RequestModel):
        return requests_of(annotation)
    return enum_members(annotation) if issubclass(annotation, OpenEnum) else _PLAIN[annotation]


def _several(origin: object, inner: tuple[Any, ...]) -> SearchStrategy[Any]:
    if origin is Literal:
        return st.sampled_from(inner)
    if origin is Mapping:
        return st.dictionaries(*map(_argument, inner), max_size=_MOST_ITEMS)
    items = st.lists(_argument(inner[0]), min_size=1, max_size=_MOST_ITEMS, unique=True)
    return items.map(tuple)


def _union(alias: Any) -> SearchStrategy[Any]:  # noqa: ANN401 - no type describes an alias
    return _argument(alias)


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


def broken_requests() -> SearchStrategy[tuple[type[Request[Any]], dict[str, Any], str]]:
    """Make arguments that break exactly one rule of a request of any operation.

    Returns:
        The model of the request, the arguments, and the path of the field whose rule they break.
    """
    return st.sampled_from([shape for shape in _OPERATIONS if shape.model_fields]).flatmap(
        lambda shape: st.tuples(_arguments_of(shape), st.sampled_from([*_breaks_of(shape)])).map(
            lambda drawn: (shape, *_broken(*drawn))
        )
    )


def _broken(arguments: dict[str, Any], how: _Break) -> tuple[dict[str, Any], str]:
    field, below, bad = how
    rest = {name: value for name, value in arguments.items() if name != field}
    return rest if bad is _MISSING else rest | {field: bad}, field + below


def _breaks_of(shape: type[Request[Any]]) -> Iterator[_Break]:
    """Tell in which ways the arguments of a request can be broken."""
    for name, annotation in _annotations_of(shape).items():
        if shape.model_fields[name].is_required():
            yield name, "", _MISSING
            yield name, "", None
        for below, bad in _breaks(annotation):
            yield name, below, bad


def _breaks(annotation: Any) -> Iterator[tuple[str, object]]:  # noqa: ANN401 - as above
    for word, _, bad in _WORDS:
        if _stands_for(annotation, word):
            yield from (("", value) for value in bad)
            return
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated or NoneType in inner:
        yield from _breaks(inner[0])
        return
    # No field that is no word takes a number.
    yield "", 5
    if origin in _UNIONS:
        yield from (("", value) for value in ({}, "disk-1", {"kind": "tape"}))
    if origin is tuple:
        yield from ((f"[0]{below}", [value]) for below, value in _breaks(inner[0]))


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
    return _wire_dicts(shape)


@functools.cache
def _wire_dicts(shape: type[ResultModel]) -> SearchStrategy[dict[str, Any]]:
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
    if origin in _UNIONS:
        return st.one_of(*map(_value_of, get_args(annotation)))
    if origin is tuple:
        return st.none() | st.lists(_value_of(get_args(annotation)[0]), max_size=_MOST_ITEMS)
    if annotation in _PLAIN:
        return _PLAIN[annotation]
    if issubclass(annotation, OpenEnum):
        return enum_members(annotation).map(str)
    return wire_dicts(annotation)


_PLAIN: Mapping[object, SearchStrategy[Any]] = {
    NoneType: st.none(),
    str: _TEXT,
    bool: st.booleans(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    int: st.integers(0, 2**31),
    datetime: st.integers(0, _LAST_MILLISECOND).map(lambda count: count / 1000),
    dt.date: st.dates().map(dt.date.isoformat),
}


def results(shape: type[_ResultT]) -> SearchStrategy[_ResultT]:
    """Make anything the service could return for a shape.

    Args:
        shape: The model of the shape, for example `DiskSnapshot`.

    Returns:
        Models made from `wire_dicts`.
    """
    return wire_dicts(shape).map(shape.from_wire)


def _arns() -> SearchStrategy[str]:
    kinds = st.sampled_from(["Disk", "Instance", "DiskSnapshot", "InstanceSnapshot"])
    parts = st.tuples(st.sampled_from(RegionName.known_values()), kinds, st.uuids())
    return parts.map(lambda arn: f"arn:aws:lightsail:{arn[0]}:123456789012:{arn[1]}/{arn[2]}")


_NO_LINES: Sequence[object] = ("", " ", "a\nb", "a\x00", "a\u2028", 5, b"ab")
_NO_NAMES: Sequence[object] = (*_NO_LINES, "a" * (_LONGEST_NAME + 1))

# What the words of the requests' annotations mean: what they take, and some of what they refuse.
_WORDS: Sequence[tuple[object, SearchStrategy[Any], Sequence[object]]] = (
    (names.NewResourceName, resource_names(), (*_NO_NAMES, "a", "-ab", "ab-", "\u00e9a", "ab\n")),
    (names.ResourceName, existing_names(), _NO_NAMES),
    (names.OperationId, existing_names(), _NO_NAMES),
    (names.NonEmptyString, existing_names(), _NO_LINES),
    (names.PageToken, st.text(_ONE_LINE, min_size=1), ("", 5, b"ab")),
    (names.ResourceArn, _arns(), ("", "Disk-1", "arn:aws:lightsail", 5)),
    (
        names.AvailabilityZone,
        availability_zones(),
        ("", "all", "us-east-2", "us-east-2a\n", "US-EAST-2A", "a", 5),
    ),
    (
        names.RegionInput,
        st.sampled_from(RegionName.known_values()),
        ("", "all", "us-east-2a", "us-east-2\n", "US-EAST-2", "us-east", 5),
    ),
    (names.DiskSize, st.integers(8, 16_384), (7, 0, -8, 2**31, True, 8.0, "8")),
    (
        names.TimeOfDay,
        st.integers(0, 23).map("{:02}:00".format),
        ("", "6:00", "06:30", "24:00", "06:00\n", 6),
    ),
    (names.ExistingTagKey, st.text(_ONE_LINE, min_size=1, max_size=_LONGEST_KEY), ("", "k" * 129)),
    (names.TagKey, tag_keys(), ()),
    (names.TagValue, tag_values(), ()),
    (TagList, st.deferred(lambda: tag_lists(5).filter(bool)), (5, "env")),
    (
        WireDate,
        st.dates(),
        ("", "soon", "2026-13-01", "20261123", datetime(2026, 11, 23, tzinfo=dt.UTC), 5, True),
    ),
)
_Break = tuple[str, str, object]
_MISSING = object()
_ABSTRACT = {Request, Result, PagedRequest, PagedResult, OpenEnum}
_SHAPES = [shape for shape in models.exported().values() if inspect.isclass(shape)]
_OPERATIONS: Sequence[type[Request[Any]]] = [
    shape for shape in _SHAPES if issubclass(shape, Request) and shape not in _ABSTRACT
]


def _register() -> None:
    for shape in _SHAPES:
        if shape in _ABSTRACT:
            continue
        # First, for a ResourceTag is a Tag, but what is sent is no tag of a resource.
        if issubclass(shape, ResultModel):
            st.register_type_strategy(shape, results(shape))
        elif issubclass(shape, RequestModel):
            st.register_type_strategy(shape, requests_of(shape))
        elif issubclass(shape, OpenEnum):
            st.register_type_strategy(shape, enum_members(shape))


_register()
