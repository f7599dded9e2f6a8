"""Measure the speed of the emulator: `python benchmarks/emulator.py`.

- Pages of 100 disk snapshots over HTTP, on one connection and on eight, in requests per second.
  The server is a process of its own, and so is the client of each connection.
- 10,000 CreateDiskSnapshot: the emulator's logic alone, through a boto3 client of the same
  process, through boto3 with a fixed response for comparison, and over HTTP.

The measurements take short turns that alternate, so that other load slows all alike; the results
are medians. The last column compares them with a measure of the machine: how fast the standard
library parses and writes the same page.

With `--moto PATH/TO/moto_server`, it also lists as many EC2 snapshots of moto.
"""

from __future__ import annotations

import argparse
import http.client
import json
import re
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib import import_module
from itertools import count
from typing import IO, Any
from urllib.parse import urlencode, urlsplit

from lightsail_snap.emulator import LightsailEmulator, Progression

ITEMS, CREATES, CONNECTIONS = 100, 10_000, 8
SCOPE = "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/{}/aws4_request, Signature=0"
Request = tuple[bytes, dict[str, str]]
CLIENT = """
import http.client, json, sys, time
address, seconds, body, headers = json.loads(sys.argv[1])
connection = http.client.HTTPConnection(address, timeout=60)
def send():
    connection.request("POST", "/", body.encode(), headers)
    response = connection.getresponse()
    response.read()
    assert response.status == 200
send()
print(flush=True)
sys.stdin.readline()
count, end = 0, time.perf_counter() + seconds
while time.perf_counter() < end:
    send()
    count += 1
print(count)
"""


def lightsail(operation: str, **fields: object) -> Request:
    """Return a request to Lightsail."""
    return json.dumps(fields).encode(), {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"Lightsail_20161128.{operation}",
        "Authorization": SCOPE.format("lightsail"),
    }


def ec2(action: str, **fields: object) -> Request:
    """Return a request to EC2."""
    return urlencode({"Action": action, "Version": "2016-11-15", **fields}).encode(), {
        "Content-Type": "application/x-www-form-urlencoded",
        "Authorization": SCOPE.format("ec2"),
    }


class Server:
    """A server in a process of its own."""

    def __init__(self, *command: str) -> None:
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for line in self._process.stdout or ():
            found = re.search(r"http://127\.0\.0\.1:\d+", line)
            if found:
                break
        else:
            raise SystemExit(f"{command[0]} ended before it listened")
        threading.Thread(target=self._process.communicate, daemon=True).start()
        self.address = urlsplit(found[0]).netloc
        self._connection = http.client.HTTPConnection(self.address, timeout=60)

    def send(self, request: Request) -> bytes:
        """Send a request, and return the body of the response."""
        self._connection.request("POST", "/", *request)
        response = self._connection.getresponse()
        body = response.read()
        if response.status != http.client.OK:
            raise SystemExit(f"HTTP {response.status}: {body[:300]!r}")
        return body

    def cpu(self) -> float:
        """Return the CPU time of the process so far, in seconds."""
        # The number of this clock, as glibc's clock_getcpuclockid computes it. Linux only.
        return time.clock_gettime((~self._process.pid << 3) | 2)

    def rate(
        self, request: Request, connections: int, seconds: float, *, by_cpu: bool = False
    ) -> float:
        """Send a request again and again over several connections; return requests per second.

        With `by_cpu`, return them per second of the server's CPU time.
        """
        body, headers = request
        arguments = json.dumps([self.address, seconds, body.decode(), headers])
        with ExitStack() as stack:
            clients = [
                stack.enter_context(
                    subprocess.Popen(
                        (sys.executable, "-c", CLIENT, arguments),
                        stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE,
                        text=True,
                    )
                )
                for _ in range(connections)
            ]
            for client in clients:
                _pipe(client.stdout).readline()
            began = self.cpu()
            for client in clients:
                _pipe(client.stdin).write("\n")
                _pipe(client.stdin).flush()
            sent = sum(int(_pipe(client.stdout).readline()) for client in clients)
            return sent / (self.cpu() - began if by_cpu else seconds)

    def close(self) -> None:
        """End the process."""
        self._connection.close()
        self._process.terminate()
        self._process.wait()


def _pipe(pipe: IO[str] | None) -> IO[str]:
    if pipe is None:
        raise TypeError
    return pipe


@contextmanager
def served(*command: str) -> Iterator[Server]:
    """Run a server while the context lasts."""
    server = Server(*command)
    try:
        yield server
    finally:
        server.close()


def fill_moto(moto: Server) -> Request:
    """Create EC2 snapshots, and return the request that lists them."""
    volume = moto.send(ec2("CreateVolume", AvailabilityZone="us-east-1a", Size=8)).decode()
    (volume_id,) = re.findall(r"<volumeId>(vol-\w+)", volume)
    made = b"".join(moto.send(ec2("CreateSnapshot", VolumeId=volume_id)) for _ in range(ITEMS))
    # moto has snapshots of its own. Listing by id is faster than a filter by volume.
    ids = re.findall(r"<snapshotId>(snap-\w+)", made.decode())
    request = ec2("DescribeSnapshots", **{f"SnapshotId.{n}": each for n, each in enumerate(ids, 1)})
    found = moto.send(request).count(b"<snapshotId>")
    if found != ITEMS:
        raise SystemExit(f"moto listed {found} snapshots, not {ITEMS}")
    return request


def seconds_of(call: Callable[[], object], times: int, clock: Callable[[], float]) -> float:
    """Measure the time of 10,000 calls."""
    for _ in range(times // 5):
        call()
    began = clock()
    for _ in range(times):
        call()
    return (clock() - began) / times * CREATES


Measurements = dict[str, Callable[[], float]]
BASE = "json.loads and json.dumps of the page"


def page_rates(listing: Server, moto: Server | None, seconds: float) -> Measurements:
    """Return the measurements of pages, in pages per second."""
    for number in range(ITEMS):
        listing.send(create_request(f"snapshot-{number}"))
    request = lightsail("GetDiskSnapshots")
    page = listing.send(request)
    if len(json.loads(page)["diskSnapshots"]) != ITEMS:
        raise SystemExit("the page has another number of snapshots")

    def parse_and_write() -> object:
        return json.dumps(json.loads(page))

    rates: Measurements = {
        "1 connection": lambda: listing.rate(request, 1, seconds),
        "1 connection again (control)": lambda: listing.rate(request, 1, seconds),
        f"{CONNECTIONS} connections": lambda: listing.rate(request, CONNECTIONS, seconds),
        "1 connection, by CPU time of the server": lambda: listing.rate(
            request, 1, seconds, by_cpu=True
        ),
        f"{CONNECTIONS} connections, by CPU time of the server": lambda: listing.rate(
            request, CONNECTIONS, seconds, by_cpu=True
        ),
        BASE: lambda: CREATES / seconds_of(parse_and_write, 300, time.thread_time),
    }
    if moto is not None:
        list_moto = fill_moto(moto)
        rates["moto, 1 connection"] = lambda: moto.rate(list_moto, 1, seconds)
    return rates


def create_request(name: str) -> Request:
    """Return a request that creates a snapshot."""
    return lightsail("CreateDiskSnapshot", diskName="data", diskSnapshotName=name)


def create_times(server: Server, calls: int) -> Measurements:
    """Return the measurements of creation, in seconds."""
    _peers: Any = import_module("_peers")  # beside this script
    names = (f"another-{number}" for number in count())
    emulator = LightsailEmulator(progression=Progression.instant())
    emulator.add_disk("data", region_name="us-east-1")
    boto3, fixed = emulator.boto3_client("us-east-1"), _peers.boto3_client()

    def by_logic() -> object:
        body = create_request(next(names))[0]
        return emulator.handle("us-east-1", "CreateDiskSnapshot", body)

    def by_boto3() -> object:
        return boto3.create_disk_snapshot(diskName="data", diskSnapshotName=next(names))

    def by_fixed() -> object:
        return fixed.create_disk_snapshot(diskName="data", diskSnapshotName=next(names))

    def by_http() -> object:
        return server.send(create_request(next(names)))

    cpu, elapsed = time.thread_time, time.perf_counter
    return {
        "the emulator's logic, CPU": lambda: seconds_of(by_logic, calls, cpu),
        "boto3 client of the same process, CPU": lambda: seconds_of(by_boto3, calls, cpu),
        "boto3 with a fixed response, CPU": lambda: seconds_of(by_fixed, calls, cpu),
        "HTTP on one connection, elapsed": lambda: seconds_of(by_http, calls, elapsed),
        "HTTP, CPU of the server": lambda: seconds_of(by_http, calls, server.cpu),
    }


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--moto", help="the moto_server executable")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=1.0, help="time of one turn over HTTP")
    parser.add_argument("--creates", type=int, default=300, help="calls in one turn")
    options = parser.parse_args()
    command = (sys.executable, "-m", "lightsail_snap", "emulator", "--seconds", "0")
    with ExitStack() as stack:
        listing, creating = (
            stack.enter_context(served(*command, "--disk", "data")) for _ in range(2)
        )
        moto = None
        if options.moto:
            moto = stack.enter_context(served(options.moto, "-H", "127.0.0.1", "-p", "0"))
        rates = page_rates(listing, moto, options.seconds)
        times = create_times(creating, options.creates)
        measured: dict[str, list[float]] = {name: [] for name in (*rates, *times)}
        for _ in range(options.rounds):
            for name, measure in (*rates.items(), *times.items()):
                measured[name].append(measure())
    medians = {name: statistics.median(numbers) for name, numbers in measured.items()}

    base = medians[BASE]
    print(f"| a page of {ITEMS} disk snapshots | per second | ratio to {BASE} |\n|---|--:|--:|")
    for name in rates:
        print(f"| {name} | {medians[name]:,.0f} | {medians[name] / base:.2f} |")
    print(f"\n| {CREATES:,} CreateDiskSnapshot | seconds | ratio to {BASE} |\n|---|--:|--:|")
    for name in times:
        print(f"| {name} | {medians[name]:.2f} | {medians[name] * base / CREATES:.2f} |")


if __name__ == "__main__":
    main()
