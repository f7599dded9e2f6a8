"""Fuzz targets: each takes bytes and checks the invariants.

The invariants: only `LightsailSnapError` is raised (by the command line, also `SystemExit`). It is
one printable line, pickles, and contains no credential. Nothing hangs.
"""

from __future__ import annotations

import contextlib
import functools
import io
import json
import os
import pickle
import random
import re
import socket
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

from lightsail_snap import DeleteDiskSnapshotRequest, LightsailSnapError, models
from lightsail_snap._boto.error_mapping import Attempt, error_from_response
from lightsail_snap.cli import main
from lightsail_snap.cli._errors import ExitCode
from lightsail_snap.emulator import LightsailEmulator, Progression
from lightsail_snap.models import ResponseMetadata
from lightsail_snap.models._base import RequestModel, WireModel
from lightsail_snap.plans import BackupPlan, Run

CORPUS = Path(__file__).parent / "corpus"
# Formats of credentials. A cut or altered one is harmless.
CANARIES = (
    re.compile(r"(?<![A-Z0-9])AKIACANARYCANARYCANA"),
    re.compile(r"(?i)x-amz-security-token: canary-session-token"),
    re.compile(r"://me:hunter2canary@h"),
)
_MAX_MESSAGE_LENGTH = 20_000
_ERROR_STATUS = 400

KINDS: tuple[type[WireModel], ...] = tuple(
    kind
    for name, kind in sorted(models.exported().items())
    if isinstance(kind, type)
    and issubclass(kind, WireModel)
    and not issubclass(kind, RequestModel)
    and kind not in {models.Request, models.Result}
)
_REQUEST = DeleteDiskSnapshotRequest(disk_snapshot_name="db-1")


class BrokenInvariantError(Exception):
    """An invariant does not hold."""


def _require(holds: object, invariant: str, text: str) -> None:
    if not holds:
        raise BrokenInvariantError(f"{invariant}: {text[:500]!r}")


def check_error(error: LightsailSnapError) -> None:
    """Check the invariants of errors."""
    text = str(error)
    _require(text.isprintable(), "an error is one printable line", text)
    _require(len(text) < _MAX_MESSAGE_LENGTH, "an error is bounded", text)
    for canary in CANARIES:
        _require(not canary.search(text), "no credential is shown", text)
    _require(str(pickle.loads(pickle.dumps(error))) == text, "errors pickle", text)  # noqa: S301 - pickled here


def results(data: bytes) -> None:
    """Read a response as the model that the first byte selects."""
    kind = KINDS[data[0] % len(KINDS)] if data else KINDS[0]
    try:
        found = kind.from_wire(data[1:])
        back = kind.from_wire(found.to_wire())
    except LightsailSnapError as error:
        check_error(error)
        return
    # NaN does not equal itself, so representations are compared.
    _require(repr(back) == repr(found), "reading what was written gives the same", repr(found))
    hash(found)
    repr(found)


def errors(data: bytes) -> None:
    """Map an error response, with attempts that the first two bytes select."""
    head, body = data[:2].ljust(2, b"\0"), data[2:]
    status = 300 + head[0] % 300
    attempts = [Attempt(http_status=None)] * (head[1] % 3) + [Attempt(http_status=status)]
    metadata = ResponseMetadata(http_status=status, request_id=body[:40].decode("latin-1"))
    error = error_from_response(_REQUEST, body, metadata, attempts)
    check_error(error)
    was_lost = len(attempts) > 1
    _require(error.may_have_executed or not was_lost, "a lost response is reported", str(error))


@functools.cache
def _emulator() -> LightsailEmulator:
    return LightsailEmulator()


_HEAD = {"authorization": "Credential=k/d/us-east-1/lightsail/aws4_request"}


def exchange(data: bytes) -> None:
    """Call the emulator: an operation, a line break, a body."""
    operation, _, body = data.partition(b"\n")
    target = f"Lightsail_20161128.{operation.decode('latin-1')}"
    response = _emulator().exchange(_HEAD | {"x-amz-target": target}, body)
    parsed = json.loads(response.body)
    is_error = "__type" in parsed
    _require(is_error == (response.status >= _ERROR_STATUS), "errors have types", repr(parsed))
    _require(parsed.get("__type") != "ServiceException", "the emulator does not fail", repr(data))


class HttpServer:
    """The emulator's HTTP server."""

    def __init__(self) -> None:
        """Start it."""
        self._stack = contextlib.ExitStack()
        emulator = self._stack.enter_context(LightsailEmulator())
        url = self._stack.enter_context(emulator.serve())
        host, _, port = url.removeprefix("http://").rpartition(":")
        self._address = (host, int(port))

    def close(self) -> None:
        """Stop it."""
        self._stack.close()

    def __call__(self, data: bytes) -> None:
        """Send bytes, and require an HTTP response in time."""
        with socket.create_connection(self._address, timeout=10) as connection:
            response = b""
            with contextlib.suppress(ConnectionError):
                connection.sendall(data)
                connection.shutdown(socket.SHUT_WR)
                while piece := connection.recv(65536):
                    response += piece
        _require(
            not response or response.startswith(b"HTTP/1."), "it responds with HTTP", repr(response)
        )
        _require(b"Traceback" not in response, "no traceback is sent", repr(response))


_PLAN = """
name = "nightly"
region = "us-east-1"
slot = "day"
select = { kind = "disk", globs = ["disk-*"] }
retention = { time_zone = "UTC", keep_last = 1 }
"""
# In no input, so only the environment can leak it.
_KEY_ID = "AKIAOFTHEENVIRONMENT"
# Placeholder for the path of a plan file.
_FILE = "plan.toml"
_ARGUMENTS = (
    "demo", "emulator", "--help", "--version", "--source", "disk", "instance", "--seconds", "0",
    "-1", "nan", "inf", "1e999", "--host", "192.0.2.1", "198.51.100.1", "example.com", "--port",
    "65536", "-p", "99999999999999999999", "--", "-", "", "--seconds=", "@/etc/passwd", "\x1b[2J",
    "\n", "\ud800", "%s", "create", "wait", "list", "show", "delete", "restore", "copy", "tag",
    "plan", "apply", "prune", "doctor", "db-1", "disk-1", "web-1", "--disk", "--instance",
    "--system-disk", "--tag", "env=prod", "=", "--timeout", "1s", "1h", "--client-token", "--json",
    "--deleted", "--kind", "--yes", "--zone", "us-east-1a", "all", "--size", "8", "--auto",
    "2026-11-23", "--auto-latest", "--from", "us-west-2", "--name", "--remove", "--concurrency",
    "--keep-last", "--keep-within", "1y2m3d", "--keep-tag", "--owner", "--time-zone", "UTC",
    "--apply", "--region", "us-east-1", "--poll", "0.1", "--endpoint-url", "http://192.0.2.1",
    "--profile", _FILE,
)  # fmt: skip
_WAITING = {"create", "wait", "restore", "copy"}
# After this many commands, lists would take longer than everything else.
_COMMANDS_PER_EMULATOR = 200


class Command:
    """The command line, connected to an emulator."""

    def __init__(self) -> None:
        """Prepare; the first call starts an emulator."""
        self._tries = 0
        self._stack = contextlib.ExitStack()

    def close(self) -> None:
        """Remove the emulator and its files."""
        self._stack.close()

    def _start_emulator(self) -> None:
        self._stack.close()
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        (folder / _FILE).write_text(_PLAN, encoding="utf-8")
        self._plan = str(folder / _FILE)
        emulator = LightsailEmulator(progression=Progression.instant())
        self._stack.enter_context(emulator)
        for name in ("disk-1", "disk-2"):
            emulator.add_disk(name, region_name="us-east-1")
        emulator.add_instance("web-1", region_name="us-east-1")
        self._environment = {
            "AWS_ENDPOINT_URL_LIGHTSAIL": self._stack.enter_context(emulator.serve()),
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": _KEY_ID,
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_MAX_ATTEMPTS": "1",
        }

    def __call__(self, data: bytes) -> None:
        """Run a command line with arguments that neither serve nor wait for long."""
        if self._tries % _COMMANDS_PER_EMULATOR == 0:
            self._start_emulator()
        self._tries += 1
        arguments = [
            _ARGUMENTS[piece[0] % len(_ARGUMENTS)]
            if len(piece) == 1
            else piece.decode("utf-8", "replace")
            for piece in data.split(b"\0")
        ]
        arguments = [self._plan if argument == _FILE else argument for argument in arguments]
        if arguments[:1] == ["demo"]:
            arguments.append("--no-such-option")  # a demo takes long
        if arguments[:1] == ["emulator"]:
            arguments += ["--host", "192.0.2.1"]  # refused, since other machines could reach it
        if arguments[0] in _WAITING:
            arguments += ["--timeout", "0s"]
        out, err = io.StringIO(), io.StringIO()
        with (
            mock.patch.dict(os.environ, self._environment),
            mock.patch("sys.stdin", io.StringIO()),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            try:
                code: object = main(arguments)
            except SystemExit as end:
                code = end.code
        _require(
            code is None or code in _CODES, "the exit code is a known one", repr((arguments, code))
        )
        output = out.getvalue() + err.getvalue()
        _require("Traceback" not in output, "no traceback is shown", output)
        _require(_KEY_ID not in output, "no credential is shown", output)


_CODES = {code.value for code in ExitCode} - {ExitCode.INTERNAL_ERROR.value}


def plans(data: bytes) -> None:
    """Read a plan as TOML or JSON, or a run, as the first byte selects."""
    kind = data[0] % 3 if data else 0
    read = (BackupPlan.from_toml, BackupPlan.from_json, Run.from_json)[kind]
    try:
        found = read(data[1:])
        back = type(found).from_json(found.to_json())
    except LightsailSnapError as error:
        check_error(error)
        return
    _require(back == found, "reading what was written gives the same", repr(found))
    hash(found)
    for line in str(found).split("\n") if kind > 1 else [repr(found)]:
        _require(line.isprintable(), "what is shown is printable", line)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "results": results,
    "errors": errors,
    "exchange": exchange,
    "plans": plans,
}


def corpus(target: str) -> list[bytes]:
    """Return the inputs of the corpus for a target."""
    return [path.read_bytes() for path in sorted((CORPUS / target).glob("*"))]


_INTERESTING = (
    b"null", b"true", b"-1", b"1e400", b"NaN", b'"\\ud800"', b"{}", b"[]", b'""', b"9" * 400, b"\0",
    b"\xff", b"\r\n", b"\\u0000", b'"__type":', b"AKIACANARYCANARYCANA", b"\xed\xa0\x80", b"[[[[",
    b"x-amz-security-token: canary-session-token", b"http://me:hunter2canary@h/", b"\xe2\x80\xa8",
)  # fmt: skip


def _members() -> tuple[bytes, ...]:
    names = {field.alias or name for kind in KINDS for name, field in kind.model_fields.items()}
    return tuple(json.dumps(name).encode() for name in sorted(names))


MEMBERS = _members()


def mutate(generator: random.Random, seeds: list[bytes]) -> bytes:
    """Return an input made of inputs of the corpus."""
    data = bytearray(generator.choice(seeds))
    for _ in range(generator.randrange(1, 6)):
        at = generator.randrange(len(data) + 1)
        to = min(len(data), at + generator.choice((0, 1, 1, 2, 4, 16)))
        match generator.randrange(7):
            case 0:
                data[at:to] = generator.randbytes(generator.choice((1, 1, 2, 8)))
            case 1:
                data[at:to] = generator.choice(_INTERESTING)
            case 2:
                data[at:at] = data[at:to] * generator.randrange(1, 20)
            case 3:
                del data[at:to]
            case 4 if data:
                data[at % len(data)] ^= 1 << generator.randrange(8)
            case 5:
                data[at:to] = generator.choice(MEMBERS)
            case _:
                other = generator.choice(seeds)
                start = generator.randrange(len(other) + 1)
                data[at:to] = other[start : start + generator.randrange(1, 200)]
    return bytes(data[:4096])


def inputs(
    target: str, count: int, seed: int, is_new: Callable[[], bool] = lambda: False
) -> Iterator[bytes]:
    """Yield random inputs; those for which `is_new()` is true are varied, too."""
    seeds = corpus(target)
    generator = random.Random(f"{target}/{seed}")  # noqa: S311 - has to be repeatable
    for _ in range(count):
        data = mutate(generator, seeds)
        yield data
        if is_new():
            seeds.append(data)
