"""Kills workers at every request, runs their workloads again, and compares the final state.

The service runs in this process and responds over HTTP. Each workload runs in a process of its own,
which is ended with SIGKILL and so cannot clean up:

- `before`: when its request has arrived and is not executed;
- `after`: when its request is executed, before the first byte of the response is sent;
- `late`: when its request has arrived, which is executed only during the second run, before one of
  its requests, or after it.
"""

from __future__ import annotations

import http.client
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from tests.crash.states import FinalState, RealTimeClock, create_state, read_state
from tests.crash.workloads import THREADED, WORKLOADS
from typing_extensions import override

from lightsail_snap.emulator import Ending, LightsailEmulator, Progression, Response

Timing: TypeAlias = Literal["before", "after", "late"]
_READ_PREFIX = "Get"
# Timings of a sample, in turns, and whether the request only reads.
_SAMPLED_KINDS: tuple[tuple[Timing, bool], ...] = (
    ("before", False),
    ("after", False),
    ("late", False),
    ("after", True),
    ("before", True),
    ("after", False),
    ("late", False),
)
# They have no token, so one that is executed late takes effect whatever the caller does meanwhile.
_WITHOUT_LATE = frozenset({"StartInstance", "StopInstance"})
_TIMEOUT_SECONDS = 60
_NO_RESPONSE = Response(0, b"", ending=Ending.DROPPED)


@dataclass(frozen=True)
class Point:
    """A point at which a worker is killed.

    Attributes:
        workload: Name of the workload.
        index: Index of the request.
        timing: When, relative to the execution of the request.
        release: Index of the request of the second run before which a late request is executed; if
            the run makes fewer requests, it is executed afterwards.
    """

    workload: str
    index: int
    timing: Timing
    release: int = 0


class KillingEmulator(LightsailEmulator):
    """An emulator that forwards to another one and kills the caller at a point."""

    def __init__(self) -> None:
        super().__init__()
        self.backend: LightsailEmulator = self
        self.requests: list[str] = []
        self.point: Point | None = None
        self.victim = 0
        self.has_begun = threading.Event()
        self.has_ended = threading.Event()
        self._held: tuple[Mapping[str, str], bytes] | None = None
        self._turn = threading.Condition()
        self._running = 0

    def arm(self, point: Point | None) -> None:
        """Prepare for a worker, and for killing it."""
        with self._turn:
            # Other requests of a killed worker's threads may still be executed.
            assert self._turn.wait_for(lambda: not self._running, _TIMEOUT_SECONDS)
            self.point = point
            self.requests.clear()
        self.has_begun.clear()
        self.has_ended.clear()

    def release(self) -> bool:
        """Execute a late request."""
        held, self._held = self._held, None
        if held is not None:
            self.backend.exchange(*held)
        return held is not None

    @override
    def exchange(self, headers: Mapping[str, str], body: bytes) -> Response:
        found = {name.lower(): value for name, value in headers.items()}
        # The process to kill has to be known before the first response.
        assert self.has_begun.wait(_TIMEOUT_SECONDS)
        with self._turn:
            index = len(self.requests)
            self.requests.append(found["x-amz-target"].rpartition(".")[2])
            point = self.point
            self._running += 1
            if self._held and point and not self.victim and index >= point.release:
                self.release()
        try:
            if point is None or not self.victim or index != point.index:
                return self.backend.exchange(headers, body)
            if point.timing == "after":
                self.backend.exchange(headers, body)
            self._kill()
            if point.timing == "late":
                self._held = headers, body
            return _NO_RESPONSE
        finally:
            with self._turn:
                self._running -= 1
                self._turn.notify_all()

    def _kill(self) -> None:
        os.kill(self.victim, signal.SIGKILL)
        # No process is left to read a response.
        assert self.has_ended.wait(_TIMEOUT_SECONDS)


@dataclass
class Harness:
    """The service and the process that workers are forked from.

    Attributes:
        service: The service that workers call.
        address: Its host and port.
        folder: Folder of its state.
        worker: Parent of the workers.
    """

    service: KillingEmulator
    address: str
    folder: Path
    worker: subprocess.Popen[str]
    _baselines: dict[str, tuple[list[str], FinalState]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def baseline(self, workload: str) -> tuple[list[str], FinalState]:
        """Run a workload without being killed; return its requests and the final state."""
        if workload not in self._baselines:
            with self._emulator() as emulator:
                ending, error = self._run(workload, None)
                assert ending == 0, error
                self._baselines[workload] = list(self.service.requests), read_state(emulator)
        return self._baselines[workload]

    def points(self, workload: str) -> list[Point]:
        """Return all points of a workload."""
        requests, _ = self.baseline(workload)
        moments: tuple[Timing, ...] = ("before", "after")
        points = [
            Point(workload, index, each) for index in range(len(requests)) for each in moments
        ]
        late = [
            Point(workload, index, "late", release)
            for index, operation in enumerate(requests)
            if not operation.startswith(_READ_PREFIX) and operation not in _WITHOUT_LATE
            for release in range(len(requests) + 1)
        ]
        # With threads, the order of requests differs between runs.
        return points if workload == THREADED else points + late

    def sample(self, workload: str, max_points: int, seed: int = 0) -> list[Point]:
        """Return random points of all timings, mostly of requests that change something."""
        generator = random.Random(f"{workload}/{seed}")  # noqa: S311 - has to be repeatable
        requests, _ = self.baseline(workload)
        points = self.points(workload)
        generator.shuffle(points)
        groups: dict[tuple[Timing, bool], list[Point]] = {}
        for point in points:
            is_read = requests[point.index].startswith(_READ_PREFIX)
            groups.setdefault((point.timing, is_read), []).append(point)
        kinds = itertools.cycle(_SAMPLED_KINDS)
        found: list[Point] = []
        while len(found) < min(max_points, len(points)):
            group = groups.get(next(kinds))
            if group:
                found.append(group.pop())
        return found

    def kill(self, *points: Point) -> str:
        """Kill a workload at points in turn, complete it; return differences from the baseline."""
        workload = points[0].workload
        _, expected = self.baseline(workload)
        with self._emulator() as emulator:
            for point in points:
                ending, error = self._run(workload, point)
                # A run that resumes another one may end before its point.
                may_end = point is not points[0]
                if ending != -signal.SIGKILL and not (ending == 0 and may_end):
                    return f"{point}: it was not killed but ended with {ending}: {error}"
                emulator.clock.sleep(60)
            ending, error = self._run(workload, points[-1], is_killed=False)
            self.service.release()
            if ending:
                return f"{points}: the second run failed: {error}"
            final = read_state(emulator)
        for what in ("resources", "operations"):
            one, other = getattr(final, what), getattr(expected, what)
            if one != other:
                differing = {key for key in {*one, *other} if one.get(key) != other.get(key)}
                facts = [(key, other.get(key), one.get(key)) for key in sorted(differing)]
                return f"{points}: {what} differ (key, baseline, here): {facts}"
        return ""

    @contextmanager
    def _emulator(self) -> Iterator[LightsailEmulator]:
        """Create an emulator with the initial state."""
        template = self.folder / "template"
        if not template.exists():
            create_state(template)
        path = self.folder / f"state-{next(self._numbers)}"
        shutil.copy(template, path)
        clock = RealTimeClock()
        progression = Progression.by_polls(1, 1)
        with LightsailEmulator(
            state=path, clock=clock, progression=progression, page_size=200
        ) as emulator:
            self.service.backend = emulator
            yield emulator
        path.unlink()

    def _run(
        self, workload: str, point: Point | None, *, is_killed: bool = True
    ) -> tuple[int, str]:
        service = self.service
        service.arm(point)
        command = {"workload": workload, "now": service.backend.clock.time()}
        assert self.worker.stdin is not None
        assert self.worker.stdout is not None
        service.victim = 0
        self.worker.stdin.write(json.dumps(command) + "\n")
        self.worker.stdin.flush()
        error = ""
        for line in self.worker.stdout:
            event, _, rest = line.strip().partition(" ")
            if event == "begun":
                service.victim = int(rest) if point is not None and is_killed else 0
                service.has_begun.set()
            elif event == "failed":
                error = json.loads(rest)
            elif event == "ended":
                service.has_ended.set()
                self._drain()
                return int(rest), error
        raise AssertionError("the parent of the workers ended")

    def _drain(self) -> None:
        """Let the server execute the requests that other threads of a killed worker have sent.

        It serves in one thread, so they arrived before this one.
        """
        connection = http.client.HTTPConnection(self.address, timeout=_TIMEOUT_SECONDS)
        try:
            connection.request("GET", "/")
            connection.getresponse().read()
        finally:
            connection.close()


@contextmanager
def crash_harness(folder: Path) -> Iterator[Harness]:
    """Start the service and the parent of the workers."""
    credentials = {"AWS_ACCESS_KEY_ID": "emulator", "AWS_SECRET_ACCESS_KEY": "emulator"}
    script = Path(__file__).with_name("worker.py")
    with KillingEmulator() as service, service.serve() as url:
        worker = subprocess.Popen(  # noqa: S603 - a fixed script
            [sys.executable, str(script), url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | credentials,
        )
        with worker:
            yield Harness(service, url.removeprefix("http://"), folder, worker)


@dataclass(frozen=True)
class WorkloadFigures:
    """Figures of one workload.

    Attributes:
        workload: Name of the workload.
        requests: Number of requests without being killed.
        killed: Number of kills by timing.
        errors: What was wrong.
    """

    workload: str
    requests: int
    killed: Mapping[str, int]
    errors: tuple[str, ...]


def measure(
    harness: Harness, workload: str, max_points: int | None = None, seed: int = 0
) -> WorkloadFigures:
    """Kill a workload at all its points, or at a sample of `max_points`."""
    points = (
        harness.points(workload)
        if max_points is None
        else harness.sample(workload, max_points, seed)
    )
    errors = [facts for facts in map(harness.kill, points) if facts]
    requests, _ = harness.baseline(workload)
    return WorkloadFigures(
        workload, len(requests), Counter(p.timing for p in points), tuple(errors)
    )


__all__ = [
    "THREADED",
    "WORKLOADS",
    "Harness",
    "Point",
    "WorkloadFigures",
    "crash_harness",
    "measure",
]
