"""State files over restarts, between processes, and after a killed process."""

from __future__ import annotations

import http.client
import json
import re
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from lightsail_snap.clock import VirtualClock
from lightsail_snap.emulator import LightsailEmulator, Progression, _store
from lightsail_snap.errors import ConfigurationError

_SERVER = """
import sys
from lightsail_snap.emulator import run_server
run_server(on_ready=lambda url: print(url, flush=True), state=sys.argv[1])
"""
_HEADERS = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=k/d/us-east-1/lightsail/aws4_request",
    "Content-Type": "application/x-amz-json-1.1",
}
_CREATORS = 8
_MIN_ACKNOWLEDGED = 200


def test_state_file_keeps_state_over_restarts(tmp_path: Path) -> None:
    clock = VirtualClock()
    state = tmp_path / "harness"
    with LightsailEmulator(clock=clock, state=state) as first:
        first.add_disk("Disk-1", region_name="us-east-1", tags={"k": None})
        client = first.boto3_client("us-east-1")
        made = client.create_disk_snapshot(diskName="Disk-1", diskSnapshotName="s1")["operations"]
        disk = client.get_disk(diskName="Disk-1")["disk"]
    clock.sleep(30)
    polls = Progression.by_polls()
    with LightsailEmulator(clock=clock, state=str(state), progression=polls) as second:
        client = second.boto3_client("us-east-1")
        assert client.get_disk(diskName="Disk-1")["disk"] == disk
        # Operations in progress keep their pace.
        assert client.get_operation(operationId=made[0]["id"])["operation"]["isTerminal"]
        snapshot = client.get_disk_snapshot(diskSnapshotName="s1")["diskSnapshot"]
        assert snapshot["progress"] == "66%"
        client.create_disk_snapshot(diskName="Disk-1", diskSnapshotName="s2")
        client.get_disk_snapshot(diskSnapshotName="s2")
        ids = [one["id"] for one in client.get_operations()["operations"]]
        assert len(set(ids)) == 4
    with LightsailEmulator(clock=clock, state=state) as third:
        client = third.boto3_client("us-east-1")
        # Polls are counted over restarts, too.
        snapshot = client.get_disk_snapshot(diskSnapshotName="s2")["diskSnapshot"]
        assert snapshot["progress"] == "66%"


def test_state_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("this is not a database, and must not become one" * 100)
    with pytest.raises(ConfigurationError, match="is not a state file of this emulator"):
        LightsailEmulator(state=text)
    other = tmp_path / "other"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE mine (x)")
    connection.close()
    with pytest.raises(ConfigurationError, match="is not a state file of this emulator"):
        LightsailEmulator(state=other)
    with pytest.raises(ConfigurationError, match="cannot open the state file"):
        LightsailEmulator(state=tmp_path / "no" / "such" / "directory")


@pytest.mark.parametrize("kind", ["memory", "file", "two on one file"])
def test_concurrent_requests_for_a_name_have_one_winner(kind: str, tmp_path: Path) -> None:
    state = None if kind == "memory" else tmp_path / "harness"
    emulators = [LightsailEmulator(clock=VirtualClock(), state=state)]
    if kind == "two on one file":
        emulators.append(LightsailEmulator(clock=VirtualClock(), state=state, seed=1))
    emulators[0].add_disk("Disk-1", region_name="us-east-1")
    names = [f"snap-{number}" for number in range(20)]

    def create_all(number: int) -> list[int]:
        emulator = emulators[number % len(emulators)]
        return [
            emulator.handle(
                "us-east-1", "CreateDiskSnapshot", {"diskName": "Disk-1", "diskSnapshotName": name}
            ).status
            for name in names
        ]

    with ThreadPoolExecutor(8) as pool:
        statuses = list(zip(*pool.map(create_all, range(8)), strict=True))
    assert all(sorted(one) == [200] + 7 * [400] for one in statuses)
    for emulator in emulators:
        listed = json.loads(emulator.handle("us-east-1", "GetDiskSnapshots", {}).body)
        assert sorted(one["name"] for one in listed["diskSnapshots"]) == sorted(names)
        operations = json.loads(emulator.handle("us-east-1", "GetOperations", {}).body)
        assert len({one["id"] for one in operations["operations"]}) == 2 * len(names)
        emulator.close()


def _call(url: str, connection: http.client.HTTPConnection, operation: str, **members: Any) -> Any:
    headers = {**_HEADERS, "X-Amz-Target": f"Lightsail_20161128.{operation}"}
    connection.request("POST", url, json.dumps(members), headers)
    response = connection.getresponse()
    body = json.loads(response.read())
    assert response.status == 200, body
    return body


def _start(state: Path) -> tuple[subprocess.Popen[str], str, int]:
    command = [sys.executable, "-c", _SERVER, str(state)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own code
    assert server.stdout is not None
    found = re.fullmatch(r"http://(.+):(\d+)\n", server.stdout.readline())
    assert found is not None
    return server, found[1], int(found[2])


def test_acknowledged_requests_survive_a_killed_process(tmp_path: Path) -> None:
    server, host, port = _start(tmp_path / "harness")
    acknowledged: dict[str, str] = {}
    enough = threading.Event()

    def create(creator: int) -> None:
        connection = http.client.HTTPConnection(host, port, timeout=10)
        try:
            for number in range(1000):
                name = f"snap-{creator}-{number}"
                response = _call(
                    "/",
                    connection,
                    "CreateDiskSnapshot",
                    diskName="Disk-1",
                    diskSnapshotName=name,
                )
                acknowledged[name] = response["operations"][0]["id"]
                if len(acknowledged) >= _MIN_ACKNOWLEDGED:
                    enough.set()
        except (OSError, http.client.HTTPException):
            pass
        finally:
            connection.close()

    connection = http.client.HTTPConnection(host, port)
    disk = {"diskName": "Disk-1", "availabilityZone": "us-east-1a", "sizeInGb": 8}
    _call("/", connection, "CreateDisk", **disk)
    connection.close()
    threads = [threading.Thread(target=create, args=(number,)) for number in range(_CREATORS)]
    for thread in threads:
        thread.start()
    assert enough.wait(30)
    server.kill()
    for thread in threads:
        thread.join()
    server.communicate()
    assert _MIN_ACKNOWLEDGED <= len(acknowledged) < 8000

    server, host, port = _start(tmp_path / "harness")
    connection = http.client.HTTPConnection(host, port)
    there: list[str] = []
    page: dict[str, Any] = {}
    while not there or "nextPageToken" in page:
        token = {"pageToken": page["nextPageToken"]} if page else {}
        page = _call("/", connection, "GetDiskSnapshots", **token)
        there += [one["name"] for one in page["diskSnapshots"]]
    assert len(there) == len(set(there))
    assert set(acknowledged) <= set(there)
    # A request in progress at the kill may have succeeded without a response.
    assert len(there) <= len(acknowledged) + _CREATORS
    for name, operation_id in list(acknowledged.items())[::20]:
        operation = _call("/", connection, "GetOperation", operationId=operation_id)["operation"]
        assert operation["resourceName"] == name
    connection.close()
    server.terminate()
    server.communicate()
    assert server.returncode == 0


def test_state_file_of_an_earlier_version_is_read(tmp_path: Path) -> None:
    state, clock = tmp_path / "state", VirtualClock()
    with LightsailEmulator(clock=clock, state=state) as emulator:
        emulator.add_disk("Disk-1", region_name="us-east-1", tags={"k": "größe"})
        before = json.loads(emulator.handle("us-east-1", "GetDisks", {}).body)
    connection = sqlite3.connect(state)
    rows = connection.execute("SELECT seq, wire FROM records").fetchall()
    # It wrote JSON with spaces, escapes and fields in another order.
    for seq, wire in rows:
        earlier = json.dumps(dict(reversed(json.loads(wire).items())))
        connection.execute("UPDATE records SET wire = ? WHERE seq = ?", (earlier, seq))
    connection.commit()
    connection.close()
    with LightsailEmulator(clock=clock, state=state) as emulator:
        assert json.loads(emulator.handle("us-east-1", "GetDisks", {}).body) == before
        request = {"diskName": "Disk-1", "diskSnapshotName": "s1"}
        assert emulator.handle("us-east-1", "CreateDiskSnapshot", request).status == 200


def test_lone_surrogate_in_an_error_is_kept() -> None:
    failing = Progression.instant().with_failed_operation(error_details="bad \ud800")
    with LightsailEmulator(clock=VirtualClock(), progression=failing) as emulator:
        emulator.add_disk("Disk-1", region_name="us-east-1")
        request = {"diskName": "Disk-1", "diskSnapshotName": "s1"}
        bodies = (
            emulator.handle("us-east-1", "CreateDiskSnapshot", request).body,
            emulator.handle("us-east-1", "GetOperations", {}).body,
        )
        for body in bodies:
            operations = json.loads(body)["operations"]
            assert {one["errorDetails"] for one in operations} == {"bad \ud800"}


def _statements_of(emulator: LightsailEmulator, operation: str, **request: Any) -> list[str]:
    statements: list[str] = []
    emulator._store._db.set_trace_callback(statements.append)
    assert emulator.handle("us-east-1", operation, request).status == 200
    emulator._store._db.set_trace_callback(None)
    return [statement.split()[0] for statement in statements]


def test_calls_make_few_statements() -> None:
    """The time of a call is mostly that of its statements."""
    with LightsailEmulator(clock=VirtualClock(), progression=Progression.instant()) as emulator:
        emulator.add_disk("Disk-1", region_name="us-east-1")
        request = {"diskName": "Disk-1", "diskSnapshotName": "s1"}
        create = _statements_of(emulator, "CreateDiskSnapshot", **request)
        assert create == ["BEGIN", *["SELECT"] * 3, *["INSERT"] * 3, "COMMIT"]
        # The first reader of a finished snapshot stores its state.
        for update in (["UPDATE"], []):
            page = _statements_of(emulator, "GetDiskSnapshots")
            assert page == ["BEGIN", "SELECT", *update, "COMMIT"]


def test_page_of_settled_records_is_not_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    with LightsailEmulator(clock=VirtualClock(), progression=Progression.instant()) as emulator:
        for name in ("Disk-1", "Disk-2"):
            emulator.add_disk(name, region_name="us-east-1")
        monkeypatch.setattr(_store, "_read_json", None)
        page = json.loads(emulator.handle("us-east-1", "GetDisks", {}).body)
        assert [disk["name"] for disk in page["disks"]] == ["Disk-2", "Disk-1"]
