from collections.abc import Mapping
from typing import Any

class AWSPreparedRequest:
    method: str
    url: str
    headers: Mapping[str, str | bytes]
    body: bytes | str | None
    def __init__(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str | bytes],
        body: bytes | str | None,
        stream_output: bool,
        context: dict[str, Any] | None = None,
    ) -> None: ...

class AWSResponse:
    url: str
    status_code: int
    raw: Any
    def __init__(self, url: str, status_code: int, headers: Any, raw: Any) -> None: ...
    @property
    def content(self) -> bytes: ...
