"""Write constraints.txt: the exact version of everything that the tests and .ci/run install.

Run `python scripts/update_constraints.py` after a change of the dependencies in pyproject.toml, and
to move to newer tools. It needs the extra `dev`. The versions work on every supported Python.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
# .ci/run installs these in environments of their own.
SEPARATE = "awscli\ntypes-boto3[lightsail]\n"


def main() -> None:
    """Resolve to the newest versions and write the file."""
    command = [
        *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--upgrade"),
        *("--python-version=3.11", "--extra=dev"),
        # An environment's own pip installs them; replacing it takes time and gains nothing.
        *("--no-emit-package=pip", "--no-emit-package=setuptools"),
        "--custom-compile-command=python scripts/update_constraints.py",
        *("--output-file=constraints.txt", "pyproject.toml", "-"),
    ]
    subprocess.run(command, cwd=ROOT, input=SEPARATE, text=True, check=True)  # noqa: S603 - our own resolver on our own file


if __name__ == "__main__":
    main()
