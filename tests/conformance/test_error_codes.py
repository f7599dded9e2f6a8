"""Check the error mapping against the installed botocore and the documentation."""

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

# Classified by hand, so that a new exception of botocore is reviewed before it is relied on.
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
RESPONSES = "ClientError EventStreamError"
CLASSIFIED: dict[str, type[Exception]] = {
    **dict.fromkeys(NETWORK.split(), RequestNotSentError),
    **dict.fromkeys(PARAMETERS.split(), RequestValidationError),
    **dict.fromkeys(CREDENTIALS.split(), MissingCredentialsError),
    **dict.fromkeys(SETTINGS.split(), ConfigurationError),
    **dict.fromkeys(RESPONSES.split(), ServiceError),
}
KINDS: dict[str, type[Any]] = {
    name: kind
    for name, kind in inspect.getmembers(botocore.exceptions, inspect.isclass)
    if issubclass(kind, Exception) and kind.__module__ == "botocore.exceptions"
}


def make_exception(kind: type[Any]) -> Any:
    """Return an instance of one of botocore's exceptions."""
    if kind is botocore.exceptions.WaiterError:  # type: ignore[attr-defined] # not in the stubs
        return kind("name", "reason", {})
    if not hasattr(kind, "fmt"):
        return kind("text")
    fields = [name for _, name, _, _ in string.Formatter().parse(kind.fmt) if name]
    return kind(**dict.fromkeys(fields, "text"))


def test_every_botocore_exception_is_classified() -> None:
    assert sorted(KINDS.keys() - CLASSIFIED.keys()) == []


@pytest.mark.parametrize("name", sorted(KINDS.keys() - set(RESPONSES.split())))
def test_exception_before_sending_has_its_class(name: str) -> None:
    found = error_from_exception(make_exception(KINDS[name]), REQUEST, [])
    assert type(found) is CLASSIFIED[name]


@pytest.mark.parametrize("code", DOCUMENTED)
def test_documented_code_has_the_class_of_its_name(code: str) -> None:
    found = error_from_response(REQUEST, f'{{"__type":"{code}"}}'.encode(), ResponseMetadata())
    assert type(found) is getattr(errors, code)
    assert found.code == code


def test_service_model_codes_have_classes() -> None:
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


def test_credential_errors_have_advice() -> None:
    for name in KINDS.keys() & set(CREDENTIALS.split()):
        found = error_from_exception(make_exception(KINDS[name]), REQUEST, [])
        assert isinstance(found, AuthenticationError)
        assert isinstance(found, ConfigurationError)
        assert "; " in str(found)


@pytest.mark.parametrize("code", sorted(AUTHENTICATION_CODES))
def test_credential_codes_are_authentication_errors(code: str) -> None:
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
def test_authentication_error_has_specific_advice(code: str, message: str, advice: str) -> None:
    body = {"Error": {"Code": code, "Message": message}}
    found = error_from_response(REQUEST, body, ResponseMetadata(http_status=400))
    assert isinstance(found, CredentialsRejectedError)
    assert advice in found.advice
    assert exit_code_of(found) is ExitCode.CONFIGURATION


def test_fields_of_error_responses_are_read() -> None:
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


def test_throttling_codes_match_botocore() -> None:
    codes = set(ThrottledRetryableChecker._THROTTLED_ERROR_CODES)
    assert (sorted(codes - THROTTLING_CODES), sorted(THROTTLING_CODES - codes)) == ([], [])
    for code in codes:
        found = error_from_response(REQUEST, {"Error": {"Code": code}}, ResponseMetadata())
        assert type(found) is ThrottlingError
        assert found.is_retryable
