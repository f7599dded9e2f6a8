"""Check that every environment variable in messages, help texts and pages has an effect."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from lightsail_snap import ConfigurationError, LightsailSnapClient
from lightsail_snap.cli import main

ROOT = Path(__file__).parents[2]
_NAME = re.compile(r"\b(?:AWS|BOTO|LIGHTSAIL_SNAP)_[A-Z0-9_]*[A-Z0-9]\b")
_TEXTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *(
        path
        for folder in ("src", "docs", "examples")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in {".py", ".pyi", ".md", ".toml", ".yaml", ".yml", ".json", ".tf", ".sh"}
    ),
]
# Not among the session variables of botocore; test_endpoint_variables_work checks them.
_ENDPOINTS = {"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_LIGHTSAIL"}
# Mentioned for another reason than to be set.
_NOT_ADVICE = {
    "AWS_REGION": re.compile(r"boto3 does not read AWS_REGION|\(AWS_REGION is not read\)"),
}


def read_by_botocore() -> set[str]:
    """Return the environment variables that botocore reads for sessions and credentials."""
    found = set(_ENDPOINTS)
    configuration: Any = import_module("botocore.configprovider")
    for _, names, *_ in configuration.BOTOCORE_DEFAUT_SESSION_VARIABLES.values():
        found |= {names} if isinstance(names, str) else set(names or ())
    credentials: Any = import_module("botocore.credentials")
    env, container = credentials.EnvProvider, credentials.ContainerProvider
    found |= {env.ACCESS_KEY, env.SECRET_KEY, env.EXPIRY_TIME, *env.TOKENS}
    found |= {container.ENV_VAR, container.ENV_VAR_FULL}
    return found | set(credentials.AssumeRoleWithWebIdentityProvider._CONFIG_TO_ENV_VAR.values())


def read_by_project() -> set[str]:
    """Return the strings in the project's code, which include all variables that it reads."""
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    files = [ROOT / "noxfile.py"]
    files += [p for folder in ("src", "tests", "scripts") for p in (ROOT / folder).rglob("*.py")]
    return set(_NAME.findall(script)) | {
        node.value
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def mentioned() -> Iterator[tuple[str, str]]:
    """Yield each mentioned variable with its file and line."""
    for path in _TEXTS:
        text = path.read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), 1):
            for name in _NAME.findall(line):
                if name in _NOT_ADVICE and _NOT_ADVICE[name].search(line):
                    continue
                yield name, f"{path.relative_to(ROOT)}:{number}"


def test_every_mentioned_variable_is_read() -> None:
    found = list(mentioned())
    assert len(found) > 20
    botocore_variables, project_variables = read_by_botocore(), read_by_project()
    wrong = {
        f"{where}: {name}"
        for name, where in found
        if name
        not in (project_variables if name.startswith("LIGHTSAIL_SNAP_") else botocore_variables)
    }
    assert wrong == set()


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def test_aws_region_is_not_read_and_the_error_explains_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    with pytest.raises(ConfigurationError) as caught:
        LightsailSnapClient()
    advice = str(caught.value)
    for way in ("region_name", "AWS_DEFAULT_REGION", "profile"):
        assert way in advice
    assert "boto3 does not read AWS_REGION" in advice
    assert main(["list"]) == 8
    assert "AWS_REGION is not read" in capsys.readouterr().err
    main(["doctor", "--json"])
    assert "AWS_REGION is not read" in capsys.readouterr().out


def by_variable(monkeypatch: pytest.MonkeyPatch, _: Path) -> LightsailSnapClient:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    return LightsailSnapClient()


def by_profile(monkeypatch: pytest.MonkeyPatch, folder: Path) -> LightsailSnapClient:
    file = folder / "config"
    file.write_text("[profile backup]\nregion = eu-central-1\n", encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    monkeypatch.setenv("AWS_PROFILE", "backup")
    return LightsailSnapClient()


def by_argument(_: pytest.MonkeyPatch, __: Path) -> LightsailSnapClient:
    return LightsailSnapClient(region_name="eu-central-1")


@pytest.mark.parametrize("set_up", [by_variable, by_profile, by_argument])
def test_every_advised_setting_sets_the_region(
    set_up: Callable[[pytest.MonkeyPatch, Path], LightsailSnapClient],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    with set_up(monkeypatch, tmp_path) as client:
        transport: Any = client._transport
        assert transport._client.meta.region_name == "eu-central-1"


@pytest.mark.parametrize("name", sorted(_ENDPOINTS))
def test_endpoint_variables_work(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "http://127.0.0.1:1")
    with LightsailSnapClient(region_name="us-east-1") as client:
        transport: Any = client._transport
        assert transport._client.meta.endpoint_url == "http://127.0.0.1:1"
