"""Kills every job at every request, runs it again, and tells how that went.

    python scripts/crashes.py                 # all points; a minute or two of processor time
    python scripts/crashes.py --most 8        # a seeded sample

The exit code is 1 if any job ended in another state than an undisturbed run, or not at all.
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

from tests.crash.jobs import JOBS  # noqa: E402 - they lie with the tests
from tests.crash.lab import JobFigures, laboratory, measure  # noqa: E402 - likewise

MOMENTS = ("before", "after", "late")


def crash_figures(most: int | None = None, seed: int = 0) -> list[JobFigures]:
    """Kill every job at its points.

    Args:
        most: At how many each, at most; at all if None.
        seed: What they are drawn with.

    Returns:
        How it went, job by job.
    """
    with tempfile.TemporaryDirectory() as folder, laboratory(Path(folder)) as lab:
        return [measure(lab, job, most, seed) for job in JOBS]


def crash_table(figures: Sequence[JobFigures]) -> str:
    """Write the figures as a table in Markdown.

    Args:
        figures: What `crash_figures` returned.

    Returns:
        The table, without a line break at its end.
    """
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
        "| job | requests | killed before | killed after | carried out late | as if undisturbed |",
        "|---|---|---|---|---|---|",
        *(f"| {job} | {' | '.join(f'{n:,}' for n in row)} |" for job, row in counts.items()),
    ]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Measure, and tell.

    Args:
        arguments: The words of the command line.

    Returns:
        The exit code: 1 if anything was wrong.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--most", type=int, default=None, help="points of each job; all if left out"
    )
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    began = time.monotonic()
    figures = crash_figures(options.most, options.seed)
    table = crash_table(figures)
    sys.stdout.write(f"{table}\n{time.monotonic() - began:.0f} s\n")
    wrong = [each for job in figures for each in job.wrong]
    for each in wrong:
        sys.stderr.write(f"{each}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
