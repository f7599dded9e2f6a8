"""Types of members that several result shapes have in common."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Self, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    WrapSerializer,
)
from typing_extensions import override


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        message = "out of the range of dates in UTC"
        raise ValueError(message) from error


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


# Up to here, the year 2106, a float of seconds tells microseconds apart.
_EXACT = 2.0**32


def _to_epoch(moment: datetime) -> float | str:
    # timedelta arithmetic is exact, and platforms disagree on timestamp() before 1970.
    seconds = (moment - _EPOCH).total_seconds()
    return seconds if not moment.microsecond or abs(seconds) < _EXACT else moment.isoformat()


Timestamp = Annotated[
    datetime,
    AfterValidator(_in_utc),
    PlainSerializer(_to_epoch, return_type=float | str),
]
"""A moment: an aware `datetime` in UTC, epoch seconds on the wire, microseconds at the finest.

Where a number cannot hold the microseconds, after the year 2106, the wire's form is ISO 8601.
"""


def _empty_for_null(value: object) -> object:
    return () if value is None else value


def _as_list(items: tuple[object, ...], handler: SerializerFunctionWrapHandler) -> list[object]:
    return list(handler(items))


AS_LIST = WrapSerializer(_as_list)
"""Writes a tuple as the list that JSON has."""

_ItemT = TypeVar("_ItemT")

WireList = Annotated[tuple[_ItemT, ...], BeforeValidator(_empty_for_null), AS_LIST]
"""A list of the wire, as a tuple; null is taken for empty, as AWS JSON takes null for absent."""


_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _only_a_date(value: object) -> object:
    if isinstance(value, dt.date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and _ISO_DATE.fullmatch(value):
        return dt.date.fromisoformat(value)
    message = "no calendar date"
    raise ValueError(message)


WireDate = Annotated[
    dt.date,
    BeforeValidator(_only_a_date),
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
