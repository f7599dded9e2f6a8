"""A failing example is printed as code that makes the same value when it is pasted."""

from __future__ import annotations

import ast
import datetime as dt
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import lightsail_snap
from lightsail_snap import emulator, plans

STRATEGIES = {
    "DiskSnapshot": "strategies.disk_snapshots()",
    "InstanceSnapshot": "strategies.hostile_instance_snapshots()",
    "list": "strategies.histories()",
    "RetentionPolicy": "strategies.retention_policies()",
    "BackupPlan": "strategies.backup_plans()",
    "Inventory": "strategies.inventories()",
    "CreateDiskSnapshotRequest": "strategies.create_disk_snapshot_requests()",
    "Fault": "st.from_type(Fault)",
    "CommandHooks": "st.from_type(CommandHooks)",
}
TEST = """
from hypothesis import Phase, given, settings, strategies as st
from lightsail_snap import CommandHooks
from lightsail_snap.emulator import Fault
from lightsail_snap.testing import strategies
{tests}
"""
CASE = """
@settings(max_examples=1, database=None, phases=[Phase.generate])
@given({strategy})
def test_{name}(value):
    raise AssertionError
"""


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return what pytest prints for a failing test of each strategy."""
    folder: Path = tmp_path_factory.mktemp("failing")
    cases = (CASE.format(name=name, strategy=value) for name, value in STRATEGIES.items())
    file = folder / "test_failing.py"
    file.write_text(TEST.format(tests="\n".join(cases)), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider"]
    # The options of this run, such as the seed of a plugin, are not for that one.
    env = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
    result = subprocess.run(  # noqa: S603 - our own test
        [*command, str(file)], cwd=folder, capture_output=True, text=True, check=False, env=env
    )
    assert result.returncode == 1, result.stdout + result.stderr
    found = re.findall(
        r"^E\s+(?:Failing test case|Falsifying example): test_(\w+)\(\n(.*?)^E\s+\)$",
        result.stdout,
        re.MULTILINE | re.DOTALL,
    )
    return {name: re.sub(r"^E ", "", text, flags=re.MULTILINE) for name, text in found}


@pytest.mark.parametrize("name", STRATEGIES)
@pytest.mark.thorough
def test_failing_example_is_code_without_lambdas(name: str, printed: dict[str, str]) -> None:
    example = printed[name]
    assert "lambda" not in example
    assert "from_wire" not in example
    call = ast.parse(f"f(\n{example}\n)", mode="eval").body
    assert isinstance(call, ast.Call)
    names: dict[str, Any] = {"datetime": dt, **vars(emulator), **vars(plans)}
    names |= {public: getattr(lightsail_snap, public) for public in lightsail_snap.__all__}
    (argument,) = call.keywords
    value = eval(compile(ast.Expression(argument.value), "<example>", "eval"), names)  # noqa: S307 - the printed example
    assert type(value).__name__ == name


def test_failing_example_of_disk_snapshot_names_its_fields(printed: dict[str, str]) -> None:
    assert "value=DiskSnapshot(name='" in printed["DiskSnapshot"]
    assert "created_at=datetime.datetime(2026" in printed["DiskSnapshot"]
