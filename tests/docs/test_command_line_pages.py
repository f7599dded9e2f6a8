"""Every shell block of the quickstart and of the page on the command runs, line by line."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lightsail_snap.cli import main
from lightsail_snap.cli._emulator import Shifted, furnish
from lightsail_snap.cli._exits import Code
from lightsail_snap.emulator import LightsailEmulator, Progression

DOCS = Path(__file__).parents[2] / "docs"
BLOCK = re.compile(r"^```(sh|toml)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
URL = "http://127.0.0.1:8123"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """Stand where a reader stands: an empty folder, and no settings."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    clock = Shifted()
    with LightsailEmulator(clock=clock, progression=Progression.instant()) as emulator:
        furnish(emulator, clock, disks=["Disk-1"], instances=["web-1"], history=60)
        with emulator.serve() as url:
            yield url


class Shell:
    """Runs the lines of a page as a shell would, as far as pages need one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
        self.monkeypatch, self.url = monkeypatch, url
        self.ran: list[str] = []

    def line(self, line: str) -> None:
        # What installs, activates and starts a server is done by the fixture, or by its own test.
        if line.startswith(("python3 -m venv", ". ", "pip install")) or line.endswith(" &"):
            return
        if line.startswith("export "):
            for word in shlex.split(line)[1:]:
                name, _, value = word.partition("=")
                self.monkeypatch.setenv(name, value.replace(URL, self.url))
            return
        line, _, target = line.partition(" > ")
        command, *words = shlex.split(line.partition(" | ")[0])
        assert command == "lightsail-snap", line
        out, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
            code = main(words)
        assert code == 0, (line, out.getvalue(), errors.getvalue())
        if target:
            Path(target).write_text(out.getvalue(), encoding="utf-8")
        self.ran.append(words[0])


def blocks(page: str) -> Iterator[tuple[str, str]]:
    for found in BLOCK.finditer((DOCS / page).read_text(encoding="utf-8")):
        yield found[1], found[2]


@pytest.mark.parametrize("page", ["quickstart.md", "cli.md"])
def test_a_reader_gets_where_the_page_leads(
    page: str, world: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = Shell(monkeypatch, world)
    plans = [text for kind, text in blocks("quickstart.md") if kind == "toml"]
    assert len(plans) == 1
    Path("nightly.toml").write_text(plans[0], encoding="utf-8")
    if page != "quickstart.md":
        settings = [text for kind, text in blocks("quickstart.md") if text.startswith("export ")]
        for line in settings[0].splitlines():
            shell.line(line)
    for kind, text in blocks(page):
        for line in text.splitlines() if kind == "sh" else ():
            if "completion" not in line:
                shell.line(line.partition("   #")[0])
    if page == "quickstart.md":
        assert shell.ran == [
            *("doctor", "create", "list", "show", "plan", "prune"),
            *("apply", "apply", "prune", "list"),
        ]


def test_the_emulator_of_the_quickstart_can_be_started() -> None:
    (line,) = (
        line
        for _, text in blocks("quickstart.md")
        for line in text.splitlines()
        if line.endswith(" &")
    )
    # Its options make sense; --help ends it before it listens.
    assert main([*shlex.split(line.removesuffix(" &"))[1:], "--help"]) == 0


def test_all_exit_codes_are_listed() -> None:
    page = (DOCS / "cli.md").read_text(encoding="utf-8")
    listed = [int(found) for found in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)]
    assert listed == sorted(Code)


def test_the_pictures_show_the_command(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("drawn", DOCS / "pictures" / "command_line.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    before = dict(os.environ)
    module.draw(tmp_path)
    assert dict(os.environ) == before
    pictures = {file.name: file.read_text(encoding="utf-8") for file in tmp_path.iterdir()}
    assert "no rule keeps it" in pictures["cli-prune.svg"].replace("&#160;", " ")
    assert "daily: newest of" in pictures["cli-prune.svg"].replace("&#160;", " ")
    assert "doctor" in pictures["cli-help.svg"]


def test_the_committed_pictures_are_there() -> None:
    for name in ("cli-help.svg", "cli-prune.svg"):
        assert (DOCS / "pictures" / name).read_text(encoding="utf-8").startswith("<svg")
