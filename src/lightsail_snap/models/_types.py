"""Types of fields that several models share."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Self, TypeVar

from pydantic import BeforeValidator, Field, SerializerFunctionWrapHandler
from pydantic_core import core_schema
from typing_extensions import override

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue


def _in_utc(timestamp: datetime) -> datetime:
    try:
        return (
            timestamp.replace(tzinfo=UTC) if timestamp.tzinfo is None else timestamp.astimezone(UTC)
        )
    except OverflowError as error:
        message = "out of the range of dates in UTC"
        raise ValueError(message) from error


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


# Up to the year 2106 a float of seconds has a resolution of microseconds.
_MAX_EXACT_SECONDS = 2.0**32


def to_epoch(timestamp: datetime) -> float | str:
    """Return the wire format of a timestamp."""
    # An instance that was created without validation may have any time zone, or none.
    if timestamp.tzinfo is not UTC:
        timestamp = _in_utc(timestamp)
    # timedelta arithmetic is exact; timestamp() differs between platforms before 1970.
    seconds = (timestamp - _EPOCH).total_seconds()
    return (
        seconds
        if not timestamp.microsecond or abs(seconds) < _MAX_EXACT_SECONDS
        else timestamp.isoformat()
    )


def _with_utc(timestamp: datetime) -> datetime:
    # Ten times as fast as astimezone(), and a page holds up to a thousand; replace() is slower.
    return datetime.combine(timestamp, timestamp.time(), UTC)


class _InUtc:
    """Converts timestamps to UTC."""

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "format": "date-time"}

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        any_timestamp = core_schema.no_info_after_validator_function(_in_utc, handler(source))
        in_utc = core_schema.no_info_after_validator_function(
            _with_utc, core_schema.datetime_schema(tz_constraint=0)
        )
        return core_schema.json_or_python_schema(
            # Epoch numbers, which the service sends, are in UTC and need only Python's `UTC`.
            json_schema=core_schema.union_schema([in_utc, any_timestamp], mode="left_to_right"),
            python_schema=any_timestamp,
        )


Timestamp = Annotated[datetime, _InUtc()]
"""Aware `datetime` in UTC with microseconds.

It is ISO 8601 in JSON (`2026-11-23T10:00:00Z`) and a number of epoch seconds on the wire. After the
year 2106, when a number cannot hold microseconds, the wire format is ISO 8601, too.
"""


def _empty_for_null(items: tuple[object, ...] | None) -> tuple[object, ...]:
    return () if items is None else items


class _NullAsEmpty:
    """Reads null as an empty list.

    It runs after validation: a validator that runs before makes pydantic convert the list to Python
    objects and read those again.
    """

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(
            _empty_for_null, core_schema.nullable_schema(handler(source))
        )


_ItemT = TypeVar("_ItemT")

WireList = Annotated[tuple[_ItemT, ...], _NullAsEmpty()]
"""List as a tuple. Null is read as empty, since in AWS JSON null means absent."""


_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DateString = Annotated[
    str, Field(pattern=f"^{_ISO_DATE.pattern}$", json_schema_extra={"format": "date"})
]


def _only_a_date(value: object) -> object:
    if isinstance(value, dt.date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _ISO_DATE.fullmatch(value):
        return dt.date.fromisoformat(value)
    message = "not a calendar date"
    raise ValueError(message)


WireDate = Annotated[
    dt.date,
    BeforeValidator(_only_a_date, json_schema_input_type=_DateString),
]
"""Calendar date; `YYYY-MM-DD` on the wire."""

_KeyT = TypeVar("_KeyT")
_ValueT = TypeVar("_ValueT")


class FrozenMapping(Mapping[_KeyT, _ValueT]):
    """Immutable, hashable mapping."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[_KeyT, _ValueT]) -> None:
        """Copy a mapping."""
        self._items = dict(items)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        # For JSON Schema, which contains the default of a field.
        return core_schema.is_instance_schema(
            cls, serialization=core_schema.plain_serializer_function_ser_schema(dict)
        )

    @override
    def __getitem__(self, key: _KeyT) -> _ValueT:
        return self._items[key]

    @override
    def __iter__(self) -> Iterator[_KeyT]:
        return iter(self._items)

    @override
    def __len__(self) -> int:
        return len(self._items)

    @override
    def __hash__(self) -> int:
        return hash(frozenset(self._items.items()))

    @override
    def __reduce__(self) -> tuple[type[Self], tuple[dict[_KeyT, _ValueT]]]:
        # The oldest pickle protocols do not support slots.
        return type(self), (self._items,)

    @override
    def __repr__(self) -> str:
        return repr(self._items)


def _freeze(mapping: Mapping[object, object] | None) -> FrozenMapping[object, object]:
    return FrozenMapping(mapping or {})


def _as_dict(
    mapping: Mapping[object, object], handler: SerializerFunctionWrapHandler
) -> dict[object, object]:
    as_dict: dict[object, object] = handler(dict(mapping))
    return as_dict


class _Frozen:
    """Reads a mapping as a `FrozenMapping` and null as an empty one, and serializes it as a dict.

    Unlike `WrapSerializer` it keeps the JSON Schema of the values.
    """

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(
            _freeze,
            core_schema.nullable_schema(handler(source)),
            # Without a return schema, which would replace the JSON Schema of the mapping.
            serialization=core_schema.wrap_serializer_function_ser_schema(_as_dict),
        )


FROZEN = _Frozen()
"""Annotation of a mapping: immutable, null as empty, serialized as a dict."""
