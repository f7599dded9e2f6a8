"""Confirmation of deletions, and of other changes, on the terminal."""

from __future__ import annotations

import sys

from lightsail_snap.cli._errors import UsageError
from lightsail_snap.cli._messages import print_message


def is_terminal() -> bool:
    """Return whether standard input is a terminal, so that the user can confirm."""
    return sys.stdin is not None and sys.stdin.isatty()


def confirm(question: str, declined: str) -> None:
    """Prompt for yes or no; raise `UsageError` on no, or if there is no terminal."""
    if not is_terminal():
        message = "cannot prompt because stdin is not a terminal; pass --yes"
        raise UsageError(message)
    print_message(f"{question} [y/N]")
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise UsageError(declined)
