"""Tables of runs and results as plain text."""

from __future__ import annotations

from collections.abc import Sequence

from lightsail_snap._text import safe_line

# The footer contains the notes of a run, of which there may be many.
_MAX_FOOTER_CHARACTERS = 10_000


def as_text(title: str, rows: Sequence[Sequence[str]], footer: str) -> str:
    """Return a title, aligned rows and a footer as lines, with every cell made safe to print."""
    safe = [[safe_line(cell) for cell in row] for row in rows]
    # The last column is not padded.
    widths = [max(map(len, column)) for column in zip(*safe, strict=True)][:-1]
    lines = ("  ".join([*map(str.ljust, row[:-1], widths), row[-1]]).rstrip() for row in safe)
    indented = (f"  {line}" for line in lines)
    return "\n".join([safe_line(title), *indented, safe_line(footer, _MAX_FOOTER_CHARACTERS)])
