"""Typed, safe Amazon Lightsail disk snapshots.

Importing this package imports neither boto3 nor pydantic. A name is loaded when it is first used,
and boto3 when a client is created.
"""

from typing import TYPE_CHECKING

from lightsail_snap import _exports, _lazy
from lightsail_snap._version import __version__ as __version__

__all__ = sorted([*_exports.PACKAGE, "__version__"])

if TYPE_CHECKING:
    from lightsail_snap.aio import *
    from lightsail_snap.client import *
    from lightsail_snap.clock import *
    from lightsail_snap.errors import *
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
    from lightsail_snap.quiesce import *
    from lightsail_snap.rescue import *
    from lightsail_snap.retention import *
    from lightsail_snap.transport import *
    from lightsail_snap.waiters import *
else:
    # Hidden from type checkers, which would accept any name from a module with `__getattr__`.
    __getattr__, __dir__ = _lazy.lazy(__name__, _exports.PACKAGE)
