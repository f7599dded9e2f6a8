from typing import Any, Self

class UserAgentString:
    def __init__(
        self,
        platform_name: str,
        platform_version: str,
        platform_machine: str,
        python_version: str,
        python_implementation: str,
        execution_env: str | None,
        crt_version: str | None = None,
    ) -> None: ...
    @classmethod
    def from_environment(cls) -> Self: ...
    def to_string(self) -> str: ...
    def rebuild_and_replace_user_agent_handler(
        self, operation_name: str, request: Any, **kwargs: Any
    ) -> None: ...
