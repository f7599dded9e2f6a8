"""One call that is being carried out: what every operation needs to do its work."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lightsail_snap.emulator._progression import Course, FailedOperation, Pace, Progression
from lightsail_snap.emulator._store import OPERATION, Record, Store
from lightsail_snap.emulator._wire import invalid_input, not_found

# CLI samples: a snapshot's zone is `all`. It is no zone to restore into.
EVERYWHERE = "all"
# CLI samples of CreateDisk: statusChangedAt follows createdAt by some 0.2 s.
_DISK_CREATION_LAG = 0.228
_LAGGING = frozenset({"CreateDisk", "CreateDiskFromSnapshot"})
_MILLISECONDS = 3
_TOKEN_CHECK = 12

# What support codes begin with: CLI samples. A type that is not here has no support code.
_SUPPORT_PREFIXES = {
    "Disk": "vol",
    "DiskSnapshot": "snap",
    "Instance": "i",
    "InstanceSnapshot": "ami",
}


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for every call of an emulator.

    Attributes:
        account_id: The AWS account that ARNs speak of.
        page_size: How many things a page holds at most.
        progression: How fast work goes.
    """

    account_id: str
    page_size: int
    progression: Progression


class Call:
    """One call of an operation, inside a transaction of the store."""

    def __init__(  # noqa: PLR0913 - each is one fact about the call
        self,
        *,
        operation: str,
        region: str,
        request: dict[str, Any],
        now: float,
        store: Store,
        settings: Settings,
    ) -> None:
        self.operation = operation
        self.region = region
        self.request = request
        # Timestamps have milliseconds: API reference samples.
        self.now: float = round(now, _MILLISECONDS)
        self.store = store
        self.settings = settings
        names = {value for value in request.values() if isinstance(value, str)}
        names.update(request.get("instanceNames", ()))
        self.failure: FailedOperation | None = settings.progression.failure_of(operation, names)
        """How this call's operations are to fail; a call that fails has no effect but new,
        broken resources. That the service does so is unverified: no such answer was seen."""

    def find(self, kind: str, name: str, region: str | None = None) -> Record:
        """Find a resource of one type.

        Args:
            kind: The resource type.
            name: Its name.
            region: Where; the region of the call if None.

        Returns:
            The resource, its finished work taken into account.

        Raises:
            Failure: If there is none.
        """
        record = self.find_any(name, region, described_as=kind)
        if record.type != kind:
            raise not_found(kind, name)
        return record

    def find_any(
        self, name: str, region: str | None = None, *, described_as: str = "Resource"
    ) -> Record:
        """Find a resource, whatever its type.

        Args:
            name: Its name.
            region: Where; the region of the call if None.
            described_as: What the error calls it.

        Returns:
            The resource, its finished work taken into account.

        Raises:
            Failure: If there is none.
        """
        record = self.store.resource(region or self.region, name)
        if record is None:
            raise not_found(described_as, name)
        self._settle(record)
        return record

    def claim(self, *names: str) -> None:
        """Make sure that names are free. One namespace for all resource types: user guide.

        Args:
            names: The names.

        Raises:
            Failure: If one is in use, or stands there twice.
        """
        taken = [
            name
            for index, name in enumerate(names)
            if name in names[:index] or self.store.resource(self.region, name)
        ]
        if taken:
            # The code and the text for one name: community logs. Several are inferred.
            message = f"Some names are already in use: {', '.join(taken)}"
            raise invalid_input(message, code="NameExists")

    def arn(self, kind: str, purpose: str = "") -> str:
        """Make the ARN of the resource that is added next.

        Args:
            kind: The resource type.
            purpose: Tells it from the ids of other records that are made at the same time.

        Returns:
            The ARN, in the form of the CLI samples.
        """
        unique = self.store.fresh_id(purpose)
        return f"arn:aws:lightsail:{self.region}:{self.settings.account_id}:{kind}/{unique}"

    def create(  # noqa: PLR0913 - each is one fact about the resource
        self,
        kind: str,
        name: str,
        zone: str,
        members: dict[str, Any],
        *,
        states: tuple[object, object, object] | None = None,
        hidden: dict[str, Any] | None = None,
    ) -> Record:
        """Add a resource. Its name must be free.

        Args:
            kind: The resource type.
            name: Its name.
            zone: Its availability zone, or `EVERYWHERE`.
            members: The members of its shape beyond those that all resources have.
            states: Its `state` while it is made, when it is there, and when that failed; None for
                a resource that is there at once. A member `progress` rises as it is made.
            hidden: What the emulator knows of it beyond the wire.

        Returns:
            The resource.
        """
        wire: dict[str, Any] = {
            "name": name,
            "arn": self.arn(kind),
            "createdAt": self.now,
            "location": self._location(zone),
            "resourceType": kind,
            **members,
        }
        if kind in _SUPPORT_PREFIXES:
            unique = self.store.fresh_id("support").hex[:16]
            account = self.settings.account_id
            wire["supportCode"] = f"{account}/{_SUPPORT_PREFIXES[kind]}-0{unique}"
            # CLI samples: an empty list is there, not absent.
            wire.setdefault("tags", self.request.get("tags", []))
        record = Record(self.region, kind, name, wire, hidden=hidden or {})
        if states is not None:
            self._start(record, states)
        self.store.add(record)
        return record

    def _start(self, record: Record, states: tuple[object, object, object]) -> None:
        progression = self.settings.progression
        pending, there, broken = states
        is_snapshot = record.type.endswith("Snapshot")
        fails = self.failure is not None
        fails = fails or (is_snapshot and progression.fails_snapshot(record.name))
        end: dict[str, object] = {"state": broken if fails else there}
        if "progress" in record.wire and not fails:
            end["progress"] = "100%"
        record.wire["state"] = pending
        pace = progression.snapshot if is_snapshot else progression.operation
        record.course = Course(self.now, pace, end)

    def work(self, record: Record, pending: object, there: object) -> None:
        """Let a resource go over into another state, as fast as operations go.

        Args:
            record: The resource.
            pending: Its `state` until then.
            there: Its `state` then.
        """
        record.wire["state"] = pending
        record.course = Course(self.now, self.settings.progression.operation, {"state": there})
        self.store.save(record)

    def _location(self, zone: str) -> dict[str, str]:
        return {"availabilityZone": zone, "regionName": self.region}

    def started(self, *subjects: Record, details: str | None = None) -> dict[str, Any]:
        """Begin operations: one about each subject.

        Args:
            subjects: What they are about. Of two, each one's details name the other (CLI samples).
            details: What the operation of a single subject says as its details.

        Returns:
            The answer.
        """
        others = (subjects[1].name, subjects[0].name) if len(subjects) > 1 else (details,)
        return self.answer(
            self.begin(subject, details=other)
            for subject, other in zip(subjects, others, strict=True)
        )

    def done(
        self, subject: Record, *, details: str | None = None, **differing: object
    ) -> dict[str, Any]:
        """Do an operation about one subject that is over in the very answer.

        Args:
            subject: What it is about.
            details: What it says as its details.
            differing: Members of its shape that are not as usual; None leaves one out.

        Returns:
            The answer.
        """
        pace = Pace("seconds", 0)
        return self.answer([self.begin(subject, details=details, pace=pace, **differing)])

    @staticmethod
    def answer(operations: Iterable[dict[str, Any]]) -> dict[str, Any]:
        """Put operations into an answer.

        Args:
            operations: The operations.

        Returns:
            The answer.
        """
        return {"operations": list(operations)}

    def begin(
        self,
        subject: Record,
        *,
        details: str | None = None,
        pace: Pace | None = None,
        **differing: object,
    ) -> dict[str, Any]:
        """Begin one operation.

        Args:
            subject: What it is about.
            details: What it says as its details.
            pace: How long it takes; as long as operations do if None.
            differing: Members of its shape that are not as usual; None leaves one out.

        Returns:
            Its shape.
        """
        operation_id = str(self.store.fresh_id())
        lag = _DISK_CREATION_LAG if self.operation in _LAGGING else 0
        wire: dict[str, Any] = {
            "id": operation_id,
            "resourceName": subject.name,
            "resourceType": subject.type,
            "createdAt": self.now,
            "location": subject.wire["location"],
            "isTerminal": False,
            "operationDetails": details,
            "operationType": self.operation,
            "status": "Started",
            "statusChangedAt": round(self.now + lag, _MILLISECONDS),
            **differing,
        }
        wire = {name: value for name, value in wire.items() if value is not None}
        # Which operations end in Completed is unverified; all seen ends are Succeeded.
        end: dict[str, object] = {"isTerminal": True, "status": "Succeeded"}
        if self.failure is not None:
            end |= {
                "status": "Failed",
                "errorCode": self.failure.error_code,
                "errorDetails": self.failure.error_details,
            }
        course = Course(self.now, pace or self.settings.progression.operation, end)
        record = Record(self.region, OPERATION, operation_id, wire, course, about=subject.name)
        self.store.add(record)
        self._settle(record)
        return record.wire

    def look(self, record: Record) -> dict[str, Any]:
        """Look at a resource or operation, as the user does.

        Args:
            record: The record.

        Returns:
            Its shape as of now.
        """
        if record.course is not None and record.course.counts_polls:
            record.course.seen += 1
            self.store.save(record)
        self._settle(record)
        return record.wire

    def _settle(self, record: Record) -> None:
        """Bring a record's shape up to date; write it back if its work has ended."""
        course = record.course
        if course is None:
            return
        if course.share(self.now) < 1:
            if "progress" in record.wire:
                record.wire["progress"] = course.percent(self.now)
            return
        record.wire |= course.end
        if "statusChangedAt" in record.wire:
            ended = max(record.wire["statusChangedAt"], course.ended_at(self.now))
            record.wire["statusChangedAt"] = round(ended, _MILLISECONDS)
        record.course = None
        self.store.save(record)

    def page(self, member: str, kind: str, *, about: str | None = None) -> dict[str, Any]:
        """List one page of things, newest first (CLI samples, GetOperations included).

        Args:
            member: The member of the answer that holds them.
            kind: Their type.
            about: Only those about this resource.

        Returns:
            The answer, with a token if there are more.

        Raises:
            Failure: If the request's token is none of ours for this list.
        """
        before = self._read_token()
        size = self.settings.page_size
        found = self.store.newest(self.region, kind, about=about, before=before, limit=size + 1)
        shown = found[:size]
        answer: dict[str, Any] = {member: [self.look(record) for record in shown]}
        if len(found) > size:
            answer["nextPageToken"] = self._token(shown[-1].seq)
        return answer

    def _token(self, seq: int) -> str:
        # Page sizes and the form of tokens are unverified; this form is meant to be opaque.
        about = self.request.get("resourceName", "")
        text = f"{self.operation}/{self.region}/{about}/{seq}"
        check = hashlib.blake2b(text.encode(), digest_size=_TOKEN_CHECK).digest()
        return base64.urlsafe_b64encode(check + str(seq).encode()).decode()

    def _read_token(self) -> int | None:
        token = self.request.get("pageToken")
        if token is None:
            return None
        try:
            number = base64.urlsafe_b64decode(token)[_TOKEN_CHECK:]
            seq = int(number)
        except ValueError:
            seq = -1
        if token != self._token(seq):
            # The service's text is unverified: nobody showed such an answer.
            raise invalid_input(f"The page token is not valid for {self.operation}.")
        return seq
