"""Run every line of README.md and docs/ that starts with `lightsail-snap`."""

from __future__ import annotations

import contextlib
import html
import importlib.util
import io
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.docs.shown_output import (
    MORE_INSTANCES,
    compile_output,
    find_command_outputs,
)

from lightsail_snap.cli import main
from lightsail_snap.cli._app import COMMANDS
from lightsail_snap.cli._emulator import ShiftedClock, seed_emulator
from lightsail_snap.cli._errors import ExitCode
from lightsail_snap.emulator import LightsailEmulator, Progression

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
BLOCK = re.compile(r"^```(sh|bash|toml|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
URL = "http://127.0.0.1:8123"
# Commands that serve, take long or are tested elsewhere; here only their arguments are checked.
TESTED_ELSEWHERE = {"emulator", "demo"}


@pytest.fixture
def server_url(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[str]:
    """Serve an emulator to a reader with an empty folder and no settings."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    clock = ShiftedClock()
    with LightsailEmulator(clock=clock, progression=Progression.instant()) as emulator:
        seed_emulator(emulator, clock, disks=["Disk-1"], instances=["web-1"], history=60)
        seed_emulator(emulator, clock, disks=["Disk-Virginia-1"])
        for name in MORE_INSTANCES.get(request.getfixturevalue("page").name, ()):
            emulator.add_instance(name, region_name="us-east-1")
        with emulator.serve() as url:
            yield url


class Reader(io.StringIO):
    """Standard input of a terminal."""

    def isatty(self) -> bool:
        return True


class Shell:
    """Runs the lines of a page, as far as pages need a shell."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
        self.monkeypatch, self.url = monkeypatch, url
        self.commands_run: list[str] = []
        self.failing: set[str] = set()

    def line(self, line: str) -> str:
        """Run a line, and return what it prints: first the results, then the messages."""
        fails = line in self.failing
        if line.startswith("export "):
            for argument in shlex.split(line)[1:]:
                name, _, value = argument.partition("=")
                self.monkeypatch.setenv(name, value.replace(URL, self.url))
            return ""
        line, _, target = line.partition(" > ")
        command, *arguments = shlex.split(line.partition(" | ")[0], comments=True)
        assert command == "lightsail-snap", line
        self.commands_run.append(arguments[0])
        if arguments[0] in TESTED_ELSEWHERE:
            arguments.append("--help")
        out, errors = io.StringIO(), io.StringIO()
        self.monkeypatch.setattr(sys, "stdin", Reader("y\n"))
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
            code = main(arguments)
        assert bool(code) == fails, (line, out.getvalue(), errors.getvalue())
        if target:
            Path(target).write_text(out.getvalue(), encoding="utf-8")
        return out.getvalue() + errors.getvalue()


def blocks(page: Path) -> Iterator[tuple[str, str]]:
    for found in BLOCK.finditer(page.read_text(encoding="utf-8")):
        yield found[1], found[2]


QUICKSTART = DOCS / "quickstart.md"
SAVED_AS = {"toml": "nightly.toml", "python": "first.py"}


def commands(page: Path) -> list[str]:
    """Return the lines that call the command; completion is tested in tests/cli."""
    lines = [
        # The other name of the command.
        line.replace("python -m lightsail_snap", "lightsail-snap")
        for kind, text in blocks(page)
        if kind in {"sh", "bash"}
        for line in text.splitlines()
    ]
    return [line for line in lines if re.match("lightsail-snap (?!--.*-completion)", line)]


PAGES = [
    page
    for page in [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
    if page != QUICKSTART and commands(page)
]


def test_pages_with_commands_are_found() -> None:
    names = {page.name for page in PAGES}
    assert names >= {"README.md", "cli.md", "index.md", "testing.md"}
    assert sum(len(commands(page)) for page in PAGES) > 12


@pytest.mark.sample(2)
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page_runs(
    page: Path, server_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell = Shell(monkeypatch, server_url)
    (plan,) = (text for kind, text in blocks(QUICKSTART) if kind == "toml")
    Path("nightly.toml").write_text(plan, encoding="utf-8")
    settings = [text for _, text in blocks(QUICKSTART) if text.startswith("export ")]
    for line in settings[0].splitlines():
        shell.line(line)
    outputs = find_command_outputs(page.read_text(encoding="utf-8"))
    # A page shows the message of a command that fails.
    shell.failing = {lines[-1] for lines, shown in outputs if shown.startswith("lightsail-snap: ")}
    printed = {line: shell.line(line) for line in commands(page)}
    for lines, shown in outputs:
        output = "".join(printed[line] for line in lines)
        assert compile_output(shown).fullmatch(output), output
    assert len(shell.commands_run) == len(commands(page))


def test_readme_shows_the_output_of_the_demo(capsys: pytest.CaptureFixture[str]) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"command: demo -->.*?^```text\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    assert shown is not None
    assert main(["demo", "--seconds", "0"]) == 0
    output = capsys.readouterr().out
    assert compile_output(shown[1]).fullmatch(output), output


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@pytest.mark.thorough
@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash to follow it in")
def test_quickstart_works(tmp_path: Path) -> None:
    """Run the quickstart in a real shell with real processes."""
    port = free_port()
    script = ["set -euo pipefail"]
    for kind, text in blocks(QUICKSTART):
        if kind in SAVED_AS:
            script += [f"cat > {SAVED_AS[kind]} <<'END'\n{text}END"]
        for line in text.splitlines() if kind == "sh" else ():
            # The installed package is tested; test_package checks that `[cli]` suffices.
            if not line.startswith(("python3 -m venv", ". ", "pip install")):
                quick = line.replace("--seconds 1 ", "--seconds 0.05 ")
                script += [f"echo '$ {line}'", quick.replace("8123", str(port))]
            if line.endswith(" &"):
                script += [f"until (: < /dev/tcp/127.0.0.1/{port}) 2> out; do sleep 0.05; done"]
    quiet = ("AWS_", "COV_")
    environment = {name: value for name, value in os.environ.items() if name[:4] not in quiet}
    environment |= {"HOME": str(tmp_path), "NO_COLOR": "1", "COLUMNS": "200"}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    import pty  # noqa: PLC0415 - Windows has none, and no bash either

    # The reader has a terminal and confirms the one prompt of the page.
    reader, terminal = pty.openpty()
    os.write(reader, b"y\n")
    with subprocess.Popen(  # noqa: S603 - a page of this project
        ["bash", "-c", "\n".join(script)],  # noqa: S607 - whichever bash a reader has
        cwd=tmp_path,
        env=environment,
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as shell:
        try:
            out, _ = shell.communicate(timeout=120)
        finally:
            if shell.poll() is None:
                os.killpg(shell.pid, signal.SIGKILL)
            os.close(terminal)
            os.close(reader)
    assert shell.returncode == 0, out
    output = out.replace(str(port), "8123")
    *_, planned, applied, again, pruned, listed, end = re.split(r"^\$ ", output, flags=re.MULTILINE)
    assert "before-upgrade" in planned
    assert "delete" in planned
    assert re.search(r"take 1, copy 0, delete \d\d \(\d\d snapshots from .*, 1\d kept\)", applied)
    assert "Continue? [y/N]" in applied
    assert "skipped 0, failed 0" in applied
    assert "done 0, adopted 1, skipped 0, failed 0" in again
    assert "0 of 0 deleted" in pruned
    rows = listed.splitlines()[2:-1]
    assert "before-upgrade" in listed
    assert "from-python" in listed
    # 60 days and one; of these seven days, four weeks and two or three months stay.
    assert 11 <= len(rows) <= 15
    assert listed.splitlines()[-1] == f"{len(rows)} snapshots, {32 * len(rows)} GB"
    assert end.startswith("kill %1")
    for _, shown in find_command_outputs(QUICKSTART.read_text(encoding="utf-8")):
        assert compile_output(shown).search(output), (shown, output)
    # The emulator has ended.
    with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
        pass


def test_cli_page_lists_all_exit_codes() -> None:
    page = (DOCS / "cli.md").read_text(encoding="utf-8")
    listed = [int(found) for found in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)]
    assert listed == sorted(ExitCode)


@pytest.mark.thorough
def test_pictures_show_the_command_line(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("drawn", DOCS / "pictures" / "command_line.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    before = dict(os.environ), Path.cwd()
    module.draw(tmp_path)
    assert (dict(os.environ), Path.cwd()) == before
    drawn = read_texts(tmp_path)
    committed = read_texts(DOCS / "pictures")
    assert committed.keys() == drawn.keys() >= {f"cli-{name}.txt" for name in COMMANDS}
    # `--help` has words of typer, too, and `doctor` shows the installed versions.
    for name in drawn.keys() - {"cli-help.txt", "cli-doctor.txt"}:
        assert committed[name] == drawn[name], name
    for name, text in committed.items():
        # Words only, since Rich may draw them differently.
        assert read_words((DOCS / "pictures" / name).with_suffix(".svg")) == "".join(text.split())
    shown = " ".join(re.sub("[│╭╮╰╯─]", " ", committed["cli-help.txt"]).split())
    for name, command in COMMANDS.items():
        assert f" {name} {command.summary}" in shown
    plan = (DOCS / "index.md").read_text(encoding="utf-8").partition('title="nightly.toml"\n')[2]
    assert plan.startswith(module.PLAN)


def read_texts(folder: Path) -> dict[str, str]:
    """Return the texts of all pictures in a folder."""
    return {file.name: file.read_text(encoding="utf-8") for file in folder.glob("cli-*.txt")}


def read_words(picture: Path) -> str:
    """Return what a picture of a terminal shows, without spaces and the title of the window."""
    drawn = picture.read_text(encoding="utf-8")
    parts = re.findall(r'<text class="[\w-]+-r\d+" [^>]*>([^<]*)</text>', drawn)
    return "".join(html.unescape("".join(parts)).split())
