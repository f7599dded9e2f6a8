"""Metadata of the distributions that depends on where the repository is published.

Two environment variables, which the release workflow sets, contain the addresses:

- `LIGHTSAIL_SNAP_REPOSITORY_URL`: the repository. Without it, the distributions have no project
  URLs, and the links of README.md stay relative.
- `LIGHTSAIL_SNAP_DOCUMENTATION_URL`: the built documentation. Without it, the folder `docs` of the
  repository is linked.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from hatchling.metadata.plugin.interface import MetadataHookInterface

_FENCED_BLOCK = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
# A target in Markdown or HTML that has no scheme, and is no anchor of the same page.
_RELATIVE = re.compile(
    r"""(\]\(|^\[[^\]]+\]:[ ]|\b(?:src|href)=")(?![a-z][a-z0-9+.-]*:|[#/])([^)\s"]+)""",
    re.MULTILINE,
)
_IMAGES = {".gif", ".jpg", ".png", ".svg"}


def project_urls(repository: str, documentation: str, tag: str) -> dict[str, str]:
    """Return the project URLs in the order in which an index shows them."""
    return {
        "Documentation": documentation or f"{repository}/tree/{tag}/docs",
        "Repository": repository,
        "Changelog": f"{repository}/blob/{tag}/CHANGELOG.md",
        "Issues": f"{repository}/issues",
    }


def make_links_absolute(readme: str, repository: str, tag: str) -> str:
    """Return the text with links to files of the repository, at a tag, for relative links."""

    def absolute(match: re.Match[str]) -> str:
        before, target = match.groups()
        kind = "raw" if Path(target).suffix in _IMAGES else "blob"
        return f"{before}{repository}/{kind}/{tag}/{target.removeprefix('./')}"

    parts = _FENCED_BLOCK.split(readme)
    parts[::2] = [_RELATIVE.sub(absolute, part) for part in parts[::2]]
    return "".join(parts)


def read_url(name: str) -> str:
    """Return the address in an environment variable, or an empty string if it is not set."""
    url = os.environ.get(name, "").rstrip("/")
    if url and (urlsplit(url).scheme != "https" or not urlsplit(url).netloc):
        message = f"{name} is {url!r}, which is not an https URL; set it to one, or unset it"
        raise ValueError(message)
    return url


class PublishedMetadataHook(MetadataHookInterface):
    """Sets the project URLs and the description of the distributions."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the fields that pyproject.toml declares as dynamic."""
        repository = read_url("LIGHTSAIL_SNAP_REPOSITORY_URL")
        documentation = read_url("LIGHTSAIL_SNAP_DOCUMENTATION_URL")
        readme = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        if repository:
            tag = f"v{metadata['version']}"
            metadata["urls"] = project_urls(repository, documentation, tag)
            readme = make_links_absolute(readme, repository, tag)
        metadata["readme"] = {"content-type": "text/markdown", "text": readme}
