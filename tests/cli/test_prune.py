"""The command `prune` against the emulator."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.cli.support import PLAN, Command, access_denied, names

from lightsail_snap.cli._app import load_command
from lightsail_snap.emulator import LightsailEmulator
from lightsail_snap.emulator._wire import Response
from lightsail_snap.retention import RetentionPolicy


@pytest.mark.usefixtures("history")
def test_prune_by_a_plan_deletes_only_its_snapshots(command: Command, plan: str) -> None:
    command("create", "by-hand", "--disk", "Disk-1")
    result = command("prune", plan)
    verdicts = [row.split()[0] for row in result.out.splitlines()[1:]]
    assert (verdicts.count("keep"), verdicts.count("delete")) == (4, 7)
    assert result.err == "Nothing was deleted. To delete, pass --apply.\nkeep 4, delete 7\n"
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
        (["--keep-within-daily", "7d", "--source", "x"], "leave out --keep-within-daily\n"),
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
    assert result.out.startswith(f"failed   {first}: access denied: ")
    assert result.err == "6 of 7 deleted, 3 kept\n"


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize(
    ("option", "span", "reasons"),
    [
        ("--keep-within", "3d", ["within: 3d of the newest"] * 3),
        ("--keep-within-hourly", "72h", ["hourly within 72h: newest of "] * 3),
        ("--keep-within-daily", "3d", ["daily within 3d: newest of "] * 3),
        ("--keep-within-weekly", "1d", ["weekly within 1d: newest of "]),
        ("--keep-within-monthly", "1h", ["monthly within 1h: newest of "]),
        ("--keep-within-yearly", "2h", ["yearly within 2h: newest of "]),
    ],
)
def test_every_keep_within_option_is_a_rule(
    command: Command, option: str, span: str, reasons: list[str]
) -> None:
    lines = command("prune", "--owner", "nightly", option, span, "--json").lines
    kept = [each["reasons"] for each in lines if each["keep"]]
    assert len(kept) == len(reasons)
    for found, expected in zip(kept, reasons, strict=True):
        assert found[-1].startswith(expected)


def test_every_rule_is_an_option_with_help() -> None:
    options = {each.name: each for each in load_command("prune").params}
    fields = set(RetentionPolicy.model_fields) - {"keep_tagged"} | {"keep_tag"}
    assert fields <= options.keys()
    assert all(options[field].help for field in fields)


@pytest.mark.usefixtures("history")
def test_prune_is_limited_to_sources(command: Command, plan: str) -> None:
    assert command("apply", plan, "--max-deletions", "0").code == 7
    for scope in (["--owner", "nightly", "--keep-last", "1"], [plan]):
        everything = command("prune", *scope, "--json").lines
        assert {each["source"] for each in everything} == {
            "disk Disk-1",
            "disk Disk-2",
        }
        assert not all(each["keep"] for each in everything)
        limited = command("prune", *scope, "--source", "Disk-2", "--json").lines
        assert all(each["keep"] for each in limited)
        both = ["--source", "Disk-1", "--source", "Disk-2"]
        for sources in (["--source", "Disk-*"], ["--source", "Disk-1"], both):
            assert [
                each["keep"] for each in command("prune", *scope, *sources, "--json").lines
            ] == [each["keep"] for each in everything]
    result = command("prune", plan, "--source", "Disk-2", "--apply", "--yes")
    assert (result.code, result.out) == (0, "")
    result = command("prune", plan, "--source", "Disk-1", "--apply", "--yes")
    assert result.code == 0
    assert all("Disk-1" in line for line in result.out.splitlines())
    assert len(names(command)) == 4


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("options", [[], ["--apply", "--yes"]])
def test_unknown_source_is_refused_with_the_nearest(
    command: Command, plan: str, options: list[str]
) -> None:
    count = len(names(command))
    for scope in (["--owner", "nightly", "--keep-last", "1"], [plan]):
        sources = ["--source", "Disk-1", "--source", "disk-l", "--source", "xyz"]
        result = command("prune", *scope, *sources, *options)
        assert (result.code, result.out) == (2, "")
        assert result.err == (
            "lightsail-snap: nothing was deleted: no snapshots of disk-l (did you mean Disk-1?), "
            "xyz (see the column `source` of `lightsail-snap list`)\n"
        )
    # A pattern may match nothing yet.
    assert command("prune", plan, "--source", "xyz-*", *options).code == 0
    assert len(names(command)) == count


@pytest.mark.usefixtures("history")
def test_sources_are_not_checked_if_a_region_is_unreachable(
    command: Command, plan: str, emulator: LightsailEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = Path(plan)
    text = PLAN.replace('slot = "day"', 'slot = "day"\ncopies = ["us-west-2"]')
    file.write_text(text, encoding="utf-8")
    handle = emulator.handle

    def respond(region: str, operation: str, payload: Any) -> Response:
        if region == "us-west-2":
            return access_denied(emulator)
        return handle(region, operation, payload)

    assert command("prune", plan, "--source", "xyz").code == 2
    monkeypatch.setattr(emulator, "handle", respond)
    result = command("prune", plan, "--source", "xyz")
    assert result.code == 7
    assert "no snapshots of" not in result.err


def test_errors_of_rules_name_the_options(command: Command) -> None:
    arguments = ["--keep-within-daily", "soon", "--delete-older-than", "1w", "--keep-tag", "a,,b"]
    result = command("prune", "--owner", "x", *arguments, "--keep-last", "-1")
    assert result.code == 2
    fix = "write 12h, 7d or 1y5m7d2h (years, months, days, hours)"
    _, count, span, tag, age = result.err.splitlines()
    assert count.startswith("  --keep-last: must be a whole number, 0 or more")
    assert count.endswith("leave the option out to disable the rule")
    assert span.startswith("  --keep-within-daily: must be a duration of years, months, days")
    assert span.endswith(f"got 'soon'; {fix}")
    assert age.startswith("  --delete-older-than: ")
    assert age.endswith(f"got '1w'; {fix}")
    assert tag.startswith("  --keep-tag: must be `key` or `key=value`, or several")
    assert tag.endswith("got 'a,,b'; pass --keep-tag env=prod")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--owner", "x"], "--keep-...: must include a rule that is not 0, got none; pass --keep-"),
        (["--owner", "x", "--keep-last", "0"], "--keep-...: must include a rule"),
        (
            ["--source", "", "--keep-last", "1"],
            "--source: must not be empty, got ''; pass a value, or leave the option out",
        ),
        (["--owner", "", "--keep-last", "1"], "--owner: must not be empty, got ''; pass a value"),
        (["--name", "", "--keep-last", "1"], "--name: must not be empty, got ''; pass a value"),
    ],
)
def test_error_of_a_scope_or_policy_names_the_option(
    command: Command, options: list[str], message: str
) -> None:
    result = command("prune", *options)
    assert result.code == 2
    assert result.err.startswith(f"lightsail-snap: {message}")


def test_empty_source_with_a_plan_is_refused(command: Command, plan: str) -> None:
    result = command("prune", plan, "--source", "")
    assert result.code == 2
    assert "--source: must not be empty" in result.err
