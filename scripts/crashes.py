"""Kills every workload at every request, runs it again, and prints the figures.

    python scripts/crashes.py                 # all points; a minute or two of processor time
    python scripts/crashes.py --max-points 8  # a seeded sample

The exit code is 1 if any workload failed or ended in another state than without being killed.
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

from tests.crash.harness import WorkloadFigures, crash_harness, measure  # noqa: E402 - likewise
from tests.crash.workloads import WORKLOADS  # noqa: E402 - after the path

TIMINGS = ("before", "after", "late")


def crash_figures(max_points: int | None = None, seed: int = 0) -> list[WorkloadFigures]:
    """Kill every workload at all its points, or at a sample."""
    with tempfile.TemporaryDirectory() as folder, crash_harness(Path(folder)) as harness:
        return [measure(harness, workload, max_points, seed) for workload in WORKLOADS]


def crash_table(figures: Sequence[WorkloadFigures]) -> str:
    """Return the figures as a Markdown table."""
    counts = {
        each.workload: [
            each.requests,
            *(each.killed.get(timing, 0) for timing in TIMINGS),
            sum(each.killed.values()) - len(each.errors),
        ]
        for each in figures
    }
    counts["all"] = [sum(column) for column in zip(*counts.values(), strict=True)]
    lines = [
        "| workload | requests | killed before | killed after | executed late | same final state |",
        "|---|---|---|---|---|---|",
        *(
            f"| {workload} | {' | '.join(f'{n:,}' for n in row)} |"
            for workload, row in counts.items()
        ),
    ]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Run the command line; return 1 if anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--max-points", type=int, default=None, help="points of each workload; all by default"
    )
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    began = time.monotonic()
    figures = crash_figures(options.max_points, options.seed)
    table = crash_table(figures)
    sys.stdout.write(f"{table}\n{time.monotonic() - began:.0f} s\n")
    errors = [each for workload in figures for each in workload.errors]
    for each in errors:
        sys.stderr.write(f"{each}\n")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
