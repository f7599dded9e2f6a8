# Made by scripts/make_async.py from _methods/paginator.py: change that one.
"""Lists that are longer than a page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Generic

from lightsail_snap._flows._pages import Paging
from lightsail_snap.models import ItemT, PagedRequest, PageT


class AsyncPaginator(Generic[ItemT, PageT]):
    """A list that is fetched page by page, as it is needed.

    It can be gone through any number of times, and asks anew each time.
    """

    __slots__ = ("_request", "_send")

    def __init__(
        self, send: Callable[[PagedRequest[PageT]], Awaitable[PageT]], request: PagedRequest[PageT]
    ) -> None:
        """Begin nothing yet.

        Args:
            send: Sends a request.
            request: The request for the first page that is wanted.
        """
        self._send = send
        self._request = request

    async def __aiter__(self) -> AsyncIterator[ItemT]:
        """Go through the items of all pages.

        Yields:
            Every item, in the service's order.

        Raises:
            PaginationError: If the service gives a page token for the second time.
            LightsailSnapError: As the client's `send` says.
        """
        async for page in self.pages():
            for item in page.items:
                yield item

    async def pages(self) -> AsyncIterator[PageT]:
        """Go through the pages themselves.

        The `next_page_token` of a page, given as `page_token`, resumes the list after it.

        Yields:
            Every page.

        Raises:
            PaginationError: If the service gives a page token for the second time.
            LightsailSnapError: As the client's `send` says.
        """
        paging = Paging(self._request)
        while paging.request is not None:
            page = await self._send(paging.request)
            yield page
            paging.turn(page)
