"""Names of resources for the completion in a shell: bounded in time, cached, silent on errors."""

from __future__ import annotations

import hashlib
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from lightsail_snap.cli._command_line import CommandLine, read_profiles

if TYPE_CHECKING:
    from botocore.client import BaseClient

ResourceKind: TypeAlias = Literal["disks", "instances", "disk_snapshots", "instance_snapshots"]

_RESPONSE_FIELDS: Mapping[ResourceKind, str] = {
    "disks": "disks",
    "instances": "instances",
    "disk_snapshots": "diskSnapshots",
    "instance_snapshots": "instanceSnapshots",
}
_CACHE_SECONDS = 60.0
# So that every key press after a failure is fast, and another Region works soon.
_FAILURE_CACHE_SECONDS = 10.0
_SECONDS_TO_KEEP_FILES = 86_400.0
_REQUEST_TIMEOUT_SECONDS = 1.0
_SECRETS = {"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}


class Resource(NamedTuple):
    """A disk, an instance or a snapshot."""

    name: str
    source: str
    """Name of the disk or instance of a snapshot; else empty."""
    tags: tuple[str, ...]
    """Tags as `key` or `key=value`."""


def find_resources(
    kinds: Sequence[ResourceKind], line: CommandLine, *, region: str | None = None
) -> list[Resource]:
    """Return the resources of the Region of the command line, as far as they are found in time."""
    options = dict(line.options) | ({} if region is None else {"region": region})
    files = {kind: _cache_file(kind, options) for kind in kinds}
    found = {kind: _read_cache(file) for kind, file in files.items()}
    missing = [kind for kind in kinds if found[kind] is None]
    if missing:
        listed: dict[ResourceKind, list[Resource]] = {kind: [] for kind in missing}
        complete: set[ResourceKind] = set()
        # The prefix of the name lets the process exit before the thread.
        thread = threading.Thread(
            target=_list_all,
            args=(listed, complete, options),
            name="lightsail-snap-completion",
            daemon=True,
        )
        thread.start()
        thread.join(max(0.0, line.deadline - time.monotonic()))
        for kind, resources in listed.items():
            found[kind] = list(resources)
            _write_cache(files[kind], found[kind] or [], is_complete=kind in complete)
    return [each for kind in kinds for each in found[kind] or ()]


def _list_all(
    listed: Mapping[ResourceKind, list[Resource]],
    complete: set[ResourceKind],
    options: Mapping[str, str],
) -> None:
    with suppress(Exception):  # a completion is silent
        client = _open_client(options)
        for kind, resources in listed.items():
            _list(client, kind, resources)
            complete.add(kind)


def _open_client(options: Mapping[str, str]) -> BaseClient:
    _refuse_to_prompt(options.get("profile"))
    from lightsail_snap._boto.connect import create_client_without_retries  # noqa: PLC0415 - in the thread, whose time is limited

    return create_client_without_retries(
        region_name=options.get("region"),
        profile_name=options.get("profile"),
        endpoint_url=options.get("endpoint_url"),
        allow_plain_http="allow_plain_http" in options,
        timeout_seconds=_REQUEST_TIMEOUT_SECONDS,
    )


def _refuse_to_prompt(name: str | None) -> None:
    """Raise an error if credentials may need input, for example an MFA code."""
    if name is None and "AWS_ACCESS_KEY_ID" in os.environ:
        return
    profiles = read_profiles()
    seen: set[str] = set()
    name = name or os.environ.get("AWS_PROFILE") or os.environ.get("AWS_DEFAULT_PROFILE")
    name = name or "default"
    while name is not None and name not in seen:
        seen.add(name)
        profile = profiles.get(name, {})
        if not profile.keys().isdisjoint({"mfa_serial", "credential_process"}):
            raise PermissionError
        name = profile.get("source_profile")


def _list(client: Any, kind: ResourceKind, resources: list[Resource]) -> None:  # noqa: ANN401 - boto3 creates clients at run time
    operation = getattr(client, f"get_{kind}")
    token, seen = None, set[str]()
    while token not in seen:
        page = operation(**({} if token is None else {"pageToken": token}))
        resources += map(_read_resource, page.get(_RESPONSE_FIELDS[kind]) or ())
        if token is not None:
            seen.add(token)
        token = page.get("nextPageToken")
        if not token:
            return


def _read_resource(fields: Mapping[str, Any]) -> Resource:
    tags = fields.get("tags") or ()
    return Resource(
        fields["name"],
        fields.get("fromDiskName") or fields.get("fromInstanceName") or "",
        tuple(f"{tag['key']}={tag['value']}" if tag.get("value") else tag["key"] for tag in tags),
    )


def _cache_folder() -> Path:
    variable = "LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME"
    given = Path(os.environ.get(variable, ""))
    # The XDG specification ignores relative paths.
    folder = given if given.is_absolute() else Path.home() / ".cache"
    return folder / "lightsail-snap" / "completion"


def _cache_file(kind: ResourceKind, options: Mapping[str, str]) -> Path | None:
    """Return the file for a connection: its options, and the AWS settings of the environment."""
    names = ("region", "profile", "endpoint_url", "allow_plain_http")
    settings = [options.get(name) for name in names]
    environment = [
        item
        for item in sorted(os.environ.items())
        if item[0].startswith("AWS_") and item[0] not in _SECRETS
    ]
    key = json.dumps([kind, settings, environment]).encode()
    try:
        return _cache_folder() / f"{hashlib.sha256(key).hexdigest()}.json"
    except RuntimeError:
        # There is no home folder.
        return None


def _read_cache(file: Path | None) -> list[Resource] | None:
    if file is None:
        return None
    try:
        content = json.loads(file.read_bytes())
        remaining = content["expires_at"] - time.time()
        if not 0 < remaining <= _CACHE_SECONDS:
            return None
        return [Resource(name, source, tuple(tags)) for name, source, tags in content["resources"]]
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _write_cache(file: Path | None, resources: Sequence[Resource], *, is_complete: bool) -> None:
    if file is None:
        return
    expires_at = time.time() + (_CACHE_SECONDS if is_complete else _FAILURE_CACHE_SECONDS)
    with suppress(OSError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for old in file.parent.iterdir():
            if old.stat().st_mtime < time.time() - _SECONDS_TO_KEEP_FILES:
                old.unlink(missing_ok=True)
        # Only the user can read the temporary file, and so the file that it becomes.
        handle, name = tempfile.mkstemp(dir=file.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as opened:
            json.dump({"expires_at": expires_at, "resources": resources}, opened)
        Path(name).replace(file)
