"""The emulator as its users see it."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

from typing_extensions import override

from lightsail_snap.clock import Clock, SystemClock
from lightsail_snap.emulator import _http, _in_process, _validation
from lightsail_snap.emulator._call import Call, Settings
from lightsail_snap.emulator._faults import Fault, Faults, spoil
from lightsail_snap.emulator._logs import described
from lightsail_snap.emulator._operations import HANDLERS
from lightsail_snap.emulator._operations._disks import make_disk
from lightsail_snap.emulator._operations._instances import make_instance
from lightsail_snap.emulator._progression import Progression
from lightsail_snap.emulator._store import Store
from lightsail_snap.emulator._wire import (
    Failure,
    Response,
    answer,
    decode,
    encode,
    operation_of,
    region_of,
)

_log = logging.getLogger("lightsail_snap.emulator")
# A library does not write to standard error of its own accord.
_log.addHandler(logging.NullHandler())

# How many things a page of the service holds is unverified, but for GetOperations: at most 200.
_PAGE_SIZE = 100
_MOST_PER_PAGE = 200
_BROKEN = Failure("ServiceException", "The emulator failed; its log says how.")


class LightsailEmulator:
    """An embedded Lightsail: real AWS clients, unmodified, live on it.

    It has two doors to one logic: `boto3_client` and `install` for boto3 clients of this process,
    and `serve` for every AWS SDK over HTTP. It serves all regions of Lightsail; a request's region
    is that of its signature, which is not checked otherwise.

    It behaves as documentation, samples and logs say that Lightsail does; where nothing is known
    it is permissive, and the source says "unverified" there. No AWS account was used for it.

    It is safe to use from many threads, and a context manager that closes itself.
    """

    def __init__(  # noqa: PLR0913 - all keyword-only, and each has a default
        self,
        *,
        clock: Clock | None = None,
        progression: Progression | None = None,
        page_size: int = _PAGE_SIZE,
        state: str | os.PathLike[str] | None = None,
        seed: int = 0,
        account_id: str = "123456789012",
    ) -> None:
        """Make a Lightsail.

        Args:
            clock: What tells its time; the machine's clock if None. The `Date` header of responses
                to boto3 clients of this process is that of this clock, over HTTP the machine's.
            progression: How fast work goes; by seconds on the clock if None. The attribute of this
                name can be set later, for work that begins then.
            page_size: How many things a page of a list holds at most, 1 to 200.
            state: The file that keeps its world over restarts; memory if None. What was answered
                is in the file, and survives the process being killed.
            seed: What ids and the chance of faults are drawn from.
            account_id: The AWS account that ARNs speak of.

        Raises:
            ConfigurationError: If the file cannot be opened, or is something else.
            ValueError: If the page size is out of range.
        """
        if not 1 <= page_size <= _MOST_PER_PAGE:
            message = f"page_size must be from 1 to {_MOST_PER_PAGE}, not {page_size}"
            raise ValueError(message)
        self.clock: Clock = clock or SystemClock()
        self.progression: Progression = progression or Progression()
        self.calls: Counter[str] = Counter()
        """How many requests came for each operation, those that a fault happened to included."""
        self._page_size = page_size
        self._account_id = account_id
        self._faults = Faults(seed)
        self._store = Store(state, seed=seed)

    @override
    def __repr__(self) -> str:
        return f"{type(self).__name__}({'closed' if self._store.is_closed else 'open'})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close it; a world in memory is gone. Closing again does nothing."""
        self._store.close()

    def boto3_client(self, region_name: str, config: object = None) -> Any:  # noqa: ANN401 - boto3 makes clients at run time
        """Make a real boto3 client that talks to this emulator.

        botocore serialises, signs, retries and parses as ever; only the exchange over the network
        is answered here. The machine's AWS configuration is not read.

        Args:
            region_name: The region, for example `us-east-1`.
            config: A `botocore.config.Config`, or None.

        Returns:
            The client.
        """
        return _in_process.boto3_client(region_name, config, self.exchange)

    def install(self, boto3_client: Any) -> None:  # noqa: ANN401 - boto3 makes clients at run time
        """Let an existing boto3 client talk to this emulator instead of AWS, from now on.

        Args:
            boto3_client: A boto3 Lightsail client.

        Raises:
            TypeError: If it is something else.
        """
        _in_process.install(boto3_client, self.exchange)

    def serve(
        self, *, host: str = "127.0.0.1", port: int = 0, allow_remote: bool = False
    ) -> AbstractContextManager[str]:
        """Response over HTTP, from threads of its own, while the context lasts.

        Needs the extra `emulator` (waitress).

        Args:
            host: The address to listen on.
            port: The port; any free one if 0.
            allow_remote: Whether the address may be one that other machines reach.

        Returns:
            A context manager that gives the URL.

        Raises:
            ConfigurationError: If waitress is missing, or the address cannot be listened on; when
                the context is entered.
            ValueError: If other machines could reach it and that was not allowed; likewise.
        """
        return _http.serving(self.exchange, host=host, port=port, allow_remote=allow_remote)

    def inject(self, fault: Fault) -> None:
        """Let a fault wait for its call, behind those that wait already.

        Args:
            fault: The fault.
        """
        self._faults.inject(fault)

    def clear_faults(self) -> None:
        """Forget the faults that wait."""
        self._faults.clear()

    def add_disk(
        self,
        name: str,
        *,
        region_name: str,
        size_in_gb: int = 8,
        availability_zone: str | None = None,
        tags: Mapping[str, str | None] | None = None,
    ) -> None:
        """Put a disk into the world, available at once.

        Args:
            name: Its name.
            region_name: Its region.
            size_in_gb: Its size, in GB, 8 to 16384.
            availability_zone: Its zone; the region's first if None.
            tags: Its tags; None for a key without a value.

        Raises:
            ValueError: If the service would refuse to create it.
        """
        request = _request(region_name, availability_zone, tags, diskName=name, sizeInGb=size_in_gb)
        self._add("CreateDisk", region_name, request)

    def add_instance(  # noqa: PLR0913 - all keyword-only, and most have defaults
        self,
        name: str,
        *,
        region_name: str,
        availability_zone: str | None = None,
        blueprint_id: str = "amazon_linux_2023",
        bundle_id: str = "nano_3_0",
        tags: Mapping[str, str | None] | None = None,
    ) -> None:
        """Put an instance with a system disk into the world, running at once.

        Args:
            name: Its name.
            region_name: Its region.
            availability_zone: Its zone; the region's first if None.
            blueprint_id: What runs on it.
            bundle_id: How large it is; `nano_3_0` has a system disk of 20 GB.
            tags: Its tags; None for a key without a value.

        Raises:
            ValueError: If the service would refuse to create it.
        """
        request = _request(
            region_name,
            availability_zone,
            tags,
            instanceNames=[name],
            blueprintId=blueprint_id,
            bundleId=bundle_id,
        )
        self._add("CreateInstances", region_name, request)

    def _add(self, operation: str, region: str, request: dict[str, Any]) -> None:
        try:
            _validation.check_region(region)
            checked = _validation.check(operation, region, request)
            with self._store.transaction():
                _ADDERS[operation](self._call(operation, region, checked))
        except Failure as failure:
            raise ValueError(failure.message) from failure

    def handle(self, region: str, operation: str, payload: bytes | Mapping[str, Any]) -> Response:
        """Carry out one call: the logic behind both doors, without faults.

        Args:
            region: The region it is sent to.
            operation: The API operation, for example `CreateDiskSnapshot`.
            payload: The request as it stands on the wire, as JSON bytes or as a mapping.

        Returns:
            The answer, which may be an error of the service.
        """
        try:
            return self._answer(HTTPStatus.OK, self._carry_out(region, operation, payload))
        except Failure as failure:
            return self._answer(failure.status, failure.body())
        except Exception as error:  # noqa: BLE001 - nothing but the service's own errors may reach a caller
            _log.error("%s failed in the emulator: %s", operation, described(error))
            return self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, _BROKEN.body())

    def exchange(self, headers: Mapping[str, str], body: bytes) -> Response:
        """Response one signed HTTP request, faults included.

        Args:
            headers: Its headers; their names in any case.
            body: Its body.

        Returns:
            The answer, and what becomes of it on its way.
        """
        found = {name.lower(): value for name, value in headers.items()}
        try:
            operation = operation_of(found.get("x-amz-target"))
            region = region_of(found.get("authorization"))
        except Failure as failure:
            return self._answer(failure.status, failure.body())
        with self._store.lock:
            self.calls[operation] += 1
        fault = self._faults.for_call(operation)
        if fault is None:
            return self.handle(region, operation, body)
        return spoil(fault, lambda: self.handle(region, operation, body), self.clock)

    def _carry_out(self, region: str, operation: str, payload: bytes | Mapping[str, Any]) -> bytes:
        handler = HANDLERS.get(operation)
        if handler is None:
            raise _validation.unsupported(operation, HANDLERS)
        _validation.check_region(region)
        request = decode(payload) if isinstance(payload, bytes) else payload
        checked = _validation.check(operation, region, request)
        with self._store.transaction():
            members = handler(self._call(operation, region, checked))
        # Only now, after the commit, may anybody learn of it.
        return encode(members)

    def _call(self, operation: str, region: str, request: dict[str, Any]) -> Call:
        return Call(
            operation=operation,
            region=region,
            request=request,
            now=self.clock.time(),
            store=self._store,
            settings=Settings(self._account_id, self._page_size, self.progression),
        )

    def _answer(self, status: int, body: bytes) -> Response:
        return answer(status, body, self.clock.time())


def _request(
    region_name: str,
    availability_zone: str | None,
    tags: Mapping[str, str | None] | None,
    **members: object,
) -> dict[str, Any]:
    return {
        **members,
        "availabilityZone": availability_zone or f"{region_name}a",
        "tags": [{"key": key, "value": value} for key, value in (tags or {}).items()],
    }


def _add_disk(call: Call) -> None:
    request = call.request
    call.claim(request["diskName"])
    zone, size = request["availabilityZone"], request["sizeInGb"]
    make_disk(call, request["diskName"], zone, size, is_there=True)


def _add_instance(call: Call) -> None:
    request = call.request
    (name,) = request["instanceNames"]
    call.claim(name)
    make_instance(
        call,
        name,
        request["availabilityZone"],
        blueprint_id=request["blueprintId"],
        bundle_id=request["bundleId"],
        is_there=True,
    )


_ADDERS = {"CreateDisk": _add_disk, "CreateInstances": _add_instance}
