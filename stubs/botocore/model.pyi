from typing import Any

from botocore.utils import CachedProperty

class Shape:
    name: str
    type_name: str
    documentation: str
    @CachedProperty
    def metadata(self) -> dict[str, Any]: ...
    def __init__(
        self, shape_name: str, shape_model: dict[str, Any], shape_resolver: Any = None
    ) -> None: ...

class StructureShape(Shape):
    @CachedProperty
    def members(self) -> dict[str, Any]: ...
    @CachedProperty
    def required_members(self) -> list[str]: ...
    @CachedProperty
    def error_code(self) -> str | None: ...

class ListShape(Shape):
    member: Any

class MapShape(Shape):
    key: Any
    value: Any

class StringShape(Shape):
    @CachedProperty
    def enum(self) -> list[str]: ...

class OperationModel:
    @CachedProperty
    def name(self) -> str: ...
    @CachedProperty
    def input_shape(self) -> Any: ...
    @CachedProperty
    def output_shape(self) -> Any: ...
    @CachedProperty
    def error_shapes(self) -> list[StructureShape]: ...
    def __init__(
        self, operation_model: dict[str, Any], service_model: ServiceModel, name: str | None = None
    ) -> None: ...

class ServiceModel:
    def __init__(
        self, service_description: dict[str, Any], service_name: str | None = None
    ) -> None: ...
    @CachedProperty
    def service_name(self) -> str: ...
    @CachedProperty
    def operation_names(self) -> list[str]: ...
    def operation_model(self, operation_name: str) -> OperationModel: ...
    def shape_for(self, shape_name: str, member_traits: Any = None) -> Any: ...
