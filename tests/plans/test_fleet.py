"""Many plans at the same time: threads, processes and Dask."""

from __future__ import annotations

import importlib.util
import json
import multiprocessing
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lightsail_snap import (
    ConfigurationError,
    LightsailSnapClient,
    LightsailSnapError,
    PartialFailureError,
    RequestValidationError,
    WaitPolicy,
)
from lightsail_snap.emulator import LightsailEmulator, Progression
from lightsail_snap.plans import (
    BackupPlan,
    FleetResult,
    PlanOutcome,
    RegionalClients,
    apply_many,
    prepare,
    regional_clients,
)

REGIONS = ("us-east-1", "us-west-2", "eu-west-1")
NOW = datetime(2026, 11, 23, 3, 7, tzinfo=UTC)


@pytest.fixture
def emulator() -> Iterator[LightsailEmulator]:
    with LightsailEmulator(progression=Progression.instant()) as made:
        for region in REGIONS:
            made.add_disk("db-1", region_name=region)
            made.add_disk("db-2", region_name=region)
        yield made


@pytest.fixture
def clients(
    emulator: LightsailEmulator, monkeypatch: pytest.MonkeyPatch
) -> Iterator[RegionalClients]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "emulator")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "emulator")
    policy = WaitPolicy(min_delay=0.01, max_delay=0.01)
    with (
        emulator.serve() as url,
        regional_clients(endpoint_url=url, wait_policy=policy) as made,
    ):
        yield made


def fleet() -> list[BackupPlan]:
    return [
        BackupPlan(
            name=f"nightly-{region}",
            region=region,
            select={"kind": "disk", "globs": ["db-*"]},
            copies=[other for other in REGIONS[:2] if other != region],
            retention={"time_zone": "UTC", "keep_last": 2},
        )
        for region in REGIONS
    ]


def check(result: FleetResult) -> None:
    assert result.is_complete, str(result)
    result.raise_for_failures()
    assert len(result.snapshots) == 6 + 8
    assert [each.plan.region for each in result.outcomes] == list(REGIONS)
    again: FleetResult = pickle.loads(pickle.dumps(result))  # noqa: S301 - pickled above
    assert again == result
    assert str(result).splitlines()[-1] == "complete 3 of 3"


def test_apply_many_in_threads_completes_all_plans(
    emulator: LightsailEmulator, clients: RegionalClients
) -> None:
    reported: list[PlanOutcome] = []
    check(apply_many(fleet(), client_factory=clients, now=NOW, on_plan=reported.append))
    assert len(reported) == 3
    assert emulator.calls["CreateDiskSnapshot"] == 6
    runs = [prepare(plan, clients(plan.regions[0]), clients=clients, now=NOW) for plan in fleet()]
    again = apply_many(runs, client_factory=clients)
    assert {r.status for o in again.outcomes if o.result for r in o.result.results} == {"adopted"}
    assert emulator.calls["CreateDiskSnapshot"] == 6


@pytest.mark.thorough
def test_apply_many_in_processes_completes_all_plans(
    emulator: LightsailEmulator, clients: RegionalClients
) -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, mp_context=context) as processes:
        check(apply_many(fleet(), client_factory=clients, executor=processes, now=NOW))
        missing = BackupPlan(
            name="none", region="us-east-1", select={"kind": "disk", "names": ["no-such-disk"]}
        )
        result = apply_many([missing], client_factory=clients, executor=processes, now=NOW)
        # The error keeps its class across processes.
        error = result.failures["none"]
        assert isinstance(error, RequestValidationError)
        assert error.violations[0].field == "select.names[0]"
        with pytest.raises(PartialFailureError, match="1 failure in 1 plan"):
            result.raise_for_failures()
    assert emulator.calls["CreateDiskSnapshot"] == 6


# Not imported, since that changes how all exceptions of this process pickle.
needs_dask = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None, reason="dask.distributed is not installed"
)


def run_nights(engine: str) -> Any:
    """Run nights.py in a separate process, since Dask changes how exceptions pickle."""
    result = subprocess.run(  # noqa: S603 - fixed arguments
        [sys.executable, str(Path(__file__).with_name("nights.py")), engine],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.thorough
@needs_dask
def test_apply_many_returns_the_same_on_threads_and_dask() -> None:
    on_threads = run_nights("threads")
    assert run_nights("dask") == on_threads
    last = on_threads["results"][-1]
    actions = {step["action"] for plan in last["plans"] for step in plan["result"]["steps"]}
    assert actions == {"take", "copy", "delete"}
    # Two snapshots of each of the 6 disks, and of each of the 8 copies.
    assert len(on_threads["found"]) == 2 * (6 + 8)


@needs_dask
def test_results_pickle_where_dask_changed_how_exceptions_pickle() -> None:
    code = """
import pickle, threading
from lightsail_snap import ConfigurationError, WaitError
from lightsail_snap.errors import SerializedCause
from lightsail_snap.plans import *

plan = BackupPlan(name="n", region="us-east-1", select={"kind": "disk", "globs": ["*"]})
step = TakeStep(
    kind="disk", region="us-east-1", name="s-1", source="d-1", tags={}, client_token="t-1"
)
def failed():
    error = ConfigurationError("outer")
    error.__cause__ = ConfigurationError("inner")
    error.__cause__.__cause__ = ValueError("ASIAIOSFODNN7CANARY1", threading.Lock())
    return error
import tblib.pickling_support
tblib.pickling_support.install()  # as Dask does
for reported in (PlanOutcome(plan, error=failed()), StepResult(step, "failed", error=failed())):
    back = pickle.loads(pickle.dumps(reported))
    assert back.error.args == ("outer",)
    cause = back.error.__cause__.__cause__
    assert type(cause) is SerializedCause, cause
    assert b"CANARY1" not in pickle.dumps(reported)
print("done")
"""
    result = subprocess.run(  # noqa: S603 - fixed arguments
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert (result.stdout, result.stderr) == ("done\n", "")


def end_process(_region: str) -> LightsailSnapClient:
    os._exit(3)


def test_apply_many_with_a_dead_worker_reports_its_plans_as_failed() -> None:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as processes:
        first = apply_many(fleet()[:1], client_factory=end_process, executor=processes)
        (outcome,) = first.outcomes
        assert isinstance(outcome.error, LightsailSnapError)
        assert outcome.error.may_have_executed
        assert "was lost" in str(outcome)
        assert "BrokenProcessPool" in str(outcome)
        # The broken executor rejects further calls.
        reported: list[PlanOutcome] = []
        second = apply_many(
            fleet(), client_factory=end_process, executor=processes, on_plan=reported.append
        )
    assert len(second.failures) == len(reported) == 3
    assert not second.is_complete
    unpickled: FleetResult = pickle.loads(pickle.dumps(second))  # noqa: S301 - pickled above
    assert str(unpickled) == str(second)
    assert second.to_dict()["plans"][0]["result"] is None
    assert "was lost" in second.to_dict()["plans"][0]["error"]


class Interrupted(Executor):
    """An executor that is interrupted while a plan is pending."""

    def __init__(self) -> None:
        self.futures: list[Future[Any]] = []

    def submit(self, *_args: Any, **_options: Any) -> Future[Any]:
        if self.futures:
            raise KeyboardInterrupt
        self.futures.append(Future())
        return self.futures[0]


def test_apply_many_after_an_interrupt_cancels_pending_plans() -> None:
    executor = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        apply_many(fleet(), client_factory=end_process, executor=executor)
    assert executor.futures[0].cancelled()


def test_apply_many_with_one_failure_completes_the_others(
    emulator: LightsailEmulator, clients: RegionalClients
) -> None:
    emulator.progression = Progression.instant().with_failed_snapshot(
        "nightly-us-west-2-db-1-20261123T03Z"
    )
    plans = fleet()
    broken = BackupPlan(
        name="broken",
        region="us-east-1",
        select={"kind": "disk", "names": ["nothing-like-it"]},
    )
    result = apply_many([broken, *plans], client_factory=clients, now=NOW)
    assert len(result.failures) == 2
    assert [each.is_complete for each in result.outcomes] == [False, True, False, True]
    assert isinstance(result.failures["broken"], RequestValidationError)
    assert "complete 2 of 4" in str(result)
    assert "<td>broken</td>" in result._repr_html_()
    assert result.to_dict()["plans"][1]["result"]["is_complete"] is True


def test_apply_many_uses_the_clients_of_each_account(clients: RegionalClients) -> None:
    requested: list[tuple[str, str]] = []

    def factory_of(account: str) -> Callable[[str], LightsailSnapClient]:
        def factory(region: str) -> LightsailSnapClient:
            requested.append((account, region))
            return clients(region)

        return factory

    prod, test, plain = (
        BackupPlan(
            name="same",
            region="us-east-1",
            account=account,
            select={"kind": "disk", "names": [name]},
        )
        for account, name in (("prod", "db-1"), ("test", "db-2"), (None, "db-2"))
    )
    factories = {"prod": factory_of("prod"), "test": factory_of("test")}
    result = apply_many([prod, test], client_factory=factories, now=NOW)
    assert result.is_complete
    assert sorted(requested) == [("prod", "us-east-1"), ("test", "us-east-1")]
    assert [each.key for each in result.outcomes] == ["prod/same", "test/same"]
    with pytest.raises(ConfigurationError, match="client_factory has 'prod', 'test'"):
        apply_many([plain], client_factory=factories, now=NOW)


def test_apply_many_with_invalid_arguments_sends_nothing(emulator: LightsailEmulator) -> None:
    plan, wrong = fleet()[0], Any
    with pytest.raises(RequestValidationError, match="pass a list"):
        apply_many(plan)  # type: ignore[arg-type] # on purpose
    with pytest.raises(RequestValidationError, match="pass a list"):
        apply_many(3)  # type: ignore[arg-type] # on purpose
    with pytest.raises(RequestValidationError, match="pass a BackupPlan"):
        apply_many([wrong])  # type: ignore[list-item] # on purpose
    with pytest.raises(RequestValidationError, match="only plan of this name"):
        apply_many([plan, plan])
    with pytest.raises(RequestValidationError, match="time zone"):
        apply_many([plan], now=NOW.replace(tzinfo=None))
    assert apply_many([]).is_complete
    assert str(PlanOutcome(plan)) == "nightly-us-east-1: nothing"
    assert emulator.calls.total() == 0
