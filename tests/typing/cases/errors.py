"""Type-check errors, and the clocks, transports and sessions that a client accepts. Never run.

A line that must be rejected names the error codes: `# mypy: ... pyright: ...`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Literal

from typing_extensions import assert_type

from lightsail_snap import (
    AuthenticationError,
    CredentialsRejectedError,
    MissingCredentialsError,
    AccessDeniedException,
    AccountSetupInProgressException,
    Response,
    AsyncLightsailSnapClient,
    AsyncPaginator,
    Boto3Client,
    Boto3Session,
    Clock,
    ConfigurationError,
    Disk,
    DiskSnapshot,
    SerializedCause,
    GetDiskResult,
    GetDisksResult,
    GroupProgress,
    Instance,
    InstanceSnapshot,
    InvalidInputException,
    ItemT,
    VirtualClock,
    LightsailSnapClient,
    LightsailSnapError,
    NameConflictError,
    NotFoundException,
    PollResult,
    Operation,
    OperationFailureException,
    OutcomeUnknownError,
    PagedRequest,
    PagedResult,
    PageT,
    PaginationError,
    Paginator,
    PartialFailureError,
    QuiesceError,
    RegionSetupInProgressException,
    Request,
    RequestNotSentError,
    RequestValidationError,
    ResponseMetadata,
    ResponseValidationError,
    ResultT,
    ServiceError,
    ServiceException,
    SnapshotConflictError,
    SystemClock,
    ThrottlingError,
    Timeout,
    Transport,
    TransportError,
    UnauthenticatedException,
    Violation,
    WaitError,
    WaitFailedError,
    WaitPolicy,
    WaitProgress,
    WaitTimeoutError,
    __version__,
)

HOUR = timedelta(hours=1)


def hierarchy(
    service: ServiceException
    | InvalidInputException
    | NotFoundException
    | OperationFailureException
    | AccessDeniedException
    | AccountSetupInProgressException
    | RegionSetupInProgressException
    | UnauthenticatedException
    | CredentialsRejectedError
    | ThrottlingError,
    transport: RequestNotSentError | OutcomeUnknownError,
    wait: WaitFailedError | WaitTimeoutError,
    conflict: SnapshotConflictError,
    credentials: MissingCredentialsError | CredentialsRejectedError,
) -> None:
    both: AuthenticationError = credentials
    one: ServiceError = service
    two: TransportError = transport
    three: WaitError = wait
    four: NameConflictError = conflict
    every: LightsailSnapError = both or one or two or three or four
    assert_type(service.sub_code, str | None)
    assert_type(service.is_throttling, bool)
    assert_type(two.operation_name, str)
    assert_type(four.resource, Disk | DiskSnapshot | Instance | InstanceSnapshot)
    assert_type(conflict.snapshot, DiskSnapshot | InstanceSnapshot)
    late: TimeoutError = wait  # mypy: assignment pyright: reportAssignmentType
    conflict.disk  # mypy: attr-defined pyright: reportAttributeAccessIssue
    two.code  # mypy: attr-defined pyright: reportAttributeAccessIssue
    three.error_code  # mypy: attr-defined pyright: reportAttributeAccessIssue
    del every, late


def service_errors(
    kinds: tuple[type[ServiceError], ...] = (
        ServiceException,
        InvalidInputException,
        NotFoundException,
        OperationFailureException,
        AccessDeniedException,
        AccountSetupInProgressException,
        RegionSetupInProgressException,
        UnauthenticatedException,
        ThrottlingError,
    ),
) -> None:
    kinds[0]("no", code="NotFoundException", operation_name="GetDisk")
    ServiceError("no", code="Unheard", operation_name="GetDisk", http_status="400")  # mypy: arg-type pyright: reportArgumentType
    ServiceException("no")  # mypy: call-arg pyright: reportCallIssue
    InvalidInputException(code="InvalidInputException")  # mypy: call-arg pyright: reportCallIssue
    NotFoundException("no", "NotFoundException", "GetDisk")  # mypy: call-arg pyright: reportCallIssue
    OperationFailureException()  # mypy: call-arg pyright: reportCallIssue
    AccessDeniedException(None, code="c", operation_name="GetDisk")  # mypy: arg-type pyright: reportArgumentType
    AccountSetupInProgressException("no", code=5, operation_name="GetDisk")  # mypy: arg-type pyright: reportArgumentType
    RegionSetupInProgressException("no", code="c", operation="GetDisk")  # mypy: call-arg pyright: reportCallIssue
    UnauthenticatedException("no", operation_name="GetDisk")  # mypy: call-arg pyright: reportCallIssue
    ThrottlingError("no", code="c", operation_name="GetDisk", is_throttling=True)  # mypy: call-arg pyright: reportCallIssue


def validation_errors(error: RequestValidationError) -> None:
    wrong: ValueError = error
    assert_type(error.errors(), tuple[Violation, ...])
    assert_type(error.errors()[0].field, str)
    RequestValidationError("GetDiskRequest", [Violation("f", "r", "s", "x", 5)])
    RequestValidationError("GetDiskRequest", ["wrong"])  # mypy: list-item pyright: reportArgumentType
    Violation("field", "rule")  # mypy: call-arg pyright: reportCallIssue
    error.errors()[0].message  # mypy: attr-defined pyright: reportAttributeAccessIssue
    error.errors()[0].field = "other"  # mypy: misc pyright: reportAttributeAccessIssue
    del wrong


def not_sent(request: Request[GetDiskResult]) -> None:
    ConfigurationError("no region")
    ConfigurationError("no region").code  # mypy: attr-defined pyright: reportAttributeAccessIssue
    RequestNotSentError("refused", request=request)
    RequestNotSentError("refused")  # mypy: call-arg pyright: reportCallIssue
    TransportError("lost", request="GetDisk")  # mypy: arg-type pyright: reportArgumentType
    OutcomeUnknownError("lost", request)  # mypy: call-arg pyright: reportCallIssue
    LightsailSnapError("any").request  # mypy: attr-defined pyright: reportAttributeAccessIssue


def response_errors(payload: bytes) -> None:
    ResponseValidationError("GetDiskResult", [], payload)
    ResponseValidationError("GetDiskResult", payload)  # mypy: call-arg,arg-type pyright: reportCallIssue
    PaginationError("again", operation_name="GetDisks", page_token="t")
    PaginationError("again", page_token=5)  # mypy: call-arg,arg-type pyright: reportCallIssue
    QuiesceError("fsfreeze failed", command=["fsfreeze", "-f", "/"], returncode=1)
    QuiesceError("fsfreeze failed", returncode="1")  # mypy: arg-type pyright: reportArgumentType
    assert_type(SerializedCause.of(KeyError("x")), SerializedCause)
    SerializedCause.of("KeyError")  # mypy: arg-type pyright: reportArgumentType


def conflicts(disk: Disk, snapshot: DiskSnapshot, error: NameConflictError) -> None:
    error.snapshot  # mypy: attr-defined pyright: reportAttributeAccessIssue
    NameConflictError("taken", resource=disk)
    NameConflictError("taken", resource="Disk-1")  # mypy: arg-type pyright: reportArgumentType
    SnapshotConflictError("taken", snapshot=snapshot)
    SnapshotConflictError("taken", snapshot=disk)  # mypy: arg-type pyright: reportArgumentType


def wait_errors(operation: Operation) -> None:
    failed = WaitFailedError("failed", waited=HOUR, operation=operation)
    assert_type(failed.error_code, str | None)
    WaitFailedError("failed", operation=operation)  # mypy: call-arg pyright: reportCallIssue
    late: TimeoutError = WaitTimeoutError("late", waited=HOUR)
    WaitTimeoutError("late", waited=3600)  # mypy: arg-type pyright: reportArgumentType
    WaitError("late", waited=HOUR, snapshot=operation)  # mypy: arg-type pyright: reportArgumentType
    del late


def partial_failures(error: PartialFailureError) -> None:
    assert_type(error.successes, Mapping[str, PollResult])
    assert_type(error.failures, Mapping[str, LightsailSnapError])
    assert_type(error.exceptions, tuple[LightsailSnapError | ExceptionGroup[LightsailSnapError], ...])
    PartialFailureError("some", {"db": ConfigurationError("no region")}, {})
    PartialFailureError("some", {"db": ValueError()}, {})  # mypy: dict-item pyright: reportArgumentType
    error.successes["db"] = error  # mypy: index pyright: reportIndexIssue


def poll_results(result: PollResult) -> str | None:
    if isinstance(result, Operation):
        return result.id
    result.id  # mypy: union-attr pyright: reportAttributeAccessIssue
    return result.name


def poll_result_is_one_of_five(result: GetDiskResult) -> PollResult:
    if result.disk.name:
        return result.disk
    wrong: PollResult = result  # mypy: assignment pyright: reportAssignmentType
    return wrong


class WallClock:
    def time(self) -> float:
        return 0.0

    def monotonic(self) -> float:
        return 0.0

    def sleep(self, seconds: float) -> None: ...


class IncompleteClock:
    def time(self) -> float:
        return 0.0


def clocks() -> None:
    clock: Clock = SystemClock()
    clock = VirtualClock(start=5.0)
    clock = WallClock()
    LightsailSnapClient(clock=clock)
    AsyncLightsailSnapClient(clock=VirtualClock())
    clock = IncompleteClock()  # mypy: assignment pyright: reportAssignmentType
    broken: Clock = IncompleteClock()  # mypy: assignment pyright: reportAssignmentType
    LightsailSnapClient(clock=SystemClock)  # mypy: arg-type pyright: reportArgumentType
    VirtualClock("noon")  # mypy: arg-type pyright: reportArgumentType
    SystemClock(5)  # mypy: call-arg pyright: reportCallIssue
    del broken


class FixedTransport:
    def send(self, request: Request[ResultT]) -> Response:
        return Response(b"{}", ResponseMetadata(request_id=request.operation_name))

    def close(self) -> None: ...


class WrongTransport:
    def send(self, request: str) -> bytes:
        return request.encode()


def transports() -> None:
    transport: Transport = FixedTransport()
    LightsailSnapClient(transport=transport)
    AsyncLightsailSnapClient(transport=FixedTransport())
    LightsailSnapClient(transport=WrongTransport())  # mypy: arg-type pyright: reportArgumentType
    other: Transport = WrongTransport()  # mypy: assignment pyright: reportAssignmentType
    Response(b"{}", {"RequestId": "x"})  # mypy: arg-type pyright: reportArgumentType
    Response("{}", ResponseMetadata())  # mypy: arg-type pyright: reportArgumentType
    ResponseMetadata(request_id=5)  # mypy: arg-type pyright: reportArgumentType
    del other


class StructuralClient:
    meta = None

    def create_disk_snapshot(self, **parameters: object) -> dict[str, str]:
        return dict.fromkeys(parameters, "")


class StructuralSession:
    def client(self, service: str, **settings: object) -> StructuralClient:
        return StructuralClient() if service and settings else StructuralClient()


def structural_boto3(client: Boto3Client, session: Boto3Session) -> None:
    client = StructuralClient()
    session = StructuralSession()
    LightsailSnapClient(client)
    LightsailSnapClient(session=session)
    AsyncLightsailSnapClient(session=StructuralSession())
    wrong: Boto3Client = session  # mypy: assignment pyright: reportAssignmentType
    wrong_session: Boto3Session = client  # mypy: assignment pyright: reportAssignmentType
    AsyncLightsailSnapClient("us-east-1")  # mypy: arg-type pyright: reportArgumentType
    LightsailSnapClient(session="us-east-1")  # mypy: arg-type pyright: reportArgumentType
    del wrong, wrong_session


def policies(numbers: Callable[[], float]) -> None:
    assert_type(WaitPolicy(timeout=None, min_delay=0.5, random=numbers).limit(HOUR), float | None)
    unlimited: Timeout = None
    one_poll: Timeout = 0
    from_policy: Timeout = "policy"
    never: Timeout = "never"  # mypy: assignment pyright: reportAssignmentType
    WaitPolicy(max_delay=None)  # mypy: arg-type pyright: reportArgumentType
    WaitPolicy(attempts=5)  # mypy: call-arg pyright: reportCallIssue
    assert_type(WaitPolicy().delay(3), float)
    del unlimited, one_poll, from_policy, never


def progress(one: WaitProgress[Operation], all_of_them: GroupProgress) -> None:
    assert_type(one.error, LightsailSnapError | None)
    assert_type(one.resource, Operation | None)
    assert_type(all_of_them.succeeded, int)
    other: WaitProgress[Disk] = one  # mypy: assignment pyright: reportAssignmentType
    nothing: WaitProgress[str]  # mypy: type-var pyright: reportInvalidTypeArguments
    all_of_them.attempts  # mypy: attr-defined pyright: reportAttributeAccessIssue
    del other


def first_item(page: PagedResult[ItemT]) -> ItemT:
    return page.items[0]


def not_an_item(page: PagedResult[ItemT]) -> ItemT: return page  # mypy: return-value pyright: reportReturnType
def not_a_page(request: PagedRequest[PageT]) -> PageT: return request  # mypy: return-value pyright: reportReturnType
def not_a_result(request: Request[ResultT]) -> ResultT: return request  # mypy: return-value pyright: reportReturnType


def generics(paginator: Paginator[Disk, GetDisksResult], other: AsyncPaginator[Disk, GetDisksResult], page: GetDisksResult) -> None:
    assert_type(first_item(page), Disk)
    assert_type(next(iter(paginator)), Disk)
    assert_type(next(paginator.pages()), GetDisksResult)
    no_item: Paginator[int, GetDisksResult]  # mypy: type-var pyright: reportInvalidTypeArguments
    no_page: AsyncPaginator[Disk, GetDiskResult]  # mypy: type-var pyright: reportInvalidTypeArguments
    no_pages: PagedRequest[GetDiskResult]  # mypy: type-var pyright: reportInvalidTypeArguments
    iter(other)  # mypy: call-overload pyright: reportCallIssue,reportArgumentType
    next(paginator)  # mypy: call-overload pyright: reportArgumentType


def version_is_a_string() -> None:
    version: str = __version__
    release: Literal["0"] = __version__  # mypy: assignment pyright: reportAssignmentType
    del version, release
