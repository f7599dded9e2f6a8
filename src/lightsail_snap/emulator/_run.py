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

_ENDING = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def _until_signalled() -> Iterator[Callable[[], None]]:
    """Yield a function that returns when the process is to end."""
    # The interpreter writes the number of a signal here when it arrives. An Event would not do: a
    # handler that sets it can run while the same thread holds its lock, and blocks for ever.
    reader, writer = socket.socketpair()
    writer.settimeout(0)

    def wait() -> None:
        while reader.recv(1)[0] not in _ENDING:
            pass

    with reader, writer:
        earlier = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        before = {number: signal.signal(number, lambda *_: None) for number in _ENDING}
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
    """Serve an emulator over HTTP until the process is told to end (SIGTERM, SIGINT).

    It must run in the main thread, and needs the extra `emulator` (waitress).

    Args:
        on_ready: Is told the URL as soon as it answers there.
        host: The address to listen on.
        port: The port; any free one if 0.
        allow_remote: Whether the address may be one that other machines reach.
        state: The file that keeps its world over restarts; memory if None.
        progression: How fast work goes; by seconds if None.
        clock: What tells its time; the machine's clock if None.
        on_start: Is given the emulator before anybody can reach it, to put things there.

    Raises:
        ConfigurationError: If waitress is missing, the address cannot be listened on, or the file
            cannot be opened or is something else.
        ValueError: If other machines could reach it and that was not allowed.
    """
    with (
        _until_signalled() as wait,
        LightsailEmulator(state=state, progression=progression, clock=clock) as emulator,
    ):
        if on_start is not None:
            on_start(emulator)
        with emulator.serve(host=host, port=port, allow_remote=allow_remote) as url:
            on_ready(url)
            wait()
