"""Checks that constraints.txt pins every tool that the tests and .ci/run install."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LINES = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
PINS = [Requirement(line) for line in LINES if line and not line.lstrip().startswith("#")]
VERSIONS: dict[str, list[str]] = {}
for _pin in PINS:
    VERSIONS.setdefault(canonicalize_name(_pin.name), []).append(str(_pin.specifier))


def requirements(extra: str) -> Iterator[Requirement]:
    """Yield the requirements of an extra and of the extras that it includes."""
    for text in PROJECT["optional-dependencies"][extra]:
        requirement = Requirement(text)
        if requirement.name == PROJECT["name"]:
            for other in requirement.extras:
                yield from requirements(other)
        else:
            yield requirement


NEEDED = [*map(Requirement, PROJECT["dependencies"]), *requirements("dev")]


@pytest.mark.parametrize("requirement", NEEDED, ids=str)
def test_requirement_is_pinned_within_its_range(requirement: Requirement) -> None:
    versions = VERSIONS[canonicalize_name(requirement.name)]
    for version in versions:
        assert re.fullmatch(r"==[\w.]+", version), version
        assert requirement.specifier.contains(version.removeprefix("=="), prereleases=True)


def test_constraint_is_one_exact_version() -> None:
    assert len(PINS) > len(NEEDED) > 20
    for pin in PINS:
        assert re.fullmatch(r"==[\w.]+", str(pin.specifier)), pin
        assert pin.url is None
    assert not [line for line in LINES if "://" in line or line.startswith("-")]


def test_documented_installations_use_the_constraints() -> None:
    places = ["README.md", "CONTRIBUTING.md", ".ci/run", "noxfile.py"]
    commands = [
        line
        for place in places
        if (ROOT / place).is_file()  # not all of them are in the sdist
        for line in (ROOT / place).read_text(encoding="utf-8").splitlines()
        # The sessions that test other versions of the dependencies install with uv.
        if re.search(r"(?<!uv\", \")pip\W+install\b.*(\.\[(tests|dev)\]|awscli|types-boto3)", line)
    ]
    assert len(commands) >= 5
    assert [line for line in commands if not re.search(r"c\W+constraints.txt", line)] == []
