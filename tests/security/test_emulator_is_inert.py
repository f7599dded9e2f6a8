"""No request makes the emulator open a file or connection, run code or load a module."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.security.raw_http import build_request, send

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
HOSTILE_VALUES: tuple[Any, ...] = (
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
FIELDS = (
    "diskName", "instanceName", "diskSnapshotName", "instanceSnapshotName", "resourceName", "tags",
    "tagKeys", "sizeInGb", "availabilityZone", "sourceRegion", "sourceSnapshotName", "operationId",
    "targetSnapshotName", "pageToken", "addOnRequest", "instanceNames", "userData", "restoreDate",
)  # fmt: skip


@contextmanager
def audited() -> Iterator[tuple[str, subprocess.Popen[str]]]:
    with subprocess.Popen(  # noqa: S603 - a file of these tests
        [sys.executable, str(SERVER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip(), process


def hostile_requests() -> Iterator[bytes]:
    for operation in OPERATIONS:
        for value in HOSTILE_VALUES:
            fields = dict.fromkeys(FIELDS, value)
            yield build_request(operation, json.dumps(fields).encode())
    for value in HOSTILE_VALUES:
        tags = [{"key": value, "value": value}]
        create = {"diskSnapshotName": value, "diskName": "disk-1", "tags": tags}
        yield build_request("CreateDiskSnapshot", json.dumps(create).encode())
        yield build_request("GetDisk", json.dumps({"diskName": value}).encode())
        yield build_request("GetDisk", json.dumps(value).encode())
    for path in (b"/../../etc/passwd", b"/%2e%2e/%00", b"http://192.0.2.1/", b"*", b"//x/y?z#a"):
        yield build_request("GetDisks", b"{}", path=path)
    for header in (
        b"X-Forwarded-For: 192.0.2.1\r\n", b"Forwarded: for=192.0.2.1;proto=x\r\n",
        b"Expect: 100-continue\r\n", b"Upgrade: h2c\r\n", b"Content-Encoding: gzip\r\n",
        b"Content-Type: application/x-python-pickle\r\n", b"Range: bytes=0-\r\n",
    ):  # fmt: skip
        yield build_request("GetDisks", b"{}", headers=header)
    for body in (
        b"[" * 100_000,
        b"\x80\x04\x95",
        b"\x1f\x8b\x08",
        b"<!DOCTYPE x SYSTEM 'file:///'>",
    ):
        yield build_request("GetDisks", body)
    yield from (b"GARBAGE\r\n\r\n", b"CONNECT 192.0.2.1:80 HTTP/1.1\r\nConnection: close\r\n\r\n")
    yield b"GET /etc/passwd HTTP/1.0\r\n\r\n"


def test_emulator_under_hostile_requests_causes_no_audit_event() -> None:
    with audited() as (url, process):
        assert process.stdin is not None
        # The first call reads botocore's service model, as intended.
        valid = send(url, build_request("GetDisk", b'{"diskName":"disk-1"}'))
        assert valid.startswith(b"HTTP/1.1 200")
        process.stdin.write("record\n")
        process.stdin.flush()
        responses = 0
        for request in hostile_requests():
            responses += send(url, request).startswith(b"HTTP/1.")
        # It still serves.
        assert send(url, build_request("GetRegions")).startswith(b"HTTP/1.1 200")
        events, _ = process.communicate("report\n", timeout=30)
    assert responses > 700
    assert json.loads(events) == []


FORBIDDEN_ACTIONS = """
        import os
        os.system('true'), open(os.devnull).close(), eval('1'), os.listdir('.')
        try:
            import missing_module
        except ImportError:
            pass
        is_recording = False
"""


def test_audited_server_records_forbidden_actions() -> None:
    program = SERVER.read_text(encoding="utf-8")
    program = program.replace("        is_recording = False\n", FORBIDDEN_ACTIONS)
    done = subprocess.run(  # noqa: S603 - a file of these tests
        [sys.executable, "-c", program],
        input="record\nreport\n",
        capture_output=True,
        text=True,
        check=True,
    )
    recorded = {event.split()[0] for event in json.loads(done.stdout.splitlines()[-1])}
    assert recorded >= {"os.system", "open", "exec", "compile", "os.listdir", "import"}


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com", "127.0.0.1.evil"])  # noqa: S104 - each is refused
def test_emulator_on_public_host_is_refused(host: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ValueError, match="allow_remote=True"):
        run_server(on_ready=print, host=host)
    assert main(["emulator", "--host", host]) == ExitCode.USAGE
    assert "--allow-remote" in capsys.readouterr().err
