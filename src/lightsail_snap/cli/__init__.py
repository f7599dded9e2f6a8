"""The `lightsail-snap` command (extra `cli`)."""

from __future__ import annotations

import gc
import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NoReturn

from lightsail_snap import __version__

# A start creates half as many objects that stay. With Python's own threshold of 700 (2,000 in newer
# versions), the garbage collector took a fifth of the time of `list`.
_OBJECTS_PER_COLLECTION = 100_000


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        arguments: The arguments after the program's name. Default: those of this process.

    Returns:
        The exit code, one of those that docs/cli.md lists.
    """
    try:
        return _run(sys.argv[1:] if arguments is None else list(arguments))
    except KeyboardInterrupt:
        # While modules are imported, or a second one while the first is reported.
        return 130


def _run(arguments: list[str]) -> int:
    try:
        if arguments == ["--version"]:
            # Before any import, which would take most of the time or need the extra.
            print(f"lightsail-snap {__version__}", flush=True)
            return 0
        try:
            import rich  # noqa: F401, PLC0415 - optional; without the extra it is missing
            import typer  # noqa: F401, PLC0415 - optional; without the extra it is missing
        except ImportError:
            return _report_missing_extra()
        if shell := os.environ.get("_LIGHTSAIL_SNAP_COMPLETE"):
            from lightsail_snap.cli._completion import run_completion  # noqa: PLC0415 - start-up

            run_completion(_load_group, shell, arguments)
            return 0
        from lightsail_snap.cli._app import run  # noqa: PLC0415 - imports the optional packages

        return run(arguments)
    except Exception as error:  # noqa: BLE001 - people get a message, not a traceback
        # Commands report their own errors; these are those of the version, help and completion.
        return _report(error)


def _load_group() -> Any:  # noqa: ANN401 - typer's types are private
    from lightsail_snap.cli._app import root_group  # noqa: PLC0415 - its time counts as completion

    return root_group()


def _report_missing_extra() -> int:
    from lightsail_snap.cli._errors import ExitCode  # noqa: PLC0415 - only without the extra
    from lightsail_snap.cli._messages import PROGRAM, print_command  # noqa: PLC0415 - likewise

    # The package is installed, so pip adds what the extra needs, and needs no index that has it.
    introduction = f"{PROGRAM}: typer and rich are not installed; to install them, run:"
    print_command(introduction, f'{_install_command()} "lightsail-snap[cli]"')
    return ExitCode.CONFIGURATION


def _install_command() -> str:
    """Return the command that installs into the environment of this program."""
    from importlib.util import find_spec  # noqa: PLC0415 - only without the extra

    python = sys.executable or "python"
    python = f'"{python}"' if " " in python else python
    # Environments of uv have no pip.
    return f"{python} -m pip install" if find_spec("pip") else f"uv pip install --python {python}"


def _report(error: Exception) -> int:
    from lightsail_snap.cli._errors import run_and_report  # noqa: PLC0415 - only after an error

    def fail() -> None:
        raise error

    return run_and_report(fail)


def entry() -> NoReturn:
    """Run the command line as the main program of a process.

    Raises:
        SystemExit: Always, with the exit code.
    """
    gc.set_threshold(_OBJECTS_PER_COLLECTION, *gc.get_threshold()[1:])
    _prepare_streams()
    code = main()
    # Python collects garbage once more when it exits, which would take as long as a request.
    gc.freeze()
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        # An interrupt while the interpreter shuts down would print a traceback.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    if any(each.name.startswith("lightsail-snap") for each in threading.enumerate()):
        # After an interrupt, worker threads may still wait for Lightsail, and a normal exit would
        # join them. Their work may be cut off at any point, as by a crash.
        for stream in (sys.stdout, sys.stderr):
            with suppress(OSError):
                stream.flush()
        os._exit(code)
    raise SystemExit(code)


def _prepare_streams() -> None:
    """Open closed standard streams, and escape characters that their encoding lacks."""
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            # Otherwise the next file or socket would get the number of the closed stream.
            mode = "r" if name == "stdin" else "w"
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - it stays open
    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        # As standard error does it: a tag in any script can be printed.
        reconfigure(errors="backslashreplace")
