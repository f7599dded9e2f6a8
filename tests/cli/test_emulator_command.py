"""`emulator` with a replaced server, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lightsail_snap.cli import _emulator, main
from lightsail_snap.emulator import LightsailEmulator, _run, run_server


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Create the initial resources and record them instead of serving."""
    seen: list[dict[str, Any]] = []

    def run(**given: Any) -> None:
        with LightsailEmulator(state=given["state"], clock=given["clock"]) as emulator:
            given["on_start"](emulator)
            given["on_ready"]("http://127.0.0.1:1")
            response = emulator.boto3_client("us-west-2").get_disk_snapshots()
            seen.append({**given, "names": [each["name"] for each in response["diskSnapshots"]]})

    monkeypatch.setattr(_emulator, "run_server", run)
    return seen


def test_emulator_creates_resources_and_history_once(
    served: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["emulator", "--state", str(tmp_path / "state"), "--region", "us-west-2"]
    arguments += ["--disk", "db", "--disk", "web", "--instance", "web-1"]
    assert main(arguments) == 0
    assert main([*arguments, "--history", "3", "--plan", "weekly"]) == 0
    assert main([*arguments, "--history", "3", "--plan", "weekly"]) == 0
    without_history, created, again = served
    assert without_history["names"] == []
    assert len(created["names"]) == 6
    assert created["names"] == again["names"]
    assert {name.rpartition("-")[0] for name in again["names"]} == {"weekly-db", "weekly-web"}
    captured = capsys.readouterr()
    assert captured.out == "http://127.0.0.1:1\n" * 3
    assert "AWS_ENDPOINT_URL_LIGHTSAIL=http://127.0.0.1:1 AWS_DEFAULT_REGION=us-west-2" in (
        captured.err
    )


def test_run_server_without_on_start_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def end_at_once() -> Iterator[Callable[[], None]]:
        yield lambda: None

    monkeypatch.setattr(_run, "_stop_signals", end_at_once)
    urls: list[str] = []
    run_server(on_ready=urls.append)
    assert len(urls) == 1
