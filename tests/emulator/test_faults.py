"""Injected faults over both transports."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    EndpointConnectionError,
    ReadTimeoutError,
)
from waitress.adjustments import Adjustments

from lightsail_snap.clock import SystemClock
from lightsail_snap.emulator import Fault, FaultKind, LightsailEmulator, _http_server

_ONE_ATTEMPT = Config(retries={"total_max_attempts": 1})
_CREATE = {"diskName": "Disk-1", "diskSnapshotName": "snap-1"}


@pytest.fixture(params=["in-process", "http"])
def transport(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def unchecked(make_harness: Any, transport: str) -> Any:
    harness = make_harness(transport=transport, is_checked=False)
    harness.emulator.add_disk("Disk-1", region_name="us-east-1")
    return harness


def is_executed(harness: Any) -> bool:
    return bool(harness.call("GetDiskSnapshots")["diskSnapshots"])


@pytest.mark.sample(3)
@pytest.mark.parametrize("after_commit", [False, True])
@pytest.mark.parametrize(
    ("kind", "error"),
    [(FaultKind.DROP, ConnectionClosedError), (FaultKind.TIMEOUT, ReadTimeoutError)],
)
def test_fault_without_response_raises_the_network_error(
    unchecked: Any, kind: FaultKind, error: type[Exception], *, after_commit: bool
) -> None:
    unchecked.emulator.inject(Fault(kind=kind, after_commit=after_commit))
    with pytest.raises(error):
        unchecked.call("CreateDiskSnapshot", **_CREATE)
    assert is_executed(unchecked) is after_commit


def test_refused_connection_does_not_execute_the_call(unchecked: Any, transport: str) -> None:
    unchecked.emulator.inject(Fault(kind=FaultKind.REFUSE))
    # Over HTTP the client is connected already, and the connection can only close.
    with pytest.raises(
        EndpointConnectionError if transport == "in-process" else ConnectionClosedError
    ):
        unchecked.call("CreateDiskSnapshot", **_CREATE)
    assert not is_executed(unchecked)


@pytest.mark.sample(5)
@pytest.mark.parametrize("after_commit", [False, True])
@pytest.mark.parametrize(
    ("status", "code"),
    [(None, "ServiceException"), (502, "502"), (503, "503"), (599, "ServiceException")],
)
def test_server_error_has_the_requested_status(
    unchecked: Any, status: int | None, code: str, *, after_commit: bool
) -> None:
    fault = Fault(kind=FaultKind.SERVER_ERROR, status=status, after_commit=after_commit)
    unchecked.emulator.inject(fault)
    with pytest.raises(ClientError) as caught:
        unchecked.call("CreateDiskSnapshot", **_CREATE)
    response = caught.value.response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == (status or 500)
    assert response["Error"]["Code"] == code
    assert is_executed(unchecked) is after_commit


@pytest.mark.parametrize("status", [None, 400, 429])
def test_throttling_does_not_execute_the_call(unchecked: Any, status: int | None) -> None:
    unchecked.emulator.inject(Fault(kind=FaultKind.THROTTLE, status=status))
    with pytest.raises(ClientError, match="Rate exceeded") as caught:
        unchecked.call("CreateDiskSnapshot", **_CREATE)
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == (status or 400)
    assert caught.value.response["Error"]["Code"] == "ThrottlingException"
    assert not is_executed(unchecked)


def raw_response(harness: Any, operation: str = "create_disk_snapshot") -> tuple[Any, ...]:
    """Make a call, and return its raw response, valid or not."""
    seen: list[tuple[Any, ...]] = []
    client = harness.client()
    client.meta.events.register_last(
        "before-parse.lightsail",
        lambda response_dict, **_: seen.append(
            (response_dict["status_code"], dict(response_dict["headers"]), response_dict["body"])
        ),
        unique_id="raw",
    )
    # botocore's parser may fail; only the bytes matter here.
    with contextlib.suppress(Exception):
        getattr(client, operation)(**(_CREATE if operation == "create_disk_snapshot" else {}))
    client.meta.events.unregister("before-parse.lightsail", unique_id="raw")
    (response,) = seen
    return response


@pytest.mark.sample(4)
@pytest.mark.parametrize(
    ("kind", "begins", "content_type"),
    [
        (FaultKind.GARBAGE, b'{"operations": [{"id": "\xff', "application/x-amz-json-1.1"),
        (FaultKind.HTML, b"<!DOCTYPE html>", "text/html"),
        (FaultKind.EMPTY, b"", "application/x-amz-json-1.1"),
    ],
)
@pytest.mark.parametrize("after_commit", [False, True])
def test_unexpected_body_arrives_with_status_200(
    unchecked: Any, kind: FaultKind, begins: bytes, content_type: str, *, after_commit: bool
) -> None:
    unchecked.emulator.inject(Fault(kind=kind, after_commit=after_commit))
    status, headers, body = raw_response(unchecked)
    assert (status, headers["Content-Type"]) == (200, content_type)
    assert body.startswith(begins)
    assert bool(body) is bool(begins)
    assert is_executed(unchecked) is after_commit


def test_truncated_body_has_half_the_announced_length(unchecked: Any) -> None:
    unchecked.emulator.inject(Fault(kind=FaultKind.TRUNCATE))
    status, headers, body = raw_response(unchecked)
    assert status == 200
    assert len(body) == int(headers["Content-Length"]) // 2
    assert is_executed(unchecked)


def test_wrong_types_change_every_field_after_execution(unchecked: Any) -> None:
    unchecked.emulator.inject(Fault(kind=FaultKind.WRONG_TYPES))
    status, headers, body = raw_response(unchecked)
    assert (status, len(body)) == (200, int(headers["Content-Length"]))
    assert b'{"operations":{"0":{"createdAt":{"value":1700000000.0},"id":["' in body
    assert is_executed(unchecked)
    unchecked.call("DeleteDiskSnapshot", diskSnapshotName="snap-1")
    unchecked.emulator.inject(Fault(kind=FaultKind.WRONG_TYPES))
    # An empty list has no values, so the list itself has another type.
    assert raw_response(unchecked, "get_disk_snapshots")[2] == b'{"diskSnapshots":"none"}'


def test_delay_passes_on_the_emulator_clock(unchecked: Any) -> None:
    unchecked.emulator.inject(Fault(kind=FaultKind.DELAY, seconds=3600))
    before = unchecked.clock.time()
    unchecked.call("CreateDiskSnapshot", **_CREATE)
    assert unchecked.clock.time() == before + 3600


def test_delay_over_http_takes_real_time_with_the_system_clock(make_harness: Any) -> None:
    harness = make_harness(clock=SystemClock(), transport="http")
    harness.emulator.inject(Fault(kind=FaultKind.DELAY, seconds=0.05))
    before = time.monotonic()
    harness.call("GetDisks")
    assert time.monotonic() - before >= 0.05


def outcomes(harness: Any, operation: str, count: int) -> str:
    def one() -> str:
        try:
            harness.call(operation)
        except ClientError:
            return "x"
        return "."

    return "".join(one() for _ in range(count))


def test_fault_affects_calls_by_operation_skip_and_times(make_harness: Any) -> None:
    harness = make_harness()
    throttle = FaultKind.THROTTLE
    harness.emulator.inject(Fault(kind=throttle, operation="GetDisks", skip=2, times=2))
    assert outcomes(harness, "GetInstances", 3) == "..."
    assert outcomes(harness, "GetDisks", 6) == "..xx.."
    harness.emulator.inject(Fault(kind=throttle, times=None))
    assert outcomes(harness, "GetDisks", 5) == "xxxxx"
    harness.emulator.clear_faults()
    assert outcomes(harness, "GetDisks", 2) == ".."
    assert harness.emulator.calls == {"GetInstances": 3, "GetDisks": 13}


def test_probability_repeats_with_the_same_seed(make_harness: Any) -> None:
    def one(seed: int) -> str:
        harness = make_harness(seed=seed)
        harness.emulator.inject(Fault(kind=FaultKind.THROTTLE, times=None, probability=0.5))
        return outcomes(harness, "GetDisks", 40)

    assert one(1) == one(1) != one(2)
    assert 10 <= one(1).count("x") <= 30


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"kind": "earthquake"}, "not a valid FaultKind"),
        ({"kind": "drop", "times": 0}, "times"),
        ({"kind": "drop", "skip": -1}, "skip"),
        ({"kind": "drop", "probability": 1.5}, "probability"),
        ({"kind": "delay", "seconds": -1}, "seconds"),
        ({"kind": "drop", "status": 500}, "status 500 is not valid for drop"),
        ({"kind": "server-error", "status": 404}, "status 404"),
        ({"kind": "throttle", "status": 503}, "status 503"),
        (
            {"kind": "throttle", "after_commit": True},
            "never executes the call, so after_commit must be False",
        ),
        (
            {"kind": "refuse", "after_commit": True},
            "never executes the call, so after_commit must be False",
        ),
    ],
)
def test_fault_with_invalid_values_is_refused(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Fault(**wrong)


def test_fault_kind_accepts_a_plain_string() -> None:
    name: Any = "drop"
    assert Fault(kind=name).kind is FaultKind.DROP


def test_timed_out_request_ends_when_the_server_stops() -> None:
    with LightsailEmulator() as emulator:
        emulator.inject(Fault(kind=FaultKind.TIMEOUT))
        with emulator.serve() as url:
            host, port = url.removeprefix("http://").split(":")
            waiting = socket.create_connection((host, int(port)))
            waiting.sendall(
                b"POST / HTTP/1.1\r\nHost: h\r\nX-Amz-Target: Lightsail_20161128.GetDisks\r\n"
                b"Authorization: Credential=a/b/us-east-1/lightsail/aws4_request\r\n\r\n"
            )
            while not emulator.calls["GetDisks"]:
                time.sleep(0.001)
        assert waiting.recv(1) == b""
        waiting.close()


@pytest.mark.parametrize("kind", [FaultKind.TIMEOUT, FaultKind.DELAY])
@pytest.mark.parametrize("count", [16, 40])
def test_delayed_requests_do_not_delay_others(kind: FaultKind, count: int) -> None:
    released = threading.Event()

    class Clock(SystemClock):
        def sleep(self, seconds: float) -> None:
            if seconds:
                released.wait(60)

    with LightsailEmulator(clock=Clock()) as emulator, contextlib.ExitStack() as stack:
        seconds = 3600 if kind is FaultKind.DELAY else 0
        fault = Fault(kind=kind, operation="GetDisks", seconds=seconds, times=None)
        emulator.inject(fault)
        url = stack.enter_context(emulator.serve())
        host, port = url.removeprefix("http://").split(":")
        stack.callback(released.set)
        for _ in range(count):
            connection = socket.create_connection((host, int(port)))
            stack.callback(connection.close)
            connection.sendall(_request("GetDisks"))
        # If they occupied the workers, this request would time out.
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            connection.sendall(_request("GetInstances"))
            assert connection.recv(15) == b"HTTP/1.1 200 OK"
        while emulator.calls["GetDisks"] < count:
            time.sleep(0.001)


def _request(operation: str) -> bytes:
    return (
        f"POST / HTTP/1.1\r\nHost: h\r\nX-Amz-Target: Lightsail_20161128.{operation}\r\n"
        "Authorization: Credential=a/b/us-east-1/lightsail/aws4_request\r\n\r\n"
    ).encode()


def _server_threads() -> set[threading.Thread]:
    return {each for each in threading.enumerate() if each.name == "lightsail-emulator"}


def test_threads_of_delayed_requests_end_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_http_server, "_MAX_DELAYED", 2)
    before, released = _server_threads(), threading.Semaphore(0)

    class Clock(SystemClock):
        def sleep(self, seconds: float) -> None:
            assert seconds == 1
            assert released.acquire(timeout=60)

    with LightsailEmulator(clock=Clock()) as emulator, contextlib.ExitStack() as stack:
        emulator.inject(Fault(kind=FaultKind.DELAY, operation="GetDisks", seconds=1, times=None))
        url = stack.enter_context(emulator.serve())
        host, port = url.removeprefix("http://").split(":")
        connections = []
        for sent in range(1, 5):
            connections.append(socket.create_connection((host, int(port)), timeout=60))
            stack.callback(connections[-1].close)
            connections[-1].sendall(_request("GetDisks"))
            # The third and last thread waits, too, so the fourth request stays unread.
            while emulator.calls["GetDisks"] < min(sent, 3):
                time.sleep(0.001)
        assert len(_server_threads() - before) == 3
        released.release(4)
        for connection in connections:
            assert connection.recv(15) == b"HTTP/1.1 200 OK"
        while len(_server_threads() - before) > 1:
            time.sleep(0.001)
    assert _server_threads() == before


def test_service_continues_if_no_thread_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("can't start new thread")

    with LightsailEmulator() as emulator, emulator.serve() as url:
        host, port = url.removeprefix("http://").split(":")
        emulator.inject(Fault(kind=FaultKind.DELAY))
        monkeypatch.setattr(threading.Thread, "start", fail)
        for status in (b"500", b"200"):
            with socket.create_connection((host, int(port)), timeout=60) as connection:
                connection.sendall(_request("GetDisks"))
                assert connection.recv(12) == b"HTTP/1.1 " + status


def test_clock_that_raises_closes_the_connection_and_service_continues(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Clock(SystemClock):
        def sleep(self, seconds: float) -> None:
            raise SystemExit(seconds)

    with LightsailEmulator(clock=Clock()) as emulator, emulator.serve() as url:
        host, port = url.removeprefix("http://").split(":")
        emulator.inject(Fault(kind=FaultKind.DELAY))
        for response in (b"", b"HTTP/1.1 200 OK"):
            with socket.create_connection((host, int(port)), timeout=60) as connection:
                connection.sendall(_request("GetDisks"))
                assert connection.recv(15) == response
    assert "a request failed: SystemExit" in caplog.text


def test_client_that_does_not_read_its_responses_does_not_stop_service(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def adjust(**options: Any) -> Adjustments:
        return Adjustments(**options, outbuf_high_watermark=1)

    monkeypatch.setattr(_http_server, "Adjustments", adjust)
    with LightsailEmulator() as emulator, emulator.serve() as url:
        for number in range(100):
            tags = {f"key-{index}": "x" * 256 for index in range(40)}
            emulator.add_disk(f"disk-{number}", region_name="us-east-1", tags=tags)
        size = len(emulator.handle("us-east-1", "GetDisks", {}).body)
        host, port = url.removeprefix("http://").split(":")
        # More than the buffers of both sockets hold.
        count = 20
        with socket.create_connection((host, int(port)), timeout=60) as slow:
            slow.sendall(_request("GetDisks") * count)
            while not emulator.calls["GetDisks"]:
                time.sleep(0.001)
            with socket.create_connection((host, int(port)), timeout=60) as other:
                other.sendall(_request("GetInstances"))
                assert other.recv(15) == b"HTTP/1.1 200 OK"
            left = count * size
            while left > 0:
                left -= len(slow.recv(2**16))
        assert emulator.calls["GetDisks"] == count


def test_log_of_a_dropped_request_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level("INFO", "lightsail_snap.emulator.http"),
        LightsailEmulator() as emulator,
        emulator.serve() as url,
    ):
        host, port = url.removeprefix("http://").split(":")
        emulator.inject(Fault(kind=FaultKind.DROP))
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            connection.sendall(_request("GetDisks").replace(b"/", b"/a%0Ab", 1))
            assert connection.recv(1) == b""
    messages = [record.getMessage() for record in caplog.records]
    assert [text for text in messages if "Client disconnected while serving /a" in text]
    assert not any("\n" in text for text in messages)
