"""Help of commands as plain text, wrapped between words only."""

from __future__ import annotations

import os
import re
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

EXAMPLES = "\n\nExamples:\n"
"""Separates the description of a command from its examples in a docstring."""

CONNECTION, OUTPUT, OTHER_OPTIONS = "Connection", "Output", "Other options"

_MAX_WIDTH = 100
_MAX_LABEL_WIDTH = 30
# In a narrower terminal, descriptions begin on a line of their own.
_MIN_WIDTH_OF_TWO_COLUMNS = 60
# An argument of a command line, which may contain quoted spaces.
_ARGUMENT = re.compile(r"""(?:[^\s"']|"[^"]*"|'[^']*')+""")
_BOLD, _CYAN, _RESET = "\033[1m", "\033[36m", "\033[0m"


class Row(NamedTuple):
    """An option, argument or command, and its description."""

    label: str
    text: str


def split_examples(docstring: str) -> tuple[str, str | None]:
    """Return the description of a docstring, and its examples."""
    description, _, examples = docstring.partition(EXAMPLES)
    return description, textwrap.dedent(examples) or None


def help_sections(command: Any, ctx: Any) -> dict[str, list[Row]]:  # noqa: ANN401 - typer's types are private
    """Return the titles of the sections of a command's help, with their rows."""
    sections: dict[str, list[Row]] = {}
    for each in getattr(command, "commands", {}).values():
        row = Row(each.name, first_paragraph(each.help))
        sections.setdefault(each.rich_help_panel or "Commands", []).append(row)
    parameters = [each for each in command.get_params(ctx) if not getattr(each, "hidden", False)]
    for each in parameters:
        if each.param_type_name == "argument":
            row = Row(_metavar(each), _describe(each))
            sections.setdefault("Arguments", []).append(row)
    for each in parameters:
        if each.param_type_name == "option":
            row = Row(_option_label(each), _describe(each))
            sections.setdefault(each.rich_help_panel or OTHER_OPTIONS, []).append(row)
    # Those of the command itself come first.
    for title in (CONNECTION, OUTPUT, OTHER_OPTIONS):
        if title in sections:
            sections[title] = sections.pop(title)
    return sections


def format_help(command: Any, ctx: Any) -> str:  # noqa: ANN401 - as above
    """Return the help: summary, usage, sections and examples."""
    width = max(20, min(_MAX_WIDTH, shutil.get_terminal_size().columns))
    bold, cyan, reset = (_BOLD, _CYAN, _RESET) if _has_colors() else ("", "", "")
    usage = _wrap(f"Usage: {ctx.command_path} {_usage(command)}", width, following="  ")
    usage[0] = usage[0].replace("Usage:", f"{bold}Usage:{reset}")
    lines = [*_wrap_paragraphs(command.help or "", width), "", *usage]
    sections = help_sections(command, ctx)
    labels = [row.label for rows in sections.values() for row in rows]
    column = 4 + max(len(label) for label in [*labels, ""] if len(label) <= _MAX_LABEL_WIDTH)
    for title, rows in sections.items():
        lines += ["", *(f"{bold}{line}{reset}" for line in _wrap(f"{title}:", width))]
        for row in rows:
            lines += _format_row(row, column, width, cyan, reset)
    lines += ["", f"{bold}Examples:{reset}", *_format_examples(command.epilog, width)]
    return "\n".join(lines) + "\n"


def _has_colors() -> bool:
    return (
        sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    )


def _usage(command: Any) -> str:  # noqa: ANN401 - as above
    arguments = [
        _metavar(each) if each.required else f"[{_metavar(each)}]"
        for each in command.params
        if each.param_type_name == "argument"
    ]
    commands = ["COMMAND ..."] if hasattr(command, "commands") else []
    return " ".join(["[OPTIONS]", *arguments, *commands])


def first_paragraph(text: str | None) -> str:
    return " ".join((text or "").partition("\n\n")[0].split())


def _metavar(parameter: Any) -> str:  # noqa: ANN401 - as above
    name = parameter.metavar or parameter.name.upper()
    return f"{name}..." if parameter.nargs == -1 and not name.endswith("...") else name


def _option_label(option: Any) -> str:  # noqa: ANN401 - as above
    names = sorted([*option.opts, *option.secondary_opts], key=lambda name: name.startswith("--"))
    label = ", ".join(names)
    return label if option.is_flag else f"{label} {option.metavar}"


def _describe(parameter: Any) -> str:  # noqa: ANN401 - as above
    """Return the description of a parameter with its default."""
    text: str = parameter.help or ""
    default = parameter.default
    if parameter.param_type_name == "option" and parameter.required:
        text += " [required]"
    elif isinstance(default, str | int | float) and default is not False and default != "":
        if default is True:
            default = parameter.opts[0]
        text += (
            f" [default: {default:g}]" if isinstance(default, float) else f" [default: {default}]"
        )
    return text


def _wrap(text: str, width: int, *, first: str = "", following: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=following,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _wrap_paragraphs(text: str, width: int) -> Iterator[str]:
    for number, paragraph in enumerate(text.strip().split("\n\n")):
        yield from [""] if number else []
        yield from _wrap(" ".join(paragraph.split()), width)


def _format_row(row: Row, column: int, width: int, cyan: str, reset: str) -> Iterable[str]:
    label = f"  {cyan}{row.label}{reset}"
    if width < _MIN_WIDTH_OF_TWO_COLUMNS or len(row.label) + 4 > column:
        indent = "      " if width < _MIN_WIDTH_OF_TWO_COLUMNS else " " * column
        return [label, *_wrap(row.text, width, first=indent, following=indent)]
    first, *rest = _wrap(row.text, width, first=" " * column, following=" " * column) or [""]
    return [label + first[len(row.label) + 2 :], *rest]


def _format_examples(text: str, width: int) -> Iterator[str]:
    for line in text.strip().splitlines():
        indent = line[: len(line) - len(line.lstrip())] + "  "
        if not line.startswith(" "):
            yield from _wrap(line, width, first=indent, following=indent)
            continue
        # Broken so that it can be copied, and never inside a quoted argument.
        current = indent
        for number, argument in enumerate(_ARGUMENT.findall(line)):
            if number and len(f"{current} {argument} \\") > width:
                yield f"{current} \\"
                current = f"{indent}   "
            current += f" {argument}" if number else argument
        yield current
