"""Lists of many pages, driven with scripted replies."""

from __future__ import annotations

import gc
import itertools
from collections.abc import Iterable
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support import ScriptedTransport, create_client, run_on

from lightsail_snap import (
    AsyncLightsailSnapClient,
    GetDiskSnapshotsRequest,
    LightsailSnapClient,
    LightsailSnapError,
    PagedRequest,
    PaginationError,
    Request,
    RequestNotSentError,
    RequestValidationError,
    Response,
    WaitTimeoutError,
)
from lightsail_snap._drivers import deadlines
from lightsail_snap._workflows import paging

Pages = dict[str | None, tuple[list[str], str | None]]


def serve(pages: Pages) -> ScriptedTransport:
    """Serve pages by their tokens."""

    def reply(request: Request[Any]) -> dict[str, Any]:
        assert isinstance(request, GetDiskSnapshotsRequest)
        names, token = pages[request.page_token]
        return {"diskSnapshots": [{"name": name} for name in names], "nextPageToken": token}

    return ScriptedTransport(reply)


def tokens_of(transport: ScriptedTransport) -> list[str | None]:
    """Return the page tokens of all requests."""
    return [each.page_token for each in transport.requests if isinstance(each, PagedRequest)]


def link(pages: Iterable[list[str]]) -> Pages:
    """Return pages that follow one another, under the tokens t1, t2 and so on."""
    listed = list(pages) or [[]]
    last = len(listed) - 1
    return {
        f"t{index}" if index else None: (names, f"t{index + 1}" if index < last else None)
        for index, names in enumerate(listed)
    }


def chain(pages: Iterable[list[str]]) -> ScriptedTransport:
    return serve(link(pages))


THREE = [["a", "b"], [], ["c"]]


def test_iteration_returns_all_pages_in_order() -> None:
    client = LightsailSnapClient(transport=chain(THREE))
    assert [snapshot.name for snapshot in client.iter_disk_snapshots()] == ["a", "b", "c"]


def test_page_is_fetched_when_it_is_needed() -> None:
    transport = chain(THREE)
    items = iter(LightsailSnapClient(transport=transport).iter_disk_snapshots())
    assert tokens_of(transport) == []
    assert next(items).name == "a"
    assert next(items).name == "b"
    assert tokens_of(transport) == [None]
    assert next(items).name == "c"
    assert tokens_of(transport) == [None, "t1", "t2"]


def test_paginator_can_be_iterated_again() -> None:
    transport = chain(THREE)
    listing = LightsailSnapClient(transport=transport).iter_disk_snapshots()
    assert [item.name for item in listing] == [item.name for item in listing]
    assert len(tokens_of(transport)) == 6


def test_pages_are_iterable_and_resumable() -> None:
    client = LightsailSnapClient(transport=chain(THREE))
    pages = list(client.iter_disk_snapshots().pages())
    assert [len(page.items) for page in pages] == [2, 0, 1]
    assert [page.next_page_token for page in pages] == ["t1", "t2", None]
    rest = client.iter_disk_snapshots(page_token=pages[0].next_page_token)
    assert [item.name for item in rest] == ["c"]


def test_empty_token_ends_the_list() -> None:
    client = LightsailSnapClient(transport=serve({None: (["a"], "")}))
    assert [item.name for item in client.iter_disk_snapshots()] == ["a"]


@pytest.mark.parametrize(
    ("pages", "listed"),
    [
        ({None: (["a"], "t"), "t": (["b"], "t")}, ["a", "b"]),
        ({None: (["a"], "t"), "t": (["b"], "u"), "u": (["c"], "t")}, ["a", "b", "c"]),
    ],
)
def test_repeated_token_raises_after_all_items(
    pages: dict[str | None, tuple[list[str], str | None]], listed: list[str]
) -> None:
    items = iter(LightsailSnapClient(transport=serve(pages)).iter_disk_snapshots())
    assert [next(items).name for _ in listed] == listed
    with pytest.raises(PaginationError, match="'t' twice") as caught:
        next(items)
    assert caught.value.page_token == "t"  # noqa: S105 - a page's, no secret
    assert caught.value.operation_name == "GetDiskSnapshots"


def test_repeated_token_raises_in_a_resumed_list() -> None:
    client = LightsailSnapClient(transport=serve({"t": (["b"], "t")}))
    with pytest.raises(PaginationError):
        list(client.iter_disk_snapshots(page_token="t"))  # noqa: S106 - a page's, no secret


@pytest.mark.parametrize("token", ["", 5, b"t"])
def test_invalid_token_is_refused_at_once(token: Any) -> None:
    client = LightsailSnapClient(transport=chain(THREE))
    for listing in (
        client.iter_disk_snapshots,
        client.iter_disks,
        client.iter_export_snapshot_records,
        client.iter_instance_snapshots,
        client.iter_operations,
    ):
        with pytest.raises(RequestValidationError, match="page_token"):
            listing(page_token=token)


def test_iteration_resumes_after_an_error() -> None:
    served = link(THREE)
    transport = serve(served)
    client = LightsailSnapClient(transport=transport)
    pages = client.iter_disk_snapshots().pages()
    first = next(pages)
    del served["t1"]

    def refuse(request: Request[Any]) -> Response:
        raise RequestNotSentError("no connection", request=request)

    whole, transport.send = transport.send, refuse  # type: ignore[method-assign] # for one call
    with pytest.raises(LightsailSnapError):
        next(pages)
    transport.send = whole  # type: ignore[method-assign] # as above
    served["t1"] = (["x"], None)
    rest = client.iter_disk_snapshots(page_token=first.next_page_token)
    assert [item.name for item in rest] == ["x"]


@given(st.lists(st.lists(st.text("abc", min_size=1), max_size=3), max_size=8))
def test_iteration_loses_and_repeats_nothing(pages: list[list[str]]) -> None:
    client = LightsailSnapClient(transport=chain(pages))
    listed = [item.name for item in client.iter_disk_snapshots()]
    assert listed == [name for page in pages for name in page]


@given(st.lists(st.sampled_from("tuvwx"), min_size=1, max_size=12), st.data())
def test_every_iteration_ends(tokens: list[str], data: st.DataObject) -> None:
    following = {token: data.draw(st.sampled_from([*tokens, None])) for token in {*tokens}}
    pages: dict[str | None, tuple[list[str], str | None]] = {None: ([], tokens[0])}
    pages |= {token: ([], following[token]) for token in following}
    transport = serve(pages)
    try:
        assert list(LightsailSnapClient(transport=transport).iter_disk_snapshots()) == []
    except PaginationError as error:
        assert error.page_token in tokens_of(transport)  # noqa: PT017 - either end is right
    assert len(tokens_of(transport)) == len(set(tokens_of(transport)))


def endless(*items: str) -> ScriptedTransport:
    """Serve lists that never end; every page has a new token."""
    numbers = itertools.count(1)

    def reply(_: Request[Any]) -> dict[str, Any]:
        members = {name: [{"name": item} for item in items] for name in LISTS}
        return {**members, "nextPageToken": f"t{next(numbers)}"}

    return ScriptedTransport(reply)


LISTS = ("diskSnapshots", "instanceSnapshots", "disks", "exportSnapshotRecords")


@pytest.fixture
def _few_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "MAX_PAGES", 7)
    monkeypatch.setattr(paging, "MAX_EMPTY_PAGES", 3)


@pytest.mark.usefixtures("_few_pages")
@pytest.mark.parametrize("interface", ["sync", "asyncio", "trio"])
@pytest.mark.parametrize(
    ("items", "pages", "message"), [([], 3, "3 empty pages in a row"), (["a"], 7, "than 7 pages")]
)
def test_endless_list_raises(interface: str, items: list[str], pages: int, message: str) -> None:
    transport, found = endless(*items), []

    async def read() -> None:
        async for item in create_client(interface, transport=transport).iter_disk_snapshots():
            found.append(item)  # noqa: PERF401 - the items before the error count

    with pytest.raises(PaginationError, match=message) as caught:
        run_on(interface, read)
    assert len(tokens_of(transport)) == pages
    assert len(found) == pages * len(items)
    assert caught.value.page_token == f"t{pages}"
    # From the token that the error holds it can be continued.
    rest = LightsailSnapClient(transport=transport).iter_disk_snapshots(
        page_token=caught.value.page_token
    )
    next(rest.pages())
    assert tokens_of(transport)[-1] == f"t{pages}"


@pytest.mark.usefixtures("_few_pages")
def test_empty_pages_between_others_do_not_end_a_list() -> None:
    pages = [["a"], [], [], ["b"], [], [], ["c"]]
    client = LightsailSnapClient(transport=chain(pages))
    assert [item.name for item in client.iter_disk_snapshots()] == ["a", "b", "c"]


def test_bounds_allow_a_million_resources() -> None:
    assert paging.MAX_PAGES * 10 == 1_000_000
    assert paging.MAX_EMPTY_PAGES == 1_000


@pytest.mark.usefixtures("_few_pages")
def test_wait_for_export_in_an_endless_list_fails() -> None:
    with pytest.raises(PaginationError):
        LightsailSnapClient(transport=endless("a")).wait_for_export("db-1")


def test_time_limit_bounds_the_pages_within_a_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deadlines, "GRACE_SECONDS", 0)
    client = LightsailSnapClient(transport=endless("a"))
    with pytest.raises(WaitTimeoutError) as caught:
        client.wait_for_export("db-1", timeout=0.1)
    assert "the time limit had passed" in str(caught.value.__cause__)


def test_iterator_continues_after_a_transient_error() -> None:
    served = link(THREE)
    transport = serve(served)
    items = iter(LightsailSnapClient(transport=transport).iter_disk_snapshots())
    assert next(items).name == "a"
    assert next(items).name == "b"
    page = served.pop("t1")
    with pytest.raises(KeyError):
        next(items)
    served["t1"] = page
    assert [item.name for item in items] == ["c"]
    assert list(items) == []


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_async_iteration_can_stop_half_way(backend: str) -> None:
    async def main() -> None:
        client = AsyncLightsailSnapClient(transport=chain(THREE))
        async for item in client.iter_disk_snapshots():
            assert item.name == "a"
            break
        assert [page.items async for page in client.iter_disk_snapshots().pages()][1] == ()

    anyio.run(main, backend=backend)
    gc.collect()


def test_iterators_return_themselves() -> None:
    listing = LightsailSnapClient(transport=chain(THREE)).iter_disk_snapshots()
    for iterator in (iter(listing), listing.pages()):
        assert iter(iterator) is iterator
    later = AsyncLightsailSnapClient(transport=chain(THREE)).iter_disk_snapshots()
    for async_iterator in (aiter(later), later.pages()):
        assert aiter(async_iterator) is async_iterator
