"""Methods that are named after the operations of the service, one call each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from lightsail_snap import models
from lightsail_snap._methods._sender import Sender


class Operations(Sender):
    """A method for every operation."""

    __slots__ = ()

    def create_disk_snapshot(
        self,
        disk_snapshot_name: str,
        source: models.SnapshotSource,
        *,
        tags: models.TagsInput | None = (),
    ) -> models.CreateDiskSnapshotResult:
        """Begin a snapshot of a disk or of an instance's system volume.

        The snapshot holds what was written to the disk when the service took the request; data
        cached by applications or the operating system may be missing. Pause writes or unmount the
        disk for that moment to be sure; it may be used again while the snapshot is pending.
        `take_disk_snapshot` does all of that. Source: CreateDiskSnapshot documentation.

        Args:
            disk_snapshot_name: The name of the snapshot to be: 2 to 255 ASCII letters, digits,
                `_`, `.` or `-`, unique among all resources of the region.
            source: `DiskSource(disk_name=...)` or `InstanceSource(instance_name=...)`.
            tags: At most 50, as `{"env": "prod", "key-only": None}` or as a sequence of `Tag`.

        Returns:
            The operations that the service has begun. Wait for them, and then for the snapshot.

        Raises:
            RequestValidationError: If a rule is broken; it lists every one.
            InvalidInputException: If the service refuses, for example because the name is taken.
            NotFoundException: If there is no such disk or instance in the region.
            LightsailSnapError: As `send` says.
        """
        request = models.CreateDiskSnapshotRequest(
            disk_snapshot_name=disk_snapshot_name, source=source, tags=tags
        )
        return self.send(request)

    def get_disk_snapshot(self, disk_snapshot_name: str) -> models.GetDiskSnapshotResult:
        """Look up one disk snapshot.

        Args:
            disk_snapshot_name: Its name.

        Returns:
            The result, which holds the snapshot.

        Raises:
            NotFoundException: If there is none of this name in the region.
            LightsailSnapError: As `send` says.
        """
        request = models.GetDiskSnapshotRequest(disk_snapshot_name=disk_snapshot_name)
        return self.send(request)

    def get_disk_snapshots(self, *, page_token: str | None = None) -> models.GetDiskSnapshotsResult:
        """List one page of the region's disk snapshots; `iter_disk_snapshots` lists them all.

        Args:
            page_token: Which page: the `next_page_token` of the page before; the first if None.

        Returns:
            The page.

        Raises:
            LightsailSnapError: As `send` says.
        """
        request = models.GetDiskSnapshotsRequest(page_token=page_token)
        return self.send(request)

    def delete_disk_snapshot(self, disk_snapshot_name: str) -> models.DeleteDiskSnapshotResult:
        """Delete one disk snapshot. There is no way back; other snapshots are not touched.

        Args:
            disk_snapshot_name: Its name.

        Returns:
            The operation, which has ended already in all samples.

        Raises:
            NotFoundException: If there is none of this name in the region. After a lost answer that
                is what success looks like.
            LightsailSnapError: As `send` says.
        """
        request = models.DeleteDiskSnapshotRequest(disk_snapshot_name=disk_snapshot_name)
        return self.send(request)

    def create_disk_from_snapshot(  # noqa: PLR0913 - the operation has as many parameters
        self,
        disk_name: str,
        source: models.RestoreSource,
        *,
        availability_zone: str,
        size_in_gb: int,
        tags: models.TagsInput | None = (),
        add_ons: Iterable[models.AddOnRequest] = (),
    ) -> models.CreateDiskFromSnapshotResult:
        """Begin to make a disk from a snapshot of a disk. `restore_disk` does it to the end.

        Args:
            disk_name: The name of the disk to be, unique among all resources of the region.
            source: `ManualSnapshotSource(snapshot_name=...)`,
                `AutoSnapshotSource(resource_name=..., restore_date=...)` or
                `LatestAutoSnapshotSource(resource_name=...)`.
            availability_zone: Where to make it, for example `us-east-2a`: the zone of the instance
                that it is for. The `all` of a snapshot is no such zone.
            size_in_gb: Its size in GB: 8 or more, and at least that of the snapshot's source.
            tags: At most 50, as `{"env": "prod", "key-only": None}` or as a sequence of `Tag`.
            add_ons: The add-ons to enable on it.

        Returns:
            The operation that the service has begun.

        Raises:
            RequestValidationError: If a rule is broken; it lists every one.
            InvalidInputException: If the service refuses, for example because the name is taken.
            NotFoundException: If there is no such snapshot in the region.
            LightsailSnapError: As `send` says.
        """
        request = models.CreateDiskFromSnapshotRequest(
            disk_name=disk_name,
            source=source,
            availability_zone=availability_zone,
            size_in_gb=size_in_gb,
            tags=tags,
            add_ons=add_ons,
        )
        return self.send(request)

    def attach_disk(
        self,
        disk_name: str,
        instance_name: str,
        *,
        disk_path: str,
        auto_mounting: bool | None = None,
    ) -> models.AttachDiskResult:
        """Begin to attach a disk to an instance of the same zone, running or stopped.

        Args:
            disk_name: The disk, which must be `available`.
            instance_name: The instance.
            disk_path: The device path it is to have there, for example `/dev/xvdf`.
            auto_mounting: Whether to mount it, too (Lightsail for Research only).

        Returns:
            The operations that the service has begun; then `wait_for_disk(disk_name,
            state=DiskState.IN_USE)`.

        Raises:
            NotFoundException: If there is no such disk or instance in the region.
            LightsailSnapError: As `send` says.
        """
        request = models.AttachDiskRequest(
            disk_name=disk_name,
            instance_name=instance_name,
            disk_path=disk_path,
            auto_mounting=auto_mounting,
        )
        return self.send(request)

    def detach_disk(self, disk_name: str) -> models.DetachDiskResult:
        """Begin to detach a disk from its instance, which must be stopped.

        Unmount its file systems first.

        Args:
            disk_name: The disk.

        Returns:
            The operations that the service has begun; then `wait_for_disk(disk_name)`.

        Raises:
            InvalidInputException: If the service refuses, for example because the instance runs.
            NotFoundException: If there is no such disk in the region.
            LightsailSnapError: As `send` says.
        """
        request = models.DetachDiskRequest(disk_name=disk_name)
        return self.send(request)

    def get_disk(self, disk_name: str) -> models.GetDiskResult:
        """Look up one disk.

        Args:
            disk_name: Its name.

        Returns:
            The result, which holds the disk.

        Raises:
            NotFoundException: If there is none of this name in the region.
            LightsailSnapError: As `send` says.
        """
        request = models.GetDiskRequest(disk_name=disk_name)
        return self.send(request)

    def get_disks(self, *, page_token: str | None = None) -> models.GetDisksResult:
        """List one page of the region's disks; `iter_disks` lists them all.

        Args:
            page_token: Which page: the `next_page_token` of the page before; the first if None.

        Returns:
            The page.

        Raises:
            LightsailSnapError: As `send` says.
        """
        request = models.GetDisksRequest(page_token=page_token)
        return self.send(request)

    def create_instance_snapshot(
        self, instance_snapshot_name: str, instance_name: str, *, tags: models.TagsInput | None = ()
    ) -> models.CreateInstanceSnapshotResult:
        """Begin a snapshot of an instance with all its disks.

        `take_instance_snapshot` does it to the end.

        Args:
            instance_snapshot_name: The name of the snapshot to be: 2 to 255 ASCII letters, digits,
                `_`, `.` or `-`, unique among all resources of the region.
            instance_name: The instance.
            tags: At most 50, as `{"env": "prod", "key-only": None}` or as a sequence of `Tag`.

        Returns:
            The operations that the service has begun. Wait for them, and then for the snapshot.

        Raises:
            RequestValidationError: If a rule is broken; it lists every one.
            InvalidInputException: If the service refuses, for example because the name is taken.
            NotFoundException: If there is no such instance in the region.
            LightsailSnapError: As `send` says.
        """
        request = models.CreateInstanceSnapshotRequest(
            instance_snapshot_name=instance_snapshot_name, instance_name=instance_name, tags=tags
        )
        return self.send(request)

    def get_instance_snapshot(
        self, instance_snapshot_name: str
    ) -> models.GetInstanceSnapshotResult:
        """Look up one instance snapshot.

        Args:
            instance_snapshot_name: Its name.

        Returns:
            The result, which holds the snapshot.

        Raises:
            NotFoundException: If there is none of this name in the region.
            LightsailSnapError: As `send` says.
        """
        request = models.GetInstanceSnapshotRequest(instance_snapshot_name=instance_snapshot_name)
        return self.send(request)

    def get_instance_snapshots(
        self, *, page_token: str | None = None
    ) -> models.GetInstanceSnapshotsResult:
        """List one page of the region's instance snapshots; `iter_instance_snapshots` lists all.

        Args:
            page_token: Which page: the `next_page_token` of the page before; the first if None.

        Returns:
            The page.

        Raises:
            LightsailSnapError: As `send` says.
        """
        request = models.GetInstanceSnapshotsRequest(page_token=page_token)
        return self.send(request)

    def delete_instance_snapshot(
        self, instance_snapshot_name: str
    ) -> models.DeleteInstanceSnapshotResult:
        """Delete one instance snapshot. There is no way back; the instance itself is not touched.

        Args:
            instance_snapshot_name: Its name.

        Returns:
            The operation, which has ended already in all samples.

        Raises:
            NotFoundException: If there is none of this name in the region. After a lost answer that
                is what success looks like.
            LightsailSnapError: As `send` says.
        """
        request = models.DeleteInstanceSnapshotRequest(
            instance_snapshot_name=instance_snapshot_name
        )
        return self.send(request)

    def create_instances_from_snapshot(  # noqa: PLR0913 - the operation has as many parameters
        self,
        instance_names: Iterable[str],
        source: models.RestoreSource,
        *,
        availability_zone: str,
        bundle_id: str,
        attached_disk_mapping: Mapping[str, Iterable[models.DiskMap]] | None = None,
        user_data: str | None = None,
        key_pair_name: str | None = None,
        tags: models.TagsInput | None = (),
        add_ons: Iterable[models.AddOnRequest] = (),
        ip_address_type: models.IpAddressType | None = None,
    ) -> models.CreateInstancesFromSnapshotResult:
        """Begin to make instances from a snapshot of an instance.

        Args:
            instance_names: The names of the instances to be, at least one.
            source: `ManualSnapshotSource(snapshot_name=...)`,
                `AutoSnapshotSource(resource_name=..., restore_date=...)` or
                `LatestAutoSnapshotSource(resource_name=...)`.
            availability_zone: Where to make them, for example `us-east-2a`. The `all` of a snapshot
                is no such zone.
            bundle_id: Their size, for example `micro_3_0`: at least that of the snapshot's source.
            attached_disk_mapping: For each instance by name, what the disks in the snapshot become.
            user_data: A launch script.
            key_pair_name: The key pair to log in with.
            tags: At most 50, as `{"env": "prod", "key-only": None}` or as a sequence of `Tag`.
            add_ons: The add-ons to enable on them.
            ip_address_type: The kinds of addresses they have; `dualstack` if None.

        Returns:
            The operations that the service has begun, one for each instance.

        Raises:
            RequestValidationError: If a rule is broken; it lists every one.
            InvalidInputException: If the service refuses, for example because a name is taken.
            NotFoundException: If there is no such snapshot in the region.
            LightsailSnapError: As `send` says.
        """
        request = models.CreateInstancesFromSnapshotRequest(
            instance_names=instance_names,
            source=source,
            availability_zone=availability_zone,
            bundle_id=bundle_id,
            attached_disk_mapping=attached_disk_mapping,
            user_data=user_data,
            key_pair_name=key_pair_name,
            tags=tags,
            add_ons=add_ons,
            ip_address_type=ip_address_type,
        )
        return self.send(request)

    def copy_snapshot(
        self, target_snapshot_name: str, source: models.RestoreSource, *, source_region: str
    ) -> models.CopySnapshotResult:
        """Begin to copy a snapshot, from this or another region, into this client's region.

        `copy` does it to the end. Tags are not copied.

        Args:
            target_snapshot_name: The name of the copy to be, unique among all resources of this
                region.
            source: `ManualSnapshotSource(snapshot_name=...)`,
                `AutoSnapshotSource(resource_name=..., restore_date=...)` or
                `LatestAutoSnapshotSource(resource_name=...)`.
            source_region: The AWS Region where the source is, for example `us-east-2`.

        Returns:
            The operation that the service has begun, in this client's region.

        Raises:
            RequestValidationError: If a rule is broken; it lists every one.
            InvalidInputException: If the service refuses, for example because the name is taken.
            NotFoundException: If there is no such snapshot in the source region.
            LightsailSnapError: As `send` says.
        """
        request = models.CopySnapshotRequest(
            target_snapshot_name=target_snapshot_name, source=source, source_region=source_region
        )
        return self.send(request)

    def export_snapshot(self, source_snapshot_name: str) -> models.ExportSnapshotResult:
        """Begin to take a manual snapshot over into Amazon EC2, in the same region.

        Args:
            source_snapshot_name: The disk or instance snapshot.

        Returns:
            The operations that the service has begun; then `wait_for_export(source_snapshot_name)`.

        Raises:
            NotFoundException: If there is no such snapshot in the region.
            LightsailSnapError: As `send` says.
        """
        request = models.ExportSnapshotRequest(source_snapshot_name=source_snapshot_name)
        return self.send(request)

    def get_export_snapshot_records(
        self, *, page_token: str | None = None
    ) -> models.GetExportSnapshotRecordsResult:
        """List one page of the region's exports; `iter_export_snapshot_records` lists them all.

        Args:
            page_token: Which page: the `next_page_token` of the page before; the first if None.

        Returns:
            The page.

        Raises:
            LightsailSnapError: As `send` says.
        """
        request = models.GetExportSnapshotRecordsRequest(page_token=page_token)
        return self.send(request)

    def get_auto_snapshots(self, resource_name: str) -> models.GetAutoSnapshotsResult:
        """List the automatic snapshots of a disk or an instance, at most seven.

        Args:
            resource_name: The disk or instance.

        Returns:
            The result, which holds them, newest first.

        Raises:
            NotFoundException: If there is no such disk or instance in the region.
            LightsailSnapError: As `send` says.
        """
        request = models.GetAutoSnapshotsRequest(resource_name=resource_name)
        return self.send(request)

    def delete_auto_snapshot(
        self, resource_name: str, date: dt.date
    ) -> models.DeleteAutoSnapshotResult:
        """Delete the automatic snapshot of one day. There is no way back.

        Args:
            resource_name: The disk or instance.
            date: The day, as `get_auto_snapshots` lists it.

        Returns:
            The operation, which has ended already in all samples.

        Raises:
            NotFoundException: If there is none of this day.
            LightsailSnapError: As `send` says.
        """
        request = models.DeleteAutoSnapshotRequest(resource_name=resource_name, date=date)
        return self.send(request)

    def tag_resource(
        self, resource_name: str, tags: models.TagsInput, *, resource_arn: str | None = None
    ) -> models.TagResourceResult:
        """Set tags on a resource; a tag whose key it bears already is overwritten.

        Args:
            resource_name: The resource, for example a disk snapshot.
            tags: At least one, as `{"env": "prod", "key-only": None}` or as a sequence of `Tag`. A
                resource bears at most 50.
            resource_arn: The resource's Amazon Resource Name; the name suffices.

        Returns:
            The operations; how many there are, and whether they have ended, is unverified.

        Raises:
            NotFoundException: If there is no such resource in the region.
            LightsailSnapError: As `send` says.
        """
        request = models.TagResourceRequest(
            resource_name=resource_name, tags=tags, resource_arn=resource_arn
        )
        return self.send(request)

    def untag_resource(
        self, resource_name: str, tag_keys: Iterable[str], *, resource_arn: str | None = None
    ) -> models.UntagResourceResult:
        """Take tags off a resource.

        Args:
            resource_name: The resource, for example a disk snapshot.
            tag_keys: The keys of the tags, at least one.
            resource_arn: The resource's Amazon Resource Name; the name suffices.

        Returns:
            The operations; how many there are, and whether they have ended, is unverified.

        Raises:
            NotFoundException: If there is no such resource in the region.
            LightsailSnapError: As `send` says.
        """
        request = models.UntagResourceRequest(
            resource_name=resource_name, tag_keys=tag_keys, resource_arn=resource_arn
        )
        return self.send(request)

    def get_operation(self, operation_id: str) -> models.GetOperationResult:
        """Look up one operation.

        Args:
            operation_id: Its id, a UUID.

        Returns:
            The result, which holds the operation.

        Raises:
            NotFoundException: If there is none of this id in the region.
            LightsailSnapError: As `send` says.
        """
        request = models.GetOperationRequest(operation_id=operation_id)
        return self.send(request)

    def get_operations(self, *, page_token: str | None = None) -> models.GetOperationsResult:
        """List one page of the region's operations; `iter_operations` lists them all.

        Args:
            page_token: Which page: the `next_page_token` of the page before; the first if None.

        Returns:
            The page, of at most 200 operations.

        Raises:
            LightsailSnapError: As `send` says.
        """
        request = models.GetOperationsRequest(page_token=page_token)
        return self.send(request)

    def get_operations_for_resource(
        self, resource_name: str, *, page_token: str | None = None
    ) -> models.GetOperationsForResourceResult:
        """List one page of the operations about a resource.

        `iter_operations_for_resource` lists them all.

        Args:
            resource_name: The resource. The service documents this for instances and static IPs;
                whether it answers for others is unverified.
            page_token: Which page: the `next_page_token` of the page before; the first if None.

        Returns:
            The page.

        Raises:
            LightsailSnapError: As `send` says.
        """
        request = models.GetOperationsForResourceRequest(
            resource_name=resource_name, page_token=page_token
        )
        return self.send(request)
