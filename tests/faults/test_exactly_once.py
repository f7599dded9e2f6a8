"""Check every creating method under each fault and each pair of faults: exactly one resource."""

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
METHODS = [
    "disk",
    "system-volume",
    "instance",
    "copy-here",
    "copy-there",
    "copy-instance",
    "restore",
    "restore-instance",
]
_NEVER_CARRIED_OUT = [FaultKind.REFUSE, FaultKind.THROTTLE]
_ALWAYS_CARRIED_OUT = [FaultKind.DELAY, FaultKind.TRUNCATE, FaultKind.WRONG_TYPES]
_STATUSES = {FaultKind.SERVER_ERROR: (500, 502, 503), FaultKind.THROTTLE: (400, 429)}
_SECONDS = {FaultKind.DELAY: 20, FaultKind.TIMEOUT: 60}
# Lookups after a lost response, at most.
_MAX_EXTRA_CALLS = 3


def _variants() -> Iterator[dict[str, Any]]:
    for kind in FaultKind:
        may_commit = kind not in {*_NEVER_CARRIED_OUT, *_ALWAYS_CARRIED_OUT}
        for status in _STATUSES.get(kind, (None,)):
            for after_commit in (False, True) if may_commit else (False,):
                yield {
                    "kind": kind,
                    "status": status,
                    "after_commit": after_commit,
                    "seconds": _SECONDS.get(kind, 0),
                }


VARIANTS = list(_variants())


def _pairs(generator: random.Random) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield all pairs of variants if the variable is set, else one of every two kinds."""
    if ALL_PAIRS:
        yield from itertools.product(VARIANTS, repeat=2)
        return
    of = {kind: [each for each in VARIANTS if each["kind"] is kind] for kind in FaultKind}
    for first, second in itertools.product(FaultKind, repeat=2):
        yield generator.choice(of[first]), generator.choice(of[second])


def calls_without_faults(kit: Any, method: str) -> list[str]:
    """Return the calls that a method makes without faults."""
    environment = kit.environment(method)
    environment.check(environment.run())
    calls: list[str] = environment.emulator.called
    return calls


def check_success(kit: Any, method: str, *faults: Fault, **settings: Any) -> None:
    """Require that a method succeeds under transient faults and creates one resource."""
    environment = kit.environment(method, **settings)
    environment.inject(*faults)
    outcome = environment.run(
        **({"tags": {"env": "prod"}} if kit.methods[method].has_token else {})
    )
    environment.check(outcome)
    assert outcome.error is None, (method, faults, environment.emulator.called, outcome.error)
    assert len(environment.creations()) == 1


def test_all_methods_and_kinds_of_fault_are_covered(kit: Any) -> None:
    assert set(METHODS) == set(kit.methods)
    assert {variant["kind"] for variant in VARIANTS} == set(FaultKind)
    assert len(VARIANTS) == 22


@pytest.mark.parametrize("method", METHODS)
def test_method_without_faults_makes_no_needless_call(kit: Any, method: str) -> None:
    calls = calls_without_faults(kit, method)
    assert calls.count(kit.methods[method].operation) == 1
    assert "GetOperationsForResource" not in calls


@pytest.mark.sample(1)
@pytest.mark.parametrize("method", METHODS)
def test_method_succeeds_under_any_one_fault(kit: Any, method: str) -> None:
    for skip, variant in itertools.product(range(len(calls_without_faults(kit, method))), VARIANTS):
        check_success(kit, method, Fault(**variant, skip=skip))


def _placements(calls: int) -> list[tuple[int, int]]:
    # A fault hides its call from the fault that is queued behind it, so with equal `skip` the
    # second fault affects the following call.
    return [(i, j) for i in range(calls) for j in range(i, calls + _MAX_EXTRA_CALLS)]


@pytest.mark.sample(1)
@pytest.mark.parametrize("method", METHODS)
def test_method_succeeds_under_any_two_faults(kit: Any, method: str) -> None:
    """Place the faults everywhere if the environment variable is set, else in one random place."""
    generator = random.Random(method)  # noqa: S311 - has to be repeatable
    placements = _placements(len(calls_without_faults(kit, method)))
    for first, second in _pairs(generator):
        for i, j in placements if ALL_PAIRS else [generator.choice(placements)]:
            check_success(kit, method, Fault(**first, skip=i), Fault(**second, skip=j))


@pytest.mark.sample(1)
@pytest.mark.parametrize("method", ["disk", "copy-there", "restore"])
def test_method_succeeds_when_two_creation_responses_are_lost(kit: Any, method: str) -> None:
    operation = kit.methods[method].operation
    for first, second in _pairs(random.Random(method)):  # noqa: S311 - as above
        faults = [Fault(**variant, operation=operation) for variant in (first, second)]
        check_success(kit, method, *faults)


@pytest.mark.sample(1)
@pytest.mark.parametrize("method", ["disk", "copy-there", "restore"])
@pytest.mark.parametrize("mode", ["legacy", "standard"])
def test_method_succeeds_when_botocore_retries(
    kit: Any, monkeypatch: pytest.MonkeyPatch, method: str, mode: str
) -> None:
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _seconds: None))
    config = Config(retries={"mode": mode})
    for variant in VARIANTS:
        for times in (1, 2):
            fault = Fault(**variant, operation=kit.methods[method].operation, times=times)
            check_success(kit, method, fault, config=config)


_LOST = [
    None,
    Fault(kind=FaultKind.DROP),
    Fault(kind=FaultKind.DROP, after_commit=True),
    Fault(kind=FaultKind.SERVER_ERROR, status=503, after_commit=True),
    Fault(kind=FaultKind.GARBAGE, after_commit=True),
]


def _run(kit: Any, method: str, fault: Fault | None, *adversaries: str, token: str | None) -> Any:
    environment = kit.environment(method)
    for name in adversaries:
        ADVERSARIES[name].prepare(environment)
    if fault is not None:
        environment.inject(replace(fault, operation=kit.methods[method].operation))
    options: dict[str, Any] = {"tags": {"env": "prod"}} if kit.methods[method].has_token else {}
    if token is not None:
        options["client_token"] = token
    outcome = environment.run(**options)
    environment.check_reported_outcome(outcome)
    return outcome


def _tokens(kit: Any, method: str) -> list[str | None]:
    return [None, "token-1"] if kit.methods[method].has_token else [None]


@pytest.mark.parametrize("adversary", ADVERSARIES)
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.sample(20)
def test_method_reports_truth_under_any_one_adversary(
    kit: Any, method: str, adversary: str
) -> None:
    for fault, token in itertools.product(_LOST, _tokens(kit, method)):
        outcome = _run(kit, method, fault, adversary, token=token)
        keeps_evidence = ADVERSARIES[adversary].keeps_evidence
        is_proved = token is not None and "removes" not in adversary
        if fault is None or keeps_evidence or is_proved:
            assert outcome.error is None, (fault, token, outcome.error)
        else:
            assert isinstance(outcome.error, OutcomeUnknownError | NoneType)


@pytest.mark.parametrize("method", METHODS)
def test_method_reports_truth_under_any_two_adversaries(kit: Any, method: str) -> None:
    """Run all pairs with all faults if the environment variable is set, else a sample."""
    generator = random.Random(method)  # noqa: S311 - has to be repeatable
    pairs = list(itertools.permutations(ADVERSARIES, 2))
    for pair in pairs if ALL_PAIRS else generator.sample(pairs, 30):
        for token in _tokens(kit, method):
            for fault in _LOST if ALL_PAIRS else [generator.choice(_LOST)]:
                _run(kit, method, fault, *pair, token=token)
