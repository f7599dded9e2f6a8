"""Calls, time and detection delay of snapshots of a fleet, beside the loop that people write.

The workflow of `take_disk_snapshots` runs against the emulator's logic in simulated time: a
discrete-event driver lets each call take `--latency` seconds, of which the service acts after half,
and runs up to `--concurrency` calls at the same time. So an hour takes seconds, and the figures do
not depend on the machine. Snapshots take `--shortest` to `--longest` seconds.

- The detection delay is the time from the completion of a snapshot on the service to the end of the
  call that shows it.
- Acceptance is the time until the last request to create a snapshot has its response.
- The loop creates all snapshots, then polls one after another until it is completed.
"""

from __future__ import annotations

import argparse
import heapq
import random
import statistics
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from lightsail_snap import (
    CreateDiskSnapshotRequest,
    DiskSnapshotState,
    DiskSource,
    GetDiskSnapshotRequest,
    LightsailSnapError,
    Request,
    WaitPolicy,
)
from lightsail_snap._boto.transport import BotoTransport
from lightsail_snap._workflows import batch
from lightsail_snap._workflows.effects import (
    Call,
    ClockReading,
    Effect,
    Gather,
    RunByDeadline,
    Sleep,
    Workflow,
    call,
    sleep,
)
from lightsail_snap.emulator import LightsailEmulator, Progression

REGION = "us-east-1"
START = 1_700_000_000.0
Resume = Callable[[Any], None]


@dataclass
class SimulatedClock:
    """A clock that the simulation sets."""

    now: float = 0.0

    def time(self) -> float:
        """Return the seconds since 1970-01-01 UTC."""
        return START + self.now

    def monotonic(self) -> float:
        """Return the seconds since the beginning of the simulation."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Refuse, since only the simulation advances the clock."""
        message = f"only the simulation advances the clock, not a pause of {seconds} s"
        raise AssertionError(message)


@dataclass
class Simulation:
    """Runs workflows in simulated time against an emulator.

    Attributes:
        latency: Duration of a call in seconds.
        durations: Duration of each snapshot in seconds, by name.
        page_size: Number of items on a page.
        operation: Duration of operations in seconds.
    """

    latency: float
    durations: dict[str, float]
    page_size: int
    operation: float
    clock: SimulatedClock = field(default_factory=SimulatedClock)
    completed: dict[str, float] = field(default_factory=dict)
    seen: dict[str, float] = field(default_factory=dict)
    accepted: float = 0.0

    def __post_init__(self) -> None:
        self.emulator = LightsailEmulator(clock=self.clock, page_size=self.page_size)
        self.emulator.add_disk("disk-1", region_name=REGION)
        self._transport = BotoTransport(self.emulator.boto3_client(REGION))
        self._events: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    @property
    def calls(self) -> int:
        """Number of calls so far."""
        return self.emulator.calls.total()

    def run(self, workflow: Workflow[Any]) -> Any:  # noqa: ANN401 - workflows return anything
        """Run a workflow to its end."""
        outcomes: list[Any] = []
        self._step(workflow(), None, outcomes.append)
        while self._events:
            self.clock.now, _, event = heapq.heappop(self._events)
            event()
        if isinstance(outcomes[0], BaseException):
            raise outcomes[0]
        return outcomes[0]

    def _after(self, seconds: float, event: Callable[[], None]) -> None:
        heapq.heappush(self._events, (self.clock.now + seconds, next(self._order), event))

    def _step(
        self, coroutine: Coroutine[Effect[Any], Any, Any], outcome: object, end: Resume
    ) -> None:
        """Continue a coroutine until its next effect, and perform it."""
        try:
            if isinstance(outcome, LightsailSnapError):
                effect = coroutine.throw(outcome)
            else:
                effect = coroutine.send(outcome)
        except StopIteration as stop:
            end(stop.value)
        except LightsailSnapError as error:
            end(error)
        else:
            self._perform(effect, lambda result: self._step(coroutine, result, end))

    def _perform(self, effect: Effect[Any], resume: Resume) -> None:
        match effect:
            case Call():
                half = self.latency / 2
                self._after(half, lambda: self._send(effect.request, half, resume))
            case Sleep():
                self._after(
                    effect.seconds,
                    lambda: resume(ClockReading(self.clock.monotonic(), self.clock.time())),
                )
            case RunByDeadline():
                # As an event, since a chain of workflows would be a recursion.
                self._after(0, lambda: self._step(effect.workflow(), None, resume))
            case Gather():
                self._gather(effect, resume)
            case _:
                self._after(0, lambda: resume(None))

    def _gather(self, effect: Gather[Any], resume: Resume) -> None:
        outcomes: list[Any] = [None] * len(effect.workflows)
        waiting = iter(enumerate(effect.workflows))
        left = len(outcomes)

        def begin() -> None:
            for index, workflow in waiting:
                self._step(workflow(), None, lambda outcome: finish(index, outcome))  # noqa: B023 - returns at once
                return

        def finish(index: int, outcome: object) -> None:
            nonlocal left
            outcomes[index] = outcome
            left -= 1
            if left:
                begin()
            else:
                resume(outcomes)

        if not outcomes:
            self._after(0, lambda: resume([]))
        for _ in range(min(effect.limit, len(outcomes))):
            begin()

    def _send(self, request: Request[Any], half: float, resume: Resume) -> None:
        name = getattr(request, "disk_snapshot_name", "")
        is_creation = isinstance(request, CreateDiskSnapshotRequest)
        if is_creation:
            duration = self.durations[name]
            self.completed[name] = self.clock.now + duration
            self.emulator.progression = Progression.by_seconds(self.operation, duration)
        try:
            response = self._transport.send(request)
            outcome: Any = request.read_result(response.payload)
        except LightsailSnapError as error:
            outcome = error

        def deliver() -> None:
            if is_creation:
                self.accepted = self.clock.now
            for found in _snapshots_of(outcome):
                if found.state == DiskSnapshotState.COMPLETED:
                    self.seen.setdefault(found.name, self.clock.now)
            resume(outcome)

        self._after(half, deliver)


def _snapshots_of(outcome: Any) -> Iterator[Any]:  # noqa: ANN401 - a result or an error
    yield from getattr(outcome, "disk_snapshots", ())
    if hasattr(outcome, "disk_snapshot"):
        yield outcome.disk_snapshot


async def loop_people_write(names: list[str], interval: float) -> None:
    """Create all snapshots, then poll each until it is completed."""
    source = DiskSource(disk_name="disk-1")
    for name in names:
        await call(CreateDiskSnapshotRequest(disk_snapshot_name=name, source=source))
    for name in names:
        while True:
            result = await call(GetDiskSnapshotRequest(disk_snapshot_name=name))
            if result.disk_snapshot.state == DiskSnapshotState.COMPLETED:
                break
            await sleep(interval)


@dataclass(frozen=True)
class Figures:
    """What one run took.

    Attributes:
        calls: Calls a snapshot.
        wall: Seconds until the end.
        bound: The wall time relative to the slowest snapshot plus acceptance.
        delay: Median detection delay in seconds.
    """

    calls: float
    wall: float
    bound: float
    delay: float


def figures(simulation: Simulation) -> Figures:
    """Return the figures of a simulation that has run."""
    ends = simulation.completed
    return Figures(
        simulation.calls / len(ends),
        simulation.clock.now,
        simulation.clock.now / (max(simulation.durations.values()) + simulation.accepted),
        statistics.median(simulation.seen[name] - end for name, end in ends.items()),
    )


def main() -> None:
    """Simulate and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--snapshots", type=int, default=500)
    parser.add_argument("--latency", type=float, default=0.08, help="seconds [default: 0.08]")
    parser.add_argument("--concurrency", type=int, default=10)
    parser.add_argument("--shortest", type=float, default=120, help="seconds [default: 120]")
    parser.add_argument("--longest", type=float, default=300, help="seconds [default: 300]")
    parser.add_argument("--operation", type=float, default=20, help="seconds [default: 20]")
    parser.add_argument("--page-size", type=int, nargs="+", default=[100, 200])
    parser.add_argument("--runs", type=int, default=5, help="runs of each row, medians are shown")
    options = parser.parse_args()
    names = [f"db-{number:04}" for number in range(options.snapshots)]
    policy = WaitPolicy()
    interval = policy.max_delay.total_seconds()  # type: ignore[union-attr] # the default is a timedelta
    source = DiskSource(disk_name="disk-1")
    requests = [CreateDiskSnapshotRequest(disk_snapshot_name=n, source=source) for n in names]

    def take(chance: random.Random) -> Workflow[Any]:
        return lambda: batch.take_disk_snapshots(
            requests,
            WaitPolicy(random=chance.random),
            policy.limit("policy"),
            concurrency=options.concurrency,
            on_progress=None,
        )

    cases: dict[str, Callable[[random.Random], Workflow[Any]]] = {
        "`take_disk_snapshots`": take,
        f"loop, polls every {interval:g} s": lambda _: lambda: loop_people_write(names, interval),
        "loop, polls every 5 s": lambda _: lambda: loop_people_write(names, 5),
    }
    print(
        f"{options.snapshots} snapshots of {options.shortest:g} to {options.longest:g} s, calls of "
        f"{options.latency * 1000:g} ms, {options.concurrency} at once; medians of {options.runs} "
        "runs, the greatest in parentheses\n"
    )
    print("| | page | calls a snapshot | wall s | of slowest + acceptance | median delay s |")
    print("|---|--:|--:|--:|--:|--:|")
    for page_size in options.page_size:
        for title, make in cases.items():
            found = []
            for seed in range(options.runs):
                chance = random.Random(seed)  # noqa: S311 - no secret
                durations = {n: chance.uniform(options.shortest, options.longest) for n in names}
                simulation = Simulation(options.latency, durations, page_size, options.operation)
                simulation.run(make(chance))
                found.append(figures(simulation))
                simulation.emulator.close()
            cells = []
            for unit, digits in (("calls", 3), ("wall", 0), ("bound", 3), ("delay", 1)):
                numbers = [getattr(each, unit) for each in found]
                cells.append(f"{statistics.median(numbers):.{digits}f} ({max(numbers):.{digits}f})")
            print(f"| {title} | {page_size} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
