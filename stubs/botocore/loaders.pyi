from typing import Any

class JSONFileLoader:
    def exists(self, file_path: str) -> bool: ...
    def load_file(self, file_path: str) -> Any: ...

class Loader:
    BUILTIN_DATA_PATH: str
    file_loader: Any
    def __init__(
        self,
        extra_search_paths: list[str] | None = None,
        file_loader: Any = None,
        cache: Any = None,
        include_default_search_paths: bool = True,
        include_default_extras: bool = True,
    ) -> None: ...
    def load_service_model(
        self, service_name: str, type_name: str, api_version: str | None = None
    ) -> dict[str, Any]: ...
    def load_data(self, name: str) -> Any: ...
    @property
    def search_paths(self) -> list[str]: ...

def create_loader(search_path_string: str | None = None) -> Loader: ...
