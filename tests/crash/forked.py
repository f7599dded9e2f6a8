"""Uses one client in a process and in its forked child at the same time: `python forked.py URL`.

Writes JSON to standard output: how many responses were wrong or missing, and whether a child can
create clients although another thread created one during the fork.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.crash.workloads import HERE, POLICY

from lightsail_snap import DiskSource, LightsailSnapClient, LightsailSnapError
from lightsail_snap.plans import _sessions, regional_clients

ROUNDS = 10
_TIMEOUT_SECONDS = 60


def _use(client: LightsailSnapClient, disk: str, number: int) -> int:
    errors = 0
    try:
        for _ in range(3):
            errors += client.get_disk(disk).disk.name != disk
        name = f"{disk}-{number}"
        snapshot = client.take_disk_snapshot(name, DiskSource(disk_name=disk))
        errors += (snapshot.name, snapshot.from_disk_name) != (name, disk)
    except LightsailSnapError:
        errors += 1
    return errors


def both_at_once(client: LightsailSnapClient, number: int) -> int:
    """Use a client on both sides of a fork; return the number of wrong responses."""
    # Open a connection, which the child inherits.
    client.get_disk("parent")
    begin = time.monotonic() + 0.01
    child = os.fork()
    if not child:
        signal.alarm(_TIMEOUT_SECONDS)
    while time.monotonic() < begin:
        pass
    if not child:
        os._exit(_use(client, "child", number))
    errors = _use(client, "parent", number)
    return errors + abs(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def makes_clients(url: str) -> bool:
    """Fork while clients are being created, and create one in the child."""
    clients = regional_clients(endpoint_url=url, wait_policy=POLICY)
    with _sessions._creation_lock:
        child = os.fork()
        if not child:
            signal.alarm(_TIMEOUT_SECONDS)
            os._exit(clients(HERE).get_disk("child").disk.name != "child")
    return os.waitpid(child, 0)[1] == 0


def main(url: str) -> None:
    with LightsailSnapClient(region_name=HERE, endpoint_url=url, wait_policy=POLICY) as client:
        errors = sum(both_at_once(client, number) for number in range(ROUNDS))
    sys.stdout.write(json.dumps({"wrong": errors, "makes clients": makes_clients(url)}))


if __name__ == "__main__":
    main(sys.argv[1])
