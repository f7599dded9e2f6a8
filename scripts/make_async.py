"""Generate the methods of the async client from those of the sync client.

    python scripts/make_async.py            writes src/lightsail_snap/_aio_methods
    python scripts/make_async.py --check    fails if it is not up to date

Thus every signature and docstring has one source. A function that sends requests becomes a
coroutine function, and an iterator becomes an async iterator.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1] / "src" / "lightsail_snap"
SOURCE, TARGET = ROOT / "_methods", ROOT / "_aio_methods"

_REPLACEMENTS = (
    (r"lightsail_snap\._methods", "lightsail_snap._aio_methods"),
    (r"\bPaginator\b", "AsyncPaginator"),
    (r"\bIterator\b", "AsyncIterator"),
    (r"\bStopIteration\b", "StopAsyncIteration"),
    (r"__iter__", "__aiter__"),
    (r"__next__", "__anext__"),
    (r"\bnext\(self\._pages\)", "anext(self._pages)"),
    (r"(self\.send\(|self\._run\(|self\._call\(|self\._send\(|\banext\()", r"await \1"),
    (
        r"Callable\[\[PagedRequest\[PageT\]\], PageT\]",
        "Callable[[PagedRequest[PageT]], Awaitable[PageT]]",
    ),
    (r"AbstractContextManager\[object\]", "Quiesce"),
    (r"from contextlib import AbstractContextManager\n", ""),
)
_HEADER = "# Made by scripts/make_async.py from {name}: change that one.\n"
_SENDS = re.compile(r"self\.(send|_run|_call|_send)\(|\bnext\(")


def _lines_of_sending_functions(source: str) -> set[int]:
    """Return the first lines of the functions that send requests, or that a client implements."""
    return {
        node.lineno
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef)
        and (
            _SENDS.search("\n".join(source.splitlines()[node.lineno : node.end_lineno]))
            or node.name in {"send", "_run", "_call"}
        )
    }


def to_async(name: str, source: str) -> str:
    """Return the source of the async module for a sync one."""
    sending = _lines_of_sending_functions(source)
    lines = [
        line.replace("def ", "async def ", 1) if number in sending else line
        for number, line in enumerate(source.splitlines(keepends=True), 1)
    ]
    text = "".join(lines)
    for pattern, replacement in _REPLACEMENTS:
        text = re.sub(pattern, replacement, text)
    if "Awaitable[" in text:
        text = text.replace(
            "import AsyncIterator, Callable", "import AsyncIterator, Awaitable, Callable"
        ).replace("import Callable, AsyncIterator", "import AsyncIterator, Awaitable, Callable")
    if "Quiesce" in text:
        text = text.replace(
            "from lightsail_snap._aio_methods._sender import Sender\n",
            "from lightsail_snap._aio_methods._sender import Sender\n"
            "from lightsail_snap._workflows.effects import Quiesce\n",
        )
    text = _HEADER.format(name=f"_methods/{name}") + text
    formatter = [
        sys.executable,
        "-m",
        "ruff",
        "format",
        "--stdin-filename",
        str(TARGET / name),
        "-",
    ]
    done = subprocess.run(formatter, input=text, capture_output=True, text=True, check=True)  # noqa: S603 - constant arguments
    return done.stdout


def main(arguments: list[str]) -> int:
    """Write the modules, or list those that are not up to date; return an exit code."""
    stale = []
    for path in sorted(SOURCE.glob("*.py")):
        wanted = to_async(path.name, path.read_text(encoding="utf-8"))
        target = TARGET / path.name
        if not target.exists() or target.read_text(encoding="utf-8") != wanted:
            stale.append(path.name)
            if "--check" not in arguments:
                target.write_text(wanted, encoding="utf-8")
    if stale and "--check" in arguments:
        sys.stderr.write(f"not up to date: {', '.join(stale)}; run scripts/make_async.py\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
