"""Messages for people, on standard error; results go to standard output."""

from __future__ import annotations

import os
import re
import sys
from typing import TextIO

from lightsail_snap._text import one_line
from lightsail_snap._text import plural as plural  # noqa: PLC0414 - the commands import it from here

PROGRAM = "lightsail-snap"

IF_KILLED = "If this command is killed, resume it with:"
"""Introduces a command line with a random token, which nothing else records."""

MAX_LINE_LENGTH = 100_000
_DEFAULT_WIDTH = 80
# With the spaces in front of it, which align columns.
_WORD = re.compile(" *[^ ]+")


def print_message(text: str) -> None:
    """Print one line to standard error; a terminal gets it in several lines if it is narrow."""
    width = terminal_width(sys.stderr)
    lines = [one_line(text, MAX_LINE_LENGTH)]
    _write(lines if width is None else wrap_words(lines[0], width))


def _write(lines: list[str]) -> None:
    try:
        sys.stderr.write("\n".join(lines) + "\n")
        sys.stderr.flush()
    except OSError:
        # A message that cannot be written does not make the command fail.
        discard_output(sys.stderr)


def print_error(text: str) -> None:
    """Print one line that begins with the name of the program to standard error."""
    print_message(f"{PROGRAM}: {text}")


def print_command(introduction: str, command: str) -> None:
    """Print a command line to run next, on a line of its own to copy."""
    print_message(introduction)
    _write([one_line(f"  {command}", MAX_LINE_LENGTH)])


def terminal_width(stream: TextIO) -> int | None:
    """Return the width of a terminal in cells; None if the stream is none."""
    if not stream.isatty():
        return None
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(stream.fileno()).columns or _DEFAULT_WIDTH
    except (OSError, ValueError):
        # Not a real terminal.
        return _DEFAULT_WIDTH


def cell_width(text: str) -> int:
    """Return how many cells of a terminal a string takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # noqa: PLC0415 - start-up: most names are ASCII

    return cell_len(text)


def wrap_words(text: str, width: int) -> list[str]:
    """Break a string between words; words that are wider than the lines stay whole.

    Further lines are indented like the first.
    """
    if cell_width(text) <= width:
        return [text]
    indent = " " * (len(text) - len(text.lstrip(" ")))
    lines: list[str] = []
    for word in _WORD.findall(text):
        if lines and cell_width(lines[-1] + word) <= width:
            lines[-1] += word
        else:
            lines.append(indent + word.lstrip(" "))
    return lines or [""]


def discard_output(stream: TextIO) -> None:
    """Redirect a broken stream to the null device, so that Python's last flush succeeds."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
