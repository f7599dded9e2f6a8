"""The `lightsail-snap` command (extra `cli`)."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import NoReturn

_MISSING = 'lightsail-snap: the command needs typer and rich: pip install "lightsail-snap[cli]"'


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: The words after the command's name; those of this process if None.

    Returns:
        The exit code, as docs/cli.md lists them.
    """
    try:
        import typer  # noqa: F401, PLC0415 - the extra may be missing, which is to be told in words
    except ImportError:
        print(_MISSING, file=sys.stderr)
        return 8
    from lightsail_snap.cli._app import run  # noqa: PLC0415 - it needs the extra

    return run(arguments)


def entry() -> NoReturn:
    """Run the command as a process of its own.

    Raises:
        SystemExit: Always, with the exit code.
    """
    raise SystemExit(main())
