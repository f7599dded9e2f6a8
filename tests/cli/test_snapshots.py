"""Commands for snapshots against the emulator."""

from __future__ import annotations

import io
import re
import sys

import pytest
from tests.cli.support import Command, Terminal

from lightsail_snap import DiskSnapshot, LightsailSnapClient
from lightsail_snap.cli import _snapshots
from lightsail_snap.emulator import Fault, FaultKind, LightsailEmulator, Progression


@pytest.mark.parametrize(
    ("option", "kind", "source", "state"),
    [
        (["--disk", "Disk-1"], "disk-snapshot", "from_disk_name", "completed"),
        (["--system-disk", "web-1"], "disk-snapshot", "from_instance_name", "completed"),
        (["--instance", "web-1"], "instance-snapshot", "from_instance_name", "available"),
    ],
)
def test_create_takes_a_snapshot_of_every_source(
    command: Command, option: list[str], kind: str, source: str, state: str
) -> None:
    tags = ["--tag", "env=prod", "--tag", "k"]
    (made,) = command("create", "made-1", *option, *tags, "--json").lines
    assert (made["kind"], made["name"], made["state"]) == (kind, "made-1", state)
    assert made[source] == option[1]
    assert {"key": "env", "value": "prod"} in made["tags"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*\+00:00", made["created_at"])
    for timeout in ([], ["--timeout", "1m"]):
        assert command("wait", "made-1", *timeout).out == f"made-1  {state}\n"
    assert command("show", "made-1", "--json").lines == [made]
    table = command("show", "made-1").out
    assert "env=prod k" in table
    assert "availability_zone" in table


def test_fields_without_created_at_have_no_date() -> None:
    assert _snapshots.to_fields(DiskSnapshot(name="db-1")) == {
        "kind": "disk-snapshot",
        "name": "db-1",
        "tags": [],
    }


def test_time_placeholder_in_a_name_is_replaced(command: Command) -> None:
    result = command("create", "db-{time}", "--disk", "Disk-1")
    assert re.fullmatch(r"db-\d{8}T\d{6}Z  completed\n", result.out)


def test_create_with_the_same_token_adopts_the_snapshot(
    command: Command, emulator: LightsailEmulator
) -> None:
    arguments = ["create", "made-1", "--disk", "Disk-1", "--client-token", "t-1"]
    assert command(*arguments).code == 0
    assert command(*arguments).code == 0
    assert emulator.calls["CreateDiskSnapshot"] == 2
    assert len(command("list", "--json").lines) == 1
    result = command("create", "made-1", "--disk", "Disk-1")
    assert result.code == 4
    assert "the name made-1 is taken by a disk snapshot" in result.err


def test_create_timeout_prints_how_to_resume(command: Command, emulator: LightsailEmulator) -> None:
    emulator.progression = Progression.by_seconds(0, 1)
    result = command("create", "made 1", "--disk", "Disk-1")
    assert (result.code, result.out) == (2, "")
    result = command("create", "made-1", "--disk", "Disk-1", "--tag", "a b=c", "--timeout", "0")
    assert result.code == 5
    error, introduction, resume = result.err.splitlines()
    assert error.startswith("lightsail-snap: disk snapshot made-1 is still in pending after ")
    assert introduction == "To resume, run:"
    expected = "  lightsail-snap create made-1 --disk Disk-1 --tag 'a b=c' --client-token "
    assert resume.startswith(expected)
    assert command("create", "made-2", "--disk", "Disk-1", "--no-wait").out == "made-2  pending\n"
    assert command("wait", "made-1", "--timeout", "1m", "--poll", "0.1").code == 0


def test_interrupted_restore_prints_how_to_resume(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(LightsailSnapClient, "restore_disk", interrupt)
    arguments = ["restore", "made-1", "new-1", "--zone", "us-east-1a", "--tag", "k", "--size", "16"]
    result = command(*arguments, "--region", "us-west-2", "--auto", "2026-11-23")
    assert result.code == 130
    assert "The request may have been accepted and may still be running." in result.err
    resume = result.err.partition("To resume, run:\n  ")[2]
    assert "--auto 2026-11-23 --tag k --region us-west-2" in resume
    result = command(*arguments, "--auto-latest")
    assert " --auto-latest --tag k" in result.err


@pytest.mark.parametrize("wait", ["--wait", "--no-wait"])
def test_interrupted_create_resumes_with_all_its_options(
    wait: str, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(LightsailSnapClient, "take_disk_snapshot", interrupt)
    options = ["--system-disk", "web-1", "--freeze", "/data", "--tag", "k", "--client-token", "t"]
    result = command("create", "made-1", wait, *options, "--allow-plain-http")
    assert result.code == 130
    line = f"  lightsail-snap create made-1 {' '.join(options)} --allow-plain-http"
    assert result.err.splitlines()[-1] == line


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["create", "made-1"], "specify exactly one of --disk, --system-disk or --instance"),
        (
            ["create", "made-1", "--disk", "a1", "--instance", "b1"],
            "or --instance, not --disk and --instance",
        ),
        (["create", "made-1", "--disk", "Disk-1", "--timeout", "soon"], "soon is not a duration"),
        (["wait", "made-1", "--timeout", "367d"], "367d is too long"),
        (["create", "made-1", "--disk", "Disk-1", "--tag", "k=1", "--tag", "k=2"], "given twice"),
        (["create", "made-1", "--disk", "Disk-1", "--tag", "aws:k=1"], "--tag: must be 1 to 128"),
        (["tag", "made-1"], "to remove (--remove KEY)"),
        (["tag", "made-1", "k", "--remove", "k"], "cannot be both set and removed"),
        (["restore", "a1", "b1", "--zone", "us-east-1a", "--auto", "today"], "such as 2026-11-23"),
        (["create", "made-1", "--disk", "Disk-1", "--client-token", ""], "--client-token is empty"),
        (["restore", "a1", "b1", "--zone", "us-east-1a", "--client-token", ""], "is empty"),
        (["copy", "a1", "--from", "us-east-1", "--auto-latest"], "pass --name to name the copy"),
        (
            ["copy", "a1", "--from", "us-east-1", "--auto", "2026-11-23"],
            "automatic snapshots have no name",
        ),
        (
            ["copy", "a1", "--from", "us-east-1", "--auto", "2026-11-23", "--auto-latest"],
            "--auto and --auto-latest cannot be combined",
        ),
        (["list", "--region", ""], "--region must be an AWS Region such as us-east-2"),
        (["list", "--profile", ""], "--profile is empty"),
        (["list", "--endpoint-url", ""], "--endpoint-url is empty"),
    ],
)
def test_invalid_arguments_send_no_request(
    command: Command, emulator: LightsailEmulator, arguments: list[str], message: str
) -> None:
    result = command(*arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert not emulator.calls


@pytest.mark.parametrize(
    "arguments",
    [
        ["show", "absent"],
        ["wait", "absent"],
        ["delete", "absent", "--yes"],
        ["tag", "absent", "k=v"],
        ["copy", "absent", "--from", "us-east-1"],
        ["restore", "absent", "new-1", "--zone", "us-east-1a"],
        ["create", "made-1", "--disk", "absent"],
    ],
)
def test_missing_resource_exits_with_not_found(command: Command, arguments: list[str]) -> None:
    result = command(*arguments)
    assert (result.code, result.out) == (3, "")
    assert " is named absent in us-east-1" in result.err


def test_list_filters_by_name_kind_source_and_tag(command: Command) -> None:
    command("create", "db-1", "--disk", "Disk-1", "--tag", "env=prod")
    command("create", "db-2", "--disk", "Disk-2", "--tag", "env=test")
    command("create", "web-9", "--instance", "web-1")

    def names(*arguments: str) -> set[str]:
        return {each["name"] for each in command("list", "--json", *arguments).lines}

    assert names() == {"db-1", "db-2", "web-9"}
    assert names("db-*") == {"db-1", "db-2"}
    assert names("--kind", "instance") == {"web-9"}
    assert names("--kind", "disk", "--source", "Disk-2") == {"db-2"}
    assert names("--source", "web-1") == {"web-9"}
    assert names("--tag", "env") == {"db-1", "db-2"}
    assert names("--tag", "env=prod") == {"db-1"}
    result = command("list")
    header, *rows = result.out.splitlines()
    assert header.split()[:4] == ["name", "state", "kind", "source"]
    assert [row.split()[0] for row in rows] == ["web-9", "db-2", "db-1"]
    assert result.err == "3 snapshots, 36 GB\n"


def test_delete_prompts_before_it_deletes(
    command: Command, monkeypatch: pytest.MonkeyPatch, emulator: LightsailEmulator
) -> None:
    command("create", "db-1", "--disk", "Disk-1")
    command("create", "web-9", "--instance", "web-1")
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert command("delete", "db-1").code == 2
    monkeypatch.setattr(sys, "stdin", Terminal("n\n"))
    result = command("delete", "db-1", "web-9")
    assert result.code == 2
    assert re.search(r"^db-1 +disk +Disk-1 +8 GB +\d+ s$", result.err, re.MULTILINE)
    assert "nothing was deleted" in result.err
    # A missing snapshot prevents every deletion.
    assert command("delete", "db-1", "absent", "--yes").code == 3
    assert emulator.calls["DeleteDiskSnapshot"] == 0
    monkeypatch.setattr(sys, "stdin", Terminal("y\n"))
    assert command("delete", "db-1").out == "db-1  deleted\n"
    assert command("delete", "web-9", "web-9", "--yes", "--json").lines == [
        {"name": "web-9", "deleted": True}
    ]
    assert command("wait", "db-1", "--deleted").out == "db-1  deleted\n"


def test_restore_copy_and_tag_print_their_results(command: Command) -> None:
    command("create", "db-1", "--disk", "Disk-1")
    result = command("restore", "db-1", "new-1", "--zone", "us-east-1a", "--size", "16", "--json")
    (disk,) = result.lines
    assert (disk["kind"], disk["name"], disk["size_in_gb"]) == ("disk", "new-1", 16)
    assert command("copy", "db-1", "--from", "us-east-1", "--name", "db-2").code == 0
    assert command("copy", "db-1", "--from", "us-east-1", "--region", "us-west-2").code == 0
    assert len(command("list", "--region", "us-west-2", "--json").lines) == 1
    assert command("tag", "db-2", "env=prod", "k").out == "db-2  env=prod k\n"
    (tagged,) = command("tag", "db-2", "k=v", "--remove", "env", "--json").lines
    assert tagged["tags"] == [{"key": "k", "value": "v"}]
    assert command("tag", "db-2", "--remove", "k").out == "db-2\n"


def test_lost_response_exits_with_unknown(
    command: Command, emulator: LightsailEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    command("create", "db-1", "--disk", "Disk-1")
    emulator.inject(Fault(kind=FaultKind.DROP, operation="DeleteDiskSnapshot"))
    assert command("delete", "db-1", "--yes").code == 6


def test_create_with_freeze_freezes_the_mount_point(command: Command) -> None:
    result = command("create", "db-1", "--disk", "Disk-1", "--freeze", "/nowhere/at-all")
    assert result.code != 0
    assert "/nowhere/at-all" in result.err
    assert command("list", "--json").lines == []


def test_progress_bar_appears_only_on_a_terminal(
    command: Command, emulator: LightsailEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    emulator.progression = Progression.by_polls(1, 3)
    arguments = ["--disk", "Disk-1", "--poll", "0.05"]
    assert command("create", "db-1", *arguments).err == ""
    errors = Terminal()
    monkeypatch.setattr(sys, "stderr", errors)
    command("create", "db-[2]", *arguments)
    assert command("create", "db-2", *arguments).code == 0
    assert "db-2" in errors.getvalue()
    assert "100%" in errors.getvalue()


def test_wait_prints_its_result_below_the_progress_bar(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    command("create", "db-1", "--disk", "Disk-1")
    screen = Terminal()
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", screen)
        patch.setattr(sys, "stdout", screen)
        command("wait", "db-1")
    assert screen.getvalue().splitlines()[-1].endswith("db-1  completed")
