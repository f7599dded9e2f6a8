"""The command line against the emulator, over HTTP as users run it."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.support import PLAN, Command, CommandResult, Terminal, access_denied

from lightsail_snap.cli import main
from lightsail_snap.cli._emulator import ShiftedClock, seed_emulator
from lightsail_snap.emulator import LightsailEmulator, Progression
from lightsail_snap.emulator._wire import Response

REGION = "us-east-1"


@pytest.fixture(autouse=True)
def garbage_collector() -> Iterator[None]:
    """Restore the settings that `entry` changes for its process."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()


@pytest.fixture
def emulator() -> Iterator[LightsailEmulator]:
    with LightsailEmulator(progression=Progression.instant()) as made:
        made.add_disk("Disk-1", region_name=REGION, size_in_gb=8)
        made.add_disk("Disk-2", region_name=REGION, size_in_gb=8)
        made.add_instance("web-1", region_name=REGION)
        yield made


@pytest.fixture
def command(
    emulator: LightsailEmulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Command]:
    """Run a command whose environment has only the settings of the emulator."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    with emulator.serve() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_LIGHTSAIL", url)
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
        monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)

        def run(*arguments: str) -> CommandResult:
            code = main(list(arguments))
            captured = capsys.readouterr()
            assert "Traceback" not in captured.out + captured.err
            return CommandResult(code, captured.out, captured.err)

        yield run


@pytest.fixture
def plan(tmp_path: Path) -> str:
    for name in ("nightly", "weekly"):
        text = PLAN.replace("nightly", name)
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    return str(tmp_path / "nightly.toml")


@pytest.fixture
def history(emulator: LightsailEmulator) -> None:
    """Ten days of snapshots of the first disk, as the plan would have taken them."""
    clock = ShiftedClock()
    usual, emulator.clock = emulator.clock, clock
    seed_emulator(emulator, clock, disks=["Disk-1"], history=10)
    emulator.clock = usual
    emulator.calls.clear()


@pytest.fixture
def refuse(
    emulator: LightsailEmulator, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, str], None]:
    """Refuse an operation whose payload contains a name."""
    handle = emulator.handle

    def refuse_for(refused: str, name: str) -> None:
        def respond(region: str, operation: str, payload: Any) -> Response:
            if operation == refused and name.encode() in bytes(payload):
                return access_denied(emulator)
            return handle(region, operation, payload)

        monkeypatch.setattr(emulator, "handle", respond)

    return refuse_for


@pytest.fixture
def type_on_terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def type_on_terminal(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", Terminal(text))

    return type_on_terminal
