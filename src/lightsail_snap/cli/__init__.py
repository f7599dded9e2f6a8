"""The `lightsail-snap` command."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence

from lightsail_snap import LightsailSnapError, __version__
from lightsail_snap.cli import _demo, _emulator

# As shells report SIGINT and SIGPIPE.
_INTERRUPTED = 130
_READER_GONE = 141


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lightsail-snap", description="Typed, safe Amazon Lightsail disk snapshots."
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _demo.add_to(commands)
    _emulator.add_to(commands)
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: The words after the command's name; those of this process if None.

    Returns:
        The exit code: 0 for success, 1 for an error that was told on standard error, 130 after
        an interrupt, 141 if nobody reads the output any more.

    Raises:
        SystemExit: With code 2 if the words make no sense, with 0 after `--help`.
    """
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
        # Here, where a reader that has gone can still be told from a fault.
        sys.stdout.flush()
    except (LightsailSnapError, ValueError) as error:
        print(f"lightsail-snap: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        # Whoever read has gone, as `| head` does. Python would complain once more at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _READER_GONE
    except KeyboardInterrupt:
        print("lightsail-snap: interrupted", file=sys.stderr)
        return _INTERRUPTED
    return 0
