"""Exceptions of the library.

```
LightsailSnapError
├─ RequestValidationError             invalid request; not sent
├─ ConfigurationError                 no region, bad settings; not sent
│   └─ MissingCredentialsError        no usable credentials; not sent
├─ AuthenticationError                both errors about credentials
├─ TransportError                     no readable response was received
│   ├─ RequestNotSentError            not executed; safe to send again
│   └─ OutcomeUnknownError            a change may have been executed
├─ ServiceError                       error response of Lightsail
│   ├─ ServiceException
│   ├─ InvalidInputException
│   ├─ NotFoundException
│   ├─ OperationFailureException
│   ├─ AccessDeniedException
│   ├─ AccountSetupInProgressException
│   ├─ RegionSetupInProgressException
│   ├─ CredentialsRejectedError       expired, unknown or badly signed
│   │   └─ UnauthenticatedException
│   └─ ThrottlingError
├─ ResponseValidationError            response that cannot be read
├─ NameConflictError                  name of another resource
│   └─ SnapshotConflictError          name of another snapshot
├─ PaginationError                    listing that does not end
├─ QuiesceError                       writes not paused or not resumed
├─ PartialFailureError                some of several operations failed
└─ WaitError
    ├─ WaitFailedError                failed state, or resource disappeared
    └─ WaitTimeoutError               timeout; the operation continues
```

Some classes have a second base class. `RequestValidationError` is a `ValueError`,
`WaitTimeoutError` a `TimeoutError` and `PartialFailureError` an `ExceptionGroup`.
`MissingCredentialsError` and `CredentialsRejectedError` are `AuthenticationError`s.

`except LightsailSnapError` catches all of them. `__cause__` is the underlying exception. Every
error can be pickled and copied. `str()` of an error is one printable line without the name of its
class: strings from the service are escaped, truncated and freed of credentials. For several
problems of a request or a response the line has their number and their fields, and a traceback has
a line for each (`__notes__`); `violations` has all of them.
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
        Instance,
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
    "SerializedCause",
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

_MAX_LISTED = 20
_MAX_MESSAGE = 4096
_ErrorT = TypeVar("_ErrorT", bound="LightsailSnapError")


class LightsailSnapError(Exception):
    """Base class of all errors of this library.

    Attributes:
        may_have_executed: True if the request may have changed something on Lightsail although it
            failed. If so, look up the resource before you send the request again.
    """

    may_have_executed: bool = False
    _advice: str = ""

    def __init__(self, *args: object, advice: str = "") -> None:
        super().__init__(*args)
        if advice:
            self._advice = advice

    @property
    def problem(self) -> str:
        """The message without the advice, as one printable line."""
        return safe_line(str(self.args[0])) if self.args else "no details"

    @property
    def advice(self) -> str:
        """Advice to the caller in terms of the Python API, as one clause; empty if there is none.

        Other interfaces, such as the command line, replace it by their own.
        """
        return self._advice

    @override
    def __str__(self) -> str:
        return f"{self.problem}; {safe_line(self.advice)}" if self.advice else self.problem

    def __copy__(self) -> Self:
        return _restore(type(self), self.args, self.__dict__, self.__cause__, self._is_final)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # All attributes are immutable, and a cause may hold sockets.
        return self.__copy__()

    @override
    def __reduce__(self) -> tuple[Any, ...]:
        # Another library's exception may hold the signed request with its session token, or may
        # not pickle at all.
        cause = self.__cause__
        if cause is self:
            cause = None
        elif cause is not None and not isinstance(cause, LightsailSnapError):
            cause = SerializedCause.of(cause)
        return _restore, (type(self), self.args, self._picklable_state(), cause, self._is_final)

    @property
    def _is_final(self) -> bool:
        return self.__suppress_context__

    def _picklable_state(self) -> dict[str, Any]:
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
    if notes := state.get("__notes__"):
        # Notes that are added to a copy must not appear in the original.
        error.__notes__ = [*notes]
    error.__cause__ = cause
    # Setting a cause, even None, would hide the context in which the copy is raised.
    error.__suppress_context__ = is_final
    return error


def detached(error: LightsailSnapError) -> LightsailSnapError:
    """Copy an error as pickle does, without a traceback and other libraries' exceptions.

    Objects that hold errors use it when they are pickled, because other libraries (Dask, for one)
    change for the whole process how exceptions are pickled.

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


class SerializedCause(Exception):  # noqa: N818 - it replaces an exception and is never raised
    """Replacement for another library's exception in the `__cause__` of an unpickled error.

    Attributes:
        type_name: Dotted name of the exception's class.
        message: Message of the exception, as one line without credentials.
    """

    def __init__(self, type_name: str, message: str) -> None:
        super().__init__(type_name, message)
        self.type_name = type_name
        self.message = message

    @classmethod
    def of(cls, cause: BaseException) -> SerializedCause:
        """Describe an exception.

        Args:
            cause: The exception.

        Returns:
            The description. A `SerializedCause` is returned as it is.
        """
        if isinstance(cause, cls):
            return cause
        kind = type(cause)
        return cls(f"{kind.__module__}.{kind.__qualname__}", safe_text(cause))

    @override
    def __str__(self) -> str:
        return one_line(f"{self.type_name}: {self.message}")


def safe_text(error: BaseException) -> str:
    """Return the message of an exception as one printable line without credentials.

    Args:
        error: Any exception. If its `__str__` fails, the line is the name of its class.

    Returns:
        The line.
    """
    try:
        return safe_line(str(error))
    except Exception:  # noqa: BLE001 - a broken __str__ must not hide the error being described
        return f"<{type(error).__name__}>"


@dataclass(frozen=True, slots=True)
class Violation:
    """One problem of a request or response.

    Attributes:
        field: Path of the field, for example `tags[0].key`; empty for the request itself.
        rule: The broken rule, for example `must be a string of 1 to 255 characters`.
        source: Source of the rule, for example a shape of the service model.
        fix: Advice to the caller; empty if there is nothing that the caller can do.
        input: The invalid value if it is a plain scalar, else its shortened representation.
    """

    field: str
    rule: str
    source: str
    fix: str
    input: object

    @override
    def __str__(self) -> str:
        # The name of an unknown field is any string that the caller passed.
        where = safe_line(self.field) or "(root)"
        problem = f"{where}: {self.rule}, got {short_repr(self.input)}"
        return f"{problem}; {self.fix}" if self.fix else problem


def _clean(text: str) -> str:
    # Truncate afterwards: a credential that is cut in two is no longer recognised.
    return redact(text[: 2 * _MAX_MESSAGE])[:_MAX_MESSAGE]


def _summarize(violations: Sequence[Violation]) -> str:
    """Return one line: the only problem, or the number of problems and their fields."""
    if len(violations) == 1:
        return one_line(str(violations[0]))
    fields = dict.fromkeys(safe_line(each.field, 80) or "(root)" for each in violations)
    listed = list(fields)[:_MAX_LISTED]
    hidden = len(fields) - len(listed)
    listed += [f"and {hidden} more"] if hidden else []
    return f"{len(violations)} problems: {', '.join(listed)}"


def _notes_of(violations: Sequence[Violation]) -> list[str]:
    """Return a line for each of several problems, which tracebacks print below the error."""
    if len(violations) == 1:
        return []
    notes = [f"- {one_line(str(violation))}" for violation in violations[:_MAX_LISTED]]
    hidden = len(violations) - len(notes)
    return [*notes, f"- and {hidden} more"] if hidden else notes


class RequestValidationError(LightsailSnapError, ValueError):
    """Invalid request, or invalid parameter of a method. Nothing was sent.

    Attributes:
        model: Name of the invalid model, for example `CreateDiskSnapshotRequest`.
        violations: All problems, not only the first.
    """

    def __init__(self, model: str, violations: Sequence[Violation]) -> None:
        super().__init__(model)
        self.model = model
        self.violations: tuple[Violation, ...] = tuple(violations)
        for note in _notes_of(self.violations):
            self.add_note(note)

    def errors(self) -> tuple[Violation, ...]:
        """Return all problems.

        Returns:
            The violations, each with field, rule, source of the rule, fix and input.
        """
        return self.violations

    @override
    def __str__(self) -> str:
        return f"invalid {self.model}, nothing was sent: {_summarize(self.violations)}"


class ConfigurationError(LightsailSnapError):
    """Missing or invalid credentials, region, endpoint or client settings. Nothing was sent.

    Attributes:
        setting: The parameter to correct, for example `region_name`, or `credentials`; None if it
            is another setting.
    """

    def __init__(self, *args: object, advice: str = "", setting: str | None = None) -> None:
        super().__init__(*args, advice=advice)
        self.setting = setting


class AuthenticationError(LightsailSnapError):
    """Base class of errors about credentials. The message gives advice.

    `MissingCredentialsError` is raised before anything is sent, `CredentialsRejectedError` if the
    service refuses the credentials or the signature.
    """


class MissingCredentialsError(ConfigurationError, AuthenticationError):
    """No credentials were found, or their provider failed. Nothing was sent."""


class TransportError(LightsailSnapError):
    """No readable response was received.

    Attributes:
        request: The request.
        operation_name: The API operation, for example `CreateDiskSnapshot`.
    """

    def __init__(self, message: str, *, request: Request[Any]) -> None:
        super().__init__(message)
        self.request = request
        self.operation_name: str = request.operation_name


class RequestNotSentError(TransportError):
    """No attempt reached the service. The request was not executed and is safe to send again."""


class OutcomeUnknownError(TransportError):
    """No response was received, and at least one attempt may have reached the service.

    Attributes:
        request: The request. If `may_have_executed`, look up the resource before you send it again.
        may_have_executed: True unless the request is read-only.
    """

    def __init__(self, message: str, *, request: Request[Any]) -> None:
        super().__init__(message, request=request)
        self.may_have_executed: bool = not request.is_read_only


class ServiceError(LightsailSnapError):
    """Error response of Lightsail. Unknown error types are instances of this class itself.

    Attributes:
        code: Error type, for example `NotFoundException`.
        sub_code: More specific code, for example `NameExists`, if present.
        message: Message of the service without credentials, at most 4096 characters; not escaped.
        docs: Link to documentation, if present.
        tip: Advice of the service, if present.
        request_id: Id to give to AWS Support, if present.
        http_status: HTTP status, if known.
        operation_name: The API operation, for example `CreateDiskSnapshot`.
        request: The request, if known.
        retry_attempts: Number of retries by botocore before this response.
        is_retryable: True if the same request may succeed later.
        is_throttling: True if the service requests fewer calls.
        may_have_executed: True if this attempt or an earlier one may have been executed: after a
            lost response, a 5xx status, or an error response that is not recognised as the
            service's own. Always false for read-only requests.
    """

    is_throttling: bool = False

    def __init__(  # noqa: PLR0913 - each is one field of the error response
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
        self.request: Request[Any] | None = None
        self.retry_attempts = retry_attempts
        self.is_retryable = is_retryable
        self.may_have_executed = may_have_executed

    @override
    def __str__(self) -> str:
        code = one_line(self.code, 80)
        # Tracebacks print the name of the class, which in most cases is the code.
        facts = [] if code == type(self).__name__ else [f"code={code or '(none)'}"]
        facts += [
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
        message = one_line(self.message) or "(no message)"
        return f"{message}{tip} ({', '.join(facts)})"


class ServiceException(ServiceError):  # noqa: N818 - the service's own name
    """Internal failure of the service (HTTP 5xx). The request may have been executed."""


class InvalidInputException(ServiceError):  # noqa: N818 - the service's own name
    """The service refused the input: a name in use, an invalid value or state, or a wrong region.

    See `sub_code` for details, for example `NameExists`.
    """


class NotFoundException(ServiceError):  # noqa: N818 - the service's own name
    """The resource or operation does not exist in this region."""


class OperationFailureException(ServiceError):  # noqa: N818 - the service's own name
    """The service could not execute the operation."""


class AccessDeniedException(ServiceError):  # noqa: N818 - the service's own name
    """The credentials do not allow this operation on this resource."""


class AccountSetupInProgressException(ServiceError):  # noqa: N818 - the service's own name
    """The account is still being set up. Try again in a few minutes."""


class RegionSetupInProgressException(ServiceError):  # noqa: N818 - the service's own name
    """An opt-in region is still being set up. Try again in a few minutes."""


# The message if only the clock is wrong: "Signature expired: ... is now earlier than ...".
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

    `code` is the error type, for example `ExpiredTokenException`.
    """

    @property
    @override
    def advice(self) -> str:
        """Advice to the caller, as one clause."""
        message = self.message.lower()
        if self.code in _SKEW_CODES or any(part in message for part in _SKEW_MESSAGES):
            return "correct the clock of this machine; it must be within 5 minutes of the real time"
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
    """The service requests fewer calls."""

    is_throttling = True


class ResponseValidationError(LightsailSnapError):
    """Response that cannot be read as the expected result.

    Attributes:
        model: Name of the expected model, for example `GetDiskResult`.
        violations: All problems of the response.
        payload: The response as received: bytes, or the dict that botocore parsed. It may contain
            credentials; `str()` of the error shows its beginning without them.
        may_have_executed: True unless the request is read-only.
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
        for note in _notes_of(self.violations):
            self.add_note(note)
        self.payload = payload
        self.may_have_executed = may_have_executed

    @override
    def __str__(self) -> str:
        return (
            f"cannot read the response as {self.model}: {_summarize(self.violations)} "
            f"(response begins {short_repr(self.payload, 120)})"
        )

    @override
    def _picklable_state(self) -> dict[str, Any]:
        try:
            pickle.dumps(self.payload)
        except Exception:  # noqa: BLE001 - pickling arbitrary objects may raise anything
            return self.__dict__ | {"payload": short_repr(self.payload)}
        return self.__dict__


class NameConflictError(LightsailSnapError):
    """The name is taken by a resource that this call did not create.

    Attributes:
        resource: The resource with this name.
        may_have_executed: True if a response of this call was lost. The call may then have created
            a resource that another client has deleted since.
    """

    def __init__(
        self, message: str, *, resource: Disk | DiskSnapshot | Instance | InstanceSnapshot
    ) -> None:
        super().__init__(message)
        self.resource: Disk | DiskSnapshot | Instance | InstanceSnapshot = resource


class SnapshotConflictError(NameConflictError):
    """The name is taken by a snapshot that this call did not create.

    Attributes:
        snapshot: The snapshot with this name.
    """

    def __init__(self, message: str, *, snapshot: DiskSnapshot | InstanceSnapshot) -> None:
        super().__init__(message, resource=snapshot)
        self.snapshot: DiskSnapshot | InstanceSnapshot = snapshot


class PaginationError(LightsailSnapError):
    """Listing that does not end.

    The service repeated a page token, or returned more than 100,000 pages, or 1,000 empty pages in
    a row. The items before the error are valid.

    Attributes:
        operation_name: The API operation, for example `GetDiskSnapshots`.
        page_token: Token of the first page that was not requested. Pass it to continue the listing,
            unless it is the repeated one.
    """

    def __init__(
        self, message: str, *, operation_name: str, page_token: str, advice: str = ""
    ) -> None:
        super().__init__(message, advice=advice)
        self.operation_name = operation_name
        self.page_token = page_token


class QuiesceError(LightsailSnapError):
    """Writes could not be paused for a snapshot, were resumed too early, or not resumed.

    Attributes:
        command: The failed command without credentials, if a command failed.
        returncode: Exit status of the command, if it ended.
        output: Output of the command without credentials, at most 4096 characters.
    """

    def __init__(
        self,
        message: str,
        *,
        command: Sequence[str] | None = None,
        returncode: int | None = None,
        output: str = "",
        advice: str = "",
    ) -> None:
        super().__init__(message, advice=advice)
        self.command: tuple[str, ...] | None = (
            None if command is None else tuple(_clean(part) for part in command)
        )
        self.returncode = returncode
        self.output: str = _clean(output)


class PartialFailureError(LightsailSnapError, ExceptionGroup[LightsailSnapError]):
    """At least one of several high-level operations failed.

    It is an `ExceptionGroup`: handle the failures one by one with `except*` or `exceptions`.

    Attributes:
        successes: Results of the operations that succeeded, by name (or by operation id).
        failures: Errors of the others, by name (or by operation id).
        may_have_executed: True if an operation succeeded, or if a failed one may have changed
            something.
    """

    def __new__(
        cls,
        message: str,
        failures: Mapping[str, LightsailSnapError] | Sequence[LightsailSnapError],
        successes: Mapping[str, PollResult] | None = None,  # noqa: ARG004 - for __init__
    ) -> Self:
        """Create the group.

        Args:
            message: Description of the operations.
            failures: Errors by name.
            successes: Results by name.

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
    def derive(self, excs: Sequence[LightsailSnapError], /) -> PartialFailureError:  # type: ignore[override] # it holds errors of this library only
        """Create a group of some of the failures, for `except*` and `split`.

        Args:
            excs: The failures.

        Returns:
            The group, with all successes.
        """
        kept = {name: error for name, error in self.failures.items() if error in excs}
        part = PartialFailureError(str(self.args[0]), kept, self.successes)
        # A change that no failure accounts for may belong to any part.
        if not any(error.may_have_executed for error in self.failures.values()):
            part.may_have_executed = self.may_have_executed
        return part

    @override
    def __str__(self) -> str:
        text = "; ".join(
            f"{one_line(name, 80)}: {type(error).__name__}: {error}"
            for name, error in list(self.failures.items())[:_MAX_LISTED]
        )
        hidden = len(self.failures) - _MAX_LISTED
        return f"{super().__str__()}: {text}" + (f"; and {hidden} more" if hidden > 0 else "")


class WaitError(LightsailSnapError):
    """A wait ended without success.

    Attributes:
        waited: Duration of the wait.
        operation: Last state of the operation, for waits for operations.
        snapshot: Last state of the snapshot, for waits for snapshots.
        disk: Last state of the disk, for waits for disks.
        instance: Last state of the instance, for waits for instances.
        export_snapshot_record: Last state of the record, for waits for exports.
    """

    def __init__(  # noqa: PLR0913 - one for each type of resource
        self,
        message: str,
        *,
        waited: timedelta,
        advice: str = "",
        operation: Operation | None = None,
        snapshot: DiskSnapshot | InstanceSnapshot | None = None,
        disk: Disk | None = None,
        instance: Instance | None = None,
        export_snapshot_record: ExportSnapshotRecord | None = None,
    ) -> None:
        super().__init__(message, advice=advice)
        self.waited = waited
        self.operation = operation
        self.snapshot = snapshot
        self.disk = disk
        self.instance = instance
        self.export_snapshot_record = export_snapshot_record


class WaitFailedError(WaitError):
    """The resource reached a failed state, or disappeared.

    Attributes:
        error_code: Error code of the operation, if present.
        error_details: Error details of the operation, if present.
    """

    @property
    def error_code(self) -> str | None:
        """Error code of the operation, if present."""
        return self.operation.error_code if self.operation else None

    @property
    def error_details(self) -> str | None:
        """Error details of the operation, if present."""
        return self.operation.error_details if self.operation else None


class WaitTimeoutError(WaitError, TimeoutError):
    """The deadline passed. The operation continues on Lightsail; call the wait again to resume.

    If the last poll failed, its error is `__cause__`.
    """
