"""A signal ends every long wait, whenever it arrives."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from concurrent.futures import Future

import pytest

from lightsail_snap._drivers.interrupts import SLICE_SECONDS, result_of

SERVER = """
import signal
from lightsail_snap.emulator import run_server

def ready(url):
    # The signal arrives before the wait begins, with no thread waiting for it.
    signal.raise_signal(signal.SIGTERM)

run_server(on_ready=ready)
print("ended")
"""


def test_result_of_waits_in_slices_and_returns_or_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lightsail_snap._drivers.interrupts.SLICE_SECONDS", 0.01)
    good: Future[int] = Future()
    bad: Future[int] = Future()
    threading.Timer(0.1, good.set_result, [7]).start()
    assert result_of(good) == 7
    bad.set_exception(TimeoutError("of the work itself"))
    with pytest.raises(TimeoutError, match="of the work itself"):
        result_of(bad)
    assert SLICE_SECONDS <= 1


def test_server_ends_by_a_signal_that_arrives_before_it_waits() -> None:
    run = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", SERVER], capture_output=True, text=True, timeout=60, check=False
    )
    assert (run.returncode, run.stdout) == (0, "ended\n"), run.stderr


def test_server_ignores_other_signals_and_restores_handlers() -> None:
    code = (
        SERVER.replace(
            "signal.raise_signal(signal.SIGTERM)",
            "signal.signal(signal.SIGUSR1, lambda *_: None); signal.raise_signal(signal.SIGUSR1); "
            "signal.raise_signal(signal.SIGINT)",
        )
        + "print(signal.getsignal(signal.SIGTERM), signal.set_wakeup_fd(-1))\n"
    )
    run = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.stdout == f"ended\n{signal.SIG_DFL} -1\n", run.stderr
