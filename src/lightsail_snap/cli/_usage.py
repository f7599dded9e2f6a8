"""Errors of the command line's parser as plain lines: what is wrong, then what to do."""

from __future__ import annotations

import re
from typing import Any, Final

import typer

from lightsail_snap._text import did_you_mean, one_line
from lightsail_snap.cli._messages import print_command, print_error

# Typer has its own copy of click, which has no public name for it.
ParserError: Final[type[Exception]] = next(
    each for each in typer.BadParameter.__mro__ if each.__name__ == "ClickException"
)

_QUOTED = re.compile("'([^']*)'")
# Typer 0.26 has no errors of pydantic.
_NOT_A_NUMBER = re.compile("'([^']*)' is not a valid (float|int)")
# By type of pydantic's error, with which typer reads values since 0.27; {} is a limit.
_CONDITIONS: Final = {
    "float_parsing": "must be a number",
    "greater_than_equal": "must be {ge:.10g} or more",
    "int_parsing": "must be a whole number",
    "less_than_equal": "must be {le:.10g} or less",
}


def report_usage_error(error: Any) -> int:  # noqa: ANN401 - typer's types are private
    """Print an error of the parser in typer's place, and return the exit code."""
    context = getattr(error, "ctx", None)
    print_error(_explain(error, context))
    if context is not None:
        print_command("For help, run:", f"{context.command_path} --help")
    return int(getattr(error, "exit_code", 1))


def _explain(error: Any, context: Any) -> str:  # noqa: ANN401 - as above
    message: str = error.message
    match type(error).__name__:
        case "NoSuchOption":
            return _unknown_option(error.option_name, context)
        case "MissingParameter":
            kind = getattr(error.param, "param_type_name", "argument")
            return f"the {kind} {_name_of(error)} is missing"
        case "BadParameter":
            return _bad_value(error)
        case "BadOptionUsage" if "requires an argument" in message:
            return f"{one_line(error.option_name, 80)} needs a value"
        case _:
            return _explain_message(message, context)


def _explain_message(message: str, context: Any) -> str:  # noqa: ANN401 - as above
    if message.startswith("No such command") and context is not None:
        (name, *_) = _QUOTED.findall(message) or [""]
        advice = did_you_mean(name, context.command.list_commands(context))
        return _join(f"no such command: {one_line(name, 80)}", advice)
    if message.startswith("Got unexpected extra argument"):
        arguments = message.rpartition("(")[2].removesuffix(")").removesuffix(").")
        return f"too many arguments: {one_line(arguments, 200)}"
    return _plain(message)


def _join(problem: str, advice: str) -> str:
    return f"{problem}; {advice}" if advice else problem


def _plain(message: str) -> str:
    """Return a message of the parser without the capital and the full stop."""
    message = one_line(message).rstrip(".")
    return message[:1].lower() + message[1:]


def _unknown_option(name: str, context: Any) -> str:  # noqa: ANN401 - as above
    parameters = () if context is None else context.command.get_params(context)
    known = [
        option
        for each in parameters
        for option in (*each.opts, *each.secondary_opts)
        if option.startswith("--")
    ]
    return _join(f"no such option: {one_line(name, 80)}", did_you_mean(name, known))


def _name_of(error: Any) -> str:  # noqa: ANN401 - as above
    parameter = error.param
    if parameter is None:
        return ""
    if parameter.param_type_name == "option":
        return str(max(parameter.opts, key=len))
    return str(parameter.metavar or parameter.name).removesuffix("...").upper()


def _bad_value(error: Any) -> str:  # noqa: ANN401 - as above
    name, message = _name_of(error), error.message
    read = getattr(error.__cause__, "errors", None)
    (detail, *_) = (read and read()) or [{}]
    given = str(detail.get("input", ""))
    if (condition := _CONDITIONS.get(detail.get("type"))) is not None:
        condition = condition.format(**detail.get("ctx", {}))
        return f"{name} {condition}, not {one_line(given, 80)}"
    if (number := _NOT_A_NUMBER.match(message)) is not None:
        kind = "a number" if number[2] == "float" else "a whole number"
        return f"{name} must be {kind}, not {one_line(number[1], 80)}"
    if " is not one of " in message:
        given, *values = _QUOTED.findall(message)
        listed = " or ".join(filter(None, (", ".join(values[:-1]), values[-1])))
        problem = f"{name} must be {listed}, not {one_line(given, 80)}"
        return _join(problem, did_you_mean(given, values))
    return f"{name}: {_plain(message)}" if name else _plain(message)
