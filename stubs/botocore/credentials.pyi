from collections.abc import Callable, Mapping, Sequence
from typing import Any

class Credentials:
    method: str
    def __init__(
        self,
        access_key: str,
        secret_key: str,
        token: str | None = None,
        method: str | None = None,
        account_id: str | None = None,
    ) -> None: ...

class RefreshableCredentials(Credentials):
    def __init__(
        self,
        access_key: str,
        secret_key: str,
        token: str | None,
        expiry_time: Any,
        refresh_using: Callable[[], Mapping[str, Any]],
        method: str,
        time_fetcher: Callable[[], Any] = ...,
        advisory_timeout: int | None = None,
        mandatory_timeout: int | None = None,
        account_id: str | None = None,
    ) -> None: ...

class DeferredRefreshableCredentials(RefreshableCredentials):
    def __init__(
        self,
        refresh_using: Callable[[], Mapping[str, Any]],
        method: str,
        time_fetcher: Callable[[], Any] = ...,
    ) -> None: ...

class AssumeRoleCredentialFetcher:
    def __init__(
        self,
        client_creator: Callable[..., Any],
        source_credentials: Credentials,
        role_arn: str,
        extra_args: Mapping[str, Any] | None = None,
        mfa_prompter: Callable[[str], str] | None = None,
        cache: Any = None,
        expiry_window_seconds: int | None = None,
    ) -> None: ...
    def fetch_credentials(self) -> dict[str, Any]: ...

class CredentialResolver:
    def __init__(self, providers: Sequence[Any]) -> None: ...
