"""Compare what code and commands print with the output that a page shows below them."""

from __future__ import annotations

import re

# Instances that a page needs besides `web-1`.
MORE_INSTANCES = {"rescue.md": ("helper-1",)}
# Disks that the Python code of a page needs besides `Disk-Virginia-1`.
MORE_DISKS = {"quickstart.md": ("Disk-1",)}

# Text blocks directly below a Python or shell block.
_SHOWN = r"\n\n```text\n(.*?)^```$"
_BELOW_BLOCK = re.compile(_SHOWN, re.MULTILINE | re.DOTALL)
_COMMANDS = re.compile(rf"^```sh\n((?:(?!```).)*)^```{_SHOWN}", re.MULTILINE | re.DOTALL)
# A line `...` also stands for no line.
_VARIABLE = re.compile(
    r"(^\.\.\.\n|\.\.\.|\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\d+)", re.MULTILINE
)
_ANY = {"...\n": r"(?:.*\n)?", "...": ".*"}


def find_output(page: str, end: int) -> str | None:
    """Return the output shown below the block that ends at an index, or None."""
    match = _BELOW_BLOCK.match(page, end)
    return match[1] if match else None


def find_command_outputs(page: str) -> list[tuple[list[str], str]]:
    """Return the lines of each shell block with the output that is shown below it."""
    return [(block.splitlines(), shown) for block, shown in _COMMANDS.findall(page)]


def compile_output(shown: str) -> re.Pattern[str]:
    """Compile shown output; `...` stands for any text, and numbers and ids may differ."""
    literals, variables = _VARIABLE.split(shown)[::2], _VARIABLE.findall(shown)
    patterns = [_ANY.get(each, "[0-9a-f-]+") for each in variables]
    pairs = zip(literals, [*patterns, ""], strict=True)
    pattern = "".join(re.escape(literal) + variable for literal, variable in pairs)
    return re.compile(pattern, re.DOTALL)
