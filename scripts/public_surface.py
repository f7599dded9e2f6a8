"""Fail unless pyright finds a type for every public name and every public docstring.

python scripts/public_surface.py
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any


def read_report() -> dict[str, Any]:
    """Run pyright and return its report on the types of the package."""
    done = subprocess.run(  # noqa: S603 - constant arguments
        [
            *(sys.executable, "-m", "pyright"),
            *("--verifytypes", "lightsail_snap", "--ignoreexternal", "--outputjson"),
        ],
        # --verifytypes finds the package only through the first python on the path.
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    report: dict[str, Any] = json.loads(done.stdout)["typeCompleteness"]
    return report


def main() -> None:
    """Print a summary, and fail if something is missing."""
    report = read_report()
    unknown = [
        f"{symbol['name']}: {diagnostic['message']}"
        for symbol in report["symbols"]
        if symbol["isExported"]
        for diagnostic in symbol["diagnostics"]
    ]
    missing = report["missingFunctionDocStringCount"] + report["missingClassDocStringCount"]
    print(
        f"{report['exportedSymbolCounts']['withKnownType']} public symbols with known types, "
        f"score {report['completenessScore']:.0%}, {missing} without a docstring"
    )
    if unknown or missing or report["completenessScore"] < 1 or not report["symbols"]:
        sys.exit("\n".join(unknown) or "the public API is not fully typed and documented")


if __name__ == "__main__":
    main()
