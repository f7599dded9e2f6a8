"""`spec-drift`: what the service model and the models of this library say otherwise."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from lightsail_snap._spec_drift import (
    Drift,
    Expected,
    Report,
    installed_model,
    installed_version,
    report_on,
)
from lightsail_snap.cli._exits import Code, UsageError
from lightsail_snap.cli._settings import add

_GZIP = b"\x1f\x8b"


def add_to(app: typer.Typer) -> None:
    """Add the command.

    Args:
        app: Where to.
    """
    add(app, "spec-drift", talks=False, panel="Help")(_spec_drift)


def _spec_drift(
    *,
    service_model: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Compare with this service-2.json or service-2.json.gz instead."
        ),
    ] = None,
    is_whole: Annotated[
        bool, typer.Option("--all", help="Print expected differences, too, with their reasons.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")] = False,
) -> int:
    """Compare the models with the service model of the installed botocore.

    The exit code is 0 if nothing differs that is not expected, and 1 otherwise.
    """
    name = f"botocore {installed_version()}" if service_model is None else str(service_model)
    try:
        report = report_on(installed_model() if service_model is None else _read(service_model))
    except (OSError, EOFError, RecursionError, zlib.error, ValueError) as error:
        # Code 2, so that a bad file is not taken for drift.
        message = f"{name}: {error}"
        raise UsageError(message) from error
    lines = _json_lines if as_json else _lines
    for line in lines(report, name, is_whole=is_whole):
        print(line)
    return Code.OK if report.is_clean else Code.FAILED


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
