import logging
from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit as urlsplit

from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

SIGV4_TIMESTAMP: str
SIGNED_HEADERS_BLACKLIST: list[str]
logger: logging.Logger
get_current_datetime: Callable[..., datetime]

def _host_from_url(url: str) -> str: ...

class SigV4Auth:
    credentials: ReadOnlyCredentials | None
    def __init__(
        self, credentials: ReadOnlyCredentials | None, service_name: str, region_name: str
    ) -> None: ...
    def _canonical_query_string_url(self, parts: Any) -> str: ...
    def _normalize_url_path(self, path: str) -> str: ...
    def _modify_request_before_signing(self, request: AWSRequest) -> None: ...
    def credential_scope(self, request: AWSRequest) -> str: ...
    def signature(self, string_to_sign: str, request: AWSRequest) -> str: ...
    def add_auth(self, request: AWSRequest) -> None: ...

class SigV4QueryAuth(SigV4Auth):
    def __init__(
        self,
        credentials: ReadOnlyCredentials | None,
        service_name: str,
        region_name: str,
        expires: int = 3600,
    ) -> None: ...
