"""The rooms of the house, and which way imports may go."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import lightsail_snap

ROOT = Path(lightsail_snap.__file__).parent

# Every room with the rooms it may import; a room may always import itself.
_PURE = {"_text", "errors", "models"}
_CLIENT_SIDE = _PURE | {
    "clock", "_error_mapping", "waiters", "_flows", "_transport", "_calls", "_drivers",
    "_shortcuts", "_async_driver", "_async_threads", "_deadlines", "_connection", "_endpoint",
    "_methods", "_aio_methods", "quiesce", "retention",
}  # fmt: skip
_DRIVER = _PURE | {"clock", "_flows", "_calls", "_deadlines", "_interrupts", "_transport"}
ALLOWED = {
    "_version": set[str](),
    "_lazy": set[str](),
    "_text": set[str](),
    "_interrupts": set[str](),
    "clock": set[str](),
    "errors": {"_text"},
    "models": {"_lazy", "_text", "errors"},
    "_error_mapping": _PURE,
    "waiters": _PURE,
    "retention": _PURE,
    "quiesce": {"_text", "errors"},
    "_endpoint": {"_text", "errors"},
    "_flows": _PURE | {"_lazy", "waiters"},
    "_shortcuts": {"errors", "models"},
    "_transport": _PURE | {"_endpoint", "_error_mapping", "_shortcuts"},
    "_deadlines": _PURE | {"clock", "_interrupts"},
    "_calls": _PURE | {"_deadlines"},
    "_drivers": _DRIVER,
    "_async_threads": set[str](),
    "_async_driver": _DRIVER | {"_async_threads"},
    "_connection": _PURE | {"clock", "waiters", "_endpoint", "_transport"},
    "_methods": _PURE | {"_flows", "waiters"},
    "_aio_methods": _PURE | {"_flows", "waiters"},
    "plans": _PURE
    | {"_endpoint", "_error_mapping", "_transport", "client", "_interrupts", "_methods"}
    | {"quiesce", "retention", "waiters"},
    "client": _CLIENT_SIDE - {"_aio_methods", "_async_driver", "_async_threads"},
    "aio": _CLIENT_SIDE - {"_methods", "_drivers"},
    "emulator": _PURE | {"clock"},
    "__init__": _CLIENT_SIDE | {"_lazy", "_version", "client", "aio"},
    "testing": _CLIENT_SIDE | {"client", "aio", "emulator"},
    "json_schema": _PURE,
    "_spec_drift": _PURE | {"json_schema"},
    "cli": _CLIENT_SIDE | {"_interrupts", "client", "emulator", "plans", "_spec_drift", "__init__"},
    "__main__": {"cli"},
}
# Rooms that may import boto3 or botocore: the transport and its shortcuts, the plans' maker of
# sessions, the reader of the installed service model, and the emulator's own two doors to them.
MAY_IMPORT_BOTO = {
    "_spec_drift/_installed.py",
    "_transport.py",
    "_shortcuts/_loading.py",
    "plans/_sessions.py",
    "emulator/_in_process.py",
    "emulator/_validation.py",
}


def _run_time_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Walk a module without the blocks that only type checkers read."""
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


def _room(dotted: str) -> str:
    parts = dotted.split(".")
    known = len(parts) > 1 and parts[1] in ALLOWED
    return parts[1] if known else "__init__"


FILES = sorted(ROOT.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_import_runs_back_up(path: Path) -> None:
    inside = path.relative_to(ROOT)
    room = inside.parts[0].removesuffix(".py")
    rooms = {_room(name) for name in _imported(path) if name.split(".")[0] == "lightsail_snap"}
    assert rooms - {room} <= ALLOWED[room]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_boto_stays_in_its_rooms(path: Path) -> None:
    takes_boto = {name.split(".")[0] for name in _imported(path)} & {"boto3", "botocore"}
    assert not takes_boto or path.relative_to(ROOT).as_posix() in MAY_IMPORT_BOTO


def test_the_walk_sees_imports_at_all() -> None:
    assert "lightsail_snap._drivers" in {
        name.rpartition(".")[0] for name in _imported(ROOT / "client.py")
    }
    assert any(name.startswith("botocore") for name in _imported(ROOT / "_transport.py"))


@pytest.mark.parametrize(("driver", "most"), [("_drivers.py", 120), ("_async_driver.py", 240)])
def test_the_drivers_are_small_enough_to_be_read_at_once(driver: str, most: int) -> None:
    assert len((ROOT / driver).read_text(encoding="utf-8").splitlines()) <= most
