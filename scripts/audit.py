"""Fail if a dependency of the package has a known vulnerability.

    python scripts/audit.py

The installed version of every direct and indirect dependency is compared with
scripts/advisories.toml, and looked up on PyPI by pip-audit. If the JSON interface of PyPI is
unreachable, for example behind a mirror, only scripts/advisories.toml counts.
"""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

EXTRAS = ("", "aio", "cli", "emulator", "testing")
ADVISORIES = Path(__file__).with_name("advisories.toml")


def find_known(versions: dict[str, str]) -> list[str]:
    """Return the advisories in scripts/advisories.toml that affect installed versions."""
    return [
        f"{each['package']} {version}: {each['id']}, which affects {' or '.join(each['affected'])}"
        for each in tomllib.loads(ADVISORIES.read_text(encoding="utf-8"))["advisory"]
        if (version := versions.get(each["package"]))
        and any(SpecifierSet(some).contains(version, prereleases=True) for some in each["affected"])
    ]


def find_dependencies(root: str) -> dict[str, str]:
    """Return the installed version of every direct and indirect dependency of a package."""
    versions: dict[str, str] = {}
    pending: list[tuple[str, tuple[str, ...]]] = [(root, EXTRAS)]
    while pending:
        name, extras = pending.pop()
        for text in distribution(name).requires or []:
            requirement = Requirement(text)
            marker = requirement.marker
            key = re.sub(r"[-_.]+", "-", requirement.name).lower()
            if marker is not None and not any(marker.evaluate({"extra": e}) for e in extras):
                continue
            try:
                version = distribution(key).version
            except PackageNotFoundError:
                continue
            if key not in versions and key != root:
                versions[key] = version
                pending.append((key, ("", *requirement.extras)))
    return versions


def query_pypi(versions: dict[str, str]) -> list[dict[str, Any]]:
    """Return what pip-audit reports on each version; an empty list if PyPI is unreachable."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "requirements.txt"
        file.write_text("".join(f"{name}=={v}\n" for name, v in sorted(versions.items())))
        done = subprocess.run(  # noqa: S603 - constant arguments
            [
                *(sys.executable, "-m", "pip_audit", "--requirement", str(file), "--no-deps"),
                *("--disable-pip", "--vulnerability-service", "pypi", "--format", "json"),
                *("--progress-spinner", "off", "--timeout", "20"),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    try:
        dependencies: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        last = done.stderr.strip().splitlines()[-1:]
        # Any other error fails the audit.
        if re.search(r"(?i)connection|timed? ?out|resolve|unreachable|proxy", "".join(last)):
            return []
        sys.exit(f"pip-audit failed: {done.stderr}")
    return dependencies


def main() -> None:
    """Print a summary, and fail if there is a known vulnerability."""
    versions = find_dependencies("lightsail-snap")
    if not {"boto3", "botocore", "pydantic", "urllib3"} <= versions.keys():
        sys.exit(f"dependencies are missing from this list: {', '.join(sorted(versions))}")
    advisories = tomllib.loads(ADVISORIES.read_text(encoding="utf-8"))
    print(f"{len(advisories['advisory'])} advisories in {ADVISORIES.name}, {advisories['as_of']}")
    if found := find_known(versions):
        sys.exit("\n".join(["known vulnerabilities:", *found]))
    checked = [each for each in query_pypi(versions) if "skip_reason" not in each]
    found = [
        f"{each['name']} {each['version']}: {vulnerability['id']}, fixed in "
        f"{', '.join(vulnerability['fix_versions']) or 'no release yet'}"
        for each in checked
        for vulnerability in each["vulns"]
    ]
    if found:
        sys.exit("\n".join(["known vulnerabilities:", *found]))
    if not checked:
        print(f"none affects the {len(versions)} dependencies; PyPI is unreachable")
        return
    unknown = sorted(versions.keys() - {each["name"] for each in checked})
    print(
        f"{len(checked)} dependencies have no known vulnerability; "
        f"unknown to PyPI: {', '.join(unknown) or 'none'}"
    )


if __name__ == "__main__":
    main()
