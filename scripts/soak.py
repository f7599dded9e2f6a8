"""Simulates months of snapshot operation on an embedded Lightsail with faults every day.

    python scripts/soak.py --months 12 --seed 1
    python scripts/soak.py --days 40 --seed 7 --log soak.log

Snapshots are taken by plans and directly, waited for, tagged, copied to another Region, restored
and pruned, while responses are lost, late, broken or refused, and other clients keep their own
snapshots. All resources are counted after every day. The clock is virtual, so that a year takes a
minute or two. The same seed gives the same digest. If an invariant is broken, the exit code is 1,
and the command that reproduces it is printed.
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

from scripts.soak_state import (  # noqa: E402 - the path comes first
    HERE,
    REGIONS,
    THERE,
    AnySnapshot,
    BrokenInvariantError,
    CheckingEmulator,
    Footprint,
    Log,
    check_error,
    check_footprint,
    footprint,
    make_client,
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
_BEGINNING = 1_699_920_000.0
_ATTEMPTS, _FAULTS_PASS_AFTER = 8, 5
_MAY_COMMIT = sorted(
    set(FaultKind)
    - {
        *(FaultKind.REFUSE, FaultKind.THROTTLE),
        *(FaultKind.DELAY, FaultKind.TRUNCATE, FaultKind.WRONG_TYPES),
    }
)
_MAX_FOREIGN_SNAPSHOTS = 12
_POLICY = RetentionPolicy(time_zone="UTC", keep_daily=7, keep_weekly=4, keep_monthly=3)
_DIRECT_POLICY = RetentionPolicy(time_zone="UTC", keep_last=5, keep_monthly=2)
PLANS = tuple(
    BackupPlan(
        name=name,
        region=HERE,
        slot="day",
        select=select,
        copies=[THERE],
        tags={"env": "prod"},
        retention=dict(_POLICY),
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
    """Figures of a soak.

    Attributes:
        seed: The random seed.
        days: Number of simulated days.
        requests: Number of requests.
        faults: Number of injected faults.
        errors: Number of errors raised by calls, by type.
        counts: Numbers of snapshots taken, copied, restored, deleted and tagged, and of those that
            other clients took (`foreign`).
        kept: Number of snapshots at the end, with those of other clients.
        warm: Footprint of the process half-way.
        end: Footprint of the process at the end.
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
    """An invariant was broken. The message has the command that reproduces it."""

    def __init__(self, day: int, seed: int, problem: BaseException) -> None:
        super().__init__(
            f"seed {seed}, day {day}: {type(problem).__name__}: {problem}\n"
            f"to reproduce: python scripts/soak.py --days {day + 1} --seed {seed}"
        )


@dataclass
class Simulation:
    """The emulator, and a record of what was done with it.

    Attributes:
        seed: The random seed.
        log: Receives all events.
        expected: Resources that have to exist, by Region and name.
    """

    seed: int
    log: Log
    expected: set[tuple[str, str]] = field(default_factory=set)
    created_today: Counter[tuple[str, str]] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    foreign_snapshots: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random_source = random.Random(self.seed)  # noqa: S311 - has to be repeatable
        self.clock = VirtualClock(_BEGINNING)
        self.emulator = CheckingEmulator(self.clock, self.seed, self.log)
        pauses = random.Random(self.seed + 1)  # noqa: S311 - likewise
        self.clients = {
            region: make_client(self.emulator, region, self.clock, pauses) for region in REGIONS
        }
        for number in range(1, 4):
            self.emulator.add_disk(f"db-{number}", region_name=HERE, size_in_gb=8 * number)
        self.emulator.add_instance("web-1", region_name=HERE)
        self.expected |= {(region, name) for region in REGIONS for name in self._things(region)}

    def _things(self, region: str) -> list[str]:
        return sorted(self.emulator.resources(region))

    def client(self, region: str) -> LightsailSnapClient:
        """Return the client of a Region."""
        return self.clients[region]

    @property
    def now(self) -> datetime:
        """The time."""
        return datetime.fromtimestamp(self.clock.time(), UTC)

    def retry(
        self,
        what: str,
        work: Callable[[], _ReturnT],
        *,
        reraise: tuple[type[LightsailSnapError], ...] = (),
    ) -> _ReturnT:
        """Call `work` until it succeeds, and return its result.

        Errors in `reraise` are raised at once. Success is required after the faults have passed.
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
                self.log.write(f"{what} failed: {type(error).__name__}")
                self.errors[type(error).__name__] += 1
                if isinstance(error, reraise):
                    raise
            except Exception as error:
                message = f"{what} raised {type(error).__name__}: {error}"
                raise BrokenInvariantError(message) from error
            self.clock.sleep(60 * (attempt + 1))
        message = f"{what} did not succeed after all faults had passed: {last}"
        raise BrokenInvariantError(message)

    def record_created(self, event: str, region: str, name: str) -> None:
        """Record that a resource was created."""
        self.counts[event] += 1
        self.created_today[region, name] += 1
        self.expected.add((region, name))
        self.log.write(f"{event} {region}/{name}")

    def delete(self, region: str, snapshot: AnySnapshot) -> None:
        """Delete a snapshot, with retries."""
        client, name = self.client(region), snapshot.name

        def once() -> None:
            try:
                if isinstance(snapshot, InstanceSnapshot):
                    client.delete_instance_snapshot(name)
                else:
                    client.delete_disk_snapshot(name)
            except NotFoundException:
                # An earlier attempt deleted it, and the response was lost.
                return

        self.retry(f"delete {name}", once)
        self.record_deleted(region, name)

    def record_deleted(self, region: str, name: str) -> None:
        """Record that one of the library's snapshots was deleted."""
        self.counts["deleted"] += 1
        self.expected.discard((region, name))
        self.log.write(f"deleted {region}/{name}")


def _inject_faults(simulation: Simulation) -> int:
    """Inject the faults of the day."""
    random_source = simulation.random_source
    count = random_source.choice([0, 1, 3, 6])
    for _ in range(count):
        kind = random_source.choice(sorted(FaultKind))
        fault = Fault(
            kind=kind,
            after_commit=kind in _MAY_COMMIT and random_source.random() < 0.5,  # noqa: PLR2004 - as often as not
            skip=random_source.randrange(60),
            times=random_source.choice([1, 1, 1, 2, 4]),
            seconds=random_source.choice([0, 0, 1, 60]),
        )
        simulation.emulator.inject(fault)
        simulation.log.write(f"fault {fault.kind} {fault.after_commit} {fault.skip} {fault.times}")
    return count


def _act_as_others(simulation: Simulation, day: int) -> None:
    """Take snapshots as another client, with similar names and tags, and delete old ones."""
    random_source = simulation.random_source
    if random_source.random() < 0.3:  # noqa: PLR2004 - every third day or so
        name = f"{random_source.choice(['nightly-db-1-', 'direct-', 'by-hand-'])}x{day}"
        owner = random_source.choice([None, "another-owner"])
        tags = [{"key": OWNERSHIP_TAG, "value": owner}] if owner else []
        source = random_source.choice(["db-1", "db-2"])
        simulation.emulator.call(
            "CreateDiskSnapshot", HERE, diskName=source, diskSnapshotName=name, tags=tags
        )
        simulation.foreign_snapshots.append((HERE, name))
        simulation.record_created("foreign", HERE, name)
    if len(simulation.foreign_snapshots) > _MAX_FOREIGN_SNAPSHOTS:
        region, name = simulation.foreign_snapshots.pop(0)
        simulation.emulator.call("DeleteDiskSnapshot", region, diskSnapshotName=name)
        simulation.expected.discard((region, name))


def _run_plan(simulation: Simulation, plan: BackupPlan) -> None:
    """Apply a plan, and compare the result with the plan and its retention."""
    before = {region: simulation.emulator.snapshots(region) for region in REGIONS}

    def once() -> RunResult:
        run = prepare(plan, simulation.client(HERE), clients=simulation.client, now=simulation.now)
        result = apply(run, simulation.client(HERE), clients=simulation.client, concurrency=1)
        for error in result.failures.values():
            check_error(error)
        result.raise_for_failures()
        if run.unlisted:
            # Nothing failed, but the plan has to be applied again.
            message = f"{run.unlisted} could not be listed"
            raise LightsailSnapError(message)
        if not result.is_complete:
            message = f"nothing failed, but the run is incomplete: {result}"
            raise BrokenInvariantError(message)
        return result

    run = simulation.retry(f"plan {plan.name}", once).run
    for region in REGIONS:
        after = simulation.emulator.snapshots(region)
        fresh = {name: each for name, each in after.items() if name not in before[region]}
        wanted = {step.name for step in run.steps if step.action != "delete"}
        if fresh.keys() != wanted:
            message = f"{plan.name} in {region}: expected {sorted(wanted)}, created {sorted(fresh)}"
            raise BrokenInvariantError(message)
        for name in sorted(fresh):
            simulation.record_created("taken" if region == HERE else "copied", region, name)
        retention = plan_retention(
            [*before[region].values(), *fresh.values()],
            _POLICY,
            run.now,
            owned=by_tag(OWNERSHIP_TAG, plan.name),
        )
        _check_remaining(f"pruning by {plan.name} in {region}", after, retention.keep)
        for snapshot in retention.delete:
            simulation.record_deleted(region, snapshot.name)


def _check_remaining(
    what: str, existing: dict[str, AnySnapshot], kept: tuple[AnySnapshot, ...]
) -> None:
    names = {each.name for each in kept}
    if existing.keys() != names:
        message = f"after {what}, expected or existing: {sorted(existing.keys() ^ names)}"
        raise BrokenInvariantError(message)


def _take_directly(simulation: Simulation, day: int) -> None:
    """Take a snapshot without a plan, tag it, and sometimes copy and restore it."""
    random_source, client = simulation.random_source, simulation.client(HERE)
    name, tags = f"direct-{day}", {OWNERSHIP_TAG: "direct", "env": "prod"}
    kind = random_source.choice(["disk", "volume", "instance"])
    usual = simulation.emulator.progression
    if random_source.random() < 0.05:  # noqa: PLR2004 - the service fails seldom
        simulation.emulator.progression = usual.with_failed_snapshot(name)

    def take(name: str) -> AnySnapshot:
        if kind == "instance":
            return client.take_instance_snapshot(name, "web-1", tags=tags, client_token=name)
        is_disk = kind == "disk"
        source = DiskSource(disk_name="db-1") if is_disk else InstanceSource(instance_name="web-1")
        return client.take_disk_snapshot(name, source, tags=tags, client_token=name)

    try:
        simulation.retry(f"take {name}", lambda: take(name), reraise=(WaitFailedError,))
    except WaitFailedError as error:
        failed = simulation.emulator.snapshots(HERE)[name]
        if failed.state != "error":
            raise BrokenInvariantError(str(error)) from error
        simulation.record_created("taken", HERE, name)
        simulation.delete(HERE, failed)
        name += "-again"
        simulation.emulator.progression = usual
        simulation.retry(f"take {name}", lambda: take(name))
    simulation.record_created("taken", HERE, name)
    marked = {"checked": f"day-{day}"}
    simulation.retry(f"tag {name}", lambda: client.tag_resource(name, marked))
    found = {tag.key: tag.value for tag in simulation.emulator.snapshots(HERE)[name].tags}
    if not marked.items() <= found.items():
        message = f"{name} was tagged, but has {found}"
        raise BrokenInvariantError(message)
    simulation.retry(f"untag {name}", lambda: client.untag_resource(name, ["checked"]))
    simulation.counts["tagged"] += 1
    if random_source.random() < 0.5:  # noqa: PLR2004 - as often as not
        existing = simulation.client(THERE)
        simulation.retry(f"copy {name}", lambda: copy_or_resume(existing, name, name, HERE))
        simulation.record_created("copied", THERE, name)
        simulation.retry(f"tag {name}", lambda: existing.tag_resource(name, tags))
    if kind == "disk" and random_source.random() < 0.4:  # noqa: PLR2004 - sometimes
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
    simulation.record_created("restored", HERE, name)
    if size != simulation.emulator.resources(HERE)[name]["sizeInGb"]:
        message = f"{name} has another size than the client received: {size}"
        raise BrokenInvariantError(message)
    _check_resources(simulation)
    simulation.emulator.call("DeleteDisk", HERE, diskName=name)
    simulation.expected.discard((HERE, name))


def _prune_directly(simulation: Simulation) -> None:
    """Delete what retention does not keep of the snapshots that were taken directly."""
    for region in REGIONS:
        client = simulation.client(region)

        def listed(client: LightsailSnapClient = client) -> list[AnySnapshot]:
            return [*client.iter_disk_snapshots(), *client.iter_instance_snapshots()]

        found = simulation.retry(f"list {region}", listed)
        owned = by_tag(OWNERSHIP_TAG, "direct")
        plan = plan_retention(found, _DIRECT_POLICY, simulation.now, owned=owned)
        for snapshot in plan.delete:
            simulation.delete(region, snapshot)
        _check_remaining(f"pruning {region}", simulation.emulator.snapshots(region), plan.keep)


def _check_resources(simulation: Simulation) -> None:
    """Compare the resources with the expected ones."""
    if simulation.emulator.broken:
        raise BrokenInvariantError("; ".join(simulation.emulator.broken))
    existing = {
        (region, name) for region in REGIONS for name in simulation.emulator.resources(region)
    }
    if existing != simulation.expected:
        message = f"expected or existing, but not both: {sorted(existing ^ simulation.expected)}"
        raise BrokenInvariantError(message)


def _check_day(simulation: Simulation) -> None:
    _check_resources(simulation)
    creations = simulation.emulator.creations()
    if creations != simulation.created_today:
        differing = sorted(
            (creations - simulation.created_today) | (simulation.created_today - creations)
        )
        message = f"not created as often as expected: {differing}"
        raise BrokenInvariantError(message)
    simulation.created_today.clear()
    simulation.emulator.forget_operations()


def _simulate_day(simulation: Simulation, day: int) -> int:
    random_source = simulation.random_source
    simulation.clock.sleep(_BEGINNING + day * DAY + DAY // 8 - simulation.clock.time())
    simulation.log.write(f"day {day}")
    pace = random_source.choice([(0, 0), (20, 45), (5, 600), (120, 30)])
    simulation.emulator.progression = Progression.by_seconds(*pace)
    _act_as_others(simulation, day)
    faults = _inject_faults(simulation)
    _run_plan(simulation, PLANS[0])
    if day % _WEEK == _WEEKLY:
        _run_plan(simulation, PLANS[1])
    if random_source.random() < 0.4:  # noqa: PLR2004 - two days of five
        _take_directly(simulation, day)
    if day % _WEEK == _PRUNING:
        _prune_directly(simulation)
    simulation.emulator.clear_faults()
    _check_day(simulation)
    return faults


def soak(
    days: int,
    seed: int = 0,
    *,
    log: Path | None = None,
    intervene: Callable[[Simulation, int], object] | None = None,
) -> SoakFigures:
    """Simulate days. `intervene` is called before each; tests break invariants there."""
    began = time.monotonic()
    simulation = Simulation(seed, Log(log))
    # By then, retention has reached its final number of snapshots.
    is_long = days >= 8 * MONTH
    warm_on = days // 2
    warm = footprint()
    faults = day = 0
    try:
        for day in range(days):
            if day == warm_on:
                warm = footprint()
            if intervene is not None:
                intervene(simulation, day)
            faults += _simulate_day(simulation, day)
        end = footprint()
        if is_long:
            check_footprint(warm, end)
    except Exception as problem:
        raise SoakFailedError(day, seed, problem) from problem
    finally:
        digest = simulation.log.end()
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
        "errors raised by calls": f"{sum(figures.errors.values()):,}",
        **{f"{event}": f"{counts.get(event, 0):,}" for event in ("taken", "copied", "restored")},
        "tagged and untagged": f"{counts.get('tagged', 0):,}",
        "deleted": f"{counts.get('deleted', 0):,}",
        "taken by other clients": f"{counts.get('foreign', 0):,}",
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


def main(arguments: list[str], intervene: Callable[[Simulation, int], object] | None = None) -> int:
    """Run the command line; return 1 if an invariant was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--months", type=int, default=12, help=f"of {MONTH} days each")
    parser.add_argument("--days", type=int, default=None, help="number of days, instead of months")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--log", type=Path, default=None, help="file for all events")
    options = parser.parse_args(arguments)
    days = options.months * MONTH if options.days is None else options.days
    try:
        figures = soak(days, options.seed, log=options.log, intervene=intervene)
    except SoakFailedError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    sys.stdout.write(f"{soak_table(figures)}\n{figures.errors}\n{figures.seconds:.0f} s\n")
    sys.stdout.write(f"digest {figures.digest}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
