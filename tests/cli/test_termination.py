"""Signals, broken pipes, full disks and closed streams."""

from __future__ import annotations

import errno
import gc
import io
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import typer.main
from tests.cli.support import Command

from lightsail_snap.cli import _app, _prepare_streams, entry, main
from lightsail_snap.cli._errors import run_and_report
from lightsail_snap.cli._messages import print_message
from lightsail_snap.cli._output import print_line
from lightsail_snap.emulator import LightsailEmulator, Progression


@pytest.mark.parametrize(
    ("number", "code", "message"),
    [
        (signal.SIGINT, 130, "interrupted"),
        (signal.SIGTERM, 143, "terminated by SIGTERM"),
        (signal.SIGHUP, 129, "terminated by SIGHUP"),
    ],
)
@pytest.mark.usefixtures("command")
def test_interrupted_create_prints_how_to_resume(
    number: signal.Signals, code: int, message: str, emulator: LightsailEmulator
) -> None:
    emulator.progression = Progression.by_seconds(0, 3600)
    arguments = ["create", "made-1", "--disk", "Disk-1", "--tag", "a b=c", "--poll", "0.1"]
    with subprocess.Popen(  # noqa: S603 - the command under test
        [sys.executable, "-m", "lightsail_snap", *arguments], stderr=subprocess.PIPE, text=True
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
        f"lightsail-snap: {message}\n"
        "The request may have been accepted and may still be running. To resume, run:\n"
        "  lightsail-snap create made-1 --disk Disk-1 --tag 'a b=c' "
        "--client-token [0-9a-f-]{36}\n",
        errors,
    )


@pytest.mark.parametrize(
    ("number", "code", "message"),
    [(signal.SIGINT, 130, "interrupted"), (signal.SIGTERM, 143, "terminated by SIGTERM")],
)
@pytest.mark.usefixtures("command")
def test_interrupted_apply_does_not_wait_for_its_threads(
    number: signal.Signals, code: int, message: str, emulator: LightsailEmulator, tmp_path: Path
) -> None:
    plan, received = tmp_path / "nightly.toml", tmp_path / "received"
    store = "import sys; open(sys.argv[1], 'a').write(sys.stdin.read())"
    on_complete = json.dumps([sys.executable, "-c", store, str(received)])
    plan.write_text(
        'name = "nightly"\nregion = "us-east-1"\nselect = {kind = "disk", globs = ["*"]}\n'
        f"on_complete = {on_complete}\n",
        encoding="utf-8",
    )
    emulator.progression = Progression.by_seconds(0, 3600)
    arguments = [sys.executable, "-m", "lightsail_snap", "apply", str(plan)]
    with subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True) as process:  # noqa: S603 - the command under test
        try:
            deadline = time.monotonic() + 60
            # Each disk is waited for in a separate thread.
            while emulator.calls["CreateDiskSnapshot"] < 2 or not emulator.calls["GetDiskSnapshot"]:
                assert time.monotonic() < deadline
                time.sleep(0.02)
            process.send_signal(number)
            _, errors = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == code
    # One line: the command of the plan runs once.
    assert json.loads(received.read_text(encoding="utf-8"))["error"] == "interrupted"
    assert errors == (
        f"lightsail-snap: {message}\n"
        "Steps that Lightsail has accepted may still be running. No step is carried out twice. "
        f"To resume, run:\n  lightsail-snap apply {plan}\n"
    )


@pytest.mark.parametrize("is_full", [False, True])
def test_entry_exits_while_worker_threads_still_run(
    monkeypatch: pytest.MonkeyPatch, *, is_full: bool
) -> None:
    class ExitedError(Exception):
        """Replaces the exit of the process."""

    def exit_process(code: int) -> None:
        raise ExitedError(code)

    may_finish = threading.Event()
    thread = threading.Thread(target=may_finish.wait, name="lightsail-snap-plan_0")
    thread.start()
    before = signal.getsignal(signal.SIGINT)
    monkeypatch.setattr(sys, "argv", ["lightsail-snap", "--version"])
    monkeypatch.setattr(os, "_exit", exit_process)
    monkeypatch.setattr(gc, "set_threshold", lambda *_: None)
    monkeypatch.setattr(gc, "freeze", lambda: None)
    try:
        with broken_pipe() as stream:
            if is_full:
                monkeypatch.setattr(sys, "stdout", stream)
            with pytest.raises(ExitedError, match="141" if is_full else "0"):
                entry()
    finally:
        may_finish.set()
        thread.join()
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_termination_signal_ends_the_command(
    number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    def work() -> None:
        os.kill(os.getpid(), number)
        time.sleep(60)

    assert run_and_report(work) == 128 + number
    assert capsys.readouterr().err == f"lightsail-snap: terminated by {number.name}\n"
    assert signal.getsignal(number) is signal.SIG_DFL


def test_ignored_signal_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    try:
        assert run_and_report(lambda: os.kill(os.getpid(), signal.SIGHUP)) == 0
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_command_in_another_thread_leaves_signals_alone() -> None:
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(run_and_report(lambda: None)))
    thread.start()
    thread.join()
    assert codes == [0]


def test_interrupt_during_import_prints_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(_app, "run", interrupted)
    assert main(["list"]) == 130
    assert capsys.readouterr().err == ""


def test_error_outside_of_commands_is_printed_as_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: object) -> None:
        message = "as TERMINAL_WIDTH=wide makes it"
        raise ValueError(message)

    monkeypatch.setattr(typer.main, "get_command", fail)
    assert main(["--help"]) == 70
    (line,) = capsys.readouterr().err.splitlines()
    assert "internal error, please report it: ValueError: as TERMINAL_WIDTH" in line


def broken_pipe() -> io.TextIOWrapper:
    """Open a pipe without a reader."""
    reader, writer = os.pipe()
    os.close(reader)
    return os.fdopen(writer, "w", encoding="utf-8")


@pytest.mark.parametrize(
    "arguments", [["list"], ["list", "--json"], ["--help"], ["--version"], ["create", "--help"]]
)
def test_broken_pipe_exits_quietly(
    arguments: list[str],
    command: Command,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    command("create", "db-1", "--disk", "Disk-1")
    with broken_pipe() as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        assert main(arguments) == 141
        monkeypatch.undo()
    assert capsys.readouterr().err == ""


def test_broken_pipe_in_the_middle_of_the_help_exits_quietly(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Closed(io.StringIO):
        def write(self, _: str) -> int:
            raise BrokenPipeError(errno.EPIPE, "the reader has exited")

    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdout", Closed())
        patch.setattr("lightsail_snap.cli._errors.discard_output", lambda _: None)
        assert main(["--help"]) == 141


@pytest.mark.usefixtures("command")
def test_process_whose_reader_exits_early_exits_quietly(emulator: LightsailEmulator) -> None:
    client = emulator.boto3_client("us-east-1")
    for number in range(300):
        client.create_disk_snapshot(diskSnapshotName=f"db-{number:03}", diskName="Disk-1")
    arguments = [sys.executable, "-m", "lightsail_snap", "list", "--json"]
    with subprocess.Popen(  # noqa: S603 - the command under test
        arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        # More than a pipe holds, so that the process is still writing when the reader exits.
        assert len(process.stdout.readline()) * 300 > 2 * 65_536
        process.stdout.close()
        assert process.stderr.read() == ""
    assert process.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["demo", "--seconds", "0"]])
def test_full_disk_is_reported_once(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # Closing it flushes again, which would raise if output were left.
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert main(arguments) == 1
        monkeypatch.undo()
    assert capsys.readouterr().err == "lightsail-snap: No space left on device\n"


def test_messages_to_a_broken_pipe_are_discarded(monkeypatch: pytest.MonkeyPatch) -> None:
    with broken_pipe() as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        print_message("one")
        print_message("two")
        monkeypatch.undo()


def test_command_runs_with_closed_streams(command: Command, emulator: LightsailEmulator) -> None:
    arguments = [sys.executable, "-m", "lightsail_snap", "create", "db-1", "--disk", "Disk-1"]
    closed = ["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *arguments]
    assert subprocess.run(closed, check=False).returncode == 0  # noqa: S603 - the command under test
    assert emulator.calls["CreateDiskSnapshot"] == 1
    assert command("show", "db-1").code == 0


def test_closed_streams_are_opened_on_the_null_device(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, None)
    _prepare_streams()
    streams = sys.stdin, sys.stdout, sys.stderr
    print_message("discarded")
    print_line("discarded")
    assert not sys.stdin.isatty()
    monkeypatch.undo()
    for stream in streams:
        stream.close()


def test_characters_that_the_encoding_lacks_are_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    file = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(file, encoding="iso-8859-1"))
    _prepare_streams()
    print_line("db-1  \xfc=\u540d")
    assert file.getvalue() == b"db-1  \xfc=\\u540d\n"
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    _prepare_streams()
