"""The synchronous client."""

from __future__ import annotations

from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Self, final

from typing_extensions import override

from lightsail_snap._boto.connect import connect
from lightsail_snap._drivers.calls import make_call
from lightsail_snap._drivers.sync import run
from lightsail_snap._methods.jobs import Jobs
from lightsail_snap._methods.lists import Lists
from lightsail_snap._methods.operations import Operations
from lightsail_snap._methods.waits import Waits

if TYPE_CHECKING:
    from lightsail_snap._boto.transport import Boto3Client, Boto3Session, Transport
    from lightsail_snap._workflows import Flow
    from lightsail_snap._workflows.effects import ReturnT
    from lightsail_snap.clock import Clock
    from lightsail_snap.models import Request, ResultT
    from lightsail_snap.waiters import WaitPolicy


@final
class LightsailSnapClient(Operations, Lists, Waits, Jobs):
    """Talks to Amazon Lightsail about snapshots.

    A client is immutable and may be shared by threads. It holds no credentials; boto3 does. Used
    as a context manager, it closes the connections it opened.

    Every method raises only `LightsailSnapError` and its subclasses.
    """

    __slots__ = ("_clock", "_transport", "_wait_policy")

    _clock: Clock
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

        Raises:
            ConfigurationError: If the settings contradict each other, boto3 refuses them, or
                requests would travel unencrypted.
        """
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
        object.__setattr__(self, "_transport", connection.transport)
        object.__setattr__(self, "_wait_policy", connection.wait_policy)
        object.__setattr__(self, "_clock", connection.clock)

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

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close what this client opened, and send nothing more.

        A boto3 client that was handed in stays open. Closing again does nothing.
        """
        self._transport.close()

    @override
    def _run(self, flow: Flow[ReturnT]) -> ReturnT:
        return run(flow, self._transport, self._clock)

    @override
    def _call(self, request: Request[ResultT]) -> ResultT:
        # The same as to run the flow of one call, without its generator.
        return make_call(request, self._transport, self._clock)
