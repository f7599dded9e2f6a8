"""Measure how fast hypothesis strategies generate: `python benchmarks/strategies.py`.

The figure is examples in a second of CPU time, best of three rounds, beside a list of strings.
"""

from __future__ import annotations

import time
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lightsail_snap.testing.strategies  # noqa: F401 - registers the strategies
from lightsail_snap import DiskSnapshot, RetentionPolicy
from lightsail_snap.plans import BackupPlan, Inventory

EXAMPLES = 300
STRATEGIES: dict[str, st.SearchStrategy[Any]] = {
    "a list of strings": st.lists(st.text()),
    "DiskSnapshot": st.from_type(DiskSnapshot),
    "RetentionPolicy": st.from_type(RetentionPolicy),
    "BackupPlan": st.from_type(BackupPlan),
    "Inventory": st.from_type(Inventory),
}


def rate(strategy: st.SearchStrategy[Any]) -> float:
    """Return the number of examples that a strategy generates in a second of CPU time."""

    @settings(
        max_examples=EXAMPLES, database=None, deadline=None, suppress_health_check=[*HealthCheck]
    )
    @given(strategy)
    def generate(_: object) -> None: ...

    start = time.process_time()
    generate()
    return EXAMPLES / (time.process_time() - start)


def main() -> None:
    """Print a table."""
    rates = {name: max(rate(strategy) for _ in range(3)) for name, strategy in STRATEGIES.items()}
    print("| strategy | examples per second | ratio to a list of strings |\n|---|--:|--:|")
    for name, found in rates.items():
        print(f"| {name} | {found:,.0f} | {found / rates['a list of strings']:.2f} |")


if __name__ == "__main__":
    main()
