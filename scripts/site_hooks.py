"""Hooks of the documentation site, see mkdocs.yml."""

from __future__ import annotations

import html
import re
from typing import Protocol

_MAX_DESCRIPTION_LENGTH = 200
_INLINE_CODE = re.compile(r"(?<=<code>)[^<>\n]*-[^<>\n]*(?=</code>)")
_WHOLE = re.compile(r"(?<![\w-])(?:--\w[\w-]*|lightsail-snap(?![\w-]))")


class _Page(Protocol):
    meta: dict[str, object]


def on_page_content(content: str, /, *, page: _Page, **_: object) -> str:
    """Describe a page to search engines by its first paragraph, and keep names whole."""
    paragraph = re.search(r"<p>(.*?)</p>", content, re.DOTALL)
    if paragraph is not None:
        words = html.unescape(re.sub(r"<[^>]+>", "", paragraph[1])).split()
        description = " ".join(words)
        if len(description) > _MAX_DESCRIPTION_LENGTH:
            description = description[:_MAX_DESCRIPTION_LENGTH].rsplit(" ", 1)[0] + " ..."
        page.meta.setdefault("description", description)
    # Browsers would break a line within `--disk`.
    return _INLINE_CODE.sub(
        lambda code: _WHOLE.sub(r'<span class="whole">\g<0></span>', code[0]), content
    )
