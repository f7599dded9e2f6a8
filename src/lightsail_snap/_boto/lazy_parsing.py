"""Parse a successful response only if an event handler reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from typing_extensions import override

from lightsail_snap._boto.fallback import Fallback

if TYPE_CHECKING:
    from botocore.client import BaseClient


class _Parser(Protocol):
    @property
    def parse(self) -> Callable[..., dict[str, Any]]: ...


class _ParserFactory(Protocol):
    @property
    def create_parser(self) -> Callable[..., _Parser]: ...


class Unparsed(dict[str, Any]):
    """The dict that botocore parses from a successful response, parsed on first access.

    `ResponseMetadata`, which botocore itself reads, is there from the start. Access to anything
    else makes botocore's parser read the body first.
    """

    __slots__ = ("_read",)

    def __init__(self, metadata: dict[str, Any], read: Callable[[], Mapping[str, Any]]) -> None:
        super().__init__(ResponseMetadata=metadata)
        self._read: Callable[[], Mapping[str, Any]] | None = read

    def whole(self) -> Unparsed:
        """Parse the body unless that has been done, and return this dict."""
        read = self._read
        if read is not None:
            parsed = read()
            self._read = None
            for name, value in parsed.items():
                # What handlers have put here meanwhile stays.
                own = dict.setdefault(self, name, value)
                if name == "ResponseMetadata" and isinstance(own, dict):
                    for fact in value.keys() - own.keys():
                        own[fact] = value[fact]
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
        # No successful response has an error; botocore's retry handlers check every time.
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
    """State of a call of this library that parsing its response concerns."""

    is_parsed: bool
    skips_parsing: bool


class _LazyParser:
    """Postpone parsing one successful response."""

    __slots__ = ("_fallback", "_reading", "_stock")

    def __init__(self, stock: _Parser, reading: Reading, fallback: Fallback) -> None:
        self._stock = stock
        self._reading = reading
        self._fallback = fallback

    def parse(self, *args: Any, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 - as botocore's
        stock, reading = self._stock, self._reading

        def read() -> Mapping[str, Any]:
            try:
                return stock.parse(*args, **kwargs)
            except Exception:
                # The handler that reads gets this error, but the response may be readable for us.
                reading.is_parsed = False
                raise

        try:
            return Unparsed(_metadata(*args, **kwargs), read)
        except Exception as error:  # noqa: BLE001 - plain botocore takes over
            self._fallback.record(error)
            return stock.parse(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever botocore's own has
        return getattr(self._stock, name)


def _metadata(response: Mapping[str, Any], shape: object) -> dict[str, Any]:  # noqa: ARG001 - as botocore's
    headers = {name.lower(): value for name, value in response["headers"].items()}
    metadata: dict[str, Any] = {"HTTPStatusCode": response["status_code"], "HTTPHeaders": headers}
    if "x-amzn-requestid" in headers:
        metadata["RequestId"] = headers["x-amzn-requestid"]
    return metadata


class LazyParsers:
    """Create parsers as botocore's factory does, and lazy ones for calls of this library."""

    __slots__ = ("_current", "_fallback", "_stock")

    def __init__(
        self,
        stock: _ParserFactory,
        current: Callable[[], Reading | None],
        fallback: Fallback,
    ) -> None:
        self._stock = stock
        self._current = current
        self._fallback = fallback

    def create_parser(self, *args: Any, **kwargs: Any) -> _Parser:  # noqa: ANN401 - as botocore's
        """Create a parser for the response that has just been received."""
        stock = self._stock.create_parser(*args, **kwargs)
        reading = self._current()
        if reading is None or not reading.skips_parsing:
            return stock
        # For this one response only: nested calls parse theirs as usual.
        reading.skips_parsing = False
        return stock if self._fallback.is_active else _LazyParser(stock, reading, self._fallback)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever botocore's own has
        return getattr(self._stock, name)


def parse_lazily(
    client: BaseClient, current: Callable[[], Reading | None], fallback: Fallback
) -> None:
    """Leave the successful responses to calls of this library unparsed until they are read.

    Args:
        client: The boto3 client.
        current: Returns the call of this library that is under way in this context, if any.
        fallback: Takes over on any exception.
    """
    endpoint: Any = client._endpoint  # noqa: SLF001 - the caller falls back
    stock = endpoint._response_parser_factory  # noqa: SLF001 - likewise
    if isinstance(stock, LazyParsers):
        # Another client of this library uses the same boto3 client.
        return
    if not callable(stock.create_parser):
        raise TypeError("the parser factory cannot create parsers")
    endpoint._response_parser_factory = LazyParsers(stock, current, fallback)  # noqa: SLF001 - likewise
