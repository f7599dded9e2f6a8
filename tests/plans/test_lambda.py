"""The example for AWS Lambda: its handler on the emulator, and its template."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lightsail_snap import (
    PartialFailureError,
    Request,
    RequestValidationError,
    WaitTimeoutError,
    models,
)
from lightsail_snap.emulator import LightsailEmulator, Progression
from lightsail_snap.plans import BackupPlan

EXAMPLE = Path(__file__).parents[2] / "examples" / "aws_lambda"
TEMPLATE = EXAMPLE / "template.yaml"
OPERATIONS = {
    model.operation_name
    for model in models.exported().values()
    if isinstance(model, type) and issubclass(model, Request) and hasattr(model, "operation_name")
}


@dataclass
class Invocation:
    """The context object that Lambda passes to the handler."""

    milliseconds: int = 900_000

    def get_remaining_time_in_millis(self) -> int:
        return self.milliseconds


@pytest.fixture(scope="module")
def handler() -> Any:
    spec = importlib.util.spec_from_file_location("aws_lambda_handler", EXAMPLE / "handler.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.handler


@pytest.fixture(params=[Progression.instant()], ids=["instant"])
def emulator(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LightsailEmulator]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "emulator")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "emulator")
    with LightsailEmulator(progression=request.param) as made, made.serve() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        made.add_disk("db-1", region_name="us-east-1")
        made.add_instance("web-1", region_name="us-east-1")
        yield made


def event_of(kind: str, **rest: Any) -> dict[str, Any]:
    plan = BackupPlan(
        name=f"nightly-{kind}".replace("_", "-"),
        region="us-east-1",
        select={"kind": kind, "globs": ["*"]},
        copies=["us-west-2"],
        slot="minute",
        retention={"time_zone": "UTC", "keep_last": 1},
        **rest,
    )
    event: dict[str, Any] = json.loads(plan.to_json())
    return event


def allowed() -> set[str]:
    return set(re.findall(r"lightsail:(\w+)", TEMPLATE.read_text(encoding="utf-8")))


@pytest.mark.sample(1)
@pytest.mark.parametrize("kind", ["disk", "instance", "instance_system_disk"])
def test_handler_on_schedule_needs_only_the_allowed_operations(
    kind: str, handler: Any, emulator: LightsailEmulator
) -> None:
    first = handler(event_of(kind), Invocation())
    assert first["is_complete"] is True
    (plan,) = first["plans"]
    assert [step["action"] for step in plan["result"]["steps"]] == ["take", "copy"]
    again = handler(event_of(kind), Invocation())
    (plan,) = again["plans"]
    # The same run within a minute; otherwise the next run, which also deletes.
    assert {step["status"] for step in plan["result"]["steps"]} <= {"adopted", "done"}
    assert set(emulator.calls) <= allowed()


def test_template_allows_only_operations_of_the_library() -> None:
    assert allowed() <= OPERATIONS
    assert {"DeleteDiskSnapshot", "DeleteInstanceSnapshot", "GetOperations"} <= allowed()


@pytest.mark.parametrize(
    "emulator", [Progression.by_seconds(operation=60, snapshot=60)], indirect=True, ids=["slow"]
)
def test_handler_stops_before_lambda_ends_the_invocation(
    handler: Any, emulator: LightsailEmulator
) -> None:
    with pytest.raises(PartialFailureError) as caught:
        handler(event_of("disk"), Invocation(30_000))
    (error,) = caught.value.failures.values()
    assert isinstance(error, WaitTimeoutError)
    assert emulator.calls["CreateDiskSnapshot"] == 1


def test_handler_with_an_invalid_plan_sends_nothing(
    handler: Any, emulator: LightsailEmulator
) -> None:
    with pytest.raises(RequestValidationError, match="select"):
        handler({"name": "nightly", "region": "us-east-1"}, Invocation())
    assert not emulator.calls


def test_handler_keeps_a_shorter_timeout_of_the_plan(
    handler: Any, emulator: LightsailEmulator
) -> None:
    assert handler(event_of("disk", timeout=timedelta(minutes=1)), Invocation())["is_complete"]
    assert emulator.calls["CopySnapshot"] == 1


@pytest.mark.thorough
def test_template_passes_cfn_lint() -> None:
    linter = shutil.which("cfn-lint", path=str(Path(sys.executable).parent))
    assert linter is not None, "install the dev extra"
    result = subprocess.run(  # noqa: S603 - fixed arguments
        [linter, str(TEMPLATE)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout) == (0, ""), result.stdout + result.stderr
