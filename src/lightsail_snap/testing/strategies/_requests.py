"""Requests: valid ones, and arguments that break exactly one rule."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import NoneType
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from lightsail_snap import models
from lightsail_snap.models import (
    CreateDiskSnapshotRequest,
    OpenEnum,
    RegionName,
    Request,
    RestoreSource,
    SnapshotSource,
    Tag,
    TagList,
    names,
)
from lightsail_snap.models._base import RequestModel
from lightsail_snap.models._types import WireDate
from lightsail_snap.testing.strategies._hostile import (
    MAX_ITEMS,
    PLAIN_TYPES,
    UNIONS,
    enum_members,
)
from lightsail_snap.testing.strategies._names import (
    LINE_CHARACTERS,
    MAX_KEY_LENGTH,
    MAX_NAME_LENGTH,
    MAX_TAGS,
    arns,
    availability_zones,
    existing_names,
    resource_names,
    tag_keys,
    tag_tuples,
    tag_values,
)

_RequestT = TypeVar("_RequestT", bound=RequestModel)


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
    return _requests_of(model)


@st.composite
def _requests_of(draw: st.DrawFn, model: type[_RequestT]) -> _RequestT:
    # hypothesis would print a mapped value as a call of a lambda.
    return model(**draw(_arguments_of(model)))


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
    if origin in UNIONS:
        return st.one_of(*map(_valid_values, inner))
    if origin is not None:
        return _container(origin, inner)
    if issubclass(annotation, RequestModel):
        return requests_of(annotation)
    return enum_members(annotation) if issubclass(annotation, OpenEnum) else PLAIN_TYPES[annotation]


def _container(origin: object, inner: tuple[Any, ...]) -> SearchStrategy[Any]:
    if origin is Literal:
        return st.sampled_from(inner)
    if origin is Mapping:
        return st.dictionaries(*map(_valid_values, inner), max_size=MAX_ITEMS)
    items = st.lists(_valid_values(inner[0]), min_size=1, max_size=MAX_ITEMS, unique=True)
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
        ("tags", st.just({str(number): None for number in range(MAX_TAGS + 1)})),
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
    if origin in UNIONS:
        yield from (("", value) for value in ({}, "disk-1", {"kind": "tape"}))
    if origin is tuple:
        yield from ((f"[0]{suffix}", [value]) for suffix, value in _invalid_values(inner[0]))


_INVALID_LINES: Sequence[object] = ("", " ", "a\nb", "a\x00", "a\u2028", 5, b"ab")
_INVALID_NAMES: Sequence[object] = (*_INVALID_LINES, "a" * (MAX_NAME_LENGTH + 1))

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
    (names.PageToken, st.text(LINE_CHARACTERS, min_size=1), ("", 5, b"ab")),
    (names.ResourceArn, arns(), ("", "Disk-1", "arn:aws:lightsail", 5)),
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
        st.text(LINE_CHARACTERS, min_size=1, max_size=MAX_KEY_LENGTH),
        ("", "k" * 129),
    ),
    (names.TagKey, tag_keys(), ()),
    (names.TagValue, tag_values(), ()),
    (TagList, tag_tuples(1, 5), (5, "env")),
    (
        WireDate,
        st.dates(),
        ("", "soon", "2026-13-01", "20261123", datetime(2026, 11, 23, tzinfo=dt.UTC), 5, True),
    ),
)
_Violation = tuple[str, str, object]
_MISSING = object()
_REQUESTS: Sequence[type[Request[Any]]] = [*models.request_types().values()]
