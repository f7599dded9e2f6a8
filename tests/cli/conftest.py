"""The command against the embedded Lightsail, over HTTP as a user has it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from lightsail_snap.cli import main
from lightsail_snap.emulator import LightsailEmulator, Progression

REGION = "us-east-1"


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


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
) -> Iterator[Callable[..., Ended]]:
    """Run a command; nothing but the addresses of the emulator is in its environment."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    with emulator.serve() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL_LIGHTSAIL", url)
        monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
        monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)

        def run(*words: str) -> Ended:
            code = main(list(words))
            captured = capsys.readouterr()
            assert "Traceback" not in captured.out + captured.err
            return Ended(code, captured.out, captured.err)

        yield run
