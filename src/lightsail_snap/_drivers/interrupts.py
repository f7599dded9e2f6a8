"""Waits of the main thread that a signal always interrupts.

A signal that arrives just before a thread starts to wait is only handled after the wait. So long
waits are made in slices.
"""

from __future__ import annotations

from concurrent.futures import Future, wait
from typing import TypeVar

ReturnT = TypeVar("ReturnT")

SLICE_SECONDS = 0.5
"""The longest time that a signal is delayed."""


def result_of(future: Future[ReturnT]) -> ReturnT:
    """Wait for a future and return its result, or raise its error."""
    while not wait([future], SLICE_SECONDS).done:
        pass
    return future.result()
