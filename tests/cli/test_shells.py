"""Completion in real shells."""

from __future__ import annotations

import os
import select
import shutil
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.cli.support import Command

from lightsail_snap.cli._completion import completion_script

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
PROFILE = 'it\'s "quoted" $HOME `id` !'
# What is typed, with a tab, and the last argument that the program then receives.
CASES = {
    "doc\t": "doctor",
    "--region us-east-1 auto-snapshots cop\t": "copy",
    "list --kind di\t": "disk",
    "list --kind=di\t": "--kind=disk",
    "create x --disk D\t1": "Disk-1",
    "list --source web\t": "web-1",
    "tag snap-1 --remove a:\t": "a:b c",
    "list --tag a:b\t": "a:b c=1",
    "--profile my\t": "my team",
    "--profile=my\t": "--profile=my team",
    "--profile it\t": PROFILE,
    "--profile 'my\t": "my team",
    '--profile "it\t': PROFILE,
    "--profile 'it\t": PROFILE,
    "apply my\t": "my plan.toml",
    "apply oth\t": "other.json",
    # Nothing matches; a shell may offer other files.
    "apply none\t": "none",
}


@pytest.mark.parametrize("shell", SHELLS)
def test_names_are_completed_and_quoted(
    shell: str, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command("create", "snap-1", "--disk", "Disk-1", "--tag", "a:b c=1").code == 0
    for file in ("my plan.toml", "other.json", "notes.txt"):
        (tmp_path / file).touch()
    config = f"[profile my team]\n[profile {PROFILE}]\n"
    (tmp_path / "config").write_text(config, encoding="utf-8")
    (tmp_path / "script").write_text(completion_script(shell), encoding="utf-8")
    for name, value in {
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "HOME": str(tmp_path),
        "XDG_CACHE_HOME": str(tmp_path / "cache"),
        "XDG_CONFIG_HOME": str(tmp_path / "config-home"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
        "TERM": "xterm",
        "LC_ALL": "C.UTF-8",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    }.items():
        monkeypatch.setenv(name, value)
    received = type_in_shell(shell, [f"lightsail-snap {keys}" for keys in CASES], tmp_path)
    assert dict(zip(CASES, received, strict=True)) == CASES


def type_in_shell(shell: str, lines: Iterable[str], folder: Path) -> list[str]:
    """Type command lines with tabs; return the last argument of each as the shell parses it."""
    pid, terminal = pty.fork()
    if pid == 0:  # pragma: no cover - another process
        os.chdir(folder)
        os.execvp(START[shell][0], START[shell])  # noqa: S606 - no shell but this one
    received = []
    try:
        os.write(terminal, f"{SETUP[shell]}; echo rea''dy\n".encode())
        read_until(terminal, "ready\n")
        for keys in lines:
            # Ctrl-A and Ctrl-E: instead of running the program, write what it would receive.
            typed = f"{keys}\x01printf '%s\\n' \x05 > result; echo do''ne\n"
            os.write(terminal, typed.encode())
            read_until(terminal, "done\n")
            result = (folder / "result").read_text(encoding="utf-8")
            received.append(result.splitlines()[-1])
    finally:
        os.close(terminal)
        os.waitpid(pid, 0)
    return received


def read_until(terminal: int, text: str) -> None:
    output = b""
    # Only ends a test that would hang.
    deadline = time.monotonic() + 60
    while text not in output.decode(errors="replace").replace("\r", ""):
        ready, _, _ = select.select([terminal], [], [], max(0, deadline - time.monotonic()))
        assert ready, output
        output += os.read(terminal, 65_536)
