"""The command without its extra: a message that explains how to install it."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from lightsail_snap.cli._exits import Code

_MESSAGE = (
    'lightsail-snap: the command needs typer and rich; run: pip install "lightsail-snap[cli]"'
)


def run(arguments: Sequence[str] | None) -> int:  # noqa: ARG001 - called like the command
    """Print the message, and return the exit code."""
    print(_MESSAGE, file=sys.stderr)
    return Code.CONFIGURATION
