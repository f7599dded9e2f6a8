"""Results that the wire could contain, however unlikely."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping
from datetime import datetime
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from lightsail_snap.models import (
    Disk,
    DiskSnapshot,
    Instance,
    InstanceSnapshot,
    OpenEnum,
    Operation,
)
from lightsail_snap.models._base import ResultModel
from lightsail_snap.testing.strategies._names import STRINGS

_EnumT = TypeVar("_EnumT", bound=OpenEnum)
_ResultT = TypeVar("_ResultT", bound=ResultModel)

# Longer lists find no more defects.
MAX_ITEMS = 3
# Until the year 2106 a float represents microseconds.
_MAX_MILLISECONDS = 2**32 * 1000
UNIONS = (Union, UnionType)
_SCALARS = st.none() | st.booleans() | st.integers() | STRINGS

PLAIN_TYPES: Mapping[object, SearchStrategy[Any]] = {
    NoneType: st.none(),
    str: STRINGS,
    bool: st.booleans(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    int: st.integers(0, 2**31),
    datetime: st.integers(0, _MAX_MILLISECONDS).map(lambda count: count / 1000),
    dt.date: st.dates().map(dt.date.isoformat),
}


def enum_members(kind: type[_EnumT]) -> SearchStrategy[_EnumT]:
    """Return a strategy for members of an open enumeration.

    Args:
        kind: The enumeration.

    Returns:
        Known and unknown members, half of each: Lightsail returns members that its own service
        model lacks.
    """
    return st.sampled_from(kind.known_values()) | STRINGS.map(kind)


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
    # An alias of the model is never new, and the strategies of its fields come first.
    new = dict.fromkeys(("newMember", "new"), _SCALARS | st.lists(_SCALARS))
    return st.fixed_dictionaries(required, optional=new | optional)


def _wire_value(annotation: Any) -> SearchStrategy[Any]:  # noqa: ANN401 - an annotation can be anything
    origin = get_origin(annotation)
    if origin is Annotated:
        return _wire_value(get_args(annotation)[0])
    if origin in UNIONS:
        return st.one_of(*map(_wire_value, get_args(annotation)))
    if origin is tuple:
        return st.none() | st.lists(_wire_value(get_args(annotation)[0]), max_size=MAX_ITEMS)
    if annotation in PLAIN_TYPES:
        return PLAIN_TYPES[annotation]
    if issubclass(annotation, OpenEnum):
        return enum_members(annotation).map(str)
    return wire_dicts(annotation)


@st.composite
def _read_from_wire(draw: st.DrawFn, model: type[_ResultT]) -> _ResultT:
    # hypothesis would print a mapped value as a call of `from_wire` without its class.
    return model.from_wire(draw(wire_dicts(model)))


def hostile_results(model: type[_ResultT]) -> SearchStrategy[_ResultT]:
    """Return a strategy for everything that the wire could contain for a model of results.

    Args:
        model: The model, for example `DiskSnapshot`.

    Returns:
        Instances read from JSON objects of `wire_dicts`. Each optional field is missing in about
        half of them. Few are usable: about 1 of 30 disk snapshots is completed, and fewer than 1 of
        100 also have a source and a date.
    """
    return _read_from_wire(model)


def hostile_disk_snapshots() -> SearchStrategy[DiskSnapshot]:
    """Return a strategy for disk snapshots with any fields, see `hostile_results`.

    Returns:
        Disk snapshots, also without state, source or date, or with both sources.
    """
    return hostile_results(DiskSnapshot)


def hostile_instance_snapshots() -> SearchStrategy[InstanceSnapshot]:
    """Return a strategy for instance snapshots with any fields, see `hostile_results`.

    Returns:
        Instance snapshots, also without state, source or date.
    """
    return hostile_results(InstanceSnapshot)


def hostile_disks() -> SearchStrategy[Disk]:
    """Return a strategy for disks with any fields, see `hostile_results`.

    Returns:
        Disks, also without state, size or zone.
    """
    return hostile_results(Disk)


def hostile_instances() -> SearchStrategy[Instance]:
    """Return a strategy for instances with any fields, see `hostile_results`.

    Returns:
        Instances, also without state or address.
    """
    return hostile_results(Instance)


def hostile_operations() -> SearchStrategy[Operation]:
    """Return a strategy for operations with any fields, see `hostile_results`.

    Returns:
        Operations, also without status, or with `is_terminal` that contradicts the status.
    """
    return hostile_results(Operation)
