"""Check that the built reference describes everything public.

    python scripts/check_reference.py SITE     SITE is the output of `mkdocs build`

What must appear is derived from the package: its names, constructors, fields, methods, parameters
and attributes, the fixtures of the pytest plugin, the options of the commands, the exit codes, the
environment variables and the loggers. The script prints what is missing, and exits with 1.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from typing_extensions import override

from lightsail_snap import notebook
from lightsail_snap.cli._errors import ExitCode

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from scripts.griffe_reference import PACKAGE, public_names
from scripts.reference_pages import (
    SOURCES,
    fixture_names,
    global_options,
    iter_commands,
    label,
    visible,
)

MAX_PAGE_BYTES = 300_000
_VARIABLE = re.compile(r"LIGHTSAIL_SNAP_[A-Z_]+")
_PRIVATE_CONSTANT = re.compile(r"_[A-Z]{2,}[A-Z_]*")
_INI_OPTION = "lightsail_snap_forbid_aws"
_CLIENT = f"{PACKAGE}.LightsailSnapClient"
_PLUGIN = f"{PACKAGE}.testing._pytest_plugin"
_VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})
# Titles of mkdocstrings by the sections of docstrings.
_SECTIONS = {"Args": "Parameters:", "Returns": "Returns:", "Raises": "Raises:"}


class Page(HTMLParser):
    """Text of a page by element: of each described object, and of each section."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.ids: set[str] = set()
        self.repeated_ids: set[str] = set()
        self.text = ""
        self.objects: dict[str, str] = {}
        """Text of each described object, by its dotted name."""
        self.code: dict[str, set[str]] = {}
        """Words in the code of each object."""
        self.sections: dict[str, str] = {}
        """Text below each heading of the second level."""
        self._open: list[tuple[str, str]] = []
        self._objects: list[str] = []
        self._section = ""
        self.feed(html)

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        classes = values.get("class", "").split()
        identifier = values.get("id", "")
        if identifier:
            (self.repeated_ids if identifier in self.ids else self.ids).add(identifier)
        if tag == "h2":
            self._section = identifier
        if tag not in _VOID:
            self._open.append((tag, "object" if "doc-object" in classes else ""))
        if "doc-object" in classes:
            self._objects.append("")
        elif "doc-heading" in classes and self._objects:
            self._objects[-1] = identifier
            self.objects.setdefault(identifier, "")
            self.code.setdefault(identifier, set())

    @override
    def handle_endtag(self, tag: str) -> None:
        while self._open:
            opened, kind = self._open.pop()
            if kind:
                self._objects.pop()
            if opened == tag:
                break

    @override
    def handle_data(self, data: str) -> None:
        tags = {tag for tag, _ in self._open}
        if tags & {"script", "style"}:
            return
        self.text += data
        if self._section:
            self.sections[self._section] = self.sections.get(self._section, "") + data
        for name in self._objects:
            if name:
                self.objects[name] += data
                if "code" in tags:
                    self.code[name].update(re.findall(r"\w+", data))


class Reference:
    """The pages of the built reference."""

    def __init__(self, pages: Mapping[str, str]) -> None:
        self.sizes = {name: len(html.encode()) for name, html in pages.items()}
        self.pages = {name: Page(html) for name, html in pages.items()}
        self.ids = {each for page in self.pages.values() for each in page.ids}
        self.objects: dict[str, str] = {}
        self.code: dict[str, set[str]] = {}
        for page in self.pages.values():
            self.objects |= page.objects
            self.code |= page.code

    @classmethod
    def read(cls, site: Path) -> Reference:
        """Read the pages of a built site."""
        found = sorted((site / "reference").rglob("index.html"))
        return cls({p.parent.name: p.read_text(encoding="utf-8") for p in found})


def _is_own(value: object) -> bool:
    return str(getattr(value, "__module__", "")).startswith(PACKAGE)


def _parameters(function: object) -> list[str]:
    """Return the names of the parameters of a function or class."""
    try:
        found = inspect.signature(function)  # type: ignore[arg-type] # others raise TypeError
    except (TypeError, ValueError):
        return []
    variable = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD}
    names = [each.name for each in found.parameters.values() if each.kind not in variable]
    return [name for name in names if name not in {"self", "cls"} and not name.startswith("_")]


def _assigned_attributes(kind: type) -> Iterator[str]:
    """Yield the attributes that the constructor of an exception sets."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(kind)))
    for node in ast.walk(tree):
        target = node.target if isinstance(node, ast.AnnAssign) else None
        for each in node.targets if isinstance(node, ast.Assign) else [target]:
            if isinstance(each, ast.Attribute) and ast.unparse(each.value) == "self":
                yield each.attr


def _docstring_problems(reference: Reference, path: str, function: object) -> Iterator[str]:
    """Yield the sections of a docstring that its description lacks."""
    text = inspect.getdoc(function) or ""
    described = reference.objects.get(path, "")
    for section, title in _SECTIONS.items():
        if re.search(rf"^{section}:$", text, re.MULTILINE) and title not in described:
            yield f"{path}: section {section} of the docstring"


def _function_problems(reference: Reference, path: str, function: object) -> Iterator[str]:
    words = reference.code.get(path, set())
    yield from (f"{path}: parameter {n}" for n in _parameters(function) if n not in words)
    yield from _docstring_problems(reference, path, function)


def _member_problems(
    reference: Reference, path: str, kind: type, classes: Mapping[str, type]
) -> Iterator[str]:
    """Yield the methods and attributes of a class that no class describes."""
    for name in dir(kind):
        definer = next((base for base in kind.__mro__ if name in vars(base)), None)
        if name.startswith(("_", "model_")) or definer is None or not _is_own(definer):
            continue
        # A method of a private base class is described for one of the public subclasses.
        owners = [each for each, other in classes.items() if definer in other.__mro__]
        owners += [each for each, other in classes.items() if other in kind.__mro__]
        found = [f"{each}.{name}" for each in owners if f"{each}.{name}" in reference.ids]
        if not found and not any(name in reference.code.get(each, ()) for each in owners):
            yield f"{path}.{name}"
        member = inspect.unwrap(getattr(kind, name)) if f"{path}.{name}" in found else None
        if inspect.isroutine(member):
            # The table of the async methods links to those of the sync client.
            described = (
                f"{path}.{name}" if f"{path}.{name}" in reference.objects else f"{_CLIENT}.{name}"
            )
            yield from _function_problems(reference, described, member)


def _class_problems(
    reference: Reference, path: str, kind: type, classes: Mapping[str, type]
) -> Iterator[str]:
    words = reference.code[path]
    if issubclass(kind, BaseModel):
        yield from (
            f"{path}: field {n}" for n in kind.model_fields if f"{path}.{n}" not in reference.ids
        )
    elif _is_own(getattr(kind, "__init__", None)) and not getattr(kind, "_is_protocol", False):
        yield from (f"{path}: parameter {n}" for n in _parameters(kind) if n not in words)
        if "__init__" in vars(kind):
            yield from _docstring_problems(reference, path, vars(kind)["__init__"])
    if issubclass(kind, BaseException):
        yield from (
            f"{path}: attribute {name}"
            for name in _assigned_attributes(kind)
            if not name.startswith("_") and name not in words
        )
    yield from _member_problems(reference, path, kind, classes)


def find_missing_names(reference: Reference) -> Iterator[str]:
    """Yield everything public in the package that the reference does not describe."""
    names = public_names()
    names |= {f"{notebook.__name__}.{each}": getattr(notebook, each) for each in notebook.__all__}
    classes = {path: v for path, v in names.items() if isinstance(v, type) and _is_own(v)}
    for path, value in names.items():
        if path not in reference.objects:
            yield path
        elif path in classes:
            yield from _class_problems(reference, path, classes[path], classes)
        elif inspect.isfunction(value):
            yield from _function_problems(reference, path, value)
    for name in fixture_names():
        if f"{_PLUGIN}.{name}" not in reference.objects:
            yield f"fixture {name}"


def find_missing_options(reference: Reference) -> Iterator[str]:
    """Yield the commands, arguments, options and exit codes that the reference does not list."""
    sections = reference.pages["cli"].sections
    everything: list[tuple[str, str, list[Any]]] = [
        ("common-options", "the program", global_options())
    ]
    everything += [(n.replace(" ", "-"), n, visible(command)) for n, command in iter_commands()]
    for section, name, parameters in everything:
        if section not in sections:
            yield f"command {name}"
            continue
        for spelling in (each for p in parameters for each in label(p).split(", ")):
            if not re.search(rf"(?<![\w-]){re.escape(spelling)}(?![\w-])", sections[section]):
                yield f"{name}: {spelling}"
    codes = sections.get("exit-codes", "").split()
    yield from (f"exit code {each.value}" for each in ExitCode if str(each.value) not in codes)


def find_missing_settings(reference: Reference, sources: Path = SOURCES) -> Iterator[str]:
    """Yield the environment variables and loggers of the code that the reference does not list."""
    text = "".join(page.text for page in reference.pages.values())
    loggers, variables = set[str](), set[str]()
    for file in sorted(sources.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(attr="getLogger"), args=[ast.Constant(value=name)]
                ):
                    loggers.add(str(name))
                case ast.Constant(value=str(value)) if _VARIABLE.fullmatch(value):
                    variables.add(value)
    for name in sorted(loggers | variables | {_INI_OPTION}):
        if not re.search(rf"(?<![\w.]){re.escape(name)}(?![\w.])", text):
            yield name


def find_page_problems(reference: Reference) -> Iterator[str]:
    """Yield the pages that are too large, or contain invalid or unclear text."""
    for name, page in reference.pages.items():
        if reference.sizes[name] > MAX_PAGE_BYTES:
            yield f"{name}: {reference.sizes[name]} bytes, more than {MAX_PAGE_BYTES}"
        if "::: " in page.text or re.search(r"\]\[lightsail_snap\.", page.text):
            yield f"{name}: Markdown that was not converted"
        if " object at 0x" in page.text or "<function " in page.text:
            yield f"{name}: the address of an object"
        yield from (f"{name}: the id {each} is repeated" for each in sorted(page.repeated_ids))
    for path, words in reference.code.items():
        yield from (f"{path}: private {w}" for w in sorted(words) if _PRIVATE_CONSTANT.fullmatch(w))


def find_problems(reference: Reference) -> list[str]:
    """Return all problems of the reference."""
    checks: Iterable[Iterator[str]] = (
        find_missing_names(reference),
        find_missing_options(reference),
        find_missing_settings(reference),
        find_page_problems(reference),
    )
    return [problem for check in checks for problem in check]


def main(site: str) -> int:
    """Print the problems of the reference; return an exit code."""
    reference = Reference.read(Path(site))
    problems = find_problems(reference)
    for problem in problems:
        print(f"missing or wrong in the reference: {problem}", file=sys.stderr)
    if not problems:
        print(f"the reference describes everything: {len(reference.objects)} objects")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
