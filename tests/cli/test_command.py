"""The command: what it shows, and how it ends."""

from __future__ import annotations

import argparse
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import boto3.session
import pytest

from lightsail_snap import (
    ConfigurationError,
    LightsailSnapClient,
    NotFoundException,
    WaitProgress,
    __version__,
)
from lightsail_snap.cli import _demo, main


@pytest.mark.parametrize("source", ["disk", "instance"])
def test_the_demo_shows_the_main_job(source: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--source", source, "--seconds", "0.7"]) == 0
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
        command += ["--seconds", "0"]
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
            server.send_signal(signal.SIGTERM)
            assert server.wait(timeout=30) == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--host", "0.0.0.0"], "allow_remote=True"),  # noqa: S104 - what is shown to be refused
        (["--host", "127.0.0.300"], "127.0.0.300"),
        (["--state", "/"], "state file"),
        (["--port", "0", "--host", "127.0.0.300"], "127.0.0.300"),
    ],
)
def test_an_emulator_that_cannot_be_served(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["emulator", *words]) == 1
    captured = capsys.readouterr()
    assert told in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["fly"],
        ["demo", "--seconds", "soon"],
        ["emulator", "--seconds", "-1"],
        ["emulator", "--seconds", "nan"],
        ["emulator", "--port", "99999"],
        ["emulator", "--port", "http"],
    ],
)
def test_words_that_make_no_sense(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2
    assert "usage: lightsail-snap" in capsys.readouterr().err


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = [sys.executable, "-m", "lightsail_snap", "demo", "--seconds", "0.5"]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith("An embedded Lightsail")
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


@pytest.mark.parametrize(
    ("raised", "code", "told"),
    [
        (ConfigurationError("no region"), 1, "ConfigurationError: no region"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_errors_are_told_without_a_traceback(
    raised: BaseException,
    code: int,
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(_: argparse.Namespace) -> None:
        raise raised

    monkeypatch.setattr(_demo, "_run", fail)
    assert main(["demo"]) == code
    assert capsys.readouterr().err == f"lightsail-snap: {told}\n"
