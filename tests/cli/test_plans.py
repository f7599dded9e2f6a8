"""Commands for backup plans against the emulator."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.cli.support import PLAN, Command, Terminal, access_denied, names

from lightsail_snap import RequestValidationError
from lightsail_snap.cli import _plans, _prune
from lightsail_snap.cli._emulator import ShiftedClock
from lightsail_snap.cli._output import print_line, step_counter
from lightsail_snap.emulator import LightsailEmulator, Progression
from lightsail_snap.emulator._wire import Response
from lightsail_snap.plans import BackupPlan, Run
from lightsail_snap.plans._apply import apply_and_report
from lightsail_snap.plans._completion import report_error


@pytest.mark.usefixtures("history")
def test_plan_is_shown_then_applied_then_adopted(
    command: Command, plan: str, emulator: LightsailEmulator
) -> None:
    result = command("plan", plan)
    rows = result.out.splitlines()
    assert [row.split()[0] for row in rows[2:]] == ["take", *["delete"] * 8, "take"]
    advice = "Nothing was changed. To apply the plan, run:"
    assert f"{advice}\n  lightsail-snap apply {plan}\n" in result.err
    assert result.err.splitlines()[-1].startswith("take 2, copy 0, delete 8 (8 snapshots from ")
    assert emulator.calls["CreateDiskSnapshot"] == emulator.calls["DeleteDiskSnapshot"] == 0
    result = command("apply", plan)
    assert result.code == 0
    assert result.err.endswith(": done 10, adopted 0, skipped 0, failed 0\n")
    assert len(names(command)) == 4
    again = command("apply", plan, "--json")
    assert [(each["action"], each["status"]) for each in again.lines] == [("take", "adopted")] * 2


def test_run_in_a_file_is_applied(command: Command, plan: str, tmp_path: Path) -> None:
    run = tmp_path / "run.json"
    run.write_text(command("plan", plan, "--json").out, encoding="utf-8")
    assert command("apply", str(run)).code == 0
    assert len(names(command)) == 2
    # `plan` prepares the plan of a run again.
    assert command("plan", str(run)).code == 0


def test_apply_with_many_plans_reports_each(command: Command, plan: str, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    select = {"kind": "instance", "names": ["web-1"]}
    facts = {"name": "weekly", "region": "us-east-1", "select": select}
    other.write_text(json.dumps(facts), encoding="utf-8")
    result = command("apply", plan, str(other), "--json")
    assert result.code == 0
    assert {(each["plan"], each["status"]) for each in result.lines} == {
        ("nightly", "done"),
        ("weekly", "done"),
    }
    facts["name"], select["names"] = "broken", ["absent"]
    other.write_text(json.dumps(facts), encoding="utf-8")
    for options, line in (([], "failed   broken: "), (["--json"], '"status": "failed"')):
        result = command("apply", plan, str(other), *options)
        assert result.code == 7
        assert line in result.out
        assert "Some steps are not done. To retry them, run:" in result.err


def test_apply_reports_a_failed_step_and_does_the_others(
    command: Command, plan: str, refuse: Callable[[str, str], None]
) -> None:
    refuse("CreateDiskSnapshot", '"Disk-1"')
    result = command("apply", plan)
    assert result.code == 7
    assert f"To retry them, run:\n  lightsail-snap apply {plan}\n" in result.err
    assert "failed   take   us-east-1  nightly-Disk-1-" in result.out
    assert "done     take   us-east-1  nightly-Disk-2-" in result.out


def test_apply_on_a_terminal_counts_the_steps(
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


def test_results_are_not_printed_into_the_bar(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    screen = Terminal()
    monkeypatch.setattr(sys, "stdout", screen)
    monkeypatch.setattr(sys, "stderr", screen)
    with step_counter("[x]", 2) as advance:
        advance(lambda: print_line("one"))
        advance(lambda: print_line("two"))
    advance(lambda: print_line("too late"))
    assert "too late" not in screen.getvalue()
    for line in ("one", "two"):
        # The bar is erased, and the cursor is where its line began.
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
def test_invalid_plan_file_exits_with_usage(
    command: Command, tmp_path: Path, name: str, content: str
) -> None:
    file = tmp_path / name
    file.write_text(content, encoding="latin-1")
    for subcommand in ("plan", "apply", "prune"):
        result = command(subcommand, str(file))
        assert (result.code, result.out) == (2, "")
        assert result.err.startswith(f"lightsail-snap: {file}")


def test_format_of_a_file_without_suffix_is_detected(
    command: Command, plan: str, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe"
    run = command("plan", plan, "--json").out
    for text in (Path(plan).read_text(encoding="utf-8"), run):
        pipe.write_text(text, encoding="utf-8")
        result = command("plan", str(pipe))
        assert (result.code, result.out.partition(",")[0]) == (0, "nightly in us-east-1")


def test_byte_order_mark_is_removed_from_plans_and_runs(
    command: Command, plan: str, tmp_path: Path
) -> None:
    run = command("plan", plan, "--json").out
    for name, text in (("a.toml", PLAN), ("a.json", run), ("a", run)):
        marked = tmp_path / name
        marked.write_text(text, encoding="utf-8-sig")
        assert _plans.read_plan(marked).name == "nightly"
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


def _set_stdin(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(content)))


@pytest.mark.parametrize("encoding", _ENCODINGS)
@pytest.mark.sample(2)
def test_plans_and_runs_are_read_in_every_encoding_with_a_mark(
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
        _set_stdin(monkeypatch, content)
        assert command("plan", "-").code == 0
        kind = BackupPlan.from_toml if document is text else Run.from_json
        assert kind(file) == kind(content) == kind(mark + document)
    _set_stdin(monkeypatch, (mark + run).encode(codec))
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
def test_other_encodings_are_refused_with_advice(
    name: str, content: bytes, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / name
    if name == "-":
        _set_stdin(monkeypatch, content)
    else:
        file.write_bytes(content)
    result = command("apply", "-" if name == "-" else str(file))
    assert result.code == 2
    assert "must be text in UTF-8" in result.err
    assert "Out-File -Encoding utf8" in result.err
    for read in (Run.from_json, BackupPlan.from_json, BackupPlan.from_toml):
        with pytest.raises(RequestValidationError, match="must be text in UTF-8"):
            read(content)


@pytest.mark.thorough
@pytest.mark.usefixtures("history")
def test_concurrent_apply_of_a_run_does_each_step_once(
    command: Command, plan: str, tmp_path: Path, emulator: LightsailEmulator
) -> None:
    """Two processes that share only the service, as when cron starts a job twice."""
    copied = PLAN.replace('slot = "day"', 'slot = "day"\ncopies = ["us-west-2"]')
    Path(plan).write_text(copied, encoding="utf-8")
    file = tmp_path / "run.json"
    file.write_text(command("plan", plan, "--json").out, encoding="utf-8")
    emulator.progression = Progression.by_seconds(0.2, 0.2)
    arguments = [
        sys.executable,
        "-m",
        "lightsail_snap",
        "apply",
        str(file),
        "--json",
        "--poll",
        "0.05",
    ]
    both = [subprocess.Popen(arguments, stdout=subprocess.PIPE) for _ in range(2)]  # noqa: S603 - the command under test
    try:
        outputs = [process.communicate(timeout=120)[0] for process in both]
    finally:
        for process in both:
            process.kill()
    assert [process.returncode for process in both] == [0, 0]
    results = [json.loads(line) for text in outputs for line in text.splitlines()]
    assert {each["status"] for each in results} <= {"done", "adopted"}
    done = {each["id"] for each in results if each["status"] == "done"}
    assert done == {each["id"] for each in results}
    # Three of eleven days remain, the other disk has one, and both of today are copied.
    assert len(names(command)) == 3 + 1
    assert len(command("list", "--json", "--region", "us-west-2").lines) == 2


def test_too_large_file_is_refused(
    command: Command, plan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_plans, "_MAX_FILE_BYTES", 10)
    result = command("plan", plan)
    assert result.code == 2
    assert "nightly.toml is too large" in result.err


def test_missing_file_is_reported_by_name(command: Command, tmp_path: Path) -> None:
    result = command("plan", str(tmp_path / "gone.toml"))
    assert result.code == 1
    file = tmp_path / "gone.toml"
    assert result.err == f"lightsail-snap: {file}: No such file or directory; check the path\n"


@pytest.mark.usefixtures("history")
def test_prompt_defaults_to_no_and_appears_once(
    command: Command,
    plan: str,
    type_on_terminal: Callable[[str], None],
    emulator: LightsailEmulator,
) -> None:
    count = len(names(command))
    kept = "nothing was deleted"
    advice = "nothing was changed; to take and copy snapshots only, pass --max-deletions 0"
    for arguments, message in (
        (["prune", plan, "--apply"], kept),
        (["apply", plan], advice),
    ):
        type_on_terminal("\n")
        result = command(*arguments)
        assert (result.code, result.out) == (2, "")
        assert message in result.err
    assert len(names(command)) == count
    assert emulator.calls["CreateDiskSnapshot"] == 0
    type_on_terminal("y\n")
    result = command("apply", plan)
    assert result.code == 0
    assert result.err.count("[y/N]") == 1
    assert "take 2, copy 0, delete 8 (8 snapshots from " in result.err
    assert len(names(command)) == 4
    # Without deletions there is no prompt.
    type_on_terminal("")
    assert command("apply", plan).code == 0
    assert command("prune", plan, "--apply").code == 0


@pytest.mark.usefixtures("history")
def test_apply_deletes_no_more_than_max_deletions(
    command: Command, plan: str, type_on_terminal: Callable[[str], None]
) -> None:
    Path(plan).write_text("max_deletions = 7\n" + PLAN, encoding="utf-8")
    result = command("apply", plan, "--json")
    assert result.code == 7
    assert {(each["action"], each["status"]) for each in result.lines} == {
        ("take", "done"),
        ("delete", "skipped"),
    }
    assert f"then run:\n  lightsail-snap apply {plan} --max-deletions 8\n" in result.err
    assert len(names(command)) == 12
    type_on_terminal("yes\n")
    result = command("apply", plan, "--max-deletions", "0")
    assert (result.code, len(names(command))) == (7, 12)
    # On a terminal, the number in the prompt is the limit.
    assert command("apply", plan).code == 0
    assert len(names(command)) == 4


@pytest.mark.usefixtures("history")
def test_many_plans_are_confirmed_by_one_prompt(
    command: Command, plan: str, tmp_path: Path, type_on_terminal: Callable[[str], None]
) -> None:
    run = tmp_path / "run.json"
    run.write_text(command("plan", plan, "--json").out, encoding="utf-8")
    broken = tmp_path / "broken.toml"
    text = PLAN.replace("nightly", "broken").replace('globs = ["Disk-*"]', 'names = ["no"]')
    broken.write_text(text, encoding="utf-8")
    type_on_terminal("y\n")
    result = command("apply", str(run), str(broken))
    assert result.code == 7
    assert result.err.count("[y/N]") == 1
    assert "failed   broken: " in result.out
    assert len(names(command)) == 4
    type_on_terminal("y\n")
    assert command("apply", str(broken)).code == 2
    result = command("apply", str(run), "--max-deletions", "3")
    assert result.code == 7
    assert "[y/N]" not in result.err


@pytest.mark.usefixtures("history")
def test_plan_prints_the_notes_of_a_run(
    command: Command, tmp_path: Path, emulator: LightsailEmulator
) -> None:
    file = tmp_path / "other.toml"
    file.write_text(PLAN.replace("Disk-*", "Disk-2"), encoding="utf-8")
    message = "10 snapshots in us-east-1 of sources that are not selected"
    assert message in command("plan", str(file)).err
    assert emulator.calls["CreateDiskSnapshot"] == 0
    # `prune` with the plan evaluates them, too.
    assert [each["keep"] for each in command("prune", str(file), "--json").lines].count(True) == 3
    another = tmp_path / "another.toml"
    another.write_text(PLAN.replace('"nightly"', '"another"'), encoding="utf-8")
    assert message in command("apply", str(file), str(another), "--yes").err


@pytest.mark.thorough
def test_unreachable_copy_region_is_reported_and_others_continue(
    command: Command, plan: str, emulator: LightsailEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = Path(plan)
    copied = PLAN.replace('slot = "day"', 'slot = "day"\ncopies = ["us-west-2"]')
    file.write_text(copied, encoding="utf-8")
    handle = emulator.handle

    def respond(region: str, operation: str, payload: Any) -> Response:
        if region == "us-west-2":
            return access_denied(emulator)
        return handle(region, operation, payload)

    monkeypatch.setattr(emulator, "handle", respond)
    note = "the snapshots in us-west-2 could not be listed; nothing is deleted there: AccessDenied"
    planned = command("plan", plan)
    assert planned.code == 0
    assert note in planned.err
    result = command("apply", plan)
    assert result.code == 7
    assert note in result.err
    assert [line[:14] for line in result.out.splitlines()].count("done     take ") == 2
    both = command("apply", plan, plan.replace("nightly", "weekly"))
    assert both.code == 7
    assert f"nightly: {note}" in both.err
    for options in ([], ["--apply", "--yes"]):
        pruned = command("prune", plan, *options)
        assert pruned.code == 7
        assert "lightsail-snap: us-west-2: access denied" in pruned.err
        assert ("keep " in pruned.out) is (not options)
    monkeypatch.setattr(emulator, "handle", lambda *given: respond("us-west-2", *given[1:]))
    assert command("prune", plan).code == 1


def test_shifted_clock_follows_the_system_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    clock = ShiftedClock()
    before = clock.time(), clock.monotonic()
    clock.sleep(2.5)
    clock.days_ago = 1
    day = timedelta(days=1).total_seconds()
    assert slept == [2.5]
    assert clock.time() == pytest.approx(before[0] - day, abs=60)
    assert clock.monotonic() == pytest.approx(before[1] - day, abs=60)


def _interrupt(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("at", ["apply", "prune"])
@pytest.mark.usefixtures("history")
def test_interrupt_prints_how_to_continue(
    command: Command, plan: str, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_plans, "apply_and_report", _interrupt)
    monkeypatch.setattr(_prune, "prune", _interrupt)
    result = command(at, plan, *(["--apply", "--yes"] if at == "prune" else []))
    assert result.code == 130
    assert "lightsail-snap: interrupted\n" in result.err
    advice = {
        "apply": f"To resume, run:\n  lightsail-snap apply {plan}\n",
        "prune": "To delete the rest, run the same command again.\n",
    }
    assert result.err.endswith(advice[at])


# Standard input


def test_plan_on_standard_input_is_planned_and_applied(
    command: Command, plan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """TOML, JSON and a run, with the commands that the messages show."""
    text = Path(plan).read_bytes()
    run = command("plan", plan, "--json").out.encode()
    statuses: list[set[str]] = []
    for content in (text, BackupPlan.from_toml(text).to_json().encode(), run):
        _set_stdin(monkeypatch, content)
        result = command("plan", "-")
        advice = "To apply the plan, pass the same input to:\n  lightsail-snap apply -\n"
        assert advice in result.err
        _set_stdin(monkeypatch, content)
        result = command("apply", "-", "--yes", "--json")
        assert result.code == 0
        statuses.append({each["status"] for each in result.lines})
    assert statuses == [{"done"}, {"adopted"}, {"adopted"}]
    _set_stdin(monkeypatch, text)
    assert command("prune", "-").code == 0


@pytest.mark.usefixtures("history")
def test_command_to_continue_a_plan_on_standard_input_works(
    command: Command, plan: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b"max_deletions = 7\n" + Path(plan).read_bytes()
    _set_stdin(monkeypatch, content)
    result = command("apply", "-")
    assert result.code == 7
    assert result.err.endswith(
        "then pass the same input to:\n  lightsail-snap apply - --max-deletions 8\n"
    )
    arguments = result.err.splitlines()[-1].split()[1:]
    _set_stdin(monkeypatch, content)
    assert command(*arguments).code == 0
    _set_stdin(monkeypatch, content)
    monkeypatch.setattr(_plans, "apply_and_report", _interrupt)
    result = command("apply", "-", "--yes", "--max-deletions", "0")
    assert result.code == 130
    assert result.err.endswith(
        "To resume, pass the same input to:\n  lightsail-snap apply - --yes --max-deletions 0\n"
    )


def test_retry_of_a_plan_on_standard_input_keeps_its_options(
    command: Command, plan: str, refuse: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse("CreateDiskSnapshot", '"Disk-1"')
    _set_stdin(monkeypatch, Path(plan).read_bytes())
    result = command("apply", "-", plan.replace("nightly", "weekly"), "--max-deletions", "0")
    assert result.code == 7
    assert "To retry them, pass the same input to:\n  lightsail-snap apply - /" in result.err
    assert result.err.endswith("weekly.toml --max-deletions 0\n")


@pytest.mark.parametrize("subcommand", ["plan", "apply", "prune"])
def test_terminal_as_standard_input_is_refused(
    command: Command, subcommand: str, type_on_terminal: Callable[[str], None]
) -> None:
    type_on_terminal("")
    result = command(subcommand, "-")
    assert (result.code, result.out) == (2, "")
    assert result.err == (
        "lightsail-snap: standard input is a terminal; pipe a plan or run into the command, or "
        "pass its file\n"
    )


@pytest.mark.parametrize("content", [None, b"", b" \r\n", b"\xff\xfe", b"\xef\xbb\xbf\n"])
@pytest.mark.parametrize("subcommand", ["plan", "apply", "prune"])
def test_empty_input_is_refused(
    command: Command,
    subcommand: str,
    content: bytes | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    advice = "is empty; pass a plan (TOML or JSON) or a run of `plan --json`\n"
    if content is None:
        monkeypatch.setattr(sys, "stdin", None)
    else:
        _set_stdin(monkeypatch, content)
        file = tmp_path / "empty.toml"
        file.write_bytes(content)
        assert command(subcommand, str(file)).err == f"lightsail-snap: {file} {advice}"
    result = command(subcommand, "-")
    assert (result.code, result.out) == (2, "")
    assert result.err == f"lightsail-snap: standard input {advice}"


def test_standard_input_is_only_read_once(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set_stdin(monkeypatch, PLAN.encode())
    result = command("apply", "-", "-")
    assert result.code == 2
    assert result.err == "lightsail-snap: standard input is only read once; pass - once\n"


@pytest.mark.usefixtures("history")
def test_prune_with_a_plan_on_standard_input_needs_yes(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set_stdin(monkeypatch, PLAN.encode())
    result = command("prune", "-", "--apply")
    assert result.code == 2
    assert "cannot prompt because stdin is not a terminal; pass --yes" in result.err
    _set_stdin(monkeypatch, PLAN.encode())
    assert command("prune", "-", "--apply", "--yes").code == 0


def test_misspelled_region_is_accepted_with_a_hint(command: Command, plan: str) -> None:
    Path(plan).write_text(PLAN.replace("us-east-1", "us-est-1"), encoding="utf-8")
    for subcommand in ("plan", "apply", "prune"):
        message = command(subcommand, plan).err
        assert message.startswith("us-est-1 is not a known Region of Lightsail; did you mean us-")
        assert "us-east-1" in message


def test_misspelled_fields_are_one_line_each_with_the_nearest_field(
    command: Command, plan: str
) -> None:
    text = PLAN.replace("keep_daily", "keep_dialy").replace("globs", "glob")
    Path(plan).write_text(text, encoding="utf-8")
    result = command("plan", plan)
    assert result.code == 2
    _, *problems = result.err.splitlines()
    assert [line.split("; ")[-1] for line in problems] == [
        "did you mean globs?",
        "did you mean keep_daily?",
    ]


# The command on_complete


@pytest.fixture
def notify(tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """Write plans with a command that stores the document; the result returns the documents."""
    target = tmp_path / "received"
    code = "import sys; open(sys.argv[1], 'a').write(sys.stdin.read()); sys.exit(int(sys.argv[2]))"

    def received(*plans: str, code_of_command: int = 0) -> list[dict[str, Any]]:
        for plan in plans:
            command = [sys.executable, "-S", "-c", code, str(target), str(code_of_command)]
            text = Path(plan).read_text(encoding="utf-8")
            Path(plan).write_text(f"on_complete = {json.dumps(command)}\n{text}", encoding="utf-8")
        lines = target.read_text().splitlines() if target.exists() else []
        return [json.loads(line) for line in lines]

    return received


Notify = Callable[..., list[dict[str, Any]]]


def test_command_of_a_plan_receives_the_result(
    command: Command, plan: str, notify: Notify, tmp_path: Path
) -> None:
    notify(plan)
    run = tmp_path / "run.json"
    run.write_text(command("plan", plan, "--json").out, encoding="utf-8")
    assert notify() == []
    for file in (plan, str(run)):
        result = command("apply", file, "--json")
        assert result.code == 0
        *_, document = notify()
        assert document["is_complete"] is True
        steps = [{"plan": "nightly", **each} for each in document["steps"]]
        assert steps == sorted(result.lines, key=lambda step: str(step["name"]))
    assert len(notify()) == 2
    other = plan.replace("nightly", "weekly")
    notify(other)
    assert command("apply", plan, other).code == 0
    assert sorted(each["plan"] for each in notify()[2:]) == ["nightly", "weekly"]


def test_failed_command_of_a_plan_is_reported_with_partial(
    command: Command, plan: str, notify: Notify, refuse: Callable[[str, str], None]
) -> None:
    notify(plan, code_of_command=3)
    failure = f"lightsail-snap: nightly: on_complete: {sys.executable} exited with 3\n"
    result = command("apply", plan)
    assert result.code == 7
    assert result.err.endswith(failure)
    assert "done     take   us-east-1  nightly-Disk-1-" in result.out
    for files in ([plan], [plan, plan.replace("nightly", "weekly")]):
        assert command("apply", *files).err.count(failure) == 1
    refuse("GetDisks", "")
    result = command("apply", plan)
    assert result.code == 1
    assert result.err.startswith(f"{failure}lightsail-snap: access denied: ")
    assert [each["is_complete"] for each in notify()] == [True, True, True, False]


def test_command_of_a_plan_receives_errors_before_the_run(
    command: Command, plan: str, notify: Notify, refuse: Callable[[str, str], None]
) -> None:
    refuse("GetDisks", "")
    other = plan.replace("nightly", "weekly")
    notify(plan, other)
    assert command("apply", plan).code == 1
    assert command("apply", plan, other).code == 7
    documents = notify()
    assert [each["slot"] for each in documents] == [None] * 3
    assert all(each["error"].startswith("AccessDeniedException: ") for each in documents)


@pytest.mark.usefixtures("history")
def test_command_of_a_plan_is_not_run_if_the_user_declines(
    command: Command, plan: str, notify: Notify, type_on_terminal: Callable[[str], None]
) -> None:
    notify(plan)
    type_on_terminal("n\n")
    assert command("apply", plan).code == 2
    assert notify() == []


def test_interrupt_runs_the_command_of_a_plan_once(
    command: Command, plan: str, notify: Notify, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The interrupt arrives in the main thread while a worker finishes the run."""
    notify(plan)
    futures: list[Any] = []
    is_reported = threading.Event()

    def interrupt_while_waiting(future: Any) -> Any:
        futures.append(future)
        raise KeyboardInterrupt

    def apply_late(*arguments: Any, **options: Any) -> Any:
        assert is_reported.wait(60)
        return apply_and_report(*arguments, **options)

    def report_first(*arguments: Any) -> None:
        report_error(*arguments)
        is_reported.set()
        assert futures[0].result(60).is_complete

    monkeypatch.setattr(_plans, "result_of", interrupt_while_waiting)
    monkeypatch.setattr(_plans, "apply_and_report", apply_late)
    monkeypatch.setattr(_plans, "report_error", report_first)
    assert command("apply", plan).code == 130
    (document,) = notify()
    assert (document["error"], document["steps"]) == ("interrupted", [])
    assert document["slot"] is not None


def test_interrupt_of_many_plans_runs_the_commands_that_have_not_run(
    command: Command, plan: str, notify: Notify, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_plans, "apply_many_and_report", _interrupt)
    other = plan.replace("nightly", "weekly")
    notify(plan, other)
    result = command("apply", plan, other)
    assert result.code == 130
    assert f"To resume, run:\n  lightsail-snap apply {plan} {other}\n" in result.err
    assert [(each["plan"], each["error"]) for each in notify()] == [
        ("nightly", "interrupted"),
        ("weekly", "interrupted"),
    ]


def test_second_interrupt_ends_the_command_of_a_plan(
    command: Command, plan: str, notify: Notify, monkeypatch: pytest.MonkeyPatch
) -> None:
    notify(plan)
    monkeypatch.setattr(_plans, "apply_and_report", _interrupt)
    monkeypatch.setattr(_plans, "run_on_complete", _interrupt)
    result = command("apply", plan)
    assert result.code == 130
    assert result.err.endswith(f"To resume, run:\n  lightsail-snap apply {plan}\n")
