"""Clients for many regions and accounts, by boto3's own means, which it imports lazily."""

from __future__ import annotations

import os
import threading
from collections import Counter
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4
from weakref import WeakValueDictionary

from typing_extensions import override

from lightsail_snap._boto.connect import check_endpoint
from lightsail_snap._boto.endpoint import check_plain_http_permission
from lightsail_snap._boto.error_mapping import configuration_error
from lightsail_snap.client import LightsailSnapClient
from lightsail_snap.errors import ConfigurationError
from lightsail_snap.models._regions import find_region_problem
from lightsail_snap.plans._base import refused
from lightsail_snap.waiters import WaitPolicy

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from boto3.session import Session

_MAX_UNPICKLED_POOLS = 32
# boto3 sessions are not thread-safe. Reentrant, because a client in the making may need STS.
_making = threading.RLock()


def _renew_lock() -> None:
    """Make a new lock: the thread that held it while another one forked is not in the child."""
    global _making  # noqa: PLW0603 - it is this module's own
    _making = threading.RLock()


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no forks
    os.register_at_fork(after_in_child=_renew_lock)


class _Pool:
    """The clients of one factory and its copies, by process and Region.

    botocore's adaptive mode slows a client down when the service throttles it, so all plans of a
    factory share its clients. No other factory shares them: it may find other credentials.
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
        """Close the clients that were made in this process, and drop its credentials."""
        process = os.getpid()
        for key in [key for key in self.clients if key[0] == process]:
            self.clients.pop(key).close()
        self.sessions.pop(process, None)


_pools: WeakValueDictionary[str, _Pool] = WeakValueDictionary()
# Unpickled factories live as long as one task; the pools of the latest ones are kept for the next.
_unpickled: dict[str, _Pool] = {}


def _unpickled_pool(key: str) -> _Pool:
    """Return the pool of a factory that is unpickled: in its own process the very same."""
    with _making:
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
        arn: Its Amazon Resource Name.
        session_name: How CloudTrail is to call it; botocore's own choice if None.
        external_id: What the role's trust policy asks for, if anything.
        endpoint_url: Another address of STS than AWS's.
    """

    arn: str
    session_name: str | None = None
    external_id: str | None = None
    endpoint_url: str | None = None


@dataclass(frozen=True, slots=True)
class RegionalClients:
    """Factory of clients by Region: the same client each time, for all threads of the process.

    Made by `regional_clients` or `assume_role_clients`. Each factory has its own clients. Its
    credentials are those that boto3 finds when the factory makes its first client in a process;
    they hold for all Regions until `close`. Another factory, also one with the same settings, finds
    its own credentials. A factory pickles as its settings, without connections and credentials; its
    copies equal it and share its clients within a process. As a context manager, it closes the
    clients that were made in this process when the last `with` block of it and its copies ends.
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
                raise refused("regional_clients", name, "must be 1 or more", "give 10", value)
        if not isinstance(self.wait_policy, WaitPolicy):
            fix = "give WaitPolicy()"  # type: ignore[unreachable] # callers without a type checker get here
            model = "regional_clients"
            raise refused(model, "wait_policy", "must be a WaitPolicy", fix, self.wait_policy)

    def __call__(self, region_name: str) -> LightsailSnapClient:
        """Give the client of a region.

        Args:
            region_name: The AWS Region, for example `us-east-1`.

        Returns:
            The client, which is closed by `close` only.

        Raises:
            ConfigurationError: If boto3 refuses the settings, the Region is not a Region, or
                requests would travel unencrypted.
        """
        # A forked process must not use the connections of its parent.
        key = (os.getpid(), region_name)
        clients = self._pool.clients
        with _making:
            if key not in clients:
                clients[key] = self._make(region_name)
            return clients[key]

    def _make(self, region_name: str) -> LightsailSnapClient:
        problem = find_region_problem("region_name", region_name)
        if problem:
            raise ConfigurationError(problem)
        from botocore.config import Config  # noqa: PLC0415 - only who connects needs it
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - likewise

        try:
            session: Any = self._session_for(region_name)
            config = Config(
                retries={"mode": "adaptive", "total_max_attempts": self.max_attempts},
                max_pool_connections=self.max_connections,
                # A Config without it hides AWS_DEFAULTS_MODE and the profile's defaults_mode.
                defaults_mode=session._session.get_config_variable("defaults_mode"),  # noqa: SLF001 - boto3 shows it in no other way
            )
        except (BotoCoreError, ValueError) as error:
            raise configuration_error(error) from error
        return LightsailSnapClient(
            region_name=region_name,
            endpoint_url=self.endpoint_url,
            session=session,
            config=config,
            allow_plain_http=self.allow_plain_http,
            wait_policy=self.wait_policy,
        )

    def _session_for(self, region_name: str) -> Session:
        import boto3.session  # noqa: PLC0415 - only who connects needs it

        sessions, process = self._pool.sessions, os.getpid()
        if process not in sessions:
            # It remembers the credentials it finds, so that all Regions have the same ones.
            sessions[process] = boto3.session.Session(profile_name=self.profile_name)
        base = sessions[process]
        if self.role is None:
            return base
        return _assumed(base, self.role, region_name, allow_plain_http=self.allow_plain_http)

    def close(self) -> None:
        """Close the clients of this process. The next call finds credentials and makes clients."""
        with _making:
            self._pool.close()

    def __enter__(self) -> Self:
        with _making:
            self._pool.entered[os.getpid()] += 1
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        process = os.getpid()
        with _making:
            self._pool.entered[process] -= 1
            if not self._pool.entered[process]:
                self._pool.close()


def _assumed(base: Session, role: Role, region_name: str, *, allow_plain_http: bool) -> Session:
    """Return a session with the credentials of a role, which `base` assumes."""
    import boto3.session  # noqa: PLC0415 - only who connects needs it
    import botocore.credentials  # noqa: PLC0415 - likewise
    import botocore.session  # noqa: PLC0415 - likewise

    source: Any = base.get_credentials()
    if source is None:
        raise ConfigurationError(f"there are no credentials to assume {role.arn} with")
    wanted = {"RoleSessionName": role.session_name, "ExternalId": role.external_id}
    fetcher = botocore.credentials.AssumeRoleCredentialFetcher(
        # STS of the very region, so that no other region can stop a backup.
        client_creator=partial(
            _client_of_sts,
            base,
            allow_plain_http,
            region_name=region_name,
            endpoint_url=role.endpoint_url,
        ),
        source_credentials=source,
        role_arn=role.arn,
        extra_args={name: value for name, value in wanted.items() if value is not None},
    )
    assumed: Any = botocore.session.get_session()
    provider: Any = _AssumedRole(fetcher.fetch_credentials)
    assumed.register_component(
        "credential_provider", botocore.credentials.CredentialResolver([provider])
    )
    return boto3.session.Session(botocore_session=assumed, region_name=region_name)


def _client_of_sts(session: Any, allow_plain_http: bool, *arguments: Any, **settings: Any) -> Any:  # noqa: ANN401, FBT001 - botocore calls it as it does a session's own
    with _making:
        client = session.client(*arguments, **settings)
    # The answer holds credentials.
    check_endpoint(client, allow_plain_http=allow_plain_http, service="STS")
    return client


class _AssumedRole:
    """A provider of credentials, as botocore wants it: refreshed before they expire."""

    METHOD = "assume-role"
    CANONICAL_NAME = None

    def __init__(self, fetch: Any) -> None:  # noqa: ANN401 - botocore's own function
        self._fetch = fetch

    def load(self) -> Any:  # noqa: ANN401 - botocore's own type
        from botocore.credentials import (  # noqa: PLC0415 - botocore is loaded by now
            DeferredRefreshableCredentials,
        )

        return DeferredRefreshableCredentials(method=self.METHOD, refresh_using=self._fetch)


def regional_clients(  # noqa: PLR0913 - keyword-only, and each has a default
    *,
    profile_name: str | None = None,
    endpoint_url: str | None = None,
    max_attempts: int = 10,
    max_connections: int = 50,
    allow_plain_http: bool = False,
    wait_policy: WaitPolicy | None = None,
) -> RegionalClients:
    """Make a factory of clients by Region.

    The clients use botocore's adaptive retry mode: a client that is throttled slows down. All plans
    that use one factory share the client of a Region, and so its pace. Another factory has its own
    clients and finds its own credentials, also if the settings are the same.

    Args:
        profile_name: The profile of the AWS configuration files. One with `role_arn` and
            `source_profile` (or `credential_source`) assumes that role: boto3 does it by itself.
        endpoint_url: Another address than AWS's, for example an emulator's.
        max_attempts: How often a call is tried at most.
        max_connections: How many connections at most each client keeps.
        allow_plain_http: Whether requests may travel unencrypted to another machine.
        wait_policy: How patiently the clients wait.

    Returns:
        A function of a region that pickles.

    Raises:
        RequestValidationError: If a setting is out of range.
        ConfigurationError: If `allow_plain_http` is no bool.
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
    """Make clients of another account, by assuming a role there.

    botocore assumes it when the first call is made, and again before the credentials expire.

    Args:
        role_arn: The Amazon Resource Name of the role.
        session_name: How CloudTrail is to call what is done; botocore's own choice if None.
        external_id: What the role's trust policy asks for, if anything.
        profile_name: The profile whose credentials may assume the role; boto3's own search if None.
        endpoint_url: Another address of Lightsail than AWS's.
        sts_endpoint_url: Another address of STS than AWS's.
        max_attempts: As for `regional_clients`.
        max_connections: As for `regional_clients`.
        allow_plain_http: Likewise; it counts for STS, too, whose answers hold credentials.
        wait_policy: As for `regional_clients`.

    Returns:
        A function of a region that pickles, without any credentials.

    Raises:
        RequestValidationError: If a setting is out of range.
        ConfigurationError: If `allow_plain_http` is no bool.
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
