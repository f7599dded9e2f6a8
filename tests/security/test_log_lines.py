"""The other side of a connection cannot forge log lines."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import boto3.session
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.security.raw_http import build_request, responding, send
from tests.support import FixedNetwork

from lightsail_snap import (
    DiskSource,
    LightsailSnapClient,
    LightsailSnapError,
    VirtualClock,
)
from lightsail_snap._drivers.calls import write_log
from lightsail_snap._workflows.effects import Log
from lightsail_snap.emulator import Fault, FaultKind, LightsailEmulator

FORGED = "x\r\n2026-11-23 CRITICAL root: forged\x1b[2J\u2028\u202e\x85\x00"
# Attributes of log records that a format may include.
ATTRIBUTES = ("operation", "request_id", "http_status", "error", "plan", "step", "status", "reason")


class Lines(logging.Handler):
    """Handler that keeps each record as a format with every attribute would write it."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        facts = " ".join(f"{name}={getattr(record, name, None)}" for name in ATTRIBUTES)
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


SERVER = FixedNetwork()


@given(st.one_of(st.just(FORGED), st.text(max_size=20)), st.sampled_from([200, 400, 500]))
@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_response_with_line_breaks_forges_no_log_line(
    lines: list[str], text: str, status: int
) -> None:
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
    headers = {"x-amzn-RequestId": text, "Date": text}
    SERVER.response = status, headers, json.dumps(body).encode()
    client = SERVER.client
    for call in (
        lambda: client.get_disk("disk-1"),
        lambda: client.wait_for_operation("1", timeout=5),
        lambda: client.wait_for_disk_snapshot("db-1", timeout=5),
        lambda: client.take_disk_snapshot("db-1", DiskSource(disk_name="disk-1"), timeout=5),
        lambda: list(client.iter_disk_snapshots()),
    ):
        with suppress(LightsailSnapError):
            call()
    assert_each_is_one_line(lines)
    lines.clear()


def test_log_effect_with_line_breaks_forges_no_log_line(lines: list[str]) -> None:
    write_log(Log(logging.WARNING, FORGED, {"error": FORGED, "status": 5}))
    assert_each_is_one_line(lines)


def test_folded_header_forges_no_log_line(lines: list[str]) -> None:
    body = b'{"disk":{"name":"disk-1"}}'
    response = (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\n"
        b"x-amzn-RequestId: 1\r\n 2026-11-23 CRITICAL root: forged\x1b[2J\r\n"
        b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body
    )
    with (
        responding(response) as url,
        LightsailSnapClient(session=SESSION, endpoint_url=url) as client,
    ):
        result = client.get_disk("disk-1")
    # The result has the header unchanged; no log line does.
    assert "forged" in (result.response_metadata.request_id or "")
    assert_each_is_one_line(lines)


HOSTILE_PATH = b"/%0d%0a2026-11-23%20CRITICAL%20root:%20forged%1b[2J"


def send_hostile(url: str, operation: str, body: bytes = b"{}") -> bytes:
    return send(url, build_request(operation, body, path=HOSTILE_PATH))


def test_request_with_line_breaks_forges_no_emulator_log_line(
    lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with LightsailEmulator(clock=VirtualClock()) as emulator, emulator.serve() as url:
        # waitress logs the path at the level INFO if the client has disconnected.
        for kind in (FaultKind.DROP, FaultKind.TRUNCATE, FaultKind.GARBAGE):
            emulator.inject(Fault(kind=kind))
            send_hostile(url, "GetDisks")
        send_hostile(url, "Get\x1b[2JDisks")
        send_hostile(url, "GetDisk", b'{"diskName":"a\\r\\nforged"}')
        assert any("forged" in line for line in lines)

        def fail(*_: Any) -> None:
            raise RuntimeError(FORGED)

        # An internal error of the emulator, whose message may quote anything.
        monkeypatch.setattr(LightsailEmulator, "_execute", fail)
        assert b"ServiceException" in send_hostile(url, "GetDisks")
        assert any("GetDisks failed in the emulator: RuntimeError: x" in line for line in lines)
    assert_each_is_one_line(lines)


def test_internal_server_error_forges_no_emulator_log_line(
    lines: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with LightsailEmulator() as emulator, emulator.serve() as url:

        def fail(*_: Any) -> None:
            raise RuntimeError(FORGED)

        monkeypatch.setattr(emulator, "_respond", fail)
        assert send_hostile(url, "GetDisks").startswith(b"HTTP/1.1 500 ")
    assert_each_is_one_line(lines)
