"""Handlers of the service's operations, one module for each kind of resource.

To add an operation, write a handler with the decorator `operation` in one of these modules, or in a
new one. Its request is checked, and its list is paginated, by botocore's model of the service and
by the request model of the same operation, if there is one.
"""

from importlib import import_module
from pkgutil import iter_modules

from lightsail_snap.emulator._registry import HANDLERS as HANDLERS

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
