"""Everything that can go wrong, as one tree.

```
LightsailSnapError
├─ RequestValidationError (also ValueError)    the request is wrong; nothing was sent
├─ ConfigurationError                          no region, bad endpoint or settings; not sent
│   └─ MissingCredentialsError (also AuthenticationError)    no usable credentials; not sent
├─ AuthenticationError                         the caller cannot be authenticated; says what to do
├─ TransportError                              no readable answer came back
│   ├─ RequestNotSentError                     not executed; safe to send again
│   └─ OutcomeUnknownError                     no response; a change may have been executed
├─ ServiceError                                Lightsail answered with an error
│   ├─ ServiceException
│   ├─ InvalidInputException
│   ├─ NotFoundException
│   ├─ OperationFailureException
│   ├─ AccessDeniedException
│   ├─ AccountSetupInProgressException
│   ├─ RegionSetupInProgressException
│   ├─ CredentialsRejectedError (also AuthenticationError)   expired, unknown, wrongly signed
│   │   └─ UnauthenticatedException
│   └─ ThrottlingError
├─ ResponseValidationError                     Lightsail answered something that cannot be read
├─ NameConflictError                           the name is taken by a resource that is not ours
│   └─ SnapshotConflictError                   ... by a snapshot that is not ours
├─ PaginationError                             a listing does not end
├─ QuiesceError                                writes could not be paused, or not resumed
├─ PartialFailureError (also ExceptionGroup)   of many jobs some failed; it holds what succeeded
└─ WaitError
    ├─ WaitFailedError                         what was awaited ended badly, or vanished
    └─ WaitTimeoutError (also TimeoutError)    it has not ended yet; the work goes on server-side
```

Catching `LightsailSnapError` catches all of it, and the exception that lies underneath is always
`__cause__`. Every error pickles and copies. `str()` of an error is a single printable line: text
from the service is escaped, bounded and freed of credentials.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, TypeVar

from typing_extensions import override

from lightsail_snap._text import one_line, redact, safe_line, short_repr

if TYPE_CHECKING:
    from datetime import timedelta

    from lightsail_snap.models import (
        Disk,
        DiskSnapshot,
        ExportSnapshotRecord,
        InstanceSnapshot,
        Operation,
        PollResult,
    )
    from lightsail_snap.models._base import Request

__all__ = [
    "AccessDeniedException",
    "AccountSetupInProgressException",
    "AuthenticationError",
    "ConfigurationError",
    "CredentialsRejectedError",
    "ForeignCause",
    "InvalidInputException",
    "LightsailSnapError",
    "MissingCredentialsError",
    "NameConflictError",
    "NotFoundException",
    "OperationFailureException",
    "OutcomeUnknownError",
    "PaginationError",
    "PartialFailureError",
    "QuiesceError",
    "RegionSetupInProgressException",
    "RequestNotSentError",
    "RequestValidationError",
    "ResponseValidationError",
    "ServiceError",
    "ServiceException",
    "SnapshotConflictError",
    "ThrottlingError",
    "TransportError",
    "UnauthenticatedException",
    "Violation",
    "WaitError",
    "WaitFailedError",
    "WaitTimeoutError",
]

_VIOLATIONS_SHOWN = 20
_LONGEST_TEXT = 4096
_ErrorT = TypeVar("_ErrorT", bound="LightsailSnapError")


class LightsailSnapError(Exception):
    """Root of every error this library raises on purpose.

    Attributes:
        may_have_executed: Whether the request may have changed something on the service's side
            although it ended in this error. If so, look the resource up before you send again.
    """

    may_have_executed: bool = False

    @override
    def __str__(self) -> str:
        return safe_line(str(self.args[0])) if self.args else type(self).__name__

    def __copy__(self) -> Self:
        return _restore(type(self), self.args, self.__dict__, self.__cause__, self._is_final)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # All attributes are immutable, and a cause may hold sockets: nothing below needs a copy.
        return self.__copy__()

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        # A foreign cause may hold the signed request, session token included, or not pickle at all.
        cause = self.__cause__
        if cause is self:
            cause = None
        elif cause is not None and not isinstance(cause, LightsailSnapError):
            cause = ForeignCause.of(cause)
        return _restore, (type(self), self.args, self._travelling(), cause, self._is_final)

    @property
    def _is_final(self) -> bool:
        return self.__suppress_context__

    def _travelling(self) -> dict[str, Any]:
        """Give the attributes as they may be pickled."""
        return self.__dict__


def _restore(
    kind: type[_ErrorT],
    args: tuple[Any, ...],
    state: dict[str, Any],
    cause: BaseException | None,
    is_final: bool,  # noqa: FBT001 - called by pickle, by position
) -> _ErrorT:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    error.__cause__ = cause
    # Setting a cause, even none, would hide the context of whoever raises the copy.
    error.__suppress_context__ = is_final
    return error


def detached(error: LightsailSnapError) -> LightsailSnapError:
    """Copy an error as pickle would, with nothing of other libraries and no traceback on it.

    For what holds errors and is pickled: other libraries may have changed how exceptions are, for
    the whole process, as Dask does. Causes would go along as they are.

    Args:
        error: The error.

    Returns:
        The copy.
    """
    kind, args, state, cause, is_final = error.__reduce__()[1]
    if isinstance(cause, LightsailSnapError):
        cause = detached(cause)
    copied: LightsailSnapError = _restore(kind, args, state, cause, is_final)
    return copied


class ForeignCause(Exception):  # noqa: N818 - it stands for an exception, it is never raised
    """Stands for another library's exception under an unpickled error of ours.

    Attributes:
        type_name: The dotted name of the exception's class.
        text: Its text, as one safe line without credentials.
    """

    def __init__(self, type_name: str, text: str) -> None:
        super().__init__(type_name, text)
        self.type_name = type_name
        self.text = text

    @classmethod
    def of(cls, cause: BaseException) -> ForeignCause:
        """Describe an exception.

        Args:
            cause: The exception; if it is a `ForeignCause` already, it is returned as it is.

        Returns:
            The description.
        """
        if isinstance(cause, cls):
            return cause
        kind = type(cause)
        return cls(f"{kind.__module__}.{kind.__qualname__}", safe_text(cause))

    @override
    def __str__(self) -> str:
        return one_line(f"{self.type_name}: {self.text}")


def safe_text(error: BaseException) -> str:
    """Read an exception's text as one safe line.

    Args:
        error: Any exception; its own `__str__` may fail.

    Returns:
        The line, without credentials.
    """
    try:
        return safe_line(str(error))
    except Exception:  # noqa: BLE001 - a broken __str__ must not hide the error being described
        return f"<{type(error).__name__}>"


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong with a request or an answer.

    Attributes:
        field: The path of the field, for example `tags[0].key`; empty for the whole.
        rule: What must hold.
        source: Where the rule comes from.
        fix: What to do about it; empty if there is nothing the caller can do.
        input: What was given instead: the value itself if it is a plain scalar, else its
            shortened representation.
    """

    field: str
    rule: str
    source: str
    fix: str
    input: object

    @override
    def __str__(self) -> str:
        # An unknown field's name is whatever was given for one.
        where = safe_line(self.field) or "the whole"
        text = f"{where}: {self.rule} (got {short_repr(self.input)}"
        text += f"; rule: {self.source}" if self.source else ""
        return text + (f"; fix: {self.fix})" if self.fix else ")")


def _clean(text: str) -> str:
    # Cut only afterwards: a credential that is cut in two is no longer recognised.
    return redact(text[: 2 * _LONGEST_TEXT])[:_LONGEST_TEXT]


def _listed(violations: Sequence[Violation]) -> str:
    text = "; ".join(one_line(str(violation)) for violation in violations[:_VIOLATIONS_SHOWN])
    hidden = len(violations) - _VIOLATIONS_SHOWN
    return f"{text}; and {hidden} more" if hidden > 0 else text


class RequestValidationError(LightsailSnapError, ValueError):
    """A request, or a parameter of a call, breaks a rule. Nothing was sent.

    Attributes:
        model: The name of the shape that was refused, for example `CreateDiskSnapshotRequest`.
        violations: Every rule that is broken, not only the first.
    """

    def __init__(self, model: str, violations: Sequence[Violation]) -> None:
        super().__init__(model)
        self.model = model
        self.violations: tuple[Violation, ...] = tuple(violations)

    def errors(self) -> tuple[Violation, ...]:
        """List what is wrong.

        Returns:
            Every violation with field, rule, source of the rule, fix and input.
        """
        return self.violations

    @override
    def __str__(self) -> str:
        count = len(self.violations)
        noun = "rule is" if count == 1 else "rules are"
        return f"{self.model}: {count} {noun} broken, nothing was sent: {_listed(self.violations)}"


class ConfigurationError(LightsailSnapError):
    """Credentials, region, endpoint or client settings are missing or wrong. Nothing was sent."""


class AuthenticationError(LightsailSnapError):
    """The caller cannot be authenticated. The message says what to do.

    Raised as `MissingCredentialsError` before anything is sent, and as `CredentialsRejectedError`
    if the service refuses the credentials or the signature.
    """


class MissingCredentialsError(ConfigurationError, AuthenticationError):
    """No usable credentials: none were found, or their provider failed. Nothing was sent."""


class TransportError(LightsailSnapError):
    """The call ended without a readable answer.

    Attributes:
        request: What was being sent.
        operation_name: The API operation, for example `CreateDiskSnapshot`.
    """

    def __init__(self, message: str, *, request: Request[Any]) -> None:
        super().__init__(message)
        self.request = request
        self.operation_name: str = request.operation_name


class RequestNotSentError(TransportError):
    """No attempt reached the service: it was not executed and is safe to send again."""


class OutcomeUnknownError(TransportError):
    """At least one attempt may have reached the service, and no response was received.

    Attributes:
        request: The request. If `may_have_executed`, look its effect up before you send it again.
        may_have_executed: True unless the request is read-only.
    """

    def __init__(self, message: str, *, request: Request[Any]) -> None:
        super().__init__(message, request=request)
        self.may_have_executed: bool = not request.is_read_only


class ServiceError(LightsailSnapError):
    """Lightsail answered with an error. An error type it did not have before is this class itself.

    Attributes:
        code: The error type, for example `NotFoundException`.
        sub_code: The service's finer code, for example `NameExists`, if it gave one.
        message: The service's message, credentials taken out, at most 4096 characters; not yet
            escaped for one line.
        docs: A link to documentation, if the service gave one.
        tip: The service's advice, if it gave one.
        request_id: The id to quote to AWS support, if there was one.
        http_status: The HTTP status, if it is known.
        operation_name: The API operation, for example `CreateDiskSnapshot`.
        retry_attempts: How many times botocore had sent the request again before this answer.
        is_retryable: Whether the same request may succeed later without being changed.
        is_throttling: Whether the service asks to be called less often.
        may_have_executed: Whether this attempt or an earlier one may have been executed. True
            after a lost response, an error of the 5xx kind, and an error response that is not
            recognisably the service's; always false for read-only requests.
    """

    is_throttling: bool = False

    def __init__(  # noqa: PLR0913 - each is one fact that the service told
        self,
        message: str,
        *,
        code: str,
        operation_name: str,
        sub_code: str | None = None,
        docs: str | None = None,
        tip: str | None = None,
        request_id: str | None = None,
        http_status: int | None = None,
        retry_attempts: int = 0,
        is_retryable: bool = False,
        may_have_executed: bool = False,
    ) -> None:
        message = _clean(message)
        super().__init__(message)
        self.message = message
        self.code: str = _clean(code)
        self.sub_code: str | None = None if sub_code is None else _clean(sub_code)
        self.docs: str | None = None if docs is None else _clean(docs)
        self.tip: str | None = None if tip is None else _clean(tip)
        self.request_id = request_id
        self.http_status = http_status
        self.operation_name = operation_name
        self.retry_attempts = retry_attempts
        self.is_retryable = is_retryable
        self.may_have_executed = may_have_executed

    @override
    def __str__(self) -> str:
        facts = [
            f"{name}={safe_line(str(value), 80)}"
            for name, value in (
                ("operation", self.operation_name),
                ("sub_code", self.sub_code),
                ("http_status", self.http_status),
                ("request_id", self.request_id),
                ("retry_attempts", self.retry_attempts or None),
            )
            if value is not None
        ]
        tip = f" {one_line(self.tip)}" if self.tip else ""
        code, message = one_line(self.code, 80), one_line(self.message) or "(no message)"
        return f"{code}: {message}{tip} ({', '.join(facts)})"


class ServiceException(ServiceError):  # noqa: N818 - the service's own name
    """A failure on the service's side (HTTP 5xx). It may have been executed nevertheless."""


class InvalidInputException(ServiceError):  # noqa: N818 - the service's own name
    """The service refused the input: a name in use, a wrong value, an impossible state.

    The service also answers so when the region is wrong for the action. `sub_code` tells more,
    for example `NameExists`.
    """


class NotFoundException(ServiceError):  # noqa: N818 - the service's own name
    """The resource or operation does not exist in this region."""


class OperationFailureException(ServiceError):  # noqa: N818 - the service's own name
    """The operation could not be carried out."""


class AccessDeniedException(ServiceError):  # noqa: N818 - the service's own name
    """The credentials do not allow this operation on this resource."""


class AccountSetupInProgressException(ServiceError):  # noqa: N818 - the service's own name
    """The account is still being set up; try again in a few minutes."""


class RegionSetupInProgressException(ServiceError):  # noqa: N818 - the service's own name
    """An opt-in region is still being set up; try again in a few minutes."""


# Seen where only the time is wrong: "Signature expired: ... is now earlier than ...".
_SKEW_CODES = frozenset({"RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed"})
_SKEW_MESSAGES = ("signature expired", "signature not yet current", "request has expired")
_EXPIRED_CODES = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"})
_SIGNATURE_CODES = frozenset(
    {
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InvalidSignature",
        "InvalidSignatureException",
        "SignatureDoesNotMatch",
    }
)


class CredentialsRejectedError(ServiceError, AuthenticationError):
    """The service refused the credentials, the signature or the time of the request.

    `code` is the service's error type, for example `ExpiredTokenException`.
    """

    @property
    def advice(self) -> str:
        """What to do about it, as one clause."""
        message = self.message.lower()
        if self.code in _SKEW_CODES or any(part in message for part in _SKEW_MESSAGES):
            return "check the clock of this machine, it must be within 5 minutes of the real time"
        if self.code in _EXPIRED_CODES:
            return "the credentials have expired; sign in again or get new ones"
        if self.code in _SIGNATURE_CODES:
            return "check the secret access key, and the clock of this machine"
        return "check the access key id and the session token, and that they are active"

    @override
    def __str__(self) -> str:
        return f"{super().__str__()}; {self.advice}"


class UnauthenticatedException(CredentialsRejectedError):  # noqa: N818 - the service's own name
    """The caller is not authenticated."""


class ThrottlingError(ServiceError):
    """The service asks to be called less often."""

    is_throttling = True


class ResponseValidationError(LightsailSnapError):
    """The service answered something that cannot be read as the result it should be.

    Attributes:
        model: The name of the shape that was expected.
        violations: What is wrong with the answer.
        payload: The answer as it came: bytes, or the dict botocore made of it. It is not cleaned
            of anything; `str()` shows its beginning, cleaned.
        may_have_executed: True where the answer is one to a request that is not read-only.
    """

    def __init__(
        self,
        model: str,
        violations: Sequence[Violation],
        payload: object,
        *,
        may_have_executed: bool = False,
    ) -> None:
        super().__init__(model)
        self.model = model
        self.violations: tuple[Violation, ...] = tuple(violations)
        self.payload = payload
        self.may_have_executed = may_have_executed

    @override
    def __str__(self) -> str:
        return (
            f"the answer is no readable {self.model}: {_listed(self.violations)} "
            f"(payload begins {short_repr(self.payload, 120)})"
        )

    @override
    def _travelling(self) -> dict[str, Any]:
        try:
            pickle.dumps(self.payload)
        except Exception:  # noqa: BLE001 - whatever does not pickle is described instead
            return self.__dict__ | {"payload": short_repr(self.payload)}
        return self.__dict__


class NameConflictError(LightsailSnapError):
    """The name is taken by a resource that this call did not make.

    Attributes:
        resource: The resource that holds the name.
        may_have_executed: Whether a response of this call was lost before. If so, it may have made
            a resource that another client has deleted since.
    """

    def __init__(self, message: str, *, resource: Disk | DiskSnapshot | InstanceSnapshot) -> None:
        super().__init__(message)
        self.resource: Disk | DiskSnapshot | InstanceSnapshot = resource


class SnapshotConflictError(NameConflictError):
    """The name is taken by a snapshot that this call did not make.

    Attributes:
        snapshot: The snapshot that holds the name.
    """

    def __init__(self, message: str, *, snapshot: DiskSnapshot | InstanceSnapshot) -> None:
        super().__init__(message, resource=snapshot)
        self.snapshot: DiskSnapshot | InstanceSnapshot = snapshot


class PaginationError(LightsailSnapError):
    """A listing would never end.

    The service gave a page token for the second time, more than 100,000 pages, or 1,000 empty pages
    in a row. What was listed before is real.

    Attributes:
        operation_name: The API operation, for example `GetDiskSnapshots`.
        page_token: The token of the page that was not requested any more. Unless it is one that was
            given twice, a listing from this token continues.
    """

    def __init__(self, message: str, *, operation_name: str, page_token: str) -> None:
        super().__init__(message)
        self.operation_name = operation_name
        self.page_token = page_token


class QuiesceError(LightsailSnapError):
    """Writes could not be paused for a snapshot, or were not paused long enough, or not resumed.

    Attributes:
        command: The command that failed, credentials taken out, if it was one.
        returncode: How it ended, if it did.
        output: What it printed, credentials taken out, at most 4096 characters.
    """

    def __init__(
        self,
        message: str,
        *,
        command: Sequence[str] | None = None,
        returncode: int | None = None,
        output: str = "",
    ) -> None:
        super().__init__(message)
        self.command: tuple[str, ...] | None = (
            None if command is None else tuple(_clean(part) for part in command)
        )
        self.returncode = returncode
        self.output: str = _clean(output)


class PartialFailureError(LightsailSnapError, ExceptionGroup[LightsailSnapError]):
    """Of many jobs at least one failed. Nothing that succeeded is lost.

    It is an `ExceptionGroup`: `except*` takes it apart, and `exceptions` holds every failure.

    Attributes:
        successes: What came of the jobs that succeeded, by name (by id for operations).
        failures: Why the others failed, by name (by id for operations).
        may_have_executed: Whether any of the failures may have changed something nevertheless, or
            anything succeeded.
    """

    def __new__(
        cls,
        message: str,
        failures: Mapping[str, LightsailSnapError] | Sequence[LightsailSnapError],
        successes: Mapping[str, PollResult] | None = None,  # noqa: ARG004 - for __init__
    ) -> Self:
        """Make the group.

        Args:
            message: What failed.
            failures: The errors.
            successes: What succeeded.

        Returns:
            The error.
        """
        errors = failures.values() if isinstance(failures, Mapping) else failures
        return super().__new__(cls, message, list(errors))

    def __init__(
        self,
        message: str,
        failures: Mapping[str, LightsailSnapError],
        successes: Mapping[str, PollResult],
    ) -> None:
        super().__init__(message, list(failures.values()))
        self.failures: Mapping[str, LightsailSnapError] = dict(failures)
        self.successes: Mapping[str, PollResult] = dict(successes)
        self.may_have_executed: bool = bool(successes) or any(
            error.may_have_executed for error in failures.values()
        )

    @override
    def derive(self, excs: Sequence[LightsailSnapError], /) -> PartialFailureError:  # type: ignore[override] # a group of ours holds errors of ours
        """Make the group of some of the failures, for `except*` and `split`.

        Args:
            excs: The failures.

        Returns:
            The group; the successes stay with it.
        """
        kept = {name: error for name, error in self.failures.items() if error in excs}
        part = PartialFailureError(str(self.args[0]), kept, self.successes)
        # A change that is none of the failures' belongs to whatever part is looked at.
        if not any(error.may_have_executed for error in self.failures.values()):
            part.may_have_executed = self.may_have_executed
        return part

    @override
    def __str__(self) -> str:
        text = "; ".join(
            f"{one_line(name, 80)}: {error}"
            for name, error in list(self.failures.items())[:_VIOLATIONS_SHOWN]
        )
        hidden = len(self.failures) - _VIOLATIONS_SHOWN
        return f"{super().__str__()}: {text}" + (f"; and {hidden} more" if hidden > 0 else "")


class WaitError(LightsailSnapError):
    """A wait did not end in success.

    Attributes:
        waited: How long the wait took.
        operation: The operation as last seen, if an operation was awaited.
        snapshot: The snapshot as last seen, if a snapshot was awaited.
        disk: The disk as last seen, if a disk was awaited.
        export_snapshot_record: The record as last seen, if an export was awaited.
    """

    def __init__(  # noqa: PLR0913 - one for each kind of thing that can be awaited
        self,
        message: str,
        *,
        waited: timedelta,
        operation: Operation | None = None,
        snapshot: DiskSnapshot | InstanceSnapshot | None = None,
        disk: Disk | None = None,
        export_snapshot_record: ExportSnapshotRecord | None = None,
    ) -> None:
        super().__init__(message)
        self.waited = waited
        self.operation = operation
        self.snapshot = snapshot
        self.disk = disk
        self.export_snapshot_record = export_snapshot_record


class WaitFailedError(WaitError):
    """What was awaited has ended, and not in success.

    Attributes:
        error_code: The operation's error code, if the service gave one.
        error_details: The operation's error details, if the service gave any.
    """

    @property
    def error_code(self) -> str | None:
        """The failed operation's error code, if the service gave one."""
        return self.operation.error_code if self.operation else None

    @property
    def error_details(self) -> str | None:
        """The failed operation's error details, if the service gave any."""
        return self.operation.error_details if self.operation else None


class WaitTimeoutError(WaitError, TimeoutError):
    """The deadline passed first. The work goes on server-side; wait again to resume.

    If looking failed too, the last such error is `__cause__`.
    """
