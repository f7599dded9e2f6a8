"""The command `on_complete` of a plan."""

from __future__ import annotations

import json
import os
import pickle
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lightsail_snap import (
    ConfigurationError,
    DiskSource,
    RequestValidationError,
)
from lightsail_snap.plans import BackupPlan, RunResult, StepResult, apply_many
from lightsail_snap.plans._completion import _redacted, _to_document, run_on_complete
from lightsail_snap.testing.strategies import errors
from lightsail_snap.testing.strategies._plans import run_results

Maker = Callable[..., BackupPlan]
COMPLETE = {"is_complete": True}
SESSION = "IQoJb3JpZ2luX2VjEXAMPLE"

RECORD = """
import os, sys
names = ("LIGHTSAIL_SNAP_PLAN", "LIGHTSAIL_SNAP_EXIT_STATUS")
with open(sys.argv[1], "a", encoding="utf-8") as file:
    file.write(" ".join(os.environ[name] for name in names) + "\\n" + sys.stdin.read())
"""


def python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-S", "-c", code, *arguments]


class Recorder:
    """A command that stores what it receives."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.command = python(RECORD, str(path))

    @property
    def received(self) -> list[tuple[str, dict[str, Any]]]:
        lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
        return [(lines[i], json.loads(lines[i + 1])) for i in range(0, len(lines), 2)]


@pytest.fixture
def recorder(tmp_path: Path) -> Recorder:
    return Recorder(tmp_path / "received")


def test_command_receives_the_result_of_a_complete_run(
    state: Any, make_plan: Maker, recorder: Recorder
) -> None:
    run = state.prepare(make_plan(on_complete=recorder.command))
    assert recorder.received == []
    result = state.apply(run)
    ((environment, document),) = recorder.received
    assert environment == "nightly 0"
    expected = result.to_dict()
    assert expected.pop("on_complete_error") is None
    assert document == {
        **expected,
        "summary": f"nightly in us-east-1, run {run.slot}: done 2, adopted 0, skipped 0, failed 0",
        "error": None,
    }


def test_command_receives_the_result_of_an_incomplete_run(
    state: Any, make_plan: Maker, recorder: Recorder
) -> None:
    run = state.prepare(make_plan(on_complete=recorder.command))
    state.another_client().create_disk_snapshot(run.steps[0].name, DiskSource("other"))
    result = state.apply(run)
    assert not result.is_complete
    ((environment, document),) = recorder.received
    assert environment == "nightly 1"
    assert document["is_complete"] is False
    assert document["error"] is None
    assert document["summary"].endswith("done 1, adopted 0, skipped 0, failed 1")
    assert [each["status"] for each in document["steps"]].count("failed") == 1


@pytest.mark.parametrize(
    ("error", "description"),
    [
        (RuntimeError(f"x-amz-security-token={SESSION}"), "RuntimeError: x-amz-security-token=***"),
        (KeyboardInterrupt(), "interrupted"),
    ],
)
def test_command_receives_an_error_and_the_steps_before_it(
    state: Any,
    make_plan: Maker,
    recorder: Recorder,
    error: BaseException,
    description: str,
) -> None:
    def fail(_: StepResult) -> None:
        raise error

    run = state.prepare(make_plan(on_complete=recorder.command))
    with pytest.raises(type(error)) as caught:
        state.apply(run, on_step=fail)
    assert caught.value is error
    ((environment, document),) = recorder.received
    assert environment == "nightly 1"
    assert (document["is_complete"], document["error"]) == (False, description)
    assert document["summary"] == f"nightly in us-east-1, run {run.slot}: {description}"
    assert [each["status"] for each in document["steps"]] == ["done"]


def test_failed_command_changes_no_result(state: Any, make_plan: Maker) -> None:
    plan = make_plan(on_complete=python("import sys; print('no\\nroute'); sys.exit(3)"))
    result = state.apply(state.prepare(plan))
    failure = f"on_complete: {sys.executable} exited with 3: no\\nroute"
    assert result.on_complete_error == failure
    assert result.is_complete
    result.raise_for_failures()
    assert str(result).endswith(f"failed 0; {failure}")
    assert result.to_dict()["on_complete_error"] == failure
    assert pickle.loads(pickle.dumps(result)) == result  # noqa: S301 - pickled above


def test_failed_command_is_a_note_of_the_error(state: Any, make_plan: Maker) -> None:
    def fail(_: StepResult) -> None:
        raise ZeroDivisionError

    run = state.prepare(make_plan(on_complete=["no-such-command"]))
    with pytest.raises(ZeroDivisionError) as caught:
        state.apply(run, on_step=fail)
    (note,) = caught.value.__notes__
    assert note == "on_complete: no-such-command could not be started: No such file or directory"


def test_failed_command_is_logged(make_plan: Maker, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG", "lightsail_snap.plans"):
        run_on_complete(make_plan(on_complete=["no-such-command"]), COMPLETE)
        run_on_complete(make_plan(on_complete=python("pass")), COMPLETE)
    levels = [(record.levelname, record.__dict__["plan"]) for record in caplog.records]
    assert levels == [("WARNING", "nightly"), ("DEBUG", "nightly")]


@pytest.mark.parametrize(
    ("code", "end"),
    [
        ("import sys; sys.exit(2)", "exited with 2"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "was ended by signal 9"),
        (f"import sys; sys.exit('securitytoken={SESSION}')", "exited with 1: securitytoken=***"),
        (r"import sys; sys.exit('\x1b[2J\udcff')", r"exited with 1: \x1b[2J\udcff"),
        (
            f"import sys; sys.exit('securitytoken={SESSION}' + 'x ' * 9000 + 'end')",
            f"exited with 1: {('x ' * 149)[1:]}end",
        ),
    ],
)
def test_failure_states_the_end_of_the_output_without_secrets(
    make_plan: Maker, code: str, end: str
) -> None:
    failure = run_on_complete(make_plan(on_complete=python(code)), COMPLETE)
    assert failure == f"on_complete: {sys.executable} {end}"


def test_output_of_a_successful_command_is_discarded(
    make_plan: Maker, capfd: pytest.CaptureFixture[str]
) -> None:
    plan = make_plan(on_complete=python("import sys; print('out'); print('err', file=sys.stderr)"))
    assert run_on_complete(plan, COMPLETE) == ""
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("command", [["no-such-command"], [os.devnull], [os.curdir]])
def test_command_that_cannot_be_started_is_reported(make_plan: Maker, command: list[str]) -> None:
    failure = run_on_complete(make_plan(on_complete=command), COMPLETE)
    assert failure.startswith(f"on_complete: {command[0]} could not be started: ")
    assert "Errno" not in failure


def test_arguments_are_not_passed_to_a_shell(make_plan: Maker, tmp_path: Path) -> None:
    target = tmp_path / "out"
    code = "import sys; open(sys.argv[1], 'w').write(repr(sys.argv[2:]))"
    arguments = ["$HOME; rm -rf x", "`id`", "a b", "*"]
    plan = make_plan(on_complete=python(code, str(target), *arguments))
    assert run_on_complete(plan, COMPLETE) == ""
    assert target.read_text() == repr(arguments)


def test_large_documents_reach_commands_and_may_be_ignored(
    make_plan: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    document = {**COMPLETE, "text": "é" * 500_000}
    reading = make_plan(
        on_complete=python(
            "import json, sys; sys.exit(len(json.load(sys.stdin)['text']) != 500_000)"
        )
    )
    ignoring = make_plan(on_complete=python("pass"))
    for _ in range(2):
        assert run_on_complete(reading, document) == ""
        assert run_on_complete(ignoring, document) == ""
        monkeypatch.delattr(os, "memfd_create", raising=False)


class Hanging:
    """A command that hangs, with a child, until both are killed."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
        server = socket.create_server(("127.0.0.1", 0))
        server.settimeout(60)
        code = (
            "import os, signal, socket\n"
            f"kept = socket.create_connection(('127.0.0.1', {server.getsockname()[1]}))\n"
            "if os.fork() == 0:\n"
            "    kept.send(b'x')\n"
            "signal.pause()\n"
        )
        self.command = python(code)
        self.timeouts: list[float | None] = []
        wait = subprocess.Popen.wait

        def fail_once_running(
            process: subprocess.Popen[bytes], timeout: float | None = None
        ) -> int:
            self.timeouts.append(timeout)
            if len(self.timeouts) == 1:
                self.connection, _ = server.accept()
                server.close()
                self.connection.settimeout(60)
                assert self.connection.recv(1) == b"x"
                raise error
            return wait(process, timeout)

        monkeypatch.setattr(subprocess.Popen, "wait", fail_once_running)

    def assert_is_killed(self) -> None:
        with self.connection:
            # The connection ends when no process has it open.
            assert self.connection.recv(1) == b""


def test_command_is_killed_with_its_children_after_the_timeout(
    make_plan: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = Hanging(monkeypatch, subprocess.TimeoutExpired("", 7))
    plan = make_plan(on_complete=hanging.command, on_complete_timeout=7)
    failure = run_on_complete(plan, COMPLETE)
    assert failure == f"on_complete: {sys.executable} did not end within 7 s and was killed"
    assert hanging.timeouts[0] == 7
    hanging.assert_is_killed()


def test_interrupt_kills_the_command(make_plan: Maker, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = Hanging(monkeypatch, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        run_on_complete(make_plan(on_complete=hanging.command), COMPLETE)
    hanging.assert_is_killed()


def test_command_without_process_groups_is_killed(
    make_plan: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows has neither process groups nor `signal.SIGKILL`."""
    monkeypatch.delattr(os, "killpg")
    plan = make_plan(on_complete=python("import signal; signal.pause()"), on_complete_timeout=0.001)
    assert "did not end within 0.001 s and was killed" in run_on_complete(plan, COMPLETE)


def test_unexpected_error_is_reported_and_leaves_no_process(
    make_plan: Maker, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    begin = subprocess.Popen.__init__

    def record(process: subprocess.Popen[bytes], *arguments: Any, **options: Any) -> None:
        started.append(process)
        begin(process, *arguments, **options)

    def refuse(_: threading.Thread) -> None:
        message = "can't start new thread"
        raise RuntimeError(message)

    monkeypatch.setattr(subprocess.Popen, "__init__", record)
    monkeypatch.setattr(threading.Thread, "start", refuse)
    plan = make_plan(on_complete=python("import signal; signal.pause()"))
    failure = run_on_complete(plan, COMPLETE)
    assert failure == "on_complete: RuntimeError: can't start new thread"
    assert started[0].returncode == -signal.SIGKILL
    assert started[0].stdout is not None
    started[0].stdout.close()


def test_apply_many_runs_the_command_of_each_plan(
    state: Any, make_plan: Maker, recorder: Recorder
) -> None:
    absent = {"kind": "disk", "names": ["absent"]}
    plans = [
        make_plan(on_complete=recorder.command),
        make_plan(name="broken", select=absent, on_complete=recorder.command),
        make_plan(name="unheard", select=absent, on_complete=["no-such-command"]),
        make_plan(name="silent"),
    ]
    fleet = apply_many(plans, client_factory=state.client, now=state.now)
    done, broken, unheard, _ = fleet.outcomes
    documents = {document["plan"]: document for _, document in recorder.received}
    assert documents.keys() == {"nightly", "broken"}
    assert done.is_complete
    assert documents["nightly"]["is_complete"] is True
    assert isinstance(broken.error, RequestValidationError)
    assert documents["broken"] == {
        "plan": "broken",
        "region": "us-east-1",
        "regions": ["us-east-1"],
        "slot": None,
        "steps": [],
        "is_complete": False,
        "summary": f"broken in us-east-1: RequestValidationError: {broken.error}",
        "error": f"RequestValidationError: {broken.error}",
    }
    for outcome in (unheard, pickle.loads(pickle.dumps(unheard))):  # noqa: S301 - pickled here
        assert "could not be started" in getattr(outcome.error, "__notes__", [""])[-1]


def test_client_that_is_missing_during_a_run_is_reported_once(
    state: Any, make_plan: Maker, recorder: Recorder
) -> None:
    away = [state.client("us-west-2")]

    def client_of(region: str) -> Any:
        if region == "us-east-1":
            return state.client(region)
        if not away:
            raise ConfigurationError("no client")
        return away.pop()

    plan = make_plan(on_complete=recorder.command, copies=["us-west-2"])
    (outcome,) = apply_many([plan], client_factory=client_of, now=state.now).outcomes
    assert isinstance(outcome.error, ConfigurationError)
    ((environment, document),) = recorder.received
    assert (environment, document["error"]) == ("nightly 1", "ConfigurationError: no client")


@given(run_results(), st.none() | errors())
def test_document_is_json_and_agrees_with_the_result(
    result: RunResult, error: BaseException | None
) -> None:
    document = _redacted(_to_document(result.run.plan, result, error))
    again = json.loads(json.dumps(document))
    assert again == document
    assert again["is_complete"] is (result.is_complete and error is None)
    assert (again["error"] is None) is (error is None)
    assert [each["id"] for each in again["steps"]] == [each.step.id for each in result.results]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(json_values, st.sampled_from(["AKIA", "ASIA"]), st.text("ABC123", min_size=16, max_size=16))
def test_credentials_anywhere_in_a_document_are_redacted(value: Any, kind: str, rest: str) -> None:
    secret = f"{kind}{rest}"
    document = {"deep": [value, {"x": [f"key {secret} in text"]}]}
    assert secret not in json.dumps(_redacted(document))
    assert _redacted(_redacted(document)) == _redacted(document)


def test_default_timeout_is_half_a_minute(make_plan: Maker) -> None:
    assert make_plan(on_complete=["true"]).on_complete_timeout == timedelta(seconds=30)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"on_complete": "curl x"}, r"put it in brackets: on_complete = \[...\]"),
        ({"on_complete": ["curl", ""]}, r"on_complete\[1\]: must be a non-empty string"),
        ({"on_complete": ["a\0b"]}, r"on_complete\[0\]: must be a non-empty string"),
        ({"on_complete": ["true"], "on_complete_timeout": 0}, "more than 0 and at most a year"),
        ({"on_completed": ["true"]}, "did you mean on_complete?"),
    ],
)
def test_invalid_commands_are_refused(
    make_plan: Maker, fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(RequestValidationError, match=message):
        make_plan(**fields)


PAGE = Path(__file__).parents[2] / "docs" / "cli.md"
SCRIPTS = re.findall(
    r"^```sh\n(#!/bin/sh\n.*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE
)
TOOLS = ("curl", "jq", "mail")
# A stand-in for the tools of the scripts: it stores its name, arguments and input.
TOOL = f"""#!{sys.executable} -S
import json, os, sys
content = json.loads(sys.stdin.read())
name = os.path.basename(sys.argv[0])
if name == "jq":
    assert sys.argv[1:] == ["{{text: .summary}}"]
    print(json.dumps({{"text": content["summary"]}}))
else:
    with open(os.environ["SENT"], "w", encoding="utf-8") as file:
        json.dump([name, *sys.argv[1:], content], file)
"""


@pytest.mark.skipif(os.name == "nt", reason="the scripts of the page need a POSIX shell")
@pytest.mark.parametrize("is_complete", [True, False])
@pytest.mark.parametrize(
    ("place", "tool", "received"),
    [(0, "curl", "is_complete"), (1, "curl", "text"), (2, "mail", "is_complete")],
)
def test_scripts_of_the_documentation_send_the_result(  # noqa: PLR0913 - fixtures
    place: int,
    tool: str,
    received: str,
    *,
    is_complete: bool,
    make_plan: Maker,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert len(SCRIPTS) == 3
    script, sent = tmp_path / "backup-notify", tmp_path / "sent"
    for path, content in ((script, SCRIPTS[place]), *((tmp_path / t, TOOL) for t in TOOLS)):
        path.write_text(content, encoding="utf-8")
        path.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setenv("SENT", str(sent))
    document = {"is_complete": is_complete, "summary": "nightly: done 1"}
    assert run_on_complete(make_plan(on_complete=[str(script)]), document) == ""
    if place == 2 and is_complete:
        assert not sent.exists()
        return
    name, *arguments, content = json.loads(sent.read_text("utf-8"))
    assert name == tool
    assert received in content
    if place == 0:
        assert arguments[-1] == f"https://hc-ping.com/your-uuid/{int(not is_complete)}"


def test_document_of_the_page_has_the_fields_of_a_result(
    state: Any, make_plan: Maker, recorder: Recorder
) -> None:
    shown = re.search(r"(?ms)^```json\n(.*?)^```$", PAGE.read_text("utf-8"))
    assert shown is not None
    state.apply(state.prepare(make_plan(on_complete=recorder.command)))
    ((_, document),) = recorder.received
    expected = json.loads(shown[1])
    assert list(expected) == list(document)
    assert list(expected["steps"][0]) == list(document["steps"][0])
