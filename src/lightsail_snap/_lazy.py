"""Loads what a package offers when it is first used."""

from collections.abc import Callable, Mapping
from importlib import import_module
from sys import modules


def lazy(
    package: str, homes: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Make a package's `__getattr__` and `__dir__`.

    Args:
        package: The package's name.
        homes: For each name that it offers, the module below it where that is.

    Returns:
        The two functions.
    """

    def load(name: str) -> object:
        home = homes.get(name)
        if home is None:
            message = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(message)
        value: object = getattr(import_module(f"{package}.{home}"), name)
        setattr(modules[package], name, value)
        return value

    def offered() -> list[str]:
        return sorted({*vars(modules[package]), *homes})

    return load, offered
