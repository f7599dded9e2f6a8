"""Pages of a listing, one after another."""

from __future__ import annotations

from typing import Generic

from lightsail_snap._text import safe_line
from lightsail_snap._workflows.effects import call
from lightsail_snap.errors import PaginationError
from lightsail_snap.models import PagedRequest, PageT

MAX_PAGES = 100_000
"""The maximum number of pages of one listing: a million resources at 10 a page."""
MAX_EMPTY_PAGES = 1_000
"""The maximum number of empty pages in a row. Filtered AWS listings have some, but not so many."""


class Paging(Generic[PageT]):
    """Iterates over the pages of a listing: bounded, and never the same page twice.

    Attributes:
        request: The request for the next page; None after the last one.
    """

    def __init__(self, request: PagedRequest[PageT]) -> None:
        """Start with the request for the first page."""
        self.request: PagedRequest[PageT] | None = request
        # Hashes, because a long list has many tokens, and they may be long themselves.
        self._seen: set[int] = {hash(request.page_token)}
        self._pages = self._empty_pages = 0

    def advance(self, page: PageT) -> None:
        """Set the request for the page after this one, or raise PaginationError."""
        request, token = self.request, page.next_page_token
        # Some AWS services end a list with an empty token instead of none.
        if request is None or not token:
            self.request = None
            return
        self._pages += 1
        self._empty_pages = 0 if page.items else self._empty_pages + 1
        name, advice = request.operation_name, "to continue, pass this error's page_token"
        message = None
        if hash(token) in self._seen:
            message = (
                f"{name} returned the page token {safe_line(token, 80)!r} twice, so the rest of "
                "the list cannot be read"
            )
            advice = "list it again from the beginning"
        elif self._pages >= MAX_PAGES:
            message = f"{name} has more than {MAX_PAGES} pages"
        elif self._empty_pages >= MAX_EMPTY_PAGES:
            message = f"{name} returned {MAX_EMPTY_PAGES} empty pages in a row"
        if message is not None:
            self.request = None
            raise PaginationError(message, operation_name=name, page_token=token, advice=advice)
        self._seen.add(hash(token))
        self.request = request.model_copy(update={"page_token": token})


async def all_pages(request: PagedRequest[PageT]) -> list[PageT]:
    """List everything, page after page."""
    pages: list[PageT] = []
    paging = Paging(request)
    while paging.request is not None:
        page = await call(paging.request)
        pages.append(page)
        paging.advance(page)
    return pages
