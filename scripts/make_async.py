"""Generate the async client's methods from the sync client's.

    python scripts/make_async.py            update src/lightsail_snap/aio.py
    python scripts/make_async.py --check    exit with 1 if it is out of date

Each section `# <NAME>` to `# </NAME>` of client.py is translated into the section of the
same name in aio.py, so every signature and docstring is written once. A function becomes a
coroutine function if it sends something; an iterator becomes an async iterator.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "lightsail_snap"
SOURCE, TARGET = PACKAGE / "client.py", PACKAGE / "aio.py"

_SECTION = re.compile(r"^ *# <(\w+)>\n(.*?)^ *# </\1>\n", re.MULTILINE | re.DOTALL)
_SENDS = re.compile(r"self\.(?:send|get_\w+|_run|_call|_send)\(|\bnext\(|\bfor item in self\b")
_REPLACEMENTS = (
    (r"\bPaginator\b", "AsyncPaginator"),
    (r"\bIterator\b", "AsyncIterator"),
    (r"\bStopIteration\b", "StopAsyncIteration"),
    (r"__iter__", "__aiter__"),
    (r"__next__", "__anext__"),
    (r"\bnext\(self\._pages\)", "anext(self._pages)"),
    (r"(self\.(?:send|get_\w+|_run|_call|_send)\(|\banext\()", r"await \1"),
    (r"\bfor item in self\b", "async for item in self"),
    (r"(Callable\[\[PagedRequest\[PageT\]\], )PageT\]", r"\1Awaitable[PageT]]"),
    (r"AbstractContextManager\[object\]", "Quiesce"),
    (r"  # noqa: C416[^\n]*", ""),
)


def _with_coroutine_functions(source: str) -> str:
    """Return the source with every function that sends something as a coroutine function."""
    lines = source.splitlines(keepends=True)
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef):
            body = "".join(lines[node.body[0].lineno - 1 : node.end_lineno])
            if _SENDS.search(body):
                lines[node.lineno - 1] = lines[node.lineno - 1].replace("def ", "async def ", 1)
    return "".join(lines)


def _translate(section: str) -> str:
    for pattern, replacement in _REPLACEMENTS:
        section = re.sub(pattern, replacement, section)
    return section


def make_async(source: str, target: str) -> str:
    """Return the source of the async client with sections generated from the sync client's."""
    source = _with_coroutine_functions(source)
    sections = {match[1]: match[2] for match in _SECTION.finditer(source)}
    text = target
    for name, section in sections.items():
        pattern = rf"(^ *# <{name}>\n).*?(^ *# </{name}>\n)"
        parts = re.split(pattern, text, flags=re.MULTILINE | re.DOTALL)
        text = "".join([*parts[:2], _translate(section), *parts[2:]])
    command = [sys.executable, "-m", "ruff", "format", "--stdin-filename", str(TARGET), "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=True)  # noqa: S603 - our own tool
    return done.stdout


def main(arguments: list[str]) -> int:
    """Update the async client, or check that it is up to date."""
    old = TARGET.read_text(encoding="utf-8")
    new = make_async(SOURCE.read_text(encoding="utf-8"), old)
    if old == new:
        return 0
    if "--check" in arguments:
        sys.stderr.write("aio.py is out of date; run: python scripts/make_async.py\n")
        return 1
    TARGET.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
