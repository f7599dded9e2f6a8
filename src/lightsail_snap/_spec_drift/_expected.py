r"""The differences between the models and the service model that are meant, with their reasons.

They are of botocore 1.44.8, word for word: one that is there no more is told as outdated, and one
that has changed is told as a difference nobody expects.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lightsail_snap._spec_drift._compare import Expected
from lightsail_snap._spec_drift._facts import EXISTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DATABASES = "about databases, which this library leaves alone"
_ADD_ONS = "add-ons are enabled with the disk or instance that is made"
_OUT_OF_SCOPE = {
    "CreateDisk": "an empty disk needs no snapshot",
    "DeleteDisk": "this library deletes snapshots only",
    "DisableAddOn": _ADD_ONS,
    "EnableAddOn": _ADD_ONS,
    "GetRegions": "the regions are in RegionName, and new ones are taken as they come",
    "*RelationalDatabase*": _DATABASES,
}

_GUARANTEED = {
    "GetDiskResult.disk": "the service answers NotFoundException where there is none",
    "GetDiskSnapshotResult.diskSnapshot": "likewise NotFoundException",
    "GetInstanceResult.instance": "likewise NotFoundException",
    "GetInstanceSnapshotResult.instanceSnapshot": "likewise NotFoundException",
    "GetInstanceStateResult.state": "likewise NotFoundException",
    "GetOperationResult.operation": "likewise NotFoundException",
    "Disk.name": "a disk is asked for by its name, and every sample has it",
    "DiskSnapshot.name": "a snapshot is asked for by its name, and every sample has it",
    "Instance.name": "an instance is identified by its name, and every sample has it",
    "InstanceSnapshot.name": "a snapshot is asked for by its name, and every sample has it",
    "ExportSnapshotRecord.name": "a record goes by its name, and every sample has it",
    "Operation.id": "an operation is asked for by its id, and every sample has it",
    "Tag.key": "a tag without a key is none (user guide)",
    "Tag (in results).key": "a tag without a key is none (user guide)",
}

_ONE_OF = "the service model has no unions; its documentation says that these exclude each other"
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
_SERVICE_TEXT = r"pattern .*\S.*"
_SERVICE_ARN = (
    "pattern ^arn:(aws[^:]*):([a-zA-Z0-9-]+):([a-z0-9-]+):([0-9]+):([a-zA-Z]+)/([a-zA-Z0-9-]+)$"
)
_NEW_NAME = r"2 to 255 characters, pattern ^[A-Za-z0-9_][A-Za-z0-9_.\-]*[A-Za-z0-9_]$"
_NAME = "1 to 255 characters, one line, not blank"
_TEXT = "1 or more characters, one line, not blank"
_ARN = (
    "pattern ^arn:aws[^:]*:[a-zA-Z0-9-]+:[a-z0-9-]+:[0-9]+:[a-zA-Z]+/[a-zA-Z0-9-]+$, "
    "one line, not blank"
)
_DATE = "a date, pattern ^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_ZONE = "pattern ^[a-z]+(-[a-z0-9]+)+-[0-9]+[a-z]$"
_TAG = r"[^\x00-\x1f!-*,;<>?\[-\^`{-\x9f]"

_NEW_NAMES = (
    "names of new resources: the pattern lacks the dot that the user guide and the service's own "
    "error text allow, and the user guide gives the length"
)
_OLD_NAMES = "a region may hold names that this library would not create; at most 255 (user guide)"
_UNSAID = "the service model says nothing of what its documentation and the user guide say"
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
        "the keys are the names of the instances to be, which are held to it already",
    ),
    ("*", _SERVICE_TEXT, _TEXT, "the same in one line"),
    ("GetOperationRequest.operationId", _SERVICE_TEXT, _NAME, "ids are UUIDs"),
    ("*.resourceArn", _SERVICE_ARN, _ARN, "the same without groups, in one line"),
    (
        "AutoSnapshotAddOnRequest.snapshotTimeOfDay",
        "pattern ^(0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]$",
        "pattern ^([01][0-9]|2[0-3]):00$",
        "the documentation asks for HH:00",
    ),
    (
        "CreateDiskFromSnapshotRequest.availabilityZone",
        _SERVICE_TEXT,
        _ZONE,
        "a region or the zone `all` of a snapshot is no zone to restore into",
    ),
    (
        "CreateInstancesFromSnapshotRequest.availabilityZone",
        None,
        _ZONE,
        "a region or the zone `all` of a snapshot is no zone to restore into",
    ),
    (
        "CopySnapshotRequest.sourceRegion",
        None,
        "pattern ^[a-z]+(-[a-z0-9]+)+-[0-9]+$",
        "the form of a region stands in for the words",
    ),
    ("DeleteAutoSnapshotRequest.date", f"pattern {_DATE.partition('pattern ')[2]}", _DATE, _UNSAID),
    ("*Request.restoreDate", None, _DATE, _UNSAID),
    ("AutoSnapshotDetails.date", None, _DATE, "it is what an automatic snapshot is restored by"),
    (
        "CreateDiskFromSnapshotRequest.sizeInGb",
        None,
        "8 or more, less than 2147483648",
        "the service's own error text asks for 8 GB; its integers have 32 bits",
    ),
    ("Create*Request.tags", None, "at most 50 items", _UNSAID),
    ("TagResourceRequest.tags", None, "1 to 50 items", _UNSAID),
    (
        "UntagResourceRequest.tagKeys",
        None,
        "1 or more items, each: 1 to 128 characters",
        _UNSAID,
    ),
    ("Tag.key", None, f"1 to 128 characters, pattern ^{_TAG}+$, no pattern ^aws:", _UNSAID),
    ("Tag.value", None, f"at most 256 characters, pattern ^{_TAG}*$, no pattern ^aws:", _UNSAID),
    ("*Request.pageToken", None, "1 or more characters", "an empty token is no page's"),
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
        "a region that the service model lacks is for the service to judge",
    )
    for where, service, library, reason in _RESTRICTIONS:
        yield Expected("restriction", where, service, library, reason)


EXPECTED: Iterable[Expected] = tuple(_all())
"""The differences that are meant."""
