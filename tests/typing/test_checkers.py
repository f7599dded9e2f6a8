"""Holds what the type checkers say about `cases/` against what the cases expect, line by line."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CASES = sorted((Path(__file__).parent / "cases").glob("*.py"))
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
Findings = dict[tuple[str, int], set[str]]


def expected(checker: str) -> Findings:
    findings: Findings = {}
    for case in CASES:
        for number, line in enumerate(case.read_text(encoding="utf-8").splitlines(), 1):
            found = re.search(rf"# .*\b{checker}: (\S+)", line)
            if found and '"""' not in line and not line.startswith("A line"):
                findings[case.name, number] = set(found[1].split(","))
    return findings


def run(*command: str, files: list[Path] = CASES) -> str:
    result = subprocess.run(  # noqa: S603 - our own tools on our own files
        [sys.executable, "-m", *command, *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"MYPYPATH": ""},
    )
    assert result.returncode in {0, 1}, result.stdout + result.stderr
    return result.stdout


def test_mypy_accepts_and_rejects_what_it_should(tmp_path: Path) -> None:
    config = tmp_path / "mypy.ini"
    config.write_text("[mypy]\nstrict = true\n", encoding="utf-8")
    output = run("mypy", "--config-file", str(config), "--cache-dir", str(tmp_path / "cache"))
    findings: Findings = defaultdict(set)
    for line in output.splitlines():
        found = re.match(r"(.*?):(\d+): error: .*\[([a-z-]+)\]$", line)
        if found:
            findings[Path(found[1]).name, int(found[2])].add(found[3])
    assert findings == expected("mypy"), output


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_mypy_accepts_the_code_of_the_documentation(tmp_path: Path) -> None:
    files = []
    for page in PAGES:
        blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
        if blocks:
            files.append(tmp_path / f"page_{page.stem.lower()}.py")
            files[-1].write_text("\n".join(blocks), encoding="utf-8")
    assert len(files) > 3
    output = run("mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), files=files)
    assert output.startswith("Success"), output


def test_pyright_accepts_and_rejects_what_it_should(tmp_path: Path) -> None:
    config = tmp_path / "pyrightconfig.json"
    # The cases consist of expressions whose only purpose is to be checked.
    settings = {
        "typeCheckingMode": "strict",
        "reportUnusedExpression": "none",
        "reportUnusedVariable": "none",
        "include": [os.path.relpath(CASES[0].parent, tmp_path)],
    }
    config.write_text(json.dumps(settings), encoding="utf-8")
    result = subprocess.run(  # noqa: S603 - likewise
        [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable,
         "--project", str(config)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    report = json.loads(result.stdout)
    findings: Findings = defaultdict(set)
    for diagnostic in report["generalDiagnostics"]:
        line = diagnostic["range"]["start"]["line"] + 1
        rule = diagnostic.get("rule", "")
        # Strict mode repeats an unknown member as an unknown type; the first finding is enough.
        if not rule.startswith("reportUnknown"):
            findings[Path(diagnostic["file"]).name, line].add(rule)
    assert report["summary"]["filesAnalyzed"] >= len(CASES)
    assert findings == expected("pyright"), result.stdout


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_the_cases_do_expect_something(checker: str) -> None:
    assert len(expected(checker)) > 30
