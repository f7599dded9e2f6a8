from typing import Any

class Config:
    user_agent_extra: str | None
    read_timeout: float
    retries: Any
    proxies: dict[str, str] | None
    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
    def merge(self, other_config: Config) -> Config: ...
