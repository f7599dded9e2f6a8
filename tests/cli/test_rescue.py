"""The command `rescue` against the emulator."""

from __future__ import annotations

import shlex
import sys

import pytest
from tests.cli.support import Command, Terminal

from lightsail_snap import DiskSource, LightsailSnapClient
from lightsail_snap.cli._errors import advise_how_to_continue, run_and_report
from lightsail_snap.cli._output import step_bars
from lightsail_snap.emulator import LightsailEmulator, Progression

REGION = "us-east-1"


@pytest.fixture(autouse=True)
def _helper(emulator: LightsailEmulator) -> None:
    emulator.add_instance("helper-1", region_name=REGION)


def test_rescue_prints_the_disk_and_how_to_mount_it(
    command: Command, emulator: LightsailEmulator
) -> None:
    arguments = ["rescue", "web-1", "--to", "helper-1", "--client-token", "t", "--poll", "0.05"]
    result = command(*arguments, "--timeout", "1h")
    assert result.code == 0
    first, *_, last = result.out.splitlines()
    name, state, helper, path = first.split()
    assert name.startswith("web-1-rescue-")
    assert (state, helper, path) == ("in-use", "helper-1", "/dev/xvdf")
    assert last == f"sudo mount -o ro /dev/xvdf1 /mnt/{name}"
    snapshot = name.replace("rescue", "rescue-snapshot")
    assert result.err.splitlines() == [
        f"step 1 of 3: take disk snapshot {snapshot}",
        f"step 2 of 3: restore disk {name}",
        f"step 3 of 3: attach disk {name} to instance helper-1",
        "On helper-1, run:",
    ]
    (again,) = command(*arguments, "--json").lines
    assert emulator.calls["CreateDiskSnapshot"] == emulator.calls["AttachDisk"] == 1
    assert (again["kind"], again["device_path"]) == ("rescue", "/dev/xvdf")
    assert (again["disk"]["kind"], again["disk"]["name"]) == ("disk", name)
    assert again["snapshot"]["name"] == snapshot
    assert again["mount_commands"] == result.out.splitlines()[1:]


def test_rescue_passes_on_its_options(command: Command) -> None:
    options = "--disk-name d-1 --snapshot-name s-1 --path /dev/xvdk --size 32 --tag env=prod"
    (made,) = command(
        "rescue",
        "web-1",
        "--to",
        "helper-1",
        *options.split(),
        "--delete-snapshot",
        "--json",
        "--poll",
        "0.05",
    ).lines
    disk = made["disk"]
    assert (disk["name"], disk["path"], disk["size_in_gb"]) == ("d-1", "/dev/xvdk", 32)
    assert {"key": "env", "value": "prod"} in disk["tags"]
    assert made["snapshot"] is None
    assert command("list", "--json").lines == []


def test_timeout_prints_what_has_been_done_and_how_to_continue(
    command: Command, emulator: LightsailEmulator
) -> None:
    options = ["--delete-snapshot", "--tag", "a b=c", "--disk-name", "d-1", "--size", "32"]
    arguments = ["rescue", "web-1", "--to", "helper-1", *options]
    emulator.progression = Progression.by_seconds(5, 0)
    result = command(*arguments, "--timeout", "0")
    assert (result.code, result.out) == (5, "")
    *_, error, done, introduction, resume = result.err.splitlines()
    assert error.startswith("lightsail-snap: operation CreateDiskSnapshot ")
    assert "call" not in result.err
    assert done.startswith("  step 1 of 4 has not finished: take disk snapshot ")
    assert introduction == "To resume, run:"
    expected = "  lightsail-snap rescue web-1 --to helper-1 --disk-name d-1 --size 32 --tag 'a b=c'"
    assert resume.startswith(f"{expected} --delete-snapshot --client-token ")
    emulator.progression = Progression.instant()
    (program, *words) = shlex.split(resume)
    assert program == "lightsail-snap"
    assert command(*words, "--poll", "0.1").out.startswith("d-1  in-use  helper-1  /dev/xvdf\n")
    assert emulator.calls["CreateDiskFromSnapshot"] == 1


def test_interrupt_prints_what_has_been_done(
    command: Command, emulator: LightsailEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("lightsail_snap._workflows.rescue.attach_disk", interrupt)
    result = command("rescue", "web-1", "--to", "helper-1", "--disk-name", "d-1")
    assert result.code == 130
    assert "lightsail-snap: interrupted\n  step 3 of 3 has not finished: attach " in result.err
    assert "disk d-1 is created\nTo resume, run:\n  lightsail-snap rescue web-1" in result.err
    assert emulator.calls["AttachDisk"] == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["absent", "--to", "helper-1"], 3, "restore one of its snapshots instead"),
        (["web-1", "--to", "absent"], 3, "the helper absent must be in the Region"),
        (["web-1", "--to", "web-1"], 2, "must be another instance"),
        (["web-1", "--to", "helper-1", "--client-token", ""], 2, "--client-token is empty"),
        (["web-1", "--to", "helper-1", "--timeout", "soon"], 2, "soon is not a duration"),
        (
            ["web-1", "--to", "helper-1", "--disk-name", "Disk-1"],
            4,
            "the name Disk-1 is taken by a disk",
        ),
        (["web-1", "--to", "helper-1", "--path", "/dev/xvdg"], 2, "disk Disk-2 has it"),
    ],
)
def test_rescue_that_is_refused_changes_nothing(
    command: Command, emulator: LightsailEmulator, arguments: list[str], code: int, message: str
) -> None:
    boto = emulator.boto3_client(REGION)
    boto.attach_disk(diskName="Disk-2", instanceName="helper-1", diskPath="/dev/xvdg")
    result = command("rescue", *arguments, "--poll", "0.05")
    assert (result.code, result.out) == (code, "")
    assert message in result.err
    assert "To resume" not in result.err
    assert emulator.calls["CreateDiskSnapshot"] == 0


def test_steps_have_bars_on_a_terminal(
    command: Command, emulator: LightsailEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    emulator.progression = Progression.by_polls(1, 1)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "200")
    errors = Terminal()
    monkeypatch.setattr(sys, "stderr", errors)
    names = ["--disk-name", "d-1", "--snapshot-name", "s-1"]
    assert command("rescue", "web-1", "--to", "helper-1", *names, "--poll", "0.05").code == 0
    screen = errors.getvalue()
    for step in ("1 of 3: take disk snapshot s-1", "3 of 3: attach disk d-1 to instance helper-1"):
        assert f"step {step}" in screen
    assert "100%" in screen
    assert "On helper-1, run:" in screen


def test_bars_end_without_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    with step_bars() as on_progress:
        assert callable(on_progress)


def test_further_commands_are_printed_after_the_first(capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        with advise_how_to_continue("continue", ("To undo, run:", "undo")):
            raise KeyboardInterrupt

    assert run_and_report(work) == 130
    assert capsys.readouterr().err == (
        "lightsail-snap: interrupted\nTo resume, run:\n  continue\nTo undo, run:\n  undo\n"
    )


def test_other_errors_keep_only_the_part_for_every_interface(
    command: Command, emulator: LightsailEmulator
) -> None:
    emulator.progression = Progression.by_seconds(5, 5)
    with LightsailSnapClient(emulator.boto3_client(REGION)) as client:
        client.create_disk_snapshot("s-1", DiskSource(disk_name="Disk-1"))
    result = command("wait", "s-1", "--timeout", "0")
    assert "it continues on Lightsail\nTo resume, run:\n  lightsail-snap wait s-1" in result.err
