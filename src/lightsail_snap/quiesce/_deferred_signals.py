"""Signals that are handled after a block that must not be interrupted."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

# Windows has no SIGHUP.
_SIGNALS = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


class DeferredSignals:
    """Defers the signals that a function of Python handles, in the main thread.

    Other threads are not interrupted by signals. A signal without such a handler ends the process,
    or is ignored.
    """

    def __init__(self, on_signal: Callable[[], None]) -> None:
        self._on_signal = on_signal
        self._received: list[int] = []
        self._handlers: dict[int, Any] = {}

    def is_received(self) -> bool:
        """Return whether a signal has been received."""
        return bool(self._received)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        self._received.append(number)
        self._on_signal()

    def __enter__(self) -> Self:
        """Begin to defer."""
        if threading.current_thread() is threading.main_thread():
            for number in _SIGNALS:
                handler = signal.getsignal(number)
                if callable(handler):
                    self._handlers[number] = handler
                    signal.signal(number, self._handle)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Restore the handlers, and call those of the signals that were received."""
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        for number in dict.fromkeys(self._received):
            signal.raise_signal(number)
