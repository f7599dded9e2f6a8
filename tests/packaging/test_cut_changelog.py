"""Check how a release turns the unreleased changes into those of a version."""

from __future__ import annotations

import importlib.util
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]
SPEC = importlib.util.spec_from_file_location("cut", ROOT / "scripts" / "cut_changelog.py")
assert SPEC is not None
assert SPEC.loader is not None
script: Any = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(script)

CHANGELOG = """# Changelog

## [Unreleased]

### Added

- A method.

## [0.1.0] - 2026-01-31

- The first release.
"""
DAY = date(2026, 2, 28)


def write_project(folder: Path, version: str, changelog: str = CHANGELOG) -> Path:
    package = folder / "src" / "lightsail_snap"
    package.mkdir(parents=True)
    (package / "_version.py").write_text(f'__version__ = "{version}"\n', encoding="utf-8")
    (folder / "CHANGELOG.md").write_text(changelog, encoding="utf-8")
    return folder


def test_unreleased_changes_get_the_version_and_the_date() -> None:
    assert script.cut(CHANGELOG, "0.2.0", DAY) == CHANGELOG.replace(
        "## [Unreleased]\n", "## [Unreleased]\n\n## [0.2.0] - 2026-02-28\n"
    )


def test_notes_are_the_changes_of_one_version() -> None:
    changelog = script.cut(CHANGELOG, "0.2.0", DAY)
    assert script.read_notes(changelog, "0.2.0") == "### Added\n\n- A method."
    assert script.read_notes(changelog, "0.1.0") == "- The first release."


@pytest.mark.parametrize(
    ("version", "changelog", "message"),
    [
        ("0.1.0", CHANGELOG, "has a section [0.1.0]; set a new version"),
        ("0.2.0", CHANGELOG.replace("### Added\n\n- A method.\n", ""), "has no changes below"),
        ("0.2.0", "# Changelog\n", "has no changes below [Unreleased]"),
    ],
)
def test_changelog_that_is_not_ready_stays_as_it_is(
    version: str,
    changelog: str,
    message: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = write_project(tmp_path, version, changelog)
    assert script.main([], root) == 1
    assert message in capsys.readouterr().err
    assert (root / "CHANGELOG.md").read_text(encoding="utf-8") == changelog


def test_release_of_a_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = write_project(tmp_path, "0.2.0")
    assert script.main(["--check", "v0.2.0"], root) == 1
    assert "describes no changes of 0.2.0" in capsys.readouterr().err
    assert script.main([], root) == 0
    assert script.main(["--check", "v0.2.0"], root) == 0
    assert script.main(["--check", "v0.3.0"], root) == 1
    assert "the tag is v0.3.0, and _version.py has 0.2.0" in capsys.readouterr().err
    assert script.main(["--notes"], root) == 0
    assert capsys.readouterr().out == "### Added\n\n- A method.\n"


def test_missing_version_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = write_project(tmp_path, "0.2.0")
    (root / "src" / "lightsail_snap" / "_version.py").write_text("", encoding="utf-8")
    assert script.main(["--notes"], root) == 1
    assert "has no line `__version__ = ...`" in capsys.readouterr().err


LINES = st.lists(st.from_regex(r"- [a-z]+", fullmatch=True), min_size=1).map("\n".join)


@given(st.lists(LINES, min_size=1, max_size=4))
def test_every_release_keeps_the_notes_of_the_others(releases: list[str]) -> None:
    changelog = "# Changelog\n\n## [Unreleased]\n"
    for number, notes in enumerate(releases):
        changelog = changelog.replace("## [Unreleased]\n", f"## [Unreleased]\n\n{notes}\n", 1)
        changelog = script.cut(changelog, f"0.{number}.0", DAY)
    for number, notes in enumerate(releases):
        assert script.read_notes(changelog, f"0.{number}.0") == notes
    assert script.split_sections(changelog)["Unreleased"] == ""


def test_changelog_of_the_project_can_be_cut() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    sections = script.split_sections(changelog)
    assert next(iter(sections)) == "Unreleased"
    assert sections["Unreleased"] or script.read_version() in sections
