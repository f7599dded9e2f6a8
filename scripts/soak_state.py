"""State and invariants of scripts/soak.py."""

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
# They sign every request and must not be in any error.
SECRETS: Final = (
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "FwoGZXIvYXdzEXAMPLESESSIONTOKEN0123456789",
)
OWNERS = frozenset({"nightly", "weekly", "direct"})
_CREATING = {
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
_FINAL = {"completed", "available"}
_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0

Resources = dict[str, dict[str, Any]]
AnySnapshot = DiskSnapshot | InstanceSnapshot


class BrokenInvariantError(Exception):
    """An invariant does not hold."""


class Log:
    """A digest of all events, which are also written to a file if there is one."""

    def __init__(self, path: Path | None) -> None:
        self._digest = hashlib.sha256()
        self._file = None if path is None else path.open("w", encoding="utf-8")

    def write(self, line: str) -> None:
        """Record an event."""
        self._digest.update(f"{line}\n".encode())
        if self._file is not None:
            self._file.write(f"{line}\n")

    def end(self) -> str:
        """Close the file and return the digest."""
        if self._file is not None:
            self._file.close()
        return self._digest.hexdigest()[:16]


class CheckingEmulator(LightsailEmulator):
    """An emulator that checks every deletion before it is executed."""

    def __init__(self, clock: VirtualClock, seed: int, log: Log) -> None:
        super().__init__(clock=clock, seed=seed, page_size=20)
        self.broken: list[str] = []
        self._log = log

    @override
    def exchange(self, headers: Mapping[str, str], body: bytes) -> Response:
        response = super().exchange(headers, body)
        target = headers["X-Amz-Target"].rpartition(".")[2]
        self._log.write(
            f"{self.clock.time():.3f} {target} {response.status} {response.ending.name}"
        )
        return response

    @override
    def handle(self, region: str, operation: str, payload: bytes | Mapping[str, Any]) -> Response:
        if operation in _DELETING:
            request = json.loads(payload) if isinstance(payload, bytes) else payload
            self._check_deletion(region, operation, request)
        return super().handle(region, operation, payload)

    def call(self, operation: str, region: str, **members: object) -> dict[str, Any]:
        """Call an operation as another client, without faults and checks."""
        response = super().handle(region, operation, members)
        parsed: dict[str, Any] = json.loads(response.body)
        if "__type" in parsed:
            message = f"{operation} by another client was refused: {parsed}"
            raise BrokenInvariantError(message)
        return parsed

    def list_all(self, operation: str, region: str, member: str) -> list[dict[str, Any]]:
        """Return the items of all pages."""
        items: list[dict[str, Any]] = []
        token: dict[str, Any] = {}
        while True:
            page = self.call(operation, region, **token)
            items += page[member]
            if "nextPageToken" not in page:
                return items
            token = {"pageToken": page["nextPageToken"]}

    def resources(self, region: str) -> Resources:
        """Return all resources of a Region by name."""
        listed = [
            resource
            for listing, member in _LISTS.items()
            for resource in self.list_all(listing, region, member)
        ]
        found = {resource["name"]: resource for resource in listed}
        if len(found) != len(listed):
            twice = Counter(resource["name"] for resource in listed).most_common(1)[0][0]
            message = f"{twice} exists twice in {region}"
            raise BrokenInvariantError(message)
        return found

    def snapshots(self, region: str) -> dict[str, AnySnapshot]:
        """Return all snapshots of a Region by name, as models."""
        disks = self.list_all("GetDiskSnapshots", region, "diskSnapshots")
        instances = self.list_all("GetInstanceSnapshots", region, "instanceSnapshots")
        found: list[AnySnapshot] = [DiskSnapshot.from_wire(each) for each in disks]
        found += [InstanceSnapshot.from_wire(each) for each in instances]
        return {each.name: each for each in found}

    def creations(self) -> Counter[tuple[str, str]]:
        """Count the creating operations since the last `forget_operations`, by Region and name."""
        return Counter(
            (region, each["resourceName"])
            for region in REGIONS
            for each in self.list_all("GetOperations", region, "operations")
            # The second record of a call is about the source.
            if (each["operationType"], each["resourceType"]) in _CREATING
        )

    def forget_operations(self) -> None:
        """Remove all operation records, so that the footprint is that of the client."""
        with self._store.transaction():
            for region in REGIONS:
                for record in self._store.newest(region, OPERATION):
                    self._store.remove(record)

    def _check_deletion(self, region: str, operation: str, request: Mapping[str, Any]) -> None:
        member, listing, resources = _DELETING[operation]
        listed = {each["name"]: each for each in self.list_all(listing, region, resources)}
        victim = listed.get(request[member])
        if victim is None:
            return
        owner = _owner(victim)
        if owner not in OWNERS:
            self.broken.append(f"the foreign snapshot {victim['name']} was deleted in {region}")
        siblings = [
            each
            for each in listed.values()
            if each["state"] in _FINAL
            and _owner(each) == owner
            and _source(each) == _source(victim)
        ]
        if victim in siblings and victim["createdAt"] == max(
            each["createdAt"] for each in siblings
        ):
            self.broken.append(f"the newest snapshot {victim['name']} was deleted in {region}")


def _owner(resource: Mapping[str, Any]) -> str | None:
    owners = [tag.get("value") for tag in resource["tags"] if tag["key"] == OWNERSHIP_TAG]
    return owners[0] if owners else None


def _source(resource: Mapping[str, Any]) -> tuple[object, object]:
    return resource.get("fromDiskName"), resource.get("fromInstanceName")


def make_client(
    emulator: LightsailEmulator, region: str, clock: VirtualClock, random_source: random.Random
) -> LightsailSnapClient:
    """Return a client that signs with the canaries."""
    session = boto3.session.Session(
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key=SECRETS[0],
        aws_session_token=SECRETS[1],
    )
    # botocore's retries would pause on the machine's clock.
    config = Config(retries={"total_max_attempts": 1})
    boto: Any = session.client("lightsail", region_name=region, config=config)
    emulator.install(boto)
    return LightsailSnapClient(
        boto, clock=clock, wait_policy=WaitPolicy(random=random_source.random)
    )


def check_error(error: BaseException) -> None:
    """Require that an error contains no credentials."""
    parsed = [pickle.dumps(error) if isinstance(error, LightsailSnapError) else b""]
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is None or len(parsed) > 100:  # noqa: PLR2004 - causes may be circular
            continue
        notes = getattr(each, "__notes__", ())
        parsed.append(f"{each} {each!r} {notes} {vars(each)}".encode())
        waiting += [each.__cause__, each.__context__]
        if isinstance(each, BaseExceptionGroup):
            waiting += each.exceptions
    for secret in SECRETS:
        if any(secret.encode() in text for text in parsed):
            message = f"a secret is in a {type(error).__name__}"
            raise BrokenInvariantError(message)


@dataclass(frozen=True)
class Footprint:
    """Resources of the process.

    Attributes:
        objects: Number of objects of the library's classes, without those of the emulator.
        memory: Resident bytes; 0 if unknown.
        descriptors: Number of open files and sockets; 0 if unknown.
    """

    objects: int
    memory: int
    descriptors: int


def footprint() -> Footprint:
    """Measure the footprint of the process."""
    gc.collect()
    # `__module__` of some classes is not a string.
    modules = [str(type(each).__module__) for each in gc.get_objects()]
    objects = sum(
        name.startswith("lightsail_snap.") and not name.startswith("lightsail_snap.emulator")
        for name in modules
    )
    statm, descriptors = Path("/proc/self/statm"), Path("/proc/self/fd")
    memory = int(statm.read_text().split()[1]) * _PAGE if statm.exists() else 0
    return Footprint(objects, memory, len(list(descriptors.iterdir())) if memory else 0)


_MAX_OBJECTS, _MAX_MEMORY_BYTES, _MAX_DESCRIPTORS = 200, 8 * 2**20, 2


def check_footprint(before: Footprint, after: Footprint) -> None:
    """Require that the footprint has not grown."""
    for name, count in (
        ("objects", _MAX_OBJECTS),
        ("memory", _MAX_MEMORY_BYTES),
        ("descriptors", _MAX_DESCRIPTORS),
    ):
        grown = getattr(after, name) - getattr(before, name)
        if grown > count:
            message = f"{name} grew by {grown:,} from {getattr(before, name):,}, which is a leak"
            raise BrokenInvariantError(message)
