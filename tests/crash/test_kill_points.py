"""Check that workloads whose process is killed at any request can be run again.

`LIGHTSAIL_SNAP_CRASH=full` kills at every request instead of at a sample.
"""

from __future__ import annotations

import inspect
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.crash.harness import Harness, Point, crash_harness, measure
from tests.crash.workloads import HERE, NAME, THREADED, WORKLOADS, copy_or_resume

FULL = os.environ.get("LIGHTSAIL_SNAP_CRASH") == "full"
MAX_POINTS = None if FULL else 6
CHAINS = 60 if FULL else 1
DISK = "take a snapshot of a disk"
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="workers are forked")


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with crash_harness(tmp_path_factory.mktemp("crash")) as harness:
        yield harness


@pytest.mark.thorough
@pytest.mark.parametrize("workload", WORKLOADS)
def test_workload_killed_anywhere_can_be_run_again(harness: Harness, workload: str) -> None:
    figures = measure(harness, workload, MAX_POINTS)
    assert figures.errors == ()
    assert figures.killed["before"]
    assert figures.killed["after"]
    assert bool(figures.killed["late"]) == (workload != THREADED)


@pytest.mark.sample(1)
@pytest.mark.parametrize("workload", WORKLOADS)
def test_workload_killed_repeatedly_reaches_the_same_state(harness: Harness, workload: str) -> None:
    generator = random.Random(workload)  # noqa: S311 - has to be repeatable
    points = [point for point in harness.points(workload) if point.timing != "late"]
    for _ in range(CHAINS):
        assert harness.kill(*generator.sample(points, 3)) == ""


def test_points_are_before_and_after_every_request(harness: Harness) -> None:
    requests, final = harness.baseline(DISK)
    assert requests[0] == "CreateDiskSnapshot"
    points = [(point.index, point.timing) for point in harness.points(DISK)]
    for index in range(len(requests)):
        assert {(index, "before"), (index, "after")} <= set(points)
    assert (0, "late") in points
    assert final.resources[HERE, "GetDiskSnapshots", NAME]["state"] == "completed"
    assert sum(final.operations[key] for key in final.operations if key[2] == NAME) == 1


def test_docs_show_how_to_run_a_copy_again() -> None:
    page = Path(__file__).parents[2] / "docs" / "crashes.md"
    assert inspect.getsource(copy_or_resume) in page.read_text(encoding="utf-8")


def test_sample_has_points_around_the_creation(harness: Harness) -> None:
    sampled = {(point.index, point.timing) for point in harness.sample(DISK, 8)}
    assert {(0, "before"), (0, "after"), (0, "late")} <= sampled
    assert len(harness.sample(DISK, 8)) == 8
    assert harness.sample(DISK, 8, seed=1) != harness.sample(DISK, 8) == harness.sample(DISK, 8)


def test_harness_reports_a_workload_that_cannot_be_run_again(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests, final = harness.baseline(DISK)
    key = (HERE, "GetDiskSnapshots", NAME)
    altered: dict[Any, Any] = {**final.resources, key: {**final.resources[key], "state": "pending"}}
    monkeypatch.setattr(final, "resources", altered)
    assert "resources differ" in harness.kill(Point(DISK, 0, "after"))
    assert "was not killed" in harness.kill(Point(DISK, len(requests), "before"))
