"""HTML tables for notebooks. Strings are redacted, made printable, truncated and escaped."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

from lightsail_snap._text import safe_line

_MAX_ROWS = 100
_MAX_COLUMNS = 12
_MAX_CELL = 300
_MAX_PARTS = 10
_MAX_DEPTH = 3
# The footer contains the notes of a run, of which there may be many.
_MAX_FOOTER = 10_000
# Without these classes, MathJax would typeset `$` and `\(` of names as formulas. There are no
# colors, since a notebook has a light or a dark theme.
_FRAME = '<div class="tex2jax_ignore mathjax_ignore">{}</div>'
# Fields of a resource that are too long for a column, or equal for all resources of a listing.
_NOT_A_COLUMN = frozenset(
    {"support_code", "location", "resource_type", "hardware", "networking", "metadata_options"}
)
# Arguments of commands, and scripts, may contain passwords and the URLs of webhooks.
_COMMANDS = frozenset({"before", "after", "on_complete"})
_HIDDEN = frozenset({"user_data"})
_PAGE_TOKEN = "next_page_token"  # noqa: S105 - the name of a field


def render(owner: object, build: Callable[[], str]) -> str:
    """Return the HTML that a function builds, or else the class of its object."""
    try:
        return _FRAME.format(build())
    except Exception:  # noqa: BLE001 - an object that was created without validation is displayed, too
        # Its `repr` could contain what a table hides.
        return _FRAME.format(f"<pre>{_safe(type(owner).__name__)}</pre>")


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[str]], footer: str = "") -> str:
    """Return an HTML table with the first 100 rows."""
    body = "".join(_row("td", row) for row in rows[:_MAX_ROWS])
    more = f"and {len(rows) - _MAX_ROWS} more" if len(rows) > _MAX_ROWS else ""
    notes = "".join(f"<p>{_safe(each, _MAX_FOOTER)}</p>" for each in (more, footer) if each)
    return (
        f"<table><caption>{_safe(title)}</caption>"
        f"<thead>{_row('th', head)}</thead><tbody>{body}</tbody></table>{notes}"
    )


def _row(tag: str, cells: Iterable[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{_safe(each)}</{tag}>' for each in cells)}</tr>"


def _safe(text: str, limit: int = _MAX_CELL) -> str:
    return escape(safe_line(text, limit))


def fields_table(title: str, fields: Iterable[tuple[str, object]]) -> str:
    """Return a table of the fields that have a value."""
    rows = [(name, _to_text(value, name)) for name, value in fields if not _is_empty(value)]
    return table(title, ("field", "value"), rows)


def items_table(title: str, items: Sequence[Any], footer: str = "") -> str:
    """Return a table with a row for each model, and a column for each field with a value."""
    shown = [dict(_fields_of(item)) for item in items[:_MAX_ROWS]]
    columns = [
        name
        for name in dict.fromkeys(name for item in items[:_MAX_ROWS] for name in _declared(item))
        if any(not _is_empty(fields.get(name)) for fields in shown)
        and name not in _NOT_A_COLUMN
        and not name.endswith("arn")
    ][:_MAX_COLUMNS]
    rows = [[_to_text(fields.get(name), name) for name in columns] for fields in shown]
    # Rows that are not shown are only counted.
    return table(title, columns, [*rows, *[()] * (len(items) - len(rows))], footer)


def result_html(result: Any) -> str:  # noqa: ANN401 - a model, which this module does not import
    """Return the parts of a model: its fields, its resource, and its lists of resources."""
    parts: list[str] = []
    fields = dict(_fields_of(result))
    footer = "There are more pages." if fields.pop(_PAGE_TOKEN, None) else ""
    is_response = hasattr(result, "response_metadata")
    for name, value in [*fields.items()] if is_response else ():
        if _is_model(value):
            parts.append(fields_table(type(value).__name__, _fields_of(value)))
        elif isinstance(value, tuple) and all(map(_is_model, value)):
            title = f"{name.replace('_', ' ')}: {len(value)}"
            parts.append(items_table(title, value, footer))
        else:
            continue
        del fields[name]
    if fields or not parts:
        parts.insert(0, fields_table(type(result).__name__, fields.items()))
    return "".join(parts)


def items_html(items: Sequence[object]) -> str:
    """Return the display of several models."""
    names = dict.fromkeys(type(item).__name__ for item in items)
    return render(items, lambda: items_table(f"{', '.join(names)}: {len(items)}", items))


def model_html(model: Any) -> str:  # noqa: ANN401 - likewise
    """Return the display of a model."""
    return render(model, lambda: result_html(model))


def _is_model(value: object) -> bool:
    return hasattr(type(value), "__repr_args__")


def _declared(model: Any) -> Iterable[str]:  # noqa: ANN401 - likewise
    fields: dict[str, object] = type(model).model_fields
    return fields


def _fields_of(model: Any) -> list[tuple[str, object]]:  # noqa: ANN401 - likewise
    """Return the fields that were set, and the unknown ones."""
    is_set = model.__pydantic_fields_set__ | (model.model_extra or {}).keys()
    return [
        (name or "", value) for name, value in model.__repr_args__() if not name or name in is_set
    ]


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, tuple | list | Mapping) and not value)


def _to_text(value: object, name: str = "", depth: int = _MAX_DEPTH) -> str:
    """Return a value as a short string, which `_safe` escapes."""
    if name in _HIDDEN:
        return "(not shown)"
    if name in _COMMANDS and isinstance(value, tuple) and len(value) > 1:
        return f"{_to_text(value[0])} ..."
    is_list = isinstance(value, tuple | list)
    if not (is_list or isinstance(value, Mapping) or _is_model(value)):
        return _scalar_text(value)
    if depth == 0:
        return "..."
    if isinstance(value, tuple | list):
        parts = [_to_text(each, depth=depth - 1) for each in value[:_MAX_PARTS]]
        more = [f"and {len(value) - _MAX_PARTS} more"] if len(value) > _MAX_PARTS else []
        return "; ".join([*parts, *more])
    return _join(value.items() if isinstance(value, Mapping) else _fields_of(value), depth)


def _scalar_text(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat(" ", "seconds").replace("+00:00", " UTC")
    if isinstance(value, str):
        # The value of an enumeration as a plain string.
        return safe_line(str.__str__(value), _MAX_CELL)
    return "" if value is None else safe_line(str(value), _MAX_CELL)


def _join(fields: Iterable[tuple[object, object]], depth: int) -> str:
    """Return fields as `name=value, ...`; a tag as `key=value`, or `key` if it has no value."""
    pairs = [(str(name), value) for name, value in fields if not _is_empty(value)][:_MAX_PARTS]
    texts = [(name, _to_text(value, name, depth - 1)) for name, value in pairs]
    if [name for name, _ in texts] in (["key"], ["key", "value"]):
        return "=".join(text for _, text in texts if text)
    joined = ", ".join(f"{name}={text}" for name, text in texts)
    return joined if depth == _MAX_DEPTH else f"({joined})"
