"""The comparison as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lightsail_snap._spec_drift._compare import Report, compare
from lightsail_snap._spec_drift._expected import EXPECTED
from lightsail_snap._spec_drift._library import library_facts
from lightsail_snap._spec_drift._service import service_facts


def report_on(model: Mapping[str, Any]) -> Report:
    """Compare this library with a service model.

    Args:
        model: The content of a `service-2.json` for Lightsail.

    Returns:
        What differs.

    Raises:
        ValueError: If it is no service model of Lightsail.
    """
    library = library_facts()
    operations = {where for kind, where in library if kind == "operation"}
    try:
        if model["metadata"]["endpointPrefix"] != "lightsail":
            message = f"a service model of {model['metadata']['endpointPrefix']}"
            raise ValueError(message)
        service = service_facts(model, operations)
    except (AttributeError, LookupError, RecursionError, TypeError) as error:
        message = f"no service model that can be read: {type(error).__name__}: {error}"
        raise ValueError(message) from error
    return compare(service, library, EXPECTED)
