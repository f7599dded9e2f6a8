"""Check the layers of the package: the allowed directions of imports."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import lightsail_snap

ROOT = Path(lightsail_snap.__file__).parent

# Every top-level module or package with those it may import; each may import itself.
_PURE = {"_html", "_text", "_parameters", "errors", "models"}
_VALUES = _PURE | {"_filters", "waiters", "retention", "rescue", "clock"}
_CLIENT_SIDE = _VALUES | {*("_workflows", "_boto", "_drivers", "quiesce", "transport")}
ALLOWED = {
    "_version": set[str](),
    "_exports": set[str](),
    "_lazy": set[str](),
    "_text": set[str](),
    "_html": {"_text"},
    "_parameters": {"_text", "errors"},
    "_filters": _PURE,
    "clock": set[str](),
    "errors": {"_text"},
    "models": {"_exports", "_html", "_lazy", "_text", "errors"},
    "waiters": _PURE,
    "retention": _PURE,
    "rescue": _PURE,
    "quiesce": {"_text", "_parameters", "errors"},
    "_workflows": _PURE | {"_lazy", "rescue", "waiters"},
    "transport": _PURE,
    "_boto": _VALUES | {"_exports", "transport"},
    "_drivers": _VALUES | {"_workflows", "transport"},
    # Their method `prune` loads `plans._pruning` when it is called; see below.
    "client": _CLIENT_SIDE | {"plans"},
    "aio": _CLIENT_SIDE | {"plans"},
    "plans": _CLIENT_SIDE | {"client"},
    "emulator": _PURE | {"clock"},
    "__init__": _CLIENT_SIDE | {"_exports", "_lazy", "_version", "client", "aio"},
    "testing": _CLIENT_SIDE | {"_lazy", "client", "aio", "emulator", "plans"},
    "json_schema": _PURE,
    "notebook": {"_html", "models"},
    "cli": _CLIENT_SIDE | {"client", "emulator", "plans", "__init__"},
    "__main__": {"cli"},
}
# Files outside `_boto` that may import boto3 or botocore.
MAY_IMPORT_BOTO = {
    "plans/_sessions.py",
    "emulator/_in_process.py",
    "testing/_mock.py",
    "emulator/_service_model.py",
}


def _run_time_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a module without the blocks for type checkers."""
    for child in ast.iter_child_nodes(node):
        is_typing = isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"
        if not is_typing:
            yield child
            yield from _run_time_nodes(child)


def _imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in _run_time_nodes(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def _module_of(dotted: str) -> str:
    parts = dotted.split(".")
    known = len(parts) > 1 and parts[1] in ALLOWED
    return parts[1] if known else "__init__"


FILES = sorted(ROOT.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_follow_the_layers(path: Path) -> None:
    inside = path.relative_to(ROOT)
    module = inside.parts[0].removesuffix(".py")
    imported_modules = {
        _module_of(name) for name in _imported(path) if name.split(".")[0] == "lightsail_snap"
    }
    assert imported_modules - {module} <= ALLOWED[module]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_allowed_modules_import_boto(path: Path) -> None:
    boto_imports = {name.split(".")[0] for name in _imported(path)} & {"boto3", "botocore"}
    inside = path.relative_to(ROOT)
    assert not boto_imports or inside.parts[0] == "_boto" or inside.as_posix() in MAY_IMPORT_BOTO


def test_imports_are_found() -> None:
    assert "lightsail_snap._drivers.sync" in {
        name.rpartition(".")[0] for name in _imported(ROOT / "client.py")
    }
    assert any(name.startswith("botocore") for name in _imported(ROOT / "_boto/transport.py"))


@pytest.mark.parametrize("name", ["client.py", "aio.py"])
def test_client_loads_only_pruning_of_plans_and_only_when_called(name: str) -> None:
    path = ROOT / name
    tree = ast.parse(path.read_text(encoding="utf-8"))
    at_import = {ast.unparse(node) for node in tree.body if isinstance(node, ast.ImportFrom)}
    assert not [each for each in at_import if "plans" in each]
    loaded = {each for each in _imported(path) if ".plans" in each}
    assert loaded == {"lightsail_snap.plans._pruning.prune_region"}


@pytest.mark.parametrize(("driver", "max_lines"), [("sync.py", 120), ("anyio.py", 240)])
def test_drivers_are_short(driver: str, max_lines: int) -> None:
    assert len((ROOT / "_drivers" / driver).read_text(encoding="utf-8").splitlines()) <= max_lines
