"""The asynchronous client, for asyncio and trio. It needs the extra `aio` (anyio)."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Self, final

from typing_extensions import override

from lightsail_snap._aio_methods.jobs import Jobs
from lightsail_snap._aio_methods.lists import Lists
from lightsail_snap._aio_methods.operations import Operations
from lightsail_snap._aio_methods.waits import Waits
from lightsail_snap._boto.connect import connect
from lightsail_snap._text import short_repr
from lightsail_snap._workflows import call
from lightsail_snap.errors import ConfigurationError

if TYPE_CHECKING:
    from lightsail_snap._boto.transport import Boto3Client, Boto3Session, Transport
    from lightsail_snap._drivers.anyio import AsyncDriver
    from lightsail_snap._workflows import Flow
    from lightsail_snap._workflows.effects import ReturnT
    from lightsail_snap.clock import Clock
    from lightsail_snap.models import Request, ResultT
    from lightsail_snap.waiters import WaitPolicy

_MOST_CALLS = 10


@final
class AsyncLightsailSnapClient(Operations, Lists, Waits, Jobs):
    """Talks to Amazon Lightsail about snapshots, without blocking the event loop.

    It has the methods of `LightsailSnapClient`, on asyncio and on trio. One client may be used on
    several event loops of either kind, one after another or at the same time. boto3 makes the calls
    in threads, so everything that boto3 can be configured to do works here, too. Used as an async
    context manager, it closes the connections it opened.

    A call that only looks is given up when its task is cancelled. One that changes something is
    waited for even then, and the cancellation says by its `__cause__` (an `OutcomeUnknownError`)
    and in the log that the change was made, or may have been.

    Every method raises only `LightsailSnapError` and its subclasses.
    """

    __slots__ = ("_driver", "_transport", "_wait_policy")

    _driver: AsyncDriver
    _transport: Transport
    _wait_policy: WaitPolicy

    def __init__(  # noqa: PLR0913 - each names one thing about the connection
        self,
        boto3_client: Boto3Client | None = None,
        *,
        region_name: str | None = None,
        profile_name: str | None = None,
        endpoint_url: str | None = None,
        session: Boto3Session | None = None,
        config: object = None,
        transport: Transport | None = None,
        allow_plain_http: bool = False,
        wait_policy: WaitPolicy | None = None,
        clock: Clock | None = None,
        concurrency: int = _MOST_CALLS,
    ) -> None:
        """Connect, by one of three ways: settings, a boto3 client, or a transport.

        Args:
            boto3_client: An existing boto3 Lightsail client. It stays yours: it is not closed.
            region_name: The AWS Region, for example `us-east-1`; boto3's own search for one
                (environment, profile) if None.
            profile_name: The profile of the AWS configuration files.
            endpoint_url: Another address than AWS's, for example an emulator's.
            session: The boto3 session to make the client with.
            config: A `botocore.config.Config` with timeouts, retries and proxies.
            transport: Another way to Lightsail than boto3.
            allow_plain_http: Whether requests may travel unencrypted to another machine. Without
                it an address that is neither `https://` nor on this machine is refused, wherever it
                was set: here, in the environment, in a file or in a boto3 client.
            wait_policy: How patiently the `wait_for_...` methods wait.
            clock: Tells the time and lets it pass while waiting; tests hand in one that jumps.
            concurrency: How many calls this client makes at the same time at most, on each event
                loop. boto3 keeps ten connections unless its `Config` says otherwise.

        Raises:
            ConfigurationError: If the settings contradict each other, boto3 refuses them, requests
                would travel unencrypted, or anyio is not installed.
        """
        try:
            import anyio  # noqa: F401, PLC0415 - anyio is an extra

            from lightsail_snap._drivers.anyio import AsyncDriver  # noqa: PLC0415 - likewise
        except ImportError as error:
            message = 'the async client needs anyio; install "lightsail-snap[aio]"'
            raise ConfigurationError(message) from error
        given: object = concurrency
        if isinstance(given, bool) or not isinstance(given, int) or given < 1:
            message = f"concurrency must be a whole number, 1 or more, not {short_repr(given)}"
            raise ConfigurationError(message)
        connection = connect(
            boto3_client,
            region_name=region_name,
            profile_name=profile_name,
            endpoint_url=endpoint_url,
            session=session,
            config=config,
            transport=transport,
            allow_plain_http=allow_plain_http,
            wait_policy=wait_policy,
            clock=clock,
        )
        driver = AsyncDriver(connection.transport, connection.clock, concurrency)
        object.__setattr__(self, "_driver", driver)
        object.__setattr__(self, "_transport", connection.transport)
        object.__setattr__(self, "_wait_policy", connection.wait_policy)

    if not TYPE_CHECKING:
        # To a type checker a class that has these takes any attribute, which is the reverse of
        # what is meant.
        def __setattr__(self, name: str, value: object) -> NoReturn:
            message = f"a client is immutable; make another one to change {name}"
            raise AttributeError(message)

        def __delattr__(self, name: str) -> NoReturn:
            self.__setattr__(name, None)

    @override
    def __repr__(self) -> str:
        return f"{type(self).__name__}(transport={self._transport!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close what this client opened, and send nothing more.

        A boto3 client that was handed in stays open. Closing again does nothing.
        """
        self._transport.close()

    @override
    async def _run(self, flow: Flow[ReturnT]) -> ReturnT:
        return await self._driver.run(flow)

    @override
    async def _call(self, request: Request[ResultT]) -> ResultT:
        return await self._driver.run(call(request))
