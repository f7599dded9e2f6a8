from collections.abc import Mapping
from typing import Any

from botocore.config import Config
from botocore.credentials import Credentials
from botocore.model import ServiceModel

class Session:
    user_agent_name: str
    user_agent_version: str
    user_agent_extra: str
    SESSION_VARIABLES: dict[str, tuple[str | None, str | list[str] | None, Any, Any]]
    def __init__(
        self,
        session_vars: Mapping[str, Any] | None = None,
        event_hooks: Any = None,
        include_builtin_handlers: bool = True,
        profile: str | None = None,
    ) -> None: ...
    def get_component(self, name: str) -> Any: ...
    def get_config_variable(self, logical_name: str, methods: Any = None) -> Any: ...
    def get_credentials(self) -> Credentials | None: ...
    def set_credentials(
        self,
        access_key: str,
        secret_key: str,
        token: str | None = None,
        account_id: str | None = None,
    ) -> None: ...
    def get_default_client_config(self) -> Config | None: ...
    def create_client(
        self,
        service_name: str,
        region_name: str | None = None,
        api_version: str | None = None,
        use_ssl: bool = True,
        verify: bool | str | None = None,
        endpoint_url: str | None = None,
        aws_access_key_id: str | None = None,
        aws_secret_access_key: str | None = None,
        aws_session_token: str | None = None,
        config: Any = None,
        aws_account_id: str | None = None,
    ) -> Any: ...
    def get_service_model(
        self, service_name: str, api_version: str | None = None
    ) -> ServiceModel: ...
    def register_component(self, name: str, component: Any) -> None: ...

def get_session(env_vars: Mapping[str, Any] | None = None) -> Session: ...
