"""Writes the public API down, or fails where it is not as it is written down.

`python .ci/api_surface.py` compares the sources with `.ci/api_surface.txt` and prints the
difference; `--write` accepts it. A line that is gone, or another one, breaks somebody's code.
"""

from __future__ import annotations

import difflib
import pathlib
import sys
from collections.abc import Iterator

import griffe

ROOT = pathlib.Path(__file__).parent.parent
FILE = ROOT / ".ci" / "api_surface.txt"
PACKAGE = griffe.load("lightsail_snap", search_paths=[ROOT / "src"], allow_inspection=False)


def is_ours(path: str) -> bool:
    """Tell whether a dotted path lies in the package."""
    return path.partition(".")[0] == PACKAGE.path


def is_public(name: str) -> bool:
    """Tell whether a member's name makes it public: an operator is as public as a word."""
    return name.startswith("__") or not name.startswith("_")


def modules(module: griffe.Module) -> Iterator[griffe.Module]:
    """Give a module and those below it that have a public name."""
    yield module
    for name, below in sorted(module.modules.items()):
        # What a plain module imports for itself is no module below it.
        if not name.startswith("_") and not below.is_alias:
            yield from modules(below)


def parameter(each: griffe.Parameter, previous: griffe.Parameter | None) -> str:
    """Write one parameter, with the mark of its kind where kinds change."""
    kinds = griffe.ParameterKind
    mark = ""
    if previous is not None and previous.kind is kinds.positional_only is not each.kind:
        mark = "/, "
    is_first_keyword = previous is None or previous.kind not in {
        kinds.keyword_only,
        kinds.var_positional,
    }
    if each.kind is kinds.keyword_only and is_first_keyword:
        mark += "*, "
    stars = {kinds.var_positional: "*", kinds.var_keyword: "**"}.get(each.kind, "")
    annotation = f": {each.annotation}" if each.annotation else ""
    has_default = each.default is not None and not stars
    return f"{mark}{stars}{each.name}{annotation}" + (f" = {each.default}" if has_default else "")


def signature(function: griffe.Function) -> str:
    """Write what a function takes and gives."""
    parameters = list(function.parameters)
    taken = ", ".join(
        parameter(each, before)
        for before, each in zip([None, *parameters], parameters)  # noqa: B905 - one is longer
    )
    returns = f" -> {function.returns}" if function.returns else ""
    return f"({taken}){returns}"


def described(thing: griffe.Object, indent: str = "") -> Iterator[str]:
    """Give the lines that describe a class, function or attribute of ours."""
    labels = sorted(thing.labels & {"async", "classmethod", "staticmethod", "property", "cached"})
    name = " ".join([*labels, thing.name])
    if thing.is_function:
        yield f"{indent}{name}{signature(thing)}"
    elif thing.is_attribute:
        annotation = f": {thing.annotation}" if thing.annotation else ""
        yield f"{indent}{name}{annotation}" + (f" = {thing.value}" if thing.value else "")
    else:
        keywords = [f"{key}={value}" for key, value in sorted(thing.keywords.items())]
        bases = ", ".join([*map(str, thing.bases), *keywords])
        marks = [str(decorator.value) for decorator in thing.decorators]
        yield f"{indent}class {thing.name}({bases})" + (f" @{' @'.join(marks)}" if marks else "")
        for member in sorted(thing.members.values(), key=lambda each: each.name):
            is_detail = member.is_attribute and member.name.startswith("__")
            if not member.is_alias and is_public(member.name) and not is_detail:
                yield from described(member, f"{indent}    ")


def public_members() -> Iterator[tuple[str, griffe.Object]]:
    """Give everything that a public module offers, by the path it is offered at."""
    for module in modules(PACKAGE):
        for name, member in module.members.items():
            is_offered = not name.startswith("_") or name in (module.exports or ())
            # A package's __init__ imports for others, a plain module for itself.
            if member.is_alias and not (module.is_init_module and is_ours(member.target_path)):
                continue
            if is_offered and not member.is_module:
                yield f"{module.path}.{name}", member.final_target if member.is_alias else member


def surface() -> Iterator[str]:
    """Give the lines of the whole surface, each definition once, under its own path."""
    offered = dict(public_members())
    definitions = {thing.path: thing for thing in offered.values()}
    for thing in offered.values():
        # What a class has from a private base of ours is as public as its own.
        bases = thing.mro() if thing.is_class else []
        definitions |= {base.path: base for base in bases if is_ours(base.path)}
    for name, thing in sorted(offered.items()):
        if name != thing.path:
            yield f"{name} is {thing.path}"
    for path, thing in sorted(definitions.items()):
        yield ""
        yield f"# {path}"
        yield from described(thing)


found = [f"{line}\n" for line in surface()]
if sys.argv[1:] == ["--write"]:
    FILE.write_text("".join(found), encoding="utf-8")
else:
    written = FILE.read_text(encoding="utf-8").splitlines(keepends=True)
    difference = list(difflib.unified_diff(written, found, "written down", "the sources", n=1))
    print(f"{len(found)} lines of public surface")
    if difference:
        sys.exit(
            "".join(difference)
            + "the public API is another one; if that is meant: .ci/api_surface.py --write"
        )
