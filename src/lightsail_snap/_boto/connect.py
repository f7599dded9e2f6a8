"""How a client, sync or async, finds its transport, patience and clock."""

from __future__ import annotations

from dataclasses import dataclass

from lightsail_snap._boto.endpoint import checked_permission
from lightsail_snap._boto.transport import Boto3Client, Boto3Session, BotoTransport, Transport
from lightsail_snap.clock import Clock, SystemClock
from lightsail_snap.errors import ConfigurationError
from lightsail_snap.waiters import WaitPolicy


@dataclass(frozen=True, slots=True)
class Connection:
    """What a client works with."""

    transport: Transport
    wait_policy: WaitPolicy
    clock: Clock


def connect(  # noqa: PLR0913 - each names one thing about the connection
    boto3_client: Boto3Client | None,
    *,
    region_name: str | None,
    profile_name: str | None,
    endpoint_url: str | None,
    session: Boto3Session | None,
    config: object,
    transport: Transport | None,
    allow_plain_http: bool,
    wait_policy: WaitPolicy | None,
    clock: Clock | None,
) -> Connection:
    """Settle what a client works with.

    Args:
        boto3_client: An existing boto3 Lightsail client.
        region_name: The AWS Region.
        profile_name: The profile of the AWS configuration files.
        endpoint_url: Another address than AWS's.
        session: The boto3 session to make the client with.
        config: A `botocore.config.Config`.
        transport: Another way to Lightsail than boto3.
        allow_plain_http: Whether requests may travel unencrypted to another machine.
        wait_policy: How patiently to wait.
        clock: What tells the time.

    Returns:
        The connection.

    Raises:
        ConfigurationError: If the settings contradict each other, boto3 refuses them, or requests
            would travel unencrypted.
    """
    settings = {
        "region_name": region_name,
        "profile_name": profile_name,
        "endpoint_url": endpoint_url,
        "session": session,
        "config": config,
    }
    ways = {"boto3_client": boto3_client, "transport": transport}
    if checked_permission(allow_plain_http) and transport is not None:
        # It would say nothing about what a transport of somebody else's does.
        message = "transport, allow_plain_http contradict each other; give one of them"
        raise ConfigurationError(message)
    given = [name for name, value in (ways | settings).items() if value is not None]
    if session is not None and profile_name is not None:
        message = "session and profile_name contradict each other; the session has its profile"
        raise ConfigurationError(message)
    if len(given) > 1 and not settings.keys() >= set(given):
        message = f"{', '.join(given)} contradict each other; give one of them"
        raise ConfigurationError(message)
    if not isinstance(wait_policy, WaitPolicy | None):
        message = f"wait_policy must be a WaitPolicy, not {type(wait_policy).__name__}"  # type: ignore[unreachable] # callers without a type checker get here
        raise ConfigurationError(message)
    if clock is not None and not all(
        callable(getattr(clock, name, None)) for name in ("time", "monotonic", "sleep")
    ):
        message = f"clock must tell the time and let it pass, unlike {type(clock).__name__}"
        raise ConfigurationError(message)
    if transport is None:
        transport = (
            BotoTransport(boto3_client, allow_plain_http=allow_plain_http)
            if boto3_client is not None
            else BotoTransport.connect(
                region_name=region_name,
                profile_name=profile_name,
                endpoint_url=endpoint_url,
                session=session,
                config=config,
                allow_plain_http=allow_plain_http,
            )
        )
    return Connection(
        transport, wait_policy or WaitPolicy(), SystemClock() if clock is None else clock
    )
