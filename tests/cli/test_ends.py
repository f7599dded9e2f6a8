"""How the command ends when somebody else ends it, and when nobody can be told anything."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer.main

from lightsail_snap.cli import _app, _stand_on_streams, entry, main
from lightsail_snap.cli._options import ended
from lightsail_snap.cli._output import say, show_line, show_table
from lightsail_snap.emulator import LightsailEmulator, Progression

Command = Callable[..., Any]


@pytest.mark.parametrize(
    ("number", "code", "told"),
    [
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "told to end"),
        (signal.SIGHUP, 129, "told to end"),
    ],
)
@pytest.mark.usefixtures("command")
def test_a_wait_that_is_ended_says_what_goes_on_and_how_to_resume(
    number: signal.Signals, code: int, told: str, emulator: LightsailEmulator
) -> None:
    emulator.progression = Progression.by_seconds(0, 3600)
    words = ["create", "made-1", "--disk", "Disk-1", "--tag", "a b=c", "--poll", "0.1"]
    with subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "lightsail_snap", *words], stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            deadline = time.monotonic() + 60
            while not emulator.calls["GetDiskSnapshot"]:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            process.send_signal(number)
            _, errors = process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == code
    assert re.fullmatch(
        f"lightsail-snap: {told}\\. If Lightsail has accepted the snapshot made-1, it goes on "
        "there. Resume with: lightsail-snap create made-1 --disk Disk-1 --tag 'a b=c' "
        "--client-token [0-9a-f-]{36}\n",
        errors,
    )


@pytest.mark.usefixtures("command")
def test_an_interrupt_does_not_wait_for_what_a_plan_waits_for(
    emulator: LightsailEmulator, tmp_path: Path
) -> None:
    plan = tmp_path / "nightly.toml"
    plan.write_text(
        'name = "nightly"\nregion = "us-east-1"\nselect = {kind = "disk", globs = ["*"]}\n',
        encoding="utf-8",
    )
    emulator.progression = Progression.by_seconds(0, 3600)
    words = [sys.executable, "-m", "lightsail_snap", "apply", str(plan)]
    with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - ours
        try:
            deadline = time.monotonic() + 60
            # Both disks are waited for, each in a thread of its own.
            while emulator.calls["CreateDiskSnapshot"] < 2 or not emulator.calls["GetDiskSnapshot"]:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 130
    assert errors == (
        "lightsail-snap: interrupted. What Lightsail has accepted goes on there. Nothing is done "
        f"twice and no journal is to be kept: resume with: lightsail-snap apply {plan}\n"
    )


@pytest.mark.parametrize("is_full", [False, True])
def test_a_process_ends_though_threads_of_its_own_go_on(
    monkeypatch: pytest.MonkeyPatch, *, is_full: bool
) -> None:
    class EndedError(Exception):
        """Stands for the end of the process."""

    def end(code: int) -> None:
        raise EndedError(code)

    may_end = threading.Event()
    thread = threading.Thread(target=may_end.wait, name="lightsail-snap-plan_0")
    thread.start()
    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(sys, "argv", ["lightsail-snap", "--version"])
    monkeypatch.setattr(os, "_exit", end)
    try:
        with gone() as stream:
            if is_full:
                monkeypatch.setattr(sys, "stdout", stream)
            with pytest.raises(EndedError, match="141" if is_full else "0"):
                entry()
    finally:
        may_end.set()
        thread.join()
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_who_is_told_to_end_ends(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> None:
        os.kill(os.getpid(), number)
        time.sleep(60)

    assert ended(work) == 128 + number
    assert capsys.readouterr().err == "lightsail-snap: told to end\n"
    assert signal.getsignal(number) is signal.SIG_DFL


def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        assert ended(lambda: os.kill(os.getpid(), signal.SIGHUP)) == 0
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_command_in_another_thread_leaves_signals_alone() -> None:
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(ended(lambda: None)))
    thread.start()
    thread.join()
    assert codes == [0]


def test_an_interrupt_before_anything_has_begun_needs_no_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(_app, "run", interrupted)
    assert main(["list"]) == 130
    assert capsys.readouterr().err == ""


def test_what_fails_outside_of_commands_has_no_traceback_either(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> None:
        message = "as TERMINAL_WIDTH=wide makes it"
        raise ValueError(message)

    monkeypatch.setattr(typer.main, "get_command", fail)
    assert main(["--help"]) == 70
    (line,) = capsys.readouterr().err.splitlines()
    assert "a defect of this program, please report it: ValueError: as TERMINAL_WIDTH" in line


def gone() -> io.TextIOWrapper:
    """Open a pipe that nobody reads any more."""
    reader, writer = os.pipe()
    os.close(reader)
    return os.fdopen(writer, "w", encoding="utf-8")


@pytest.mark.parametrize(
    "words", [["list"], ["list", "--json"], ["--help"], ["--version"], ["create", "--help"]]
)
def test_a_reader_that_goes_away_is_no_error(
    words: list[str],
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command("create", "db-1", "--disk", "Disk-1")
    with gone() as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert main(words) == 141
        monkeypatch.undo()
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("command")
def test_a_process_whose_reader_leaves_early_exits_quietly(emulator: LightsailEmulator) -> None:
    client = emulator.boto3_client("us-east-1")
    for number in range(300):
        client.create_disk_snapshot(diskSnapshotName=f"db-{number:03}", diskName="Disk-1")
    words = [sys.executable, "-m", "lightsail_snap", "list", "--json"]
    with subprocess.Popen(  # noqa: S603 - our own command
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        # More than a pipe holds, so that the process is still writing when the reader leaves.
        assert len(process.stdout.readline()) * 300 > 2 * 65_536
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is full")
@pytest.mark.parametrize("words", [["--help"], ["--version"], ["demo", "--seconds", "0"]])
def test_a_full_disk_is_told(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # That it can be closed shows that Python has nothing to complain about at the end.
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert main(words) == 1
        monkeypatch.undo()
    assert capsys.readouterr().err == "lightsail-snap: [Errno 28] No space left on device\n"


def test_what_is_done_is_done_though_nobody_can_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with gone() as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        say("one")
        say("two")
        monkeypatch.undo()


def test_streams_that_are_closed_are_no_obstacle(
    command: Command, emulator: LightsailEmulator
) -> None:
    words = [sys.executable, "-m", "lightsail_snap", "create", "db-1", "--disk", "Disk-1"]
    closed = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *words]
    assert subprocess.run(closed, check=False).returncode == 0  # noqa: S603 - our own command
    assert emulator.calls["CreateDiskSnapshot"] == 1
    assert command("show", "db-1").code == 0


def test_closed_streams_are_opened_again(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    _stand_on_streams()
    streams = sys.stdin, sys.stdout, sys.stderr
    say("nobody hears it")
    show_line("nor that")
    assert not sys.stdin.isatty()
    monkeypatch.undo()
    for stream in streams:
        stream.close()


def test_what_an_encoding_lacks_is_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(file, encoding="iso-8859-1"))
    _stand_on_streams()
    show_table(("name", "tags"), [("db-1", "\xfc=\u540d")])
    sys.stdout.flush()
    assert file.getvalue().splitlines()[1].rstrip() == b"db-1  \xfc=\\u540d"
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    _stand_on_streams()
