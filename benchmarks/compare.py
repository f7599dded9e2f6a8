"""Compare this library with boto3 and other typed clients: `python benchmarks/compare.py`.

All peers are measured in one run, in short alternating turns. The result is the ratio of the
medians to that of boto3. boto3 takes part twice: the deviation of its second ratio from 1 is the
noise. Computation is measured in CPU time, which other processes disturb least, and threads in
elapsed time. Responses are fixed, so no time is spent on a network.

`--picture FILE` draws the ratios. `python benchmarks/publish.py compare` writes the tables to
docs/performance.md.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import platform
import resource
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

BASE = "boto3"
# A benchmark must not read credentials or Regions of the machine.
ISOLATED_ENVIRONMENT = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@dataclass
class Table:
    """One comparison.

    Attributes:
        title: The compared operation.
        unit: Unit of the numbers.
        numbers: The number of each peer.
        base: The peer that the others are compared with.
        more_is_better: Whether a higher number is better.
    """

    title: str
    unit: str
    numbers: Mapping[str, float]
    base: str = BASE
    more_is_better: bool = False
    notes: list[str] = field(default_factory=list)

    def ratios(self) -> dict[str, float]:
        """Return the ratios to the base."""
        return {name: number / self.numbers[self.base] for name, number in self.numbers.items()}

    def markdown(self) -> str:
        """Return a Markdown table."""
        better = ", more is better" if self.more_is_better else ""
        lines = [f"| {self.title} | {self.unit}{better} | ratio to {self.base} |", "|---|--:|--:|"]
        ratios = self.ratios()
        lines += [f"| {name} | {n:,.1f} | {ratios[name]:.2f} |" for name, n in self.numbers.items()]
        return "\n".join([*lines, "", *self.notes])


Calls = Mapping[str, Callable[[], object]]


def alternate(
    calls: Calls, measure: Callable[[Callable[[], object]], float], rounds: int
) -> dict[str, float]:
    """Measure calls in turns, and return the medians; each round starts with another call."""
    samples: dict[str, list[float]] = {name: [] for name in calls}
    names = list(calls)
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            samples[name].append(measure(calls[name]))
    return {name: statistics.median(numbers) for name, numbers in samples.items()}


def cpu_time(times: int, factor: float) -> Callable[[Callable[[], object]], float]:
    """Return a function that measures the CPU time of a call."""

    def measure(call: Callable[[], object]) -> float:
        gc.collect()
        # Warm the caches, which hold the code of the previous call.
        for _ in range(times // 2):
            call()
        began = time.thread_time()
        for _ in range(times):
            call()
        return (time.thread_time() - began) / times * factor

    return measure


def compare_calls(rounds: int) -> list[Table]:
    """Compare a small call and a large page."""
    _peers: Any = import_module("_peers")  # not at start-up: cold starts are measured without it

    found, missing = _peers.peers()
    for reason in missing:
        print(f"skipped: {reason}", file=sys.stderr)
    creates = {peer.title: peer.create for peer in found if peer.create is not None}
    pages = {peer.title: peer.list_page for peer in found if peer.list_page is not None}
    return [
        Table("one CreateDiskSnapshot", "CPU µs", alternate(creates, cpu_time(100, 1e6), rounds)),
        Table("a page of 1000 DiskSnapshots", "CPU ms", alternate(pages, cpu_time(2, 1e3), rounds)),
    ]


FIXED_RESPONSE = """
from botocore.awsrequest import AWSResponse
class Raw:
    def stream(self):
        yield b'{"diskSnapshot":{"name":"db-1","state":"completed","createdAt":1479816991.349}}'
def fix(client):
    def respond(request, **_):
        return AWSResponse(request.url, 200, {"x-amzn-RequestId": "1"}, Raw())
    client.meta.events.register("before-send.lightsail", respond)
"""
RAW_START = f"""
import boto3
client = boto3.client("lightsail")
{FIXED_RESPONSE}
fix(client)
assert client.get_disk_snapshot(diskSnapshotName="db-1")["diskSnapshot"]["state"] == "completed"
"""
OWN_START = f"""
from lightsail_snap import LightsailSnapClient
client = LightsailSnapClient()
{FIXED_RESPONSE}
fix(client._transport._client)
assert client.get_disk_snapshot("db-1").disk_snapshot.state == "completed"
"""


CAPO_START = """
import capo_lightsail, zapros
class Handler:
    def handle(self, request):
        body = b'{"diskSnapshot":{"name":"db-1","state":"completed","createdAt":1479816991.349}}'
        return zapros.Response(200, headers={"x-amzn-RequestId": "1"}, content=body)
    def close(self):
        pass
    def wrap_with_middleware(self, factory):
        return factory(self)
keys = {"access_key": "AKIAIOSFODNN7EXAMPLE", "secret_key": "secret"}
client = capo_lightsail.LightsailClient(
    http_handler=Handler(), region="us-east-1", credentials=keys
)
assert client.get_disk_snapshot("db-1")["disk_snapshot"]["state"] == "completed"
"""


def _process(code: str) -> Callable[[], object]:
    environment = {**os.environ, **ISOLATED_ENVIRONMENT}
    # Installed packages are compiled, so this checkout has to be compiled, too.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return lambda: subprocess.run([sys.executable, "-c", code], env=environment, check=True)


def child_cpu(call: Callable[[], object]) -> float:
    """Measure the CPU time of a child process, in milliseconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    call()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1e3


def compare_starts(rounds: int) -> list[Table]:
    """Compare new processes."""
    first = {
        BASE: _process(RAW_START),
        "boto3 again (control)": _process(RAW_START),
        "lightsail-snap": _process(OWN_START),
        "only the imports of botocore and pydantic": _process(
            "import botocore.session, pydantic.main, pydantic.types, pydantic.functional_validators"
        ),
    }
    if find_spec("capo_lightsail") is not None:
        first[f"capo-lightsail {version('capo-lightsail')}"] = _process(CAPO_START)
    imports = {
        "import boto3": _process("import boto3"),
        "import boto3 again (control)": _process("import boto3"),
        "import lightsail_snap": _process("import lightsail_snap"),
        "import lightsail_snap.client": _process("import lightsail_snap.client"),
        "an empty process": _process("pass"),
    }
    for call in (*first.values(), *imports.values()):
        call()  # compiles the modules
    return [
        Table(
            "from interpreter start to the first response",
            "CPU ms",
            alternate(first, child_cpu, rounds),
        ),
        Table(
            "imports, in a new process",
            "CPU ms",
            alternate(imports, child_cpu, rounds),
            base="import boto3",
        ),
    ]


def retained_memory(call: Callable[[], object]) -> float:
    """Measure the memory of the result of a call, in KiB."""
    call()
    gc.collect()
    tracemalloc.start()
    result = call()
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    del result
    return size / 1024


def compare_memory() -> list[Table]:
    """Compare the memory of a page, and the peak memory of an iteration over pages."""
    _peers: Any = import_module("_peers")

    raw, own = _peers.boto3_client(), _peers.built_client()
    pages = {BASE: raw.get_disk_snapshots, "lightsail-snap": own.get_disk_snapshots}
    peaks = {f"{count:,} pages": _peak_of_an_iteration(count) for count in (10, 1000)}
    return [
        Table(
            "memory of a page of 1000 DiskSnapshots",
            "KiB",
            {name: retained_memory(call) for name, call in pages.items()},
        ),
        Table("peak memory of iterating pages of 1000 snapshots", "KiB", peaks, base="10 pages"),
    ]


def _peak_of_an_iteration(count: int) -> float:
    _peers: Any = import_module("_peers")

    from lightsail_snap import (  # noqa: PLC0415 - as above
        LightsailSnapClient,
        Request,
        Response,
        ResponseMetadata,
    )

    class Pages:
        """A transport whose list ends after so many pages."""

        def __init__(self) -> None:
            self.left = count

        def send(self, request: Request[Any]) -> Response:  # noqa: ARG002 - each gets the next page
            self.left -= 1
            token = str(self.left) if self.left else None
            return Response(_peers.page(1000, token), ResponseMetadata())

        def close(self) -> None:
            """Hold nothing open."""

    client = LightsailSnapClient(transport=Pages())
    gc.collect()
    tracemalloc.start()
    if sum(1 for _ in client.iter_disk_snapshots()) != count * 1000:
        raise SystemExit("the iteration missed snapshots")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1024


THREADS, CALLS_PER_THREAD = 64, 20


def _by_threads(create: Callable[[], object]) -> Callable[[], object]:
    def work(_: int) -> None:
        for _ in range(CALLS_PER_THREAD):
            create()

    def run() -> object:
        with ThreadPoolExecutor(THREADS) as pool:
            return list(pool.map(work, range(THREADS)))

    return run


def compare_concurrency(rounds: int) -> list[Table]:
    """Compare concurrent callers of one client."""
    _peers: Any = import_module("_peers")

    from lightsail_snap import DiskSource  # noqa: PLC0415 - as above
    from lightsail_snap.aio import AsyncLightsailSnapClient  # noqa: PLC0415 - as above

    raw, own = _peers.boto3_client(), _peers.built_client()
    aio = AsyncLightsailSnapClient(
        transport=own._transport,  # noqa: SLF001 - the same transport for both
        concurrency=THREADS,
    )
    source = DiskSource(disk_name=_peers.DISK)

    def create_raw() -> object:
        return raw.create_disk_snapshot(
            diskSnapshotName=_peers.NAME, diskName=_peers.DISK, tags=_peers.WIRE_TAGS
        )

    def create_own() -> object:
        return own.create_disk_snapshot(_peers.NAME, source, tags=_peers.TAGS)

    async def tasks() -> None:
        async def work() -> None:
            for _ in range(CALLS_PER_THREAD):
                await aio.create_disk_snapshot(_peers.NAME, source, tags=_peers.TAGS)

        await asyncio.gather(*(work() for _ in range(THREADS)))

    def rate(run: Callable[[], object]) -> float:
        gc.collect()
        began = time.perf_counter()
        run()
        return THREADS * CALLS_PER_THREAD / (time.perf_counter() - began)

    runs = {
        BASE: _by_threads(create_raw),
        "boto3 again (control)": _by_threads(create_raw),
        "lightsail-snap": _by_threads(create_own),
        "lightsail-snap, async, 64 tasks": lambda: asyncio.run(tasks()),
    }
    numbers = alternate(runs, rate, rounds)
    title = "CreateDiskSnapshot by 64 threads on one client"
    return [Table(title, "calls per second", numbers, more_is_better=True)]


def environment() -> str:
    """Describe the environment of the measurement."""
    parts = [f"CPython {platform.python_version()} on {platform.system()} {platform.machine()}"]
    parts.append(f"{os.cpu_count()} cores")
    for package in ("boto3", "botocore", "pydantic", "pydantic-core", "lightsail-snap"):
        try:
            parts.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            parts.append(f"no {package}")
    return ", ".join(parts)


WIDTH, BAR, LABEL = 760, 18, 300


def draw(tables: Iterable[Table]) -> str:
    """Draw the ratios as bars; the dashed line is boto3."""
    rows, top = [], 10
    for table in tables:
        rows.append(f'<text x="0" y="{top + 12}" class="t">{table.title}</text>')
        top += BAR + 2
        ratios = table.ratios()
        scale = (WIDTH - LABEL - 60) / max(1.0, *ratios.values())
        for name, ratio in ratios.items():
            kind = "o" if name.startswith(("lightsail-snap", "import lightsail")) else "p"
            wide = max(1.0, ratio * scale)
            rows += [
                f'<text x="10" y="{top + 12}">{name}</text>',
                f'<rect x="{LABEL}" y="{top + 2}" width="{wide:.1f}" height="13" class="{kind}"/>',
                f'<text x="{LABEL + wide + 5:.1f}" y="{top + 12}">{ratio:.2f}</text>',
            ]
            top += BAR
        line = LABEL + scale
        rows.append(
            f'<line x1="{line:.1f}" x2="{line:.1f}" y1="{top - BAR * len(ratios)}" y2="{top}"/>'
        )
        top += 14
    style = (
        "text{font:12px sans-serif;fill:#333}.t{font-weight:bold}.o{fill:#2a78d6}.p{fill:#b9b8b2}"
        "line{stroke:#333;stroke-dasharray:3 3}rect.bg{fill:#fff}"
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" width="{WIDTH}" '
        f'role="img" aria-label="Ratios to boto3">\n<style>{style}</style>\n'
        f'<rect class="bg" width="{WIDTH}" height="{top}"/>\n' + "\n".join(rows) + "\n</svg>\n"
    )


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rounds", type=int, default=31, help="rounds of measurements [default: 31]"
    )
    parser.add_argument("--picture", type=Path, help="SVG file for the ratios as bars")
    options = parser.parse_args()
    os.environ.update(ISOLATED_ENVIRONMENT)
    rounds: int = options.rounds
    tables = (
        compare_calls(rounds)
        + compare_starts(max(3, rounds // 2))
        + compare_memory()
        + compare_concurrency(max(3, rounds // 2))
    )
    text = "\n".join(table.markdown() for table in tables)
    text = f"Measured with {environment()}; medians of {rounds} interleaved turns.\n\n{text}"
    print(text)
    if options.picture:
        options.picture.write_text(draw(tables), encoding="utf-8")


if __name__ == "__main__":
    main()
