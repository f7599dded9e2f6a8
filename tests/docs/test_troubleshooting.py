"""Check that the messages that the troubleshooting page lists are those of the package."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import lightsail_snap

PAGE = Path(__file__).parents[2] / "docs" / "troubleshooting.md"
MESSAGES = re.findall(r"^### `(.+)`$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
_STRINGS = "\n".join(
    node.value
    for path in sorted(Path(lightsail_snap.__file__).parent.rglob("*.py"))
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    if isinstance(node, ast.Constant) and isinstance(node.value, str)
)


def test_messages_are_found() -> None:
    assert len(MESSAGES) > 15
    assert len(set(MESSAGES)) == len(MESSAGES)


@pytest.mark.parametrize("message", MESSAGES)
def test_listed_message_is_a_message_of_the_package(message: str) -> None:
    missing = [part for part in message.split("...") if part.strip() not in _STRINGS]
    assert missing == []
