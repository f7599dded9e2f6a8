"""`spec-drift`: what it prints, and how it ends."""

from __future__ import annotations

import copy
import gzip
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from lightsail_snap._spec_drift import installed_model, installed_version
from lightsail_snap.cli import main


def changed() -> Any:
    model: Any = copy.deepcopy(installed_model())
    model["shapes"]["DiskSnapshotState"]["enum"].append("archived")
    model["shapes"]["DiskSnapshot"]["members"]["progress"] = {"shape": "integer"}
    del model["operations"]["CopySnapshot"]
    del model["operations"]["DeleteDisk"]
    return model


@pytest.fixture(autouse=True, params=["with the extra", "without it"])
def extra(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Show all of it with the command's dependencies, and with the core alone."""
    if request.param == "without it":
        monkeypatch.setitem(sys.modules, "typer", None)
        monkeypatch.setitem(sys.modules, "rich", None)


@pytest.fixture
def drifted(tmp_path: Path) -> str:
    file = tmp_path / "service-2.json"
    file.write_text(json.dumps(changed()), encoding="utf-8")
    return str(file)


def test_the_installed_botocore_is_compared(capsys: pytest.CaptureFixture[str]) -> None:
    # Whether it has drifted depends on its version, which the gate for the pinned one heeds.
    code = main(["spec-drift"])
    *_, last = capsys.readouterr().out.splitlines()
    assert last.startswith(f"botocore {installed_version()}: ")
    assert code == ("no unexpected differences" not in last or " 0 expected that" not in last)


def test_what_has_drifted_is_told(drifted: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["spec-drift", "--service-model", drifted]) == 1
    shown = capsys.readouterr().out
    lacks, has, differ, outdated, total = shown.split("\n\n")
    assert lacks.startswith("The service has, this library lacks\n")
    assert "  word          DiskSnapshotState.archived" in lacks.splitlines()
    assert has.startswith("This library has, the service lacks\n")
    assert "  operation     CopySnapshot" in has.splitlines()
    assert differ.startswith("Both have, and differ\n")
    assert "DiskSnapshot.progress\n    service: integer\n    library: string" in differ
    assert outdated.startswith("Expected, and no longer so\n")
    assert "DeleteDisk\n    because this library deletes snapshots only" in outdated
    assert total.startswith(f"{drifted}: ")
    assert "because about databases" not in shown


def test_expected_differences_are_told_on_demand(
    drifted: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["spec-drift", "--all", "--service-model", drifted]) == 1
    assert "because about databases" in capsys.readouterr().out


def test_programs_read_lines_of_json(drifted: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["spec-drift", "--json", "--service-model", drifted]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {
        "kind": "word",
        "where": "DiskSnapshotState.archived",
        "service": "exists",
        "library": None,
        "reason": None,
        "outdated": False,
    } in lines
    assert "DeleteDisk" in {one["where"] for one in lines if one["outdated"]}
    assert main(["spec-drift", "--json", "--all", "--service-model", drifted]) == 1
    assert len(capsys.readouterr().out.splitlines()) > len(lines)


def test_a_file_as_botocore_packs_it_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "service-2.json.gz"
    file.write_bytes(gzip.compress(json.dumps(changed()).encode()))
    assert main(["spec-drift", "--service-model", str(file)]) == 1
    assert "DiskSnapshotState.archived" in capsys.readouterr().out


@pytest.mark.parametrize(
    "content",
    [
        *(None, b"", b"{", b"\xff", b"[]", b"{}", b"\x1f\x8b", b"\x1f\x8b" + b"\0" * 20),
        *(gzip.compress(b"[]" * 1000, mtime=0)[:-9], b"[" * 100_000),
    ],
)
def test_a_file_that_cannot_be_read_is_not_taken_for_drift(
    content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "service-2.json"
    if content is not None:
        file.write_bytes(content)
    assert main(["spec-drift", "--service-model", str(file)]) == 2
    assert str(file) in capsys.readouterr().err


def test_words_that_make_no_sense_are_not_taken_for_drift(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["spec-drift", "--everything"]) == 2
    assert "--everything" in capsys.readouterr().err


def test_every_option_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["spec-drift", "--help"]) == 0
    shown = capsys.readouterr().out
    assert [word for word in ("--all", "--json", "--service-model") if word not in shown] == []
