"""Apply a run: carry out every step exactly once, also after interruptions."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias, TypeVar

from lightsail_snap._drivers.interrupts import SLICE_SECONDS
from lightsail_snap._parameters import check_callback, check_concurrency, invalid_parameter
from lightsail_snap._text import one_line, safe_line
from lightsail_snap.client import LightsailSnapClient
from lightsail_snap.errors import LightsailSnapError, SnapshotConflictError
from lightsail_snap.models import (
    DiskSource,
    InstanceSource,
    ManualSnapshotSource,
    Operation,
    OperationType,
)
from lightsail_snap.plans._completion import (
    Report,
    report_errors,
    report_result,
    run_on_complete,
)
from lightsail_snap.plans._deletion import (
    ApprovedSnapshot,
    DeletionGate,
    DeletionTerms,
    NewSnapshot,
    check_max_deletions,
    get_snapshot,
    log_record,
    make_record,
    over_limit,
)
from lightsail_snap.plans._deletion_results import is_done
from lightsail_snap.plans._inventory import (
    ClientFactory,
    clients_of,
    run_workflow,
    snapshot_kind,
    snapshot_kinds,
)
from lightsail_snap.plans._model import Kind, Quiesce, tags_of
from lightsail_snap.plans._planning import (
    CopyStep,
    DeleteStep,
    GroupKey,
    Run,
    SourceId,
    TakeStep,
    age_only,
    group_key,
    has_token,
    source_id,
)
from lightsail_snap.plans._results import RunResult, StepResult
from lightsail_snap.retention import AnySnapshot, Scope

_log = logging.getLogger("lightsail_snap.plans")

# The times of an operation and of the snapshot that it creates may differ by rounding.
_CLOCK_TOLERANCE = timedelta(seconds=2)

ResultT = TypeVar("ResultT")

OnStep: TypeAlias = Callable[[StepResult], object]
"""Callback that receives the result of every step."""

_Creation: TypeAlias = TakeStep | CopyStep
_Gate: TypeAlias = tuple[LightsailSnapClient, DeletionGate]


def _wait(
    client: LightsailSnapClient, kind: Kind, name: str, timeout: timedelta | None
) -> AnySnapshot:
    if kind == "instance":
        return client.wait_for_instance_snapshot(name, timeout=timeout)
    return client.wait_for_disk_snapshot(name, timeout=timeout)


def _conflict(found: AnySnapshot, reason: str) -> SnapshotConflictError:
    when = found.created_at.isoformat(timespec="seconds") if found.created_at else "unknown date"
    message = f"the name {found.name} is taken by a snapshot ({when}) that {reason}"
    return SnapshotConflictError(message, snapshot=found)


def _check_token(found: AnySnapshot, token: str) -> AnySnapshot:
    if not has_token(found, token):
        reason = "this run did not take; rename that snapshot, or change name_template"
        raise _conflict(found, reason)
    return found


@contextmanager
def _paused(lock: threading.Lock, quiesce: Quiesce) -> Iterator[None]:
    """Pause writes, for one snapshot at a time."""
    from lightsail_snap.quiesce import (  # noqa: PLC0415 - most plans do not need this large module
        command_hooks,
        fsfreeze,
    )

    context: AbstractContextManager[object]
    if quiesce.mount_point is not None:
        context = fsfreeze(quiesce.mount_point, timeout=quiesce.timeout)
    else:
        context = command_hooks(quiesce.before, quiesce.after, timeout=quiesce.timeout)
    with lock, context:
        yield


class _RunExecution:
    """One attempt to carry out a run."""

    def __init__(self, run: Run, client_of: ClientFactory, on_step: OnStep) -> None:
        self._run = run
        self._timeout = run.plan.timeout
        self._client_of = client_of
        self._on_step = on_step
        self._report_lock = threading.Lock()
        self._pause_lock = threading.Lock()
        self._new: dict[str, NewSnapshot] = {}

    def create(self, chain: Sequence[_Creation]) -> list[StepResult]:
        """Take and copy the snapshot of one source."""
        results: list[StepResult] = []
        for step in chain:
            began = self._client_of(step.region)._clock.monotonic()  # noqa: SLF001 - the client of this package
            result = self._create_one(step, results)
            if result.snapshot is not None:
                # A snapshot of an earlier attempt may be of any age.
                since = began if result.status == "done" else None
                self._new[step.id] = NewSnapshot(result.snapshot, since)
            results.append(result)
            self._report(result)
        return results

    def _create_one(self, step: _Creation, earlier: Sequence[StepResult]) -> StepResult:
        try:
            if isinstance(step, TakeStep):
                return self._take(step)
            taken = [each for each in earlier if isinstance(each.step, TakeStep)]
            if not taken or taken[-1].snapshot is None:
                return StepResult(step, "skipped", "there is no snapshot to copy")
            return self._copy(step)
        except LightsailSnapError as error:
            return StepResult(step, "failed", f"{type(error).__name__}: {error}", error)

    def _report(self, result: StepResult) -> None:
        plan, step = self._run.plan.name, one_line(result.step.id)
        if result.deletion is not None:
            log_record(result.deletion, plan=plan, step=step)
        else:
            _log.log(
                logging.INFO if is_done(result.status) else logging.WARNING,
                "%s %s%s",
                result.status,
                step,
                f": {safe_line(result.reason)}" if result.reason else "",
                extra={"plan": plan, "step": step, "status": result.status},
            )
        with self._report_lock:
            self._on_step(result)

    def deletions(self, limit: int) -> list[Callable[[], list[StepResult]]]:
        """Return one function per group that deletes; call them after all creations."""
        plan = self._run.plan
        chains: dict[GroupKey, list[DeleteStep]] = {}
        creations: dict[SourceId, list[_Creation]] = {}
        for step in self._run.steps:
            if isinstance(step, DeleteStep):
                chains.setdefault(group_key(step), []).append(step)
            else:
                creations.setdefault(source_id(plan, step), []).append(step)
        count = sum(map(len, chains.values()))
        gates: dict[tuple[str, bool], _Gate] = {}

        def deletion_of(
            key: GroupKey, chain: Sequence[DeleteStep], created_by: Sequence[_Creation]
        ) -> Callable[[], list[StepResult]]:
            obstacle = self._find_obstacle(created_by, key)
            new = [
                self._new[step.id]
                for step in created_by
                if step.region == key.region and not obstacle
            ]
            has_creations = bool(created_by)
            gate = None if obstacle else self._gate(gates, key.region, has_creations=has_creations)

            def delete(step: DeleteStep) -> StepResult:
                approved = _approve(step)
                if count > limit:
                    record = over_limit(approved, count, limit)
                elif gate is None:
                    reason = obstacle or "the plan has no retention"
                    record = make_record(approved, "prerequisite", reason=reason)
                else:
                    client, deletion_gate = gate
                    record = run_workflow(client, deletion_gate.delete(approved, new))
                result = StepResult(
                    step, record.status, record.reason, record.error, deletion=record
                )
                self._report(result)
                return result

            # Oldest first, so that an interruption leaves the newer ones.
            ordered = sorted(chain, key=lambda step: step.created_at)
            return lambda: [delete(step) for step in ordered]

        return [
            deletion_of(key, chain, creations.get(source_id(plan, chain[0]), ()))
            for key, chain in chains.items()
        ]

    def _gate(
        self, gates: dict[tuple[str, bool], _Gate], region: str, *, has_creations: bool
    ) -> _Gate | None:
        """Return the gate of a Region and its client; without a new snapshot only age deletes."""
        plan = self._run.plan
        policy = plan.policy_of(region)
        if policy is None:
            return None
        key = (region, has_creations)
        if key not in gates:
            terms = DeletionTerms(
                Scope(owner=plan.name),
                policy if has_creations else age_only(policy),
                minimum_remaining=plan.minimum_remaining,
            )
            client, kinds = self._client_of(region), snapshot_kinds(plan)
            clock = client._clock  # noqa: SLF001 - the client of this package
            gates[key] = client, DeletionGate(clock, terms, kinds, run_time=self._run.now)
        return gates[key]

    def _find_obstacle(self, created_by: Sequence[_Creation], key: GroupKey) -> str:
        """Return why nothing of a group may be deleted; an empty string if it may."""
        for step in created_by:
            if step.id not in self._new:
                return f"{step.id} has not succeeded"
        if key.region not in self._run.plan.regions:
            return f"the plan has nothing in {key.region}"
        policy = self._run.plan.policy_of(key.region)
        if not created_by and policy is not None and not policy.delete_older_than:
            return "no new snapshot was taken"
        if created_by and all(group_key(step) != key for step in created_by):
            return f"no new snapshot was taken or copied in {key.region}"
        return ""

    def _take(self, step: TakeStep) -> StepResult:
        client, token = self._client_of(step.region), step.client_token
        found = run_workflow(client, get_snapshot(snapshot_kind(step.kind), step.name))
        if found is not None:
            # The token is checked before the wait, since another client's snapshot is not waited
            # for, and after it, since the snapshot may have been replaced.
            _check_token(found, token)
            snapshot = _check_token(_wait(client, step.kind, step.name, self._timeout), token)
            return StepResult(step, "adopted", "was already taken", snapshot=snapshot)
        quiesce = self._run.plan.quiesce
        pause = None if quiesce is None else _paused(self._pause_lock, quiesce)
        options: dict[str, Any] = {
            "tags": step.tags,
            "client_token": token,
            "quiesce": pause,
            "timeout": self._timeout,
        }
        if step.kind == "instance":
            snapshot = client.take_instance_snapshot(step.name, step.source, **options)
        else:
            source = (
                DiskSource(disk_name=step.source)
                if step.kind == "disk"
                else InstanceSource(instance_name=step.source)
            )
            snapshot = client.take_disk_snapshot(step.name, source, **options)
        return StepResult(step, "done", snapshot=snapshot)

    def _copy(self, step: CopyStep) -> StepResult:
        client = self._client_of(step.region)
        found = run_workflow(client, get_snapshot(snapshot_kind(step.kind), step.name))
        is_new = False
        if found is None:
            origin = ManualSnapshotSource(snapshot_name=step.name)
            try:
                found = client.copy(
                    step.name, origin, source_region=step.source_region, timeout=self._timeout
                )
                is_new = True
            except SnapshotConflictError as conflict:
                # A request of an earlier attempt may be carried out after the lookup.
                found = conflict.snapshot
        if not is_new:
            found = self._adopt_copy(client, step, found)
        if not tags_of(step.all_tags).items() <= tags_of(found.tags).items():
            # With the ARN, a later snapshot with the same name is not tagged.
            client.tag_resource(step.name, step.all_tags, resource_arn=found.arn)
            found = _wait(client, step.kind, step.name, self._timeout)
            _check_token(found, step.client_token)
        if is_new:
            return StepResult(step, "done", snapshot=found)
        return StepResult(step, "adopted", "was already copied", snapshot=found)

    def _adopt_copy(
        self, client: LightsailSnapClient, step: CopyStep, found: AnySnapshot
    ) -> AnySnapshot:
        if not has_token(found, step.client_token) and not _is_copy(client, step, found):
            reason = "is not known to be a copy of this run; delete it, or change name_template"
            raise _conflict(found, reason)
        waited = _wait(client, step.kind, step.name, self._timeout)
        if waited.arn != found.arn:
            raise _conflict(waited, "another client created in place of the copy")
        return waited


def _approve(step: DeleteStep) -> ApprovedSnapshot:
    kind = snapshot_kind(step.kind)
    return ApprovedSnapshot(step.name, kind, step.arn, step.created_at, step.tags, step.source)


def _is_copy(client: LightsailSnapClient, step: CopyStep, found: AnySnapshot) -> bool:
    """Return whether the operations of the Region show that a snapshot is the run's copy."""
    created = found.created_at

    def has_created(operation: Operation) -> bool:
        return (
            operation.operation_type == OperationType("CopySnapshot")
            and operation.resource_name == step.name
            # Source: the samples of the AWS CLI.
            and operation.operation_details == f"{step.source_region}:{step.name}"
            and created is not None
            and operation.created_at is not None
            and abs(operation.created_at - created) <= _CLOCK_TOLERANCE
        )

    try:
        if any(map(has_created, client.iter_operations_for_resource(step.name))):
            return True
    except LightsailSnapError as error:
        # GetOperationsForResource is documented for instances and static IPs; it is unverified for
        # snapshots. GetOperations lists their operations, too. A traceback would show botocore's
        # exception with the raw message of the service.
        _log.debug("no operations of %s can be listed: %s", one_line(step.name), error)
    return any(map(has_created, client.iter_operations()))


def _creation_chains(run: Run) -> list[list[_Creation]]:
    """Return the creation steps of each source, the take step before its copies."""
    chains: dict[SourceId, list[_Creation]] = {}
    for step in run.steps:
        if not isinstance(step, DeleteStep):
            chains.setdefault(source_id(run.plan, step), []).append(step)
    order = ("take", "copy")
    return [sorted(chain, key=lambda step: order.index(step.action)) for chain in chains.values()]


def apply(  # noqa: PLR0913 - keyword-only, and each has a default
    run: Run,
    client: LightsailSnapClient,
    *,
    clients: ClientFactory | None = None,
    concurrency: int = 4,
    max_deletions: int | None = None,
    on_step: OnStep | None = None,
) -> RunResult:
    """Carry out a run.

    1. Take the snapshot of each source and wait for it, then copy it.
    2. When that has ended for all sources, delete the snapshots of the run's delete steps, but none
       of a source whose snapshot or copy failed. The Region is listed again and the retention
       evaluated again right before. At least one usable snapshot of each source remains.

    A failure of one source does not stop the others. After a failure or a crash at any point, apply
    the same run again, or a new run in the same slot. Completed steps are recognised by name and
    tag, and adopted.

    If the plan has a command `on_complete`, it runs at the end, also if an error or an interrupt
    ends the run. If the command fails, the result has the reason in `on_complete_error`.

    Args:
        run: The run.
        client: The client of the plan's Region, or of the first of several.
        clients: Function of a Region that returns its client. Required if the plan has copies or
            several Regions.
        concurrency: Greatest number of sources at the same time; 1 or more.
        max_deletions: Delete nothing if the run has more deletions than this. None for
            `run.max_deletions`: the plan's, or 10, or twice the number of rules in use for each
            snapshot taken or copied if that is more.
        on_step: Function that is called with the `StepResult` of every step, one at a time.

    Returns:
        The results of all steps. `raise_for_failures()` raises an error if any step failed.

    Raises:
        RequestValidationError: If an argument is invalid.
        ConfigurationError: If the plan has copies or several Regions and `clients` is missing.
    """
    return apply_and_report(
        run,
        client,
        clients=clients,
        concurrency=concurrency,
        max_deletions=max_deletions,
        on_step=on_step,
        report=run_on_complete,
    )


def apply_and_report(  # noqa: PLR0913 - keyword-only
    run: Run,
    client: LightsailSnapClient,
    *,
    clients: ClientFactory | None,
    concurrency: int,
    max_deletions: int | None = None,
    on_step: OnStep | None = None,
    report: Report,
) -> RunResult:
    """Carry out a run, and pass the result or an error to `report`."""
    if not isinstance(run, Run):
        fix = "pass the result of prepare(...) or make_run(...)"  # type: ignore[unreachable] # callers without a type checker get here
        raise invalid_parameter("run", "must be a run", fix, run, model="apply")
    check_concurrency(concurrency)
    check_max_deletions("apply", max_deletions)
    check_callback("on_step", on_step)
    # model_copy does not validate.
    run = Run(**dict(run))
    reached: list[StepResult] = []

    def record(step: StepResult) -> None:
        reached.append(step)
        if on_step is not None:
            on_step(step)

    execution = _RunExecution(run, clients_of(run.plan, client, clients), record)
    limit = run.max_deletions if max_deletions is None else max_deletions
    chains = [partial(execution.create, chain) for chain in _creation_chains(run)]
    with report_errors(report, run.plan, lambda: RunResult(run, tuple(reached))):
        results = _call_all(chains, concurrency)
        results += _call_all(execution.deletions(limit), concurrency)
    by_id = {result.step.id: result for part in results for result in part}
    result = RunResult(run, tuple(by_id[step.id] for step in run.steps))
    return replace(result, on_complete_error=report_result(report, result))


def _call_all(
    calls: Sequence[Callable[[], list[StepResult]]], concurrency: int
) -> list[list[StepResult]]:
    workers = min(concurrency, len(calls))
    if workers <= 1:
        return [call() for call in calls]
    results: dict[int, list[StepResult]] = {}
    with ThreadPoolExecutor(workers, thread_name_prefix="lightsail-snap-plan") as pool:
        gather(pool, calls, lambda index, future: results.update({index: future.result()}))
    return list(results.values())


def _submit(executor: Executor, call: Callable[[], ResultT]) -> Future[ResultT]:
    try:
        return executor.submit(call)
    except Exception as error:  # noqa: BLE001 - a broken executor must not hide the other results
        failed: Future[ResultT] = Future()
        failed.set_exception(error)
        return failed


def gather(
    executor: Executor,
    calls: Sequence[Callable[[], ResultT]],
    on_end: Callable[[int, Future[ResultT]], object],
) -> None:
    """Make calls in an executor; pass index and future of each to `on_end` as soon as it ends."""
    indexes: dict[Future[ResultT], int] = {}
    ended: SimpleQueue[Future[ResultT]] = SimpleQueue()
    try:
        for index, call in enumerate(calls):
            future = _submit(executor, call)
            indexes[future] = index
            future.add_done_callback(ended.put)
        for _ in calls:
            future = _next_item(ended)
            on_end(indexes[future], future)
    except BaseException:
        # Calls that have not begun must not begin after an interrupt.
        for future in indexes:
            future.cancel()
        raise


def _next_item(queue: SimpleQueue[Future[ResultT]]) -> Future[ResultT]:
    # A signal that arrives just before a wait is handled only after it, so long waits are sliced.
    while True:
        try:
            return queue.get(timeout=SLICE_SECONDS)
        except Empty:
            continue
