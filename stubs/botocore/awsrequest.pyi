from typing import Any

class AWSResponse:
    url: str
    status_code: int
    raw: Any
    def __init__(self, url: str, status_code: int, headers: Any, raw: Any) -> None: ...
    @property
    def content(self) -> bytes: ...
