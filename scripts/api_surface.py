"""Compare the public API of the sources with scripts/api_surface.txt.

    python scripts/api_surface.py            prints the difference; fails if there is one
    python scripts/api_surface.py --write    accepts the present API

A removed or changed line can break the code of users.
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import griffe

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "scripts" / "api_surface.txt"
PACKAGE = cast(
    "griffe.Module",
    griffe.load("lightsail_snap", search_paths=[ROOT / "src"], allow_inspection=False),
)


def is_in_package(path: str) -> bool:
    """Return True if a dotted path lies in the package."""
    return path.partition(".")[0] == PACKAGE.path


def is_public(name: str) -> bool:
    """Return True if a name is public, as operators such as `__eq__` are."""
    return name.startswith("__") or not name.startswith("_")


def iter_modules(module: griffe.Module) -> Iterator[griffe.Module]:
    """Yield a module and its public submodules."""
    yield module
    for name, below in sorted(module.modules.items()):
        # An imported module is an alias, not a submodule.
        if not name.startswith("_") and isinstance(below, griffe.Module):
            yield from iter_modules(below)


def format_parameter(each: griffe.Parameter, previous: griffe.Parameter | None) -> str:
    """Return the source of a parameter, after `/` or `*` where its kind requires one."""
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
    is_variadic = each.kind in {kinds.var_positional, kinds.var_keyword}
    stars = ("**" if each.kind is kinds.var_keyword else "*") if is_variadic else ""
    annotation = f": {each.annotation}" if each.annotation else ""
    has_default = each.default is not None and not is_variadic
    return f"{mark}{stars}{each.name}{annotation}" + (f" = {each.default}" if has_default else "")


def format_signature(function: griffe.Function) -> str:
    """Return the source of the parameters and the return type of a function."""
    parameters = list(function.parameters)
    formatted = ", ".join(
        format_parameter(each, before)
        for before, each in zip([None, *parameters], parameters)  # noqa: B905 - the first list is longer by one
    )
    returns = f" -> {function.returns}" if function.returns else ""
    return f"({formatted}){returns}"


def describe(definition: griffe.Object, indent: str = "") -> Iterator[str]:
    """Yield the lines that describe a class, function or attribute of the package."""
    labels = sorted(
        definition.labels & {"async", "classmethod", "staticmethod", "property", "cached"}
    )
    name = " ".join([*labels, definition.name])
    if isinstance(definition, griffe.Function):
        yield f"{indent}{name}{format_signature(definition)}"
    elif isinstance(definition, griffe.Attribute):
        annotation = f": {definition.annotation}" if definition.annotation else ""
        yield f"{indent}{name}{annotation}" + (f" = {definition.value}" if definition.value else "")
    elif isinstance(definition, griffe.Class):
        keywords = [f"{key}={value}" for key, value in sorted(definition.keywords.items())]
        bases = ", ".join([*map(str, definition.bases), *keywords])
        marks = [str(decorator.value) for decorator in definition.decorators]
        yield f"{indent}class {definition.name}({bases})" + (
            f" @{' @'.join(marks)}" if marks else ""
        )
        for member in sorted(definition.members.values(), key=lambda each: each.name):
            is_detail = member.is_attribute and member.name.startswith("__")
            if isinstance(member, griffe.Object) and is_public(member.name) and not is_detail:
                yield from describe(member, f"{indent}    ")
    else:
        sys.exit(f"{definition.path}: cannot describe a {definition.kind}")


def iter_public_members() -> Iterator[tuple[str, griffe.Object]]:
    """Yield each public member of each public module with its public path."""
    for module in iter_modules(PACKAGE):
        for name, member in module.members.items():
            is_exported = not name.startswith("_") or name in (module.exports or ())
            # Only what a package's __init__ imports is meant for its users.
            if isinstance(member, griffe.Alias) and not (
                module.is_init_module and is_in_package(member.target_path)
            ):
                continue
            if is_exported and not member.is_module:
                target = member.final_target if isinstance(member, griffe.Alias) else member
                yield f"{module.path}.{name}", target


def surface() -> Iterator[str]:
    """Yield the lines of the public API, with each definition once, under its own path."""
    exported = dict(iter_public_members())
    definitions = {each.path: each for each in exported.values()}
    for each in exported.values():
        # Members inherited from a private base class of the package are public too.
        bases = each.mro() if isinstance(each, griffe.Class) else []
        definitions |= {base.path: base for base in bases if is_in_package(base.path)}
    for name, definition in sorted(exported.items()):
        if name != definition.path:
            yield f"{name} is {definition.path}"
    for path, definition in sorted(definitions.items()):
        yield ""
        yield f"# {path}"
        yield from describe(definition)


def main() -> None:
    """Write the file, or fail if the sources differ from it."""
    present = [f"{line}\n" for line in surface()]
    if "--write" in sys.argv[1:]:
        FILE.write_text("".join(present), encoding="utf-8")
        return
    accepted = FILE.read_text(encoding="utf-8").splitlines(keepends=True)
    print(f"{len(present)} lines of public API")
    name = str(FILE.relative_to(ROOT))
    if difference := list(difflib.unified_diff(accepted, present, name, "src", n=1)):
        sys.exit(
            "".join(difference)
            + "the public API has changed; to accept it, run: python scripts/api_surface.py --write"
        )


if __name__ == "__main__":
    main()
