from typing import Any

UNSIGNED: Any
__version__: str
