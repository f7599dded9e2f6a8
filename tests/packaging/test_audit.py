"""The audit of dependencies can fail, also where nobody can be asked."""

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


def answering(monkeypatch: pytest.MonkeyPatch, stdout: str, stderr: str = "") -> None:
    answer = SimpleNamespace(stdout=stdout, stderr=stderr)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: answer)


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
def test_what_is_kept_tells_bad_versions(package: str, version: str, is_affected: bool) -> None:  # noqa: FBT001 - pytest's parameters
    assert bool(audit.find_known({package: version})) is is_affected


def test_a_known_vulnerability_fails_although_nobody_can_be_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answering(monkeypatch, "", UNREACHABLE)
    installed = audit.find_dependencies("lightsail-snap")
    monkeypatch.setattr(audit, "find_dependencies", lambda _: installed | {"urllib3": "2.6.2"})
    with pytest.raises(SystemExit, match=r"urllib3 2\.6\.2: GHSA-38jv-5279-wg99"):
        audit.main()


def test_silence_is_told_and_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    answering(monkeypatch, "", UNREACHABLE)
    monkeypatch.setattr(audit, "find_known", lambda _: [])
    audit.main()
    assert "PyPI is unreachable" in capsys.readouterr().out


def test_what_pip_audit_finds_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    vulnerability = {"id": "PYSEC-1", "fix_versions": ["9"]}
    told = {"dependencies": [{"name": "six", "version": "1", "vulns": [vulnerability]}]}
    answering(monkeypatch, json.dumps(told))
    monkeypatch.setattr(audit, "find_known", lambda _: [])
    with pytest.raises(SystemExit, match="six 1: PYSEC-1, fixed in 9"):
        audit.main()


def test_a_broken_pip_audit_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    answering(monkeypatch, "", "Traceback\nKeyError: 'vulns'")
    monkeypatch.setattr(audit, "find_known", lambda _: [])
    with pytest.raises(SystemExit, match="pip-audit failed"):
        audit.main()


def test_what_is_kept_is_about_dependencies() -> None:
    # One that is misspelt, or no dependency any more, would never be found.
    kept = tomllib.loads((ROOT / "scripts" / "advisories.toml").read_text(encoding="utf-8"))
    assert {each["package"] for each in kept["advisory"]} <= set(
        audit.find_dependencies("lightsail-snap")
    )
