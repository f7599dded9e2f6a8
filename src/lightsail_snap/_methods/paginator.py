"""Lists that are longer than a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Generic, Self

from typing_extensions import override

from lightsail_snap._workflows.paging import Paging
from lightsail_snap.models import ItemT, PagedRequest, PageT

# The iterators are classes and no generators: an async generator that is left half-way needs an
# event loop to be closed on.


class _Pages(Iterator[PageT], Generic[PageT]):
    __slots__ = ("_page", "_paging", "_send")

    def __init__(
        self, send: Callable[[PagedRequest[PageT]], PageT], request: PagedRequest[PageT]
    ) -> None:
        self._send = send
        self._paging = Paging(request)
        self._page: PageT | None = None

    @override
    def __iter__(self) -> Self:
        return self

    @override
    def __next__(self) -> PageT:
        if self._page is not None:
            page, self._page = self._page, None
            self._paging.turn(page)
        if self._paging.request is None:
            raise StopIteration
        self._page = self._send(self._paging.request)
        return self._page


class _Items(Iterator[ItemT], Generic[ItemT, PageT]):
    __slots__ = ("_items", "_pages")

    def __init__(self, pages: Iterator[PageT]) -> None:
        self._pages = pages
        self._items: list[ItemT] = []

    @override
    def __iter__(self) -> Self:
        return self

    @override
    def __next__(self) -> ItemT:
        while not self._items:
            page = next(self._pages)
            self._items = list(reversed(page.items))
        return self._items.pop()


class Paginator(Generic[ItemT, PageT]):
    """A list that is fetched page by page, as it is needed.

    It can be gone through any number of times, and asks anew each time.
    """

    __slots__ = ("_request", "_send")

    def __init__(
        self, send: Callable[[PagedRequest[PageT]], PageT], request: PagedRequest[PageT]
    ) -> None:
        """Begin nothing yet.

        Args:
            send: Sends a request.
            request: The request for the first page that is wanted.
        """
        self._send = send
        self._request = request

    def __iter__(self) -> Iterator[ItemT]:
        """Go through the items of all pages.

        Returns:
            An iterator over every item, in the service's order. It raises a PaginationError if the
            service gives a page token for the second time, and errors as the client's `send` says;
            after one of those it can be asked again.
        """
        return _Items(self.pages())

    def pages(self) -> Iterator[PageT]:
        """Go through the pages themselves.

        The `next_page_token` of a page, given as `page_token`, resumes the list after it.

        Returns:
            An iterator over every page, which raises as that over the items does.
        """
        return _Pages(self._send, self._request)
