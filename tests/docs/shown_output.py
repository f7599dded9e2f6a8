"""Compare what code and commands print with the output that a page shows below them."""

from __future__ import annotations

import re

# Text blocks directly below a Python or shell block.
_SHOWN = r"\n\n```text\n(.*?)^```$"
_BELOW_BLOCK = re.compile(_SHOWN, re.MULTILINE | re.DOTALL)
_COMMANDS = re.compile(rf"^```sh\n((?:(?!```).)*)^```{_SHOWN}", re.MULTILINE | re.DOTALL)
_VARIABLE = re.compile(r"(\.\.\.|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\d+)")


def shown_below(page: str, end: int) -> str | None:
    """Return the output shown below the block that ends at an index, or None."""
    match = _BELOW_BLOCK.match(page, end)
    return match[1] if match else None


def shown_of_commands(page: str) -> list[tuple[list[str], str]]:
    """Return the lines of each shell block with the output that is shown below it."""
    return [(block.splitlines(), shown) for block, shown in _COMMANDS.findall(page)]


def pattern_of(shown: str) -> str:
    """Return a regular expression for shown output.

    `...` stands for any text, and numbers and ids may differ.
    """
    literals, variables = _VARIABLE.split(shown)[::2], _VARIABLE.findall(shown)
    patterns = [".*" if each == "..." else "[0-9a-f-]+" for each in variables]
    return (
        "(?s:"
        + "".join(
            re.escape(literal) + pattern
            for literal, pattern in zip(literals, [*patterns, ""], strict=True)
        )
        + ")"
    )


def strip_lines(printed: str) -> str:
    """Remove spaces at the ends of lines, with which tables are padded."""
    return re.sub(r" +$", "", printed, flags=re.MULTILINE)
