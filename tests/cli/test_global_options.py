"""Options before and after a command, and options that exclude each other."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cli.support import Command, names

from lightsail_snap.cli import main
from lightsail_snap.cli._app import COMMANDS
from lightsail_snap.cli._errors import UsageError
from lightsail_snap.cli._options import refuse_several, refuse_with, require_one
from lightsail_snap.emulator import LightsailEmulator

CONNECTION = ["--region", "us-west-2"]


@pytest.fixture
def oregon(emulator: LightsailEmulator) -> None:
    emulator.add_disk("Disk-O", region_name="us-west-2", size_in_gb=8)


@pytest.mark.usefixtures("oregon")
def test_options_before_and_after_a_command_are_the_same(
    command: Command, emulator: LightsailEmulator
) -> None:
    assert command(*CONNECTION, "create", "made-1", "--disk", "Disk-O").code == 0
    emulator.calls.clear()
    before = command("--region=us-west-2", "--json", "list")
    assert (before.code, before.lines[0]["name"]) == (0, "made-1")
    assert before == command("list", "--json", *CONNECTION)
    assert names(command) == []


@pytest.mark.usefixtures("oregon")
def test_option_after_a_command_wins(command: Command) -> None:
    arguments = ["create", "made-1", "--disk", "Disk-O", *CONNECTION]
    assert command("--region", "us-east-1", *arguments).code == 0


@pytest.mark.usefixtures("oregon")
def test_options_before_a_group_and_its_command_are_passed_on(command: Command) -> None:
    for arguments in (
        [*CONNECTION, "auto-snapshots", "--json", "list", "Disk-O"],
        ["auto-snapshots", *CONNECTION, "list", "Disk-O", "--json"],
        ["--json", "--region", "eu-west-1", "auto-snapshots", *CONNECTION, "list", "Disk-O"],
    ):
        assert command(*arguments).code == 0
    result = command("--region", "us-east-1", "auto-snapshots", "list", "Disk-O")
    assert result.code == 3


def test_resume_command_has_the_options_before_the_command(command: Command) -> None:
    result = command("--region", "us-east-1", "create", "m-1", "--disk", "Disk-1", "--no-wait")
    assert result.code == 0
    result = command("--region", "us-west-2", "wait", "m-2", "--timeout", "0s", "--deleted")
    assert result.code == 0
    result = command("--poll", "0.05", *CONNECTION, "rollback", "Disk-1", "m-1", "--dry-run")
    assert result.code == 3
    result = command("--region", "us-east-1", "rollback", "Disk-1", "m-1", "--dry-run")
    assert " --region us-east-1" in result.err.splitlines()[-1]


def test_double_dash_before_a_command_is_accepted(command: Command) -> None:
    assert command("--json", "--", "list").code == 0


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (["--json", "demo"], "--json"),
        ([*CONNECTION, "--json", "demo"], "--region and --json"),
        ([*CONNECTION, "emulator", "--seconds", "0"], "--region"),
        (["--profile", "x", "emulator"], "--profile"),
    ],
)
def test_command_without_connection_refuses_options_before_it(
    arguments: list[str], options: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    error = " ".join(re.sub("[│╭╮╰╯─]", " ", capsys.readouterr().err).split())
    assert f"does not connect to AWS; leave out {options}" in error


@pytest.mark.parametrize("arguments", [["--poll", "0"], ["--poll", "nan"], ["--region"]])
@pytest.mark.sample(1)
def test_invalid_option_before_a_command_is_refused(
    arguments: list[str], command: Command, emulator: LightsailEmulator
) -> None:
    assert command(*arguments, "list").code == 2
    assert not emulator.calls


def test_unknown_command_after_options_is_refused(command: Command) -> None:
    assert command("--json", "lits").code == 2


def test_all_commands_with_a_connection_have_the_same_options() -> None:
    from tests.cli.test_help import ALL  # noqa: PLC0415 - loads all commands

    expected = {each.name for each in ALL["list"].params} & {each.name for each in ALL[""].params}
    assert expected == {
        *("region", "profile", "endpoint_url", "allow_plain_http", "poll", "as_json", "verbose")
    }
    for name in {*ALL} - {"demo", "emulator"}:
        assert expected <= {each.name for each in ALL[name].params}, name
    assert {"demo", "emulator"} <= {*COMMANDS}


OPTIONS = st.dictionaries(
    st.sampled_from(["disk", "system_disk", "instance", "auto_latest"]),
    st.sampled_from([None, False, True, "", "x", 0]),
    min_size=1,
)


def given_names(options: dict[str, object]) -> list[str]:
    return [
        f"--{key.replace('_', '-')}"
        for key, value in options.items()
        if value is not None and value is not False
    ]


@given(OPTIONS)
def test_require_one_accepts_exactly_one_and_names_the_others(options: dict[str, object]) -> None:
    found = given_names(options)
    if len(found) == 1:
        require_one(**options)
        return
    with pytest.raises(UsageError) as raised:
        require_one(**options)
    message = str(raised.value)
    assert "exactly one of" in message
    for option in found or given_names(dict.fromkeys(options, True)):
        assert option in message
    assert (", not --" in message) == bool(found)


@given(OPTIONS)
def test_refuse_several_accepts_at_most_one(options: dict[str, object]) -> None:
    found = given_names(options)
    if len(found) <= 1:
        refuse_several(**options)
        return
    with pytest.raises(UsageError, match=f"{found[-1]} cannot be combined; pass one of them"):
        refuse_several(**options)


@given(OPTIONS)
def test_refuse_with_names_the_options_that_are_given(options: dict[str, object]) -> None:
    found = given_names(options)
    if not found:
        refuse_with("--undo", **options)
        return
    with pytest.raises(UsageError) as raised:
        refuse_with("--undo", **options)
    assert re.findall("--[a-z-]+", str(raised.value)) == ["--undo", *found]


def test_exclusive_options_are_named_as_one_lists_them() -> None:
    with pytest.raises(UsageError) as raised:
        require_one(disk="a", system_disk=None, instance="b")
    assert str(raised.value) == (
        "specify exactly one of --disk, --system-disk or --instance, not --disk and --instance"
    )
    with pytest.raises(UsageError) as raised:
        refuse_with("--undo", DISK="a", SNAPSHOT="b", auto="c")
    assert "with DISK, SNAPSHOT and --auto; leave out either" in str(raised.value)
