"""The error mapping against the installed botocore, and against the documentation."""

from __future__ import annotations

import inspect
import string
from typing import Any

import botocore.exceptions
import botocore.session
import pytest
from botocore.retries.standard import ThrottledRetryableChecker

from lightsail_snap import (
    AuthenticationError,
    ConfigurationError,
    CredentialsRejectedError,
    GetDiskRequest,
    MissingCredentialsError,
    RequestNotSentError,
    RequestValidationError,
    ServiceError,
    ThrottlingError,
    errors,
)
from lightsail_snap._boto.error_mapping import (
    AUTHENTICATION_CODES,
    THROTTLING_CODES,
    error_from_exception,
    error_from_response,
)
from lightsail_snap.cli._errors import ExitCode, exit_code_of
from lightsail_snap.models import ResponseMetadata

REQUEST = GetDiskRequest(disk_name="Disk-1")
SERVICE: Any = botocore.session.get_session().get_service_model("lightsail")
DOCUMENTED = [
    "ServiceException",
    "InvalidInputException",
    "NotFoundException",
    "OperationFailureException",
    "AccessDeniedException",
    "AccountSetupInProgressException",
    "UnauthenticatedException",
]

# Sorted by hand, so that an exception new to botocore is thought about before it is relied on.
NETWORK = """ConnectTimeoutError ConnectionClosedError ConnectionError EndpointConnectionError
    HTTPClientError ProxyConnectionError ReadTimeoutError ResponseStreamingError SSLError"""
PARAMETERS = """AliasConflictParameterError MissingParametersError ParamValidationError
    UnknownKeyError ValidationError"""
CREDENTIALS = """CredentialRetrievalError LoginAuthorizationCodeError LoginError
    LoginInsufficientPermissions LoginRefreshRequired LoginTokenLoadError NoAuthTokenError
    NoCredentialsError PartialCredentialsError RefreshWithMFAUnsupportedError SSOError
    SSOTokenLoadError TokenRetrievalError UnauthorizedSSOTokenError UnknownCredentialError"""
SETTINGS = """ApiVersionNotFoundError AwsChunkedWrapperError BaseEndpointResolverError BotoCoreError
    CapacityNotAvailableError ChecksumError ConfigNotFound ConfigParseError DataNotFoundError
    EndpointProviderError EndpointResolutionError EndpointVariantError FlexibleChecksumError
    ImminentRemovalWarning IncompleteReadError InfiniteLoopConfigError
    InvalidChecksumConfigError InvalidConfigError InvalidDNSNameError InvalidDefaultsMode
    InvalidEndpointConfigurationError InvalidEndpointDiscoveryConfigurationError
    InvalidExpressionError InvalidHostLabelError InvalidIMDSEndpointError
    InvalidIMDSEndpointModeError InvalidMaxRetryAttemptsError InvalidProxiesConfigError
    InvalidRegionError InvalidRetryConfigurationError InvalidRetryModeError
    InvalidS3AddressingStyleError InvalidS3UsEast1RegionalEndpointConfigError
    InvalidSTSRegionalEndpointsConfigError MD5UnavailableError MetadataRetrievalError
    MissingDependencyException MissingServiceIdError NoRegionError OperationNotPageableError
    PaginationError ProfileNotFound RangeError ServiceNotInRegionError StubAssertionError
    StubResponseError UnStubbedResponseError UndefinedModelAttributeError
    UnknownClientMethodError UnknownEndpointError UnknownEndpointResolutionBuiltInName
    UnknownFIPSEndpointError UnknownParameterError UnknownRegionError UnknownServiceError
    UnknownServiceStyle UnknownSignatureVersionError UnknownTokenProviderError
    UnseekableStreamError UnsupportedOutpostResourceError
    UnsupportedS3AccesspointConfigurationError UnsupportedS3ArnError
    UnsupportedS3ConfigurationError UnsupportedS3ControlArnError
    UnsupportedS3ControlConfigurationError UnsupportedServiceProtocolsError
    UnsupportedSignatureVersionError UnsupportedTLSVersionWarning WaiterConfigError WaiterError"""
ANSWERS = "ClientError EventStreamError"
CLASSIFIED: dict[str, type[Exception]] = {
    **dict.fromkeys(NETWORK.split(), RequestNotSentError),
    **dict.fromkeys(PARAMETERS.split(), RequestValidationError),
    **dict.fromkeys(CREDENTIALS.split(), MissingCredentialsError),
    **dict.fromkeys(SETTINGS.split(), ConfigurationError),
    **dict.fromkeys(ANSWERS.split(), ServiceError),
}
KINDS: dict[str, type[Any]] = {
    name: kind
    for name, kind in inspect.getmembers(botocore.exceptions, inspect.isclass)
    if issubclass(kind, Exception) and kind.__module__ == "botocore.exceptions"
}


def suitable(kind: type[Any]) -> Any:
    """Make an exception of a class that botocore defines."""
    if kind is botocore.exceptions.WaiterError:  # type: ignore[attr-defined] # not in the stubs
        return kind("name", "reason", {})
    if not hasattr(kind, "fmt"):
        return kind("text")
    fields = [name for _, name, _, _ in string.Formatter().parse(kind.fmt) if name]
    return kind(**dict.fromkeys(fields, "text"))


def test_every_exception_of_botocore_is_classified() -> None:
    assert sorted(KINDS.keys() - CLASSIFIED.keys()) == []


@pytest.mark.parametrize("name", sorted(KINDS.keys() - set(ANSWERS.split())))
def test_what_is_raised_before_anything_is_sent(name: str) -> None:
    found = error_from_exception(suitable(KINDS[name]), REQUEST, [])
    assert type(found) is CLASSIFIED[name]


@pytest.mark.parametrize("code", DOCUMENTED)
def test_documented_codes_have_classes_of_the_same_name(code: str) -> None:
    found = error_from_response(REQUEST, f'{{"__type":"{code}"}}'.encode(), ResponseMetadata())
    assert type(found) is getattr(errors, code)
    assert found.code == code


def test_every_code_of_the_service_model_has_a_class() -> None:
    shapes = {
        shape.name
        for name in SERVICE.operation_names
        for shape in SERVICE.operation_model(name).error_shapes
    }
    assert shapes >= set(DOCUMENTED)
    missing = [
        code
        for code in sorted(shapes)
        if type(
            error_from_response(REQUEST, {"Error": {"Code": code}}, ResponseMetadata())
        ).__name__
        != code
    ]
    assert missing == []


def test_every_credential_error_of_botocore_says_what_to_do() -> None:
    for name in KINDS.keys() & set(CREDENTIALS.split()):
        found = error_from_exception(suitable(KINDS[name]), REQUEST, [])
        assert isinstance(found, AuthenticationError)
        assert isinstance(found, ConfigurationError)
        assert "; " in str(found)


@pytest.mark.parametrize("code", sorted(AUTHENTICATION_CODES))
def test_refused_credentials_are_authentication_errors(code: str) -> None:
    found = error_from_response(REQUEST, f'{{"__type":"{code}"}}'.encode(), ResponseMetadata())
    assert type(found) is CredentialsRejectedError
    assert isinstance(found, AuthenticationError)
    assert found.code == code
    assert not found.is_retryable
    assert str(found).endswith(f"; {found.advice}")


@pytest.mark.parametrize(
    ("code", "message", "advice"),
    [
        ("ExpiredTokenException", "The security token included is expired", "have expired"),
        ("UnrecognizedClientException", "The security token is invalid.", "access key id"),
        ("InvalidSignatureException", "The signature does not match.", "secret access key"),
        ("InvalidSignatureException", "Signature expired: 1 is now earlier than 2", "the clock"),
        ("InvalidSignatureException", "Signature not yet current: 2 is later", "the clock"),
        ("RequestTimeTooSkewed", "The difference is too large.", "the clock"),
        ("UnauthenticatedException", "Not authenticated.", "access key id"),
    ],
)
def test_an_authentication_error_says_what_to_check(code: str, message: str, advice: str) -> None:
    body = {"Error": {"Code": code, "Message": message}}
    found = error_from_response(REQUEST, body, ResponseMetadata(http_status=400))
    assert isinstance(found, CredentialsRejectedError)
    assert advice in found.advice
    assert exit_code_of(found) is ExitCode.CONFIGURATION


def test_the_members_of_error_answers_are_read() -> None:
    for name in DOCUMENTED:
        members = set(SERVICE.shape_for(name).members)
        assert members == {"code", "docs", "message", "tip"}
        wire = {member: f"the {member}" for member in members}
        metadata = ResponseMetadata(request_id="rid-1", http_status=400)
        parsed = {"Error": {"Code": name, "Message": wire["message"]}, **wire}
        found = error_from_response(REQUEST, parsed, metadata)
        assert (found.sub_code, found.docs, found.message, found.tip) == (
            "the code",
            "the docs",
            "the message",
            "the tip",
        )


def test_throttling_codes_are_botocores() -> None:
    there = set(ThrottledRetryableChecker._THROTTLED_ERROR_CODES)
    assert (sorted(there - THROTTLING_CODES), sorted(THROTTLING_CODES - there)) == ([], [])
    for code in there:
        found = error_from_response(REQUEST, {"Error": {"Code": code}}, ResponseMetadata())
        assert type(found) is ThrottlingError
        assert found.is_retryable
