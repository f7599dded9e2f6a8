"""Explanations of errors in the vocabulary of the command line: what is wrong, then what to do."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tomllib import TOMLDecodeError
from typing import TYPE_CHECKING, Final, Protocol

from lightsail_snap import (
    AccessDeniedException,
    AccountSetupInProgressException,
    ConfigurationError,
    CredentialsRejectedError,
    LightsailSnapError,
    NameConflictError,
    NotFoundException,
    OutcomeUnknownError,
    PartialFailureError,
    QuiesceError,
    RegionSetupInProgressException,
    RequestNotSentError,
    RequestValidationError,
    ResponseValidationError,
    ServiceError,
    ThrottlingError,
    WaitError,
)
from lightsail_snap._text import did_you_mean, one_line, safe_line, short_repr
from lightsail_snap.cli._messages import PROGRAM, plural
from lightsail_snap.cli._vocabulary import (
    advice_for,
    in_options,
    is_python,
    option_of,
    without_python,
)
from lightsail_snap.errors import TransportError, Violation, safe_text
from lightsail_snap.models._regions import find_region_hint
from lightsail_snap.models._rules import UNKNOWN_FIELD

if TYPE_CHECKING:
    from lightsail_snap import LightsailSnapClient

_MAX_PROBLEMS: Final = 20
_MIN_SERVER_ERROR_STATUS: Final = 500
_ERROR_NUMBER: Final = re.compile(r"\[(?:Errno|WinError) -?\d+\] ")
_CALL_ADVICE: Final = re.compile(r"; to (?:keep waiting|continue), call .*")
_AGAIN: Final = "run the command again"

# By class of botocore's exception: what is wrong, instead of botocore's message, and what to do.
_CONFIGURATION: Final[dict[str, tuple[str, str]]] = {
    "NoRegionError": (
        "no Region is set",
        "pass --region, or set AWS_DEFAULT_REGION (AWS_REGION is not read)",
    ),
    "NoCredentialsError": (
        "no AWS credentials were found",
        "pass --profile, or set AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    ),
    "PartialCredentialsError": (
        "the AWS credentials are incomplete",
        "set both AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or both keys of the profile",
    ),
    "ProfileNotFound": (
        "",
        "pass a profile of ~/.aws/config to --profile, or correct AWS_PROFILE",
    ),
    "UnknownServiceError": ("", "update botocore: pip install --upgrade botocore"),
}

# Types by the beginning of pydantic's names.
_FILE_TYPES: Final = {
    "a valid boolean": "true or false",
    "a valid dictionary": "a table",
    "a valid integer": "a whole number",
    "a valid list": "a list",
    "a valid string": "a string",
    "a valid tuple": "a list",
    "an object": "a table",
}

# Models of files, whose fields are the keys that a person writes.
_PLAN_MODELS: Final = frozenset({"BackupPlan", "Run"})

# Attributes of requests with the name of a resource, and the kind of the resource.
_KINDS: Final[dict[str, str]] = {
    "disk_snapshot_name": "snapshot",
    "instance_snapshot_name": "snapshot",
    "snapshot_name": "snapshot",
    "source_snapshot_name": "snapshot",
    "disk_name": "disk",
    "instance_name": "instance",
    "resource_name": "disk or instance",
}


class UsageError(Exception):
    """The arguments break a rule that only the command line has."""


class InvalidFileError(UsageError):
    """A plan file breaks rules. `__cause__` is the error of the library.

    Attributes:
        name: The name of the file.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Connection(Protocol):
    """The connection of a command: its `Settings`."""

    @property
    def endpoint_url(self) -> str | None:
        """The endpoint, unless it is that of AWS."""

    def find_region(self) -> str | None:
        """Return the Region as boto3 finds it; None if there is none."""

    def command_line(self, *arguments: str) -> str:
        """Return a shell command line with these arguments and the same connection."""

    def client(self) -> LightsailSnapClient:
        """Return a client of the Region."""


@dataclass(slots=True)
class CommandContext:
    """The command that runs, as far as it is known.

    Attributes:
        command: Name of the command.
        is_verbose: Whether to print details.
        settings: Options of the connection; None until they are checked.
    """

    command: str = ""
    is_verbose: bool = False
    settings: Connection | None = None

    @property
    def region(self) -> str | None:
        """The Region of the command, as boto3 finds it."""
        return None if self.settings is None else self.settings.find_region()


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a person reads about an error.

    Attributes:
        problem: What is wrong.
        advice: What to do.
        items: One line for each of several problems.
        commands: Introductions and command lines to run next.
        details: Names and values for `--verbose`.
        has_more: Whether the details help to find the cause.
    """

    problem: str
    advice: str = ""
    items: tuple[str, ...] = ()
    commands: tuple[tuple[str, str], ...] = ()
    details: tuple[tuple[str, object], ...] = ()
    has_more: bool = False

    @property
    def headline(self) -> str:
        """The problem and the advice as one line."""
        return _join(self.problem, self.advice)


def describe_error(error: BaseException, context: CommandContext | None = None) -> str:
    """Return an error and its problems as one line, without the name of its class."""
    explained = explain(error, context or CommandContext())
    return (
        ": ".join((explained.headline, "; ".join(explained.items)))
        if explained.items
        else (explained.headline)
    )


def reason_in_words(reason: str, error: LightsailSnapError | None) -> str:
    """Return the reason of a step, in which the error is described as elsewhere."""
    if error is None:
        return reason
    return reason.replace(f"{type(error).__name__}: {error}", describe_error(error))


def explain(error: BaseException, context: CommandContext) -> Explanation:
    """Explain any error of the library, the command line or the operating system."""
    for kind, describe in _DESCRIPTIONS:
        if isinstance(error, kind):
            found = describe(error, context)
            break
    else:
        found = Explanation(safe_text(error))
    notes = [f"{_without_calls(note)}" for note in _notes_of(error)]
    return replace(
        found,
        problem=_clean(found.problem),
        advice=_clean(found.advice),
        items=tuple(map(_clean, (*found.items, *notes))),
        details=tuple(_details_of(error)),
    )


def _join(problem: str, advice: str) -> str:
    return f"{problem}; {advice}" if advice else problem


def _clean(text: str) -> str:
    return one_line(_ERROR_NUMBER.sub("", text), 2000)


def _without_calls(text: str) -> str:
    """Remove the advice for users of the Python API; command lines replace it."""
    return _CALL_ADVICE.sub("", text)


def _notes_of(error: BaseException) -> Iterable[str]:
    """Return what has been done, and other remarks; the problems of a request are no notes here."""
    if isinstance(error, RequestValidationError | ResponseValidationError):
        return ()
    is_own = isinstance(error, LightsailSnapError | KeyboardInterrupt)
    return getattr(error, "__notes__", ()) if is_own else ()


def _reason_of(error: LightsailSnapError) -> str:
    """Return the message of the underlying exception, without the name of its class."""
    return error.problem if error.__cause__ is None else safe_text(error.__cause__)


def _explain_general(error: LightsailSnapError, context: CommandContext) -> Explanation:
    command = context.command
    advice = without_python(in_options(error.advice, command))
    return Explanation(in_options(error.problem, command), advice)


def _explain_configuration(error: ConfigurationError, context: CommandContext) -> Explanation:
    cause = error.__cause__
    name = type(cause).__name__
    problem, advice = _CONFIGURATION.get(name, ("", "")) if cause is not None else ("", "")
    explained = _explain_general(error, context)
    if explained.problem.startswith(f"{name}: "):
        problem = problem or _lower(_reason_of(error).rstrip("."))
        # boto3 refuses an invalid URL with a ValueError.
        if "endpoint" in problem.lower():
            advice = _endpoint_advice(context)
    return replace(
        explained, problem=problem or explained.problem, advice=advice or explained.advice
    )


def _lower(text: str) -> str:
    """Return a sentence as a clause; names and abbreviations keep their capitals."""
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _explain_violation(violation: Violation, command: str) -> str:
    """Return one line about a problem of options and arguments."""
    option = option_of(violation.field, command) if violation.field else ""
    # On the command line everything is a string.
    rule = in_options(violation.rule, command).replace("must be a string ", "must be ")
    rule = rule.replace("must be of ", "must be ")
    advice = advice_for(option, violation.fix, command)
    given = "" if violation.input is None else f", got {_shown(violation.input)}"
    where = f"{option}: " if option else ""
    return _join(f"{where}{rule}{given}", advice)


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else short_repr(value)


def _explain_violations(
    violations: Sequence[Violation], explain_one: Callable[[Violation], str], headline: str
) -> Explanation:
    lines = list(dict.fromkeys(map(explain_one, violations)))
    if len(lines) == 1:
        return Explanation(lines[0])
    hidden = len(lines) - _MAX_PROBLEMS
    lines = lines[:_MAX_PROBLEMS] + ([f"and {hidden} more"] if hidden > 0 else [])
    return Explanation(f"{len(violations)} problems{headline}", items=tuple(lines))


def _explain_request(error: RequestValidationError, context: CommandContext) -> Explanation:
    if error.model in _PLAN_MODELS:
        return _explain_violations(error.violations, _explain_key, " of the plan")
    return _explain_violations(
        error.violations,
        lambda each: _explain_violation(each, context.command),
        "; nothing was sent",
    )


def _explain_file(error: InvalidFileError, _context: CommandContext) -> Explanation:
    cause = error.__cause__
    if not isinstance(cause, RequestValidationError):
        return Explanation(f"{error.name}: {safe_text(error)}")
    # The parser's message has the line and the column. pydantic's errors are ValueErrors, too.
    for kind, syntax in ((TOMLDecodeError, "TOML"), (ValueError, "JSON")):
        if type(cause.__cause__) is kind:
            problem = f"{error.name} is not valid {syntax}: {safe_text(cause.__cause__)}"
            return Explanation(problem, "correct this line")
    explained = _explain_violations(cause.violations, _explain_key, "")
    if explained.items:
        return replace(explained, problem=f"{error.name} has {explained.problem}")
    return replace(explained, problem=f"{error.name}: {explained.problem}")


def _explain_key(violation: Violation) -> str:
    """Return one line about a problem of a key of a plan file."""
    field, advice = violation.field, violation.fix
    where = f"{field}: " if field else ""
    if violation.rule == UNKNOWN_FIELD:
        keys = advice.partition(" takes ")[2]
        advice = f"leave it out; the keys are {keys}" if keys else advice
        return f"{where}unknown key; {advice}"
    # The invalid value of the whole file is its content.
    is_shown = field and violation.input is not None
    given = f", got {_shown(violation.input)}" if is_shown else ""
    if str(violation.input) == "nothing":
        given, advice = "", f"add {field} to the file"
    problem = f"{where}{_in_file(violation.rule)}{given}"
    return _join(problem, "" if is_python(advice) else advice)


def _in_file(rule: str) -> str:
    """Return a rule in words of TOML and JSON; those of pydantic are of Python."""
    for python, file in _FILE_TYPES.items():
        if rule.startswith(f"Input should be {python}"):
            return f"must be {file}"
    return rule.replace("Input should be", "must be")


def _explain_not_found(error: NotFoundException, context: CommandContext) -> Explanation:
    kind, name = _missing_resource(error)
    if name is None:
        return _explain_service(error, context)
    region = context.region
    place = f" in {region}" if region else ""
    problem = f"no {kind} is named {name}{place}"
    if hint := find_region_hint(region or ""):
        return Explanation(problem, hint)
    nearest = _find_nearest(kind, name, context)
    if nearest is None:
        # The resource exists, and something of it does not.
        return _explain_service(error, context)
    if nearest:
        return Explanation(problem, nearest)
    if kind == "snapshot" and context.settings is not None:
        command = context.settings.command_line("list")
        return Explanation(problem, commands=(("To list the snapshots, run:", command),))
    return Explanation(problem, "check the name and the Region")


def _missing_resource(error: ServiceError) -> tuple[str, str | None]:
    """Return the kind and the name of the resource that a request needs; None if several."""
    request = error.request
    source = getattr(request, "source", None)
    is_source = error.operation_name.startswith(("Create", "Copy"))
    holder = request if source is None else source
    found = {
        field: name
        for field in _KINDS
        if (name := getattr(holder, field, None)) is not None and isinstance(name, str)
    }
    if is_source and source is None:
        # An instance snapshot is created from the instance; its own name is new.
        found.pop("instance_snapshot_name", None)
    if len(found) != 1:
        return "resource", None
    ((field, name),) = found.items()
    return _KINDS[field], name


def _find_nearest(kind: str, name: str, context: CommandContext) -> str | None:
    """Return the nearest name of the first pages of listings; None if the name exists itself."""
    if context.settings is None:
        return ""
    with suppress(LightsailSnapError), context.settings.client() as client:
        match kind:
            case "snapshot":
                names = [each.name for each in client.get_disk_snapshots().disk_snapshots]
                instances = client.get_instance_snapshots().instance_snapshots
                names += [each.name for each in instances]
            case "instance":
                names = [each.name for each in client.get_instances().instances]
            case _:
                names = [each.name for each in client.get_disks().disks]
        return None if name in names else did_you_mean(name, names)
    return ""


def _explain_access_denied(error: ServiceError, _context: CommandContext) -> Explanation:
    operation = error.operation_name
    advice = f"add the action lightsail:{operation} to their IAM policy"
    problem = f"access denied: these credentials may not call {operation}"
    return Explanation(problem, advice, has_more=True)


def _explain_credentials(error: CredentialsRejectedError, _context: CommandContext) -> Explanation:
    message = one_line(error.message).rstrip(".") or one_line(error.code)
    return Explanation(f"AWS rejected the credentials: {message}", error.advice, has_more=True)


def _explain_throttling(error: ServiceError, _context: CommandContext) -> Explanation:
    retries = plural(error.retry_attempts, "retry", "retries")
    problem = f"too many requests: Lightsail refused {error.operation_name} after {retries}"
    return Explanation(problem, f"wait a minute, then {_AGAIN}", has_more=True)


def _explain_setup(error: ServiceError, _context: CommandContext) -> Explanation:
    return Explanation(one_line(error.message), f"wait a few minutes, then {_AGAIN}", has_more=True)


def _explain_service(error: ServiceError, context: CommandContext) -> Explanation:
    message = one_line(error.message).rstrip(".") or one_line(error.code, 80)
    tip = one_line(error.tip) if error.tip else ""
    is_failure = (error.http_status or 0) >= _MIN_SERVER_ERROR_STATUS
    verb = "failed to execute" if is_failure else "refused"
    advice = tip or (find_region_hint(context.region or ""))
    if error.may_have_executed:
        advice = _join("the request may have been executed", advice)
    elif is_failure:
        advice = advice or _AGAIN
    problem = f"Lightsail {verb} {error.operation_name}: {message}"
    return Explanation(problem, advice, has_more=True)


def _explain_unsent(error: TransportError, context: CommandContext) -> Explanation:
    problem = f"cannot reach Lightsail: {_lower(_reason_of(error).rstrip('.'))}"
    if error.__cause__ is None:
        problem = error.problem
    return Explanation(problem, _connection_advice(context), has_more=error.__cause__ is not None)


def _connection_advice(context: CommandContext) -> str:
    if advice := _endpoint_advice(context):
        return f"{advice}, and that a server listens there"
    return find_region_hint(context.region or "") or "check the network, the proxy and the Region"


def _endpoint_advice(context: CommandContext) -> str:
    """Return the setting of the endpoint to check; empty if the endpoint is that of AWS."""
    if context.settings is not None and context.settings.endpoint_url is not None:
        return "check --endpoint-url"
    names = ("AWS_ENDPOINT_URL_LIGHTSAIL", "AWS_ENDPOINT_URL")
    return next((f"check {name}" for name in names if os.environ.get(name)), "")


def _explain_unknown_outcome(error: TransportError, _context: CommandContext) -> Explanation:
    if isinstance(refusal := error.__cause__, ServiceError) and refusal.sub_code == "NameExists":
        problem = f"the outcome is unknown: {_lower(refusal.message.rstrip('.'))}"
        advice = "if another resource has the name, choose another one"
        return Explanation(problem, advice, has_more=True)
    has_cause = error.__cause__ is not None
    reason = f": {_lower(_reason_of(error).rstrip('.'))}" if has_cause else ""
    problem = f"no response to {error.operation_name}{reason}"
    if error.__cause__ is None and "may have been created" in error.problem:
        problem = error.problem
    elif error.may_have_executed:
        problem += "; the request may have been executed"
    return Explanation(problem, "" if error.may_have_executed else _AGAIN, has_more=has_cause)


def _explain_response(_error: ResponseValidationError, _context: CommandContext) -> Explanation:
    problem = "Lightsail sent a response that this version cannot read"
    advice = "update lightsail-snap; if it happens again, report it with the output of --verbose"
    return Explanation(problem, advice, has_more=True)


def _explain_conflict(error: NameConflictError, context: CommandContext) -> Explanation:
    resource = error.resource
    kind = re.sub(r"(?<!^)(?=[A-Z])", " ", resource.resource_type or "resource").lower()
    article = "an" if kind.startswith("i") else "a"
    created = resource.created_at
    since = f" of {created:%Y-%m-%d %H:%M} UTC" if created else ""
    problem = f"the name {resource.name} is taken by {article} {kind}{since}"
    # The library knows whether another token is needed, too.
    needs_token = "same client token" in error.problem
    if needs_token:
        problem += " that was created with the same --client-token from something else"
    advice = "choose another name" + (" and another --client-token" if needs_token else "")
    if kind.endswith("snapshot") and context.settings is not None:
        command = context.settings.command_line("show", str(resource.name))
        return Explanation(problem, advice, commands=(("To see the snapshot, run:", command),))
    return Explanation(problem, advice)


def _explain_partial(error: PartialFailureError, context: CommandContext) -> Explanation:
    lines = [
        f"{one_line(name, 80)}: {describe_error(each, context)}"
        for name, each in list(error.failures.items())[:_MAX_PROBLEMS]
    ]
    hidden = len(error.failures) - len(lines)
    lines += [f"and {hidden} more"] if hidden else []
    return Explanation(error.problem, items=tuple(lines))


def _explain_quiesce(error: QuiesceError, context: CommandContext) -> Explanation:
    explained = _explain_general(error, context)
    if error.advice and not explained.advice:
        explained = replace(explained, advice="to stop the instance instead, pass --stop-instance")
    return replace(explained, has_more=bool(error.output))


def _explain_wait(error: WaitError, context: CommandContext) -> Explanation:
    # The advice is the call that waits again, for which the command prints a command line.
    explained = Explanation(in_options(error.problem, context.command))
    return replace(explained, has_more=error.__cause__ is not None)


def _explain_os_error(error: OSError, _context: CommandContext) -> Explanation:
    reason = error.strerror or safe_text(error)
    if error.filename is None:
        return Explanation(reason)
    name, advice = str(error.filename), ""
    if isinstance(error, FileNotFoundError):
        # A plan with a similar name is more likely than a wrong folder.
        with suppress(OSError):
            path = Path(name)
            advice = did_you_mean(path.name, [each.name for each in path.parent.iterdir()])
        advice = advice or "check the path"
    return Explanation(f"{safe_line(name)}: {reason}", advice)


# The first class that matches counts.
_DESCRIPTIONS: Final[tuple[tuple[type[BaseException], Callable[..., Explanation]], ...]] = (
    (InvalidFileError, _explain_file),
    (RequestValidationError, _explain_request),
    (ConfigurationError, _explain_configuration),
    (CredentialsRejectedError, _explain_credentials),
    (NotFoundException, _explain_not_found),
    (AccessDeniedException, _explain_access_denied),
    (AccountSetupInProgressException, _explain_setup),
    (RegionSetupInProgressException, _explain_setup),
    (ThrottlingError, _explain_throttling),
    (ServiceError, _explain_service),
    (RequestNotSentError, _explain_unsent),
    (OutcomeUnknownError, _explain_unknown_outcome),
    (ResponseValidationError, _explain_response),
    (NameConflictError, _explain_conflict),
    (PartialFailureError, _explain_partial),
    (QuiesceError, _explain_quiesce),
    (WaitError, _explain_wait),
    (LightsailSnapError, _explain_general),
    (OSError, _explain_os_error),
)


def _details_of(error: BaseException) -> Iterator[tuple[str, object]]:
    """Yield the details for `--verbose`."""
    yield "error", type(error).__name__
    names = ("operation_name", "code", "sub_code", "http_status", "request_id", "docs", "model")
    for name in (*names, "retry_attempts", "returncode", "output", "waited"):
        value = getattr(error, name, None)
        if value not in {None, "", 0} and isinstance(error, LightsailSnapError):
            yield name.removesuffix("_name").replace("_", " "), value
    if isinstance(error, ServiceError):
        yield "message", error.message
    operation = getattr(error, "operation", None)
    if operation is not None:
        yield "operation id", operation.id
    for violation in getattr(error, "violations", ()):
        yield "rule", f"{violation.field or PROGRAM}: {violation.rule} ({violation.source})"
    cause, seen = error.__cause__, {id(error)}
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        yield "cause", f"{type(cause).__name__}: {safe_text(cause)}"
        for violation in getattr(cause, "violations", ()):
            yield "rule", f"{violation.field or '(file)'}: {violation.rule} ({violation.source})"
        cause = cause.__cause__
