"""Derives the cases of the asynchronous client from those of the synchronous one."""

from __future__ import annotations

import re

_REPLACEMENTS = (
    (r"\bsynchronous client", "asynchronous client"),
    (r"\b(LightsailSnapClient|Paginator)\b", r"Async\1"),
    (r"^def (\w+\(client: )", r"async def \1"),
    (r"^( +)(for|with) (?=.*\bclient\b)", r"\1async \2 "),
    (r"\blist\((client\.iter_\w+\(\))\)", r"[item async for item in \1]"),
    (r"\bclient\.(?!iter_)(\w+)\(", r"await client.\1("),
    (r"^    send_paged\(", "    await send_paged("),
)


def to_asynchronous(source: str) -> str:
    """Return the source of the asynchronous cases."""
    for pattern, replacement in _REPLACEMENTS:
        source = re.sub(pattern, replacement, source, flags=re.MULTILINE)
    return source
