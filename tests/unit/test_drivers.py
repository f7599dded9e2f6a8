"""Drivers and clients: time, logs, limits and closing, in threads and on event loops."""

from __future__ import annotations

import asyncio
import gc
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import anyio
import boto3.session
import pytest
import trio
import trio.testing
from botocore.config import Config
from tests.support import ScriptedTransport, create_client, run_on, service_error, throttled

from lightsail_snap import (
    AsyncLightsailSnapClient,
    ConfigurationError,
    CreateDiskSnapshotRequest,
    DiskSource,
    LightsailSnapClient,
    LightsailSnapError,
    NotFoundException,
    PartialFailureError,
    Request,
    RequestNotSentError,
    Response,
    ResponseMetadata,
    ResponseValidationError,
    SystemClock,
    VirtualClock,
    WaitPolicy,
    WaitTimeoutError,
)
from lightsail_snap.emulator import Fault, FaultKind, LightsailEmulator

DISK = DiskSource(disk_name="disk-1")
CANARIES = ("CANARYKEYID", "canary-secret", "canary-session-token")
CLIENTS: list[Any] = [LightsailSnapClient, AsyncLightsailSnapClient]
LOOPS = ["asyncio", "trio"]
on_both_loops = pytest.mark.parametrize("anyio_backend", LOOPS)
of_both_clients = pytest.mark.parametrize("kind", CLIENTS)


def snapshot(state: str, **metadata: Any) -> Response:
    wire = {"diskSnapshot": {"name": "db-1", "state": state}}
    return Response(wire, ResponseMetadata(**metadata))


missing = service_error(
    NotFoundException, message="none", request_id="request-2", http_status=400, retry_attempts=2
)


# Time


def test_sync_client_uses_the_system_clock() -> None:
    transport = ScriptedTransport(snapshot("pending"), snapshot("completed"))
    client = LightsailSnapClient(
        transport=transport, wait_policy=WaitPolicy(min_delay=0.01, max_delay=0.01)
    )
    assert client.wait_for_disk_snapshot("db-1").state == "completed"


@pytest.mark.anyio
@on_both_loops
async def test_async_client_uses_the_event_loops_clock() -> None:
    transport = ScriptedTransport(snapshot("pending"), snapshot("completed"))
    policy = WaitPolicy(min_delay=0.01, max_delay=0.01)
    client = AsyncLightsailSnapClient(transport=transport, wait_policy=policy)
    assert (await client.wait_for_disk_snapshot("db-1")).state == "completed"


def test_wait_on_a_virtual_trio_clock_takes_no_time() -> None:
    client = AsyncLightsailSnapClient(transport=ScriptedTransport(snapshot("pending")))

    async def main() -> float:
        began = trio.current_time()
        with pytest.raises(WaitTimeoutError) as caught:
            await client.wait_for_disk_snapshot("db-1", timeout=10 * 3600)
        assert caught.value.waited.total_seconds() == pytest.approx(10 * 3600)
        return trio.current_time() - began

    passed = trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))
    assert passed == pytest.approx(10 * 3600)


@pytest.mark.anyio
@on_both_loops
async def test_blocking_clock_does_not_block_the_event_loop() -> None:
    class Blocking(VirtualClock):
        def sleep(self, seconds: float) -> None:
            assert is_awake.wait(5)
            super().sleep(seconds)

    is_awake, clock = threading.Event(), Blocking()
    transport = ScriptedTransport(snapshot("pending"), snapshot("completed"))
    client = AsyncLightsailSnapClient(transport=transport, clock=clock)
    async with anyio.create_task_group() as group:
        group.start_soon(client.wait_for_disk_snapshot, "db-1")
        await anyio.sleep(0.01)
        is_awake.set()
    assert transport.operations == ["GetDiskSnapshot"] * 2
    assert clock.monotonic() > 0


@pytest.mark.anyio
@on_both_loops
async def test_async_calls_run_in_threads() -> None:
    transport = ScriptedTransport(snapshot("completed"))
    await AsyncLightsailSnapClient(transport=transport).get_disk_snapshot("db-1")
    assert threading.current_thread().name not in transport.threads


def test_calls_without_a_deadline_run_in_the_callers_thread() -> None:
    transport = ScriptedTransport(snapshot("completed"))
    client = LightsailSnapClient(transport=transport)
    client.get_disk_snapshot("db-1")
    client.wait_for_disk_snapshots(["db-1"], timeout=None)
    LightsailSnapClient(transport=transport, clock=VirtualClock()).wait_for_disk_snapshot("db-1")
    assert transport.threads == {threading.current_thread().name}


def test_calls_with_a_deadline_run_in_other_threads() -> None:
    transport = ScriptedTransport(snapshot("completed"))
    client = LightsailSnapClient(transport=transport)
    client.wait_for_disk_snapshot("db-1")
    assert transport.threads == {"lightsail-snap GetDiskSnapshot"}


# What comes out of a client


def broken(_: Request[Any]) -> BaseException:
    return ZeroDivisionError("a defect")


def test_foreign_error_propagates_unchanged() -> None:
    """It is a defect of a transport, or an interrupt."""
    client = LightsailSnapClient(transport=ScriptedTransport(broken))
    with pytest.raises(ZeroDivisionError, match="a defect"):
        client.get_disk_snapshot("db-1")
    with pytest.raises(ZeroDivisionError, match="a defect"):
        client.create_disk_snapshot("db-1", DISK)


@pytest.mark.anyio
@on_both_loops
async def test_foreign_error_propagates_unchanged_on_event_loops() -> None:
    client = AsyncLightsailSnapClient(transport=ScriptedTransport(broken))
    with pytest.raises(ZeroDivisionError, match="a defect"):
        await client.get_disk_snapshot("db-1")
    with pytest.raises(ZeroDivisionError, match="a defect"):
        await client.create_disk_snapshot("db-1", DISK)


@pytest.mark.anyio
@on_both_loops
async def test_async_client_can_be_created_without_an_event_loop(
    created_earlier: AsyncLightsailSnapClient,
) -> None:
    assert (await created_earlier.get_disk_snapshot("db-1")).disk_snapshot.state == "completed"


@pytest.fixture
def created_earlier() -> AsyncLightsailSnapClient:
    return AsyncLightsailSnapClient(transport=ScriptedTransport(snapshot("completed")))


def test_async_client_works_on_one_loop_after_another() -> None:
    client = AsyncLightsailSnapClient(
        transport=ScriptedTransport(snapshot("completed")), concurrency=1
    )
    for _ in range(2):
        assert asyncio.run(client.get_disk_snapshot("db-1")).disk_snapshot.state == "completed"


def slow_transport() -> ScriptedTransport:
    return ScriptedTransport(
        {"diskSnapshot": {"name": "db-1"}}, before=lambda _: threading.Event().wait(0.02)
    )


async def many_at_once(client: AsyncLightsailSnapClient) -> None:
    async with anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(client.get_disk_snapshot, "db-1")
            group.start_soon(client.create_disk_snapshot, "db-1", DISK)


@pytest.mark.parametrize(
    "loops", [("asyncio", "trio"), ("trio", "asyncio"), ("asyncio", "asyncio"), ("trio", "trio")]
)
def test_one_async_client_works_on_event_loops_in_turn(loops: tuple[str, str]) -> None:
    transport = slow_transport()
    client = AsyncLightsailSnapClient(transport=transport, concurrency=2)
    for loop in loops:
        anyio.run(many_at_once, client, backend=loop)
    assert len(transport.requests) == 20
    assert transport.max_concurrency == 2


@pytest.mark.parametrize("loops", [("asyncio", "trio"), ("asyncio", "asyncio")])
def test_one_async_client_works_on_event_loops_at_once(loops: tuple[str, str]) -> None:
    transport = slow_transport()
    client = AsyncLightsailSnapClient(transport=transport, concurrency=2)

    def run(loop: str) -> None:
        anyio.run(many_at_once, client, backend=loop)

    for loop in loops:
        # CPython 3.11 fails if two threads parse the modules at once, as pytest does.
        anyio.run(anyio.sleep, 0, backend=loop)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(run, loops))
    assert len(transport.requests) == 20
    # The limit is one of each event loop.
    assert transport.max_concurrency <= 4


def test_closed_event_loops_are_forgotten() -> None:
    client = AsyncLightsailSnapClient(transport=ScriptedTransport(snapshot("completed")))
    for _ in range(3):
        asyncio.run(client.get_disk_snapshot("db-1"))
    end = time.monotonic() + 30
    while len(client._driver._threads) > 1 and time.monotonic() < end:
        time.sleep(0.01)
        gc.collect()
    # Older versions of anyio keep the last one alive.
    assert len(client._driver._threads) <= 1


def test_closed_event_loop_with_references_is_forgotten() -> None:
    client = AsyncLightsailSnapClient(transport=ScriptedTransport(snapshot("completed")))
    loop = asyncio.new_event_loop()
    loop.run_until_complete(client.get_disk_snapshot("db-1"))
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()
    asyncio.run(client.get_disk_snapshot("db-1"))
    assert loop not in client._driver._threads


@pytest.mark.anyio
@on_both_loops
async def test_gathered_workflows_start_in_order() -> None:
    wanted = [f"db-{number}" for number in range(20)]
    transport = ScriptedTransport(missing)
    client = AsyncLightsailSnapClient(transport=transport, clock=VirtualClock())
    with pytest.raises(PartialFailureError):
        await client.take_disk_snapshots(
            [CreateDiskSnapshotRequest(disk_snapshot_name=name, source=DISK) for name in wanted],
            concurrency=1,
        )
    created = [each for each in transport.requests if isinstance(each, CreateDiskSnapshotRequest)]
    assert [each.disk_snapshot_name for each in created] == wanted


# Clients


@of_both_clients
def test_client_is_immutable(kind: Any) -> None:
    client = kind(transport=ScriptedTransport(missing))
    with pytest.raises(AttributeError, match="a client is immutable; create another one to change"):
        client.anything = 5
    with pytest.raises(AttributeError, match="to change _transport"):
        client._transport = None
    with pytest.raises(AttributeError, match="to change _wait_policy"):
        del client._wait_policy
    assert not hasattr(client, "__dict__")


@of_both_clients
def test_client_repr_shows_its_transport_only(kind: Any) -> None:
    with LightsailEmulator() as emulator:
        client = kind(emulator.boto3_client("us-east-1"))
        assert repr(client) == f"{kind.__name__}(transport=BotoTransport(region='us-east-1'))"


def test_client_closes_its_transport() -> None:
    transport = ScriptedTransport(missing)
    with LightsailSnapClient(transport=transport) as client:
        assert transport.close_count == 0
    assert transport.close_count == 1
    client.close()
    assert transport.close_count == 2


@pytest.mark.anyio
@on_both_loops
async def test_async_client_closes_its_transport() -> None:
    transport = ScriptedTransport(missing)
    async with AsyncLightsailSnapClient(transport=transport) as client:
        assert transport.close_count == 0
    assert transport.close_count == 1
    await client.close()
    assert transport.close_count == 2


@pytest.mark.anyio
@on_both_loops
async def test_closed_client_sends_nothing() -> None:
    with LightsailEmulator() as emulator:
        emulator.add_disk("disk-1", region_name="us-east-1")
        boto = emulator.boto3_client("us-east-1")
        async with AsyncLightsailSnapClient(boto) as client:
            assert (await client.get_disk("disk-1")).disk.name == "disk-1"
        await client.close()
        with pytest.raises(ConfigurationError, match="this client is closed"):
            await client.get_disk("disk-1")
        # An injected client stays open.
        assert boto.get_disk(diskName="disk-1")["disk"]["name"] == "disk-1"
        assert emulator.calls == {"GetDisk": 2}


@pytest.mark.parametrize("concurrency", [0, -1, True, 1.5, "10", None])
def test_invalid_concurrency_is_refused(concurrency: Any) -> None:
    with pytest.raises(ConfigurationError, match="concurrency must be a positive integer"):
        AsyncLightsailSnapClient(transport=ScriptedTransport(missing), concurrency=concurrency)


@of_both_clients
def test_contradicting_settings_are_refused(kind: Any) -> None:
    with pytest.raises(ConfigurationError, match="contradict each other"):
        kind(transport=ScriptedTransport(missing), region_name="us-east-1")


def test_missing_anyio_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "anyio", None)
    with pytest.raises(ConfigurationError, match=r'install "lightsail-snap\[aio\]"') as caught:
        AsyncLightsailSnapClient(transport=ScriptedTransport(missing))
    assert isinstance(caught.value.__cause__, ImportError)


# Logs


class RecordingHandler(logging.Handler):
    """A handler that keeps the records."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


@pytest.fixture
def records() -> Iterator[list[logging.LogRecord]]:
    """Return the log records of the library."""
    logger, handler = logging.getLogger("lightsail_snap"), RecordingHandler()
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield handler.records
    logger.removeHandler(handler)
    logger.setLevel(before)


def fields(record: logging.LogRecord) -> dict[str, Any]:
    # A formatter may add the last one.
    plain = {*vars(logging.makeLogRecord({})), "message"}
    return {name: value for name, value in vars(record).items() if name not in plain}


def call_once(interface: str, *responses: Any) -> None:
    """Make one call through a client of either kind."""
    clock = VirtualClock()
    # Each call takes two seconds.
    transport = ScriptedTransport(*responses, before=lambda _: clock.sleep(2))

    async def get() -> None:
        await create_client(interface, transport=transport, clock=clock).get_disk_snapshot("db-1")

    run_on(interface, get)


on_every_interface = pytest.mark.parametrize("interface", ["sync", *LOOPS])


@on_every_interface
def test_response_is_logged(interface: str, records: list[logging.LogRecord]) -> None:
    call_once(
        interface, snapshot("completed", request_id="request-1", http_status=200, retry_attempts=1)
    )
    (record,) = records
    assert (record.levelno, record.getMessage()) == (logging.DEBUG, "GetDiskSnapshot succeeded")
    assert fields(record) == {
        "operation": "GetDiskSnapshot",
        "request_id": "request-1",
        "http_status": 200,
        "attempt": 2,
        "elapsed": 2,
    }


@on_every_interface
def test_service_error_is_logged(interface: str, records: list[logging.LogRecord]) -> None:
    with pytest.raises(NotFoundException) as caught:
        call_once(interface, missing)
    (record,) = records
    assert record.levelno == logging.INFO
    assert record.getMessage() == f"GetDiskSnapshot failed: NotFoundException: {caught.value}"
    assert fields(record) == {
        "operation": "GetDiskSnapshot",
        "request_id": "request-2",
        "http_status": 400,
        "attempt": 3,
        "error": "NotFoundException",
        "may_have_executed": False,
        "elapsed": 2,
    }


@on_every_interface
def test_failure_to_send_is_logged(interface: str, records: list[logging.LogRecord]) -> None:
    with pytest.raises(RequestNotSentError):
        call_once(interface, lambda request: RequestNotSentError("no connection", request=request))
    (record,) = records
    assert fields(record) == {
        "operation": "GetDiskSnapshot",
        "request_id": None,
        "http_status": None,
        "attempt": 1,
        "error": "RequestNotSentError",
        "may_have_executed": False,
        "elapsed": 2,
    }


@on_every_interface
def test_unreadable_response_is_logged_with_its_request_id(
    interface: str, records: list[logging.LogRecord]
) -> None:
    with pytest.raises(ResponseValidationError):
        call_once(
            interface,
            Response(b"<html>\n", ResponseMetadata(request_id="request-3", http_status=200)),
        )
    (record,) = records
    assert fields(record)["request_id"] == "request-3"
    assert fields(record)["error"] == "ResponseValidationError"
    assert "\n" not in record.getMessage()


@on_every_interface
def test_retries_of_a_workflow_are_logged(interface: str, records: list[logging.LogRecord]) -> None:
    transport = ScriptedTransport(throttled, {"operations": []}, snapshot("completed"))

    async def take() -> None:
        client = create_client(interface, transport=transport, clock=VirtualClock())
        await client.take_disk_snapshot("db-1", DISK)

    run_on(interface, take)
    (warning,) = (record for record in records if record.levelno == logging.WARNING)
    assert warning.getMessage().startswith("disk snapshot db-1 was not created yet: refused by")
    assert fields(warning) == {"attempt": 1, "error": "ThrottlingError"}


def test_no_secret_is_logged(records: list[logging.LogRecord]) -> None:
    session: Any = boto3.session.Session(*CANARIES, region_name="us-east-1")
    boto = session.client("lightsail", config=Config(retries={"total_max_attempts": 1}))
    clock = VirtualClock()
    with LightsailEmulator(clock=clock) as emulator:
        emulator.install(boto)
        emulator.add_disk("disk-1", region_name="us-east-1")
        client = LightsailSnapClient(boto, clock=clock)
        for kind in FaultKind:
            emulator.inject(Fault(kind=kind, operation="GetDisk"))
            with suppress(LightsailSnapError):
                client.get_disk("disk-1")
        client.take_disk_snapshot("db-1", DISK, tags={"env": "prod"})
    boto.close()
    assert len(records) > len(FaultKind)
    for record in records:
        reports = record.getMessage() + repr(vars(record))
        assert not any(canary in reports for canary in CANARIES), reports


def test_nothing_is_written_to_standard_error_by_default() -> None:
    program = """
import asyncio
from lightsail_snap import *

class Broken:
    def send(self, request):
        raise ThrottlingError("slow", code="T", operation_name=request.operation_name,
                              is_retryable=True)
    def close(self):
        pass

settings = {"transport": Broken(), "clock": VirtualClock()}
source = DiskSource(disk_name="disk-1")
try:
    LightsailSnapClient(**settings).take_disk_snapshot("db-1", source)
except ThrottlingError:
    print("sync")
try:
    asyncio.run(AsyncLightsailSnapClient(**settings).take_disk_snapshot("db-1", source))
except ThrottlingError:
    print("async")
"""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-W", "error", "-c", program], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "sync\nasync\n", "")


@pytest.mark.anyio
@on_both_loops
async def test_deadline_on_a_custom_clock() -> None:
    class Own(SystemClock):
        pass

    class Wrapped:
        inner = Own()

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inner, name)

    for clock in (Own(), Wrapped()):
        client: Any = AsyncLightsailSnapClient(
            transport=ScriptedTransport(snapshot("completed")), clock=clock
        )
        assert (await client.wait_for_disk_snapshot("db-1")).state == "completed"
