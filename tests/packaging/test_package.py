"""Check what users get by installing and importing the package."""

from __future__ import annotations

import compileall
import importlib
import inspect
import os
import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import metadata, requires, version
from pathlib import Path

import pytest

import lightsail_snap
from lightsail_snap import _exports, _workflows, models


@pytest.mark.parametrize(
    ("imported", "not_loaded"),
    [
        ("lightsail_snap", "boto3 botocore pydantic hypothesis waitress"),
        ("lightsail_snap.client", "boto3 botocore hypothesis waitress"),
        ("lightsail_snap.aio", "boto3 botocore hypothesis waitress anyio"),
        ("lightsail_snap.emulator", "boto3 botocore hypothesis waitress"),
        ("lightsail_snap.testing", "boto3 botocore pydantic hypothesis waitress"),
    ],
)
def test_import_loads_no_unused_packages(imported: str, not_loaded: str) -> None:
    code = f"import sys, {imported}; print([m for m in {not_loaded.split()} if m in sys.modules])"
    result = subprocess.run(  # noqa: S603 - fixed code
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_public_names_exist_once_and_are_listed() -> None:
    names = lightsail_snap.__all__
    assert len(set(names)) == len(names)
    for name in names:
        assert getattr(lightsail_snap, name) is not None
    assert {*names} <= {*dir(lightsail_snap)}
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = getattr(lightsail_snap, "nothing")  # noqa: B009 - type checkers know that it is not there


def test_missing_workflow_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="_workflows' has no attribute 'nothing'"):
        _ = getattr(_workflows, "nothing")  # noqa: B009 - as above


@pytest.mark.thorough  # ruff is in the extra `dev`
def test_exports_index_is_up_to_date() -> None:
    script = Path(__file__).parents[2] / "scripts" / "make_exports.py"
    subprocess.run([sys.executable, str(script), "--check"], check=True)  # noqa: S603 - fixed code


@pytest.mark.parametrize("package", ["lightsail_snap", "lightsail_snap.models"])
def test_public_names_are_declared_by_their_modules(package: str) -> None:
    index = _exports.MODELS if package.endswith("models") else _exports.PACKAGE
    for name, module in index.items():
        found = importlib.import_module(f"{package}.{module}")
        value = getattr(importlib.import_module(package), name)
        assert value is getattr(found, name)
        assert not inspect.isclass(value) or value.__module__ == found.__name__, name


def test_operations_index_matches_the_request_models() -> None:
    operations = {request.operation_name for request in models.request_types().values()}
    assert operations == _exports.OPERATIONS
    assert operations == {
        name.removesuffix("Request")
        for name, value in models.exported().items()
        if isinstance(value, type) and hasattr(value, "operation_name")
    }


def test_package_works_without_its_sources(tmp_path: Path) -> None:
    source = Path(lightsail_snap.__file__).parent
    target = tmp_path / "lightsail_snap"
    shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    compileall.compile_dir(target, quiet=1, legacy=True)
    for path in target.rglob("*.py"):
        path.unlink()
    code = "import lightsail_snap as p; print(p.__file__, len([getattr(p, n) for n in p.__all__]))"
    command = [sys.executable, "-c", code]
    # Coverage cannot report on a package without sources.
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    env["PYTHONPATH"] = str(tmp_path)
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=env)  # noqa: S603 - fixed code
    assert done.stdout.split() == [str(target / "__init__.pyc"), str(len(lightsail_snap.__all__))]


@pytest.mark.parametrize("module", ["models", "errors", "waiters", "clock", "client", "transport"])
def test_every_public_class_is_exported(module: str) -> None:
    found = importlib.import_module(f"lightsail_snap.{module}")
    classes = {
        name
        for name, value in vars(found).items()
        if inspect.isclass(value)
        and value.__module__.startswith(found.__name__)
        and not name.startswith("_")
    }
    # Used by waits only.
    assert classes - {"PollStatus"} <= set(lightsail_snap.__all__)


def test_every_public_class_has_a_docstring() -> None:
    for name in lightsail_snap.__all__:
        value = getattr(lightsail_snap, name)
        if inspect.isclass(value):
            assert value.__doc__, name


def test_package_is_marked_as_typed() -> None:
    assert (Path(lightsail_snap.__file__).parent / "py.typed").is_file()


def test_version_matches_the_metadata() -> None:
    assert version("lightsail-snap") == lightsail_snap.__version__


def test_core_has_four_dependencies() -> None:
    core = {
        match[0].lower()
        for requirement in requires("lightsail-snap") or []
        if "extra ==" not in requirement and (match := re.match(r"[\w-]+", requirement))
    }
    # Windows has no time zone data.
    assert core == {"boto3", "pydantic", "typing-extensions", "tzdata"}
    assert metadata("lightsail-snap")["License-Expression"] == "Apache-2.0"


def test_quickstart_lists_the_supported_versions() -> None:
    root = Path(__file__).parents[2]
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    page = (root / "docs" / "quickstart.md").read_text(encoding="utf-8")
    table = re.findall(
        r"^\| `([\w-]+)`(?:, for the extra `(\w+)`|, on Windows)? \| (\S+) \|$",
        page,
        re.MULTILINE,
    )
    extras = {name: project["optional-dependencies"][name] for _, name, _ in table if name}
    assert sorted(table) == sorted(
        (match[1], extra, match[2])
        for extra, needed in {"": project["dependencies"], **extras}.items()
        for each in needed
        if (match := re.fullmatch(r"([\w-]+)([<>=][^;]*)(; sys_platform == 'win32')?", each))
    )
    pythons = re.findall(r":: (3\.\d+)$", "\n".join(project["classifiers"]), re.MULTILINE)
    assert f"| CPython | {', '.join(pythons)} |" in page.splitlines()


def test_cli_extra_includes_the_emulator_extra() -> None:
    needed: dict[str, set[str]] = {"cli": set(), "emulator": set()}
    for requirement in requires("lightsail-snap") or []:
        what, _, extra = requirement.partition("; extra == ")
        needed.setdefault(extra.strip("'"), set()).add(what)
    assert needed["emulator"]
    assert needed["emulator"] < needed["cli"]


@pytest.mark.thorough
def test_extra_is_added_without_an_index_that_has_the_package() -> None:
    # Messages advise this command. The package is installed, and pip only adds what it lacks.
    command = [sys.executable, "-m", "pip", "install", "--no-index", "--dry-run"]
    subprocess.run([*command, "lightsail-snap[cli,testing]"], check=True, capture_output=True)  # noqa: S603 - fixed arguments


@pytest.mark.skipif(
    "LIGHTSAIL_SNAP_EXPECT_WHEEL" not in os.environ,
    reason="only the gate insists on the built wheel; at the desk an editable install is fine",
)
def test_tests_run_against_the_built_wheel() -> None:
    assert "site-packages" in Path(lightsail_snap.__file__).parts
