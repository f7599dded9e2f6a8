"""Write constraints.txt: the exact version of everything that the tests and the gates install.

    python scripts/update_constraints.py           moves to the newest versions
    python scripts/update_constraints.py --keep    changes only what pyproject.toml requires

Run it after a change of the dependencies in pyproject.toml. It needs the extra `dev`. The versions
work on every supported Python.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
# noxfile.py installs these in separate environments.
SEPARATE = "awscli\ntypes-boto3[lightsail]\n"


def main() -> None:
    """Resolve the versions and write the file."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--keep", action="store_true", help="keep present versions where possible")
    keep = parser.parse_args().keep
    command = [
        *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal"),
        *([] if keep else ["--upgrade"]),
        *("--python-version=3.11", "--extra=dev"),
        # Every environment has its own pip; replacing it takes time.
        *("--no-emit-package=pip", "--no-emit-package=setuptools"),
        "--custom-compile-command=python scripts/update_constraints.py",
        *("--output-file=constraints.txt", "pyproject.toml", "-"),
    ]
    subprocess.run(command, cwd=ROOT, input=SEPARATE, text=True, check=True)  # noqa: S603 - constant arguments


if __name__ == "__main__":
    main()
