"""Nobody on the other side of a connection can forge a line of a log."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import boto3.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.config import Config
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lightsail_snap import (
    DiskSource,
    LightsailSnapClient,
    LightsailSnapError,
    VirtualClock,
)
from lightsail_snap._drivers.calls import tell
from lightsail_snap._workflows.effects import Log
from lightsail_snap.emulator import Fault, FaultKind, LightsailEmulator

FORGED = "x\r\n2026-11-23 CRITICAL root: forged\x1b[2J\u2028\u202e\x85\x00"
# What a careless format shows of a record, its message first.
SHOWN = ("operation", "request_id", "http_status", "error", "plan", "step", "status", "reason")


class Lines(logging.Handler):
    """Keeps records as a format would write them that shows everything."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        facts = " ".join(f"{name}={getattr(record, name, None)}" for name in SHOWN)
        self.lines.append(f"{logging.Formatter().format(record)} {facts}")


@pytest.fixture
def lines() -> Iterator[list[str]]:
    handler = Lines()
    loggers = [logging.getLogger(name) for name in ("lightsail_snap", "waitress")]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield handler.lines
    for logger, level in zip(loggers, before, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


def assert_each_is_one_line(lines: list[str]) -> None:
    assert lines
    for line in lines:
        assert line.isprintable(), line


SESSION = boto3.session.Session("AKIAIOSFODNN7EXAMPLE", "secret", region_name="us-east-1")


class Server:
    """A Lightsail that answers what it is told to, headers and all."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        config = Config(retries={"total_max_attempts": 1})
        self.boto: Any = SESSION.client("lightsail", config=config)
        self.boto.meta.events.register_last("before-send.lightsail", self._answer)
        self.client = LightsailSnapClient(self.boto, clock=VirtualClock())

    def _answer(self, request: Any, **_: Any) -> AWSResponse:
        status, headers, body = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

        class Raw:
            def stream(self) -> Iterator[bytes]:
                yield body

        return AWSResponse(request.url, status, headers, Raw())


SERVER = Server()


@given(st.one_of(st.just(FORGED), st.text(max_size=20)), st.sampled_from([200, 400, 500]))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_answer_forges_a_line(lines: list[str], text: str, status: int) -> None:
    operation: dict[str, Any] = {
        "id": text,
        "resourceName": text,
        "status": text,
        "errorCode": text,
    }
    operation |= {"errorDetails": text, "isTerminal": True, "operationType": text}
    disk = {"name": text, "state": text, "progress": text, "arn": text}
    body = {
        "__type": text, "code": text, "message": text, "tip": text, "docs": text,
        "operation": operation, "operations": [operation], "disk": disk, "diskSnapshot": disk,
        "nextPageToken": text,
    }  # fmt: skip
    SERVER.answers = [(status, {"x-amzn-RequestId": text, "Date": text}, json.dumps(body).encode())]
    client = SERVER.client
    for act in (
        lambda: client.get_disk("disk-1"),
        lambda: client.wait_for_operation("1", timeout=5),
        lambda: client.wait_for_disk_snapshot("db-1", timeout=5),
        lambda: client.take_disk_snapshot("db-1", DiskSource(disk_name="disk-1"), timeout=5),
        lambda: list(client.iter_disk_snapshots()),
    ):
        with suppress(LightsailSnapError):
            act()
    assert_each_is_one_line(lines)
    lines.clear()


def test_no_note_forges_a_line(lines: list[str]) -> None:
    tell(Log(logging.WARNING, FORGED, {"error": FORGED, "status": 5}))
    assert_each_is_one_line(lines)


def test_a_folded_header_forges_no_line(lines: list[str]) -> None:
    body = b'{"disk":{"name":"disk-1"}}'
    answer = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\n"
        b"x-amzn-RequestId: 1\r\n 2026-11-23 CRITICAL root: forged\x1b[2J\r\n"
        b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

        server = threading.Thread(target=serve)
        server.start()
        with LightsailSnapClient(
            session=SESSION, endpoint_url=f"http://127.0.0.1:{listener.getsockname()[1]}"
        ) as client:
            result = client.get_disk("disk-1")
        server.join()
    # The result holds the header as it came; no line of the log does.
    assert "forged" in (result.response_metadata.request_id or "")
    assert_each_is_one_line(lines)


def exchange(url: str, request: bytes) -> bytes:
    host, _, port = url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(request)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer


HOSTILE_PATH = b"/%0d%0a2026-11-23%20CRITICAL%20root:%20forged%1b[2J"


def hostile(operation: str, body: bytes = b"{}", path: bytes = HOSTILE_PATH) -> bytes:
    scope = b"Credential=k/d/us-east-1/lightsail/aws4_request"
    return (
        b"POST " + path + b" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
        b"X-Amz-Target: Lightsail_20161128." + operation.encode("latin-1") + b"\r\n"
        b"Authorization: " + scope + b"\r\nContent-Length: " + str(len(body)).encode()
        + b"\r\n\r\n" + body
    )  # fmt: skip


def test_no_request_forges_a_line_of_the_emulator(
    lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with LightsailEmulator(clock=VirtualClock()) as emulator, emulator.serve() as url:
        # waitress tells at the level INFO which path it served when a client went away.
        for kind in (FaultKind.DROP, FaultKind.TRUNCATE, FaultKind.GARBAGE):
            emulator.inject(Fault(kind=kind))
            exchange(url, hostile("GetDisks"))
        exchange(url, hostile("Get\x1b[2JDisks"))
        exchange(url, hostile("GetDisk", b'{"diskName":"a\\r\\nforged"}'))
        assert any("forged" in line for line in lines)

        def fail(*_: Any) -> None:
            raise RuntimeError(FORGED)

        # A fault of the emulator itself, whose text may quote anything.
        monkeypatch.setattr(LightsailEmulator, "_execute", fail)
        assert b"ServiceException" in exchange(url, hostile("GetDisks"))
        assert any("GetDisks failed in the emulator: RuntimeError: x" in line for line in lines)
    assert_each_is_one_line(lines)


def test_a_fault_outside_the_emulators_logic_forges_no_line(
    lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with LightsailEmulator() as emulator, emulator.serve() as url:

        def fail(*_: Any) -> None:
            raise RuntimeError(FORGED)

        monkeypatch.setattr(emulator, "_respond", fail)
        assert exchange(url, hostile("GetDisks")).startswith(b"HTTP/1.1 500 ")
    assert_each_is_one_line(lines)
