"""Functions that spawned processes import."""

from __future__ import annotations

from typing import Any

from lightsail_snap import Request


def describe(resources: list[Any]) -> tuple[list[str], list[Any]]:
    """Return the values with their types as strings, and the values themselves."""
    return [f"{type(each).__name__} {each}" for each in resources], resources


def wire_of(request: Request[Any]) -> dict[str, Any]:
    return dict(request.to_wire())
