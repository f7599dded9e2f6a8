"""The command line as a whole: help, arguments, error messages and exit codes."""

from __future__ import annotations

import gc
import importlib
import math
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3.session
import pytest
import typer

from lightsail_snap import (
    ConfigurationError,
    InstanceSource,
    LightsailSnapClient,
    LightsailSnapError,
    NotFoundException,
    WaitProgress,
    __version__,
)
from lightsail_snap.cli import _demo, entry, main
from lightsail_snap.cli._app import COMMANDS, load_command
from lightsail_snap.cli._errors import ExitCode, UnfinishedError, exit_code_of
from lightsail_snap.cli._global_options import require_finite

INTERNAL_ERROR = "internal error, please report it"


def test_demo_names_an_instance_as_a_source() -> None:
    assert _demo._format_value(InstanceSource(instance_name="web-1")) == "instance web-1"


@pytest.mark.parametrize("source", ["disk", "instance"])
@pytest.mark.sample(1)
def test_demo_prints_every_step_of_a_snapshot(
    source: str, capsys: pytest.CaptureFixture[str]
) -> None:
    # Long enough for a poll in between, on a busy machine too.
    assert main(["demo", "--source", source, "--seconds", "1.5"]) == 0
    out = capsys.readouterr().out
    assert "CreateDiskSnapshot\n" in out
    assert "tags                   env=demo, nightly" in out
    assert f"source                 {source} " in out
    assert out.count("Started") == 2
    assert out.count("Succeeded") == 2
    assert "%  pending" in out
    assert "[########################] 100%  completed" in out
    assert "state                  completed" in out
    assert out.isascii()


def test_demo_prints_the_error_of_a_failed_poll(capsys: pytest.CaptureFixture[str]) -> None:
    error = ConfigurationError("connection refused")
    _demo._print_progress(
        WaitProgress("disk snapshot x", 1, timedelta(seconds=2), None, None, error)
    )
    assert "connection refused" in capsys.readouterr().out


def test_python_m_runs_the_command() -> None:
    # A separate process, as users run it; coverage is measured there too.
    result = subprocess.run(
        [sys.executable, "-m", "lightsail_snap", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout == f"lightsail-snap {__version__}\n"


def test_emulator_serves_until_sigterm_and_keeps_its_state(tmp_path: Path) -> None:
    state = str(tmp_path / "state.db")
    for is_first in (True, False):
        command = [sys.executable, "-m", "lightsail_snap", "emulator", "--state", state]
        command += ["--seconds", "0", "--disk", "Disk-1", "--instance", "web-1", "--history", "2"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:  # noqa: S603 - the command under test
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
                    boto = client._transport._client  # type: ignore[attr-defined] # the library has no CreateDisk
                    boto.create_disk(diskName="data", availabilityZone="us-east-1a", sizeInGb=8)
                assert client.get_disk("data").disk.size_in_gb == 8
                yesterday = f"nightly-Disk-1-{datetime.now(UTC) - timedelta(days=1):%Y%m%d}"
                assert yesterday in {each.name for each in client.iter_disk_snapshots()}
                assert len(list(client.iter_disk_snapshots())) == 2
            server.send_signal(signal.SIGTERM)
            assert server.wait(timeout=30) == 0


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--host", "0.0.0.0"], 2, "pass --allow-remote"),  # noqa: S104 - refused by the command
        (["--host", "127.0.0.300"], 2, "127.0.0.300"),
        (["--state", "/"], 8, "state file"),
        (["--history", "3"], 2, "--history requires at least one --disk"),
        (["--region", "xx-north-9"], 2, "Lightsail is not available in xx-north-9"),
        (["--region", "us-east-1a"], 2, "--region must be an AWS Region"),
        (["--history", "3", "--disk", "d?"], 2, "The name 'd?' is not valid"),
    ],
)
def test_emulator_with_invalid_options_prints_the_reason(
    arguments: list[str], code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["emulator", *arguments]) == code
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


@pytest.mark.parametrize(
    "arguments",
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
def test_invalid_arguments_exit_with_usage(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("lightsail-snap: ")
    assert captured.err.splitlines()[1:2] == ["For help, run:"]
    assert captured.out == ""


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_require_finite_refuses_nan_and_infinity(number: float) -> None:
    assert require_finite(1.5) == 1.5
    with pytest.raises(typer.BadParameter, match="is not a finite number"):
        require_finite(number)


@pytest.mark.parametrize("group", [[], ["auto-snapshots"]])
def test_no_arguments_lists_the_commands(
    group: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(group) == 2
    captured = capsys.readouterr()
    for command in ["list", "copy"] if group else COMMANDS:
        assert f"  {command} " in captured.err
    assert captured.out == ""


@pytest.mark.parametrize("name", COMMANDS)
def test_table_of_commands_matches_the_loaded_command(name: str) -> None:
    listed, loaded = COMMANDS[name], load_command(name)
    assert listed.summary == " ".join(loaded.help.partition("\n\n")[0].split())
    assert listed.panel == loaded.rich_help_panel


@pytest.mark.parametrize("module", sorted({each.module for each in COMMANDS.values()}))
def test_table_lists_every_command_of_a_module(module: str) -> None:
    app = typer.Typer()
    importlib.import_module(f"lightsail_snap.cli.{module}").add_to(app)
    added = [each.name for each in app.registered_commands]
    added += [each.name for each in app.registered_groups]
    assert added == [name for name, each in COMMANDS.items() if each.module == module]


def test_mistyped_command_suggests_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["prnue"]) == 2
    assert "no such command: prnue; did you mean prune?" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", ["list --help", "create --help", "restore-instance -h"])
def test_help_of_a_command_imports_only_its_module(arguments: str) -> None:
    modules = imported_modules(arguments.split())
    assert not modules & {"boto3", "botocore", "rich.progress"}
    assert not modules & {
        f"lightsail_snap.{name}" for name in ("plans", "retention", "quiesce", "emulator")
    }


@pytest.mark.thorough
@pytest.mark.usefixtures("command")
def test_list_imports_only_what_it_prints_with() -> None:
    modules = imported_modules(["list"])
    assert "botocore.client" in modules
    assert not modules & {"rich.console", "rich.table", "lightsail_snap.retention"}


@pytest.mark.parametrize("arguments", ["", "--help", "--version list"])
def test_help_imports_no_module_of_a_command(arguments: str) -> None:
    modules = imported_modules(arguments.split())
    assert "typer" in modules
    assert not modules & {"boto3", "botocore", "pydantic", "lightsail_snap.errors"}
    assert not {each.module for each in COMMANDS.values()} & {
        name.removeprefix("lightsail_snap.cli.") for name in modules
    }


def test_version_imports_only_the_standard_library() -> None:
    modules = imported_modules(["--version"])
    others = {each for each in modules if each.partition(".")[0] not in sys.stdlib_module_names}
    package = {"", "._exports", "._lazy", "._version", ".cli"}
    assert others == {f"lightsail_snap{name}" for name in package}


def imported_modules(arguments: list[str]) -> set[str]:
    """Return the names of the modules that a command imports in a new process."""
    script = (
        "import sys; before = set(sys.modules)\n"
        f"from lightsail_snap.cli import main; main({arguments})\n"
        "print(*sorted(set(sys.modules) - before), file=sys.stderr)"
    )
    result = subprocess.run(  # noqa: S603 - the command under test
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(result.stderr.splitlines()[-1].split())


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_version_needs_no_extra(
    missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"lightsail-snap {__version__}\n"


def test_version_with_other_arguments_prints_the_version(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--version", "list"]) == 0
    assert capsys.readouterr().out == f"lightsail-snap {__version__}\n"


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_missing_extra_prints_how_to_install_it(
    missing: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    monkeypatch.setattr(sys, "executable", "/venv/bin/python")
    assert main(["list"]) == 8
    assert capsys.readouterr().err == (
        "lightsail-snap: typer and rich are not installed; to install them, run:\n"
        '  /venv/bin/python -m pip install "lightsail-snap[cli]"\n'
    )


def test_missing_extra_names_the_tool_and_the_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "typer", None)
    monkeypatch.setattr(sys, "executable", "/my tools/python")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert main(["list"]) == 8
    command = 'uv pip install --python "/my tools/python" "lightsail-snap[cli]"'
    assert capsys.readouterr().err.endswith(f"\n  {command}\n")


class UnexpectedError(Exception):
    """An error that the command line does not know."""


@pytest.mark.parametrize(
    ("raised", "code", "message"),
    [
        (ConfigurationError("no region"), 8, "no region"),
        (LightsailSnapError("no"), 1, "no"),
        (OSError(28, "No space left on device"), 1, "No space left on device"),
        (OSError(13, "Permission denied", "a.toml"), 1, "a.toml: Permission denied"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (UnexpectedError("a\nb"), 70, f"{INTERNAL_ERROR}: UnexpectedError: a\\nb ("),
    ],
)
def test_errors_are_printed_as_one_line(
    raised: BaseException,
    code: int,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: object) -> None:
        raise raised

    monkeypatch.setattr(_demo, "_take_snapshot", fail)
    assert main(["demo"]) == code
    err = capsys.readouterr().err
    assert err.startswith(f"lightsail-snap: {message}")
    assert len(err.splitlines()) == 1


def test_unfinished_command_prints_advice_after_the_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        message = "To resume, run:"
        raise UnfinishedError(message, "lightsail-snap wait a-1") from KeyboardInterrupt()

    monkeypatch.setattr(_demo, "_take_snapshot", fail)
    assert main(["demo"]) == 130
    err = capsys.readouterr().err
    assert err == "lightsail-snap: interrupted\nTo resume, run:\n  lightsail-snap wait a-1\n"


def test_exit_code_depends_on_may_have_executed() -> None:
    error = LightsailSnapError("connection reset")
    assert exit_code_of(error) == ExitCode.FAILED
    error.may_have_executed = True
    assert exit_code_of(error) == ExitCode.UNKNOWN


@pytest.mark.parametrize("handler", [signal.default_int_handler, signal.SIG_IGN])
def test_console_script_silences_late_interrupts(
    handler: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["lightsail-snap", "--version"])
    # This process continues, and may have threads of other tests.
    monkeypatch.setattr(threading, "enumerate", list)
    monkeypatch.setattr(gc, "set_threshold", lambda *_: None)
    monkeypatch.setattr(gc, "freeze", lambda: None)
    before = signal.signal(signal.SIGINT, handler)
    try:
        with pytest.raises(SystemExit) as end:
            entry()
        # A late interrupt ends Python without a traceback; an ignored one stays ignored.
        is_ignored = handler is signal.SIG_IGN
        assert signal.getsignal(signal.SIGINT) is (signal.SIG_IGN if is_ignored else signal.SIG_DFL)
    finally:
        signal.signal(signal.SIGINT, before)
    assert end.value.code == 0


def test_console_script_collects_garbage_less_often() -> None:
    code = """
import gc, sys
from lightsail_snap.cli import entry
sys.argv = ["lightsail-snap", "--version"]
try:
    entry()
finally:
    print(gc.isenabled(), gc.get_threshold()[0])
"""
    done = subprocess.run(  # noqa: S603 - fixed arguments
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[1] == "True 100000"
