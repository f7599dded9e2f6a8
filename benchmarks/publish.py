"""Run the benchmarks, and write their tables to docs/performance.md.

    python benchmarks/publish.py                   all benchmarks
    python benchmarks/publish.py fleet planning    only these

Each benchmark replaces the text between its two marks in the page. Run the script on an idle
machine, in an environment with `pip install -r benchmarks/requirements.txt`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
DOCS = FOLDER.parent / "docs"
PAGE = DOCS / "performance.md"
ARGUMENTS = {
    "compare": ("--picture", str(DOCS / "pictures" / "performance.svg")),
    "command_line": (),
    "emulator": (),
    "fleet": (),
    "planning": (),
}


def run(name: str) -> str:
    """Run a benchmark, and return the tables that it prints."""
    # Installed packages are compiled, so this checkout has to be compiled, too.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    command = (sys.executable, str(FOLDER / f"{name}.py"), *ARGUMENTS[name])
    return subprocess.run(
        command, check=True, env=environment, stdout=subprocess.PIPE, text=True
    ).stdout


def replace(page: str, name: str, tables: str) -> str:
    """Return the page with these tables between the marks of a benchmark."""
    begin, end = f"<!-- measured {name}: begin -->", f"<!-- measured {name}: end -->"
    if page.count(begin) != 1 or page.count(end) != 1:
        message = f"{PAGE.name} needs the marks {begin} and {end}, each once"
        raise SystemExit(message)
    before, _, rest = page.partition(begin)
    return f"{before}{begin}\n\n{tables.strip()}\n\n{end}{rest.partition(end)[2]}"


def main() -> None:
    """Run the benchmarks, and write the page after each one."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(ARGUMENTS))
    names = parser.parse_args().names or list(ARGUMENTS)
    if unknown := set(names) - set(ARGUMENTS):
        parser.error(
            f"no benchmark {', '.join(sorted(unknown))}; choose from {', '.join(ARGUMENTS)}"
        )
    for name in names:
        replace(PAGE.read_text(encoding="utf-8"), name, "")  # fails before the measurement
        tables = run(name)
        PAGE.write_text(replace(PAGE.read_text(encoding="utf-8"), name, tables), encoding="utf-8")
        print(f"wrote the tables of {name}.py")


if __name__ == "__main__":
    main()
