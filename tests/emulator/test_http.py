"""The HTTP transport with raw sockets: malformed requests, addresses and signals."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any

import boto3.session
import pytest

from lightsail_snap import DiskSource, LightsailSnapClient, SnapshotConflictError
from lightsail_snap.clock import VirtualClock
from lightsail_snap.emulator import Fault, FaultKind, LightsailEmulator, Progression, run_server
from lightsail_snap.errors import ConfigurationError

_SCOPE = b"AWS4-HMAC-SHA256 Credential=key/20231114/us-east-1/lightsail/aws4_request, Signature=0"
_TARGET = b"X-Amz-Target: Lightsail_20161128.GetDisks\r\n"
_SIGNED = b"Authorization: " + _SCOPE + b"\r\n"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with LightsailEmulator(clock=VirtualClock()) as emulator, emulator.serve() as url:
        yield url


def exchange(url: str, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send bytes, and read the response until the connection closes."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port)), timeout=5) as connection:
        connection.sendall(request)
        response = b""
        while piece := connection.recv(65536):
            response += piece
    head, _, body = response.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(first.split()[1]), headers, body


def post(headers: bytes, body: bytes = b"{}") -> bytes:
    length = str(len(body)).encode()
    close = b"Host: h\r\nConnection: close\r\nContent-Length: " + length
    return b"POST / HTTP/1.1\r\n" + headers + close + b"\r\n\r\n" + body


def test_signed_request_gets_the_service_headers(url: str) -> None:
    status, headers, body = exchange(url, post(_TARGET + _SIGNED))
    assert (status, body) == (200, b'{"disks":[]}')
    assert headers["content-type"] == "application/x-amz-json-1.1"
    # The emulator's clock is in 2023; the date over HTTP is the machine's.
    sent = parsedate_to_datetime(headers["date"].title())
    assert abs(sent.timestamp() - time.time()) < 120
    assert len(headers["x-amzn-requestid"]) == 36
    assert "server" not in headers


def test_chunked_request_is_accepted(url: str) -> None:
    request = (
        b"POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n"
        + _TARGET
        + _SIGNED
        + b"\r\n2\r\n{}\r\n0\r\n\r\n"
    )
    assert exchange(url, request)[2] == b'{"disks":[]}'


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        (b"", "UnknownOperationException"),
        (b"X-Amz-Target: DynamoDB_20120810.ListTables\r\n" + _SIGNED, "UnknownOperationException"),
        (b"X-Amz-Target: Lightsail_20161128.\r\n" + _SIGNED, "UnknownOperationException"),
        (_TARGET, "MissingAuthenticationTokenException"),
        (_TARGET + b"Authorization: Bearer x\r\n", "IncompleteSignatureException"),
        (
            _TARGET + b"Authorization: Credential=k/d/lightsail/aws4_request\r\n",
            "IncompleteSignatureException",
        ),
        (
            _TARGET + b"Authorization: Credential=k/d//lightsail/aws4_request\r\n",
            "IncompleteSignatureException",
        ),
        (
            _TARGET + b"Authorization: Credential=k/d/us-east-1/lightsail/aws5\r\n",
            "IncompleteSignatureException",
        ),
        (
            _TARGET + b"Authorization: Credential=k/d/us-east-1/ec2/aws4_request\r\n",
            "InvalidSignatureException",
        ),
        (
            _TARGET + b"Authorization: Credential=k/d/mars-1/lightsail/aws4_request\r\n",
            "InvalidInputException",
        ),
    ],
)
def test_request_without_target_or_scope_gets_a_typed_error(
    url: str, headers: bytes, kind: str
) -> None:
    status, _, body = exchange(url, post(headers))
    assert (status, json.loads(body)["__type"]) == (400, kind)


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GARBAGE\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nX: ".ljust(2**18, b"x"), 431),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (post(_TARGET + _SIGNED, b" " * (2**20 + 1)), 413),
    ],
)
def test_malformed_http_gets_a_typed_error_and_service_continues(
    url: str, request_bytes: bytes, status: int
) -> None:
    got, headers, body = exchange(url, request_bytes)
    assert got == status
    assert headers["content-type"] == "application/x-amz-json-1.1"
    assert json.loads(body)["__type"] in {
        "MalformedHttpRequestException",
        "RequestEntityTooLargeException",
    }
    # The server still works.
    assert exchange(url, post(_TARGET + _SIGNED))[0] == 200


def test_client_disconnect_does_not_affect_others(url: str) -> None:
    host, _, port = url.removeprefix("http://").rpartition(":")
    for part in (b"", b"POST", post(_TARGET + _SIGNED)[:-1], post(_TARGET + _SIGNED)):
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(part)
    assert exchange(url, post(_TARGET + _SIGNED))[0] == 200


def test_remote_address_needs_allow_remote() -> None:
    with LightsailEmulator() as emulator:
        for host in ("0.0.0.0", "", "example.com", "192.0.2.1"):  # noqa: S104 - it is refused
            with (
                pytest.raises(ValueError, match="allow_remote"),
                emulator.serve(host=host),
            ):
                pytest.fail("it serves")  # pragma: no cover - it does not
        with emulator.serve(host="0.0.0.0", allow_remote=True) as url:  # noqa: S104 - allowed here
            port = url.rpartition(":")[2]
            assert exchange(f"http://127.0.0.1:{port}", post(_TARGET + _SIGNED))[0] == 200
        with emulator.serve(host="localhost") as url:
            assert url.startswith("http://127.0.0.1:")


def test_ipv6_loopback_address_is_served() -> None:
    with LightsailEmulator() as emulator:
        try:
            with emulator.serve(host="::1") as url:
                assert exchange(url, post(_TARGET + _SIGNED))[0] == 200
        except ConfigurationError as error:  # pragma: no cover - on machines without IPv6
            pytest.skip(str(error))


def test_unusable_address_raises_configuration_error() -> None:
    with LightsailEmulator() as emulator, emulator.serve() as url:
        port = int(url.rpartition(":")[2])
        for taken in (port, 99_999):
            with pytest.raises(ConfigurationError, match="cannot listen"):
                emulator.serve(port=taken).__enter__()
        for scope in ("\0", "\ud800", "none such"):
            with pytest.raises(ConfigurationError, match="cannot listen"):
                emulator.serve(host=f"::1%{scope}").__enter__()


def test_serve_without_waitress_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lightsail_snap.emulator._http_server", None)
    with (
        LightsailEmulator() as emulator,
        pytest.raises(ConfigurationError, match=r"lightsail-snap\[emulator\]"),
    ):
        emulator.serve().__enter__()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_run_server_stops_on_signal(number: int, tmp_path: Any) -> None:
    before = signal.getsignal(number)
    urls: list[str] = []

    def on_ready(url: str) -> None:
        urls.append(url)
        assert exchange(url, post(_TARGET + _SIGNED))[0] == 200
        os.kill(os.getpid(), number)

    run_server(on_ready=on_ready, state=tmp_path / "state", progression=Progression.instant())
    assert len(urls) == 1
    assert signal.getsignal(number) is before


def test_clock_ahead_of_the_machine_keeps_an_older_snapshot_a_conflict() -> None:
    clock = VirtualClock(time.time() + 864_000)
    with LightsailEmulator(clock=clock) as emulator, emulator.serve() as url:
        emulator.add_disk("disk-1", region_name="us-east-1")
        another = emulator.boto3_client("us-east-1")
        another.create_disk_snapshot(diskName="disk-1", diskSnapshotName="nightly")
        clock.sleep(3600)
        session = boto3.session.Session("key", "secret")
        emulator.inject(Fault(kind=FaultKind.DROP, operation="CreateDiskSnapshot"))
        made = session.client("lightsail", "us-east-1", endpoint_url=url)
        with LightsailSnapClient(made, clock=clock) as client, pytest.raises(SnapshotConflictError):
            client.take_disk_snapshot("nightly", DiskSource(disk_name="disk-1"))
        made.close()
