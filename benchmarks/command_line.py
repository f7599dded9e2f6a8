"""Measure the CPU time of the command line, compared with the AWS CLI.

    python -m venv environment
    environment/bin/pip install -r benchmarks/requirements.txt
    environment/bin/python benchmarks/command_line.py

`lightsail-snap list` and `aws lightsail get-disk-snapshots` call the same emulator over HTTP. The
commands take turns, each in a new process, and the results are ratios of the medians. The AWS CLI
takes part twice: the deviation of its second ratio from 1 is the noise.
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

PROGRAM = (sys.executable, "-m", "lightsail_snap")
BASE = "aws lightsail get-disk-snapshots"
# A benchmark must not read credentials or Regions of the machine.
ISOLATED_ENVIRONMENT = {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_DEFAULT_REGION": "us-east-1",
}


@contextmanager
def emulator(snapshots: int) -> Iterator[Mapping[str, str]]:
    """Serve some disk snapshots, and yield the environment of clients."""
    arguments = ("emulator", "--seconds", "0", "--disk", "Disk-1", "--history", str(snapshots))
    with subprocess.Popen(
        (*PROGRAM, *arguments), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        try:
            url = server.stdout.readline().strip() if server.stdout else ""
            environment = os.environ | ISOLATED_ENVIRONMENT | {"AWS_ENDPOINT_URL_LIGHTSAIL": url}
            # Otherwise every process would compile this package, which pip does only once.
            environment.pop("PYTHONDONTWRITEBYTECODE", None)
            yield environment
        finally:
            server.terminate()


def measure_cpu(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Run a command, and return the CPU time of its process in milliseconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=environment, capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime) * 1e3


def measure(aws: str, rounds: int, snapshots: int) -> dict[str, float]:
    """Run all commands in turns, each round beginning with another one; return the medians."""
    page = (aws, "lightsail", "get-disk-snapshots")
    commands: dict[str, Sequence[str]] = {
        BASE: page,
        f"{BASE} again (control)": page,
        "lightsail-snap list": (*PROGRAM, "list"),
        "lightsail-snap list --kind disk": (*PROGRAM, "list", "--kind", "disk"),
        "lightsail-snap list --json": (*PROGRAM, "list", "--json"),
        "lightsail-snap list --help": (*PROGRAM, "list", "--help"),
        "lightsail-snap --help": (*PROGRAM, "--help"),
        "lightsail-snap --version": (*PROGRAM, "--version"),
        "aws --version": (aws, "--version"),
        "an empty process": (sys.executable, "-c", "pass"),
    }
    names = list(commands)
    samples: dict[str, list[float]] = {name: [] for name in names}
    with emulator(snapshots) as environment:
        for command in commands.values():
            measure_cpu(command, environment)  # compiles the modules
        for turn in range(rounds):
            first = turn % len(names)
            for name in names[first:] + names[:first]:
                samples[name].append(measure_cpu(commands[name], environment))
    return {name: statistics.median(numbers) for name, numbers in samples.items()}


def main() -> None:
    """Measure, and print a Markdown table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    aws = str(Path(sys.executable).with_name("aws"))
    parser.add_argument("--aws", default=aws, help="the AWS CLI. [default: %(default)s]")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--snapshots", type=int, default=30)
    options = parser.parse_args()
    medians = measure(options.aws, options.rounds, options.snapshots)
    packages = ("awscli", "botocore", "pydantic", "typer", "rich")
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    print(f"CPython {platform.python_version()}, {versions}; medians of {options.rounds} turns.\n")
    print(f"| command, {options.snapshots} snapshots | CPU ms | ratio to the AWS CLI |")
    print("|---|--:|--:|")
    for name, number in medians.items():
        print(f"| {name} | {number:,.0f} | {number / medians[BASE]:.2f} |")


if __name__ == "__main__":
    main()
