"""`emulator`: the embedded Lightsail as a server for any AWS client."""

from __future__ import annotations

import argparse

from lightsail_snap.cli._words import Commands
from lightsail_snap.emulator import Progression, run_server

_LAST_PORT = 65535


def add_to(commands: Commands) -> None:
    """Add the command.

    Args:
        commands: Where to.
    """
    parser = commands.add_parser(
        "emulator",
        help="serve the embedded Lightsail over HTTP, for the AWS CLI and any AWS SDK",
        description="Serve the embedded Lightsail over HTTP until interrupted. The first line on "
        "standard output is its URL. Signatures are not checked, so it listens on this machine "
        "only unless told otherwise.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address (default: %(default)s)")
    parser.add_argument(
        "--port", type=_port, default=0, help="port; any free one if 0 (default: %(default)s)"
    )
    parser.add_argument("--state", metavar="FILE", help="keep the world in this file over restarts")
    parser.add_argument(
        "--seconds",
        type=_duration,
        default=20.0,
        metavar="N",
        help="how long operations take; snapshots take twice as long (default: %(default)s)",
    )
    parser.add_argument(
        "--allow-remote",
        action="store_true",
        help="listen on an address that other machines can reach",
    )
    parser.set_defaults(run=_run)


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= _LAST_PORT:
        message = f"{text} is no port"
        raise argparse.ArgumentTypeError(message)
    return port


def _duration(text: str) -> float:
    seconds = float(text)
    if not seconds >= 0:
        message = f"{text} is no number of seconds"
        raise argparse.ArgumentTypeError(message)
    return seconds


def _run(options: argparse.Namespace) -> None:
    run_server(
        on_ready=lambda url: print(url, flush=True),
        host=options.host,
        port=options.port,
        allow_remote=options.allow_remote,
        state=options.state,
        progression=Progression.by_seconds(options.seconds, options.seconds * 2),
    )
