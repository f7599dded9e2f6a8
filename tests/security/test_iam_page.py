"""docs/iam.md allows what each job asks for; `scripts/iam_policies.py --check` tells the rest."""

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
    sys.modules[spec.name] = module  # dataclasses look their module up
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


def test_every_job_has_its_policy() -> None:
    assert list(POLICIES) == [job.title for job in iam.TASKS]


@pytest.mark.sample(5)
@pytest.mark.parametrize("job", iam.TASKS, ids=lambda job: job.title)
def test_a_policy_allows_what_its_job_asks_for_and_nothing_of_another_kind(job: Any) -> None:
    asked = set().union(*(iam._record_calls(set_up) for set_up in job.variants))
    extra = allowed(job.title) - asked
    assert asked <= allowed(job.title)
    assert allowed(job.title) <= set(HANDLERS)
    # What only an interrupted job asks for changes nothing.
    assert all(operation.startswith("Get") for operation in extra)


@pytest.mark.parametrize("title", ["Tag", "Take a snapshot of an instance"])
def test_a_policy_is_what_a_whole_recording_says(title: str) -> None:
    (job,) = (job for job in iam.TASKS if job.title == title)
    assert iam.record_operations(job) == sorted(allowed(title))


def test_reading_policies_allow_no_writing() -> None:
    for title in ("Wait", "Wait for an export", "List", "Show what a backup plan would do"):
        assert all(operation.startswith("Get") for operation in allowed(title))
