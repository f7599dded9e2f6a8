"""Start an instance again; the guard of a killed process runs this module."""

from __future__ import annotations

import json
import sys

from lightsail_snap._boto.connect import connect
from lightsail_snap._drivers.sync import run
from lightsail_snap._workflows.instance_pause import InstancePause
from lightsail_snap._workflows.ownership import Identity
from lightsail_snap.waiters import WaitPolicy


def main(arguments: str) -> None:
    """Start the instance that the arguments describe, as JSON, and wait until it boots."""
    given = json.loads(arguments)
    connection = connect(
        None,
        **given["settings"],
        session=None,
        config=None,
        transport=None,
        wait_policy=WaitPolicy(**given["policy"]),
        clock=None,
    )
    pause = InstancePause(
        given["name"],
        connection.wait_policy,
        None,
        connection.wait_policy.limit("policy"),
        waits_until_running=False,
        identity=Identity(arn=given["arn"], is_created_here=True),
        # Whether the request to stop it was sent before the process was killed is unknown.
        may_have_stopped=True,
    )
    run(pause.start(), connection.transport, connection.clock)


if __name__ == "__main__":  # pragma: no cover - a process that outlives the tests runs it
    main(sys.argv[1])
