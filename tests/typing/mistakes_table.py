"""Reads `consumer/mistakes.py`, and writes its tables for docs/typing.md.

python tests/typing/mistakes_table.py           print the tables
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parent / "consumer" / "mistakes.py"
CHECKERS = ("mypy", "pyright", "basedpyright", "pyrefly", "ty")
_MARK = "  # mistake: "


@dataclass(frozen=True)
class Mistake:
    """A line of `mistakes.py` that type checkers should reject."""

    line: int
    category: str
    title: str
    code: str
    missed_by: tuple[str, ...] = ()
    reason: str = ""
    outcome: str = ""

    @property
    def is_missed_by_all(self) -> bool:
        return self.missed_by == CHECKERS


def _categories(text: str) -> Iterator[tuple[range, str]]:
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            title = (ast.get_docstring(node) or "").removesuffix(".")
            yield range(node.lineno, (node.end_lineno or 0) + 1), title


def read_mistakes() -> tuple[Mistake, ...]:
    text = FILE.read_text(encoding="utf-8")
    categories = [*_categories(text)]
    mistakes = []
    for number, line in enumerate(text.splitlines(), 1):
        code, mark, comment = line.partition(_MARK)
        if mark:
            (category,) = (title for lines, title in categories if number in lines)
            title, *rest = comment.split(" | ")
            missed, reason, outcome = rest or ("missed by: ", "", "")
            names = missed.removeprefix("missed by: ")
            missed_by = CHECKERS if names == "all" else tuple(names.split(", ")) if names else ()
            mistakes.append(
                Mistake(number, category, title, code.strip(), missed_by, reason, outcome)
            )
    return tuple(mistakes)


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines) + "\n"


def _code(mistake: Mistake) -> str:
    return f"`{mistake.code}`".replace("|", r"\|")


def _found(mistakes: Sequence[Mistake]) -> list[int]:
    return [sum(checker not in mistake.missed_by for mistake in mistakes) for checker in CHECKERS]


def tables() -> str:
    """Return the tables as Markdown."""
    mistakes = read_mistakes()
    categories = dict.fromkeys(mistake.category for mistake in mistakes)
    groups = [
        (title, [mistake for mistake in mistakes if mistake.category == title])
        for title in categories
    ]
    groups.append(("**All**", [*mistakes]))
    counts = _table(
        ("Mistakes", "Number", *CHECKERS),
        [(title, len(group), *_found(group)) for title, group in groups],
    )
    never = _table(
        ("Mistake", "Example", "Why", "At run time"),
        [
            (mistake.title, _code(mistake), mistake.reason, mistake.outcome)
            for mistake in mistakes
            if mistake.is_missed_by_all
        ],
    )
    sometimes = _table(
        ("Mistake", "Example", "Missed by", "Why", "At run time"),
        [
            (
                mistake.title,
                _code(mistake),
                ", ".join(mistake.missed_by),
                mistake.reason,
                mistake.outcome,
            )
            for mistake in mistakes
            if mistake.missed_by and not mistake.is_missed_by_all
        ],
    )
    return (
        f"Mistakes that each checker finds:\n\n{counts}\n"
        f"Mistakes that no checker finds:\n\n{never}\n"
        f"Mistakes that some checkers miss:\n\n{sometimes}"
    )


if __name__ == "__main__":
    sys.stdout.write(tables())
