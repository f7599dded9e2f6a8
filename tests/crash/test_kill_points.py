"""Jobs whose process is killed at any request end, run again, as if nothing had happened.

`LIGHTSAIL_SNAP_CRASH=full` kills at every request instead of at some.
"""

from __future__ import annotations

import inspect
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.crash.jobs import HERE, JOBS, NAME, THREADED, copied
from tests.crash.lab import Lab, Point, laboratory, measure

FULL = os.environ.get("LIGHTSAIL_SNAP_CRASH") == "full"
MOST = None if FULL else 8
CHAINS = 60 if FULL else 1
DISK = "take a snapshot of a disk"
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="workers are forked")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with laboratory(tmp_path_factory.mktemp("crash")) as lab:
        yield lab


@pytest.mark.thorough
@pytest.mark.parametrize("job", JOBS)
def test_a_job_that_is_killed_anywhere_can_be_run_again(lab: Lab, job: str) -> None:
    figures = measure(lab, job, MOST)
    assert figures.wrong == ()
    assert figures.killed["before"]
    assert figures.killed["after"]
    assert bool(figures.killed["late"]) == (job != THREADED)


@pytest.mark.sample(1)
@pytest.mark.parametrize("job", JOBS)
def test_a_job_that_is_killed_again_and_again_ends_all_the_same(lab: Lab, job: str) -> None:
    chance = random.Random(job)  # noqa: S311 - a test's chance has to repeat itself
    points = [point for point in lab.points(job) if point.moment != "late"]
    for _ in range(CHAINS):
        assert lab.kill(*chance.sample(points, 3)) == ""


def test_every_request_is_a_point_on_both_its_sides(lab: Lab) -> None:
    asked, seen = lab.undisturbed(DISK)
    assert asked[0] == "CreateDiskSnapshot"
    points = [(point.index, point.moment) for point in lab.points(DISK)]
    for index in range(len(asked)):
        assert {(index, "before"), (index, "after")} <= set(points)
    assert (0, "late") in points
    assert seen.things[HERE, "GetDiskSnapshots", NAME]["state"] == "completed"
    assert sum(seen.operations[key] for key in seen.operations if key[2] == NAME) == 1


def test_the_way_to_run_a_copy_again_is_the_one_in_the_docs() -> None:
    page = Path(__file__).parents[2] / "docs" / "crashes.md"
    assert inspect.getsource(copied) in page.read_text(encoding="utf-8")


def test_a_sample_holds_both_sides_of_what_creates(lab: Lab) -> None:
    sampled = {(point.index, point.moment) for point in lab.sample(DISK, 8)}
    assert {(0, "before"), (0, "after"), (0, "late")} <= sampled
    assert len(lab.sample(DISK, 8)) == 8
    assert lab.sample(DISK, 8, seed=1) != lab.sample(DISK, 8) == lab.sample(DISK, 8)


def test_a_job_that_cannot_be_run_again_is_noticed(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, seen = lab.undisturbed(DISK)
    key = (HERE, "GetDiskSnapshots", NAME)
    altered: dict[Any, Any] = {**seen.things, key: {**seen.things[key], "state": "pending"}}
    monkeypatch.setattr(seen, "things", altered)
    assert "things differ" in lab.kill(Point(DISK, 0, "after"))
    assert "was not killed" in lab.kill(Point(DISK, len(asked), "before"))
