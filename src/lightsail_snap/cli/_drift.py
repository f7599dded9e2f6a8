"""What `spec-drift` does. It needs nothing but the core, and no typer."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from lightsail_snap._spec_drift import (
    Drift,
    Expected,
    Report,
    installed_model,
    installed_version,
    report_on,
)
from lightsail_snap.cli._errors import ExitCode, UsageError

_GZIP = b"\x1f\x8b"


def spec_drift(service_model: Path | None, *, is_whole: bool, as_json: bool) -> int:
    """Compare the models with a service model, and print what differs.

    Args:
        service_model: The file it is in; that of the installed botocore if None.
        is_whole: Whether to print expected differences, too.
        as_json: Whether to print JSON objects, one a line.

    Returns:
        The exit code.

    Raises:
        UsageError: If the file cannot be read, so that it is not taken for drift.
    """
    name = f"botocore {installed_version()}" if service_model is None else str(service_model)
    try:
        report = report_on(installed_model() if service_model is None else _read(service_model))
    except (OSError, EOFError, RecursionError, zlib.error, ValueError) as error:
        message = f"{name}: {error}"
        raise UsageError(message) from error
    lines = _json_lines if as_json else _lines
    for line in lines(report, name, is_whole=is_whole):
        print(line)
    return ExitCode.OK if report.is_clean else ExitCode.FAILED


def _read(file: Path) -> Any:  # noqa: ANN401 - whatever is in the file
    content = file.read_bytes()
    return json.loads(gzip.decompress(content) if content.startswith(_GZIP) else content)


def _json_lines(report: Report, _: str, *, is_whole: bool) -> Iterator[str]:
    for drift in report.drifts if is_whole else report.unexpected:
        yield json.dumps({**asdict(drift), "outdated": False})
    for expected in report.outdated:
        yield json.dumps({**asdict(expected), "outdated": True})


def _lines(report: Report, name: str, *, is_whole: bool) -> Iterator[str]:
    found = report.unexpected
    sections: Sequence[tuple[str, Sequence[Drift | Expected]]] = (
        ("The service has, this library lacks", [d for d in found if d.library is None]),
        ("This library has, the service lacks", [d for d in found if d.service is None]),
        ("Both have, and differ", [d for d in found if d.service and d.library]),
        ("Expected, and no longer so", report.outdated),
        ("Expected", [d for d in report.drifts if d.reason] if is_whole else []),
    )
    for title, entries in sections:
        if entries:
            yield title
            for entry in entries:
                yield from _entry(entry)
            yield ""
    unexpected, outdated = len(found), len(report.outdated)
    expected = len(report.drifts) - unexpected
    yield (
        f"{name}: {unexpected or 'no'} unexpected differences, {expected} expected, {outdated} "
        "expected that are no more"
    )


def _entry(entry: Drift | Expected) -> Iterator[str]:
    yield f"  {entry.kind:<13} {entry.where}"
    for side, text in (("service", entry.service), ("library", entry.library)):
        if text not in {None, "exists"}:
            yield f"    {side}: {text}"
    if entry.reason:
        yield f"    because {entry.reason}"
