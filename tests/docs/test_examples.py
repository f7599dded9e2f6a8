"""Run every example, as a user would."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.py"))


def test_examples_are_found() -> None:
    assert EXAMPLES


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)
def test_example_runs(example: Path) -> None:
    result = subprocess.run(  # noqa: S603 - an example of this project
        [sys.executable, "-W", "error", str(example)], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert "completed" in result.stdout
    assert result.stderr == ""
