"""A world in which jobs are disturbed, and the laws that hold whatever happens to them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from botocore.config import Config

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
}
_LISTS = {
    "GetDisks": "disks",
    "GetDiskSnapshots": "diskSnapshots",
    "GetInstanceSnapshots": "instanceSnapshots",
}
_FINAL = {"completed", "available"}
# Worlds begin alike to the last id, so what stands there in the beginning is listed only once.
_BEFORE: dict[str, tuple[set[str], set[tuple[str, str, str]]]] = {}


class Meddled(LightsailEmulator):
    """An emulator where others may act before and after every call, and change its answer."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock=clock, page_size=200)
        self.asked: list[str] = []
        self.created: list[str] = []
        self.before: Callable[[str, int], object] = lambda _operation, _index: None
        self.after: Callable[[str, int], object] = lambda _operation, _index: None
        self.alter: Callable[[str, Response], Response] = lambda _operation, answer: answer

    def exchange(self, headers: Mapping[str, str], body: bytes) -> Response:
        target = {name.lower(): value for name, value in headers.items()}["x-amz-target"]
        operation, index = target.rpartition(".")[2], len(self.asked)
        self.asked.append(operation)
        self.before(operation, index)
        holder = self.holder() if operation in CREATING else None
        try:
            answer = super().exchange(headers, body)
        finally:
            if operation in CREATING and (now := self.holder()) not in {None, holder}:
                self.created.append(str(now))
        answer = self.alter(operation, answer)
        self.after(operation, index)
        return answer

    def holder(self) -> str | None:
        """Return the ARN of the resource that holds the name NAME now."""
        # A request would count as a poll, by which the resource progresses.
        query = "SELECT wire FROM records WHERE region = ? AND name = ?"
        found = self._store._db.execute(query, (HERE, NAME)).fetchall()
        return str(json.loads(found[0][0])["arn"]) if found else None

    def do(self, operation: str, region: str = HERE, **members: Any) -> dict[str, Any]:
        """Act as somebody else, whom no fault and no hook touches; refusals do not matter."""
        answer: dict[str, Any] = json.loads(self.handle(region, operation, members).body)
        return answer


@dataclass(frozen=True)
class Job:
    """A job that makes one thing by the name NAME."""

    run: Callable[..., Any]
    operation: str
    look: tuple[str, str]
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


_DISK_SNAPSHOT: dict[str, Any] = {
    "look": ("GetDiskSnapshot", "diskSnapshot"),
    "delete": ("DeleteDiskSnapshot", "diskSnapshotName"),
}
_INSTANCE_SNAPSHOT: dict[str, Any] = {
    "look": ("GetInstanceSnapshot", "instanceSnapshot"),
    "delete": ("DeleteInstanceSnapshot", "instanceSnapshotName"),
}
_COPY: dict[str, Any] = {"operation": "CopySnapshot", "has_token": False}
JOBS = {
    "disk": Job(_disk, "CreateDiskSnapshot", **_DISK_SNAPSHOT),
    "system-volume": Job(_volume, "CreateDiskSnapshot", **_DISK_SNAPSHOT),
    "instance": Job(_instance, "CreateInstanceSnapshot", **_INSTANCE_SNAPSHOT),
    "copy-here": Job(_copy("old-disk", HERE), **_DISK_SNAPSHOT, **_COPY),
    "copy-there": Job(_copy("old-disk-there", THERE), **_DISK_SNAPSHOT, **_COPY),
    "copy-instance": Job(_copy("old-instance", HERE), **_INSTANCE_SNAPSHOT, **_COPY),
    "restore": Job(
        _restore, "CreateDiskFromSnapshot", ("GetDisk", "disk"), ("DeleteDisk", "diskName")
    ),
}


@dataclass
class Outcome:
    """How a job ended: with a thing or with an error."""

    thing: Any = None
    error: LightsailSnapError | None = None


@dataclass
class World:
    """What a job lives in: disks, an instance, old snapshots, and a client on its own clock."""

    job: Job
    boto3_client: Any = None
    config: Config = field(default_factory=lambda: ONE_ATTEMPT)
    skew: float = 0.0
    progression: Progression = field(default_factory=lambda: Progression.by_polls(1, 1))
    client_clock: Clock | None = None
    wrap: Callable[[Transport], Transport] | None = None

    def __post_init__(self) -> None:
        self.clock = VirtualClock()
        self.emulator = Meddled(self.clock)
        self.emulator.progression = Progression.instant()
        do = self.emulator.do
        for region, suffix in ((HERE, ""), (THERE, "-there")):
            self.emulator.add_disk("data-1", region_name=region, size_in_gb=16)
            do(
                "CreateDiskSnapshot",
                region,
                diskName="data-1",
                diskSnapshotName=f"old-disk{suffix}",
            )
        self.emulator.add_disk("data-2", region_name=HERE, size_in_gb=16)
        self.emulator.add_instance("web-1", region_name=HERE)
        do("CreateInstanceSnapshot", instanceName="web-1", instanceSnapshotName="old-instance")
        do("CreateDiskSnapshot", diskName="data-2", diskSnapshotName="old-disk-2")
        self.clock.sleep(3600)
        self.emulator.progression = self.progression
        self.begun = self.clock.time()
        if self.job.operation not in _BEFORE:
            _BEFORE[self.job.operation] = set(self._operations()), set(self.things())
        self.operations_before, self.things_before = _BEFORE[self.job.operation]
        if self.boto3_client is None:
            self.boto3_client = self.emulator.boto3_client(HERE, self.config)
        else:
            self.emulator.install(self.boto3_client)

    def client(self) -> LightsailSnapClient:
        clock = self.client_clock or (_Skewed(self.clock, self.skew) if self.skew else self.clock)
        policy = WaitPolicy(random=lambda: 0.5)
        if self.wrap is None:
            return LightsailSnapClient(self.boto3_client, clock=clock, wait_policy=policy)
        transport = self.wrap(BotoTransport(self.boto3_client))
        return LightsailSnapClient(transport=transport, clock=clock, wait_policy=policy)

    def run(self, **options: Any) -> Outcome:
        """Run the job; nothing but an error of ours may come out of it."""
        with self.client() as client:
            try:
                return Outcome(thing=self.job.run(client, **options))
            except LightsailSnapError as error:
                return Outcome(error=error)

    def inject(self, *faults: Fault) -> None:
        for fault in faults:
            self.emulator.inject(fault)

    def foreign(self, **differing: Any) -> dict[str, Any]:
        """Let somebody else make what the job makes, unless told otherwise."""
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
        }
        operation = self.job.operation
        return self.emulator.do(operation, **members[operation] | differing)

    def delete(self) -> None:
        """Let somebody delete what is there by the job's name."""
        operation, member = self.job.delete
        self.emulator.do(operation, **{member: NAME})

    def things(self) -> dict[tuple[str, str, str], dict[str, Any]]:
        return {
            (region, listing, thing["name"]): thing
            for region in (HERE, THERE)
            for listing, member in _LISTS.items()
            for thing in self.emulator.do(listing, region)[member]
        }

    def _operations(self) -> dict[str, dict[str, Any]]:
        return {
            each["id"]: each
            for region in (HERE, THERE)
            for each in self.emulator.do("GetOperations", region)["operations"]
        }

    def creations(self) -> list[dict[str, Any]]:
        """Find the operations that made something since the world stood."""
        made = self._operations()
        fresh = [made[key] for key in made.keys() - self.operations_before]
        # The second record of one call is about the source.
        return [
            each
            for each in fresh
            if each["operationType"] in CREATING and each["resourceName"] == NAME
        ]

    def there(self) -> dict[str, Any] | None:
        """Find what is there now by the job's name."""
        found = [thing for key, thing in self.things().items() if key[2] == NAME]
        assert len(found) <= 1
        return found[0] if found else None

    def check_honesty(self, outcome: Outcome) -> None:
        """Require that the outcome tells of this call's resources only, and denies none.

        What this call created is read from the service's store after each of its requests.
        """
        created, holder = self.emulator.created, self.emulator.holder()
        assert len(created) <= 1, created
        if outcome.error is not None:
            assert outcome.error.may_have_executed or not created, repr(outcome.error)
            return
        assert created == [outcome.thing.arn] == [holder], (created, outcome.thing, holder)
        assert outcome.thing.state in _FINAL

    def check(self, outcome: Outcome, *, foreign: frozenset[str] = frozenset()) -> None:
        """Hold the laws, by what the service really has.

        Args:
            outcome: How the job ended.
            foreign: The ARNs of what others made.
        """
        creations, things = self.creations(), self.things()
        fresh = [thing for key, thing in things.items() if key not in self.things_before]
        thing = fresh[0] if fresh else None
        # Nothing is made under another name or of another type, and nothing is made twice.
        assert [each["name"] for each in fresh] in ([], [NAME]), fresh
        if not foreign:
            assert len(creations) <= 1
            assert {each["operationType"] for each in creations} <= {self.job.operation}
        if outcome.error is None:
            # A success is one: what is returned is there, is this call's, and can be used.
            assert thing is not None
            assert outcome.thing.arn == thing["arn"]
            assert outcome.thing.state in _FINAL
            assert thing["state"] in _FINAL
            assert thing["arn"] not in foreign
            assert thing["createdAt"] >= round(self.begun, 3)
            return
        error = outcome.error
        if thing is not None and thing["arn"] not in foreign:
            # What was made is not passed over in silence.
            assert error.may_have_executed or _tells_how_to_resume(error), error
        if isinstance(error, NameConflictError | OutcomeUnknownError):
            # The library's own verdicts tell what they rest on.
            assert error.__cause__ is not None, error


def _tells_how_to_resume(error: LightsailSnapError) -> bool:
    return isinstance(error, WaitError) and "to keep waiting, call wait_for_" in str(error)


class _Skewed:
    """A clock that goes as the other does, and is wrong."""

    def __init__(self, right: VirtualClock, wrong_by: float) -> None:
        self._right = right
        self._wrong_by = wrong_by

    def time(self) -> float:
        return self._right.time() + self._wrong_by

    def monotonic(self) -> float:
        return self._right.monotonic()

    def sleep(self, seconds: float) -> None:
        self._right.sleep(seconds)


def without(*members: str) -> Callable[[str, Response], Response]:
    """Take members out of the things that look-ups show."""

    def alter(_: str, answer: Response) -> Response:
        body = json.loads(answer.body) if answer.body else {}
        for shape in ("diskSnapshot", "instanceSnapshot", "disk"):
            for member in members:
                body.get(shape, {}).pop(member, None)
        return replace(answer, body=json.dumps(body).encode())

    return alter


def refusing(
    *operations: str, code: str = "AccessDeniedException"
) -> Callable[[str, Response], Response]:
    """Refuse some operations."""
    refusal = json.dumps({"__type": code, "message": "no"}).encode()

    def alter(operation: str, answer: Response) -> Response:
        return replace(answer, status=400, body=refusal) if operation in operations else answer

    return alter


def without_date(_: str, answer: Response) -> Response:
    """Take the header `Date` away."""
    headers = {name: value for name, value in answer.headers.items() if name != "Date"}
    return replace(answer, headers=headers)


@dataclass(frozen=True)
class Kit:
    """What the tests of this folder work with."""

    jobs: Mapping[str, Job]
    world: Callable[..., World]
    without: Callable[..., Any]
    refusing: Callable[..., Any]
    without_date: Callable[..., Any]


@pytest.fixture(scope="session")
def kit() -> Iterator[Kit]:
    """Make worlds; those with the usual settings share one boto3 client, which is slow to make."""
    with LightsailEmulator() as emulator:
        shared = emulator.boto3_client(HERE, ONE_ATTEMPT)

    def world(job: str, **settings: Any) -> World:
        if "config" not in settings:
            settings["boto3_client"] = shared
        return World(JOBS[job], **settings)

    yield Kit(JOBS, world, without, refusing, without_date)
    shared.close()
