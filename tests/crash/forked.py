"""Uses one client in a process and in what it forks, at once: `python forked.py URL`.

Written to standard output as JSON: how many times somebody got another's answer, or none; and
whether a child can make clients although another thread was at it as it was forked.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.crash.jobs import HERE, POLICY

from lightsail_snap import DiskSource, LightsailSnapClient, LightsailSnapError
from lightsail_snap.plans import _sessions, regional_clients

ROUNDS = 10
_PATIENCE = 60


def _use(client: LightsailSnapClient, who: str, number: int) -> int:
    wrong = 0
    try:
        for _ in range(3):
            wrong += client.get_disk(who).disk.name != who
        name = f"{who}-{number}"
        snapshot = client.take_disk_snapshot(name, DiskSource(disk_name=who))
        wrong += (snapshot.name, snapshot.from_disk_name) != (name, who)
    except LightsailSnapError:
        wrong += 1
    return wrong


def both_at_once(client: LightsailSnapClient, number: int) -> int:
    """Use a client on both sides of a fork.

    Returns:
        How many answers were wrong.
    """
    # So that there is a connection to be copied.
    client.get_disk("parent")
    begin = time.monotonic() + 0.01
    child = os.fork()
    if not child:
        signal.alarm(_PATIENCE)
    while time.monotonic() < begin:
        pass
    if not child:
        os._exit(_use(client, "child", number))
    wrong = _use(client, "parent", number)
    return wrong + abs(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def makes_clients(url: str) -> bool:
    """Fork while clients are being made, and make one in the child."""
    clients = regional_clients(endpoint_url=url, wait_policy=POLICY)
    with _sessions._creation_lock:
        child = os.fork()
        if not child:
            signal.alarm(_PATIENCE)
            os._exit(clients(HERE).get_disk("child").disk.name != "child")
    return os.waitpid(child, 0)[1] == 0


def main(url: str) -> None:
    with LightsailSnapClient(region_name=HERE, endpoint_url=url, wait_policy=POLICY) as client:
        wrong = sum(both_at_once(client, number) for number in range(ROUNDS))
    sys.stdout.write(json.dumps({"wrong": wrong, "makes clients": makes_clients(url)}))


if __name__ == "__main__":
    main(sys.argv[1])
