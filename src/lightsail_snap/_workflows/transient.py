"""Classification of errors: which lookups may succeed if they are repeated."""

from __future__ import annotations

from lightsail_snap.errors import (
    LightsailSnapError,
    ResponseValidationError,
    ServiceError,
    TransportError,
)


def is_transient(error: LightsailSnapError) -> bool:
    """Return whether the same lookup may succeed later.

    Lookups change nothing, so one whose outcome is unknown may be repeated like any other.
    """
    return isinstance(error, TransportError) or (
        isinstance(error, ServiceError) and error.is_retryable
    )


def is_unreadable(error: LightsailSnapError) -> bool:
    """Return whether a response came that cannot be read, or is about another resource."""
    if isinstance(error, ServiceError):
        # An error response without a type is called by its status.
        return error.code == str(error.http_status)
    return isinstance(error, ResponseValidationError)
