"""AWS Lambda function that applies a backup plan; the event is the plan.

The schedule in template.yaml invokes it. Lambda retries failed invocations. A retry adopts the
snapshots of earlier attempts, so none is taken twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol

from lightsail_snap.plans import BackupPlan, apply_many, regional_clients

# Time that remains to report the result after the waits have ended.
_RESERVED_TIME = timedelta(seconds=30)


class Context(Protocol):
    """The part of Lambda's context object that the handler uses."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda ends the process."""
        ...


def handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Apply the plan in the event.

    Args:
        event: The plan, as `BackupPlan.to_json` writes it.
        context: The context object of the invocation.

    Returns:
        The result of each step.

    Raises:
        RequestValidationError: If the event is not a valid plan. A retry fails again.
        PartialFailureError: If a step failed. Lambda retries, and finished steps are adopted.
    """
    plan = _limit_timeout(BackupPlan.from_json(json.dumps(event)), context)
    with regional_clients() as clients:
        fleet = apply_many([plan], client_factory=clients)
    print(fleet)  # Lambda stores standard output in CloudWatch Logs
    fleet.raise_for_failures()
    return fleet.to_dict()


def _limit_timeout(plan: BackupPlan, context: Context) -> BackupPlan:
    """End waits before Lambda ends the process, so that the failure has an error message."""
    remaining = timedelta(milliseconds=context.get_remaining_time_in_millis()) - _RESERVED_TIME
    # A plan with copies waits twice: for the snapshots and for their copies.
    timeout = max(remaining / (2 if plan.copies else 1), timedelta(seconds=1))
    return BackupPlan(**{**dict(plan), "timeout": min(plan.timeout, timeout)})
