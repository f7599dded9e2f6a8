from typing import Any

UNSIGNED: Any
