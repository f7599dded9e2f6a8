"""Fails unless pyright knows every public type and finds every public docstring."""

import json
import os
import pathlib
import subprocess
import sys

report = json.loads(
    subprocess.run(
        [
            *(sys.executable, "-m", "pyright"),
            *("--verifytypes", "lightsail_snap", "--ignoreexternal", "--outputjson"),
        ],
        # --verifytypes finds the package through the first python on the path, and only so.
        env=os.environ | {"PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    ).stdout
)
found = report["typeCompleteness"]
unknown = [
    f"{symbol['name']}: {diagnostic['message']}"
    for symbol in found["symbols"]
    if symbol["isExported"]
    for diagnostic in symbol["diagnostics"]
]
missing = found["missingFunctionDocStringCount"] + found["missingClassDocStringCount"]
print(
    f"{found['exportedSymbolCounts']['withKnownType']} public symbols with known types, "
    f"score {found['completenessScore']:.0%}, {missing} without a docstring"
)
if unknown or missing or found["completenessScore"] < 1 or not found["symbols"]:
    sys.exit("\n".join(unknown) or "the public surface is not fully typed and documented")
