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
    def to_string(self) -> str: ...

def register_feature_id(feature_id: str) -> None: ...
