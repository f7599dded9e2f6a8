"""Leaves an answer to botocore's parser only if somebody looks at what it makes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from typing_extensions import override

from lightsail_snap._shortcuts._guard import expect

if TYPE_CHECKING:
    from botocore.client import BaseClient

_FIRST_SUCCESS, _FIRST_ERROR = 200, 300


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


def parse_when_looked_at(client: BaseClient, current: Callable[[], Reading | None]) -> None:
    """Leave the answers to calls of ours unparsed until somebody looks.

    Args:
        client: The boto3 client.
        current: Tells whether a call of ours is under way in this context.
    """
    endpoint: Any = client._endpoint  # noqa: SLF001 - guarded by the caller
    stock = endpoint._response_parser_factory  # noqa: SLF001 - likewise
    if isinstance(stock, LazyParsers):
        # Another client of this library has been here before.
        return
    expect(callable(stock.create_parser))
    endpoint._response_parser_factory = LazyParsers(stock, current)  # noqa: SLF001 - likewise
