"""Helpers of the command line's tests."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any, Protocol

from lightsail_snap.emulator import LightsailEmulator
from lightsail_snap.emulator._wire import Response, make_response

PLAN = """
name = "nightly"
region = "us-east-1"
slot = "day"
[select]
kind = "disk"
globs = ["Disk-*"]
[retention]
time_zone = "UTC"
keep_daily = 3
"""


@dataclass(frozen=True)
class CommandResult:
    """Exit code and output of a command."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


class Command(Protocol):
    """Runs the command line in this process."""

    def __call__(self, *arguments: str) -> CommandResult: ...


class Terminal(io.StringIO):
    """A stream that claims to be a terminal."""

    def isatty(self) -> bool:
        return True


def names(command: Command) -> list[str]:
    """Return the names of all snapshots."""
    return [each["name"] for each in command("list", "--json").lines]


def access_denied(emulator: LightsailEmulator) -> Response:
    """Return the response of the service to a call without permission."""
    body = json.dumps({"__type": "AccessDeniedException", "message": "no"}).encode()
    return make_response(400, body, emulator.clock.time())
