from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

class HeadersDict(MutableMapping[str, Any]):
    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
    def __getitem__(self, key: str) -> Any: ...
    def __setitem__(self, key: str, value: Any) -> None: ...
    def __delitem__(self, key: str) -> None: ...
    def __iter__(self) -> Iterator[str]: ...
    def __len__(self) -> int: ...

class AWSRequest:
    method: str
    url: str
    headers: Any
    data: Any
    params: Any
    stream_output: bool
    context: dict[str, Any]
    def __init__(
        self,
        method: str | None = None,
        url: str | None = None,
        headers: Mapping[str, str] | None = None,
        data: Any = None,
        params: Mapping[str, str] | None = None,
        auth_path: str | None = None,
        stream_output: bool = False,
    ) -> None: ...
    def prepare(self) -> AWSPreparedRequest: ...

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
    headers: Any
    raw: Any
    def __init__(self, url: str, status_code: int, headers: Any, raw: Any) -> None: ...
    @property
    def content(self) -> bytes: ...
