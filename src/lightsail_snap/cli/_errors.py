"""Exit codes, and error messages for people."""

from __future__ import annotations

import re
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import IntEnum
from pathlib import Path

from lightsail_snap import (
    AuthenticationError,
    ConfigurationError,
    LightsailSnapError,
    NameConflictError,
    NotFoundException,
    PartialFailureError,
    RequestValidationError,
    WaitTimeoutError,
)
from lightsail_snap._text import one_line
from lightsail_snap.cli._messages import (
    discard_output,
    print_command,
    print_error,
    print_message,
)
from lightsail_snap.cli._signals import TerminationSignal, raise_on_termination


class ExitCode(IntEnum):
    """Exit codes of the command; docs/cli.md documents them for users."""

    OK = 0
    """Success."""
    FAILED = 1
    """Failure; also a failed check of `doctor`."""
    USAGE = 2
    """Invalid arguments or parameters; no request was sent."""
    NOT_FOUND = 3
    """The resource does not exist."""
    CONFLICT = 4
    """The name is in use by a resource that this command did not create."""
    STILL_RUNNING = 5
    """The timeout is exceeded; the operation continues on Lightsail."""
    UNKNOWN = 6
    """The outcome is unknown; check it before you run the command again."""
    PARTIAL = 7
    """Some steps succeeded and some did not."""
    CONFIGURATION = 8
    """Missing or rejected credentials, no Region, an invalid endpoint or a missing extra."""
    INTERNAL_ERROR = 70
    """A bug of this program (EX_SOFTWARE of sysexits.h)."""
    HANGUP = 129
    """SIGHUP was received, as shells report it."""
    INTERRUPTED = 130
    """SIGINT was received, as shells report it."""
    BROKEN_PIPE = 141
    """The reader of standard output has exited, as shells report SIGPIPE."""
    TERMINATED = 143
    """SIGTERM was received, as shells report it."""


# The first class that matches counts.
_EXIT_CODES: tuple[tuple[type[LightsailSnapError], ExitCode], ...] = (
    (RequestValidationError, ExitCode.USAGE),
    (ConfigurationError, ExitCode.CONFIGURATION),
    (AuthenticationError, ExitCode.CONFIGURATION),
    (NotFoundException, ExitCode.NOT_FOUND),
    (NameConflictError, ExitCode.CONFLICT),
    (WaitTimeoutError, ExitCode.STILL_RUNNING),
    (PartialFailureError, ExitCode.PARTIAL),
)


_CALL_ADVICE = re.compile(r"; to (?:keep waiting|continue), call .*")


class UsageError(Exception):
    """The arguments break a rule that only the command line has."""


class UnfinishedError(Exception):
    """A command ended early because of `__cause__`; the advice is how to continue.

    Attributes:
        advice: Introduction of the command, or the whole advice.
        command: The command line that continues.
        more: Further introductions and command lines.
    """

    def __init__(self, advice: str, command: str | None = None, *more: tuple[str, str]) -> None:
        super().__init__(advice)
        self.advice = advice
        self.command = command
        self.more = more


def exit_code_of(error: LightsailSnapError) -> ExitCode:
    """Return the exit code for an error of the library."""
    for kind, code in _EXIT_CODES:
        if isinstance(error, kind):
            return code
    return ExitCode.UNKNOWN if error.may_have_executed else ExitCode.FAILED


def format_error(error: LightsailSnapError) -> str:
    """Return the class name and the message."""
    return f"{type(error).__name__}: {error}"


@contextmanager
def advise_how_to_resume(command: str) -> Iterator[None]:
    """Print a command line that resumes the work if it is interrupted or times out."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        advice = "The request may have been accepted and may still be running. To resume, run:"
        raise UnfinishedError(advice, command) from interrupt
    except WaitTimeoutError as error:
        raise UnfinishedError("To resume, run:", command) from error


@contextmanager
def advise_how_to_continue(command: str, *more: tuple[str, str]) -> Iterator[None]:
    """Print the command line that continues a command of several steps, if it has changed anything.

    `more` are further introductions and command lines, for example to undo the steps.
    """
    try:
        yield
    except (LightsailSnapError, KeyboardInterrupt) as error:
        if isinstance(error, LightsailSnapError) and not error.may_have_executed:
            raise
        raise UnfinishedError("To continue, run:", command, *more) from error


def run_and_report(work: Callable[[], int | None]) -> int:
    """Run a command, print its error if there is one, and return the exit code.

    `work` returns an exit code, or None for success.
    """
    try:
        with raise_on_termination():
            code = work()
        # Flushed here, where a broken pipe still sets the exit code.
        sys.stdout.flush()
    except UnfinishedError as ended:
        code = _report(ended.__cause__ or ended)
        if ended.command is None:
            print_message(ended.advice)
        else:
            print_command(ended.advice, ended.command)
        for introduction, command in ended.more:
            print_command(introduction, command)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - people get a message, not a traceback
        code = _report(error)
    return ExitCode.OK if code is None else code


def _report(error: BaseException) -> ExitCode:
    """Print an error as one line, and its notes; return the exit code."""
    code = _print(error)
    if isinstance(error, LightsailSnapError | KeyboardInterrupt):
        # One for each of several problems, or what has been done.
        for note in getattr(error, "__notes__", ()):
            print_message(f"  {_without_calls(one_line(note))}")
    return code


def _without_calls(text: str) -> str:
    """Remove the advice for users of the Python API; command lines replace it."""
    return _CALL_ADVICE.sub("", text)


def _print(error: BaseException) -> ExitCode:  # noqa: PLR0911 - one for each kind of error
    match error:
        case LightsailSnapError():
            print_error(_without_calls(format_error(error)))
            return exit_code_of(error)
        case UsageError():
            print_error(str(error))
            return ExitCode.USAGE
        case TerminationSignal():
            print_error(f"terminated by {error.signal.name}")
            return ExitCode(128 + error.signal)
        case KeyboardInterrupt():
            print_error("interrupted")
            return ExitCode.INTERRUPTED
        case BrokenPipeError():
            # The reader has exited, as `head` does.
            discard_output(sys.stdout)
            return ExitCode.BROKEN_PIPE
        case OSError():
            print_error(_format_os_error(error))
            try:
                sys.stdout.flush()
            except OSError:
                # The same error, such as a full disk, would be reported twice.
                discard_output(sys.stdout)
            return ExitCode.FAILED
        case _:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(frame.filename).name}:{frame.lineno}"
            message = one_line(f"{type(error).__name__}: {error}", 300)
            print_error(f"internal error, please report it: {message} ({place})")
            return ExitCode.INTERNAL_ERROR


def _format_os_error(error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename is not None else reason
