"""The public class of the emulator."""

from __future__ import annotations

import logging
import os
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self

from typing_extensions import override

from lightsail_snap.clock import Clock, SystemClock
from lightsail_snap.emulator import _http, _in_process
from lightsail_snap.emulator._call import Call, Settings
from lightsail_snap.emulator._faults import Fault, FaultQueue, apply_fault
from lightsail_snap.emulator._logs import describe_error
from lightsail_snap.emulator._operations import HANDLERS
from lightsail_snap.emulator._operations._disks import add_ready_disk
from lightsail_snap.emulator._operations._instances import add_ready_instance
from lightsail_snap.emulator._progression import Progression
from lightsail_snap.emulator._store import Store, encode_response
from lightsail_snap.emulator._validation import check_region, check_request, unsupported
from lightsail_snap.emulator._wire import (
    Failure,
    Response,
    decode,
    make_response,
    parse_operation,
    parse_region,
)

_log = logging.getLogger("lightsail_snap.emulator")
# A library does not write to standard error by default.
_log.addHandler(logging.NullHandler())

# The service's page sizes are unverified, except that of GetOperations: at most 200.
_PAGE_SIZE = 100
_MAX_PAGE_SIZE = 200
_INTERNAL_ERROR = Failure(
    "ServiceException",
    "The emulator failed; its log has the reason.",
    status=HTTPStatus.INTERNAL_SERVER_ERROR,
)


class LightsailEmulator:
    """Embedded Lightsail for unmodified AWS clients.

    It has one logic and two transports: `boto3_client` and `install` for boto3 clients of this
    process, and `serve` for every AWS SDK over HTTP. It serves all Regions of Lightsail. A
    request's Region is that of its signature, which is not checked otherwise.

    It follows Lightsail's documentation, samples and logs. Where the behaviour is unknown it is
    permissive, and a comment in the source has the word "unverified". It was not compared with a
    live AWS account.

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
        """Create an emulator without resources, or with those of a state file.

        Args:
            clock: The emulator's clock; the machine's clock if None. The `Date` header of responses
                to boto3 clients of this process has its time, over HTTP the machine's.
            progression: Duration and outcome of operations; by seconds on the clock if None. Set
                the attribute `progression` to change it for operations that start afterwards.
            page_size: The maximum number of items on a page of a list, 1 to 200.
            state: The file that keeps the emulator's state over restarts; memory if None. A
                response is sent only after its effect is in the file, so the effect survives when
                the process is killed.
            seed: The seed of resource ids and of the probability of faults.
            account_id: The AWS account in ARNs.

        Raises:
            ConfigurationError: If the file cannot be opened, or is another kind of file.
            ValueError: If the page size is out of range.
        """
        if not 1 <= page_size <= _MAX_PAGE_SIZE:
            message = f"page_size must be from 1 to {_MAX_PAGE_SIZE}, not {page_size}"
            raise ValueError(message)
        self.clock: Clock = clock or SystemClock()
        self.progression: Progression = progression or Progression()
        self.calls: Counter[str] = Counter()
        """Number of requests that each operation received, including those with a fault."""
        self._page_size = page_size
        self._account_id = account_id
        self._faults = FaultQueue(seed)
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
        """Close the emulator, and discard state in memory. Closing again does nothing."""
        self._store.close()

    def boto3_client(self, region_name: str, config: object = None) -> Any:  # noqa: ANN401 - boto3 makes clients at run time
        """Return a new boto3 client that calls this emulator.

        botocore serializes, signs, retries and parses as usual; only the exchange over the network
        is replaced. The machine's AWS configuration is not read.

        Args:
            region_name: The Region, for example `us-east-1`.
            config: A `botocore.config.Config`, or None.

        Returns:
            The client.
        """
        return _in_process.boto3_client(region_name, config, self.exchange)

    def install(self, boto3_client: Any) -> None:  # noqa: ANN401 - boto3 makes clients at run time
        """Make an existing boto3 client call this emulator instead of AWS from now on.

        Args:
            boto3_client: A boto3 Lightsail client.

        Raises:
            TypeError: If it is not a boto3 Lightsail client.
        """
        _in_process.install(boto3_client, self.exchange)

    def serve(
        self, *, host: str = "127.0.0.1", port: int = 0, allow_remote: bool = False
    ) -> AbstractContextManager[str]:
        """Serve over HTTP in background threads while the context lasts.

        It needs the extra `emulator` (waitress). Errors are raised when the context is entered.

        Args:
            host: The address to listen on.
            port: The port, 0 to 65535; any free one if 0.
            allow_remote: Allow an address that other machines can reach.

        Returns:
            A context manager that returns the URL.

        Raises:
            ConfigurationError: If waitress is missing, or the address cannot be used.
            ValueError: If other machines can reach the address and `allow_remote` is False.
        """
        return _http.serve(self.exchange, host=host, port=port, allow_remote=allow_remote)

    def inject(self, fault: Fault) -> None:
        """Append a fault to the queue. Each call is affected by the first fault that matches it.

        Args:
            fault: The fault.
        """
        self._faults.add(fault)

    def clear_faults(self) -> None:
        """Remove all faults from the queue."""
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
        """Add a disk that is available at once.

        Args:
            name: The name of the disk.
            region_name: Its Region.
            size_in_gb: Its size in GB, 8 to 16384.
            availability_zone: Its Availability Zone; the Region's first if None.
            tags: Its tags; None for a key without a value.

        Raises:
            ValueError: If the service would refuse to create it.
        """
        request = _new_request(region_name, availability_zone, tags)
        request |= {"diskName": name, "sizeInGb": size_in_gb}
        self._add(add_ready_disk, "CreateDisk", region_name, request)

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
        """Add an instance with a system disk that is running at once.

        Args:
            name: The name of the instance.
            region_name: Its Region.
            availability_zone: Its Availability Zone; the Region's first if None.
            blueprint_id: Its blueprint, the operating system or application.
            bundle_id: Its bundle, the size; `nano_3_0` has a system disk of 20 GB.
            tags: Its tags; None for a key without a value.

        Raises:
            ValueError: If the service would refuse to create it.
        """
        request = _new_request(region_name, availability_zone, tags)
        request |= {"instanceNames": [name], "blueprintId": blueprint_id, "bundleId": bundle_id}
        self._add(add_ready_instance, "CreateInstances", region_name, request)

    def _add(
        self, add: Callable[[Call], None], operation: str, region: str, request: dict[str, Any]
    ) -> None:
        try:
            check_region(region)
            checked = check_request(operation, region, request)
            with self._store.transaction():
                add(self._new_call(operation, region, checked))
        except Failure as failure:
            raise ValueError(failure.message) from failure

    def handle(self, region: str, operation: str, payload: bytes | Mapping[str, Any]) -> Response:
        """Execute one call without faults: the logic behind both transports.

        Args:
            region: The Region it is sent to.
            operation: The API operation, for example `CreateDiskSnapshot`.
            payload: The request on the wire, as JSON bytes or as a mapping.

        Returns:
            The response, which may be an error of the service.
        """
        try:
            return self._respond(HTTPStatus.OK, self._execute(region, operation, payload))
        except Failure as failure:
            return self._respond(failure.status, failure.body())
        except Exception as error:  # noqa: BLE001 - callers must receive only errors of the service
            _log.error("%s failed in the emulator: %s", operation, describe_error(error))
            return self._respond(_INTERNAL_ERROR.status, _INTERNAL_ERROR.body())

    def exchange(self, headers: Mapping[str, str], body: bytes) -> Response:
        """Return the response to one signed HTTP request, faults included.

        Args:
            headers: Its headers; their names in any case.
            body: Its body.

        Returns:
            The response, and its outcome on the network.
        """
        lower = {name.lower(): value for name, value in headers.items()}
        try:
            operation = parse_operation(lower.get("x-amz-target"))
            region = parse_region(lower.get("authorization"))
        except Failure as failure:
            return self._respond(failure.status, failure.body())
        with self._store.lock:
            self.calls[operation] += 1
        fault = self._faults.take(operation)
        if fault is None:
            return self.handle(region, operation, body)
        return apply_fault(fault, lambda: self.handle(region, operation, body), self.clock)

    def _execute(self, region: str, operation: str, payload: bytes | Mapping[str, Any]) -> bytes:
        handler = HANDLERS.get(operation)
        if handler is None:
            raise unsupported(operation, HANDLERS)
        check_region(region)
        request = decode(payload) if isinstance(payload, bytes) else payload
        checked = check_request(operation, region, request)
        with self._store.transaction():
            fields = handler(self._new_call(operation, region, checked))
        # After the commit, so that no client sees an effect that could be rolled back.
        return encode_response(fields)

    def _new_call(self, operation: str, region: str, request: dict[str, Any]) -> Call:
        return Call(
            operation=operation,
            region=region,
            request=request,
            now=self.clock.time(),
            store=self._store,
            settings=Settings(self._account_id, self._page_size, self.progression),
        )

    def _respond(self, status: int, body: bytes) -> Response:
        return make_response(status, body, self.clock.time())


def _new_request(
    region: str, zone: str | None, tags: Mapping[str, str | None] | None
) -> dict[str, Any]:
    return {
        "availabilityZone": zone or f"{region}a",
        "tags": [{"key": key, "value": value} for key, value in (tags or {}).items()],
    }
