"""Check that the reference describes every public name once, and nothing that does not exist.

The gate `nox -s docs` checks that the built pages contain every field, parameter and option.
"""

from __future__ import annotations

import pkgutil
import re
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

import lightsail_snap
from lightsail_snap import emulator, json_schema, notebook, plans, testing
from lightsail_snap.testing import strategies

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def described_names() -> Counter[str]:
    """Return how often the reference describes each name."""
    pages = [page.read_text(encoding="utf-8") for page in sorted(REFERENCE.glob("*.md"))]
    return Counter(
        name for page in pages for name in re.findall(r"^::: (\S+)$", page, re.MULTILINE)
    )


def public_names(package: ModuleType) -> set[str]:
    """Return the `__all__` of a package, or else the public names that are not modules."""
    found = [name for name in dir(package) if not name.startswith("_")]
    default = [name for name in found if not isinstance(getattr(package, name), ModuleType)]
    return {f"{package.__name__}.{name}" for name in getattr(package, "__all__", default)}


@pytest.mark.parametrize(
    "package",
    [lightsail_snap, emulator, json_schema, notebook, plans, strategies, testing],
    ids=lambda each: each.__name__,
)
def test_reference_describes_every_public_name(package: ModuleType) -> None:
    names = public_names(package)
    assert len(names) > 1
    assert sorted(names - described_names().keys()) == []


def test_reference_describes_each_name_once() -> None:
    assert [name for name, count in described_names().items() if count > 1] == []


def test_every_described_name_exists() -> None:
    for name in described_names():
        assert pkgutil.resolve_name(name) is not None
