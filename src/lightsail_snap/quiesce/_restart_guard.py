"""A guard that starts a stopped instance if the process that stopped it is killed."""

from __future__ import annotations

import json
import logging
import os
import sys
from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from lightsail_snap.errors import QuiesceError
from lightsail_snap.quiesce._guard_process import MAX_START_SECONDS, GuardProcess, start_guard
from lightsail_snap.quiesce._pause import to_wire

if TYPE_CHECKING:
    from lightsail_snap._workflows.instance_pause import InstancePause
    from lightsail_snap.quiesce._messages import Plan

_LOG = logging.getLogger("lightsail_snap")
_MODULE = "lightsail_snap.quiesce._start_instance"
_MAX_START_HOURS = 1.0
_MAX_ATTEMPTS = 10
# Modules that redirect requests within this process; another process would call AWS instead.
_REDIRECTING_MODULES = ("moto", "lightsail_snap.testing._mock")


def start_restart_guard(client: Any, pause: InstancePause) -> GuardProcess | None:  # noqa: ANN401 - either client
    """Start a guard for a client that another process can create; None if that is impossible.

    Credentials are not passed on: the command inherits the environment, or reads the profile.
    """
    settings = getattr(client._transport, "settings", None)  # noqa: SLF001 - the client of this package
    is_redirected = any(name in sys.modules for name in _REDIRECTING_MODULES)
    if settings is None or is_redirected or os.name != "posix":
        return None
    if "@" in (settings.endpoint_url or ""):
        # An address with a password must not appear in the list of processes.
        return None
    limit = min(pause.start_limit or _MAX_START_HOURS * 3600, _MAX_START_HOURS * 3600)
    arguments = {
        "settings": asdict(settings),
        "name": pause.name,
        "arn": pause.identity.arn,
        "policy": {
            "timeout": limit,
            "min_delay": to_seconds(pause.policy.min_delay),
            "max_delay": to_seconds(pause.policy.max_delay),
        },
    }
    program = os.path.abspath(sys.executable)  # noqa: PTH100 - links are kept
    plan: Plan = {
        # The package may be importable only by a path that this process has added.
        "environment": {"PYTHONPATH": os.pathsep.join(path or os.curdir for path in sys.path)},
        "before": to_wire((program, "-I", "-S", "-c", "")),
        "after": to_wire((program, "-m", _MODULE, json.dumps(arguments))),
        "before_seconds": MAX_START_SECONDS,
        "pause_seconds": None,
        "after_seconds": 2 * limit + 60,
        "report_after": _MAX_ATTEMPTS,
        "max_attempts": _MAX_ATTEMPTS,
        "refusals": (),
        "not_paused": None,
    }
    try:
        return _start(plan)
    except QuiesceError as error:
        _LOG.warning("no second process can guard instance %s: %s", pause.name, error)
        return None


def to_seconds(delay: timedelta | float) -> float:
    """Return a delay of a `WaitPolicy` in seconds."""
    return delay.total_seconds() if isinstance(delay, timedelta) else delay


def _start(plan: Plan) -> GuardProcess:
    guard = start_guard()
    try:
        guard.send_plan(plan)
        if _is_ready(guard):
            return guard
    except BaseException:
        guard.discard()
        raise
    guard.discard()
    raise QuiesceError("the guard process is not ready")


def _is_ready(guard: GuardProcess) -> bool:
    try:
        report = guard.receive(MAX_START_SECONDS)
    except TimeoutError:
        return False
    return report is not None and report["state"] == "paused"
