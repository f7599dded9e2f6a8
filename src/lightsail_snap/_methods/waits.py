"""Methods that wait."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from lightsail_snap import _workflows, models
from lightsail_snap._methods._sender import Sender
from lightsail_snap.models import DiskState
from lightsail_snap.waiters import GroupProgress, Timeout, WaitProgress


class Waits(Sender):
    """The methods `wait_for_...`."""

    __slots__ = ()

    def wait_for_operation(
        self,
        operation: models.Operation | str,
        *,
        timeout: Timeout = "policy",
        on_progress: Callable[[WaitProgress[models.Operation]], object] | None = None,
    ) -> models.Operation:
        """Wait until an operation has ended in success.

        An operation that has ended already is not asked for again. Throttling and passing faults
        while looking do not end the wait.

        Args:
            operation: The operation, or its id.
            timeout: A `timedelta` or seconds; 0 polls once, None waits for ever, `"policy"` is the
                client's `WaitPolicy` (one hour unless set). If the service does not respond, the
                wait ends 5 seconds later.
            on_progress: Is told of every look with a `WaitProgress`; `print` will do.

        Returns:
            The operation as it ended.

        Raises:
            WaitFailedError: If it ended otherwise, or vanished.
            WaitTimeoutError: If the time is up; the operation goes on in Lightsail.
            NotFoundException: If there never was one of this id in the region.
            LightsailSnapError: As `send` says, if looking fails for a lasting reason.
        """
        flow = _workflows.wait_for_operation(
            operation, self._wait_policy, timeout=timeout, on_progress=on_progress
        )
        return self._run(flow)

    def wait_for_operations(
        self,
        operations: Iterable[models.Operation | str],
        *,
        timeout: Timeout = "policy",
        concurrency: int = 10,
        on_progress: Callable[[GroupProgress], object] | None = None,
    ) -> dict[str, models.Operation]:
        """Wait until all of many operations have ended in success, in one loop of looks.

        They are looked for in the region's list of operations where that takes fewer calls than
        asking for each.

        Args:
            operations: The operations, or their ids.
            timeout: For all of them together; as for `wait_for_operation`.
            concurrency: How many calls at most at the same time.
            on_progress: Is told of every round of looks with a `GroupProgress`.

        Returns:
            The operations as they ended, by id.

        Raises:
            PartialFailureError: If any ended otherwise, vanished, is unknown or has not ended in
                time; it holds those that succeeded.
            RequestValidationError: If an id cannot be one.
        """
        flow = _workflows.wait_for_operations(
            operations,
            self._wait_policy,
            timeout=timeout,
            concurrency=concurrency,
            on_progress=on_progress,
        )
        return self._run(flow)

    def wait_for_disk_snapshot(
        self,
        disk_snapshot_name: str,
        *,
        timeout: Timeout = "policy",
        on_progress: Callable[[WaitProgress[models.DiskSnapshot]], object] | None = None,
    ) -> models.DiskSnapshot:
        """Wait until a disk snapshot is `completed`.

        Throttling and passing faults while looking do not end the wait; neither does a state that
        this library does not know.

        Args:
            disk_snapshot_name: Its name.
            timeout: A `timedelta` or seconds; 0 is one look, None for ever, `"policy"` what the
                client's `WaitPolicy` says (one hour unless set).
            on_progress: Is told of every look with a `WaitProgress`; `print` will do.

        Returns:
            The completed snapshot.

        Raises:
            WaitFailedError: If it ended in `error`, or vanished.
            WaitTimeoutError: If the time is up; the snapshot goes on in Lightsail.
            NotFoundException: If there is none of this name in the region at the first look.
            LightsailSnapError: As `send` says, if looking fails for a lasting reason.
        """
        flow = _workflows.wait_for_disk_snapshot(
            disk_snapshot_name, self._wait_policy, timeout=timeout, on_progress=on_progress
        )
        return self._run(flow)

    def wait_for_disk_snapshots(
        self,
        disk_snapshot_names: Iterable[str],
        *,
        timeout: Timeout = "policy",
        concurrency: int = 10,
        on_progress: Callable[[GroupProgress], object] | None = None,
    ) -> dict[str, models.DiskSnapshot]:
        """Wait until all of many disk snapshots are `completed`, in one loop of looks.

        They are looked for in the region's list of snapshots where that takes fewer calls than
        asking for each.

        Args:
            disk_snapshot_names: Their names.
            timeout: For all of them together; as for `wait_for_disk_snapshot`.
            concurrency: How many calls at most at the same time.
            on_progress: Is told of every round of looks with a `GroupProgress`.

        Returns:
            The completed snapshots, by name.

        Raises:
            PartialFailureError: If any ended in `error`, vanished, is unknown or is not completed
                in time; it holds those that are.
            RequestValidationError: If a name cannot be one.
        """
        flow = _workflows.wait_for_disk_snapshots(
            disk_snapshot_names,
            self._wait_policy,
            timeout=timeout,
            concurrency=concurrency,
            on_progress=on_progress,
        )
        return self._run(flow)

    def wait_for_instance_snapshot(
        self,
        instance_snapshot_name: str,
        *,
        timeout: Timeout = "policy",
        on_progress: Callable[[WaitProgress[models.InstanceSnapshot]], object] | None = None,
    ) -> models.InstanceSnapshot:
        """Wait until an instance snapshot is `available`.

        Args:
            instance_snapshot_name: Its name.
            timeout: As for `wait_for_disk_snapshot`.
            on_progress: Is told of every look with a `WaitProgress`; `print` will do.

        Returns:
            The available snapshot.

        Raises:
            WaitFailedError: If it ended in `error`, or vanished.
            WaitTimeoutError: If the time is up; the snapshot goes on in Lightsail.
            NotFoundException: If there is none of this name in the region at the first look.
            LightsailSnapError: As `send` says, if looking fails for a lasting reason.
        """
        flow = _workflows.wait_for_instance_snapshot(
            instance_snapshot_name, self._wait_policy, timeout=timeout, on_progress=on_progress
        )
        return self._run(flow)

    def wait_for_instance_snapshots(
        self,
        instance_snapshot_names: Iterable[str],
        *,
        timeout: Timeout = "policy",
        concurrency: int = 10,
        on_progress: Callable[[GroupProgress], object] | None = None,
    ) -> dict[str, models.InstanceSnapshot]:
        """Wait until all of many instance snapshots are `available`, in one loop of looks.

        Args:
            instance_snapshot_names: Their names.
            timeout: For all of them together; as for `wait_for_disk_snapshot`.
            concurrency: How many calls at most at the same time.
            on_progress: Is told of every round of looks with a `GroupProgress`.

        Returns:
            The available snapshots, by name.

        Raises:
            PartialFailureError: If any ended in `error`, vanished, is unknown or is not available
                in time; it holds those that are.
            RequestValidationError: If a name cannot be one.
        """
        flow = _workflows.wait_for_instance_snapshots(
            instance_snapshot_names,
            self._wait_policy,
            timeout=timeout,
            concurrency=concurrency,
            on_progress=on_progress,
        )
        return self._run(flow)

    def wait_for_disk(
        self,
        disk_name: str,
        *,
        state: DiskState = DiskState.AVAILABLE,
        timeout: Timeout = "policy",
        on_progress: Callable[[WaitProgress[models.Disk]], object] | None = None,
    ) -> models.Disk:
        """Wait until a disk is in a state.

        Args:
            disk_name: Its name.
            state: The state: `AVAILABLE` after it was made or detached, `IN_USE` after it was
                attached.
            timeout: As for `wait_for_disk_snapshot`.
            on_progress: Is told of every look with a `WaitProgress`; `print` will do.

        Returns:
            The disk in this state.

        Raises:
            WaitFailedError: If it ended in `error`, or vanished.
            WaitTimeoutError: If the time is up.
            NotFoundException: If there is none of this name in the region at the first look.
            LightsailSnapError: As `send` says, if looking fails for a lasting reason.
        """
        flow = _workflows.wait_for_disk(
            disk_name, state, self._wait_policy, timeout=timeout, on_progress=on_progress
        )
        return self._run(flow)

    def wait_for_disk_snapshot_deletion(
        self,
        disk_snapshot_name: str,
        *,
        timeout: Timeout = "policy",
        on_progress: Callable[[WaitProgress[models.DiskSnapshot]], object] | None = None,
    ) -> None:
        """Wait until there is no disk snapshot of a name any more.

        Args:
            disk_snapshot_name: Its name.
            timeout: As for `wait_for_disk_snapshot`.
            on_progress: Is told of every look with a `WaitProgress`; `print` will do.

        Raises:
            WaitTimeoutError: If the time is up and it is still there.
            LightsailSnapError: As `send` says, if looking fails for a lasting reason.
        """
        flow = _workflows.wait_for_disk_snapshot_deletion(
            disk_snapshot_name, self._wait_policy, timeout=timeout, on_progress=on_progress
        )
        return self._run(flow)

    def wait_for_instance_snapshot_deletion(
        self,
        instance_snapshot_name: str,
        *,
        timeout: Timeout = "policy",
        on_progress: Callable[[WaitProgress[models.InstanceSnapshot]], object] | None = None,
    ) -> None:
        """Wait until there is no instance snapshot of a name any more.

        Args:
            instance_snapshot_name: Its name.
            timeout: As for `wait_for_disk_snapshot`.
            on_progress: Is told of every look with a `WaitProgress`; `print` will do.

        Raises:
            WaitTimeoutError: If the time is up and it is still there.
            LightsailSnapError: As `send` says, if looking fails for a lasting reason.
        """
        flow = _workflows.wait_for_instance_snapshot_deletion(
            instance_snapshot_name, self._wait_policy, timeout=timeout, on_progress=on_progress
        )
        return self._run(flow)

    def wait_for_export(
        self,
        source_snapshot_name: str,
        *,
        since: datetime | None = None,
        timeout: Timeout = "policy",
        on_progress: Callable[[WaitProgress[models.ExportSnapshotRecord]], object] | None = None,
    ) -> models.ExportSnapshotRecord:
        """Wait until a snapshot has been taken over into Amazon EC2.

        The newest export of the snapshot counts. That there is none yet does not end the wait.

        Args:
            source_snapshot_name: The snapshot.
            since: Exports that were begun before this moment do not count; they all do if None.
                It must be aware (have a time zone).
            timeout: As for `wait_for_disk_snapshot`.
            on_progress: Is told of every look with a `WaitProgress`; `print` will do.

        Returns:
            The record of the export; its `destination_info` tells what was made.

        Raises:
            WaitFailedError: If the export failed.
            WaitTimeoutError: If the time is up; the export goes on in Lightsail.
            LightsailSnapError: As `send` says, if looking fails for a lasting reason.
        """
        flow = _workflows.wait_for_export(
            source_snapshot_name,
            since,
            self._wait_policy,
            timeout=timeout,
            on_progress=on_progress,
        )
        return self._run(flow)
