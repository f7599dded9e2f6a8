"""Rows of results on standard output: as a table, as JSON or as CSV."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, Generic, TypeVar

from lightsail_snap._text import did_you_mean, one_line, safe_line
from lightsail_snap.cli._errors import UsageError
from lightsail_snap.cli._messages import MAX_LINE_LENGTH, cell_width, terminal_width, wrap_words
from lightsail_snap.cli._options import OutputFormat
from lightsail_snap.cli._output import print_json

RowT = TypeVar("RowT")
_Lines = list[str]

_GAP = "  "
_INDENT = "    "
_UNITS = (("d", 86_400), ("h", 3600), ("min", 60))
# Narrower prose would be a column of single words.
_MIN_PROSE_WIDTH = 24

# Escape sequences of terminals (SGR), which ECMA-48 defines.
_BOLD, _RESET = "\x1b[1m", "\x1b[0m"
_GREEN, _YELLOW, _RED, _CYAN = "\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[36m"
_STYLES = {
    "completed": _GREEN,
    "available": _GREEN,
    "done": _GREEN,
    "ok": _GREEN,
    "keep": _GREEN,
    "adopted": _CYAN,
    "pending": _YELLOW,
    "skipped": _YELLOW,
    "delete": _YELLOW,
    "error": _RED,
    "failed": _RED,
}


@dataclass(frozen=True, slots=True)
class Column(Generic[RowT]):
    """A column of a table and of CSV."""

    name: str
    """Name in `--columns`, `--sort` and the header of CSV."""
    value: Callable[[RowT], str | int | datetime | None]
    """Returns the value for CSV and for sorting."""
    priority: int = 0
    """On a narrow terminal, the greatest is dropped first; columns with 0 always stay."""
    text: Callable[[Any], str] = str
    """Returns the text of a value in a table."""
    title: str | None = None
    """Header in a table; by default the name."""
    is_number: bool = False
    is_prose: bool = False
    """Whether a terminal shows it in several lines if needed; only for the last column."""


def print_rows(
    rows: Iterable[RowT],
    columns: Sequence[Column[RowT]],
    output_format: OutputFormat,
    to_fields: Callable[[RowT], Mapping[str, Any]],
) -> None:
    """Print rows; JSON has the fields of `to_fields`, and the other formats have the columns."""
    with row_printer(columns, output_format, to_fields) as print_row:
        for row in rows:
            print_row(row)


@contextmanager
def row_printer(
    columns: Sequence[Column[RowT]],
    output_format: OutputFormat,
    to_fields: Callable[[RowT], Mapping[str, Any]],
) -> Iterator[Callable[[RowT], None]]:
    """Yield a function that prints a row at once, or collects it for a table.

    After an error, a JSON array stays open, so that no reader takes it for the whole result.
    """
    if output_format == "jsonl":
        yield lambda row: print_json(to_fields(row))
        return
    if output_format == "table":
        rows: list[RowT] = []
        yield rows.append
        width = terminal_width(sys.stdout)
        lines = format_table(columns, rows, width, is_styled=_has_colours())
        sys.stdout.writelines(line + "\n" for line in lines)
        # A message on standard error may follow.
        sys.stdout.flush()
        return
    is_csv = output_format == "csv"
    # Written with the first row, so that an error before it leaves the output empty.
    before = _format_csv([column.name for column in columns]) if is_csv else "["

    def print_row(row: RowT) -> None:
        nonlocal before
        if is_csv:
            line = before + _format_csv([_to_csv(column.value(row)) for column in columns])
            before = ""
        else:
            line = f"{before}\n{json.dumps(to_fields(row))}"
            before = ","
        sys.stdout.write(line)
        # The reader of a pipe gets each row at once.
        sys.stdout.flush()

    yield print_row
    sys.stdout.write(before if is_csv else "[]\n" if before == "[" else "\n]\n")


def format_table(
    columns: Sequence[Column[RowT]],
    rows: Sequence[RowT],
    width: int | None,
    *,
    is_styled: bool = False,
) -> _Lines:
    """Return the lines of a table; without rows, there are none.

    Columns that do not fit into the width are left out. No word is broken, and no line has trailing
    spaces. Without a width, each row is one line.
    """
    if not rows:
        return []
    shown = [_Cells.of(column, rows) for column in columns]
    while width is not None and sum(each.min_width + len(_GAP) for each in shown) > (
        width + len(_GAP)
    ):
        last = max(shown, key=lambda each: each.column.priority)
        if last.column.priority == 0:
            break
        shown.remove(last)
    header, *lines = (
        _format_row(shown, cells, width, is_styled=is_styled)
        for cells in zip(*(each.texts for each in shown), strict=True)
    )
    # A title that does not fit is left out.
    title = f"{_BOLD}{header[0]}{_RESET}" if is_styled else header[0]
    return [title, *chain.from_iterable(lines)]


def sort_rows(rows: Iterable[RowT], column: Column[RowT], *, is_reversed: bool) -> list[RowT]:
    """Return rows sorted by a column; rows without a value are last."""
    known: list[tuple[Any, RowT]] = []
    unknown: list[RowT] = []
    for row in rows:
        if (value := column.value(row)) is None:
            unknown.append(row)
        else:
            known.append((value, row))
    known.sort(key=lambda each: each[0], reverse=is_reversed)
    return [row for _, row in known] + unknown


def find_columns(
    option: str, names: Iterable[str], columns: Sequence[Column[RowT]]
) -> list[Column[RowT]]:
    """Return the columns with these names."""
    known = {column.name: column for column in columns}
    found = []
    for name in names:
        if (column := known.get(name.strip().lower())) is None:
            nearest = did_you_mean(name, known)
            message = (
                f"{option}: there is no column {one_line(name, 80) or '(empty)'}; "
                f"{nearest and nearest + ' '}the columns are {', '.join(known)}"
            )
            raise UsageError(message)
        if column not in found:
            found.append(column)
    return found


def format_age(seconds: int) -> str:
    """Return an age in the greatest unit that fits, such as `3 d`; `in 5 min` is in the future."""
    unit, length = next((each for each in _UNITS if abs(seconds) >= each[1]), ("s", 1))
    count = abs(seconds) // length
    if seconds >= 0:
        return f"{count} {unit}"
    # The clocks of the service and of this machine differ a little.
    return "0 s" if unit == "s" else f"in {count} {unit}"


def format_time(time: datetime) -> str:
    """Return a time to the minute, without its time zone."""
    return f"{time:%Y-%m-%d %H:%M}"


@dataclass(frozen=True, slots=True)
class _Cells(Generic[RowT]):
    """A column with the texts of its header and its cells."""

    column: Column[RowT]
    texts: Sequence[str]
    width: int

    @classmethod
    def of(cls, column: Column[RowT], rows: Sequence[RowT]) -> _Cells[RowT]:
        """Fill a column with the cells of the rows."""
        texts = [column.title or column.name, *(_format_cell(column, row) for row in rows)]
        return cls(column, texts, max(map(cell_width, texts)))

    @property
    def min_width(self) -> int:
        """The width that the column needs on a terminal."""
        return min(self.width, _MIN_PROSE_WIDTH) if self.column.is_prose else self.width

    def pad(self, text: str, *, is_styled: bool) -> str:
        """Return the text of a cell in the width of the column, and in its colour."""
        spaces = " " * (self.width - cell_width(text))
        if is_styled and text in _STYLES:
            text = f"{_STYLES[text]}{text}{_RESET}"
        return spaces + text if self.column.is_number else text + spaces


def _format_cell(column: Column[RowT], row: RowT) -> str:
    value = column.value(row)
    return "" if value is None else safe_line(column.text(value), MAX_LINE_LENGTH).strip(" ")


def _format_row(
    shown: Sequence[_Cells[RowT]], cells: Sequence[str], width: int | None, *, is_styled: bool
) -> _Lines:
    *rest, last = cells
    indent, more = sum(each.width + len(_GAP) for each in shown[:-1]), [""]
    if width is not None and shown[-1].column.is_prose:
        remaining = width - indent
        if min(cell_width(last), _MIN_PROSE_WIDTH) <= remaining:
            last, *more = wrap_words(last, remaining)
        else:
            # Below the row, which has more space.
            indent = len(_INDENT)
            last, more = "", wrap_words(last, width - indent)
    padded = map(lambda each, text: each.pad(text, is_styled=is_styled), shown, (*rest, last))
    return [_GAP.join(padded).rstrip(" "), *(" " * indent + part for part in more if part)]


def _has_colours() -> bool:
    """Return whether standard output is a terminal with colours, or `FORCE_COLOR` requests them."""
    settings = os.environ
    is_capable = (
        sys.stdout.isatty()
        and settings.get("TERM") not in {"dumb", "unknown"}
        # Older consoles of Windows print escape sequences as they are.
        and (os.name != "nt" or "WT_SESSION" in settings)
    )
    return not settings.get("NO_COLOR") and (is_capable or bool(settings.get("FORCE_COLOR")))


def _to_csv(value: str | int | datetime | None) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    text = "" if value is None else str(value)
    # Values are printed as they are, except where they could control a terminal.
    return one_line(text, MAX_LINE_LENGTH) if sys.stdout.isatty() else text


def _format_csv(values: Sequence[str]) -> str:
    import csv  # noqa: PLC0415 - start-up: few calls print CSV
    import io  # noqa: PLC0415 - likewise

    line = io.StringIO(newline="")
    # With this terminator, the module quotes both characters on every version of Python.
    csv.writer(line, lineterminator="\r\n").writerow(values)
    return line.getvalue().removesuffix("\r\n") + "\n"
