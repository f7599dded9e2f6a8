"""A service with a disk to roll back, whose calls can be disturbed, and what always holds."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from lightsail_snap import (
    LightsailSnapClient,
    LightsailSnapError,
    ManualSnapshotSource,
    OutcomeUnknownError,
    Request,
    RequestNotSentError,
    Response,
    ResponseMetadata,
    ThrottlingError,
    VirtualClock,
    WaitPolicy,
)
from lightsail_snap._boto.error_mapping import error_from_response
from lightsail_snap._workflows.steps import derive_name
from lightsail_snap.emulator import LightsailEmulator, Progression
from lightsail_snap.emulator import Response as WireResponse

HERE = "us-east-1"
OLD, INSTANCE, PATH, SNAPSHOT, TOKEN = "data-1", "web-1", "/dev/xvdf", "snap-1", "token-1"
NEW = derive_name(OLD, "rollback", TOKEN)
SOURCE = ManualSnapshotSource(snapshot_name=SNAPSHOT)
POLICY = WaitPolicy(timeout=3600, random=lambda: 0.5)
FAULTS = ("lost before", "lost after", "throttled", "not sent", "stale", "killed", "killed after")


class KilledError(BaseException):
    """The process ends."""


@functools.cache
def _initial(ran: bool, attached: bool) -> LightsailEmulator:  # noqa: FBT001 - the key of a cache
    clock = VirtualClock()
    emulator = LightsailEmulator(clock=clock, page_size=200)
    emulator.progression = Progression.instant()

    def do(operation: str, **members: Any) -> None:
        assert emulator.handle(HERE, operation, members).status == 200, operation

    for name in (OLD, "other-1", "other-2"):
        emulator.add_disk(name, region_name=HERE, size_in_gb=16, tags={"env": "prod", "flag": None})
    for name in (INSTANCE, "web-2"):
        emulator.add_instance(name, region_name=HERE)
    add_on = {
        "addOnType": "AutoSnapshot",
        "autoSnapshotAddOnRequest": {"snapshotTimeOfDay": "05:00"},
    }
    do("EnableAddOn", resourceName=OLD, addOnRequest=add_on)
    if attached:
        do("AttachDisk", diskName=OLD, instanceName=INSTANCE, diskPath=PATH)
    do("AttachDisk", diskName="other-1", instanceName=INSTANCE, diskPath="/dev/xvdg")
    if not ran:
        do("StopInstance", instanceName=INSTANCE)
    for disk, snapshot in ((OLD, SNAPSHOT), ("other-1", "snap-of-other")):
        do("CreateDiskSnapshot", diskName=disk, diskSnapshotName=snapshot)
    clock.sleep(3 * 86_400)
    return emulator


class Service:
    """A transport to an emulator of its own.

    Attributes:
        calls: Operation and named resource of each call that arrived, in order.
        changes: Those that changed something.
        plan: What goes wrong with the call of an index.
        before: Called before each call arrives, with the operation and the index.
        change: Changes the body of each successful response.
        audit: Called before each change is executed, with the operation and the resource.
    """

    def __init__(self, *, ran: bool = True, attached: bool = True) -> None:
        initial = _initial(ran, attached)
        self.clock = VirtualClock(initial.clock.time())
        self.emulator = LightsailEmulator(clock=self.clock, page_size=200)
        initial._store._db.backup(self.emulator._store._db)
        self.emulator.progression = Progression.by_polls(1, 1)
        self.calls: list[tuple[str, str]] = []
        self.changes: list[tuple[str, str]] = []
        self.plan: dict[int, str] = {}
        self.before: Callable[[str, int], object] = lambda _operation, _index: None
        self.change: Callable[[str, dict[str, Any]], object] = lambda _operation, _body: None
        self.audit: Callable[[str, str], object] = lambda _operation, _name: None
        self.ran, self.attached = ran, attached
        self._reads: dict[tuple[str, str], list[WireResponse]] = {}
        self.original = self.state()

    @property
    def client(self) -> LightsailSnapClient:
        return LightsailSnapClient(transport=self, clock=self.clock, wait_policy=POLICY)

    def send(self, request: Request[Any]) -> Response:
        operation, index = request.operation_name, len(self.calls)
        wire = request.to_wire()
        name = str(
            wire.get("diskName") or wire.get("instanceName") or next(iter(wire.values()), "")
        )
        self.before(operation, index)
        self.calls.append((operation, name))
        fault = self.plan.get(index)
        self._fail_before(fault, request)
        reads = self._reads.setdefault((operation, name), [])
        if not request.is_read_only:
            self.audit(operation, name)
        response = self.emulator.handle(HERE, operation, wire)
        is_done = response.status == 200
        if request.is_read_only:
            reads.append(response)
            # Old by one, two or three reads.
            response = reads[max(0, len(reads) - 2 - index % 3)] if fault == "stale" else response
            is_done = response.status == 200
        elif is_done:
            self.changes.append((operation, name))
        if fault == "killed after":
            raise KilledError
        if fault == "lost after":
            raise OutcomeUnknownError("lost by the test", request=request)
        if not is_done:
            metadata = ResponseMetadata(http_status=response.status)
            raise error_from_response(request, response.body, metadata)
        body = json.loads(response.body)
        self.change(operation, body)
        return self._response(json.dumps(body).encode())

    @staticmethod
    def _fail_before(fault: str | None, request: Request[Any]) -> None:
        match fault:
            case "lost before":
                raise OutcomeUnknownError("lost by the test", request=request)
            case "throttled":
                raise ThrottlingError(
                    "by the test",
                    code="ThrottlingException",
                    operation_name=request.operation_name,
                    is_retryable=True,
                )
            case "not sent":
                raise RequestNotSentError("by the test", request=request)
            case "killed":
                raise KilledError
            case _:
                pass

    def _response(self, body: bytes) -> Response:
        return Response(body, ResponseMetadata(date=datetime.fromtimestamp(self.clock.time(), UTC)))

    def close(self) -> None:
        self.emulator.close()

    def do(self, operation: str, **members: Any) -> dict[str, Any]:
        """Call an operation as another client."""
        body: dict[str, Any] = json.loads(self.emulator.handle(HERE, operation, members).body)
        return body

    def settle(self) -> None:
        """Let everything that is under way end."""
        for _ in range(4):
            self.do("GetDisks")
            self.do("GetInstances")

    def records(self) -> dict[str, dict[str, Any]]:
        """Return all disks and instances by name, without polling them."""
        query = "SELECT name, wire FROM records WHERE type IN ('Disk', 'Instance')"
        return {name: json.loads(wire) for name, wire in self.emulator._store._db.execute(query)}

    def state(self) -> dict[str, Any]:
        """Return what matters of all disks and instances, by name."""
        self.settle()
        disks = {
            each["name"]: (each["arn"], each.get("attachedTo"), each.get("path"))
            for each in self.do("GetDisks")["disks"]
        }
        instances = {
            each["name"]: each["state"]["name"] for each in self.do("GetInstances")["instances"]
        }
        return disks | instances

    def roll_back(self, **options: Any) -> Any:
        return self.client.roll_back_disk(OLD, SOURCE, **{"client_token": TOKEN} | options)

    def undo(self, **options: Any) -> Any:
        return self.client.undo_roll_back_disk(NEW, **options)

    def attempt(self, work: Callable[..., Any], **options: Any) -> Any:
        """Return the result or the error."""
        try:
            return work(**options)
        except (LightsailSnapError, KilledError) as error:
            return error

    def check_invariants(self, *, is_deletion_allowed: bool = False) -> None:
        """Check what holds after every call, whatever its outcome."""
        own = {OLD, NEW}
        deleted = [name for operation, name in self.changes if operation == "DeleteDisk"]
        assert is_deletion_allowed or not deleted
        for operation, name in self.changes:
            assert name in ({INSTANCE} if operation.endswith("Instance") else own), operation
        if not self.ran:
            assert not [
                each for each, _ in self.changes if each in {"StartInstance", "StopInstance"}
            ]
        created = [each for each, _ in self.changes if each.startswith("Create")]
        assert len(created) <= 1
        state = self.state()
        for name in ("other-1", "other-2", "web-2"):
            assert state[name] == self.original[name]
        at_path = [name for name in own if state.get(name, ("", "", ""))[1:] == (INSTANCE, PATH)]
        assert len(at_path) <= 1

    def check_rolled_back(self, *, is_old_deleted: bool = False) -> None:
        state = self.state()
        where = (INSTANCE, PATH) if self.attached else (None, None)
        assert state[NEW][1:] == where
        if is_old_deleted:
            assert OLD not in state
        else:
            assert state[OLD] == (self.original[OLD][0], None, None)
        assert state[INSTANCE] == self.original[INSTANCE]

    def check_original(self, *, is_new_deleted: bool = False) -> None:
        state = self.state()
        new = state.pop(NEW, None)
        assert state == self.original
        assert new is None if is_new_deleted else new is None or new[1:] == (None, None)
