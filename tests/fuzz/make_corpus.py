"""Writes the seeds of the corpus: valid responses and requests, and known invalid ones.

Add the findings of fuzzing by hand, each as a file.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

from lightsail_snap.plans import BackupPlan, make_run
from lightsail_snap.plans._inventory import Inventory, Source

CORPUS = Path(__file__).parent / "corpus"
OPERATION = {
    "id": "8a6ae1ef-8c8d-4d3a-a02a-000000000000", "resourceName": "db-1", "resourceType": "Disk",
    "createdAt": 1.56961336589e9,
    "location": {"availabilityZone": "all", "regionName": "us-east-1"},
    "isTerminal": False, "operationDetails": "x", "operationType": "CreateDiskSnapshot",
    "status": "Started", "statusChangedAt": 1569613365.9, "errorCode": "a", "errorDetails": "b",
}  # fmt: skip
SNAPSHOT = {
    "name": "db-1", "arn": "arn:aws:lightsail:us-east-1:123456789012:DiskSnapshot/8a6ae1ef",
    "supportCode": "1/snap-0", "createdAt": 1569613365, "resourceType": "DiskSnapshot",
    "location": {"availabilityZone": "all", "regionName": "us-east-1"}, "sizeInGb": 32,
    "tags": [{"key": "env", "value": "prod"}, {"key": "a"}], "state": "completed",
    "progress": "100%", "fromDiskName": "disk-1", "isFromAutoSnapshot": False,
}  # fmt: skip
BODIES: tuple[dict[str, object], ...] = (
    {"operations": [OPERATION, OPERATION], "operation": OPERATION, "nextPageToken": "abc"},
    {"diskSnapshot": SNAPSHOT, "diskSnapshots": [SNAPSHOT]},
    {"instanceSnapshot": SNAPSHOT, "instanceSnapshots": [SNAPSHOT], "disks": [SNAPSHOT]},
    {"disk": SNAPSHOT | {"isAttached": True, "iops": 5, "path": "/dev/xvdf"}, "unknown": [{}]},
    OPERATION,
    SNAPSHOT,
    {},
)
ERRORS = (
    (
        b'{"__type":"InvalidInputException","code":"NameExists",'
        b'"message":"Some names are already in use: x"}'
    ),
    (
        b'{"__type":"a.b#NotFoundException:http://x","Message":"no",'
        b'"docs":"http://me:hunter2canary@h/","tip":"t"}'
    ),
    b"<html>\n<body>x-amz-security-token: canary-session-token\n</body></html>",
    b'{"message":"Credential=AKIACANARYCANARYCANA/20261123, Signature=0123456789abcdef0123"}',
    b"", b"null", b"[]", b'{"__type":5,"code":[],"message":{}}', b'{"code":"ServiceException"}',
)  # fmt: skip
REQUESTS = (
    b'CreateDiskSnapshot\n{"diskName":"disk-1","diskSnapshotName":"db-1","tags":[{"key":"a"}]}',
    b'GetDiskSnapshots\n{"pageToken":"abc"}', b"GetRegions\n{}", b"GetOperations\n",
    b'CreateDisk\n{"diskName":"d-1","availabilityZone":"us-east-1a","sizeInGb":8}',
    b'GetDisk\n{"diskName":"disk-1"}', b"Nothing\n{}",
    b'TagResource\n{"resourceName":"d-1","tags":[]}',
    (
        b'CopySnapshot\n{"sourceSnapshotName":"a1","targetSnapshotName":"b1",'
        b'"sourceRegion":"us-west-2"}'
    ),
    (
        b'CreateDiskFromSnapshot\n{"diskName":"d2","diskSnapshotName":"db-1",'
        b'"availabilityZone":"all","sizeInGb":8}'
    ),
    b'EnableAddOn\n{"resourceName":"d-1","addOnRequest":{"addOnType":"AutoSnapshot"}}',
)  # fmt: skip
HTTP = b"POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n"
HTTP_REQUESTS = (
    HTTP + b"X-Amz-Target: Lightsail_20161128.GetDisks\r\nAuthorization: Credential=k/d/us-east-1/"
    b"lightsail/aws4_request\r\nContent-Length: 2\r\n\r\n{}",
    HTTP + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
    HTTP + b"Content-Length: -1\r\n\r\n", b"GET /%0d%0a HTTP/1.0\r\n\r\n",
    b"\x16\x03\x01\x02\r\n\r\n",
)  # fmt: skip
COMMANDS = (
    b"\0",
    b"\1",
    b"\2",
    b"\3",
    b"\1\0\7\0\x0a",
    b"\1\0\x0d\0\x0e",
    b"\0\0\4\0\5",
    b"emulator",
    b"x\0y",
    b"create\0db-1\0--disk\0disk-1\0--tag\0env=prod",
    b"create\0img-1\0--instance\0web-1\0--json",
    b"wait\0db-1\0--deleted",
    b"list\0db-*\0--kind\0all\0--json",
    b"show\0db-1",
    b"delete\0db-1\0--yes",
    b"restore\0db-1\0disk-9\0--zone\0us-east-1a\0--size\08",
    b"copy\0db-1\0--from\0us-west-2\0--name\0db-2",
    b"tag\0db-1\0env=test\0--remove\0env",
    b"plan\0plan.toml\0--json",
    b"apply\0plan.toml\0--concurrency\02",
    b"prune\0plan.toml\0--apply",
    b"prune\0--keep-last\01\0--keep-within\01y2m3d\0--time-zone\0UTC\0--owner\0nightly",
    b"doctor",
)
PLAN_TOML = b"""
name = "nightly"
region = "us-east-1"
copies = ["us-west-2"]
slot = "hour"
name_template = "{plan}-{source}-{time}"
tags = { env = "prod", flag = "" }
[select]
kind = "disk"
names = ["db-1"]
globs = ["web-*"]
exclude = ["web-tmp"]
tags = ["backup=yes", "daily"]
allow_missing = true
[retention]
time_zone = "Europe/Berlin"
keep_last = 3
keep_within = "1y2m3d4h"
[copy_retention]
time_zone = "UTC"
keep_daily = 7
"""


def write_input(target: str, data: bytes) -> None:
    """Write an input to a file that is named after its hash."""
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)


def main() -> None:
    """Write all seeds."""
    for body in BODIES:
        for number in (0, 7, 20, 33, 46):
            write_input("results", bytes([number]) + json.dumps(body).encode())
    for error in ERRORS:
        for head in (b"\x64\0", b"\xc8\1", b"\0\2"):
            write_input("errors", head + error)
    plan = BackupPlan.from_toml(PLAN_TOML)
    run = make_run(plan, Inventory((Source("db-1", {}),), {}), datetime(2026, 11, 23, tzinfo=UTC))
    plans = (b"\0" + PLAN_TOML, b"\1" + plan.to_json().encode(), b"\2" + run.to_json().encode())
    for data in plans:
        write_input("plans", data)
    for target, corpus_sizes in (
        ("exchange", REQUESTS),
        ("http", HTTP_REQUESTS),
        ("command", COMMANDS),
    ):
        for data in corpus_sizes:
            write_input(target, data)


if __name__ == "__main__":
    main()
