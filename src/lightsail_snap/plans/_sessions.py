"""Clients for many Regions and accounts. boto3 finds and renews the credentials."""

from __future__ import annotations

import os
import threading
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Self, cast
from uuid import uuid4
from weakref import WeakValueDictionary

from typing_extensions import override

from lightsail_snap._boto.connect import check_endpoint
from lightsail_snap._boto.endpoint import check_plain_http_permission
from lightsail_snap._boto.error_mapping import configuration_error
from lightsail_snap._boto.transport import BotoTransport, ConnectionSettings
from lightsail_snap._parameters import invalid_parameter
from lightsail_snap.client import LightsailSnapClient
from lightsail_snap.errors import ConfigurationError, RequestValidationError
from lightsail_snap.models._regions import find_region_problem
from lightsail_snap.waiters import WaitPolicy

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from boto3.session import Session

_MAX_UNPICKLED_POOLS = 32
# boto3 sessions are not thread-safe. Reentrant, because creating a client may require one of STS.
_creation_lock = threading.RLock()


def _renew_lock() -> None:
    """Replace the lock: the thread that held it during a fork does not exist in the child."""
    global _creation_lock  # noqa: PLW0603 - only this module uses it
    _creation_lock = threading.RLock()


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no forks
    os.register_at_fork(after_in_child=_renew_lock)


class _Pool:
    """The clients of one factory and its copies, by process and Region.

    botocore's adaptive mode slows a client down when the service throttles it, so all plans of a
    factory share its clients. Other factories do not share them, since their credentials may
    differ.
    """

    __slots__ = ("__weakref__", "clients", "entered", "key", "sessions")

    def __init__(self, key: str | None = None) -> None:
        self.key = key or uuid4().hex
        self.clients: dict[tuple[int, str], LightsailSnapClient] = {}
        self.sessions: dict[int, Session] = {}
        self.entered: Counter[int] = Counter()
        _pools[self.key] = self

    @override
    def __reduce__(self) -> tuple[Callable[[str], _Pool], tuple[str]]:
        return _unpickled_pool, (self.key,)

    def close(self) -> None:
        """Close the clients of this process, and forget its credentials."""
        process = os.getpid()
        for key in [key for key in self.clients if key[0] == process]:
            self.clients.pop(key).close()
        self.sessions.pop(process, None)


_pools: WeakValueDictionary[str, _Pool] = WeakValueDictionary()
# An unpickled factory lives as long as one task. The latest pools are kept for the next task.
_unpickled: dict[str, _Pool] = {}


def _unpickled_pool(key: str) -> _Pool:
    """Return the pool of an unpickled factory: the existing one in the same process."""
    with _creation_lock:
        pool = _pools.get(key) or _Pool(key)
        _unpickled.pop(key, None)
        _unpickled[key] = pool
        if len(_unpickled) > _MAX_UNPICKLED_POOLS:
            del _unpickled[next(iter(_unpickled))]
        return pool


@dataclass(frozen=True, slots=True)
class Role:
    """A role to assume.

    Attributes:
        arn: The Amazon Resource Name (ARN).
        session_name: The session name in CloudTrail; None for a name of botocore.
        external_id: The external ID that the role's trust policy requires, if any.
        endpoint_url: The URL of the STS endpoint; None for that of AWS.
    """

    arn: str
    session_name: str | None = None
    external_id: str | None = None
    endpoint_url: str | None = None


@dataclass(frozen=True, slots=True)
class RegionalClients:
    """Function of a Region that returns its client, the same client for all threads of a process.

    Create it with `regional_clients` or `assume_role_clients`.

    1. Each factory has its own clients and credentials. boto3 finds the credentials when the
       factory creates its first client in a process. They are used for all Regions until `close`.
    2. A factory pickles as its settings, without connections and credentials. Its copies equal it
       and share its clients within a process.
    3. As a context manager, it closes the clients of this process when the last `with` block of it
       and its copies ends.
    """

    profile_name: str | None
    endpoint_url: str | None
    max_attempts: int
    max_connections: int
    wait_policy: WaitPolicy
    role: Role | None = None
    allow_plain_http: bool = False
    _pool: _Pool = field(default_factory=_Pool, init=False, repr=False)

    def __post_init__(self) -> None:
        check_plain_http_permission(self.allow_plain_http)
        for name in ("max_attempts", "max_connections"):
            value = getattr(self, name)
            if type(value) is not int or value < 1:
                raise _invalid(name, "must be 1 or more", f"pass {name}=10", value)
        if not isinstance(self.wait_policy, WaitPolicy):
            fix = "pass WaitPolicy()"  # type: ignore[unreachable] # callers without a type checker get here
            raise _invalid("wait_policy", "must be a WaitPolicy", fix, self.wait_policy)

    def __call__(self, region_name: str) -> LightsailSnapClient:
        """Return the client of a Region.

        Args:
            region_name: The AWS Region, for example `us-east-1`.

        Returns:
            The client. Close it with `close` of the factory.

        Raises:
            ConfigurationError: If boto3 rejects the settings, the Region is invalid, or requests
                would be sent unencrypted.
        """
        # A forked process must not use its parent's connections.
        key = (os.getpid(), region_name)
        clients = self._pool.clients
        with _creation_lock:
            if key not in clients:
                clients[key] = self._create(region_name)
            return clients[key]

    def _create(self, region_name: str) -> LightsailSnapClient:
        problem = find_region_problem("region_name", region_name)
        if problem:
            raise ConfigurationError(problem)
        from botocore.config import Config  # noqa: PLC0415 - boto3 is loaded only to connect
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - likewise

        try:
            session: Any = self._session_for(region_name)
            config = Config(
                retries={"mode": "adaptive", "total_max_attempts": self.max_attempts},
                max_pool_connections=self.max_connections,
                # A Config without it hides AWS_DEFAULTS_MODE and the profile's defaults_mode.
                defaults_mode=session._session.get_config_variable("defaults_mode"),  # noqa: SLF001 - boto3 has no public access to it
            )
        except (BotoCoreError, ValueError) as error:
            raise configuration_error(error) from error
        client = LightsailSnapClient(
            region_name=region_name,
            endpoint_url=self.endpoint_url,
            session=session,
            config=config,
            allow_plain_http=self.allow_plain_http,
            wait_policy=self.wait_policy,
        )
        if self.role is None:
            # Retries and connections do not matter to another process.
            cast("BotoTransport", client._transport).settings = ConnectionSettings(  # noqa: SLF001 - the client of this package
                region_name, self.profile_name, self.endpoint_url, self.allow_plain_http
            )
        return client

    def _session_for(self, region_name: str) -> Session:
        import boto3.session  # noqa: PLC0415 - boto3 is loaded only to connect

        sessions, process = self._pool.sessions, os.getpid()
        if process not in sessions:
            # A session caches its credentials, so that all Regions use the same ones.
            sessions[process] = boto3.session.Session(profile_name=self.profile_name)
        base = sessions[process]
        if self.role is None:
            return base
        return _assumed(base, self.role, region_name, allow_plain_http=self.allow_plain_http)

    def close(self) -> None:
        """Close the clients of this process. The next call finds credentials again."""
        with _creation_lock:
            self._pool.close()

    def __enter__(self) -> Self:
        with _creation_lock:
            self._pool.entered[os.getpid()] += 1
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        process = os.getpid()
        with _creation_lock:
            self._pool.entered[process] -= 1
            if not self._pool.entered[process]:
                self._pool.close()


def _assumed(base: Session, role: Role, region_name: str, *, allow_plain_http: bool) -> Session:
    """Return a session with the credentials of a role, which `base` assumes."""
    import boto3.session  # noqa: PLC0415 - boto3 is loaded only to connect
    import botocore.credentials  # noqa: PLC0415 - likewise
    import botocore.session  # noqa: PLC0415 - likewise

    source: Any = base.get_credentials()
    if source is None:
        raise ConfigurationError(
            f"no credentials to assume the role {role.arn}; configure credentials or a profile"
        )
    settings = {"RoleSessionName": role.session_name, "ExternalId": role.external_id}
    fetcher = botocore.credentials.AssumeRoleCredentialFetcher(
        # STS of the same Region, so that an outage of another Region does not stop a backup.
        client_creator=partial(
            _sts_client,
            base,
            allow_plain_http,
            region_name=region_name,
            endpoint_url=role.endpoint_url,
        ),
        source_credentials=source,
        role_arn=role.arn,
        extra_args={name: value for name, value in settings.items() if value is not None},
    )
    assumed: Any = botocore.session.get_session()
    provider: Any = _AssumedRole(fetcher.fetch_credentials)
    assumed.register_component(
        "credential_provider", botocore.credentials.CredentialResolver([provider])
    )
    return boto3.session.Session(botocore_session=assumed, region_name=region_name)


def _sts_client(session: Any, allow_plain_http: bool, *arguments: Any, **settings: Any) -> Any:  # noqa: ANN401, FBT001 - the signature that botocore calls
    with _creation_lock:
        client = session.client(*arguments, **settings)
    # The response contains credentials.
    check_endpoint(client, allow_plain_http=allow_plain_http, service="STS")
    return client


class _AssumedRole:
    """Credential provider of botocore whose credentials are refreshed before they expire."""

    METHOD = "assume-role"
    CANONICAL_NAME = None

    def __init__(self, fetch: Any) -> None:  # noqa: ANN401 - botocore's own function
        self._fetch = fetch

    def load(self) -> Any:  # noqa: ANN401 - botocore's own type
        from botocore.credentials import (  # noqa: PLC0415 - botocore is loaded by now
            DeferredRefreshableCredentials,
        )

        return DeferredRefreshableCredentials(method=self.METHOD, refresh_using=self._fetch)


def _invalid(name: str, rule: str, fix: str, value: object) -> RequestValidationError:
    return invalid_parameter(name, rule, fix, value, model="regional_clients")


def regional_clients(  # noqa: PLR0913 - keyword-only, and each has a default
    *,
    profile_name: str | None = None,
    endpoint_url: str | None = None,
    max_attempts: int = 10,
    max_connections: int = 50,
    allow_plain_http: bool = False,
    wait_policy: WaitPolicy | None = None,
) -> RegionalClients:
    """Create a factory of clients by Region.

    The clients use botocore's adaptive retry mode, which slows a client down when it is throttled.
    All plans that use one factory share the client of a Region, and thus its rate. Every factory
    has its own clients and finds its own credentials, even with the same settings.

    Args:
        profile_name: Profile of the AWS configuration files; None for boto3's default. With
            `role_arn` and `source_profile` (or `credential_source`), boto3 assumes that role.
        endpoint_url: URL of the endpoint, for example of the emulator; None for that of AWS.
        max_attempts: Greatest number of attempts of a call; 1 or more.
        max_connections: Greatest number of connections of each client; 1 or more.
        allow_plain_http: Whether requests to other machines may be sent unencrypted.
        wait_policy: Policy of the clients for waiting; None for `WaitPolicy()`.

    Returns:
        A function of a Region that returns its client. It can be pickled.

    Raises:
        RequestValidationError: If a setting is out of range.
        ConfigurationError: If `allow_plain_http` is not a bool.
    """
    policy = WaitPolicy() if wait_policy is None else wait_policy
    return RegionalClients(
        profile_name,
        endpoint_url,
        max_attempts,
        max_connections,
        policy,
        allow_plain_http=allow_plain_http,
    )


def assume_role_clients(  # noqa: PLR0913 - keyword-only, and each has a default
    role_arn: str,
    *,
    session_name: str | None = None,
    external_id: str | None = None,
    profile_name: str | None = None,
    endpoint_url: str | None = None,
    sts_endpoint_url: str | None = None,
    max_attempts: int = 10,
    max_connections: int = 50,
    allow_plain_http: bool = False,
    wait_policy: WaitPolicy | None = None,
) -> RegionalClients:
    """Create a factory of clients in another account, by assuming a role there.

    botocore assumes the role for the first call, and again before the credentials expire.

    Args:
        role_arn: Amazon Resource Name (ARN) of the role.
        session_name: Session name in CloudTrail; None for a name of botocore.
        external_id: External ID that the role's trust policy requires, if any.
        profile_name: Profile whose credentials may assume the role; None for boto3's default.
        endpoint_url: URL of the Lightsail endpoint; None for that of AWS.
        sts_endpoint_url: URL of the STS endpoint; None for that of AWS.
        max_attempts: As in `regional_clients`.
        max_connections: As in `regional_clients`.
        allow_plain_http: As in `regional_clients`. It also applies to STS, whose responses contain
            credentials.
        wait_policy: As in `regional_clients`.

    Returns:
        A function of a Region that returns its client. It can be pickled, without credentials.

    Raises:
        RequestValidationError: If a setting is out of range.
        ConfigurationError: If `allow_plain_http` is not a bool.
    """
    policy = WaitPolicy() if wait_policy is None else wait_policy
    role = Role(role_arn, session_name, external_id, sts_endpoint_url)
    return RegionalClients(
        profile_name,
        endpoint_url,
        max_attempts,
        max_connections,
        policy,
        role,
        allow_plain_http=allow_plain_http,
    )
