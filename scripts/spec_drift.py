"""Fail if the models differ from the pinned botocore; warn if they differ from the installed one.

    python scripts/spec_drift.py

`scripts/botocore-version` names the version of botocore that the models were last compared with. If
another version is installed, the service model of the pinned one is read from its wheel.
"""

import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PINNED = Path(__file__).with_name("botocore-version").read_text(encoding="utf-8").strip()


def compare(*arguments: str) -> int:
    """Compare the models with a service model; return an exit code."""
    command = (sys.executable, "-m", "scripts.drift", *arguments)
    return subprocess.run(command, check=False, cwd=ROOT).returncode  # noqa: S603 - a script of this repository


def download_model(folder: Path) -> Path:
    """Extract the service model from the wheel of the pinned version."""
    subprocess.run(  # noqa: S603 - constant arguments
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
            *("--only-binary=:all:", f"--dest={folder}", f"botocore=={PINNED}"),
        ],
        check=True,
    )
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (
            name
            for name in archive.namelist()
            if name.startswith("botocore/data/lightsail/") and "/service-2.json" in name
        )
        return Path(archive.extract(name, folder))


def main() -> int:
    """Compare with the installed botocore, and with the pinned one if that is another."""
    installed = version("botocore")
    if installed == PINNED:
        return compare()
    if compare():
        print(
            f"warning: the models differ from botocore {installed}; they were last compared with "
            f"{PINNED}"
        )
    with tempfile.TemporaryDirectory() as folder:
        return compare("--service-model", str(download_model(Path(folder))))


if __name__ == "__main__":
    sys.exit(main())
