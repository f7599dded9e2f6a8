"""Rolling a disk back: the steps, what is refused, notes of errors, and other clients."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from tests.support import create_client, run_on
from tests.workflows.rollback_support import (
    INSTANCE,
    NEW,
    OLD,
    PATH,
    SNAPSHOT,
    SOURCE,
    TOKEN,
    KilledError,
    Service,
)

from lightsail_snap import (
    AutoSnapshotSource,
    LatestAutoSnapshotSource,
    LightsailSnapError,
    ManualSnapshotSource,
    NameConflictError,
    NotFoundException,
    RequestValidationError,
    ResourceTag,
    RollBackPreview,
    RollBackResult,
    StepProgress,
    WaitFailedError,
    WaitTimeoutError,
)
from lightsail_snap._workflows.rollback import Record
from lightsail_snap.emulator import Progression
from lightsail_snap.models import Disk

OTHER = ManualSnapshotSource(snapshot_name="snap-of-other")


def notes(error: BaseException) -> str:
    return " ".join(getattr(error, "__notes__", ()))


@pytest.mark.parametrize("ran", [True, False])
@pytest.mark.parametrize("attached", [True, False])
def test_roll_back_takes_the_steps_of_its_preview(*, ran: bool, attached: bool) -> None:
    service = Service(ran=ran, attached=attached)
    preview = service.client.preview_roll_back_disk(OLD, SOURCE, client_token=TOKEN)
    assert {operation[:3] for operation, _ in service.calls} == {"Get"}
    steps: list[StepProgress] = []
    result = service.roll_back(on_progress=steps.append)
    titles = list(dict.fromkeys(each.title for each in steps))
    assert tuple(titles) == preview.steps
    assert [each.step for each in steps if each.poll is None] == [*range(1, len(titles) + 1)]
    assert result.disk.name == preview.new_disk_name == NEW
    assert result.replaced_disk.name == OLD
    assert (result.instance is None) == (not attached)
    assert result.path == (PATH if attached else None)
    assert not result.is_replaced_disk_deleted
    assert any("public IP" in each for each in preview.warnings) == (ran and attached)
    assert pickle.loads(pickle.dumps(result)) == result  # noqa: S301 - pickled here
    service.check_rolled_back()
    service.check_invariants()


@pytest.mark.parametrize("interface", ["sync", "asyncio", "trio"])
def test_roll_back_and_undo_by_every_client(interface: str) -> None:
    service = Service()
    client = create_client(interface, transport=service, clock=service.clock)

    async def work() -> tuple[RollBackPreview, RollBackResult, RollBackPreview, RollBackResult]:
        preview = await client.preview_roll_back_disk(OLD, SOURCE)
        token = preview.client_token
        result = await client.roll_back_disk(OLD, SOURCE, client_token=token)
        reverse = await client.preview_undo_roll_back_disk(result.disk.name)
        return preview, result, reverse, await client.undo_roll_back_disk(result.disk.name)

    preview, result, reverse, undone = run_on(interface, work)
    assert result.disk.name == preview.new_disk_name == reverse.new_disk_name
    assert reverse.client_token is None
    assert reverse.disk.name == result.disk.name
    assert (undone.disk.name, undone.replaced_disk.name) == (OLD, result.disk.name)
    assert service.state() | {result.disk.name: None} == service.original | {result.disk.name: None}


def test_roll_back_without_a_token_makes_one() -> None:
    service = Service()
    names = {service.client.preview_roll_back_disk(OLD, SOURCE).new_disk_name for _ in range(2)}
    assert len(names) == 2


def test_roll_back_carries_tags_and_automatic_snapshots_over() -> None:
    service = Service()
    disk = service.roll_back().disk
    assert dict(disk.tag_values) == {
        "env": "prod",
        "flag": None,
        "lightsail-snap:client-token": TOKEN,
        "lightsail-snap:roll-back-disk": OLD,
        "lightsail-snap:roll-back-disk-arn": service.original[OLD][0],
        "lightsail-snap:roll-back-snapshot": SNAPSHOT,
        "lightsail-snap:roll-back-instance": INSTANCE,
        "lightsail-snap:roll-back-attachment": f"running {PATH}",
    }
    assert [each.snapshot_time_of_day for each in disk.add_ons] == ["05:00"]
    assert disk.size_in_gb == 16


def test_roll_back_that_is_complete_changes_nothing_when_repeated() -> None:
    service = Service()
    first = service.roll_back()
    changes = list(service.changes)
    assert service.client.preview_roll_back_disk(OLD, SOURCE, client_token=TOKEN).steps == ()
    again = service.roll_back()
    assert service.changes == changes
    assert again.disk.arn == first.disk.arn


def test_roll_back_deletes_the_old_disk_at_the_end_if_requested() -> None:
    service = Service()
    preview = service.client.preview_roll_back_disk(OLD, SOURCE, delete_old_disk=True)
    assert preview.steps[-1] == "delete disk data-1"
    assert "warning: disk data-1 and its automatic snapshots are deleted" in str(preview)
    assert str(preview).startswith("1. restore disk data-1-rollback-")
    result = service.roll_back(delete_old_disk=True)
    assert service.changes[-1] == ("DeleteDisk", OLD)
    assert result.is_replaced_disk_deleted
    assert str(result) == f"disk {NEW}: attached to web-1 at {PATH}; disk data-1 is deleted"
    again = service.roll_back(delete_old_disk=True)
    assert again.is_replaced_disk_deleted
    assert again.replaced_disk is None
    assert str(again) == f"disk {NEW}: attached to web-1 at {PATH}"
    error = service.attempt(service.undo)
    assert "the original disk data-1 no longer exists" in str(error)


@pytest.mark.parametrize("attached", [True, False])
def test_roll_back_of_a_disk_that_is_not_in_use_deletes_it_if_requested(*, attached: bool) -> None:
    service = Service(ran=False, attached=attached)
    assert service.roll_back(delete_old_disk=True).is_replaced_disk_deleted
    service.check_rolled_back(is_old_deleted=True)
    service.check_invariants(is_deletion_allowed=True)


def test_roll_back_waits_for_the_disk_that_a_killed_call_began_to_restore() -> None:
    service = Service()
    service.emulator.progression = Progression.by_polls(5, 5)
    service.plan = {4: "killed after"}
    assert isinstance(service.attempt(service.roll_back), KilledError)
    preview = service.client.preview_roll_back_disk(OLD, SOURCE, client_token=TOKEN)
    assert preview.steps[0] == f"wait for disk {NEW}"
    service.roll_back()
    service.check_rolled_back()


def test_preview_does_not_warn_of_a_static_address() -> None:
    service = changed("GetInstance", lambda found: found.update(isStaticIp=True))
    preview = service.client.preview_roll_back_disk(OLD, SOURCE)
    assert preview.warnings == ("instance web-1 stops and starts: it is down meanwhile",)


@pytest.mark.parametrize("ran", [True, False])
def test_roll_back_deletes_nothing_if_another_client_changes_the_state(*, ran: bool) -> None:
    service = Service(ran=ran)
    service.roll_back()

    def before(_: str, index: int) -> None:
        # After the plan, in which everything is as it should be.
        if index == first + 3 and ran:
            service.do("StopInstance", instanceName=INSTANCE)
            service.settle()
            service.do("DetachDisk", diskName=NEW)
            service.do("AttachDisk", diskName="other-2", instanceName=INSTANCE, diskPath=PATH)
        elif index == first + 3:
            service.do("StartInstance", instanceName=INSTANCE)
            service.settle()

    first, service.before = len(service.calls), before
    error = service.attempt(service.roll_back, delete_old_disk=True)
    assert isinstance(error, LightsailSnapError)
    assert OLD in service.state()
    assert "DeleteDisk" not in dict(service.changes)


def test_roll_back_of_a_rolled_back_disk_accepts_its_first_snapshot() -> None:
    service = Service()
    first = service.roll_back().disk
    client = service.client
    second = client.roll_back_disk(first.name, SOURCE, client_token="second").disk  # noqa: S106 - no secret
    third = client.roll_back_disk(second.name, SOURCE, client_token="third").disk  # noqa: S106 - likewise
    assert second.tag_values["lightsail-snap:roll-back-origin"] == OLD
    record = Record.of(third)
    assert record is not None
    assert (record.disk_name, record.origin) == (second.name, OLD)
    assert len(third.name) == len(first.name)
    assert len(third.tags) == 9
    assert service.state()[third.name][1:] == (INSTANCE, PATH)


def test_roll_back_to_a_smaller_or_other_snapshot_warns() -> None:
    service = Service(attached=False)
    for name, size in (("small-1", 8), ("large-1", 64)):
        service.emulator.add_disk(name, region_name="us-east-1", size_in_gb=size)
        service.settle()
        service.do("CreateDiskSnapshot", diskName=name, diskSnapshotName=f"snap-{name}")
        for _ in range(3):
            service.do("GetDiskSnapshots")
    sizes = {}
    for name in ("small-1", "large-1"):
        source = ManualSnapshotSource(snapshot_name=f"snap-{name}")
        options: dict[str, Any] = {"allow_other_source": True, "client_token": name}
        preview = service.client.preview_roll_back_disk(OLD, source, **options)
        assert f"snapshot snap-{name} is not of disk data-1 but of {name}" in preview.warnings
        assert any("grow the file system" in each for each in preview.warnings) == (
            name == "small-1"
        )
        sizes[name] = service.client.roll_back_disk(OLD, source, **options).disk.size_in_gb
    assert sizes == {"small-1": 16, "large-1": 64}


@pytest.mark.parametrize("is_latest", [True, False])
def test_roll_back_to_an_automatic_snapshot(*, is_latest: bool) -> None:
    service = Service()
    day = service.client.get_auto_snapshots(OLD).auto_snapshots[1].date
    assert day is not None
    source: Any = LatestAutoSnapshotSource(resource_name=OLD)
    if not is_latest:
        source = AutoSnapshotSource(resource_name=OLD, restore_date=day)
    preview = service.client.preview_roll_back_disk(OLD, source, client_token=TOKEN)
    suffix = "" if is_latest else f" of {day}"
    latest = "latest " if is_latest else ""
    expected = f"restore disk {NEW} from the {latest}automatic snapshot of data-1{suffix}"
    assert preview.steps[0] == expected
    result = service.client.roll_back_disk(OLD, source, client_token=TOKEN)
    when = "latest" if is_latest else day
    assert result.disk.tag_values["lightsail-snap:roll-back-snapshot"] == f"data-1 {when}"
    service.check_rolled_back()


def refusal(service: Service, disk: str = OLD, source: Any = SOURCE, **options: Any) -> Any:
    """Return the error of a roll back that is refused before any change."""
    error = service.attempt(
        lambda: service.client.roll_back_disk(disk, source, **{"client_token": TOKEN} | options)
    )
    assert isinstance(error, LightsailSnapError), error
    assert service.changes == []
    assert not error.may_have_executed
    assert not notes(error)
    return error


@pytest.mark.parametrize(
    ("options", "field", "rule"),
    [
        ({"disk": ""}, "disk_name", "must be a string"),
        ({"source": SNAPSHOT}, "source", "must be exactly one of"),
        ({"new_disk_name": "-"}, "disk_name", "must be a string of 2"),
        ({"new_disk_name": OLD}, "new_disk_name", "must differ"),
        ({"client_token": ""}, "client_token", "must not be empty"),
        ({"on_progress": 1}, "on_progress", "must be callable"),
    ],
)
def test_roll_back_with_invalid_parameters_sends_nothing(
    options: Any, field: str, rule: str
) -> None:
    service = Service()
    error = refusal(service, **options)
    assert isinstance(error, RequestValidationError)
    assert (error.violations[0].field, service.calls) == (field, [])
    assert error.violations[0].rule.startswith(rule)


def test_roll_back_to_a_snapshot_of_another_disk_is_refused() -> None:
    error = refusal(Service(), source=OTHER)
    assert "must be a snapshot of data-1, and is of other-1" in str(error)
    assert "set allow_other_source" in str(error)
    error = refusal(Service(), source=LatestAutoSnapshotSource(resource_name="other-1"))
    assert "those are none" in str(error)


def test_roll_back_to_a_missing_or_pending_snapshot_is_refused() -> None:
    service = Service()
    assert type(refusal(service, source=ManualSnapshotSource("none"))) is NotFoundException
    assert type(refusal(service, disk="none")) is NotFoundException
    service.do("CreateDiskSnapshot", diskName=OLD, diskSnapshotName="pending-1")
    error = refusal(service, source=ManualSnapshotSource("pending-1"))
    assert "must be completed, and is in the state pending, got" in str(error)
    absent = AutoSnapshotSource(resource_name=OLD, restore_date=date(2020, 1, 1))
    assert "must be an automatic snapshot that has succeeded" in str(
        refusal(service, source=absent)
    )


def changed(operation: str, change: Callable[[dict[str, Any]], object]) -> Service:
    """Return a service that changes the resource in responses to an operation."""
    service = Service()

    def apply(called: str, body: dict[str, Any]) -> None:
        if called == operation:
            change(next(iter(body.values())))

    service.change = apply
    return service


@pytest.mark.parametrize(
    ("operation", "fields", "text"),
    [
        ("GetDisk", {"isSystemDisk": True}, "must not be a system disk"),
        ("GetDisk", {"attachedTo": None}, "does not report to which instance"),
        ("GetDisk", {"path": None}, "does not report to which instance"),
        ("GetDisk", {"location": None}, "has no zone or no size"),
        ("GetDisk", {"sizeInGb": None}, "has no zone or no size"),
        ("GetDiskSnapshot", {"sizeInGb": None}, "has no size"),
        ("GetDiskSnapshot", {"fromDiskName": None}, "and is of an unknown source"),
        ("GetInstance", {"state": None}, "instance web-1 is in the state None"),
        ("GetInstance", {"state": {"name": "terminated"}}, "is in the state terminated"),
    ],
)
def test_roll_back_in_a_state_without_a_way_back_is_refused(
    operation: str, fields: dict[str, Any], text: str
) -> None:
    assert text in str(refusal(changed(operation, lambda found: found.update(fields))))


def test_roll_back_with_unknown_source_of_the_snapshot_can_be_allowed() -> None:
    service = changed("GetDiskSnapshot", lambda found: found.update(fromDiskName=None))
    options: dict[str, Any] = {"allow_other_source": True}
    preview = service.client.preview_roll_back_disk(OLD, SOURCE, **options)
    assert "snapshot snap-1 is not of disk data-1" in preview.warnings


def test_roll_back_of_a_disk_with_too_many_tags_is_refused() -> None:
    tags = [{"key": f"k{number}"} for number in range(45)]
    service = changed("GetDisk", lambda found: found.update(tags=tags))
    assert "must have at most 50 tags" in str(refusal(service))


def test_roll_back_to_a_taken_name_is_refused() -> None:
    service = Service()
    for name in ("other-2", SNAPSHOT, "web-2"):
        error = refusal(service, new_disk_name=name)
        assert type(error) is NameConflictError
        assert error.resource.name == name


def test_roll_back_of_a_disk_whose_instance_is_about_to_stop_leaves_it_stopped() -> None:
    service = Service()
    service.emulator.progression = Progression.by_polls(5, 5)
    service.do("StopInstance", instanceName=INSTANCE)
    preview = service.client.preview_roll_back_disk(OLD, SOURCE)
    assert preview.steps[1] == "stop instance web-1"
    assert preview.warnings == ()
    service.roll_back()
    assert {"StopInstance", "StartInstance"} & {each for each, _ in service.changes} == set()
    assert service.state()[INSTANCE] == "stopped"


def test_roll_back_with_the_token_of_another_one_is_refused() -> None:
    service = Service()
    service.roll_back()
    error = service.attempt(
        lambda: service.client.roll_back_disk(
            OLD, OTHER, client_token=TOKEN, allow_other_source=True
        )
    )
    assert type(error) is NameConflictError
    assert "is restored from snap-1; use another client token" in str(error)


def test_undo_of_a_disk_without_a_roll_back_is_refused() -> None:
    service = Service()
    error = service.attempt(lambda: service.client.undo_roll_back_disk(OLD))
    assert isinstance(error, RequestValidationError)
    assert "must be a disk that roll_back_disk has created" in str(error)
    assert service.changes == []


@pytest.mark.parametrize(
    "tags",
    [
        {"disk": "data-1", "instance": "web-1"},
        {"disk": "data-1", "instance": "web-1", "attachment": "running "},
        {"disk": "data-1", "instance": "web-1", "attachment": "maybe /dev/xvdf"},
        {"instance": "web-1"},
    ],
)
def test_record_of_incomplete_tags_is_none(tags: dict[str, str]) -> None:
    found = [ResourceTag(f"lightsail-snap:roll-back-{key}", value) for key, value in tags.items()]
    assert Record.of(Disk(name="made-1", tags=tuple(found))) is None


def test_record_is_read_as_it_was_written() -> None:
    disk = Service().roll_back().disk
    record = Record.of(disk)
    assert record is not None
    assert {(tag.key, tag.value) for tag in record.tags} <= {(t.key, t.value) for t in disk.tags}
    assert record.is_of(Disk(name=OLD, created_at=disk.created_at), disk)
    assert not record.is_of(Disk(name=OLD, arn="arn:other"), disk)


# Errors and interrupts


def test_note_has_the_state_and_how_to_continue_and_undo() -> None:
    service = Service()
    calls = Service()
    calls.roll_back()
    index = [operation for operation, _ in calls.calls].index("AttachDisk")
    service.before = lambda _operation, now: _raise(PermissionError) if now == index else None
    with pytest.raises(PermissionError) as caught:
        service.roll_back()
    assert notes(caught.value) == (
        f"step 4 of 5 has not finished: attach disk {NEW} to instance web-1 at {PATH}; done so "
        f"far: disk {NEW} is available and not attached, disk data-1 is available and not "
        "attached, instance web-1 is stopped; to continue, call roll_back_disk('data-1', ..., "
        f"client_token='token-1'); to undo, call undo_roll_back_disk('{NEW}')"
    )


def _raise(error: type[BaseException]) -> None:
    raise error


def test_interrupt_before_the_new_disk_exists_offers_no_undo() -> None:
    service = Service()
    service.before = lambda operation, _: (
        _raise(KeyboardInterrupt) if operation == "GetOperation" else None
    )
    with pytest.raises(KeyboardInterrupt) as caught:
        service.roll_back(new_disk_name="fresh-1")
    assert notes(caught.value).endswith(
        "to continue, call roll_back_disk('data-1', ..., new_disk_name='fresh-1', "
        "client_token='token-1')"
    )


def test_time_limit_ends_all_steps_and_the_call_can_be_continued() -> None:
    service = Service()
    for limit in (0, 1, 5, 10, 20):
        error = service.attempt(service.roll_back, timeout=limit)
        if isinstance(error, RollBackResult):
            break
        assert type(error) is WaitTimeoutError
        assert error.may_have_executed
        assert "to continue, call roll_back_disk" in notes(error)
        service.check_invariants()
    service.roll_back()
    service.check_rolled_back()


def test_undo_note_has_how_to_continue() -> None:
    service = Service()
    service.roll_back()
    error = service.attempt(service.undo, timeout=0, delete_new_disk=True)
    assert type(error) is WaitTimeoutError
    assert notes(error).endswith(
        f"to continue, call undo_roll_back_disk('{NEW}', delete_new_disk=True)"
    )


# Other clients


def test_roll_back_continues_with_the_state_that_the_first_call_recorded() -> None:
    service = Service()
    service.plan = {12: "killed"}
    assert isinstance(service.attempt(service.roll_back), KilledError)
    service.settle()
    assert service.state()[INSTANCE] == "stopped"
    # The lookup of the new disk is stale, so that this call believes to be the first one.
    missing = {len(service.calls): True}
    send = service.send

    def stale(request: Any) -> Any:
        if missing.pop(len(service.calls), None):
            service.calls.append(("stale", ""))
            raise NotFoundException("none", code="NotFoundException", operation_name="GetDisk")
        return send(request)

    service.send = stale  # type: ignore[method-assign] # for this test
    service.roll_back()
    service.check_rolled_back()
    assert service.state()[INSTANCE] == "running"


def test_instance_that_was_stopped_and_runs_now_is_not_stopped() -> None:
    service = Service(ran=False)
    service.plan = {9: "killed"}
    assert isinstance(service.attempt(service.roll_back), KilledError)
    service.plan = {}
    service.do("StartInstance", instanceName=INSTANCE)
    service.settle()
    for work in (service.roll_back,):
        error = service.attempt(work)
        assert type(error) is WaitFailedError
        assert "was stopped before, and is running now; stop it first" in str(error)
    service.do("StopInstance", instanceName=INSTANCE)
    service.settle()
    service.roll_back()
    service.check_rolled_back()


def test_new_disk_that_another_client_attached_elsewhere_stays_there() -> None:
    service = Service()
    service.plan = {9: "killed"}
    service.attempt(service.roll_back)
    service.plan = {}
    service.settle()
    service.do("AttachDisk", diskName=NEW, instanceName="web-2", diskPath="/dev/xvdh")
    error = service.attempt(service.roll_back)
    assert type(error) is WaitFailedError
    assert "it is attached to web-2 at /dev/xvdh" in str(error)
    assert service.state()[INSTANCE] == "running"


def test_new_disk_in_error_is_not_used() -> None:
    service = Service()
    progression = service.emulator.progression
    service.emulator.progression = progression.with_failed_operation("CreateDiskFromSnapshot")
    assert type(service.attempt(service.roll_back)) is WaitFailedError
    service.settle()
    error = service.attempt(service.roll_back)
    assert str(error) == f"cannot use disk {NEW}: its state is error"
    service.undo(delete_new_disk=True)
    service.check_original(is_new_deleted=True)


@pytest.mark.parametrize("is_attached", [True, False])
def test_disk_that_took_the_name_of_the_original_is_left_alone(*, is_attached: bool) -> None:
    service = Service()
    service.plan = {17: "killed"}
    assert isinstance(service.attempt(service.roll_back), KilledError)
    service.plan = {}
    service.settle()
    service.do("DeleteDisk", diskName=OLD)
    service.emulator.add_disk(OLD, region_name="us-east-1", size_in_gb=16)
    service.settle()
    if is_attached:
        service.do("AttachDisk", diskName=OLD, instanceName=INSTANCE, diskPath=PATH)
    other = service.state()[OLD]
    outcome = service.attempt(service.roll_back, delete_old_disk=True)
    assert service.state()[OLD] == other
    if is_attached:
        assert "another client has deleted the original" in str(outcome)
    else:
        assert outcome.replaced_disk is None
    assert "another client has deleted the original" in str(service.attempt(service.undo))


def test_path_that_another_disk_takes_is_not_freed() -> None:
    service = Service()

    def before(operation: str, _: int) -> None:
        if operation == "AttachDisk":
            service.do("AttachDisk", diskName="other-2", instanceName=INSTANCE, diskPath=PATH)

    service.before = before
    error = service.attempt(service.roll_back)
    assert isinstance(error, LightsailSnapError)
    assert error.may_have_executed
    assert f"disk {NEW} is available and not attached" in notes(error)
    service.before = lambda _operation, _index: None
    service.do("DetachDisk", diskName="other-2")
    service.roll_back()
    service.check_rolled_back()


@pytest.mark.parametrize(("index", "disk"), [(13, OLD), (16, NEW)])
def test_disk_that_another_client_replaces_in_between_is_not_moved(index: int, disk: str) -> None:
    service = Service()

    def before(_: str, now: int) -> None:
        if now != index:
            return
        service.do("DetachDisk", diskName=disk)
        service.do("DeleteDisk", diskName=disk)
        service.clock.sleep(5)
        service.do("CreateDisk", diskName=disk, availabilityZone="us-east-1a", sizeInGb=16)
        service.settle()
        if disk == OLD:
            service.do("AttachDisk", diskName=disk, instanceName=INSTANCE, diskPath=PATH)
        replaced.append(service.state()[disk])

    replaced: list[Any] = []
    service.before = before
    error = service.attempt(service.roll_back)
    assert type(error) is WaitFailedError
    assert "another client has deleted it, and another one of this name was created" in str(error)
    assert [service.state()[disk]] == replaced
