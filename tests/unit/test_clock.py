"""Clocks."""

from __future__ import annotations

import time

import pytest

from lightsail_snap import SystemClock, VirtualClock


def test_virtual_clock_sleep_advances_time() -> None:
    clock = VirtualClock(start=100)
    clock.sleep(3600)
    assert (clock.time(), clock.monotonic()) == (3700, 3600)
    with pytest.raises(ValueError, match="pass 0 or more"):
        clock.sleep(-1)


def test_system_clock_follows_the_machine() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    clock.sleep(0.001)
    assert clock.monotonic() > before
    assert abs(clock.time() - time.time()) < 60
