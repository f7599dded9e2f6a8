"""Results of `roll_back_disk`, `preview_roll_back_disk` and `undo_roll_back_disk`."""

from __future__ import annotations

from dataclasses import dataclass

from typing_extensions import override

from lightsail_snap import models
from lightsail_snap._text import safe_line

__all__ = ["RollBackPreview", "RollBackResult"]


@dataclass(frozen=True, slots=True)
class RollBackResult:
    """Result of a roll back, or of its undoing.

    Attributes:
        disk: The disk that is in use now: the restored one; after an undo, the original one.
        replaced_disk: The disk that it replaced, as last seen; None if it does not exist.
        instance: The instance as last seen; None if the original disk was not attached to one.
        path: The device path of the disk on the instance, for example `/dev/xvdf`.
        is_replaced_disk_deleted: True if this call deleted the replaced disk, or found it deleted.
    """

    disk: models.Disk
    replaced_disk: models.Disk | None = None
    instance: models.Instance | None = None
    path: str | None = None
    is_replaced_disk_deleted: bool = False

    @override
    def __str__(self) -> str:
        where = "it is not attached"
        if self.instance is not None:
            where = f"attached to {self.instance.name} at {self.path}"
        replaced = ""
        if self.replaced_disk is not None:
            state = "deleted" if self.is_replaced_disk_deleted else "kept"
            replaced = f"; disk {self.replaced_disk.name} is {state}"
        return safe_line(f"disk {self.disk.name}: {where}{replaced}")


@dataclass(frozen=True, slots=True)
class RollBackPreview:
    """Steps that a roll back, or its undoing, would take.

    Attributes:
        disk: The disk to replace.
        new_disk_name: The name of the restored disk.
        client_token: The token to pass to `roll_back_disk`, so that it uses this name; None for the
            preview of an undo.
        steps: The steps, for example `stop instance web-1`. A roll back that was interrupted has
            only the steps that remain.
        warnings: Consequences to know before, for example that an IP address changes.
        instance: The instance that the disk is attached to, or None.
        path: The device path of the disk on the instance, or None.
    """

    disk: models.Disk
    new_disk_name: str
    client_token: str | None
    steps: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    instance: models.Instance | None = None
    path: str | None = None

    @override
    def __str__(self) -> str:
        steps = [f"{number}. {step}" for number, step in enumerate(self.steps, 1)]
        warnings = [f"warning: {each}" for each in self.warnings]
        return "\n".join(safe_line(each) for each in (*steps, *warnings))
