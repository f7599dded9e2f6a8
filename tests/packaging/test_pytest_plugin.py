"""Check what the pytest plugin costs in an environment without the extra `testing`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import lightsail_snap

PLUGIN = "lightsail_snap.testing._pytest_plugin"
# What the plugin may load besides pytest, and the standard library.
ALLOWED = {
    "lightsail_snap",
    "lightsail_snap._exports",
    "lightsail_snap._lazy",
    "lightsail_snap._version",
    "lightsail_snap.testing",
    PLUGIN,
}
TEST = f"""
import sys

def test_plugin_is_loaded_and_nothing_else(pytestconfig):
    assert pytestconfig.pluginmanager.has_plugin({PLUGIN!r})
    loaded = {{name for name in sys.modules if name.startswith("lightsail_snap")}}
    assert loaded <= set({sorted(ALLOWED)!r})
    heavy = {{"boto3", "botocore", "pydantic", "hypothesis", "waitress"}}
    assert heavy.isdisjoint(sys.modules)
"""


def run_pytest(folder: Path, test: str, *arguments: str) -> str:
    """Run pytest in a process with no other plugins, where `hypothesis` cannot be imported."""
    (folder / "test_it.py").write_text(test, encoding="utf-8")
    blocked = folder / "blocked"
    blocked.mkdir()
    (blocked / "hypothesis.py").write_text("raise ImportError(__name__)\n", encoding="utf-8")
    paths = [str(blocked), str(Path(lightsail_snap.__file__).parents[1])]
    environment = {name: value for name, value in os.environ.items() if name[:4] != "COV_"}
    environment |= {"PYTHONPATH": os.pathsep.join(paths), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    environment["PYTEST_ADDOPTS"] = ""
    command = [sys.executable, "-m", "pytest", "-q", "-p", PLUGIN, "-W", "error", *arguments]
    done = subprocess.run(  # noqa: S603 - fixed arguments
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.thorough
def test_plugin_loads_nothing_and_warns_of_nothing(tmp_path: Path) -> None:
    output = run_pytest(tmp_path, TEST)
    assert "1 passed" in output
    assert "warning" not in output


@pytest.mark.thorough
def test_fixtures_work_without_hypothesis(tmp_path: Path) -> None:
    test = "def test_it(lightsail_client):\n    assert lightsail_client.get_disk('disk-1').disk\n"
    assert "1 passed" in run_pytest(tmp_path, test)
