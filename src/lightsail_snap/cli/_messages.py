"""Messages for people, on standard error; results go to standard output."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from lightsail_snap._text import one_line

PROGRAM = "lightsail-snap"

IF_KILLED = "If this command is killed, resume it with:"
"""Introduces a command line with a random token, which nothing else records."""

_MAX_LINE_LENGTH = 100_000
_DEFAULT_WIDTH = 80
_MIN_WIDTH = 20


def print_message(text: str) -> None:
    """Print one message to standard error; line breaks in it are escaped.

    On a terminal it is wrapped between words, and the next lines are indented. In a pipe it is one
    line.
    """
    line = one_line(text, _MAX_LINE_LENGTH)
    width = _terminal_width()
    _write(line if width is None or len(line) <= width else _wrap(line, width))


def _write(text: str) -> None:
    try:
        sys.stderr.write(text + "\n")
        sys.stderr.flush()
    except OSError:
        # A message that cannot be written does not make the command fail.
        discard_output(sys.stderr)


def _terminal_width() -> int | None:
    """Return the columns of the terminal on standard error; None if it is not a terminal."""
    if not sys.stderr.isatty():
        return None
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or _DEFAULT_WIDTH
    except (OSError, ValueError):
        # Not a real terminal.
        return _DEFAULT_WIDTH


def _wrap(line: str, width: int) -> str:
    from textwrap import wrap  # noqa: PLC0415 - start-up: only long lines need it

    words = line.lstrip(" ")
    indent = " " * (len(line) - len(words))
    return "\n".join(
        wrap(
            words,
            # Narrower columns would have one word each.
            max(width, _MIN_WIDTH),
            initial_indent=indent,
            subsequent_indent=indent + "  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    )


def print_error(text: str) -> None:
    """Print one line that begins with the name of the program to standard error."""
    print_message(f"{PROGRAM}: {text}")


def print_command(introduction: str, command: str) -> None:
    """Print a command line to run next, on a line of its own to copy."""
    print_message(introduction)
    # Never wrapped, so that it can be copied.
    _write(one_line(f"  {command}", _MAX_LINE_LENGTH))


def plural(count: int, noun: str) -> str:
    """Return a count with its noun, such as `1 snapshot` or `2 snapshots`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def discard_output(stream: TextIO) -> None:
    """Redirect a broken stream to the null device, so that Python's last flush succeeds."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
