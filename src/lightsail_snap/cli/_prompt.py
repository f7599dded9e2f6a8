"""Ask before a command deletes several resources."""

from __future__ import annotations

import sys

from lightsail_snap.cli._errors import UsageError
from lightsail_snap.cli._output import say


def is_terminal() -> bool:
    """Return whether standard input is a terminal, so that a question can be answered."""
    return sys.stdin is not None and sys.stdin.isatty()


def require_consent(question: str, declined: str) -> None:
    """Ask a question on standard error and read the answer from the terminal.

    Args:
        question: The question, without the choices.
        declined: The message if the answer is no.

    Raises:
        UsageError: If the answer is no, or standard input is not a terminal.
    """
    if not is_terminal():
        message = "cannot prompt because stdin is not a terminal; pass --yes"
        raise UsageError(message)
    say(f"{question} [y/N]")
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise UsageError(declined)
