"""What a spawned process is asked to do; it lies apart so that such a process can import it."""

from __future__ import annotations

from typing import Any

from lightsail_snap import Request


def looked_at(things: list[Any]) -> tuple[list[str], list[Any]]:
    """Tell what things look like here, and give them back."""
    return [f"{type(each).__name__} {each}" for each in things], things


def wire_of(request: Request[Any]) -> dict[str, Any]:
    return dict(request.to_wire())
