"""The results of deletions, and the parts that all results of plans share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, TypeAlias

from typing_extensions import override

from lightsail_snap._html import fields_table, render, table
from lightsail_snap._text import plural
from lightsail_snap.errors import LightsailSnapError, PartialFailureError, detached
from lightsail_snap.plans._tables import as_text
from lightsail_snap.retention import AnySnapshot

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Status: TypeAlias = Literal["done", "adopted", "skipped", "failed"]
"""Status of a step: carried out now, carried out by an earlier attempt, skipped, or failed."""

STATUSES: tuple[Status, ...] = ("done", "adopted", "skipped", "failed")

Outcome: TypeAlias = Literal[
    "deleted",
    "gone",
    "changed",
    "kept",
    "out_of_scope",
    "stale_evidence",
    "untrusted_clock",
    "limit",
    "prerequisite",
    "dry_run",
    "failed",
]
"""Machine-readable reason why a snapshot was or was not deleted."""

_STATUS_OF: dict[Outcome, Status] = {"deleted": "done", "gone": "adopted", "failed": "failed"}


def picklable_state(result: DataclassInstance) -> list[object]:
    """Return the fields of a result for pickle, with copies of errors that unpickle anywhere."""
    values = [getattr(result, field.name) for field in fields(result)]
    return [detached(each) if isinstance(each, LightsailSnapError) else each for each in values]


def is_done(status: Status) -> bool:
    """Return whether a step was carried out, now or by an earlier attempt."""
    return status in {"done", "adopted"}


class Record(ABC):
    """A result that is displayed as a table of its fields in notebooks."""

    __slots__ = ()

    @abstractmethod
    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""

    def _repr_html_(self) -> str:
        return render(self, lambda: fields_table(type(self).__name__, self.to_dict().items()))


class Result(Record):
    """The result for one step or snapshot."""

    __slots__ = ()
    status: Status
    reason: str
    error: LightsailSnapError | None

    @property
    def is_complete(self) -> bool:
        """True if the step was carried out, now or by an earlier attempt."""
        return is_done(self.status)

    def _status_fields(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "reason": self.reason,
            "error": type(self.error).__name__ if self.error else None,
        }


class Item(Protocol):
    """A part of some results: the result of a step or snapshot, or the outcome of a plan."""

    @property
    def is_complete(self) -> bool:
        """True if everything is done, now or by an earlier attempt."""

    @property
    def error(self) -> LightsailSnapError | None:
        """The error, if it failed."""


class Results(ABC):
    """The results for several steps, snapshots or plans."""

    __slots__ = ()
    _columns: ClassVar[tuple[str, ...]]

    @abstractmethod
    def _items(self) -> Iterable[tuple[str, Item]]:
        """Return the results with their keys."""

    @abstractmethod
    def _headline(self) -> str:
        """Return the message of the error that `raise_for_failures` raises."""

    @abstractmethod
    def _table(self) -> tuple[str, Sequence[Sequence[str]], str]:
        """Return title, rows and footer."""

    @property
    def is_complete(self) -> bool:
        """True if everything is done, now or by an earlier attempt."""
        return all(each.is_complete for _, each in self._items())

    @property
    def failures(self) -> Mapping[str, LightsailSnapError]:
        """The errors, by the id of the step, the name of the snapshot or the key of the plan.

        For a step of `apply_many` the key is `<key of the plan> <id of the step>`.
        """
        return {key: each.error for key, each in self._items() if each.error is not None}

    def _created(self) -> dict[str, AnySnapshot]:
        """Return the snapshots that were created, by the same keys."""
        return {}

    def raise_for_failures(self) -> None:
        """Raise an error if anything failed. Skipped steps do not count as failures.

        Raises:
            PartialFailureError: With all failures, and all snapshots that were created.
        """
        if not self.failures:
            return
        error = PartialFailureError(self._headline(), self.failures, self._created())
        # A deletion is a change, although it leaves no snapshot to report.
        error.may_have_executed |= any(each.is_complete for _, each in self._items())
        raise error

    @override
    def __str__(self) -> str:
        return as_text(*self._table())

    def _repr_html_(self) -> str:
        def build() -> str:
            title, rows, footer = self._table()
            return table(title, self._columns, rows, footer)

        return render(self, build)


@dataclass(frozen=True, slots=True)
class DeletionRecord(Record):
    """Audit record of one snapshot that was approved for deletion.

    Attributes:
        name: The name of the snapshot.
        arn: Its Amazon Resource Name (ARN).
        source: The name of its disk or instance.
        created_at: Its creation time.
        outcome: Why it was or was not deleted, for programs.
        reason: Why it was not deleted, for people; empty if there is nothing to add.
        rule: The rules that keep it, the rule that deletes it (`older than 90d`), or `no rule keeps
            it`; empty if no listing was evaluated.
        keeper: The snapshot whose existence justifies the deletion; None if the floor was lifted or
            nothing was deleted, except in a dry run.
        listed_at: The service's time of the listing that was evaluated.
        listed_pages: Number of pages of that listing.
        listed_snapshots: Number of snapshots in that listing.
        evidence_age: Age of that listing when the decision was made, in seconds.
        error: The error, if the outcome is `failed`.
    """

    name: str
    arn: str | None
    source: str | None
    created_at: datetime | None
    outcome: Outcome
    reason: str = ""
    rule: str = ""
    keeper: str | None = None
    listed_at: datetime | None = None
    listed_pages: int = 0
    listed_snapshots: int = 0
    evidence_age: float | None = None
    error: LightsailSnapError | None = None

    def __getstate__(self) -> list[object]:
        return picklable_state(self)

    @property
    def status(self) -> Status:
        """The outcome as the status of a step."""
        return _STATUS_OF.get(self.outcome, "skipped")

    @override
    def to_dict(self) -> dict[str, Any]:
        """Return the record as JSON types.

        Returns:
            A new dict: `name`, `arn`, `source`, `created_at`, `outcome`, `rule`, `keeper`, and
            `evidence` with `listed_at`, `pages`, `snapshots` and `age_seconds`, or None.
        """
        created, listed = self.created_at, self.listed_at
        return {
            "name": self.name,
            "arn": self.arn,
            "source": self.source,
            "created_at": created.isoformat() if created else None,
            "outcome": self.outcome,
            "rule": self.rule,
            "keeper": self.keeper,
            "evidence": listed
            and {
                "listed_at": listed.isoformat(),
                "pages": self.listed_pages,
                "snapshots": self.listed_snapshots,
                "age_seconds": self.evidence_age,
            },
        }


@dataclass(frozen=True, slots=True)
class PrunedSnapshot(Result):
    """The result for one snapshot that the policy does not keep.

    Attributes:
        snapshot: The snapshot, as it was approved for deletion.
        status: `done`; `adopted` if it was already deleted; `skipped` if it was not safe to delete
            it, or in a dry run; `failed`.
        reason: Why it was skipped or failed; empty if there is nothing to add.
        error: The error, if it failed.
        record: The audit record: the rule, the evidence and the keeper.
    """

    snapshot: AnySnapshot
    status: Status
    reason: str = ""
    error: LightsailSnapError | None = None
    record: DeletionRecord | None = None

    def __getstate__(self) -> list[object]:
        return picklable_state(self)

    @override
    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON types.

        Returns:
            A new dict: `name`, `created_at` (ISO 8601), `status`, `reason`, `error` (the name of
            the class, or None) and `deletion` (the audit record, or None).
        """
        created = self.snapshot.created_at
        return {
            "name": self.snapshot.name,
            "created_at": created.isoformat() if created else None,
            **self._status_fields(),
            "deletion": self.record.to_dict() if self.record else None,
        }


@dataclass(frozen=True, slots=True)
class PruneResult(Results):
    """The results for all snapshots that the policy does not keep.

    Attributes:
        results: One result per snapshot that was approved for deletion, oldest first.
    """

    results: tuple[PrunedSnapshot, ...]

    _columns = ("status", "snapshot", "why")

    def _items(self) -> Iterable[tuple[str, PrunedSnapshot]]:
        return ((each.snapshot.name, each) for each in self.results)

    def _headline(self) -> str:
        snapshots = plural(len(self.results), "snapshot")
        return f"{len(self.failures)} of {snapshots} could not be deleted"

    def _table(self) -> tuple[str, Sequence[Sequence[str]], str]:
        rows = [(each.status, each.snapshot.name, each.reason) for each in self.results]
        gone = sum(each.is_complete for each in self.results)
        outcomes = [each.record.outcome for each in self.results if each.record]
        forecast = outcomes.count("dry_run")
        suffix = f"; dry run: would delete {forecast}" if forecast else ""
        return "prune", rows, f"deleted {gone} of {len(rows)}{suffix}"
