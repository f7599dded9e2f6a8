"""What the models of this room share: frozen, nothing unknown, and errors that list everything."""

from __future__ import annotations

import codecs
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from types import UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    ClassVar,
    Literal,
    NoReturn,
    Self,
    TypeAlias,
    Union,
    get_args,
    get_origin,
)

from pydantic import BaseModel, ConfigDict
from pydantic_core import from_json
from typing_extensions import override

from lightsail_snap._text import one_line, short_repr
from lightsail_snap.errors import (
    LightsailSnapError,
    RequestValidationError,
    Violation,
    detached,
)
from lightsail_snap.models._base import ValidatedModel
from lightsail_snap.models._rules import UNKNOWN_FIELD, violations

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

OURS = "lightsail_snap"
Status: TypeAlias = Literal["done", "adopted", "skipped", "failed"]
"""What became of a step: it was carried out now, or by an earlier attempt, or not at all."""

_NO_LIST = "Input should be a valid tuple"

TextOrPath: TypeAlias = str | bytes | os.PathLike[str]
"""A document itself, or the path of the file it is in (a path is no `str`)."""


# Of UTF-32 before UTF-16, whose mark it begins with. PowerShell 5.1 writes UTF-16 by `>`.
_CODECS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ENCODING = "must be text in UTF-8, or in UTF-16 or UTF-32 with a byte order mark"
_ENCODING_FIX = (
    "save the file as UTF-8; in PowerShell, pipe the command into: Out-File -Encoding utf8 run.json"
)


def decode_document(content: str | bytes) -> str:
    """Decode a document by its byte order mark, else as UTF-8.

    Args:
        content: The bytes of the document, or the document itself.

    Returns:
        The document without a byte order mark.

    Raises:
        UnicodeError: If it is in another encoding.
    """
    if isinstance(content, bytes):
        codec = next((name for mark, name in _CODECS if content.startswith(mark)), "utf-8")
        content = content.decode(codec)
    if "\0" in content:
        message = "it has null characters, as UTF-16 without a byte order mark does"
        raise UnicodeError(message)
    return content.removeprefix("\ufeff")


def refused(model: str, field: str, rule: str, fix: str, given: object) -> RequestValidationError:
    """Make the error that says that one thing is wrong.

    Args:
        model: What was refused.
        field: The path of the field.
        rule: What must hold.
        fix: What to do about it.
        given: What was given instead.

    Returns:
        The error.
    """
    return RequestValidationError(model, [Violation(field, rule, OURS, fix, short_repr(given))])


def state_of(outcome: DataclassInstance) -> list[object]:
    """Give what pickle is to keep of a frozen dataclass with slots that may hold an error.

    Args:
        outcome: An instance of it.

    Returns:
        The values of its fields, as dataclasses put them back; of errors, detached copies.
    """
    values = [getattr(outcome, field.name) for field in fields(outcome)]
    return [detached(each) if isinstance(each, LightsailSnapError) else each for each in values]


def _models_in(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) in {Annotated, Union, UnionType, tuple}:
        return [model for part in get_args(annotation) for model in _models_in(part)]
    return []


def _in_our_words(model: type[BaseModel], found: Violation) -> Violation:
    """Say of an unknown field of an inner model what that one takes, and of a list what it is."""
    if found.rule == _NO_LIST:
        fix = f"put it in brackets: {found.field.rpartition('.')[2]} = [...]"
        return replace(found, rule="must be a list", fix=fix)
    inner, *path = [model], *found.field.split(".")[:-1]
    for step in path:
        name = step.partition("[")[0]
        inner = [
            each
            for outer in inner
            if name in outer.model_fields
            for each in _models_in(outer.model_fields[name].annotation)
        ]
    if found.rule != UNKNOWN_FIELD or not inner:
        return found
    fix = f"leave it out; {inner[0].__name__} takes {', '.join(inner[0].model_fields)}"
    return replace(found, fix=fix)


class PlanModel(ValidatedModel, frozen=True):
    """A piece of a plan, as data.

    Raises:
        RequestValidationError: If a rule is broken. It tells all violations at once.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid", use_attribute_docstrings=True, revalidate_instances="always"
    )

    @classmethod
    @override
    def _validation_error(cls, error: Exception, payload: object) -> LightsailSnapError:
        found = tuple(_in_our_words(cls, each) for each in violations(cls, error))
        return RequestValidationError(cls.__name__, found)

    @classmethod
    def from_json(cls, source: TextOrPath) -> Self:
        """Read it from JSON.

        Args:
            source: The JSON, or the path of a file of it (a `pathlib.Path`).

        Returns:
            What `to_json` has written.

        Raises:
            RequestValidationError: If it is no JSON object, or breaks a rule.
            OSError: If the file cannot be read.
        """
        return cls._from_text(source, from_json, "JSON object")

    def to_json(self, *, indent: int | None = None) -> str:
        """Write it as JSON.

        Args:
            indent: By how many spaces to indent; all on one line if None.

        Returns:
            The JSON; `from_json` reads it back, equal.
        """
        return self.model_dump_json(indent=indent)

    @classmethod
    def _from_text(cls, source: TextOrPath, parse: Callable[[str], object], what: str) -> Self:
        try:
            content = Path(source).read_bytes() if isinstance(source, os.PathLike) else source
            table = parse(decode_document(content))
        except UnicodeError as error:
            rule = f"{_ENCODING}: {one_line(str(error), 200)}"
            raise refused(cls.__name__, "", rule, _ENCODING_FIX, source) from error
        # TOMLDecodeError is a ValueError, too.
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            cls._refuse_text(f"must be a {what}: {one_line(str(error), 200)}", what, source, error)
        if not isinstance(table, Mapping):
            cls._refuse_text(f"must be a {what}", what, source, None)
        return cls(**table)

    @classmethod
    def _refuse_text(cls, rule: str, what: str, given: object, error: Exception | None) -> NoReturn:
        fix = f"give the {what} as text, or the pathlib.Path of a file of it"
        raise refused(cls.__name__, "", rule, fix, given) from error


def parse_toml(text: str) -> object:
    """Read TOML.

    Args:
        text: The document.

    Returns:
        Its table.
    """
    return tomllib.loads(text)
