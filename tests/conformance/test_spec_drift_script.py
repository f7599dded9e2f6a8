"""`python -m scripts.drift`: its output and its exit codes."""

from __future__ import annotations

import copy
import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from scripts.drift.__main__ import main
from scripts.drift.report import installed_model, installed_version

ROOT = Path(__file__).parents[2]


def changed_model() -> Any:
    model: Any = copy.deepcopy(installed_model())
    model["shapes"]["DiskSnapshotState"]["enum"].append("archived")
    model["shapes"]["DiskSnapshot"]["members"]["progress"] = {"shape": "integer"}
    del model["operations"]["CopySnapshot"]
    del model["operations"]["GetRegions"]
    return model


@pytest.fixture
def changed_file(tmp_path: Path) -> str:
    file = tmp_path / "service-2.json"
    file.write_text(json.dumps(changed_model()), encoding="utf-8")
    return str(file)


def exit_code(*arguments: str) -> int:
    try:
        return main(arguments)
    except SystemExit as end:
        return int(end.code or 0)


def test_script_compares_the_installed_botocore(capsys: pytest.CaptureFixture[str]) -> None:
    # Only the gate checks that the pinned version has not drifted.
    code = exit_code()
    *_, last = capsys.readouterr().out.splitlines()
    assert last.startswith(f"botocore {installed_version()}: ")
    assert code == (": 0 unexpected, " not in last or not last.endswith(", 0 gone"))


def test_script_runs_as_a_process() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "scripts.drift", "--help"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    for option in ("--all", "--json", "--service-model"):
        assert option in result.stdout


def test_script_drift_is_printed_in_sections(
    changed_file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code("--service-model", changed_file) == 1
    output = capsys.readouterr().out
    in_service, in_library, different, gone, total = output.split("\n\n")
    assert in_service.startswith("Only in the service model\n")
    assert "  member        DiskSnapshotState.archived" in in_service.splitlines()
    assert in_library.startswith("Only in the library\n")
    assert "  operation     CopySnapshot" in in_library.splitlines()
    assert different.startswith("Different\n")
    assert "DiskSnapshot.progress\n    service: integer\n    library: string" in different
    assert gone.startswith("Expected, but gone\n")
    assert "GetRegions\n    reason: RegionName lists the regions" in gone
    assert total.startswith(f"{changed_file}: ")
    assert "reason: databases are out of scope" not in output


def test_script_option_all_prints_expected_differences(
    changed_file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code("--all", "--service-model", changed_file) == 1
    assert "reason: databases are out of scope" in capsys.readouterr().out


def test_script_option_json_prints_one_object_per_line(
    changed_file: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code("--json", "--service-model", changed_file) == 1
    entries = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {
        "kind": "member",
        "where": "DiskSnapshotState.archived",
        "service": "exists",
        "library": None,
        "reason": None,
        "outdated": False,
    } in entries
    assert "GetRegions" in {entry["where"] for entry in entries if entry["outdated"]}
    assert exit_code("--json", "--all", "--service-model", changed_file) == 1
    assert len(capsys.readouterr().out.splitlines()) > len(entries)


def test_script_reads_compressed_models(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "service-2.json.gz"
    file.write_bytes(gzip.compress(json.dumps(changed_model()).encode()))
    assert exit_code("--service-model", str(file)) == 1
    assert "DiskSnapshotState.archived" in capsys.readouterr().out


@pytest.mark.parametrize(
    "content",
    [
        *(None, b"", b"{", b"\xff", b"[]", b"{}", b"\x1f\x8b", b"\x1f\x8b" + b"\0" * 20),
        *(gzip.compress(b"[]" * 1000, mtime=0)[:-9], b"[" * 100_000),
    ],
)
def test_script_unreadable_file_is_a_usage_error(
    content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "service-2.json"
    if content is not None:
        file.write_bytes(content)
    assert exit_code("--service-model", str(file)) == 2
    error = capsys.readouterr().err
    assert f"error: {file}: " in error
    assert "Errno" not in error
    assert not error.endswith("None\n")


def test_script_unknown_option_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code("--everything") == 2
    assert "--everything" in capsys.readouterr().err
