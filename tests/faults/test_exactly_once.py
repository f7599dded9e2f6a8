"""Every job, under every fault and every pair of faults: made once, told truly, never lost."""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.config import Config

from lightsail_snap.emulator import Fault, FaultKind

ALL_PAIRS = os.environ.get("LIGHTSAIL_SNAP_ALL_PAIRS") == "1"
JOBS = [
    "disk",
    "system-volume",
    "instance",
    "copy-here",
    "copy-there",
    "copy-instance",
    "restore",
]
_NEVER_CARRIED_OUT = [FaultKind.REFUSE, FaultKind.THROTTLE]
_ALWAYS_CARRIED_OUT = [FaultKind.DELAY, FaultKind.TRUNCATE, FaultKind.WRONG_TYPES]
_STATUSES = {FaultKind.SERVER_ERROR: (500, 502, 503), FaultKind.THROTTLE: (400, 429)}
_SECONDS = {FaultKind.DELAY: 20, FaultKind.TIMEOUT: 60}
# A job whose answers are lost makes up to so many calls more, to find out what became of it.
_FINDING_OUT = 3


def _variants() -> Iterator[dict[str, Any]]:
    for kind in FaultKind:
        either = kind not in {*_NEVER_CARRIED_OUT, *_ALWAYS_CARRIED_OUT}
        for status in _STATUSES.get(kind, (None,)):
            for after_commit in (False, True) if either else (False,):
                yield {
                    "kind": kind,
                    "status": status,
                    "after_commit": after_commit,
                    "seconds": _SECONDS.get(kind, 0),
                }


VARIANTS = list(_variants())


def _pairs(chance: random.Random) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Give every two variants if the environment asks for all, else two of every two kinds."""
    if ALL_PAIRS:
        yield from itertools.product(VARIANTS, repeat=2)
        return
    of = {kind: [each for each in VARIANTS if each["kind"] is kind] for kind in FaultKind}
    for first, second in itertools.product(FaultKind, repeat=2):
        yield chance.choice(of[first]), chance.choice(of[second])


def undisturbed(kit: Any, job: str) -> list[str]:
    """Tell which calls a job makes that nothing happens to."""
    world = kit.world(job)
    world.check(world.run())
    calls: list[str] = world.emulator.asked
    return calls


def holds(kit: Any, job: str, *faults: Fault, **settings: Any) -> None:
    """Run a job under faults that pass: it has to succeed, and to have made one thing."""
    world = kit.world(job, **settings)
    world.inject(*faults)
    outcome = world.run(**({"tags": {"env": "prod"}} if kit.jobs[job].has_token else {}))
    world.check(outcome)
    assert outcome.error is None, (job, faults, world.emulator.asked, outcome.error)
    assert len(world.creations()) == 1


def test_every_job_and_every_kind_of_fault_is_tried(kit: Any) -> None:
    assert set(JOBS) == set(kit.jobs)
    assert {variant["kind"] for variant in VARIANTS} == set(FaultKind)
    assert len(VARIANTS) == 22


@pytest.mark.parametrize("job", JOBS)
def test_an_undisturbed_job_makes_no_call_in_vain(kit: Any, job: str) -> None:
    calls = undisturbed(kit, job)
    assert calls.count(kit.jobs[job].operation) == 1
    assert "GetOperationsForResource" not in calls


@pytest.mark.sample(1)
@pytest.mark.parametrize("job", JOBS)
def test_a_job_succeeds_under_any_one_fault(kit: Any, job: str) -> None:
    for skip, variant in itertools.product(range(len(undisturbed(kit, job))), VARIANTS):
        holds(kit, job, Fault(**variant, skip=skip))


def _placements(calls: int) -> list[tuple[int, int]]:
    # A fault that happens to a call hides it from the one that waits behind it, so the second
    # happens to the call right after the first if both skip as many.
    return [(i, j) for i in range(calls) for j in range(i, calls + _FINDING_OUT)]


@pytest.mark.sample(1)
@pytest.mark.parametrize("job", JOBS)
def test_a_job_succeeds_under_any_two_faults(kit: Any, job: str) -> None:
    """In all places if the environment asks for it, else in one place each."""
    chance = random.Random(job)  # noqa: S311 - a test's chance has to repeat itself
    placements = _placements(len(undisturbed(kit, job)))
    for first, second in _pairs(chance):
        for i, j in placements if ALL_PAIRS else [chance.choice(placements)]:
            holds(kit, job, Fault(**first, skip=i), Fault(**second, skip=j))


@pytest.mark.sample(1)
@pytest.mark.parametrize("job", ["disk", "copy-there", "restore"])
def test_a_job_succeeds_when_two_answers_of_its_creation_are_lost(kit: Any, job: str) -> None:
    operation = kit.jobs[job].operation
    for first, second in _pairs(random.Random(job)):  # noqa: S311 - as above
        faults = [Fault(**variant, operation=operation) for variant in (first, second)]
        holds(kit, job, *faults)


@pytest.mark.sample(1)
@pytest.mark.parametrize("job", ["disk", "copy-there", "restore"])
@pytest.mark.parametrize("mode", ["legacy", "standard"])
def test_a_job_succeeds_where_botocore_sends_again_by_itself(
    kit: Any, monkeypatch: pytest.MonkeyPatch, job: str, mode: str
) -> None:
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _seconds: None))
    config = Config(retries={"mode": mode})
    for variant in VARIANTS:
        for times in (1, 2):
            fault = Fault(**variant, operation=kit.jobs[job].operation, times=times)
            holds(kit, job, fault, config=config)
