"""Check what the workflows of the forge run, and with which rights."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / ".github" / "workflows"
if not FOLDER.is_dir():
    pytest.skip("only in a checkout", allow_module_level=True)
WORKFLOWS = {path.stem: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.yml")}
CLASSIFIERS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
    "classifiers"
]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_actions_are_pinned_to_a_commit_and_name_its_version(name: str) -> None:
    lines = re.findall(r"uses: ([\w-]+/.*)", WORKFLOWS[name])
    assert lines
    pinned = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
    assert [line for line in lines if not pinned.fullmatch(line)] == []


def test_workflows_pin_one_version_of_each_action() -> None:
    uses = set(re.findall(r"uses: ([\w-]+/[\w-]+)@(\w+)", "".join(WORKFLOWS.values())))
    assert len(uses) == len({action for action, _ in uses})


def test_only_three_jobs_may_write() -> None:
    granted = [
        (name, right)
        for name, text in WORKFLOWS.items()
        for right in re.findall(r"^ +([a-z-]+): write", text, re.MULTILINE)
    ]
    assert sorted(granted) == [
        ("release", "contents"),
        ("release", "id-token"),
        ("release", "id-token"),
        ("release", "pages"),
    ]
    assert all(re.search("^permissions:", text, re.MULTILINE) for text in WORKFLOWS.values())


def test_every_job_has_a_time_limit() -> None:
    for text in WORKFLOWS.values():
        assert text.count("runs-on:") == text.count("timeout-minutes:")


def test_declared_versions_of_python_are_tested() -> None:
    declared = re.findall(r":: (3\.\d+)$", "\n".join(CLASSIFIERS), re.MULTILINE)
    gates, tests = WORKFLOWS["ci"].split("\n  tests:\n")
    assert re.findall(r"^ +(3\.\d+)$", gates, re.MULTILINE) == declared[::-1]
    matrix = re.search(r"python: \[(.*)\]", tests)
    assert matrix is not None
    # .ci/run tests the oldest one.
    assert re.findall(r"3\.\d+", matrix[1]) == declared[1:]
