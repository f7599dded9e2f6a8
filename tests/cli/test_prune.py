"""The command `prune` against the emulator."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.support import PLAN, Command, names


@pytest.mark.usefixtures("history")
def test_prune_by_a_plan_deletes_only_its_snapshots(command: Command, plan: str) -> None:
    command("create", "by-hand", "--disk", "Disk-1")
    result = command("prune", plan)
    verdicts = [row.split()[0] for row in result.out.splitlines()[2:]]
    assert (verdicts.count("keep"), verdicts.count("delete")) == (4, 7)
    assert "nothing was deleted" in result.err
    assert all(each["region"] == "us-east-1" for each in command("prune", plan, "--json").lines)
    assert len(names(command)) == 11
    result = command("prune", plan, "--apply", "--yes", "--max-deletions", "6")
    assert (result.code, result.out) == (2, "")
    result = command("prune", plan, "--apply", "--yes")
    assert result.out.splitlines() == [f"done     {name}" for name in sorted(_names_in(result.out))]
    assert result.err == "7 of 7 deleted, 3 kept\n"
    assert len(names(command)) == 4
    assert "by-hand" in names(command)


def _names_in(out: str) -> list[str]:
    return [line.split()[1] for line in out.splitlines()]


@pytest.mark.usefixtures("history")
def test_prune_by_rules_deletes_only_what_is_in_scope(command: Command) -> None:
    command("create", "db-1", "--disk", "Disk-2")
    command("create", "db-2", "--disk", "Disk-2")
    count = len(names(command))
    lines = command("prune", "--keep-daily", "3", "--owner", "nightly", "--json").lines
    assert sum(not each["keep"] for each in lines) == 7
    assert "region" not in lines[0]
    for scope in (["--owner", "x"], ["--name", "*"], ["--source", "Disk-1"]):
        lines = command("prune", "--keep-last", "1", *scope, "--json").lines
        deleted = {each["name"] for each in lines if not each["keep"]}
        # Another policy must not delete the snapshots of a plan.
        assert deleted == ({"db-1"} if scope == ["--name", "*"] else set())
    arguments = ["prune", "--keep-within", "2d", "--kind", "disk", "--owner", "nightly"]
    assert command(*arguments, "--source", "Disk-2").code == 0
    arguments = ["prune", "--keep-last", "1", "--name", "db-?", "--apply", "--yes", "--json"]
    lines = command(*arguments).lines
    assert [(each["name"], each["status"]) for each in lines] == [("db-1", "done")]
    record = lines[0]["deletion"]
    assert (record["outcome"], record["keeper"]) == ("deleted", "db-2")
    assert record["rule"] == "no rule keeps it"
    assert record["evidence"]["snapshots"] == count
    assert len(names(command)) == count - 1
    arguments = ["prune", "--keep-last", "all", "--owner", "nightly"]
    assert command(*arguments, "--apply").out == ""


@pytest.mark.usefixtures("history")
def test_prune_without_scope_or_consent_deletes_nothing(command: Command) -> None:
    count = len(names(command))
    result = command("prune", "--keep-daily", "3", "--apply")
    assert (result.code, result.out) == (2, "")
    assert "specify which snapshots may be deleted: pass a plan file, --owner, --name" in result.err
    result = command("prune", "--keep-daily", "3", "--owner", "nightly", "--apply")
    assert (result.code, result.out) == (2, "")
    assert "delete 7 (7 snapshots from " in result.err
    assert ", 3 kept)" in result.err
    assert "cannot prompt because stdin is not a terminal; pass --yes" in result.err
    arguments = ["--owner", "nightly", "--apply", "--yes", "--max-deletions", "6"]
    result = command("prune", "--keep-daily", "3", *arguments)
    assert (result.code, result.out) == (2, "")
    assert "7 deletions would exceed max_deletions, 6" in result.err
    assert len(names(command)) == count


@pytest.mark.usefixtures("history")
def test_remove_all_requires_a_scope(command: Command, plan: str) -> None:
    arguments = ["prune", "--unsafe-allow-remove-all", "--apply", "--yes"]
    assert command(*arguments).code == 2
    assert command("prune", plan, *arguments[1:], "--minimum-remaining", "2").code == 2
    assert command(*arguments, "--owner", "nightly", "--source", "Disk-1").code == 0
    assert names(command) == []


def test_delete_older_than_keeps_newer_snapshots(command: Command) -> None:
    command("create", "db-1", "--disk", "Disk-2")
    result = command("prune", "--name", "db-*", "--delete-older-than", "1h", "--json")
    assert result.lines[0]["reasons"] == ["newest: of its source", "not older than 1h"]


def test_copies_are_pruned_by_copy_retention(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "copied.toml"
    text = PLAN.replace('slot = "day"', 'slot = "day"\ncopies = ["us-west-2"]')
    file.write_text(text + "[copy_retention]\ntime_zone = 'UTC'\nkeep_last = 1\n", encoding="utf-8")
    assert command("apply", str(file)).code == 0
    lines = command("prune", str(file), "--json").lines
    assert {each["region"] for each in lines} == {"us-east-1", "us-west-2"}
    assert all(each["keep"] for each in lines)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--keep-last", "1"], "leave out --keep-last"),
        (["--owner", "x", "--name", "y"], "leave out --owner, --name"),
        (["--keep-daily", "", "--owner", ""], "leave out --keep-daily, --owner"),
    ],
)
def test_prune_with_a_plan_refuses_rules_and_scopes(
    command: Command, plan: str, options: list[str], message: str
) -> None:
    result = command("prune", plan, *options)
    assert result.code == 2
    assert message in result.err


@pytest.mark.parametrize(
    "options",
    [
        [],
        ["--keep-last", "-1", "--owner", "x"],
        ["--keep-last", "some", "--owner", "x"],
        ["--keep-last", "9" * 5000, "--owner", "x"],
        ["--keep-last", "\uff14", "--owner", "x"],
        ["--keep-last", "", "--keep-daily", "7", "--owner", "x"],
        ["--keep-within", "", "--keep-daily", "7", "--owner", "x"],
        ["--keep-tag", "", "--keep-daily", "7", "--owner", "x"],
        ["--keep-last", "1", "--time-zone", "Moon/Base", "--owner", "x"],
        ["--keep-within", "soon", "--owner", "x"],
        ["--keep-last", "1", "--owner", ""],
        ["--keep-last", "1", "--name", ""],
        ["--keep-last", "1", "--source", ""],
        ["--owner", "x"],
        ["--owner", "x", "--unsafe-allow-remove-all", "--minimum-remaining", "2"],
    ],
)
def test_prune_with_invalid_rules_exits_with_usage(command: Command, options: list[str]) -> None:
    result = command("prune", *options, "--apply")
    assert (result.code, result.out) == (2, "")


def test_prune_by_a_plan_without_retention_is_refused(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "all.toml"
    file.write_text(PLAN.partition("[retention]")[0], encoding="utf-8")
    result = command("prune", str(file))
    assert result.code == 2
    assert "has no [retention]" in result.err


@pytest.mark.usefixtures("history")
def test_prune_reports_a_failed_deletion(
    command: Command, plan: str, refuse: Callable[[str, str], None]
) -> None:
    (first, *_) = sorted(names(command))
    refuse("DeleteDiskSnapshot", first)
    result = command("prune", plan, "--apply", "--yes")
    assert result.code == 7
    assert result.out.startswith(f"failed   {first}: AccessDeniedException")
    assert result.err == "6 of 7 deleted, 3 kept\n"
