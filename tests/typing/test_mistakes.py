"""Checks that type checkers accept the application and find the mistakes."""

from __future__ import annotations

import ast
import builtins
import json
import os
import re
import runpy
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pydantic
import pytest
from tests.typing import mistakes_table
from tests.typing.mistakes_table import CHECKERS, Mistake, read_mistakes

import lightsail_snap
from lightsail_snap import (
    CreateDiskSnapshotRequest,
    DiskSnapshot,
    DiskSource,
    LightsailSnapClient,
    Paginator,
    Request,
    RequestValidationError,
    VirtualClock,
)
from lightsail_snap.emulator import LightsailEmulator

APPLICATION = Path(__file__).parent / "application"
PAGE = Path(__file__).parents[2] / "docs" / "typing.md"
MISTAKES = read_mistakes()
_LINE = re.compile(r"^(?:ERROR )?(\S+?\.py):(\d+):", re.MULTILINE)
Findings = set[tuple[str, int]]


def run(folder: Path, *command: str) -> str:
    result = subprocess.run(  # noqa: S603 - type checkers on files of this project
        command,
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env=os.environ | {"MYPYPATH": ""},
    )
    assert result.returncode in {0, 1}, result.stdout + result.stderr
    return result.stdout


def parse(output: str) -> Findings:
    return {(Path(file).name, int(line)) for file, line in _LINE.findall(output)}


def run_mypy(folder: Path) -> Findings:
    settings = ("--config-file=", "--strict", "--cache-dir", str(folder / "cache"))
    output = run(folder, sys.executable, "-m", "mypy", *settings, "--hide-error-context", ".")
    return parse("\n".join(line for line in output.splitlines() if ": error: " in line))


def _run_pyright(folder: Path, command: tuple[str, ...]) -> Findings:
    # Most mistakes are expressions, so that each is one line.
    settings = {
        "typeCheckingMode": "strict",
        "reportUnusedExpression": "none",
        "reportUnusedVariable": "none",
    }
    (folder / "pyrightconfig.json").write_text(json.dumps(settings), encoding="utf-8")
    output = run(folder, *command, "--outputjson", "--pythonpath", sys.executable)
    report = json.loads(output)
    assert report["summary"]["filesAnalyzed"] == len([*folder.rglob("*.py")]), output
    return {
        (Path(diagnostic["file"]).name, diagnostic["range"]["start"]["line"] + 1)
        for diagnostic in report["generalDiagnostics"]
    }


def run_pyright(folder: Path) -> Findings:
    return _run_pyright(folder, (sys.executable, "-m", "pyright"))


def run_basedpyright(folder: Path) -> Findings:
    program = shutil.which("basedpyright")
    if program is None:
        pytest.skip("basedpyright is not installed; pyright finds the same")
    return _run_pyright(folder, (program,))


def run_pyrefly(folder: Path) -> Findings:
    settings = f"python-interpreter-path = {sys.executable!r}\n"
    (folder / "pyrefly.toml").write_text(settings, encoding="utf-8")
    command = (sys.executable, "-m", "pyrefly", "check", "--output-format", "min-text")
    return parse(run(folder, *command))


def run_ty(folder: Path) -> Findings:
    command = (sys.executable, "-m", "ty", "check", "--output-format", "concise")
    return parse(run(folder, *command, "--python", sys.prefix))


RUNNERS: dict[str, Callable[[Path], Findings]] = {
    "mypy": run_mypy,
    "pyright": run_pyright,
    "basedpyright": run_basedpyright,
    "pyrefly": run_pyrefly,
    "ty": run_ty,
}


@pytest.mark.thorough
@pytest.mark.parametrize("checker", CHECKERS)
def test_checker_accepts_the_application_and_finds_the_mistakes(
    checker: str, tmp_path: Path
) -> None:
    # Away from this project, so that checkers find neither its settings nor its stubs.
    shutil.copytree(
        APPLICATION, tmp_path / "application", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(mistakes_table.FILE, tmp_path)
    expected = {
        (mistakes_table.FILE.name, mistake.line): mistake.title
        for mistake in MISTAKES
        if checker not in mistake.missed_by
    }
    found = RUNNERS[checker](tmp_path)
    missed = [title for place, title in expected.items() if place not in found]
    assert (missed, sorted(found - set(expected))) == ([], [])


def test_mistakes_have_distinct_titles_and_complete_comments() -> None:
    titles = Counter(mistake.title for mistake in MISTAKES)
    assert len(titles) >= 60
    assert [title for title, count in titles.items() if count > 1] == []
    assert all(mistake.category for mistake in MISTAKES)
    for mistake in MISTAKES:
        assert set(mistake.missed_by) <= set(CHECKERS), mistake
        assert bool(mistake.missed_by) == bool(mistake.reason) == bool(mistake.outcome), mistake


def test_application_imports_public_names_only() -> None:
    for file in APPLICATION.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            module = node.module if isinstance(node, ast.ImportFrom) else None
            if module and module.partition(".")[0] == "lightsail_snap":
                assert isinstance(node, ast.ImportFrom)
                assert not any(part.startswith("_") for part in module.split(".")), file
                assert not any(alias.name.startswith("_") for alias in node.names), file


def _is_statement(mistake: Mistake) -> bool:
    """Return whether the line runs without the lines around it, and without an event loop."""
    return bool(mistake.missed_by) and mistake.category != "Async code"


def _exception(name: str) -> type[BaseException] | None:
    modules = (builtins, pydantic, lightsail_snap)
    found = next((getattr(module, name) for module in modules if hasattr(module, name)), None)
    return found if isinstance(found, type) else None


def _describe(value: object, output: str) -> str:
    """Return what a line did, as `mistakes.py` describes it."""
    match value:
        case Paginator():
            return "the filter selects nothing" if value.list() == [] else "the filter selects"
        case Request():
            with pytest.raises(RequestValidationError):
                Request.checked(value)
            return "sending the copy raises RequestValidationError"
        case DiskSnapshot() if output == "\n":
            return "no progress is reported"
        case DiskSnapshot() if value.model_extra:
            return "the field is in `model_extra`"
        case None if output == "False\n":
            return "the comparison is false"
        case _:
            return f"{value!r}, {output!r}"


@pytest.fixture(scope="module")
def names() -> Iterator[dict[str, Any]]:
    """Yield the names that the lines use, with a client of an emulator."""
    clock = VirtualClock()
    with LightsailEmulator(clock=clock) as emulator:
        emulator.add_disk("data", region_name="us-east-1")
        client = LightsailSnapClient(emulator.boto3_client("us-east-1"), clock=clock)
        source = DiskSource(disk_name="data")
        yield runpy.run_path(str(mistakes_table.FILE)) | {
            "client": client,
            "source": source,
            "snapshot": client.take_disk_snapshot("snapshot", source),
            "request": CreateDiskSnapshotRequest(disk_snapshot_name="request", source=source),
        }


@pytest.mark.parametrize(
    "mistake", [*filter(_is_statement, MISTAKES)], ids=lambda mistake: mistake.title
)
def test_mistake_that_a_checker_misses_ends_as_described(
    mistake: Mistake, names: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    exception = _exception(mistake.outcome)
    if exception is None:
        value = eval(mistake.code, names)  # noqa: S307 - a line of this project
        assert _describe(value, capsys.readouterr().out) == mistake.outcome
    else:
        with pytest.raises(exception):
            exec(mistake.code, names)  # noqa: S102 - a line of this project


def test_documentation_has_the_current_tables() -> None:
    page = PAGE.read_text(encoding="utf-8")
    section = re.search(r"<!-- mistakes -->\n(.*?)<!-- end of mistakes -->\n", page, re.DOTALL)
    assert section is not None
    assert section[1].strip() == mistakes_table.tables().strip()
