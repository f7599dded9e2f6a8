"""Runs workloads, each in a new process: `python worker.py URL`, with commands on standard input.

Imports and clients, which take time, are shared. Each command is executed in a process that is
forked from this one. Writes lines to standard output: the process id, `done` if the process
survives, and the exit status.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.crash import workloads

from lightsail_snap import LightsailSnapClient


def main(url: str) -> None:
    made = {
        region: LightsailSnapClient(
            region_name=region, endpoint_url=url, wait_policy=workloads.POLICY
        )
        for region in (workloads.HERE, workloads.THERE)
    }
    for line in sys.stdin:
        command = json.loads(line)
        process = os.fork()
        if not process:
            status = 1
            try:
                _print(f"begun {os.getpid()}")
                workloads.WORKLOADS[command["workload"]](made.__getitem__, command["now"])
                _print("done")
                status = 0
            except Exception:  # noqa: BLE001 - the test shows any failure
                _print(f"failed {json.dumps(traceback.format_exc())}")
            finally:
                os._exit(status)
        _, status = os.waitpid(process, 0)
        _print(f"ended {os.waitstatus_to_exitcode(status)}")


def _print(line: str) -> None:
    # One write is one line, whichever process writes it.
    os.write(1, f"{line}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1])
