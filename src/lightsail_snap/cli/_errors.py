"""Exit codes, and the report of an error at the end of a command."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from enum import IntEnum
from pathlib import Path

from lightsail_snap import (
    AuthenticationError,
    ConfigurationError,
    LightsailSnapError,
    NameConflictError,
    NotFoundException,
    OutcomeUnknownError,
    PartialFailureError,
    RequestValidationError,
    WaitTimeoutError,
)
from lightsail_snap._text import one_line, safe_line
from lightsail_snap.cli._explanations import (
    CommandContext,
    Explanation,
    UsageError,
    describe_error,
    explain,
)
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


__all__ = [
    "CommandContext",
    "ExitCode",
    "UnfinishedError",
    "UsageError",
    "advise_how_to_continue",
    "advise_how_to_resume",
    "describe_error",
    "exit_code_of",
    "run_and_report",
]


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
    except OutcomeUnknownError as error:
        if not error.may_have_executed:
            raise
        raise UnfinishedError("To find out and to continue, run:", command) from error


@contextmanager
def advise_how_to_continue(command: str, *more: tuple[str, str]) -> Iterator[None]:
    """Print the command line that resumes a command of several steps, if it has changed anything.

    `more` are further introductions and command lines, for example to undo the steps.
    """
    try:
        yield
    except (LightsailSnapError, KeyboardInterrupt) as error:
        if isinstance(error, LightsailSnapError) and not error.may_have_executed:
            raise
        raise UnfinishedError("To resume, run:", command, *more) from error


def run_and_report(work: Callable[[], int | None], context: CommandContext | None = None) -> int:
    """Run a command, print its error if there is one, and return the exit code.

    `work` returns an exit code, or None for success, and may complete the context.
    """
    context = CommandContext() if context is None else context
    try:
        with raise_on_termination():
            code = work()
        # Flushed here, where a broken pipe still sets the exit code.
        sys.stdout.flush()
    except UnfinishedError as ended:
        more = ((ended.advice, ended.command), *ended.more)
        code = _report(ended.__cause__ or ended, context, more)
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - people get a message, not a traceback
        code = _report(error, context)
    return ExitCode.OK if code is None else code


def _report(
    error: BaseException,
    context: CommandContext,
    commands: Sequence[tuple[str, str | None]] = (),
) -> ExitCode:
    """Print an error and what to do; return the exit code."""
    code, explained = _classify(error, context)
    if explained is None:
        return code
    print_error(explained.headline)
    # One for each of several problems, or what has been done.
    for item in explained.items:
        print_message(f"  {item}")
    if context.is_verbose:
        for name, value in explained.details:
            print_message(f"  {name}: {safe_line(str(value))}")
    # Commands that continue the work replace those of the error.
    for introduction, command in commands or explained.commands:
        if command is None:
            print_message(introduction)
        else:
            print_command(introduction, command)
    if explained.has_more and not context.is_verbose and not commands:
        print_message("For details, run the command with --verbose.")
    return code


def _classify(  # noqa: PLR0911 - one for each kind of error
    error: BaseException, context: CommandContext
) -> tuple[ExitCode, Explanation | None]:
    match error:
        case LightsailSnapError():
            return exit_code_of(error), explain(error, context)
        case UsageError():
            return ExitCode.USAGE, explain(error, context)
        case TerminationSignal():
            code = ExitCode(128 + error.signal)
            return code, _explain_interrupt(error, f"terminated by {error.signal.name}", context)
        case KeyboardInterrupt():
            return ExitCode.INTERRUPTED, _explain_interrupt(error, "interrupted", context)
        case BrokenPipeError():
            # The reader has exited, as `head` does.
            discard_output(sys.stdout)
            return ExitCode.BROKEN_PIPE, None
        case OSError():
            try:
                sys.stdout.flush()
            except OSError:
                # The same error, such as a full disk, would be reported twice.
                discard_output(sys.stdout)
            return ExitCode.FAILED, explain(error, context)
        case _:
            frame = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(frame.filename).name}:{frame.lineno}"
            message = one_line(f"{type(error).__name__}: {error}", 300)
            problem = f"internal error, please report it: {message} ({place})"
            return ExitCode.INTERNAL_ERROR, replace(explain(error, context), problem=problem)


def _explain_interrupt(
    error: KeyboardInterrupt, problem: str, context: CommandContext
) -> Explanation:
    return replace(explain(error, context), problem=problem, details=())
