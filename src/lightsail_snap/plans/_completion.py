"""The `on_complete` command of a plan, which receives the result of a run on standard input."""

from __future__ import annotations

import json
import logging
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING, Any, TypeAlias

from lightsail_snap._text import one_line, redact, safe_line
from lightsail_snap.errors import safe_text
from lightsail_snap.plans._model import BackupPlan
from lightsail_snap.plans._results import RunResult

if TYPE_CHECKING:
    import subprocess

_log = logging.getLogger("lightsail_snap.plans")

_MAX_OUTPUT_BYTES = 4096
_MAX_SHOWN_CHARACTERS = 300
# A command of another user, such as one of sudo, cannot be killed.
_KILL_SECONDS = 1.0
# A process that the command has left behind may hold its output open.
_OUTPUT_SECONDS = 1.0

Report: TypeAlias = Callable[[BackupPlan, Mapping[str, Any]], str]
"""Function that passes a document to the command of a plan and returns why that failed."""


def report_result(report: Report, result: RunResult) -> str:
    """Pass the result of a run to its plan's command; return why that failed."""
    plan = result.run.plan
    return report(plan, _to_document(plan, result)) if plan.on_complete else ""


def report_error(
    report: Report, plan: BackupPlan, error: BaseException, reached: RunResult | None
) -> None:
    """Pass an error that ends a run, and the steps before it, to its plan's command."""
    failure = report(plan, _to_document(plan, reached, error)) if plan.on_complete else ""
    if failure:
        error.add_note(failure)


@contextmanager
def report_errors(
    report: Report, plan: BackupPlan, reached: Callable[[], RunResult | None] = lambda: None
) -> Iterator[None]:
    """Pass an error that ends the block to the plan's command."""
    try:
        yield
    except BaseException as error:
        report_error(report, plan, error, reached())
        raise


def _to_document(
    plan: BackupPlan, result: RunResult | None, error: BaseException | None = None
) -> dict[str, Any]:
    regions = plan.source_regions
    document: dict[str, Any] = {
        "plan": plan.name,
        "region": regions[0],
        "regions": list(regions),
        "slot": None,
        "steps": [],
    }
    title, end = f"{plan.name} in {', '.join(regions)}", _describe(error)
    if result is not None:
        document = result.to_dict()
        del document["on_complete_error"]
        title, _, counts = result._table()  # noqa: SLF001 - the result of this package
        end = end or counts
    document["is_complete"] = error is None and document["is_complete"]
    return {**document, "summary": f"{title}: {end}", "error": _describe(error)}


def _describe(error: BaseException | None) -> str | None:
    if isinstance(error, KeyboardInterrupt):
        return "interrupted"
    return None if error is None else f"{type(error).__name__}: {safe_text(error)}"


def _redacted(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, Mapping):
        return {key: _redacted(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted(each) for each in value]
    return redact(value) if isinstance(value, str) else value


def run_on_complete(plan: BackupPlan, document: Mapping[str, Any]) -> str:
    """Run the command of a plan; return why it failed, or an empty string."""
    try:
        failure = _run(plan, document)
    except Exception as error:  # noqa: BLE001 - the command must not hide the result of the run
        failure = f"on_complete: {_describe(error)}"
    if failure:
        _log.warning("%s", failure, extra={"plan": plan.name})
    else:
        _log.debug("on_complete of %s succeeded", plan.name, extra={"plan": plan.name})
    return failure


def _run(plan: BackupPlan, document: Mapping[str, Any]) -> str:
    # Imported late, since most plans have no command.
    import subprocess  # noqa: PLC0415 - see above
    import threading  # noqa: PLC0415 - see above

    command = f"on_complete: {safe_line(plan.on_complete[0], _MAX_SHOWN_CHARACTERS)}"
    environment = {
        **os.environ,
        "LIGHTSAIL_SNAP_PLAN": plan.name,
        "LIGHTSAIL_SNAP_EXIT_STATUS": "0" if document["is_complete"] else "1",
    }
    try:
        with _open_input(json.dumps(_redacted(document)).encode() + b"\n") as standard_input:
            process = subprocess.Popen(  # noqa: S603 - the plan's own command, without a shell
                plan.on_complete,
                stdin=standard_input,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                bufsize=0,
                env=environment,
                # Ctrl-C must not end the command, and a timeout ends its whole process group.
                start_new_session=True,
            )
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) if isinstance(error, OSError) else None) or error
        return f"{command} could not be started: {safe_line(str(reason))}"
    output = bytearray()
    reader = threading.Thread(target=_read_output, args=(process.stdout, output), daemon=True)
    is_killed = False
    try:
        reader.start()
        process.wait(plan.on_complete_timeout.total_seconds())
    except subprocess.TimeoutExpired:
        is_killed = True
        _kill(process)
    except BaseException:
        _kill(process)
        raise
    reader.join(_OUTPUT_SECONDS)
    code = process.returncode
    if code == 0 and not is_killed:
        return ""
    if is_killed:
        end = f"did not end within {plan.on_complete_timeout.total_seconds():g} s and was killed"
    else:
        end = f"exited with {code}" if code > 0 else f"was ended by signal {-code}"
    # Truncate after redaction: a credential that is cut in two is no longer recognised.
    shown = redact(bytes(output).decode("utf-8", "replace")).strip()[-_MAX_SHOWN_CHARACTERS:]
    return f"{command} {end}" + (f": {one_line(shown)}" if shown else "")


def _open_input(content: bytes) -> IO[bytes]:
    """Open a file without a name; unlike a pipe, it does not block if nothing reads it."""
    import tempfile  # noqa: PLC0415 - most plans have no command

    file: IO[bytes]
    try:
        file = open(os.memfd_create("lightsail_snap"), "w+b")  # noqa: PTH123, SIM115 - not a path, and returned
    except (AttributeError, OSError):
        # Only Linux has memory files, and not with every build of Python.
        file = tempfile.TemporaryFile()  # noqa: SIM115 - returned
    file.write(content)
    file.seek(0)
    return file


def _read_output(pipe: IO[bytes], output: bytearray) -> None:
    """Read to the end, so that the command never blocks, and keep the end of the output."""
    with pipe:
        while chunk := pipe.read(65536):
            output[:] = (output + chunk)[-_MAX_OUTPUT_BYTES:]


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Kill the command and, except on Windows, all processes of its group."""
    import subprocess  # noqa: PLC0415 - loaded already

    # The processes may have ended, or belong to another user.
    with suppress(OSError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    with suppress(subprocess.TimeoutExpired):
        process.wait(_KILL_SECONDS)
