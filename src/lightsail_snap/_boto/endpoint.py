"""Which addresses may be spoken to without TLS. Pure: no name is looked up."""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from lightsail_snap._text import short_repr
from lightsail_snap.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

# Parsers of URLs disagree about user parts, backslashes, percent signs, white space and control
# characters, so an address with any of them proves nothing about where a connection would lead.
_PLAIN_HTTP = re.compile(
    r"http://(?:\[(?P<six>[0-9a-f:]+)\]|(?P<host>[0-9a-z.-]+))(?::[0-9]{1,5})?(?:[/?#][!-\[\]-~]*)?",
    re.IGNORECASE | re.ASCII,
)


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine by its very spelling.

    Other spellings that a resolver may read as this machine, such as 2130706433, 127.1 or
    `x.localhost`, do not count: what they mean depends on the resolver.

    Args:
        host: A name or an address, an IPv6 address without brackets.

    Returns:
        Whether it is `localhost`, in 127.0.0.0/8 or ::1.
    """
    if host.lower() in {"localhost", "localhost."}:
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        # Whether ::ffff:127.0.0.1 is loopback, too, depends on the version of Python.
        return address == ipaddress.IPv6Address("::1")
    return address.is_loopback


def is_https(url: str) -> bool:
    """Tell whether every parser takes a URL for one of HTTPS.

    Args:
        url: The URL.

    Returns:
        Whether it begins so.
    """
    return url[:8].lower() == "https://"


def stays_here(url: str) -> bool:
    """Tell whether a URL is one of plain HTTP on this machine, to every parser.

    Args:
        url: The URL.

    Returns:
        Whether its host is a loopback address.
    """
    found = _PLAIN_HTTP.fullmatch(url)
    return found is not None and is_loopback(found["six"] or found["host"])


def refuse_plain_http(
    url: str, *, proxies: Mapping[str, object], allowed: bool, service: str = "Lightsail"
) -> None:
    """Refuse an address to which requests would travel unencrypted.

    Args:
        url: Where a built client sends its requests.
        proxies: The proxies it goes through, by the scheme of what is asked for.
        allowed: Whether the caller said that it may.
        service: What is there, for the error.

    Raises:
        ConfigurationError: If it is not allowed, and neither HTTPS nor on this machine.
    """
    if allowed or is_https(url):
        return
    fix = "use https://, or pass allow_plain_http=True if the network between is trusted"
    if not stays_here(url):
        message = (
            f"{service} would be reached at {short_repr(url, 200)}, which is neither https:// nor this "
            "machine: session tokens, requests and answers could be read and altered on their "
            f"way; {fix}"
        )
        raise ConfigurationError(message)
    proxy = proxies.get("http")
    if proxy and not stays_here(str(proxy)):
        message = (
            f"{service} at {short_repr(url, 200)} would be reached through the proxy {short_repr(proxy, 200)}"
            ", unencrypted, although it is on this machine: add its host to the environment "
            "variable NO_PROXY, give Config(proxies={}), or pass allow_plain_http=True"
        )
        raise ConfigurationError(message)


def checked_permission(allowed: object) -> bool:
    """Take the parameter `allow_plain_http` as a caller gave it.

    Args:
        allowed: What was given.

    Returns:
        The same.

    Raises:
        ConfigurationError: If it is no bool: the text "no" must not mean yes.
    """
    if not isinstance(allowed, bool):
        message = f"allow_plain_http must be True or False, not {short_repr(allowed)}"
        raise ConfigurationError(message)
    return allowed
