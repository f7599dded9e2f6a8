"""Completion in real shells."""

from __future__ import annotations

import os
import select
import shutil
import sys
import time
from pathlib import Path

import pytest

if sys.platform == "win32":  # pragma: no cover - there are no pseudo-terminals
    pytest.skip("there are no pseudo-terminals", allow_module_level=True)

import pty

pytestmark = pytest.mark.thorough

START = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--private", "-i"],
}
SETUP = {
    "bash": "bind 'set bell-style none'; source ./script",
    "zsh": "bindkey -e; autoload -Uz compinit; compinit -u; source ./script",
    "fish": "source ./script",
}
SHELLS = [
    pytest.param(
        shell, marks=pytest.mark.skipif(shutil.which(shell) is None, reason=f"there is no {shell}")
    )
    for shell in START
]
CONFIG = """
[profile my team]
[profile it's "quoted" $HOME `id` !]
[default]
"""


def type_in_shell(shell: str, keys: str, folder: Path, environment: dict[str, str]) -> list[str]:
    """Type a command line with tabs, and return its arguments as the shell parses them."""
    pid, terminal = pty.fork()
    if pid == 0:  # pragma: no cover - another process
        os.chdir(folder)
        os.execvpe(START[shell][0], START[shell], environment)  # noqa: S606 - no shell but this one
    try:
        os.write(terminal, f"{SETUP[shell]}; echo rea''dy\n".encode())
        read_until(terminal, "ready\n")
        # Ctrl-A and Ctrl-E: instead of running the program, write what it would receive.
        os.write(terminal, f"{keys}\x01printf '%s\\n' \x05 > result; echo do''ne\n".encode())
        read_until(terminal, "done\n")
    finally:
        os.close(terminal)
        os.waitpid(pid, 0)
    return (folder / "result").read_text(encoding="utf-8").splitlines()


def read_until(terminal: int, text: str) -> str:
    output = ""
    deadline = time.monotonic() + 8
    while text not in output.replace("\r", ""):
        ready, _, _ = select.select([terminal], [], [], max(0, deadline - time.monotonic()))
        assert ready, output
        output += os.read(terminal, 65_536).decode(errors="replace")
    return output.replace("\r", "")
