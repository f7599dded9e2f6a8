"""Commands and groups of commands with this package's help, and options before a command."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typing_extensions import override

from lightsail_snap.cli._help import format_help

# The key of a context's `meta`.
_LEADING = f"{__name__}.leading"


class HelpfulCommand(TyperCommand):
    """A command."""

    @override
    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        formatter.write(format_help(self, ctx))


class HelpfulGroup(TyperGroup):
    """A group of commands; the global options in front of a command belong to the command.

    So `--region A list --region B` is the same as `list --region A --region B`, whose last value
    counts.
    """

    @override
    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help."""
        formatter.write(format_help(self, ctx))

    @override
    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the global options, and keep them for the command; without arguments, show help."""
        if not args:
            typer.echo(ctx.get_help(), err=True)
            raise typer.Exit(2)
        given = list(args)
        rest = super().parse_args(ctx, args)
        leading = given[: len(given) - len(rest) - 1]
        # `--` ends the options of the group only.
        ctx.meta[_LEADING] = leading[:-1] if leading[-1:] == ["--"] else leading
        return rest

    @override
    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the name of a command, the command and its arguments."""
        name, command, rest = super().resolve_command(ctx, args)
        command = self.load(str(name), command)
        leading = ctx.meta[_LEADING]
        if refused := _options_without_effect(ctx, command):
            ctx.fail(f"{name} does not connect to AWS; leave out {' and '.join(refused)}")
        return name, command, [*leading, *rest]

    def load(self, name: str, command: Any) -> Any:  # noqa: ARG002, ANN401 - for subclasses; typer's types are private
        """Return the command to run."""
        return command


def _options_without_effect(ctx: Any, command: Any) -> list[str]:  # noqa: ANN401 - as above
    """Return the options in front of a command without a connection that it does not take."""
    names = {each.name for each in command.params}
    if "endpoint_url" in names:
        return []
    sources = [(each, ctx.get_parameter_source(each.name)) for each in ctx.command.params]
    return [
        each.opts[0]
        for each, source in sources
        if source is not None
        and source.name == "COMMANDLINE"
        # The --region of the emulator has another meaning.
        and (each.name != "verbose" or each.name not in names)
    ]
