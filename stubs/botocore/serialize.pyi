from typing import Any

from botocore.model import OperationModel

class Serializer:
    def __init__(self, timestamp_precision: str = "default") -> None: ...
    def serialize_to_request(
        self, parameters: Any, operation_model: OperationModel
    ) -> dict[str, Any]: ...

class JSONSerializer(Serializer): ...
