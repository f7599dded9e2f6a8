"""Tables, JSON and CSV, and messages on narrow terminals."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from tests.cli.support import Command, Terminal

from lightsail_snap.cli._app import load_command
from lightsail_snap.cli._errors import UsageError
from lightsail_snap.cli._messages import plural, print_command, print_message, wrap_words
from lightsail_snap.cli._output import print_line
from lightsail_snap.cli._snapshots import _make_columns
from lightsail_snap.cli._tables import (
    Column,
    find_columns,
    format_age,
    format_table,
    print_rows,
    row_printer,
    sort_rows,
)
from lightsail_snap.emulator import LightsailEmulator


class Row(NamedTuple):
    name: str
    state: str
    size: int | None
    created: datetime | None
    why: str


COLUMNS: list[Column[Row]] = [
    Column("name", lambda row: row.name),
    Column("state", lambda row: row.state, 1),
    Column("size", lambda row: row.size, 2, "{} GB".format, is_number=True),
    Column("created", lambda row: row.created, 3, title="created (UTC)"),
    Column("why", lambda row: row.why, 4, is_prose=True),
]
NOON = datetime(2026, 11, 30, 12, tzinfo=UTC)
ROWS = [
    Row("db-1", "completed", 8, NOON, "daily: newest of 2026-11-30; weekly: newest of 2026-W49"),
    Row("db-20261130", "error", 1024, None, ""),
]

# Wide, combining, right-to-left, control and other characters, tags without a value, long names.
TEXTS = st.one_of(
    st.text(max_size=12),
    st.text(alphabet="a\u540d\u0301\u05d0\u202e\x1b\n\r\t,\";='\u00a0\U0001f600 ", max_size=30),
    st.sampled_from(["", "k=", "-", "x" * 300, "[red]db[/red]", "\u540d" * 40]),
)
ROWS_OF_ANYTHING = st.lists(
    st.builds(
        Row,
        TEXTS,
        st.sampled_from(["completed", "error", ""]),
        st.none() | st.integers(0, 10**6),
        st.none() | st.datetimes(timezones=st.just(UTC)),
        TEXTS,
    ),
    max_size=2,
)


def printed(rows: list[Row], output_format: Any) -> str:
    with redirect_stdout(io.StringIO()) as stream:
        print_rows(rows, COLUMNS, output_format, Row._asdict)
    return stream.getvalue()


@given(ROWS_OF_ANYTHING, st.none() | st.integers(20, 200), st.sampled_from([0, 4]))
@example([Row("", "", None, None, "")], 20, 4)
@example([Row("\u540d" * 11, "error", 8, NOON, "a b")], 20, 0)
def test_table_breaks_no_name_and_keeps_within_the_width(
    rows: list[Row], width: int | None, priority_of_prose: int
) -> None:
    columns = [*COLUMNS[:-1], replace(COLUMNS[-1], priority=priority_of_prose)]
    lines = format_table(columns, rows, width)
    styled = format_table(columns, rows, width, is_styled=True)
    assert len(lines) == len(styled) >= (len(rows) + 1 if rows else 0)
    for line in lines:
        assert line == line.rstrip()
        assert line.isprintable()
    for name in format_table(COLUMNS[:1], rows, None)[1:]:
        assert any(line.startswith(name) for line in lines[1:])
    if width is None:
        assert len(lines) == (len(rows) + 1 if rows else 0)
        return
    whole = format_table(COLUMNS[:1], rows, None)
    for line in lines:
        is_long_word = cell_len(line.split(" ")[-1]) > min(24, width - 4)
        assert cell_len(line) <= width or line in whole or is_long_word


@given(ROWS_OF_ANYTHING)
@example([Row("a\rb", "", 1, None, 'c,"d"\n')])
def test_json_and_csv_have_the_exact_values(rows: list[Row]) -> None:
    read = list(csv.DictReader(io.StringIO(printed(rows, "csv"), newline="")))
    assert read == list(map(_to_csv, rows))
    rows = [row._replace(created=None) for row in rows]
    assert json.loads(printed(rows, "json")) == [row._asdict() for row in rows]
    lines = printed(rows, "jsonl").splitlines()
    assert [json.loads(line) for line in lines] == [row._asdict() for row in rows]


def _to_csv(row: Row) -> dict[str, str]:
    created = "" if row.created is None else row.created.isoformat()
    size = "" if row.size is None else str(row.size)
    return {**row._asdict(), "created": created, "size": size}


@given(st.text(alphabet="ab \u540d", max_size=60), st.integers(-5, 60))
def test_wrapped_words_stay_whole(text: str, width: int) -> None:
    lines = wrap_words(text, width)
    assert " ".join(lines).split() == text.split()
    assert all(cell_len(line) <= width or " " not in line.strip() for line in lines)


def test_wide_table_has_all_columns_and_aligned_numbers() -> None:
    assert format_table(COLUMNS, ROWS, 200) == format_table(COLUMNS, ROWS, None)
    assert [line[: line.index("GB") + 2] for line in format_table(COLUMNS, ROWS, None)[1:]] == [
        "db-1         completed     8 GB",
        "db-20261130  error      1024 GB",
    ]


@pytest.mark.parametrize(
    ("width", "header"),
    [
        (100, "name         state         size  created (UTC)              why"),
        (80, "name         state         size  created (UTC)"),
        (40, "name         state         size"),
        (24, "name         state"),
        (20, "name"),
    ],
)
def test_narrow_table_drops_columns_by_priority(width: int, header: str) -> None:
    assert format_table(COLUMNS, ROWS, width)[0] == header


def test_prose_continues_below_its_column() -> None:
    columns = [COLUMNS[0], COLUMNS[4]]
    assert format_table(columns, ROWS[:1], 40) == [
        "name  why",
        "db-1  daily: newest of 2026-11-30;",
        "      weekly: newest of 2026-W49",
    ]
    columns = [COLUMNS[0], replace(COLUMNS[4], priority=0)]
    assert format_table(columns, [ROWS[0]._replace(name="d" * 20), ROWS[1]], 24) == [
        "name",
        "d" * 20,
        "    daily: newest of",
        "    2026-11-30; weekly:",
        "    newest of 2026-W49",
        "db-20261130",
    ]


def test_table_without_rows_has_no_header() -> None:
    assert printed([], "table") == printed([], "jsonl") == ""
    assert printed([], "json") == "[]\n"
    assert printed([], "csv") == "name,state,size,created,why\n"


@pytest.mark.parametrize(
    ("seconds", "age"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3599, "59 min"),
        (3600, "1 h"),
        (86_399, "23 h"),
        (86_400, "1 d"),
        (86_400 * 1000, "1000 d"),
        (-59, "0 s"),
        (-300, "in 5 min"),
        (-86_400, "in 1 d"),
    ],
)
def test_age_has_the_greatest_unit_that_fits(seconds: int, age: str) -> None:
    assert format_age(seconds) == age


@pytest.mark.parametrize(("count", "text"), [(0, "0 steps"), (1, "1 step"), (2, "2 steps")])
def test_plural_follows_the_count(count: int, text: str) -> None:
    assert plural(count, "step") == text


def test_rows_without_a_value_are_sorted_last() -> None:
    for is_reversed, names in ((False, "abc"), (True, "bac")):
        rows = [Row(name, "", size, None, "") for name, size in (("c", None), ("b", 2), ("a", 1))]
        rows = sort_rows(rows, COLUMNS[2], is_reversed=is_reversed)
        assert "".join(row.name for row in rows) == names


def test_unknown_column_is_refused_with_the_nearest() -> None:
    assert find_columns("--columns", ["Size", " name", "size"], COLUMNS) == [
        COLUMNS[2],
        COLUMNS[0],
    ]
    for name, message in (
        ("stat", "there is no column stat; did you mean state? the columns are name, state,"),
        ("x", "there is no column x; the columns are name, state,"),
        ("", "there is no column (empty); the columns are"),
    ):
        with pytest.raises(UsageError) as caught:
            find_columns("--columns", [name], COLUMNS)
        assert message in str(caught.value)


def test_json_array_stays_open_after_an_error() -> None:
    for output_format, shown in (("json", '[\n{"k": 1}'), ("csv", "name\n1\n"), ("table", "")):
        columns: list[Column[int]] = [Column("name", lambda row: row)]

        def fail(fields: Any = output_format, columns: Any = columns) -> None:
            with row_printer(columns, fields, lambda row: {"k": row}) as print_row:
                print_row(1)
                raise ValueError

        with redirect_stdout(io.StringIO()) as stream, pytest.raises(ValueError, match=r"^$"):
            fail()
        assert stream.getvalue() == shown


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Terminal]:
    def open_terminal(**environment: str) -> Terminal:
        for name in ("NO_COLOR", "FORCE_COLOR", "TERM", "COLUMNS"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        screen = Terminal()
        monkeypatch.setattr(sys, "stdout", screen)
        monkeypatch.setattr(sys, "stderr", screen)
        return screen

    return open_terminal


@pytest.mark.parametrize(
    ("environment", "is_coloured"),
    [
        ({"TERM": "xterm"}, True),
        ({"TERM": "xterm", "NO_COLOR": ""}, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False),
        ({"TERM": "dumb"}, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ],
)
def test_only_capable_terminals_get_colours(
    terminal: Callable[..., Terminal], environment: dict[str, str], *, is_coloured: bool
) -> None:
    screen = terminal(COLUMNS="80", WT_SESSION="1", **environment)
    print_rows([Row("[red]db[/red]\n", "completed", 8, None, "")], COLUMNS, "table", Row._asdict)
    assert ("\x1b[32mcompleted\x1b[0m" in screen.getvalue()) is is_coloured
    assert "[red]db[/red]\\n" in screen.getvalue()


@pytest.mark.parametrize("columns", ["", "0", "-1", "wide", "80"])
def test_terminal_without_a_valid_width_has_80_columns(
    terminal: Callable[..., Terminal], monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    screen = terminal(COLUMNS=columns, TERM="dumb")
    # pytest may run in a terminal of another width.
    monkeypatch.setattr(os, "get_terminal_size", lambda *_: os.terminal_size((80, 24)))
    print_rows(ROWS, COLUMNS, "table", Row._asdict)
    assert screen.getvalue().splitlines()[0].endswith("created (UTC)")


def test_csv_cannot_control_a_terminal(terminal: Callable[..., Terminal]) -> None:
    screen = terminal()
    print_rows([Row("\x1b[2J", "", None, None, "")], COLUMNS[:1], "csv", Row._asdict)
    assert screen.getvalue() == "name\n\\x1b[2J\n"


def test_message_on_a_narrow_terminal_breaks_between_words(
    terminal: Callable[..., Terminal],
) -> None:
    screen = terminal(COLUMNS="20")
    print_message("  the snapshot nightly-Disk-Virginia-1 is kept")
    print_command("To resume, run:", "lightsail-snap wait db-20261130")
    print_line("db-20261130-and-more  completed")
    print_line("done     db-1: no rule keeps it", is_prose=True)
    assert screen.getvalue().splitlines() == [
        "  the snapshot",
        "  nightly-Disk-Virginia-1",
        "  is kept",
        "To resume, run:",
        "  lightsail-snap wait db-20261130",
        "db-20261130-and-more  completed",
        "done     db-1: no",
        "rule keeps it",
    ]


@pytest.fixture
def listed(command: Command, history: None) -> Command:  # noqa: ARG001 - creates the snapshots
    """Ten snapshots of a plan, of 1 to 10 days ago, and one that was taken by hand."""
    command("create", "by-hand", "--disk", "Disk-2", "--tag", "env=prod", "--tag", "k")
    return command


def test_list_shows_ages_sizes_and_only_tags_of_the_user(listed: Command) -> None:
    result = listed("list")
    header, by_hand, *rows = result.out.splitlines()
    assert header.split() == ["name", "state", "kind", "source", "size", "age", "tags"]
    assert re.fullmatch(r"by-hand +completed +disk +Disk-2 +8 GB +\d+ s +env=prod k", by_hand)
    assert [row.split()[6:] for row in rows] == [[str(day), "d"] for day in range(1, 11)]
    assert result.err == "11 snapshots, 88 GB\n"
    assert "lightsail-snap:client-token=" in listed("list", "by-*", "--all-tags").out
    assert listed("list", "x").err == "0 snapshots\n"
    assert listed("tag", "by-hand", "k=v").out == "by-hand  env=prod k=v\n"


def test_list_with_chosen_columns_and_order(listed: Command) -> None:
    result = listed("list", "--columns", "name,plan,region,arn,created", "--sort", "-age")
    header, *rows = result.out.splitlines()
    assert header.split() == ["name", "plan", "region", "arn", "created", "(UTC)"]
    assert rows[0].split()[1:3] == ["nightly", "us-east-1"]
    assert rows[0].split()[3].startswith("arn:aws:lightsail:us-east-1:")
    assert rows[-1].split()[1] == "us-east-1"
    names = [row.split()[0] for row in rows]
    assert names == [*sorted(names[:-1]), "by-hand"]
    by_name = [each["name"] for each in listed("list", "--sort", "name", "--json").lines]
    assert by_name == sorted(names)


def test_list_as_csv_and_json_has_absolute_times(listed: Command) -> None:
    read = list(csv.DictReader(listed("list", "-o", "csv").out.splitlines()))
    assert list(read[0]) == ["name", "state", "kind", "source", "size", "created", "tags"]
    lines = {each["name"]: each for each in listed("list", "-o", "jsonl").lines}
    assert len(read) == len(lines) == 11
    assert {each["name"]: each["created"] for each in read} == {
        name: each["created_at"] for name, each in lines.items()
    }
    result = listed("list", "--output", "json")
    assert {each["name"]: each for each in json.loads(result.out)} == lines
    assert json.loads(result.out)[0]["name"] == "by-hand"
    assert result.err == ""
    (_, age) = listed("list", "by-hand", "-o", "csv", "--columns", "age").out.splitlines()
    assert age.isdigit()


def test_show_prune_plan_and_auto_snapshots_as_csv(listed: Command, plan: str) -> None:
    shown = dict(csv.reader(listed("show", "by-hand", "-o", "csv").out.splitlines()))
    assert (shown["field"], shown["name"], shown["size_in_gb"]) == ("value", "by-hand", "8")
    assert json.loads(listed("show", "by-hand", "-o", "json").out)["name"] == "by-hand"
    steps = list(csv.DictReader(listed("plan", plan, "-o", "csv").out.splitlines()))
    assert {(each["step"], each["region"]) for each in steps} == {
        ("take", "us-east-1"),
        ("delete", "us-east-1"),
    }
    assert "steps" in json.loads(listed("plan", plan, "-o", "json").out)
    result = listed("prune", plan, "-o", "csv")
    decisions = list(csv.DictReader(result.out.splitlines()))
    assert {(each["verdict"], each["region"]) for each in decisions} == {
        ("keep", "us-east-1"),
        ("delete", "us-east-1"),
    }
    assert result.err == ""
    result = listed("prune", "--owner", "nightly", "--keep-last", "9", "-o", "csv")
    assert result.out.startswith("verdict,snapshot,created,why\n")
    result = listed("prune", plan, "--apply", "--yes", "--output", "csv")
    deleted = list(csv.DictReader(result.out.splitlines()))
    assert [each["status"] for each in deleted] == ["done"] * len(deleted)
    assert len(deleted) == sum(each["verdict"] == "delete" for each in decisions)
    empty = listed("auto-snapshots", "list", "Disk-1", "-o", "csv")
    assert (empty.out, empty.err) == ("date,status,created,disks\n", "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["list", "--json", "-o", "csv"], "--json means --output jsonl and cannot be combined"),
        (["list", "--columns", "nmae"], "no column nmae; did you mean name? the columns are name,"),
        (["list", "--columns", ""], "no column (empty); the columns are name, state, kind,"),
        (["list", "--sort", "-sice"], "--sort: there is no column sice; did you mean size?"),
        (["list", "--json", "--columns", "name"], "--columns is for tables and CSV"),
        (["prune", "--keep-last", "1", "--name", "x", "--json", "-o", "json"], "pass one of them"),
    ],
)
def test_contradictory_output_options_send_no_request(
    command: Command, emulator: LightsailEmulator, arguments: list[str], message: str
) -> None:
    result = command(*arguments)
    assert (result.code, result.out) == (2, "")
    assert message in result.err
    assert not emulator.calls


def test_help_of_list_names_every_column() -> None:
    (option,) = (each for each in load_command("list").params if each.name == "columns")
    assert f"show: {', '.join(column.name for column in _make_columns())}. [" in option.help
