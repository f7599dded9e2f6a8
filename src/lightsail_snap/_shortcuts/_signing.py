"""Signs a request with less repetition."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from logging import DEBUG
from typing import TYPE_CHECKING, Any

from botocore import auth
from botocore.auth import SigV4Auth
from typing_extensions import override

if TYPE_CHECKING:
    from botocore.awsrequest import AWSRequest
    from botocore.client import BaseClient


def sign_with_less(client: BaseClient) -> None:
    """Have a client sign with less repetition.

    Args:
        client: The boto3 client.
    """
    signer: Any = client._request_signer  # noqa: SLF001 - guarded by the caller
    make: Callable[..., Any] = signer.get_auth_instance
    known: dict[str, tuple[str, str, str]] = {}

    def get_auth_instance(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as botocore's
        made = make(*args, **kwargs)
        if type(made) is SigV4Auth:
            _quicken(made, known)
        return made

    signer.get_auth_instance = get_auth_instance


def _quicken(made: Any, known: dict[str, tuple[str, str, str]]) -> None:  # noqa: ANN401 - it changes its class
    made.__class__ = QuickSigV4Auth
    made.known = known


class QuickSigV4Auth(SigV4Auth):
    """Signs as botocore's `SigV4Auth` does, and does less for it.

    Attributes:
        known: Host, path and query of the last URL; all that share a client share it.
    """

    known: dict[str, tuple[str, str, str]]

    @override
    def add_auth(self, request: AWSRequest) -> None:
        # Anything but the plain requests of AWS JSON is none of our business, and whoever follows
        # botocore's log of a signature shall find it there.
        if self.credentials is None or not _is_plain(request) or auth.logger.isEnabledFor(DEBUG):
            super().add_auth(request)
            return
        now = auth.get_current_datetime().strftime(auth.SIGV4_TIMESTAMP)
        request.context["timestamp"] = now
        self._modify_request_before_signing(request)
        headers = _headers_to_sign(request)
        if headers is None:
            super().add_auth(request)
            return
        host, path, query = self._remembered(request.url)
        headers.setdefault("host", host)
        # A body that is not to be signed has got this header above.
        body = headers.get("x-amz-content-sha256") or sha256(request.data).hexdigest()
        names = sorted(headers)
        lines = "".join([f"{name}:{headers[name]}\n" for name in names])
        signed = ";".join(names)
        canonical = f"{request.method.upper()}\n{path}\n{query}\n{lines}\n{signed}\n{body}"
        digest = sha256(canonical.encode()).hexdigest()
        scope = self.credential_scope(request)
        # The key is derived for every request, for a derived key that is kept is a kept credential.
        signature = self.signature(f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{digest}", request)
        request.headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={self.credentials.access_key}/{scope}, "
            f"SignedHeaders={signed}, Signature={signature}"
        )

    def _remembered(self, url: str) -> tuple[str, str, str]:
        place = self.known.get(url)
        if place is None:
            place = self._place(url)
            # A client has one endpoint, unless a handler sends it elsewhere every time.
            self.known.clear()
            self.known[url] = place
        return place

    def _place(self, url: str) -> tuple[str, str, str]:
        parts = auth.urlsplit(url)
        path = self._normalize_url_path(parts.path)
        return auth._host_from_url(url), path, self._canonical_query_string_url(parts)  # noqa: SLF001 - what its parent uses


def _is_plain(request: AWSRequest) -> bool:
    data = request.data
    return (
        type(data) is bytes
        and bool(data)
        and not request.params
        and "checksum" not in request.context
    )


def _headers_to_sign(request: AWSRequest) -> dict[str, str] | None:
    """Gather the headers that are signed, or None if one needs more thought than the usual ones."""
    headers: dict[str, str] = {}
    for name, value in request.headers.items():
        lower = name.lower()
        if lower in auth.SIGNED_HEADERS_BLACKLIST:
            continue
        if lower in headers or type(value) is not str or not value.isascii():
            return None
        headers[lower] = " ".join(value.split())
    return headers
