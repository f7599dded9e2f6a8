"""Runs histories and counts their events."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

from tests.faults.deletion.environment import ELSEWHERE, HERE, THERE, Environment, Turns
from tests.faults.deletion.history import (
    ACTIONS,
    CLOCKS,
    FAULTS,
    OTHER_OWNER,
    OWNER,
    READS,
    History,
    RunConfig,
    random_history,
    shrink,
)
from tests.faults.deletion.oracle import (
    REGION_TAG,
    TOKEN_TAG,
    Limits,
    Source,
    Watch,
    Wire,
    by_source,
    identity,
    tags_of,
)
from tests.support import SkewedClock
from typing_extensions import override

from lightsail_snap import (
    InstanceSnapshot,
    LightsailSnapClient,
    LightsailSnapError,
    RetentionPolicy,
    Scope,
)
from lightsail_snap.plans import (
    BackupPlan,
    DeletionRecord,
    apply,
    apply_many,
    plan_prune,
    prune,
)
from lightsail_snap.plans import prepare as prepare_run
from lightsail_snap.plans._planning import CopyStep, DeleteStep, Run, TakeStep

T = TypeVar("T")
_KINDS = ("DiskSnapshot", "InstanceSnapshot")


class InvariantError(AssertionError):
    """An invariant of deletion was broken."""


class _Inline(Executor):
    """Runs work in the thread that submits it."""

    @override
    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - an executor passes them on
            future.set_exception(error)
        return future


@dataclass
class Tally:
    """Counts of the events in histories."""

    histories: int = 0
    requests: int = 0
    deletions: int = 0
    runs: int = 0
    happened: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        self.histories += other.histories
        self.requests += other.requests
        self.deletions += other.deletions
        self.runs += other.runs
        self.happened += other.happened
        self.outcomes += other.outcomes


def _policy(config: RunConfig) -> RetentionPolicy | None:
    rules = config.rules
    return RetentionPolicy(
        time_zone="UTC",
        keep_last=rules.last or None,
        keep_daily=rules.daily or None,
        delete_older_than=f"{rules.older_than_days}d" if rules.older_than_days else None,
        keep_tagged=["keep"] if rules.tagged else [],
    )


def _source_of(step: TakeStep | CopyStep) -> Source:
    """Return the source of a new snapshot in the oracle's terms."""
    origin = next((tag.value or "" for tag in step.tags if tag.key == REGION_TAG), "")
    kind = _KINDS[step.kind == "instance"]
    return kind, step.source, origin if origin != step.region else ""


def _owner(config: RunConfig) -> str:
    return OTHER_OWNER if config.other_owner else OWNER


def _scope(config: RunConfig) -> Scope:
    match config.scope:
        case "owner":
            return Scope(owner=_owner(config))
        case "owner-names":
            return Scope(owner=_owner(config), names=["s-*"])
        case "names":
            return Scope(names=["s-*"])
        case "sources":
            return Scope(sources=["db-1"])


def _limits(config: RunConfig) -> Limits:
    is_plan = config.mode.startswith("apply")
    scope = "owner" if is_plan else config.scope
    return Limits(
        config.rules,
        _owner(config) if scope.startswith("owner") else None,
        ("s-*",) if scope in {"names", "owner-names"} else (),
        ("db-1",) if scope == "sources" else (),
        1 if _removes_all(config) else config.minimum_remaining,
        config.max_deletions
        if config.mode != "apply-many" or config.max_deletions is not None
        else None,
        _removes_all(config),
    )


def _removes_all(config: RunConfig) -> bool:
    return config.remove_all and not config.mode.startswith("apply")


def _plan(config: RunConfig) -> BackupPlan:
    disks = {"kind": "disk", "globs": ["db-*"]}
    return BackupPlan(
        name=_owner(config),
        region=[HERE, ELSEWHERE] if config.has_several else HERE,
        slot="hour",
        select=[disks, {"kind": "instance", "globs": ["web-*"]}] if config.has_several else disks,
        name_template="{plan}-{region}-{source}-{time}",
        copies=[THERE] if config.has_copies or config.has_several else [],
        retention=_policy(config),
        minimum_remaining=config.minimum_remaining,
        max_deletions=config.max_deletions,
    )


@dataclass
class _Runner:
    """A run under test: it is prepared, then executed while events happen."""

    environment: Environment
    config: RunConfig
    number: int
    records: list[DeletionRecord] = field(default_factory=list)
    is_complete: bool = False
    error: BaseException | None = None

    def prepare(self) -> Callable[[], None]:
        """Prepare the run, without events and checks; return the function that executes it."""
        environment, config = self.environment, self.config
        watch = Watch(_limits(config))
        environment.watches[self.number] = watch
        client = environment.client(self.number, HERE)
        options: dict[str, Any] = {
            "scope": _scope(config),
            "minimum_remaining": watch.limits.minimum_remaining,
            "unsafe_allow_remove_all": _removes_all(config),
        }
        if config.mode == "prune":
            return lambda: self._prune(
                _policy(config), client, max_deletions=config.max_deletions, **options
            )
        if config.mode == "prune-plan":
            planned = plan_prune(_policy(config), client, **options)
            watch.approved = {
                (HERE, _KINDS[isinstance(each, InstanceSnapshot)], each.name): (
                    each.name,
                    each.arn,
                    each.created_at.timestamp() if each.created_at else 0,
                    tuple(sorted((tag.key, tag.value or "") for tag in each.tags)),
                )
                for each in planned.delete
            }
            watch.exchanges.clear()
            watch.marks.clear()
            return lambda: self._prune(
                planned, client, max_deletions=config.max_deletions, **options
            )
        run = prepare_run(
            _plan(config), client, clients=lambda region: environment.client(self.number, region)
        )
        self._watch_run(watch, run)
        return lambda: self._apply(run, client)

    @staticmethod
    def _watch_run(watch: Watch, run: Run) -> None:
        watch.exchanges.clear()
        watch.marks.clear()
        watch.run_time = run.now.timestamp()
        watch.approved = {}
        for step in run.steps:
            match step:
                case DeleteStep():
                    tags = tuple(sorted((key, value or "") for key, value in step.tags))
                    approved = (step.region, _KINDS[step.kind == "instance"], step.name)
                    watch.approved[approved] = (
                        step.name,
                        step.arn,
                        step.created_at.timestamp(),
                        tags,
                    )
                case TakeStep() | CopyStep():
                    key = (step.region, _source_of(step))
                    watch.made.setdefault(key, []).append(step.client_token)
                    if isinstance(step, CopyStep):
                        of = (step.source_region, (*key[1][:2], ""))
                        for each in (of, key):
                            copies = watch.copies.setdefault(each, [])
                            copies.append((step.region, step.name))

    def _prune(self, planned: Any, client: LightsailSnapClient, **options: Any) -> None:
        result = prune(planned, client, **options)
        self.is_complete = result.is_complete
        self.records += [each.record for each in result.results if each.record]

    def _apply(self, run: Run, client: LightsailSnapClient) -> None:
        def clients(region: str) -> LightsailSnapClient:
            return self.environment.client(self.number, region)

        if self.config.mode == "apply-many":
            fleet = apply_many([run], client_factory=clients, executor=_Inline(), concurrency=1)
            result = fleet.outcomes[0].result
            if result is None:
                return
        else:
            result = apply(run, client, clients=clients, concurrency=1)
        self.is_complete = result.is_complete
        self.records += [each.deletion for each in result.results if each.deletion]

    def carry_out(self, work: Callable[[], None]) -> None:
        """Execute the run; errors of the package and interrupts end it."""
        try:
            work()
        except (LightsailSnapError, KeyboardInterrupt) as error:
            self.error = error
        except BaseException as error:  # noqa: BLE001 - raised again by the main thread
            self.error = error
            self.environment.crashes.append(error)


def run_history(history: History) -> Tally:
    """Run a history and check every invariant; raise `InvariantError` for broken ones."""
    environment = Environment(history)
    environment.is_quiet = True
    for config in history.configs:
        environment.clocks.append(SkewedClock(environment.clock, config.clock_ahead))
        environment.watches.append(Watch(_limits(config)))
    runners = [
        _Runner(environment, config, number) for number, config in enumerate(history.configs)
    ]
    prepared = []
    for runner in runners:
        try:
            prepared.append((runner, runner.prepare()))
        except LightsailSnapError as error:
            runner.error = error
    environment.calls, environment.is_quiet = 0, False
    _run_prepared(environment, prepared)
    tally = Tally(
        histories=1,
        requests=environment.calls,
        deletions=sum(len(watch.deletions) for watch in environment.watches),
        runs=len(runners),
        happened=Counter(environment.happened),
    )
    for runner in runners:
        tally.outcomes.update(record.outcome for record in runner.records)
    broken = [line for watch in environment.watches for line in watch.broken]
    broken += _wrong_records(environment, runners)
    broken += _check_resumption(environment, runners[0])
    if environment.crashes:
        raise environment.crashes[0]
    if broken:
        raise InvariantError("; ".join(broken))
    return tally


def _run_prepared(
    environment: Environment, prepared: list[tuple[_Runner, Callable[[], None]]]
) -> None:
    if len(prepared) == 1:
        runner, work = prepared[0]
        runner.carry_out(work)
        return
    if not prepared:
        return
    environment.turns = Turns(environment.history.turns, len(prepared))

    def follow(runner: _Runner, work: Callable[[], None]) -> None:
        turns = environment.turns
        assert turns is not None
        turns.enter(runner.number)
        try:
            runner.carry_out(work)
        finally:
            turns.leave(runner.number)

    threads = [threading.Thread(target=follow, args=each) for each in prepared]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    environment.turns = None


def _wrong_records(environment: Environment, runners: list[_Runner]) -> list[str]:
    """Return the records that do not agree with the state."""
    arns = {
        each["arn"] for region in (HERE, THERE, ELSEWHERE) for each in environment.state(region)
    }
    return [
        f"record: {record.name} is recorded as deleted, but exists"
        for runner in runners
        for record in runner.records
        if record.outcome == "deleted" and record.arn in arns
    ]


def _check_resumption(environment: Environment, before: _Runner) -> list[str]:
    """Run again without events; return the differences from a run without faults."""
    environment.is_quiet = True
    config = before.config
    environment.clocks[0] = SkewedClock(environment.clock, 0)
    # Snapshots of the same time would be ordered by name.
    environment.clock.sleep(2)
    old = environment.state()
    again = _Runner(environment, config, 0)
    again.carry_out(again.prepare())
    broken = [f"run again: {line}" for line in environment.watches[0].broken]
    new = environment.state()
    made = [each for each in new if each not in old]
    limits = _limits(config)
    everything, to_delete = [*old, *made], list[Wire]()
    tokens = [token for found in environment.watches[0].made.values() for token in found]
    for source, group in by_source(everything).items():
        is_of_plan = source[0] == "DiskSnapshot" or config.has_several
        if config.mode.startswith("apply") and not is_of_plan:
            continue
        expired = limits.split(group, environment.clock.time())[1]
        # Snapshots of the run itself stay, even if another client has taken a later one.
        to_delete += [each for each in expired if tags_of(each).get(TOKEN_TAG) not in tokens]
    limit, count = config.max_deletions, len(to_delete)
    if config.mode.startswith("apply"):
        rules = vars(config.rules).values()
        usual = sum(map(bool, rules)) * len(tokens)
        limit = max(10, 2 * usual) if limit is None else limit
        # Copies in the other Region count, too.
        count = len(environment.watches[0].approved or ())
    if limit is not None and count > limit:
        to_delete = []
    expected = [each for each in everything if each not in to_delete]
    if not again.is_complete and config.mode.startswith("apply"):
        # Another client has the name of the new snapshot, or the limit applies.
        return broken
    if sorted(map(repr, map(identity, new))) != sorted(map(repr, map(identity, expected))):
        names = [[each["name"] for each in state] for state in (old, new, expected)]
        broken.append(f"resumability: {names[0]} became {names[1]}, not {names[2]}")
    return broken


def run_many(count: int, seed: int, make: Callable[[Random], History] = random_history) -> Tally:
    """Run `count` random histories, the first with this seed.

    If an invariant is broken, the raised error notes the simplest history that breaks one.
    """
    tally = Tally()
    for number in range(seed, seed + count):
        history = make(Random(number))  # noqa: S311 - has to be repeatable
        try:
            tally.add(run_history(history))
        except Exception:
            _raise_simplest(history)
            raise
    return tally


def deletion_table(tally: Tally, violations: int) -> str:
    """Return the counts as a Markdown table."""
    groups = (
        ("actions of other clients", ACTIONS),
        ("failed requests and lost responses", FAULTS[:-2]),
        ("interrupts", FAULTS[-2:]),
        ("stale responses", READS),
        ("steps, pauses and suspensions of clocks", CLOCKS),
    )
    rows = [
        ("histories", tally.histories),
        ("runs", tally.runs),
        ("requests", tally.requests),
        *((name, sum(tally.happened[each] for each in kinds)) for name, kinds in groups),
        ("Delete requests checked", tally.deletions),
        *((f"outcome `{name}`", count) for name, count in sorted(tally.outcomes.items())),
        ("violations", violations),
    ]
    return "\n".join(["| | |", "|---|--:|", *(f"| {name} | {count:,} |" for name, count in rows)])


def _raise_simplest(history: History) -> None:
    def fails(candidate: History) -> bool:
        try:
            run_history(candidate)
        except Exception:  # noqa: BLE001 - any failure is shown in the end
            return True
        return False

    simplest = shrink(history, fails)
    try:
        run_history(simplest)
    except Exception as error:
        error.add_note(f"in {simplest}")
        raise
