"""Mapping of responses and botocore's exceptions to exceptions of this library.

Exceptions of botocore are recognized by their class names, so this module does not import botocore.
A conformance test maps every exception that the installed botocore defines.
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

_CLIENT_ERROR_STATUSES = range(400, 500)
_TOO_MANY_REQUESTS = 429
_MIN_SERVER_ERROR_STATUS = 500

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

# Codes that botocore's standard retry mode treats as throttling; a conformance test compares them.
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

# Codes with which AWS services reject the credentials, signature or time of a request.
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

_RETRYABLE = (ServiceException, AccountSetupInProgressException, RegionSetupInProgressException)

# Raised before any byte of the request is sent: there is no connection to the host or the proxy.
_UNSENT = frozenset({"EndpointConnectionError", "ConnectTimeoutError", "ProxyConnectionError"})

# A TLS handshake that fails with these reasons never carried a request. Other TLS errors may occur
# while the response is read.
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

_NETWORK_ERRORS = frozenset({"ConnectionError", "HTTPClientError"})
_INVALID_PARAMETERS = frozenset(
    {"ParamValidationError", "ValidationError", "MissingParametersError"}
)
_INVALID_SETTINGS = frozenset({"InvalidRegionError", "UnknownParameterError", "RangeError"})

# Raised before a request is signed: there are no usable credentials.
_MISSING_CREDENTIALS = frozenset(
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

# Advice by class of the exception or one of its bases; the first match counts.
_ADVICE = {
    "NoCredentialsError": "set up AWS credentials (environment, file, role) or pass session=",
    "PartialCredentialsError": "set both the access key id and the secret access key",
    "CredentialRetrievalError": "check the process or service that provides the credentials",
    "TokenRetrievalError": "sign in again",
    "UnauthorizedSSOTokenError": "sign in again with `aws sso login`",
    "LoginRefreshRequired": "sign in again with `aws login`",
    "SSOError": "sign in again with `aws sso login`",
    "LoginError": "sign in again with `aws login`",
    "NoAuthTokenError": "sign in, or set the token named in the configuration",
    "RefreshWithMFAUnsupportedError": "get new temporary credentials with your MFA device",
    "UnknownCredentialError": "correct the credential_source of the profile",
    "NoRegionError": (
        'pass region_name="us-east-1", or set AWS_DEFAULT_REGION or the region '
        "of the profile; boto3 does not read AWS_REGION"
    ),
    "InvalidRegionError": 'pass a region_name such as "us-east-1"',
    "ProfileNotFound": "pass a profile_name that is defined in the AWS configuration files",
    "UnknownServiceError": "install a version of botocore that supports Lightsail",
}

_SETTINGS = {
    "InvalidRegionError": "region_name",
    "NoRegionError": "region_name",
    "ProfileNotFound": "profile_name",
}


@dataclass(slots=True)
class Attempt:
    """One of botocore's attempts to send a request.

    Attributes:
        http_status: HTTP status of the response, None before there is one.
        is_from_service: Whether the response is recognizably from Lightsail.
        error: The exception that ended the attempt without a response.
    """

    http_status: int | None = None
    is_from_service: bool = False
    error: BaseException | None = None

    @property
    def may_have_executed(self) -> bool:
        """True if the service may have executed the request."""
        if self.http_status is not None:
            # A proxy's error may have replaced the response to a request that was executed.
            return not self.is_from_service or self.http_status not in _CLIENT_ERROR_STATUSES
        return self.error is None or not _is_definitely_unsent(self.error)


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


def _is_definitely_unsent(error: BaseException) -> bool:
    names = _botocore_names(error)
    if "SSLError" in names:
        reasons = (getattr(inner, "reason", None) for inner in _underlying(error))
        return any(isinstance(r, str) and r in _HANDSHAKE_FAILURES for r in reasons)
    return bool(names & _UNSENT)


def error_from_exception(
    error: Exception, request: Request[Any], attempts: Sequence[Attempt]
) -> LightsailSnapError:
    """Return the exception for a call without a response: `error` itself if it is of this library.

    `attempts` has every attempt that was begun, the last one included.
    """
    names, text = _botocore_names(error), safe_text(error)
    name = type(error).__name__
    if any(attempt.may_have_executed for attempt in attempts):
        advice = (
            "is read-only and safe to send again"
            if request.is_read_only
            else "may have been executed; check for its effect before you send it again"
        )
        # The advice comes first, since a long reason is truncated.
        message = f"{request.operation_name} {advice}; no response was received: {name}: {text}"
        return OutcomeUnknownError(message, request=request)
    if isinstance(error, LightsailSnapError):
        return error
    if names & _INVALID_PARAMETERS and not names & _INVALID_SETTINGS:
        return RequestValidationError(
            type(request).__name__,
            [Violation("", text, "botocore's parameter validation", "correct the request", "")],
        )
    if not names or names & _NETWORK_ERRORS:
        return RequestNotSentError(
            f"{request.operation_name} was not sent and is safe to send again: {name}: {text}",
            request=request,
        )
    return configuration_error(error)


def is_from_service(headers: Mapping[str, str], body: bytes) -> bool:
    """Return whether a response is recognizably from Lightsail and not from a proxy."""
    if headers.get("x-amzn-requestid") or headers.get("x-amzn-errortype"):
        return True
    fields = _error_fields(body)
    declared = _shape_name(_first_string(fields, "__type"))
    return bool(declared) or _shape_name(_first_string(fields, "code")) in _SERVICE_ERRORS


def configuration_error(error: Exception) -> ConfigurationError:
    """Return the exception for settings that botocore refuses, with advice if there is any."""
    names = _botocore_names(error)
    advice = next((_ADVICE[name] for name in _ADVICE if name in names), "")
    text = f"{type(error).__name__}: {safe_text(error)}"
    if names & _MISSING_CREDENTIALS:
        return MissingCredentialsError(text, advice=advice, setting="credentials")
    setting = next((_SETTINGS[name] for name in _SETTINGS if name in names), None)
    return ConfigurationError(text, advice=advice, setting=setting)


def _first_string(fields: Mapping[str, Any], *names: str) -> str | None:
    return next((fields[name] for name in names if isinstance(fields.get(name), str)), None)


def _error_fields(payload: Mapping[str, object] | bytes) -> dict[str, Any]:
    """Return the fields of an error response, from its body or from botocore's dict of it."""
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
    # Not from Lightsail, but for example the HTML page of a proxy.
    return {"message": payload.decode("utf-8", "replace")}


def _shape_name(declared: str | None) -> str:
    # AWS JSON services use both "namespace#Type" and "Type:url".
    return (declared or "").split(":", 1)[0].rsplit("#", 1)[-1]


def _error_type(fields: Mapping[str, Any], header: str | None, http_status: int | None) -> str:
    kind = _shape_name(_first_string(fields, "__type")) or _shape_name(header)
    if kind:
        return kind
    # Other AWS services put the type into `code`; Lightsail puts its more specific codes there.
    sub_code = _shape_name(_first_string(fields, "code"))
    return sub_code if sub_code in _SERVICE_ERRORS else str(http_status or "Unknown")


def error_from_response(
    request: Request[Any],
    payload: Mapping[str, object] | bytes,
    metadata: ResponseMetadata,
    attempts: Sequence[Attempt] = (),
    *,
    error_type: str | None = None,
) -> ServiceError:
    """Return the exception for an error response.

    `payload` is the body, or botocore's dict of it. `attempts` has every attempt, the last one
    included. `error_type` is the header X-Amzn-ErrorType, used if the body names no type.
    """
    fields, status = _error_fields(payload), metadata.http_status
    code = _error_type(fields, error_type, status)
    default = CredentialsRejectedError if code in AUTHENTICATION_CODES else ServiceError
    kind = _SERVICE_ERRORS.get(code, default)
    if code in THROTTLING_CODES or (kind is ServiceError and status == _TOO_MANY_REQUESTS):
        kind = ThrottlingError
    is_server_error = kind is ServiceException or (
        status is not None and status >= _MIN_SERVER_ERROR_STATUS
    )
    is_client_error = status is None or status in _CLIENT_ERROR_STATUSES
    # The last attempt is classified by this response, the earlier ones by how they ended. A dict
    # comes from a Stubber or another handler and may not belong to any attempt.
    is_body = isinstance(payload, bytes)
    has_response = is_body and bool(attempts) and attempts[-1].http_status is not None
    others = attempts[:-1] if has_response else attempts
    is_proof = not has_response or attempts[-1].is_from_service
    was_refused = is_proof and (kind.is_throttling or (is_client_error and not is_server_error))
    may_have_executed = not was_refused or any(attempt.may_have_executed for attempt in others)
    error = kind(
        _first_string(fields, "message", "Message") or "",
        code=code,
        sub_code=_first_string(fields, "code"),
        docs=_first_string(fields, "docs"),
        tip=_first_string(fields, "tip"),
        request_id=metadata.request_id,
        http_status=status,
        operation_name=request.operation_name,
        retry_attempts=metadata.retry_attempts,
        is_retryable=is_server_error or kind.is_throttling or kind in _RETRYABLE,
        may_have_executed=may_have_executed and not request.is_read_only,
    )
    error.request = request
    return error
