"""Runs every Python block of README.md and docs/, page by page, on the embedded Lightsail."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from lightsail_snap import JumpingClock, LightsailSnapClient, _connection, _transport, errors
from lightsail_snap._transport import BotoTransport
from lightsail_snap.emulator import LightsailEmulator

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WITH_CODE = [page for page in PAGES if BLOCK.search(page.read_text(encoding="utf-8"))]


@pytest.fixture
def _aws_is_the_emulator(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lead every client that a page connects to AWS to an emulator that has what pages name."""
    clock = JumpingClock()
    emulator = LightsailEmulator(clock=clock)
    emulator.add_disk("Disk-Virginia-1", region_name="us-east-1", size_in_gb=32)
    emulator.add_instance("web-1", region_name="us-east-1")

    def connect(*, region_name: str, **_: object) -> BotoTransport:
        return BotoTransport(emulator.boto3_client(region_name))

    monkeypatch.setattr(_transport.BotoTransport, "connect", connect)
    monkeypatch.setattr(_connection, "SystemClock", lambda: clock)


@pytest.mark.usefixtures("_aws_is_the_emulator")
@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_code_of_a_page_runs(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    names: dict[str, Any] = {"__name__": "page"}
    for block in BLOCK.finditer(text):
        line = text[: block.start(1)].count("\n")
        exec(compile("\n" * line + block[1], str(page), "exec"), names)  # noqa: S102 - our own pages
    assert any(isinstance(value, LightsailSnapClient | type(lambda: 0)) for value in names.values())


def test_pages_with_code_are_found() -> None:
    pages = {"README.md", "take.md", "wait.md", "restore.md", "copy.md", "tag.md", "recover.md"}
    assert pages <= {page.name for page in WITH_CODE}


def test_every_exception_is_in_the_catalogue() -> None:
    catalogue = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    names = re.findall(r"[├└]─ (\w+)", errors.__doc__ or "")
    assert len(names) > 15
    # The two that only group others are not raised themselves.
    for name in set(names) - {"TransportError", "WaitError"}:
        assert f"`{name}`" in catalogue, name
