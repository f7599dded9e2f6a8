"""Apply many plans at the same time, with any executor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from typing import TypeAlias

from lightsail_snap._parameters import check_callback, check_concurrency, invalid_parameter
from lightsail_snap.errors import ConfigurationError, LightsailSnapError, SerializedCause, safe_text
from lightsail_snap.plans._apply import apply_and_report, gather
from lightsail_snap.plans._completion import Report, report_errors, run_on_complete
from lightsail_snap.plans._inventory import ClientFactory, checked_plan
from lightsail_snap.plans._model import BackupPlan
from lightsail_snap.plans._planning import Run, checked_time, prepare
from lightsail_snap.plans._results import FleetResult, PlanOutcome
from lightsail_snap.plans._sessions import regional_clients

Work: TypeAlias = BackupPlan | Run
Accounts: TypeAlias = Mapping[str, ClientFactory]

_MAX_WORKERS = 8


def _plan_of(work: Work) -> BackupPlan:
    return work.plan if isinstance(work, Run) else work


def apply_one(
    work: Work,
    factory: ClientFactory,
    now: datetime,
    concurrency: int,
    report: Report = run_on_complete,
) -> PlanOutcome:
    """Apply one plan or run in a worker; errors of this library are part of the outcome."""
    plan = _plan_of(work)
    try:
        with report_errors(report, plan):
            client = factory(plan.regions[0])
            run = work if isinstance(work, Run) else prepare(plan, client, clients=factory, now=now)
        result = apply_and_report(
            run, client, clients=factory, concurrency=concurrency, report=report
        )
        return PlanOutcome(plan, result)
    except LightsailSnapError as error:
        return PlanOutcome(plan, error=error)


def _lost(plan: BackupPlan, cause: BaseException) -> PlanOutcome:
    """Return the outcome of a plan whose worker did not return."""
    error = LightsailSnapError(
        f"the worker of {plan.name} was lost, and its progress is unknown; apply the plan again: "
        f"{type(cause).__name__}: {safe_text(cause)}"
    )
    error.may_have_executed = True
    error.__cause__ = SerializedCause.of(cause)
    return PlanOutcome(plan, error=error)


def _outcome_of(future: Future[PlanOutcome], plan: BackupPlan) -> PlanOutcome:
    try:
        return future.result()
    except Exception as error:  # noqa: BLE001 - a lost worker must not hide the other outcomes
        return _lost(plan, error)


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


def _checked_work(work: object) -> list[Work]:
    if isinstance(work, str | bytes | BackupPlan | Run) or not isinstance(work, Iterable):
        fix = "pass a list, such as [plan]"
        raise invalid_parameter("work", "must be plans or runs", fix, work, model="apply_many")
    checked: list[Work] = []
    seen: set[tuple[str | None, str]] = set()
    for index, each in enumerate(work):
        plan = checked_plan("apply_many", each.plan if isinstance(each, Run) else each)
        if (plan.account, plan.name) in seen:
            name, rule = f"work[{index}].name", "must be the only plan of this name in its account"
            fix = "rename it: plans with the same name delete each other's snapshots"
            raise invalid_parameter(name, rule, fix, plan.name, model="apply_many")
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
    """Apply many plans, each in a worker. A failure of one does not stop the others.

    The command `on_complete` of a plan runs in its worker, also if no run can be made. If the
    command fails, the result of the run has the reason, or else the error has it as a note.

    Args:
        work: Plans, whose runs the workers make, or runs.
        client_factory: Function of a Region that returns its client; None for
            `regional_clients()`. Or a mapping of accounts to such functions, with the key `""` for
            plans without an account. It is sent to the workers, so it must pickle if they are
            other processes. `regional_clients(...)` and `assume_role_clients(...)` do.
        executor: A `concurrent.futures.Executor`, for example a `ProcessPoolExecutor` or Dask's
            `Client.get_executor()`. The caller shuts it down. None for 8 threads.
        now: The time of all runs, with a time zone; None for the present.
        concurrency: Greatest number of sources of one plan at the same time; 1 or more.
        on_plan: Function that is called in this thread with the `PlanOutcome` of every plan.

    Returns:
        The outcomes of all plans. `raise_for_failures()` raises an error if anything failed.

    Raises:
        RequestValidationError: If an argument is invalid, or two plans of an account have the same
            name.
        ConfigurationError: If `client_factory` lacks the account of a plan.
    """
    return apply_many_and_report(
        work,
        client_factory=client_factory,
        executor=executor,
        now=now,
        concurrency=concurrency,
        on_plan=on_plan,
        report=run_on_complete,
    )


def apply_many_and_report(  # noqa: PLR0913 - keyword-only
    work: Iterable[Work],
    *,
    client_factory: ClientFactory | Accounts | None,
    executor: Executor | None = None,
    now: datetime | None = None,
    concurrency: int,
    on_plan: Callable[[PlanOutcome], object] | None,
    report: Report,
) -> FleetResult:
    """Apply many plans, and pass the result of each to `report`, which the workers receive."""
    checked = _checked_work(work)
    time = checked_time("apply_many", datetime.now(UTC) if now is None else now)
    check_concurrency(concurrency)
    check_callback("on_plan", on_plan)
    outcomes: dict[int, PlanOutcome] = {}

    def on_end(index: int, future: Future[PlanOutcome]) -> None:
        outcomes[index] = _outcome_of(future, _plan_of(checked[index]))
        if on_plan is not None:
            on_plan(outcomes[index])

    with ExitStack() as stack:
        if client_factory is None:
            client_factory = stack.enter_context(regional_clients())
        calls = [
            partial(
                apply_one,
                each,
                _factory_for(_plan_of(each), client_factory),
                time,
                concurrency,
                report,
            )
            for each in checked
        ]
        if executor is None:
            executor = stack.enter_context(
                ThreadPoolExecutor(_MAX_WORKERS, thread_name_prefix="lightsail-snap-plans")
            )
        gather(executor, calls, on_end)
    return FleetResult(tuple(outcomes[index] for index in sorted(outcomes)))
