from typing import Any

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
    def method_to_api_mapping(self) -> dict[str, str]: ...
    @property
    def service_model(self) -> ServiceModel: ...
    @property
    def region_name(self) -> str: ...

class BaseClient:
    meta: ClientMeta
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
    def close(self) -> None: ...
