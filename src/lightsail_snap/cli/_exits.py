"""How the command ends: a code for programs, a line for people."""

from __future__ import annotations

from enum import IntEnum

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


class Code(IntEnum):
    """An exit code. docs/cli.md lists them for users."""

    OK = 0
    """All that was asked for is done."""
    FAILED = 1
    """It failed; standard error says why. Also a check of the doctor that failed."""
    USAGE = 2
    """The words make no sense, or break a rule; nothing was sent."""
    NOT_FOUND = 3
    """There is no such thing."""
    CONFLICT = 4
    """The name is taken by something that this command did not make."""
    GOES_ON = 5
    """The time is up, and the work goes on in Lightsail."""
    UNKNOWN = 6
    """Nobody can tell whether it was carried out; look before you run it again."""
    PARTIAL = 7
    """A part is done, and a part is not."""
    CONFIGURATION = 8
    """No credentials, refused credentials, no region, or a bad address."""
    DEFECT = 70
    """A defect of this program, as sysexits.h has it."""
    HUNG_UP = 129
    """The terminal has gone, as shells report SIGHUP."""
    INTERRUPTED = 130
    """Interrupted, as shells report SIGINT."""
    READER_GONE = 141
    """Nobody reads the output any more, as shells report SIGPIPE."""
    TERMINATED = 143
    """Told to end, as shells report SIGTERM."""


# The first that fits counts.
_CODES: tuple[tuple[type[LightsailSnapError], Code], ...] = (
    (RequestValidationError, Code.USAGE),
    (ConfigurationError, Code.CONFIGURATION),
    (AuthenticationError, Code.CONFIGURATION),
    (NotFoundException, Code.NOT_FOUND),
    (NameConflictError, Code.CONFLICT),
    (WaitTimeoutError, Code.GOES_ON),
    (PartialFailureError, Code.PARTIAL),
)


class UsageError(Exception):
    """The words of the command break a rule that only the command has."""


class ToldToEnd(KeyboardInterrupt):
    """Somebody else than the user wants it to end: what does for Ctrl-C does for that, too.

    Attributes:
        code: How the command ends then.
    """

    def __init__(self, code: Code) -> None:
        super().__init__(code)
        self.code = code


class Interrupted(Exception):  # noqa: N818 - it is the user's wish and no error
    """The user has interrupted something that may go on elsewhere."""


def code_of(error: LightsailSnapError) -> Code:
    """Tell how an error ends the command.

    Args:
        error: The error.

    Returns:
        The code.
    """
    for kind, code in _CODES:
        if isinstance(error, kind):
            return code
    return Code.UNKNOWN if error.may_have_executed else Code.FAILED


def told(error: LightsailSnapError) -> str:
    """Say what an error is.

    Args:
        error: The error.

    Returns:
        Its type and its text; errors of the service begin with the service's own word for it.
    """
    text, name = str(error), type(error).__name__
    return text if text.startswith(name) else f"{name}: {text}"
