"""Runs jobs, each in a new process: `python worker.py URL`, with orders on standard input.

What takes time, to import and to make clients, is done once; then every order is carried out in a
process that is forked from this one and knows of no other order. Written to standard output, a
line each: the process's number, its word that it is done (if it lives so long), and how it ended.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.crash import jobs

from lightsail_snap import LightsailSnapClient


def main(url: str) -> None:
    made = {
        region: LightsailSnapClient(region_name=region, endpoint_url=url, wait_policy=jobs.POLICY)
        for region in (jobs.HERE, jobs.THERE)
    }
    for line in sys.stdin:
        order = json.loads(line)
        process = os.fork()
        if not process:
            status = 1
            try:
                _say(f"begun {os.getpid()}")
                jobs.JOBS[order["job"]](made.__getitem__, order["now"])
                _say("done")
                status = 0
            except Exception:  # noqa: BLE001 - whatever it is, the test is to show it
                _say(f"failed {json.dumps(traceback.format_exc())}")
            finally:
                os._exit(status)
        _, status = os.waitpid(process, 0)
        _say(f"ended {os.waitstatus_to_exitcode(status)}")


def _say(line: str) -> None:
    # One write is one line, whichever process it comes from.
    os.write(1, f"{line}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1])
