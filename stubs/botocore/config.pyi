from typing import Any

class Config:
    user_agent: str | None
    user_agent_extra: str | None
    user_agent_appid: str | None
    read_timeout: float
    retries: Any
    parameter_validation: bool
    proxies: dict[str, str] | None
    def __init__(self, *args: Any, **kwargs: Any) -> None: ...
    def merge(self, other_config: Config) -> Config: ...
