"""Clients for many regions and accounts, by boto3's own means, which it imports lazily."""

from __future__ import annotations

import os
import threading
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from lightsail_snap._endpoint import checked_permission
from lightsail_snap._transport import check_client
from lightsail_snap.client import LightsailSnapClient
from lightsail_snap.errors import ConfigurationError
from lightsail_snap.plans._base import refused
from lightsail_snap.waiters import WaitPolicy

if TYPE_CHECKING:
    from types import TracebackType

    from boto3.session import Session

# Shared by everything in this process that wants the same: botocore's adaptive mode slows a client
# down when the service throttles it, so all plans for one region must go through one client.
_made: dict[tuple[int, RegionalClients, str], LightsailSnapClient] = {}
_entered: Counter[tuple[int, RegionalClients]] = Counter()
_making = threading.Lock()


def _forget_whose_turn_it_is() -> None:
    """Make a new lock: the thread that held it while another one forked is not in the child."""
    global _making  # noqa: PLW0603 - it is this module's own
    _making = threading.Lock()


if hasattr(os, "register_at_fork"):  # pragma: no branch - Windows has no forks
    os.register_at_fork(after_in_child=_forget_whose_turn_it_is)


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
    """Gives the client of a region; the same one every time, to all threads of the process.

    Made by `regional_clients` or `assume_role_clients`. It pickles as its settings, without any
    connection or credential, and equal ones share their clients. Used as a context manager, it
    closes the clients that were made in this process, unless an equal one is still in use so.
    """

    profile_name: str | None
    endpoint_url: str | None
    max_attempts: int
    max_connections: int
    wait_policy: WaitPolicy
    role: Role | None = None
    allow_plain_http: bool = False

    def __post_init__(self) -> None:
        checked_permission(self.allow_plain_http)
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
            ConfigurationError: If boto3 refuses the settings, or requests would travel unencrypted.
        """
        # A forked process must not go on with the connections of the other.
        key = (os.getpid(), self, region_name)
        with _making:
            if key not in _made:
                _made[key] = self._make(region_name)
            return _made[key]

    def _make(self, region_name: str) -> LightsailSnapClient:
        from botocore.config import Config  # noqa: PLC0415 - only who connects needs it
        from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - likewise

        try:
            session: Any = _session(
                self.profile_name, self.role, region_name, allow_plain_http=self.allow_plain_http
            )
            config = Config(
                retries={"mode": "adaptive", "total_max_attempts": self.max_attempts},
                max_pool_connections=self.max_connections,
                # A Config without it hides AWS_DEFAULTS_MODE and the profile's defaults_mode.
                defaults_mode=session._session.get_config_variable("defaults_mode"),  # noqa: SLF001 - boto3 shows it in no other way
            )
        except (BotoCoreError, ValueError) as error:
            raise ConfigurationError(f"no session can be made: {error}") from error
        return LightsailSnapClient(
            region_name=region_name,
            endpoint_url=self.endpoint_url,
            session=session,
            config=config,
            allow_plain_http=self.allow_plain_http,
            wait_policy=self.wait_policy,
        )

    def close(self) -> None:
        """Close the clients that were made in this process; others are made when asked for."""
        with _making:
            self._close()

    def _close(self) -> None:
        for key in [key for key in _made if key[:2] == (os.getpid(), self)]:
            _made.pop(key).close()

    def __enter__(self) -> Self:
        with _making:
            _entered[os.getpid(), self] += 1
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        key = (os.getpid(), self)
        with _making:
            _entered[key] -= 1
            if not _entered[key]:
                del _entered[key]
                self._close()


def _session(
    profile_name: str | None, role: Role | None, region_name: str, *, allow_plain_http: bool
) -> Session:
    import boto3.session  # noqa: PLC0415 - only who connects needs it

    base: Any = boto3.session.Session(profile_name=profile_name)
    if role is None:
        return base  # type: ignore[no-any-return] # Any only where stubs know too little
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
    client = session.client(*arguments, **settings)
    # The answer holds credentials.
    check_client(client, allow_plain_http=allow_plain_http, service="STS")
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
    """Make clients region by region, as they are needed.

    They use botocore's adaptive retry mode: a client that is throttled slows down. All plans of a
    process share the client of a region, and so its pace.

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
