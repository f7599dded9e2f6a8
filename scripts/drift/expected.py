r"""The intended differences between the models and the service model, with their reasons.

They are exactly those of botocore 1.44.8. A difference that no longer exists is reported as gone. A
difference that has changed is reported as unexpected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scripts.drift.compare import Expected
from scripts.drift.facts import EXISTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DATABASES = "databases are out of scope"
_OUT_OF_SCOPE = {
    "GetRegions": "RegionName lists the regions, and accepts new ones",
    "*RelationalDatabase*": _DATABASES,
}

_GUARANTEED = {
    "GetDiskResult.disk": "the service responds with NotFoundException if there is none",
    "GetDiskSnapshotResult.diskSnapshot": "as for GetDiskResult.disk",
    "GetInstanceResult.instance": "as for GetDiskResult.disk",
    "GetInstanceSnapshotResult.instanceSnapshot": "as for GetDiskResult.disk",
    "GetInstanceStateResult.state": "as for GetDiskResult.disk",
    "GetOperationResult.operation": "as for GetDiskResult.disk",
    "Disk.name": "the name identifies the disk; every sample has it",
    "DiskSnapshot.name": "the name identifies the snapshot; every sample has it",
    "Instance.name": "the name identifies the instance; every sample has it",
    "InstanceSnapshot.name": "the name identifies the snapshot; every sample has it",
    "ExportSnapshotRecord.name": "the name identifies the record; every sample has it",
    "Operation.id": "the id identifies the operation; every sample has it",
    "Tag.key": "every tag has a key (user guide)",
    "Tag (in results).key": "every tag has a key (user guide)",
}

_ONE_OF = "service models have no unions; by the documentation these fields exclude each other"
_CHOICES = {
    "CreateDiskSnapshotRequest": "diskName; instanceName",
    "CopySnapshotRequest": "sourceSnapshotName; restoreDate and sourceResourceName; "
    "sourceResourceName and useLatestRestorableAutoSnapshot",
    "CreateDiskFromSnapshotRequest": "diskSnapshotName; restoreDate and sourceDiskName; "
    "sourceDiskName and useLatestRestorableAutoSnapshot",
    "CreateInstancesFromSnapshotRequest": "instanceSnapshotName; restoreDate and "
    "sourceInstanceName; sourceInstanceName and useLatestRestorableAutoSnapshot",
}

_SERVICE_NAME = r"pattern \w[\w\-]*\w"
_SERVICE_STRING = r"pattern .*\S.*"
_SERVICE_ARN = (
    "pattern ^arn:(aws[^:]*):([a-zA-Z0-9-]+):([a-z0-9-]+):([0-9]+):([a-zA-Z]+)/([a-zA-Z0-9-]+)$"
)
_NEW_NAME = r"2 to 255 characters, pattern ^[A-Za-z0-9_][A-Za-z0-9_.\-]*[A-Za-z0-9_]$"
_NAME = "1 to 255 characters, one line, not blank"
_STRING = "1 or more characters, one line, not blank"
_ARN = (
    "pattern ^arn:aws[^:]*:[a-zA-Z0-9-]+:[a-z0-9-]+:[0-9]+:[a-zA-Z]+/[a-zA-Z0-9-]+$, "
    "one line, not blank"
)
_DATE = "a date, pattern ^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_ZONE = "pattern ^[a-z]+(-[a-z0-9]+)+-[0-9]+[a-z]$"
_TAG = r"[^\x00-\x1f!-*,;<>?\[-\^`{-\x9f]"

_NEW_NAMES = (
    "names of new resources: the user guide and an error message of the service also allow dots, "
    "and the user guide limits the length"
)
_OLD_NAMES = "existing names may break the rules for new names; at most 255 (user guide)"
_DOCUMENTED = "limit in the documentation or the user guide, not in the service model"
_RESTRICTIONS: tuple[tuple[str, str | None, str | None, str], ...] = (
    ("*", _SERVICE_NAME, _NEW_NAME, _NEW_NAMES),
    ("*", _SERVICE_NAME, _NAME, _OLD_NAMES),
    (
        "CreateInstancesFromSnapshotRequest.instanceNames",
        None,
        f"1 or more items, each: {_NEW_NAME}",
        _NEW_NAMES,
    ),
    ("*Request.source*Name", None, _NAME, _OLD_NAMES),
    (
        "CreateInstancesFromSnapshotRequest.attachedDiskMapping",
        f"keys: {_SERVICE_NAME}",
        None,
        "the keys are names of new instances, which are checked elsewhere",
    ),
    ("*", _SERVICE_STRING, _STRING, "the same, in one line"),
    ("GetOperationRequest.operationId", _SERVICE_STRING, _NAME, "ids are UUIDs"),
    ("*.resourceArn", _SERVICE_ARN, _ARN, "the same without groups, in one line"),
    (
        "AutoSnapshotAddOnRequest.snapshotTimeOfDay",
        "pattern ^(0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]$",
        "pattern ^([01][0-9]|2[0-3]):00$",
        "the documentation requires HH:00",
    ),
    (
        "CreateDisk*Request.availabilityZone",
        _SERVICE_STRING,
        _ZONE,
        "disks are not created in a region or the zone `all` of a snapshot",
    ),
    (
        "CreateInstancesFromSnapshotRequest.availabilityZone",
        None,
        _ZONE,
        "disks are not restored into a region or the zone `all` of a snapshot",
    ),
    (
        "CopySnapshotRequest.sourceRegion",
        None,
        "pattern ^[a-z]+(-[a-z0-9]+)+-[0-9]+$",
        "new regions are accepted, so the format is checked",
    ),
    (
        "DeleteAutoSnapshotRequest.date",
        f"pattern {_DATE.partition('pattern ')[2]}",
        _DATE,
        _DOCUMENTED,
    ),
    ("*Request.restoreDate", None, _DATE, _DOCUMENTED),
    (
        "AutoSnapshotDetails.date",
        None,
        _DATE,
        "the date identifies the automatic snapshot to restore",
    ),
    (
        "CreateDisk*Request.sizeInGb",
        None,
        "8 or more, less than 2147483648",
        "an error message of the service requires 8 GB; its integers have 32 bits",
    ),
    ("Create*Request.tags", None, "at most 50 items", _DOCUMENTED),
    ("TagResourceRequest.tags", None, "1 to 50 items", _DOCUMENTED),
    (
        "UntagResourceRequest.tagKeys",
        None,
        "1 or more items, each: 1 to 128 characters",
        _DOCUMENTED,
    ),
    ("Tag.key", None, f"1 to 128 characters, pattern ^{_TAG}+$, no pattern ^aws:", _DOCUMENTED),
    (
        "Tag.value",
        None,
        f"at most 256 characters, pattern ^{_TAG}*$, no pattern ^aws:",
        _DOCUMENTED,
    ),
    ("*Request.pageToken", None, "1 or more characters", "an empty token is never valid"),
)


def _all() -> Iterator[Expected]:
    for where, reason in _OUT_OF_SCOPE.items():
        yield Expected("operation", where, EXISTS, None, reason)
    for where, reason in _GUARANTEED.items():
        yield Expected("requiredness", where, "optional", "required", reason)
    for where, fields in _CHOICES.items():
        yield Expected("choice", where, None, f"exactly one of: {fields}", _ONE_OF)
    yield Expected(
        "type",
        "CopySnapshotRequest.sourceRegion",
        "RegionName",
        "string",
        "the service checks regions that are missing from the service model",
    )
    states = "the names of the states are listed in other sources; any string is accepted"
    yield Expected("enumeration", "InstanceStateName", None, EXISTS, states)
    yield Expected("type", "InstanceState.name", "string", "InstanceStateName", states)
    for where, service, library, reason in _RESTRICTIONS:
        yield Expected("restriction", where, service, library, reason)


EXPECTED: Iterable[Expected] = tuple(_all())
"""The intended differences."""
