from types import TracebackType
from typing import Any, Self

class Stubber:
    def __init__(self, client: Any) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        exception_type: type[BaseException] | None,
        exception_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
    def assert_no_pending_responses(self) -> None: ...
    def add_response(
        self,
        method: str,
        service_response: dict[str, Any],
        expected_params: dict[str, Any] | None = None,
    ) -> None: ...
    def add_client_error(
        self,
        method: str,
        service_error_code: str = "",
        service_message: str = "",
        http_status_code: int = 400,
        service_error_meta: dict[str, Any] | None = None,
        expected_params: dict[str, Any] | None = None,
        response_meta: dict[str, Any] | None = None,
        modeled_fields: dict[str, Any] | None = None,
    ) -> None: ...
