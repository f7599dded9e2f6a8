"""The results of `apply` and `apply_many`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from typing_extensions import override

from lightsail_snap._text import plural
from lightsail_snap.errors import LightsailSnapError
from lightsail_snap.plans._deletion_results import (
    STATUSES,
    DeletionRecord,
    Result,
    Results,
    Status,
    picklable_state,
)
from lightsail_snap.plans._model import BackupPlan
from lightsail_snap.plans._planning import Run, Step
from lightsail_snap.retention import AnySnapshot


def _created_by(results: Iterable[tuple[str, object]]) -> dict[str, AnySnapshot]:
    return {
        key: each.snapshot
        for key, each in results
        if isinstance(each, StepResult) and each.snapshot is not None
    }


@dataclass(frozen=True, slots=True)
class StepResult(Result):
    """The result of one step of a run.

    Attributes:
        step: The step.
        status: `done`; `adopted` if an earlier attempt carried it out; `skipped` if it was not safe
            or a step before it failed; `failed`.
        reason: Why it was skipped or failed, or a remark; empty if there is nothing to add.
        error: The error, if it failed.
        snapshot: The snapshot that was taken or copied.
        deletion: The audit record of a deletion: the rule, the evidence and the keeper.
        downtime: How long the plan's `quiesce.stop_instance` stopped the instance; None if it did
            not, or the instance is not known to run again.
    """

    step: Step
    status: Status
    reason: str = ""
    error: LightsailSnapError | None = None
    snapshot: AnySnapshot | None = None
    deletion: DeletionRecord | None = None
    downtime: timedelta | None = None

    def __getstate__(self) -> list[object]:
        return picklable_state(self)

    @override
    def to_dict(self) -> dict[str, Any]:
        """Return the result as JSON types.

        Returns:
            A new dict: `id`, `action`, `region`, `name`, `source`, `status`, `reason`, `error` (the
            name of the class, or None), for deletions `deletion`, the audit record, and if an
            instance was stopped `downtime_seconds`.
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
        if self.deletion is not None:
            found["deletion"] = self.deletion.to_dict()
        if self.downtime is not None:
            found["downtime_seconds"] = self.downtime.total_seconds()
        return found


@dataclass(frozen=True, slots=True)
class RunResult(Results):
    """The results of all steps of a run.

    Attributes:
        run: The run.
        results: One result per step, in the order of the run.
        on_complete_error: Why the plan's `on_complete` command failed; empty if it succeeded, or
            the plan has none. It affects no other result.
    """

    run: Run
    results: tuple[StepResult, ...]
    on_complete_error: str = ""

    _columns = ("status", "step", "snapshot", "why")

    @property
    @override
    def is_complete(self) -> bool:
        """True if every step is done or adopted, and all Regions could be listed."""
        return all(each.is_complete for each in self.results) and not self.run.unlisted

    @property
    def snapshots(self) -> Mapping[str, AnySnapshot]:
        """The snapshots that were taken, copied or adopted, by the id of the step."""
        return self._created()

    def to_dict(self) -> dict[str, Any]:
        """Return the results as JSON types.

        Returns:
            A new dict: `plan`, `region` (the first of several), `regions`, `slot`, `is_complete`,
            `steps` and `on_complete_error` (a string or None).
        """
        return {
            "plan": self.run.plan.name,
            "region": self.run.plan.regions[0],
            "regions": list(self.run.plan.source_regions),
            "slot": self.run.slot,
            "is_complete": self.is_complete,
            "steps": [each.to_dict() for each in self.results],
            "on_complete_error": self.on_complete_error or None,
        }

    @override
    def _created(self) -> dict[str, AnySnapshot]:
        return _created_by(self._items())

    def _items(self) -> Iterable[tuple[str, StepResult]]:
        return ((each.step.id, each) for each in self.results)

    def _headline(self) -> str:
        steps = plural(len(self.results), "step")
        return f"{len(self.failures)} of {steps} of {self.run.plan.name} failed"

    def _table(self) -> tuple[str, Sequence[Sequence[str]], str]:
        plan = self.run.plan
        rows = [
            (each.status, each.step.action, f"{each.step.region}/{each.step.name}", each.reason)
            for each in self.results
        ]
        found = [each.status for each in self.results]
        counts = ", ".join(f"{status} {found.count(status)}" for status in STATUSES)
        regions = ", ".join(plan.source_regions)
        footer = "; ".join(filter(None, (counts, self.on_complete_error)))
        return f"{plan.name} in {regions}, run {self.run.slot}", rows, footer


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
        return picklable_state(self)

    @property
    def key(self) -> str:
        """The name of the plan, after its account if it has one: `prod/nightly`."""
        account = f"{self.plan.account}/" if self.plan.account else ""
        return f"{account}{self.plan.name}"

    @property
    def is_complete(self) -> bool:
        """True if every step is done or adopted."""
        return self.result is not None and self.result.is_complete

    @override
    def __str__(self) -> str:
        if self.error is not None:
            return f"{self.key}: failed: {type(self.error).__name__}: {self.error}"
        return f"{self.key}: nothing" if self.result is None else str(self.result)

    def _repr_html_(self) -> str:
        if self.result is not None:
            return self.result._repr_html_()
        return FleetResult((self,))._repr_html_()


@dataclass(frozen=True, slots=True)
class FleetResult(Results):
    """The outcomes of all plans of `apply_many`.

    Attributes:
        outcomes: One outcome per plan, in the order in which they were passed.
    """

    outcomes: tuple[PlanOutcome, ...]

    _columns = ("plan", "region", "outcome")

    @property
    @override
    def is_complete(self) -> bool:
        """True if every step of every plan is done or adopted."""
        return all(each.is_complete for each in self.outcomes)

    @property
    def snapshots(self) -> Mapping[str, AnySnapshot]:
        """The snapshots that were taken, copied or adopted, by `<key> <id>` of plan and step."""
        return self._created()

    def to_dict(self) -> dict[str, Any]:
        """Return the outcomes as JSON types.

        Returns:
            A new dict: `is_complete`, and `plans` with `plan`, `account`, `region` (the first of
            several), `regions`, `error` (a string or None) and `result` (or None) each.
        """
        return {
            "is_complete": self.is_complete,
            "plans": [
                {
                    "plan": each.plan.name,
                    "account": each.plan.account,
                    "region": each.plan.regions[0],
                    "regions": list(each.plan.source_regions),
                    "error": f"{type(each.error).__name__}: {each.error}" if each.error else None,
                    "result": each.result.to_dict() if each.result else None,
                }
                for each in self.outcomes
            ],
        }

    @override
    def _created(self) -> dict[str, AnySnapshot]:
        return _created_by(self._items())

    def _items(self) -> Iterator[tuple[str, StepResult | PlanOutcome]]:
        for each in self.outcomes:
            yield each.key, each
            for step in each.result.results if each.result else ():
                yield f"{each.key} {step.step.id}", step

    def _headline(self) -> str:
        failures = plural(len(self.failures), "failure")
        return f"{failures} in {plural(len(self.outcomes), 'plan')}"

    def _table(self) -> tuple[str, Sequence[Sequence[str]], str]:
        rows = [
            (each.key, ", ".join(each.plan.source_regions), str(each).splitlines()[-1])
            for each in self.outcomes
        ]
        complete = sum(each.is_complete for each in self.outcomes)
        return plural(len(rows), "plan"), rows, f"complete {complete} of {len(rows)}"
