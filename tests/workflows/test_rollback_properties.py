"""Roll backs that are killed, disturbed and continued or undone: the same final state."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.workflows.rollback_support import FAULTS, INSTANCE, NEW, OLD, PATH, KilledError, Service

from lightsail_snap import LightsailSnapError, RollBackResult

CALLS = 32
PLANS = st.dictionaries(st.integers(0, CALLS), st.sampled_from(FAULTS), max_size=6)


def restart(service: Service) -> None:
    """Let the next attempt begin with a service that works."""
    service.plan = {}
    service.settle()


@pytest.mark.sample(6)
@pytest.mark.parametrize("ending", ["killed", "killed after"])
@pytest.mark.parametrize("index", range(24))
@pytest.mark.parametrize("then", ["continue", "undo"])
def test_roll_back_killed_at_any_call_can_be_continued_and_undone(
    then: str, index: int, ending: str
) -> None:
    service = Service()
    service.plan = {index: ending}
    killed = service.attempt(service.roll_back)
    assert isinstance(killed, KilledError) == (index < len(service.calls))
    restart(service)
    if then == "continue":
        service.roll_back()
        service.check_rolled_back()
    elif NEW in service.state():
        service.undo()
        service.check_original()
    service.check_invariants()


@pytest.mark.sample(4)
@pytest.mark.parametrize("ending", ["killed", "killed after"])
@pytest.mark.parametrize("index", range(20))
def test_undo_killed_at_any_call_can_be_continued(index: int, ending: str) -> None:
    service = Service()
    service.roll_back()
    service.plan = {len(service.calls) + index: ending}
    service.attempt(service.undo, delete_new_disk=True)
    restart(service)
    if NEW in service.state():
        service.undo(delete_new_disk=True)
    service.check_original(is_new_deleted=True)
    service.check_invariants(is_deletion_allowed=True)


@given(
    ran=st.booleans(),
    attached=st.booleans(),
    plan=PLANS,
    then=st.sampled_from(["continue", "undo", "undo and delete", "undo and continue"]),
    later=PLANS,
    is_old_deleted=st.booleans(),
)
def test_roll_back_with_faults_reaches_the_same_state(  # noqa: PLR0913 - drawn
    *,
    ran: bool,
    attached: bool,
    plan: dict[int, str],
    then: str,
    later: dict[int, str],
    is_old_deleted: bool,
) -> None:
    service = Service(ran=ran, attached=attached)
    options: dict[str, Any] = {"delete_old_disk": is_old_deleted and then == "continue"}
    service.plan = plan
    outcome = service.attempt(service.roll_back, **options)
    if not isinstance(outcome, (LightsailSnapError, KilledError)):
        service.check_rolled_back(is_old_deleted=options["delete_old_disk"])
    service.check_invariants(is_deletion_allowed=options["delete_old_disk"])
    service.plan = {len(service.calls) + index: fault for index, fault in later.items()}
    is_deleting = then == "undo and delete"
    work = service.roll_back if then == "continue" else service.undo
    if work == service.undo:
        options = {"delete_new_disk": is_deleting}
    service.attempt(work, **options)
    restart(service)
    if work == service.roll_back or NEW in service.state():
        work(**options)
    is_allowed = is_deleting or options.get("delete_old_disk", False)
    service.check_invariants(is_deletion_allowed=is_allowed)
    if then == "undo and continue":
        service.roll_back()
        service.check_rolled_back()
    elif work == service.undo:
        service.check_original(is_new_deleted=is_deleting)
    else:
        service.check_rolled_back(is_old_deleted=options["delete_old_disk"])


ACTIONS = (
    *("start", "stop", "attach other-2 web-1 /dev/xvdf"),
    *(f"{verb} {disk}" for verb in ("detach", "replace", "delete") for disk in (OLD, NEW)),
    *(
        f"attach {disk} {to}"
        for disk in (OLD, NEW)
        for to in ("web-2 /dev/xvdh", "web-1 /dev/xvdh")
    ),
)


def act(service: Service, action: str) -> None:
    """Act as another client; what the service refuses has no effect."""
    match action.split():
        case [("start" | "stop") as verb]:
            service.do(f"{verb.title()}Instance", instanceName=INSTANCE)
        case ["detach", disk]:
            service.do("StopInstance", instanceName=INSTANCE)
            service.settle()
            service.do("DetachDisk", diskName=disk)
        case ["attach", disk, instance, path]:
            service.do("AttachDisk", diskName=disk, instanceName=instance, diskPath=path)
        case [verb, disk]:
            service.do("DeleteDisk", diskName=disk)
            if verb == "replace":
                zone = "us-east-1a"
                service.do("CreateDisk", diskName=disk, availabilityZone=zone, sizeInGb=16)
        case _:
            raise AssertionError(action)
    service.settle()


class Auditor:
    """Lets another client act, and checks each change by what could be known before it.

    No client can notice an action between its last lookup and its next change.
    """

    def __init__(self, service: Service, actions: dict[int, str]) -> None:
        self.service, self.actions = service, actions
        self.last_action = -1
        self.arns = {OLD: service.original[OLD][0]}
        service.before, service.audit = self.before, self.audit

    def before(self, _: str, index: int) -> None:
        if index in self.actions:
            act(self.service, self.actions[index])
            self.last_action = index

    def has_seen(self, *names: str) -> bool:
        """Return whether resources were looked up, without faults, since the last action."""
        calls = self.service.calls
        kinds = {name: f"Get{'Instance' if name == INSTANCE else 'Disk'}" for name in names}
        reads = [
            max((i for i, call in enumerate(calls) if call == (kind, name)), default=-1)
            for name, kind in kinds.items()
        ]
        return min(reads) > self.last_action and not self.service.plan.keys() & {*reads}

    def is_in_use(self, name: str) -> bool:
        disk = self.service.records().get(name, {})
        return (disk.get("attachedTo"), disk.get("path")) == (INSTANCE, PATH)

    def audit(self, operation: str, name: str) -> None:
        records = self.service.records()
        assert name in {OLD, NEW, INSTANCE}, operation
        tags = {tag["key"]: tag.get("value") for tag in records.get(NEW, {}).get("tags", ())}
        recorded = str(tags.get("lightsail-snap:roll-back-attachment")).partition(" ")[0]
        match operation:
            case "StartInstance":
                assert recorded == "running" or NEW not in records or not tags
            case "DetachDisk" | "AttachDisk" if self.has_seen(name):
                # The first request for the new disk shows which one this call has created.
                arn = records.get(name, {}).get("arn", "deleted by an earlier action")
                assert arn == self.arns.setdefault(name, arn)
            case "DeleteDisk" if recorded != "None" and self.has_seen(OLD, NEW, INSTANCE):
                assert self.is_in_use(OLD if name == NEW else NEW)
                assert records[INSTANCE]["state"]["name"] == recorded
            case _:
                pass


@given(
    ran=st.booleans(),
    actions=st.dictionaries(st.integers(0, CALLS), st.sampled_from(ACTIONS), max_size=3),
    plan=PLANS,
    is_old_deleted=st.booleans(),
    is_undone=st.booleans(),
)
def test_roll_back_among_other_clients_changes_only_its_own_disks(
    *,
    ran: bool,
    actions: dict[int, str],
    plan: dict[int, str],
    is_old_deleted: bool,
    is_undone: bool,
) -> None:
    service = Service(ran=ran)
    auditor = Auditor(service, actions)
    service.plan = plan
    outcome = service.attempt(service.roll_back, delete_old_disk=is_old_deleted)
    if isinstance(outcome, RollBackResult) and auditor.has_seen(NEW):
        # It was not attached if another client had detached it before.
        assert auditor.is_in_use(NEW) == (outcome.disk.path == outcome.path == PATH)
    if is_undone:
        service.attempt(service.undo, delete_new_disk=True)
    deleted = [name for operation, name in service.changes if operation == "DeleteDisk"]
    assert set(deleted) <= ({OLD} if is_old_deleted else set()) | ({NEW} if is_undone else set())
    state = service.state()
    assert state["other-1"] == service.original["other-1"]
    assert state["web-2"] == service.original["web-2"]
