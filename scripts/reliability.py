"""Measure the reliability, and write the figures to docs/reliability.md.

    python scripts/reliability.py                # all parts; takes half an hour
    python scripts/reliability.py --part soak    # one of matrix, crash, fuzz, soak and deletion
    python scripts/reliability.py --quick        # a sample, printed instead of written

The exit code is 1 if an invariant was broken.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reliability.md"
sys.path.insert(0, str(ROOT))

from scripts.crashes import crash_figures, crash_table  # noqa: E402 - the path comes first
from scripts.fuzz import fuzz, fuzz_table  # noqa: E402 - likewise
from scripts.soak import MONTH, SoakFailedError, soak, soak_table  # noqa: E402 - likewise
from tests.faults.deletion.run import Tally, deletion_table, run_many  # noqa: E402 - likewise
from tests.faults.matrix import run  # noqa: E402 - likewise
from tests.faults.matrix.faults import FAULTS  # noqa: E402 - likewise
from tests.faults.matrix.operations import CLIENTS, OPERATIONS  # noqa: E402 - likewise

_SEED = 1
_QUICK_POINTS, _QUICK_DAYS, _MONTHS = 2, 10, 12
_QUICK_INPUTS, _INPUTS = 20_000, 1_000_000
_QUICK_HISTORIES, _HISTORIES, _HISTORIES_PER_TASK = 200, 10_000, 200

Part = Callable[[argparse.Namespace], tuple[str, list[str]]]


def _run_fault(name: str, *, is_quick: bool) -> run.Report:
    cells = run.sample(_SEED) if is_quick else run.every_cell()
    return run.run_all(cell for cell in cells if cell.fault.name == name)


def _table(rows: Iterable[tuple[str, run.Row]]) -> list[str]:
    lines = [
        "| fault | tried | invariants held | succeeded | typed errors |",
        "|---|--:|--:|--:|--:|",
    ]
    return lines + [
        f"| {name} | {row.tried:,} | {row.held:,} | {row.succeeded:,} | {row.errors:,} |"
        for name, row in rows
    ]


def measure_matrix(options: argparse.Namespace) -> tuple[str, list[str]]:
    """Run the fault matrix; return its text for the page, and the broken invariants."""
    with ProcessPoolExecutor(options.jobs) as pool:
        begun = [pool.submit(_run_fault, name, is_quick=options.quick) for name in FAULTS]
        reports = [each.result() for each in begun]
    rows = [row for report in reports for row in report.rows.items()]
    tried, held, succeeded, errors = (
        sum(getattr(row, column) for _, row in rows)
        for column in ("tried", "held", "succeeded", "errors")
    )
    text = (
        f"{len(FAULTS)} faults, {len(OPERATIONS)} operations, {len(CLIENTS)} kinds of client and "
        f"{len(run.MODES)} retry modes result in {tried:,} cells. In {held:,} of them all "
        f"invariants held. {succeeded:,} ended in success, {errors:,} in a typed error."
    )
    broken = [line for report in reports for line in report.broken]
    return "\n".join([text, "", *_table(rows)]), broken


def measure_crashes(options: argparse.Namespace) -> tuple[str, list[str]]:
    """Kill processes and run their operations again; return as `measure_matrix` does."""
    figures = crash_figures(_QUICK_POINTS if options.quick else None, _SEED)
    return crash_table(figures), [str(each) for workload in figures for each in workload.errors]


def measure_fuzzing(options: argparse.Namespace) -> tuple[str, list[str]]:
    """Fuzz everything that reads external input; return as `measure_matrix` does."""
    figures = fuzz(_QUICK_INPUTS if options.quick else _INPUTS, seed=_SEED)
    return fuzz_table(figures), list(figures.broken)


def measure_soak(options: argparse.Namespace) -> tuple[str, list[str]]:
    """Simulate twelve months, or some days; return as `measure_matrix` does."""
    try:
        days = _QUICK_DAYS if options.quick else _MONTHS * MONTH
        return soak_table(soak(days, _SEED)), []
    except SoakFailedError as problem:
        return "", [str(problem)]


def _histories(seed: int) -> tuple[Tally, str]:
    try:
        return run_many(_HISTORIES_PER_TASK, seed), ""
    except AssertionError as problem:
        notes = getattr(problem, "__notes__", [])
        return Tally(), " ".join([str(problem), *notes])


def measure_deletion(options: argparse.Namespace) -> tuple[str, list[str]]:
    """Let other clients interfere with runs that delete; return as `measure_matrix` does."""
    count = _QUICK_HISTORIES if options.quick else _HISTORIES
    seeds = range(0, count, _HISTORIES_PER_TASK)
    with ProcessPoolExecutor(options.jobs) as pool:
        found = list(pool.map(_histories, seeds))
    tally = Tally()
    for part, _ in found:
        tally.add(part)
    broken = [problem for _, problem in found if problem]
    return deletion_table(tally, len(broken)), broken


PARTS: dict[str, Part] = {
    "matrix": measure_matrix,
    "crash": measure_crashes,
    "fuzz": measure_fuzzing,
    "soak": measure_soak,
    "deletion": measure_deletion,
}


def write(part: str, text: str) -> None:
    """Write the figures of a part between its marks in the page."""
    begin, end = f"<!-- {part}: begin -->", f"<!-- {part}: end -->"
    page = PAGE.read_text(encoding="utf-8")
    head, begins, rest = page.partition(begin)
    _, ends, tail = rest.partition(end)
    if not (begins and ends):
        raise ValueError(f"{PAGE} lacks {begin}, or {end} after it")
    PAGE.write_text(f"{head}{begin}\n{text}\n{end}{tail}", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Measure, then write or print; return an exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="print a sample, write nothing")
    parser.add_argument("--jobs", type=int, default=1, help="number of processes [default: 1]")
    parser.add_argument("--part", choices=PARTS, help="measure only this part")
    options = parser.parse_args(arguments)
    broken: list[str] = []
    for name in [options.part] if options.part else PARTS:
        text, wrong = PARTS[name](options)
        broken += wrong
        if options.quick or wrong:
            sys.stdout.write(f"{name}\n\n{text}\n\n")
        else:
            write(name, text)
    sys.stderr.writelines(f"{line}\n" for line in broken)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
