"""The AWS command line, unmodified, runs the whole life of a snapshot on a served emulator.

Its botocore is pinned by itself, so it lives in an environment of its own; the gate makes one and
names its `aws` in `LIGHTSAIL_SNAP_AWS_CLI`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from lightsail_snap import VirtualClock
from lightsail_snap.emulator import LightsailEmulator

AWS = os.environ.get("LIGHTSAIL_SNAP_AWS_CLI") or shutil.which("aws")

pytestmark = pytest.mark.skipif(
    AWS is None and "LIGHTSAIL_SNAP_EXPECT_WHEEL" not in os.environ,
    reason="the AWS command line is not installed; the gate insists on it",
)

Command = Callable[..., Any]


class Refused(Exception):  # noqa: N818 - an error message of the command line
    pass


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def aws(clock: VirtualClock) -> Any:
    """Return a function that runs `aws lightsail ...` on an emulator and parses its output."""
    with LightsailEmulator(clock=clock, page_size=2) as emulator, emulator.serve() as url:
        environment = {
            "PATH": os.environ["PATH"],
            "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "any",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        }

        def run_command(*arguments: str) -> Any:
            result = subprocess.run(  # noqa: S603 - the AWS command line on an emulator
                [str(AWS), "lightsail", *arguments, "--endpoint-url", url, "--output", "json"],
                capture_output=True,
                text=True,
                check=False,
                env=environment,
            )
            if result.returncode:
                raise Refused(result.stderr)
            return json.loads(result.stdout)

        yield run_command


@pytest.mark.thorough
def test_aws_cli_runs_the_whole_life_of_a_snapshot(aws: Command, clock: VirtualClock) -> None:
    zone = ("--availability-zone", "us-east-1a")
    aws("create-disk", "--disk-name", "data", *zone, "--size-in-gb", "32")
    instance = ("--blueprint-id", "amazon_linux_2023", "--bundle-id", "nano_3_0")
    aws("create-instances", "--instance-names", "web-1", *zone, *instance)
    clock.sleep(600)

    begun = aws(
        *("create-disk-snapshot", "--disk-name", "data", "--disk-snapshot-name", "nightly"),
        *("--tags", "key=env,value=prod", "key=keep"),
    )
    assert [operation["status"] for operation in begun["operations"]] == ["Started", "Started"]
    name = ("--disk-snapshot-name", "nightly")
    assert aws("get-disk-snapshot", *name)["diskSnapshot"]["state"] == "pending"
    clock.sleep(600)
    identity = begun["operations"][0]["id"]
    operation = aws("get-operation", "--operation-id", identity)["operation"]
    assert (operation["status"], operation["isTerminal"]) == ("Succeeded", True)
    snapshot = aws("get-disk-snapshot", *name)["diskSnapshot"]
    assert (snapshot["state"], snapshot["progress"]) == ("completed", "100%")
    assert snapshot["tags"] == [{"key": "env", "value": "prod"}, {"key": "keep"}]

    aws("create-disk-from-snapshot", "--disk-name", "restored", *name, *zone, "--size-in-gb", "32")
    clock.sleep(600)
    attach = ("--disk-name", "restored", "--instance-name", "web-1", "--disk-path", "/dev/xvdf")
    aws("attach-disk", *attach)
    disk = aws("get-disk", "--disk-name", "restored")["disk"]
    assert (disk["state"], disk["attachedTo"]) == ("in-use", "web-1")

    aws("tag-resource", "--resource-name", "nightly", "--tags", "key=more,value=1")
    aws("untag-resource", "--resource-name", "nightly", "--tag-keys", "env")
    tags = aws("get-disk-snapshot", *name)["diskSnapshot"]["tags"]
    assert tags == [{"key": "keep"}, {"key": "more", "value": "1"}]

    copy = ("--source-snapshot-name", "nightly", "--target-snapshot-name", "nightly-copy")
    aws("copy-snapshot", *copy, "--source-region", "us-east-1", "--region", "eu-west-1")
    copied = aws("get-disk-snapshots", "--region", "eu-west-1")["diskSnapshots"]
    assert [(found["name"], found["location"]["regionName"]) for found in copied] == [
        ("nightly-copy", "eu-west-1")
    ]

    for number in range(4):
        more = f"more-{number}"
        aws("create-disk-snapshot", "--instance-name", "web-1", "--disk-snapshot-name", more)
    # Pages hold two; the command line's own paginator brings all of them.
    names = [found["name"] for found in aws("get-disk-snapshots")["diskSnapshots"]]
    assert names == ["more-3", "more-2", "more-1", "more-0", "nightly"]

    aws("delete-disk-snapshot", *name)
    with pytest.raises(
        Refused, match=r"NotFoundException.*The DiskSnapshot does not exist: nightly"
    ):
        aws("get-disk-snapshot", *name)


@pytest.mark.thorough
def test_aws_cli_reports_the_services_errors(aws: Command) -> None:
    create = ("create-disk-snapshot", "--disk-snapshot-name", "x1")
    with pytest.raises(Refused, match=r"NotFoundException.*The Disk does not exist: nothing"):
        aws(*create, "--disk-name", "nothing")
    with pytest.raises(Refused, match="InvalidInputException"):
        aws(*create)
    with pytest.raises(Refused, match="InvalidInputException"):
        aws(*create, "--disk-name", "a1", "--instance-name", "b1")
    with pytest.raises(Refused, match=r"EmulatorLacksOperation.*GetBuckets"):
        aws("get-buckets")
