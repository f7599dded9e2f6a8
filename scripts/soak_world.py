"""The world that scripts/soak.py lives in: a Lightsail that is watched, and what must be true."""

from __future__ import annotations

import gc
import hashlib
import json
import os
import pickle
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import boto3.session
from botocore.config import Config
from typing_extensions import override

from lightsail_snap import (
    DiskSnapshot,
    InstanceSnapshot,
    LightsailSnapClient,
    LightsailSnapError,
    VirtualClock,
    WaitPolicy,
)
from lightsail_snap.emulator import LightsailEmulator, Response
from lightsail_snap.emulator._store import OPERATION
from lightsail_snap.retention import OWNERSHIP_TAG

HERE, THERE = "us-east-1", "us-west-2"
REGIONS = (HERE, THERE)
# Canaries: they sign every request, and must not be seen in any error.
SECRETS: Final = (
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "FwoGZXIvYXdzEXAMPLESESSIONTOKEN0123456789",
)
OURS = frozenset({"nightly", "weekly", "direct"})
_MAKING = {
    ("CopySnapshot", "DiskSnapshot"),
    ("CopySnapshot", "InstanceSnapshot"),
    ("CreateDiskFromSnapshot", "Disk"),
    ("CreateDiskSnapshot", "DiskSnapshot"),
    ("CreateInstanceSnapshot", "InstanceSnapshot"),
}
_DELETING = {
    "DeleteDiskSnapshot": ("diskSnapshotName", "GetDiskSnapshots", "diskSnapshots"),
    "DeleteInstanceSnapshot": (
        "instanceSnapshotName",
        "GetInstanceSnapshots",
        "instanceSnapshots",
    ),
}
_LISTS = {
    "GetDisks": "disks",
    "GetDiskSnapshots": "diskSnapshots",
    "GetInstanceSnapshots": "instanceSnapshots",
    "GetInstances": "instances",
}
_DONE = {"completed", "available"}
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0

Things = dict[str, dict[str, Any]]
AnySnapshot = DiskSnapshot | InstanceSnapshot


class BrokenInvariantError(Exception):
    """What must always be true was not."""


class Log:
    """What happened, as a digest; and line by line in a file, if somebody wants to read it."""

    def __init__(self, path: Path | None) -> None:
        """Begin.

        Args:
            path: The file; None for none.
        """
        self._digest = hashlib.sha256()
        self._file = None if path is None else path.open("w", encoding="utf-8")

    def say(self, line: str) -> None:
        """Note a line.

        Args:
            line: The line, without a break.
        """
        self._digest.update(f"{line}\n".encode())
        if self._file is not None:
            self._file.write(f"{line}\n")

    def end(self) -> str:
        """Close the log.

        Returns:
            Its digest.
        """
        if self._file is not None:
            self._file.close()
        return self._digest.hexdigest()[:16]


class Watched(LightsailEmulator):
    """A Lightsail that looks at every deletion before it carries it out."""

    def __init__(self, clock: VirtualClock, seed: int, log: Log) -> None:
        """Make it.

        Args:
            clock: Tells its time.
            seed: What its ids are drawn from.
            log: Is told of every request.
        """
        super().__init__(clock=clock, seed=seed, page_size=20)
        self.broken: list[str] = []
        self._log = log

    @override
    def exchange(self, headers: Mapping[str, str], body: bytes) -> Response:
        answer = super().exchange(headers, body)
        target = headers["X-Amz-Target"].rpartition(".")[2]
        self._log.say(f"{self.clock.time():.3f} {target} {answer.status} {answer.ending.name}")
        return answer

    @override
    def handle(self, region: str, operation: str, payload: bytes | Mapping[str, Any]) -> Response:
        if operation in _DELETING:
            request = json.loads(payload) if isinstance(payload, bytes) else payload
            self._judge(region, operation, request)
        return super().handle(region, operation, payload)

    def do(self, operation: str, region: str, **members: object) -> dict[str, Any]:
        """Act as somebody else, whom nobody watches and no fault touches.

        Args:
            operation: The API operation.
            region: Where.
            **members: The request.

        Returns:
            The answer.

        Raises:
            BrokenInvariantError: If it was refused; the script never does what would be.
        """
        answer = super().handle(region, operation, members)
        told: dict[str, Any] = json.loads(answer.body)
        if "__type" in told:
            message = f"{operation} of somebody else's was refused: {told}"
            raise BrokenInvariantError(message)
        return told

    def every(self, operation: str, region: str, member: str) -> list[dict[str, Any]]:
        """List to the end.

        Args:
            operation: The API operation.
            region: Where.
            member: What holds the items.

        Returns:
            All items.
        """
        items: list[dict[str, Any]] = []
        token: dict[str, Any] = {}
        while True:
            page = self.do(operation, region, **token)
            items += page[member]
            if "nextPageToken" not in page:
                return items
            token = {"pageToken": page["nextPageToken"]}

    def things(self, region: str) -> Things:
        """List all resources.

        Args:
            region: Where.

        Returns:
            Them, by name.

        Raises:
            BrokenInvariantError: If two have the same name.
        """
        listed = [
            thing
            for listing, member in _LISTS.items()
            for thing in self.every(listing, region, member)
        ]
        found = {thing["name"]: thing for thing in listed}
        if len(found) != len(listed):
            twice = Counter(thing["name"] for thing in listed).most_common(1)[0][0]
            message = f"{twice} is there twice in {region}"
            raise BrokenInvariantError(message)
        return found

    def snapshots(self, region: str) -> dict[str, AnySnapshot]:
        """List all snapshots, as the library reads them.

        Args:
            region: Where.

        Returns:
            Them, by name.
        """
        disks = self.every("GetDiskSnapshots", region, "diskSnapshots")
        instances = self.every("GetInstanceSnapshots", region, "instanceSnapshots")
        found: list[AnySnapshot] = [DiskSnapshot.from_wire(each) for each in disks]
        found += [InstanceSnapshot.from_wire(each) for each in instances]
        return {each.name: each for each in found}

    def creations(self) -> Counter[tuple[str, str]]:
        """Count what made something since operations were last forgotten.

        Returns:
            How many operations made what, by region and name.
        """
        return Counter(
            (region, each["resourceName"])
            for region in REGIONS
            for each in self.every("GetOperations", region, "operations")
            # The second record of one call is about the source.
            if (each["operationType"], each["resourceType"]) in _MAKING
        )

    def forget_operations(self) -> None:
        """Forget all operations: what is to be measured is the client, not this history."""
        with self._store.transaction():
            for region in REGIONS:
                for record in self._store.list_newest(region, OPERATION):
                    self._store.remove(record)

    def _judge(self, region: str, operation: str, request: Mapping[str, Any]) -> None:
        member, listing, things = _DELETING[operation]
        listed = {each["name"]: each for each in self.every(listing, region, things)}
        doomed = listed.get(request[member])
        if doomed is None:
            return
        owner = _owner(doomed)
        if owner not in OURS:
            self.broken.append(f"the foreign snapshot {doomed['name']} was deleted in {region}")
        alike = [
            each
            for each in listed.values()
            if each["state"] in _DONE and _owner(each) == owner and _source(each) == _source(doomed)
        ]
        if doomed in alike and doomed["createdAt"] == max(each["createdAt"] for each in alike):
            self.broken.append(f"the newest snapshot {doomed['name']} was deleted in {region}")


def _owner(thing: Mapping[str, Any]) -> str | None:
    owners = [tag.get("value") for tag in thing["tags"] if tag["key"] == OWNERSHIP_TAG]
    return owners[0] if owners else None


def _source(thing: Mapping[str, Any]) -> tuple[object, object]:
    return thing.get("fromDiskName"), thing.get("fromInstanceName")


def client_of(
    emulator: LightsailEmulator, region: str, clock: VirtualClock, chance: random.Random
) -> LightsailSnapClient:
    """Make a client that signs with the canaries.

    Args:
        emulator: What it talks to.
        region: Where.
        clock: Lets its time pass.
        chance: What its pauses are drawn from.

    Returns:
        The client.
    """
    session = boto3.session.Session(
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key=SECRETS[0],
        aws_session_token=SECRETS[1],
    )
    # botocore would pause on the machine's own clock before it sends again.
    config = Config(retries={"total_max_attempts": 1})
    boto: Any = session.client("lightsail", region_name=region, config=config)
    emulator.install(boto)
    return LightsailSnapClient(boto, clock=clock, wait_policy=WaitPolicy(random=chance.random))


def check_error(error: BaseException) -> None:
    """Look through an error and all that it carries for secrets.

    Args:
        error: The error.

    Raises:
        BrokenInvariantError: If there is one.
    """
    told = [pickle.dumps(error) if isinstance(error, LightsailSnapError) else b""]
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is None or len(told) > 100:  # noqa: PLR2004 - errors may go round in circles
            continue
        notes = getattr(each, "__notes__", ())
        told.append(f"{each} {each!r} {notes} {vars(each)}".encode())
        waiting += [each.__cause__, each.__context__]
        if isinstance(each, BaseExceptionGroup):
            waiting += each.exceptions
    for secret in SECRETS:
        if any(secret.encode() in text for text in told):
            message = f"a secret is in a {type(error).__name__}"
            raise BrokenInvariantError(message)


@dataclass(frozen=True)
class Footprint:
    """What the process holds.

    Attributes:
        objects: How many objects of this library's classes, the emulator's left out.
        memory: How many bytes are resident; 0 where that cannot be told.
        descriptors: How many files and sockets are open; 0 where that cannot be told.
    """

    objects: int
    memory: int
    descriptors: int


def footprint() -> Footprint:
    """Measure what the process holds.

    Returns:
        It.
    """
    gc.collect()
    # Some classes have something else than a text there.
    modules = [str(type(each).__module__) for each in gc.get_objects()]
    objects = sum(
        name.startswith("lightsail_snap.") and not name.startswith("lightsail_snap.emulator")
        for name in modules
    )
    statm, descriptors = Path("/proc/self/statm"), Path("/proc/self/fd")
    memory = int(statm.read_text().split()[1]) * _PAGE if statm.exists() else 0
    return Footprint(objects, memory, len(list(descriptors.iterdir())) if memory else 0)


_MOST_OBJECTS, _MOST_MEMORY, _MOST_DESCRIPTORS = 200, 8 * 2**20, 2


def check_footprint(before: Footprint, after: Footprint) -> None:
    """Find leaks.

    Args:
        before: What was held when the process had warmed up.
        after: What it holds in the end.

    Raises:
        BrokenInvariantError: If it is more than chance explains.
    """
    for name, most in (
        ("objects", _MOST_OBJECTS),
        ("memory", _MOST_MEMORY),
        ("descriptors", _MOST_DESCRIPTORS),
    ):
        grown = getattr(after, name) - getattr(before, name)
        if grown > most:
            message = f"{name} grew by {grown:,} from {getattr(before, name):,}: something leaks"
            raise BrokenInvariantError(message)
