"""Lives the life of snapshots for months on an embedded Lightsail that is in trouble every day.

    python scripts/soak.py --months 12 --seed 1
    python scripts/soak.py --days 40 --seed 7 --log soak.log

Snapshots are taken by plans and directly, awaited, tagged, copied to another region, restored and
pruned, while answers are lost, late, broken or refused, strangers keep theirs beside, and after
every day everything is counted. The clock jumps, so that a year takes a minute or two. The same
seed gives the same digest. If something that must always be true is not, the exit code is 1, and
the command is told that shows it again.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from scripts.soak_world import (  # noqa: E402 - the path comes first
    HERE,
    REGIONS,
    THERE,
    AnySnapshot,
    BrokenInvariantError,
    Footprint,
    Log,
    Watched,
    check_error,
    check_footprint,
    client_of,
    footprint,
)
from tests.crash.jobs import copied  # noqa: E402 - likewise

from lightsail_snap import (  # noqa: E402 - likewise
    DiskSource,
    InstanceSnapshot,
    InstanceSource,
    LightsailSnapClient,
    LightsailSnapError,
    ManualSnapshotSource,
    NotFoundException,
    VirtualClock,
    WaitFailedError,
)
from lightsail_snap.emulator import Fault, FaultKind, Progression  # noqa: E402 - likewise
from lightsail_snap.plans import BackupPlan, RunResult, apply, prepare  # noqa: E402 - likewise
from lightsail_snap.retention import (  # noqa: E402 - likewise
    OWNERSHIP_TAG,
    RetentionPolicy,
    by_tag,
    plan_retention,
)

DAY, MONTH = 86_400, 30
_BEGINNING = 1_699_920_000.0
_ATTEMPTS, _FAULTS_PASS_AFTER = 8, 5
_EITHER = sorted(
    set(FaultKind)
    - {
        *(FaultKind.REFUSE, FaultKind.THROTTLE),
        *(FaultKind.DELAY, FaultKind.TRUNCATE, FaultKind.WRONG_TYPES),
    }
)
_MOST_STRANGERS = 12
_KEEP = RetentionPolicy(time_zone="UTC", keep_daily=7, keep_weekly=4, keep_monthly=3)
_KEEP_DIRECT = RetentionPolicy(time_zone="UTC", keep_last=5, keep_monthly=2)
PLANS = tuple(
    BackupPlan(
        name=name,
        region=HERE,
        slot="day",
        select=select,
        copies=[THERE],
        tags={"env": "prod"},
        retention=dict(_KEEP),
    )
    for name, select in (
        ("nightly", {"kind": "disk", "globs": ["db-*"]}),
        ("weekly", {"kind": "instance", "names": ["web-1"]}),
    )
)
_WEEK, _WEEKLY, _PRUNING = 7, 3, 5
_ReturnT = TypeVar("_ReturnT")


@dataclass(frozen=True)
class SoakFigures:
    """How a soak went.

    Attributes:
        seed: What chance was drawn from.
        days: How many days were lived.
        requests: How many requests were sent.
        faults: How many faults were injected.
        errors: How many errors came out of calls, by type.
        counts: What was taken, copied, restored, deleted, tagged, and what strangers took.
        kept: How many snapshots there were in the end, those of strangers included.
        warm: What the process held when it had warmed up.
        end: What it held in the end.
        seconds: How long it took.
        digest: Stands for all that happened.
    """

    seed: int
    days: int
    requests: int
    faults: int
    errors: dict[str, int]
    counts: dict[str, int]
    kept: int
    warm: Footprint
    end: Footprint
    seconds: float
    digest: str


class SoakFailedError(Exception):
    """Something that must always be true was not; the text says what, and how to see it again."""

    def __init__(self, day: int, seed: int, problem: BaseException) -> None:
        """Tell.

        Args:
            day: On which day, counted from 0.
            seed: What chance was drawn from.
            problem: What was wrong.
        """
        super().__init__(
            f"seed {seed}, day {day}: {type(problem).__name__}: {problem}\n"
            f"to see it again: python scripts/soak.py --days {day + 1} --seed {seed}"
        )


@dataclass
class Life:
    """The world, and what has been done in it.

    Attributes:
        seed: What chance is drawn from.
        log: Is told of everything.
        ledger: What has to be there, by region and name.
    """

    seed: int
    log: Log
    ledger: set[tuple[str, str]] = field(default_factory=set)
    made_today: Counter[tuple[str, str]] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    strangers: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Chance has to repeat itself.
        self.chance = random.Random(self.seed)  # noqa: S311 - as the line above says
        self.clock = VirtualClock(_BEGINNING)
        self.emulator = Watched(self.clock, self.seed, self.log)
        pauses = random.Random(self.seed + 1)  # noqa: S311 - likewise
        self.clients = {
            region: client_of(self.emulator, region, self.clock, pauses) for region in REGIONS
        }
        for number in range(1, 4):
            self.emulator.add_disk(f"db-{number}", region_name=HERE, size_in_gb=8 * number)
        self.emulator.add_instance("web-1", region_name=HERE)
        self.ledger |= {(region, name) for region in REGIONS for name in self._things(region)}

    def _things(self, region: str) -> list[str]:
        return sorted(self.emulator.things(region))

    def client(self, region: str) -> LightsailSnapClient:
        """Give the client of a region."""
        return self.clients[region]

    @property
    def now(self) -> datetime:
        """The time."""
        return datetime.fromtimestamp(self.clock.time(), UTC)

    def persist(
        self,
        what: str,
        work: Callable[[], _ReturnT],
        *,
        but: tuple[type[LightsailSnapError], ...] = (),
    ) -> _ReturnT:
        """Do something, and do it again as long as faults keep it from succeeding.

        Args:
            what: What it is.
            work: Does it.
            but: The errors that are its caller's business.

        Returns:
            What it returns.

        Raises:
            BrokenInvariantError: If it does not succeed although the faults have passed, or raises
                what no method may.
        """
        last = ""
        for attempt in range(_ATTEMPTS):
            if attempt == _FAULTS_PASS_AFTER:
                self.emulator.clear_faults()
            try:
                return work()
            except BrokenInvariantError:
                raise
            except LightsailSnapError as error:
                check_error(error)
                last = f"{type(error).__name__}: {error}"
                self.log.say(f"{what} failed: {type(error).__name__}")
                self.errors[type(error).__name__] += 1
                if isinstance(error, but):
                    raise
            except Exception as error:
                message = f"{what} raised {type(error).__name__}: {error}"
                raise BrokenInvariantError(message) from error
            self.clock.sleep(60 * (attempt + 1))
        message = f"{what} did not succeed although all faults had passed: {last}"
        raise BrokenInvariantError(message)

    def made(self, word: str, region: str, name: str) -> None:
        """Note that something was made."""
        self.counts[word] += 1
        self.made_today[region, name] += 1
        self.ledger.add((region, name))
        self.log.say(f"{word} {region}/{name}")

    def delete(self, region: str, snapshot: AnySnapshot) -> None:
        """Delete a snapshot, however often it takes."""
        client, name = self.client(region), snapshot.name

        def once() -> None:
            try:
                if isinstance(snapshot, InstanceSnapshot):
                    client.delete_instance_snapshot(name)
                else:
                    client.delete_disk_snapshot(name)
            except NotFoundException:
                # An earlier attempt has done it, and its answer was lost.
                return

        self.persist(f"delete {name}", once)
        self.gone(region, name)

    def gone(self, region: str, name: str) -> None:
        """Note that something of ours was deleted."""
        self.counts["deleted"] += 1
        self.ledger.discard((region, name))
        self.log.say(f"deleted {region}/{name}")


def _trouble(life: Life) -> int:
    """Let the day have its faults."""
    chance = life.chance
    most = chance.choice([0, 1, 3, 6])
    for _ in range(most):
        kind = chance.choice(sorted(FaultKind))
        fault = Fault(
            kind=kind,
            after_commit=kind in _EITHER and chance.random() < 0.5,  # noqa: PLR2004 - as often as not
            skip=chance.randrange(60),
            times=chance.choice([1, 1, 1, 2, 4]),
            seconds=chance.choice([0, 0, 1, 60]),
        )
        life.emulator.inject(fault)
        life.log.say(f"fault {fault.kind} {fault.after_commit} {fault.skip} {fault.times}")
    return most


def _strangers(life: Life, day: int) -> None:
    """Let others take snapshots, with names and tags that may tempt us, and delete old ones."""
    chance = life.chance
    if chance.random() < 0.3:  # noqa: PLR2004 - every third day or so
        name = f"{chance.choice(['nightly-db-1-', 'direct-', 'by-hand-'])}x{day}"
        owner = chance.choice([None, "somebody"])
        tags = [{"key": OWNERSHIP_TAG, "value": owner}] if owner else []
        source = chance.choice(["db-1", "db-2"])
        life.emulator.do(
            "CreateDiskSnapshot", HERE, diskName=source, diskSnapshotName=name, tags=tags
        )
        life.strangers.append((HERE, name))
        life.made("foreign", HERE, name)
    if len(life.strangers) > _MOST_STRANGERS:
        region, name = life.strangers.pop(0)
        life.emulator.do("DeleteDiskSnapshot", region, diskSnapshotName=name)
        life.ledger.discard((region, name))


def _run_plan(life: Life, plan: BackupPlan) -> None:
    """Apply a plan, and hold what is there then against what it and its retention say."""
    before = {region: life.emulator.snapshots(region) for region in REGIONS}

    def once() -> RunResult:
        run = prepare(plan, life.client(HERE), clients=life.client, now=life.now)
        result = apply(run, life.client(HERE), clients=life.client, concurrency=1)
        for error in result.failures.values():
            check_error(error)
        result.raise_for_failures()
        if run.unlisted:
            # Nothing failed, and yet the plan is to be applied again, as it says itself.
            message = f"nobody could tell what is in {run.unlisted}"
            raise LightsailSnapError(message)
        if not result.is_complete:
            message = f"nothing failed and yet not all is done: {result}"
            raise BrokenInvariantError(message)
        return result

    run = life.persist(f"plan {plan.name}", once).run
    for region in REGIONS:
        after = life.emulator.snapshots(region)
        fresh = {name: each for name, each in after.items() if name not in before[region]}
        wanted = {step.name for step in run.steps if step.action != "delete"}
        if fresh.keys() != wanted:
            message = f"{plan.name} was to make {sorted(wanted)} in {region}, made {sorted(fresh)}"
            raise BrokenInvariantError(message)
        for name in sorted(fresh):
            life.made("taken" if region == HERE else "copied", region, name)
        judged = plan_retention(
            [*before[region].values(), *fresh.values()],
            _KEEP,
            run.now,
            owned=by_tag(OWNERSHIP_TAG, plan.name),
        )
        _hold_against(f"pruning by {plan.name} in {region}", after, judged.keep)
        for snapshot in judged.delete:
            life.gone(region, snapshot.name)


def _hold_against(what: str, there: dict[str, AnySnapshot], kept: tuple[AnySnapshot, ...]) -> None:
    names = {each.name for each in kept}
    if there.keys() != names:
        message = f"after {what} there is {sorted(there.keys() ^ names)} too much or too little"
        raise BrokenInvariantError(message)


def _take_directly(life: Life, day: int) -> None:
    """Take a snapshot of something, tag it, and sometimes copy and restore it."""
    chance, client = life.chance, life.client(HERE)
    name, tags = f"direct-{day}", {OWNERSHIP_TAG: "direct", "env": "prod"}
    kind = chance.choice(["disk", "volume", "instance"])
    usual = life.emulator.progression
    if chance.random() < 0.05:  # noqa: PLR2004 - the service fails seldom
        life.emulator.progression = usual.with_failed_snapshot(name)

    def take(name: str) -> AnySnapshot:
        if kind == "instance":
            return client.take_instance_snapshot(name, "web-1", tags=tags, client_token=name)
        is_disk = kind == "disk"
        source = DiskSource(disk_name="db-1") if is_disk else InstanceSource(instance_name="web-1")
        return client.take_disk_snapshot(name, source, tags=tags, client_token=name)

    try:
        life.persist(f"take {name}", lambda: take(name), but=(WaitFailedError,))
    except WaitFailedError as error:
        failed = life.emulator.snapshots(HERE)[name]
        if failed.state != "error":
            raise BrokenInvariantError(str(error)) from error
        life.made("taken", HERE, name)
        life.delete(HERE, failed)
        name += "-again"
        life.emulator.progression = usual
        life.persist(f"take {name}", lambda: take(name))
    life.made("taken", HERE, name)
    marked = {"checked": f"day-{day}"}
    life.persist(f"tag {name}", lambda: client.tag_resource(name, marked))
    found = {tag.key: tag.value for tag in life.emulator.snapshots(HERE)[name].tags}
    if not marked.items() <= found.items():
        message = f"{name} was tagged, but has {found}"
        raise BrokenInvariantError(message)
    life.persist(f"untag {name}", lambda: client.untag_resource(name, ["checked"]))
    life.counts["tagged"] += 1
    if chance.random() < 0.5:  # noqa: PLR2004 - as often as not
        there = life.client(THERE)
        life.persist(f"copy {name}", lambda: copied(there, name, name, HERE))
        life.made("copied", THERE, name)
        life.persist(f"tag {name}", lambda: there.tag_resource(name, tags))
    if kind == "disk" and chance.random() < 0.4:  # noqa: PLR2004 - sometimes
        _restore(life, name, day)


def _restore(life: Life, snapshot: str, day: int) -> None:
    name, client = f"restored-{day}", life.client(HERE)
    source = ManualSnapshotSource(snapshot_name=snapshot)

    def once() -> int | None:
        zone = f"{HERE}a"
        return client.restore_disk(
            name, source, availability_zone=zone, client_token=name
        ).size_in_gb

    size = life.persist(f"restore {name}", once)
    life.made("restored", HERE, name)
    if size != life.emulator.things(HERE)[name]["sizeInGb"]:
        message = f"{name} has another size than its client was told: {size}"
        raise BrokenInvariantError(message)
    _check_resources(life)
    life.emulator.do("DeleteDisk", HERE, diskName=name)
    life.ledger.discard((HERE, name))


def _prune_directly(life: Life) -> None:
    """Prune what was taken directly, by the library's own verdicts."""
    for region in REGIONS:
        client = life.client(region)

        def listed(client: LightsailSnapClient = client) -> list[AnySnapshot]:
            return [*client.iter_disk_snapshots(), *client.iter_instance_snapshots()]

        found = life.persist(f"list {region}", listed)
        owned = by_tag(OWNERSHIP_TAG, "direct")
        judged = plan_retention(found, _KEEP_DIRECT, life.now, owned=owned)
        for snapshot in judged.delete:
            life.delete(region, snapshot)
        _hold_against(f"pruning {region}", life.emulator.snapshots(region), judged.keep)


def _check_resources(life: Life) -> None:
    """Hold what is there against what was done."""
    if life.emulator.broken:
        raise BrokenInvariantError("; ".join(life.emulator.broken))
    there = {(region, name) for region in REGIONS for name in life.emulator.things(region)}
    if there != life.ledger:
        message = f"not in the books, or nowhere else: {sorted(there ^ life.ledger)}"
        raise BrokenInvariantError(message)


def _check_day(life: Life) -> None:
    _check_resources(life)
    creations = life.emulator.creations()
    if creations != life.made_today:
        differing = sorted((creations - life.made_today) | (life.made_today - creations))
        message = f"made more or less often than the books say: {differing}"
        raise BrokenInvariantError(message)
    life.made_today.clear()
    life.emulator.forget_operations()


def _live(life: Life, day: int) -> int:
    chance = life.chance
    life.clock.sleep(_BEGINNING + day * DAY + DAY // 8 - life.clock.time())
    life.log.say(f"day {day}")
    pace = chance.choice([(0, 0), (20, 45), (5, 600), (120, 30)])
    life.emulator.progression = Progression.by_seconds(*pace)
    _strangers(life, day)
    faults = _trouble(life)
    _run_plan(life, PLANS[0])
    if day % _WEEK == _WEEKLY:
        _run_plan(life, PLANS[1])
    if chance.random() < 0.4:  # noqa: PLR2004 - two days of five
        _take_directly(life, day)
    if day % _WEEK == _PRUNING:
        _prune_directly(life)
    life.emulator.clear_faults()
    _check_day(life)
    return faults


def soak(
    days: int,
    seed: int = 0,
    *,
    log: Path | None = None,
    meddle: Callable[[Life, int], object] | None = None,
) -> SoakFigures:
    """Live for so many days.

    Args:
        days: How many.
        seed: What chance is drawn from.
        log: Where to write down what happens, line by line; nowhere if None.
        meddle: Is called before every day; a test breaks something there.

    Returns:
        How it went.

    Raises:
        SoakFailedError: If something that must always be true was not.
    """
    began = time.monotonic()
    life = Life(seed, Log(log))
    # Retention has filled up by then, if there are months enough.
    is_long = days >= 8 * MONTH
    warm_on = days // 2
    warm = footprint()
    faults = day = 0
    try:
        for day in range(days):
            if day == warm_on:
                warm = footprint()
            if meddle is not None:
                meddle(life, day)
            faults += _live(life, day)
        end = footprint()
        if is_long:
            check_footprint(warm, end)
    except Exception as problem:
        raise SoakFailedError(day, seed, problem) from problem
    finally:
        digest = life.log.end()
        for client in life.clients.values():
            client.close()
    kept = sum(len(life.emulator.snapshots(region)) for region in REGIONS)
    requests = life.emulator.calls.total()
    life.emulator.close()
    return SoakFigures(
        seed=seed,
        days=days,
        requests=requests,
        faults=faults,
        errors=dict(sorted(life.errors.items())),
        counts=dict(sorted(life.counts.items())),
        kept=kept,
        warm=warm,
        end=end,
        seconds=time.monotonic() - began,
        digest=digest,
    )


def soak_table(figures: SoakFigures) -> str:
    """Write figures as a table in Markdown.

    Args:
        figures: What `soak` returned.

    Returns:
        The table, without a line break at its end.
    """
    counts, warm, end = figures.counts, figures.warm, figures.end
    rows = {
        "simulated days": f"{figures.days:,}",
        "requests": f"{figures.requests:,}",
        "faults injected": f"{figures.faults:,}",
        "errors that came out of calls": f"{sum(figures.errors.values()):,}",
        **{f"{word}": f"{counts.get(word, 0):,}" for word in ("taken", "copied", "restored")},
        "tagged and untagged": f"{counts.get('tagged', 0):,}",
        "deleted": f"{counts.get('deleted', 0):,}",
        "taken by strangers": f"{counts.get('foreign', 0):,}",
        "snapshots in the end": f"{figures.kept:,}",
        "broken invariants": "0",
        "objects of the client, half-way and in the end": f"{warm.objects:,}, {end.objects:,}",
        "resident memory, half-way and in the end": f"{warm.memory / 2**20:.1f} MiB, "
        f"{end.memory / 2**20:.1f} MiB",
        "open descriptors, half-way and in the end": f"{warm.descriptors}, {end.descriptors}",
        "digest": f"`{figures.digest}` (seed {figures.seed})",
    }
    lines = ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())]
    return "\n".join(lines)


def main(arguments: list[str], meddle: Callable[[Life, int], object] | None = None) -> int:
    """Soak, and tell.

    Args:
        arguments: The words of the command line.
        meddle: As for `soak`.

    Returns:
        The exit code: 1 if something that must always be true was not.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--months", type=int, default=12, help=f"of {MONTH} days each")
    parser.add_argument("--days", type=int, default=None, help="instead of months")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--log", type=Path, default=None, help="where to write what happens")
    options = parser.parse_args(arguments)
    days = options.months * MONTH if options.days is None else options.days
    try:
        figures = soak(days, options.seed, log=options.log, meddle=meddle)
    except SoakFailedError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    sys.stdout.write(f"{soak_table(figures)}\n{figures.errors}\n{figures.seconds:.0f} s\n")
    sys.stdout.write(f"digest {figures.digest}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
