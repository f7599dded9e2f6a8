from typing import Any

from botocore.config import Config
from botocore.hooks import BaseEventHooks
from botocore.model import ServiceModel

class ClientMeta:
    events: BaseEventHooks
    def __init__(
        self,
        events: BaseEventHooks,
        client_config: Any,
        endpoint_url: str,
        service_model: ServiceModel,
        method_to_api_mapping: dict[str, str],
        partition: str,
    ) -> None: ...
    @property
    def config(self) -> Config: ...
    @property
    def method_to_api_mapping(self) -> dict[str, str]: ...
    @property
    def service_model(self) -> ServiceModel: ...
    @property
    def region_name(self) -> str: ...
    @property
    def endpoint_url(self) -> str: ...

class BaseClient:
    meta: ClientMeta
    _endpoint: Any
    _ruleset_resolver: Any
    def __init__(
        self,
        serializer: Any,
        endpoint: Any,
        response_parser: Any,
        event_emitter: BaseEventHooks,
        request_signer: Any,
        service_model: ServiceModel,
        loader: Any,
        client_config: Any,
        partition: str,
        exceptions_factory: Any,
        endpoint_ruleset_resolver: Any = None,
        user_agent_creator: Any = None,
    ) -> None: ...
    def _make_api_call(self, operation_name: str, api_params: dict[str, Any]) -> Any: ...
    def close(self) -> None: ...
