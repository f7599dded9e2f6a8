"""Serve an emulator, and record the audit events of everything it opens, runs or loads.

The program prints the URL. It starts recording at the first line of its standard input, and prints
the recorded events at the second.
"""

from __future__ import annotations

import json
import sys

from lightsail_snap.emulator import LightsailEmulator, Progression

# Prefixes of Python's audit events.
WATCHED = (
    "open", "exec", "compile", "import", "subprocess.", "os.", "pty.", "shutil.", "pathlib.",
    "glob.", "tempfile.", "ctypes.", "marshal.", "pickle.", "code.", "function.__new__",
    "socket.connect", "socket.getaddrinfo", "socket.gethost", "socket.getnameinfo", "socket.bind",
    "socket.sendto", "sqlite3.", "urllib.", "http.client.", "smtplib.", "ftplib.", "webbrowser.",
    "sys.addaudithook", "sys.setprofile", "sys.settrace", "syslog.", "signal.", "resource.",
    "builtins.input", "builtins.breakpoint", "mmap.", "fcntl.", "winreg.", "_winapi.",
)  # fmt: skip

events: list[str] = []
is_recording = False


def hook(event: str, arguments: tuple[object, ...]) -> None:
    if is_recording and event.startswith(WATCHED):
        events.append(f"{event} {arguments!r}"[:500])


sys.addaudithook(hook)
with LightsailEmulator(progression=Progression.instant()) as emulator:
    emulator.add_disk("disk-1", region_name="us-east-1")
    emulator.add_instance("web-1", region_name="us-east-1")
    with emulator.serve() as url:
        print(url, flush=True)  # noqa: T201 - the test reads it
        sys.stdin.readline()
        is_recording = True
        sys.stdin.readline()
        is_recording = False
        print(json.dumps(events), flush=True)  # noqa: T201 - the test reads it
