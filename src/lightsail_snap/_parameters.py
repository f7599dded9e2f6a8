"""Checks of parameters that no model validates."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Protocol, TypeAlias, TypeVar

from lightsail_snap._text import short_repr
from lightsail_snap.errors import RequestValidationError, Violation

_MAX_ITEMS = 100_000

ItemT = TypeVar("ItemT")
ItemT_co = TypeVar("ItemT_co", covariant=True)


class CollectionNotStr(Protocol[ItemT_co]):
    """A list, tuple, set or similar. A `str` is excluded: it contains only strings."""

    def __contains__(self, item: object, /) -> bool:
        """Return whether an object is one of the items."""

    def __iter__(self) -> Iterator[ItemT_co]:
        """Iterate over the items."""

    def __len__(self) -> int:
        """Return the number of items."""


class SequenceNotStr(CollectionNotStr[ItemT_co], Protocol[ItemT_co]):
    """A list, tuple or other sequence, but not a `str`."""

    def __getitem__(self, index: int, /) -> ItemT_co:
        """Return one item."""


IterableNotStr: TypeAlias = CollectionNotStr[ItemT] | Iterator[ItemT]
"""Several items. A single string, which is an `Iterable[str]`, is a mistake here."""


def invalid_parameter(
    name: str, rule: str, fix: str, value: object, *, model: str = "parameters"
) -> RequestValidationError:
    """Return the error for one invalid parameter."""
    violation = Violation(name, rule, "lightsail_snap", fix, short_repr(value))
    return RequestValidationError(model, [violation])


def as_list(name: str, value: object) -> list[Any]:
    """Return the items of an iterable that is not a string."""
    fix = 'pass a list, such as ["db-1"]'
    if not isinstance(value, Iterable) or isinstance(value, str | bytes):
        raise invalid_parameter(name, "must be several of them", fix, value)
    try:
        items = list(islice(value, _MAX_ITEMS + 1))
    except Exception as error:
        raise invalid_parameter(name, "must be readable", fix, value) from error
    if len(items) > _MAX_ITEMS:
        rule = f"must be {_MAX_ITEMS} at most"
        raise invalid_parameter(name, rule, "pass fewer at a time", value)
    return items


def check_callback(name: str, value: object) -> None:
    """Refuse a callback that is neither None nor a plain callable."""
    if value is None or (callable(value) and not inspect.iscoroutinefunction(value)):
        return
    fix = "pass a function of one argument, such as print; async functions are not supported"
    raise invalid_parameter(name, "must be callable, or None", fix, value)


def check_concurrency(value: object) -> None:
    """Refuse a concurrency that is not a positive integer."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise invalid_parameter("concurrency", "must be 1 or more", "pass concurrency=10", value)
