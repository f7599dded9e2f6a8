"""Types of members that several result shapes have in common."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    WrapSerializer,
)


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


_ItemT = TypeVar("_ItemT")

WireList = Annotated[tuple[_ItemT, ...], BeforeValidator(_empty_for_null), WrapSerializer(_as_list)]
"""A list of the wire, as a tuple; null is taken for empty, as AWS JSON takes null for absent."""
