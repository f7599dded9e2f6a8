"""Check that the declared, documented and tested versions are the same."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CELLS: list[dict[str, str]] = tomllib.loads(
    (ROOT / "tests" / "compatibility" / "versions.toml").read_text(encoding="utf-8")
)["cells"]
PAGE = (ROOT / "docs" / "compatibility.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def numbers(version: str) -> tuple[int, ...]:
    """Parse a version; 2.12 is 2.12.0."""
    found = tuple(int(part) for part in version.split("."))
    return found + (0,) * (3 - len(found))


def versions_of(package: str) -> list[tuple[int, ...]]:
    return sorted({numbers(cell[package]) for cell in CELLS})


@pytest.mark.parametrize("package", ["boto3", "pydantic"])
def test_declared_range_is_the_tested_range(package: str) -> None:
    (declared,) = (each for each in PROJECT["dependencies"] if each.startswith(f"{package}>"))
    found = re.fullmatch(rf"{package}>=([\d.]+),<(\d+)", declared)
    assert found is not None
    versions = versions_of(package)
    assert numbers(found[1]) == versions[0]
    # An upper bound excludes only the next major version.
    assert int(found[2]) == versions[-1][0] + 1
    assert f"`{declared}`" in PAGE


@pytest.mark.parametrize("package", ["boto3", "botocore", "pydantic"])
def test_every_minor_version_of_the_range_is_tested(package: str) -> None:
    minors = sorted({version[:2] for version in versions_of(package)})
    assert len({major for major, _ in minors}) == 1
    assert [minor for _, minor in minors] == list(range(minors[0][1], minors[-1][1] + 1))


@pytest.mark.parametrize("pydantic", [versions_of("pydantic")[0], versions_of("pydantic")[-1]])
def test_newest_boto3_is_tested_with_oldest_and_newest_pydantic(pydantic: tuple[int, ...]) -> None:
    newest = versions_of("boto3")[-1]
    assert any(
        numbers(cell["boto3"]) == newest and numbers(cell["pydantic"]) == pydantic for cell in CELLS
    )


def test_documented_table_is_the_matrix() -> None:
    rows = re.findall(r"^\| (\d\S+) \| (\d\S+) \| (\d\S+) \|$", PAGE, re.MULTILINE)
    assert rows == [(cell["boto3"], cell["botocore"], cell["pydantic"]) for cell in CELLS]
