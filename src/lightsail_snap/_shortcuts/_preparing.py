"""Makes a request ready for the network without writing its headers down three times."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSPreparedRequest, AWSRequest, AWSRequestPreparer, HeadersDict

from lightsail_snap._shortcuts._guard import expect

if TYPE_CHECKING:
    from botocore.client import BaseClient

# Either says how long a body is.
_LENGTHS = frozenset({"transfer-encoding", "content-length"})


def prepare_quickly(client: BaseClient) -> None:
    """Have a client make plain requests ready in one pass over their headers.

    Args:
        client: The boto3 client.
    """
    endpoint: Any = client._endpoint  # noqa: SLF001 - guarded by the caller
    stock: Callable[[AWSRequest], AWSPreparedRequest] = endpoint.prepare_request
    expect(AWSRequest._REQUEST_PREPARER_CLS is AWSRequestPreparer)  # noqa: SLF001 - likewise

    def prepare_request(request: AWSRequest) -> AWSPreparedRequest:
        if type(request) is not AWSRequest or not _is_plain(request):
            return stock(request)
        written = request.headers.items()
        headers, is_measured = HeadersDict(), False
        for name, value in written:
            is_measured = is_measured or name.lower() in _LENGTHS
            headers[name] = value.encode() if isinstance(value, str) else value
        if len(headers) != len(written):
            # Which of two headers of the same name counts is botocore's to say.
            return stock(request)
        body = request.data
        if not is_measured:
            headers["Content-Length"] = str(len(body))
        return AWSPreparedRequest(
            request.method, request.url, headers, body, request.stream_output, request.context
        )

    endpoint.prepare_request = prepare_request


def _is_plain(request: AWSRequest) -> bool:
    return (
        request.method == "POST"
        and type(request.data) is bytes
        and bool(request.data)
        and not request.params
    )
