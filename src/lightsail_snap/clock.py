"""Time as something that is handed in: the real clock, and one that jumps."""

from __future__ import annotations

import threading
import time
from typing import Protocol

__all__ = [
    "Clock",
    "SystemClock",
    "VirtualClock",
]


class Clock(Protocol):
    """Tells the time and lets it pass."""

    def time(self) -> float:
        """Tell the wall-clock time in seconds since 1970-01-01 UTC."""
        ...

    def monotonic(self) -> float:
        """Tell the seconds since some fixed moment; never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let time pass.

        Args:
            seconds: How long, in seconds; 0 is allowed.
        """
        ...


class SystemClock:
    """The machine's own clock."""

    def time(self) -> float:
        """Tell the wall-clock time in seconds since 1970-01-01 UTC."""
        return time.time()

    def monotonic(self) -> float:
        """Tell the seconds since some fixed moment; never goes back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Block this thread.

        Args:
            seconds: How long, in seconds; 0 returns at once.
        """
        time.sleep(seconds)


class VirtualClock:
    """A clock that stands still until somebody sleeps, and then jumps: hours pass in no time.

    Hand the same one to a client and to the emulator, and both agree on what time it is.
    """

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        """Set the clock.

        Args:
            start: The wall-clock time to begin at, in seconds since 1970-01-01 UTC.
        """
        self._start = start
        self._passed = 0.0
        self._lock = threading.Lock()

    def time(self) -> float:
        """Tell the wall-clock time in seconds since 1970-01-01 UTC."""
        return self._start + self._passed

    def monotonic(self) -> float:
        """Tell the seconds that have been slept."""
        return self._passed

    def sleep(self, seconds: float) -> None:
        """Jump forward.

        Args:
            seconds: How far, in seconds.

        Raises:
            ValueError: If the number is negative.
        """
        if seconds < 0:
            message = f"time does not run backwards: {seconds}"
            raise ValueError(message)
        with self._lock:
            self._passed += seconds
