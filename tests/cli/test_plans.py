"""The commands about plans and retention, on the embedded Lightsail."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lightsail_snap import RequestValidationError
from lightsail_snap.cli import _plans
from lightsail_snap.cli._emulator import Shifted, furnish
from lightsail_snap.cli._output import show_line, steps
from lightsail_snap.emulator import LightsailEmulator, Progression
from lightsail_snap.emulator._wire import Response, answer
from lightsail_snap.plans import BackupPlan, Run

Command = Callable[..., Any]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


PLAN = """
name = "nightly"
region = "us-east-1"
slot = "day"
[select]
kind = "disk"
globs = ["Disk-*"]
[retention]
time_zone = "UTC"
keep_daily = 3
"""


@pytest.fixture
def plan(tmp_path: Path) -> str:
    for name in ("nightly", "weekly"):
        text = PLAN.replace("nightly", name)
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    return str(tmp_path / "nightly.toml")


@pytest.fixture
def history(emulator: LightsailEmulator) -> None:
    """Ten days of snapshots of the first disk, as the plan would have taken them."""
    clock = Shifted()
    usual, emulator.clock = emulator.clock, clock
    furnish(emulator, clock, disks=["Disk-1"], history=10)
    emulator.clock = usual
    emulator.calls.clear()


def names(command: Command) -> list[str]:
    return [each["name"] for each in command("list", "--json").lines]


@pytest.mark.usefixtures("history")
def test_a_plan_is_looked_at_then_applied_then_applied_again(
    command: Command, plan: str, emulator: LightsailEmulator
) -> None:
    ended = command("plan", plan)
    rows = ended.out.splitlines()
    assert [row.split()[0] for row in rows[2:]] == ["take", *["delete"] * 8, "take"]
    assert f"10 steps; nothing has been done. Do it with: lightsail-snap apply {plan}" in ended.err
    assert emulator.calls["CreateDiskSnapshot"] == emulator.calls["DeleteDiskSnapshot"] == 0
    ended = command("apply", plan)
    assert ended.code == 0
    assert ended.err.endswith(": done 10, adopted 0, skipped 0, failed 0\n")
    assert len(names(command)) == 4
    again = command("apply", plan, "--json")
    assert [(each["action"], each["status"]) for each in again.lines] == [("take", "adopted")] * 2


def test_a_run_that_was_stored_is_applied(command: Command, plan: str, tmp_path: Path) -> None:
    run = tmp_path / "run.json"
    run.write_text(command("plan", plan, "--json").out, encoding="utf-8")
    assert command("apply", str(run)).code == 0
    assert len(names(command)) == 2
    # A plan is looked at anew by the file of a run, too.
    assert command("plan", str(run)).code == 0


def test_many_plans_are_applied_together(command: Command, plan: str, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    select = {"kind": "instance", "names": ["web-1"]}
    facts = {"name": "weekly", "region": "us-east-1", "select": select}
    other.write_text(json.dumps(facts), encoding="utf-8")
    ended = command("apply", plan, str(other), "--json")
    assert ended.code == 0
    assert {(each["plan"], each["status"]) for each in ended.lines} == {
        ("nightly", "done"),
        ("weekly", "done"),
    }
    facts["name"], select["names"] = "broken", ["nobody"]
    other.write_text(json.dumps(facts), encoding="utf-8")
    for words, told in (([], "failed   broken: "), (["--json"], '"status": "failed"')):
        ended = command("apply", plan, str(other), *words)
        assert ended.code == 7
        assert told in ended.out
        assert "Not all is done" in ended.err


@pytest.fixture
def refuse(
    emulator: LightsailEmulator, monkeypatch: pytest.MonkeyPatch
) -> Callable[[str, str], None]:
    """Let the service refuse an operation for what has a name of a certain kind."""
    handle = emulator.handle

    def begin(operation: str, name: str) -> None:
        def answered(region: str, asked: str, payload: Any) -> Response:
            if asked == operation and name.encode() in bytes(payload):
                body = json.dumps({"__type": "AccessDeniedException", "message": "no"}).encode()
                return answer(400, body, emulator.clock.time())
            return handle(region, asked, payload)

        monkeypatch.setattr(emulator, "handle", answered)

    return begin


def test_a_step_that_fails_is_told_and_the_others_are_done(
    command: Command, plan: str, refuse: Callable[[str, str], None]
) -> None:
    refuse("CreateDiskSnapshot", '"Disk-1"')
    ended = command("apply", plan)
    assert ended.code == 7
    assert f"try the rest again with: lightsail-snap apply {plan}\n" in ended.err
    assert "failed   take   us-east-1  nightly-Disk-1-" in ended.out
    assert "done     take   us-east-1  nightly-Disk-2-" in ended.out


def test_people_see_how_many_steps_are_done_and_programs_the_results(
    command: Command, plan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    errors = Terminal()
    monkeypatch.setattr(sys, "stderr", errors)
    lines = command("apply", plan).out.splitlines()
    assert [line.partition("Disk-")[0] for line in lines] == [
        "done     take   us-east-1  nightly-"
    ] * 2
    assert "2/2" in errors.getvalue()
    assert command("apply", plan, plan.replace("nightly", "weekly"), "--json").code == 0
    assert "plans" in errors.getvalue()


def test_results_are_not_written_into_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setattr(sys, "stderr", screen)
    with steps("[x]", 2) as one_more:
        one_more(lambda: show_line("one"))
        one_more(lambda: show_line("two"))
    one_more(lambda: show_line("too late"))
    assert "too late" not in screen.getvalue()
    for line in ("one", "two"):
        # The bar has been erased, and the cursor stands where its line began.
        before, _, after = screen.getvalue().partition(f"{line}\n")
        assert before.endswith("\x1b[1A\x1b[2K")
        assert "[x]" in after or line == "two"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.toml", "name = 1"),
        ("a.toml", "["),
        ("a.json", "{"),
        ("a.json", "[" * 100_000),
        ("a.json", "null"),
        ("a.json", '{"steps": []}'),
        ("a.txt", "\xff"),
    ],
)
def test_a_file_that_is_no_plan(command: Command, tmp_path: Path, name: str, content: str) -> None:
    file = tmp_path / name
    file.write_text(content, encoding="latin-1")
    for words in (["plan"], ["apply"], ["prune"]):
        ended = command(*words, str(file))
        assert (ended.code, ended.out) == (2, "")
        assert "RequestValidationError" in ended.err


def test_a_plan_from_a_pipe_is_told_apart_by_how_it_begins(
    command: Command, plan: str, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    for words in (["plan", plan], ["plan", plan, "--json"]):
        text = command(*words).out if "--json" in words else Path(plan).read_text(encoding="utf-8")
        pipe.write_text(text, encoding="utf-8")
        ended = command("plan", str(pipe))
        assert (ended.code, ended.out.partition(",")[0]) == (0, "nightly in us-east-1")


def test_a_byte_order_mark_is_no_part_of_a_plan(
    command: Command, plan: str, tmp_path: Path
) -> None:
    run = command("plan", plan, "--json").out
    for name, text in (("a.toml", PLAN), ("a.json", run), ("a", run)):
        marked = tmp_path / name
        marked.write_text(text, encoding="utf-8-sig")
        assert _plans._read_plan(marked).name == "nightly"
    assert BackupPlan.from_toml(tmp_path / "a.toml").name == "nightly"
    assert command("apply", str(tmp_path / "a")).code == 0


_ENCODINGS = {
    "UTF-8": ("", "utf-8"),
    "UTF-8 with a mark": ("", "utf-8-sig"),
    "UTF-16 LE": ("\ufeff", "utf-16-le"),
    "UTF-16 BE": ("\ufeff", "utf-16-be"),
    "UTF-32 LE": ("\ufeff", "utf-32-le"),
    "UTF-32 BE": ("\ufeff", "utf-32-be"),
}


def _give_stdin(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))


@pytest.mark.parametrize("encoding", _ENCODINGS)
def test_plans_and_runs_are_read_in_every_marked_encoding(
    encoding: str, command: Command, plan: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark, codec = _ENCODINGS[encoding]
    text = PLAN + "# größe 名前\n"
    run = command("plan", plan, "--json").out
    # `>` of PowerShell also ends lines with CR LF.
    files = {"a.toml": text, "b": text, "run.json": run.replace("\n", "\r\n"), "run": run}
    for name, document in files.items():
        content = (mark + document).encode(codec)
        file = tmp_path / name
        file.write_bytes(content)
        assert command("plan", str(file)).code == 0
        _give_stdin(monkeypatch, content)
        assert command("plan", "-").code == 0
        kind = BackupPlan.from_toml if document is text else Run.from_json
        assert kind(file) == kind(content) == kind(mark + document)
    _give_stdin(monkeypatch, (mark + run).encode(codec))
    assert command("apply", "-").code == 0


@pytest.mark.parametrize(
    "content",
    [
        b"\xff{}",
        PLAN.encode("utf-16-le"),
        b"\xff\xfe{",
        b"\xfe\xff\xd8\x00",
        "name = 'größe'".encode("latin-1"),
    ],
)
@pytest.mark.parametrize("name", ["run.json", "plan.toml", "-"])
def test_other_encodings_are_refused_with_how_to_write_the_file(
    name: str, content: bytes, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / name
    if name == "-":
        _give_stdin(monkeypatch, content)
    else:
        file.write_bytes(content)
    ended = command("apply", "-" if name == "-" else str(file))
    assert ended.code == 2
    assert "must be text in UTF-8" in ended.err
    assert "Out-File -Encoding utf8" in ended.err
    for read in (Run.from_json, BackupPlan.from_json, BackupPlan.from_toml):
        with pytest.raises(RequestValidationError, match="must be text in UTF-8"):
            read(content)


@pytest.mark.thorough
@pytest.mark.usefixtures("history")
def test_two_that_apply_a_run_at_the_same_time_do_it_once(
    command: Command, plan: str, tmp_path: Path, emulator: LightsailEmulator
) -> None:
    """Real processes, which share nothing but the service: a second, for what cron does twice."""
    copied = PLAN.replace('slot = "day"', 'slot = "day"\ncopies = ["us-west-2"]')
    Path(plan).write_text(copied, encoding="utf-8")
    file = tmp_path / "run.json"
    file.write_text(command("plan", plan, "--json").out, encoding="utf-8")
    emulator.progression = Progression.by_seconds(0.2, 0.2)
    words = [sys.executable, "-m", "lightsail_snap", "apply", str(file), "--json", "--poll", "0.05"]
    both = [subprocess.Popen(words, stdout=subprocess.PIPE) for _ in range(2)]  # noqa: S603 - ours
    try:
        said = [process.communicate(timeout=120)[0] for process in both]
    finally:
        for process in both:
            process.kill()
    assert [process.returncode for process in both] == [0, 0]
    results = [json.loads(line) for text in said for line in text.splitlines()]
    assert {each["status"] for each in results} <= {"done", "adopted"}
    done = {each["id"] for each in results if each["status"] == "done"}
    assert done == {each["id"] for each in results}
    # Of ten days and today three stay; the other disk has one; and both of today are copied.
    assert len(names(command)) == 3 + 1
    assert len(command("list", "--json", "--region", "us-west-2").lines) == 2


def test_a_file_that_is_too_large_is_not_read_to_its_end(
    command: Command, plan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_plans, "_LARGEST", 10)
    ended = command("plan", plan)
    assert ended.code == 2
    assert "nightly.toml is too large" in ended.err


def test_a_file_that_is_not_there(command: Command, tmp_path: Path) -> None:
    ended = command("plan", str(tmp_path / "gone.toml"))
    assert ended.code == 1
    assert "No such file" in ended.err


@pytest.mark.usefixtures("history")
def test_a_history_is_pruned_by_a_plan(command: Command, plan: str) -> None:
    command("create", "by-hand", "--disk", "Disk-1")
    ended = command("prune", plan)
    verdicts = [row.split()[0] for row in ended.out.splitlines()[2:]]
    assert (verdicts.count("keep"), verdicts.count("delete")) == (4, 7)
    assert "nothing has been deleted" in ended.err
    assert all(each["region"] == "us-east-1" for each in command("prune", plan, "--json").lines)
    assert len(names(command)) == 11
    ended = command("prune", plan, "--apply", "--yes")
    assert ended.out.splitlines() == [f"done     {name}" for name in sorted(_gone(ended.out))]
    assert ended.err == "7 of 7 deleted, 3 kept\n"
    assert len(names(command)) == 4
    assert "by-hand" in names(command)


def _gone(out: str) -> list[str]:
    return [line.split()[1] for line in out.splitlines()]


@pytest.mark.usefixtures("history")
def test_a_history_is_pruned_by_rules(command: Command) -> None:
    command("create", "db-1", "--disk", "Disk-2")
    command("create", "db-2", "--disk", "Disk-2")
    count = len(names(command))
    lines = command("prune", "--keep-daily", "3", "--owner", "nightly", "--json").lines
    assert sum(not each["keep"] for each in lines) == 7
    assert "region" not in lines[0]
    for scope in (["--owner", "x"], ["--name", "*"], ["--source", "Disk-1"]):
        lines = command("prune", "--keep-last", "1", *scope, "--json").lines
        gone = {each["name"] for each in lines if not each["keep"]}
        # What a plan manages is not another policy's to delete.
        assert gone == ({"db-1"} if scope == ["--name", "*"] else set())
    words = ["prune", "--keep-within", "2d", "--kind", "disk", "--owner", "nightly"]
    assert command(*words, "--source", "Disk-2").code == 0
    words = ["prune", "--keep-last", "1", "--name", "db-?", "--apply", "--yes", "--json"]
    lines = command(*words).lines
    assert [(each["name"], each["status"]) for each in lines] == [("db-1", "done")]
    record = lines[0]["deletion"]
    assert (record["outcome"], record["keeper"]) == ("deleted", "db-2")
    assert record["rule"] == "no rule keeps it"
    assert record["evidence"]["snapshots"] == count
    assert len(names(command)) == count - 1
    words = ["prune", "--keep-last", "all", "--owner", "nightly"]
    assert command(*words, "--apply").out == ""


@pytest.mark.usefixtures("history")
def test_prune_without_a_scope_or_a_terminal_deletes_nothing(command: Command) -> None:
    count = len(names(command))
    ended = command("prune", "--keep-daily", "3", "--apply")
    assert (ended.code, ended.out) == (2, "")
    assert "say which snapshots may be deleted: a plan file, --owner PLAN, --name" in ended.err
    ended = command("prune", "--keep-daily", "3", "--owner", "nightly", "--apply")
    assert (ended.code, ended.out) == (2, "")
    assert "delete 7 (7 snapshots from " in ended.err
    assert ", 3 kept)" in ended.err
    assert "cannot prompt because stdin is not a terminal; pass --yes" in ended.err
    words = ["--owner", "nightly", "--apply", "--yes", "--max-deletions", "6"]
    ended = command("prune", "--keep-daily", "3", *words)
    assert (ended.code, ended.out) == (2, "")
    assert "7 deletions are more than max_deletions, 6" in ended.err
    assert len(names(command)) == count


@pytest.fixture
def answer_with(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def answer_with(text: str) -> None:
        monkeypatch.setattr(sys, "stdin", Terminal(text))

    return answer_with


@pytest.mark.usefixtures("history")
def test_a_terminal_is_asked_once_and_no_is_the_default(
    command: Command, plan: str, answer_with: Callable[[str], None], emulator: LightsailEmulator
) -> None:
    count = len(names(command))
    kept = "nothing was deleted"
    advice = "nothing was done; to take and copy snapshots only, pass --max-deletions 0"
    for at, told in (
        (["prune", plan, "--apply"], kept),
        (["apply", plan], advice),
    ):
        answer_with("\n")
        ended = command(*at)
        assert (ended.code, ended.out) == (2, "")
        assert told in ended.err
    assert len(names(command)) == count
    assert emulator.calls["CreateDiskSnapshot"] == 0
    answer_with("y\n")
    ended = command("apply", plan)
    assert ended.code == 0
    assert ended.err.count("[y/N]") == 1
    assert "take 2, copy 0, delete 8 (8 snapshots from " in ended.err
    assert len(names(command)) == 4
    # Nothing to delete, nothing to ask.
    answer_with("")
    assert command("apply", plan).code == 0
    assert command("prune", plan, "--apply").code == 0


@pytest.mark.usefixtures("history")
def test_apply_deletes_no_more_than_its_limit(
    command: Command, plan: str, answer_with: Callable[[str], None]
) -> None:
    Path(plan).write_text("max_deletions = 7\n" + PLAN, encoding="utf-8")
    ended = command("apply", plan, "--json")
    assert ended.code == 7
    assert {(each["action"], each["status"]) for each in ended.lines} == {
        ("take", "done"),
        ("delete", "skipped"),
    }
    assert f"then run: lightsail-snap apply {plan} --max-deletions 8" in ended.err
    assert len(names(command)) == 12
    answer_with("yes\n")
    ended = command("apply", plan, "--max-deletions", "0")
    assert (ended.code, len(names(command))) == (7, 12)
    # The number that is shown on a terminal is the limit.
    assert command("apply", plan).code == 0
    assert len(names(command)) == 4


@pytest.mark.usefixtures("history")
def test_many_plans_are_confirmed_by_one_question(
    command: Command, plan: str, tmp_path: Path, answer_with: Callable[[str], None]
) -> None:
    run = tmp_path / "run.json"
    run.write_text(command("plan", plan, "--json").out, encoding="utf-8")
    broken = tmp_path / "broken.toml"
    text = PLAN.replace("nightly", "broken").replace('globs = ["Disk-*"]', 'names = ["no"]')
    broken.write_text(text, encoding="utf-8")
    answer_with("y\n")
    ended = command("apply", str(run), str(broken))
    assert ended.code == 7
    assert ended.err.count("[y/N]") == 1
    assert "failed   broken: " in ended.out
    assert len(names(command)) == 4
    answer_with("y\n")
    assert command("apply", str(broken)).code == 2
    ended = command("apply", str(run), "--max-deletions", "3")
    assert ended.code == 7
    assert "[y/N]" not in ended.err


@pytest.mark.usefixtures("history")
def test_everything_goes_only_if_the_flag_and_a_scope_say_so(command: Command, plan: str) -> None:
    words = ["prune", "--unsafe-allow-remove-all", "--apply", "--yes"]
    assert command(*words).code == 2
    assert command("prune", plan, *words[1:], "--minimum-remaining", "2").code == 2
    assert command(*words, "--owner", "nightly", "--source", "Disk-1").code == 0
    assert names(command) == []


def test_age_alone_is_a_rule(command: Command) -> None:
    command("create", "db-1", "--disk", "Disk-2")
    ended = command("prune", "--name", "db-*", "--delete-older-than", "1h", "--json")
    assert ended.lines[0]["reasons"] == ["newest: of its source", "not older than 1h"]


def test_copies_are_pruned_by_a_policy_of_their_own(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "copied.toml"
    text = PLAN.replace('slot = "day"', 'slot = "day"\ncopies = ["us-west-2"]')
    file.write_text(text + "[copy_retention]\ntime_zone = 'UTC'\nkeep_last = 1\n", encoding="utf-8")
    assert command("apply", str(file)).code == 0
    lines = command("prune", str(file), "--json").lines
    assert {each["region"] for each in lines} == {"us-east-1", "us-west-2"}
    assert all(each["keep"] for each in lines)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--keep-last", "1"], "leave out --keep-last"),
        (["--owner", "x", "--name", "y"], "leave out --owner, --name"),
        (["--keep-daily", "", "--owner", ""], "leave out --keep-daily, --owner"),
    ],
)
def test_a_plan_says_alone_what_to_keep(
    command: Command, plan: str, words: list[str], told: str
) -> None:
    ended = command("prune", plan, *words)
    assert ended.code == 2
    assert told in ended.err


@pytest.mark.parametrize(
    "words",
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
def test_rules_that_make_no_sense(command: Command, words: list[str]) -> None:
    ended = command("prune", *words, "--apply")
    assert (ended.code, ended.out) == (2, "")


def test_a_plan_that_keeps_all_prunes_nothing(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "all.toml"
    file.write_text(PLAN.partition("[retention]")[0], encoding="utf-8")
    ended = command("prune", str(file))
    assert ended.code == 2
    assert "has no [retention]" in ended.err


@pytest.mark.usefixtures("history")
def test_what_else_there_is_to_know_of_a_plan_is_told(
    command: Command, tmp_path: Path, emulator: LightsailEmulator
) -> None:
    file = tmp_path / "other.toml"
    file.write_text(PLAN.replace("Disk-*", "Disk-2"), encoding="utf-8")
    assert "10 snapshots in us-east-1 of sources that are not selected" in command("plan", str(file)).err
    assert emulator.calls["CreateDiskSnapshot"] == 0
    # A prune by the plan judges them, too.
    assert [each["keep"] for each in command("prune", str(file), "--json").lines].count(True) == 3


@pytest.mark.usefixtures("history")
def test_what_cannot_be_deleted_is_told(
    command: Command, plan: str, refuse: Callable[[str, str], None]
) -> None:
    (first, *_) = sorted(names(command))
    refuse("DeleteDiskSnapshot", first)
    ended = command("prune", plan, "--apply", "--yes")
    assert ended.code == 7
    assert ended.out.startswith(f"failed   {first}: AccessDeniedException")
    assert ended.err == "6 of 7 deleted, 3 kept\n"


@pytest.mark.thorough
def test_a_region_of_copies_that_is_away_is_told_and_stops_nothing_else(
    command: Command, plan: str, emulator: LightsailEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = Path(plan)
    copied = PLAN.replace('slot = "day"', 'slot = "day"\ncopies = ["us-west-2"]')
    file.write_text(copied, encoding="utf-8")
    handle = emulator.handle

    def answered(region: str, asked: str, payload: Any) -> Response:
        if region == "us-west-2":
            body = json.dumps({"__type": "AccessDeniedException", "message": "no"}).encode()
            return answer(400, body, emulator.clock.time())
        return handle(region, asked, payload)

    monkeypatch.setattr(emulator, "handle", answered)
    note = "the snapshots in us-west-2 could not be listed; nothing is deleted there: AccessDenied"
    looked = command("plan", plan)
    assert looked.code == 0
    assert note in looked.err
    ended = command("apply", plan)
    assert ended.code == 7
    assert note in ended.err
    assert [line[:14] for line in ended.out.splitlines()].count("done     take ") == 2
    both = command("apply", plan, plan.replace("nightly", "weekly"))
    assert both.code == 7
    assert f"nightly: {note}" in both.err
    for words in ([], ["--apply", "--yes"]):
        pruned = command("prune", plan, *words)
        assert pruned.code == 7
        assert "lightsail-snap: us-west-2: AccessDeniedException" in pruned.err
        assert ("keep " in pruned.out) is (words == [])
    monkeypatch.setattr(emulator, "handle", lambda *asked: answered("us-west-2", *asked[1:]))
    assert command("prune", plan).code == 1


@pytest.mark.parametrize("at", ["apply", "prune"])
@pytest.mark.usefixtures("history")
def test_an_interrupt_tells_how_to_go_on(
    command: Command, plan: str, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(_plans, at, interrupt)
    ended = command(at, plan, *(["--apply", "--yes"] if at == "prune" else []))
    assert ended.code == 130
    assert "interrupted." in ended.err
    assert ("resume with: lightsail-snap apply" in ended.err) is (at == "apply")


def test_the_shifted_clock_lets_real_time_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    clock = Shifted()
    before = clock.time(), clock.monotonic()
    clock.sleep(2.5)
    clock.days_ago = 1
    day = timedelta(days=1).total_seconds()
    assert slept == [2.5]
    assert clock.time() == pytest.approx(before[0] - day, abs=60)
    assert clock.monotonic() == pytest.approx(before[1] - day, abs=60)
