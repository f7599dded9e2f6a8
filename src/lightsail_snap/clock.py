"""Clocks: the system clock, and a virtual clock for tests."""

from __future__ import annotations

import threading
import time
from typing import Protocol

__all__ = ["Clock", "SystemClock", "VirtualClock"]


class Clock(Protocol):
    """Source of time for clients and the emulator."""

    def time(self) -> float:
        """Return the wall-clock time, in seconds since 1970-01-01 UTC."""
        ...

    def monotonic(self) -> float:
        """Return the seconds since a fixed time. It never decreases."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait.

        Args:
            seconds: Duration in seconds, 0 or more.
        """
        ...


class SystemClock:
    """Clock of the machine."""

    def time(self) -> float:
        """Return the wall-clock time, in seconds since 1970-01-01 UTC."""
        return time.time()

    def monotonic(self) -> float:
        """Return the seconds since a fixed time. It never decreases."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Block this thread.

        Args:
            seconds: Duration in seconds; 0 returns at once.
        """
        time.sleep(seconds)


class VirtualClock:
    """Clock that advances only when `sleep` is called, which returns at once.

    Pass the same instance to a client and to the emulator, so that both have the same time.
    """

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        """Set the clock.

        Args:
            start: Wall-clock time at the start, in seconds since 1970-01-01 UTC.
        """
        self._start = start
        self._passed = 0.0
        self._lock = threading.Lock()

    def time(self) -> float:
        """Return the wall-clock time, in seconds since 1970-01-01 UTC."""
        return self._start + self._passed

    def monotonic(self) -> float:
        """Return the sum of all sleeps, in seconds."""
        return self._passed

    def sleep(self, seconds: float) -> None:
        """Advance the clock.

        Args:
            seconds: Duration in seconds, 0 or more.

        Raises:
            ValueError: If the duration is negative.
        """
        if seconds < 0:
            message = f"cannot sleep for {seconds} seconds; pass 0 or more"
            raise ValueError(message)
        with self._lock:
            self._passed += seconds
