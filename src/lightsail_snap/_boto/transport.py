"""The way to Lightsail and back. The only module of the client that imports boto3 or botocore."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol

from typing_extensions import override

from lightsail_snap._boto.endpoint import refuse_plain_http
from lightsail_snap._boto.error_mapping import (
    Attempt,
    configuration_error,
    error_from_answer,
    error_from_exception,
    is_from_service,
)
from lightsail_snap._boto.optimizations import optimize_client, optimize_session
from lightsail_snap._text import Description
from lightsail_snap.errors import (
    ConfigurationError,
    LightsailSnapError,
    ResponseValidationError,
    Violation,
)
from lightsail_snap.models import ResponseMetadata
from lightsail_snap.models._regions import find_region_problem

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest
    from botocore.client import BaseClient
    from botocore.model import OperationModel

    from lightsail_snap.models import Request

_LOGGER = logging.getLogger("lightsail_snap")
_OUR_HANDLERS = "lightsail-snap"
_FIRST_EVENT = "provide-client-params.lightsail"
_FIRST_SUCCESS, _FIRST_ERROR_STATUS = 200, 300
_DATE_LENGTH = 29
MAX_RESPONSE_BYTES = 64 * 2**20
"""How large the body of an answer may be. The largest page known, of 1000 records, has about 1 MB.

A larger one is read by nobody: it is no answer of Lightsail's, and reading it would take a multiple
of its size. botocore has it in memory before it calls any public hook, so this bounds what is made
of an answer, not what is received.
"""
_SHOWN_OF_TOO_LARGE = 4096
# What would be done twice if it were sent twice: no name keeps a second export from being made.
_NOT_REPEATABLE = frozenset({"ExportSnapshot"})


class Boto3Client(Protocol):
    """A boto3 Lightsail client, by shape: `boto3.client("lightsail")`, typed or not."""

    @property
    def meta(self) -> object:
        """The client's metadata; its events tell this library what really went over the wire."""
        ...

    @property
    def create_disk_snapshot(self) -> Callable[..., object]:
        """Tells a Lightsail client from those of other services."""
        ...


class Boto3Session(Protocol):
    """A boto3 session, by shape: `boto3.session.Session(...)`, typed or not."""

    @property
    def client(self) -> Callable[..., Any]:
        """Makes clients."""
        ...


@dataclass(frozen=True, slots=True)
class Response:
    """What came back for one request.

    Attributes:
        payload: The service's bytes where they can be had, else botocore's dict of them.
        metadata: How it came.
    """

    payload: Mapping[str, object] | bytes
    metadata: ResponseMetadata


class Transport(Protocol):
    """Sends a request and brings its answer."""

    def send(self, request: Request[Any]) -> Response:
        """Send one request.

        Args:
            request: What to send.

        Returns:
            The answer of a call that succeeded.

        Raises:
            LightsailSnapError: For everything else.
        """
        ...

    def close(self) -> None:
        """Give back what the transport holds open."""
        ...


@dataclass(slots=True)
class _Exchange:
    """What botocore's events tell of one call, all its attempts included.

    Attributes:
        operation: The API operation.
        is_repeatable: Whether botocore may send the request again although it may have been
            carried out.
        thread: Where the call runs.
        attempts: Every attempt to send that was begun.
        response: The last answer, as botocore's parser gets it.
        is_parsed: Whether botocore could read the last answer.
        skips_parsing: Whether botocore's parser need not read the answer that is next.
        too_large: The size and the beginning of the last answer, if it is too large to be read.
        context: botocore's context of the call, once it is begun; any other call is nested.
        nested: The contexts of calls that event handlers make within this one, with the operation.
        sending: Those of them that wait for a response.
    """

    operation: str
    is_repeatable: bool
    thread: int
    attempts: list[Attempt] = field(default_factory=list)
    response: Mapping[str, Any] | None = None
    is_parsed: bool = False
    skips_parsing: bool = False
    too_large: tuple[int, bytes] | None = None
    context: dict[str, Any] | None = None
    nested: list[tuple[dict[str, Any], str]] = field(default_factory=list)
    sending: list[tuple[dict[str, Any], str]] = field(default_factory=list)

    @property
    def _status(self) -> int:
        return (self.attempts[-1].http_status if self.attempts else None) or 0

    @property
    def is_unparsed_success(self) -> bool:
        """Whether the last attempt succeeded, but botocore could not read the answer."""
        return not self.is_parsed and 0 < self._status < _FIRST_ERROR_STATUS

    @property
    def is_error_answer(self) -> bool:
        """Whether the last attempt was answered with an error, readable or not."""
        return self._status >= _FIRST_ERROR_STATUS

    @property
    def body(self) -> bytes | None:
        """The body of the last answer, with what other handlers made of it before it was parsed."""
        return None if self.response is None else self.response["body"]

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the last answer; they are found in any case."""
        return {} if self.response is None else self.response["headers"]

    def metadata(self) -> ResponseMetadata:
        headers, attempts = self.headers, self.attempts
        return ResponseMetadata(
            request_id=headers.get("x-amzn-requestid"),
            http_status=attempts[-1].http_status,
            retry_attempts=len(attempts) - 1,
            date=_date(headers.get("date")),
        )


# A botocore call runs in the thread and context of its caller, so this tells our own calls from
# others on the same client, and from each other.
_exchange: ContextVar[_Exchange | None] = ContextVar("_exchange", default=None)


def _current() -> _Exchange | None:
    """Return our call that is under way here; a thread that a handler starts has none."""
    exchange = _exchange.get()
    is_here = exchange is not None and exchange.thread == threading.get_ident()
    return exchange if is_here else None


def _on_call(context: dict[str, Any], model: OperationModel, **_: object) -> None:
    exchange = _current()
    if exchange is None or context is exchange.context:
        return
    if exchange.context is None and model.name == exchange.operation:
        exchange.context = context
    elif not _is_nested(exchange, context):
        exchange.nested.append((context, model.name))


def _is_nested(exchange: _Exchange, context: Mapping[str, Any]) -> bool:
    return any(nested is context for nested, _ in exchange.nested)


def _on_before_send(request: AWSPreparedRequest, **_: object) -> None:
    exchange = _current()
    if exchange is None:
        return
    if exchange.nested:
        # botocore gives every call an id, which all its attempts have. Without the header, the
        # attempt counts as ours, since an attempt must not be missed.
        sent = request.headers.get("amz-sdk-invocation-id")
        sent = sent.decode() if isinstance(sent, bytes) else sent
        for one in exchange.nested:
            if sent is not None and one[0].get("retries", {}).get("invocation-id") == sent:
                exchange.sending.append(one)
                return
    exchange.sending.clear()
    exchange.attempts.append(Attempt())
    exchange.response, exchange.is_parsed, exchange.too_large = None, False, None


def _on_before_parse(
    response_dict: dict[str, Any], operation_model: OperationModel, **_: object
) -> None:
    exchange = _current()
    if exchange is None or not exchange.attempts:
        return
    if exchange.sending and exchange.sending[-1][1] == operation_model.name:
        return
    attempt, body = exchange.attempts[-1], response_dict["body"]
    attempt.http_status = response_dict["status_code"]
    if attempt.http_status >= _FIRST_ERROR_STATUS:
        attempt.is_from_service = is_from_service(response_dict["headers"], body)
    if len(body) > MAX_RESPONSE_BYTES:
        # botocore's parser gets to see as little of it as ours.
        exchange.too_large = len(body), body[:_SHOWN_OF_TOO_LARGE]
        response_dict["body"] = b""
    exchange.response = response_dict
    exchange.skips_parsing = _FIRST_SUCCESS <= attempt.http_status < _FIRST_ERROR_STATUS


def _on_response_received(
    exception: BaseException | None, context: dict[str, Any], **_: object
) -> None:
    exchange = _current()
    if exchange is None:
        return
    if exchange.nested and _is_nested(exchange, context):
        exchange.sending = [one for one in exchange.sending if one[0] is not context]
    elif exchange.attempts:
        exchange.attempts[-1].error = exception
        exchange.is_parsed = exception is None


def _on_needs_retry(
    response: tuple[object, dict[str, Any]] | None,
    caught_exception: Exception | None,
    operation: OperationModel,
    request_dict: Mapping[str, Any],
    **_: object,
) -> None:
    exchange = _current()
    if exchange is None or exchange.is_repeatable:
        return
    if _is_nested(exchange, request_dict["context"]):
        return
    if not any(attempt.may_have_executed for attempt in exchange.attempts):
        return
    # To end the call here is the only way to keep botocore from sending again.
    if caught_exception is not None:
        raise caught_exception
    if response is not None and exchange.is_error_answer:
        from botocore.exceptions import ClientError  # noqa: PLC0415 - botocore is loaded by now

        raise ClientError(response[1], operation.name)


_HANDLERS: dict[str, Callable[..., None]] = {
    # botocore calls the handlers of a pattern before those of a name, and those of a name before
    # those of its beginning. So `before-send` and `response-received` are noticed whatever another
    # handler does then, and `before-parse` only if no other one failed: after it, a response counts
    # as received.
    _FIRST_EVENT: _on_call,
    "before-send.*.*": _on_before_send,
    "before-parse": _on_before_parse,
    "response-received.*.*": _on_response_received,
    "needs-retry.lightsail": _on_needs_retry,
}


# Taken only by the first call of each operation, and by the first calls after a fork.
_lock = threading.Lock()


class BotoTransport:
    """Sends through a boto3 Lightsail client. Safe to use from many threads, as the client is.

    A process that was forked meanwhile opens connections of its own.
    """

    __slots__ = ("_client", "_is_closed", "_is_owner", "_methods", "_observed", "_process")

    def __init__(
        self, client: Boto3Client, *, is_owner: bool = False, allow_plain_http: bool = False
    ) -> None:
        """Listen to a client.

        Args:
            client: A boto3 Lightsail client.
            is_owner: Whether to close the client with the transport.
            allow_plain_http: Whether requests may travel unencrypted to another machine.

        Raises:
            ConfigurationError: If it is no boto3 Lightsail client, its Region is not a Region, or
                its requests would travel unencrypted.
        """
        boto: BaseClient = client  # type: ignore[assignment] # by shape, checked on the next lines
        meta = getattr(boto, "meta", None)
        service = getattr(getattr(meta, "service_model", None), "service_name", None)
        if meta is None or service != "lightsail":
            message = (
                f"a boto3 Lightsail client is wanted, not {service or type(client).__name__!r}; "
                'give boto3.client("lightsail")'
            )
            raise ConfigurationError(message)
        _check_region("the Region of the boto3 client", getattr(meta, "region_name", None))
        check_client(boto, allow_plain_http=allow_plain_http)
        self._client = boto
        self._is_owner = is_owner
        self._is_closed = False
        self._process = os.getpid()
        self._observed: set[str] = set()
        self._methods = {api: name for name, api in meta.method_to_api_mapping.items()}
        for event, handler in _HANDLERS.items():
            self._register(event, handler)
        optimize_client(boto, _current)

    @classmethod
    def connect(  # noqa: PLR0913 - keyword-only, and each has a default
        cls,
        *,
        region_name: str | None = None,
        profile_name: str | None = None,
        endpoint_url: str | None = None,
        session: Boto3Session | None = None,
        config: object = None,
        allow_plain_http: bool = False,
    ) -> BotoTransport:
        """Make a boto3 client and send through it.

        Args:
            region_name: The AWS Region; boto3's own search for one if None.
            profile_name: The profile of the AWS configuration files.
            endpoint_url: Another address than AWS's, for example an emulator's.
            session: The boto3 session to make the client with.
            config: A `botocore.config.Config` with timeouts, retries, proxies.
            allow_plain_http: Whether requests may travel unencrypted to another machine.

        Returns:
            The transport, which closes the client with itself.

        Raises:
            ConfigurationError: If boto3 cannot make such a client, the Region is not a Region, or
                its requests would travel unencrypted.
        """
        # Importing this library must not cost importing boto3.
        import boto3.session  # noqa: PLC0415 - see above
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - likewise
        from botocore.session import Session  # noqa: PLC0415 - likewise

        try:
            if session is None:
                own = Session(profile=profile_name)
                optimize_session(own)
                session = boto3.session.Session(botocore_session=own)
            make = session.client
            client: Boto3Client = make(
                "lightsail", region_name=region_name, endpoint_url=endpoint_url, config=config
            )
        except (BotoCoreError, ValueError, TypeError, AttributeError) as error:
            if isinstance(error, ValueError):
                # boto3 refuses some of what is not a Region, in words about host names.
                _check_region(*_region_setting(region_name, config, session), cause=error)
            raise configuration_error(error) from error
        # boto3 resolves names such as fips-us-east-1.
        setting, _ = _region_setting(region_name, config, session)
        _check_region(setting, client.meta.region_name)  # type: ignore[attr-defined] # boto3 made it
        return cls(client, is_owner=True, allow_plain_http=allow_plain_http)

    @override
    def __repr__(self) -> str:
        return f"{type(self).__name__}(region={self._client.meta.region_name!r})"

    def send(self, request: Request[Any]) -> Response:
        """Send one request; botocore retries as its configuration says.

        Args:
            request: What to send.

        Returns:
            The answer of a call that succeeded.

        Raises:
            LightsailSnapError: For everything else; the underlying exception is its `__cause__`.
        """
        if self._is_closed:
            # Nobody listens any more, so it could not be told what was sent and what was not.
            raise ConfigurationError("this client is closed; make another one")
        if self._process != os.getpid():
            self._part_from_the_parent()
        name = request.operation_name
        method = self._method(request)
        if name not in self._observed:
            self._observe(name)
        wire = request.to_wire()
        exchange = _Exchange(name, name not in _NOT_REPEATABLE, threading.get_ident())
        parsed: dict[str, Any] = {}
        token = _exchange.set(exchange)
        try:
            parsed = method(**wire)
        except Exception as error:
            if not exchange.is_unparsed_success:
                mapped = _error_from(error, request, exchange)
                if mapped is error:
                    raise
                raise mapped from error
            # Only botocore's parser stumbled over the answer; ours may yet read it.
        finally:
            _exchange.reset(token)
        if exchange.too_large is not None:
            raise _too_large(request, *exchange.too_large)
        if exchange.body is not None:
            return Response(exchange.body, exchange.metadata())
        # Nothing went over the wire: a Stubber, or another hook, answered in its place.
        return Response(parsed, _told(parsed.pop("ResponseMetadata", {})))

    def _register(self, event: str, handler: Callable[..., None]) -> None:
        self._client.meta.events.register_first(
            event, handler, unique_id=f"{_OUR_HANDLERS}.{event}", unique_id_uses_count=True
        )

    def _observe(self, operation: str) -> None:
        """Recognise each call of an operation before another handler can nest a call in it."""
        with _lock:
            if operation not in self._observed:
                # Handlers of the most specific event come first.
                self._register(f"{_FIRST_EVENT}.{operation}", _on_call)
                self._observed.add(operation)

    def _part_from_the_parent(self) -> None:
        """Let go of the connections that a fork has copied: their answers may be the parent's."""
        with _lock:
            if self._process != os.getpid():
                # botocore opens others when they are needed; those of the parent stay open there.
                self._client.close()
                self._process = os.getpid()

    def _method(self, request: Request[Any]) -> Callable[..., dict[str, Any]]:
        name = self._methods.get(request.operation_name)
        if name is None:
            message = f"this botocore knows no {request.operation_name}; install a newer one"
            raise ConfigurationError(message)
        method: Callable[..., dict[str, Any]] = getattr(self._client, name)
        return method

    def close(self) -> None:
        """Stop listening; close the client if it was made here. Closing again does nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        calls = {f"{_FIRST_EVENT}.{operation}": _on_call for operation in self._observed}
        for event, handler in (_HANDLERS | calls).items():
            self._client.meta.events.unregister(
                event, handler, unique_id=f"{_OUR_HANDLERS}.{event}", unique_id_uses_count=True
            )
        if self._is_owner:
            self._client.close()


def _region_setting(region_name: object, config: object, session: object) -> tuple[str, object]:
    """Return which setting decides about the Region, in boto3's order, and its value."""
    if region_name is not None:
        return "region_name", region_name
    configured = getattr(config, "region_name", None)
    if configured is not None:
        return "region_name of the Config", configured
    found = getattr(session, "region_name", None)
    return "the Region (of AWS_DEFAULT_REGION, the profile or the session)", found


def _check_region(setting: str, value: object, cause: Exception | None = None) -> None:
    problem = None if value is None else find_region_problem(setting, value)
    if problem:
        raise ConfigurationError(problem) from cause


def check_client(client: BaseClient, *, allow_plain_http: bool, service: str = "Lightsail") -> None:
    """Refuse a boto3 client whose requests would travel unencrypted to another machine.

    Args:
        client: Any boto3 client. Its endpoint is the resolved one, so parameters, environment
            and files all count.
        allow_plain_http: Whether they may.
        service: What it is a client of, for the error.

    Raises:
        ConfigurationError: If they would and may not.
    """
    from botocore.utils import get_environ_proxies  # noqa: PLC0415 - botocore is loaded by now

    url, proxies = client.meta.endpoint_url, client.meta.config.proxies
    # As botocore finds them: those of the client's configuration, else those of the machine.
    found = get_environ_proxies(url) if proxies is None else proxies
    refuse_plain_http(url, proxies=found, allowed=allow_plain_http, service=service)


def credentials_source(profile_name: str | None) -> str | None:
    """Tell where botocore finds credentials. The credentials themselves are not read.

    Args:
        profile_name: The profile of the AWS configuration files; botocore's own choice if None.

    Returns:
        botocore's word for the place, such as `env` or `shared-credentials-file`; None if there are
        none.

    Raises:
        ConfigurationError: If botocore cannot even look, for example for want of the profile.
    """
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - as in connect
    from botocore.session import Session  # noqa: PLC0415 - likewise

    try:
        credentials = Session(profile=profile_name).get_credentials()
    except BotoCoreError as error:
        raise configuration_error(error) from error
    return None if credentials is None else credentials.method


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@lru_cache(maxsize=16)  # many answers come in one second
def _date(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        # HTTP's own form, "Mon, 23 Nov 2026 10:00:00 GMT", in a tenth of the time.
        if len(text) == _DATE_LENGTH and text.endswith(" GMT") and text[3:5] == ", ":
            day, month, year, clock, _ = text[5:].split(" ")
            hour, minute, second = clock.split(":")
            return datetime(
                *(int(year), _MONTHS.index(month) + 1, int(day)),
                *(int(hour), int(minute), int(second)),
                tzinfo=UTC,
            )
    except ValueError:
        pass
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - hardly ever needed

    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _told(metadata: Mapping[str, Any]) -> ResponseMetadata:
    request_id, status = metadata.get("RequestId"), metadata.get("HTTPStatusCode")
    retries = metadata.get("RetryAttempts")
    return ResponseMetadata(
        request_id=request_id if isinstance(request_id, str) else None,
        http_status=status if isinstance(status, int) else None,
        retry_attempts=retries if isinstance(retries, int) else 0,
    )


def _too_large(request: Request[Any], size: int, beginning: bytes) -> ResponseValidationError:
    rule = f"must have at most {MAX_RESPONSE_BYTES} bytes"
    found = Violation("", rule, "lightsail_snap", "", Description(f"{size} bytes"))
    name = f"{request.operation_name}Result"
    may_have_executed = not request.is_read_only
    return ResponseValidationError(name, [found], beginning, may_have_executed=may_have_executed)


def _error_from(error: Exception, request: Request[Any], exchange: _Exchange) -> LightsailSnapError:
    from botocore.exceptions import ClientError  # noqa: PLC0415 - botocore is loaded by now

    # Credentials are often fetched from another service, whose refusal is not Lightsail's answer.
    answer = error if isinstance(error, ClientError) else None
    if answer is not None and answer.operation_name != request.operation_name:
        answer = None
    # An error that comes after a parsed answer is somebody's hook, or the next attempt's signing.
    if exchange.is_error_answer and (answer is not None or not exchange.is_parsed):
        return error_from_answer(
            request,
            exchange.body or b"",
            exchange.metadata(),
            exchange.attempts,
            error_type=exchange.headers.get("x-amzn-errortype"),
        )
    if answer is not None:
        metadata = _told(answer.response.get("ResponseMetadata", {}))
        return error_from_answer(request, answer.response, metadata, exchange.attempts)
    return error_from_exception(error, request, exchange.attempts)
