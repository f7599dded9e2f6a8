"""Runs histories, and counts what happened in them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from random import Random
from typing import Any, TypeVar

from tests.faults.deletion.history import (
    CLOCKS,
    DEEDS,
    FAULTS,
    OTHER_OWNER,
    OWNER,
    READS,
    History,
    Job,
    random_history,
    shrink,
)
from tests.faults.deletion.oracle import (
    TOKEN_TAG,
    Limits,
    Watch,
    Wire,
    by_source,
    identity,
    tags_of,
)
from tests.faults.deletion.world import HERE, THERE, HostClock, Turns, World
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
    """What happened in histories."""

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


def _policy(job: Job) -> RetentionPolicy | None:
    rules = job.rules
    return RetentionPolicy(
        time_zone="UTC",
        keep_last=rules.last or None,
        keep_daily=rules.daily or None,
        delete_older_than=f"{rules.older_than_days}d" if rules.older_than_days else None,
        keep_tagged=["keep"] if rules.tagged else [],
    )


def _owner(job: Job) -> str:
    return OTHER_OWNER if job.other_owner else OWNER


def _scope(job: Job) -> Scope:
    match job.scope:
        case "owner":
            return Scope(owner=_owner(job))
        case "owner-names":
            return Scope(owner=_owner(job), names=["s-*"])
        case "names":
            return Scope(names=["s-*"])
        case "sources":
            return Scope(sources=["db-1"])


def _limits(job: Job) -> Limits:
    is_plan = job.mode.startswith("apply")
    scope = "owner" if is_plan else job.scope
    return Limits(
        job.rules,
        _owner(job) if scope.startswith("owner") else None,
        ("s-*",) if scope in {"names", "owner-names"} else (),
        ("db-1",) if scope == "sources" else (),
        1 if _removes_all(job) else job.minimum_remaining,
        job.max_deletions if job.mode != "apply-many" or job.max_deletions is not None else None,
        _removes_all(job),
    )


def _removes_all(job: Job) -> bool:
    return job.remove_all and not job.mode.startswith("apply")


def _plan(job: Job) -> BackupPlan:
    return BackupPlan(
        name=_owner(job),
        region=HERE,
        slot="hour",
        select={"kind": "disk", "globs": ["db-*"]},
        copies=[THERE] if job.has_copies else [],
        retention=_policy(job),
        minimum_remaining=job.minimum_remaining,
        max_deletions=job.max_deletions,
    )


@dataclass
class _Runner:
    """A run under test: it is prepared, then carried out while things happen."""

    world: World
    job: Job
    number: int
    records: list[DeletionRecord] = field(default_factory=list)
    is_complete: bool = False
    error: BaseException | None = None

    def prepare(self) -> Callable[[], None]:
        """Prepare it, undisturbed and unwatched; return what carries it out."""
        world, job = self.world, self.job
        watch = Watch(_limits(job))
        world.watches[self.number] = watch
        client = world.client(self.number, HERE)
        options: dict[str, Any] = {
            "scope": _scope(job),
            "minimum_remaining": watch.limits.minimum_remaining,
            "unsafe_allow_remove_all": _removes_all(job),
        }
        if job.mode == "prune":
            return lambda: self._prune(
                _policy(job), client, max_deletions=job.max_deletions, **options
            )
        if job.mode == "prune-plan":
            planned = plan_prune(_policy(job), client, **options)
            watch.approved = {
                (HERE, _KINDS[isinstance(each, InstanceSnapshot)], each.name): (
                    each.name,
                    each.arn,
                    each.created_at.timestamp() if each.created_at else 0,
                    tuple(sorted((tag.key, tag.value or "") for tag in each.tags)),
                )
                for each in planned.delete
            }
            watch.seen.clear()
            watch.marks.clear()
            return lambda: self._prune(planned, client, max_deletions=job.max_deletions, **options)
        run = prepare_run(
            _plan(job), client, clients=lambda region: world.client(self.number, region)
        )
        self._watch_run(watch, run)
        return lambda: self._apply(run, client)

    @staticmethod
    def _watch_run(watch: Watch, run: Run) -> None:
        watch.seen.clear()
        watch.marks.clear()
        watch.run_time = run.now.timestamp()
        watch.approved = {}
        for step in run.steps:
            match step:
                case DeleteStep():
                    tags = tuple(sorted((key, value or "") for key, value in step.tags))
                    approved = (step.region, "DiskSnapshot", step.name)
                    watch.approved[approved] = (
                        step.name,
                        step.arn,
                        step.created_at.timestamp(),
                        tags,
                    )
                case TakeStep() | CopyStep():
                    key = (step.region, "DiskSnapshot", step.source)
                    watch.made.setdefault(key, []).append(step.client_token)
                    if isinstance(step, CopyStep):
                        copies = watch.copies.setdefault(key[1:], [])
                        copies.append((step.region, step.name))

    def _prune(self, planned: Any, client: LightsailSnapClient, **options: Any) -> None:
        result = prune(planned, client, **options)
        self.is_complete = result.is_complete
        self.records += [each.record for each in result.results if each.record]

    def _apply(self, run: Run, client: LightsailSnapClient) -> None:
        def clients(region: str) -> LightsailSnapClient:
            return self.world.client(self.number, region)

        if self.job.mode == "apply-many":
            fleet = apply_many([run], client_factory=clients, executor=_Inline(), concurrency=1)
            result = fleet.outcomes[0].result
            if result is None:
                return
        else:
            result = apply(run, client, clients=clients, concurrency=1)
        self.is_complete = result.is_complete
        self.records += [each.deletion for each in result.results if each.deletion]

    def carry_out(self, work: Callable[[], None]) -> None:
        """Carry it out; errors of the package and interrupts end it."""
        try:
            work()
        except (LightsailSnapError, KeyboardInterrupt) as error:
            self.error = error
        except BaseException as error:  # noqa: BLE001 - raised again by the main thread
            self.error = error
            self.world.crashes.append(error)


def run_history(history: History) -> Tally:
    """Run a history, and check every invariant.

    Args:
        history: The history.

    Returns:
        What happened.

    Raises:
        InvariantError: If an invariant was broken.
    """
    world = World(history)
    world.is_quiet = True
    for job in history.jobs:
        world.clocks.append(HostClock(world.clock, job.clock_ahead))
        world.watches.append(Watch(_limits(job)))
    runners = [_Runner(world, job, number) for number, job in enumerate(history.jobs)]
    prepared = []
    for runner in runners:
        try:
            prepared.append((runner, runner.prepare()))
        except LightsailSnapError as error:
            runner.error = error
    world.calls, world.is_quiet = 0, False
    _together(world, prepared)
    tally = Tally(
        histories=1,
        requests=world.calls,
        deletions=sum(len(watch.deletions) for watch in world.watches),
        runs=len(runners),
        happened=Counter(world.happened),
    )
    for runner in runners:
        tally.outcomes.update(record.outcome for record in runner.records)
    broken = [line for watch in world.watches for line in watch.broken]
    broken += _dishonest(world, runners)
    broken += _not_resumed(world, runners[0])
    if world.crashes:
        raise world.crashes[0]
    if broken:
        raise InvariantError("; ".join(broken))
    return tally


def _together(world: World, prepared: list[tuple[_Runner, Callable[[], None]]]) -> None:
    if len(prepared) == 1:
        runner, work = prepared[0]
        runner.carry_out(work)
        return
    if not prepared:
        return
    world.turns = Turns(world.history.turns, len(prepared))

    def follow(runner: _Runner, work: Callable[[], None]) -> None:
        turns = world.turns
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
    world.turns = None


def _dishonest(world: World, runners: list[_Runner]) -> list[str]:
    """Return the records that do not agree with what exists."""
    arns = {each["arn"] for region in (HERE, THERE) for each in world.state(region)}
    return [
        f"record: {record.name} is recorded as deleted, but exists"
        for runner in runners
        for record in runner.records
        if record.outcome == "deleted" and record.arn in arns
    ]


def _not_resumed(world: World, before: _Runner) -> list[str]:
    """Run again, undisturbed; return what is not as an undisturbed run leaves it."""
    world.is_quiet = True
    job = before.job
    world.clocks[0] = HostClock(world.clock, 0)
    # Snapshots of the same time would be ordered by name.
    world.clock.sleep(2)
    old = world.state()
    again = _Runner(world, job, 0)
    again.carry_out(again.prepare())
    broken = [f"run again: {line}" for line in world.watches[0].broken]
    new = world.state()
    made = [each for each in new if each not in old]
    limits = _limits(job)
    everything, going = [*old, *made], list[Wire]()
    tokens = [token for found in world.watches[0].made.values() for token in found]
    for source, group in by_source(everything).items():
        if job.mode.startswith("apply") and source[0] != "DiskSnapshot":
            continue
        go = limits.split(group, world.clock.time())[1]
        # What the run itself takes stays, even if another client has taken a later one.
        going += [each for each in go if tags_of(each).get(TOKEN_TAG) not in tokens]
    limit, count = job.max_deletions, len(going)
    if job.mode.startswith("apply"):
        rules = vars(job.rules).values()
        usual = sum(map(bool, rules)) * len(tokens)
        limit = max(10, 2 * usual) if limit is None else limit
        # Copies in the other Region count, too.
        count = len(world.watches[0].approved or ())
    if limit is not None and count > limit:
        going = []
    expected = [each for each in everything if each not in going]
    if not again.is_complete and job.mode.startswith("apply"):
        # Another client has the name of the new snapshot, or the limit holds.
        return broken
    if sorted(map(repr, map(identity, new))) != sorted(map(repr, map(identity, expected))):
        names = [[each["name"] for each in state] for state in (old, new, expected)]
        broken.append(f"resumability: {names[0]} became {names[1]}, not {names[2]}")
    return broken


def run_many(count: int, seed: int) -> Tally:
    """Run many histories.

    Args:
        count: How many.
        seed: The seed of the first; each has its own.

    Returns:
        What happened in them.

    Raises:
        InvariantError: If an invariant was broken, with the simplest history found that breaks one.
    """
    tally = Tally()
    for number in range(seed, seed + count):
        history = random_history(Random(number))  # noqa: S311 - it must repeat itself
        try:
            tally.add(run_history(history))
        except Exception:
            _raise_simplest(history)
            raise
    return tally


def deletion_table(tally: Tally, violations: int) -> str:
    """Return the figures as a table in Markdown."""
    groups = (
        ("actions of other clients", DEEDS),
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
        except Exception:  # noqa: BLE001 - whatever it is, it is shown in the end
            return True
        return False

    simplest = shrink(history, fails)
    try:
        run_history(simplest)
    except Exception as error:
        error.add_note(f"in {simplest}")
        raise
