"""Tables for people: as text, and as HTML for notebooks."""

from __future__ import annotations

import html
from collections.abc import Sequence

from lightsail_snap._text import safe_line

# The last line holds notes, which may be many.
_NOTES = 10_000


def as_text(title: str, rows: Sequence[Sequence[str]], end: str) -> str:
    """Write a table as lines.

    Args:
        title: The first line.
        rows: The rows, all of the same number of cells.
        end: The last line.

    Returns:
        The lines; text from outside is escaped.
    """
    safe = [[safe_line(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*safe, strict=True)][:-1]
    # What is not padded at the end of a line is the last column.
    lines = ("  ".join([*map(str.ljust, row[:-1], widths), row[-1]]).rstrip() for row in safe)
    return "\n".join([safe_line(title), *(f"  {line}" for line in lines), safe_line(end, _NOTES)])


def as_html(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], end: str) -> str:
    """Write a table as HTML.

    Args:
        title: The caption.
        head: What the columns are.
        rows: The rows.
        end: The last line.

    Returns:
        The HTML; text from outside is escaped.
    """

    def line(tag: str, cells: Sequence[str]) -> str:
        inner = "".join(f"<{tag}>{html.escape(safe_line(cell))}</{tag}>" for cell in cells)
        return f"<tr>{inner}</tr>"

    body = "".join(line("td", row) for row in rows)
    return (
        f"<table><caption>{html.escape(safe_line(title))}</caption>"
        f"<thead>{line('th', head)}</thead><tbody>{body}</tbody></table>"
        f"<p>{html.escape(safe_line(end, _NOTES))}</p>"
    )
