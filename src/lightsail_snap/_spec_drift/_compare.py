"""Finds what differs between two sets of facts, and what of it is meant. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from lightsail_snap._spec_drift._facts import Facts, Kind

# Where one side lacks one of these, what is said of its parts is no news.
_WHOLES: tuple[Kind, ...] = ("operation", "error", "enumeration", "field")


@dataclass(frozen=True, slots=True)
class Drift:
    """Something that is otherwise in the service model and in this library.

    Attributes:
        kind: What it is about.
        where: The operation, shape, field or word.
        service: What the service model says; None if it lacks it.
        library: What this library says; None if it lacks it.
        reason: Why it is meant to be so; None if it is not.
    """

    kind: Kind
    where: str
    service: str | None
    library: str | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """A difference that is meant.

    Attributes:
        kind: What it is about.
        where: The place, or a pattern for several: `*Request.tags`.
        service: What the service model says; None if it lacks it.
        library: What this library says; None if it lacks it.
        reason: Why.
    """

    kind: Kind
    where: str
    service: str | None
    library: str | None
    reason: str

    def explains(self, drift: Drift) -> bool:
        """Tell whether a difference is this one.

        Args:
            drift: The difference.

        Returns:
            Whether it is, word for word.
        """
        return (self.kind, self.service, self.library) == (
            drift.kind,
            drift.service,
            drift.library,
        ) and fnmatchcase(drift.where, self.where)


@dataclass(frozen=True, slots=True)
class Report:
    """What a comparison found.

    Attributes:
        drifts: All differences, the expected ones with their reasons.
        outdated: The expected differences that are there no more.
    """

    drifts: tuple[Drift, ...]
    outdated: tuple[Expected, ...]

    @property
    def unexpected(self) -> tuple[Drift, ...]:
        """The differences that nobody has given a reason for."""
        return tuple(drift for drift in self.drifts if drift.reason is None)

    @property
    def is_clean(self) -> bool:
        """Whether the models are as they are meant to be."""
        return not self.unexpected and not self.outdated


def compare(service: Facts, library: Facts, expected: Iterable[Expected] = ()) -> Report:
    """Compare two sets of facts.

    Args:
        service: What the service model says.
        library: What this library says.
        expected: The differences that are meant.

    Returns:
        What differs, in a fixed order.
    """
    reasons = tuple(expected)
    drifts = tuple(_explained(drift, reasons) for drift in _drifts(service, library))
    outdated = tuple(one for one in reasons if not any(map(one.explains, drifts)))
    return Report(drifts, outdated)


def _explained(drift: Drift, expected: Iterable[Expected]) -> Drift:
    return replace(drift, reason=next((e.reason for e in expected if e.explains(drift)), None))


def _drifts(service: Facts, library: Facts) -> Iterator[Drift]:
    for kind, where in sorted(service.keys() | library.keys()):
        there, here = service.get((kind, where)), library.get((kind, where))
        if there == here or _is_part_of_what_is_missing(kind, where, service, library):
            continue
        # Both have the field, of two types.
        is_type = kind == "field" and there is not None and here is not None
        yield Drift("type" if is_type else kind, where, there, here)


def _is_part_of_what_is_missing(kind: Kind, where: str, service: Facts, library: Facts) -> bool:
    return any(
        ((whole, place) in service) != ((whole, place) in library)
        for whole in _WHOLES
        for place in (where, where.partition(".")[0])
        if (whole, place) != (kind, where)
    )
