"""The asynchronous client, for asyncio and trio. It needs the extra `aio` (anyio).

The sections between `<name>` and `</name>` are generated from `client.py` by
`python scripts/make_async.py`; change them there.
"""

from __future__ import annotations

import builtins
import datetime as dt
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Generic, NoReturn, Self, final

from typing_extensions import override

from lightsail_snap import _workflows, models
from lightsail_snap._boto.connect import connect
from lightsail_snap._filters import make_filter
from lightsail_snap._text import short_repr
from lightsail_snap._workflows.effects import Quiesce
from lightsail_snap.errors import ConfigurationError, NotFoundException
from lightsail_snap.models import (
    DiskState,
    InstanceStateName,
    ItemT,
    PagedRequest,
    PageT,
    Request,
    ResultT,
)
from lightsail_snap.rescue import RescueResult
from lightsail_snap.waiters import GroupProgress, StepProgress, Timeout, WaitProgress

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any

    from lightsail_snap._drivers.anyio import AsyncDriver
    from lightsail_snap._filters import Filter
    from lightsail_snap._parameters import IterableNotStr
    from lightsail_snap._workflows.effects import ReturnT
    from lightsail_snap._workflows.paging import Paging
    from lightsail_snap.clock import Clock
    from lightsail_snap.plans._deletion_results import PrunedSnapshot, PruneResult
    from lightsail_snap.plans._pruning import Kinds
    from lightsail_snap.retention import RetentionPlan, RetentionPolicy, Scope
    from lightsail_snap.roll_back import RollBackPreview, RollBackResult
    from lightsail_snap.transport import Boto3Client, Boto3Session, Transport
    from lightsail_snap.waiters import WaitPolicy

__all__ = ["AsyncLightsailSnapClient", "AsyncPaginator"]

_MAX_CALLS = 10


# <paginator>
class AsyncPaginator(Generic[ItemT, PageT]):
    """Lazy iterable over all items of a listing.

    Pages are fetched as they are needed. Every iteration lists from the beginning again.
    """

    __slots__ = ("_filter", "_request", "_send")

    def __init__(
        self,
        send: Callable[[PagedRequest[PageT]], Awaitable[PageT]],
        request: PagedRequest[PageT],
        filter: Filter | None = None,  # noqa: A002 - the standard term
    ) -> None:
        """Create a paginator; the first request is sent when iteration starts.

        Args:
            send: Sends a request, and returns its result.
            request: The request for the first page.
            filter: Selects the items that iteration returns; None selects all.
        """
        self._send = send
        self._request = request
        self._filter = filter

    @override
    def __repr__(self) -> str:
        suffix = "" if self._filter is None else ", filtered"
        return f"{type(self).__name__}({self._request.operation_name}{suffix})"

    def __aiter__(self) -> AsyncIterator[ItemT]:
        """Iterate over the items of all pages, in the order of the service.

        Returns:
            An iterator. It raises PaginationError if the service returns the same page token twice
            or the listing does not end, and the errors of the client's `send`. After an error of
            `send` the iteration can continue: it repeats the request.
        """
        return _Items(self.pages(), self._filter)

    def pages(self) -> AsyncIterator[PageT]:
        """Iterate over the pages, which hold all items whatever the filter.

        To resume a listing after a page, pass that page's `next_page_token` as `page_token`.

        Returns:
            An iterator, which raises the same errors as the one over items.
        """
        return _Pages(self._send, self._request)

    async def first(self) -> ItemT | None:
        """Return the first item, fetching only the pages up to it.

        Returns:
            The item, or None if there is none.

        Raises:
            LightsailSnapError: As iteration does.
        """
        async for item in self:
            return item
        return None

    async def list(self) -> builtins.list[ItemT]:
        """Fetch all pages, and return all items.

        Returns:
            The items, in the order of the service.

        Raises:
            LightsailSnapError: As iteration does.
        """
        return [item async for item in self]


def _any(_: object) -> bool:
    return True


# These are classes because an unfinished async generator needs an event loop to be closed on.
class _Pages(AsyncIterator[PageT], Generic[PageT]):
    __slots__ = ("_page", "_paging", "_send")

    def __init__(
        self, send: Callable[[PagedRequest[PageT]], Awaitable[PageT]], request: PagedRequest[PageT]
    ) -> None:
        self._send = send
        self._paging: Paging[PageT] = _workflows.paging.Paging(request)
        self._page: PageT | None = None

    @override
    def __aiter__(self) -> Self:
        return self

    @override
    async def __anext__(self) -> PageT:
        if self._page is not None:
            page, self._page = self._page, None
            self._paging.advance(page)
        if self._paging.request is None:
            raise StopAsyncIteration
        self._page = await self._send(self._paging.request)
        return self._page


class _Items(AsyncIterator[ItemT], Generic[ItemT, PageT]):
    __slots__ = ("_filter", "_items", "_pages")

    def __init__(self, pages: AsyncIterator[PageT], item_filter: Filter | None) -> None:
        self._pages = pages
        self._filter = item_filter
        self._items: list[ItemT] = []

    @override
    def __aiter__(self) -> Self:
        return self

    @override
    async def __anext__(self) -> ItemT:
        while not self._items:
            page = await anext(self._pages)
            self._items = [*filter(self._filter or _any, reversed(page.items))]
        return self._items.pop()


# </paginator>


@final
class AsyncLightsailSnapClient:
    """Client for Amazon Lightsail snapshots that does not block the event loop.

    It has the methods of `LightsailSnapClient`, on asyncio and on trio. One client can be used on
    several event loops of either kind, one after another or at the same time. boto3 makes the calls
    in threads, so every boto3 setting works here, too. As an async context manager the client
    closes the connections that it opened.

    When a task is cancelled, a call that only reads is abandoned. A call that changes something is
    waited for; then the cancellation's `__cause__` (an `OutcomeUnknownError`) and a log record
    report that the change was made, or may have been.

    Every method raises only `LightsailSnapError` and its subclasses.
    """

    __slots__ = ("_clock", "_driver", "_transport", "_wait_policy")

    _clock: Clock
    _driver: AsyncDriver
    _transport: Transport
    _wait_policy: WaitPolicy

    def __init__(  # noqa: PLR0913 - the settings of a connection
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
        concurrency: int = _MAX_CALLS,
    ) -> None:
        """Connect by settings, by an existing boto3 client, or by a transport.

        Args:
            boto3_client: An existing boto3 Lightsail client. You keep ownership: it is not closed.
            region_name: The AWS Region, for example `us-east-1`. If None, boto3 searches the
                environment and the profile.
            profile_name: A profile of the AWS configuration files.
            endpoint_url: An address other than AWS's, for example an emulator's.
            session: The boto3 session that creates the client.
            config: A `botocore.config.Config` with timeouts, retries and proxies.
            transport: A transport that replaces boto3.
            allow_plain_http: Allow unencrypted requests to other machines. Without it, an address
                that is neither `https://` nor on this machine is refused wherever it was set: here,
                in the environment, in a file or in a boto3 client.
            wait_policy: The time limit and the pauses of waits.
            clock: The clock that waits use. Tests pass a `VirtualClock`.
            concurrency: The maximum number of calls at the same time on each event loop. boto3
                keeps ten connections unless its `Config` has another `max_pool_connections`.

        Raises:
            ConfigurationError: If the settings contradict each other, boto3 refuses them, requests
                would be unencrypted, or anyio is not installed.
        """
        try:
            import anyio  # noqa: F401, PLC0415 - anyio is an extra

            from lightsail_snap._drivers.anyio import AsyncDriver  # noqa: PLC0415 - likewise
        except ImportError as error:
            message = 'the async client needs anyio; install "lightsail-snap[aio]"'
            raise ConfigurationError(message) from error
        value: object = concurrency
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            message = f"concurrency must be a positive integer, not {short_repr(value)}"
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
        object.__setattr__(self, "_clock", connection.clock)
        object.__setattr__(self, "_transport", connection.transport)
        object.__setattr__(self, "_wait_policy", connection.wait_policy)

    if not TYPE_CHECKING:
        # For a type checker, a class with these methods accepts any attribute.
        def __setattr__(self, name: str, value: object) -> NoReturn:
            message = f"a client is immutable; create another one to change {name}"
            raise AttributeError(message)

        def __delattr__(self, name: str) -> NoReturn:
            self.__setattr__(name, None)

    @override
    def __repr__(self) -> str:
        return f"{type(self).__name__}(transport={self._transport!r})"

    @property
    def region_name(self) -> str | None:
        """The AWS Region of this client; None if its transport does not report one."""
        name: str | None = getattr(self._transport, "region_name", None)
        return name

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
        """Close what this client opened. Afterwards it sends nothing.

        An injected boto3 client stays open. Closing twice has no effect.
        """
        self._transport.close()

    async def _run(self, workflow: Coroutine[Any, Any, ReturnT]) -> ReturnT:
        return await self._driver.run(workflow)

    async def _call(self, request: Request[ResultT]) -> ResultT:
        return await self._driver.run(_workflows.effects.call(request))

    # <methods>

    # Any operation

    async def send(self, request: Request[ResultT]) -> ResultT:
        """Send one request. Every method that is named after an operation uses this one.

        Args:
            request: A request model, for example `GetDiskRequest(disk_name="db")`.

        Returns:
            The result model that belongs to the request.

        Raises:
            RequestValidationError: If it is not a request, or an invalid one that was created
                without validation.
            ConfigurationError: If credentials or settings are missing or wrong.
            RequestNotSentError: If the request definitely did not reach the service.
            OutcomeUnknownError: If it may have reached the service, and no response arrived.
            ServiceError: If the service responded with an error.
            ResponseValidationError: If the response cannot be read.
        """
        return await self._call(Request.checked(request))

    # Disk snapshots

    async def create_disk_snapshot(
        self,
        disk_snapshot_name: str,
        source: models.SnapshotSource,
        *,
        tags: models.TagsInput | None = (),
    ) -> models.CreateDiskSnapshotResult:
        """Start a snapshot of a disk or of an instance's system volume.

        The snapshot holds what was written to the disk when the service accepted the request. Data
        that applications or the operating system still cache may be missing. To be certain, pause
        writes or unmount the disk until the service has accepted; then the disk can be used again,
        even while the snapshot is pending. `take_disk_snapshot` does all of this. Source: the
        documentation of CreateDiskSnapshot.

        Args:
            disk_snapshot_name: The name of the new snapshot: 2 to 255 ASCII letters, digits, `_`,
                `.` or `-`, unique among all resources of the Region.
            source: `DiskSource(disk_name=...)` or `InstanceSource(instance_name=...)`.
            tags: At most 50, as `{"env": "prod", "key-only": None}` or as a sequence of `Tag`.

        Returns:
            The operations that the service has started. Wait for them, and then for the snapshot.

        Raises:
            RequestValidationError: If the request is invalid; lists every violation.
            InvalidInputException: If the service refuses, for example because the name is in use.
            NotFoundException: If the disk or instance does not exist in the Region.
            LightsailSnapError: See `send`.
        """
        request = models.CreateDiskSnapshotRequest(
            disk_snapshot_name=disk_snapshot_name, source=source, tags=tags
        )
        return await self.send(request)

    async def get_disk_snapshot(self, disk_snapshot_name: str) -> models.GetDiskSnapshotResult:
        """Look up one disk snapshot.

        Args:
            disk_snapshot_name: The name of the snapshot.

        Returns:
            The result, which holds the snapshot.

        Raises:
            NotFoundException: If the snapshot does not exist in the Region.
            LightsailSnapError: See `send`.
        """
        request = models.GetDiskSnapshotRequest(disk_snapshot_name=disk_snapshot_name)
        return await self.send(request)

    async def find_disk_snapshot(self, disk_snapshot_name: str) -> models.DiskSnapshot | None:
        """Look up one disk snapshot that may not exist.

        Args:
            disk_snapshot_name: The name of the snapshot.

        Returns:
            The disk snapshot, or None if it does not exist in the Region.

        Raises:
            LightsailSnapError: See `send`.
        """
        try:
            result = await self.get_disk_snapshot(disk_snapshot_name)
        except NotFoundException:
            return None
        return result.disk_snapshot

    async def get_disk_snapshots(
        self, *, page_token: str | None = None
    ) -> models.GetDiskSnapshotsResult:
        """List one page of the Region's disk snapshots; `iter_disk_snapshots` lists all of them.

        Args:
            page_token: The `next_page_token` of the page before; the first page if None.

        Returns:
            The page.

        Raises:
            LightsailSnapError: See `send`.
        """
        request = models.GetDiskSnapshotsRequest(page_token=page_token)
        return await self.send(request)

    def iter_disk_snapshots(
        self,
        *,
        tags: Mapping[str, str | None] | None = None,
        source: models.SnapshotSource | None = None,
        state: models.DiskSnapshotState | str | None = None,
        page_token: str | None = None,
    ) -> AsyncPaginator[models.DiskSnapshot, models.GetDiskSnapshotsResult]:
        """Iterate over the Region's disk snapshots; pages are fetched as needed.

        The service has no filters, so every page is fetched and filtered here.

        Args:
            tags: Only resources with all of these tags, as `{"env": "prod"}`; None as a value
                accepts any value.
            source: Only snapshots of this source.
            state: Only resources in this state.
            page_token: The `next_page_token` of a page to resume after; the beginning if None.

        Returns:
            An iterable over snapshots; its `pages()` iterates over pages.

        Raises:
            RequestValidationError: If the token or a filter is invalid.
        """
        request = models.GetDiskSnapshotsRequest(page_token=page_token)
        return AsyncPaginator(
            self.send, request, make_filter(tags=tags, source=source, state=state)
        )

    async def delete_disk_snapshot(
        self, disk_snapshot_name: str, *, missing_ok: bool = False
    ) -> models.DeleteDiskSnapshotResult:
        """Delete one disk snapshot. It cannot be restored; other snapshots are not affected.

        Args:
            disk_snapshot_name: The name of the snapshot.
            missing_ok: Do not raise if it does not exist.

        Returns:
            The operation, which has already ended in all samples; no operation if nothing existed
            and `missing_ok` is true.

        Raises:
            NotFoundException: If the snapshot does not exist in the Region, and `missing_ok` is
                false. After a lost response
                this means that the deletion succeeded.
            LightsailSnapError: See `send`.
        """
        request = models.DeleteDiskSnapshotRequest(disk_snapshot_name=disk_snapshot_name)
        try:
            return await self.send(request)
        except NotFoundException:
            if not missing_ok:
                raise
            return models.DeleteDiskSnapshotResult()

    async def take_disk_snapshot(  # noqa: PLR0913 - keyword-only, and each has a default
        self,
        disk_snapshot_name: str,
        source: models.SnapshotSource,
        *,
        tags: models.TagsInput | None = (),
        client_token: str | None = None,
        quiesce: Quiesce | None = None,
        on_quiesced: Callable[[dt.timedelta], object] | None = None,
        timeout: Timeout = "policy",
        on_progress: Callable[
            [WaitProgress[models.Operation] | WaitProgress[models.DiskSnapshot]], object
        ]
        | None = None,
    ) -> models.DiskSnapshot:
        """Take a snapshot of a disk or of an instance's system volume, and wait for completion.

        The snapshot is taken exactly once. After a lost response the name is looked up, and a
        request is only repeated where that cannot create a second snapshot. Then the method waits
        for the operation, and for the snapshot.

        Args:
            disk_snapshot_name: The name of the new snapshot, unique among all resources of the
                Region.
            source: `DiskSource(disk_name=...)` or `InstanceSource(instance_name=...)`.
            tags: At most 50, as `{"env": "prod", "key-only": None}` or as a sequence of `Tag`.
            client_token: A string that identifies this call, such as a UUID. The snapshot is
                tagged with it (`lightsail-snap:client-token`). With a token, an interrupted call
                can be repeated, even by another process: it finds its snapshot and waits for it.
                Without one, an earlier snapshot of this name is a conflict.
            quiesce: A context manager that pauses writes, for example `fsfreeze("/mnt/data")`,
                `command_hooks(...)` or `stop_instance(client, "web-1")`. It is entered before the
                request is sent, and exited as soon as the service has accepted it or it has
                failed. The time to enter and exit it does not count for `timeout`.
            on_quiesced: Called with the time for which writes were paused.
            timeout: The limit for operation and snapshot together: a `timedelta` or seconds. 0
                polls once, None waits without limit, `"policy"` is the client's `WaitPolicy` (one
                hour by default). If the service does not respond, the call ends 5 seconds later.
            on_progress: Called after every poll with a `WaitProgress`, for example `print`.

        Returns:
            The completed snapshot.

        Raises:
            RequestValidationError: If the request is invalid; nothing was sent.
            SnapshotConflictError: If the name is in use by a snapshot that this call did not take.
            OutcomeUnknownError: If it is unknown whether the snapshot was taken, for example
                because the service did not respond before the timeout.
            QuiesceError: If writes could not be paused or resumed.
            WaitFailedError: If the snapshot ended in `error`, or was deleted meanwhile.
            WaitTimeoutError: If the time limit has passed; the snapshot continues on Lightsail.
            LightsailSnapError: See `send`.
        """
        request = models.CreateDiskSnapshotRequest(
            disk_snapshot_name=disk_snapshot_name, source=source, tags=tags
        )
        workflow = _workflows.take.take_disk_snapshot(
            request,
            self._wait_policy,
            self._wait_policy.limit(timeout),
            client_token=client_token,
            on_progress=on_progress,
            quiesce=quiesce,
            on_quiesced=on_quiesced,
        )
        return await self._run(workflow)

    async def take_disk_snapshots(
        self,
        requests: Iterable[models.CreateDiskSnapshotRequest],
        *,
        concurrency: int = 10,
        timeout: Timeout = "policy",
        on_progress: Callable[[GroupProgress], object] | None = None,
    ) -> dict[str, models.DiskSnapshot]:
        """Take many disk snapshots, each exactly once, and wait for all of them.

        One failure does not stop the others. One polling loop waits for all snapshots.

        Args:
            requests: The requests, each with a different name.
            concurrency: The maximum number of calls at the same time. boto3 keeps ten connections
                unless its `Config` has another `max_pool_connections`.
            timeout: The limit for all of them together; see `take_disk_snapshot`.
            on_progress: Called after every round of polls with a `GroupProgress`.

        Returns:
            The completed snapshots, by name.

        Raises:
            RequestValidationError: If a request is invalid or a name occurs twice; nothing was
                sent.
            PartialFailureError: If any could not be taken; it holds the others.
        """
        workflow = _workflows.batch.take_disk_snapshots(
            requests,
            self._wait_policy,
            self._wait_policy.limit(timeout),
            concurrency=concurrency,
            on_progress=on_progress,
        )
        return await self._run(workflow)

    async def wait_for_disk_snapshot(
        self,
        disk_snapshot_name: str,
        *,
        timeout: Timeout = "policy",
        on_progress: Callable[[WaitProgress[models.DiskSnapshot]], object] | None = None,
    ) -> models.DiskSnapshot:
        """Wait until a disk snapshot is `completed`.

        Throttling, transient errors and unknown states do not end the wait.

        Args:
            disk_snapshot_name: The name of the snapshot.
            timeout: A `timedelta` or seconds. 0 polls once, None waits without limit, `"policy"` is
                the client's `WaitPolicy` (one hour by default). If the service does not respond,
                the wait ends 5 seconds later.
            on_progress: Called after every poll with a `WaitProgress`, for example `print`.

        Returns:
            The completed snapshot.

        Raises:
            WaitFailedError: If the snapshot ended in `error`, or was deleted meanwhile.
            WaitTimeoutError: If the time limit has passed; the snapshot continues on Lightsail.
            NotFoundException: If the first poll does not find the snapshot in the Region.
            LightsailSnapError: See `send`; permanent errors end the wait.
        """
        workflow = _workflows.waiting.wait_for(
            _workflows.resources.DISK_SNAPSHOTS,
            disk_snapshot_name,
            self._wait_policy,
            self._wait_policy.limit(timeout),
            on_progress=on_progress,
        )
        return await self._run(workflow)

    async def wait_for_disk_snapshots(
        self,
        disk_snapshot_names: IterableNotStr[str],
        *,
        timeout: Timeout = "policy",
        concurrency: int = 10,
        on_progress: Callable[[GroupProgress], object] | None = None,
    ) -> dict[str, models.DiskSnapshot]:
        """Wait until all of many disk snapshots are `completed`, in one polling loop.

        The Region's list of snapshots is used where that takes fewer calls than one for each.

        Args:
            disk_snapshot_names: The names of the snapshots.
            timeout: The limit for all of them together; see `wait_for_disk_snapshot`.
            concurrency: The maximum number of calls at the same time.
            on_progress: Called after every round of polls with a `GroupProgress`.

        Returns:
            The completed snapshots, by name.

        Raises:
            PartialFailureError: If any ended in `error`, was deleted, does not exist or is not
                completed in time; it holds the others.
            RequestValidationError: If a name is invalid.
        """
        workflow = _workflows.waiting.wait_for_several(
            _workflows.resources.DISK_SNAPSHOTS,
            "disk_snapshot_names",
            disk_snapshot_names,
            self._wait_policy,
            self._wait_policy.limit(timeout),
            concurrency=concurrency,
            on_progress=on_progress,
        )
        return await self._run(workflow)

    async def wait_for_disk_snapshot_deletion(
        self,
        disk_snapshot_name: str,
        *,
        timeout: Timeout = "policy",
        on_progress: Callable[[WaitProgress[models.DiskSnapshot]], object] | None = None,
    ) -> None:
        """Wait until no disk snapshot of this name exists.

        Args:
            disk_snapshot_name: The name of the snapshot.
            timeout: See `wait_for_disk_snapshot`.
            on_progress: Called after every poll with a `WaitProgress`, for example `print`.

        Raises:
            WaitTimeoutError: If the time limit has passed and the snapshot still exists.
            LightsailSnapError: See `send`; permanent errors end the wait.
        """
        workflow = _workflows.waiting.wait_for_deletion(
            _workflows.resources.DISK_SNAPSHOTS,
            disk_snapshot_name,
            self._wait_policy,
            self._wait_policy.limit(timeout),
            on_progress=on_progress,
        )
        return await self._run(workflow)

    # Instance snapshots

    async def create_instance_snapshot(
        self, instance_snapshot_name: str, instance_name: str, *, tags: models.TagsInput | None = ()
    ) -> models.CreateInstanceSnapshotResult:
        """Start a snapshot of an instance with all its disks.

        `take_instance_snapshot` also waits for it.

        Args:
            instance_snapshot_name: The name of the new snapshot: 2 to 255 ASCII letters, digits,
                `_`, `.` or `-`, unique among all resources of the Region.
            instance_name: The name of the instance.
            tags: At most 50, as `{"env": "prod", "key-only": None}` or as a sequence of `Tag`.

        Returns:
            The operations that the service has started. Wait for them, and then for the snapshot.

        Raises:
            RequestValidationError: If the request is invalid; lists every violation.
            InvalidInputException: If the service refuses, for example because the name is in use.
            NotFoundException: If the instance does not exist in the Region.
            LightsailSnapError: See `send`.
        """
        request = models.CreateInstanceSnapshotRequest(
            instance_snapshot_name=instance_snapshot_name, instance_name=instance_name, tags=tags
        )
        return await self.send(request)

    async def get_instance_snapshot(
        self, instance_snapshot_name: str
    ) -> models.GetInstanceSnapshotResult:
        """Look up one instance snapshot.

        Args:
            instance_snapshot_name: The name of the snapshot.

        Returns:
            The result, which holds the snapshot.

        Raises:
            NotFoundException: If the snapshot does not exist in the Region.
            LightsailSnapError: See `send`.
        """
        request = models.GetInstanceSnapshotRequest(instance_snapshot_name=instance_snapshot_name)
        return await self.send(request)

    async def find_instance_snapshot(
        self, instance_snapshot_name: str
    ) -> models.InstanceSnapshot | None:
        """Look up one instance snapshot that may not exist.

        Args:
            instance_snapshot_name: The name of the snapshot.

        Returns:
            The instance snapshot, or None if it does not exist in the Region.

        Raises:
            LightsailSnapError: See `send`.
        """
        try:
            result = await self.get_instance_snapshot(instance_snapshot_name)
        except NotFoundException:
            return None
        return result.instance_snapshot

    async def get_instance_snapshots(
        self, *, page_token: str | None = None
    ) -> models.GetInstanceSnapshotsResult:
        """List one page of the Region's instance snapshots; `iter_instance_snapshots` lists all.

        Args:
            page_token: The `next_page_token` of the page before; the first page if None.

        Returns:
            The page.

        Raises:
            LightsailSnapError: See `send`.
        """
        request = models.GetInstanceSnapshotsRequest(page_token=page_token)
        return await self.send(request)

    def iter_instance_snapshots(
        self,
        *,
        tags: Mapping[str, str | None] | None = None,
        source: models.InstanceSource | None = None,
        state: models.InstanceSnapshotState | str | None = None,
        page_token: str | None = None,
    ) -> AsyncPaginator[models.InstanceSnapshot, models.GetInstanceSnapshotsResult]:
        """Iterate over the Region's instance snapshots; pages are fetched as needed.

        The service has no filters, so every page is fetched and filtered here.

        Args:
            tags: Only resources with all of these tags, as `{"env": "prod"}`; None as a value
                accepts any value.
            source: Only snapshots of this source.
            state: Only resources in this state.
            page_token: The `next_page_token` of a page to resume after; the beginning if None.

        Returns:
            An iterable over snapshots; its `pages()` iterates over pages.

        Raises:
            RequestValidationError: If the token or a filter is invalid.
        """
        request = models.GetInstanceSnapshotsRequest(page_token=page_token)
        return AsyncPaginator(
            self.send, request, make_filter(tags=tags, source=source, state=state)
        )

    async def delete_instance_snapshot(
        self, instance_snapshot_name: str, *, missing_ok: bool = False
    ) -> models.DeleteInstanceSnapshotResult:
        """Delete one instance snapshot. It cannot be restored; the instance is not affected.

        Args:
            instance_snapshot_name: The name of the snapshot.
            missing_ok: Do not raise if it does not exist.

        Returns:
            The operation, which has already ended in all samples; no operation if nothing existed
            and `missing_ok` is true.

        Raises:
            NotFoundException: If the snapshot does not exist in the Region, and `missing_ok` is
                false. After a lost response
                this means that the deletion succeeded.
            LightsailSnapError: See `send`.
        """
        request = models.DeleteInstanceSnapshotRequest(
            instance_snapshot_name=instance_snapshot_name
        )
        try:
            return await self.send(request)
        except NotFoundException:
            if not missing_ok:
                raise
            return models.DeleteInstanceSnapshotResult()

    async def take_instance_snapshot(  # noqa: PLR0913 - keyword-only, and each has a default
        self,
        instance_snapshot_name: str,
        instance_name: str,
        *,
        tags: models.TagsInput | None = (),
        client_token: str | None = None,
        quiesce: Quiesce | None = None,
        on_quiesced: Callable[[dt.timedelta], object] | None = None,
        timeout: Timeout = "policy",
        on_progress: Callable[
            [WaitProgress[models.Operation] | WaitProgress[models.InstanceSnapshot]], object
        ]
        | None = None,
    ) -> models.InstanceSnapshot:
        """Take a snapshot of an instance with all its disks, and wait until it is available.

        Args:
            instance_snapshot_name: The name of the new snapshot, unique among all resources of the
                Region.
            instance_name: The name of the instance.
            tags: See `take_disk_snapshot`.
            client_token: See `take_disk_snapshot`.
            quiesce: See `take_disk_snapshot`.
            on_quiesced: See `take_disk_snapshot`.
            timeout: See `take_disk_snapshot`.
            on_progress: Called after every poll with a `WaitProgress`, for example `print`.

        Returns:
            The available snapshot.

        Raises:
            LightsailSnapError: See `take_disk_snapshot`.
        """
        request = models.CreateInstanceSnapshotRequest(
            instance_snapshot_name=instance_snapshot_name, instance_name=instance_name, tags=tags
        )
        workflow = _workflows.take.take_instance_snapshot(
            request,
            self._wait_policy,
            self._wait_policy.limit(timeout),
            client_token=client_token,
            on_progress=on_progress,
            quiesce=quiesce,
            on_quiesced=on_quiesced,
        )
        return await self._run(workflow)

    async def take_instance_snapshots(
        self,
        requests: Iterable[models.CreateInstanceSnapshotRequest],
        *,
        concurrency: int = 10,
        timeout: Timeout = "policy",
        on_progress: Callable[[GroupProgress], object] | None = None,
    ) -> dict[str, models.InstanceSnapshot]:
        """Take many instance snapshots, each exactly once, and wait for all of them.

        One failure does not stop the others. One polling loop waits for all snapshots.

        Args:
            requests: The requests, each with a different name.
            concurrency: The maximum number of calls at the same time. boto3 keeps ten connections
                unless its `Config` has another `max_pool_connections`.
            timeout: The limit for all of them together; see `take_instance_snapshot`.
            on_progress: Called after every round of polls with a `GroupProgress`.

        Returns:
            The available snapshots, by name.

        Raises:
            RequestValidationError: If a request is invalid or a name occurs twice; nothing was
                sent.
            PartialFailureError: If any could not be taken; it holds the others.
        """
        workflow = _workflows.batch.take_instance_snapshots(
            requests,
            self._wait_policy,
            self._wait_policy.limit(timeout),
            concurrency=concurrency,
            on_progress=on_progress,
        )
        return await self._run(workflow)

    async def wait_for_instance_snapshot(
        self,
        instance_snapshot_name: str,
        *,
        timeout: Timeout = "policy",
        on_progress: Callable[[WaitProgress[models.InstanceSnapshot]], object] | None = None,
    ) -> models.InstanceSnapshot:
        """Wait until an instance snapshot is `available`.

        Args:
            instance_snapshot_name: The name of the snapshot.
            timeout: See `wait_for_disk_snapshot`.
            on_progress: Called after every poll with a `WaitProgress`, for example `print`.

        Returns:
            The available snapshot.

        Raises:
            WaitFailedError: If the snapshot ended in `error`, or was deleted meanwhile.
            WaitTimeoutError: If the time limit has passed; the snapshot continues on Lightsail.
            NotFoundException: If the first poll does not find the snapshot in the Region.
            LightsailSnapError: See `send`; permanent errors end the wait.
        """
        workflow = _workflows.waiting.wait_for(
            _workflows.resources.INSTANCE_SNAPSHOTS,
            instance_snapshot_name,
            self._wait_policy,
            self._wait_policy.limit(timeout),
            on_progress=on_progress,
        )
        return await self._run(workflow)

    async def wait_for_instance_snapshots(
        self,
        instance_snapshot_names: IterableNotStr[str],
        *,
        timeout: Timeout = "policy",
        concurrency: int = 10,
        on_progress: Callable[[GroupProgress], object] | None = None,
    ) -> dict[str, models.InstanceSnapshot]:
        """Wait until all of many instance snapshots are `available`, in one polling loop.

        Args:
            instance_snapshot_names: The names of the snapshots.
            timeout: The limit for all of them together; see `wait_for_disk_snapshot`.
            concurrency: The maximum number of calls at the same time.
            on_progress: Called after every round of polls with a `GroupProgress`.

        Returns:
            The available snapshots, by name.

        Raises:
            PartialFailureError: If any ended in `error`, was deleted, does not exist or is not
                available in time; it holds the others.
            RequestValidationError: If a name is invalid.
        """
        workflow = _workflows.waiting.wait_for_several(
            _workflows.resources.INSTANCE_SNAPSHOTS,
            "instance_snapshot_names",
            instance_snapshot_names,
            self._wait_policy,
            self._wait_policy.limit(timeout),
            concurrency=concurrency,
            on_progress=on_progress,
        )
        return await self._run(workflow)

    async def wait_for_instance_snapshot_deletion(
        self,
        instance_snapshot_name: str,
        *,
        timeout: Timeout = "policy",
        on_progress: Callable[[WaitProgress[models.InstanceSnapshot]], object] | None = None,
    ) -> None:
        """Wait until no instance snapshot of this name exists.

        Args:
            instance_snapshot_name: The name of the snapshot.
            timeout: See `wait_for_disk_snapshot`.
            on_progress: Called after every poll with a `WaitProgress`, for example `print`.

        Raises:
            WaitTimeoutError: If the time limit has passed and the snapshot still exists.
            LightsailSnapError: See `send`; permanent errors end the wait.
        """
        workflow = _workflows.waiting.wait_for_deletion(
            _workflows.resources.INSTANCE_SNAPSHOTS,
            instance_snapshot_name,
            self._wait_policy,
            self._wait_policy.limit(timeout),
            on_progress=on_progress,
        )
        return await self._run(workflow)

    # Copies of snapshots

    async def copy_snapshot(
        self, target_snapshot_name: str, source: models.RestoreSource, *, source_region: str
    ) -> models.CopySnapshotResult:
        """Start to copy a snapshot from this or another Region into this client's Region.

        `copy` also waits for it. Tags are not copied.

        Args:
            target_snapshot_name: The name of the new copy, unique among all resources of this
                Region.
            source: `ManualSnapshotSource(snapshot_name=...)`,
                `AutoSnapshotSource(resource_name=..., restore_date=...)` or
                `LatestAutoSnapshotSource(resource_name=...)`.
            source_region: The AWS Region of the source, for example `us-east-2`.

        Returns:
            The operation that the service has started in this client's Region.

        Raises:
            RequestValidationError: If the request is invalid; lists every violation.
            InvalidInputException: If the service refuses, for example because the name is in use.
            NotFoundException: If the snapshot does not exist in the source Region.
            LightsailSnapError: See `send`.
        """
        request = models.CopySnapshotRequest(
            target_snapshot_name=target_snapshot_name, source=source, source_region=source_region
        )
        return await self.send(request)

    async def copy(
        self,
        target_snapshot_name: str,
        source: models.RestoreSource,
        *,
        source_region: str,
        timeout: Timeout = "policy",
        on_progress: Callable[
            [
                WaitProgress[models.Operation]
                | WaitProgress[models.DiskSnapshot]
                | WaitProgress[models.InstanceSnapshot]
            ],
            object,
        ]
        | None = None,
    ) -> models.DiskSnapshot | models.InstanceSnapshot:
        """Copy a snapshot into this client's Region exactly once, and wait until it is usable.

        A copy of an automatic snapshot is kept when the automatic snapshot is deleted. Tags are not
        copied.

        Args:
            target_snapshot_name: The name of the new copy, unique among all resources of this
                Region.
            source: `ManualSnapshotSource(snapshot_name=...)`,
                `AutoSnapshotSource(resource_name=..., restore_date=...)` or
                `LatestAutoSnapshotSource(resource_name=...)`.
            source_region: The AWS Region of the source, for example `us-east-2`.
            timeout: See `take_disk_snapshot`.
            on_progress: Called after every poll with a `WaitProgress`, for example `print`.

        Returns:
            The copy: a disk snapshot or an instance snapshot, depending on its source.

        Raises:
            LightsailSnapError: See `take_disk_snapshot`.
        """
        request = models.CopySnapshotRequest(
            target_snapshot_name=target_snapshot_name, source=source, source_region=source_region
        )
        workflow = _workflows.copy.copy_snapshot(
            request,
            self._wait_policy,
            self._wait_policy.limit(timeout),
            on_progress=on_progress,
        )
        return await self._run(workflow)

    # Exports to Amazon EC2

    async def export_snapshot(self, source_snapshot_name: str) -> models.ExportSnapshotResult:
        """Start to export a manual snapshot to Amazon EC2, in the same Region.

        Args:
            source_snapshot_name: The name of the disk or instance snapshot.

        Returns:
            The operations that the service has started. To wait for the export, call
            `wait_for_export(source_snapshot_name)`.

        Raises:
            NotFoundException: If the snapshot does not exist in the Region.
            LightsailSnapError: See `send`.
        """
        request = models.ExportSnapshotRequest(source_snapshot_name=source_snapshot_name)
        return await self.send(request)

    async def get_export_snapshot_records(
        self, *, page_token: str | None = None
    ) -> models.GetExportSnapshotRecordsResult:
        """List one page of the Region's exports; `iter_export_snapshot_records` lists all of them.

        Args:
            page_token: The `next_page_token` of the page before; the first page if None.

        Returns:
            The page.

        Raises:
            LightsailSnapError: See `send`.
        """
        request = models.GetExportSnapshotRecordsRequest(page_token=page_token)
        return await self.send(request)

    def iter_export_snapshot_records(
        self, *, page_token: str | None = None
    ) -> AsyncPaginator[models.ExportSnapshotRecord, models.GetExportSnapshotRecordsResult]:
        """Iterate over the Region's exports of snapshots; pages are fetched as needed.

        Args:
            page_token: The `next_page_token` of a page to resume after; the beginning if None.

        Returns:
            An iterable over export records; its `pages()` iterates over pages.

        Raises:
            RequestValidationError: If the token is invalid.
        """
        request = models.GetExportSnapshotRecordsRequest(page_token=page_token)
        return AsyncPaginator(self.send, request)

    async def wait_for_export(
        self,
        source_snapshot_name: str,
        *,
        since: dt.datetime | None = None,
        timeout: Timeout = "policy",
        on_progress: Callable[[WaitProgress[models.ExportSnapshotRecord]], object] | None = None,
    ) -> models.ExportSnapshotRecord:
        """Wait until a snapshot has been exported to Amazon EC2.

        The newest export of the snapshot counts. A missing export does not end the wait.

        Args:
            source_snapshot_name: The name of the snapshot.
            since: Ignore exports that started before this time; None ignores none. It must have a
                time zone.
            timeout: See `wait_for_disk_snapshot`.
            on_progress: Called after every poll with a `WaitProgress`, for example `print`.

        Returns:
            The record of the export; its `destination_info` names what was created.

        Raises:
            WaitFailedError: If the export failed.
            WaitTimeoutError: If the time limit has passed; the export continues on Lightsail.
            LightsailSnapError: See `send`; permanent errors end the wait.
        """
        workflow = _workflows.waiting.wait_for(
            _workflows.resources.exports(since),
            source_snapshot_name,
            self._wait_policy,
            self._wait_policy.limit(timeout),
            on_progress=on_progress,
        )
        return await self._run(workflow)

    # Automatic snapshots

    async def get_auto_snapshots(self, resource_name: str) -> models.GetAutoSnapshotsResult:
        """List the automatic snapshots of a disk or an instance, at most seven.

        Args:
            resource_name: The name of the disk or instance.

        Returns:
            The result, which holds the snapshots, newest first.

        Raises:
            NotFoundException: If the disk or instance does not exist in the Region.
            LightsailSnapError: See `send`.
        """
        request = models.GetAutoSnapshotsRequest(resource_name=resource_name)
        return await self.send(request)

    async def delete_auto_snapshot(
        self, resource_name: str, date: dt.date, *, missing_ok: bool = False
    ) -> models.DeleteAutoSnapshotResult:
        """Delete the automatic snapshot of one day. It cannot be restored.

        Args:
            resource_name: The name of the disk or instance.
            date: The date of the snapshot, as `get_auto_snapshots` lists it.
            missing_ok: Do not raise if it does not exist.

        Returns:
            The operation, which has already ended in all samples; no operation if nothing existed
            and `missing_ok` is true.

        Raises:
            NotFoundException: If no automatic snapshot of this date exists, and `missing_ok` is
                false.
            LightsailSnapError: See `send`.
        """
        request = models.DeleteAutoSnapshotRequest(resource_name=resource_name, date=date)
        try:
            return await self.send(request)
        except NotFoundException:
            if not missing_ok:
                raise
            return models.DeleteAutoSnapshotResult()

    # Disks

    async def get_disk(self, disk_name: str) -> models.GetDiskResult:
        """Look up one disk.

        Args:
            disk_name: The name of the disk.

        Returns:
            The result, which holds the disk.

        Raises:
            NotFoundException: If the disk does not exist in the Region.
            LightsailSnapError: See `send`.
        """
        request = models.GetDiskRequest(disk_name=disk_name)
        return await self.send(request)

    async def find_disk(self, disk_name: str) -> models.Disk | None:
        """Look up one disk that may not exist.

        Args:
            disk_name: The name of the disk.

        Returns:
            The disk, or None if it does not exist in the Region.

        Raises:
            LightsailSnapError: See `send`.
        """
        try:
            result = await self.get_disk(disk_name)
        except NotFoundException:
            return None
        return result.disk

    async def get_disks(self, *, page_token: str | None = None) -> models.GetDisksResult:
        """List one page of the Region's disks; `iter_disks` lists all of them.

        Args:
            page_token: The `next_page_token` of the page before; the first page if None.

        Returns:
            The page.

        Raises:
            LightsailSnapError: See `send`.
        """
        request = models.GetDisksRequest(page_token=page_token)
        return await self.send(request)

    def iter_disks(
        self,
        *,
        tags: Mapping[str, str | None] | None = None,
        state: models.DiskState | str | None = None,
        page_token: str | None = None,
    ) -> AsyncPaginator[models.Disk, models.GetDisksResult]:
        """Iterate over the Region's disks; pages are fetched as needed.

        The service has no filters, so every page is fetched and filtered here.

        Args:
            tags: Only resources with all of these tags, as `{"env": "prod"}`; None as a value
                accepts any value.
            state: Only resources in this state.
            page_token: The `next_page_token` of a page to resume after; the beginning if None.

        Returns:
            An iterable over disks; its `pages()` iterates over pages.

        Raises:
            RequestValidationError: If the token or a filter is invalid.
        """
        request = models.GetDisksRequest(page_token=page_token)
        return AsyncPaginator(self.send, request, make_filter(tags=tags, state=state))

    async def create_disk(
        self,
        disk_name: str,
        *,
        availability_zone: str,
        size_in_gb: int,
        tags: models.TagsInput | None = (),
        add_ons: Iterable[models.AddOnRequest] = (),
    ) -> models.CreateDiskResult:
        """Start to create an empty disk. To wait for it, call `wait_for_disk`.

        Args:
            disk_name: The name of the new disk, unique among all resources of the Region.
            availability_zone: The zone of the instance that the disk is for, for example
                `us-east-2a`.
            size_in_gb: The size in GB: 8 or more.
            tags: At most 50, as `{"env": "prod", "key-only": None}` or as a sequence of `Tag`.
            add_ons: The add-ons to enable on the disk.

        Returns:
            The operation that the service has started.

        Raises:
            RequestValidationError: If the request is invalid; lists every violation.
            InvalidInputException: If the service refuses, for example because the name is in use.
            LightsailSnapError: See `send`.
        """
        request = models.CreateDiskRequest(
            disk_name=disk_name,
            availability_zone=availability_zone,
            size_in_gb=size_in_gb,
            tags=tags,
            add_ons=add_ons,
        )
        return await self.send(request)

    async def create_disk_from_snapshot(  # noqa: PLR0913 - the parameters of the operation
        self,
        disk_name: str,
        source: models.RestoreSource,
        *,
        availability_zone: str,
        size_in_gb: int,
        tags: models.TagsInput | None = (),
        add_ons: Iterable[models.AddOnRequest] = (),
    ) -> models.CreateDiskFromSnapshotResult:
        """Start to create a disk from a snapshot of a disk. `restore_disk` also waits for it.

        Args:
            disk_name: The name of the new disk, unique among all resources of the Region.
            source: `ManualSnapshotSource(snapshot_name=...)`,
                `AutoSnapshotSource(resource_name=..., restore_date=...)` or
                `LatestAutoSnapshotSource(resource_name=...)`.
            availability_zone: The zone of the instance that the disk is for, for example
                `us-east-2a`. The zone `all` of a snapshot is not valid here.
            size_in_gb: The size in GB: 8 or more, and at least that of the snapshot's source.
            tags: At most 50, as `{"env": "prod", "key-only": None}` or as a sequence of `Tag`.
            add_ons: The add-ons to enable on the disk.

        Returns:
            The operation that the service has started.

        Raises:
            RequestValidationError: If the request is invalid; lists every violation.
            InvalidInputException: If the service refuses, for example because the name is in use.
            NotFoundException: If the snapshot does not exist in the Region.
            LightsailSnapError: See `send`.
        """
        request = models.CreateDiskFromSnapshotRequest(
            disk_name=disk_name,
            source=source,
            availability_zone=availability_zone,
            size_in_gb=size_in_gb,
            tags=tags,
            add_ons=add_ons,
        )
        return await self.send(request)

    async def restore_disk(  # noqa: PLR0913 - the parameters of the operation
        self,
        disk_name: str,
        source: models.RestoreSource,
        *,
        availability_zone: str,
        size_in_gb: int | None = None,
        tags: models.TagsInput | None = (),
        client_token: str | None = None,
        timeout: Timeout = "policy",
        on_progress: Callable[[WaitProgress[models.Operation] | WaitProgress[models.Disk]], object]
        | None = None,
    ) -> models.Disk:
        """Create a disk from a snapshot of a disk exactly once, and wait until it is available.

        Args:
            disk_name: The name of the new disk, unique among all resources of the Region.
            source: `ManualSnapshotSource(snapshot_name=...)`,
                `AutoSnapshotSource(resource_name=..., restore_date=...)` or
                `LatestAutoSnapshotSource(resource_name=...)`.
            availability_zone: The zone of the instance that the disk is for, for example
                `us-east-2a`. The zone `all` of a snapshot is not valid here.
            size_in_gb: The size in GB, at least that of the source. If None, the source's size is
                looked up with one more call.
            tags: See `take_disk_snapshot`.
            client_token: See `take_disk_snapshot`.
            timeout: See `take_disk_snapshot`.
            on_progress: Called after every poll with a `WaitProgress`, for example `print`.

        Returns:
            The available disk. To use it, call `attach_disk`.

        Raises:
            NameConflictError: If the name is in use by a disk that this call did not create.
            LightsailSnapError: See `take_disk_snapshot`.
        """
        workflow = _workflows.restore.restore_disk(
            disk_name,
            source,
            self._wait_policy,
            self._wait_policy.limit(timeout),
            availability_zone=availability_zone,
            size_in_gb=size_in_gb,
            tags=tags,
            client_token=client_token,
            on_progress=on_progress,
        )
        return await self._run(workflow)

    async def roll_back_disk(  # noqa: PLR0913 - keyword-only, and each has a default
        self,
        disk_name: str,
        source: models.RestoreSource,
        *,
        new_disk_name: str | None = None,
        delete_old_disk: bool = False,
        allow_other_source: bool = False,
        client_token: str | None = None,
        timeout: Timeout = "policy",
        on_progress: Callable[[StepProgress], object] | None = None,
    ) -> RollBackResult:
        """Replace a disk by one that is restored from a snapshot of it.

        Lightsail cannot restore into an existing disk, cannot rename disks, and detaches them only
        from stopped instances. So the steps are:

        1. Restore the snapshot to a new disk in the same zone, with the tags and the automatic
           snapshots of the old one.
        2. Stop the instance if it runs.
        3. Detach the old disk.
        4. Attach the new one at the same path.
        5. Start the instance again if it ran before.
        6. Delete the old disk, only if `delete_old_disk` is true.

        A disk that is not attached is only restored. Tags of the new disk record the steps, so a
        call that was interrupted can be repeated with the same token, and continues where it
        stopped; `undo_roll_back_disk` reverses them. `preview_roll_back_disk` returns the steps
        without taking them. Stop writes to the disk before you call it.

        Args:
            disk_name: The name of the disk. It is kept with this name, detached.
            source: `ManualSnapshotSource(snapshot_name=...)`,
                `AutoSnapshotSource(resource_name=..., restore_date=...)` or
                `LatestAutoSnapshotSource(resource_name=...)`.
            new_disk_name: The name of the new disk, unique among all resources of the Region. If
                None, it follows from `disk_name` and the token.
            delete_old_disk: True to delete the old disk at the end, with its automatic snapshots.
            allow_other_source: True to allow a snapshot of another disk.
            client_token: A string that identifies this call, such as a UUID. If None, a random one,
                which the note of an error contains.
            timeout: The limit for all steps together; see `take_disk_snapshot`.
            on_progress: Called with a `StepProgress` when a step begins and after every poll, for
                example `print`.

        Returns:
            The new disk, the old one, and the instance.

        Raises:
            RequestValidationError: If a parameter is invalid, the disk is a system disk, the
                snapshot is not completed, or it is one of another disk; nothing was changed.
            NotFoundException: If the disk or the snapshot does not exist; nothing was changed.
            NameConflictError: If the name of the new disk is taken by another resource.
            WaitFailedError: If another client has changed the disks or the instance, so that the
                steps have become impossible.
            WaitTimeoutError: If the time limit has passed.
            LightsailSnapError: See `send`. If something was changed, a note (`__notes__`) has the
                state of the disks and the instance, and how to continue or undo.
        """
        request = _workflows.rollback.RollBack(
            disk_name,
            source,
            new_disk_name,
            delete_old_disk,
            allow_other_source,
            str(uuid.uuid4()) if client_token is None else client_token,
        )
        workflow = _workflows.rollback.roll_back_disk(
            request, self._wait_policy, self._wait_policy.limit(timeout), on_progress
        )
        return await self._run(workflow)

    async def preview_roll_back_disk(  # noqa: PLR0913 - those of `roll_back_disk`
        self,
        disk_name: str,
        source: models.RestoreSource,
        *,
        new_disk_name: str | None = None,
        delete_old_disk: bool = False,
        allow_other_source: bool = False,
        client_token: str | None = None,
    ) -> RollBackPreview:
        """Return the steps of `roll_back_disk` and their consequences; change nothing.

        It checks everything that `roll_back_disk` checks before its first change.

        Args:
            disk_name: See `roll_back_disk`.
            source: See `roll_back_disk`.
            new_disk_name: See `roll_back_disk`.
            delete_old_disk: See `roll_back_disk`.
            allow_other_source: See `roll_back_disk`.
            client_token: See `roll_back_disk`. Pass the same one to both methods, for example the
                `client_token` of the preview.

        Returns:
            The steps and warnings.

        Raises:
            LightsailSnapError: See `roll_back_disk`.
        """
        request = _workflows.rollback.RollBack(
            disk_name,
            source,
            new_disk_name,
            delete_old_disk,
            allow_other_source,
            str(uuid.uuid4()) if client_token is None else client_token,
        )
        workflow = _workflows.rollback.preview_roll_back_disk(
            request, self._wait_policy, self._wait_policy.limit("policy")
        )
        return await self._run(workflow)

    async def undo_roll_back_disk(
        self,
        new_disk_name: str,
        *,
        delete_new_disk: bool = False,
        timeout: Timeout = "policy",
        on_progress: Callable[[StepProgress], object] | None = None,
    ) -> RollBackResult:
        """Attach the original disk again in place of the one that `roll_back_disk` restored.

        It reverses a roll back that is complete as well as one that was interrupted. The instance
        is stopped for it, and runs afterwards if it ran before the roll back. A call that was
        interrupted can be repeated.

        Args:
            new_disk_name: The name of the disk that `roll_back_disk` created.
            delete_new_disk: True to delete that disk at the end, with its automatic snapshots.
            timeout: The limit for all steps together; see `take_disk_snapshot`.
            on_progress: See `roll_back_disk`.

        Returns:
            The original disk, the replaced one, and the instance.

        Raises:
            RequestValidationError: If the disk was not created by `roll_back_disk`.
            NotFoundException: If the disk does not exist.
            WaitFailedError: If the original disk no longer exists, or another client has changed
                the disks or the instance.
            WaitTimeoutError: If the time limit has passed.
            LightsailSnapError: See `roll_back_disk`.
        """
        workflow = _workflows.rollback.undo_roll_back_disk(
            new_disk_name,
            self._wait_policy,
            self._wait_policy.limit(timeout),
            delete_new_disk=delete_new_disk,
            on_progress=on_progress,
        )
        return await self._run(workflow)

    async def preview_undo_roll_back_disk(
        self, new_disk_name: str, *, delete_new_disk: bool = False
    ) -> RollBackPreview:
        """Return the steps of `undo_roll_back_disk` and their consequences; change nothing.

        Args:
            new_disk_name: See `undo_roll_back_disk`.
            delete_new_disk: See `undo_roll_back_disk`.

        Returns:
            The steps and warnings.

        Raises:
            LightsailSnapError: See `undo_roll_back_disk`.
        """
        workflow = _workflows.rollback.preview_undo_roll_back_disk(
            new_disk_name,
            self._wait_policy,
            self._wait_policy.limit("policy"),
            delete_new_disk=delete_new_disk,
        )
        return await self._run(workflow)

    async def attach_disk(
        self,
        disk_name: str,
        instance_name: str,
        *,
        disk_path: str,
        auto_mounting: bool | None = None,
    ) -> models.AttachDiskResult:
        """Start to attach a disk to an instance of the same zone, running or stopped.

        Args:
            disk_name: The name of the disk, which must be `available`.
            instance_name: The name of the instance.
            disk_path: The device path of the disk on the instance, for example `/dev/xvdf`.
            auto_mounting: Whether to mount it as well (Lightsail for Research only).

        Returns:
            The operations that the service has started. To wait for the disk, call
            `wait_for_disk(disk_name, state=DiskState.IN_USE)`.

        Raises:
            NotFoundException: If the disk or instance does not exist in the Region.
            LightsailSnapError: See `send`.
        """
        request = models.AttachDiskRequest(
            disk_name=disk_name,
            instance_name=instance_name,
            disk_path=disk_path,
            auto_mounting=auto_mounting,
        )
        return await self.send(request)

    async def detach_disk(self, disk_name: str) -> models.DetachDiskResult:
        """Start to detach a disk from its instance, which must be stopped.

        Unmount its file systems first.

        Args:
            disk_name: The name of the disk.

        Returns:
            The operations that the service has started. To wait for the disk, call
            `wait_for_disk(disk_name)`.

        Raises:
            InvalidInputException: If the service refuses, for example because the instance runs.
            NotFoundException: If the disk does not exist in the Region.
            LightsailSnapError: See `send`.
        """
        request = models.DetachDiskRequest(disk_name=disk_name)
        return await self.send(request)

    async def delete_disk(
        self, disk_name: str, *, force_delete_add_ons: bool | None = None
    ) -> models.DeleteDiskResult:
        """Delete a disk and its automatic snapshots. They cannot be recovered.

        Manual snapshots of the disk remain.

        Args:
            disk_name: The name of the disk, which must not be attached.
            force_delete_add_ons: True to delete the add-ons of the disk, too.

        Returns:
            The operation, which has usually ended already.

        Raises:
            InvalidInputException: If the service refuses, for example because the disk is attached.
            NotFoundException: If the disk does not exist in the Region.
            LightsailSnapError: See `send`.
        """
        request = models.DeleteDiskRequest(
            disk_name=disk_name, force_delete_add_ons=force_delete_add_ons
        )
        return await self.send(request)

    async def wait_for_disk(
        self,
        disk_name: str,
        *,
        state: DiskState = DiskState.AVAILABLE,
        timeout: Timeout = "policy",
        on_progress: Callable[[WaitProgress[models.Disk]], object] | None = None,
    ) -> models.Disk:
        """Wait until a disk is in a state, by default `available`.

        Args:
            disk_name: The name of the disk.
            state: `AVAILABLE` after the disk was created or detached, `IN_USE` after it was
                attached.
            timeout: See `wait_for_disk_snapshot`.
            on_progress: Called after every poll with a `WaitProgress`, for example `print`.

        Returns:
            The disk in this state.

        Raises:
            WaitFailedError: If the disk ended in `error`, or was deleted meanwhile.
            WaitTimeoutError: If the time limit has passed.
            NotFoundException: If the first poll does not find the disk in the Region.
            LightsailSnapError: See `send`; permanent errors end the wait.
        """
        workflow = _workflows.waiting.wait_for(
            _workflows.resources.disks(state),
            disk_name,
            self._wait_policy,
            self._wait_policy.limit(timeout),
            on_progress=on_progress,
        )
        return await self._run(workflow)

    async def rescue_system_volume(  # noqa: PLR0913 - keyword-only, and each has a default
        self,
        instance_name: str,
        helper_name: str,
        *,
        disk_name: str | None = None,
        snapshot_name: str | None = None,
        disk_path: str | None = None,
        size_in_gb: int | None = None,
        tags: models.TagsInput | None = (),
        keep_snapshot: bool = True,
        client_token: str | None = None,
        quiesce: Quiesce | None = None,
        timeout: Timeout = "policy",
        on_progress: Callable[[StepProgress], object] | None = None,
    ) -> RescueResult:
        """Attach a copy of an instance's system volume to another instance.

        Use it to recover data from an instance that does not work. Nothing is changed on that
        instance, which may run or be stopped.

        1. Take a snapshot of the system volume.
        2. Restore it to a new disk in the zone of the helper.
        3. Attach the disk to the helper, and wait until it is `in-use`.
        4. With `keep_snapshot=False`, delete the snapshot.

        Each step is performed exactly once. If the call fails or is interrupted, a note of the
        error lists what has been done. To continue, call again with the same names and token.

        Args:
            instance_name: The name of the instance to rescue.
            helper_name: The name of the instance that gets the disk, running or stopped, in the
                same Region. The zones may differ.
            disk_name: The name of the new disk. If None, it is made of the instance's name and the
                token.
            snapshot_name: The name of the snapshot; see `disk_name`.
            disk_path: The device path on the helper. If None, the first free one from `/dev/xvdf`
                to `/dev/xvdp`.
            size_in_gb: The size of the new disk in GB, at least that of the system volume; the same
                size if None.
            tags: The tags of snapshot and disk; see `take_disk_snapshot`.
            keep_snapshot: Whether to keep the snapshot. If not, it is deleted only if it has the
                tag of the token and is still the one that was restored.
            client_token: A string that identifies this call, such as a UUID; a random one if None.
                See `take_disk_snapshot`.
            quiesce: See `take_disk_snapshot`.
            timeout: The limit for all steps together; see `take_disk_snapshot`.
            on_progress: Called with a `StepProgress` when a step begins and after every poll, for
                example `print`.

        Returns:
            The disk, its device path, the snapshot, and commands that mount the file system.

        Raises:
            RequestValidationError: If an argument is invalid, or the device path is in use; nothing
                was changed.
            NotFoundException: If an instance does not exist in the Region.
            NameConflictError: If a name is in use by a resource that this call did not create.
            WaitFailedError: If another client has replaced, deleted or attached a resource of this
                call, or a resource ended in `error`.
            WaitTimeoutError: If the time limit has passed.
            LightsailSnapError: See `take_disk_snapshot`.
        """
        token = str(uuid.uuid4()) if client_token is None else client_token
        workflow = _workflows.rescue.rescue_system_volume(
            instance_name,
            helper_name,
            self._wait_policy,
            self._wait_policy.limit(timeout),
            disk_name=disk_name,
            snapshot_name=snapshot_name,
            disk_path=disk_path,
            size_in_gb=size_in_gb,
            tags=tags,
            keep_snapshot=keep_snapshot,
            client_token=token,
            quiesce=quiesce,
            on_progress=on_progress,
        )
        return await self._run(workflow)

    # Instances

    async def get_instance(
        self, instance_name: str, *, include_health_status: bool | None = None
    ) -> models.GetInstanceResult:
        """Look up one instance.

        Args:
            instance_name: The name of the instance.
            include_health_status: True to receive the health status of the instance. Versions of
                botocore that lack this parameter refuse the request.

        Returns:
            The result, which holds the instance.

        Raises:
            NotFoundException: If the instance does not exist in the Region.
            LightsailSnapError: See `send`.
        """
        request = models.GetInstanceRequest(
            instance_name=instance_name, include_health_status=include_health_status
        )
        return await self.send(request)

    async def find_instance(self, instance_name: str) -> models.Instance | None:
        """Look up one instance that may not exist.

        Args:
            instance_name: The name of the instance.

        Returns:
            The instance, or None if it does not exist in the Region.

        Raises:
            LightsailSnapError: See `send`.
        """
        try:
            result = await self.get_instance(instance_name)
        except NotFoundException:
            return None
        return result.instance

    async def get_instances(
        self, *, include_health_status: bool | None = None, page_token: str | None = None
    ) -> models.GetInstancesResult:
        """List one page of the Region's instances; `iter_instances` lists all of them.

        Args:
            include_health_status: True to receive the health status of each instance. Versions of
                botocore that lack this parameter refuse the request.
            page_token: The `next_page_token` of the page before; the first page if None.

        Returns:
            The page.

        Raises:
            LightsailSnapError: See `send`.
        """
        request = models.GetInstancesRequest(
            include_health_status=include_health_status, page_token=page_token
        )
        return await self.send(request)

    def iter_instances(
        self,
        *,
        include_health_status: bool | None = None,
        tags: Mapping[str, str | None] | None = None,
        page_token: str | None = None,
    ) -> AsyncPaginator[models.Instance, models.GetInstancesResult]:
        """Iterate over the Region's instances; pages are fetched as needed.

        The service has no filters, so every page is fetched and filtered here.

        Args:
            include_health_status: True to receive the health status of each instance. Versions of
                botocore that lack this parameter refuse the request.
            tags: Only resources with all of these tags, as `{"env": "prod"}`; None as a value
                accepts any value.
            page_token: The `next_page_token` of a page to resume after; the beginning if None.

        Returns:
            An iterable over instances; its `pages()` iterates over pages.

        Raises:
            RequestValidationError: If the token or a filter is invalid.
        """
        request = models.GetInstancesRequest(
            include_health_status=include_health_status, page_token=page_token
        )
        return AsyncPaginator(self.send, request, make_filter(tags=tags))

    async def get_instance_state(self, instance_name: str) -> models.GetInstanceStateResult:
        """Look up the state of one instance, for example `running` or `stopped`.

        Args:
            instance_name: The name of the instance.

        Returns:
            The result, which holds the state.

        Raises:
            NotFoundException: If the instance does not exist in the Region.
            LightsailSnapError: See `send`.
        """
        request = models.GetInstanceStateRequest(instance_name=instance_name)
        return await self.send(request)

    async def start_instance(
        self,
        instance_name: str,
        *,
        attribute_updates: models.InstanceAttributeUpdates | None = None,
    ) -> models.StartInstanceResult:
        """Start a stopped instance. To wait for it, call `wait_for_instance`.

        The instance gets a new public IP address, unless it has a static one.

        Args:
            instance_name: The name of the instance.
            attribute_updates: Changes to make before the start, such as a bundle of a newer
                generation. Versions of botocore that lack this parameter refuse the request.

        Returns:
            The operations that the service has started.

        Raises:
            NotFoundException: If the instance does not exist in the Region.
            LightsailSnapError: See `send`.
        """
        request = models.StartInstanceRequest(
            instance_name=instance_name, attribute_updates=attribute_updates
        )
        return await self.send(request)

    async def stop_instance(
        self, instance_name: str, *, force: bool | None = None
    ) -> models.StopInstanceResult:
        """Stop a running instance. To wait for it, call `wait_for_instance`.

        When it starts again, it gets a new public IP address, unless it has a static one.

        Args:
            instance_name: The name of the instance.
            force: True to stop an instance that remains in the state `stopping`. The service
                advises against it in any other state.

        Returns:
            The operations that the service has started.

        Raises:
            NotFoundException: If the instance does not exist in the Region.
            LightsailSnapError: See `send`.
        """
        request = models.StopInstanceRequest(instance_name=instance_name, force=force)
        return await self.send(request)

    async def reboot_instance(self, instance_name: str) -> models.RebootInstanceResult:
        """Restart a running instance. It keeps its public IP address.

        Args:
            instance_name: The name of the instance.

        Returns:
            The operations that the service has started. The service reports no state for a reboot,
            so wait for them with `wait_for_operations`.

        Raises:
            NotFoundException: If the instance does not exist in the Region.
            LightsailSnapError: See `send`.
        """
        request = models.RebootInstanceRequest(instance_name=instance_name)
        return await self.send(request)

    async def wait_for_instance(
        self,
        instance_name: str,
        *,
        state: InstanceStateName = InstanceStateName.RUNNING,
        timeout: Timeout = "policy",
        on_progress: Callable[[WaitProgress[models.Instance]], object] | None = None,
    ) -> models.Instance:
        """Wait until an instance is in a state, by default `running`.

        Args:
            instance_name: The name of the instance.
            state: `RUNNING` after the instance was created or started, `STOPPED` after it was
                stopped.
            timeout: See `wait_for_disk_snapshot`.
            on_progress: Called after every poll with a `WaitProgress`, for example `print`.

        Returns:
            The instance in this state.

        Raises:
            WaitFailedError: If the instance was deleted meanwhile.
            WaitTimeoutError: If the time limit has passed.
            NotFoundException: If the first poll does not find the instance in the Region.
            LightsailSnapError: See `send`; permanent errors end the wait.
        """
        workflow = _workflows.waiting.wait_for(
            _workflows.resources.instances(state),
            instance_name,
            self._wait_policy,
            self._wait_policy.limit(timeout),
            on_progress=on_progress,
        )
        return await self._run(workflow)

    async def create_instances_from_snapshot(  # noqa: PLR0913 - the parameters of the operation
        self,
        instance_names: IterableNotStr[str],
        source: models.RestoreSource,
        *,
        availability_zone: str,
        bundle_id: str,
        attached_disk_mapping: Mapping[str, Iterable[models.DiskMap]] | None = None,
        user_data: str | None = None,
        key_pair_name: str | None = None,
        tags: models.TagsInput | None = (),
        add_ons: Iterable[models.AddOnRequest] = (),
        ip_address_type: models.IpAddressType | None = None,
    ) -> models.CreateInstancesFromSnapshotResult:
        """Start to create instances from a snapshot of an instance.

        Args:
            instance_names: The names of the new instances, at least one.
            source: `ManualSnapshotSource(snapshot_name=...)`,
                `AutoSnapshotSource(resource_name=..., restore_date=...)` or
                `LatestAutoSnapshotSource(resource_name=...)`.
            availability_zone: The zone of the new instances, for example `us-east-2a`. The zone
                `all` of a snapshot is not valid here.
            bundle_id: Their bundle, for example `micro_3_0`, at least as large as the source's.
            attached_disk_mapping: For each instance by name, the disks that the snapshot's disks
                become.
            user_data: A launch script.
            key_pair_name: The key pair to log in with.
            tags: At most 50, as `{"env": "prod", "key-only": None}` or as a sequence of `Tag`.
            add_ons: The add-ons to enable on them.
            ip_address_type: The kinds of their addresses; `dualstack` if None.

        Returns:
            The operations that the service has started, one for each instance.

        Raises:
            RequestValidationError: If the request is invalid; lists every violation.
            InvalidInputException: If the service refuses, for example because a name is in use.
            NotFoundException: If the snapshot does not exist in the Region.
            LightsailSnapError: See `send`.
        """
        request = models.CreateInstancesFromSnapshotRequest(
            instance_names=instance_names,
            source=source,
            availability_zone=availability_zone,
            bundle_id=bundle_id,
            attached_disk_mapping=attached_disk_mapping,
            user_data=user_data,
            key_pair_name=key_pair_name,
            tags=tags,
            add_ons=add_ons,
            ip_address_type=ip_address_type,
        )
        return await self.send(request)

    async def restore_instance(  # noqa: PLR0913 - the parameters of the operation
        self,
        instance_name: str,
        source: models.RestoreSource,
        *,
        availability_zone: str | None = None,
        bundle_id: str | None = None,
        attached_disks: Iterable[models.DiskMap] = (),
        user_data: str | None = None,
        key_pair_name: str | None = None,
        ip_address_type: models.IpAddressType | None = None,
        add_ons: Iterable[models.AddOnRequest] = (),
        tags: models.TagsInput | None = (),
        client_token: str | None = None,
        timeout: Timeout = "policy",
        on_progress: Callable[
            [WaitProgress[models.Operation] | WaitProgress[models.Instance]], object
        ]
        | None = None,
    ) -> models.Instance:
        """Create an instance from a snapshot of an instance exactly once, and wait until it runs.

        Args:
            instance_name: The name of the new instance, unique among all resources of the Region.
            source: `ManualSnapshotSource(snapshot_name=...)`,
                `AutoSnapshotSource(resource_name=..., restore_date=...)` or
                `LatestAutoSnapshotSource(resource_name=...)`.
            availability_zone: The zone of the new instance, for example `us-east-2a`. If None, the
                zone of the source instance, which is looked up and must still exist.
            bundle_id: The bundle, for example `small_3_0`, at least as large as that of the source.
                If None, the bundle of the source, which is looked up.
            attached_disks: The disks to create from the disks of the snapshot, each with the path
                of the original disk and the name of the new one. Whether the service restores disks
                that are left out is unverified.
            user_data: A launch script.
            key_pair_name: The key pair for SSH.
            ip_address_type: The kinds of IP addresses; `dualstack` if None.
            add_ons: The add-ons to enable on the instance.
            tags: See `take_disk_snapshot`.
            client_token: See `take_disk_snapshot`.
            timeout: See `take_disk_snapshot`.
            on_progress: Called after every poll with a `WaitProgress`, for example `print`.

        Returns:
            The running instance.

        Raises:
            RequestValidationError: If a parameter is invalid, or if the zone or the bundle is None
                and cannot be looked up; nothing was created.
            InvalidInputException: If the service refuses, for example because the bundle is too
                small; a note shows the bundle and the zone of the source.
            NameConflictError: If the name is in use by an instance that this call did not create.
            LightsailSnapError: See `take_disk_snapshot`.
        """
        workflow = _workflows.restore_instance.restore_instance(
            instance_name,
            source,
            self._wait_policy,
            self._wait_policy.limit(timeout),
            availability_zone=availability_zone,
            bundle_id=bundle_id,
            attached_disks=attached_disks,
            user_data=user_data,
            key_pair_name=key_pair_name,
            ip_address_type=ip_address_type,
            add_ons=add_ons,
            tags=tags,
            client_token=client_token,
            on_progress=on_progress,
        )
        return await self._run(workflow)

    # Add-ons

    async def enable_add_on(
        self, resource_name: str, add_on_request: models.AddOnRequest
    ) -> models.EnableAddOnResult:
        """Enable or change an add-on of a disk or instance.

        Args:
            resource_name: The name of the disk or instance.
            add_on_request: The add-on and its settings. For automatic snapshots at 03:00 UTC:
                `AddOnRequest(add_on_type=AddOnType.AUTO_SNAPSHOT,
                auto_snapshot_add_on_request=AutoSnapshotAddOnRequest(
                snapshot_time_of_day="03:00"))`.

        Returns:
            The operations; how many there are is unverified.

        Raises:
            InvalidInputException: If the service refuses, for example because the add-on has these
                settings already.
            NotFoundException: If the resource does not exist in the Region.
            LightsailSnapError: See `send`.
        """
        request = models.EnableAddOnRequest(
            resource_name=resource_name, add_on_request=add_on_request
        )
        return await self.send(request)

    async def disable_add_on(
        self, resource_name: str, add_on_type: models.AddOnType
    ) -> models.DisableAddOnResult:
        """Disable an add-on of a disk or instance. Existing automatic snapshots remain.

        Args:
            resource_name: The name of the disk or instance.
            add_on_type: The add-on, for example `AddOnType.AUTO_SNAPSHOT`.

        Returns:
            The operations; how many there are is unverified.

        Raises:
            InvalidInputException: If the service refuses, for example because the add-on is not
                enabled.
            NotFoundException: If the resource does not exist in the Region.
            LightsailSnapError: See `send`.
        """
        request = models.DisableAddOnRequest(resource_name=resource_name, add_on_type=add_on_type)
        return await self.send(request)

    # Tags

    async def tag_resource(
        self, resource_name: str, tags: models.TagsInput, *, resource_arn: str | None = None
    ) -> models.TagResourceResult:
        """Set tags on a resource. A tag with the same key is overwritten.

        Args:
            resource_name: The name of the resource, for example of a disk snapshot.
            tags: At least one, as `{"env": "prod", "key-only": None}` or as a sequence of `Tag`. A
                resource has at most 50.
            resource_arn: The Amazon Resource Name; optional, since the name identifies the
                resource.

        Returns:
            The operations; how many there are, and whether they have ended, is unverified.

        Raises:
            NotFoundException: If the resource does not exist in the Region.
            LightsailSnapError: See `send`.
        """
        request = models.TagResourceRequest(
            resource_name=resource_name, tags=tags, resource_arn=resource_arn
        )
        return await self.send(request)

    async def untag_resource(
        self, resource_name: str, tag_keys: IterableNotStr[str], *, resource_arn: str | None = None
    ) -> models.UntagResourceResult:
        """Remove tags from a resource.

        Args:
            resource_name: The name of the resource, for example of a disk snapshot.
            tag_keys: The keys of the tags, at least one.
            resource_arn: The Amazon Resource Name; optional, since the name identifies the
                resource.

        Returns:
            The operations; how many there are, and whether they have ended, is unverified.

        Raises:
            NotFoundException: If the resource does not exist in the Region.
            LightsailSnapError: See `send`.
        """
        request = models.UntagResourceRequest(
            resource_name=resource_name, tag_keys=tag_keys, resource_arn=resource_arn
        )
        return await self.send(request)

    # Operations

    async def get_operation(self, operation_id: str) -> models.GetOperationResult:
        """Look up one operation.

        Args:
            operation_id: The id of the operation, a UUID.

        Returns:
            The result, which holds the operation.

        Raises:
            NotFoundException: If the operation does not exist in the Region.
            LightsailSnapError: See `send`.
        """
        request = models.GetOperationRequest(operation_id=operation_id)
        return await self.send(request)

    async def find_operation(self, operation_id: str) -> models.Operation | None:
        """Look up one operation that may not exist.

        Args:
            operation_id: The id of the operation, a UUID.

        Returns:
            The operation, or None if it does not exist in the Region.

        Raises:
            LightsailSnapError: See `send`.
        """
        try:
            result = await self.get_operation(operation_id)
        except NotFoundException:
            return None
        return result.operation

    async def get_operations(self, *, page_token: str | None = None) -> models.GetOperationsResult:
        """List one page of the Region's operations; `iter_operations` lists all of them.

        Args:
            page_token: The `next_page_token` of the page before; the first page if None.

        Returns:
            The page, of at most 200 operations.

        Raises:
            LightsailSnapError: See `send`.
        """
        request = models.GetOperationsRequest(page_token=page_token)
        return await self.send(request)

    def iter_operations(
        self, *, page_token: str | None = None
    ) -> AsyncPaginator[models.Operation, models.GetOperationsResult]:
        """Iterate over the Region's operations; pages are fetched as needed.

        Args:
            page_token: The `next_page_token` of a page to resume after; the beginning if None.

        Returns:
            An iterable over operations; its `pages()` iterates over pages.

        Raises:
            RequestValidationError: If the token is invalid.
        """
        request = models.GetOperationsRequest(page_token=page_token)
        return AsyncPaginator(self.send, request)

    async def get_operations_for_resource(
        self, resource_name: str, *, page_token: str | None = None
    ) -> models.GetOperationsForResourceResult:
        """List one page of the operations on a resource.

        `iter_operations_for_resource` lists all of them.

        Args:
            resource_name: The name of the resource. The service documents this for instances and
                static IPs; whether it responds for other resources is unverified.
            page_token: The `next_page_token` of the page before; the first page if None.

        Returns:
            The page.

        Raises:
            LightsailSnapError: See `send`.
        """
        request = models.GetOperationsForResourceRequest(
            resource_name=resource_name, page_token=page_token
        )
        return await self.send(request)

    def iter_operations_for_resource(
        self, resource_name: str, *, page_token: str | None = None
    ) -> AsyncPaginator[models.Operation, models.GetOperationsForResourceResult]:
        """Iterate over the operations on one resource; pages are fetched as needed.

        Args:
            resource_name: The name of the resource; see `get_operations_for_resource`.
            page_token: The `next_page_token` of a page to resume after; the beginning if None.

        Returns:
            An iterable over operations; its `pages()` iterates over pages.

        Raises:
            RequestValidationError: If the name or the token is invalid.
        """
        request = models.GetOperationsForResourceRequest(
            resource_name=resource_name, page_token=page_token
        )
        return AsyncPaginator(self.send, request)

    async def wait_for_operation(
        self,
        operation: models.Operation | str,
        *,
        timeout: Timeout = "policy",
        on_progress: Callable[[WaitProgress[models.Operation]], object] | None = None,
    ) -> models.Operation:
        """Wait until an operation has succeeded.

        Throttling, transient errors and unknown states do not end the wait.

        Args:
            operation: The operation, which is not polled if it has already ended, or its id.
            timeout: See `wait_for_disk_snapshot`.
            on_progress: Called after every poll with a `WaitProgress`, for example `print`.

        Returns:
            The operation in its final state.

        Raises:
            WaitFailedError: If the operation failed, or no longer exists.
            WaitTimeoutError: If the time limit has passed; the operation continues on Lightsail.
            NotFoundException: If the first poll does not find the operation in the Region.
            LightsailSnapError: See `send`; permanent errors end the wait.
        """
        workflow = _workflows.waiting.wait_for_operation(
            operation,
            self._wait_policy,
            self._wait_policy.limit(timeout),
            on_progress=on_progress,
        )
        return await self._run(workflow)

    async def wait_for_operations(
        self,
        operations: IterableNotStr[models.Operation | str],
        *,
        timeout: Timeout = "policy",
        concurrency: int = 10,
        on_progress: Callable[[GroupProgress], object] | None = None,
    ) -> dict[str, models.Operation]:
        """Wait until all of many operations have succeeded, in one polling loop.

        The Region's list of operations is used where that takes fewer calls than one for each.

        Args:
            operations: The operations, or their ids.
            timeout: The limit for all of them together; see `wait_for_disk_snapshot`.
            concurrency: The maximum number of calls at the same time.
            on_progress: Called after every round of polls with a `GroupProgress`.

        Returns:
            The operations in their final states, by id.

        Raises:
            PartialFailureError: If any failed, no longer exists, is unknown or has not ended in
                time; it holds the others.
            RequestValidationError: If an id is invalid.
        """
        workflow = _workflows.waiting.wait_for_operations(
            operations,
            self._wait_policy,
            self._wait_policy.limit(timeout),
            concurrency=concurrency,
            on_progress=on_progress,
        )
        return await self._run(workflow)

    # Retention

    async def prune(  # noqa: PLR0913 - keyword-only, and each has a default
        self,
        planned: RetentionPlan[Any] | RetentionPolicy | None,
        *,
        scope: Scope | None = None,
        owner: str | None = None,
        kind: Kinds = "all",
        minimum_remaining: int = 1,
        max_deletions: int | None = None,
        unsafe_allow_remove_all: bool = False,
        dry_run: bool = False,
        on_snapshot: Callable[[PrunedSnapshot], object] | None = None,
    ) -> PruneResult:
        """Delete the snapshots of the Region that a policy does not keep, oldest first.

        1. Only snapshots of `scope` or `owner` are deleted. One of them is required.
        2. The Region is listed and the policy evaluated right before the deletions.
        3. At least one usable snapshot in scope remains of each source.
        4. One failure does not stop the other deletions.
        5. If the clocks of host and service differ by more than 5 minutes, nothing is deleted.

        Args:
            planned: The policy: snapshots that it does not keep now are deleted. Or a plan of
                `plan_prune` or `plan_retention`: only snapshots that it deletes are deleted. None
                for no policy, which requires `unsafe_allow_remove_all`.
            scope: The snapshots that may be deleted, for example `Scope(names=["before-*"])`. A
                plan that was made with `owned=Scope(...)` has its own.
            owner: The name of the backup plan whose snapshots may be deleted, as a short form of
                `scope=Scope(owner=...)`.
            kind: The kinds of snapshots to list: `all`, `disk` or `instance`. With a plan, its
                kinds are used.
            minimum_remaining: Least number of usable snapshots of each source that remain; 1 or
                more.
            max_deletions: Delete nothing if there are more deletions than this; None for no limit.
            unsafe_allow_remove_all: Whether the last snapshots of a source may be deleted.
            dry_run: Whether to check everything and delete nothing. The result then contains what
                would be deleted, as `skipped` with the outcome `dry_run`.
            on_snapshot: Function that is called with the result for each snapshot.

        Returns:
            The results. `raise_for_failures()` raises an error if a deletion failed.

        Raises:
            RequestValidationError: If an argument is invalid.
            ConfigurationError: If a policy was passed, and the clocks of host and service differ by
                more than 5 minutes, or the service's time is unknown.
            LightsailSnapError: If a policy was passed, and the Region cannot be listed.
        """
        from lightsail_snap.plans._pruning import (  # noqa: PLC0415 - plans take long to load
            prune_region,
        )

        workflow = prune_region(
            self._clock,
            planned,
            scope=scope,
            owner=owner,
            kind=kind,
            minimum_remaining=minimum_remaining,
            max_deletions=max_deletions,
            unsafe_allow_remove_all=unsafe_allow_remove_all,
            dry_run=dry_run,
            on_snapshot=on_snapshot,
        )
        return await self._run(workflow)

    # </methods>
