"""The installed botocore's description of Lightsail. Checks and lists are derived from it."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from botocore.loaders import Loader
    from botocore.model import OperationModel, ServiceModel, Shape


def builtin_loader() -> Loader:
    """Return a loader of botocore's own data, without the user's `~/.aws/models`."""
    from botocore.loaders import Loader  # noqa: PLC0415 - keeps botocore out of start-up

    return Loader(extra_search_paths=[Loader.BUILTIN_DATA_PATH], include_default_search_paths=False)


@functools.cache
def service_model() -> ServiceModel:
    """Return the service model of Lightsail."""
    from botocore.model import ServiceModel  # noqa: PLC0415 - keeps botocore out of start-up

    description = builtin_loader().load_service_model("lightsail", "service-2")
    return ServiceModel(description, "lightsail")


def operation_model(operation: str) -> OperationModel:
    """Return the model of one operation of Lightsail."""
    return service_model().operation_model(operation)


@functools.cache
def list_field(operation: str) -> str:
    """Return the field of a response that holds a list; every paginated operation has one."""
    members: dict[str, Shape] = operation_model(operation).output_shape.members
    (name,) = (name for name, shape in members.items() if shape.type_name == "list")
    return name
