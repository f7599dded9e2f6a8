"""The command line with the extra `cli`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Annotated, Any, NamedTuple

import typer
from typing_extensions import override

from lightsail_snap import __version__
from lightsail_snap.cli._global_options import add_callback
from lightsail_snap.cli._groups import HelpfulCommand, HelpfulGroup
from lightsail_snap.cli._messages import PROGRAM, print_message


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


_EXAMPLES = f"""\
Try it without an AWS account:
  {PROGRAM} demo
Check your credentials, Region and permissions:
  {PROGRAM} doctor
Take a snapshot of a disk:
  {PROGRAM} create "db-{{time}}" --disk Disk-1
See the options and examples of a command:
  {PROGRAM} prune --help
"""


class _Commands(HelpfulGroup):
    """Commands that are loaded when they are called, or when their arguments are completed."""

    @override
    def load(self, name: str, command: Any) -> Any:
        """Return the loaded command."""
        return load_command(name)


app = typer.Typer(
    name=PROGRAM,
    cls=_Commands,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    epilog=_EXAMPLES,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _do_nothing() -> None:
    """Take the place of a command that is not loaded."""


def _print_version(is_requested: bool) -> None:  # noqa: FBT001 - as typer calls it
    if is_requested:
        typer.echo(f"{PROGRAM} {__version__}")
        raise typer.Exit


def _install_completion(is_requested: bool) -> None:  # noqa: FBT001 - as typer calls it
    if is_requested:
        from lightsail_snap.cli._completion import install_completion  # noqa: PLC0415 - start-up

        for line in install_completion(_find_shell()).splitlines():
            print_message(line)
        raise typer.Exit


def _show_completion(is_requested: bool) -> None:  # noqa: FBT001 - as typer calls it
    if is_requested:
        from lightsail_snap.cli._completion import completion_script  # noqa: PLC0415 - start-up

        typer.echo(completion_script(_find_shell()), nl=False)
        raise typer.Exit


def _find_shell() -> str:
    from lightsail_snap.cli._completion import detect_shell  # noqa: PLC0415 - start-up

    shell = detect_shell()
    if shell is None:
        message = "cannot detect the shell; set SHELL to bash, zsh, fish or powershell"
        raise typer.BadParameter(message)
    return shell


def _describe(
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version."),
    ] = False,
    _install: Annotated[
        bool,
        typer.Option(
            "--install-completion",
            callback=_install_completion,
            is_eager=True,
            help="Install completion for the current shell.",
        ),
    ] = False,
    _show: Annotated[
        bool,
        typer.Option(
            "--show-completion",
            callback=_show_completion,
            is_eager=True,
            help="Print the completion script of the current shell.",
        ),
    ] = False,
) -> None:
    """Typed, safe Amazon Lightsail disk snapshots: take, keep and prune them.

    Options for the connection and the output work before and after the command. If one is given
    twice, the last value counts.
    """


add_callback(app, _describe)
for _name, _command in COMMANDS.items():
    app.command(_name, cls=HelpfulCommand, help=_command.summary, rich_help_panel=_command.panel)(
        _do_nothing
    )


def root_group() -> Any:  # noqa: ANN401 - typer's types are private
    """Return the group of all commands; their options are loaded later."""
    return typer.main.get_command(app)


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
        ended = root_group().main(args=arguments, prog_name=PROGRAM, standalone_mode=False)
        code = ended if isinstance(ended, int) else 0
    except SystemExit as end:
        # Typer ends only a broken pipe of its output like this.
        raise BrokenPipeError from end
    except Exception as error:
        from lightsail_snap.cli._usage import ParserError, report_usage_error  # noqa: PLC0415 - start-up: only errors need it

        if not isinstance(error, ParserError):
            raise
        return report_usage_error(error)
    # Here, where a broken pipe still sets the exit code.
    sys.stdout.flush()
    return code
