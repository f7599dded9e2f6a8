"""Kill each workload at each of its requests, and run it again.

    python scripts/crashes.py              # all points; one or two minutes of processor time
    python scripts/crashes.py --limit 8    # a seeded sample of 8 points of each workload

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

from tests.crash.harness import (  # noqa: E402 - the path comes first
    WorkloadFigures,
    crash_harness,
    measure,
)
from tests.crash.workloads import WORKLOADS  # noqa: E402 - likewise

TIMINGS = ("before", "after", "late")


def crash_figures(limit: int | None = None, seed: int = 0) -> list[WorkloadFigures]:
    """Kill each workload at all its points, or at a seeded sample of them."""
    with tempfile.TemporaryDirectory() as folder, crash_harness(Path(folder)) as harness:
        return [measure(harness, workload, limit, seed) for workload in WORKLOADS]


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
        (
            "| workload | requests | killed before | killed after | executed late "
            "| same final state |"
        ),
        "|---|---|---|---|---|---|",
        *(
            f"| {workload} | {' | '.join(f'{n:,}' for n in row)} |"
            for workload, row in counts.items()
        ),
    ]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Measure and print; return an exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--limit", type=int, default=None, help="points of each workload [default: all]"
    )
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    began = time.monotonic()
    figures = crash_figures(options.limit, options.seed)
    table = crash_table(figures)
    sys.stdout.write(f"{table}\n{time.monotonic() - began:.0f} s\n")
    errors = [each for workload in figures for each in workload.errors]
    for each in errors:
        sys.stderr.write(f"{each}\n")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
