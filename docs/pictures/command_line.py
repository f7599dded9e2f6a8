# ruff: noqa: INP001 - a script outside of any package
"""Draw the output of the command line: the pictures `cli-*.svg`.

    python docs/pictures/command_line.py [FOLDER]

The script runs the command against the emulator and records its output. The emulator's clock is
stopped, so the pictures are the same on every day.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.text import Text
from typing_extensions import override

from lightsail_snap.cli import main
from lightsail_snap.cli._emulator import ShiftedClock, seed_emulator
from lightsail_snap.emulator import LightsailEmulator

TODAY = datetime(2025, 6, 16, 3, 17, tzinfo=UTC)
WIDTH = 110
PRUNE = ["prune", "--owner", "nightly", "--keep-daily", "3", "--keep-weekly", "3"]
ROLL_BACK = [*("rollback", "db-1", "nightly-db-1-20250615"), "--dry-run", "--client-token", "t-1"]


class StoppedClock(ShiftedClock):
    """A clock that always has the same time."""

    @override
    def time(self) -> float:
        """Return the seconds since 1970."""
        return TODAY.timestamp() - self.days_ago * 86_400


class Terminal(io.StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self) -> bool:
        """Return True."""
        return True


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables, and restore them afterwards."""
    before = dict(os.environ)
    os.environ.update(values)
    os.environ.pop("NO_COLOR", None)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def record(arguments: list[str]) -> str:
    """Run the command, and return its output as an SVG picture."""
    screen = Terminal()
    with redirect_stdout(screen), redirect_stderr(screen):
        main(arguments)
    console = Console(record=True, width=WIDTH, file=io.StringIO())
    console.print(Text(f"$ lightsail-snap {' '.join(arguments)}", style="bold"))
    console.print(Text.from_ansi(screen.getvalue()))
    return console.export_svg(title="lightsail-snap", unique_id=f"cli-{arguments[0].strip('-')}")


def draw(folder: Path) -> None:
    """Write all pictures to a folder."""
    clock = StoppedClock()
    with LightsailEmulator(clock=clock) as emulator, emulator.serve() as url:
        seed_emulator(emulator, clock, disks=["db-1"], instances=["web-1"], history=30)
        place = {"diskName": "db-1", "instanceName": "web-1", "diskPath": "/dev/xvdf"}
        emulator.handle("us-east-1", "AttachDisk", place)
        settings = {
            "AWS_ENDPOINT_URL_LIGHTSAIL": url,
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "any",
            "TERM": "xterm-256color",
            "COLUMNS": str(WIDTH),
            "TERMINAL_WIDTH": str(WIDTH),
        }
        with environment(settings):
            (folder / "cli-help.svg").write_text(record(["--help"]), encoding="utf-8")
            (folder / "cli-prune.svg").write_text(record(PRUNE), encoding="utf-8")
            (folder / "cli-rollback.svg").write_text(record(ROLL_BACK), encoding="utf-8")


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
