"""A call has the outcome, attempts and pauses that it has with plain boto3."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.config import Config
from tests.compatibility.comparison import (
    OPERATIONS,
    Pair,
    Settings,
    differences,
)
from tests.compatibility.environments import clean_environment
from tests.compatibility.recorder import DROPPED, WITHHELD, Recorder, Reply, error

CREATE = OPERATIONS["create"]
GOOD = Reply(body=CREATE.body)
THROTTLED = error(400, "ThrottlingException")
BROKEN = error(500, "ServiceException")
PAGE = Reply(503, b"<html>busy</html>", content_type="text/html")
REFUSED = Reply(
    400, b'{"__type":"NotFoundException","code":"DoesNotExist","docs":"d","message":"m","tip":"t"}'
)

# After the end of a script, the server replies `{}`.
FAULTS: dict[str, list[Reply]] = {
    "none": [GOOD],
    "throttled once": [THROTTLED, GOOD],
    "throttled twice": [THROTTLED, error(429, "TooManyRequestsException"), GOOD],
    "throttled always": [THROTTLED] * 12,
    "broken once": [BROKEN, GOOD],
    "broken always": [BROKEN] * 12,
    "bad gateway": [Reply(502, b""), Reply(504, b"<html>"), GOOD],
    "page of a proxy": [PAGE, GOOD],
    "page of a proxy always": [PAGE] * 12,
    "forbidden by a proxy": [Reply(403, b"<html>no</html>", content_type="text/html")],
    "dropped once": [DROPPED, GOOD],
    "dropped always": [DROPPED] * 12,
    "refused": [REFUSED],
    "refused after a lost response": [DROPPED, REFUSED],
    "refused with an unknown type": [error(400, "lightsail#FutureException")],
    "refused without a type": [Reply(400, b'{"message":"no"}')],
    "refused unreadably": [Reply(400, b'{"__type":')],
    "type in a header": [
        Reply(400, b"{}", {"x-amzn-ErrorType": "AccessDeniedException:http://x/"})
    ],
    "expired credentials": [error(400, "ExpiredTokenException")],
    "wrong signature": [error(403, "InvalidSignatureException", "Signature not yet current")],
    "request timeout": [error(400, "RequestTimeoutException"), GOOD],
    "moved": [Reply(307, b"", {"Location": "http://127.0.0.1:1/"})],
}
# boto3 returns `{}` for most of these, and fails on the others with an AttributeError.
UNREADABLE: dict[str, Reply] = {
    "not JSON": Reply(body=b'{"operations": ['),
    "truncated": Reply(body=CREATE.body[:9], declared_length=len(CREATE.body)),
    "empty": Reply(body=b""),
    "HTML": Reply(body=b"<html>", content_type="text/html"),
    "a list": Reply(body=b"[]"),
    "null": Reply(body=b"null"),
}


@pytest.fixture(
    scope="module",
    params=[
        ("legacy", "region"),
        ("legacy", "injected"),
        ("standard", "region"),
        ("standard", "session"),
        ("standard", "injected"),
        ("adaptive", "region"),
        ("adaptive", "regional_clients"),
    ],
    ids="-".join,
)
def pair(request: pytest.FixtureRequest, server: Recorder) -> Iterator[Pair]:
    mode, way = request.param
    config = None if way == "regional_clients" else Config(retries={"mode": mode})
    with pytest.MonkeyPatch.context() as patch:
        clean_environment(patch)
        with Pair.of(way, Settings("us-east-1", server.url, config), server) as pair:
            yield pair


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.usefixtures("no_pauses")
def test_call_with_any_fault_ends_as_with_boto3(pair: Pair, fault: str) -> None:
    found = differences(pair.way, *pair.play(CREATE, FAULTS[fault]))
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("reply", UNREADABLE)
@pytest.mark.usefixtures("no_pauses")
def test_unreadable_success_raises_after_as_many_requests_as_boto3(pair: Pair, reply: str) -> None:
    actual, expected = pair.play(CREATE, [UNREADABLE[reply], GOOD])
    # Some versions of botocore detect a truncated body, and send again.
    if expected["number of requests"] == 1:
        expected["outcome"] = ("ResponseValidationError",)
    found = differences(pair.way, actual, expected)
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("way", ["region", "injected"])
@pytest.mark.usefixtures("no_pauses")
def test_missing_response_times_out_as_with_boto3(way: str, recorder: Recorder) -> None:
    config = Config(read_timeout=0.1, retries={"mode": "standard", "total_max_attempts": 2})
    with Pair.of(way, Settings("us-east-1", recorder.url, config), recorder) as pair:
        sent: list[list[str]] = [[], []]
        for boto, urls in zip(pair.botos, sent, strict=True):
            boto.meta.events.register(
                "before-send", lambda request, urls=urls, **_: urls.append(request.url)
            )
        found, expected = pair.play(CREATE, [WITHHELD] * 3)
    # Counted in the client, since the recorder may be slower.
    assert sent == [[f"{recorder.url}/"] * 2] * 2
    assert found["outcome"] == expected["outcome"] == ("ReadTimeoutError",)
    assert found["pauses"] == expected["pauses"]
