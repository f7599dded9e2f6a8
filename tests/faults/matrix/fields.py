"""Answers with other fields than the service's: of wrong types, null, missing, unheard of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, get_args

from lightsail_snap import models
from lightsail_snap.emulator._wire import Response
from lightsail_snap.models import OpenEnum
from lightsail_snap.models._base import ResultModel

Path = tuple[str, ...]
"""Where a field is: the names on the way to it. All items of a list are alike."""
Change = Callable[[str, Any], Any]
MISSING = object()
UNHEARD_OF = "Brand-New"


def _is_enumeration(annotation: object) -> bool:
    inner = get_args(annotation)
    if inner:
        return any(_is_enumeration(each) for each in inner)
    return isinstance(annotation, type) and issubclass(annotation, OpenEnum)


ENUMERATIONS = frozenset(
    field.alias or name
    for model in models.exported().values()
    if isinstance(model, type) and issubclass(model, ResultModel)
    for name, field in model.model_fields.items()
    if _is_enumeration(field.annotation)
)
"""The fields that hold a word of an enumeration."""


def wrong_type(_: str, value: Any) -> Any:
    """Give a value that has another type."""
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
    """Give null."""
    del value


def missing(_: str, value: Any) -> Any:
    """Leave it out."""
    del value
    return MISSING


def another_identity(name: str, value: Any) -> Any:
    """Give the name or id of another resource."""
    return f"other-{value}" if name in {"name", "id", "resourceName"} else value


def created_in_1970(name: str, value: Any) -> Any:
    """Give a creation time that is none."""
    return 1.0 if name == "createdAt" else value


def unheard_of(name: str, value: Any) -> Any:
    """Give a word that no enumeration has."""
    return UNHEARD_OF if name in ENUMERATIONS else value


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


def members_of(answer: Response) -> Any:
    """Read the JSON of an answer."""
    return json.loads(answer.body) if answer.body else {}


def with_body(answer: Response, body: bytes) -> Response:
    """Put another body into an answer."""
    return replace(answer, body=body, headers={**answer.headers, "Content-Length": str(len(body))})


def changed(answer: Response, change: Change, chosen: Path | None) -> Response:
    """Change one field, or all that hold no others if none is chosen."""
    members = _changed(members_of(answer), change, chosen, ())
    return with_body(answer, json.dumps(members).encode())


def filled(answer: Response, size: int) -> Response:
    """Fill an answer up to a size with a member that nobody knows."""
    rest = b"}" if answer.body == b"{}" else b"," + answer.body[1:]
    head, tail = b'{"filler":"', b'"' + rest
    return with_body(answer, head + b"x" * (size - len(head) - len(tail)) + tail)


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    """Go through the fields of an answer."""
    if isinstance(value, dict):
        for name, member in value.items():
            yield (*path, name)
            yield from paths(member, (*path, name))
    elif isinstance(value, list):
        for item in value:
            yield from paths(item, path)


def duplicated(value: Any) -> str:
    """Write JSON in which every key stands twice, first with null."""
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
