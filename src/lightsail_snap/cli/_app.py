"""The command line with the extra `cli`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperGroup
from typing_extensions import override

from lightsail_snap import __version__
from lightsail_snap.cli._messages import PROGRAM


class Command(NamedTuple):
    """A command or group of commands, as the help and the completion of a shell show it."""

    module: str
    """Module of this package whose `add_to` adds the command."""
    panel: str
    summary: str
    """First paragraph of its help."""


_SNAPSHOTS, _INSTANCES, _PLANS, _HELP = "Snapshots", "Instances and disks", "Plans", "Help"

# A module is imported when one of its commands is used, because most of them need large packages.
COMMANDS = {
    "create": Command(
        "_snapshots", _SNAPSHOTS, "Take a snapshot, exactly once, and wait until it can be used."
    ),
    "wait": Command("_snapshots", _SNAPSHOTS, "Wait until a snapshot can be used, or is deleted."),
    "list": Command(
        "_snapshots",
        _SNAPSHOTS,
        "List snapshots, newest first; --json prints each one as soon as it is received.",
    ),
    "show": Command("_snapshots", _SNAPSHOTS, "Show every field of a snapshot."),
    "delete": Command(
        "_snapshots", _SNAPSHOTS, "Delete snapshots by name. They cannot be recovered."
    ),
    "restore": Command(
        "_snapshots",
        _SNAPSHOTS,
        "Create a disk from a snapshot, exactly once, and wait until it is available.",
    ),
    "copy": Command(
        "_snapshots",
        _SNAPSHOTS,
        "Copy a snapshot to the Region of --region, exactly once, and wait until it can be used.",
    ),
    "tag": Command("_snapshots", _SNAPSHOTS, "Set and remove tags of a snapshot."),
    "rescue": Command(
        "_rescue",
        _INSTANCES,
        "Attach a copy of an instance's system disk to another instance, to recover data.",
    ),
    "restore-instance": Command(
        "_restore_instance",
        _INSTANCES,
        "Create an instance from a snapshot, exactly once, and wait until it runs.",
    ),
    "rollback": Command(
        "_rollback",
        _INSTANCES,
        "Replace a disk by one restored from a snapshot of it, at the same path of its instance.",
    ),
    "attach": Command(
        "_instances",
        _INSTANCES,
        "Attach a disk to an instance of the same zone, and wait until it is in use.",
    ),
    "detach": Command(
        "_instances",
        _INSTANCES,
        "Detach a disk from its stopped instance, and wait until it is available.",
    ),
    "stop": Command(
        "_instances",
        _INSTANCES,
        "Stop an instance. Without a static IP, it gets another address when it starts.",
    ),
    "start": Command("_instances", _INSTANCES, "Start an instance."),
    "auto-snapshots": Command(
        "_auto_snapshots", _INSTANCES, "List, enable, disable and copy automatic snapshots."
    ),
    "plan": Command(
        "_plans",
        _PLANS,
        "Show the steps that a plan would take now. --json prints a run that `apply` accepts.",
    ),
    "apply": Command(
        "_plans",
        _PLANS,
        "Take and copy snapshots, then delete those that the plan's retention does not keep.",
    ),
    "prune": Command(
        "_prune",
        _PLANS,
        "Show which snapshots a retention policy keeps; with --apply delete the others.",
    ),
    "doctor": Command(
        "_doctor",
        _HELP,
        "Check versions, credentials, Region, clock and permissions. It changes nothing.",
    ),
    "emulator": Command(
        "_emulator",
        _HELP,
        "Serve the embedded Lightsail over HTTP, for this command, the AWS CLI and any AWS SDK.",
    ),
    "demo": Command(
        "_demo",
        _HELP,
        "Take a snapshot on the embedded Lightsail and wait for it; no AWS account is needed.",
    ),
}


class _Commands(TyperGroup):
    """Commands that are loaded when they are called, or when their arguments are completed."""

    @override
    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the name of a command, the loaded command and its arguments."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and load_command(str(name)), rest


app = typer.Typer(
    name=PROGRAM,
    cls=_Commands,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _do_nothing() -> None:
    """Take the place of a command that is not loaded."""


def _print_version(is_requested: bool) -> None:  # noqa: FBT001 - as typer calls it
    if is_requested:
        typer.echo(f"{PROGRAM} {__version__}")
        raise typer.Exit


@app.callback()
def _describe(
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Typed, safe Amazon Lightsail disk snapshots: take, keep and prune them."""


for _name, _command in COMMANDS.items():
    app.command(_name, help=_command.summary, rich_help_panel=_command.panel)(_do_nothing)


def load_command(name: str) -> Any:  # noqa: ANN401 - typer's types are private
    """Return a command with its options; its module is imported."""
    part = typer.Typer(callback=_do_nothing, add_completion=False, rich_markup_mode="markdown")
    import_module(f"lightsail_snap.cli.{COMMANDS[name].module}").add_to(part)
    # Typer builds a pydantic validator for each option.
    part.registered_commands = [each for each in part.registered_commands if each.name == name]
    group: Any = typer.main.get_command(part)
    return group.commands[name]


def run(arguments: Sequence[str]) -> int:
    """Run the command line and return the exit code."""
    try:
        # Not in typer's standalone mode, in which it prints errors itself.
        ended = typer.main.get_command(app).main(
            args=arguments, prog_name=PROGRAM, standalone_mode=False
        )
        code = ended if isinstance(ended, int) else 0
    except SystemExit as end:
        # The completion of a shell, or typer's own end of a broken pipe.
        if isinstance(end.__context__, BrokenPipeError):
            raise end.__context__ from None
        code = end.code if isinstance(end.code, int) else 0
    except Exception as error:
        from lightsail_snap.cli._usage import ParserError, report_usage_error  # noqa: PLC0415 - start-up: only errors need it

        if not isinstance(error, ParserError):
            raise
        return report_usage_error(error)
    # Here, where a broken pipe still sets the exit code.
    sys.stdout.flush()
    return code
