"""Strings from the service cannot control a terminal or forge lines of output."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from lightsail_snap import (
    DiskSnapshot,
    LightsailSnapClient,
    LightsailSnapError,
    Operation,
    VirtualClock,
    WaitPolicy,
    WaitProgress,
    by_tag,
    plan_retention,
)
from lightsail_snap.cli import main
from lightsail_snap.emulator import LightsailEmulator, Progression, Response
from lightsail_snap.plans import BackupPlan, make_run
from lightsail_snap.plans._inventory import Inventory, Source
from lightsail_snap.retention import RetentionPolicy

REGION = "us-east-1"
FORGED = "x\r\nlightsail-snap: forged\x1b[2J\x1b]0;t\x07\u2028\u202e\x85\x00\x9b31m"
# Fields that identify a resource or an error type, which even a hostile service must keep.
_KEPT = {"__type", "id", "regionName", "key"}


def poison(value: Any, name: str = "", *, spared: Collection[str] = ()) -> Any:
    """Append control characters to every string of a response."""
    match value:
        case dict():
            return {key: poison(field, key, spared=spared) for key, field in value.items()}
        case list():
            return [poison(item, name, spared=spared) for item in value]
        case str() if name not in _KEPT and name not in spared:
            return f"{value}{FORGED}"
        case _:
            return value


class PoisonousEmulator(LightsailEmulator):
    """Emulator that poisons every string of its responses but those of the spared fields."""

    spared: frozenset[str] = frozenset()

    @override
    def exchange(self, headers: Any, body: bytes) -> Response:
        response = super().exchange(headers, body)
        poisoned = json.dumps(poison(json.loads(response.body), spared=self.spared)).encode()
        headers = {**response.headers, "Content-Length": str(len(poisoned))}
        return replace(response, body=poisoned, headers=headers)


class Terminal(io.StringIO):
    @override
    def isatty(self) -> bool:
        return True


PLAN = """
name = "nightly"
region = "us-east-1"
slot = "day"
[select]
kind = "disk"
globs = ["*"]
[retention]
time_zone = "UTC"
keep_last = 1
"""


@pytest.fixture
def emulator() -> Iterator[PoisonousEmulator]:
    with PoisonousEmulator(progression=Progression.instant()) as made:
        made.add_disk("Disk-1", region_name=REGION, size_in_gb=8, tags={"env": "prod"})
        made.add_instance("web-1", region_name=REGION)
        for number in range(2):
            request = {"diskName": "Disk-1", "diskSnapshotName": f"db-{number}"}
            made.handle(REGION, "CreateDiskSnapshot", request)
        tags = [{"key": "lightsail-snap:managed", "value": "nightly"}, {"key": "env"}]
        made.handle(REGION, "TagResource", {"resourceName": "db-0", "tags": tags})
        yield made


COMMANDS = (
    ("list",),
    ("list", "--json"),
    ("show", "db-0"),
    ("show", "missing"),
    ("wait", "db-0", "--timeout", "0s"),
    ("wait", "db-0", "--deleted", "--timeout", "0s"),
    ("create", "db-9", "--disk", "Disk-1", "--timeout", "0s"),
    ("create", "db-0", "--disk", "Disk-1"),
    ("copy", "db-0", "db-8", "--from", "us-west-2", "--timeout", "0s"),
    ("restore", "disk-2", "--from", "db-0", "--zone", "us-east-1a", "--timeout", "0s"),
    ("tag", "db-0", "env=test"),
    ("delete", "db-0"),
    ("delete", "db-0", "--yes"),
    ("plan", "plan.toml"),
    ("apply", "plan.toml"),
    ("prune", "--keep-last", "1"),
    ("prune", "--plan", "plan.toml"),
    ("doctor",),
)


def assert_harmless(text: str) -> None:
    # Not splitlines(), since the other line breaks are what must be absent.
    for line in text.split("\n"):
        assert line.isprintable(), line
        assert not line.startswith("lightsail-snap: forged"), line


@pytest.mark.thorough
@pytest.mark.parametrize(
    "spared",
    [frozenset(), frozenset({"state", "status", "name"})],
    ids=["every string", "not states and names"],
)
def test_command_with_hostile_service_prints_harmless_lines(
    emulator: PoisonousEmulator,
    spared: frozenset[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    emulator.spared = spared
    (tmp_path / "plan.toml").write_text(PLAN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    output = ""
    with emulator.serve() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_LIGHTSAIL", url)
        for arguments in COMMANDS:
            monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
            main(list(arguments))
            ended = capsys.readouterr()
            assert_harmless(ended.out)
            assert_harmless(ended.err)
            assert "internal error" not in ended.err
            output += ended.out + ended.err
    # The output has the strings in escaped form.
    assert r"lightsail-snap: forged\x1b[2J" in output


hostile_strings = st.one_of(st.just(FORGED), st.text(max_size=20))


def snapshot(name: str, source: str, day: int = 1, **more: Any) -> DiskSnapshot:
    tags = [{"key": "lightsail-snap:managed", "value": "nightly"}]
    wire = {"name": name, "fromDiskName": source, "state": "completed", "tags": tags}
    return DiskSnapshot.from_wire(wire | {"createdAt": 1_700_000_000 + day * 86_400} | more)


@given(hostile_strings, hostile_strings)
def test_run_and_retention_plan_of_hostile_names_are_harmless(name: str, source: str) -> None:
    snapshots = tuple(snapshot(f"{name}{day}", source, day) for day in range(2))
    plan = BackupPlan(
        name="nightly",
        region=REGION,
        slot="day",
        select={"kind": "disk", "names": ["Disk-1"]},
        retention={"time_zone": "UTC", "keep_last": 1},
    )
    now = datetime.fromtimestamp(1_700_000_000 + 5 * 86_400, UTC)
    run = make_run(plan, Inventory((Source("Disk-1", {}),), {REGION: snapshots}), now)
    assert any("are kept: " in note for note in run.notes)
    policy = RetentionPolicy(keep_last=1, time_zone="UTC")
    kept = plan_retention(snapshots, policy, now, owned=by_tag("lightsail-snap:managed"))
    for text in (str(run), run._repr_html_(), str(kept)):
        assert_harmless(text)
    assert len(str(run).split("\n")) == 3


@given(hostile_strings)
def test_progress_of_hostile_resource_is_printable(text: str) -> None:
    for resource in (
        snapshot("db-0", "Disk-1", state=text, progress=text),
        Operation.from_wire({"id": text, "status": text, "resourceName": text}),
    ):
        progress: WaitProgress[Any] = WaitProgress(
            description=f"snapshot {text}",
            polls=1,
            elapsed=timedelta(seconds=1),
            percent=None,
            resource=resource,
            error=None,
        )
        assert str(progress).isprintable()


def test_progress_of_wait_with_hostile_service_is_printable(emulator: PoisonousEmulator) -> None:
    lines: list[str] = []
    boto = emulator.boto3_client(REGION)
    policy = WaitPolicy(timeout=5, min_delay=1, max_delay=1)
    with LightsailSnapClient(boto, clock=VirtualClock(), wait_policy=policy) as client:
        for wait in (
            lambda: client.wait_for_disk_snapshot(
                "db-0", on_progress=lambda progress: lines.append(str(progress))
            ),
            lambda: client.wait_for_disk_snapshots(
                ["db-0"], on_progress=lambda progress: lines.append(str(progress))
            ),
        ):
            with pytest.raises(LightsailSnapError):
                wait()
    boto.close()
    assert any("forged" in line for line in lines)
    assert all(line.isprintable() for line in lines)
