"""The emulator's command, as far as it can be seen without a process of its own."""

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
    """Furnish what would be served, and look at it instead of serving it."""
    seen: list[dict[str, Any]] = []

    def run(**given: Any) -> None:
        with LightsailEmulator(state=given["state"], clock=given["clock"]) as emulator:
            given["on_start"](emulator)
            given["on_ready"]("http://127.0.0.1:1")
            answer = emulator.boto3_client("us-west-2").get_disk_snapshots()
            seen.append({**given, "names": [each["name"] for each in answer["diskSnapshots"]]})

    monkeypatch.setattr(_emulator, "run_server", run)
    return seen


def test_it_begins_with_what_it_is_told(
    served: list[dict[str, Any]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["emulator", "--state", str(tmp_path / "world"), "--region", "us-west-2"]
    words += ["--disk", "db", "--disk", "web", "--instance", "web-1"]
    assert main(words) == 0
    assert main([*words, "--history", "3", "--plan", "weekly"]) == 0
    assert main([*words, "--history", "3", "--plan", "weekly"]) == 0
    none, all_of_them, again = served
    assert none["names"] == []
    assert len(all_of_them["names"]) == 6
    assert all_of_them["names"] == again["names"]
    assert {name.rpartition("-")[0] for name in again["names"]} == {"weekly-db", "weekly-web"}
    captured = capsys.readouterr()
    assert captured.out == "http://127.0.0.1:1\n" * 3
    assert "AWS_ENDPOINT_URL_LIGHTSAIL=http://127.0.0.1:1 AWS_DEFAULT_REGION=us-west-2" in (
        captured.err
    )


def test_a_server_without_anything_to_begin_with(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def ended_at_once() -> Iterator[Callable[[], None]]:
        yield lambda: None

    monkeypatch.setattr(_run, "_stop_signals", ended_at_once)
    urls: list[str] = []
    run_server(on_ready=urls.append)
    assert len(urls) == 1
