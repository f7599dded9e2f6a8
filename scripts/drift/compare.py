"""Find the differences between two sets of facts. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from scripts.drift.facts import Facts, Kind

# If one side lacks one of these, the facts about its parts are not reported.
_PARENTS: tuple[Kind, ...] = ("operation", "error", "enumeration", "field")


@dataclass(frozen=True, slots=True)
class Drift:
    """A difference between the service model and the library.

    Attributes:
        kind: Kind of the fact.
        where: Operation, shape, field or enumeration member.
        service: Fact in the service model; None if it has none.
        library: Fact in the library; None if it has none.
        reason: Reason why the difference is intended; None if it is not.
    """

    kind: Kind
    where: str
    service: str | None
    library: str | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """An intended difference.

    Attributes:
        kind: Kind of the fact.
        where: Place, or a pattern for several, such as `*Request.tags`.
        service: Fact in the service model; None if it has none.
        library: Fact in the library; None if it has none.
        reason: Reason why the difference is intended.
    """

    kind: Kind
    where: str
    service: str | None
    library: str | None
    reason: str

    def explains(self, drift: Drift) -> bool:
        """Return whether this is the given difference, with exactly these facts."""
        return (self.kind, self.service, self.library) == (
            drift.kind,
            drift.service,
            drift.library,
        ) and fnmatchcase(drift.where, self.where)


@dataclass(frozen=True, slots=True)
class Report:
    """Result of a comparison.

    Attributes:
        drifts: All differences; the intended ones have a reason.
        outdated: Intended differences that no longer exist.
    """

    drifts: tuple[Drift, ...]
    outdated: tuple[Expected, ...]

    @property
    def unexpected(self) -> tuple[Drift, ...]:
        """The differences that are not intended."""
        return tuple(drift for drift in self.drifts if drift.reason is None)

    @property
    def is_clean(self) -> bool:
        """Whether exactly the intended differences exist."""
        return not self.unexpected and not self.outdated


def compare(service: Facts, library: Facts, expected: Iterable[Expected] = ()) -> Report:
    """Return the differences between two sets of facts, in a fixed order."""
    reasons = tuple(expected)
    drifts = tuple(_with_reason(drift, reasons) for drift in _drifts(service, library))
    outdated = tuple(each for each in reasons if not any(map(each.explains, drifts)))
    return Report(drifts, outdated)


def _with_reason(drift: Drift, expected: Iterable[Expected]) -> Drift:
    reasons = (each.reason for each in expected if each.explains(drift))
    return replace(drift, reason=next(reasons, None))


def _drifts(service: Facts, library: Facts) -> Iterator[Drift]:
    for kind, where in sorted(service.keys() | library.keys()):
        in_service, in_library = service.get((kind, where)), library.get((kind, where))
        if in_service == in_library or _is_parent_missing(kind, where, service, library):
            continue
        has_two_types = kind == "field" and in_service is not None and in_library is not None
        yield Drift("type" if has_two_types else kind, where, in_service, in_library)


def _is_parent_missing(kind: Kind, where: str, service: Facts, library: Facts) -> bool:
    return any(
        ((parent, place) in service) != ((parent, place) in library)
        for parent in _PARENTS
        for place in (where, where.partition(".")[0])
        if (parent, place) != (kind, where)
    )
