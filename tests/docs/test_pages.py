"""Run every Python block of README.md and docs/ on the emulator, and compare its output."""

from __future__ import annotations

import contextlib
import inspect
import io
import re
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from tests.docs.shown_output import MORE_DISKS, MORE_INSTANCES, compile_output, find_output

import lightsail_snap
from lightsail_snap import LightsailSnapClient, VirtualClock, errors
from lightsail_snap._boto import connect
from lightsail_snap.emulator import Fault, FaultKind, LightsailEmulator, Progression

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
WITH_CODE = [page for page in PAGES if BLOCK.search(page.read_text(encoding="utf-8"))]


@pytest.fixture
def _emulated_aws(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Connect every client of a page to an emulator with the resources that pages use."""
    clock = VirtualClock()
    emulator = LightsailEmulator(clock=clock)
    emulator.add_disk("Disk-Virginia-1", region_name="us-east-1", size_in_gb=32)
    emulator.add_instance("web-1", region_name="us-east-1")
    page = request.getfixturevalue("page").name
    for name in MORE_INSTANCES.get(page, ()):
        emulator.add_instance(name, region_name="us-east-1")
    for name in MORE_DISKS.get(page, ()):
        emulator.add_disk(name, region_name="us-east-1", size_in_gb=32)

    def create_client(*, region_name: str, **_: object) -> Any:
        return emulator.boto3_client(region_name)

    monkeypatch.setattr(connect, "create_client", create_client)
    monkeypatch.setattr(connect, "SystemClock", lambda: clock)


@pytest.mark.sample(8)
@pytest.mark.usefixtures("_emulated_aws")
@pytest.mark.parametrize("page", WITH_CODE, ids=lambda page: str(page.relative_to(ROOT)))
def test_code_of_a_page_runs(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    names: dict[str, Any] = {"__name__": "page"}
    for block in BLOCK.finditer(text):
        line = text[: block.start(1)].count("\n")
        code = compile("\n" * line + block[1], str(page), "exec")
        with contextlib.redirect_stdout(io.StringIO()) as stdout:
            exec(code, names)  # noqa: S102 - pages of this project
        if shown := find_output(text, block.end()):
            assert compile_output(shown).fullmatch(stdout.getvalue()), stdout.getvalue()
    assert any(isinstance(value, LightsailSnapClient | type(lambda: 0)) for value in names.values())


def test_boto3_code_of_the_migration_page_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The boto3 side of docs/migrating.md behaves as the page describes."""
    page = ROOT / "docs" / "migrating.md"
    emulator = LightsailEmulator(progression=Progression.instant())
    emulator.add_disk("Disk-1", region_name="us-east-1")
    boto = emulator.boto3_client("us-east-1")
    names: dict[str, Any] = {
        "boto": boto,
        "time": time,
        "ClientError": ClientError,
        "now": datetime.now(UTC) + timedelta(days=30),
        "timedelta": timedelta,
    }
    sides = re.findall(
        r"^```py\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    taken, listed, refused, deleted = (compile(side, str(page), "exec") for side in sides)
    exec(taken, names)  # noqa: S102 - a page of this project
    assert names["state"] == "completed"
    exec(listed, names)  # noqa: S102 - likewise
    assert [each["name"] for each in names["snapshots"]] == ["nightly"]
    exec(refused, names)  # noqa: S102 - likewise
    exec(deleted, names)  # noqa: S102 - likewise
    assert boto.get_disk_snapshots()["diskSnapshots"] == []  # the last good one, too
    # After a lost response, the retry only reports that the name is in use.
    exec(taken, names)  # noqa: S102 - likewise
    monkeypatch.setattr(time, "sleep", lambda _: None)
    emulator.inject(Fault(kind=FaultKind.DROP, operation="CreateDiskSnapshot", after_commit=True))
    boto.delete_disk_snapshot(diskSnapshotName="nightly")
    with pytest.raises(ClientError, match="InvalidInputException"):
        exec(taken, names)  # noqa: S102 - likewise


def test_pages_with_code_are_found() -> None:
    pages = {"README.md", "take.md", "wait.md", "restore.md", "copy.md", "tag.md", "recover.md"}
    assert pages <= {page.name for page in WITH_CODE}


EXCEPTIONS = {
    name
    for module in (errors, lightsail_snap)
    for name, value in inspect.getmembers(module, inspect.isclass)
    if issubclass(value, BaseException) and value.__module__.startswith("lightsail_snap.")
}


def test_error_catalogue_lists_every_exception() -> None:
    catalogue = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    listed = set()
    for line in catalogue.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `"):
            assert cells[1], line
            assert cells[3], line
            listed |= set(re.findall(r"`(\w+)`", cells[0]))
    assert listed == EXCEPTIONS - {"SerializedCause"}
    assert "`SerializedCause` is never raised" in catalogue


def test_error_docstring_lists_every_exception() -> None:
    names = re.findall(
        r"^(?:[├└│ ]+─ )?(\w+(?:Error|Exception))\b", errors.__doc__ or "", re.MULTILINE
    )
    assert sorted(names) == sorted(EXCEPTIONS - {"SerializedCause"})
