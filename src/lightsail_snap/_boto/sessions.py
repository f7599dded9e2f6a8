"""Creation of boto3 clients for callers that pass no session; imported when one is created."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import botocore
from botocore.session import Session

from lightsail_snap._boto.optimizations import Fallback, are_enabled

if TYPE_CHECKING:
    from lightsail_snap._boto.data_loading import LightLoader
    from lightsail_snap.transport import Boto3Session


def create_boto_client(profile_name: str | None, **settings: Any) -> Any:  # noqa: ANN401 - boto3 creates clients at run time
    """Create a client as `boto3.client` does, with less work if the optimizations are on."""
    if not are_enabled():
        return _create_with_boto3(Session(profile=profile_name), settings)
    with Fallback("the light session") as fallback:
        from botocore.loaders import create_loader  # noqa: PLC0415 - covered by the fallback

        from lightsail_snap._boto import light_session  # noqa: PLC0415 - covered by the fallback

        session = light_session.create_session(profile_name)
    if fallback.is_active:
        return _create_with_boto3(Session(profile=profile_name), settings)
    # Outside of the fallback, because these fail if the user's settings are invalid.
    search_paths = create_loader(session.get_config_variable("data_path")).search_paths
    region = find_region(settings, session)
    loader: LightLoader | None = None
    with fallback:
        loader = light_session.add_components(session, search_paths, region, fallback)
    client = _create(session, settings)
    if loader is not None and loader.uses_shipped_model:
        light_session.remove_idle_handlers(client)
    return client


def find_region(settings: Mapping[str, object], session: Session | Boto3Session) -> object:
    """Return the Region of a new client, in boto3's order of settings."""
    for found in (settings["region_name"], getattr(settings["config"], "region_name", None)):
        if found is not None:
            return found
    if isinstance(session, Session):
        return session.get_config_variable("region")
    return getattr(session, "region_name", None)


def _create(session: Session, settings: dict[str, Any]) -> Any:  # noqa: ANN401 - as above
    # Importing boto3 takes as long as creating the client, and its session would only set these.
    # If boto3 is imported, another package may have changed its session.
    version = None if "boto3" in sys.modules else find_boto3_version()
    if version is None:
        return _create_with_boto3(session, settings)
    session.user_agent_name, session.user_agent_version = "Boto3", version
    session.user_agent_extra = f"Botocore/{botocore.__version__}"
    return session.create_client("lightsail", **settings)


def _create_with_boto3(session: Session, settings: dict[str, Any]) -> Any:  # noqa: ANN401 - as above
    import boto3.session  # noqa: PLC0415 - see `_create`

    return boto3.session.Session(botocore_session=session).client("lightsail", **settings)


def find_boto3_version() -> str | None:
    """Read the version of boto3 from its source; return None if it is not there."""
    spec = find_spec("boto3")
    read = getattr(spec and spec.loader, "get_source", None)
    source = read and read("boto3")
    found = re.search(r"^__version__ = ['\"]([^'\"]+)['\"]$", source or "", re.MULTILINE)
    return found and found[1]
