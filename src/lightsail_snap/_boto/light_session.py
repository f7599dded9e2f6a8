"""Optimization: a session of botocore with only the parts that Lightsail clients need.

Imported within a fallback, since another botocore may lack what it imports.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from botocore.handlers import BUILTIN_HANDLERS, REGISTER_FIRST, REGISTER_LAST
from botocore.hooks import EventAliaser, HierarchicalEmitter
from botocore.session import Session
from botocore.useragent import UserAgentString
from typing_extensions import override

from lightsail_snap._boto.data_loading import LightLoader

if TYPE_CHECKING:
    from botocore.awsrequest import AWSRequest
    from botocore.client import BaseClient

    from lightsail_snap._boto.optimizations import Fallback

# In these Regions the endpoint is the same with and without the endpoint rules, on every supported
# botocore. It differs in isolated partitions, and for names such as aws-cn-global.
_PLAIN_REGION = re.compile(r"[a-z]{2}-[a-z]+-[0-9]+")
# Lightsail, and the services that botocore's credential providers call.
_SERVICES = frozenset({"*", "lightsail", "signin", "sso", "sso-oidc", "sts"})
# These do nothing for the operations of the shipped service model: it has no idempotency tokens,
# no operations with signatures of their own, and no endpoint discovery.
IDLE_HANDLERS: Final = {
    "before-parameter-build": "generate_idempotent_uuid",
    "choose-signer": "set_operation_specific_signer",
    "before-call": "inject_api_version_header_if_needed",
}


class UserAgent(UserAgentString):
    """Header of a client, composed once for each attempt.

    botocore composes it at the beginning of a call, too, but replaces it in each attempt, since the
    markers of features may change. Here a call begins with the header of the previous attempt.
    """

    _latest: str | None = None

    @override
    def to_string(self) -> str:
        return self._latest or super().to_string()

    @override
    def rebuild_and_replace_user_agent_handler(
        self, operation_name: str, request: AWSRequest, **_: object
    ) -> None:
        self._latest = composed = super().to_string()
        if request.headers.get("User-Agent") not in {None, "", composed}:
            request.headers.replace_header("User-Agent", composed)


def create_session(profile_name: str | None) -> Session:
    """Create a session without botocore's handlers for other services and for documentation."""
    emitter = HierarchicalEmitter()
    # As in a session: it translates the names of services in events.
    events = EventAliaser(emitter)
    register = {REGISTER_FIRST: events.register_first, REGISTER_LAST: events.register_last}
    # Other packages, such as moto, add their own handlers to this list.
    for event, handler, *section in BUILTIN_HANDLERS:
        kind, *service = event.split(".")[:2]
        if kind != "docs" and _SERVICES.issuperset(service):
            register.get(section[0] if section else None, events.register)(event, handler)
    return Session(profile=profile_name, event_hooks=emitter, include_builtin_handlers=False)


def add_components(
    session: Session, search_paths: list[str], region: object, fallback: Fallback
) -> LightLoader:
    """Replace components of a session by faster ones; return the loader of data."""
    loader = LightLoader(search_paths, fallback)
    loader.needs_rules = not (isinstance(region, str) and _PLAIN_REGION.fullmatch(region))
    session.register_component("data_loader", loader)
    session.register_component("user_agent_creator", UserAgent.from_environment())
    return loader


def remove_idle_handlers(client: BaseClient) -> None:
    """Remove the handlers that do nothing for the operations of the shipped service model."""
    for event, handler, *_ in BUILTIN_HANDLERS:
        name: Any = getattr(handler, "__name__", None)
        if event in IDLE_HANDLERS and IDLE_HANDLERS[event] == name:
            client.meta.events.unregister(event, handler)
