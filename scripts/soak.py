"""Use snapshots for simulated months on an emulator that has faults every day.

    python scripts/soak.py --months 12 --seed 1
    python scripts/soak.py --days 40 --seed 7 --log soak.log

Snapshots are taken by plans and directly, waited for, tagged, copied to another region, restored
and pruned. Meanwhile responses are lost, delayed, corrupted or refused, and another client has its
own snapshots. After every day the script compares all resources with its records. On the virtual
clock a year takes one or two minutes. The same seed gives the same digest. If an invariant is
broken, the exit code is 1, and the script prints the command that reproduces it.
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

from scripts.soak_checks import (  # noqa: E402 - the path comes first
    HERE,
    REGIONS,
    THERE,
    AnySnapshot,
    BrokenInvariantError,
    CheckedEmulator,
    Footprint,
    Log,
    check_error,
    check_footprint,
    create_client,
    footprint,
)
from tests.crash.workloads import copy_or_resume  # noqa: E402 - likewise

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
_START_TIME = 1_699_920_000.0
_ATTEMPTS, _FAULTY_ATTEMPTS = 8, 5
_KINDS_BEFORE_OR_AFTER_COMMIT = sorted(
    set(FaultKind)
    - {
        *(FaultKind.REFUSE, FaultKind.THROTTLE),
        *(FaultKind.DELAY, FaultKind.TRUNCATE, FaultKind.WRONG_TYPES),
    }
)
_MAX_FOREIGN_SNAPSHOTS = 12
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
_DAYS_PER_WEEK, _WEEKLY_PLAN_DAY, _PRUNING_DAY = 7, 3, 5
_ReturnT = TypeVar("_ReturnT")


@dataclass(frozen=True)
class SoakFigures:
    """Result of a soak test.

    Attributes:
        seed: Seed of the random numbers.
        days: Number of simulated days.
        requests: Number of requests.
        faults: Number of injected faults.
        errors: Number of errors that calls raised, by type.
        counts: Number of resources taken, copied, restored, deleted and tagged, and of those that
            another client created.
        kept: Number of snapshots at the end, with those of the other client.
        warm: Footprint half-way.
        end: Footprint at the end.
        seconds: Duration.
        digest: Digest of all events.
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
    """A broken invariant, and the command that reproduces it."""

    def __init__(self, day: int, seed: int, problem: BaseException) -> None:
        """Create the message."""
        super().__init__(
            f"seed {seed}, day {day}: {type(problem).__name__}: {problem}\n"
            f"to reproduce it, run: python scripts/soak.py --days {day + 1} --seed {seed}"
        )


@dataclass
class Simulation:
    """The emulator, and records of everything that was done on it.

    Attributes:
        seed: Seed of the random numbers.
        log: Receives every event.
        ledger: Region and name of every resource that must exist.
    """

    seed: int
    log: Log
    ledger: set[tuple[str, str]] = field(default_factory=set)
    created_today: Counter[tuple[str, str]] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    foreign: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 - must repeat with the same seed
        self.clock = VirtualClock(_START_TIME)
        self.emulator = CheckedEmulator(self.clock, self.seed, self.log)
        pauses = random.Random(self.seed + 1)  # noqa: S311 - likewise
        self.clients = {
            region: create_client(self.emulator, region, self.clock, pauses) for region in REGIONS
        }
        for number in range(1, 4):
            self.emulator.add_disk(f"db-{number}", region_name=HERE, size_in_gb=8 * number)
        self.emulator.add_instance("web-1", region_name=HERE)
        self.ledger |= {
            (region, name) for region in REGIONS for name in self._resource_names(region)
        }

    def _resource_names(self, region: str) -> list[str]:
        return sorted(self.emulator.resources(region))

    def client(self, region: str) -> LightsailSnapClient:
        """Return the client of a region."""
        return self.clients[region]

    @property
    def now(self) -> datetime:
        """Return the time of the virtual clock."""
        return datetime.fromtimestamp(self.clock.time(), UTC)

    def retry(
        self,
        action: str,
        work: Callable[[], _ReturnT],
        *,
        expected: tuple[type[LightsailSnapError], ...] = (),
    ) -> _ReturnT:
        """Call a function until it succeeds; it must, after the faults have ended."""
        last = ""
        for attempt in range(_ATTEMPTS):
            if attempt == _FAULTY_ATTEMPTS:
                self.emulator.clear_faults()
            try:
                return work()
            except BrokenInvariantError:
                raise
            except LightsailSnapError as error:
                check_error(error)
                last = f"{type(error).__name__}: {error}"
                self.log.write(f"{action} failed: {type(error).__name__}")
                self.errors[type(error).__name__] += 1
                if isinstance(error, expected):
                    raise
            except Exception as error:
                message = f"{action} raised {type(error).__name__}: {error}"
                raise BrokenInvariantError(message) from error
            self.clock.sleep(60 * (attempt + 1))
        message = f"{action} did not succeed after all faults had ended: {last}"
        raise BrokenInvariantError(message)

    def record_creation(self, kind: str, region: str, name: str) -> None:
        """Record that a resource was created."""
        self.counts[kind] += 1
        self.created_today[region, name] += 1
        self.ledger.add((region, name))
        self.log.write(f"{kind} {region}/{name}")

    def delete(self, region: str, snapshot: AnySnapshot) -> None:
        """Delete a snapshot, with as many attempts as needed."""
        client, name = self.client(region), snapshot.name

        def once() -> None:
            try:
                if isinstance(snapshot, InstanceSnapshot):
                    client.delete_instance_snapshot(name)
                else:
                    client.delete_disk_snapshot(name)
            except NotFoundException:
                # An earlier attempt succeeded, and its response was lost.
                return

        self.retry(f"delete {name}", once)
        self.record_deletion(region, name)

    def record_deletion(self, region: str, name: str) -> None:
        """Record that a snapshot was deleted."""
        self.counts["deleted"] += 1
        self.ledger.discard((region, name))
        self.log.write(f"deleted {region}/{name}")


def _inject_faults(simulation: Simulation) -> int:
    """Inject the faults of a day; return their number."""
    chance = simulation.chance
    count = chance.choice([0, 1, 3, 6])
    for _ in range(count):
        kind = chance.choice(sorted(FaultKind))
        fault = Fault(
            kind=kind,
            after_commit=kind in _KINDS_BEFORE_OR_AFTER_COMMIT and chance.random() < 0.5,  # noqa: PLR2004 - a probability
            skip=chance.randrange(60),
            times=chance.choice([1, 1, 1, 2, 4]),
            seconds=chance.choice([0, 0, 1, 60]),
        )
        simulation.emulator.inject(fault)
        simulation.log.write(f"fault {fault.kind} {fault.after_commit} {fault.skip} {fault.times}")
    return count


def _act_as_other_client(simulation: Simulation, day: int) -> None:
    """Create and delete snapshots whose names and tags resemble those of the plans."""
    chance = simulation.chance
    if chance.random() < 0.3:  # noqa: PLR2004 - likewise
        name = f"{chance.choice(['nightly-db-1-', 'direct-', 'by-hand-'])}x{day}"
        owner = chance.choice([None, "another-client"])
        tags = [{"key": OWNERSHIP_TAG, "value": owner}] if owner else []
        source = chance.choice(["db-1", "db-2"])
        simulation.emulator.call_as_other_client(
            "CreateDiskSnapshot", HERE, diskName=source, diskSnapshotName=name, tags=tags
        )
        simulation.foreign.append((HERE, name))
        simulation.record_creation("foreign", HERE, name)
    if len(simulation.foreign) > _MAX_FOREIGN_SNAPSHOTS:
        region, name = simulation.foreign.pop(0)
        simulation.emulator.call_as_other_client(
            "DeleteDiskSnapshot", region, diskSnapshotName=name
        )
        simulation.ledger.discard((region, name))


def _run_plan(simulation: Simulation, plan: BackupPlan) -> None:
    """Apply a plan, and compare the snapshots with its steps and its retention policy."""
    before = {region: simulation.emulator.snapshots(region) for region in REGIONS}

    def once() -> RunResult:
        run = prepare(plan, simulation.client(HERE), clients=simulation.client, now=simulation.now)
        result = apply(run, simulation.client(HERE), clients=simulation.client, concurrency=1)
        for error in result.failures.values():
            check_error(error)
        result.raise_for_failures()
        if run.unlisted:
            # Nothing failed, but the plan requires another run.
            message = f"these regions could not be listed: {run.unlisted}"
            raise LightsailSnapError(message)
        if not result.is_complete:
            message = f"nothing failed, but the run is incomplete: {result}"
            raise BrokenInvariantError(message)
        return result

    run = simulation.retry(f"plan {plan.name}", once).run
    for region in REGIONS:
        after = simulation.emulator.snapshots(region)
        fresh = {name: each for name, each in after.items() if name not in before[region]}
        expected = {step.name for step in run.steps if step.action != "delete"}
        if fresh.keys() != expected:
            message = f"{plan.name} in {region}: expected {sorted(expected)}, found {sorted(fresh)}"
            raise BrokenInvariantError(message)
        for name in sorted(fresh):
            simulation.record_creation("taken" if region == HERE else "copied", region, name)
        retained = plan_retention(
            [*before[region].values(), *fresh.values()],
            _KEEP,
            run.now,
            owned=by_tag(OWNERSHIP_TAG, plan.name),
        )
        _check_pruned(f"pruning by {plan.name} in {region}", after, retained.keep)
        for snapshot in retained.delete:
            simulation.record_deletion(region, snapshot.name)


def _check_pruned(
    action: str, found: dict[str, AnySnapshot], kept: tuple[AnySnapshot, ...]
) -> None:
    names = {each.name for each in kept}
    if found.keys() != names:
        message = f"after {action}, missing or unexpected: {sorted(found.keys() ^ names)}"
        raise BrokenInvariantError(message)


def _take_directly(simulation: Simulation, day: int) -> None:
    """Take a snapshot and tag it; sometimes also copy and restore it."""
    chance, client = simulation.chance, simulation.client(HERE)
    name, tags = f"direct-{day}", {OWNERSHIP_TAG: "direct", "env": "prod"}
    kind = chance.choice(["disk", "volume", "instance"])
    usual = simulation.emulator.progression
    if chance.random() < 0.05:  # noqa: PLR2004 - a probability
        simulation.emulator.progression = usual.with_failed_snapshot(name)

    def take(name: str) -> AnySnapshot:
        if kind == "instance":
            return client.take_instance_snapshot(name, "web-1", tags=tags, client_token=name)
        is_disk = kind == "disk"
        source = DiskSource(disk_name="db-1") if is_disk else InstanceSource(instance_name="web-1")
        return client.take_disk_snapshot(name, source, tags=tags, client_token=name)

    try:
        simulation.retry(f"take {name}", lambda: take(name), expected=(WaitFailedError,))
    except WaitFailedError as error:
        failed = simulation.emulator.snapshots(HERE)[name]
        if failed.state != "error":
            raise BrokenInvariantError(str(error)) from error
        simulation.record_creation("taken", HERE, name)
        simulation.delete(HERE, failed)
        name += "-again"
        simulation.emulator.progression = usual
        simulation.retry(f"take {name}", lambda: take(name))
    simulation.record_creation("taken", HERE, name)
    tag = {"checked": f"day-{day}"}
    simulation.retry(f"tag {name}", lambda: client.tag_resource(name, tag))
    found = {each.key: each.value for each in simulation.emulator.snapshots(HERE)[name].tags}
    if not tag.items() <= found.items():
        message = f"{name} lacks the tag {tag}: {found}"
        raise BrokenInvariantError(message)
    simulation.retry(f"untag {name}", lambda: client.untag_resource(name, ["checked"]))
    simulation.counts["tagged"] += 1
    if chance.random() < 0.5:  # noqa: PLR2004 - a probability
        other = simulation.client(THERE)
        simulation.retry(f"copy {name}", lambda: copy_or_resume(other, name, name, HERE))
        simulation.record_creation("copied", THERE, name)
        simulation.retry(f"tag {name}", lambda: other.tag_resource(name, tags))
    if kind == "disk" and chance.random() < 0.4:  # noqa: PLR2004 - a probability
        _restore(simulation, name, day)


def _restore(simulation: Simulation, snapshot: str, day: int) -> None:
    name, client = f"restored-{day}", simulation.client(HERE)
    source = ManualSnapshotSource(snapshot_name=snapshot)

    def once() -> int | None:
        zone = f"{HERE}a"
        return client.restore_disk(
            name, source, availability_zone=zone, client_token=name
        ).size_in_gb

    size = simulation.retry(f"restore {name}", once)
    simulation.record_creation("restored", HERE, name)
    if size != simulation.emulator.resources(HERE)[name]["sizeInGb"]:
        message = f"{name} has another size than the result of restore_disk: {size}"
        raise BrokenInvariantError(message)
    _check_resources(simulation)
    simulation.emulator.call_as_other_client("DeleteDisk", HERE, diskName=name)
    simulation.ledger.discard((HERE, name))


def _prune_directly(simulation: Simulation) -> None:
    """Delete the snapshots taken directly that the retention policy does not keep."""
    for region in REGIONS:
        client = simulation.client(region)

        def listed(client: LightsailSnapClient = client) -> list[AnySnapshot]:
            return [*client.iter_disk_snapshots(), *client.iter_instance_snapshots()]

        found = simulation.retry(f"list {region}", listed)
        owned = by_tag(OWNERSHIP_TAG, "direct")
        retained = plan_retention(found, _KEEP_DIRECT, simulation.now, owned=owned)
        for snapshot in retained.delete:
            simulation.delete(region, snapshot)
        _check_pruned(f"pruning {region}", simulation.emulator.snapshots(region), retained.keep)


def _check_resources(simulation: Simulation) -> None:
    """Compare the resources with the records."""
    if simulation.emulator.broken:
        raise BrokenInvariantError("; ".join(simulation.emulator.broken))
    found = {(region, name) for region in REGIONS for name in simulation.emulator.resources(region)}
    if found != simulation.ledger:
        unexpected, missing = sorted(found - simulation.ledger), sorted(simulation.ledger - found)
        message = f"unexpected resources: {unexpected}; missing resources: {missing}"
        raise BrokenInvariantError(message)


def _check_day(simulation: Simulation) -> None:
    _check_resources(simulation)
    creations = simulation.emulator.creations()
    if creations != simulation.created_today:
        differing = sorted(
            (creations - simulation.created_today) | (simulation.created_today - creations)
        )
        message = f"created more or less often than recorded: {differing}"
        raise BrokenInvariantError(message)
    simulation.created_today.clear()
    simulation.emulator.forget_operations()


def _simulate_day(simulation: Simulation, day: int) -> int:
    chance = simulation.chance
    simulation.clock.sleep(_START_TIME + day * DAY + DAY // 8 - simulation.clock.time())
    simulation.log.write(f"day {day}")
    pace = chance.choice([(0, 0), (20, 45), (5, 600), (120, 30)])
    simulation.emulator.progression = Progression.by_seconds(*pace)
    _act_as_other_client(simulation, day)
    faults = _inject_faults(simulation)
    _run_plan(simulation, PLANS[0])
    if day % _DAYS_PER_WEEK == _WEEKLY_PLAN_DAY:
        _run_plan(simulation, PLANS[1])
    if chance.random() < 0.4:  # noqa: PLR2004 - a probability
        _take_directly(simulation, day)
    if day % _DAYS_PER_WEEK == _PRUNING_DAY:
        _prune_directly(simulation)
    simulation.emulator.clear_faults()
    _check_day(simulation)
    return faults


def soak(
    days: int,
    seed: int = 0,
    *,
    log: Path | None = None,
    disturb: Callable[[Simulation, int], object] | None = None,
) -> SoakFigures:
    """Simulate a number of days; raise SoakFailedError if an invariant is broken."""
    began = time.monotonic()
    simulation = Simulation(seed, Log(log))
    # The number of retained snapshots is constant only after some months.
    is_long = days >= 8 * MONTH
    warm_on = days // 2
    warm = footprint()
    faults = day = 0
    try:
        for day in range(days):
            if day == warm_on:
                warm = footprint()
            if disturb is not None:
                disturb(simulation, day)
            faults += _simulate_day(simulation, day)
        end = footprint()
        if is_long:
            check_footprint(warm, end)
    except Exception as problem:
        raise SoakFailedError(day, seed, problem) from problem
    finally:
        digest = simulation.log.close()
        for client in simulation.clients.values():
            client.close()
    kept = sum(len(simulation.emulator.snapshots(region)) for region in REGIONS)
    requests = simulation.emulator.calls.total()
    simulation.emulator.close()
    return SoakFigures(
        seed=seed,
        days=days,
        requests=requests,
        faults=faults,
        errors=dict(sorted(simulation.errors.items())),
        counts=dict(sorted(simulation.counts.items())),
        kept=kept,
        warm=warm,
        end=end,
        seconds=time.monotonic() - began,
        digest=digest,
    )


def soak_table(figures: SoakFigures) -> str:
    """Return the figures as a Markdown table."""
    counts, warm, end = figures.counts, figures.warm, figures.end
    rows = {
        "simulated days": f"{figures.days:,}",
        "requests": f"{figures.requests:,}",
        "faults injected": f"{figures.faults:,}",
        "errors that calls raised": f"{sum(figures.errors.values()):,}",
        **{kind: f"{counts.get(kind, 0):,}" for kind in ("taken", "copied", "restored")},
        "tagged and untagged": f"{counts.get('tagged', 0):,}",
        "deleted": f"{counts.get('deleted', 0):,}",
        "created by another client": f"{counts.get('foreign', 0):,}",
        "snapshots at the end": f"{figures.kept:,}",
        "broken invariants": "0",
        "objects of the client, half-way and at the end": f"{warm.objects:,}, {end.objects:,}",
        "resident memory, half-way and at the end": f"{warm.memory / 2**20:.1f} MiB, "
        f"{end.memory / 2**20:.1f} MiB",
        "open descriptors, half-way and at the end": f"{warm.descriptors}, {end.descriptors}",
        "digest": f"`{figures.digest}` (seed {figures.seed})",
    }
    lines = ["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows.items())]
    return "\n".join(lines)


def main(arguments: list[str], disturb: Callable[[Simulation, int], object] | None = None) -> int:
    """Soak and print; return an exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--months", type=int, default=12, help=f"months of {MONTH} days [default: 12]"
    )
    parser.add_argument("--days", type=int, default=None, help="days, instead of --months")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--log", type=Path, default=None, help="file for all events")
    options = parser.parse_args(arguments)
    days = options.months * MONTH if options.days is None else options.days
    try:
        figures = soak(days, options.seed, log=options.log, disturb=disturb)
    except SoakFailedError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    sys.stdout.write(f"{soak_table(figures)}\n{figures.errors}\n{figures.seconds:.0f} s\n")
    sys.stdout.write(f"digest {figures.digest}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
