from typing import Any

class Shape:
    name: str
    type_name: str
    documentation: str
    metadata: dict[str, Any]

class StructureShape(Shape):
    members: dict[str, Any]
    required_members: list[str]
    error_code: str | None

class ListShape(Shape):
    member: Any

class MapShape(Shape):
    key: Any
    value: Any

class StringShape(Shape):
    enum: list[str]

class OperationModel:
    name: str
    input_shape: Any
    output_shape: Any
    error_shapes: list[StructureShape]

class ServiceModel:
    def __init__(
        self, service_description: dict[str, Any], service_name: str | None = None
    ) -> None: ...
    @property
    def service_name(self) -> str: ...
    @property
    def operation_names(self) -> list[str]: ...
    @property
    def shape_names(self) -> list[str]: ...
    def operation_model(self, operation_name: str) -> OperationModel: ...
    def shape_for(self, shape_name: str, member_traits: Any = None) -> Any: ...
