"""The part of FastAPI that the service uses, so that FastAPI need not be installed."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, Protocol, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")


class Router(Protocol):
    """`fastapi.APIRouter`: the return annotation of a handler is its response model."""

    def get(self, path: str, /) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]: ...

    def post(
        self, path: str, /, *, status_code: int
    ) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]: ...

    def delete(self, path: str, /) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]: ...


class HTTPError(Exception):
    """`fastapi.HTTPException`."""

    def __init__(self, status_code: int, detail: str) -> None:
        super().__init__(detail)
        self.status_code = status_code
        self.detail = detail
