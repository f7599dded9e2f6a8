"""Loads less, and faster, of botocore's data files while a client is made."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from botocore.exceptions import DataNotFoundError
from botocore.loaders import JSONFileLoader
from botocore.regions import EndpointResolver
from pydantic_core import from_json
from typing_extensions import override

from lightsail_snap import models
from lightsail_snap._shortcuts._guard import expect
from lightsail_snap.models.enums import RegionName

if TYPE_CHECKING:
    from botocore.loaders import Loader
    from botocore.session import Session

_SERVICE = "lightsail"
# What plans ask for besides; importing them to find out would cost more than is saved.
_OF_PLANS = frozenset({"GetInstances"})


class QuickFiles(JSONFileLoader):
    """Reads JSON files as botocore does, by pydantic's parser: in a third of the time."""

    @override
    def load_file(self, file_path: str) -> Any:
        """Read a file if it is there.

        Args:
            file_path: Its path without the ending.

        Returns:
            What it holds; None if it is not there.
        """
        for ending, opened in ((".json", open), (".json.gz", gzip.open)):
            if os.path.isfile(file_path + ending):  # noqa: PTH113 - as botocore has it
                with opened(file_path + ending, "rb") as file:
                    content = file.read()
                try:
                    return from_json(content)
                except ValueError:
                    # Whatever is wrong with it, botocore has words for it.
                    return super().load_file(file_path)
        return None


def read_files_quickly(session: Session) -> None:
    """Have a session read its data files by a faster parser.

    Args:
        session: A session of our own.
    """
    loader: Loader = session.get_component("data_loader")
    expect(type(loader.file_loader) is JSONFileLoader)
    loader.file_loader = QuickFiles()


def leave_out_operations(session: Session) -> None:
    """Keep a session from making methods of a client that this library has no use for.

    botocore looks through the models of all services to find Lightsail's, and makes a method for
    every operation. What it takes from the model, and how it reads that, stays as it is.

    Args:
        session: A session of our own.
    """
    loader: Any = session.get_component("data_loader")
    search: Callable[..., Any] = loader.load_service_model

    def load_service_model(
        service_name: str, type_name: str, api_version: str | None = None
    ) -> Any:  # noqa: ANN401 - as botocore's
        if service_name != _SERVICE or api_version is not None:
            return search(service_name, type_name, api_version)
        try:
            version = max(loader.list_api_versions(service_name, type_name))
            # Whoever has put additions to a model there wants them read.
            if any(is_there(f"{_SERVICE}/{version}/{type_name}.{kind}-extras") for kind in extras):
                return search(service_name, type_name, version)
            model = loader.load_data(f"{_SERVICE}/{version}/{type_name}")
        except DataNotFoundError:
            return search(service_name, type_name, api_version)
        return _with_our_operations(model)

    def is_there(path: str) -> bool:
        try:
            loader.load_data(path)
        except DataNotFoundError:
            return False
        return True

    extras: tuple[str, ...] = tuple(loader.extras_types)
    loader.load_service_model = load_service_model


def _with_our_operations(model: dict[str, Any]) -> dict[str, Any]:
    if "operations" not in model:
        return model
    # AWS names the input shape of an operation after the operation.
    requests = {name.removesuffix("Request") for name in models.__all__}
    ours = requests | _OF_PLANS
    operations = {name: told for name, told in model["operations"].items() if name in ours}
    return {**model, "operations": operations}


class KnownEndpoints:
    """Knows Lightsail's endpoints in the regions that this library knows.

    Everything else is looked up by botocore's own resolver, which reads a file of more than a
    megabyte first. Where requests go is settled later, by the service's own rules for endpoints;
    what comes from here is the address that they are made for, the region and the kind of
    signature.
    """

    uses_builtin_data = True

    def __init__(self, loader: Loader) -> None:
        """Stand before botocore's own resolver.

        Args:
            loader: Loads its data.
        """
        self._loader = loader

    @cached_property
    def _stock(self) -> EndpointResolver:
        data, path = self._loader.load_data_with_path("endpoints")
        return EndpointResolver(data, uses_builtin_data=self._loader.is_builtin_path(path))

    def construct_endpoint(
        self,
        service_name: str,
        region_name: str | None = None,
        partition_name: str | None = None,
        **options: bool,
    ) -> Mapping[str, Any] | None:
        """Find the endpoint of a service in a region.

        Args:
            service_name: The service.
            region_name: The region.
            partition_name: The partition, where one is asked for.
            options: Which kind of endpoint is wanted, as botocore's own resolver takes it.

        Returns:
            What is known of it; None if there is none.
        """
        is_plain = service_name == _SERVICE and partition_name is None and not any(options.values())
        if not is_plain or region_name not in _REGIONS:
            return self._stock.construct_endpoint(
                service_name, region_name, partition_name, **options
            )
        return {
            "dnsSuffix": "amazonaws.com",
            "partition": "aws",
            "endpointName": region_name,
            "hostname": f"{_SERVICE}.{region_name}.amazonaws.com",
            "protocols": ["https"],
            "signatureVersions": ["v4"],
        }

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever botocore's own has
        return getattr(self._stock, name)


_REGIONS = frozenset(RegionName.known_values())


def know_endpoints(session: Session) -> None:
    """Keep a session from reading all endpoints of all services.

    Args:
        session: A session of our own.
    """
    loader: Loader = session.get_component("data_loader")
    for path in loader.search_paths:
        if path != loader.BUILTIN_DATA_PATH and loader.file_loader.exists(f"{path}/endpoints"):
            # Somebody has endpoints of their own.
            return
    session._register_internal_component("endpoint_resolver", KnownEndpoints(loader))  # noqa: SLF001 - guarded by the caller
