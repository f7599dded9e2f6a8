"""The synchronous client."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Self, final

from typing_extensions import override

from lightsail_snap import _flows
from lightsail_snap._drivers import run
from lightsail_snap._transport import Boto3Client, Boto3Session, BotoTransport, Transport
from lightsail_snap.clock import Clock, SystemClock
from lightsail_snap.errors import ConfigurationError
from lightsail_snap.models import (
    CreateDiskSnapshotRequest,
    CreateDiskSnapshotResult,
    DiskSnapshot,
    GetDiskRequest,
    GetDiskResult,
    GetDiskSnapshotRequest,
    GetDiskSnapshotResult,
    GetOperationRequest,
    GetOperationResult,
    Operation,
    Request,
    ResultT,
    SnapshotSource,
    TagsInput,
)
from lightsail_snap.waiters import Timeout, WaitPolicy, WaitProgress


@final
class LightsailSnapClient:
    """Talks to Amazon Lightsail about disk snapshots.

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
            wait_policy: How patiently the `wait_for_...` methods wait.
            clock: Tells the time and lets it pass while waiting; tests hand in one that jumps.

        Raises:
            ConfigurationError: If the settings contradict each other, or boto3 refuses them.
        """
        settings = {
            "region_name": region_name,
            "profile_name": profile_name,
            "endpoint_url": endpoint_url,
            "session": session,
            "config": config,
        }
        ways = {"boto3_client": boto3_client, "transport": transport}
        given = [name for name, value in (ways | settings).items() if value is not None]
        if session is not None and profile_name is not None:
            message = "session and profile_name contradict each other; the session has its profile"
            raise ConfigurationError(message)
        if len(given) > 1 and not settings.keys() >= set(given):
            message = f"{', '.join(given)} contradict each other; give one of them"
            raise ConfigurationError(message)
        if not isinstance(wait_policy, WaitPolicy | None):
            message = f"wait_policy must be a WaitPolicy, not {type(wait_policy).__name__}"  # type: ignore[unreachable] # callers without a type checker get here
            raise ConfigurationError(message)
        if clock is not None and not all(
            callable(getattr(clock, name, None)) for name in ("monotonic", "sleep")
        ):
            message = f"clock must tell the time and let it pass, unlike {type(clock).__name__}"
            raise ConfigurationError(message)
        if transport is None:
            transport = (
                BotoTransport(boto3_client)
                if boto3_client is not None
                else BotoTransport.connect(
                    region_name=region_name,
                    profile_name=profile_name,
                    endpoint_url=endpoint_url,
                    session=session,
                    config=config,
                )
            )
        object.__setattr__(self, "_transport", transport)
        object.__setattr__(self, "_wait_policy", wait_policy or WaitPolicy())
        object.__setattr__(self, "_clock", SystemClock() if clock is None else clock)

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

    def send(self, request: Request[ResultT]) -> ResultT:
        """Send one request; every method that is named after an operation goes this way.

        Args:
            request: What to send.

        Returns:
            The result that belongs to the request's type.

        Raises:
            RequestValidationError: If it is no request, or one that was made without validation
                and breaks a rule.
            ConfigurationError: If credentials or settings are missing or wrong.
            RequestNotSentError: If the request surely did not reach the service.
            OutcomeUnknownError: If it may have, and no answer came.
            ServiceError: If the service answered with an error.
            ResponseValidationError: If the answer cannot be read.
        """
        return run(_flows.call(Request.checked(request)), self._transport, self._clock)

    def create_disk_snapshot(
        self, disk_snapshot_name: str, source: SnapshotSource, *, tags: TagsInput | None = ()
    ) -> CreateDiskSnapshotResult:
        """Begin a snapshot of a disk or of an instance's system volume.

        The snapshot holds what was written to the disk when the service took the request; data
        cached by applications or the operating system may be missing. Pause writes or unmount the
        disk for that moment to be sure; it may be used again while the snapshot is pending.
        Source: CreateDiskSnapshot documentation.

        Args:
            disk_snapshot_name: The name of the snapshot to be: 2 to 255 ASCII letters, digits,
                `_`, `.` or `-`, unique among all resources of the region.
            source: `DiskSource(disk_name=...)` or `InstanceSource(instance_name=...)`.
            tags: At most 50, as `{"env": "prod", "key-only": None}` or as a sequence of `Tag`.

        Returns:
            The operations that the service has begun. Wait for them, and then for the snapshot.

        Raises:
            RequestValidationError: If a rule is broken; it lists every one.
            InvalidInputException: If the service refuses, for example because the name is taken.
            NotFoundException: If there is no such disk or instance in the region.
            LightsailSnapError: As `send` says.
        """
        request = CreateDiskSnapshotRequest(
            disk_snapshot_name=disk_snapshot_name, source=source, tags=tags
        )
        return self.send(request)

    def get_disk_snapshot(self, disk_snapshot_name: str) -> GetDiskSnapshotResult:
        """Look up one disk snapshot.

        Args:
            disk_snapshot_name: Its name.

        Returns:
            The result, which holds the snapshot.

        Raises:
            NotFoundException: If there is none of this name in the region.
            LightsailSnapError: As `send` says.
        """
        return self.send(GetDiskSnapshotRequest(disk_snapshot_name=disk_snapshot_name))

    def get_disk(self, disk_name: str) -> GetDiskResult:
        """Look up one disk.

        Args:
            disk_name: Its name.

        Returns:
            The result, which holds the disk.

        Raises:
            NotFoundException: If there is none of this name in the region.
            LightsailSnapError: As `send` says.
        """
        return self.send(GetDiskRequest(disk_name=disk_name))

    def get_operation(self, operation_id: str) -> GetOperationResult:
        """Look up one operation.

        Args:
            operation_id: Its id, a UUID.

        Returns:
            The result, which holds the operation.

        Raises:
            NotFoundException: If there is none of this id in the region.
            LightsailSnapError: As `send` says.
        """
        return self.send(GetOperationRequest(operation_id=operation_id))

    def wait_for_operation(
        self,
        operation: Operation | str,
        *,
        timeout: Timeout = "policy",
        on_progress: Callable[[WaitProgress[Operation]], object] | None = None,
    ) -> Operation:
        """Wait until an operation has ended in success.

        An operation that has ended already is not asked for again. Throttling and passing faults
        while looking do not end the wait.

        Args:
            operation: The operation, or its id.
            timeout: A `timedelta` or seconds; 0 is one look, None for ever, `"policy"` what the
                client's `WaitPolicy` says (one hour unless set).
            on_progress: Is told of every look with a `WaitProgress`; `print` will do.

        Returns:
            The operation as it ended.

        Raises:
            WaitFailedError: If it ended otherwise, or vanished.
            WaitTimeoutError: If the time is up; the operation goes on in Lightsail.
            NotFoundException: If there never was one of this id in the region.
            LightsailSnapError: As `send` says, if looking fails for a lasting reason.
        """
        flow = _flows.wait_for_operation(
            operation, self._wait_policy, timeout=timeout, on_progress=on_progress
        )
        return run(flow, self._transport, self._clock)

    def wait_for_disk_snapshot(
        self,
        disk_snapshot_name: str,
        *,
        timeout: Timeout = "policy",
        on_progress: Callable[[WaitProgress[DiskSnapshot]], object] | None = None,
    ) -> DiskSnapshot:
        """Wait until a disk snapshot is `completed`.

        Throttling and passing faults while looking do not end the wait; neither does a state that
        this library does not know.

        Args:
            disk_snapshot_name: Its name.
            timeout: A `timedelta` or seconds; 0 is one look, None for ever, `"policy"` what the
                client's `WaitPolicy` says (one hour unless set).
            on_progress: Is told of every look with a `WaitProgress`; `print` will do.

        Returns:
            The completed snapshot.

        Raises:
            WaitFailedError: If it ended in `error`, or vanished.
            WaitTimeoutError: If the time is up; the snapshot goes on in Lightsail.
            NotFoundException: If there is none of this name in the region at the first look.
            LightsailSnapError: As `send` says, if looking fails for a lasting reason.
        """
        flow = _flows.wait_for_disk_snapshot(
            disk_snapshot_name, self._wait_policy, timeout=timeout, on_progress=on_progress
        )
        return run(flow, self._transport, self._clock)
