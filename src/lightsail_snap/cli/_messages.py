"""Messages for people, on standard error; results go to standard output."""

from __future__ import annotations

import os
import sys
from typing import TextIO

from lightsail_snap._text import one_line

PROGRAM = "lightsail-snap"

_MAX_LINE_LENGTH = 100_000


def print_message(text: str) -> None:
    """Print one line to standard error; line breaks in it are escaped."""
    try:
        sys.stderr.write(one_line(text, _MAX_LINE_LENGTH) + "\n")
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
    print_message(f"  {command}")


def plural(count: int, noun: str) -> str:
    """Return a count with its noun, such as `1 snapshot` or `2 snapshots`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def discard_output(stream: TextIO) -> None:
    """Redirect a broken stream to the null device, so that Python's last flush succeeds."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
