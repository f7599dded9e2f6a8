"""Puts the User-Agent header together once for each set of features."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from botocore.context import get_context
from botocore.useragent import UserAgentString

from lightsail_snap._shortcuts._guard import expect

if TYPE_CHECKING:
    from botocore.client import BaseClient

# There are a handful of feature sets; should there ever be many, they must not pile up.
_MOST_AGENTS = 64


def remember_agents(client: BaseClient) -> None:
    """Have a client remember its User-Agent headers.

    Args:
        client: The boto3 client.
    """
    creator: Any = client._user_agent_creator  # noqa: SLF001 - guarded by the caller
    config = client.meta.config
    expect(type(creator) is UserAgentString)
    expect(creator._client_config is config)  # noqa: SLF001 - likewise
    compose: Callable[[], str] = creator.to_string
    agents: dict[object, str] = {}

    def to_string() -> str:
        context = get_context()
        features = None if context is None else frozenset(context.features)
        # Whatever else goes into it is settled when the client is made.
        key = (features, config.user_agent, config.user_agent_extra, config.user_agent_appid)
        agent = agents.get(key)
        if agent is None:
            agent = compose()
            if len(agents) < _MOST_AGENTS:
                agents[key] = agent
        return agent

    creator.to_string = to_string
