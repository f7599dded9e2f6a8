"""Methods that list things, however many pages there are."""

from __future__ import annotations

from lightsail_snap import models
from lightsail_snap._methods._sender import Sender
from lightsail_snap._methods.paginator import Paginator


class Lists(Sender):
    """The methods `iter_...`."""

    __slots__ = ()

    def iter_disk_snapshots(
        self, *, page_token: str | None = None
    ) -> Paginator[models.DiskSnapshot, models.GetDiskSnapshotsResult]:
        """List the disk snapshots of the region, page by page as needed.

        Args:
            page_token: Where to go on: the `next_page_token` of a page; the beginning if None.

        Returns:
            Something to iterate over; its `pages()` gives the pages themselves.

        Raises:
            RequestValidationError: If the token cannot be one.
        """
        request = models.GetDiskSnapshotsRequest(page_token=page_token)
        return Paginator(self.send, request)

    def iter_instance_snapshots(
        self, *, page_token: str | None = None
    ) -> Paginator[models.InstanceSnapshot, models.GetInstanceSnapshotsResult]:
        """List the instance snapshots of the region, page by page as needed.

        Args:
            page_token: Where to go on: the `next_page_token` of a page; the beginning if None.

        Returns:
            Something to iterate over; its `pages()` gives the pages themselves.

        Raises:
            RequestValidationError: If the token cannot be one.
        """
        request = models.GetInstanceSnapshotsRequest(page_token=page_token)
        return Paginator(self.send, request)

    def iter_disks(
        self, *, page_token: str | None = None
    ) -> Paginator[models.Disk, models.GetDisksResult]:
        """List the disks of the region, page by page as needed.

        Args:
            page_token: Where to go on: the `next_page_token` of a page; the beginning if None.

        Returns:
            Something to iterate over; its `pages()` gives the pages themselves.

        Raises:
            RequestValidationError: If the token cannot be one.
        """
        request = models.GetDisksRequest(page_token=page_token)
        return Paginator(self.send, request)

    def iter_export_snapshot_records(
        self, *, page_token: str | None = None
    ) -> Paginator[models.ExportSnapshotRecord, models.GetExportSnapshotRecordsResult]:
        """List the exports of snapshots of the region, page by page as needed.

        Args:
            page_token: Where to go on: the `next_page_token` of a page; the beginning if None.

        Returns:
            Something to iterate over; its `pages()` gives the pages themselves.

        Raises:
            RequestValidationError: If the token cannot be one.
        """
        request = models.GetExportSnapshotRecordsRequest(page_token=page_token)
        return Paginator(self.send, request)

    def iter_operations(
        self, *, page_token: str | None = None
    ) -> Paginator[models.Operation, models.GetOperationsResult]:
        """List the operations of the region, page by page as needed.

        Args:
            page_token: Where to go on: the `next_page_token` of a page; the beginning if None.

        Returns:
            Something to iterate over; its `pages()` gives the pages themselves.

        Raises:
            RequestValidationError: If the token cannot be one.
        """
        request = models.GetOperationsRequest(page_token=page_token)
        return Paginator(self.send, request)

    def iter_operations_for_resource(
        self, resource_name: str, *, page_token: str | None = None
    ) -> Paginator[models.Operation, models.GetOperationsForResourceResult]:
        """List the operations that are about one resource, page by page as needed.

        Args:
            resource_name: The resource.
            page_token: Where to go on: the `next_page_token` of a page; the beginning if None.

        Returns:
            Something to iterate over; its `pages()` gives the pages themselves.

        Raises:
            RequestValidationError: If the name or the token cannot be one.
        """
        request = models.GetOperationsForResourceRequest(
            resource_name=resource_name, page_token=page_token
        )
        return Paginator(self.send, request)
