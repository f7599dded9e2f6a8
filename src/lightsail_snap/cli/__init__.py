"""The `lightsail-snap` command (extra `cli`)."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: The words after the command's name; those of this process if None.

    Returns:
        The exit code, as docs/cli.md lists them.
    """
    try:
        try:
            import rich  # noqa: F401, PLC0415 - the extra may be missing, which is to be told in words
            import typer  # noqa: F401, PLC0415 - likewise
        except ImportError:
            from lightsail_snap.cli._without_extra import run  # noqa: PLC0415 - only without the extra
        else:
            from lightsail_snap.cli._app import run  # noqa: PLC0415 - it needs the extra

        return run(arguments)
    except KeyboardInterrupt:
        # While all this is loaded, or a second one while the first is being told.
        return 130


def entry() -> NoReturn:
    """Run the command as a process of its own.

    Raises:
        SystemExit: Always, with the exit code.
    """
    _stand_on_streams()
    code = main()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # All is done and told; an interrupt of Python's own end would be shown with a traceback.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    if any(each.name.startswith("lightsail-snap") for each in threading.enumerate()):
        # After an interrupt some still wait for Lightsail, and Python would wait for them. Whatever
        # they are at may be cut off anywhere, as by a crash.
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):
                stream.flush()
        os._exit(code)
    raise SystemExit(code)


def _stand_on_streams() -> None:
    """Let nothing fail for the way in which it is shown."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            # Whoever started this has closed it. Whatever is opened next, such as a connection to
            # Lightsail, must not get its number.
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - it stays open
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        # A tag of any script is shown on a terminal of any encoding, as standard error does it.
        reconfigure(errors="backslashreplace")
