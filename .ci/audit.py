"""Fails if what the package needs has a known vulnerability; skips only if nobody tells.

pip-audit asks PyPI about every dependency, direct or not, in the version that is installed here.
Where PyPI's JSON interface cannot be reached (a mirror without it), nothing is known of any
dependency; that is said, and is no failure.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, distribution

from packaging.requirements import Requirement

EXTRAS = ("", "aio", "emulator", "testing")


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
        print(f"SKIPPED: nobody tells about the {len(versions)} dependencies from here")
        return
    unknown = sorted(versions.keys() - {each["name"] for each in told})
    print(f"{len(told)} dependencies have no known vulnerability; unknown: {unknown or 'none'}")


main()
