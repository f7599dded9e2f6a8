"""Types of members that several result shapes have in common."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Self, TypeVar

from pydantic import (
    BeforeValidator,
    Field,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    WithJsonSchema,
)
from pydantic_core import core_schema
from typing_extensions import override

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        message = "out of the range of dates in UTC"
        raise ValueError(message) from error


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


# Up to here, the year 2106, a float of seconds tells microseconds apart.
_EXACT = 2.0**32


# The years 1 and 10000: between them lies what a datetime can hold.
_YEAR_1 = -62_135_596_800
_YEAR_10000 = 253_402_300_800


def _to_epoch(moment: datetime) -> float | str:
    # timedelta arithmetic is exact, and platforms disagree on timestamp() before 1970.
    seconds = (moment - _EPOCH).total_seconds()
    return seconds if not moment.microsecond or abs(seconds) < _EXACT else moment.isoformat()


def _with_utc(moment: datetime) -> datetime:
    # A tenth of what astimezone() takes, and a page holds a thousand; replace() takes even longer.
    return datetime.combine(moment, moment.time(), UTC)


class _InUtc:
    """Brings every moment to UTC."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        any_moment = core_schema.no_info_after_validator_function(_in_utc, handler(source))
        in_utc = core_schema.no_info_after_validator_function(
            _with_utc, core_schema.datetime_schema(tz_constraint=0)
        )
        return core_schema.json_or_python_schema(
            # Epoch numbers, which the service gives, are in UTC and need only Python's name for it.
            json_schema=core_schema.union_schema([in_utc, any_moment], mode="left_to_right"),
            python_schema=any_moment,
        )


Timestamp = Annotated[
    datetime,
    _InUtc(),
    PlainSerializer(_to_epoch, return_type=float | str),
    WithJsonSchema(
        {
            "anyOf": [
                {
                    "type": "number",
                    "minimum": _YEAR_1,
                    "exclusiveMaximum": _YEAR_10000,
                },
                {"type": "string", "format": "date-time"},
            ]
        },
        mode="validation",
    ),
]
"""A moment: an aware `datetime` in UTC, epoch seconds on the wire, microseconds at the finest.

Where a number cannot hold the microseconds, after the year 2106, the wire's form is ISO 8601.
"""


def _empty_for_null(items: tuple[object, ...] | None) -> tuple[object, ...]:
    return () if items is None else items


class _NullForEmpty:
    """Takes null for an empty list.

    After validation and not before: what looks at the input first makes pydantic turn the whole
    list into Python's objects, only to read those once more.
    """

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(
            _empty_for_null, core_schema.nullable_schema(handler(source))
        )


def _as_list(items: tuple[object, ...], handler: SerializerFunctionWrapHandler) -> list[object]:
    return list(handler(items))


class _AsList:
    """What pydantic's WrapSerializer does, without hiding from JSON Schema what the items are."""

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        # Of what a schema is made of, its serialization is one part, whatever kind it is of.
        schema: Any = handler(source)
        # Whatever type is told of the outcome would be taken for the JSON Schema of it.
        serialization = core_schema.wrap_serializer_function_ser_schema(_as_list)
        whole: core_schema.CoreSchema = {**schema, "serialization": serialization}
        return whole


AS_LIST = _AsList()
"""Writes a tuple as the list that JSON has."""

_ItemT = TypeVar("_ItemT")

WireList = Annotated[tuple[_ItemT, ...], _NullForEmpty(), AS_LIST]
"""A list of the wire, as a tuple; null is taken for empty, as AWS JSON takes null for absent."""


_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DateText = Annotated[
    str, Field(pattern=f"^{_ISO_DATE.pattern}$", json_schema_extra={"format": "date"})
]


def _only_a_date(value: object) -> object:
    if isinstance(value, dt.date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _ISO_DATE.fullmatch(value):
        return dt.date.fromisoformat(value)
    message = "no calendar date"
    raise ValueError(message)


WireDate = Annotated[
    dt.date,
    BeforeValidator(_only_a_date, json_schema_input_type=_DateText),
    PlainSerializer(dt.date.isoformat, return_type=str),
]
"""A calendar date; `YYYY-MM-DD` on the wire."""

_KeyT = TypeVar("_KeyT")
_ValueT = TypeVar("_ValueT")


class FrozenMapping(Mapping[_KeyT, _ValueT]):
    """A mapping that does not change, for models that are frozen and hashable."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[_KeyT, _ValueT]) -> None:
        """Take over the items.

        Args:
            items: Another mapping, which is copied.
        """
        self._items = dict(items)

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: object, handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        # For JSON Schema, which tells the default of a field that holds one.
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
        # With slots, the oldest protocols of pickle cannot do it on their own.
        return type(self), (self._items,)

    @override
    def __repr__(self) -> str:
        return repr(self._items)
