"""The command line without the extra `cli`: `spec-drift` needs only the core."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from lightsail_snap.cli._drift import spec_drift
from lightsail_snap.cli._errors import ExitCode, run_and_report
from lightsail_snap.cli._messages import PROGRAM, print_error


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit code."""
    command, *options = arguments or [""]
    if command != "spec-drift":
        print_error(
            f'typer and rich are not installed; run: pip install "{PROGRAM}[cli]" (without them, '
            "only spec-drift is available)"
        )
        return ExitCode.CONFIGURATION
    try:
        given = _build_parser().parse_args(options)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else ExitCode.USAGE
    return run_and_report(
        lambda: spec_drift(given.service_model, is_whole=given.all, as_json=given.json)
    )


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"{PROGRAM} spec-drift",
        description="Compare the models with the service model of the installed botocore.",
        epilog="The exit code is 0 if there are no unexpected differences, and 1 otherwise.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--service-model",
        metavar="FILE",
        type=Path,
        help="compare with this service-2.json or service-2.json.gz instead",
    )
    parser.add_argument(
        "--all", action="store_true", help="also print expected differences, with their reasons"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per line")
    return parser
