"""Fails where the models have drifted from the botocore that is written down; warns of a newer one.

The version in `.ci/botocore-version` is the one the models were last compared with. If another
version is installed, the service model comes from the wheel of the pinned version.
"""

import pathlib
import subprocess
import sys
import tempfile
import zipfile
from importlib.metadata import version

PINNED = (pathlib.Path(__file__).parent / "botocore-version").read_text(encoding="utf-8").strip()
COMMAND = (sys.executable, "-m", "scripts.drift")


def pinned_model(folder: pathlib.Path) -> pathlib.Path:
    """Take the service model out of the wheel of the pinned version."""
    subprocess.run(
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
        return pathlib.Path(archive.extract(name, folder))


if version("botocore") == PINNED:
    sys.exit(subprocess.run(COMMAND, check=False).returncode)

if subprocess.run(COMMAND, check=False).returncode:
    print(f"warning: the models were last compared with botocore {PINNED}")
with tempfile.TemporaryDirectory() as scratch:
    model = pinned_model(pathlib.Path(scratch))
    sys.exit(subprocess.run([*COMMAND, "--service-model", model], check=False).returncode)
