"""Run `python -m scripts.drift` from the root of the repository.

The exit code is 0 if exactly the expected differences exist, 1 if not, and 2 if the arguments are
invalid or the file cannot be read.
"""

from __future__ import annotations

import argparse
import gzip
import json
import signal
import sys
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.drift.report import installed_model, installed_version, json_lines, lines, report_on

_GZIP_MAGIC = b"\x1f\x8b"


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the differences, and return the exit code."""
    parser = _parser()
    options = parser.parse_args(arguments)
    file: Path | None = options.service_model
    name = f"botocore {installed_version()}" if file is None else str(file)
    try:
        report = report_on(installed_model() if file is None else _read(file))
    except (OSError, EOFError, RecursionError, zlib.error, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        parser.error(f"{name}: {reason}")
    printed = (
        json_lines(report, has_expected=options.all)
        if options.json
        else lines(report, name, has_expected=options.all)
    )
    for line in printed:
        sys.stdout.write(f"{line}\n")
    return 0 if report.is_clean else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m scripts.drift",
        description="Compare the models with Lightsail's service model in the installed botocore.",
        epilog="The exit code is 0 if exactly the expected differences exist, and 1 otherwise.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--service-model",
        metavar="FILE",
        type=Path,
        help="compare with this service-2.json or service-2.json.gz instead",
    )
    parser.add_argument(
        "--all", action="store_true", help="print the expected differences, too, with reasons"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object per line")
    return parser


def _read(file: Path) -> Any:  # noqa: ANN401 - any JSON
    content = file.read_bytes()
    return json.loads(gzip.decompress(content) if content.startswith(_GZIP_MAGIC) else content)


if __name__ == "__main__":
    if hasattr(signal, "SIGPIPE"):
        # A closed pipe, as with `| head`, is no error.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
