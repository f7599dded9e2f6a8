"""The operations of the service, one room per family of resources."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lightsail_snap.emulator._call import Call
from lightsail_snap.emulator._operations import (
    _add_ons,
    _disks,
    _history,
    _instances,
    _regions,
    _restores,
    _snapshots,
    _tags,
)

HANDLERS: Mapping[str, Callable[[Call], dict[str, Any]]] = {
    **_disks.HANDLERS,
    **_instances.HANDLERS,
    **_snapshots.HANDLERS,
    **_restores.HANDLERS,
    **_add_ons.HANDLERS,
    **_tags.HANDLERS,
    **_history.HANDLERS,
    **_regions.HANDLERS,
}
"""What the emulator can do, by the API's name of it."""
