"""Compare the findings of type checkers with the expectations in `cases/`, line by line."""

from __future__ import annotations

import ast
import atexit
import functools
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType

import pytest
from tests.typing.asynchronous import to_asynchronous

import lightsail_snap
from lightsail_snap import AsyncLightsailSnapClient, LightsailSnapClient

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).parents[2]
FOLDER = Path(__file__).parent / "cases"
# The cases of the asynchronous client are derived, and kept in a temporary folder.
DERIVED = Path(tempfile.mkdtemp()).resolve()
atexit.register(shutil.rmtree, DERIVED)
ASYNCHRONOUS = DERIVED / "async_client_methods.py"
ASYNCHRONOUS.write_text(
    to_asynchronous((FOLDER / "client_methods.py").read_text(encoding="utf-8")), encoding="utf-8"
)
CASES = [*sorted(FOLDER.glob("*.py")), ASYNCHRONOUS]
CONSUMER = Path(__file__).parent / "consumer"
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# Outside this project, so that neither its settings nor its stubs are found.
AWAY = tempfile.gettempdir()
Findings = dict[tuple[str, int], set[str]]


def lines_of(files: list[Path]) -> Iterator[tuple[str, int, str]]:
    for file in files:
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
            if "`# mypy:" not in line and "`# any:" not in line:
                yield file.name, number, line


def expected(checker: str, files: list[Path] = CASES) -> Findings:
    return {
        (name, number): set(found[1].split(","))
        for name, number, line in lines_of(files)
        if (found := re.search(rf"# .*\b{checker}: (\S+)", line))
    }


def run(*command: str, files: list[Path] = CASES, cwd: str | Path = AWAY) -> str:
    result = subprocess.run(  # noqa: S603 - fixed tools and files
        [sys.executable, "-m", *command, *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"MYPYPATH": ""},
        cwd=cwd,
    )
    assert result.returncode in {0, 1}, result.stdout + result.stderr
    return result.stdout


@functools.cache
def mypy(*options: str, files: tuple[Path, ...] = tuple(CASES)) -> dict[tuple[str, int, str], str]:
    """Return the errors of `mypy --strict` by file, line and code."""
    with tempfile.TemporaryDirectory() as cache:
        settings = ("--config-file=", "--strict", "--cache-dir", cache)
        output = run("mypy", *settings, *options, files=list(files))
    found = re.findall(r"^(.*?):(\d+): error: (.*)  \[([a-z-]+)\]$", output, re.MULTILINE)
    # Modules of other packages may be checked, too, and are ignored.
    places = {Path(AWAY, file): file for file, *_ in found}
    checked = {file for place, file in places.items() if place in files}
    return {
        (Path(file).name, int(number), code): message
        for file, number, message, code in found
        if file in checked
    }


def by_line(errors: dict[tuple[str, int, str], str]) -> Findings:
    findings: Findings = defaultdict(set)
    for name, number, code in errors:
        findings[name, number].add(code)
    return findings


def test_mypy_reports_the_expected_errors() -> None:
    errors = mypy()
    assert by_line(errors) == expected("mypy"), errors


def public_names(file: Path) -> Iterator[str]:
    """Yield the names in `__all__` of a module, or else the names that it defines or re-exports."""
    body = ast.parse(file.read_text(encoding="utf-8")).body
    for node in body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__all__")], value=ast.List() as names):
                yield from ast.literal_eval(names)
                return
            case _:
                pass
    for node in body:
        for each in node.body if isinstance(node, ast.If) else [node]:
            match each:
                case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                    yield name
                case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(ast.Name(id=name)):
                    yield name
                case ast.ImportFrom(names=aliases):
                    yield from (alias.name for alias in aliases if alias.asname == alias.name)
                case _:
                    pass


def modules() -> Iterator[tuple[str, Path]]:
    """Yield the modules that can be imported without private names."""
    package = Path(lightsail_snap.__file__).parent
    for file in sorted(package.rglob("*.py")):
        parts = file.relative_to(package.parent).with_suffix("").parts
        parts = parts[:-1] if parts[-1] == "__init__" else parts
        if not any(part.startswith("_") for part in parts):
            yield ".".join(parts), file


PUBLIC = {
    (module, name)
    for module, file in modules()
    for name in public_names(file)
    if not name.startswith("_")
} | {("lightsail_snap", name) for name in lightsail_snap.__all__}


def test_cases_use_and_misuse_every_public_name() -> None:
    error_lines = expected("mypy")
    imports = {
        (case.name, number)
        for case in CASES
        for node in ast.walk(ast.parse(case.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        for number in range(node.lineno, (node.end_lineno or 0) + 1)
    }
    used: set[str] = set()
    # Some errors name their subject in the message only, as in `page.disks`.
    misused = {word for message in mypy().values() for word in re.findall(r"\w+", message)}
    for name, number, line in lines_of(CASES):
        if (name, number) not in imports:
            words = re.findall(r"\w+", line.split("#")[0])
            (misused if (name, number) in error_lines else used).update(words)
    names = {name for _, name in PUBLIC}
    assert names >= {*lightsail_snap.__all__, "PruneResult", "json_schema", "Fault", "tag_lists"}
    assert (sorted(names - used), sorted(names - misused)) == ([], [])


def types_named(annotation: ast.expr | None) -> Iterator[str]:
    """Yield the classes in an annotation such as `Paginator[Disk, Page] | None`."""
    match annotation:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            yield name
        case ast.Subscript(value=generic):
            yield from types_named(generic)
        case ast.BinOp(left=left, right=right):
            yield from types_named(left)
            yield from types_named(right)
        case _:
            pass


def methods_called(case: Path) -> Iterator[tuple[str, str, int]]:
    """Yield class, name and line of each attribute of a parameter or of a class."""
    for function in ast.walk(ast.parse(case.read_text(encoding="utf-8"))):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        kinds = {each.arg: [*types_named(each.annotation)] for each in function.args.args}
        for node in ast.walk(function):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                for kind in kinds.get(node.value.id, [node.value.id]):
                    yield kind, node.attr, node.lineno


CLASSES: dict[str, type[object]] = {
    name: value
    for module, name in PUBLIC
    if isinstance(value := getattr(importlib.import_module(module), name), type)
}


def methods_of(kind: type[object]) -> dict[str, str]:
    """Return the package's methods and properties of a class, each with its first definer."""
    found: dict[str, str] = {}
    for definer in reversed(kind.__mro__):
        is_of_package = definer.__module__.startswith("lightsail_snap")
        for name, value in vars(definer).items():
            # Methods that override those of other packages are documented there.
            is_method = isinstance(value, FunctionType | classmethod | staticmethod | property)
            if not is_of_package or (is_method and not name.startswith("_")):
                found.setdefault(name, definer.__qualname__ if is_of_package else "")
    return {name: definer for name, definer in found.items() if definer}


def test_cases_use_and_misuse_every_method() -> None:
    error_lines = expected("mypy")
    used: set[tuple[str, str]] = set()
    misused: set[tuple[str, str]] = set()
    for case in CASES:
        for name, method, line in methods_called(case):
            definer = methods_of(CLASSES[name]).get(method) if name in CLASSES else None
            if definer is not None:
                # The clients inherit their methods from private bases.
                is_client = CLASSES[name] in {LightsailSnapClient, AsyncLightsailSnapClient}
                found = (name if is_client else definer, method)
                (misused if (case.name, line) in error_lines else used).add(found)
    methods = {
        (name if kind in {LightsailSnapClient, AsyncLightsailSnapClient} else definer, method)
        for name, kind in CLASSES.items()
        for method, definer in methods_of(kind).items()
    }
    assert ("AsyncLightsailSnapClient", "send") in methods
    assert (sorted(methods - used), sorted(methods - misused)) == ([], [])


def test_package_exposes_no_any_without_boto3_stubs() -> None:
    files = [CONSUMER / "without_stubs.py", *CASES]
    flags = ("--disallow-any-unimported", "--disallow-any-expr")
    errors = mypy(*flags, files=tuple(files))
    expected_errors = expected("mypy", files)
    found = {place for place in by_line(errors) if place not in expected_errors}
    assert found == set(expected("any", files)), errors


TYPED = os.environ.get("LIGHTSAIL_SNAP_TYPES_BOTO3")


@pytest.mark.skipif(
    TYPED is None and "LIGHTSAIL_SNAP_EXPECT_WHEEL" not in os.environ,
    reason="needs an environment with types-boto3[lightsail]; the gate insists on it",
)
def test_client_of_types_boto3_is_accepted_without_a_cast() -> None:
    assert TYPED, "name the environment's python in LIGHTSAIL_SNAP_TYPES_BOTO3"
    file = CONSUMER / "with_types_boto3.py"
    errors = mypy("--python-executable", TYPED, files=(file,))
    assert by_line(errors) == expected("mypy", [file]), errors


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_mypy_accepts_the_code_of_the_documentation(tmp_path: Path) -> None:
    files = []
    for page in PAGES:
        blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
        if blocks:
            files.append(tmp_path / f"page_{page.stem.lower()}.py")
            files[-1].write_text("\n".join(blocks), encoding="utf-8")
    assert len(files) > 3
    # Pages use boto3, so this project's stubs are needed.
    settings = ("--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(tmp_path))
    output = run("mypy", *settings, files=files, cwd=ROOT)
    assert output.startswith("Success"), output


def test_pages_show_the_output_of_mypy(tmp_path: Path) -> None:
    for page in (ROOT / "README.md", ROOT / "docs" / "typing.md"):
        shown = re.search(
            r"<!-- types -->\n```py\n(.*?)```\n.*?```text\n(.*?)```\n",
            page.read_text(encoding="utf-8"),
            re.DOTALL,
        )
        assert shown, f"{page} shows no code below <!-- types -->"
        file = tmp_path / "caught.py"
        file.write_text(shown[1], encoding="utf-8")
        settings = ("--config-file=", "--cache-dir", str(tmp_path / "cache"))
        output = run("mypy", "--strict", *settings, files=[file])
        # mypy prints the path of the file, and where a class is defined if it has just read it.
        output = re.sub(r"^\S*caught\.py", file.name, output, flags=re.MULTILINE)
        output = re.sub(r"^.*: note: .* defined in .*\n", "", output, flags=re.MULTILINE)
        assert output == shown[2]


def test_pyright_reports_the_expected_errors(tmp_path: Path) -> None:
    config = tmp_path / "pyrightconfig.json"
    # The cases consist of expressions that are checked only.
    settings = {
        "typeCheckingMode": "strict",
        "reportUnusedExpression": "none",
        "reportUnusedVariable": "none",
        "include": [os.path.relpath(each, tmp_path) for each in (FOLDER, DERIVED)],
    }
    config.write_text(json.dumps(settings), encoding="utf-8")
    result = subprocess.run(  # noqa: S603 - likewise
        [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable,
         "--project", str(config)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    report = json.loads(result.stdout)
    findings: Findings = defaultdict(set)
    for diagnostic in report["generalDiagnostics"]:
        line = diagnostic["range"]["start"]["line"] + 1
        rule = diagnostic.get("rule", "")
        # Strict mode repeats an unknown member as an unknown type; the first finding counts.
        if not rule.startswith("reportUnknown"):
            findings[Path(diagnostic["file"]).name, line].add(rule)
    assert report["summary"]["filesAnalyzed"] >= len(CASES)
    assert findings == expected("pyright"), result.stdout


def differences(checker: str) -> set[str]:
    """Return the lines that this checker sees differently, from docs/typing.md."""
    page = (ROOT / "docs" / "typing.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(.*?)` \| (.*?) \|", page, re.MULTILINE)
    return {line for line, checkers in rows if checker in checkers.split(", ")}


@pytest.mark.parametrize(
    ("checker", "command"),
    [
        ("pyrefly", ("pyrefly", "check", "--output-format", "min-text")),
        ("ty", ("ty", "check", "--output-format", "concise", "--python", sys.prefix)),
    ],
)
def test_newer_checkers_differ_as_documented(
    checker: str, command: tuple[str, ...], tmp_path: Path
) -> None:
    if checker == "pyrefly":
        config = tmp_path / "pyrefly.toml"
        config.write_text(f"python-interpreter-path = {sys.executable!r}\n", encoding="utf-8")
        command = (*command, "--config", str(config))
    output = run(*command)
    found = {
        (Path(file).name, int(number))
        for file, number in re.findall(r"^(?:ERROR )?(\S+?\.py):(\d+):", output, re.MULTILINE)
    }
    lines = {(name, number): line.split("  #")[0] for name, number, line in lines_of(CASES)}
    other = {lines[place].strip() for place in found ^ set(expected("mypy"))}
    documented = differences(checker)
    assert (sorted(other - documented), sorted(documented - other)) == ([], [])


@pytest.mark.parametrize("checker", ["mypy", "pyright"])
def test_cases_expect_errors(checker: str) -> None:
    assert len(expected(checker)) > 30
