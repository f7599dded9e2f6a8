"""Loading of public names on first use."""

from collections.abc import Callable, Mapping
from importlib import import_module
from sys import modules


def lazy(
    package: str, exports: Mapping[str, str]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` of a package whose `exports` map names to modules."""

    def load(name: str) -> object:
        module = exports.get(name)
        if module is None:
            message = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(message)
        value: object = getattr(import_module(f"{package}.{module}"), name)
        setattr(modules[package], name, value)
        return value

    def list_names() -> list[str]:
        return sorted({*vars(modules[package]), *exports})

    return load, list_names
