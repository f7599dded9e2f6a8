"""Mock of AWS for the Lightsail clients of this process, and a guard against requests to AWS.

Both wrap public methods of botocore that every supported version has, and only while a mock or a
guard is active:

1. `botocore.hooks.EventAliaser.emit` and `emit_until_response`. Clients of boto3, botocore and
   aiobotocore emit the events of a request through these methods, whenever they were created. The
   wrappers act on four events of Lightsail. In `request-created` and `choose-signer` they skip the
   client's signature, so its credentials are neither needed nor refreshed. In `before-sign` they
   sign with placeholder credentials, because the emulator reads the Region from the signature.
   After the handlers of `before-send` the emulator responds.
2. `botocore.session.Session.create_client`, also where a subclass overrides it. For Lightsail it
   adds placeholder credentials, since botocore would search for credentials over the network, and
   a default Region.

Other interfaces cover less. Handlers registered in `botocore.handlers.BUILTIN_HANDLERS` or in a
session reach only clients that are created later. Handlers registered with existing clients would
need a list of them, and registration races with calls in other threads. The HTTP sessions of
botocore and aiobotocore have nothing in common, and run only if no handler responds, but moto
responds to all services.
"""

from __future__ import annotations

import functools
import inspect
import threading
import unittest
from collections.abc import Callable, Generator, Iterator, Sequence
from types import TracebackType
from typing import Any, NoReturn, ParamSpec, Self, TypeVar, overload
from urllib.parse import urlsplit

from botocore import UNSIGNED
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest, AWSResponse
from botocore.credentials import Credentials
from botocore.hooks import EventAliaser
from botocore.session import Session

from lightsail_snap._boto.endpoint import is_loopback
from lightsail_snap.clock import Clock
from lightsail_snap.emulator import LightsailEmulator, Progression
from lightsail_snap.emulator._in_process import exchange

__all__ = [
    "LightsailMock",
    "mock_lightsail",
]

_P = ParamSpec("_P")
_T = TypeVar("_T")
_ClassT = TypeVar("_ClassT", bound=type)
_Responses = Sequence[tuple[object, Any]]

_SERVICE = "lightsail"
_DEFAULT_REGION = "us-east-1"
_PLACEHOLDER = "lightsail-snap-mock"
_MARK = "lightsail_snap_placeholder_signature"
MOCK_ATTRIBUTE = "_lightsail_mock"
_CLIENT_PARAMETERS = (
    *("service_name", "region_name", "api_version", "use_ssl", "verify", "endpoint_url"),
    *("aws_access_key_id", "aws_secret_access_key", "aws_session_token", "config"),
    "aws_account_id",
)
_ABSENT = object()


class RequestGuard:
    """Context manager that refuses Lightsail requests which would leave this machine."""

    def __init__(self, fail: Callable[[str], NoReturn]) -> None:
        """Create a guard that calls `fail` with the reason, before anything is sent."""
        self._fail = fail
        self._refused: list[str] = []

    def __enter__(self) -> Self:
        _layers.add(self)
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        _layers.remove(self)

    def refuse(self, operation: str, url: str) -> NoReturn:
        """Fail because of a request."""
        message = (
            f"{operation} would be sent to {url}, which is not on this machine; use the fixture "
            "mock_lightsail, or a client of an emulator"
        )
        self._refused.append(message)
        self._fail(message)

    def verify(self) -> None:
        """Fail if the code under test suppressed an earlier failure."""
        if self._refused:
            self._fail(self._refused[0])


class _Layers:
    """Active emulators and guards of this process, innermost last, and the wrapped methods."""

    def __init__(self) -> None:
        # Reentrant, because a class can be defined while the methods are replaced.
        self.lock = threading.RLock()
        # Replaced as a whole, so that wrappers read it without the lock.
        self._active: tuple[LightsailEmulator | RequestGuard, ...] = ()
        self._originals: list[tuple[type, str, object]] = []

    @property
    def emulator(self) -> LightsailEmulator | None:
        found = (each for each in reversed(self._active) if isinstance(each, LightsailEmulator))
        return next(found, None)

    @property
    def guard(self) -> RequestGuard | None:
        found = (each for each in reversed(self._active) if isinstance(each, RequestGuard))
        return next(found, None)

    def add(self, layer: LightsailEmulator | RequestGuard) -> None:
        with self.lock:
            if not self._active:
                self._wrap_botocore()
            self._active = (*self._active, layer)

    def remove(self, layer: LightsailEmulator | RequestGuard) -> None:
        with self.lock:
            # Threads may exit in any order, and an emulator may be active more than once.
            index = max(i for i, each in enumerate(self._active) if each is layer)
            self._active = (*self._active[:index], *self._active[index + 1 :])
            if not self._active:
                self._restore_botocore()

    def _wrap_botocore(self) -> None:
        self._replace(EventAliaser, "emit", _wrap_emit(EventAliaser.emit))
        until_response = EventAliaser.emit_until_response
        self._replace(
            EventAliaser, "emit_until_response", _wrap_emit_until_response(until_response)
        )
        for session_class in _with_subclasses(Session):
            self._wrap_session(session_class)

        def wrap_new_subclass(session_class: type[Session], /, **keywords: object) -> None:
            super(Session, session_class).__init_subclass__(**keywords)
            with self.lock:
                self._wrap_session(session_class)

        # aiobotocore, which has a subclass, may be imported later.
        self._replace(Session, "__init_subclass__", classmethod(wrap_new_subclass))

    def _wrap_session(self, session_class: type[Session]) -> None:
        original = vars(session_class).get("create_client")
        if original is not None:
            self._replace(session_class, "create_client", _wrap_create_client(original))

    def _replace(self, owner: type, name: str, value: object) -> None:
        self._originals.append((owner, name, vars(owner).get(name, _ABSENT)))
        setattr(owner, name, value)

    def _restore_botocore(self) -> None:
        while self._originals:
            owner, name, original = self._originals.pop()
            if original is _ABSENT:
                delattr(owner, name)
            else:
                setattr(owner, name, original)


_layers = _Layers()


def _with_subclasses(session_class: type[Session]) -> Iterator[type[Session]]:
    yield session_class
    for each in session_class.__subclasses__():
        yield from _with_subclasses(each)


def _wrap_create_client(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def create_client(session: Session, /, *arguments: object, **keywords: object) -> object:
        given = dict(zip(_CLIENT_PARAMETERS, arguments, strict=False)) | keywords
        if _layers.emulator is None or given.get("service_name") != _SERVICE:
            return original(session, *arguments, **keywords)
        keys = ("aws_access_key_id", "aws_secret_access_key")
        if all(given.get(key) is None for key in keys):
            given |= dict.fromkeys(keys, _PLACEHOLDER)
        if not _has_region(session, given):
            given["region_name"] = _DEFAULT_REGION
        return original(session, **given)

    return create_client


def _has_region(session: Session, given: dict[str, Any]) -> bool:
    configs = (given.get("config"), session.get_default_client_config())
    return (
        given.get("region_name") is not None
        or any(getattr(config, "region_name", None) is not None for config in configs)
        or session.get_config_variable("region") is not None
    )


def _wrap_emit(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def emit(emitter: EventAliaser, /, event_name: str, **keywords: Any) -> object:  # noqa: ANN401 - as botocore's
        event, _, rest = event_name.partition(f".{_SERVICE}.")
        if not rest:
            return original(emitter, event_name, **keywords)
        if event == "request-created":
            _mark(keywords["request"])
        responses = original(emitter, event_name, **keywords)
        if event == "before-sign":
            return _then(responses, functools.partial(_sign, **keywords))
        if event == "before-send":
            return _then(responses, functools.partial(_respond, rest, keywords["request"]))
        return responses

    return emit


def _wrap_emit_until_response(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def emit_until_response(emitter: EventAliaser, /, event_name: str, **keywords: Any) -> object:  # noqa: ANN401 - as botocore's
        response = original(emitter, event_name, **keywords)
        is_choice = event_name.startswith(f"choose-signer.{_SERVICE}.")
        if is_choice and keywords["context"].get(_MARK):
            return _then(response, lambda *_, **__: (_mark, UNSIGNED))
        return response

    return emit_until_response


def _then(result: object, function: Callable[..., object]) -> object:
    """Apply a function to a result, which aiobotocore returns as an awaitable."""
    if not inspect.isawaitable(result):
        return function(result, is_async=False)

    async def wait() -> object:
        return function(await result, is_async=True)

    return wait()


def _mark(request: AWSRequest) -> None:
    """Decide whether a request needs a signature of its client."""
    is_refused = _layers.guard is not None and not _is_local(request.url)
    request.context[_MARK] = _layers.emulator is not None or is_refused


def _sign(
    responses: _Responses,
    *,
    request: AWSRequest,
    region_name: str,
    **_: object,
) -> _Responses:
    if request.context.get(_MARK):
        region = request.context.get("signing", {}).get("region") or region_name
        SigV4Auth(Credentials(_PLACEHOLDER, _PLACEHOLDER), _SERVICE, region).add_auth(request)
    return responses


class _AsyncResponse(AWSResponse):
    """Response with the interface of aiobotocore."""

    @property
    def content(self) -> Any:  # noqa: ANN401 - a coroutine, where botocore has bytes
        return self._read()

    async def _read(self) -> bytes:
        return super().content


def _respond(
    operation: str, request: AWSPreparedRequest, responses: _Responses, *, is_async: bool
) -> _Responses:
    """Respond to a request unless a handler has done so. Replace moto's response."""
    given = [handler for handler, response in responses if response is not None]
    # moto also responds with HTTP status 404 for services that it does not support.
    if any(not type(handler).__module__.startswith("moto.") for handler in given):
        return responses
    emulator = _layers.emulator
    if emulator is not None:
        response = exchange(request, emulator.exchange)
        if is_async:
            response = _AsyncResponse(
                response.url, response.status_code, response.headers, response.raw
            )
        return [(emulator.exchange, response)]
    guard = _layers.guard
    if guard is not None and not given and not _is_local(request.url):
        guard.refuse(operation, request.url)
    return responses


def _is_local(url: str) -> bool:
    return is_loopback(urlsplit(url).hostname or "")


class LightsailMock:
    """Mock of AWS for all Lightsail clients of this process, returned by `mock_lightsail`.

    Use it as a context manager, which returns the emulator, or as a decorator. It can be entered
    more than once, also by several threads: until the last exit there is one emulator.
    """

    def __init__(
        self,
        *,
        emulator: LightsailEmulator | None,
        clock: Clock | None,
        progression: Progression | None,
    ) -> None:
        """Create a mock; see `mock_lightsail` for the arguments."""
        self._given = emulator
        self._clock = clock
        self._progression = progression
        self._emulator: LightsailEmulator | None = None
        self._depth = 0

    def __enter__(self) -> LightsailEmulator:
        with _layers.lock:
            if self._emulator is None:
                self._emulator = self._given or LightsailEmulator(
                    clock=self._clock, progression=self._progression or Progression.instant()
                )
            self._depth += 1
            _layers.add(self._emulator)
            return self._emulator

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with _layers.lock:
            emulator = self._emulator
            if emulator is None:
                raise RuntimeError("the mock was exited more often than entered")
            _layers.remove(emulator)
            self._depth -= 1
            if self._depth:
                return
            self._emulator = None
        if self._given is None:
            emulator.close()

    @overload
    def __call__(self, test: _ClassT, /) -> _ClassT: ...

    @overload
    def __call__(self, test: Callable[_P, _T], /) -> Callable[_P, _T]: ...

    def __call__(self, test: Any, /) -> Any:
        """Return the function or test class with this mock around every call or test.

        Every call of a function, and every test of a class, has an emulator of its own. The
        emulator of a test in a class is also that of `setUp`, `tearDown` and, under pytest, of
        fixtures, `setup_method` and `teardown_method`.

        Args:
            test: A function, an async function, a generator function such as a pytest fixture, or
                a test class.

        Returns:
            The function with the same signature, or the same class.

        Raises:
            TypeError: If the object is not callable, or is an async generator function.
        """
        if inspect.isclass(test):
            _decorate_class(test, self._copy)
            return test
        return _decorate_function(test, self._copy)

    def _copy(self) -> LightsailMock:
        return LightsailMock(emulator=self._given, clock=self._clock, progression=self._progression)


def _decorate_function(test: Any, make_mock: Callable[[], LightsailMock]) -> Callable[..., Any]:  # noqa: ANN401 - callers may ignore the types
    if not callable(test) or inspect.isasyncgenfunction(test):
        message = f"cannot decorate {test!r}; use `with mock_lightsail():`"
        raise TypeError(message)

    async def run_async(*arguments: object, **keywords: object) -> object:
        with make_mock():
            return await test(*arguments, **keywords)

    def run_generator(*arguments: object, **keywords: object) -> Generator[Any, Any, Any]:
        with make_mock():
            return (yield from test(*arguments, **keywords))

    def run(*arguments: object, **keywords: object) -> object:
        with make_mock():
            return test(*arguments, **keywords)

    if inspect.iscoroutinefunction(test):
        return functools.wraps(test)(run_async)
    if inspect.isgeneratorfunction(test):
        return functools.wraps(test)(run_generator)
    return functools.wraps(test)(run)


def _decorate_class(test_class: Any, make_mock: Callable[[], LightsailMock]) -> None:  # noqa: ANN401 - any class
    if issubclass(test_class, unittest.TestCase):
        for name in ("run", "debug"):
            setattr(test_class, name, _decorate_function(getattr(test_class, name), make_mock))
        return
    # One mock for all tests: entered again within a test, it keeps the emulator of the test.
    mock = make_mock()
    for name in dir(test_class):
        function = inspect.getattr_static(test_class, name)
        if name.startswith("test") and inspect.isfunction(function):
            setattr(test_class, name, _decorate_function(function, lambda: mock))
    # For the pytest plugin, whose hooks also cover fixtures and methods such as `setup_method`.
    setattr(test_class, MOCK_ATTRIBUTE, mock)


@overload
def mock_lightsail(test: _ClassT, /) -> _ClassT: ...


@overload
def mock_lightsail(test: Callable[_P, _T], /) -> Callable[_P, _T]: ...


@overload
def mock_lightsail(
    *,
    emulator: LightsailEmulator | None = None,
    clock: Clock | None = None,
    progression: Progression | None = None,
) -> LightsailMock: ...


def mock_lightsail(
    test: Any = None,
    /,
    *,
    emulator: LightsailEmulator | None = None,
    clock: Clock | None = None,
    progression: Progression | None = None,
) -> Any:
    """Connect every Lightsail client of this process to an emulator instead of AWS.

    Use it as a context manager, or as a decorator with or without arguments:

        with mock_lightsail() as emulator:
            emulator.add_disk("disk-1", region_name="us-east-1")
            boto3.client("lightsail").get_disks()

        @mock_lightsail
        def test_backup(): ...

    It applies to clients of boto3, botocore, aiobotocore and this library in all threads, created
    inside or before, with any session, Region or `endpoint_url`. Neither credentials nor
    environment variables are needed; without a configured Region, a new client uses `us-east-1`.
    Clients of other services are not affected. Nested mocks have separate emulators, and the
    innermost responds.

    Three kinds of clients behave differently:

    1. A client connected to another emulator, by `boto3_client` or `install`, keeps it. In the
       same way, a response by a botocore `Stubber` or a `before-send` handler takes precedence.
    2. A client created inside keeps placeholder credentials after the mock.
    3. A thread that outlives the mock sends its next request to AWS, so join threads inside.

    Args:
        test: The function or test class to decorate.
        emulator: The emulator that responds, which stays open; a new one per mock if None.
        clock: The clock of the new emulator; the machine's clock if None.
        progression: Duration and outcome of operations of the new emulator. If None, they are
            finished at once, because code under test usually waits on the machine's clock.

    Returns:
        The decorated function or class, or the mock if called without one.

    Raises:
        TypeError: If `emulator` is combined with `clock` or `progression`, or if `test` cannot be
            decorated.
    """
    if emulator is not None and (clock is not None or progression is not None):
        raise TypeError("emulator cannot be combined with clock or progression; set its attributes")
    mock = LightsailMock(emulator=emulator, clock=clock, progression=progression)
    return mock if test is None else mock(test)
