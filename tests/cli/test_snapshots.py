"""The commands about snapshots, on the embedded Lightsail."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from typing import Any

import pytest

from lightsail_snap import DiskSnapshot, LightsailSnapClient
from lightsail_snap.cli import _output, _snapshots
from lightsail_snap.emulator import Fault, FaultKind, LightsailEmulator, Progression

Command = Callable[..., Any]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("option", "kind", "source", "state"),
    [
        (["--disk", "Disk-1"], "disk-snapshot", "from_disk_name", "completed"),
        (["--system-disk", "web-1"], "disk-snapshot", "from_instance_name", "completed"),
        (["--instance", "web-1"], "instance-snapshot", "from_instance_name", "available"),
    ],
)
def test_a_snapshot_is_taken_of_any_source(
    command: Command, option: list[str], kind: str, source: str, state: str
) -> None:
    tags = ["--tag", "env=prod", "--tag", "k"]
    (made,) = command("create", "made-1", *option, *tags, "--json").lines
    assert (made["kind"], made["name"], made["state"]) == (kind, "made-1", state)
    assert made[source] == option[1]
    assert {"key": "env", "value": "prod"} in made["tags"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*\+00:00", made["created_at"])
    assert command("wait", "made-1").out == f"made-1  {state}\n"
    assert command("show", "made-1", "--json").lines == [made]
    shown = command("show", "made-1").out
    assert "env=prod k" in shown
    assert "availability_zone" in shown


def test_a_snapshot_without_a_date_is_shown_without_one() -> None:
    assert _snapshots.facts(DiskSnapshot(name="db-1")) == {
        "kind": "disk-snapshot",
        "name": "db-1",
        "tags": [],
    }


def test_the_time_stands_in_a_name(command: Command) -> None:
    ended = command("create", "db-{time}", "--disk", "Disk-1")
    assert re.fullmatch(r"db-\d{8}T\d{6}Z  completed\n", ended.out)


def test_a_create_that_is_run_again_with_its_token_goes_on(
    command: Command, emulator: LightsailEmulator
) -> None:
    words = ["create", "made-1", "--disk", "Disk-1", "--client-token", "t-1"]
    assert command(*words).code == 0
    assert command(*words).code == 0
    assert emulator.calls["CreateDiskSnapshot"] == 2
    assert len(command("list", "--json").lines) == 1
    ended = command("create", "made-1", "--disk", "Disk-1")
    assert ended.code == 4
    assert "SnapshotConflictError" in ended.err


def test_a_wait_that_ends_early_tells_how_to_resume(
    command: Command, emulator: LightsailEmulator
) -> None:
    emulator.progression = Progression.by_seconds(0, 1)
    ended = command("create", "made 1", "--disk", "Disk-1")
    assert (ended.code, ended.out) == (2, "")
    ended = command("create", "made-1", "--disk", "Disk-1", "--tag", "a b=c", "--timeout", "0")
    assert ended.code == 5
    (resume,) = (line for line in ended.err.splitlines() if line.startswith("Resume with: "))
    assert "lightsail-snap create made-1 --disk Disk-1 --tag 'a b=c' --client-token " in resume
    assert command("create", "made-2", "--disk", "Disk-1", "--no-wait").out == "made-2  pending\n"
    assert command("wait", "made-1", "--timeout", "1m", "--poll", "0.1").code == 0


def test_an_interrupt_tells_what_goes_on_and_how_to_resume(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(LightsailSnapClient, "restore_disk", interrupt)
    words = ["restore", "made-1", "new-1", "--zone", "us-east-1a", "--tag", "k", "--size", "16"]
    ended = command(*words, "--region", "us-west-2", "--auto", "2026-11-23")
    assert ended.code == 130
    assert "If Lightsail has accepted the disk new-1, it goes on there." in ended.err
    resume = ended.err.partition("Resume with: ")[2]
    assert "--auto 2026-11-23 --tag k --region us-west-2" in resume
    ended = command(*words, "--auto-latest")
    assert " --auto-latest --tag k" in ended.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["create", "made-1"], "--disk NAME, --system-disk INSTANCE, --instance NAME"),
        (["create", "made-1", "--disk", "a1", "--instance", "b1"], "by one of"),
        (["create", "made-1", "--disk", "Disk-1", "--timeout", "soon"], "soon is no duration"),
        (["wait", "made-1", "--timeout", "367d"], "367d is too long"),
        (["create", "made-1", "--disk", "Disk-1", "--tag", "k=1", "--tag", "k=2"], "given twice"),
        (["create", "made-1", "--disk", "Disk-1", "--tag", "aws:k=1"], "RequestValidationError"),
        (["tag", "made-1"], "--remove KEY to remove"),
        (["tag", "made-1", "k", "--remove", "k"], "to be set and to be removed"),
        (["restore", "a1", "b1", "--zone", "us-east-1a", "--auto", "today"], "as 2026-11-23"),
        (["create", "made-1", "--disk", "Disk-1", "--client-token", ""], "--client-token is empty"),
        (["restore", "a1", "b1", "--zone", "us-east-1a", "--client-token", ""], "is empty"),
        (["copy", "a1", "--from", "us-east-1", "--auto-latest"], "say by --name what to call"),
        (["copy", "a1", "--from", "us-east-1", "--auto", "2026-11-23"], "an automatic snapshot"),
        (
            ["copy", "a1", "--from", "us-east-1", "--auto", "2026-11-23", "--auto-latest"],
            "--auto and --auto-latest contradict each other",
        ),
        (["list", "--region", ""], "--region must be an AWS Region such as us-east-2"),
        (["list", "--profile", ""], "--profile is empty"),
        (["list", "--endpoint-url", ""], "--endpoint-url is empty"),
    ],
)
def test_a_slip_of_the_hand_sends_nothing(
    command: Command, emulator: LightsailEmulator, words: list[str], told: str
) -> None:
    ended = command(*words)
    assert (ended.code, ended.out) == (2, "")
    assert told in ended.err
    assert not emulator.calls


@pytest.mark.parametrize(
    "words",
    [
        ["show", "nobody"],
        ["wait", "nobody"],
        ["delete", "nobody", "--yes"],
        ["tag", "nobody", "k=v"],
        ["copy", "nobody", "--from", "us-east-1"],
        ["restore", "nobody", "new-1", "--zone", "us-east-1a"],
        ["create", "made-1", "--disk", "nobody"],
    ],
)
def test_what_is_not_there_has_a_code_of_its_own(command: Command, words: list[str]) -> None:
    ended = command(*words)
    assert (ended.code, ended.out) == (3, "")
    assert ended.err.count("NotFoundException") == 1


def test_lists_are_narrowed_down(command: Command) -> None:
    command("create", "db-1", "--disk", "Disk-1", "--tag", "env=prod")
    command("create", "db-2", "--disk", "Disk-2", "--tag", "env=test")
    command("create", "web-9", "--instance", "web-1")

    def names(*words: str) -> set[str]:
        return {each["name"] for each in command("list", "--json", *words).lines}

    assert names() == {"db-1", "db-2", "web-9"}
    assert names("db-*") == {"db-1", "db-2"}
    assert names("--kind", "instance") == {"web-9"}
    assert names("--kind", "disk", "--source", "Disk-2") == {"db-2"}
    assert names("--source", "web-1") == {"web-9"}
    assert names("--tag", "env") == {"db-1", "db-2"}
    assert names("--tag", "env=prod") == {"db-1"}
    ended = command("list")
    head, *rows = ended.out.splitlines()
    assert head.split()[:4] == ["snapshot", "state", "kind", "of"]
    assert [row.split()[0] for row in rows] == ["web-9", "db-2", "db-1"]
    assert ended.err == "3 snapshots\n"


def test_what_is_deleted_is_asked_about_first(
    command: Command, monkeypatch: pytest.MonkeyPatch, emulator: LightsailEmulator
) -> None:
    command("create", "db-1", "--disk", "Disk-1")
    command("create", "web-9", "--instance", "web-1")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert command("delete", "db-1").code == 2
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    ended = command("delete", "db-1", "web-9")
    assert ended.code == 2
    assert "of Disk-1" in ended.err
    assert "nothing was deleted" in ended.err
    # One that is not there stops the deletion of all.
    assert command("delete", "db-1", "nobody", "--yes").code == 3
    assert emulator.calls["DeleteDiskSnapshot"] == 0
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    assert command("delete", "db-1").out == "db-1  deleted\n"
    assert command("delete", "web-9", "web-9", "--yes", "--json").lines == [
        {"name": "web-9", "deleted": True}
    ]
    assert command("wait", "db-1", "--deleted").out == "db-1  deleted\n"


def test_disks_are_restored_and_snapshots_copied_and_tagged(command: Command) -> None:
    command("create", "db-1", "--disk", "Disk-1")
    ended = command("restore", "db-1", "new-1", "--zone", "us-east-1a", "--size", "16", "--json")
    (disk,) = ended.lines
    assert (disk["kind"], disk["name"], disk["size_in_gb"]) == ("disk", "new-1", 16)
    assert command("copy", "db-1", "--from", "us-east-1", "--name", "db-2").code == 0
    assert command("copy", "db-1", "--from", "us-east-1", "--region", "us-west-2").code == 0
    assert len(command("list", "--region", "us-west-2", "--json").lines) == 1
    assert command("tag", "db-2", "env=prod", "k").out == "db-2  env=prod k\n"
    (tagged,) = command("tag", "db-2", "k=v", "--remove", "env", "--json").lines
    assert tagged["tags"] == [{"key": "k", "value": "v"}]
    assert command("tag", "db-2", "--remove", "k").out == "db-2\n"


def test_a_lost_answer_has_a_code_of_its_own(
    command: Command, emulator: LightsailEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    command("create", "db-1", "--disk", "Disk-1")
    emulator.inject(Fault(kind=FaultKind.DROP, operation="DeleteDiskSnapshot"))
    assert command("delete", "db-1", "--yes").code == 6


def test_a_file_system_is_frozen_while_a_snapshot_is_requested(
    command: Command,
) -> None:
    ended = command("create", "db-1", "--disk", "Disk-1", "--freeze", "/nowhere/at-all")
    assert ended.code != 0
    assert "/nowhere/at-all" in ended.err
    assert command("list", "--json").lines == []


def test_people_see_a_bar_and_colours_only_on_a_terminal(
    command: Command, emulator: LightsailEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    emulator.progression = Progression.by_polls(1, 3)
    words = ["--disk", "Disk-1", "--poll", "0.05"]
    assert command("create", "db-1", *words).err == ""
    screen, errors = Terminal(), Terminal()
    monkeypatch.setattr(sys, "stderr", errors)
    command("create", "db-[2]", *words)
    assert command("create", "db-2", *words).code == 0
    assert "db-2" in errors.getvalue()
    assert "100%" in errors.getvalue()
    for variable, is_coloured in ((None, True), ("1", False)):
        screen = Terminal()
        monkeypatch.setattr(sys, "stdout", screen)
        if variable:
            monkeypatch.setenv("NO_COLOR", variable)
        _output.show_table(("name", "state"), [("[red]db[/red]\n", "completed")])
        shown = screen.getvalue()
        assert ("\x1b[32m" in shown) is is_coloured
        assert "[red]db[/red]\\n" in shown
