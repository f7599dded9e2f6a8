"""Many plans at the same time, by whatever executor there is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from typing_extensions import override

from lightsail_snap.errors import (
    ConfigurationError,
    LightsailSnapError,
    PartialFailureError,
    SerializedCause,
    safe_text,
)
from lightsail_snap.plans._apply import RunResult, apply
from lightsail_snap.plans._base import refused, state_of
from lightsail_snap.plans._inventory import ClientFactory, checked_plan
from lightsail_snap.plans._model import BackupPlan
from lightsail_snap.plans._sessions import regional_clients
from lightsail_snap.plans._show import as_html, as_text
from lightsail_snap.plans._steps import Run, checked_time, prepare
from lightsail_snap.retention import AnySnapshot

Work: TypeAlias = BackupPlan | Run
Accounts: TypeAlias = Mapping[str, ClientFactory]

_HEAD = ("plan", "region", "outcome")
_WORKERS = 8


@dataclass(frozen=True, slots=True)
class PlanOutcome:
    """What became of one plan.

    Attributes:
        plan: The plan.
        result: What became of its run; None if it did not come to that.
        error: Why it did not come to that, or how the worker was lost.
    """

    plan: BackupPlan
    result: RunResult | None = None
    error: LightsailSnapError | None = None

    def __getstate__(self) -> list[object]:
        return state_of(self)

    @property
    def key(self) -> str:
        """The plan's name, behind its account if it says which."""
        account = f"{self.plan.account}/" if self.plan.account else ""
        return f"{account}{self.plan.name}"

    @property
    def is_complete(self) -> bool:
        """Whether every step is done."""
        return self.result is not None and self.result.is_complete

    @override
    def __str__(self) -> str:
        if self.error is not None:
            return f"{self.key}: failed: {type(self.error).__name__}: {self.error}"
        return f"{self.key}: nothing" if self.result is None else str(self.result)


@dataclass(frozen=True, slots=True)
class FleetResult:
    """What became of many plans.

    Attributes:
        outcomes: One for each, in the order in which they were given.
    """

    outcomes: tuple[PlanOutcome, ...]

    @property
    def is_complete(self) -> bool:
        """Whether every step of every plan is done."""
        return all(each.is_complete for each in self.outcomes)

    @property
    def failures(self) -> Mapping[str, LightsailSnapError]:
        """Every failure, by the plan's key, and behind a space the step's id if it was a step."""
        found: dict[str, LightsailSnapError] = {}
        for each in self.outcomes:
            if each.error is not None:
                found[each.key] = each.error
            if each.result is not None:
                failures = each.result.failures.items()
                found |= {f"{each.key} {step}": error for step, error in failures}
        return found

    @property
    def snapshots(self) -> Mapping[str, AnySnapshot]:
        """What was taken or copied, by the plan's key and the step's id."""
        return {
            f"{each.key} {step}": snapshot
            for each in self.outcomes
            if each.result is not None
            for step, snapshot in each.result.snapshots.items()
        }

    def raise_for_failures(self) -> None:
        """Raise if anything failed.

        Raises:
            PartialFailureError: With every failure, and every snapshot that was made.
        """
        failures = self.failures
        if failures:
            title = f"{len(failures)} failures in {len(self.outcomes)} plans"
            raise PartialFailureError(title, failures, self.snapshots)

    def to_dict(self) -> dict[str, Any]:
        """Write it with JSON's types.

        Returns:
            A new dict: `is_complete`, and `plans` with `plan`, `account`, `region`, `error` (a text
            or None) and `result` (or None) each.
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

    @property
    def _rows(self) -> list[tuple[str, ...]]:
        return [(each.key, each.plan.region, str(each).splitlines()[-1]) for each in self.outcomes]

    @property
    def _end(self) -> str:
        complete = sum(each.is_complete for each in self.outcomes)
        return f"complete {complete} of {len(self.outcomes)}"

    @override
    def __str__(self) -> str:
        return as_text(f"{len(self.outcomes)} plans", self._rows, self._end)

    def _repr_html_(self) -> str:
        return as_html(f"{len(self.outcomes)} plans", _HEAD, self._rows, self._end)


def apply_one(work: Work, factory: ClientFactory, now: datetime, concurrency: int) -> PlanOutcome:
    """Make a plan's run, if it is none yet, and carry it out: what a worker does.

    Args:
        work: The plan or run.
        factory: Gives the clients.
        now: The time of the run.
        concurrency: How many sources at most at the same time.

    Returns:
        What became of it; errors of ours are in it.
    """
    plan = work.plan if isinstance(work, Run) else work
    try:
        client = factory(plan.region)
        run = work if isinstance(work, Run) else prepare(plan, client, clients=factory, now=now)
        return PlanOutcome(plan, apply(run, client, clients=factory, concurrency=concurrency))
    except LightsailSnapError as error:
        return PlanOutcome(plan, error=error)


def _lost(work: BackupPlan, cause: BaseException) -> PlanOutcome:
    """Tell of a worker that did not come back."""
    error = LightsailSnapError(
        f"the worker of {work.name} was lost, and what it had done by then is unknown; apply the "
        f"plan again: {type(cause).__name__}: {safe_text(cause)}"
    )
    error.may_have_executed = True
    error.__cause__ = SerializedCause.of(cause)
    return PlanOutcome(work, error=error)


def _factory_for(plan: BackupPlan, factories: ClientFactory | Accounts) -> ClientFactory:
    if not isinstance(factories, Mapping):
        return factories
    found = factories.get(plan.account or "")
    if found is None:
        message = (
            f"the plan {plan.name} is for the account {plan.account!r}, but client_factory has "
            f"{', '.join(map(repr, factories)) or 'none'}"
        )
        raise ConfigurationError(message)
    return found


def _checked(work: object) -> list[Work]:
    if isinstance(work, str | bytes | BackupPlan | Run) or not isinstance(work, Iterable):
        raise refused("apply_many", "work", "must be plans or runs", "give a list", work)
    checked: list[Work] = []
    seen: set[tuple[str | None, str]] = set()
    for index, each in enumerate(work):
        plan = checked_plan("apply_many", each.plan if isinstance(each, Run) else each)
        if (plan.account, plan.name) in seen:
            rule = "must be the only plan of this name in its account"
            fix = "rename it: plans of one name would delete each other's snapshots"
            raise refused("apply_many", f"work[{index}].name", rule, fix, plan.name)
        seen.add((plan.account, plan.name))
        checked.append(Run(**dict(each)) if isinstance(each, Run) else plan)
    return checked


def apply_many(  # noqa: PLR0913 - keyword-only, and each has a default
    work: Iterable[Work],
    *,
    client_factory: ClientFactory | Accounts | None = None,
    executor: Executor | None = None,
    now: datetime | None = None,
    concurrency: int = 4,
    on_plan: Callable[[PlanOutcome], object] | None = None,
) -> FleetResult:
    """Carry many plans out, each in a worker; one failure does not hide the others.

    Args:
        work: Plans, whose runs the workers make themselves, or runs that were made before.
        client_factory: Gives the client of a region; `regional_clients()` if None. Or a mapping of
            accounts to such functions, in which each plan's `account` is looked up (`""` for plans
            without one). It goes to the workers, so for other processes it must pickle;
            `regional_clients(...)` and `assume_role_clients(...)` do.
        executor: Any `concurrent.futures.Executor`, for example a `ProcessPoolExecutor` or Dask's
            `Client.get_executor()`; it stays yours. Threads if None.
        now: The time of all runs, with a time zone; the present if None.
        concurrency: How many sources of one plan at most at the same time.
        on_plan: Is told of every plan as soon as it has ended, in this thread.

    Returns:
        What became of every plan.

    Raises:
        RequestValidationError: If something is no plan, or two plans of an account share a name.
        ConfigurationError: If the mapping lacks a plan's account.
    """
    checked = _checked(work)
    moment = checked_time("apply_many", datetime.now(UTC) if now is None else now)
    with ExitStack() as stack:
        if client_factory is None:
            client_factory = stack.enter_context(regional_clients())
        jobs = [(each, _factory_for(_plan_of(each), client_factory)) for each in checked]
        if executor is None:
            executor = stack.enter_context(
                ThreadPoolExecutor(_WORKERS, thread_name_prefix="lightsail-snap-plans")
            )
        return _gather(executor, jobs, moment, concurrency, on_plan)


def _plan_of(work: Work) -> BackupPlan:
    return work.plan if isinstance(work, Run) else work


def _gather(
    executor: Executor,
    jobs: list[tuple[Work, ClientFactory]],
    now: datetime,
    concurrency: int,
    on_plan: Callable[[PlanOutcome], object] | None,
) -> FleetResult:
    places: dict[Future[PlanOutcome], int] = {}
    outcomes: dict[int, PlanOutcome] = {}

    def settle(index: int, outcome: PlanOutcome) -> None:
        outcomes[index] = outcome
        if on_plan is not None:
            on_plan(outcome)

    try:
        for index, (work, factory) in enumerate(jobs):
            try:
                places[executor.submit(apply_one, work, factory, now, concurrency)] = index
            except Exception as error:  # noqa: BLE001 - a broken executor must not hide the others
                settle(index, _lost(_plan_of(work), error))
        for future in as_completed(places):
            index = places[future]
            try:
                outcome = future.result()
            except Exception as error:  # noqa: BLE001 - likewise
                outcome = _lost(_plan_of(jobs[index][0]), error)
            settle(index, outcome)
    except BaseException:
        # What has not begun must not begin after an interrupt.
        for future in places:
            future.cancel()
        raise
    return FleetResult(tuple(outcomes[index] for index in sorted(outcomes)))
