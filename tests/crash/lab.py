"""Kills workers at every request, runs their jobs again, and looks at what is there then.

The service lives in this process and answers over HTTP. Every job is run by a process of its own,
which is ended with SIGKILL, so it cannot clean up anything:

- `before`: as its request has arrived, and is not carried out;
- `after`: as its request is carried out, before a byte of the answer is sent;
- `late`: as its request has arrived; it is carried out only while the job is run again, before
  one of the requests of that run, or after it.
"""

from __future__ import annotations

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

from tests.crash.jobs import JOBS, THREADED
from tests.crash.worlds import PresentClock, Seen, furnish, seen
from typing_extensions import override

from lightsail_snap.emulator import Ending, LightsailEmulator, Progression, Response

Moment: TypeAlias = Literal["before", "after", "late"]
_READING = "Get"
# What is drawn, over and over: the moment, and whether the request only looks.
_TURNS: tuple[tuple[Moment, bool], ...] = (
    ("before", False),
    ("after", False),
    ("late", False),
    ("after", True),
    ("before", True),
    ("after", False),
    ("late", False),
)
_PATIENCE = 60
_GONE = Response(0, b"", ending=Ending.DROPPED)


@dataclass(frozen=True)
class Point:
    """Where a worker is killed.

    Attributes:
        job: What it does.
        index: At which of its requests, counted from 0.
        moment: When.
        release: Before which request of the second run a late request is carried out; if it makes
            fewer, afterwards.
    """

    job: str
    index: int
    moment: Moment
    release: int = 0


class Service(LightsailEmulator):
    """Stands before one Lightsail after another, and kills who calls."""

    def __init__(self) -> None:
        super().__init__()
        self.world: LightsailEmulator = self
        self.asked: list[str] = []
        self.point: Point | None = None
        self.victim = 0
        self.has_begun = threading.Event()
        self.has_ended = threading.Event()
        self._held: tuple[Mapping[str, str], bytes] | None = None
        self._turn = threading.Condition()
        self._running = 0

    def arm(self, point: Point | None) -> None:
        """Get ready for a worker, and for killing it."""
        with self._turn:
            # What a dead worker's threads have sent besides is still being carried out.
            assert self._turn.wait_for(lambda: not self._running, _PATIENCE)
            self.point = point
            self.asked.clear()
        self.has_begun.clear()
        self.has_ended.clear()

    def release(self) -> bool:
        """Carry a late request out."""
        held, self._held = self._held, None
        if held is not None:
            self.world.exchange(*held)
        return held is not None

    @override
    def exchange(self, headers: Mapping[str, str], body: bytes) -> Response:
        found = {name.lower(): value for name, value in headers.items()}
        # Whom to kill must be known before anybody is answered.
        assert self.has_begun.wait(_PATIENCE)
        with self._turn:
            index = len(self.asked)
            self.asked.append(found["x-amz-target"].rpartition(".")[2])
            point = self.point
            self._running += 1
            if self._held and point and not self.victim and index >= point.release:
                self.release()
        try:
            if point is None or not self.victim or index != point.index:
                return self.world.exchange(headers, body)
            if point.moment == "after":
                self.world.exchange(headers, body)
            self._kill()
            if point.moment == "late":
                self._held = headers, body
            return _GONE
        finally:
            with self._turn:
                self._running -= 1
                self._turn.notify_all()

    def _kill(self) -> None:
        os.kill(self.victim, signal.SIGKILL)
        # Nobody is there any more to read an answer.
        assert self.has_ended.wait(_PATIENCE)


@dataclass
class Lab:
    """Everything that is needed to kill workers.

    Attributes:
        service: What they call.
        folder: Where the state of the service is kept.
        worker: Starts their processes.
    """

    service: Service
    folder: Path
    worker: subprocess.Popen[str]
    _undisturbed: dict[str, tuple[list[str], Seen]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def undisturbed(self, job: str) -> tuple[list[str], Seen]:
        """Run a job that nothing happens to.

        Returns:
            What it asks for, and what there is then.
        """
        if job not in self._undisturbed:
            with self._world() as world:
                ending, words = self._run(job, None)
                assert ending == 0, words
                self._undisturbed[job] = list(self.service.asked), seen(world)
        return self._undisturbed[job]

    def points(self, job: str) -> list[Point]:
        """Tell all points at which a job can be killed."""
        asked, _ = self.undisturbed(job)
        moments: tuple[Moment, ...] = ("before", "after")
        points = [Point(job, index, each) for index in range(len(asked)) for each in moments]
        late = [
            Point(job, index, "late", release)
            for index, operation in enumerate(asked)
            if not operation.startswith(_READING)
            for release in range(len(asked) + 1)
        ]
        # Where threads run side by side, which request is the nth differs from run to run.
        return points if job == THREADED else points + late

    def sample(self, job: str, most: int, seed: int = 0) -> list[Point]:
        """Draw some of the points: of all moments, and mostly about what changes something."""
        chance = random.Random(f"{job}/{seed}")  # noqa: S311 - a test's chance has to repeat itself
        asked, _ = self.undisturbed(job)
        points = self.points(job)
        chance.shuffle(points)
        of: dict[tuple[Moment, bool], list[Point]] = {}
        for point in points:
            is_look = asked[point.index].startswith(_READING)
            of.setdefault((point.moment, is_look), []).append(point)
        turns = itertools.cycle(_TURNS)
        found: list[Point] = []
        while len(found) < min(most, len(points)):
            waiting = of.get(next(turns))
            if waiting:
                found.append(waiting.pop())
        return found

    def kill(self, *points: Point) -> str:
        """Kill a job at points, one after the other, and then run it to its end.

        Returns:
            What is wrong with what there is then; nothing if it is all as if undisturbed.
        """
        job = points[0].job
        _, expected = self.undisturbed(job)
        with self._world() as world:
            for point in points:
                ending, words = self._run(job, point)
                # A run that goes on where another has ended may be over before its point comes.
                may_end = point is not points[0]
                if ending != -signal.SIGKILL and not (ending == 0 and may_end):
                    return f"{point}: it was not killed but ended with {ending}: {words}"
                world.clock.sleep(60)
            ending, words = self._run(job, points[-1], is_to_die=False)
            self.service.release()
            if ending:
                return f"{points}: the second run failed: {words}"
            found = seen(world)
        for what in ("things", "operations"):
            one, other = getattr(found, what), getattr(expected, what)
            if one != other:
                differing = {key for key in {*one, *other} if one.get(key) != other.get(key)}
                told = [(key, other.get(key), one.get(key)) for key in sorted(differing)]
                return f"{points}: {what} differ (what, undisturbed, here): {told}"
        return ""

    @contextmanager
    def _world(self) -> Iterator[LightsailEmulator]:
        """Begin a Lightsail whose state is as it was in the beginning."""
        template = self.folder / "template"
        if not template.exists():
            furnish(template)
        path = self.folder / f"world-{next(self._numbers)}"
        shutil.copy(template, path)
        clock = PresentClock()
        progression = Progression.by_polls(1, 1)
        with LightsailEmulator(
            state=path, clock=clock, progression=progression, page_size=200
        ) as world:
            self.service.world = world
            yield world
        path.unlink()

    def _run(self, job: str, point: Point | None, *, is_to_die: bool = True) -> tuple[int, str]:
        service = self.service
        service.arm(point)
        order = {"job": job, "now": service.world.clock.time()}
        assert self.worker.stdin is not None
        assert self.worker.stdout is not None
        service.victim = 0
        self.worker.stdin.write(json.dumps(order) + "\n")
        self.worker.stdin.flush()
        words = ""
        for line in self.worker.stdout:
            word, _, rest = line.strip().partition(" ")
            if word == "begun":
                service.victim = int(rest) if point is not None and is_to_die else 0
                service.has_begun.set()
            elif word == "failed":
                words = json.loads(rest)
            elif word == "ended":
                service.has_ended.set()
                return int(rest), words
        raise AssertionError("the worker's parent is gone")


@contextmanager
def laboratory(folder: Path) -> Iterator[Lab]:
    """Serve, and have a process ready that workers are forked from.

    Args:
        folder: Where the state of the service is kept meanwhile.

    Yields:
        The laboratory.
    """
    credentials = {"AWS_ACCESS_KEY_ID": "emulator", "AWS_SECRET_ACCESS_KEY": "emulator"}
    script = Path(__file__).with_name("worker.py")
    with Service() as service, service.serve() as url:
        worker = subprocess.Popen(  # noqa: S603 - our own script
            [sys.executable, str(script), url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | credentials,
        )
        with worker:
            yield Lab(service, folder, worker)


@dataclass(frozen=True)
class JobFigures:
    """How it went for one job.

    Attributes:
        job: What was done.
        requests: How many requests an undisturbed run makes.
        killed: How many times it was killed, by moment.
        wrong: What was wrong, a text each.
    """

    job: str
    requests: int
    killed: Mapping[str, int]
    wrong: tuple[str, ...]


def measure(lab: Lab, job: str, most: int | None = None, seed: int = 0) -> JobFigures:
    """Kill a job at all its points, or at some.

    Args:
        lab: Where.
        job: What.
        most: How many points at most; all if None.
        seed: What they are drawn with.

    Returns:
        How it went.
    """
    points = lab.points(job) if most is None else lab.sample(job, most, seed)
    wrong = [told for told in map(lab.kill, points) if told]
    asked, _ = lab.undisturbed(job)
    return JobFigures(job, len(asked), Counter(p.moment for p in points), tuple(wrong))


__all__ = ["JOBS", "THREADED", "JobFigures", "Lab", "Point", "laboratory", "measure"]
