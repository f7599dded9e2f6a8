"""Compare the package with plain boto3, on every version in tests/compatibility/versions.toml.

Each cell of the matrix has its own environment with the built wheel. It runs tests/compatibility
and the cheap tests that depend most on boto3. Because some tests wait, more cells run at once than
there are cores. `nox -s compatibility` runs all cells; pass versions of boto3 to run only those:

    python scripts/compatibility.py
    python scripts/compatibility.py 1.37.4 1.43.64
    python scripts/compatibility.py --outdated

With --outdated it lists newer versions of boto3, botocore and pydantic than those in the matrix.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
VERSIONS = ROOT / "tests" / "compatibility" / "versions.toml"
TESTS = (
    "tests/compatibility",
    "tests/unit/test_transport.py",
    "tests/clients/test_over_boto3.py",
    "tests/testing/test_mock.py",
)
TOOLS = ("pytest", "hypothesis", "anyio")
# Each cell pins these itself.
VARIED = {"boto3", "botocore", "s3transfer", "pydantic", "pydantic-core"}
_PIN = re.compile(r"([\w.-]+)==(\S+)")


@dataclass(frozen=True, slots=True)
class Cell:
    """One combination of versions."""

    boto3: str
    botocore: str
    pydantic: str

    @property
    def requirements(self) -> list[str]:
        """Return the pinned requirements of the cell."""
        return [f"boto3=={self.boto3}", f"botocore=={self.botocore}", f"pydantic=={self.pydantic}"]

    @property
    def name(self) -> str:
        """Return the versions for the report."""
        return f"boto3 {self.boto3}, botocore {self.botocore}, pydantic {self.pydantic}"


def read_cells() -> list[Cell]:
    """Read the matrix."""
    return [Cell(**each) for each in tomllib.loads(VERSIONS.read_text(encoding="utf-8"))["cells"]]


def uv(*arguments: str | Path, stdin: str | None = None) -> str:
    """Run uv and return its output."""
    command = ["uv", "--quiet", *arguments]
    done = subprocess.run(command, input=stdin, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 - constant arguments
    return done.stdout


def report(line: str) -> None:
    """Print a line immediately; cells that run at the same time print too."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def write_tool_pins(folder: Path) -> Path:
    """Write the pins of all packages that the matrix does not vary."""
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if (found := _PIN.match(line)) and found[1] not in VARIED]
    file = folder / "constraints.txt"
    file.write_text("\n".join(pins), encoding="utf-8")
    return file


def run_cell(cell: Cell, wheel: Path, pins: Path, folder: Path) -> tuple[bool, str]:
    """Install the versions of a cell and run its tests; return success and output."""
    started = time.monotonic()
    uv("venv", f"--python={sys.executable}", folder)
    needed: list[str | Path] = [wheel, *TOOLS, *cell.requirements]
    uv("pip", "install", f"--python={folder}", f"--constraints={pins}", *needed)
    installed = time.monotonic()
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(  # noqa: S603 - fixed command
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    summary = done.stdout.strip().rpartition("\n")[2]
    report(f"{cell.name}: {summary}, installed in {installed - started:.1f}s")
    return not done.returncode, done.stdout


def run_matrix(cells: list[Cell]) -> int:
    """Run the cells, some at the same time; return an exit code."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        uv("build", "--wheel", f"--out-dir={folder}", ROOT)
        (wheel,) = folder.glob("*.whl")
        pins = write_tool_pins(folder)
        cores = os.cpu_count() or 1
        with ThreadPoolExecutor(cores + cores // 2) as pool:
            folders = [folder / str(number) for number in range(len(cells))]
            count = len(cells)
            results = list(pool.map(run_cell, cells, [wheel] * count, [pins] * count, folders))
    for cell, (is_passed, output) in zip(cells, results, strict=True):
        if not is_passed:
            report(f"\n== {cell.name}\n{output}")
    failed = sum(not is_passed for is_passed, _ in results)
    took = time.monotonic() - started
    report(f"compatibility: {count - failed} cells passed, {failed} failed in {took:.0f}s")
    return int(failed > 0)


def newest(requirement: str) -> str:
    """Return the newest release that fulfills a requirement."""
    options = ("--no-deps", "--no-header", "--no-annotate")
    return uv("pip", "compile", *options, "-", stdin=requirement).strip().partition("==")[2]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def report_outdated(cells: list[Cell]) -> int:
    """Report newer versions than those of the matrix; return 1 if a minor version is missing."""
    is_minor_missing = False
    for package in ("boto3", "botocore", "pydantic"):
        tested = sorted({_numbers(getattr(cell, package)) for cell in cells})
        last_of_minor = {version[:2]: version for version in tested}
        for (major, minor), version in last_of_minor.items():
            last = newest(f"{package}=={major}.{minor}.*")
            if _numbers(last) != version:
                report(f"{package} {last} is newer than the tested {_format_version(version)}")
        last = newest(f"{package}<{tested[-1][0] + 1}")
        if _numbers(last)[:2] not in last_of_minor:
            report(f"{package} {last} is not tested; add it to {VERSIONS.relative_to(ROOT)}")
            is_minor_missing = True
    return int(is_minor_missing)


def _format_version(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def main() -> int:
    """Run the cells, or report newer versions; return an exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("boto3", nargs="*", help="run only the cells of these versions of boto3")
    parser.add_argument("--outdated", action="store_true", help="list newer versions instead")
    arguments = parser.parse_args()
    cells = read_cells()
    if arguments.outdated:
        return report_outdated(cells)
    if unknown := set(arguments.boto3) - {cell.boto3 for cell in cells}:
        parser.error(f"not in {VERSIONS.relative_to(ROOT)}: {', '.join(sorted(unknown))}")
    return run_matrix(
        [cell for cell in cells if cell.boto3 in arguments.boto3 or not arguments.boto3]
    )


if __name__ == "__main__":
    sys.exit(main())
