"""Whatever the emulator is asked, it opens, runs, loads and calls up nothing."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lightsail_snap.cli import main
from lightsail_snap.cli._errors import ExitCode
from lightsail_snap.emulator import run_server

SERVER = Path(__file__).parent / "audited_server.py"
OPERATIONS = (
    "CopySnapshot", "CreateDisk", "CreateDiskFromSnapshot", "CreateDiskSnapshot",
    "CreateInstanceSnapshot", "CreateInstancesFromSnapshot", "DeleteDisk", "DeleteDiskSnapshot",
    "ExportSnapshot", "GetDisk", "GetDiskSnapshots", "GetOperation", "GetOperations", "GetRegions",
    "TagResource", "UntagResource", "EnableAddOn", "AttachDisk", "__init__", "../../etc/passwd",
    "os.system", "%s%n", "x" * 5000,
)  # fmt: skip
NASTY: tuple[Any, ...] = (
    "disk-1",
    "../../../../etc/passwd",
    "/etc/passwd\x00",
    "file:///etc/passwd",
    "http://192.0.2.1/",
    "$(touch /tmp/x)",
    "`id`",
    "; rm -rf /",
    "| cat",
    "' OR 1=1; --",
    "'; DROP TABLE records; --",
    "ATTACH DATABASE '/tmp/x' AS y",
    "{{7*7}}",
    "${jndi:ldap://192.0.2.1/a}",
    "%(x)s %n",
    "{0.__class__}",
    "__import__('os').system('id')",
    "!!python/object/apply:os.system ['id']",
    "\ud800",
    "x" * 100_000,
    "gASVJAAAAAAAAACMBXBvc2l4lIwGc3lzdGVtlJOUjAl0b3VjaCAvdG1wlIWUUpQu",
    None,
    True,
    10**400,
    -1,
    1e308,
    [],
    {},
    [["x"] * 50],
    {"__class__": "os", "__reduce__": ["os.system", "id"]},
)  # fmt: skip
MEMBERS = (
    "diskName", "instanceName", "diskSnapshotName", "instanceSnapshotName", "resourceName", "tags",
    "tagKeys", "sizeInGb", "availabilityZone", "sourceRegion", "sourceSnapshotName", "operationId",
    "targetSnapshotName", "pageToken", "addOnRequest", "instanceNames", "userData", "restoreDate",
)  # fmt: skip


@contextmanager
def audited() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, str(SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process


def exchange(url: str, request: bytes) -> bytes:
    host, _, port = url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(request)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer


def request(operation: str, body: bytes, *, path: bytes = b"/", more: bytes = b"") -> bytes:
    return (
        b"POST " + path + b" HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
        b"X-Amz-Target: Lightsail_20161128." + operation.encode() + b"\r\n"
        b"Authorization: Credential=k/d/us-east-1/lightsail/aws4_request\r\n" + more
        + b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body
    )  # fmt: skip


def hostile_requests() -> Iterator[bytes]:
    for operation in OPERATIONS:
        for nasty in NASTY:
            members = dict.fromkeys(MEMBERS, nasty)
            yield request(operation, json.dumps(members).encode())
    for nasty in NASTY:
        tags = [{"key": nasty, "value": nasty}]
        create = {"diskSnapshotName": nasty, "diskName": "disk-1", "tags": tags}
        yield request("CreateDiskSnapshot", json.dumps(create).encode())
        yield request("GetDisk", json.dumps({"diskName": nasty}).encode())
        yield request("GetDisk", json.dumps(nasty).encode())
    for path in (b"/../../etc/passwd", b"/%2e%2e/%00", b"http://192.0.2.1/", b"*", b"//x/y?z#a"):
        yield request("GetDisks", b"{}", path=path)
    for header in (
        b"X-Forwarded-For: 192.0.2.1\r\n", b"Forwarded: for=192.0.2.1;proto=x\r\n",
        b"Expect: 100-continue\r\n", b"Upgrade: h2c\r\n", b"Content-Encoding: gzip\r\n",
        b"Content-Type: application/x-python-pickle\r\n", b"Range: bytes=0-\r\n",
    ):  # fmt: skip
        yield request("GetDisks", b"{}", more=header)
    for body in (
        b"[" * 100_000,
        b"\x80\x04\x95",
        b"\x1f\x8b\x08",
        b"<!DOCTYPE x SYSTEM 'file:///'>",
    ):
        yield request("GetDisks", body)
    yield from (b"GARBAGE\r\n\r\n", b"CONNECT 192.0.2.1:80 HTTP/1.1\r\nConnection: close\r\n\r\n")
    yield b"GET /etc/passwd HTTP/1.0\r\n\r\n"


def test_no_request_makes_the_emulator_open_run_load_or_call_anything() -> None:
    with audited() as (url, process):
        assert process.stdin is not None
        # The first call reads botocore's model of the service, which is what it is for.
        good = exchange(url, request("GetDisk", b'{"diskName":"disk-1"}'))
        assert good.startswith(b"HTTP/1.1 200")
        process.stdin.write("listen\n")
        process.stdin.flush()
        answered = 0
        for each in hostile_requests():
            answered += exchange(url, each).startswith(b"HTTP/1.")
        # It lives on.
        assert exchange(url, request("GetRegions", b"{}")).startswith(b"HTTP/1.1 200")
        told, _ = process.communicate("tell\n", timeout=30)
    assert answered > 700
    assert json.loads(told) == []


ACTS = """
        import os
        os.system('true'), open(os.devnull).close(), eval('1'), os.listdir('.')
        try:
            import this_is_none
        except ImportError:
            pass
        is_listening = False
"""


def test_the_hook_hears_what_it_is_for() -> None:
    program = SERVER.read_text(encoding="utf-8").replace("        is_listening = False\n", ACTS)
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", program],
        input="listen\ntell\n",
        capture_output=True,
        text=True,
        check=True,
    )
    heard = {event.split()[0] for event in json.loads(done.stdout.splitlines()[-1])}
    assert heard >= {"os.system", "open", "exec", "compile", "os.listdir", "import"}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", "127.0.0.1.evil"])  # noqa: S104 - all are refused
def test_it_listens_on_this_machine_only(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="allow_remote=True"):
        run_server(on_ready=print, host=host)
    assert main(["emulator", "--host", host]) == ExitCode.USAGE
    assert "--allow-remote" in capsys.readouterr().err
