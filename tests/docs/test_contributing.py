"""Check that the pages for maintainers name existing paths and sessions, and every script."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ("CONTRIBUTING.md", "scripts/README.md")
if not (ROOT / "CONTRIBUTING.md").is_file():
    pytest.skip("only in a checkout", allow_module_level=True)


def session_names() -> set[str]:
    tree = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
        and any("nox.session" in ast.unparse(each) for each in node.decorator_list)
    }


@pytest.mark.parametrize("page", PAGES)
def test_paths_for_maintainers_exist(page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    paths = set(re.findall(r"\b((?:src|tests|scripts|docs|stubs)/[\w./-]*[\w/])", text))
    assert paths
    assert [path for path in sorted(paths) if not (ROOT / path).exists()] == []


def test_named_sessions_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    commands = re.findall(r"\bnox -s ((?:[a-z_]+ ?)+)", text)
    named = {name for command in commands for name in command.split()}
    assert len(named) > 5
    assert named <= session_names()


def test_every_script_is_described_once() -> None:
    text = (ROOT / "scripts" / "README.md").read_text(encoding="utf-8")
    described = re.findall(r"^\| `([\w.-]+)` \| .+\. \|$", text, re.MULTILINE)
    files = {path.name for path in (ROOT / "scripts").iterdir() if path.is_file()}
    assert sorted(described) == sorted(files - {"README.md"})


def test_every_session_has_a_one_line_description() -> None:
    tree = ast.parse((ROOT / "noxfile.py").read_text(encoding="utf-8"))
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for name in session_names():
        summary = (ast.get_docstring(functions[name]) or "").partition("\n")[0]
        assert summary.endswith("."), name


def test_tests_that_the_gates_name_exist() -> None:
    # pytest ignores the option --deselect for a test that does not exist.
    text = (ROOT / "noxfile.py").read_text(encoding="utf-8")
    named = re.findall(r'"(tests/[\w./-]+)(?:::(\w+))?"', text)
    assert len(named) > 5
    for path, test in named:
        assert (ROOT / path).exists(), path
        assert not test or f"def {test}(" in (ROOT / path).read_text(encoding="utf-8"), test
