"""Which page of a list comes next."""

from __future__ import annotations

from typing import Generic

from lightsail_snap._text import safe_line
from lightsail_snap.errors import PaginationError
from lightsail_snap.models import PagedRequest, PageT

MAX_PAGES = 100_000
"""How many pages one iteration reads: enough for a million resources at 10 a page."""
MAX_EMPTY_PAGES = 1_000
"""How many pages in a row may be empty. Filtered listings of AWS have some, none has that many."""


class Paging(Generic[PageT]):
    """Walks from page to page, never to the same one twice, and not for ever.

    Attributes:
        request: What to ask next; None after the last page.
    """

    def __init__(self, request: PagedRequest[PageT]) -> None:
        """Begin.

        Args:
            request: The request for the first page that is wanted.
        """
        self.request: PagedRequest[PageT] | None = request
        # Hashes, because a long list has many tokens, and they may be long themselves.
        self._seen: set[int] = {hash(request.page_token)}
        self._pages = self._empty_pages = 0

    def turn(self, page: PageT) -> None:
        """Continue with the page after this one.

        Args:
            page: The page that was requested.

        Raises:
            PaginationError: If its token was there before, or the listing has too many pages.
        """
        asked, token = self.request, page.next_page_token
        # Some AWS services end a list with an empty token instead of none.
        if asked is None or not token:
            self.request = None
            return
        self._pages += 1
        self._empty_pages = 0 if page.items else self._empty_pages + 1
        name, resume = asked.operation_name, "to continue, pass this error's page_token"
        message = None
        if hash(token) in self._seen:
            message = (
                f"{name} gave the page token {safe_line(token, 80)!r} for the "
                "second time; the rest of the list cannot be had this way, list it again"
            )
        elif self._pages >= MAX_PAGES:
            message = f"{name} has more than {MAX_PAGES} pages; {resume}"
        elif self._empty_pages >= MAX_EMPTY_PAGES:
            message = f"{name} gave {MAX_EMPTY_PAGES} empty pages in a row; {resume}"
        if message is not None:
            self.request = None
            raise PaginationError(message, operation_name=name, page_token=token)
        self._seen.add(hash(token))
        self.request = asked.model_copy(update={"page_token": token})
