"""SIGTERM and SIGHUP, handled like Ctrl-C so that an interrupted command prints how to resume."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

# Windows has no SIGHUP.
_TERMINATION_SIGNALS = [
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)
]


class TerminationSignal(KeyboardInterrupt):
    """SIGTERM or SIGHUP was received."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.signal = signal.Signals(number)


@contextmanager
def raise_on_termination() -> Iterator[None]:
    """Raise `TerminationSignal` on SIGTERM and SIGHUP.

    Signals that are ignored, as under nohup, or have a handler are left alone.
    """

    def handle(number: int, _frame: object) -> None:
        raise TerminationSignal(number)

    is_main = threading.current_thread() is threading.main_thread()
    handled = [
        number
        for number in _TERMINATION_SIGNALS
        if is_main and signal.getsignal(number) is signal.SIG_DFL
    ]
    for number in handled:
        signal.signal(number, handle)
    try:
        yield
    finally:
        for number in handled:
            signal.signal(number, signal.SIG_DFL)
