"""The results of `apply`, `prune` and `apply_many`, which all work the same way."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from typing_extensions import override

from lightsail_snap.errors import LightsailSnapError, PartialFailureError, detached
from lightsail_snap.plans._model import BackupPlan
from lightsail_snap.plans._planning import Run, Step
from lightsail_snap.plans._tables import as_html, as_text
from lightsail_snap.retention import AnySnapshot

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Status: TypeAlias = Literal["done", "adopted", "skipped", "failed"]
"""Status of a step: carried out now, carried out by an earlier attempt, skipped, or failed."""

_STATUSES: tuple[Status, ...] = ("done", "adopted", "skipped", "failed")

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
    "failed",
]
"""Machine-readable reason why a snapshot was or was not deleted."""

_STATUS_OF: dict[Outcome, Status] = {"deleted": "done", "gone": "adopted", "failed": "failed"}


def _picklable_state(result: DataclassInstance) -> list[object]:
    """Return the fields of a result for pickle, with copies of errors that unpickle anywhere."""
    values = [getattr(result, field.name) for field in fields(result)]
    return [detached(each) if isinstance(each, LightsailSnapError) else each for each in values]


def is_done(status: Status) -> bool:
    """Return whether a step was carried out, now or by an earlier attempt."""
    return status in {"done", "adopted"}


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


class _Result:
    """The result for one step or snapshot."""

    __slots__ = ()
    status: Status
    reason: str
    error: LightsailSnapError | None

    @property
    def is_complete(self) -> bool:
        """Whether the step was carried out, now or by an earlier attempt."""
        return is_done(self.status)

    def _status_fields(self) -> dict[str, Any]:
        return {
            "status": self.status,
            "reason": self.reason,
            "error": type(self.error).__name__ if self.error else None,
        }


class _Results(ABC):
    """The results for several steps, snapshots or plans."""

    __slots__ = ()
    _columns: ClassVar[tuple[str, ...]]

    @abstractmethod
    def _items(self) -> Iterable[tuple[str, _Result | PlanOutcome]]:
        """Return the results with their keys."""

    @abstractmethod
    def _headline(self) -> str:
        """Return the message of the error that `raise_for_failures` raises."""

    @abstractmethod
    def _table(self) -> tuple[str, Sequence[Sequence[str]], str]:
        """Return title, rows and footer."""

    @property
    def is_complete(self) -> bool:
        """Whether everything is done, now or by an earlier attempt."""
        return all(each.is_complete for _, each in self._items())

    @property
    def failures(self) -> Mapping[str, LightsailSnapError]:
        """The errors, by the id of the step, the name of the snapshot or the key of the plan.

        For a step of `apply_many` the key is `<key of the plan> <id of the step>`.
        """
        return {key: each.error for key, each in self._items() if each.error is not None}

    def _created(self) -> dict[str, AnySnapshot]:
        return {
            key: each.snapshot
            for key, each in self._items()
            if isinstance(each, StepResult) and each.snapshot is not None
        }

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
        title, rows, footer = self._table()
        return as_html(title, self._columns, rows, footer)


@dataclass(frozen=True, slots=True)
class DeletionRecord:
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
        keeper: The snapshot whose existence justified the deletion; None if the floor was lifted or
            nothing was deleted.
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
        return _picklable_state(self)

    @property
    def status(self) -> Status:
        """The outcome as the status of a step."""
        return _STATUS_OF.get(self.outcome, "skipped")

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
class StepResult(_Result):
    """The result of one step of a run.

    Attributes:
        step: The step.
        status: `done`; `adopted` if an earlier attempt carried it out; `skipped` if it was not safe
            or a step before it failed; `failed`.
        reason: Why it was skipped or failed, or a remark; empty if there is nothing to add.
        error: The error, if it failed.
        snapshot: The snapshot that was taken or copied.
        deletion: The audit record of a deletion: the rule, the evidence and the keeper.
    """

    step: Step
    status: Status
    reason: str = ""
    error: LightsailSnapError | None = None
    snapshot: AnySnapshot | None = None
    deletion: DeletionRecord | None = None

    def __getstate__(self) -> list[object]:
        return _picklable_state(self)

    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON types.

        Returns:
            A new dict: `id`, `action`, `region`, `name`, `source`, `status`, `reason`, `error` (the
            name of the class, or None), and for deletions `deletion`, the audit record.
        """
        step = self.step
        found = {
            "id": step.id,
            "action": step.action,
            "region": step.region,
            "name": step.name,
            "source": step.source,
            **self._status_fields(),
        }
        return found if self.deletion is None else {**found, "deletion": self.deletion.to_dict()}


@dataclass(frozen=True, slots=True)
class RunResult(_Results):
    """The results of all steps of a run.

    Attributes:
        run: The run.
        results: One result per step, in the order of the run.
    """

    run: Run
    results: tuple[StepResult, ...]

    _columns = ("status", "step", "snapshot", "why")

    @property
    @override
    def is_complete(self) -> bool:
        """Whether every step is done or adopted, and all Regions could be listed."""
        return all(each.is_complete for each in self.results) and not self.run.unlisted

    @property
    def snapshots(self) -> Mapping[str, AnySnapshot]:
        """The snapshots that were taken, copied or adopted, by the id of the step."""
        return self._created()

    def to_dict(self) -> dict[str, Any]:
        """Return the results as JSON types.

        Returns:
            A new dict: `plan`, `region`, `slot`, `is_complete` and `steps`.
        """
        return {
            "plan": self.run.plan.name,
            "region": self.run.plan.region,
            "slot": self.run.slot,
            "is_complete": self.is_complete,
            "steps": [each.to_dict() for each in self.results],
        }

    def _items(self) -> Iterable[tuple[str, StepResult]]:
        return ((each.step.id, each) for each in self.results)

    def _headline(self) -> str:
        steps = _plural(len(self.results), "step")
        return f"{len(self.failures)} of {steps} of {self.run.plan.name} failed"

    def _table(self) -> tuple[str, Sequence[Sequence[str]], str]:
        plan = self.run.plan
        rows = [
            (each.status, each.step.action, f"{each.step.region}/{each.step.name}", each.reason)
            for each in self.results
        ]
        found = [each.status for each in self.results]
        counts = ", ".join(f"{status} {found.count(status)}" for status in _STATUSES)
        return f"{plan.name} in {plan.region}, run {self.run.slot}", rows, counts


@dataclass(frozen=True, slots=True)
class PrunedSnapshot(_Result):
    """The result for one snapshot that the policy does not keep.

    Attributes:
        snapshot: The snapshot, as it was approved for deletion.
        status: `done`; `adopted` if it was already deleted; `skipped` if it was not safe to delete
            it; `failed`.
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
        return _picklable_state(self)

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
class PruneResult(_Results):
    """The results for all snapshots that the policy does not keep.

    Attributes:
        results: One result per snapshot that was approved for deletion, oldest first.
    """

    results: tuple[PrunedSnapshot, ...]

    _columns = ("status", "snapshot", "why")

    def _items(self) -> Iterable[tuple[str, PrunedSnapshot]]:
        return ((each.snapshot.name, each) for each in self.results)

    def _headline(self) -> str:
        snapshots = _plural(len(self.results), "snapshot")
        return f"{len(self.failures)} of {snapshots} could not be deleted"

    def _table(self) -> tuple[str, Sequence[Sequence[str]], str]:
        rows = [(each.status, each.snapshot.name, each.reason) for each in self.results]
        gone = sum(each.is_complete for each in self.results)
        return "prune", rows, f"deleted {gone} of {len(rows)}"


@dataclass(frozen=True, slots=True)
class PlanOutcome:
    """The outcome of one plan of `apply_many`.

    Attributes:
        plan: The plan.
        result: The results of its run; None if no run was made, or the worker was lost.
        error: Why no run was made, or how the worker was lost.
    """

    plan: BackupPlan
    result: RunResult | None = None
    error: LightsailSnapError | None = None

    def __getstate__(self) -> list[object]:
        return _picklable_state(self)

    @property
    def key(self) -> str:
        """The name of the plan, after its account if it has one: `prod/nightly`."""
        account = f"{self.plan.account}/" if self.plan.account else ""
        return f"{account}{self.plan.name}"

    @property
    def is_complete(self) -> bool:
        """Whether every step is done or adopted."""
        return self.result is not None and self.result.is_complete

    @override
    def __str__(self) -> str:
        if self.error is not None:
            return f"{self.key}: failed: {type(self.error).__name__}: {self.error}"
        return f"{self.key}: nothing" if self.result is None else str(self.result)


@dataclass(frozen=True, slots=True)
class FleetResult(_Results):
    """The outcomes of all plans of `apply_many`.

    Attributes:
        outcomes: One outcome per plan, in the order in which they were passed.
    """

    outcomes: tuple[PlanOutcome, ...]

    _columns = ("plan", "region", "outcome")

    @property
    @override
    def is_complete(self) -> bool:
        """Whether every step of every plan is done or adopted."""
        return all(each.is_complete for each in self.outcomes)

    @property
    def snapshots(self) -> Mapping[str, AnySnapshot]:
        """The snapshots that were taken, copied or adopted, by `<key> <id>` of plan and step."""
        return self._created()

    def to_dict(self) -> dict[str, Any]:
        """Return the outcomes as JSON types.

        Returns:
            A new dict: `is_complete`, and `plans` with `plan`, `account`, `region`, `error` (a
            string or None) and `result` (or None) each.
        """
        return {
            "is_complete": self.is_complete,
            "plans": [
                {
                    "plan": each.plan.name,
                    "account": each.plan.account,
                    "region": each.plan.region,
                    "error": f"{type(each.error).__name__}: {each.error}" if each.error else None,
                    "result": each.result.to_dict() if each.result else None,
                }
                for each in self.outcomes
            ],
        }

    def _items(self) -> Iterator[tuple[str, StepResult | PlanOutcome]]:
        for each in self.outcomes:
            yield each.key, each
            for step in each.result.results if each.result else ():
                yield f"{each.key} {step.step.id}", step

    def _headline(self) -> str:
        failures = _plural(len(self.failures), "failure")
        return f"{failures} in {_plural(len(self.outcomes), 'plan')}"

    def _table(self) -> tuple[str, Sequence[Sequence[str]], str]:
        rows = [(each.key, each.plan.region, str(each).splitlines()[-1]) for each in self.outcomes]
        complete = sum(each.is_complete for each in self.outcomes)
        return _plural(len(rows), "plan"), rows, f"complete {complete} of {len(rows)}"
