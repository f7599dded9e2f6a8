"""Runs the application of `application/` on the emulator."""

from __future__ import annotations

import asyncio
import io
import json
import multiprocessing
import pickle
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any, ParamSpec, TypeVar

import pytest
from pydantic import TypeAdapter
from tests.typing.application import command, fleet, nightly, service, store, workers
from tests.typing.application.web import HTTPError

from lightsail_snap import (
    AsyncLightsailSnapClient,
    DiskSnapshot,
    DiskSource,
    GetDiskSnapshotsResult,
    LightsailSnapClient,
    Operation,
    RetentionPolicy,
    VirtualClock,
)
from lightsail_snap.emulator import LightsailEmulator, Progression
from lightsail_snap.plans import BackupPlan, Selection, regional_clients

REGION = "us-east-1"
_P = ParamSpec("_P")
_R = TypeVar("_R")


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def emulator(clock: VirtualClock) -> Iterator[LightsailEmulator]:
    with LightsailEmulator(clock=clock) as emulator:
        for name in ("data", "logs"):
            emulator.add_disk(name, region_name=REGION, tags={"backup": None, "env": "prod"})
        emulator.add_disk("scratch", region_name=REGION)
        yield emulator


@pytest.fixture
def client(emulator: LightsailEmulator, clock: VirtualClock) -> Iterator[LightsailSnapClient]:
    with LightsailSnapClient(emulator.boto3_client(REGION), clock=clock) as client:
        yield client


@pytest.fixture
def database() -> Iterator[sqlite3.Connection]:
    with store.open_database(":memory:") as database:
        yield database


def now(clock: VirtualClock) -> datetime:
    return datetime.fromtimestamp(clock.time(), UTC)


class RecordingRouter:
    """A stand-in for a FastAPI router: writes what a handler returns as JSON.

    FastAPI does so by the return annotation; this class, by the class of the result.
    """

    def __init__(self) -> None:
        self.routes: dict[str, Callable[..., bytes]] = {}

    def _record(self, route: str) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
        def register(handler: Callable[_P, _R]) -> Callable[_P, _R]:
            def respond(*args: Any, **kwargs: Any) -> bytes:
                result: Any = handler(*args, **kwargs)
                return TypeAdapter(type(result)).dump_json(result)

            self.routes[route] = respond
            return handler

        return register

    def get(self, path: str, /) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
        return self._record(f"GET {path}")

    def post(
        self, path: str, /, *, status_code: int
    ) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
        return self._record(f"POST {path} {status_code}")

    def delete(self, path: str, /) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
        return self._record(f"DELETE {path}")


def test_service_returns_models_and_stores_pages(
    client: LightsailSnapClient, database: sqlite3.Connection
) -> None:
    router, table = RecordingRouter(), store.snapshot_table(database)
    service.add_routes(router, client, table)
    create, read = router.routes["POST /snapshots 202"], router.routes["GET /snapshots/{name}"]
    new = service.NewSnapshot.model_validate(
        {"name": "web", "source": {"kind": "disk", "disk_name": "data"}, "tags": {"env": "prod"}}
    )
    assert {each["resource_name"] for each in json.loads(create(new))} == {"web", "data"}
    client.wait_for_disk_snapshot("web")
    assert DiskSnapshot.model_validate_json(read("web")) == client.find_disk_snapshot("web")
    page = GetDiskSnapshotsResult.model_validate_json(router.routes["GET /pages"]())
    assert list(table) == list(page.items) != []
    overview = service.Overview.model_validate_json(router.routes["GET /overview"]())
    assert overview.total_size_in_gb == page.items[0].size_in_gb
    assert overview.last_operation is not None
    assert store.newest(overview.snapshots) == page.items[0]
    with pytest.raises(HTTPError) as conflict:
        create(new)
    assert conflict.value.status_code == 409
    with pytest.raises(HTTPError) as invalid:
        create(new.model_copy(update={"name": "-"}))
    assert (invalid.value.status_code, "disk_snapshot_name" in invalid.value.detail) == (422, True)
    remove = router.routes["DELETE /snapshots/{name}"]
    assert [remove("web"), remove("web")] == [b'"web: Succeeded"', b'"web: missing"']
    with pytest.raises(HTTPError) as missing:
        read("web")
    assert missing.value.status_code == 404


def test_store_returns_the_models_that_were_saved(
    client: LightsailSnapClient, database: sqlite3.Connection
) -> None:
    operations = client.create_disk_snapshot("one", DiskSource(disk_name="data")).operations
    table = store.operation_table(database)
    assert table.save(operations) == 2
    assert {operation.id: operation for operation in table} == {
        operation.id: operation for operation in operations
    }
    assert table.find(operations[0].id) == operations[0]
    assert table.find("none") is None
    assert isinstance(table.find(operations[0].id), Operation)


def test_nightly_job_takes_records_and_prunes(
    client: LightsailSnapClient, clock: VirtualClock, database: sqlite3.Connection
) -> None:
    table = store.snapshot_table(database)
    reports = []
    for _ in range(9):
        reports.append(nightly.run_nightly(client, table, lambda: now(clock)))
        clock.sleep(timedelta(days=1).total_seconds())
    assert [(report.exit_code, len(report.taken)) for report in reports] == [(0, 2)] * 9
    assert len(reports[-1].deleted) == 2
    assert reports[-1].rounds > 0
    assert len(list(table)) == 18
    again = nightly.run_nightly(client, table, lambda: now(clock) - timedelta(days=1))
    assert set(again.failed) == set(reports[-1].taken)
    assert again.exit_code == 1


def test_nightly_job_applies_a_backup_plan(
    client: LightsailSnapClient, clock: VirtualClock
) -> None:
    result = nightly.run_plan(client, REGION, now(clock))
    assert result.is_complete
    assert len(result.snapshots) == 2


def test_nightly_job_reports_what_failed(
    client: LightsailSnapClient, emulator: LightsailEmulator, database: sqlite3.Connection
) -> None:
    emulator.progression = Progression.by_seconds(snapshot=24 * 3600)
    report = nightly.run_nightly(client, store.snapshot_table(database))
    assert len(report.failed) == len(report.resume) == 2
    assert all("not completed" in text for text in report.failed.values())


def test_fleet_reports_every_region(emulator: LightsailEmulator, clock: VirtualClock) -> None:
    def make_client(region: str) -> AsyncLightsailSnapClient:
        return AsyncLightsailSnapClient(emulator.boto3_client(region), clock=clock)

    async def run() -> list[fleet.RegionReport]:
        return await fleet.report_fleet(make_client, [REGION, "eu-west-1"])

    emulator.progression = Progression.instant()
    virginia, ireland = asyncio.run(run())
    assert virginia.error is None
    assert virginia.newest is not None
    assert ireland == fleet.RegionReport("eu-west-1", Counter(), None)


def test_command_takes_lists_and_deletes(client: LightsailSnapClient) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        output = io.StringIO()
        return command.main(client, arguments, output), output.getvalue()

    status, output = run("take", "by-hand", "--disk", "data", "--tag", "env=prod", "--tag", "keep")
    wire = json.loads(output.splitlines()[-1])
    assert (status, wire["tags"]) == (0, [{"key": "env", "value": "prod"}, {"key": "keep"}])
    assert run("list", "--state", "completed")[1].startswith("by-hand completed 8 ")
    assert run("delete", "by-hand")[0] == 0
    assert run("delete", "by-hand")[0] == 3
    assert run("take", "-", "--disk", "data")[0] == 2
    assert run("take", "other", "--instance", "none")[0] == 3


def history(client: LightsailSnapClient) -> list[DiskSnapshot]:
    for number in range(3):
        client.take_disk_snapshot(f"data-{number}", DiskSource(disk_name="data"))
    return client.iter_disk_snapshots().list()


def test_workers_decide_about_pickled_snapshots(
    client: LightsailSnapClient, clock: VirtualClock
) -> None:
    snapshots = history(client)
    policy = RetentionPolicy(time_zone="UTC", keep_last=1)
    with ThreadPoolExecutor(1) as executor:
        decided = workers.decide_all(executor, {"data": snapshots}, policy, now(clock))
    assert decided["data"].keep == ("data-2",)
    assert workers.is_stale(pickle.dumps(snapshots[0]), timedelta(0))
    assert not workers.is_stale(pickle.dumps(snapshots[0]), timedelta(days=365_000))
    assert workers.is_stale(pickle.dumps("no snapshot"), timedelta(0))


@pytest.mark.thorough
def test_workers_in_other_processes_return_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with LightsailEmulator(progression=Progression.instant()) as emulator:
        emulator.add_disk("data", region_name=REGION)
        policy = RetentionPolicy(time_zone="UTC", keep_last=1)
        snapshots = history(LightsailSnapClient(emulator.boto3_client(REGION)))
        plan = BackupPlan(name="all", region=REGION, select=Selection(kind="disk", names=["data"]))
        context = multiprocessing.get_context("spawn")
        with emulator.serve() as url, ProcessPoolExecutor(1, mp_context=context) as executor:
            jobs = {"data": snapshots}
            decided = workers.decide_all(executor, jobs, policy, datetime.now(UTC))
            assert {*decided["data"].delete} <= {*snapshots}
            assert len(decided["data"].delete) == 2
            with regional_clients(endpoint_url=url) as clients:
                result = workers.apply_plans(executor, [plan], clients)
    assert result.is_complete, result
