"""Waits of the main thread that a signal always ends.

A signal that arrives just before a thread begins to wait is handled only when the wait is over. So
long waits are made in slices.
"""

from __future__ import annotations

from concurrent.futures import Future, wait
from typing import TypeVar

ReturnT = TypeVar("ReturnT")

SLICE_SECONDS = 0.5
"""How long a signal may go unnoticed at most."""


def result_of(future: Future[ReturnT]) -> ReturnT:
    """Wait for a future and return its result, or raise its error."""
    while not wait([future], SLICE_SECONDS).done:
        pass
    return future.result()
