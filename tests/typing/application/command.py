"""A command for operators."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import TextIO

from lightsail_snap import (
    AuthenticationError,
    DiskSnapshotState,
    DiskSource,
    InstanceSource,
    LightsailSnapClient,
    LightsailSnapError,
    NotFoundException,
    RequestValidationError,
    SnapshotSource,
)


class Arguments(argparse.Namespace):
    command: str
    name: str
    disk: str | None
    instance: str | None
    tag: list[str]
    timeout: float
    state: str | None


def parse(arguments: Sequence[str]) -> Arguments:
    parser = argparse.ArgumentParser(prog="snapshots")
    commands = parser.add_subparsers(dest="command", required=True)
    take = commands.add_parser("take")
    take.add_argument("name")
    kind = take.add_mutually_exclusive_group(required=True)
    kind.add_argument("--disk")
    kind.add_argument("--instance")
    take.add_argument("--tag", action="append", default=[])
    take.add_argument("--timeout", type=float, default=3600)
    show = commands.add_parser("list")
    show.add_argument("--state", choices=[*map(str, DiskSnapshotState.known_values())])
    commands.add_parser("delete").add_argument("name")
    return parser.parse_args(arguments, Arguments())


def source_of(arguments: Arguments) -> SnapshotSource:
    if arguments.disk is not None:
        return DiskSource(disk_name=arguments.disk)
    return InstanceSource(instance_name=arguments.instance or "")


def tags_of(arguments: Arguments) -> dict[str, str | None]:
    pairs = (text.partition("=") for text in arguments.tag)
    return {key: value if separator else None for key, separator, value in pairs}


def run(client: LightsailSnapClient, arguments: Arguments, output: TextIO) -> None:
    match arguments.command:
        case "take":
            snapshot = client.take_disk_snapshot(
                arguments.name,
                source_of(arguments),
                tags=tags_of(arguments),
                timeout=arguments.timeout,
                on_progress=lambda progress: print(progress, file=output),
            )
            print(json.dumps(snapshot.to_wire()), file=output)
        case "list":
            for each in client.iter_disk_snapshots(state=arguments.state):
                created = each.created_at.isoformat() if each.created_at else "-"
                print(each.name, each.state, each.size_in_gb, created, file=output)
        case _:
            client.delete_disk_snapshot(arguments.name)


def main(client: LightsailSnapClient, arguments: Sequence[str], output: TextIO) -> int:
    try:
        run(client, parse(arguments), output)
    except RequestValidationError as error:
        for violation in error.violations:
            print(f"{violation.field}: {violation.rule}; {violation.fix}", file=output)
        return 2
    except (AuthenticationError, NotFoundException) as error:
        print(error, file=output)
        return 3
    except LightsailSnapError as error:
        may_have_executed = " (may have been executed)" if error.may_have_executed else ""
        print(f"failed: {error}{may_have_executed}", file=output)
        return 1
    return 0
