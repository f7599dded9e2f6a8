from collections.abc import Callable
from typing import Any, Generic, Self, TypeVar, overload

_T_co = TypeVar("_T_co", covariant=True)

class CachedProperty(Generic[_T_co]):
    def __init__(self, fget: Callable[[Any], _T_co]) -> None: ...
    @overload
    def __get__(self, obj: None, cls: type) -> Self: ...
    @overload
    def __get__(self, obj: object, cls: type) -> _T_co: ...
