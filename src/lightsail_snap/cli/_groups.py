"""Commands and groups of commands with this package's help, and options before a command."""

from __future__ import annotations

from typing import Any

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
        """Parse the global options, and keep them for the command."""
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
        if command is None:
            return name, command, rest
        command = self.load(str(name), command)
        leading = ctx.meta[_LEADING]
        if leading and not _has_connection(command):
            sources = {each: ctx.get_parameter_source(each.name) for each in self.params}
            given = [
                each.opts[0]
                for each, source in sources.items()
                if source is not None and source.name == "COMMANDLINE"
            ]
            ctx.fail(f"{name} does not connect to AWS; leave out {' and '.join(given)}")
        return name, command, [*leading, *rest]

    def load(self, name: str, command: Any) -> Any:  # noqa: ARG002, ANN401 - for subclasses; typer's types are private
        """Return the command to run."""
        return command


def _has_connection(command: Any) -> bool:  # noqa: ANN401 - as above
    return any(each.name == "endpoint_url" for each in command.params)
