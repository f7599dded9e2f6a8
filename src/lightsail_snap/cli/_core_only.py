"""What the command can do without its extra: `spec-drift`, which needs nothing but the core."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from lightsail_snap._text import one_line
from lightsail_snap.cli._drift import spec_drift
from lightsail_snap.cli._errors import ExitCode, UsageError

_PROGRAM = "lightsail-snap"
_MISSING = (
    f'{_PROGRAM}: the command needs typer and rich: pip install "{_PROGRAM}[cli]"; without them '
    "there is only spec-drift"
)


def run(arguments: Sequence[str] | None) -> int:
    """Run the command.

    Args:
        arguments: The words after the command's name; those of this process if None.

    Returns:
        The exit code.
    """
    words = sys.argv[1:] if arguments is None else list(arguments)
    if words[:1] != ["spec-drift"]:
        print(_MISSING, file=sys.stderr)
        return ExitCode.CONFIGURATION
    try:
        given = _parser().parse_args(words[1:])
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else ExitCode.USAGE
    try:
        code = spec_drift(given.service_model, is_whole=given.all, as_json=given.json)
        sys.stdout.flush()
    except UsageError as error:
        print(f"{_PROGRAM}: {one_line(str(error))}", file=sys.stderr)
        return ExitCode.USAGE
    except BrokenPipeError:
        # Whoever read has gone, as `| head` does. Python would complain once more at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.READER_GONE
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"{_PROGRAM} spec-drift",
        description="Compare the models with the service model of the installed botocore.",
        epilog="The exit code is 0 if nothing differs that is not expected, and 1 otherwise.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--service-model",
        metavar="FILE",
        type=Path,
        help="compare with this service-2.json or service-2.json.gz instead",
    )
    parser.add_argument(
        "--all", action="store_true", help="print expected differences, too, with their reasons"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    return parser
