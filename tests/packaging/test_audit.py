"""Check that the audit of dependencies fails for known vulnerabilities, also offline."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "audit.py"
SPEC = importlib.util.spec_from_file_location("audit", SCRIPT)
assert SPEC is not None
assert SPEC.loader is not None
audit: Any = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(audit)


def fake_pip_audit(monkeypatch: pytest.MonkeyPatch, stdout: str, stderr: str = "") -> None:
    result = SimpleNamespace(stdout=stdout, stderr=stderr)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: result)


UNREACHABLE = "ERROR: Connection refused"


@pytest.mark.parametrize(
    ("package", "version", "is_affected"),
    [
        ("urllib3", "1.26.16", True),
        ("urllib3", "2.0.6", True),
        ("urllib3", "2.6.2", True),
        ("urllib3", "2.8.0", False),
        ("waitress", "3.0.0", True),
        ("waitress", "3.0.1", False),
        ("idna", "3.6", True),
        ("idna", "3.7", False),
        ("another", "0.1", False),
    ],
)
def test_advisories_match_affected_versions(package: str, version: str, is_affected: bool) -> None:  # noqa: FBT001 - pytest's parameters
    assert bool(audit.find_known({package: version})) is is_affected


def test_known_vulnerability_fails_offline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake_pip_audit(monkeypatch, "", UNREACHABLE)
    installed = audit.find_dependencies("lightsail-snap")
    monkeypatch.setattr(audit, "find_dependencies", lambda _: installed | {"urllib3": "2.6.2"})
    with pytest.raises(SystemExit, match=r"urllib3 2\.6\.2: GHSA-38jv-5279-wg99"):
        audit.main()


def test_unreachable_index_is_reported_without_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fake_pip_audit(monkeypatch, "", UNREACHABLE)
    monkeypatch.setattr(audit, "find_known", lambda _: [])
    audit.main()
    assert "PyPI is unreachable" in capsys.readouterr().out


def test_finding_of_pip_audit_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    vulnerability = {"id": "PYSEC-1", "fix_versions": ["9"]}
    report = {"dependencies": [{"name": "six", "version": "1", "vulns": [vulnerability]}]}
    fake_pip_audit(monkeypatch, json.dumps(report))
    monkeypatch.setattr(audit, "find_known", lambda _: [])
    with pytest.raises(SystemExit, match="six 1: PYSEC-1, fixed in 9"):
        audit.main()


def test_crash_of_pip_audit_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_pip_audit(monkeypatch, "", "Traceback\nKeyError: 'vulns'")
    monkeypatch.setattr(audit, "find_known", lambda _: [])
    with pytest.raises(SystemExit, match="pip-audit failed"):
        audit.main()


def test_advisories_are_about_dependencies() -> None:
    # A misspelt or former dependency would never be found.
    advisories = tomllib.loads((ROOT / "scripts" / "advisories.toml").read_text(encoding="utf-8"))
    assert {each["package"] for each in advisories["advisory"]} <= set(
        audit.find_dependencies("lightsail-snap")
    )
