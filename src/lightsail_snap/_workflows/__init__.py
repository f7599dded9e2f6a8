"""Workflows: when to call, wait and retry, and what responses mean, without any I/O."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lightsail_snap._workflows import batch as batch
    from lightsail_snap._workflows import copy as copy
    from lightsail_snap._workflows import effects as effects
    from lightsail_snap._workflows import paging as paging
    from lightsail_snap._workflows import rescue as rescue
    from lightsail_snap._workflows import resources as resources
    from lightsail_snap._workflows import restore as restore
    from lightsail_snap._workflows import restore_instance as restore_instance
    from lightsail_snap._workflows import take as take
    from lightsail_snap._workflows import waiting as waiting
else:

    def __getattr__(name: str) -> object:
        # A client loads a workflow when it first runs it, since the models take long to load.
        try:
            return import_module(f"{__name__}.{name}")
        except ModuleNotFoundError as error:
            message = f"module {__name__!r} has no attribute {name!r}"
            raise AttributeError(message) from error
