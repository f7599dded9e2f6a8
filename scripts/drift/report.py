"""Compare the library with a service model, and format the result."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from importlib import metadata
from typing import Any

from botocore.loaders import Loader
from scripts.drift.compare import Drift, Expected, Report, compare
from scripts.drift.expected import EXPECTED
from scripts.drift.facts import EXISTS
from scripts.drift.library import library_facts
from scripts.drift.service import service_facts


def installed_version() -> str:
    """Return the version of the installed botocore."""
    return metadata.version("botocore")


def installed_model() -> Mapping[str, Any]:
    """Return Lightsail's service model in the installed botocore."""
    return Loader().load_service_model("lightsail", "service-2")


def report_on(model: Mapping[str, Any]) -> Report:
    """Compare the library with a service model; raise ValueError if it is not Lightsail's."""
    library = library_facts()
    operations = {where for kind, where in library if kind == "operation"}
    try:
        if model["metadata"]["endpointPrefix"] != "lightsail":
            message = f"this is the service model of {model['metadata']['endpointPrefix']}"
            raise ValueError(message)
        service = service_facts(model, operations)
    except (AttributeError, LookupError, RecursionError, TypeError) as error:
        message = f"this is not a valid service model: {type(error).__name__}: {error}"
        raise ValueError(message) from error
    return compare(service, library, EXPECTED)


def json_lines(report: Report, *, has_expected: bool) -> Iterator[str]:
    """Format a report as one JSON object per line."""
    for drift in report.drifts if has_expected else report.unexpected:
        yield json.dumps({**asdict(drift), "outdated": False})
    for expected in report.outdated:
        yield json.dumps({**asdict(expected), "outdated": True})


def lines(report: Report, name: str, *, has_expected: bool) -> Iterator[str]:
    """Format a report for people."""
    found = report.unexpected
    sections: Sequence[tuple[str, Sequence[Drift | Expected]]] = (
        ("Only in the service model", [drift for drift in found if drift.library is None]),
        ("Only in the library", [drift for drift in found if drift.service is None]),
        ("Different", [drift for drift in found if drift.service and drift.library]),
        ("Expected, but gone", report.outdated),
        ("Expected", [drift for drift in report.drifts if drift.reason] if has_expected else []),
    )
    for title, entries in sections:
        if entries:
            yield title
            for entry in entries:
                yield from _entry_lines(entry)
            yield ""
    expected = len(report.drifts) - len(found)
    yield f"{name}: {len(found)} unexpected, {expected} expected, {len(report.outdated)} gone"


def _entry_lines(entry: Drift | Expected) -> Iterator[str]:
    yield f"  {entry.kind:<13} {entry.where}"
    for side, fact in (("service", entry.service), ("library", entry.library)):
        if fact not in {None, EXISTS}:
            yield f"    {side}: {fact}"
    if entry.reason:
        yield f"    reason: {entry.reason}"
