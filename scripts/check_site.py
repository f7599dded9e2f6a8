"""Check the built documentation site.

    python scripts/check_site.py FOLDER

Every page must be valid HTML with a title, a description, one h1 and no skipped heading level.
Its links and anchors must exist, its images need alternative text, and its lines of code must fit
beside the sidebars at 1280 px. No page may load anything from another host.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urlsplit
from xml.etree.ElementTree import Element

from tinyhtml5.parser import HTMLParser  # type: ignore[import-untyped] # it has no type hints

MAX_CODE_LINE = 88
# Attributes that make a browser load a file, by tag.
_LOADED = {
    "script": "src",
    "img": "src",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "link": "href",
}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_REMOTE = re.compile(r"(?:url\(|@import|(?:href|src)=)\s*[\"']?(?:https?:)?//[^\"')\s]+")


@dataclass
class Page:
    """A page of the built site."""

    path: Path
    root: Element
    parse_errors: list[tuple[tuple[int, int], str, object]] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> Page:
        """Parse a file."""
        parser = HTMLParser(namespace_html_elements=False)
        root: Element = parser.parse(path.read_text(encoding="utf-8"))
        return cls(path, root, parser.errors)

    @cached_property
    def elements(self) -> list[Element]:
        """All elements in their order."""
        # The tag of a comment is a function.
        tags: Iterator[Any] = self.root.iter()
        return [each for each in tags if isinstance(each.tag, str)]

    @cached_property
    def ids(self) -> Counter[str]:
        """How often each anchor occurs."""
        found = Counter(each.attrib["id"] for each in self.elements if "id" in each.attrib)
        names = {each.attrib["name"] for each in self._all("a") if "name" in each.attrib}
        return found + Counter(names - found.keys())

    @property
    def title(self) -> str:
        """The title that search engines show."""
        return "".join(text for each in self._all("title")[:1] for text in each.itertext()).strip()

    @property
    def description(self) -> str:
        """The description that search engines show."""
        metas = self._all("meta")
        found = [each.get("content", "") for each in metas if each.get("name") == "description"]
        return found[0].strip() if found else ""

    def _all(self, *tags: str) -> list[Element]:
        return [each for each in self.elements if each.tag in tags]

    def find_problems(self) -> Iterator[str]:
        """Yield what is wrong within the page."""
        for (line, _), code, _ in self.parse_errors:
            yield f"line {line}: {code}"
        yield from (f"the id {name} occurs {n} times" for name, n in self.ids.items() if n > 1)
        if not self.root.get("lang"):
            yield "the page has no language"
        if not self.title:
            yield "the page has no title"
        if not self.description:
            yield "the page has no description"
        yield from self._find_heading_problems()
        for image in self._all("img"):
            if not image.get("alt", "").strip():
                yield f"the image {image.get('src')} has no alternative text"
        for block in self._all("pre"):
            for text in "".join(block.itertext()).splitlines():
                if len(text) > MAX_CODE_LINE:
                    yield f"a line of code has {len(text)} characters: {text.strip()[:60]} ..."
        yield from self._find_remote_files()

    def _find_heading_problems(self) -> Iterator[str]:
        levels = [(_HEADINGS[each.tag], each) for each in self._all(*_HEADINGS)]
        if sum(level == 1 for level, _ in levels) != 1 or levels[0][0] != 1:
            yield "the page must begin with its only h1"
        for (before, _), (level, heading) in pairwise(levels):
            if level > before + 1:
                text = "".join(heading.itertext()).strip()
                yield f"the h{level} {text!r} follows an h{before}"

    def _find_remote_files(self) -> Iterator[str]:
        for each in self._all(*_LOADED):
            address = each.get(_LOADED[each.tag], "")
            if each.get("rel") != "canonical" and urlsplit(address).netloc:
                yield f"{each.tag} loads {address} from another host"
        for each in self.elements:
            # The theme's script loads mermaid from another host, and calls the API of a forge.
            if "mermaid" in each.get("class", "") or each.get("data-md-component") == "source":
                yield f"the theme's script loads files from another host for this {each.tag}"

    def links(self) -> Iterator[str]:
        """Yield the addresses of links and files on the same site."""
        for each in self.elements:
            for name in ("href", "src"):
                address = each.get(name)
                if address is not None and not urlsplit(address).scheme and address[:2] != "//":
                    yield address


class Site:
    """All pages of the built site."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # The links of 404.html depend on where the site is published.
        files = [file for file in sorted(folder.rglob("*.html")) if file.name != "404.html"]
        self.pages = {file: Page.read(file) for file in files}

    def find_problems(self) -> Iterator[str]:
        """Yield what is wrong, with the page."""
        titles: dict[str, str] = {}
        for file, page in self.pages.items():
            name = self._name(file)
            yield from (f"{name}: {problem}" for problem in page.find_problems())
            if other := titles.get(page.title):
                yield f"{name}: has the same title as {other}: {page.title}"
            titles[page.title] = name
        yield from self._find_link_problems()
        for style in self.folder.rglob("*"):
            if style.suffix in {".css", ".svg"}:
                for found in _REMOTE.findall(style.read_text(encoding="utf-8")):
                    yield f"{self._name(style)}: loads a file by {found}"

    def _find_link_problems(self) -> Iterator[str]:
        linked = set()
        for file, page in self.pages.items():
            for address in sorted(set(page.links())):
                target, fragment = self._resolve(file, address)
                linked.add(target)
                if not target.is_file():
                    yield f"{self._name(file)}: the link {address} is broken"
                elif fragment and fragment not in self.pages[target].ids:
                    yield f"{self._name(file)}: the link {address} has no anchor"
        for picture in sorted(set(self.folder.glob("pictures/*.svg")) - linked):
            yield f"{self._name(picture)}: no page shows this picture"

    def _name(self, file: Path) -> str:
        return file.relative_to(self.folder).as_posix()

    def _resolve(self, file: Path, address: str) -> tuple[Path, str]:
        path, fragment = urldefrag(address)
        path = unquote(urlsplit(path).path)
        base = self.folder if path.startswith("/") else file.parent
        target = (base / path.lstrip("/")).resolve() if path else file
        return (target / "index.html" if target.is_dir() else target), unquote(fragment)


def main(arguments: list[str]) -> int:
    """Print the problems, and return the exit code."""
    site = Site(Path(arguments[0]).resolve())
    problems = list(site.find_problems())
    print("\n".join([*problems, f"{len(site.pages)} pages, {len(problems)} problems"]))
    return 1 if problems or not site.pages else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
