"""Decides which exception stands for what came back. Pure: it imports no AWS library.

Exceptions of botocore are told apart by the names of their classes, so that this module can be
imported, tested and reasoned about without botocore. A contract test runs every exception that
the installed botocore defines through it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lightsail_snap.errors import (
    AccessDeniedException,
    AccountSetupInProgressException,
    ConfigurationError,
    CredentialsRejectedError,
    InvalidInputException,
    LightsailSnapError,
    MissingCredentialsError,
    NotFoundException,
    OperationFailureException,
    OutcomeUnknownError,
    RegionSetupInProgressException,
    RequestNotSentError,
    RequestValidationError,
    ServiceError,
    ServiceException,
    ThrottlingError,
    UnauthenticatedException,
    Violation,
    safe_text,
)
from lightsail_snap.models import ResponseMetadata

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lightsail_snap.models import Request

_CLIENT_FAULTS = range(400, 500)
_TOO_MANY_REQUESTS = 429
_SERVER_FAULT = 500

_SERVICE_ERRORS: dict[str, type[ServiceError]] = {
    kind.__name__: kind
    for kind in (
        AccessDeniedException,
        AccountSetupInProgressException,
        InvalidInputException,
        NotFoundException,
        OperationFailureException,
        RegionSetupInProgressException,
        ServiceException,
        UnauthenticatedException,
    )
}

# The codes botocore's standard retry mode takes for throttling; a contract test compares them.
THROTTLING_CODES = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)

# Codes by which AWS services refuse the credentials, the signature or the time of a request.
AUTHENTICATION_CODES = frozenset(
    {
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignature",
        "InvalidSignatureException",
        "InvalidToken",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "NotAuthorized",
        "RequestExpired",
        "RequestInTheFuture",
        "RequestTimeTooSkewed",
        "SignatureDoesNotMatch",
        "TokenRefreshRequired",
        "UnrecognizedClientException",
    }
)

_LATER = (ServiceException, AccountSetupInProgressException, RegionSetupInProgressException)

# Raised before a byte of the request has left: no connection, or none to the proxy.
_UNSENT = frozenset({"EndpointConnectionError", "ConnectTimeoutError", "ProxyConnectionError"})

# TLS handshakes that end so never carried a request. Other TLS errors may come while reading the
# answer, so they prove nothing.
_HANDSHAKE_FAILURES = frozenset(
    {
        "CERTIFICATE_VERIFY_FAILED",
        "NO_PROTOCOLS_AVAILABLE",
        "SSLV3_ALERT_HANDSHAKE_FAILURE",
        "TLSV1_ALERT_PROTOCOL_VERSION",
        "UNSUPPORTED_PROTOCOL",
        "WRONG_VERSION_NUMBER",
    }
)

_NETWORK = frozenset({"ConnectionError", "HTTPClientError"})
_PARAMETERS = frozenset({"ParamValidationError", "ValidationError", "MissingParametersError"})
_BAD_SETTINGS = frozenset({"InvalidRegionError", "UnknownParameterError", "RangeError"})

# Raised before a request is signed, because there is nothing to sign it with.
_CREDENTIALS = frozenset(
    {
        "CredentialRetrievalError",
        "LoginError",
        "NoAuthTokenError",
        "NoCredentialsError",
        "PartialCredentialsError",
        "RefreshWithMFAUnsupportedError",
        "SSOError",
        "TokenRetrievalError",
        "UnknownCredentialError",
    }
)

# Advice for a class, or for those below it; the first that fits counts.
_ADVICE = {
    "NoCredentialsError": "set up AWS credentials (environment, file, role) or pass session=",
    "PartialCredentialsError": "give both the access key id and the secret access key",
    "CredentialRetrievalError": "check what provides the credentials",
    "TokenRetrievalError": "sign in again",
    "UnauthorizedSSOTokenError": "sign in again with `aws sso login`",
    "LoginRefreshRequired": "sign in again with `aws login`",
    "SSOError": "sign in again with `aws sso login`",
    "LoginError": "sign in again with `aws login`",
    "NoAuthTokenError": "sign in, or set the token that the configuration names",
    "RefreshWithMFAUnsupportedError": "get new temporary credentials with your MFA device",
    "UnknownCredentialError": "correct the credential_source of the profile",
    "NoRegionError": (
        'pass region_name="us-east-1" (option --region), or set AWS_DEFAULT_REGION or the region '
        "of the profile; boto3 does not read AWS_REGION"
    ),
    "InvalidRegionError": 'pass a region_name such as "us-east-1"',
    "ProfileNotFound": "pass a profile_name that the AWS configuration files hold",
    "UnknownServiceError": "install a botocore that knows Lightsail",
}


@dataclass(slots=True)
class Attempt:
    """One of botocore's attempts to send a request.

    Attributes:
        http_status: The status of the response, once there is one.
        is_from_service: Whether the response is recognisably the service's.
        error: What ended the attempt instead of a response.
    """

    http_status: int | None = None
    is_from_service: bool = False
    error: BaseException | None = None

    @property
    def may_have_executed(self) -> bool:
        """Whether the service may have carried the request out."""
        if self.http_status is not None:
            # A proxy's refusal may have replaced the response to a request that was executed.
            return not self.is_from_service or self.http_status not in _CLIENT_FAULTS
        return self.error is None or not _is_surely_unsent(self.error)


def _botocore_names(error: BaseException) -> frozenset[str]:
    return frozenset(
        kind.__name__ for kind in type(error).__mro__ if kind.__module__.startswith("botocore.")
    )


def _underlying(error: BaseException, depth: int = 6) -> Iterator[BaseException]:
    yield error
    if depth:
        kwargs = getattr(error, "kwargs", None)
        wrapped = kwargs.get("error") if isinstance(kwargs, Mapping) else None
        for inner in (wrapped, error.__cause__, *error.args):
            if isinstance(inner, BaseException):
                yield from _underlying(inner, depth - 1)


def _is_surely_unsent(error: BaseException) -> bool:
    names = _botocore_names(error)
    if "SSLError" in names:
        reasons = (getattr(inner, "reason", None) for inner in _underlying(error))
        return any(isinstance(r, str) and r in _HANDSHAKE_FAILURES for r in reasons)
    return bool(names & _UNSENT)


def error_from_exception(
    error: Exception, request: Request[Any], attempts: Sequence[Attempt]
) -> LightsailSnapError:
    """Find the exception for a call that ended in an exception and not in an answer.

    Args:
        error: What was raised; the caller makes it the `__cause__` of what is returned, unless
            that is the same: an error of ours that a hook raised.
        request: What was to be sent.
        attempts: Every attempt that was begun, this last one included.

    Returns:
        The exception to raise.
    """
    names, text = _botocore_names(error), safe_text(error)
    name = type(error).__name__
    if any(attempt.may_have_executed for attempt in attempts):
        advice = (
            "changes nothing, it is safe to send it again"
            if request.is_read_only
            else "may have been carried out, look its effect up before you send it again"
        )
        # The advice comes first, since a long reason is cut off.
        message = f"{request.operation_name} {advice}; no response was received: {name}: {text}"
        return OutcomeUnknownError(message, request=request)
    if isinstance(error, LightsailSnapError):
        return error
    if names & _PARAMETERS and not names & _BAD_SETTINGS:
        return RequestValidationError(
            type(request).__name__,
            [Violation("", text, "botocore's parameter validation", "correct the request", "")],
        )
    if not names or names & _NETWORK:
        return RequestNotSentError(
            f"{request.operation_name} was not sent, it is safe to send it again: {name}: {text}",
            request=request,
        )
    return configuration_error(error)


def is_from_service(headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether a response is recognisably the service's and not a proxy's.

    Args:
        headers: Its headers, found in any case.
        body: Its body.
    """
    if headers.get("x-amzn-requestid") or headers.get("x-amzn-errortype"):
        return True
    fields = _error_fields(body)
    declared = _shape_name(_text_of(fields, "__type"))
    return bool(declared) or _shape_name(_text_of(fields, "code")) in _SERVICE_ERRORS


def configuration_error(error: Exception) -> ConfigurationError:
    """Find the exception for settings that botocore refuses.

    Args:
        error: What botocore raised; the caller makes it the `__cause__` of what is returned.

    Returns:
        The exception to raise; where the remedy is known, it is told.
    """
    names = _botocore_names(error)
    advice = next((_ADVICE[name] for name in _ADVICE if name in names), None)
    text = f"{type(error).__name__}: {safe_text(error)}"
    kind = MissingCredentialsError if names & _CREDENTIALS else ConfigurationError
    return kind(f"{text}; {advice}" if advice else text)


def _text_of(fields: Mapping[str, Any], *names: str) -> str | None:
    return next((fields[name] for name in names if isinstance(fields.get(name), str)), None)


def _error_fields(payload: Mapping[str, object] | bytes) -> dict[str, Any]:
    """Bring an error body, or botocore's dict of one, to the members of the wire."""
    if not isinstance(payload, bytes):
        found = payload.get("Error")
        error = found if isinstance(found, Mapping) else {}
        return {"__type": error.get("Code"), "message": error.get("Message"), **payload}
    try:
        parsed = json.loads(payload)
    except (ValueError, RecursionError):
        parsed = None
    if isinstance(parsed, dict):
        return parsed
    # Not from Lightsail but from something on the way, such as a proxy's page in HTML.
    return {"message": payload.decode("utf-8", "replace")}


def _shape_name(declared: str | None) -> str:
    # Both "namespace#Type" and "Type:address" are seen with AWS JSON services.
    return (declared or "").split(":", 1)[0].rsplit("#", 1)[-1]


def _error_type(fields: Mapping[str, Any], header: str | None, http_status: int | None) -> str:
    kind = _shape_name(_text_of(fields, "__type")) or _shape_name(header)
    if kind:
        return kind
    # Elsewhere in AWS `code` is the type, too; Lightsail has its finer codes there.
    finer = _shape_name(_text_of(fields, "code"))
    return finer if finer in _SERVICE_ERRORS else str(http_status or "Unknown")


def error_from_answer(
    request: Request[Any],
    payload: Mapping[str, object] | bytes,
    metadata: ResponseMetadata,
    attempts: Sequence[Attempt] = (),
    *,
    error_type: str | None = None,
) -> ServiceError:
    """Find the exception for an error answer.

    Args:
        request: What was sent.
        payload: The body of the answer, or botocore's dict of it.
        metadata: How the answer came.
        attempts: Every attempt, the answered one included.
        error_type: The header `X-Amzn-ErrorType`; it counts where the body names no type.

    Returns:
        The exception to raise.
    """
    fields, status = _error_fields(payload), metadata.http_status
    code = _error_type(fields, error_type, status)
    refused = CredentialsRejectedError if code in AUTHENTICATION_CODES else ServiceError
    kind = _SERVICE_ERRORS.get(code, refused)
    if code in THROTTLING_CODES or (kind is ServiceError and status == _TOO_MANY_REQUESTS):
        kind = ThrottlingError
    server_fault = kind is ServiceException or (status is not None and status >= _SERVER_FAULT)
    is_refusal = status is None or status in _CLIENT_FAULTS
    # The attempt with the response is classified by it, the others by how they ended.
    # A dict comes from a stub or another hook, and need not be about any attempt.
    is_on_wire = isinstance(payload, bytes)
    has_response = is_on_wire and bool(attempts) and attempts[-1].http_status is not None
    others = attempts[:-1] if has_response else attempts
    is_proof = not has_response or attempts[-1].is_from_service
    was_refused = is_proof and (kind.is_throttling or (is_refusal and not server_fault))
    may_have_executed = not was_refused or any(attempt.may_have_executed for attempt in others)
    return kind(
        _text_of(fields, "message", "Message") or "",
        code=code,
        sub_code=_text_of(fields, "code"),
        docs=_text_of(fields, "docs"),
        tip=_text_of(fields, "tip"),
        request_id=metadata.request_id,
        http_status=status,
        operation_name=request.operation_name,
        retry_attempts=metadata.retry_attempts,
        is_retryable=server_fault or kind.is_throttling or kind in _LATER,
        may_have_executed=may_have_executed and not request.is_read_only,
    )
