"""Carries out a backup plan, which is the event, on AWS Lambda.

The schedule in template.yaml invokes it. Lambda tries again after a failure, and an attempt adopts
whatever those before it have done, so nothing is taken twice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol

from lightsail_snap.plans import BackupPlan, apply_many, regional_clients

# What is left for the answer, once waiting has been given up.
_RESERVE = timedelta(seconds=30)


class Context(Protocol):
    """What Lambda tells of an invocation, so far as it is needed here."""

    def get_remaining_time_in_millis(self) -> int:
        """Give the milliseconds until Lambda ends the process."""
        ...


def _in_time(plan: BackupPlan, context: Context) -> BackupPlan:
    """Let waits end before Lambda ends the process, so that there is an error that tells why."""
    left = timedelta(milliseconds=context.get_remaining_time_in_millis()) - _RESERVE
    # What is to be copied is waited for twice: once for the snapshot, once for the copies.
    share = max(left / (2 if plan.copies else 1), timedelta(seconds=1))
    return BackupPlan(**{**dict(plan), "timeout": min(plan.timeout, share)})


def handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """Carry out the plan that the event is.

    Args:
        event: The plan, as `BackupPlan.to_json` writes it.
        context: What Lambda tells of the invocation.

    Returns:
        What became of each step.

    Raises:
        RequestValidationError: If the event is no plan. Trying again would not help.
        PartialFailureError: If a step failed. Lambda tries again, and what was done is adopted.
    """
    plan = _in_time(BackupPlan.from_json(json.dumps(event)), context)
    with regional_clients() as clients:
        fleet = apply_many([plan], client_factory=clients)
    print(fleet)  # Lambda keeps it in CloudWatch Logs
    fleet.raise_for_failures()
    return fleet.to_dict()
