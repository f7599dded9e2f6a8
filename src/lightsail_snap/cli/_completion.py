"""Completion of command lines in bash, zsh, fish and PowerShell.

The script of a shell runs this program with the environment variable `VARIABLE`. The reply is
`values` and then one value a line, or `files` and the suffixes of files that the shell completes.
"""

from __future__ import annotations

import os
import re
import shlex
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from lightsail_snap.cli._command_line import CommandLine
from lightsail_snap.cli._completers import FilesOnlyError
from lightsail_snap.cli._help import first_paragraph
from lightsail_snap.cli._messages import PROGRAM

if TYPE_CHECKING:
    from lightsail_snap.cli._groups import HelpfulGroup

VARIABLE = "_LIGHTSAIL_SNAP_COMPLETE"

SHELLS = ("bash", "zsh", "fish", "powershell")

# From the start of the interpreter to its end, which take 0.2 seconds, it is 1.5 seconds.
_MAX_SECONDS = 1.3

_SCRIPTS = {
    "bash": r"""_lightsail_snap_completion() {
    local kind line current
    COMPREPLY=()
    {
        IFS= read -r kind
        IFS= read -r current
        while IFS= read -r line; do COMPREPLY+=("$line"); done
    } < <(VARIABLE=bash "$1" "${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" </dev/null 2>/dev/null)
    case $kind in
    files*)
        compopt -o filenames 2>/dev/null
        local suffix
        while IFS= read -r line; do COMPREPLY+=("$line"); done < <(
            compgen -d -- "$current"
            for suffix in ${kind#files}; do compgen -f -X "!*$suffix" -- "$current"; done
            if [[ $kind == files ]]; then compgen -f -- "$current"; fi
        )
        ;;
    esac
}
complete -F _lightsail_snap_completion PROGRAM
""",
    "zsh": r"""#compdef PROGRAM
_lightsail_snap() {
    local -a lines values shown
    local line
    lines=("${(@f)$(VARIABLE=zsh "${(Q)words[1]}" "${(@Q)words[2,CURRENT-1]}" \
        "${(Q)PREFIX}" </dev/null 2>/dev/null)}")
    case $lines[1] in
    files) _files; return ;;
    files*) _files -g "*(${(j:|:)${(s: :)lines[1]#files }})"; return ;;
    esac
    for line in "${(@)lines[2,-1]}"; do
        values+=("${line%%$'\t'*}")
        shown+=("${line/$'\t'/  -- }")
    done
    (( $#values )) && compadd -l -d shown -a -- values
}
if [ "$funcstack[1]" = "_lightsail_snap" ]; then
    _lightsail_snap "$@"
else
    compdef _lightsail_snap PROGRAM
fi
""",
    "fish": r"""function __lightsail_snap_complete
    set -l words (commandline -opc)
    set -l reply (VARIABLE=fish $words[1] $words[2..-1] (commandline -ct) </dev/null 2>/dev/null)
    set -l kind (string split ' ' -- $reply[1])
    if test "$kind[1]" = files
        if test (count $kind) -eq 1
            __fish_complete_path (commandline -ct)
        end
        for suffix in $kind[2..-1]
            __fish_complete_suffix $suffix
        end
    else
        printf '%s\n' $reply[2..-1]
    end
end
complete --command PROGRAM --no-files --keep-order --arguments '(__lightsail_snap_complete)'
""",
    "powershell": r"""Register-ArgumentCompleter -Native -CommandName PROGRAM -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } |
        ForEach-Object { if ($_.Value) { $_.Value } else { $_.Extent.Text } })
    $env:VARIABLE = "powershell"
    try {
        # The colon keeps PowerShell from dropping an empty word.
        PROGRAM @words ":$wordToComplete" 2>$null | Select-Object -Skip 1 | ForEach-Object {
            $value, $description = $_ -split "`t", 2
            if (-not $description) { $description = $value }
            $typed = $value
            if ($value -match '[^\w.:/=-]') { $typed = "'" + $value.Replace("'", "''") + "'" }
            [System.Management.Automation.CompletionResult]::new(
                $typed, $value, "ParameterValue", $description)
        }
    } finally {
        Remove-Item Env:VARIABLE
    }
}
""",
}


class Word(NamedTuple):
    """The word to complete in a line of bash."""

    value: str
    """Without quotes."""
    kept: str
    """The part that bash does not replace, because a character of COMP_WORDBREAKS ends it."""
    quote: str
    """The open quote, else empty."""


def completion_script(shell: str) -> str:
    """Return the script that sets up the completion in a shell."""
    return _SCRIPTS[shell].replace("PROGRAM", PROGRAM).replace("VARIABLE", VARIABLE)


def run_completion(
    load_group: Callable[[], HelpfulGroup], shell: str, arguments: Sequence[str]
) -> None:
    """Print the reply to the script of a shell; an error has no values."""
    deadline = time.monotonic() + _MAX_SECONDS
    try:
        for line in _reply(load_group, shell, arguments, deadline):
            print(line)
        sys.stdout.flush()
    except Exception:  # noqa: BLE001 - a message would appear in the middle of the command line
        return


def _reply(
    load_group: Callable[[], HelpfulGroup], shell: str, arguments: Sequence[str], deadline: float
) -> Iterator[str]:
    if shell == "bash":
        line, breaks = arguments
        words, word = split_line(line, breaks)
        del words[:1]
    else:
        *words, last = arguments
        if shell == "powershell":
            last = last.removeprefix(":")
        elif shell == "fish":
            # With its quotes, unlike the words before it.
            last = split_line(last, "")[1].value
        word = Word(last, "", "")
    try:
        found = [
            (value, description)
            for value, description in complete(load_group(), words, word.value, deadline)
            # Others cannot be typed, and could change the terminal.
            if value.isprintable()
        ]
    except FilesOnlyError as files:
        yield str(files)
        if shell == "bash":
            yield word.value.removeprefix(word.kept)
        return
    yield "values"
    if shell == "bash":
        yield ""
        for value, _ in found:
            yield quote_for_bash(value, word)
    else:
        for value, description in found:
            text = " ".join(description.split())
            yield f"{value}\t{text}" if text.isprintable() and text else value


def split_line(line: str, breaks: str) -> tuple[list[str], Word]:
    """Split the line of a shell up to the cursor into words, and the word at its end."""
    words: list[str] = []
    value, kept, quote = "", 0, ""
    has_word = is_escaped = False
    for character in line:
        if is_escaped:
            value += character
            is_escaped = False
        elif character == "\\" and quote != "'":
            is_escaped = has_word = True
        elif quote:
            if character == quote:
                quote = ""
            else:
                value += character
        elif character in "\"'":
            quote, has_word = character, True
        elif character in " \t\n":
            if has_word:
                words.append(value)
            value, kept, has_word = "", 0, False
        else:
            value += character
            has_word = True
            if character in breaks:
                kept = len(value)
    return words, Word(value, value[:kept], quote)


def quote_for_bash(value: str, word: Word) -> str:
    """Return what replaces the part of the word that bash replaces."""
    rest = value.removeprefix(word.kept)
    match word.quote:
        case '"':
            return re.sub(r'(["\\$`])', r"\\\1", rest)
        case "'":
            return rest.replace("'", "'\\''")
        case _:
            return re.sub(r"([^\w@%+=:,./-])", r"\\\1", rest)


class _Parser:
    """Follows the words of a command line; anything may be wrong with them."""

    def __init__(self, group: Any) -> None:  # noqa: ANN401 - typer's types are private
        self.command = group
        self.options: dict[str, str] = {}
        self.arguments: list[str] = []
        self.pending: Any = None
        """The option whose value is the next word."""
        self.takes_options = True

    def read(self, word: str) -> bool:
        """Read a word; return whether there is such a command."""
        if self.pending is not None:
            self.options[self.pending.name], self.pending = word, None
        elif self.takes_options and word == "--":
            self.takes_options = False
        elif self.takes_options and word.startswith("-") and word != "-":
            self._read_option(word)
        elif hasattr(self.command, "commands"):
            found = self.command.commands.get(word)
            if found is None:
                return False
            self.command, self.takes_options = self.command.load(word, found), True
        else:
            self.arguments.append(word)
        return True

    def _read_option(self, word: str) -> None:
        name, equals, value = word.partition("=")
        option = self.find_option(name)
        if option is None:
            return
        if equals or option.is_flag:
            self.options[option.name] = value
        else:
            self.pending = option

    def find_option(self, name: str) -> Any:  # noqa: ANN401 - as above
        for each in self.command.params:
            if each.param_type_name == "option" and name in {*each.opts, *each.secondary_opts}:
                return each
        return None

    def find_argument(self) -> Any:  # noqa: ANN401 - as above
        """Return the argument that the next word is a value of."""
        arguments = [each for each in self.command.params if each.param_type_name == "argument"]
        if len(self.arguments) < len(arguments):
            return arguments[len(self.arguments)]
        return arguments[-1] if arguments and arguments[-1].nargs == -1 else None


def complete(
    group: HelpfulGroup, words: Sequence[str], incomplete: str, deadline: float
) -> list[tuple[str, str]]:
    """Return the values of the last word of a command line with their descriptions."""
    parser = _Parser(group)
    if not all(map(parser.read, words)):
        return []
    prefix, parameter = "", parser.pending
    if parameter is None and parser.takes_options and incomplete.startswith("-"):
        name, equals, value = incomplete.partition("=")
        parameter = parser.find_option(name) if equals else None
        if parameter is None:
            return _option_names(parser.command, incomplete, parser.options)
        prefix, incomplete = f"{name}=", value
    elif parameter is None and hasattr(parser.command, "commands"):
        return [
            (name, first_paragraph(each.help))
            for name, each in parser.command.commands.items()
            if name.startswith(incomplete)
        ]
    parameter = parameter or parser.find_argument()
    if parameter is None:
        return []
    line = CommandLine(options=parser.options, arguments=parser.arguments, deadline=deadline)
    found = parameter.shell_complete(typer.Context(parser.command, obj=line), incomplete)
    return [
        (f"{prefix}{each.value}", each.help or "")
        for each in found
        if each.value not in parser.arguments
    ]


def _option_names(
    command: Any,  # noqa: ANN401 - as above
    incomplete: str,
    given: Mapping[str, str],
) -> list[tuple[str, str]]:
    options = [each for each in command.params if each.param_type_name == "option"]
    found = [
        (name, each.help or "")
        for each in options
        if each.multiple or each.name not in given
        for name in (*each.opts, *each.secondary_opts)
    ]
    found.append(("--help", "Show the help."))
    return [each for each in found if each[0].startswith(incomplete)]


def install_completion(shell: str) -> str:
    """Write the script of a shell to the place where the shell finds it; return what was done."""
    home = Path.home()
    script = completion_script(shell)
    match shell:
        case "fish":
            configured = os.environ.get("XDG_CONFIG_HOME") or home / ".config"
            file = Path(configured) / "fish" / "completions" / f"{PROGRAM}.fish"
            _write(file, script)
        case "zsh":
            file = home / ".zfunc" / f"_{PROGRAM}"
            _write(file, script)
            _add_line(home / ".zshrc", "fpath+=~/.zfunc; autoload -Uz compinit; compinit")
        case "bash":
            file = home / ".bash_completions" / f"{PROGRAM}.sh"
            _write(file, script)
            _add_line(home / ".bashrc", f"source {shlex.quote(str(file))}")
        case _:
            return (
                "To complete commands, add this line to the file that $PROFILE names:\n"
                f"{PROGRAM} --show-completion | Out-String | Invoke-Expression"
            )
    return f"Completion for {shell} was installed in {file}. Start a new shell to use it."


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def _add_line(file: Path, line: str) -> None:
    """Add a line to a file unless it has it."""
    content = file.read_text(encoding="utf-8") if file.exists() else ""
    if line not in content.splitlines():
        separator = "" if not content or content.endswith("\n") else "\n"
        with file.open("a", encoding="utf-8") as opened:
            opened.write(f"{separator}{line}\n")


def detect_shell() -> str | None:
    """Return the shell that runs this program, or else the user's."""
    import shellingham  # type: ignore[import-untyped]  # noqa: PLC0415 - typer requires it; only two options need it

    try:
        names = [shellingham.detect_shell()[0]]
    except (shellingham.ShellDetectionFailure, OSError):
        names = []
    names.append(Path(os.environ.get("SHELL", "")).name)
    names = ["powershell" if name == "pwsh" else name for name in names]
    return next((name for name in names if name in SHELLS), None)
