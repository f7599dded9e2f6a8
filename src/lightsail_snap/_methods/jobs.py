"""Methods that do a whole job: make something exactly once, and wait until it can be used."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import timedelta

from lightsail_snap import _workflows, models
from lightsail_snap._methods._sender import Sender
from lightsail_snap.waiters import GroupProgress, Timeout, WaitProgress


class Jobs(Sender):
    """The methods that do a whole job."""

    __slots__ = ()

    def take_disk_snapshot(  # noqa: PLR0913 - keyword-only, and each has a default
        self,
        disk_snapshot_name: str,
        source: models.SnapshotSource,
        *,
        tags: models.TagsInput | None = (),
        client_token: str | None = None,
        quiesce: AbstractContextManager[object] | None = None,
        on_quiesced: Callable[[timedelta], object] | None = None,
        timeout: Timeout = "policy",
        on_progress: Callable[
            [WaitProgress[models.Operation] | WaitProgress[models.DiskSnapshot]], object
        ]
        | None = None,
    ) -> models.DiskSnapshot:
        """Take a snapshot of a disk or an instance's system volume, and wait until it is there.

        It is taken exactly once, whatever becomes of the answers: a lost answer is made up for by
        looking the name up, and a request is only sent again where that cannot make a second
        snapshot. Then its operation is awaited, and then its own state.

        Args:
            disk_snapshot_name: The name of the snapshot to be, unique among all resources of the
                region.
            source: `DiskSource(disk_name=...)` or `InstanceSource(instance_name=...)`.
            tags: At most 50, as `{"env": "prod", "key-only": None}` or as a sequence of `Tag`.
            client_token: A string of this call's own, such as a UUID. The snapshot is tagged with
                it (`lightsail-snap:client-token`). With it, an interrupted call can be run again,
                even by another process: it finds its snapshot and waits for it. The tag alone is
                proof. Without a token, an earlier snapshot of this name is a conflict.
            quiesce: Pauses writes: a context manager that is entered before the request is sent
                and left as soon as the service has accepted it, or it has failed; for example
                `fsfreeze("/mnt/data")` or `command_hooks(...)`.
            on_quiesced: Is told how long writes were paused.
            timeout: For operation and snapshot together: a `timedelta` or seconds; 0 polls once,
                None waits for ever, `"policy"` is the client's `WaitPolicy` (one hour unless set).
                If the service does not respond, the call ends 5 seconds later.
            on_progress: Is told of every look with a `WaitProgress`; `print` will do.

        Returns:
            The completed snapshot.

        Raises:
            RequestValidationError: If a rule is broken; nothing was sent.
            SnapshotConflictError: If the name is taken by a snapshot that this call did not take.
            OutcomeUnknownError: If it cannot be found out whether the snapshot was taken, for
                example because the service did not respond before the timeout.
            QuiesceError: If writes could not be paused or resumed.
            WaitFailedError: If the snapshot ended in `error`, or vanished.
            WaitTimeoutError: If the time is up; the snapshot goes on in Lightsail.
            LightsailSnapError: As `send` says, if the service refuses.
        """
        request = models.CreateDiskSnapshotRequest(
            disk_snapshot_name=disk_snapshot_name, source=source, tags=tags
        )
        flow = _workflows.take_disk_snapshot(
            request,
            self._wait_policy,
            self._wait_policy.limit(timeout),
            client_token=client_token,
            on_progress=on_progress,
            quiesce=quiesce,
            on_quiesced=on_quiesced,
        )
        return self._run(flow)

    def take_disk_snapshots(
        self,
        requests: Iterable[models.CreateDiskSnapshotRequest],
        *,
        concurrency: int = 10,
        timeout: Timeout = "policy",
        on_progress: Callable[[GroupProgress], object] | None = None,
    ) -> dict[str, models.DiskSnapshot]:
        """Take many disk snapshots, each exactly once, and wait until all are there.

        One failure does not stop the others, and all are awaited in one loop of looks.

        Args:
            requests: What to take, each with a name of its own.
            concurrency: How many calls at most at the same time; boto3 keeps ten connections
                unless its `Config` says otherwise.
            timeout: For all of them together; as for `take_disk_snapshot`.
            on_progress: Is told of every round of looks with a `GroupProgress`.

        Returns:
            The completed snapshots, by name.

        Raises:
            RequestValidationError: If a request is none, or a name is there twice; nothing was
                sent.
            PartialFailureError: If any could not be taken; it holds those that were.
        """
        flow = _workflows.take_disk_snapshots(
            requests,
            self._wait_policy,
            self._wait_policy.limit(timeout),
            concurrency=concurrency,
            on_progress=on_progress,
        )
        return self._run(flow)

    def take_instance_snapshot(  # noqa: PLR0913 - keyword-only, and each has a default
        self,
        instance_snapshot_name: str,
        instance_name: str,
        *,
        tags: models.TagsInput | None = (),
        client_token: str | None = None,
        quiesce: AbstractContextManager[object] | None = None,
        on_quiesced: Callable[[timedelta], object] | None = None,
        timeout: Timeout = "policy",
        on_progress: Callable[
            [WaitProgress[models.Operation] | WaitProgress[models.InstanceSnapshot]], object
        ]
        | None = None,
    ) -> models.InstanceSnapshot:
        """Take a snapshot of an instance with all its disks, and wait until it is there.

        Args:
            instance_snapshot_name: The name of the snapshot to be, unique among all resources of
                the region.
            instance_name: The instance.
            tags: As for `take_disk_snapshot`.
            client_token: As for `take_disk_snapshot`.
            quiesce: As for `take_disk_snapshot`.
            on_quiesced: As for `take_disk_snapshot`.
            timeout: As for `take_disk_snapshot`.
            on_progress: Is told of every look with a `WaitProgress`; `print` will do.

        Returns:
            The available snapshot.

        Raises:
            LightsailSnapError: As `take_disk_snapshot` says.
        """
        request = models.CreateInstanceSnapshotRequest(
            instance_snapshot_name=instance_snapshot_name, instance_name=instance_name, tags=tags
        )
        flow = _workflows.take_instance_snapshot(
            request,
            self._wait_policy,
            self._wait_policy.limit(timeout),
            client_token=client_token,
            on_progress=on_progress,
            quiesce=quiesce,
            on_quiesced=on_quiesced,
        )
        return self._run(flow)

    def copy(
        self,
        target_snapshot_name: str,
        source: models.RestoreSource,
        *,
        source_region: str,
        timeout: Timeout = "policy",
        on_progress: Callable[
            [
                WaitProgress[models.Operation]
                | WaitProgress[models.DiskSnapshot]
                | WaitProgress[models.InstanceSnapshot]
            ],
            object,
        ]
        | None = None,
    ) -> models.DiskSnapshot | models.InstanceSnapshot:
        """Copy a snapshot into this client's region, exactly once, and wait until it is there.

        A copy made from an automatic snapshot stays when the automatic one goes. Tags are not
        copied.

        Args:
            target_snapshot_name: The name of the copy to be, unique among all resources of this
                region.
            source: `ManualSnapshotSource(snapshot_name=...)`,
                `AutoSnapshotSource(resource_name=..., restore_date=...)` or
                `LatestAutoSnapshotSource(resource_name=...)`.
            source_region: The AWS Region where the source is, for example `us-east-2`.
            timeout: As for `take_disk_snapshot`.
            on_progress: Is told of every look with a `WaitProgress`; `print` will do.

        Returns:
            The copy: a disk snapshot or an instance snapshot, as its source is.

        Raises:
            LightsailSnapError: As `take_disk_snapshot` says.
        """
        request = models.CopySnapshotRequest(
            target_snapshot_name=target_snapshot_name, source=source, source_region=source_region
        )
        flow = _workflows.copy_snapshot(
            request,
            self._wait_policy,
            self._wait_policy.limit(timeout),
            on_progress=on_progress,
        )
        return self._run(flow)

    def restore_disk(  # noqa: PLR0913 - keyword-only, as many as the operation has
        self,
        disk_name: str,
        source: models.RestoreSource,
        *,
        availability_zone: str,
        size_in_gb: int | None = None,
        tags: models.TagsInput | None = (),
        client_token: str | None = None,
        timeout: Timeout = "policy",
        on_progress: Callable[[WaitProgress[models.Operation] | WaitProgress[models.Disk]], object]
        | None = None,
    ) -> models.Disk:
        """Make a disk from a snapshot of a disk, exactly once, and wait until it is available.

        Args:
            disk_name: The name of the disk to be, unique among all resources of the region.
            source: `ManualSnapshotSource(snapshot_name=...)`,
                `AutoSnapshotSource(resource_name=..., restore_date=...)` or
                `LatestAutoSnapshotSource(resource_name=...)`.
            availability_zone: Where to make it, for example `us-east-2a`: the zone of the instance
                that it is for. The `all` of a snapshot is no such zone.
            size_in_gb: Its size in GB, at least that of the source; the same if None, which takes
                one more call.
            tags: As for `take_disk_snapshot`.
            client_token: As for `take_disk_snapshot`.
            timeout: As for `take_disk_snapshot`.
            on_progress: Is told of every look with a `WaitProgress`; `print` will do.

        Returns:
            The available disk; then `attach_disk`.

        Raises:
            NameConflictError: If the name is taken by a disk that this job did not make.
            LightsailSnapError: As `take_disk_snapshot` says.
        """
        flow = _workflows.restore_disk(
            disk_name,
            source,
            self._wait_policy,
            self._wait_policy.limit(timeout),
            availability_zone=availability_zone,
            size_in_gb=size_in_gb,
            tags=tags,
            client_token=client_token,
            on_progress=on_progress,
        )
        return self._run(flow)
