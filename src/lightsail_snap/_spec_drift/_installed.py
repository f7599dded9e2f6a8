"""The service model of the botocore that is installed."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import metadata
from typing import Any

from botocore.loaders import Loader


def installed_version() -> str:
    """Tell which botocore is installed.

    Returns:
        Its version.
    """
    return metadata.version("botocore")


def installed_model() -> Mapping[str, Any]:
    """Read the service model of the installed botocore.

    Returns:
        The content of its `service-2.json` for Lightsail.
    """
    return Loader().load_service_model("lightsail", "service-2")
