"""What makes boto3 clients cheaper for us. It is loaded when the first transport is made.

We send what pydantic has checked and give back bytes that pydantic reads, so most of what botocore
does on the way is done twice. Each shortcut replaces one such piece by one that gives the same and
does less. On every client:

- the body of a successful answer to a call of ours is parsed by botocore only if somebody looks at
  the dict that botocore hands to event handlers; answers with an error are parsed as ever.

On clients that are made for this library alone, also:

- the body of a request is what our models have written, unless a handler has changed it;
- what operations might say about their endpoint, and do not, is not asked for in every call;
- the User-Agent header is put together once for each set of features instead of twice a call;
- a request's headers are gathered for the signature once instead of twice, its URL is taken apart
  once for all, and the body is hashed as it is;
- a request is made ready for the network in one pass over its headers;
- where no session is given: data files are read by a faster parser, the endpoints of all services
  are read only if they are asked for, and the client has only the operations of this library.

Parts of botocore that are not public are touched only after a look at whether they are what they
are taken for. If not, the shortcut is left out, the log says so, and everything works as with any
boto3 client.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from lightsail_snap._shortcuts._agents import remember_agents
from lightsail_snap._shortcuts._endpoints import look_endpoints_up_quickly
from lightsail_snap._shortcuts._guard import guarded
from lightsail_snap._shortcuts._loading import (
    know_endpoints,
    leave_out_operations,
    read_files_quickly,
)
from lightsail_snap._shortcuts._preparing import prepare_quickly
from lightsail_snap._shortcuts._reading import Reading, parse_when_looked_at
from lightsail_snap._shortcuts._serializing import Writing, write_as_it_is
from lightsail_snap._shortcuts._signing import sign_with_less

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.session import Session


class _Call(Reading, Writing, Protocol):
    """What the shortcuts want to know about a call of ours."""


def read_when_looked_at(client: BaseClient, current: Callable[[], _Call | None]) -> None:
    """Take the one shortcut that serves any client: our answers are parsed when looked at.

    Args:
        client: The boto3 client.
        current: Tells whether a call of ours is under way in this context.
    """
    guarded(parse_when_looked_at, client, current)


def take(client: BaseClient, current: Callable[[], _Call | None]) -> None:
    """Take the other shortcuts on a client that was made for this library alone.

    Args:
        client: The boto3 client.
        current: Tells whether a call of ours is under way in this context.
    """
    guarded(write_as_it_is, client, current)
    guarded(look_endpoints_up_quickly, client)
    guarded(remember_agents, client)
    guarded(sign_with_less, client)
    guarded(prepare_quickly, client)


def load_less(session: Session) -> None:
    """Keep a botocore session from loading what a client of ours has no use for.

    Args:
        session: A session of our own, before it has made a client.
    """
    guarded(read_files_quickly, session)
    guarded(know_endpoints, session)
    guarded(leave_out_operations, session)
