"""Help: every option is described and grouped, examples are valid, and no word is broken."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st
from scripts.plain_english import TERMS
from tests.cli.support import PLAN, Command, Terminal

from lightsail_snap.cli import main
from lightsail_snap.cli._app import COMMANDS, load_command, root_group
from lightsail_snap.cli._help import (
    OTHER_OPTIONS,
    format_help,
    help_sections,
    split_examples,
)
from lightsail_snap.emulator import LightsailEmulator

# Of the parser; they have one description in all commands.
GENERAL_OPTIONS = {"--help", "--version", "--install-completion", "--show-completion"}


def loaded_commands() -> Iterator[tuple[str, Any]]:
    """Yield the full name of every command and group, and the command."""
    yield "", root_group()
    for name in COMMANDS:
        command = load_command(name)
        yield name, command
        for each in getattr(command, "commands", {}).values():
            yield f"{name} {each.name}", each


ALL = dict(loaded_commands())


def render(name: str, command: Any) -> str:
    return format_help(command, typer.Context(command, info_name=f"lightsail-snap {name}".strip()))


@pytest.mark.parametrize("name", ALL)
def test_every_option_is_described_and_grouped(name: str) -> None:
    private = re.compile("|".join(rf"\b(?:{term})\b" for term in TERMS), re.IGNORECASE)
    command = ALL[name]
    for each in command.params:
        text = re.sub(r"\s*\[default[^]]*\]$", "", each.help or "")
        assert len(text.split()) >= 3, (each.name, text)
        assert text.endswith("."), (each.name, text)
        assert not private.search(text), (each.name, text)
        if each.param_type_name == "option":
            assert each.rich_help_panel or GENERAL_OPTIONS & {*each.opts}, each.name
            assert each.is_flag or each.metavar, each.name
        else:
            assert each.metavar, each.name
    assert not private.search(command.help)


@pytest.mark.parametrize("name", ALL)
def test_help_shows_every_parameter_with_its_default(name: str) -> None:
    command = ALL[name]
    help_text = " ".join(render(name, command).split())
    for each in command.params:
        for option in each.opts if each.param_type_name == "option" else [each.metavar]:
            assert option in help_text
        if isinstance(each.default, float):
            assert f"[default: {each.default:g}]" in help_text
        elif each.param_type_name == "option" and isinstance(each.default, str):
            assert f"[default: {each.default}]" in help_text
        if getattr(each, "secondary_opts", []) and each.default:
            assert f"[default: {each.opts[0]}]" in help_text


@pytest.mark.parametrize("name", ALL)
def test_help_begins_with_a_summary_and_ends_with_examples(name: str) -> None:
    command = ALL[name]
    lines = render(name, command).splitlines()
    assert lines[0][0].isupper()
    assert "Examples:" in lines
    assert [*help_sections(command, typer.Context(command))][-1] == OTHER_OPTIONS


def examples() -> Iterator[tuple[str, list[str]]]:
    for command in ALL.values():
        for line in (command.epilog or "").splitlines():
            if line.startswith("  "):
                yield line.strip(), shlex.split(line.partition(" > ")[0])


EXAMPLES = dict(examples())


def test_every_command_has_an_example() -> None:
    shown = {" ".join(arguments[1:3]) for arguments in EXAMPLES.values()}
    assert all(any(f"{each} ".startswith(f"{name} ") for each in shown) for name in ALL if name)


@pytest.mark.parametrize("line", EXAMPLES)
def test_example_is_accepted_by_its_command(line: str) -> None:
    program, *arguments = EXAMPLES[line]
    assert program == "lightsail-snap"
    command: Any = root_group()
    while hasattr(command, "commands") and arguments[0] in {*command.commands}:
        command = command.load(arguments[0], command.commands[arguments[0]])
        del arguments[0]
    if "--help" in arguments:
        return
    command.make_context("lightsail-snap", arguments)


@pytest.mark.thorough
def test_examples_run(
    command: Command,
    emulator: LightsailEmulator,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    prepare(command, emulator)
    (tmp_path / "nightly.toml").write_text(PLAN, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    # A disk is detached from a stopped instance, and others need what is deleted.
    for line in sorted(EXAMPLES, key=lambda line: (" delete " in line, " detach " in line)):
        if re.search(r"snap (?:emulator|doctor|demo|start|prune --help)\b", line):
            continue
        monkeypatch.setattr("sys.stdin", Terminal("y\n"))
        result = command("--poll", "0.05", *EXAMPLES[line][1:])
        # There are no automatic snapshots, and no roll back to undo.
        is_missing = re.search("latest|rollback-5b97222e", line)
        assert result.code == (3 if is_missing else 0), (line, result)


def prepare(command: Command, emulator: LightsailEmulator) -> None:
    """Create what the examples use."""
    region = "us-east-1"
    emulator.add_disk("data-1", region_name=region, size_in_gb=8)
    emulator.add_instance("helper-1", region_name=region)
    for name in ("db-1", "db-2", "data-1-monday"):
        disk = "data-1" if name.startswith("data") else "Disk-1"
        assert command("create", name, "--disk", disk, "--tag", "env=prod").code == 0
    assert command("create", "web-1-all", "--instance", "web-1").code == 0


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("width", [20, 40, 80, 200])
@pytest.mark.sample(12)
def test_help_fits_the_terminal_and_breaks_no_word(
    name: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "10000")
    words = render(name, ALL[name]).split()
    monkeypatch.setenv("COLUMNS", str(width))
    narrow = render(name, ALL[name])
    assert [each for each in narrow.split() if each != "\\"] == words
    for line in narrow.splitlines():
        assert len(line) <= max(width, 20) or len(line.split()) <= 3, line
        assert line == line.rstrip()


@given(
    st.lists(
        st.sampled_from(["lightsail-snap", "--tag", "'a b'", '"db-{time}"', "k=v", "x" * 30]),
        min_size=1,
    ),
    st.integers(20, 200),
)
def test_broken_example_is_the_same_command(words: list[str], width: int) -> None:
    class Example:
        help, epilog, params = "Summary.", "Do it:\n  " + " ".join(words), ()

        def get_params(self, _: object) -> tuple[()]:
            return ()

    class Context:
        command_path = "x"

    os.environ["COLUMNS"], before = str(width), os.environ.get("COLUMNS")
    try:
        shown = format_help(Example(), Context()).partition("Do it:\n")[2]
    finally:
        os.environ["COLUMNS"] = before or ""
    # As a shell reads a line that ends with a backslash.
    assert shlex.split(shown.replace("\\\n", "")) == shlex.split(" ".join(words))


def test_split_examples_returns_none_without_examples() -> None:
    assert split_examples("Summary.") == ("Summary.", None)


@pytest.mark.parametrize(
    ("environment", "is_colored"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)],
)
def test_help_is_colored_on_terminals_only(
    environment: dict[str, str], is_colored: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ({"NO_COLOR": "", "TERM": "xterm"} | environment).items():
        monkeypatch.setenv(name, value)
    terminal = Terminal()
    monkeypatch.setattr("sys.stdout", terminal)
    assert main(["show", "--help"]) == 0
    assert ("\033[" in terminal.getvalue()) == is_colored
