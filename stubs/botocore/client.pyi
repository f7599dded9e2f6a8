from botocore.hooks import BaseEventHooks
from botocore.model import ServiceModel

class ClientMeta:
    events: BaseEventHooks
    method_to_api_mapping: dict[str, str]
    @property
    def service_model(self) -> ServiceModel: ...
    @property
    def region_name(self) -> str: ...

class BaseClient:
    meta: ClientMeta
    def close(self) -> None: ...
