# ruff: noqa: INP001 - a script outside of any package
"""Draw the output of every command: the pictures `cli-*.svg`, with their texts `cli-*.txt`.

    python docs/pictures/command_line.py [FOLDER]

The script runs the command against the emulator and records its output. Clock and identifiers are
fixed, so the pictures are the same on every day.
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import re
import shlex
import sys
import tempfile
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text
from typing_extensions import override

from lightsail_snap.cli import main
from lightsail_snap.cli._emulator import ShiftedClock, seed_emulator
from lightsail_snap.emulator import LightsailEmulator

TODAY = datetime(2025, 6, 16, 3, 17, tzinfo=UTC)
WIDTH = 80
PLAN = """\
name = "nightly"
region = "us-east-1"
slot = "day"
select = {kind = "disk", names = ["db-1"]}
retention = {time_zone = "UTC", keep_daily = 5, keep_weekly = 2}
"""
# The commands of each picture, in an order in which each finds what it needs.
PICTURES = {
    "help": ["--help"],
    "doctor": ["doctor"],
    "create": ["create before-upgrade --disk db-1 --tag reason=upgrade"],
    "wait": ["wait before-upgrade"],
    "list": ["list", "list --tag reason=upgrade"],
    "show": ["show before-upgrade"],
    "plan": ["plan nightly.toml"],
    "prune": ["prune nightly.toml"],
    "apply": ["apply nightly.toml"],
    "rollback": ["rollback db-1 nightly-db-1-20250615 --dry-run --client-token t-1"],
    "restore": ["restore before-upgrade db-2 --zone us-east-1a"],
    "copy": ["copy before-upgrade --from us-east-1 --region us-west-2"],
    "tag": ["tag before-upgrade keep=yes --remove reason"],
    "delete": ["delete before-upgrade"],
    "rescue": ["rescue web-1 --to helper-1"],
    "restore-instance": [
        "create web-1-all --instance web-1",
        "restore-instance web-1-all web-2 --bundle small_3_0",
    ],
    "attach": ["attach db-2 web-1"],
    "stop": ["stop web-1"],
    "detach": ["detach db-2"],
    "start": ["start web-1"],
    "auto-snapshots": [
        "auto-snapshots list web-1",
        "auto-snapshots enable db-2 --at 03:00",
    ],
    "error": [
        "show web-1-al",
        "create db-2 --disk db-1 --instance web-1",
        "plan nightly.tml",
    ],
    "demo": ["demo"],
    "emulator": ["emulator --port 8123 --disk db-1"],
}
# What moves the cursor: progress bars go up, and erase lines.
CONTROLS = re.compile(r"(\n|\r|\x1b\[2K|\x1b\[1A|\x1b\[\?25[lh])")
# Rich's own template loads a font from another host.
TEMPLATE = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<title>Output of lightsail-snap</title>
<style>
.{unique_id}-matrix {{
  font-family: Menlo, Consolas, "DejaVu Sans Mono", monospace;
  font-size: {char_height}px;
  line-height: {line_height}px;
}}
.{unique_id}-title {{ font-family: sans-serif; font-size: 18px; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


class PictureClock(ShiftedClock):
    """A clock that advances only when it sleeps."""

    def __init__(self) -> None:
        super().__init__()
        self.passed = 0.0

    @override
    def time(self) -> float:
        """Return the seconds since 1970."""
        return TODAY.timestamp() + self.monotonic()

    def now(self) -> datetime:
        """Return the time in UTC."""
        return datetime.fromtimestamp(self.time(), UTC)

    @override
    def monotonic(self) -> float:
        """Return the seconds since the start."""
        return self.passed - self.days_ago * 86_400

    @override
    def sleep(self, seconds: float) -> None:
        """Advance the clock."""
        self.passed += seconds


class Screen(io.StringIO):
    """A terminal."""

    @override
    def isatty(self) -> bool:
        """Return True."""
        return True


class Keyboard(Screen):
    """Standard input that confirms each prompt; the terminal shows the reply."""

    def __init__(self, screen: Screen) -> None:
        super().__init__()
        self.screen = screen

    @override
    def readline(self, size: int = -1, /) -> str:  # type: ignore[override] # typeshed differs
        """Return yes."""
        self.screen.write("y\n")
        return "y\n"


def run(command: str) -> str:
    """Run a command line, and return what a terminal shows afterwards."""
    screen = Screen()
    with (
        contextlib.redirect_stdout(screen),
        contextlib.redirect_stderr(screen),
        mock.patch.object(sys, "stdin", Keyboard(screen)),
    ):
        main(shlex.split(command))
    rows, row = [""], 0
    for part in CONTROLS.split(screen.getvalue()):
        if part == "\n":
            row += 1
            rows += [""] * (row == len(rows))
        elif part == "\x1b[2K":
            rows[row] = ""
        elif part == "\x1b[1A":
            row -= 1
        elif not CONTROLS.fullmatch(part):
            rows[row] += part
    return "\n".join(rows)


def break_lines(text: Text) -> Iterator[Text]:
    """Yield the lines that a terminal shows; it breaks longer ones anywhere."""
    for line in text.split(allow_blank=True):
        yield from line.divide(range(WIDTH, len(line), WIDTH))


def draw_picture(name: str, commands: list[str]) -> tuple[str, str]:
    """Run commands, and return their output as an SVG picture and as text."""
    console = Console(
        record=True, width=WIDTH, file=io.StringIO(), legacy_windows=False
    )
    for number, command in enumerate(commands):
        if number:
            console.print()
        prompt = Text(f"$ lightsail-snap {command}", style="bold")
        for shown in (prompt, Text.from_ansi(run(command))):
            console.print(*break_lines(shown), sep="\n", end="\n" * (shown is prompt))
    text = console.export_text(clear=False)
    drawn = console.export_svg(
        title="lightsail-snap",
        theme=MONOKAI,
        code_format=TEMPLATE,
        unique_id=f"cli-{name}",
    )
    return trim(drawn), trim(text)


def trim(text: str) -> str:
    """Remove spaces at the ends of lines, and lines without text at the end."""
    return "\n".join(line.rstrip() for line in text.rstrip().splitlines()) + "\n"


def fixed_uuid() -> uuid.UUID:
    """Return an identifier that depends on the seed only."""
    return uuid.UUID(int=random.getrandbits(128), version=4)


def serve_nothing(*, on_ready: Callable[[str], None], port: int, **_: object) -> None:
    """Stand in for the server, which runs until it is interrupted."""
    on_ready(f"http://127.0.0.1:{port}")


@contextlib.contextmanager
def fixed_environment(url: str, clock: PictureClock) -> Iterator[None]:
    """Run commands against an emulator, in a folder with a plan, with fixed identifiers."""
    settings = {
        "AWS_ENDPOINT_URL_LIGHTSAIL": url,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "any",
        "AWS_SECRET_ACCESS_KEY": "any",
        "TERM": "xterm-256color",
        "COLUMNS": str(WIDTH),
        "TERMINAL_WIDTH": str(WIDTH),
        "PATH": os.environ.get("PATH", ""),
    }
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.chdir(folder),
        mock.patch.dict(os.environ, {**settings, "HOME": folder}, clear=True),
        mock.patch("time.time", clock.time),
        mock.patch("uuid.uuid4", fixed_uuid),
        # Progress bars are drawn when they change, not every tenth of a second.
        mock.patch("rich.live._RefreshThread"),
        mock.patch("rich.console.monotonic", clock.monotonic),
        mock.patch("lightsail_snap._boto.connect.SystemClock", return_value=clock),
        mock.patch("lightsail_snap.emulator._emulator.SystemClock", return_value=clock),
        mock.patch("lightsail_snap.cli._emulator.run_server", serve_nothing),
        mock.patch("lightsail_snap.cli._snapshots._now", clock.now),
    ):
        Path("nightly.toml").write_text(PLAN, encoding="utf-8")
        yield


def draw(folder: Path) -> None:
    """Write all pictures to a folder."""
    clock = PictureClock()
    with (
        LightsailEmulator(clock=clock) as emulator,
        emulator.serve() as url,
        fixed_environment(url, clock),
    ):
        instances = ["web-1", "helper-1"]
        seed_emulator(emulator, clock, disks=["db-1"], instances=instances, history=9)
        daily = {"addOnType": "AutoSnapshot", "autoSnapshotAddOnRequest": {}}
        clock.days_ago = 3
        emulator.handle(
            "us-east-1", "EnableAddOn", {"resourceName": "web-1", "addOnRequest": daily}
        )
        clock.days_ago = 0
        place = {"diskName": "db-1", "instanceName": "web-1", "diskPath": "/dev/xvdf"}
        emulator.handle("us-east-1", "AttachDisk", place)
        for number, (name, commands) in enumerate(PICTURES.items()):
            # One picture does not depend on how often another command polls.
            random.seed(name)
            clock.passed = max(clock.passed, 600.0 * number)
            picture, text = draw_picture(name, commands)
            (folder / f"cli-{name}.svg").write_text(picture, encoding="utf-8")
            (folder / f"cli-{name}.txt").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent)
