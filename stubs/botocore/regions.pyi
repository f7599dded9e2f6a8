from collections.abc import Mapping
from typing import Any

class EndpointResolver:
    def __init__(
        self, endpoint_data: Mapping[str, Any], uses_builtin_data: bool = False
    ) -> None: ...
    def construct_endpoint(
        self,
        service_name: str,
        region_name: str | None = None,
        partition_name: str | None = None,
        use_dualstack_endpoint: bool = False,
        use_fips_endpoint: bool = False,
    ) -> dict[str, Any] | None: ...

class EndpointRulesetResolver:
    def __init__(
        self,
        endpoint_ruleset_data: Mapping[str, Any],
        partition_data: Mapping[str, Any],
        service_model: Any,
        builtins: Mapping[str, Any],
        client_context: Any,
        event_emitter: Any,
        use_ssl: bool = True,
        requested_auth_scheme: Any = None,
        auth_scheme_preference: Any = None,
    ) -> None: ...
