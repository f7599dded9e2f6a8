"""Translation of parameters of the Python API to options and arguments of the command line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

_OPTIONS: Final[Mapping[str, str]] = {
    "add_ons": "--auto-snapshots",
    "allow_other_source": "--allow-other-source",
    "allow_plain_http": "--allow-plain-http",
    "allow_remote": "--allow-remote",
    "attached_disk_mapping": "--disk",
    "attached_disks": "--disk",
    "availability_zone": "--zone",
    "bundle_id": "--bundle",
    "client_token": "--client-token",
    "delete_new_disk": "--delete-new-disk",
    "delete_old_disk": "--delete-old-disk",
    "disk_name": "DISK",
    "disk_path": "--path",
    "disk_snapshot_name": "NAME",
    "endpoint_url": "--endpoint-url",
    "helper_name": "--to",
    "instance_name": "INSTANCE",
    "instance_names": "NAME",
    "instance_snapshot_name": "NAME",
    "ip_address_type": "--ip-address-type",
    "keep_snapshot": "--delete-snapshot",
    "key_pair_name": "--key-pair",
    "max_delay": "--poll",
    "max_deletions": "--max-deletions",
    "min_delay": "--poll",
    "minimum_remaining": "--minimum-remaining",
    "mount_point": "--freeze",
    "new_disk_name": "--new-disk-name",
    "original_disk_path": "--disk",
    "profile_name": "--profile",
    "quiesce": "--stop-instance",
    "region_name": "--region",
    "resource_name": "RESOURCE",
    "restore_date": "--auto",
    "size_in_gb": "--size",
    "snapshot_name": "SNAPSHOT",
    "snapshot_time_of_day": "--auto-snapshots",
    "source": "SNAPSHOT",
    "source_region": "--from",
    "source_snapshot_name": "SNAPSHOT",
    "stop_instance": "--stop-instance",
    "tag_keys": "--remove",
    "tags": "--tag",
    "target_snapshot_name": "NAME",
    "timeout": "--timeout",
    "unsafe_allow_remove_all": "--unsafe-allow-remove-all",
    "user_data": "--user-data-file",
}

# Where a command names a parameter otherwise.
_OPTIONS_OF_COMMANDS: Final[Mapping[str, Mapping[str, str]]] = {
    "attach": {"instance_name": "INSTANCE"},
    "create": {
        "source.disk_name": "--disk",
        "source.instance_name": "--system-disk",
        "instance_name": "--instance",
        "disk_name": "--disk",
    },
    "copy": {"target_snapshot_name": "name of the copy"},
    "enable": {"add_ons": "--at", "snapshot_time_of_day": "--at"},
    "rescue": {"disk_name": "--disk-name", "disk_snapshot_name": "--snapshot-name"},
    "restore-instance": {"new_disk_name": "--disk", "resource_name": "SNAPSHOT"},
    "restore": {"resource_name": "SNAPSHOT"},
    "show": {"disk_snapshot_name": "NAME"},
    "tag": {"tags": "KEY[=VALUE]"},
}

# Methods of the client that are commands.
_COMMANDS: Final[Mapping[str, str]] = {
    "attach_disk": "`attach`",
    "rescue_system_volume": "`rescue`",
    "restore_disk": "`restore`",
    "roll_back_disk": "`rollback`",
    "undo_roll_back_disk": "`rollback --undo`",
}

# Advice for options whose advice in the Python API is an expression.
_ADVICE: Final[Mapping[str, str]] = {
    "--at": "write a full hour, such as 06:00",
    "--auto": "write a date, such as 2026-11-23",
    "--auto-snapshots": "write a full hour, such as 06:00",
    "--bundle": "pass a bundle, such as small_3_0",
    "--disk": "pass the name of a disk",
    "--freeze": "pass a mount point, such as /mnt/data",
    "--region": "pass a Region, such as us-east-1",
    "--remove": "pass a tag key, such as env",
    "--size": "pass the size in GB, such as 32",
    "--stop-instance": "leave out --stop-instance",
    "--tag": "write KEY=VALUE, such as env=prod",
    "--zone": "pass a zone, such as us-east-1a",
    "KEY[=VALUE]": "write KEY=VALUE, such as env=prod",
    "NAME": "choose a name, such as db-2026-11-23",
    "SNAPSHOT": "pass the name of a snapshot",
}

_QUOTES: Final = "\"'"
_INDEX: Final = re.compile(r"\[\d+\]")
_REFERENCE: Final = re.compile(
    rf"\b({'|'.join(sorted({*_OPTIONS, *_COMMANDS} - {'source', 'tags', 'timeout'}))})\b"
    r"(?:=(?P<value>\"[^\"]*\"|'[^']*'|[\w.-]+)|\([^()]*\))?"
)
# A call, an argument, a literal list or mapping, a constant or class of Python.
_PYTHON: Final = re.compile(
    r"\w\(|\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b|\w=(?:[\"'(\[{A-Z]|$)|[\[{(][\"']|\b(?:None|True|False|UUID|str|bool|"
    r"timedelta|datetime|unicodedata|pathlib|pydantic|session=|tuple|sequence|mapping)\b"
    r"|\b[A-Z][a-z]+[A-Z]\w*|next_page_token"
)
_SEPARATORS: Final = re.compile(r"(, or |, |; | or )")
# A plan file has keys, lists and strings of its own.
_PYTHON_IN_FILE: Final = re.compile(
    r"\w\(|\b(?:None|True|False|timedelta|datetime|unicodedata|pathlib|pydantic)\b"
    r"|that \w+ documents|\w=[\[\"']"
)


def option_of(field: str, command: str) -> str:
    """Return the option or argument for a field of a request or a parameter."""
    if field.startswith("-"):
        return field
    path = _INDEX.sub("", field)
    special = _OPTIONS_OF_COMMANDS.get(command, {})
    steps = path.split(".")
    # The whole path, then its last step, then its first.
    for name in (path, steps[-1], steps[0]):
        found = special.get(name) or _OPTIONS.get(name)
        if found is not None:
            return found
    return steps[-1].replace("_", " ")


def in_options(text: str, command: str = "") -> str:
    """Replace names of parameters and methods in a message by options and commands."""

    def replace(match: re.Match[str]) -> str:
        name, value = match[1], match["value"]
        option = _COMMANDS.get(name) or option_of(name, command)
        is_flag = value in {None, "True", "False"}
        return option if is_flag or value is None else f"{option} {value.strip(_QUOTES)}"

    return _REFERENCE.sub(replace, text)


def advice_for(option: str, advice: str, command: str) -> str:
    """Return the advice of a rule in terms of options; empty if all of it is Python."""
    return without_python(in_options(advice, command)) or _ADVICE.get(option, "")


def without_python(text: str) -> str:
    """Return a text without the clauses that need knowledge of Python."""
    parts = _SEPARATORS.split(text)
    separators = ["", *parts[1::2]]
    kept = [
        (separator, clause)
        for separator, clause in zip(separators, parts[::2], strict=True)
        if not _PYTHON.search(clause)
    ]
    return "".join(separator + clause for separator, clause in kept).removeprefix(
        kept[0][0] if kept else ""
    )


def is_python(text: str) -> bool:
    """Return whether a text for a plan file needs knowledge of Python."""
    return bool(_PYTHON_IN_FILE.search(text))
