"""Calls that get no response: every wait and every high-level operation ends all the same."""

from __future__ import annotations

import contextvars
import logging
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import anyio
import pytest
import trio
import trio.testing
from boto3.session import Session
from botocore.config import Config

from lightsail_snap import (
    AsyncLightsailSnapClient,
    CreateDiskSnapshotRequest,
    DiskSource,
    GetDiskSnapshotRequest,
    LightsailSnapClient,
    LightsailSnapError,
    ManualSnapshotSource,
    OutcomeUnknownError,
    PartialFailureError,
    Request,
    RequestNotSentError,
    Response,
    ResponseMetadata,
    SystemClock,
    VirtualClock,
    WaitPolicy,
    WaitTimeoutError,
)
from lightsail_snap._drivers import anyio as anyio_driver
from lightsail_snap._drivers import deadlines
from lightsail_snap.cli import main

DISK = DiskSource(disk_name="disk-1")
MANUAL = ManualSnapshotSource(snapshot_name="db-1")
REQUESTS = [
    CreateDiskSnapshotRequest(disk_snapshot_name=name, source=DISK) for name in ("db-1", "db-2")
]
READ = GetDiskSnapshotRequest(disk_snapshot_name="db-1")
LIMIT, LONG = 0.05, 10
WHO: contextvars.ContextVar[str] = contextvars.ContextVar("WHO", default="unset")
INTERFACES = ["sync", "asyncio", "trio"]
on_every_interface = pytest.mark.parametrize("interface", INTERFACES)


@pytest.fixture(autouse=True)
def _short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (deadlines, anyio_driver):
        monkeypatch.setattr(module, "GRACE_SECONDS", 0.1)


class Silent:
    """A transport that responds to nothing, or to what is listed, until it is released."""

    def __init__(self, *responds_to: str) -> None:
        self.responds_to = responds_to
        self.released = threading.Event()
        self.began = threading.Event()
        self.sent: list[str] = []
        self.who: list[str] = []

    def send(self, request: Request[Any]) -> Response:
        name = request.operation_name
        self.sent.append(name)
        self.who.append(WHO.get())
        if name not in self.responds_to:
            self.began.set()
            # If nothing abandons the call, this is a response after all, and the test fails.
            self.released.wait(LONG)
        resource = getattr(request, "disk_snapshot_name", "db-1")
        wire: dict[str, Any] = {
            "diskSnapshot": {"name": resource, "state": "completed"},
            "operations": [],
        }
        return Response(wire, ResponseMetadata())

    def close(self) -> None:
        pass


@pytest.fixture
def silent() -> Iterator[Silent]:
    transport = Silent()
    yield transport
    transport.released.set()


def perform(interface: str, transport: Any, act: Callable[[Any], Any], **options: Any) -> Any:
    """Do something by a client of either kind."""
    if interface == "sync":
        options.pop("concurrency", None)
        return act(LightsailSnapClient(transport=transport, **options))

    async def main() -> Any:
        return await act(AsyncLightsailSnapClient(transport=transport, **options))

    return anyio.run(main, backend=interface)


WAITS: dict[str, Callable[[Any], Any]] = {
    "operation": lambda client: client.wait_for_operation("op-1", timeout=LIMIT),
    "disk snapshot": lambda client: client.wait_for_disk_snapshot("db-1", timeout=LIMIT),
    "instance snapshot": lambda client: client.wait_for_instance_snapshot("w-1", timeout=LIMIT),
    "disk": lambda client: client.wait_for_disk("disk-1", timeout=LIMIT),
    "deletion": lambda client: client.wait_for_disk_snapshot_deletion("db-1", timeout=LIMIT),
    "export": lambda client: client.wait_for_export("db-1", timeout=LIMIT),
}
GROUP_WAITS: dict[str, Callable[[Any], Any]] = {
    "operations": lambda client: client.wait_for_operations(["1", "2", "3"], timeout=LIMIT),
    "disk snapshots": lambda client: client.wait_for_disk_snapshots(["a1", "b1"], timeout=LIMIT),
    "listed": lambda client: client.wait_for_instance_snapshots(["a1", "b1", "c1"], timeout=LIMIT),
}
CREATIONS: dict[str, Callable[[Any], Any]] = {
    "disk snapshot": lambda client: client.take_disk_snapshot("db-1", DISK, timeout=LIMIT),
    "token": lambda client: client.take_disk_snapshot(
        "db-1", DISK, timeout=LIMIT, client_token="job-1"  # noqa: S106 - no secret
    ),
    "instance snapshot": lambda client: client.take_instance_snapshot("w-1", "web", timeout=LIMIT),
    "copy": lambda client: client.copy(
        "db-2", MANUAL, source_region="us-west-2", timeout=LIMIT
    ),
    "restore": lambda client: client.restore_disk(
        "d-2", MANUAL, availability_zone="us-east-1a", size_in_gb=8, timeout=LIMIT
    ),
    "instance": lambda client: client.restore_instance(
        "w-2", MANUAL, availability_zone="us-east-1a", bundle_id="nano_3_0", timeout=LIMIT
    ),
}  # fmt: skip


@on_every_interface
@pytest.mark.parametrize("wait", WAITS)
@pytest.mark.sample(8)
def test_wait_without_a_response_times_out(interface: str, wait: str, silent: Silent) -> None:
    with pytest.raises(WaitTimeoutError) as caught:
        perform(interface, silent, WAITS[wait])
    assert not caught.value.may_have_executed
    assert "the service did not respond within the time limit" in str(caught.value.__cause__)
    assert not getattr(caught.value.__cause__, "may_have_executed", True)
    assert len(silent.sent) == 1


@on_every_interface
@pytest.mark.parametrize("wait", GROUP_WAITS)
def test_group_wait_without_a_response_times_out(interface: str, wait: str, silent: Silent) -> None:
    with pytest.raises(PartialFailureError) as caught:
        perform(interface, silent, GROUP_WAITS[wait])
    assert all(isinstance(each, WaitTimeoutError) for each in caught.value.exceptions)
    assert not caught.value.may_have_executed


@on_every_interface
@pytest.mark.parametrize("creation", CREATIONS)
@pytest.mark.sample(8)
def test_creation_without_a_response_is_unknown(
    interface: str, creation: str, silent: Silent
) -> None:
    with pytest.raises(OutcomeUnknownError, match="may have been created") as caught:
        perform(interface, silent, CREATIONS[creation])
    assert caught.value.may_have_executed
    assert "did not respond within the time limit" in str(caught.value.__cause__)
    # It is not sent a second time.
    assert len(silent.sent) == 1


@on_every_interface
def test_creations_without_a_response_are_unknown(interface: str, silent: Silent) -> None:
    with pytest.raises(PartialFailureError) as caught:
        perform(
            interface, silent, lambda client: client.take_disk_snapshots(REQUESTS, timeout=LIMIT)
        )
    assert all(isinstance(each, OutcomeUnknownError) for each in caught.value.exceptions)


@on_every_interface
@pytest.mark.parametrize("known", [{}, {"bundle_id": "nano_3_0"}])
def test_restore_of_an_instance_whose_source_is_not_seen_sends_nothing(
    interface: str, silent: Silent, known: dict[str, str]
) -> None:
    with pytest.raises(LightsailSnapError, match="did not respond") as caught:
        perform(
            interface,
            silent,
            lambda client: client.restore_instance("w-2", MANUAL, timeout=LIMIT, **known),
        )
    assert not caught.value.may_have_executed
    assert silent.sent == ["GetInstanceSnapshot"]


@on_every_interface
def test_restore_whose_source_is_not_seen_sends_nothing(interface: str, silent: Silent) -> None:
    with pytest.raises(LightsailSnapError, match="did not respond") as caught:
        perform(
            interface,
            silent,
            lambda client: client.restore_disk(
                "d-2", MANUAL, availability_zone="us-east-1a", timeout=LIMIT
            ),
        )
    assert not caught.value.may_have_executed
    assert silent.sent == ["GetDiskSnapshot"]


@on_every_interface
def test_accepted_creation_that_is_not_seen_times_out(interface: str, silent: Silent) -> None:
    silent.responds_to = ("CreateDiskSnapshot",)
    with pytest.raises(
        WaitTimeoutError, match="to keep waiting, call wait_for_disk_snapshot"
    ) as caught:
        perform(interface, silent, CREATIONS["disk snapshot"])
    assert caught.value.may_have_executed


def test_call_without_a_time_limit_is_waited_for(silent: Silent) -> None:
    threading.Timer(0.3, silent.released.set).start()
    found = perform(
        "sync", silent, lambda client: client.wait_for_disk_snapshot("db-1", timeout=None)
    )
    assert found.state == "completed"


# Time


def test_virtual_clock_abandons_nothing(silent: Silent) -> None:
    threading.Timer(0.3, silent.released.set).start()
    found = perform("sync", silent, WAITS["disk snapshot"], clock=VirtualClock())
    assert found.state == "completed"


class CustomClock:
    """A clock of a caller's, which shows what it is set to."""

    def __init__(self, *readings: float) -> None:
        self.readings = list(readings)

    def time(self) -> float:
        return 1_700_000_000.0

    def monotonic(self) -> float:
        return self.readings.pop(0) if len(self.readings) > 1 else self.readings[0]

    def sleep(self, seconds: float) -> None:
        raise NotImplementedError


def call(silent: Silent, clock: Any, request: Request[Any] = READ) -> Any:
    return deadlines.call_by_deadline(lambda: silent.send(request), request, clock, LIMIT)


def test_deadline_is_measured_on_the_clock_of_the_caller(silent: Silent) -> None:
    with pytest.raises(OutcomeUnknownError, match="did not respond"):
        call(silent, CustomClock(0, 0, 0, LONG))
    threading.Timer(0.3, silent.released.set).start()
    assert isinstance(call(silent, CustomClock(0)), Response)


def test_call_is_not_started_after_its_deadline(silent: Silent) -> None:
    with pytest.raises(RequestNotSentError, match="GetDiskSnapshot was not sent: the time limit"):
        call(silent, CustomClock(LONG))
    assert silent.sent == []


# Threads


def test_call_sees_the_context_of_its_caller() -> None:
    transport = Silent("GetDiskSnapshot")
    token = WHO.set("me")
    perform("sync", transport, WAITS["disk snapshot"])
    WHO.reset(token)
    assert transport.who == ["me"]


def test_errors_of_any_kind_come_out_of_the_thread() -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        deadlines.call_by_deadline(interrupted, READ, SystemClock(), SystemClock().monotonic())


def test_interrupt_reaches_a_caller_that_waits(silent: Silent) -> None:
    class Interrupting(CustomClock):
        def monotonic(self) -> float:
            if silent.began.is_set():
                raise KeyboardInterrupt
            return 0

    with pytest.raises(KeyboardInterrupt):
        call(silent, Interrupting())
    assert deadlines._abandoned.running == 1
    silent.released.set()


def test_abandoned_calls_are_counted_and_bounded(
    silent: Silent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadlines, "MAX_ABANDONED", 2)
    for _ in range(2):
        with pytest.raises(WaitTimeoutError, match="still not seen"):
            perform("sync", silent, WAITS["disk"])
    with pytest.raises(WaitTimeoutError) as caught:
        perform("sync", silent, WAITS["disk"])
    assert isinstance(caught.value.__cause__, RequestNotSentError)
    assert "2 earlier calls are still waiting for responses" in str(caught.value.__cause__)
    assert len(silent.sent) == 2


@pytest.fixture(autouse=True)
def _none_are_running(request: pytest.FixtureRequest) -> Iterator[None]:
    """Release what was abandoned, and let it end before the next test counts."""
    silent = request.getfixturevalue("silent")
    yield
    silent.released.set()
    for thread in threading.enumerate():
        if thread.name.startswith("lightsail-snap "):
            thread.join(LONG)
    assert deadlines._abandoned.running == 0


def test_late_end_of_an_abandoned_creation_is_logged(
    silent: Silent, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), pytest.raises(OutcomeUnknownError):
        perform("sync", silent, CREATIONS["disk snapshot"])
    (abandoned, *_) = caplog.records
    assert abandoned.getMessage().startswith("abandoned: CreateDiskSnapshot may have been executed")
    assert vars(abandoned)["may_have_executed"] is True
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        silent.released.set()
        for thread in threading.enumerate():
            if thread.name.startswith("lightsail-snap "):
                thread.join(LONG)
    (late,) = caplog.records
    assert late.getMessage() == (
        "CreateDiskSnapshot ended in a response after it had been abandoned"
    )


def test_late_error_of_an_abandoned_read_is_ignored(
    silent: Silent, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> None:
        silent.send(READ)
        raise ZeroDivisionError

    with pytest.raises(OutcomeUnknownError):
        deadlines.call_by_deadline(fail, READ, SystemClock(), SystemClock().monotonic())
    with caplog.at_level(logging.DEBUG):
        silent.released.set()
        for thread in threading.enumerate():
            if thread.name.startswith("lightsail-snap "):
                thread.join(LONG)
    assert "ended in ZeroDivisionError after it had been abandoned" in caplog.text


def test_response_in_the_last_moment_counts(silent: Silent) -> None:
    class Late(CustomClock):
        def monotonic(self) -> float:
            if not silent.began.is_set():
                return 0
            silent.released.set()
            for thread in threading.enumerate():
                if thread.name.startswith("lightsail-snap "):
                    thread.join(LONG)
            return LONG

    assert isinstance(call(silent, Late()), Response)


def test_without_threads_calls_are_made_by_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(_: threading.Thread) -> None:
        message = "can't start new thread at interpreter shutdown"
        raise RuntimeError(message)

    monkeypatch.setattr(threading.Thread, "start", start)
    found = perform("sync", Silent("GetDiskSnapshot"), WAITS["disk snapshot"])
    assert found.state == "completed"


# Waiting for a turn


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
@pytest.mark.parametrize("act", [WAITS["disk"], CREATIONS["disk snapshot"]])
def test_time_until_a_thread_is_free_counts(
    loop: str, act: Callable[[Any], Any], silent: Silent
) -> None:
    async def main() -> None:
        client = AsyncLightsailSnapClient(transport=silent, concurrency=1)
        async with anyio.create_task_group() as group:
            group.start_soon(client.get_disk_snapshot, "db-1")
            await anyio.to_thread.run_sync(silent.began.wait, LONG)
            with pytest.raises((WaitTimeoutError, RequestNotSentError)) as caught:
                await act(client)
            assert "the time limit had passed" in f"{caught.value} {caught.value.__cause__}"
            silent.released.set()

    anyio.run(main, backend=loop)
    assert silent.sent == ["GetDiskSnapshot"]


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_creation_that_waited_for_a_thread_is_unknown(loop: str, silent: Silent) -> None:
    first = threading.Event()

    class Two(Silent):
        def send(self, request: Request[Any]) -> Response:
            if request.operation_name == "GetDiskSnapshot":
                silent.began.set()
                first.wait(LONG)
                return super().send(request)
            return silent.send(request)

    async def main() -> None:
        client = AsyncLightsailSnapClient(transport=Two("GetDiskSnapshot"), concurrency=1)
        async with anyio.create_task_group() as group:
            group.start_soon(client.get_disk_snapshot, "db-1")
            await anyio.to_thread.run_sync(silent.began.wait, LONG)
            threading.Timer(0.05, first.set).start()
            with pytest.raises(OutcomeUnknownError):
                await client.take_disk_snapshot("db-1", DISK, timeout=0.5)

    anyio.run(main, backend=loop)
    assert silent.sent == ["CreateDiskSnapshot"]


def test_waiting_for_a_thread_on_a_virtual_trio_clock() -> None:
    client = AsyncLightsailSnapClient(
        transport=Silent("GetDiskSnapshot"), concurrency=1, wait_policy=WaitPolicy()
    )

    async def main() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(20):
                group.start_soon(client.wait_for_disk_snapshot, "db-1")

    trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


# The end of the process, and of the client


def test_client_may_be_closed_while_an_abandoned_call_runs() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        client = LightsailSnapClient(**connection(server))
        with client, pytest.raises(WaitTimeoutError):
            client.wait_for_disk_snapshot("db-1", timeout=LIMIT)
        server.settimeout(LONG)
        connected, _ = server.accept()
        connected.close()


def connection(server: socket.socket) -> dict[str, Any]:
    return {
        "endpoint_url": f"http://127.0.0.1:{server.getsockname()[1]}",
        "session": Session("any", "any", region_name="us-east-1"),
        "config": Config(retries={"total_max_attempts": 1}, read_timeout=LONG),
    }


class Trickle(threading.Thread):
    """A server that sends a byte now and then, so that no timeout of botocore's passes."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.is_over = threading.Event()

    def run(self) -> None:
        connected, _ = self.server.accept()
        with connected, self.server, suppress(OSError):
            connected.recv(65536)
            connected.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
            while not self.is_over.wait(0.02):
                connected.sendall(b" ")


def test_server_that_sends_bytes_slowly_does_not_block_a_wait() -> None:
    server = Trickle()
    server.start()
    client = LightsailSnapClient(**connection(server.server))
    with pytest.raises(WaitTimeoutError):
        client.wait_for_disk_snapshot("db-1", timeout=LIMIT)
    server.is_over.set()
    server.join(LONG)


def test_command_that_gets_no_response_times_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        monkeypatch.setenv("AWS_ENDPOINT_URL_LIGHTSAIL", url)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
        monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
        assert main(["wait", "db-1", "--timeout", "0.1s"]) == 5
        assert "may have been executed out" not in capsys.readouterr().err
        server.settimeout(LONG)
        server.accept()[0].close()


@on_every_interface
def test_process_ends_while_an_abandoned_call_runs(interface: str) -> None:
    program = f"""
import sys, threading
import anyio
from lightsail_snap import AsyncLightsailSnapClient, LightsailSnapClient, WaitTimeoutError
from lightsail_snap._drivers import deadlines
deadlines.GRACE_SECONDS = 0.1
class Silent:
    def send(self, request):
        threading.Event().wait()
    def close(self):
        pass
try:
    if {interface!r} == "sync":
        LightsailSnapClient(transport=Silent()).wait_for_disk_snapshot("db-1", timeout=0.1)
    else:
        async def main():
            client = AsyncLightsailSnapClient(transport=Silent())
            await client.wait_for_disk_snapshot("db-1", timeout=0.1)
        anyio.run(main, backend={interface!r})
except WaitTimeoutError:
    print("timed out")
"""
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-W", "error", "-c", program],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "timed out\n", "")
