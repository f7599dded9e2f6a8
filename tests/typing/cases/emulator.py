"""Type-check the embedded Lightsail. This file is never run.

A line that must be rejected names the error codes: `# mypy: ... pyright: ...`.
"""

from __future__ import annotations

from collections import Counter
from contextlib import AbstractContextManager

from typing_extensions import assert_type

from lightsail_snap import Boto3Client, Clock, VirtualClock, LightsailSnapClient
from lightsail_snap.emulator import (
    Response,
    Ending,
    FailedOperation,
    Fault,
    FaultKind,
    LightsailEmulator,
    Pace,
    Progression,
    run_server,
)


def creation() -> None:
    LightsailEmulator()
    LightsailEmulator(clock=VirtualClock(), progression=Progression.instant(), page_size=2, seed=7)
    with LightsailEmulator(state="state.json") as emulator:
        assert_type(emulator, LightsailEmulator)
        assert_type(emulator.calls, Counter[str])
        assert_type(emulator.clock, Clock)
    LightsailEmulator("us-east-1")  # mypy: call-arg,arg-type pyright: reportCallIssue
    LightsailEmulator(clock=5)  # mypy: arg-type pyright: reportArgumentType
    LightsailEmulator(page_size="2")  # mypy: arg-type pyright: reportArgumentType


def filled(emulator: LightsailEmulator) -> None:
    emulator.add_disk("Disk-1", region_name="us-east-1", size_in_gb=8, tags={"env": None})
    emulator.add_instance("web-1", region_name="us-east-1", bundle_id="micro_3_0")
    emulator.add_disk("Disk-1")  # mypy: call-arg pyright: reportCallIssue
    emulator.add_disk("Disk-1", region_name="us-east-1", size_in_gb="8")  # mypy: arg-type pyright: reportArgumentType
    emulator.add_instance("web-1", "us-east-1")  # mypy: call-arg pyright: reportCallIssue
    emulator.add_instance("web-1", region_name="us-east-1", tags=["env"])  # mypy: arg-type pyright: reportArgumentType


def used(emulator: LightsailEmulator, client: Boto3Client, headers: dict[str, str]) -> None:
    LightsailSnapClient(emulator.boto3_client("us-east-1"))  # any: boto3 creates clients at run time
    emulator.install(client)
    assert_type(emulator.serve(port=0), AbstractContextManager[str])
    assert_type(emulator.exchange(headers, b"{}"), Response)
    assert_type(emulator.handle("us-east-1", "GetDisks", b"{}"), Response)
    emulator.close()
    emulator.boto3_client()  # mypy: call-arg pyright: reportCallIssue
    emulator.install()  # mypy: call-arg pyright: reportCallIssue
    emulator.serve("127.0.0.1")  # mypy: call-arg pyright: reportCallIssue
    emulator.exchange(headers, "{}")  # mypy: arg-type pyright: reportArgumentType
    emulator.handle("GetDisks", {})  # mypy: call-arg pyright: reportCallIssue
    emulator.close(now=True)  # mypy: call-arg pyright: reportCallIssue


def troubled(emulator: LightsailEmulator, fault: Fault) -> None:
    emulator.inject(Fault(kind=FaultKind.THROTTLE, operation="GetDisk", times=3))
    emulator.inject(Fault(kind=FaultKind.DROP, after_commit=True, probability=0.5, times=None))
    assert_type(fault.is_executed, bool)
    assert_type(fault.kind, FaultKind)
    emulator.clear_faults()
    emulator.inject(FaultKind.DROP)  # mypy: arg-type pyright: reportArgumentType
    emulator.clear_faults(fault)  # mypy: call-arg pyright: reportCallIssue
    Fault()  # mypy: call-arg pyright: reportCallIssue
    Fault(kind="drop")  # mypy: arg-type pyright: reportArgumentType
    Fault(kind=FaultKind.EARTHQUAKE)  # mypy: attr-defined pyright: reportAttributeAccessIssue
    fault.is_executed = True  # mypy: misc pyright: reportAttributeAccessIssue
    fault.times = 5  # mypy: misc pyright: reportAttributeAccessIssue


def going_on(progression: Progression, failed: FailedOperation) -> None:
    assert_type(Progression.by_polls(operation=1, snapshot=3), Progression)
    assert_type(Progression.by_seconds(0.5, 2), Progression)
    assert_type(Progression.instant().with_failed_operation("CreateDiskSnapshot"), Progression)
    assert_type(progression.with_failed_operation(resource_name="db"), Progression)
    assert_type(progression.with_failed_snapshot("db"), Progression)
    assert_type(progression.fails_snapshot("db"), bool)
    assert_type(progression.failure_of("CreateDiskSnapshot", ["db"]), FailedOperation | None)
    assert_type(failed.is_about("CreateDiskSnapshot", {"db"}), bool)
    Progression(operation=Pace("polls", 2), failed_operations=(failed,))
    Progression.by_polls("1")  # mypy: arg-type pyright: reportArgumentType
    Progression.by_seconds(operation=None)  # mypy: arg-type pyright: reportArgumentType
    Progression.instant(5)  # mypy: call-arg pyright: reportCallIssue
    Progression(operation=2)  # mypy: arg-type pyright: reportArgumentType
    Pace("minutes", 2)  # mypy: arg-type pyright: reportArgumentType
    Pace("polls")  # mypy: call-arg pyright: reportCallIssue
    progression.with_failed_operation("CreateDiskSnapshot", "db")  # mypy: call-arg pyright: reportCallIssue
    progression.with_failed_snapshot(5)  # mypy: arg-type pyright: reportArgumentType
    progression.fails_snapshot()  # mypy: call-arg pyright: reportCallIssue
    progression.failure_of("CreateDiskSnapshot")  # mypy: call-arg pyright: reportCallIssue
    failed.is_about("CreateDiskSnapshot", 5)  # mypy: arg-type pyright: reportArgumentType
    FailedOperation("CreateDiskSnapshot")  # mypy: call-arg pyright: reportCallIssue


def responses(response: Response) -> None:
    assert_type(response.status, int)
    assert_type(response.body, bytes)
    assert_type(response.ending, Ending)
    Response(200, b"{}", ending=Ending.TRUNCATED)
    Response(200, "{}")  # mypy: arg-type pyright: reportArgumentType
    Response(200, b"{}", {}, "dropped")  # mypy: arg-type pyright: reportArgumentType
    Ending.LOST  # mypy: attr-defined pyright: reportAttributeAccessIssue
    response.status = 500  # mypy: misc pyright: reportAttributeAccessIssue


def ready(url: str) -> None:
    print(url)


def served() -> None:
    run_server(on_ready=ready, port=4566)
    run_server(on_ready=print, on_start=filled, progression=Progression.instant())
    run_server()  # mypy: call-arg pyright: reportCallIssue
    run_server(on_ready=ready, on_start=ready)  # mypy: arg-type pyright: reportArgumentType
