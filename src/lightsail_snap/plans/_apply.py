"""Carrying a run out: every step exactly once, however often it is tried."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, TypeAlias

from typing_extensions import override

from lightsail_snap._drivers.interrupts import result_of
from lightsail_snap._text import one_line, safe_line
from lightsail_snap.client import LightsailSnapClient
from lightsail_snap.errors import (
    LightsailSnapError,
    PartialFailureError,
    SnapshotConflictError,
)
from lightsail_snap.models import (
    DiskSource,
    InstanceSource,
    ManualSnapshotSource,
    Operation,
    OperationType,
)
from lightsail_snap.plans._base import Status, refused, state_of
from lightsail_snap.plans._deletion import (
    Approved,
    DeletionGate,
    DeletionRecord,
    Made,
    SnapshotKind,
    Terms,
    get_snapshot,
    log_record,
    monotonic,
)
from lightsail_snap.plans._inventory import ClientFactory, Clients
from lightsail_snap.plans._model import Kind, Quiesce, tags_of
from lightsail_snap.plans._prune import limit_record
from lightsail_snap.plans._show import as_html, as_text
from lightsail_snap.plans._steps import (
    CopyStep,
    DeleteStep,
    Run,
    Step,
    TakeStep,
    age_only,
    has_token,
)
from lightsail_snap.retention import AnySnapshot, Scope

_log = logging.getLogger("lightsail_snap.plans")

_HEAD = ("status", "step", "snapshot", "why")
# Dates of operations and of what they make may differ by rounding.
_BLUR = timedelta(seconds=2)


@dataclass(frozen=True, slots=True)
class StepResult:
    """What became of one step.

    Attributes:
        step: The step.
        status: `done`; `adopted` if an earlier attempt had done it; `skipped` if it was not
            right, or not safe, to do it; `failed`.
        reason: Why it was skipped or failed, or what else there is to know; empty if nothing.
        error: Why it failed.
        snapshot: What was taken or copied.
        deletion: The audit record of a deletion: the rule, the evidence and the keeper.
    """

    step: Step
    status: Status
    reason: str = ""
    error: LightsailSnapError | None = None
    snapshot: AnySnapshot | None = None
    deletion: DeletionRecord | None = None

    def __getstate__(self) -> list[object]:
        return state_of(self)

    def to_dict(self) -> dict[str, Any]:
        """Write it with JSON's types.

        Returns:
            A new dict: `id`, `action`, `region`, `name`, `source`, `status`, `reason`, `error` (the
            type's name, or None), and of a deletion `deletion`, its audit record.
        """
        step = self.step
        found: dict[str, Any] = {
            "id": step.id,
            "action": step.action,
            "region": step.region,
            "name": step.name,
            "source": step.source,
            "status": self.status,
            "reason": self.reason,
            "error": type(self.error).__name__ if self.error else None,
        }
        if self.deletion is not None:
            found["deletion"] = self.deletion.to_dict()
        return found


@dataclass(frozen=True, slots=True)
class RunResult:
    """What became of a run.

    Attributes:
        run: The run.
        results: One for each step, in the run's order.
    """

    run: Run
    results: tuple[StepResult, ...]

    @property
    def is_complete(self) -> bool:
        """Whether every step is done, now or by an earlier attempt, and no region was away."""
        is_done = all(each.status in {"done", "adopted"} for each in self.results)
        return is_done and not self.run.unlisted

    @property
    def failures(self) -> Mapping[str, LightsailSnapError]:
        """Why steps failed, by the id of the step."""
        return {each.step.id: each.error for each in self.results if each.error is not None}

    @property
    def snapshots(self) -> Mapping[str, AnySnapshot]:
        """What was taken or copied, by the id of the step."""
        made = {each.step.id: each.snapshot for each in self.results}
        return {name: snapshot for name, snapshot in made.items() if snapshot is not None}

    def raise_for_failures(self) -> None:
        """Raise if a step failed; those that were skipped because of it are not told apart.

        Raises:
            PartialFailureError: With every failure, and every snapshot that was made.
        """
        failures = self.failures
        if failures:
            title = f"{len(failures)} of {len(self.results)} steps of {self.run.plan.name} failed"
            raise PartialFailureError(title, failures, self.snapshots)

    def to_dict(self) -> dict[str, Any]:
        """Write it with JSON's types.

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

    @property
    def _title(self) -> str:
        plan = self.run.plan
        return f"{plan.name} in {plan.region}, run {self.run.slot}"

    @property
    def _end(self) -> str:
        words: tuple[Status, ...] = ("done", "adopted", "skipped", "failed")
        counts = ((word, sum(each.status == word for each in self.results)) for word in words)
        return ", ".join(f"{word} {count}" for word, count in counts)

    @property
    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (each.status, each.step.action, f"{each.step.region}/{each.step.name}", each.reason)
            for each in self.results
        ]

    @override
    def __str__(self) -> str:
        return as_text(self._title, self._rows, self._end)

    def _repr_html_(self) -> str:
        return as_html(self._title, _HEAD, self._rows, self._end)


OnStep: TypeAlias = Callable[[StepResult], object]


def _wait(
    client: LightsailSnapClient, kind: Kind, name: str, timeout: timedelta | None
) -> AnySnapshot:
    if kind == "instance":
        return client.wait_for_instance_snapshot(name, timeout=timeout)
    return client.wait_for_disk_snapshot(name, timeout=timeout)


def _conflict(found: AnySnapshot, why: str) -> SnapshotConflictError:
    when = found.created_at.isoformat(timespec="seconds") if found.created_at else "no date"
    text = f"the name {found.name} is taken by a snapshot of {when} that {why}"
    return SnapshotConflictError(text, snapshot=found)


def _of_this_run(found: AnySnapshot, token: str) -> AnySnapshot:
    if not has_token(found, token):
        raise _conflict(found, "this run did not take; rename that one, or change name_template")
    return found


@contextmanager
def _paused(lock: threading.Lock, quiesce: Quiesce) -> Iterator[None]:
    """Pause writes, for one snapshot at a time."""
    from lightsail_snap import quiesce as ways  # noqa: PLC0415 - only plans that pause need it

    context: AbstractContextManager[object]
    if quiesce.mount_point is not None:
        context = ways.fsfreeze(quiesce.mount_point, timeout=quiesce.timeout)
    else:
        context = ways.command_hooks(quiesce.before, quiesce.after, timeout=quiesce.timeout)
    with lock, context:
        yield


class _Applying:
    """One attempt to carry a run out."""

    def __init__(self, run: Run, clients: Clients, on_step: OnStep | None) -> None:
        self._run = run
        self._timeout = run.plan.timeout
        self._clients = clients
        self._on_step = on_step
        self._telling = threading.Lock()
        self._pausing = threading.Lock()
        self._made: dict[str, Made] = {}

    def make(self, chain: tuple[TakeStep | CopyStep, ...]) -> list[StepResult]:
        """Take and copy the snapshot of one source; return the results."""
        results: list[StepResult] = []
        taken: StepResult | None = None
        for step in chain:
            began = monotonic(self._clients.of(step.region))
            result = self._make_one(step, taken)
            if isinstance(step, TakeStep):
                taken = result
            if result.snapshot is not None:
                # What an earlier attempt made may be of any age.
                since = began if result.status == "done" else None
                self._made[step.id] = Made(result.snapshot, since)
            results.append(result)
            self._tell(result)
        return results

    def _make_one(self, step: TakeStep | CopyStep, taken: StepResult | None) -> StepResult:
        try:
            if isinstance(step, TakeStep):
                return self._take(step)
            if taken is None or taken.snapshot is None:
                return StepResult(step, "skipped", "there is no snapshot to copy")
            return self._copy(step)
        except LightsailSnapError as error:
            return StepResult(step, "failed", f"{type(error).__name__}: {error}", error)

    def _tell(self, result: StepResult) -> None:
        if result.deletion is not None:
            log_record(result.deletion, plan=self._run.plan.name, step=one_line(result.step.id))
        else:
            is_fine = result.status in {"done", "adopted"}
            _log.log(
                logging.INFO if is_fine else logging.WARNING,
                "%s %s%s",
                result.status,
                one_line(result.step.id),
                f": {safe_line(result.reason)}" if result.reason else "",
                extra={
                    "plan": self._run.plan.name,
                    "step": one_line(result.step.id),
                    "status": result.status,
                },
            )
        if self._on_step is not None:
            with self._telling:
                self._on_step(result)

    def deletions(self, limit: int) -> list[Callable[[], list[StepResult]]]:
        """Return what deletes the snapshots of each source, to be called after all are made."""
        chains: dict[tuple[str, str], list[DeleteStep]] = {}
        makers: dict[str, list[TakeStep | CopyStep]] = {}
        for step in self._run.steps:
            if isinstance(step, DeleteStep):
                chains.setdefault((step.region, step.source), []).append(step)
            else:
                makers.setdefault(step.source, []).append(step)
        count = sum(map(len, chains.values()))
        gates: dict[tuple[str, bool], DeletionGate] = {}

        def work(
            region: str, chain: Sequence[DeleteStep], making: Sequence[TakeStep | CopyStep]
        ) -> Callable[[], list[StepResult]]:
            why = self._why_not_delete(making, region)
            made = [self._made[step.id] for step in making if step.region == region and not why]
            gate = None if why else self._gate(gates, region, has_makers=bool(making))

            def delete(step: DeleteStep) -> StepResult:
                approved = _approved(step)
                if count > limit:
                    record = limit_record(approved, count, limit)
                elif gate is None:
                    record = _prerequisite(approved, why or "the plan has no retention")
                else:
                    record = gate.delete(approved, made)
                result = StepResult(
                    step, record.status, record.reason, record.error, deletion=record
                )
                self._tell(result)
                return result

            # Oldest first, so that an interruption leaves the newer ones.
            ordered = sorted(chain, key=lambda step: step.created_at)
            return lambda: [delete(step) for step in ordered]

        return [
            work(region, chain, makers.get(source, ()))
            for (region, source), chain in chains.items()
        ]

    def _gate(
        self, gates: dict[tuple[str, bool], DeletionGate], region: str, *, has_makers: bool
    ) -> DeletionGate | None:
        """Return the gate of a Region; without a new snapshot only age deletes."""
        plan = self._run.plan
        policy = plan.policy_of(region)
        if policy is None:
            return None
        if (region, has_makers) not in gates:
            terms = Terms(
                Scope(owner=plan.name),
                policy if has_makers else age_only(policy),
                minimum_remaining=plan.minimum_remaining,
            )
            gates[region, has_makers] = DeletionGate(
                self._clients.of(region), terms, [_kind(plan.select.kind)], run_time=self._run.now
            )
        return gates[region, has_makers]

    def _why_not_delete(self, making: Sequence[TakeStep | CopyStep], region: str) -> str:
        """Return why nothing of a source may be deleted in a Region; nothing if it may."""
        for step in making:
            if step.id not in self._made:
                return f"{step.id} has not succeeded"
        if region not in self._run.plan.regions:
            return f"the plan has nothing in {region}"
        policy = self._run.plan.policy_of(region)
        if not making and policy is not None and not policy.delete_older_than:
            return "no new snapshot was taken"
        if making and all(step.region != region for step in making):
            return f"no new snapshot was taken or copied in {region}"
        return ""

    def _take(self, step: TakeStep) -> StepResult:
        client, token = self._clients.of(step.region), step.client_token
        found = get_snapshot(client, _kind(step.kind), step.name)
        if found is not None:
            # Looked at both before, not to wait for a stranger's, and after: it may be replaced.
            _of_this_run(found, token)
            snapshot = _of_this_run(_wait(client, step.kind, step.name, self._timeout), token)
            return StepResult(step, "adopted", "was taken before", snapshot=snapshot)
        quiesce = self._run.plan.quiesce
        pause = None if quiesce is None else _paused(self._pausing, quiesce)
        if step.kind == "instance":
            snapshot = client.take_instance_snapshot(
                step.name,
                step.source,
                tags=step.tags,
                client_token=token,
                quiesce=pause,
                timeout=self._timeout,
            )
        else:
            is_disk = step.kind == "disk"
            snapshot = client.take_disk_snapshot(
                step.name,
                DiskSource(disk_name=step.source)
                if is_disk
                else InstanceSource(instance_name=step.source),
                tags=step.tags,
                client_token=token,
                quiesce=pause,
                timeout=self._timeout,
            )
        return StepResult(step, "done", snapshot=snapshot)

    def _copy(self, step: CopyStep) -> StepResult:
        client = self._clients.of(step.region)
        found = get_snapshot(client, _kind(step.kind), step.name)
        is_new = False
        if found is None:
            origin = ManualSnapshotSource(snapshot_name=step.name)
            try:
                found = client.copy(
                    step.name, origin, source_region=step.source_region, timeout=self._timeout
                )
                is_new = True
            except SnapshotConflictError as conflict:
                # What an earlier attempt has sent may be carried out after the look.
                found = conflict.snapshot
        if not is_new:
            found = self._adopt_copy(client, step, found)
        wanted = step.all_tags
        if not tags_of(wanted).items() <= tags_of(found.tags).items():
            # The arn keeps a later snapshot of the same name from being marked as ours.
            client.tag_resource(step.name, wanted, resource_arn=found.arn)
            found = _of_this_run(
                _wait(client, step.kind, step.name, self._timeout), step.client_token
            )
        if is_new:
            return StepResult(step, "done", snapshot=found)
        return StepResult(step, "adopted", "was copied before", snapshot=found)

    def _adopt_copy(
        self, client: LightsailSnapClient, step: CopyStep, found: AnySnapshot
    ) -> AnySnapshot:
        if not has_token(found, step.client_token) and not _is_copy(client, step, found):
            why = "this run cannot be shown to have made; delete it, or change name_template"
            raise _conflict(found, why)
        waited = _wait(client, step.kind, step.name, self._timeout)
        if waited.arn != found.arn:
            raise _conflict(waited, "somebody has put in the place of the copy")
        return waited


def _kind(kind: Kind) -> SnapshotKind:
    return "instance" if kind == "instance" else "disk"


def _approved(step: DeleteStep) -> Approved:
    return Approved(step.name, _kind(step.kind), step.arn, step.created_at, step.tags, step.source)


def _prerequisite(approved: Approved, reason: str) -> DeletionRecord:
    return DeletionRecord(
        approved.name,
        approved.arn,
        approved.source,
        approved.created_at,
        "prerequisite",
        reason,
    )


def _is_copy(client: LightsailSnapClient, step: CopyStep, found: AnySnapshot) -> bool:
    """Tell from the region's operations whether a snapshot was copied from the run's."""
    since = found.created_at

    def is_it(operation: Operation) -> bool:
        return (
            operation.operation_type == OperationType("CopySnapshot")
            and operation.resource_name == step.name
            # Samples of the AWS command line.
            and operation.operation_details == f"{step.source_region}:{step.name}"
            and since is not None
            and operation.created_at is not None
            and abs(operation.created_at - since) <= _BLUR
        )

    try:
        if any(map(is_it, client.iter_operations_for_resource(step.name))):
            return True
    except LightsailSnapError as error:
        # GetOperationsForResource is documented for instances and static IPs; whether it answers
        # for snapshots is unverified. The list of all operations has them, too.
        # A traceback would show the exception of botocore underneath, text of the service and all.
        _log.debug("no operations of %s can be listed: %s", one_line(step.name), error)
    return any(map(is_it, client.iter_operations()))


def _chains(run: Run) -> list[tuple[TakeStep | CopyStep, ...]]:
    """Group the steps that make snapshots by source, each take before its copies."""
    chains: dict[str, list[TakeStep | CopyStep]] = {}
    for step in run.steps:
        if not isinstance(step, DeleteStep):
            chains.setdefault(step.source, []).append(step)
    order = ("take", "copy")
    return [
        tuple(sorted(chain, key=lambda step: order.index(step.action))) for chain in chains.values()
    ]


def apply(  # noqa: PLR0913 - keyword-only, and each has a default
    run: Run,
    client: LightsailSnapClient,
    *,
    clients: ClientFactory | None = None,
    concurrency: int = 4,
    max_deletions: int | None = None,
    on_step: OnStep | None = None,
) -> RunResult:
    """Carry a run out.

    Each source's snapshot is taken and waited for, then copied. When that has ended for all
    sources, what the run deletes is deleted, but nothing of a source whose snapshot or copy failed.
    The Region is listed again and the plan's retention evaluated again right before the deletions,
    and of each source at least one usable snapshot remains. Failures of one source do not stop the
    others.

    After a failure or a crash at any point, apply the same run again, or one made anew in the same
    slot: what is done is recognised by name and tag, and adopted. There is no journal to keep.

    Args:
        run: What to do.
        client: The client of the plan's region.
        clients: Gives the clients of the regions to copy to, if there are any.
        concurrency: How many sources at most at the same time.
        max_deletions: Delete nothing if the run deletes more snapshots than this. None for
            `run.max_deletions`: the plan's, or 10, or twice the number of rules in use for each
            snapshot taken or copied if that is more.
        on_step: Called with the `StepResult` of every step as soon as it has ended, one at a time.

    Returns:
        What became of every step; `raise_for_failures()` raises if any failed.

    Raises:
        RequestValidationError: If an argument is not what it should be.
        ConfigurationError: If the run needs other regions and there is no way to them.
    """
    if not isinstance(run, Run):
        fix = "give make_run(...) or prepare(...)"  # type: ignore[unreachable] # callers without a type checker get here
        raise refused("apply", "run", "must be a run", fix, run)
    if type(concurrency) is not int or concurrency < 1:
        raise refused("apply", "concurrency", "must be 1 or more", "give 4", concurrency)
    if max_deletions is not None and (type(max_deletions) is not int or max_deletions < 0):
        rule = "must be a whole number, 0 or more"
        raise refused("apply", "max_deletions", rule, "pass 50", max_deletions)
    if on_step is not None and not callable(on_step):
        raise refused("apply", "on_step", "must be callable", "give print", on_step)
    run = Run(**dict(run))
    applying = _Applying(run, Clients(run.plan, client, clients), on_step)
    results = _together([partial(applying.make, chain) for chain in _chains(run)], concurrency)
    limit = run.max_deletions if max_deletions is None else max_deletions
    results += _together(applying.deletions(limit), concurrency)
    by_id = {result.step.id: result for part in results for result in part}
    return RunResult(run, tuple(by_id[step.id] for step in run.steps))


def _together(
    work: Sequence[Callable[[], list[StepResult]]], concurrency: int
) -> list[list[StepResult]]:
    workers = min(concurrency, len(work))
    if workers <= 1:
        return [each() for each in work]
    with ThreadPoolExecutor(workers, thread_name_prefix="lightsail-snap-plan") as pool:
        try:
            return [result_of(future) for future in [pool.submit(each) for each in work]]
        except BaseException:
            # What has not begun must not begin after an interrupt.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
