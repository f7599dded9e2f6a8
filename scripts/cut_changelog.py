"""Turn the unreleased changes of CHANGELOG.md into those of the version in `_version.py`.

    python scripts/cut_changelog.py                   give them the version and the date of today
    python scripts/cut_changelog.py --check v0.2.0    check that everything matches this tag
    python scripts/cut_changelog.py --notes           print the changes of the version

The release workflow runs the last two. They change nothing.
"""

from __future__ import annotations

import argparse
import re
import sys
from datetime import UTC, date, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
UNRELEASED = "## [Unreleased]"
_HEADING = re.compile(r"^## \[(?P<name>[^\]]+)\](?: - (?P<date>\S+))?$", re.MULTILINE)


class ChangelogError(Exception):
    """The changelog or the version is not ready; the message contains what to do."""


def read_version(root: Path = ROOT) -> str:
    """Return the version of the package, without importing it."""
    text = (root / "src" / "lightsail_snap" / "_version.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "([^"]+)"$', text, re.MULTILINE)
    if found is None:
        message = "src/lightsail_snap/_version.py has no line `__version__ = ...`; add it"
        raise ChangelogError(message)
    return found[1]


def split_sections(changelog: str) -> dict[str, str]:
    """Return the text below each heading, by the version in the heading."""
    found = list(_HEADING.finditer(changelog))
    ends = [*(match.start() for match in found), len(changelog)][1:]
    return {
        match["name"]: changelog[match.end() : end].strip()
        for match, end in zip(found, ends, strict=True)
    }


def cut(changelog: str, version: str, today: date) -> str:
    """Return the changelog with the unreleased changes as those of a version."""
    sections = split_sections(changelog)
    if version in sections:
        message = f"CHANGELOG.md has a section [{version}]; set a new version in _version.py"
        raise ChangelogError(message)
    if not sections.get("Unreleased"):
        message = "CHANGELOG.md has no changes below [Unreleased]; describe them there"
        raise ChangelogError(message)
    heading = f"{UNRELEASED}\n\n## [{version}] - {today.isoformat()}"
    return changelog.replace(UNRELEASED, heading, 1)


def read_notes(changelog: str, version: str) -> str:
    """Return the changes of a version, which are the notes of its release."""
    notes = split_sections(changelog).get(version)
    if not notes:
        message = (
            f"CHANGELOG.md describes no changes of {version}; run python scripts/cut_changelog.py"
        )
        raise ChangelogError(message)
    return notes


def check_tag(changelog: str, version: str, tag: str) -> None:
    """Check that a tag, the version and the changelog belong together."""
    if tag != f"v{version}":
        message = f"the tag is {tag}, and _version.py has {version}; tag v{version} instead"
        raise ChangelogError(message)
    read_notes(changelog, version)


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    mode = parser.add_mutually_exclusive_group()
    mode.add_argument("--check", metavar="TAG", help="check that everything matches this tag")
    mode.add_argument("--notes", action="store_true", help="print the changes of the version")
    options = parser.parse_args(arguments)
    path = root / "CHANGELOG.md"
    changelog = path.read_text(encoding="utf-8")
    try:
        version = read_version(root)
        if options.check:
            check_tag(changelog, version, options.check)
        elif options.notes:
            print(read_notes(changelog, version))
        else:
            changelog = cut(changelog, version, datetime.now(UTC).date())
            path.write_text(changelog, encoding="utf-8")
    except ChangelogError as error:
        print(f"cut_changelog: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
