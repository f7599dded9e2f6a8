"""Which page of a list comes next."""

from __future__ import annotations

from typing import Generic

from lightsail_snap._text import safe_line
from lightsail_snap.errors import PaginationError
from lightsail_snap.models import PagedRequest, PageT


class Paging(Generic[PageT]):
    """Walks from page to page, and never to one where it has been.

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

    def turn(self, page: PageT) -> None:
        """Go on to the page after this one.

        Args:
            page: The page that was asked for.

        Raises:
            PaginationError: If its token was there before.
        """
        asked, token = self.request, page.next_page_token
        # Some AWS services end a list with an empty token instead of none.
        if asked is None or not token:
            self.request = None
            return
        if hash(token) in self._seen:
            self.request = None
            message = (
                f"{asked.operation_name} gave the page token {safe_line(token, 80)!r} for the "
                "second time; the rest of the list cannot be had this way, list it again"
            )
            raise PaginationError(message, operation_name=asked.operation_name, page_token=token)
        self._seen.add(hash(token))
        self.request = asked.model_copy(update={"page_token": token})
