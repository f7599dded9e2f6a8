"""Changes of the fields of responses: other types, null, missing, unknown values."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, get_args

from tests.support import exported_models

from lightsail_snap.emulator._wire import Response
from lightsail_snap.models import OpenEnum
from lightsail_snap.models._base import ResultModel

Path = tuple[str, ...]
"""Names of the fields that lead to a field. All items of a list share one path."""
Change = Callable[[str, Any], Any]
MISSING = object()
UNKNOWN_VALUE = "Brand-New"


def _is_enumeration(annotation: object) -> bool:
    inner = get_args(annotation)
    if inner:
        return any(_is_enumeration(each) for each in inner)
    return isinstance(annotation, type) and issubclass(annotation, OpenEnum)


ENUMERATIONS = frozenset(
    field.alias or name
    for model in exported_models(ResultModel)
    for name, field in model.model_fields.items()
    if _is_enumeration(field.annotation)
)
"""Names of the fields whose values are enumeration members."""


def wrong_type(_: str, value: Any) -> Any:
    """Return a value of another type."""
    match value:
        case bool():
            return "yes"
        case str():
            return 7
        case int() | float():
            return "seven"
        case list():
            return {"0": value}
        case _:
            return [value]


def null(_: str, value: Any) -> Any:
    """Return null."""
    del value


def missing(_: str, value: Any) -> Any:
    """Return the mark of a field to omit."""
    del value
    return MISSING


def another_identity(name: str, value: Any) -> Any:
    """Return the name or id of another resource."""
    return f"other-{value}" if name in {"name", "id", "resourceName"} else value


def created_in_1970(name: str, value: Any) -> Any:
    """Return a creation time in 1970."""
    return 1.0 if name == "createdAt" else value


def unknown_value(name: str, value: Any) -> Any:
    """Return a value that no enumeration has."""
    return UNKNOWN_VALUE if name in ENUMERATIONS else value


def _changed(value: Any, change: Change, chosen: Path | None, path: Path) -> Any:
    match value:
        case dict():
            found = {}
            for name, member in value.items():
                here = (*path, name)
                is_leaf = not isinstance(member, dict | list)
                if here == chosen or (chosen is None and is_leaf):
                    new = change(name, member)
                else:
                    new = _changed(member, change, chosen, here)
                if new is not MISSING:
                    found[name] = new
            return found
        case list():
            return [_changed(item, change, chosen, path) for item in value]
        case _:
            return value


def members_of(response: Response) -> Any:
    """Return the JSON of a response."""
    return json.loads(response.body) if response.body else {}


def with_body(response: Response, body: bytes) -> Response:
    """Return a response with another body."""
    return replace(
        response, body=body, headers={**response.headers, "Content-Length": str(len(body))}
    )


def changed(response: Response, change: Change, chosen: Path | None) -> Response:
    """Return a response with one changed field, or with all leaf fields changed."""
    members = _changed(members_of(response), change, chosen, ())
    return with_body(response, json.dumps(members).encode())


def filled(response: Response, size: int) -> Response:
    """Return a response that an unknown field fills up to a size."""
    rest = b"}" if response.body == b"{}" else b"," + response.body[1:]
    head, tail = b'{"filler":"', b'"' + rest
    return with_body(response, head + b"x" * (size - len(head) - len(tail)) + tail)


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the paths of all fields."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield (*path, name)
            yield from paths(member, (*path, name))
    elif isinstance(value, list):
        for item in value:
            yield from paths(item, path)


def duplicated(value: Any) -> str:
    """Return JSON in which every key occurs twice, first with null."""
    match value:
        case dict():
            pairs = (
                f"{json.dumps(name)}:null,{json.dumps(name)}:{duplicated(member)}"
                for name, member in value.items()
            )
            return f"{{{','.join(pairs)}}}"
        case list():
            return f"[{','.join(duplicated(item) for item in value)}]"
        case _:
            return json.dumps(value)
