"""Plans that stop the instance of each source."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from tests.support import service_error

from lightsail_snap import RequestValidationError
from lightsail_snap.plans import BackupPlan, Quiesce, RunResult, apply

HOME = "us-east-1"
Maker = Callable[..., BackupPlan]


def state_of(state: Any, name: str = "web-1") -> str:
    boto = state.emulator.boto3_client(HOME)
    return str(boto.get_instance_state(instanceName=name)["state"]["name"])


def operations(state: Any) -> list[str]:
    return [operation for _, operation in state.calls]


def attach(state: Any, disk: str) -> None:
    boto = state.emulator.boto3_client(HOME)
    boto.attach_disk(diskName=disk, instanceName="web-1", diskPath="/dev/xvdf")


def apply_stopping(state: Any, make_plan: Maker, select: dict[str, Any]) -> RunResult:
    plan = make_plan(select=select, quiesce={"stop_instance": True})
    return apply(state.prepare(plan), state.client(), concurrency=2)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("disk", "db-1"), ("instance", "web-1"), ("instance_system_disk", "web-1")],
)
def test_instance_of_each_kind_of_source_is_stopped_and_started(
    state: Any, make_plan: Maker, kind: str, name: str
) -> None:
    attach(state, "db-1")
    states: list[str] = []

    def on_call(request: Any, is_done: bool) -> None:  # noqa: FBT001 - the hook's signature
        is_creation = request.operation_name.startswith("Create")
        if is_creation and not is_done:
            states.append(state_of(state))

    state.on_call = on_call
    result = apply_stopping(state, make_plan, {"kind": kind, "names": [name]})
    assert result.is_complete
    assert states == ["stopped"]
    assert state_of(state) == "running"
    [step] = result.results
    assert step.downtime is not None
    assert step.downtime > timedelta()
    seconds = step.downtime.total_seconds()
    assert step.reason == f"instance web-1 was stopped for {seconds:.0f} s"
    assert step.to_dict()["downtime_seconds"] == seconds
    assert step.reason in str(result)


def test_disk_that_is_not_attached_stops_nothing(state: Any, make_plan: Maker) -> None:
    result = apply_stopping(state, make_plan, {"kind": "disk", "names": ["db-1"]})
    assert result.is_complete
    assert "StopInstance" not in operations(state)
    assert result.results[0].downtime is None
    assert "downtime_seconds" not in result.results[0].to_dict()


def test_stopped_instance_is_left_stopped(state: Any, make_plan: Maker) -> None:
    state.emulator.boto3_client(HOME).stop_instance(instanceName="web-1")
    state_of(state)
    result = apply_stopping(state, make_plan, {"kind": "instance", "names": ["web-1"]})
    assert result.is_complete
    assert state_of(state) == "stopped"
    assert result.results[0].downtime is None


def test_disks_of_one_instance_are_requested_one_after_the_other(
    state: Any, make_plan: Maker
) -> None:
    attach(state, "db-1")
    boto = state.emulator.boto3_client(HOME)
    boto.attach_disk(diskName="db-2", instanceName="web-1", diskPath="/dev/xvdg")
    result = apply_stopping(state, make_plan, {"kind": "disk", "globs": ["db-*"]})
    assert result.is_complete
    assert state_of(state) == "running"
    assert operations(state).count("StartInstance") == 2


def test_run_that_was_applied_already_stops_nothing(state: Any, make_plan: Maker) -> None:
    plan = make_plan(
        select={"kind": "instance", "names": ["web-1"]}, quiesce={"stop_instance": True}
    )
    run = state.prepare(plan)
    assert state.apply(run).is_complete
    state.calls.clear()
    assert state.apply(run).is_complete
    assert "StopInstance" not in operations(state)


def test_failed_snapshot_starts_the_instance_and_reports_the_downtime(
    state: Any, make_plan: Maker
) -> None:
    def on_call(request: Any, is_done: bool) -> None:  # noqa: FBT001 - the hook's signature
        if request.operation_name == "CreateInstanceSnapshot" and not is_done:
            raise service_error()(request)

    state.on_call = on_call
    result = apply_stopping(state, make_plan, {"kind": "instance", "names": ["web-1"]})
    [step] = result.results
    assert step.status == "failed"
    assert step.downtime is not None
    assert "; instance web-1 was stopped for " in step.reason
    assert state_of(state) == "running"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"stop_instance": True, "mount_point": "/mnt"}, "stop_instance = true"),
        ({"stop_instance": True, "before": ["a"], "after": ["b"]}, "stop_instance = true"),
        ({"stop_instance": False}, "stop_instance = true"),
        ({"stop_instance": True, "timeout": 5}, "remove timeout"),
        ({"stop_instance": "yes"}, "stop_instance"),
    ],
)
def test_contradictory_fields_are_rejected(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(RequestValidationError, match=message):
        Quiesce(**fields)


def test_plan_file_can_stop_instances(make_plan: Maker) -> None:
    plan = make_plan(quiesce=Quiesce(stop_instance=True))
    assert BackupPlan.from_json(plan.to_json()) == plan
    text = (
        'name = "nightly"\nregion = "us-east-1"\n'
        '[select]\nkind = "instance"\nglobs = ["*"]\n[quiesce]\nstop_instance = true\n'
    )
    assert BackupPlan.from_toml(text).quiesce == Quiesce(stop_instance=True)
