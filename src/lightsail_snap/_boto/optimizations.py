"""Two optional optimizations of boto3 clients. Both fall back to plain botocore.

- Lazy parsing, on every client: botocore parses the body of a successful response to a call of
  this library only if an event handler reads it. Error responses are always parsed.
- Lighter data loading, on a client that the library builds without `session=`: data files are read
  by a faster parser, and the client has only the operations of this library.

Both touch attributes of botocore that are not public. On any exception, at installation or at call
time, plain botocore takes over and one warning is logged. `LIGHTSAIL_SNAP_OPTIMIZATIONS=off`
switches both off.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lightsail_snap._boto.data_loading import load_less_data
from lightsail_snap._boto.fallback import Fallback, are_enabled
from lightsail_snap._boto.lazy_parsing import Reading, parse_lazily

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.session import Session


def optimize_client(client: BaseClient, current: Callable[[], Reading | None]) -> None:
    """Parse the responses to this library's calls only on demand."""
    if are_enabled():
        fallback = Fallback("lazy parsing of responses")
        with fallback:
            parse_lazily(client, current, fallback)


def optimize_session(session: Session) -> None:
    """Load less botocore data; the session must be new and used by this library only."""
    if are_enabled():
        fallback = Fallback("lighter data loading")
        with fallback:
            load_less_data(session, fallback)
