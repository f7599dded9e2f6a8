"""Messages of failures: in the words of the command line, one line for each problem."""

from __future__ import annotations

import ast
import gc
import importlib
import inspect
import json
import os
import pkgutil
import re
import shlex
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import typer
from botocore.exceptions import EndpointConnectionError, NoRegionError
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from tests.cli.support import PLAN, Command, Terminal

import lightsail_snap
import lightsail_snap.models
from lightsail_snap import (
    AccessDeniedException,
    ConfigurationError,
    DiskSnapshot,
    InvalidInputException,
    LightsailSnapClient,
    LightsailSnapError,
    NotFoundException,
    OutcomeUnknownError,
    PartialFailureError,
    QuiesceError,
    RequestNotSentError,
    RequestValidationError,
    ResourceType,
    ResponseValidationError,
    ServiceError,
    ServiceException,
    SnapshotConflictError,
    ThrottlingError,
    UnauthenticatedException,
    Violation,
    WaitFailedError,
    WaitTimeoutError,
)
from lightsail_snap.cli import _demo, _messages, _usage, main
from lightsail_snap.cli._app import COMMANDS
from lightsail_snap.cli._errors import UnfinishedError, advise_how_to_resume
from lightsail_snap.cli._explanations import (
    CommandContext,
    InvalidFileError,
    describe_error,
    explain,
    reason_in_words,
)
from lightsail_snap.cli._options import Settings
from lightsail_snap.cli._vocabulary import advice_for, in_options, option_of, without_python
from lightsail_snap.emulator import LightsailEmulator
from lightsail_snap.emulator._wire import Response, make_response
from lightsail_snap.models import (
    CreateDiskSnapshotRequest,
    DiskSource,
    GetDisksRequest,
    GetOperationRequest,
    Operation,
)
from lightsail_snap.models._rules import Requirement


def with_request(error: ServiceError, request: Any) -> ServiceError:
    error.request = request
    return error


def _parameter_names() -> frozenset[str]:
    """Return the names of the Python API that have an underscore."""
    models = [
        each
        for each in vars(lightsail_snap.models).values()
        if inspect.isclass(each) and issubclass(each, BaseModel)
    ]
    names = {field for model in models for field in model.model_fields}
    for name, method in inspect.getmembers(LightsailSnapClient, inspect.isfunction):
        names |= {name, *inspect.signature(method).parameters}
    return frozenset(each for each in names if "_" in each.strip("_"))


PARAMETERS = _parameter_names()
PYTHON = re.compile(
    r"=None|RegionName\.|\brule:|'\)|\(\)|\[Errno|pydantic|session=|=True|=False|\bNone\b|\\n"
    r"|\b\w+(?:Error|Exception)\b|<\w+ object"
)


def python_in(text: str) -> list[str]:
    """Return what a person can only understand who knows the Python API."""
    words = set(re.findall(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+", text))
    return [*PYTHON.findall(text), *sorted(words & PARAMETERS)]


@pytest.fixture
def server(command: Command, emulator: LightsailEmulator, tmp_path: Path) -> Command:
    """The command line with a snapshot, a conflict of names, and plan files."""
    client = emulator.boto3_client("us-east-1")
    client.create_disk_snapshot(diskSnapshotName="db-1", diskName="Disk-1")
    edits: dict[str, Callable[[str], str]] = {
        "nightly": lambda text: text,
        "key": lambda text: text.replace("keep_daily", "keep_dialy"),
        "three": lambda text: (
            text.replace('"day"', '"dya"')
            .replace("us-east-1", "Ohio")
            .replace("keep_daily = 3", "keep_daily = -1")
        ),
        "syntax": lambda text: text.replace("slot =", "slot"),
        "gone": lambda text: text.replace('globs = ["Disk-*"]', 'names = ["Disk-7"]'),
        "table": lambda text: text.replace('[select]\nkind = "disk"', "select = 3\n[other]"),
    }
    for name, edit in edits.items():
        (tmp_path / f"{name}.toml").write_text(edit(PLAN), encoding="utf-8")
    (tmp_path / "bad.json").write_text('{"name": }', encoding="utf-8")
    return command


# What a new user types, without what the fixtures set, and what the message must have.
MISTAKES = [
    (
        "list",
        8,
        "no Region is set; pass --region, or set AWS_DEFAULT_REGION",
        "-AWS_DEFAULT_REGION",
    ),
    ("list --region useast1", 2, "did you mean us-east-1?", ""),
    ("list --region us-east-1a", 2, "use us-east-1", ""),
    ("list --region ''", 2, "--region must be an AWS Region", ""),
    ("list", 8, "no AWS credentials were found; pass --profile", "-AWS_ACCESS_KEY_ID"),
    ("list", 8, "the AWS credentials are incomplete; set both AWS_ACC", "-AWS_SECRET_ACCESS_KEY"),
    ("list --profile absent", 8, "the config profile (absent) could not be found; pass a", ""),
    ("list --endpoint-url http://127.0.0.1:9", 1, "cannot reach Lightsail: could not connect", ""),
    ("list --endpoint-url http://a.example", 8, "use https://, or pass --allow-plain-http", ""),
    ("list --endpoint-url nonsense", 8, "invalid endpoint: nonsense; check --endpoint-url", ""),
    ("show nope", 3, "no snapshot is named nope in us-east-1\nTo list the snapshots, run:", ""),
    ("show db-2", 3, "no snapshot is named db-2 in us-east-1; did you mean db-1?", ""),
    ("create db-2 --disk Disk-9", 3, "no disk is named Disk-9 in us-east-1; did you mean", ""),
    ("create db-2 --disk other", 3, "no disk is named other in us-east-1; check the name", ""),
    ("create db-2 --instance web-2", 3, "no instance is named web-2 in us-east-1; did you", ""),
    ("restore nope d-2 --zone us-east-1a", 3, "no snapshot is named nope in us-east-1", ""),
    (
        "auto-snapshots copy Disk-1 x-1 --latest",
        3,
        "The AutoSnapshot does not exist: Disk-1, latest",
        "",
    ),
    ("create db-1 --disk Disk-2", 4, "the name db-1 is taken by a disk snapshot of 20", ""),
    ("create 'a!' --disk Disk-1", 2, "NAME: must be 2 to 255 ASCII letters", ""),
    ("create db-2", 2, "specify exactly one of --disk, --system-disk or --instance", ""),
    (
        "create db-2 --disk D --instance I",
        2,
        "system-disk or --instance, not --disk and --instance",
        "",
    ),
    ("create db-2 --disk Disk-1 --tag a!=1", 2, "--tag: must be 1 to 128 letters", ""),
    (
        "create db-2 --disk Disk-1 --tag aws:a --tag b!",
        2,
        "2 problems; nothing was sent\n  --tag",
        "",
    ),
    ("create db-2 --disk Disk-1 --timeout soon", 2, "--timeout: soon is not a duration; write", ""),
    ("create db-2 --disk Disk-1 --freeze x", 2, "--freeze: must be the absolute path", ""),
    ("create db-2 --disk Disk-1 --freeze /nowhere", 1, "cannot find '/nowhere'", ""),
    ("plan nigthly.toml", 1, "No such file or directory; did you mean nightly.toml?", ""),
    ("plan absent/x.toml", 1, "absent/x.toml: No such file or directory; check the path", ""),
    ("plan syntax.toml", 2, "syntax.toml is not valid TOML: Expected '=' after a key", ""),
    ("plan bad.json", 2, "bad.json is not valid JSON: expected value at line 1 column 10", ""),
    ("plan key.toml", 2, "retention.keep_dialy: unknown key; did you mean keep_daily?", ""),
    ("plan three.toml", 2, "three.toml has 3 problems\n  region: must be an AWS Region", ""),
    ("plan gone.toml", 2, "select.names[0]: does not exist, or is excluded, got 'Disk-7'", ""),
    ("plan table.toml", 2, "table.toml has 2 problems\n  select: must be a table, got 3", ""),
    ("delete db-1", 2, "cannot prompt because stdin is not a terminal; pass --yes", ""),
    ("rescue web-1 --to web-1", 2, "--to: must be another instance", ""),
    ("rollback Disk-1 db-1 --new-disk-name Disk-1", 2, "--new-disk-name: must differ", ""),
    ("rollback --undo Disk-1 --yes", 2, "must be a disk that `rollback` has created", ""),
    ("prune --name a --keep-daily x", 2, "--keep-daily: must be a whole number", ""),
    ("restore db-1 d-2 --zone us-east-1 --size 1", 2, "\n  --size: must be a whole number of", ""),
    ("list --rgion us-east-1", 2, "no such option: --rgion; did you mean --region?", ""),
    ("list --zzz", 2, "no such option: --zzz\nFor help, run:\n  lightsail-snap list --help", ""),
    ("lst", 2, "no such command: lst; did you mean list?", ""),
    ("auto-snapshots lsit x", 2, "no such command: lsit; did you mean list?", ""),
    ("list --kind diks", 2, "--kind must be all, disk or instance, not diks; did you mean", ""),
    ("list --poll 0", 2, "lightsail-snap: --poll", ""),
    ("list --poll soon", 2, "--poll must be a number, not soon", ""),
    ("restore db-1", 2, "the argument DISK is missing", ""),
    ("restore db-1 d-2", 2, "the option --zone is missing", ""),
    ("list a b c", 2, "too many arguments: b c", ""),
    ("list --region", 2, "--region needs a value", ""),
]


@pytest.mark.parametrize("mistake", MISTAKES, ids=[each[0] for each in MISTAKES])
def test_mistake_is_explained_in_options_and_commands(
    mistake: tuple[str, int, str, str],
    server: Command,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    line, code, message, unset = mistake
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    if unset:
        monkeypatch.delenv(unset.removeprefix("-"))
        if unset == "-AWS_ACCESS_KEY_ID":
            monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    result = server(*shlex.split(line))
    assert result.code == code
    assert message in result.err
    assert result.err.startswith("lightsail-snap: ")
    assert result.out == ""
    # Keys of plans are words of the person who wrote the file.
    found = [each for each in python_in(result.err) if f"{each}:" not in result.err]
    assert not [each for each in found if not line.startswith("plan")]
    assert not PYTHON.search(result.err)


def respond(emulator: LightsailEmulator, code: str, message: str = "no", status: int = 400) -> Any:
    """Return a handler that responds to every request with an error."""
    body = json.dumps({"__type": code, "message": message}).encode()

    def handle(*_: object) -> Response:
        return make_response(status, body, emulator.clock.time())

    return handle


@pytest.mark.parametrize(
    "case",
    [
        ("AccessDeniedException", 400, 1, "add the action lightsail:GetDiskSnapshots to their IAM"),
        ("ExpiredTokenException", 400, 8, "the credentials have expired; sign in again"),
        ("UnrecognizedClientException", 403, 8, "AWS rejected the credentials: no; check the acc"),
        ("InvalidSignatureException", 403, 8, "check the secret access key, and the clock"),
        ("ThrottlingException", 400, 1, "too many requests: Lightsail refused GetDiskSnapshots"),
        ("RegionSetupInProgressException", 400, 1, "no; wait a few minutes, then run the command"),
        ("ServiceException", 500, 1, "Lightsail failed to execute GetDiskSnapshots: no; run the"),
        ("InvalidInputException", 400, 1, "Lightsail refused GetDiskSnapshots: no\nFor details"),
        ("NewException", 400, 1, "Lightsail refused GetDiskSnapshots: no"),
    ],
)
def test_error_of_the_service_is_explained(
    case: tuple[str, int, int, str],
    command: Command,
    emulator: LightsailEmulator,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kind, status, code, message = case
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setattr(emulator, "handle", respond(emulator, kind, status=status))
    result = command("list")
    assert (result.code, result.out) == (code, "")
    assert message in result.err
    assert not python_in(result.err)
    assert result.err.endswith("For details, run the command with --verbose.\n")
    verbose = command("list", "--verbose").err
    assert f"  code: {kind}\n" in verbose
    assert "  operation: GetDiskSnapshots\n" in verbose
    assert "  request id: " in verbose
    assert "For details" not in verbose


NOW = datetime(2026, 11, 30, tzinfo=UTC)
READ = GetDisksRequest()
WRITE = CreateDiskSnapshotRequest(disk_snapshot_name="db-1", source=DiskSource(disk_name="Disk-1"))
SERVICE: dict[str, Any] = {"operation_name": "GetDisks", "code": "X"}


def caused(error: LightsailSnapError, cause: BaseException) -> LightsailSnapError:
    error.__cause__ = cause
    return error


def unknown_outcome(request: Any, cause: BaseException | None = None) -> LightsailSnapError:
    error = OutcomeUnknownError("no response", request=request)
    return error if cause is None else caused(error, cause)


EXPLAINED: list[tuple[BaseException, str]] = [
    (LightsailSnapError(), "no details"),
    (
        ConfigurationError("no", advice="pass region_name='us-east-1'"),
        "no; pass --region us-east-1",
    ),
    (ConfigurationError("a", advice="pass session=x"), "a"),
    (
        caused(ConfigurationError("NoRegionError: x"), NoRegionError()),
        "no Region is set; pass --region, or set AWS_DEFAULT_REGION (AWS_REGION is not read)",
    ),
    (
        RequestNotSentError("GetDisks was not sent: the time limit had passed", request=READ),
        (
            "GetDisks was not sent: the time limit had passed; check the network, the proxy "
            "and the "
            "Region"
        ),
    ),
    (unknown_outcome(READ), "no response to GetDisks; run the command again"),
    (
        unknown_outcome(READ, EndpointConnectionError(endpoint_url="https://x")),
        (
            'no response to GetDisks: could not connect to the endpoint URL: "https://x"; run the '
            "command again"
        ),
    ),
    (
        unknown_outcome(WRITE),
        "no response to CreateDiskSnapshot; the request may have been executed",
    ),
    (
        unknown_outcome(
            WRITE,
            InvalidInputException("Some names are in use: a", sub_code="NameExists", **SERVICE),
        ),
        (
            "the outcome is unknown: some names are in use: a; if another resource has the name, "
            "choose another one"
        ),
    ),
    (
        OutcomeUnknownError("disk snapshot a may have been created: x", request=WRITE),
        "disk snapshot a may have been created: x",
    ),
    (
        ServiceException("", may_have_executed=True, **SERVICE),
        "Lightsail refused GetDisks: X; the request may have been executed",
    ),
    (
        InvalidInputException("Bad.", tip="Do this.", **SERVICE),
        "Lightsail refused GetDisks: Bad; Do this.",
    ),
    (
        ThrottlingError("slow", retry_attempts=4, **SERVICE),
        (
            "too many requests: Lightsail refused GetDisks after 4 retries; wait a minute, "
            "then run "
            "the command again"
        ),
    ),
    (
        ThrottlingError("slow", retry_attempts=1, **SERVICE),
        (
            "too many requests: Lightsail refused GetDisks after 1 retry; wait a minute, "
            "then run the "
            "command again"
        ),
    ),
    (
        with_request(NotFoundException("gone", **SERVICE), GetOperationRequest(operation_id="a")),
        "Lightsail refused GetDisks: gone",
    ),
    (
        UnauthenticatedException("", **SERVICE),
        (
            "AWS rejected the credentials: X; check the access key id and the session token, "
            "and that "
            "they are active"
        ),
    ),
    (
        ResponseValidationError("GetDisksResult", [Violation("a", "b", "c", "d", 1)], b""),
        (
            "Lightsail sent a response that this version cannot read; update lightsail-snap; if it "
            "happens again, report it with the output of --verbose"
        ),
    ),
    (
        WaitTimeoutError("still pending", waited=timedelta(), advice="to keep waiting, call f()"),
        "still pending",
    ),
    (
        QuiesceError("fsfreeze needs Linux", advice="use command_hooks(...)"),
        "fsfreeze needs Linux; to stop the instance instead, pass --stop-instance",
    ),
    (
        QuiesceError("not found", advice="install util-linux, or use command_hooks(...)"),
        "not found; install util-linux",
    ),
    (
        PartialFailureError("1 of 2 failed", {"db-1": LightsailSnapError("no")}, {}),
        "1 of 2 failed: db-1: no",
    ),
    (
        PartialFailureError(
            "21 of 21 failed", {str(n): LightsailSnapError("no") for n in range(21)}, {}
        ),
        "21 of 21 failed: " + "; ".join(f"{n}: no" for n in range(20)) + "; and 1 more",
    ),
    (
        RequestValidationError("x", [Violation(f"f{n}", "bad", "", "", None) for n in range(22)]),
        "22 problems; nothing was sent: "
        + "; ".join(f"f{n}: bad" for n in range(20))
        + "; and 2 more",
    ),
    (
        RequestValidationError("x", [Violation("", "must be read", "", "pass f()", input=True)]),
        "must be read, got true",
    ),
    (
        SnapshotConflictError(
            "taken: created with the same client token",
            snapshot=DiskSnapshot(
                name="db-1", resource_type=ResourceType.DISK_SNAPSHOT, created_at=NOW, tags=()
            ),
        ),
        (
            "the name db-1 is taken by a disk snapshot of 2026-11-30 00:00 UTC that was "
            "created with "
            "the same --client-token from something else; choose another name and another "
            "--client-token"
        ),
    ),
    (
        SnapshotConflictError("taken", snapshot=DiskSnapshot(name="db-1", tags=())),
        "the name db-1 is taken by a resource; choose another name",
    ),
    (OSError(98, "Address already in use"), "Address already in use"),
    (OSError("broken"), "broken"),
    (PermissionError(13, "Permission denied", "a.toml"), "a.toml: Permission denied"),
    (LightsailSnapError("cannot listen: [Errno 98] in use"), "cannot listen: in use"),
    (InvalidFileError("a.toml"), "a.toml: a.toml"),
    (ValueError("other"), "other"),
]


@pytest.mark.parametrize(
    ("error", "line"),
    EXPLAINED,
    ids=[f"{n}-{type(e[0]).__name__}" for n, e in enumerate(EXPLAINED)],
)
def test_error_is_described_in_one_line(error: BaseException, line: str) -> None:
    assert describe_error(error) == line
    assert not python_in(line)


def test_reason_of_a_step_describes_its_error() -> None:
    error = AccessDeniedException("no", code="AccessDeniedException", operation_name="GetDisks")
    reason = f"AccessDeniedException: {error}; instance web-1 was stopped for 3 s"
    assert reason_in_words("", None) == ""
    assert reason_in_words(reason, error).startswith("access denied: these credentials may not")
    assert reason_in_words(reason, error).endswith("; instance web-1 was stopped for 3 s")


def test_region_that_is_not_known_is_the_advice() -> None:
    settings = Settings(region="us-est-1")
    context = CommandContext(settings=settings)
    error = RequestNotSentError("GetDisks was not sent", request=READ)
    assert "did you mean us-west-1 or us-east-1?" in explain(error, context).advice
    missing = with_request(NotFoundException("x", **SERVICE | {"operation_name": "CreateX"}), WRITE)
    assert explain(missing, context).headline.startswith("no disk is named Disk-1 in us-est-1; us-")
    refused = InvalidInputException("x", **SERVICE)
    assert "us-est-1 is not a known Region" in explain(refused, context).advice


def test_name_is_not_suggested_if_the_listing_fails(
    command: Command, emulator: LightsailEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle, denied = emulator.handle, respond(emulator, "AccessDeniedException")

    def refuse_lists(region: str, operation: str, payload: Any) -> Response:
        handler = denied if operation == "GetDisks" else handle
        return handler(region, operation, payload)

    monkeypatch.setattr(emulator, "handle", refuse_lists)
    result = command("create", "db-2", "--disk", "Disk-9")
    assert (result.code, result.out) == (3, "")
    assert "no disk is named Disk-9 in us-east-1; check the name and the Region" in result.err


def test_region_without_a_valid_profile_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    assert Settings(profile="absent").find_region() is None
    assert Settings().find_region() is None
    assert CommandContext().region is None
    missing = with_request(NotFoundException("x", **SERVICE | {"operation_name": "CreateX"}), WRITE)
    assert explain(missing, CommandContext()).headline == (
        "no disk is named Disk-1; check the name and the Region"
    )


def test_failed_operation_has_its_id_and_causes_in_the_details() -> None:
    error = WaitFailedError("failed", waited=timedelta(), operation=Operation(id="op-1"))
    inner = RequestValidationError("x", [Violation("a", "must be b", "the model", "", 1)])
    error.__cause__ = inner
    inner.__cause__ = error
    details = dict(explain(error, CommandContext()).details)
    assert details["operation id"] == "op-1"
    assert details["cause"] == f"RequestValidationError: {inner}"
    assert details["rule"] == "a: must be b (the model)"
    own = explain(inner, CommandContext()).details
    assert ("rule", "a: must be b (the model)") in own


def test_unknown_outcome_shows_the_command_that_continues() -> None:
    with pytest.raises(UnfinishedError, match="To find out"), advise_how_to_resume("x"):
        raise unknown_outcome(WRITE)
    with pytest.raises(OutcomeUnknownError), advise_how_to_resume("x"):
        raise unknown_outcome(READ)


def test_details_of_a_command_without_a_connection(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise unknown_outcome(READ, ConnectionResetError("reset"))

    monkeypatch.setattr(_demo, "_take_snapshot", fail)
    assert main(["demo"]) == 1
    assert capsys.readouterr().err.splitlines()[1:] == [
        "For details, run the command with --verbose."
    ]
    assert main(["demo", "-v"]) == 1
    assert capsys.readouterr().err.splitlines()[1:] == [
        "  error: OutcomeUnknownError",
        "  operation: GetDisks",
        "  cause: ConnectionResetError: reset",
    ]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_verbose(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    if command != "auto-snapshots":
        assert main([command, "--help"]) == 0
        assert "--verbose" in capsys.readouterr().out


# Terminals.

PROBLEM = "the name db-20261130T162432Z-with-a-long-name is taken; choose another name for it"


@pytest.mark.parametrize("columns", [10, 40, 80, 200])
def test_message_on_a_terminal_is_wrapped_between_words(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("COLUMNS", str(columns))
    _messages.print_message(f"  {PROBLEM}")
    _messages.print_command("To see it, run:", f"lightsail-snap show {'x' * 100}")
    text = terminal.getvalue()
    *lines, command = text.splitlines()
    assert " ".join(" ".join(lines).split()) == f"{PROBLEM} To see it, run:"
    assert all(len(line) <= columns or len(line.split()) == 1 for line in lines) or columns < 20
    assert all(line == line.rstrip() for line in lines)
    assert command == f"  lightsail-snap show {'x' * 100}"


def test_message_in_a_pipe_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    _messages.print_message(PROBLEM * 5)
    assert capsys.readouterr().err == PROBLEM * 5 + "\n"


def test_width_of_a_terminal_is_that_of_standard_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert _messages.terminal_width(sys.stderr) == 80
    parent, child = os.openpty()
    try:
        with os.fdopen(child, "w") as stream:
            monkeypatch.setattr(sys, "stderr", stream)
            # A new terminal has no size.
            assert _messages.terminal_width(sys.stderr) == 80
            monkeypatch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((123, 4)))
            assert _messages.terminal_width(sys.stderr) == 123
            monkeypatch.undo()
    finally:
        os.close(parent)


# The parser.


def test_errors_of_the_parser_without_a_parameter_or_command(
    capsys: pytest.CaptureFixture[str],
) -> None:
    usage_error = typer.BadParameter.__mro__[1]
    assert _usage.report_usage_error(typer.BadParameter("Too late.")) == 2
    assert _usage.report_usage_error(usage_error("No such command 'x'.")) == 2
    assert _usage.report_usage_error(usage_error("Something else.")) == 2
    option: Any = SimpleNamespace(param_type_name="option", opts=["-p", "--poll"])
    for kind in ("float", "integer"):
        error = typer.BadParameter(f"'soon' is not a valid {kind}.", param=option)
        assert _usage.report_usage_error(error) == 2
    assert capsys.readouterr().err.splitlines() == [
        "lightsail-snap: too late",
        "lightsail-snap: no such command 'x'",
        "lightsail-snap: something else",
        "lightsail-snap: --poll must be a number, not soon",
        "lightsail-snap: --poll must be a whole number, not soon",
    ]


# Every text of the library.

LIBRARY = Path(inspect.getfile(lightsail_snap)).parent
PACKAGES = ("_workflows", "_drivers", "_boto", "models", "quiesce", "plans", "_parameters.py")
# Texts about parameters that the command line does not pass.
UNREACHABLE = (
    "None for a key without a value",
    "must be callable, or None",
    "must be the value of a tag, or None",
    "X contradict each other; pass either boto3_client",
    "pass Scope(owner='nightly')",
    "wait_policy must be a WaitPolicy",
)


def test_every_requirement_reads_well_on_the_command_line() -> None:
    for module in pkgutil.walk_packages(lightsail_snap.models.__path__, "lightsail_snap.models."):
        importlib.import_module(module.name)
    requirements = [each for each in gc.get_objects() if isinstance(each, Requirement)]
    assert len(requirements) > 30
    for each in requirements:
        for model in ("CreateDiskSnapshotRequest", "BackupPlan"):
            violation = Violation("tags[0].key", each.rule, each.source, each.fix, "x")
            error = RequestValidationError(model, [violation])
            line = explain(error, CommandContext("create")).headline
            assert line.startswith("--tag: " if model != "BackupPlan" else "tags[0].key: ")
            assert not re.search(r"=None|region_name|\brule:|unicodedata|\w=\[|Tag\(", line), line


def _texts() -> Iterator[str]:
    """Yield every string of the library with several words, except docstrings."""
    for package in PACKAGES:
        path = LIBRARY / package
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            nodes = list(ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
            inner = {
                id(part)
                for node in nodes
                for part in (
                    [node.value]
                    if isinstance(node, ast.Expr)
                    else node.values
                    if isinstance(node, ast.JoinedStr)
                    else ()
                )
            }
            for node in nodes:
                if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in inner:
                    text = _literal(node)
                    if text.count(" ") > 1:
                        yield text


def _literal(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(map(_literal, values))
        case ast.FormattedValue():
            return "X"
        case _:
            return ""


@pytest.mark.thorough
def test_texts_of_the_library_have_no_python_after_translation() -> None:
    texts = [text for text in _texts() if not any(each in text for each in UNREACHABLE)]
    assert len(texts) > 500
    for text in texts:
        assert not python_in(without_python(in_options(text))), text


# Properties.

FIELDS = st.sampled_from(sorted(PARAMETERS))
INDEXES = st.sampled_from(["", "[0]", "[12].key", "[3].value"])
WORDS = st.text("abc xyz-", min_size=1, max_size=20)


@given(
    fields=st.lists(st.tuples(FIELDS, INDEXES), min_size=1, max_size=30),
    rule=WORDS,
    fix=FIELDS.map(lambda name: f"pass {name}=None, or {name}=[X(1)]"),
    value=st.one_of(st.none(), st.booleans(), st.integers(), WORDS),
    command=st.sampled_from([*COMMANDS, "", "enable"]),
)
def test_generated_problems_have_one_line_each_without_python(
    fields: list[tuple[str, str]], rule: str, fix: str, value: object, command: str
) -> None:
    violations = [Violation(f + i, rule, "source", fix, value) for f, i in fields]
    found = explain(RequestValidationError("Model", violations), CommandContext(command))
    lines = [found.headline, *found.items]
    assert len(found.items) <= 21
    for line in lines:
        assert "\n" not in line
        assert not python_in(line), line
        assert "rule:" not in line
        assert "Model" not in line


@given(name=FIELDS, value=st.sampled_from(["", "=True", "='a'", '="a"', "=a-1"]))
def test_parameters_are_translated_to_options(name: str, value: str) -> None:
    option = option_of(name, "")
    assert "_" not in option
    assert option_of(f"request.{name}[0]", "") == option
    assert "_" not in without_python(in_options(f"pass {name}{value}"))


@given(st.sampled_from(["--tag", "--size", "--never"]), st.text("ab_=(),; or", max_size=40))
def test_advice_never_grows_python(option: str, advice: str) -> None:
    found = advice_for(option, advice, "create")
    assert not re.search(r"\w\(", found)
