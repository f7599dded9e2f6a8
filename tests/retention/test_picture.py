"""The picture in the guide shows what the library plans today."""

from __future__ import annotations

import runpy
from pathlib import Path

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"


def test_retention_picture_matches_its_script() -> None:
    drawn = runpy.run_path(str(PICTURES / "retention.py"))["draw"]()
    assert (PICTURES / "retention.svg").read_text(encoding="utf-8") == drawn
