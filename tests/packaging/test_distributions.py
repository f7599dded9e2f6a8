"""Build the distributions as a release does, and check what an index shows of them."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
import tarfile
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
URL = "https://forge.example/owner/repository"
VARIABLES = ("LIGHTSAIL_SNAP_REPOSITORY_URL", "LIGHTSAIL_SNAP_DOCUMENTATION_URL")
if importlib.util.find_spec("twine") is None:
    pytest.skip("only `nox -s package` installs the tools of a release", allow_module_level=True)


def load_hook() -> Any:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


hook = load_hook()


def build(folder: Path, source: Path = ROOT, **variables: str) -> tuple[Path, Path]:
    """Build a wheel and an sdist, and return them in this order."""
    environment = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    subprocess.run(  # noqa: S603 - fixed arguments
        [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)],
        cwd=source,
        env=environment | variables,
        check=True,
        capture_output=True,
    )
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, sdist


def read_metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The wheel and the sdist of a repository with a public address."""
    return build(tmp_path_factory.mktemp("dist"), LIGHTSAIL_SNAP_REPOSITORY_URL=URL)


def test_published_distributions_pass_the_strict_check(published: tuple[Path, Path]) -> None:
    twine = [sys.executable, "-m", "twine", "check", "--strict", *map(str, published)]
    done = subprocess.run(twine, capture_output=True, text=True, check=False)  # noqa: S603 - fixed arguments
    assert done.returncode == 0, done.stdout + done.stderr


def test_published_metadata_has_urls_and_a_page_without_relative_links(
    published: tuple[Path, Path],
) -> None:
    markdown: Any = importlib.import_module("readme_renderer.markdown")
    metadata = read_metadata(published[0])
    tag = f"v{metadata['Version']}"
    assert metadata.get_all("Project-URL") == [
        f"Documentation, {URL}/tree/{tag}/docs",
        f"Repository, {URL}",
        f"Changelog, {URL}/blob/{tag}/CHANGELOG.md",
        f"Issues, {URL}/issues",
    ]
    page = markdown.render(metadata.get_payload(decode=False))
    assert page is not None
    targets = re.findall(r'(?:href|src)="([^"]+)"', page)
    assert len(targets) > 10
    assert [each for each in targets if not each.startswith(("https://", "#"))] == []
    # Each file that the page links to is in the repository.
    for target in targets:
        found = re.match(rf"{URL}/(?:blob|raw)/{tag}/([^#]+)", target)
        assert found is None or (ROOT / found[1]).exists(), target


def test_wheel_built_from_the_sdist_keeps_the_urls(
    published: tuple[Path, Path], tmp_path: Path
) -> None:
    with tarfile.open(published[1]) as archive:
        archive.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    wheel = build(tmp_path / "dist", source)[0]
    again, first = read_metadata(wheel), read_metadata(published[0])
    assert again.items() == first.items()
    assert again.get_payload() == first.get_payload()


def test_distributions_without_an_address_have_no_urls(tmp_path: Path) -> None:
    metadata = read_metadata(build(tmp_path)[0])
    assert metadata.get_all("Project-URL") is None
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert str(metadata.get_payload()).strip() == readme.strip()


def test_addresses_are_read_without_a_final_slash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLES[0], f"{URL}/")
    assert hook.read_url(VARIABLES[0]) == URL
    monkeypatch.delenv(VARIABLES[0])
    assert hook.read_url(VARIABLES[0]) == ""
    urls = hook.project_urls(URL, "https://docs.example", "v1")
    assert urls["Documentation"] == "https://docs.example"


@pytest.mark.parametrize("value", ["forge.example/owner", "http://forge.example", "https://"])
def test_address_that_is_no_https_url_is_rejected(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLES[0], value)
    with pytest.raises(ValueError, match=r"LIGHTSAIL_SNAP_REPOSITORY_URL is .* not an https URL"):
        hook.read_url(VARIABLES[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[a](docs/a.md#b)", f"[a]({URL}/blob/v1/docs/a.md#b)"),
        ("![a](./docs/a.svg)", f"![a]({URL}/raw/v1/docs/a.svg)"),
        ("[![a](a.png)](a.md)", f"[![a]({URL}/raw/v1/a.png)]({URL}/blob/v1/a.md)"),
        ("[`a`](a.md)", f"[`a`]({URL}/blob/v1/a.md)"),
        ('<img src="a.svg">', f'<img src="{URL}/raw/v1/a.svg">'),
        ("[a]: a.md", f"[a]: {URL}/blob/v1/a.md"),
        ("[a](#b) [c](https://d.example) [e](mailto:f)", None),
        ("```text\n[a](b.md)\n```", None),
    ],
)
def test_relative_links_become_absolute(text: str, expected: str | None) -> None:
    assert hook.make_links_absolute(text, URL, "v1") == (expected or text)
