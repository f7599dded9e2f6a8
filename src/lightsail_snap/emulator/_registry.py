"""Registry of the operations that the emulator supports."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lightsail_snap.emulator._call import Call

Handler = Callable[[Call], dict[str, Any]]
"""Carries out a call whose request is valid, and returns the fields of the response."""

HANDLERS: dict[str, Handler] = {}
"""All handlers by the API's name of the operation; filled by importing `_operations`."""


def operation(name: str) -> Callable[[Handler], Handler]:
    """Register a function as the handler of an API operation."""

    def register(handler: Handler) -> Handler:
        if HANDLERS.setdefault(name, handler) is not handler:
            message = f"{name} has two handlers"
            raise ValueError(message)
        return handler

    return register
