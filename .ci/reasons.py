"""Fails if a line switches a gate off without saying why in the same line."""

import pathlib
import re
import sys

SWITCH = re.compile(r"#\s*(?:type: ignore|noqa|pragma: no (?:cover|branch)|pyright: ignore)")
# What may stand in such a comment without being a reason: the switches and their codes.
CODES = re.compile(
    r"type: ignore(\[[\w,\- ]*\])?|noqa(: *[A-Z]+\d+(, ?[A-Z]+\d+)*)?|pragma: no (cover|branch)"
    r"|pyright: ignore(\[[\w,\- ]*\])?|fmt: skip"
)
PATTERNS = ("src/**/*", "tests/**/*", "examples/*", "benchmarks/*", "stubs/**/*", ".ci/*")


def reason(line: str) -> str:
    """Return what is left of a line's comment without switches and codes."""
    comment = line[SWITCH.search(line).start() :]
    return re.sub(r"[\s#:,\-]+", " ", CODES.sub("", comment)).strip()


bare = [
    f"{path}:{number}: {line.strip()}"
    for pattern in (
        "src/**/*",
        "tests/**/*",
        "examples/**/*",
        "benchmarks/*",
        "stubs/**/*",
        ".ci/*",
    )
    for path in sorted(pathlib.Path().glob(pattern))
    if path.suffix in {".py", ".pyi"} and path.name != "reasons.py"
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    if SWITCH.search(line) and not reason(line)
]
sys.exit("\n".join(["no reason given:", *bare]) if bare else None)
