"""The way to Lightsail and back. The only module of the client that imports boto3 or botocore."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Protocol

from typing_extensions import override

from lightsail_snap._error_mapping import (
    Attempt,
    configuration_error,
    error_from_answer,
    error_from_exception,
)
from lightsail_snap.errors import ConfigurationError, LightsailSnapError
from lightsail_snap.models import ResponseMetadata

if TYPE_CHECKING:
    from botocore.client import BaseClient

    from lightsail_snap.models import Request

_OUR_HANDLERS = "lightsail-snap"
_FIRST_ERROR_STATUS = 300


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
class Answer:
    """What came back for one request.

    Attributes:
        payload: The service's bytes where they can be had, else botocore's dict of them.
        metadata: How it came.
    """

    payload: Mapping[str, object] | bytes
    metadata: ResponseMetadata


class Transport(Protocol):
    """Sends a request and brings its answer."""

    def send(self, request: Request[Any]) -> Answer:
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
        attempts: Every attempt to send that was begun.
        body: The body of the last answer.
        headers: The headers of the last answer.
        is_parsed: Whether botocore could read the last answer.
    """

    attempts: list[Attempt] = field(default_factory=list)
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    is_parsed: bool = False

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

    def metadata(self) -> ResponseMetadata:
        return ResponseMetadata(
            request_id=self.headers.get("x-amzn-requestid"),
            http_status=self.attempts[-1].http_status,
            retry_attempts=len(self.attempts) - 1,
            date=_date(self.headers.get("date")),
        )


# A botocore call runs in the thread and context of its caller, so this tells our own calls from
# others on the same client, and from each other.
_exchange: ContextVar[_Exchange | None] = ContextVar("_exchange", default=None)


def _on_before_send(**_: object) -> None:
    exchange = _exchange.get()
    if exchange is not None:
        exchange.attempts.append(Attempt())
        exchange.body, exchange.is_parsed = None, False


def _on_before_parse(response_dict: Mapping[str, Any], **_: object) -> None:
    exchange = _exchange.get()
    if exchange is not None:
        exchange.attempts[-1].http_status = response_dict["status_code"]
        exchange.body = response_dict["body"]
        exchange.headers = response_dict["headers"]


def _on_response_received(exception: BaseException | None, **_: object) -> None:
    exchange = _exchange.get()
    if exchange is not None and exchange.attempts:
        exchange.attempts[-1].error = exception
        exchange.is_parsed = exception is None


_HANDLERS: dict[str, Callable[..., None]] = {
    # First, so that an attempt counts as begun whatever another handler does then.
    "before-send.lightsail": _on_before_send,
    "before-parse.lightsail": _on_before_parse,
    "response-received.lightsail": _on_response_received,
}


class BotoTransport:
    """Sends through a boto3 Lightsail client. Safe to use from many threads, as the client is."""

    __slots__ = ("_client", "_is_closed", "_is_owner", "_methods")

    def __init__(self, client: Boto3Client, *, is_owner: bool = False) -> None:
        """Listen to a client.

        Args:
            client: A boto3 Lightsail client.
            is_owner: Whether to close the client with the transport.

        Raises:
            ConfigurationError: If it is no boto3 Lightsail client.
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
        self._client = boto
        self._is_owner = is_owner
        self._is_closed = False
        self._methods = {api: name for name, api in meta.method_to_api_mapping.items()}
        for event, handler in _HANDLERS.items():
            meta.events.register_first(
                event, handler, unique_id=f"{_OUR_HANDLERS}.{event}", unique_id_uses_count=True
            )

    @classmethod
    def connect(
        cls,
        *,
        region_name: str | None = None,
        profile_name: str | None = None,
        endpoint_url: str | None = None,
        session: Boto3Session | None = None,
        config: object = None,
    ) -> BotoTransport:
        """Make a boto3 client and send through it.

        Args:
            region_name: The AWS Region; boto3's own search for one if None.
            profile_name: The profile of the AWS configuration files.
            endpoint_url: Another address than AWS's, for example an emulator's.
            session: The boto3 session to make the client with.
            config: A `botocore.config.Config` with timeouts, retries, proxies.

        Returns:
            The transport, which closes the client with itself.

        Raises:
            ConfigurationError: If boto3 cannot make such a client.
        """
        import boto3.session  # noqa: PLC0415 - importing this library must not cost importing boto3
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - likewise

        try:
            maker = boto3.session.Session(profile_name=profile_name) if session is None else session
            client: Boto3Client = maker.client(
                "lightsail", region_name=region_name, endpoint_url=endpoint_url, config=config
            )
        except (BotoCoreError, ValueError, TypeError, AttributeError) as error:
            raise configuration_error(error) from error
        return cls(client, is_owner=True)

    @override
    def __repr__(self) -> str:
        return f"{type(self).__name__}(region={self._client.meta.region_name!r})"

    def send(self, request: Request[Any]) -> Answer:
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
        exchange = _Exchange()
        parsed: dict[str, Any] = {}
        token = _exchange.set(exchange)
        try:
            parsed = self._method(request)(**request.to_wire())
        except Exception as error:
            if not exchange.is_unparsed_success:
                mapped = _error_from(error, request, exchange)
                if mapped is error:
                    raise
                raise mapped from error
            # Only botocore's parser stumbled over the answer; ours may yet read it.
        finally:
            _exchange.reset(token)
        if exchange.body is not None:
            return Answer(exchange.body, exchange.metadata())
        # Nothing went over the wire: a Stubber, or another hook, answered in its place.
        return Answer(parsed, _told(parsed.pop("ResponseMetadata", {})))

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
        for event, handler in _HANDLERS.items():
            self._client.meta.events.unregister(
                event, handler, unique_id=f"{_OUR_HANDLERS}.{event}", unique_id_uses_count=True
            )
        if self._is_owner:
            self._client.close()


def _date(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text or "")
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


def _error_from(error: Exception, request: Request[Any], exchange: _Exchange) -> LightsailSnapError:
    from botocore.exceptions import ClientError  # noqa: PLC0415 - botocore is loaded by now

    # Credentials are often fetched from another service, whose refusal is not Lightsail's answer.
    answer = error if isinstance(error, ClientError) else None
    if answer is not None and answer.operation_name != request.operation_name:
        answer = None
    # An error that comes after a parsed answer is somebody's hook, or the next attempt's signing.
    if exchange.is_error_answer and (answer is not None or not exchange.is_parsed):
        return error_from_answer(
            request, exchange.body or b"", exchange.metadata(), exchange.attempts
        )
    if answer is not None:
        metadata = _told(answer.response.get("ResponseMetadata", {}))
        return error_from_answer(request, answer.response, metadata, exchange.attempts)
    return error_from_exception(error, request, exchange.attempts)
