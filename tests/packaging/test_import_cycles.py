"""No import cycles, not even through type-checking blocks or function-level imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import lightsail_snap

PACKAGE = "lightsail_snap"
ROOT = Path(lightsail_snap.__file__).parent
MODULES = {
    ".".join([PACKAGE, *path.relative_to(ROOT).with_suffix("").parts]).removesuffix(".__init__"): (
        path
    )
    for path in ROOT.rglob("*.py")
}


def _imported(module: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in MODULES else str(node.module)


def _graph() -> dict[str, set[str]]:
    # A package's own file imports its modules; a module that needs a sibling imports it by name.
    return {
        module: set(_imported(module)) - {module}
        for module in MODULES
        if MODULES[module].name != "__init__.py"
    }


def _cycles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Return the strongly connected components of more than one module."""

    def reachable(start: str) -> set[str]:
        seen: set[str] = set()
        stack = [start]
        while stack:
            for name in graph.get(stack.pop(), ()):
                if name not in seen:
                    seen.add(name)
                    stack.append(name)
        return seen

    reach = {module: reachable(module) for module in graph}
    found: list[set[str]] = []
    for module in sorted(graph):
        cycle = {other for other in reach[module] if module in reach.get(other, ())}
        if cycle and cycle not in found:
            found.append(cycle)
    return found


def test_modules_import_each_other_without_cycles() -> None:
    graph = _graph()
    assert len(graph) > 50
    # Models raise errors, and `errors` names models in annotations only.
    graph[f"{PACKAGE}.errors"] -= {name for name in MODULES if ".models" in name}
    assert _cycles(graph) == []


def test_search_finds_a_cycle() -> None:
    assert _cycles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [{"a", "b", "c"}]
