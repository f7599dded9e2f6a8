from typing import Any

REGISTER_FIRST: object
REGISTER_LAST: object
BUILTIN_HANDLERS: list[tuple[Any, ...]]
