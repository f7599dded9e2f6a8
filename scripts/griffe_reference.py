"""Extension of griffe, which mkdocstrings loads: adds what only the imported classes know.

griffe reads the source. pydantic creates constructors at run time, and public classes inherit
fields and methods from private ones. This extension adds to the reference

- the fields of each model: type, default, name in the Lightsail API, description and rule,
- the constructor of each model that callers create,
- the known values of each open enumeration,
- the public methods and properties that a class inherits from private classes.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import timedelta
from importlib import import_module
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

import griffe
from pydantic import BaseModel
from typing_extensions import override

from lightsail_snap.models import OpenEnum, Request, Result
from lightsail_snap.models._base import RequestModel, ResultModel, ValidatedModel, WireModel
from lightsail_snap.models._rules import Requirement
from lightsail_snap.plans import BackupPlan, Run
from lightsail_snap.plans._model import PlanModel

PACKAGE = "lightsail_snap"
PUBLIC_PACKAGES = tuple(
    f"{PACKAGE}{name}"
    for name in ("", ".plans", ".emulator", ".testing", ".testing.strategies", ".json_schema")
)
_HIDDEN_LABELS = (
    "module-attribute",
    "class-attribute",
    "instance-attribute",
    "dataclass",
    "writable",
)
# `SequenceNotStr[str]` is a `Sequence[str]` for readers.
_PRIVATE_ALIAS = "NotStr"
# The reference describes the methods of all models only for these classes.
_MODEL_BASES = frozenset({ValidatedModel, WireModel, RequestModel, ResultModel, PlanModel})
_DESCRIBED_WITH_BASES = frozenset({Request, Result, BackupPlan, Run})


def public_names() -> dict[str, object]:
    """Return every public object by its dotted name."""
    found: dict[str, object] = {}
    for name in PUBLIC_PACKAGES:
        package = import_module(name)
        names = getattr(package, "__all__", [n for n in vars(package) if not n.startswith("_")])
        values = {f"{name}.{each}": getattr(package, each) for each in names}
        found |= {k: v for k, v in values.items() if not isinstance(v, types.ModuleType)}
    return found


def _escape(text: str) -> str:
    """Escape text for Markdown."""
    return "".join(f"&#{ord(each)};" if each in "&<>|[]*_`" else each for each in text)


class _TypeWriter:
    """Writes types as Markdown in which public classes are links, or as plain text."""

    def __init__(self, paths: Mapping[type, str], *, is_plain: bool) -> None:
        self._paths = {} if is_plain else paths
        self._escape = str if is_plain else _escape

    def write(self, kind: Any) -> str:  # noqa: ANN401 - any annotation
        """Return a type, without the metadata of validation."""
        origin, arguments = get_origin(kind), get_args(kind)
        if origin is Annotated:
            return self.write(arguments[0])
        if origin in {Union, types.UnionType}:
            return self._escape(" | ").join(dict.fromkeys(map(self.write, arguments)))
        if origin is Literal:
            return self._escape(" | ".join(map(repr, arguments)))
        if isinstance(kind, list):
            return self._bracketed("", kind)
        if origin is not None:
            return self._bracketed(self.write(origin), arguments)
        return self._name(kind)

    def _bracketed(self, before: str, parts: Sequence[object]) -> str:
        inner = ", ".join(map(self.write, parts))
        return f"{before}{self._escape('[')}{inner}{self._escape(']')}"

    def _name(self, kind: Any) -> str:  # noqa: ANN401 - any annotation
        if kind is types.NoneType or kind is ...:
            return "None" if kind is types.NoneType else "..."
        name: str = getattr(kind, "__name__", str(kind))
        path = self._paths.get(kind) if isinstance(kind, type) else None
        return f"[{name}][{path}]" if path else self._escape(name)


def _rules(annotation: object) -> Iterator[str]:
    """Yield the rules of a type, in the words of its errors."""
    for each in getattr(annotation, "__metadata__", ()):
        if isinstance(each, Requirement):
            yield each.rule
    for argument in get_args(annotation):
        yield from _rules(argument)


def _rule_text(rule: str) -> str:
    """Return a rule, whose code is in backticks."""
    parts = enumerate(rule.split("`"))
    return "".join(_code(part) if index % 2 else _escape(part) for index, part in parts)


def _expression(value: object) -> str:
    """Return the default of a field as an expression."""
    match value:
        case OpenEnum():
            return repr(value.value)
        case timedelta():
            return f"timedelta(seconds={value.total_seconds():g})"
        case Mapping():
            return repr(dict(value))
        case _:
            return repr(value)


def _wire_names(model: type[BaseModel]) -> dict[str, str]:
    """Return the names in the Lightsail API of the fields that have one."""
    if not issubclass(model, WireModel):
        return {}
    absent = model._not_on_wire  # noqa: SLF001 - the fields that are not in the API
    return {n: f.alias or n for n, f in model.model_fields.items() if n not in absent}


def _code(text: str) -> str:
    return f"<code>{_escape(text)}</code>"


def _anchored(path: str, name: str) -> str:
    """Return a name that pages can link to."""
    return f'<code id="{path}.{name}">{_escape(name)}</code>'


def _text_of(docstring: griffe.Docstring | None) -> str:
    return " ".join(docstring.value.split()) if docstring else ""


def _append_text(definition: griffe.Class, text: str) -> None:
    """Append Markdown to the introduction of a class."""
    if definition.docstring is None:
        definition.docstring = griffe.Docstring("", parent=definition)
    sections = definition.docstring.parse("google")
    added = griffe.DocstringSectionText(text)
    # mkdocstrings reads this cached property.
    definition.docstring.__dict__["parsed"] = [*sections[:1], added, *sections[1:]]


def _shorten(value: object) -> object:
    """Return an annotation without the names of modules."""
    if isinstance(value, griffe.ExprAttribute):
        return value.values[-1]
    if isinstance(value, griffe.ExprName) and value.name.endswith(_PRIVATE_ALIAS):
        return griffe.ExprName(value.name.removesuffix(_PRIVATE_ALIAS), parent=value.parent)
    if isinstance(value, griffe.Expr) and is_dataclass(value):
        for field in fields(value):
            if field.name not in {"parent", "member"}:
                setattr(value, field.name, _shorten(getattr(value, field.name)))
    elif isinstance(value, list | tuple):
        return type(value)(_shorten(each) for each in value)
    return value


def _public_default(function: griffe.Function, default: str | griffe.Expr | None) -> Any:  # noqa: ANN401 - griffe's expressions
    """Return the value of a private constant instead of its name."""
    name = str(default)
    constant = function.module.members.get(name) if name.startswith("_") else None
    return constant.value if isinstance(constant, griffe.Attribute) else default


def _simplify_signature(function: griffe.Function) -> None:
    function.returns = _shorten(function.returns)  # type: ignore[assignment] # an annotation again
    for parameter in function.parameters:
        parameter.annotation = _shorten(parameter.annotation)
        parameter.default = _public_default(function, parameter.default)


def _simplify(scope: griffe.Module | griffe.Class) -> None:
    """Remove names of modules and private constants, and labels that help no reader."""
    for member in scope.members.values():
        if isinstance(member, griffe.Alias):
            continue
        member.labels.difference_update(_HIDDEN_LABELS)
        if isinstance(member, griffe.Function):
            for each in (member, *(member.overloads or ())):
                _simplify_signature(each)
        elif isinstance(member, griffe.Module | griffe.Class):
            _simplify(member)


class ReferenceExtension(griffe.Extension):
    """Adds fields, constructors and inherited members to the public classes."""

    _package: griffe.Module
    _classes: Mapping[type, str]

    @override
    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        if pkg.name != PACKAGE:
            return
        self._package = pkg
        self._classes = {
            value: path
            for path, value in public_names().items()
            if isinstance(value, type) and value.__module__.startswith(PACKAGE)
        }
        _simplify(pkg)
        self._simplify_values()
        for base in _MODEL_BASES:
            self._find(base).members.pop("__init__", None)
        for value, path in self._classes.items():
            self._adopt_members(value)
            if issubclass(value, BaseModel):
                self._describe_model(value, path)
            elif issubclass(value, OpenEnum) and value is not OpenEnum:
                self._describe_enumeration(value, path)

    def _simplify_values(self) -> None:
        """Show types without the metadata of validation, and the strings of constants."""
        writer = _TypeWriter({}, is_plain=True)
        for path, value in public_names().items():
            shown = writer.write(value) if get_origin(value) is Annotated else repr(value)
            if isinstance(value, str) or get_origin(value) is Annotated:
                found: Any = self._package[path.partition(".")[2]]
                (found.final_target if found.is_alias else found).value = shown

    def _find(self, value: type) -> griffe.Class:
        found: Any = self._package[f"{value.__module__}.{value.__name__}".partition(".")[2]]
        definition: griffe.Class = found
        return definition

    def _own_bases(self, value: type) -> Iterator[type]:
        """Yield a class and its base classes of this package."""
        for base in value.__mro__:
            if base.__module__.startswith(PACKAGE) and "[" not in base.__name__:
                yield base

    def _adopt_members(self, value: type) -> None:
        """Add the members that a class inherits from private classes."""
        definition = self._find(value)
        public = {
            base.__name__.partition("[")[0]
            for base in value.__bases__
            if base in self._classes or base.__module__ == "builtins" or "[" in base.__name__
        }
        definition.bases = [
            each for each in definition.bases if str(each).partition("[")[0] in public
        ]
        methods = {name for base in _MODEL_BASES for name in self._find(base).members}
        for kind in self._own_bases(value):
            is_model_base = kind in _MODEL_BASES
            if kind in self._classes or (is_model_base and value not in _DESCRIBED_WITH_BASES):
                continue
            base = self._find(kind)
            is_described = issubclass(value, WireModel) and not is_model_base
            for name, member in base.members.items():
                is_public = not name.startswith("_") and name not in {
                    "model_config",
                    "model_rebuild",
                }
                is_public = is_public and not (is_described and name in methods)
                if (is_public or name == "__init__") and name not in definition.members:
                    definition.members[name] = griffe.Alias(name, member, parent=definition)

    def _describe_model(self, model: type[BaseModel], path: str) -> None:
        definition = self._find(model)
        writer = _TypeWriter(self._classes, is_plain=False)
        annotations = get_type_hints(model, include_extras=True)
        wire_names = _wire_names(model)
        items = []
        for name, field in model.model_fields.items():
            annotation = annotations[name]
            details = [f"<code>{writer.write(annotation)}</code>"]
            if field.is_required():
                details.append("required")
            else:
                default = field.get_default(call_default_factory=True)
                details.append(f"default: {_code(_expression(default))}")
            if wire_names.get(name, name) != name:
                details.append(f"in the API: {_code(wire_names[name])}")
            documented = (self._find(base).members.get(name) for base in self._own_bases(model))
            text = next((_text_of(each.docstring) for each in documented if each), "")
            rules = dict.fromkeys(_rules(annotation))
            text += "".join(f" It {_rule_text(rule)}." for rule in rules)
            items.append(f"- **{_anchored(path, name)}** ({', '.join(details)}) \N{EN DASH} {text}")
            definition.members.pop(name, None)
        definition.members.pop("model_config", None)
        if not items:
            return
        _append_text(definition, "\n".join(["**Fields:**", "", *items]))
        if issubclass(model, ResultModel) or "__init__" in definition.members:
            return
        definition.members["__init__"] = self._constructor(model, definition)

    def _constructor(self, model: type[BaseModel], definition: griffe.Class) -> griffe.Function:
        writer = _TypeWriter({}, is_plain=True)
        parameters = [
            griffe.Parameter(
                name,
                annotation=writer.write(each.annotation),
                kind=griffe.ParameterKind[each.kind.name.lower()],
                default=None
                if each.default is inspect.Parameter.empty
                else _expression(each.default),
            )
            for name, each in inspect.signature(model).parameters.items()
        ]
        return griffe.Function(
            "__init__", parameters=griffe.Parameters(*parameters), parent=definition
        )

    def _describe_enumeration(self, enumeration: type[OpenEnum], path: str) -> None:
        definition = self._find(enumeration)
        items = []
        for member in enumeration.known_values():
            name = enumeration._names[member.value]  # noqa: SLF001 - the names of the members
            text = _text_of(definition.members.pop(name).docstring)
            suffix = f" \N{EN DASH} {text}" if text else ""
            items.append(f"- **{_anchored(path, name)}** = {_code(repr(member.value))}{suffix}")
        _append_text(definition, "\n".join(["**Known values:**", "", *items]))
