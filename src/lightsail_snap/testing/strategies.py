"""Hypothesis strategies for every public model.

Importing this module registers them: `hypothesis.strategies.from_type(DiskSnapshot)` returns a
strategy for disk snapshots as the service could return them, and `from_type(CopySnapshotRequest)`
one for valid requests.
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

_MAX_TAGS = 50
_MAX_NAME_LENGTH = 255
_MAX_KEY_LENGTH = 128
# Longer lists find no more defects.
_MAX_ITEMS = 3
_NAME_ENDS = string.ascii_letters + string.digits + "_"
_TAG_PUNCTUATION = "+-=._:/@"
# Until the year 2106 a float represents microseconds.
_MAX_MILLISECONDS = 2**32 * 1000
# Valid JSON of the service contains no control characters or lone surrogates.
_STRINGS = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=30)
_UNIONS = (Union, UnionType)
_SCALARS = st.none() | st.booleans() | st.integers() | _STRINGS
_LINE_CHARACTERS = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))


def resource_names() -> SearchStrategy[str]:
    """Return a strategy for names of new resources.

    Returns:
        Valid names of 2 to 255 characters.
    """
    inside = st.text(_NAME_ENDS + ".-", max_size=_MAX_NAME_LENGTH - 2)
    return st.tuples(st.sampled_from(_NAME_ENDS), inside, st.sampled_from(_NAME_ENDS)).map("".join)


def existing_names() -> SearchStrategy[str]:
    """Return a strategy for names of existing resources, which may be invalid for new ones.

    Returns:
        Names of 1 to 255 characters in one line.
    """
    unusual = st.text(_LINE_CHARACTERS, min_size=1, max_size=_MAX_NAME_LENGTH)
    return resource_names() | unusual.filter(lambda name: not name.isspace())


def availability_zones() -> SearchStrategy[str]:
    """Return a strategy for Availability Zones.

    Returns:
        Zones `a` to `f` of the known regions.
    """
    zones = st.tuples(st.sampled_from(RegionName.known_values()), st.sampled_from("abcdef"))
    return zones.map(lambda zone: f"{zone[0]}{zone[1]}")


def _tag_strings(min_size: int, max_size: int) -> SearchStrategy[str]:
    alphabet = st.characters(categories=("L", "N", "Z"), include_characters=_TAG_PUNCTUATION)
    strings = st.text(alphabet, min_size=min_size, max_size=max_size)
    # Python and pydantic may have different versions of Unicode, which agree on older characters.
    return strings.filter(lambda drawn: not drawn.startswith("aws:") and _is_in_basic_plane(drawn))


def _is_in_basic_plane(text: str) -> bool:
    return all(ord(character) < _MAX_CODE_POINT or character.isascii() for character in text)


_MAX_CODE_POINT = 0x10000


def tag_keys() -> SearchStrategy[str]:
    """Return a strategy for keys of new tags.

    Returns:
        Valid keys of 1 to 128 characters.
    """
    return _tag_strings(1, _MAX_KEY_LENGTH)


def tag_values() -> SearchStrategy[str]:
    """Return a strategy for values of new tags.

    Returns:
        Valid values of 0 to 256 characters.
    """
    return _tag_strings(0, 256)


def tags() -> SearchStrategy[Tag]:
    """Return a strategy for new tags, including tags without a value.

    Returns:
        Valid tags.
    """
    return requests_of(Tag)


def tag_lists(max_size: int = _MAX_TAGS) -> SearchStrategy[tuple[Tag, ...]]:
    """Return a strategy for lists of new tags with unique keys.

    Args:
        max_size: Maximum number of tags; a request may have 50.

    Returns:
        Valid lists.
    """
    return st.lists(tags(), max_size=max_size, unique_by=lambda tag: tag.key).map(tuple)


def snapshot_sources() -> SearchStrategy[SnapshotSource]:
    """Return a strategy for sources of snapshots.

    Returns:
        Disks and instances.
    """
    return _union(SnapshotSource)


def restore_sources() -> SearchStrategy[RestoreSource]:
    """Return a strategy for snapshots to restore or copy.

    Returns:
        Manual snapshots, automatic snapshots by date, and the latest automatic snapshots.
    """
    return _union(RestoreSource)


def requests() -> SearchStrategy[Request[Any]]:
    """Return a strategy for valid requests of every operation.

    Returns:
        Valid requests.
    """
    return st.one_of(*map(requests_of, _REQUESTS))


def requests_of(model: type[_RequestT]) -> SearchStrategy[_RequestT]:
    """Return a strategy for one model of requests.

    Args:
        model: The model, for example `CopySnapshotRequest` or `AddOnRequest`.

    Returns:
        Valid instances, with and without each optional field.
    """
    return _arguments_of(model).map(lambda drawn: model(**drawn))


def create_disk_snapshot_requests() -> SearchStrategy[CreateDiskSnapshotRequest]:
    """Return a strategy for valid requests to create a disk snapshot.

    Returns:
        Requests with names, sources and tags of every kind.
    """
    return requests_of(CreateDiskSnapshotRequest)


@functools.cache
def _arguments_of(model: type[RequestModel]) -> SearchStrategy[dict[str, Any]]:
    required: dict[str, SearchStrategy[Any]] = {}
    optional: dict[str, SearchStrategy[Any]] = {}
    for name, annotation in _annotations_of(model).items():
        fields = required if model.model_fields[name].is_required() else optional
        fields[name] = _valid_values(annotation)
    return st.fixed_dictionaries(required, optional=optional)


def _annotations_of(model: type[RequestModel]) -> dict[str, Any]:
    # pydantic's own annotations no longer contain the aliases.
    hints = get_type_hints(model, include_extras=True)
    return {name: hints[name] for name in model.model_fields}


def _is_alias_of(annotation: object, alias: object) -> bool:
    """Return whether an annotation is an alias, or the alias with more metadata."""
    metadata, expected = getattr(annotation, "__metadata__", ()), getattr(alias, "__metadata__", ())
    is_same = getattr(annotation, "__origin__", annotation) == getattr(alias, "__origin__", alias)
    return is_same and metadata[: len(expected)] == expected


def _valid_values(annotation: Any) -> SearchStrategy[Any]:  # noqa: ANN401 - an annotation can be anything
    for alias, valid, _ in _ALIASES:
        if _is_alias_of(annotation, alias):
            return valid
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _valid_values(inner[0])
    if origin in _UNIONS:
        return st.one_of(*map(_valid_values, inner))
    if origin is not None:
        return _container(origin, inner)
    if issubclass(annotation, RequestModel):
        return requests_of(annotation)
    return (
        enum_members(annotation) if issubclass(annotation, OpenEnum) else _PLAIN_TYPES[annotation]
    )


def _container(origin: object, inner: tuple[Any, ...]) -> SearchStrategy[Any]:
    if origin is Literal:
        return st.sampled_from(inner)
    if origin is Mapping:
        return st.dictionaries(*map(_valid_values, inner), max_size=_MAX_ITEMS)
    items = st.lists(_valid_values(inner[0]), min_size=1, max_size=_MAX_ITEMS, unique=True)
    return items.map(tuple)


def _union(alias: Any) -> SearchStrategy[Any]:  # noqa: ANN401 - no type describes an alias
    return _valid_values(alias)


@st.composite
def broken_arguments(draw: st.DrawFn) -> tuple[dict[str, Any], str]:
    """Draw arguments of `CreateDiskSnapshotRequest` that break exactly one rule.

    Args:
        draw: Passed by hypothesis.

    Returns:
        The arguments, and the path of the invalid field.
    """
    name, source = draw(resource_names()), draw(snapshot_sources())
    arguments: dict[str, Any] = {"disk_snapshot_name": name, "source": source, "tags": {}}
    invalid_names = ["", "a", f"-{name}", f"{name}-", f"{name}\n", f"é{name}", "a" * 256, 5, None]
    invalid_keys = ["", "aws:x", "a!", "line\nline", "😀", "k" * 129, "\ud800"]
    invalid_values = ["aws:x", "a!", "line\nline", "v" * 257, "\udfff"]
    violations: list[tuple[str, SearchStrategy[Any]]] = [
        ("disk_snapshot_name", st.sampled_from(invalid_names)),
        ("source", st.sampled_from([None, {}, "disk-1", {"kind": "tape"}])),
        ("tags", st.just({str(number): None for number in range(_MAX_TAGS + 1)})),
        ("tags[0].key", st.sampled_from(invalid_keys).map(lambda key: {key: None})),
        ("tags[0].value", st.sampled_from(invalid_values).map(lambda value: {"key": value})),
        ("tags[1].key", st.just([Tag(key="twice"), Tag(key="twice", value="2")])),
    ]
    field, values = draw(st.sampled_from(violations))
    return arguments | {field.split("[")[0]: draw(values)}, field


def broken_requests() -> SearchStrategy[tuple[type[Request[Any]], dict[str, Any], str]]:
    """Return a strategy for arguments that break exactly one rule of any request.

    Returns:
        The model of the request, the arguments, and the path of the invalid field.
    """
    return st.sampled_from([model for model in _REQUESTS if model.model_fields]).flatmap(
        lambda model: st.tuples(
            _arguments_of(model), st.sampled_from([*_violations_of(model)])
        ).map(lambda drawn: (model, *_with_violation(*drawn)))
    )


def _with_violation(arguments: dict[str, Any], violation: _Violation) -> tuple[dict[str, Any], str]:
    field, suffix, invalid = violation
    rest = {name: value for name, value in arguments.items() if name != field}
    return rest if invalid is _MISSING else rest | {field: invalid}, field + suffix


def _violations_of(model: type[Request[Any]]) -> Iterator[_Violation]:
    """Yield the ways to make the arguments of a request invalid."""
    for name, annotation in _annotations_of(model).items():
        if model.model_fields[name].is_required():
            yield name, "", _MISSING
            yield name, "", None
        for suffix, invalid in _invalid_values(annotation):
            yield name, suffix, invalid


def _invalid_values(annotation: Any) -> Iterator[tuple[str, object]]:  # noqa: ANN401 - as above
    for alias, _, invalid in _ALIASES:
        if _is_alias_of(annotation, alias):
            yield from (("", value) for value in invalid)
            return
    origin, inner = get_origin(annotation), get_args(annotation)
    if origin is Annotated or NoneType in inner:
        yield from _invalid_values(inner[0])
        return
    # Only fields with an alias accept numbers.
    yield "", 5
    if origin in _UNIONS:
        yield from (("", value) for value in ({}, "disk-1", {"kind": "tape"}))
    if origin is tuple:
        yield from ((f"[0]{suffix}", [value]) for suffix, value in _invalid_values(inner[0]))


def enum_members(kind: type[_EnumT]) -> SearchStrategy[_EnumT]:
    """Return a strategy for members of an open enumeration.

    Args:
        kind: The enumeration.

    Returns:
        Known and unknown members.
    """
    return st.sampled_from(kind.known_values()) | _STRINGS.map(kind)


def wire_dicts(model: type[ResultModel]) -> SearchStrategy[dict[str, Any]]:
    """Return a strategy for JSON objects that the service could return for a model.

    Args:
        model: The model, for example `DiskSnapshot`.

    Returns:
        JSON objects with missing, null and new fields, and unknown members of enumerations.
        Timestamps have a precision of milliseconds, like those of the service.
    """
    return _wire_dicts(model)


@functools.cache
def _wire_dicts(model: type[ResultModel]) -> SearchStrategy[dict[str, Any]]:
    required: dict[str, SearchStrategy[Any]] = {}
    optional: dict[str, SearchStrategy[Any]] = {}
    for field in model.model_fields.values():
        fields = required if field.is_required() else optional
        fields[str(field.alias)] = _wire_value(field.annotation)
    unknown = st.dictionaries(st.just("newMember") | st.just("new"), _SCALARS | st.lists(_SCALARS))
    known = st.fixed_dictionaries(required, optional=optional)
    return st.builds(lambda first, second: {**second, **first}, known, unknown)


def _wire_value(annotation: Any) -> SearchStrategy[Any]:  # noqa: ANN401 - an annotation can be anything
    origin = get_origin(annotation)
    if origin is Annotated:
        return _wire_value(get_args(annotation)[0])
    if origin in _UNIONS:
        return st.one_of(*map(_wire_value, get_args(annotation)))
    if origin is tuple:
        return st.none() | st.lists(_wire_value(get_args(annotation)[0]), max_size=_MAX_ITEMS)
    if annotation in _PLAIN_TYPES:
        return _PLAIN_TYPES[annotation]
    if issubclass(annotation, OpenEnum):
        return enum_members(annotation).map(str)
    return wire_dicts(annotation)


_PLAIN_TYPES: Mapping[object, SearchStrategy[Any]] = {
    NoneType: st.none(),
    str: _STRINGS,
    bool: st.booleans(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    int: st.integers(0, 2**31),
    datetime: st.integers(0, _MAX_MILLISECONDS).map(lambda count: count / 1000),
    dt.date: st.dates().map(dt.date.isoformat),
}


def results(model: type[_ResultT]) -> SearchStrategy[_ResultT]:
    """Return a strategy for one model of results.

    Args:
        model: The model, for example `DiskSnapshot`.

    Returns:
        Instances, read from JSON objects of `wire_dicts`.
    """
    return wire_dicts(model).map(model.from_wire)


def _arns() -> SearchStrategy[str]:
    kinds = st.sampled_from(["Disk", "Instance", "DiskSnapshot", "InstanceSnapshot"])
    parts = st.tuples(st.sampled_from(RegionName.known_values()), kinds, st.uuids())
    return parts.map(lambda arn: f"arn:aws:lightsail:{arn[0]}:123456789012:{arn[1]}/{arn[2]}")


_INVALID_LINES: Sequence[object] = ("", " ", "a\nb", "a\x00", "a\u2028", 5, b"ab")
_INVALID_NAMES: Sequence[object] = (*_INVALID_LINES, "a" * (_MAX_NAME_LENGTH + 1))

# Aliases in the annotations of requests, each with its valid and some invalid values.
_ALIASES: Sequence[tuple[object, SearchStrategy[Any], Sequence[object]]] = (
    (
        names.NewResourceName,
        resource_names(),
        (*_INVALID_NAMES, "a", "-ab", "ab-", "\u00e9a", "ab\n"),
    ),
    (names.ResourceName, existing_names(), _INVALID_NAMES),
    (names.OperationId, existing_names(), _INVALID_NAMES),
    (names.NonEmptyString, existing_names(), _INVALID_LINES),
    (names.PageToken, st.text(_LINE_CHARACTERS, min_size=1), ("", 5, b"ab")),
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
    (
        names.ExistingTagKey,
        st.text(_LINE_CHARACTERS, min_size=1, max_size=_MAX_KEY_LENGTH),
        ("", "k" * 129),
    ),
    (names.TagKey, tag_keys(), ()),
    (names.TagValue, tag_values(), ()),
    (TagList, st.deferred(lambda: tag_lists(5).filter(bool)), (5, "env")),
    (
        WireDate,
        st.dates(),
        ("", "soon", "2026-13-01", "20261123", datetime(2026, 11, 23, tzinfo=dt.UTC), 5, True),
    ),
)
_Violation = tuple[str, str, object]
_MISSING = object()
_ABSTRACT = {Request, Result, PagedRequest, PagedResult, OpenEnum}
_MODELS = [model for model in models.exported().values() if inspect.isclass(model)]
_REQUESTS: Sequence[type[Request[Any]]] = [
    model for model in _MODELS if issubclass(model, Request) and model not in _ABSTRACT
]


def _register() -> None:
    for model in _MODELS:
        if model in _ABSTRACT:
            continue
        # First, since a ResourceTag is a Tag, too, but requests have no ResourceTag.
        if issubclass(model, ResultModel):
            st.register_type_strategy(model, results(model))
        elif issubclass(model, RequestModel):
            st.register_type_strategy(model, requests_of(model))
        elif issubclass(model, OpenEnum):
            st.register_type_strategy(model, enum_members(model))


_register()
