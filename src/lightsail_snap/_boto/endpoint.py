"""Checks that requests travel encrypted, or stay on this machine. Names are never resolved."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from lightsail_snap._text import short_repr
from lightsail_snap.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

# URL parsers disagree about user parts, backslashes, percent signs, white space and control
# characters, so a URL with any of them does not prove where a connection would lead.
_PLAIN_HTTP = re.compile(
    r"http://(?:\[(?P<ipv6>[0-9a-f:]+)\]|(?P<host>[0-9a-z.-]+))(?::[0-9]{1,5})?(?:[/?#][!-\[\]-~]*)?",
    re.IGNORECASE | re.ASCII,
)


def is_loopback(host: str) -> bool:
    """Return whether a host is `localhost`, in 127.0.0.0/8 or ::1, without brackets.

    Other spellings, such as 2130706433, 127.1 or `x.localhost`, do not count, since their meaning
    depends on the resolver.
    """
    if host.lower() in {"localhost", "localhost."}:
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        # Not is_loopback: for ::ffff:127.0.0.1 it depends on the version of Python.
        return address == ipaddress.IPv6Address("::1")
    return address.is_loopback


def is_https(url: str) -> bool:
    """Return whether every URL parser reads the scheme as HTTPS."""
    return url[:8].lower() == "https://"


def is_local_plain_http(url: str) -> bool:
    """Return whether every URL parser reads plain HTTP to a loopback address."""
    found = _PLAIN_HTTP.fullmatch(url)
    return found is not None and is_loopback(found["ipv6"] or found["host"])


def refuse_plain_http(
    url: str, *, proxies: Mapping[str, object], allowed: bool, service: str = "Lightsail"
) -> None:
    """Refuse an endpoint that requests would reach unencrypted, directly or through a proxy."""
    if allowed or is_https(url):
        return
    shown = short_repr(url, 200)
    if not is_local_plain_http(url):
        message = (
            f"the {service} endpoint {shown} is neither https:// nor on this machine: session "
            "tokens, requests and responses could be read and changed on the way"
        )
        advice = "use https://, or pass allow_plain_http=True if you trust the network"
        raise ConfigurationError(message, advice=advice, setting="endpoint_url")
    proxy = proxies.get("http")
    if proxy and not is_local_plain_http(str(proxy)):
        message = (
            f"requests to the {service} endpoint {shown} on this machine would go unencrypted "
            f"through the proxy {short_repr(proxy, 200)}"
        )
        advice = (
            "add the host of the endpoint to the environment variable NO_PROXY, pass "
            "Config(proxies={}), or pass allow_plain_http=True"
        )
        raise ConfigurationError(message, advice=advice, setting="endpoint_url")


def check_plain_http_permission(allowed: object) -> None:
    """Refuse a value of `allow_plain_http` that is not a bool: "no" must not mean yes."""
    if not isinstance(allowed, bool):
        message = f"allow_plain_http must be True or False, not {short_repr(allowed)}"
        raise ConfigurationError(message)
