"""The kind of context manager that stops an instance."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import timedelta


class StopsInstance(ABC):
    """A context manager that stops an instance while its block runs."""

    __slots__ = ()

    @property
    @abstractmethod
    def instance_name(self) -> str:
        """Name of the instance."""

    @property
    @abstractmethod
    def downtime(self) -> timedelta | None:
        """Duration of the last stop."""


def find_stop(context: object) -> StopsInstance | None:
    """Return a context manager that stops an instance; None for any other one."""
    return context if isinstance(context, StopsInstance) else None
