"""What makes a client of our own cheaper to use. It is loaded when such a client is made.

A client that this library builds sends what pydantic has checked and gives back bytes that
pydantic reads, so most of what botocore does on the way is done twice. Each shortcut replaces one
such piece by one that gives the same and does less:

- the body of a successful answer is parsed by botocore only if somebody looks at the dict that
  botocore hands to event handlers; answers with an error are parsed as ever;
- the User-Agent header is put together once for each set of features instead of twice a call;
- a request's headers are gathered for the signature once instead of twice, the signing key is
  derived once a day instead of every time, and the body is hashed as it is.

Parts of botocore that are not public are touched only after a look at whether they are what they
are taken for. If not, the shortcut is left out, the log says so, and everything works as with any
boto3 client.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from hashlib import sha256
from logging import DEBUG
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

from botocore import auth
from botocore.auth import SigV4Auth
from botocore.context import get_context
from botocore.exceptions import DataNotFoundError
from botocore.useragent import UserAgentString
from typing_extensions import override

from lightsail_snap import models
from lightsail_snap._text import safe_line

if TYPE_CHECKING:
    from botocore.awsrequest import AWSRequest
    from botocore.client import BaseClient
    from botocore.session import Session

_MadeOf = TypeVar("_MadeOf")
_Made = TypeVar("_Made")
_LOGGER = logging.getLogger("lightsail_snap")
_FIRST_SUCCESS, _FIRST_ERROR = 200, 300
# What plans ask for besides; importing them to find out would cost more than is saved.
_OF_PLANS = frozenset({"GetInstances"})
# There are a handful of feature sets; should there ever be many, they must not pile up.
_MOST_AGENTS = 64


class _Parser(Protocol):
    def parse(self, response: dict[str, Any], shape: Any) -> dict[str, Any]: ...  # noqa: ANN401 - as botocore's


class _ParserFactory(Protocol):
    def create_parser(self, protocol_name: str) -> _Parser: ...


class Unparsed(dict[str, Any]):
    """The dict that botocore makes of a successful answer, made when somebody looks into it.

    It begins with what botocore itself looks at, `ResponseMetadata`. Everything else, and every
    look at the whole, has botocore's parser read the body first.
    """

    __slots__ = ("_read",)

    def __init__(self, metadata: dict[str, Any], read: Callable[[], Mapping[str, Any]]) -> None:
        """Begin with the metadata.

        Args:
            metadata: What goes under `ResponseMetadata`.
            read: Has botocore read the body.
        """
        super().__init__(ResponseMetadata=metadata)
        self._read: Callable[[], Mapping[str, Any]] | None = read

    def whole(self) -> Unparsed:
        """Have the body read unless it has been.

        Returns:
            This dict itself.
        """
        read = self._read
        if read is not None:
            parsed = read()
            self._read = None
            for name, value in parsed.items():
                # What handlers have put here meanwhile stays.
                dict.setdefault(self, name, value)
        return self

    def __missing__(self, name: str) -> object:
        if self._read is None:
            raise KeyError(name)
        return self.whole()[name]

    @override
    def __contains__(self, name: object) -> bool:
        return dict.__contains__(self, name) or dict.__contains__(self.whole(), name)

    @override
    def get(self, name: str, default: Any = None) -> Any:
        # No successful answer has an error; botocore's retry handlers ask every time.
        if name != "Error" and not dict.__contains__(self, name):
            self.whole()
        return dict.get(self, name, default)

    @override
    def setdefault(self, name: str, default: Any = None) -> Any:
        if not dict.__contains__(self, name):
            self.whole()
        return dict.setdefault(self, name, default)

    @override
    def __reduce_ex__(self, protocol: object) -> tuple[Any, ...]:
        return dict, (dict(self.whole()),)


def _after_reading(name: str) -> Callable[..., Any]:
    plain = getattr(dict, name)

    def method(self: Unparsed, *args: Any) -> Any:  # noqa: ANN401 - whatever the plain method takes
        return plain(self.whole(), *args)

    method.__name__ = name
    return method


for _name in (
    *("__iter__", "__len__", "__reversed__", "__eq__", "__ne__", "__repr__", "__or__", "__ror__"),
    *("__delitem__", "keys", "values", "items", "pop", "popitem", "copy", "clear"),
):
    setattr(Unparsed, _name, _after_reading(_name))


class Reading(Protocol):
    """What a call of ours wants to know about the reading of its answer."""

    is_parsed: bool
    skips_parsing: bool


class _LazyParser:
    """Puts a successful answer's parsing off."""

    __slots__ = ("_protocol", "_reading", "_stock")

    def __init__(self, stock: _ParserFactory, protocol: str, reading: Reading) -> None:
        self._stock = stock
        self._protocol = protocol
        self._reading = reading

    def parse(self, response: dict[str, Any], shape: Any) -> dict[str, Any]:  # noqa: ANN401 - as botocore's
        status = response["status_code"]
        stock, protocol, reading = self._stock, self._protocol, self._reading
        if not _FIRST_SUCCESS <= status < _FIRST_ERROR:
            return stock.create_parser(protocol).parse(response, shape)

        def read() -> Mapping[str, Any]:
            try:
                return stock.create_parser(protocol).parse(response, shape)
            except Exception:
                # The handler that looked stumbles over this, but the answer may yet be readable.
                reading.is_parsed = False
                raise

        headers = {name.lower(): value for name, value in response["headers"].items()}
        metadata: dict[str, Any] = {"HTTPStatusCode": status, "HTTPHeaders": headers}
        if "x-amzn-requestid" in headers:
            metadata["RequestId"] = headers["x-amzn-requestid"]
        return Unparsed(metadata, read)


class LazyParsers:
    """Makes parsers as botocore's factory does, and lazy ones for calls of ours."""

    __slots__ = ("_current", "_stock")

    def __init__(self, stock: _ParserFactory, current: Callable[[], Reading | None]) -> None:
        """Stand before the client's own factory.

        Args:
            stock: That factory.
            current: Tells whether a call of ours is under way in this context.
        """
        self._stock = stock
        self._current = current

    def create_parser(self, protocol_name: str) -> _Parser:
        """Make a parser for the answer that has just come.

        Args:
            protocol_name: The protocol of the service.

        Returns:
            A lazy parser if our call's own answer is next, else botocore's.
        """
        reading = self._current()
        if reading is None or not reading.skips_parsing:
            return self._stock.create_parser(protocol_name)
        # For this one answer: credentials may be fetched from another service in between.
        reading.skips_parsing = False
        return _LazyParser(self._stock, protocol_name, reading)


def _parse_when_looked_at(client: BaseClient, current: Callable[[], Reading | None]) -> None:
    endpoint: Any = client._endpoint  # noqa: SLF001 - guarded by the caller
    stock = endpoint._response_parser_factory  # noqa: SLF001 - likewise
    _expect(callable(stock.create_parser))
    endpoint._response_parser_factory = LazyParsers(stock, current)  # noqa: SLF001 - likewise


def _remember_agents(client: BaseClient, _: object) -> None:
    creator: Any = client._user_agent_creator  # noqa: SLF001 - guarded by the caller
    config = client.meta.config
    _expect(type(creator) is UserAgentString)
    _expect(creator._client_config is config)  # noqa: SLF001 - likewise
    compose: Callable[[], str] = creator.to_string
    agents: dict[object, str] = {}

    def to_string() -> str:
        context = get_context()
        features = None if context is None else frozenset(context.features)
        # Whatever else goes into it is settled when the client is made.
        key = (features, config.user_agent, config.user_agent_extra, config.user_agent_appid)
        agent = agents.get(key)
        if agent is None:
            agent = compose()
            if len(agents) < _MOST_AGENTS:
                agents[key] = agent
        return agent

    creator.to_string = to_string


def _sign_with_less(client: BaseClient, _: object) -> None:
    signer: Any = client._request_signer  # noqa: SLF001 - guarded by the caller
    make: Callable[..., Any] = signer.get_auth_instance
    known: dict[str, tuple[Any, Any]] = {}

    def get_auth_instance(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as botocore's
        made = make(*args, **kwargs)
        if type(made) is SigV4Auth:
            _quicken(made, known)
        return made

    signer.get_auth_instance = get_auth_instance


def _quicken(made: Any, known: dict[str, tuple[Any, Any]]) -> None:  # noqa: ANN401 - it changes its class
    made.__class__ = QuickSigV4Auth
    made.known = known


class QuickSigV4Auth(SigV4Auth):
    """Signs as botocore's `SigV4Auth` does, and does less for it.

    Attributes:
        known: What was worked out for earlier requests; all that share a client share it.
    """

    known: dict[str, tuple[Any, Any]]

    @override
    def add_auth(self, request: AWSRequest) -> None:
        # Anything but the plain requests of AWS JSON is none of our business, and whoever follows
        # botocore's log of a signature shall find it there.
        if self.credentials is None or not _is_plain(request) or auth.logger.isEnabledFor(DEBUG):
            super().add_auth(request)
            return
        now = auth.get_current_datetime().strftime(auth.SIGV4_TIMESTAMP)
        request.context["timestamp"] = now
        self._modify_request_before_signing(request)
        headers = _headers_to_sign(request)
        if headers is None:
            super().add_auth(request)
            return
        host, path, query = self._remembered("place", request.url, self._place)
        headers.setdefault("host", host)
        # A body that is not to be signed has got this header above.
        body = headers.get("x-amz-content-sha256") or sha256(request.data).hexdigest()
        names = sorted(headers)
        lines = "".join([f"{name}:{headers[name]}\n" for name in names])
        signed = ";".join(names)
        canonical = f"{request.method.upper()}\n{path}\n{query}\n{lines}\n{signed}\n{body}"
        digest = sha256(canonical.encode()).hexdigest()
        scope = self.credential_scope(request)
        made_of = (self.credentials.secret_key, now[:8], self._region_name, self._service_name)
        key = self._remembered("key", made_of, self._key)
        signature = self._sign(key, f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{digest}", hex=True)
        request.headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.credentials.access_key}/{scope}, "
            f"SignedHeaders={signed}, Signature={signature}"
        )

    def _remembered(self, what: str, made_of: _MadeOf, make: Callable[[_MadeOf], _Made]) -> _Made:
        before, known = self.known.get(what, (None, None))
        if before == made_of:
            return cast("_Made", known)
        made = make(made_of)
        # In one step, so that threads see both or neither.
        self.known[what] = (made_of, made)
        return made

    def _place(self, url: str) -> tuple[str, str, str]:
        parts = auth.urlsplit(url)
        path = self._normalize_url_path(parts.path)
        return auth._host_from_url(url), path, self._canonical_query_string_url(parts)  # noqa: SLF001 - what its parent uses

    def _key(self, made_of: tuple[str, ...]) -> bytes:
        secret, *rest = made_of
        key = f"AWS4{secret}".encode()
        for part in (*rest, "aws4_request"):
            key = self._sign(key, part)
        return key


def _is_plain(request: AWSRequest) -> bool:
    data = request.data
    return (
        type(data) is bytes
        and bool(data)
        and not request.params
        and "checksum" not in request.context
    )


def _headers_to_sign(request: AWSRequest) -> dict[str, str] | None:
    """Gather the headers that are signed, or None if one needs more thought than the usual ones."""
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        lower = name.lower()
        if lower in auth.SIGNED_HEADERS_BLACKLIST:
            continue
        if lower in headers or type(value) is not str or not value.isascii():
            return None
        headers[lower] = " ".join(value.split())
    return headers


class _MovedError(Exception):
    """Something is not where, or what, it was."""


def _expect(condition: bool) -> None:  # noqa: FBT001 - one condition, by position as in assert
    if not condition:
        raise _MovedError("not what it was")


_SHORTCUTS: tuple[Callable[[BaseClient, Callable[[], Reading | None]], None], ...] = (
    _parse_when_looked_at,
    _remember_agents,
    _sign_with_less,
)


def take(client: BaseClient, current: Callable[[], Reading | None]) -> None:
    """Take the shortcuts on a client that was made for this library alone.

    Args:
        client: The boto3 client.
        current: Tells whether a call of ours is under way in this context.
    """
    for shortcut in _SHORTCUTS:
        try:
            shortcut(client, current)
        except (_MovedError, AttributeError, TypeError) as error:
            _LOGGER.info(
                "the shortcut %s is not for this botocore, all goes the plain way: %s",
                shortcut.__name__.strip("_"),
                safe_line(str(error)),
            )


def load_less(session: Session) -> None:
    """Keep a botocore session from loading what a client of ours has no use for.

    botocore looks through the models of all services to find Lightsail's, and makes a method for
    every operation. What it takes from the model, and how it reads that, stays as it is.

    Args:
        session: A session of our own, before it has made a client.
    """
    loader: Any = session.get_component("data_loader")
    search: Callable[..., Any] = loader.load_service_model

    def load_service_model(
        service_name: str, type_name: str, api_version: str | None = None
    ) -> Any:  # noqa: ANN401 - as botocore's
        if service_name != "lightsail" or api_version is not None:
            return search(service_name, type_name, api_version)
        try:
            version = max(loader.list_api_versions(service_name, type_name))
            # Whoever has put additions to a model there wants them read.
            if any(is_there(f"lightsail/{version}/{type_name}.{kind}-extras") for kind in extras):
                return search(service_name, type_name, version)
            model = loader.load_data(f"lightsail/{version}/{type_name}")
        except DataNotFoundError:
            return search(service_name, type_name, api_version)
        return _with_our_operations(model)

    def is_there(path: str) -> bool:
        try:
            loader.load_data(path)
        except DataNotFoundError:
            return False
        return True

    extras: tuple[str, ...] = tuple(loader.extras_types)
    loader.load_service_model = load_service_model


def _with_our_operations(model: dict[str, Any]) -> dict[str, Any]:
    if "operations" not in model:
        return model
    ours = _OF_PLANS | {getattr(kind, "operation_name", None) for kind in vars(models).values()}
    operations = {name: told for name, told in model["operations"].items() if name in ours}
    return {**model, "operations": operations}
