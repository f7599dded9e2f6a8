"""The command: what it shows, and how it ends."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3.session
import pytest
from typer import BadParameter

from lightsail_snap import (
    ConfigurationError,
    LightsailSnapClient,
    LightsailSnapError,
    NotFoundException,
    WaitProgress,
    __version__,
)
from lightsail_snap.cli import _demo, entry, main
from lightsail_snap.cli._exits import Code, Interrupted, code_of
from lightsail_snap.cli._settings import finite

COMMANDS = [
    "create",
    "wait",
    "list",
    "show",
    "delete",
    "restore",
    "copy",
    "tag",
    "plan",
    "apply",
    "prune",
    "doctor",
    "emulator",
    "demo",
]


@pytest.mark.parametrize("source", ["disk", "instance"])
def test_the_demo_shows_the_main_job(source: str, capsys: pytest.CaptureFixture[str]) -> None:
    # Long enough that a look falls into it on a busy machine, too.
    assert main(["demo", "--source", source, "--seconds", "1.5"]) == 0
    shown = capsys.readouterr().out
    assert "CreateDiskSnapshot\n" in shown
    assert "tags                   env=demo, nightly" in shown
    assert f"source                 {source} " in shown
    assert shown.count("Started") == 2
    assert shown.count("Succeeded") == 2
    assert "%  pending" in shown
    assert "[########################] 100%  completed" in shown
    assert "state                  completed" in shown
    assert shown.isascii()


def test_a_look_that_failed_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    fault = ConfigurationError("nobody at home")
    _demo._tell(WaitProgress("disk snapshot x", 1, timedelta(seconds=2), None, None, fault))
    assert "nobody at home" in capsys.readouterr().out


def test_python_m_is_the_command() -> None:
    # A process of its own, as a user has it; the gate measures what runs in there too.
    result = subprocess.run(
        [sys.executable, "-m", "lightsail_snap", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout == f"lightsail-snap {__version__}\n"


def test_the_emulator_is_served_until_it_is_told_to_end(tmp_path: Path) -> None:
    state = str(tmp_path / "world.db")
    for is_first in (True, False):
        command = [sys.executable, "-m", "lightsail_snap", "emulator", "--state", state]
        command += ["--seconds", "0", "--disk", "Disk-1", "--instance", "web-1", "--history", "2"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - our own command
            assert server.stdout is not None
            client = LightsailSnapClient(
                endpoint_url=server.stdout.readline().strip(),
                region_name="us-east-1",
                session=boto3.session.Session("any", "any"),
            )
            with client:
                if is_first:
                    with pytest.raises(NotFoundException):
                        client.get_disk("data")
                    boto = client._transport._client  # type: ignore[attr-defined] # there is no CreateDisk of ours
                    boto.create_disk(diskName="data", availabilityZone="us-east-1a", sizeInGb=8)
                assert client.get_disk("data").disk.size_in_gb == 8
                yesterday = f"nightly-Disk-1-{datetime.now(UTC) - timedelta(days=1):%Y%m%d}"
                assert yesterday in {each.name for each in client.iter_disk_snapshots()}
                assert len(list(client.iter_disk_snapshots())) == 2
            server.send_signal(signal.SIGTERM)
            assert server.wait(timeout=30) == 0


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["--host", "0.0.0.0"], 2, "add --allow-remote"),  # noqa: S104 - what is shown to be refused
        (["--host", "127.0.0.300"], 2, "127.0.0.300"),
        (["--state", "/"], 8, "state file"),
        (["--history", "3"], 2, "--history needs at least one --disk"),
        (["--region", "xx-north-9"], 2, "Lightsail is not in xx-north-9"),
        (["--region", "us-east-1a"], 2, "--region must be an AWS Region"),
        (["--history", "3", "--disk", "d?"], 2, "The name 'd?' is not valid"),
    ],
)
def test_an_emulator_that_cannot_be_served(
    words: list[str], code: int, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["emulator", *words]) == code
    captured = capsys.readouterr()
    assert told in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    "words",
    [
        ["fly"],
        ["demo", "--seconds", "soon"],
        ["demo", "--seconds", "nan"],
        ["emulator", "--seconds", "-1"],
        ["emulator", "--seconds", "nan"],
        ["emulator", "--port", "99999"],
        ["emulator", "--port", "http"],
        ["list", "--poll", "0"],
        ["list", "--kind", "moon"],
        ["restore", "only-one"],
    ],
)
def test_words_that_make_no_sense(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    captured = capsys.readouterr()
    assert "Usage: lightsail-snap" in captured.err
    assert captured.out == ""


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused_whatever_typer_makes_of_it(number: float) -> None:
    assert finite(1.5) == 1.5
    with pytest.raises(BadParameter, match="is no number"):
        finite(number)


def test_without_words_the_commands_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    main([])
    shown = capsys.readouterr()
    for command in COMMANDS:
        assert f" {command} " in shown.out + shown.err


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    assert f"Usage: lightsail-snap {command}" in capsys.readouterr().out


@pytest.mark.sample(1)
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_are_told_how_to_complete(shell: str) -> None:
    environment = {**os.environ, "_LIGHTSAIL_SNAP_COMPLETE": f"complete_{shell}"}
    environment |= {"COMP_WORDS": "lightsail-snap pr", "COMP_CWORD": "1"}
    environment |= {
        "_TYPER_COMPLETE_ARGS": "lightsail-snap pr",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    result = subprocess.run(
        [sys.executable, "-m", "lightsail_snap"],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert "prune" in result.stdout
    assert "doctor" not in result.stdout


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_the_extra_the_command_says_how_to_get_it(
    missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    assert main(["list"]) == 8
    assert capsys.readouterr().err.endswith('run: pip install "lightsail-snap[cli]"\n')


class GoneError(Exception):
    """Nobody expects it."""


@pytest.mark.parametrize(
    ("raised", "code", "told"),
    [
        (ConfigurationError("no region"), 8, "ConfigurationError: no region"),
        (LightsailSnapError("no"), 1, "LightsailSnapError: no"),
        (OSError(28, "No space left on device"), 1, "[Errno 28] No space left on device"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (Interrupted("It goes on."), 130, "interrupted. It goes on."),
        (GoneError("a\nb"), 70, "a defect of this program, please report it: GoneError: a\\nb ("),
    ],
)
def test_errors_are_told_without_a_traceback(
    raised: BaseException,
    code: int,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object) -> None:
        raise raised

    monkeypatch.setattr(_demo, "_show", fail)
    assert main(["demo"]) == code
    shown = capsys.readouterr().err
    assert shown.startswith(f"lightsail-snap: {told}")
    assert len(shown.splitlines()) == 1


def test_what_may_have_been_done_is_told_apart_from_what_surely_was_not() -> None:
    error = LightsailSnapError("torn")
    assert code_of(error) == Code.FAILED
    error.may_have_executed = True
    assert code_of(error) == Code.UNKNOWN


@pytest.mark.parametrize("heeded", [signal.default_int_handler, signal.SIG_IGN])
def test_the_console_script_is_the_command(heeded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["lightsail-snap", "--version"])
    before = signal.signal(signal.SIGINT, heeded)
    try:
        with pytest.raises(SystemExit) as end:
            entry()
        # Once all is done an interrupt ends Python without a word; one that is ignored stays so.
        is_ignored = heeded is signal.SIG_IGN
        assert signal.getsignal(signal.SIGINT) is (signal.SIG_IGN if is_ignored else signal.SIG_DFL)
    finally:
        signal.signal(signal.SIGINT, before)
    assert end.value.code == 0
