"""What completion knows of the command line and of the AWS configuration."""

from __future__ import annotations

import configparser
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLine:
    """Options and arguments before the word to complete."""

    options: Mapping[str, str] = field(default_factory=dict)
    """Values by the names of their parameters; flags have an empty value."""
    arguments: Sequence[str] = ()
    deadline: float
    """When the completion must have ended, on the monotonic clock."""


def read_profiles() -> dict[str, dict[str, str]]:
    """Read the profiles of the AWS configuration and credentials files, as far as possible."""
    profiles: dict[str, dict[str, str]] = {}
    for variable, default in (
        ("AWS_CONFIG_FILE", "~/.aws/config"),
        ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
    ):
        parser = configparser.RawConfigParser(strict=False, default_section="\0")
        try:
            parser.read(Path(os.environ.get(variable) or default).expanduser(), encoding="utf-8")
        except (configparser.Error, OSError, UnicodeError, RuntimeError):
            continue
        for section in parser.sections():
            kind, _, name = section.partition(" ")
            if variable != "AWS_CONFIG_FILE" or section == "default":
                profiles.setdefault(section, {}).update(parser[section])
            elif kind == "profile":
                profiles.setdefault(name.strip("\"' "), {}).update(parser[section])
    return profiles
