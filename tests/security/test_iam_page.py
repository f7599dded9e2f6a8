"""docs/iam.md allows the calls of each operation. `scripts/iam_policies.py --check` checks it."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from typing import Any

import pytest

from lightsail_snap.emulator._operations import HANDLERS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "iam.md").read_text(encoding="utf-8")
SCRIPT = ROOT / "scripts" / "iam_policies.py"


def load() -> Any:
    spec = importlib.util.spec_from_file_location("iam_policies", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses need the module there
    spec.loader.exec_module(module)
    return module


iam = load()
POLICIES = {
    title: json.loads(text)
    for title, text in re.findall(
        r"^## (.*)\n(?:(?!^## )[\s\S])*?```json\n([\s\S]*?)```", PAGE, re.MULTILINE
    )
}


def allowed(title: str) -> set[str]:
    (statement,) = POLICIES[title]["Statement"]
    assert (statement["Effect"], statement["Resource"]) == ("Allow", "*")
    return {action.removeprefix("lightsail:") for action in statement["Action"]}


def test_iam_page_has_a_policy_for_each_high_level_operation() -> None:
    assert list(POLICIES) == [task.title for task in iam.TASKS]


@pytest.mark.sample(5)
@pytest.mark.parametrize("task", iam.TASKS, ids=lambda task: task.title)
def test_policy_allows_the_calls_and_only_reads_besides(task: Any) -> None:
    called = set().union(*(iam._record_calls(variant) for variant in task.variants))
    extra = allowed(task.title) - called
    assert called <= allowed(task.title)
    assert allowed(task.title) <= set(HANDLERS)
    # Calls that are made only after a fault are reads.
    assert all(operation.startswith("Get") for operation in extra)


@pytest.mark.parametrize("title", ["Tag", "Take a snapshot of an instance"])
def test_policy_equals_a_complete_recording(title: str) -> None:
    (task,) = (task for task in iam.TASKS if task.title == title)
    assert iam.record_operations(task) == sorted(allowed(title))


def test_policy_for_reading_allows_no_writes() -> None:
    for title in ("Wait", "Wait for an export", "List", "Preview a backup plan"):
        assert all(operation.startswith("Get") for operation in allowed(title))
