"""Check that the stubs describe exactly what is used of boto3 and botocore."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
STUBS = sorted((ROOT / "stubs").rglob("*.pyi"))
USERS = [
    path
    for folder in ("src", "tests", "examples", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
]


def names(stub: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(stub.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            yield node.name
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def test_every_name_in_the_stubs_is_used() -> None:
    used = set(re.findall(r"\w+", "".join(path.read_text(encoding="utf-8") for path in USERS)))
    # The definition is one mention; any other is by a stub that needs it.
    described = re.findall(r"\w+", "".join(stub.read_text(encoding="utf-8") for stub in STUBS))
    unused = [
        f"{stub.relative_to(ROOT)}: {name}"
        for stub in STUBS
        for name in names(stub)
        # Methods with underscores on both sides are used without being named.
        if name not in used and described.count(name) == 1 and not name.startswith("__")
    ]
    assert not unused


def test_every_module_with_a_stub_is_imported() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in USERS + STUBS)
    imported = set(
        re.findall(r"^\s*(?:import|from) ((?:boto3|botocore)[\w.]*)", text, re.MULTILINE)
    )
    modules = {
        ".".join(stub.relative_to(ROOT / "stubs").with_suffix("").parts).removesuffix(".__init__")
        for stub in STUBS
    }
    packages = {name.rpartition(".")[0] for name in modules}
    assert modules - packages <= imported <= modules
