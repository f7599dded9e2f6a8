"""Fails if what the package needs has a known vulnerability.

Every dependency, direct or not, is held against .ci/advisories.toml in the version that is
installed here, and pip-audit asks PyPI about it. Where PyPI's JSON interface cannot be reached (a
mirror without it), that is said, and what is kept here is all that counts.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib
from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

EXTRAS = ("", "aio", "cli", "emulator", "testing")
KEPT = pathlib.Path(__file__).with_name("advisories.toml")


def known(versions: dict[str, str]) -> list[str]:
    """Hold installed versions against the advisories that are kept here."""
    return [
        f"{each['package']} {version}: {each['id']}, which affects {' or '.join(each['affected'])}"
        for each in tomllib.loads(KEPT.read_text())["advisory"]
        if (version := versions.get(each["package"]))
        and any(SpecifierSet(some).contains(version, prereleases=True) for some in each["affected"])
    ]


def needed(root: str) -> dict[str, str]:
    """Find the installed versions of all that a package needs."""
    versions: dict[str, str] = {}
    waiting = [(root, EXTRAS)]
    while waiting:
        name, extras = waiting.pop()
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
                waiting.append((key, ("", *requirement.extras)))
    return versions


def audit(versions: dict[str, str]) -> list[dict]:
    """Ask about each."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "requirements.txt"
        file.write_text("".join(f"{name}=={v}\n" for name, v in sorted(versions.items())))
        done = subprocess.run(
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
        return json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        last = done.stderr.strip().splitlines()[-1:]
        # Only a service that cannot be reached is an excuse.
        if re.search(r"(?i)connection|timed? ?out|resolve|unreachable|proxy", "".join(last)):
            return []
        sys.exit(f"pip-audit failed: {done.stderr}")


def main() -> None:
    """Audit."""
    versions = needed("lightsail-snap")
    if not {"boto3", "botocore", "pydantic", "urllib3"} <= versions.keys():
        sys.exit(f"these cannot be all dependencies: {sorted(versions)}")
    kept = tomllib.loads(KEPT.read_text())
    print(f"{len(kept['advisory'])} advisories as of {kept['as_of']} are kept here")
    if found := known(versions):
        sys.exit("\n".join(["known vulnerabilities:", *found]))
    told = [each for each in audit(versions) if "skip_reason" not in each]
    found = [
        f"{each['name']} {each['version']}: {vulnerability['id']}, mended in "
        f"{', '.join(vulnerability['fix_versions']) or 'no release yet'}"
        for each in told
        for vulnerability in each["vulns"]
    ]
    if found:
        sys.exit("\n".join(["known vulnerabilities:", *found]))
    if not told:
        print(f"none affects the {len(versions)} dependencies; nobody tells more from here")
        return
    unknown = sorted(versions.keys() - {each["name"] for each in told})
    print(f"{len(told)} dependencies have no known vulnerability; unknown: {unknown or 'none'}")


if __name__ == "__main__":
    main()
