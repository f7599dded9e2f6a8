"""Kill each high-level operation at each of its requests, and run it again.

    python scripts/crashes.py              # all points; one or two minutes of processor time
    python scripts/crashes.py --limit 8    # a seeded sample of 8 points of each operation

The exit code is 1 if a second run fails, or ends in another state than an undisturbed run.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.crash.jobs import JOBS  # noqa: E402 - the path comes first
from tests.crash.lab import JobFigures, laboratory, measure  # noqa: E402 - likewise

MOMENTS = ("before", "after", "late")


def crash_figures(limit: int | None = None, seed: int = 0) -> list[JobFigures]:
    """Kill each operation at all its points, or at a seeded sample of them."""
    with tempfile.TemporaryDirectory() as folder, laboratory(Path(folder)) as lab:
        return [measure(lab, job, limit, seed) for job in JOBS]


def crash_table(figures: Sequence[JobFigures]) -> str:
    """Return the figures as a Markdown table."""
    counts = {
        each.job: [
            each.requests,
            *(each.killed.get(moment, 0) for moment in MOMENTS),
            sum(each.killed.values()) - len(each.wrong),
        ]
        for each in figures
    }
    counts["all"] = [sum(column) for column in zip(*counts.values(), strict=True)]
    lines = [
        (
            "| operation | requests | killed before | killed after | executed late "
            "| same final state |"
        ),
        "|---|---|---|---|---|---|",
        *(f"| {job} | {' | '.join(f'{n:,}' for n in row)} |" for job, row in counts.items()),
    ]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Measure and print; return an exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--limit", type=int, default=None, help="points of each operation [default: all]"
    )
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    began = time.monotonic()
    figures = crash_figures(options.limit, options.seed)
    table = crash_table(figures)
    sys.stdout.write(f"{table}\n{time.monotonic() - began:.0f} s\n")
    wrong = [each for job in figures for each in job.wrong]
    for each in wrong:
        sys.stderr.write(f"{each}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
