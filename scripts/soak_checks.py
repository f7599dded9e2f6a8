"""Checks of scripts/soak.py: an emulator that checks deletions, and the invariants."""

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
# Canaries: they sign every request, and must not appear in any error.
SECRETS: Final = (
    "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "FwoGZXIvYXdzEXAMPLESESSIONTOKEN0123456789",
)
MANAGED_OWNERS = frozenset({"nightly", "weekly", "direct"})
_CREATIONS = {
    ("CopySnapshot", "DiskSnapshot"),
    ("CopySnapshot", "InstanceSnapshot"),
    ("CreateDiskFromSnapshot", "Disk"),
    ("CreateDiskSnapshot", "DiskSnapshot"),
    ("CreateInstanceSnapshot", "InstanceSnapshot"),
}
_DELETIONS = {
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
_FINISHED_STATES = {"completed", "available"}
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0

Resources = dict[str, dict[str, Any]]
AnySnapshot = DiskSnapshot | InstanceSnapshot


class BrokenInvariantError(Exception):
    """An invariant is broken."""


class Log:
    """Digest of all events, and optionally a file with one line for each."""

    def __init__(self, path: Path | None) -> None:
        """Open the file, if there is one."""
        self._digest = hashlib.sha256()
        self._file = None if path is None else path.open("w", encoding="utf-8")

    def write(self, line: str) -> None:
        """Add a line."""
        self._digest.update(f"{line}\n".encode())
        if self._file is not None:
            self._file.write(f"{line}\n")

    def close(self) -> str:
        """Close the file and return the digest."""
        if self._file is not None:
            self._file.close()
        return self._digest.hexdigest()[:16]


class CheckedEmulator(LightsailEmulator):
    """An emulator that checks every deletion before it executes it."""

    def __init__(self, clock: VirtualClock, seed: int, log: Log) -> None:
        """Create an emulator."""
        super().__init__(clock=clock, seed=seed, page_size=20)
        self.broken: list[str] = []
        self._log = log

    @override
    def exchange(self, headers: Mapping[str, str], body: bytes) -> Response:
        response = super().exchange(headers, body)
        target = headers["X-Amz-Target"].rpartition(".")[2]
        status, ending = response.status, response.ending.name
        self._log.write(f"{self.clock.time():.3f} {target} {status} {ending}")
        return response

    @override
    def handle(self, region: str, operation: str, payload: bytes | Mapping[str, Any]) -> Response:
        if operation in _DELETIONS:
            request = json.loads(payload) if isinstance(payload, bytes) else payload
            self._check_deletion(region, operation, request)
        return super().handle(region, operation, payload)

    def call_as_other_client(self, operation: str, region: str, **fields: object) -> dict[str, Any]:
        """Call an operation as another client, without faults and checks."""
        response: dict[str, Any] = json.loads(super().handle(region, operation, fields).body)
        if "__type" in response:
            message = f"{operation} of another client was refused: {response}"
            raise BrokenInvariantError(message)
        return response

    def list_all(self, operation: str, region: str, field: str) -> list[dict[str, Any]]:
        """Return the items of all pages."""
        items: list[dict[str, Any]] = []
        token: dict[str, Any] = {}
        while True:
            page = self.call_as_other_client(operation, region, **token)
            items += page[field]
            if "nextPageToken" not in page:
                return items
            token = {"pageToken": page["nextPageToken"]}

    def resources(self, region: str) -> Resources:
        """Return all resources of a region by name."""
        listed = [
            resource
            for listing, field in _LISTS.items()
            for resource in self.list_all(listing, region, field)
        ]
        found = {each["name"]: each for each in listed}
        if len(found) != len(listed):
            name = Counter(each["name"] for each in listed).most_common(1)[0][0]
            message = f"{name} exists twice in {region}"
            raise BrokenInvariantError(message)
        return found

    def snapshots(self, region: str) -> dict[str, AnySnapshot]:
        """Return the snapshots of a region by name, as the package models them."""
        disks = self.list_all("GetDiskSnapshots", region, "diskSnapshots")
        instances = self.list_all("GetInstanceSnapshots", region, "instanceSnapshots")
        found: list[AnySnapshot] = [DiskSnapshot.from_wire(each) for each in disks]
        found += [InstanceSnapshot.from_wire(each) for each in instances]
        return {each.name: each for each in found}

    def creations(self) -> Counter[tuple[str, str]]:
        """Count the operations that created each resource since `forget_operations`."""
        return Counter(
            (region, each["resourceName"])
            for region in REGIONS
            for each in self.list_all("GetOperations", region, "operations")
            # A call adds a second record for the source.
            if (each["operationType"], each["resourceType"]) in _CREATIONS
        )

    def forget_operations(self) -> None:
        """Remove all operations, so that their history does not use memory."""
        with self._store.transaction():
            for region in REGIONS:
                for record in self._store.list_newest(region, OPERATION):
                    self._store.remove(record)

    def _check_deletion(self, region: str, operation: str, request: Mapping[str, Any]) -> None:
        name_field, listing, list_field = _DELETIONS[operation]
        listed = {each["name"]: each for each in self.list_all(listing, region, list_field)}
        deleted = listed.get(request[name_field])
        if deleted is None:
            return
        owner = _owner(deleted)
        if owner not in MANAGED_OWNERS:
            self.broken.append(f"the foreign snapshot {deleted['name']} was deleted in {region}")
        completed = [
            each
            for each in listed.values()
            if each["state"] in _FINISHED_STATES
            and _owner(each) == owner
            and _source(each) == _source(deleted)
        ]
        if deleted in completed and deleted["createdAt"] == max(
            each["createdAt"] for each in completed
        ):
            self.broken.append(f"the newest snapshot {deleted['name']} was deleted in {region}")


def _owner(resource: Mapping[str, Any]) -> str | None:
    owners = [tag.get("value") for tag in resource["tags"] if tag["key"] == OWNERSHIP_TAG]
    return owners[0] if owners else None


def _source(resource: Mapping[str, Any]) -> tuple[object, object]:
    return resource.get("fromDiskName"), resource.get("fromInstanceName")


def create_client(
    emulator: LightsailEmulator, region: str, clock: VirtualClock, chance: random.Random
) -> LightsailSnapClient:
    """Create a client that signs with the canaries."""
    session = boto3.session.Session(
        aws_access_key_id="AKIAIOSFODNN7EXAMPLE",
        aws_secret_access_key=SECRETS[0],
        aws_session_token=SECRETS[1],
    )
    # Retries of botocore would sleep on the system clock.
    config = Config(retries={"total_max_attempts": 1})
    boto: Any = session.client("lightsail", region_name=region, config=config)
    emulator.install(boto)
    return LightsailSnapClient(boto, clock=clock, wait_policy=WaitPolicy(random=chance.random))


def check_error(error: BaseException) -> None:
    """Fail if an error, its notes, its causes or its pickled form contain a secret."""
    forms = [pickle.dumps(error) if isinstance(error, LightsailSnapError) else b""]
    pending: list[BaseException | None] = [error]
    while pending:
        each = pending.pop()
        if each is None or len(forms) > 100:  # noqa: PLR2004 - causes of errors can form a cycle
            continue
        notes = getattr(each, "__notes__", ())
        forms.append(f"{each} {each!r} {notes} {vars(each)}".encode())
        pending += [each.__cause__, each.__context__]
        if isinstance(each, BaseExceptionGroup):
            pending += each.exceptions
    for secret in SECRETS:
        if any(secret.encode() in form for form in forms):
            message = f"a {type(error).__name__} contains a secret"
            raise BrokenInvariantError(message)


@dataclass(frozen=True)
class Footprint:
    """Resources that the process uses.

    Attributes:
        objects: Number of objects of the package, without those of the emulator.
        memory: Resident bytes; 0 on systems without /proc.
        descriptors: Number of open files and sockets; 0 on systems without /proc.
    """

    objects: int
    memory: int
    descriptors: int


def footprint() -> Footprint:
    """Measure the resources that the process uses."""
    gc.collect()
    # __module__ of some classes is not a string.
    modules = [str(type(each).__module__) for each in gc.get_objects()]
    objects = sum(
        name.startswith("lightsail_snap.") and not name.startswith("lightsail_snap.emulator")
        for name in modules
    )
    statm, descriptors = Path("/proc/self/statm"), Path("/proc/self/fd")
    memory = int(statm.read_text().split()[1]) * _PAGE_BYTES if statm.exists() else 0
    return Footprint(objects, memory, len(list(descriptors.iterdir())) if memory else 0)


_MAX_OBJECTS, _MAX_MEMORY_BYTES, _MAX_DESCRIPTORS = 200, 8 * 2**20, 2


def check_footprint(before: Footprint, after: Footprint) -> None:
    """Fail if the growth between two footprints exceeds its limits."""
    for name, limit in (
        ("objects", _MAX_OBJECTS),
        ("memory", _MAX_MEMORY_BYTES),
        ("descriptors", _MAX_DESCRIPTORS),
    ):
        grown = getattr(after, name) - getattr(before, name)
        if grown > limit:
            message = (
                f"{name} grew by {grown:,} from {getattr(before, name):,}, more than {limit:,}"
            )
            raise BrokenInvariantError(message)
