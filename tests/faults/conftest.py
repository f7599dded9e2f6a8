"""An environment in which creations are disturbed, and the invariants that always hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from botocore.config import Config
from tests.support import SkewedClock

from lightsail_snap import (
    Clock,
    DiskSource,
    InstanceSource,
    LightsailSnapClient,
    LightsailSnapError,
    ManualSnapshotSource,
    NameConflictError,
    OutcomeUnknownError,
    Transport,
    VirtualClock,
    WaitError,
    WaitPolicy,
)
from lightsail_snap._boto.transport import BotoTransport
from lightsail_snap.emulator import Fault, LightsailEmulator, Progression
from lightsail_snap.emulator._wire import Response

HERE, THERE = "us-east-1", "us-west-2"
NAME = "made-1"
ONE_ATTEMPT = Config(retries={"total_max_attempts": 1})
CREATING = {
    "CopySnapshot",
    "CreateDisk",
    "CreateDiskFromSnapshot",
    "CreateDiskSnapshot",
    "CreateInstanceSnapshot",
    "CreateInstancesFromSnapshot",
}
_LISTS = {
    "GetDisks": "disks",
    "GetDiskSnapshots": "diskSnapshots",
    "GetInstanceSnapshots": "instanceSnapshots",
    "GetInstances": "instances",
}
_FINAL = {"completed", "available", "running"}
# Environments start with the same ids, so their initial state is listed only once.
_BEFORE: dict[str, tuple[set[str], set[tuple[str, str, str]]]] = {}


class InterceptedEmulator(LightsailEmulator):
    """An emulator with hooks before and after each call and for each response."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock=clock, page_size=200)
        self.called: list[str] = []
        self.created: list[str] = []
        self.before: Callable[[str, int], object] = lambda _operation, _index: None
        self.after: Callable[[str, int], object] = lambda _operation, _index: None
        self.change_response: Callable[[str, Response], Response] = lambda _operation, response: (
            response
        )

    def exchange(self, headers: Mapping[str, str], body: bytes) -> Response:
        target = {name.lower(): value for name, value in headers.items()}["x-amz-target"]
        operation, index = target.rpartition(".")[2], len(self.called)
        self.called.append(operation)
        self.before(operation, index)
        current_arn = self.current_arn() if operation in CREATING else None
        try:
            response = super().exchange(headers, body)
        finally:
            if operation in CREATING and (now := self.current_arn()) not in {None, current_arn}:
                self.created.append(str(now))
        response = self.change_response(operation, response)
        self.after(operation, index)
        return response

    def current_arn(self) -> str | None:
        """Return the ARN of the resource that is named NAME now."""
        # A request would count as a poll, by which the resource progresses.
        query = "SELECT wire FROM records WHERE region = ? AND name = ?"
        found = self._store._db.execute(query, (HERE, NAME)).fetchall()
        return str(json.loads(found[0][0])["arn"]) if found else None

    def call(self, operation: str, region: str = HERE, **members: Any) -> dict[str, Any]:
        """Call an operation as another client, without faults and hooks; refusals are ignored."""
        response: dict[str, Any] = json.loads(self.handle(region, operation, members).body)
        return response


@dataclass(frozen=True)
class Method:
    """A method of the client that creates one resource named NAME."""

    run: Callable[..., Any]
    operation: str
    lookup: tuple[str, str]
    delete: tuple[str, str]
    has_token: bool = True


def _disk(client: LightsailSnapClient, **options: Any) -> Any:
    return client.take_disk_snapshot(NAME, DiskSource(disk_name="data-1"), **options)


def _volume(client: LightsailSnapClient, **options: Any) -> Any:
    return client.take_disk_snapshot(NAME, InstanceSource(instance_name="web-1"), **options)


def _instance(client: LightsailSnapClient, **options: Any) -> Any:
    return client.take_instance_snapshot(NAME, "web-1", **options)


def _copy(source: str, region: str) -> Callable[..., Any]:
    def run(client: LightsailSnapClient, **options: Any) -> Any:
        manual = ManualSnapshotSource(snapshot_name=source)
        return client.copy(NAME, manual, source_region=region, **options)

    return run


def _restore(client: LightsailSnapClient, **options: Any) -> Any:
    source = ManualSnapshotSource(snapshot_name="old-disk")
    return client.restore_disk(NAME, source, availability_zone=f"{HERE}a", **options)


def _restore_instance(client: LightsailSnapClient, **options: Any) -> Any:
    source = ManualSnapshotSource(snapshot_name="old-instance")
    return client.restore_instance(
        NAME, source, availability_zone=f"{HERE}a", bundle_id="nano_3_0", **options
    )


def _state_of(resource: Any) -> Any:
    return getattr(resource, "state_name", None) or resource.state


_DISK_SNAPSHOT: dict[str, Any] = {
    "lookup": ("GetDiskSnapshot", "diskSnapshot"),
    "delete": ("DeleteDiskSnapshot", "diskSnapshotName"),
}
_INSTANCE_SNAPSHOT: dict[str, Any] = {
    "lookup": ("GetInstanceSnapshot", "instanceSnapshot"),
    "delete": ("DeleteInstanceSnapshot", "instanceSnapshotName"),
}
_COPY: dict[str, Any] = {"operation": "CopySnapshot", "has_token": False}
METHODS = {
    "disk": Method(_disk, "CreateDiskSnapshot", **_DISK_SNAPSHOT),
    "system-volume": Method(_volume, "CreateDiskSnapshot", **_DISK_SNAPSHOT),
    "instance": Method(_instance, "CreateInstanceSnapshot", **_INSTANCE_SNAPSHOT),
    "copy-here": Method(_copy("old-disk", HERE), **_DISK_SNAPSHOT, **_COPY),
    "copy-there": Method(_copy("old-disk-there", THERE), **_DISK_SNAPSHOT, **_COPY),
    "copy-instance": Method(_copy("old-instance", HERE), **_INSTANCE_SNAPSHOT, **_COPY),
    "restore": Method(
        _restore, "CreateDiskFromSnapshot", ("GetDisk", "disk"), ("DeleteDisk", "diskName")
    ),
    "restore-instance": Method(
        _restore_instance,
        "CreateInstancesFromSnapshot",
        ("GetInstance", "instance"),
        ("DeleteInstance", "instanceName"),
    ),
}


@dataclass
class Outcome:
    """The outcome of a method: a resource or an error."""

    resource: Any = None
    error: LightsailSnapError | None = None


@dataclass
class Environment:
    """Disks, an instance, older snapshots, and a client with its own clock."""

    method: Method
    boto3_client: Any = None
    config: Config = field(default_factory=lambda: ONE_ATTEMPT)
    skew: float = 0.0
    progression: Progression = field(default_factory=lambda: Progression.by_polls(1, 1))
    client_clock: Clock | None = None
    wrap: Callable[[Transport], Transport] | None = None

    def __post_init__(self) -> None:
        self.clock = VirtualClock()
        self.emulator = InterceptedEmulator(self.clock)
        self.emulator.progression = Progression.instant()
        call = self.emulator.call
        for region, suffix in ((HERE, ""), (THERE, "-there")):
            self.emulator.add_disk("data-1", region_name=region, size_in_gb=16)
            call(
                "CreateDiskSnapshot",
                region,
                diskName="data-1",
                diskSnapshotName=f"old-disk{suffix}",
            )
        self.emulator.add_disk("data-2", region_name=HERE, size_in_gb=16)
        self.emulator.add_instance("web-1", region_name=HERE)
        call("CreateInstanceSnapshot", instanceName="web-1", instanceSnapshotName="old-instance")
        call("CreateDiskSnapshot", diskName="data-2", diskSnapshotName="old-disk-2")
        self.clock.sleep(3600)
        self.emulator.progression = self.progression
        self.start_time = self.clock.time()
        if self.method.operation not in _BEFORE:
            _BEFORE[self.method.operation] = set(self._operations()), set(self.resources())
        self.operations_before, self.resources_before = _BEFORE[self.method.operation]
        if self.boto3_client is None:
            self.boto3_client = self.emulator.boto3_client(HERE, self.config)
        else:
            self.emulator.install(self.boto3_client)

    def client(self) -> LightsailSnapClient:
        clock = self.client_clock or (
            SkewedClock(self.clock, self.skew) if self.skew else self.clock
        )
        policy = WaitPolicy(random=lambda: 0.5)
        if self.wrap is None:
            return LightsailSnapClient(self.boto3_client, clock=clock, wait_policy=policy)
        transport = self.wrap(BotoTransport(self.boto3_client))
        return LightsailSnapClient(transport=transport, clock=clock, wait_policy=policy)

    def run(self, **options: Any) -> Outcome:
        """Run the method; errors outside the library's tree propagate."""
        with self.client() as client:
            try:
                return Outcome(resource=self.method.run(client, **options))
            except LightsailSnapError as error:
                return Outcome(error=error)

    def inject(self, *faults: Fault) -> None:
        for fault in faults:
            self.emulator.inject(fault)

    def inject_at_creation(self, fault: Fault) -> None:
        """Inject a fault of the creating call."""
        self.emulator.inject(replace(fault, operation=self.method.operation))

    def act_after_creation(self, act: Callable[[], object], call: int = 1) -> None:
        """Let another client act right before a call after the creating one."""
        # A restore looks up its source first.
        index = call + (self.method.operation == "CreateDiskFromSnapshot")
        self.emulator.before = lambda _, number: act() if number == index else None

    def equal_parameters(self) -> dict[str, Any]:
        """Return the parameters of `create_as_other` that create an equal resource."""
        if self.method.has_token:
            return {"tags": [{"key": "env", "value": "prod"}]}
        is_instance = self.method.lookup[0] == "GetInstanceSnapshot"
        return {"sourceSnapshotName": "old-instance"} if is_instance else {}

    def create_as_other(self, **differing: Any) -> dict[str, Any]:
        """Create as another client what the method creates, with differing parameters."""
        members: dict[str, dict[str, Any]] = {
            "CreateDiskSnapshot": {"diskSnapshotName": NAME, "diskName": "data-1"},
            "CreateInstanceSnapshot": {"instanceSnapshotName": NAME, "instanceName": "web-1"},
            "CopySnapshot": {
                "targetSnapshotName": NAME,
                "sourceRegion": HERE,
                "sourceSnapshotName": "old-disk",
            },
            "CreateDiskFromSnapshot": {
                "diskName": NAME,
                "diskSnapshotName": "old-disk",
                "availabilityZone": f"{HERE}a",
                "sizeInGb": 16,
            },
            "CreateInstancesFromSnapshot": {
                "instanceNames": [NAME],
                "instanceSnapshotName": "old-instance",
                "availabilityZone": f"{HERE}a",
                "bundleId": "nano_3_0",
            },
        }
        operation = self.method.operation
        return self.emulator.call(operation, **members[operation] | differing)

    def delete(self) -> None:
        """Delete the resource named NAME as another client."""
        operation, member = self.method.delete
        self.emulator.call(operation, **{member: NAME})

    def resources(self) -> dict[tuple[str, str, str], dict[str, Any]]:
        return {
            (region, listing, resource["name"]): resource
            for region in (HERE, THERE)
            for listing, member in _LISTS.items()
            for resource in self.emulator.call(listing, region)[member]
        }

    def _operations(self) -> dict[str, dict[str, Any]]:
        return {
            each["id"]: each
            for region in (HERE, THERE)
            for each in self.emulator.call("GetOperations", region)["operations"]
        }

    def creations(self) -> list[dict[str, Any]]:
        """Return the operations that created the resource since the environment was set up."""
        made = self._operations()
        fresh = [made[key] for key in made.keys() - self.operations_before]
        # The second record of a call is about the source.
        return [
            each
            for each in fresh
            if each["operationType"] in CREATING and each["resourceName"] == NAME
        ]

    def find_resource(self) -> dict[str, Any] | None:
        """Return the resource that is named NAME now."""
        found = [resource for key, resource in self.resources().items() if key[2] == NAME]
        assert len(found) <= 1
        return found[0] if found else None

    def check_reported_outcome(self, outcome: Outcome) -> None:
        """Require that the outcome is about this call's resource, and that creation is not denied.

        What this call created is read from the service's store after each of its requests.
        """
        created, current_arn = self.emulator.created, self.emulator.current_arn()
        assert len(created) <= 1, created
        if outcome.error is not None:
            assert outcome.error.may_have_executed or not created, repr(outcome.error)
            return
        assert created == [outcome.resource.arn] == [current_arn], (
            created,
            outcome.resource,
            current_arn,
        )
        assert _state_of(outcome.resource) in _FINAL

    def check(self, outcome: Outcome, *, foreign: frozenset[str] = frozenset()) -> None:
        """Check the invariants by the service's state; `foreign` has other clients' ARNs."""
        creations, resources = self.creations(), self.resources()
        fresh = [
            resource for key, resource in resources.items() if key not in self.resources_before
        ]
        resource = fresh[0] if fresh else None
        # Nothing is created with another name or type, and nothing is created twice.
        assert [each["name"] for each in fresh] in ([], [NAME]), fresh
        if not foreign:
            assert len(creations) <= 1
            assert {each["operationType"] for each in creations} <= {self.method.operation}
        if outcome.error is None:
            # A returned resource exists, is of this call, and is usable.
            assert resource is not None
            assert outcome.resource.arn == resource["arn"]
            assert _state_of(outcome.resource) in _FINAL
            state = resource["state"]
            assert (state["name"] if isinstance(state, dict) else state) in _FINAL
            assert resource["arn"] not in foreign
            assert resource["createdAt"] >= round(self.start_time, 3)
            return
        error = outcome.error
        if resource is not None and resource["arn"] not in foreign:
            # A created resource is reported.
            assert error.may_have_executed or _explains_how_to_resume(error), error
        if isinstance(error, NameConflictError | OutcomeUnknownError):
            # The errors that the library derives have a cause.
            assert error.__cause__ is not None, error


def _explains_how_to_resume(error: LightsailSnapError) -> bool:
    return isinstance(error, WaitError) and "to keep waiting, call wait_for_" in str(error)


def without(*members: str) -> Callable[[str, Response], Response]:
    """Return a change that removes fields from the resources in lookups."""

    def change_response(_: str, response: Response) -> Response:
        body = json.loads(response.body) if response.body else {}
        for shape in ("diskSnapshot", "instanceSnapshot", "disk", "instance"):
            for member in members:
                body.get(shape, {}).pop(member, None)
        return replace(response, body=json.dumps(body).encode())

    return change_response


def refusing(
    *operations: str, code: str = "AccessDeniedException"
) -> Callable[[str, Response], Response]:
    """Return a change that refuses some operations."""
    refusal = json.dumps({"__type": code, "message": "no"}).encode()

    def change_response(operation: str, response: Response) -> Response:
        return replace(response, status=400, body=refusal) if operation in operations else response

    return change_response


def without_date(_: str, response: Response) -> Response:
    """Remove the header `Date`."""
    headers = {name: value for name, value in response.headers.items() if name != "Date"}
    return replace(response, headers=headers)


@dataclass(frozen=True)
class Kit:
    """Helpers of the tests in this folder."""

    methods: Mapping[str, Method]
    environment: Callable[..., Environment]
    without: Callable[..., Any]
    refusing: Callable[..., Any]
    without_date: Callable[..., Any]


@pytest.fixture(scope="session")
def kit() -> Iterator[Kit]:
    """Return the helpers.

    Environments with default settings share one boto3 client, which is slow to create.
    """
    with LightsailEmulator() as emulator:
        shared = emulator.boto3_client(HERE, ONE_ATTEMPT)

    def environment(method: str, **settings: Any) -> Environment:
        if "config" not in settings:
            settings["boto3_client"] = shared
        return Environment(METHODS[method], **settings)

    yield Kit(METHODS, environment, without, refusing, without_date)
    shared.close()
