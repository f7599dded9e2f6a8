"""Measure requests per second of the served emulator and of moto_server, in one run.

The emulator lists Lightsail disk snapshots, moto the same number of EC2 snapshots. Both are single
processes on loopback. The same plain HTTP client calls them over persistent connections, in short
alternating turns, so that other load slows both alike. The A/A control measures the emulator twice
in every round, which shows the noise.
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
from urllib.parse import urlencode, urlsplit

SCOPE = "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/{}/aws4_request, Signature=0"
Request = tuple[bytes, dict[str, str]]


def lightsail(operation: str, **members: object) -> Request:
    """Return a request to Lightsail."""
    return json.dumps(members).encode(), {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": f"Lightsail_20161128.{operation}",
        "Authorization": SCOPE.format("lightsail"),
    }


def ec2(action: str, **members: object) -> Request:
    """Return a request to EC2."""
    return urlencode({"Action": action, "Version": "2016-11-15", **members}).encode(), {
        "Content-Type": "application/x-www-form-urlencoded",
        "Authorization": SCOPE.format("ec2"),
    }


class Peer:
    """A measured server."""

    def __init__(self, name: str, url: str) -> None:
        self.name, self._address = name, urlsplit(url).netloc
        self.rates: list[float] = []

    def connect(self) -> http.client.HTTPConnection:
        """Open a connection."""
        return http.client.HTTPConnection(self._address, timeout=60)

    def send(self, request: Request, connection: http.client.HTTPConnection | None = None) -> bytes:
        """Send a request and return the body, on a new connection by default."""
        connection = connection or self.connect()
        connection.request("POST", "/", *request)
        response = connection.getresponse()
        body = response.read()
        if response.status != http.client.OK:
            raise SystemExit(f"{self.name}: HTTP {response.status}: {body[:300]!r}")
        return body

    def turn(self, request: Request, seconds: float, connections: int) -> None:
        """Send requests over several connections for some seconds, and record the rate."""
        counts: list[int] = []
        begin = time.perf_counter()

        def work() -> None:
            connection, count = self.connect(), 0
            while time.perf_counter() - begin < seconds:
                self.send(request, connection)
                count += 1
            counts.append(count)
            connection.close()

        threads = [threading.Thread(target=work) for _ in range(connections)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.rates.append(sum(counts) / (time.perf_counter() - begin))


@contextmanager
def process(*command: str, ready: Callable[[subprocess.Popen[str]], str]) -> Iterator[str]:
    """Run a server while the context lasts, and yield its URL."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        try:
            yield ready(server)
        finally:
            server.terminate()


def first_url(server: subprocess.Popen[str]) -> str:
    """Read the output of a server until it prints its URL, then drain it."""
    for line in server.stdout or ():
        found = re.search(r"http://127\.0\.0\.1:\d+", line)
        if found:
            threading.Thread(target=server.communicate, daemon=True).start()
            return found[0]
    raise SystemExit("the server ended before it listened")


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moto", required=True, help="the moto_server executable")
    parser.add_argument("--items", type=int, default=100, help="snapshots in the list")
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=1.0, help="one turn of one server")
    parser.add_argument("--connections", type=int, default=4)
    options = parser.parse_args()

    with ExitStack() as stack:
        emulator_url = stack.enter_context(
            process(
                sys.executable,
                "-m",
                "lightsail_snap",
                "emulator",
                "--seconds",
                "0",
                ready=first_url,
            )
        )
        moto_url = stack.enter_context(
            process(options.moto, "-H", "127.0.0.1", "-p", "0", ready=first_url)
        )
        emulator, moto, control = (
            Peer("lightsail_snap", emulator_url),
            Peer("moto", moto_url),
            Peer("A/A", emulator_url),
        )
        zone = {"availabilityZone": "us-east-1a", "sizeInGb": 8}
        emulator.send(lightsail("CreateDisk", diskName="data", **zone))
        for number in range(options.items):
            emulator.send(
                lightsail("CreateDiskSnapshot", diskName="data", diskSnapshotName=f"s-{number}")
            )
        volume = moto.send(ec2("CreateVolume", AvailabilityZone="us-east-1a", Size=8)).decode()
        identity = re.search(r"vol-\w+", volume)
        if identity is None:
            raise SystemExit(f"moto made no volume: {volume[:300]}")
        made = b"".join(
            moto.send(ec2("CreateSnapshot", VolumeId=identity[0])) for _ in range(options.items)
        )
        # moto has 1301 snapshots of its own. Listing by name was faster than a filter by volume.
        identities = re.findall(r"<snapshotId>(snap-\w+)", made.decode())
        named = {f"SnapshotId.{number}": name for number, name in enumerate(identities, 1)}
        list_own, list_moto = lightsail("GetDiskSnapshots"), ec2("DescribeSnapshots", **named)
        own_count = len(json.loads(emulator.send(list_own))["diskSnapshots"])
        moto_count = moto.send(list_moto).count(b"<snapshotId>")
        if not own_count == moto_count == options.items:
            raise SystemExit(f"lists of {own_count} and {moto_count} items cannot be compared")

        for _ in range(options.rounds):
            for peer, request in ((emulator, list_own), (moto, list_moto), (control, list_own)):
                peer.turn(request, options.seconds, options.connections)

    def ratio(peer: Peer, base: Peer) -> str:
        ratios = [one / other for one, other in zip(peer.rates, base.rates, strict=True)]
        low, middle, high = min(ratios), statistics.median(ratios), max(ratios)
        return f"{middle:5.2f}x ({low:.2f} to {high:.2f})"

    print(f"{options.items} snapshots, {options.connections} connections, {options.rounds} rounds")
    print(f"  lightsail_snap / moto   {ratio(emulator, moto)}  requests per second, median (range)")
    print(f"  A/A control             {ratio(control, emulator)}")


if __name__ == "__main__":
    main()
