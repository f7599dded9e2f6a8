"""A call ends as it does with plain boto3, after as many attempts and equal pauses."""

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

# After a script has been played, the server replies `{}` for ever.
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
    "refused with a type of the future": [error(400, "lightsail#FutureException")],
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
    "no JSON": Reply(body=b'{"operations": ['),
    "cut off": Reply(body=CREATE.body[:9], declared_length=len(CREATE.body)),
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
def test_outcome_of_any_fault_equals_boto3(pair: Pair, fault: str) -> None:
    found = differences(pair.way, *pair.play(CREATE, FAULTS[fault]))
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("reply", UNREADABLE)
@pytest.mark.usefixtures("no_pauses")
def test_unreadable_success_is_an_error_and_sent_as_often_as_by_boto3(
    pair: Pair, reply: str
) -> None:
    ours, theirs = pair.play(CREATE, [UNREADABLE[reply], GOOD])
    # Some versions of botocore notice that a body is cut off, and send again.
    if theirs["number of requests"] == 1:
        theirs["outcome"] = ("ResponseValidationError",)
    found = differences(pair.way, ours, theirs)
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("way", ["region", "injected"])
@pytest.mark.usefixtures("no_pauses")
def test_responses_that_never_come_are_given_up_as_by_boto3(way: str, recorder: Recorder) -> None:
    config = Config(read_timeout=0.1, retries={"mode": "standard", "total_max_attempts": 2})
    with Pair.of(way, Settings("us-east-1", recorder.url, config), recorder) as pair:
        sent: list[list[str]] = [[], []]
        for boto, urls in zip(pair.botos, sent, strict=True):
            boto.meta.events.register(
                "before-send", lambda request, urls=urls, **_: urls.append(request.url)
            )
        ours, theirs = pair.play(CREATE, [WITHHELD] * 3)
    # The recorder may be slower than the client, so the requests are counted where they are sent.
    assert sent == [[f"{recorder.url}/"] * 2] * 2
    assert ours["outcome"] == theirs["outcome"] == ("ReadTimeoutError",)
    assert ours["pauses"] == theirs["pauses"]
