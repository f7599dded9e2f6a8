"""The emulator as a process of its own."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lightsail_snap.clock import Clock
from lightsail_snap.emulator._emulator import LightsailEmulator
from lightsail_snap.emulator._progression import Progression

_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def _stop_signals() -> Iterator[Callable[[], None]]:
    """Yield a function that waits for a signal to stop the process."""
    # The interpreter writes the number of a signal here when it arrives. An Event would not do: a
    # handler that sets it can run while the same thread holds its lock, and blocks for ever.
    reader, writer = socket.socketpair()
    writer.settimeout(0)

    def wait() -> None:
        while reader.recv(1)[0] not in _STOP_SIGNALS:
            pass

    with reader, writer:
        earlier = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        before = {number: signal.signal(number, lambda *_: None) for number in _STOP_SIGNALS}
        try:
            yield wait
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(earlier)


def run_server(  # noqa: PLR0913 - all keyword-only, and most have defaults
    *,
    on_ready: Callable[[str], object],
    host: str = "127.0.0.1",
    port: int = 0,
    allow_remote: bool = False,
    state: str | os.PathLike[str] | None = None,
    progression: Progression | None = None,
    clock: Clock | None = None,
    on_start: Callable[[LightsailEmulator], object] | None = None,
) -> None:
    """Serve an emulator over HTTP until the process receives SIGTERM or SIGINT.

    Call it in the main thread. It needs the extra `emulator` (waitress).

    Args:
        on_ready: Called with the URL when the server accepts requests.
        host: The address to listen on.
        port: The port, 0 to 65535; any free one if 0.
        allow_remote: Allow an address that other machines can reach.
        state: The file that keeps the emulator's state over restarts; memory if None.
        progression: Duration and outcome of operations; by seconds if None.
        clock: The emulator's clock; the machine's clock if None.
        on_start: Called with the emulator before it accepts requests, to add resources.

    Raises:
        ConfigurationError: If waitress is missing, the address cannot be used, or the state file
            cannot be opened or is another kind of file.
        ValueError: If other machines can reach the address and `allow_remote` is False.
    """
    with (
        _stop_signals() as wait,
        LightsailEmulator(state=state, progression=progression, clock=clock) as emulator,
    ):
        if on_start is not None:
            on_start(emulator)
        with emulator.serve(host=host, port=port, allow_remote=allow_remote) as url:
            on_ready(url)
            wait()
