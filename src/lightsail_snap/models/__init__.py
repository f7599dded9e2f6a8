"""The Lightsail API as data: requests, results, names, tags, sources and open enumerations.

A module is loaded when one of its names is first used. `__all__` of each module declares its public
names, and `scripts/make_exports.py` collects them in `lightsail_snap._exports`.
"""

from sys import modules
from typing import TYPE_CHECKING, Any

from lightsail_snap import _exports, _lazy

__all__ = sorted(_exports.MODELS)

if TYPE_CHECKING:
    from lightsail_snap.models._base import *
    from lightsail_snap.models.add_ons import *
    from lightsail_snap.models.auto_snapshots import *
    from lightsail_snap.models.disk_snapshots import *
    from lightsail_snap.models.disks import *
    from lightsail_snap.models.enums import *
    from lightsail_snap.models.instance_snapshots import *
    from lightsail_snap.models.instances import *
    from lightsail_snap.models.operations import *
    from lightsail_snap.models.poll_results import *
    from lightsail_snap.models.resources import *
    from lightsail_snap.models.snapshots import *
    from lightsail_snap.models.source import *
    from lightsail_snap.models.tagging import *
    from lightsail_snap.models.tags import *
else:
    # Hidden from type checkers, which would accept any name from a module with `__getattr__`.
    __getattr__, __dir__ = _lazy.lazy(__name__, _exports.MODELS)


def exported() -> dict[str, object]:
    """Load every public name.

    Returns:
        The value of each name.
    """
    package = modules[__name__]
    return {name: getattr(package, name) for name in sorted(_exports.MODELS)}


def request_types() -> dict[str, "type[Request[Any]]"]:
    """Load the request model of every API operation.

    Returns:
        The models by the name of the operation, for example `CreateDiskSnapshot`.
    """
    package = modules[__name__]
    return {name: getattr(package, f"{name}Request") for name in sorted(_exports.OPERATIONS)}
