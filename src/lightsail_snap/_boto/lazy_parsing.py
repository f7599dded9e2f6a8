"""Optimization: parse a successful response only if an event handler reads it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, Self

from typing_extensions import override

from lightsail_snap._boto.optimizations import Fallback, are_enabled

if TYPE_CHECKING:
    from botocore.client import BaseClient


class _Parser(Protocol):
    @property
    def parse(self) -> Callable[..., dict[str, Any]]: ...


class _ParserFactory(Protocol):
    @property
    def create_parser(self) -> Callable[..., _Parser]: ...


class LazyDict(dict[str, Any]):
    """A dict that is completed on first access to any key that is not known from the start."""

    __slots__ = ("_parse",)

    def __init__(self, known: dict[str, Any], parse: Callable[[], Mapping[str, Any]]) -> None:
        super().__init__(known)
        self._parse: Callable[[], Mapping[str, Any]] | None = parse

    def parsed(self) -> Self:
        """Complete this dict if that has not been done, and return it."""
        parse = self._parse
        if parse is not None:
            fields = parse()
            self._parse = None
            for name, value in fields.items():
                # Values that handlers have set in the meantime are kept.
                self._add(name, value)
        return self

    def _add(self, name: str, value: object) -> None:
        dict.setdefault(self, name, value)

    def __missing__(self, name: str) -> object:
        if self._parse is None:
            raise KeyError(name)
        return self.parsed()[name]

    @override
    def __contains__(self, name: object) -> bool:
        return dict.__contains__(self, name) or dict.__contains__(self.parsed(), name)

    @override
    def get(self, name: str, default: Any = None) -> Any:
        if not dict.__contains__(self, name):
            self.parsed()
        return dict.get(self, name, default)

    @override
    def setdefault(self, name: str, default: Any = None) -> Any:
        if not dict.__contains__(self, name):
            self.parsed()
        return dict.setdefault(self, name, default)

    @override
    def __reduce_ex__(self, protocol: object) -> tuple[Any, ...]:
        return dict, (dict(self.parsed()),)


def _after_parsing(name: str) -> Callable[..., Any]:
    plain = getattr(dict, name)

    def method(self: LazyDict, *args: Any) -> Any:  # noqa: ANN401 - as the plain method
        return plain(self.parsed(), *args)

    method.__name__ = name
    return method


for _name in (
    *("__iter__", "__len__", "__reversed__", "__eq__", "__ne__", "__repr__", "__or__", "__ror__"),
    *("__delitem__", "keys", "values", "items", "pop", "popitem", "copy", "clear"),
):
    setattr(LazyDict, _name, _after_parsing(_name))


class LazyResponse(LazyDict):
    """The dict that botocore returns for a successful response, parsed on first access.

    `ResponseMetadata`, which botocore itself reads, is present from the start. Access to any other
    key makes botocore's parser read the body first.
    """

    __slots__ = ()

    def __init__(self, metadata: dict[str, Any], parse: Callable[[], Mapping[str, Any]]) -> None:
        super().__init__({"ResponseMetadata": metadata}, parse)

    @override
    def _add(self, name: str, value: Any) -> None:
        own = dict.setdefault(self, name, value)
        if name == "ResponseMetadata" and isinstance(own, dict):
            for key in value.keys() - own.keys():
                own[key] = value[key]

    @override
    def get(self, name: str, default: Any = None) -> Any:
        # A successful response has no error, and botocore's retry handlers check every time.
        return dict.get(self, name, default) if name == "Error" else super().get(name, default)


class ParsingState(Protocol):
    """The part of a call's record that concerns parsing."""

    is_parsed: bool
    skips_parsing: bool


class _LazyParser:
    """Parser that postpones reading one successful response."""

    __slots__ = ("_create_stock", "_fallback", "_state")

    def __init__(
        self, create_stock: Callable[[], _Parser], state: ParsingState, fallback: Fallback
    ) -> None:
        self._create_stock = create_stock
        self._state = state
        self._fallback = fallback

    def parse(self, *args: Any, **kwargs: Any) -> dict[str, Any]:  # noqa: ANN401 - as botocore's
        def parse_now() -> Mapping[str, Any]:
            try:
                return self._create_stock().parse(*args, **kwargs)
            except Exception:
                # The handler gets this error, but this library may still read the response.
                self._state.is_parsed = False
                raise

        try:
            return LazyResponse(_metadata(*args, **kwargs), parse_now)
        except Exception as error:  # noqa: BLE001 - plain botocore takes over
            self._fallback.record(error)
            return self._create_stock().parse(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any attribute of botocore's own
        return getattr(self._create_stock(), name)


def _metadata(response: Mapping[str, Any], shape: object) -> dict[str, Any]:  # noqa: ARG001 - as botocore's
    received = response["headers"]

    def read_headers() -> dict[str, Any]:
        headers = {name.lower(): value for name, value in received.items()}
        metadata: dict[str, Any] = {"HTTPHeaders": headers}
        if "x-amzn-requestid" in headers:
            metadata["RequestId"] = headers["x-amzn-requestid"]
        return metadata

    return LazyDict({"HTTPStatusCode": response["status_code"]}, read_headers)


class LazyParserFactory:
    """Replacement of botocore's parser factory: lazy parsers for calls of this library."""

    __slots__ = ("_current", "_fallback", "_stock")

    def __init__(
        self,
        stock: _ParserFactory,
        current: Callable[[], ParsingState | None],
        fallback: Fallback,
    ) -> None:
        self._stock = stock
        self._current = current
        self._fallback = fallback

    def create_parser(self, *args: Any, **kwargs: Any) -> _Parser:  # noqa: ANN401 - as botocore's
        """Create a parser for the response that has just been received."""
        state = self._current()
        if state is None or not state.skips_parsing or self._fallback.is_active:
            return self._stock.create_parser(*args, **kwargs)
        # For this response only: nested calls parse their responses as usual.
        state.skips_parsing = False
        create_stock = partial(self._stock.create_parser, *args, **kwargs)
        return _LazyParser(create_stock, state, self._fallback)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any attribute of botocore's own
        return getattr(self._stock, name)


def parse_lazily(client: BaseClient, current: Callable[[], ParsingState | None]) -> None:
    """Parse responses on demand in calls of this library; `current` returns the running call."""
    if are_enabled():
        with Fallback("lazy parsing of responses") as fallback:
            _replace_factory(client, current, fallback)


def _replace_factory(
    client: BaseClient, current: Callable[[], ParsingState | None], fallback: Fallback
) -> None:
    endpoint: Any = client._endpoint  # noqa: SLF001 - covered by the fallback
    stock = endpoint._response_parser_factory  # noqa: SLF001 - covered by the fallback
    if isinstance(stock, LazyParserFactory):
        # Another client of this library uses the same boto3 client.
        return
    if not callable(stock.create_parser):
        raise TypeError("the parser factory cannot create parsers")
    endpoint._response_parser_factory = LazyParserFactory(stock, current, fallback)  # noqa: SLF001 - covered by the fallback
