"""Extension for Jupyter notebooks and IPython: lists of resources are displayed as tables.

Resources, results and plans are displayed as tables without it. To display lists, tuples and dicts
of them as tables, too, load the extension in a cell:

    %load_ext lightsail_snap.notebook
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from lightsail_snap._html import items_html
from lightsail_snap.models._base import ResultModel

__all__ = ["load_ipython_extension", "unload_ipython_extension"]

_TYPES = (list, tuple, dict)
_HTML = "text/html"
_replaced: dict[type, Callable[[Any], str | None] | None] = {}


def _display(collection: Any) -> str | None:  # noqa: ANN401 - any list, tuple or dict
    """Return the HTML of a collection of resources, or of the display that this one replaces."""
    items = [*collection.values()] if isinstance(collection, Mapping) else [*collection]
    if type(collection) in _TYPES and items and all(isinstance(i, ResultModel) for i in items):
        return items_html(items)
    kind = next(each for each in _TYPES if isinstance(collection, each))
    # IPython prefers the display of a type to the method of a subclass.
    method = getattr(type(collection), "_repr_html_", None) or _replaced.get(kind)
    return method(collection) if method else None


def load_ipython_extension(ipython: Any) -> None:  # noqa: ANN401 - IPython is no dependency
    """Display lists, tuples and dicts of resources as tables. `%load_ext` calls it.

    Args:
        ipython: The `InteractiveShell`.
    """
    formatter = ipython.display_formatter.formatters[_HTML]
    for kind in _TYPES:
        replaced = formatter.for_type(kind, _display)
        if replaced is not _display:
            _replaced[kind] = replaced


def unload_ipython_extension(ipython: Any) -> None:  # noqa: ANN401 - likewise
    """Restore the display of lists, tuples and dicts. `%unload_ext` calls it.

    Args:
        ipython: The `InteractiveShell`.
    """
    formatter = ipython.display_formatter.formatters[_HTML]
    for kind in _TYPES:
        formatter.pop(kind, None)
        if (replaced := _replaced.pop(kind, None)) is not None:
            formatter.for_type(kind, replaced)
