"""One call in execution, with the actions that handlers share."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lightsail_snap.emulator._progression import FailedOperation, Pace, Progression, Transition
from lightsail_snap.emulator._service_model import list_field
from lightsail_snap.emulator._store import OPERATION, Record, Store
from lightsail_snap.emulator._validation import check_new_names
from lightsail_snap.emulator._wire import invalid_input, not_found

# CLI samples: a snapshot's zone is `all`. It is not a zone to restore into.
ALL_ZONES = "all"
_IMMEDIATELY = Pace("seconds", 0)
_MILLISECOND_DIGITS = 3
_TOKEN_CHECK_BYTES = 12


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of an emulator that apply to every call.

    Attributes:
        account_id: The AWS account in ARNs.
        page_size: How many items a page has at most.
        progression: Duration and outcome of operations.
    """

    account_id: str
    page_size: int
    progression: Progression


def to_milliseconds(seconds: float) -> float:
    """Round a timestamp to milliseconds, as in the API reference's samples."""
    return round(seconds, _MILLISECOND_DIGITS)


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
        self.now: float = to_milliseconds(now)
        self.store = store
        self.settings = settings
        names = {value for value in request.values() if isinstance(value, str)}
        names.update(request.get("instanceNames", ()))
        self.failure: FailedOperation | None = settings.progression.failure_of(operation, names)
        """The failure of this call's operations. A call that fails has no effect but new resources
        in an error state. That the service does so is unverified."""

    def find(self, kind: str, name: str, region: str | None = None) -> Record:
        """Find a resource of one type, up to date; raise if there is none."""
        record = self.find_any(name, region, described_as=kind)
        if record.type != kind:
            raise not_found(kind, name)
        return record

    def find_any(
        self, name: str, region: str | None = None, *, described_as: str = "Resource"
    ) -> Record:
        """Find a resource of any type, up to date; raise if there is none."""
        record = self.store.find_resource(region or self.region, name)
        if record is None:
            raise not_found(described_as, name)
        self._update(record)
        return record

    def claim(self, *names: str) -> None:
        """Raise unless new resources can have these names."""
        check_new_names(names)
        # One namespace for all resource types: user guide.
        taken = [
            name
            for index, name in enumerate(names)
            if name in names[:index] or self.store.find_resource(self.region, name)
        ]
        if taken:
            # The code and the message for one name: community logs. Several are inferred.
            message = f"Some names are already in use: {', '.join(taken)}"
            raise invalid_input(message, code="NameExists")

    def create(  # noqa: PLR0913 - each is one fact about the resource
        self,
        kind: str,
        name: str,
        zone: str,
        fields: dict[str, Any],
        *,
        support_prefix: str | None = None,
        states: tuple[object, object, object] | None = None,
    ) -> Record:
        """Add a resource with a free name; without the states of its creation it is ready.

        The states are those in creation, when ready, and when the creation failed.
        """
        settings = self.settings
        unique = self.store.new_id()
        wire: dict[str, Any] = {
            "name": name,
            # The form of ARNs and support codes: CLI samples.
            "arn": f"arn:aws:lightsail:{self.region}:{settings.account_id}:{kind}/{unique}",
            "createdAt": self.now,
            "location": {"availabilityZone": zone, "regionName": self.region},
            "resourceType": kind,
            **fields,
        }
        if support_prefix is not None:
            # CLI samples: what has a support code has tags, and an empty list is present.
            unique_hex = self.store.new_id("support").hex[:16]
            wire["supportCode"] = f"{settings.account_id}/{support_prefix}-0{unique_hex}"
            wire.setdefault("tags", self.request.get("tags", []))
        record = Record(self.region, kind, name)
        record.wire = wire
        if states is not None:
            self._start_creation(record, states)
        self.store.add(record)
        return record

    def _start_creation(self, record: Record, states: tuple[object, object, object]) -> None:
        progression = self.settings.progression
        pending, ready, broken = states
        is_snapshot = record.type.endswith("Snapshot")
        fails = self.failure is not None
        fails = fails or (is_snapshot and progression.fails_snapshot(record.name))
        final: dict[str, object] = {"state": broken if fails else ready}
        if "progress" in record.wire and not fails:
            final["progress"] = "100%"
        record.wire["state"] = pending
        pace = progression.snapshot if is_snapshot else progression.operation
        record.transition = Transition(self.now, pace, final)

    def change_state(self, record: Record, pending: object, final: object) -> None:
        """Change a resource's state, through a pending one, as fast as operations finish."""
        record.wire["state"] = pending
        pace = self.settings.progression.operation
        record.transition = Transition(self.now, pace, {"state": final})
        self.store.save(record)

    def respond_started(self, *subjects: Record, details: str | None = None) -> dict[str, Any]:
        """Start one operation for each subject, and return the response.

        The details of two operations name each other's subject (CLI samples).
        """
        others = (subjects[1].name, subjects[0].name) if len(subjects) > 1 else (details,)
        return self.respond(
            self.start_operation(subject, operationDetails=other)
            for subject, other in zip(subjects, others, strict=True)
        )

    def respond_finished(self, subject: Record, **fields: object) -> dict[str, Any]:
        """Return the response of an operation that is finished at once."""
        return self.respond([self.start_operation(subject, pace=_IMMEDIATELY, **fields)])

    @staticmethod
    def respond(operations: Iterable[Record]) -> dict[str, Any]:
        """Return the response with these operations."""
        return {"operations": list(operations)}

    def start_operation(
        self, subject: Record, *, pace: Pace | None = None, **fields: object
    ) -> Record:
        """Start one operation. Fields passed in replace the usual ones."""
        operation_id = str(self.store.new_id())
        wire: dict[str, Any] = {
            "id": operation_id,
            "resourceName": subject.name,
            "resourceType": subject.type,
            "createdAt": self.now,
            "location": subject.wire["location"],
            "isTerminal": False,
            "operationType": self.operation,
            "status": "Started",
            "statusChangedAt": self.now,
            **fields,
        }
        # Which operations end in Completed is unverified; all known ones end in Succeeded.
        final: dict[str, object] = {"isTerminal": True, "status": "Succeeded"}
        if self.failure is not None:
            final |= {
                "status": "Failed",
                "errorCode": self.failure.error_code,
                "errorDetails": self.failure.error_details,
            }
        transition = Transition(self.now, pace or self.settings.progression.operation, final)
        record = Record(
            self.region, OPERATION, operation_id, transition=transition, about=subject.name
        )
        record.wire = {name: value for name, value in wire.items() if value is not None}
        self._advance(record)
        self.store.add(record)
        return record

    def poll(self, record: Record) -> Record:
        """Return an up-to-date record for the response to the client; this counts as a poll."""
        transition = record.transition
        if transition is not None and transition.is_advanced_by_polls:
            transition.polls += 1
            if transition.fraction_done(self.now) < 1:
                self.store.save(record)
        self._update(record)
        return record

    def _update(self, record: Record) -> None:
        """Bring a record's fields up to date; save it if its transition has finished."""
        if self._advance(record):
            self.store.save(record)

    def _advance(self, record: Record) -> bool:
        """Bring a record's fields up to date; return whether its transition has finished."""
        transition = record.transition
        if transition is None:
            return False
        if transition.fraction_done(self.now) < 1:
            # MODEL: only disk snapshots have progress. Other records are not parsed.
            if record.type == "DiskSnapshot":
                record.wire["progress"] = transition.progress(self.now)
            return False
        record.wire |= transition.final_fields
        if "statusChangedAt" in record.wire:
            finished = max(record.wire["statusChangedAt"], transition.finished_at(self.now))
            record.wire["statusChangedAt"] = to_milliseconds(finished)
        record.transition = None
        return True

    def list_page(self, kind: str, *, about: str | None = None) -> dict[str, Any]:
        """Return one page of records of a type, newest first (CLI samples).

        The field that holds them is that of the service model.
        """
        before = self._read_page_token()
        size = self.settings.page_size
        found = self.store.list_newest(
            self.region, kind, about=about, before=before, limit=size + 1
        )
        page = found[:size]
        fields: dict[str, Any] = {list_field(self.operation): [self.poll(one) for one in page]}
        if len(found) > size:
            fields["nextPageToken"] = self._page_token(page[-1].seq)
        return fields

    def _page_token(self, seq: int) -> str:
        # Page sizes and the form of tokens are unverified; this form is opaque.
        about = self.request.get("resourceName", "")
        text = f"{self.operation}/{self.region}/{about}/{seq}"
        check = hashlib.blake2b(text.encode(), digest_size=_TOKEN_CHECK_BYTES).digest()
        return base64.urlsafe_b64encode(check + str(seq).encode()).decode()

    def _read_page_token(self) -> int | None:
        token = self.request.get("pageToken")
        if token is None:
            return None
        try:
            seq = int(base64.urlsafe_b64decode(token)[_TOKEN_CHECK_BYTES:])
        except ValueError:
            seq = -1
        if token != self._page_token(seq):
            # The service's message is unverified.
            raise invalid_input(f"The page token is not valid for {self.operation}.")
        return seq
