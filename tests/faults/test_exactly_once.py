"""Every job, under every fault and every pair of faults: made once, told truly, never lost."""

from __future__ import annotations

import itertools
import os
import random
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import NoneType, SimpleNamespace
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from botocore.config import Config
from tests.faults.adversaries import ADVERSARIES

from lightsail_snap import OutcomeUnknownError
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


_LOST = [
    None,
    Fault(kind=FaultKind.DROP),
    Fault(kind=FaultKind.DROP, after_commit=True),
    Fault(kind=FaultKind.SERVER_ERROR, status=503, after_commit=True),
    Fault(kind=FaultKind.GARBAGE, after_commit=True),
]


def _run(kit: Any, job: str, fault: Fault | None, *adversaries: str, token: str | None) -> Any:
    world = kit.world(job)
    for name in adversaries:
        ADVERSARIES[name].prepare(world)
    if fault is not None:
        world.inject(replace(fault, operation=kit.jobs[job].operation))
    options: dict[str, Any] = {"tags": {"env": "prod"}} if kit.jobs[job].has_token else {}
    if token is not None:
        options["client_token"] = token
    outcome = world.run(**options)
    world.check_honesty(outcome)
    return outcome


def _tokens(kit: Any, job: str) -> list[str | None]:
    return [None, "job-1"] if kit.jobs[job].has_token else [None]


@pytest.mark.parametrize("adversary", ADVERSARIES)
@pytest.mark.parametrize("job", JOBS)
def test_job_is_honest_under_any_one_adversary(kit: Any, job: str, adversary: str) -> None:
    for fault, token in itertools.product(_LOST, _tokens(kit, job)):
        outcome = _run(kit, job, fault, adversary, token=token)
        spares = ADVERSARIES[adversary].spares_evidence
        is_proved = token is not None and "removes" not in adversary
        if fault is None or spares or is_proved:
            assert outcome.error is None, (fault, token, outcome.error)
        else:
            assert isinstance(outcome.error, OutcomeUnknownError | NoneType)


@pytest.mark.parametrize("job", JOBS)
def test_job_is_honest_under_any_two_adversaries(kit: Any, job: str) -> None:
    """Under all pairs with all faults if the environment asks for it, else some of them."""
    chance = random.Random(job)  # noqa: S311 - a test's chance has to repeat itself
    pairs = list(itertools.permutations(ADVERSARIES, 2))
    for pair in pairs if ALL_PAIRS else chance.sample(pairs, 30):
        for token in _tokens(kit, job):
            for fault in _LOST if ALL_PAIRS else [chance.choice(_LOST)]:
                _run(kit, job, fault, *pair, token=token)
