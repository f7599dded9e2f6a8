"""The command `rollback`."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest
from tests.cli.support import Command, Terminal

from lightsail_snap.emulator import LightsailEmulator
from lightsail_snap.emulator._wire import Response, make_response

PATH = "/dev/xvdf"
TOKEN = ("--client-token", "t-1")
NEW = "Disk-1-rollback-a7471129"
RESULT = f"disk {NEW}: attached to web-1 at {PATH}; disk Disk-1 is kept\n"


def call(emulator: LightsailEmulator, operation: str, **members: Any) -> Any:
    return json.loads(emulator.handle("us-east-1", operation, members).body)


def place(emulator: LightsailEmulator, disk: str) -> tuple[str | None, str | None] | None:
    found = call(emulator, "GetDisk", diskName=disk).get("disk")
    return None if found is None else (found.get("attachedTo"), found.get("path"))


def state(emulator: LightsailEmulator) -> str:
    found = call(emulator, "GetInstanceState", instanceName="web-1")
    name: str = found["state"]["name"]
    return name


@pytest.fixture(autouse=True)
def _snapshot(emulator: LightsailEmulator, command: Command) -> None:
    call(emulator, "AttachDisk", diskName="Disk-1", instanceName="web-1", diskPath=PATH)
    assert command("create", "snap-1", "--disk", "Disk-1").code == 0
    emulator.calls.clear()


def test_rollback_and_undo_with_one_command_each(
    command: Command, emulator: LightsailEmulator
) -> None:
    result = command("rollback", "Disk-1", "snap-1", "--yes", "--poll", "0.05", *TOKEN)
    assert (result.code, result.out) == (0, RESULT)
    assert f"1. restore disk {NEW} from snapshot snap-1\n2. stop instance web-1\n" in result.err
    assert "warning: the public IP address" in result.err
    undo = f"To undo, run:\n  lightsail-snap rollback --undo {NEW}\n"
    assert result.err.endswith(f"step 5 of 5: start instance web-1\n{undo}")
    assert (place(emulator, NEW), place(emulator, "Disk-1")) == (("web-1", PATH), (None, None))
    assert state(emulator) == "running"
    undone = command(
        "rollback", "--undo", NEW, "--delete-new-disk", "--yes", "--poll", "0.05", "--json"
    )
    assert undone.code == 0
    (fields,) = undone.lines
    assert (fields["kind"], fields["path"]) == ("rollback", PATH)
    assert (fields["disk"]["name"], fields["replaced_disk"]["name"]) == ("Disk-1", NEW)
    assert fields["is_replaced_disk_deleted"] is True
    assert fields["instance"]["name"] == "web-1"
    assert (place(emulator, NEW), place(emulator, "Disk-1")) == (None, ("web-1", PATH))
    assert state(emulator) == "running"


def test_rollback_that_is_interrupted_prints_how_to_continue_and_undo(
    command: Command, emulator: LightsailEmulator
) -> None:
    stopped = command("rollback", "Disk-1", "snap-1", "--yes", "--timeout", "0", *TOKEN)
    assert stopped.code == 5
    note, *advice = stopped.err.splitlines()[-5:]
    assert note == (
        "  step 2 of 5 has not finished: stop instance web-1; done so far: "
        f"disk {NEW} is available and not attached, "
        f"disk Disk-1 is attached to web-1 at {PATH}, instance web-1 is running"
    )
    assert advice == [
        "To resume, run:",
        "  lightsail-snap rollback Disk-1 snap-1 --yes --client-token t-1",
        "To undo, run:",
        f"  lightsail-snap rollback --undo {NEW}",
    ]
    again = command(
        "rollback", "Disk-1", "snap-1", "--client-token", "t-1", "--yes", "--poll", "0.05"
    )
    assert (again.code, again.out) == (0, RESULT)
    assert emulator.calls["CreateDiskFromSnapshot"] == 1
    assert emulator.calls["StopInstance"] == 1
    # Repeated, it changes nothing and does not prompt.
    done = command("rollback", "Disk-1", "snap-1", *TOKEN)
    assert (done.code, done.out) == (0, RESULT)
    assert "nothing remains to be done\n" in done.err


def test_undo_that_is_interrupted_prints_how_to_continue(
    command: Command, emulator: LightsailEmulator
) -> None:
    assert command("rollback", "Disk-1", "snap-1", "--yes", "--poll", "0.05", *TOKEN).code == 0
    stopped = command("rollback", "--undo", NEW, "--yes", "--timeout", "0")
    assert stopped.code == 5
    assert stopped.err.endswith(f"To resume, run:\n  lightsail-snap rollback --undo {NEW} --yes\n")
    assert command("rollback", "--undo", NEW, "--yes", "--poll", "0.05").code == 0
    assert place(emulator, "Disk-1") == ("web-1", PATH)


@pytest.mark.parametrize("is_json", [True, False])
def test_rollback_dry_run_prints_the_steps_only(
    command: Command, emulator: LightsailEmulator, *, is_json: bool
) -> None:
    options = ["--json"] if is_json else []
    result = command(
        "rollback", "Disk-1", "snap-1", "--dry-run", "--delete-old-disk", *TOKEN, *options
    )
    assert result.code == 0
    assert result.err == (
        "To take these steps, run:\n"
        "  lightsail-snap rollback Disk-1 snap-1 --delete-old-disk --client-token t-1\n"
    )
    steps = [
        f"restore disk {NEW} from snapshot snap-1",
        "stop instance web-1",
        "detach disk Disk-1 from instance web-1",
        f"attach disk {NEW} to instance web-1 at {PATH}",
        "start instance web-1",
        "delete disk Disk-1",
    ]
    if is_json:
        (fields,) = result.lines
        assert fields["steps"] == steps
        assert len(fields.pop("warnings")) == 3
        assert fields == {
            "kind": "rollback-preview",
            "disk": "Disk-1",
            "new_disk": NEW,
            "instance": "web-1",
            "path": PATH,
            "steps": steps,
        }
    else:
        lines = result.out.splitlines()
        assert lines[:6] == [f"{number}. {step}" for number, step in enumerate(steps, 1)]
        assert all(line.startswith("warning: ") for line in lines[6:])
    assert {name for name in emulator.calls if not name.startswith("Get")} == set()


def test_undo_dry_run_prints_the_steps_only(command: Command, emulator: LightsailEmulator) -> None:
    assert command("rollback", "Disk-1", "snap-1", "--yes", "--poll", "0.05", *TOKEN).code == 0
    result = command("rollback", "--undo", NEW, "--dry-run")
    assert result.out.splitlines()[:2] == [
        "1. stop instance web-1",
        f"2. detach disk {NEW} from instance web-1",
    ]
    assert place(emulator, NEW) == ("web-1", PATH)


def test_rollback_of_a_disk_that_is_not_attached(
    command: Command, emulator: LightsailEmulator
) -> None:
    assert command("create", "snap-2", "--disk", "Disk-2").code == 0
    options = [
        "--new-disk-name",
        "fresh-2",
        "--delete-old-disk",
        "--yes",
        "--poll",
        "0.05",
        "--json",
    ]
    result = command("rollback", "Disk-2", "snap-2", *options)
    (fields,) = result.lines
    assert (fields["disk"]["name"], fields["instance"], fields["path"]) == ("fresh-2", None, None)
    assert "To undo" not in result.err
    assert place(emulator, "Disk-2") is None
    again = command("rollback", "Disk-2", "snap-2", *options)
    assert again.code == 4


def test_rollback_repeated_after_the_deletion_has_no_old_disk(command: Command) -> None:
    options = ["--delete-old-disk", "--yes", "--poll", "0.05", "--json", *TOKEN]
    assert command("rollback", "Disk-1", "snap-1", *options).code == 0
    (fields,) = command("rollback", "Disk-1", "snap-1", *options).lines
    assert (fields["replaced_disk"], fields["is_replaced_disk_deleted"]) == (None, True)


def test_rollback_to_an_automatic_snapshot(command: Command) -> None:
    for source in (["--auto", "2026-01-01"], ["--auto-latest"], ["Disk-1", "--auto-latest"]):
        result = command("rollback", "Disk-1", *source, "--yes")
        assert result.code == 2
        assert "must be an automatic snapshot that has succeeded; those are none" in result.err


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ([], "specify DISK and SNAPSHOT, DISK and --auto or --auto-latest, or --undo NEW-DISK"),
        (["Disk-1"], "specify DISK and SNAPSHOT"),
        (["Disk-1", "snap-1", "--undo", "x"], "--undo cannot be combined with DISK and SNAPSHOT"),
        (["--undo", "x", "--delete-old-disk"], "--undo cannot be combined with --delete-old-disk"),
        (["Disk-1", "snap-1", "--delete-new-disk"], "--delete-new-disk needs --undo"),
        (["Disk-1", "snap-1", "--client-token", ""], "--client-token is empty"),
        (["Disk-1", "snap-1"], "cannot prompt because stdin is not a terminal; pass --yes"),
        (["Disk-2", "snap-1"], "must be a snapshot of Disk-2, and is of Disk-1"),
    ],
)
def test_rollback_refuses_arguments(
    command: Command, emulator: LightsailEmulator, arguments: list[str], text: str
) -> None:
    result = command("rollback", *arguments)
    assert result.code == 2
    assert text in result.err
    assert {name for name in emulator.calls if not name.startswith("Get")} == set()


@pytest.mark.parametrize(("reply", "code"), [("y\n", 0), ("\n", 2)])
def test_rollback_prompts_before_it_stops_the_instance(
    command: Command,
    emulator: LightsailEmulator,
    monkeypatch: pytest.MonkeyPatch,
    reply: str,
    code: int,
) -> None:
    monkeypatch.setattr(sys, "stdin", Terminal(reply))
    result = command("rollback", "Disk-1", "snap-1", "--poll", "0.05", *TOKEN)
    assert result.code == code
    assert "Roll back disk Disk-1? [y/N]" in result.err
    assert ("nothing was changed" in result.err) == bool(code)
    assert emulator.calls["StopInstance"] == (0 if code else 1)


def test_rollback_that_is_refused_prints_no_advice(
    command: Command, emulator: LightsailEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = emulator.handle

    def refuse(region: str, operation: str, *rest: Any) -> Response:
        if operation == "CreateDiskFromSnapshot":
            body = json.dumps({"__type": "AccessDeniedException", "message": "no"}).encode()
            return make_response(400, body, emulator.clock.time())
        return handle(region, operation, *rest)

    monkeypatch.setattr(emulator, "handle", refuse)
    result = command("rollback", "Disk-1", "snap-1", "--yes", *TOKEN)
    assert result.code == 1
    assert "To resume" not in result.err
    assert "To undo" not in result.err
