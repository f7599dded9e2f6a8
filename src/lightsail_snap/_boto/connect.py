"""From the settings of a client to a boto3 client and a transport."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from lightsail_snap._boto.endpoint import check_plain_http_permission, refuse_plain_http
from lightsail_snap._boto.error_mapping import configuration_error
from lightsail_snap._boto.transport import BotoTransport, ConnectionSettings
from lightsail_snap.clock import Clock, SystemClock
from lightsail_snap.errors import ConfigurationError
from lightsail_snap.models._regions import find_region_problem
from lightsail_snap.waiters import WaitPolicy

if TYPE_CHECKING:
    from botocore.client import BaseClient

    from lightsail_snap.transport import Boto3Client, Boto3Session, Transport

_CLOCK_METHODS = ("time", "monotonic", "sleep")


@dataclass(frozen=True, slots=True)
class Connection:
    """Parts of a client that its settings determine."""

    transport: Transport
    wait_policy: WaitPolicy
    clock: Clock


def connect(  # noqa: PLR0913 - the parameters of a client
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
    """Check the settings of a client, and create the transport that they describe."""
    check_plain_http_permission(allow_plain_http)
    _check_combination(
        {"boto3_client": boto3_client, "transport": transport},
        {
            "region_name": region_name,
            "profile_name": profile_name,
            "endpoint_url": endpoint_url,
            "session": session,
            "config": config,
        },
        allow_plain_http=allow_plain_http,
    )
    if not isinstance(wait_policy, WaitPolicy | None):
        message = f"wait_policy must be a WaitPolicy, not {type(wait_policy).__name__}"  # type: ignore[unreachable] # reached by callers without a type checker
        raise ConfigurationError(message)
    if clock is not None and not all(callable(getattr(clock, x, None)) for x in _CLOCK_METHODS):
        methods = ", ".join(_CLOCK_METHODS)
        message = f"clock must have the methods {methods}, unlike {type(clock).__name__}"
        raise ConfigurationError(message)
    if transport is None and boto3_client is None:
        boto = create_client(
            region_name=region_name,
            profile_name=profile_name,
            endpoint_url=endpoint_url,
            session=session,
            config=config,
        )
        check_endpoint(boto, allow_plain_http=allow_plain_http)
        known = None
        if session is None and config is None:
            region: str = boto.meta.region_name
            known = ConnectionSettings(region, profile_name, endpoint_url, allow_plain_http)
        transport = BotoTransport(boto, is_owner=True, settings=known)
    elif transport is None:
        boto = _check_service(boto3_client)
        _check_region("the Region of the boto3 client", boto.meta.region_name)
        check_endpoint(boto, allow_plain_http=allow_plain_http)
        transport = BotoTransport(boto)
    return Connection(
        transport, wait_policy or WaitPolicy(), SystemClock() if clock is None else clock
    )


def _check_combination(
    ready: dict[str, object], settings: dict[str, object], *, allow_plain_http: bool
) -> None:
    if allow_plain_http and ready["transport"] is not None:
        message = (
            "transport, allow_plain_http contradict each other; allow_plain_http applies to boto3 "
            "clients only"
        )
        raise ConfigurationError(message)
    if settings["session"] is not None and settings["profile_name"] is not None:
        message = (
            "session, profile_name contradict each other; pass a session that uses the profile"
        )
        raise ConfigurationError(message)
    given = [name for name, value in (ready | settings).items() if value is not None]
    if len(given) > 1 and not settings.keys() >= set(given):
        message = (
            f"{', '.join(given)} contradict each other; pass either boto3_client, transport or "
            "settings for a new boto3 client"
        )
        raise ConfigurationError(message)


def create_client(
    *,
    region_name: str | None,
    profile_name: str | None,
    endpoint_url: str | None,
    session: Boto3Session | None,
    config: object,
) -> BaseClient:
    """Create a boto3 Lightsail client, and check its Region."""
    # Imported here, since importing this library must not import botocore.
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - see above
    from botocore.session import Session  # noqa: PLC0415 - see above

    from lightsail_snap._boto.sessions import create_boto_client, find_region  # noqa: PLC0415 - see above

    settings = {"region_name": region_name, "endpoint_url": endpoint_url, "config": config}
    setting = _region_setting(region_name, config)
    try:
        created: object = (
            create_boto_client(profile_name, **settings)
            if session is None
            else session.client("lightsail", **settings)
        )
    except (BotoCoreError, ValueError, TypeError, AttributeError) as error:
        if isinstance(error, ValueError):
            # boto3 refuses some invalid Regions with a message about host names.
            own = Session(profile=profile_name) if session is None else session
            _check_region(setting, find_region(settings, own), cause=error)
        raise configuration_error(error) from error
    client = _check_service(created)
    # The Region of the client, since boto3 resolves names such as fips-us-east-1.
    _check_region(setting, client.meta.region_name)
    return client


def create_client_without_retries(
    *,
    region_name: str | None,
    profile_name: str | None,
    endpoint_url: str | None,
    allow_plain_http: bool,
    timeout_seconds: float,
) -> BaseClient:
    """Create a boto3 Lightsail client that tries each call once, for a limited time."""
    from botocore.config import Config  # noqa: PLC0415 - see `create_client`

    client = create_client(
        region_name=region_name,
        profile_name=profile_name,
        endpoint_url=endpoint_url,
        session=None,
        config=Config(
            connect_timeout=timeout_seconds,
            read_timeout=timeout_seconds,
            retries={"total_max_attempts": 1},
        ),
    )
    check_endpoint(client, allow_plain_http=allow_plain_http)
    return client


def find_configured_region(profile_name: str | None) -> str | None:
    """Return the Region of the environment or the profile; None if there is none."""
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - see `create_client`
    from botocore.session import Session  # noqa: PLC0415 - see `create_client`

    try:
        found = Session(profile=profile_name).get_config_variable("region")
    except BotoCoreError:
        # The profile or a file is invalid, which a client reports.
        return None
    return found if isinstance(found, str) else None


def _check_service(client: object) -> BaseClient:
    model = getattr(getattr(client, "meta", None), "service_model", None)
    service = getattr(model, "service_name", None)
    if service != "lightsail":
        message = (
            f"expected a boto3 Lightsail client, not {service or type(client).__name__!r}; "
            'pass boto3.client("lightsail")'
        )
        raise ConfigurationError(message)
    return cast("BaseClient", client)


def _region_setting(region_name: object, config: object) -> str:
    """Return the setting that determines the Region, in boto3's order."""
    if region_name is not None:
        return "region_name"
    if getattr(config, "region_name", None) is not None:
        return "region_name of the Config"
    return "the Region (of AWS_DEFAULT_REGION, the profile or the session)"


def _check_region(setting: str, value: object, cause: Exception | None = None) -> None:
    problem = None if value is None else find_region_problem(setting, value)
    if problem:
        raise ConfigurationError(problem, setting="region_name") from cause


def check_endpoint(
    client: BaseClient, *, allow_plain_http: bool, service: str = "Lightsail"
) -> None:
    """Refuse a boto3 client that would send requests unencrypted to another machine.

    The client's endpoint is the resolved one, so parameters, environment and files all count.
    """
    from botocore.utils import get_environ_proxies  # noqa: PLC0415 - loaded already, with boto3

    url, proxies = client.meta.endpoint_url, client.meta.config.proxies
    # As in botocore: the proxies of the client's configuration, else those of the environment.
    found = get_environ_proxies(url) if proxies is None else proxies
    refuse_plain_http(url, proxies=found, allowed=allow_plain_http, service=service)


def find_credentials_source(profile_name: str | None) -> str | None:
    """Return botocore's name for the place of the credentials, such as `env`, without reading them.

    Return None if there are no credentials. Raise a ConfigurationError if the lookup fails, for
    example because the profile does not exist.
    """
    from botocore.exceptions import BotoCoreError  # noqa: PLC0415 - must not be loaded at start-up
    from botocore.session import Session  # noqa: PLC0415 - must not be loaded at start-up

    try:
        credentials = Session(profile=profile_name).get_credentials()
    except BotoCoreError as error:
        raise configuration_error(error) from error
    return None if credentials is None else credentials.method
