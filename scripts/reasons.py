"""Fail if a line disables a check without giving the reason in the same line.

python scripts/reasons.py
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SWITCH = re.compile(r"#\s*(?:type: ignore|noqa|pragma: no (?:cover|branch)|pyright: ignore)")
# Parts of such a comment that are not a reason: the switches and their codes.
CODES = re.compile(
    r"type: ignore(\[[\w,\- ]*\])?|noqa(: *[A-Z]+\d+(, ?[A-Z]+\d+)*)?|pragma: no (cover|branch)"
    r"|pyright: ignore(\[[\w,\- ]*\])?|fmt: skip"
)
PATTERNS = (
    *("src/**/*", "tests/**/*", "examples/**/*", "benchmarks/**/*", "stubs/**/*"),
    *("scripts/**/*", "docs/**/*", "noxfile.py"),
)


def reason_in(line: str) -> str | None:
    """Return the reason in a line that disables a check, None for any other line."""
    switch = SWITCH.search(line)
    if switch is None:
        return None
    return re.sub(r"[\s#:,\-]+", " ", CODES.sub("", line[switch.start() :])).strip()


def main() -> None:
    """List the lines without a reason, and fail if there are any."""
    files = {
        path
        for pattern in PATTERNS
        for path in ROOT.glob(pattern)
        # This file holds the switches themselves.
        if path.suffix in {".py", ".pyi"} and path != Path(__file__).resolve()
    }
    bare = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in sorted(files)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if reason_in(line) == ""
    ]
    if bare:
        sys.exit("\n".join(["add the reason to these lines:", *bare]))


if __name__ == "__main__":
    main()
