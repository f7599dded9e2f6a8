"""Optimization: a session's `data_loader` that loads less of botocore's data, and faster.

Imported when a client is created, since it imports botocore.
"""

from __future__ import annotations

import gzip
import os
import pkgutil
from typing import Any, Final

from botocore.exceptions import UnknownServiceError
from botocore.loaders import JSONFileLoader, Loader
from pydantic_core import SchemaValidator, core_schema, from_json
from typing_extensions import override

from lightsail_snap import _exports
from lightsail_snap._boto.optimizations import Fallback

_SERVICE = "lightsail"
API_VERSION = "2016-11-28"
# Lightsail, and the services that botocore's credential providers call.
_ENDPOINTS = ("lightsail", "oidc", "portal.sso", "signin", "sts")
# Written by scripts/make_service_model.py.
SHIPPED_MODEL: Final = "service_model.json"
# The end of a gzip file: CRC-32 and size of its content.
_TRAILER_BYTES = 8


def read_trailer(path: str) -> str | None:
    """Return the checksum and the size of the content of a gzip file, None without a file."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - as in botocore, and faster than pathlib
            file.seek(-_TRAILER_BYTES, os.SEEK_END)
            return file.read().hex()
    except FileNotFoundError:
        return None


def _endpoints_validator() -> SchemaValidator:
    """Return a parser of botocore's `endpoints.json` that skips most services."""

    def optional(schema: core_schema.CoreSchema) -> core_schema.TypedDictField:
        return core_schema.typed_dict_field(schema, required=False)

    services = {name: optional(core_schema.any_schema()) for name in _ENDPOINTS}
    partition = core_schema.typed_dict_schema(
        {"services": optional(core_schema.typed_dict_schema(services, extra_behavior="ignore"))},
        extra_behavior="allow",
    )
    partitions = {"partitions": optional(core_schema.list_schema(partition))}
    return SchemaValidator(core_schema.typed_dict_schema(partitions, extra_behavior="allow"))


class FastFileLoader(JSONFileLoader):
    """Loader of JSON files that takes a third of the time of botocore's."""

    def __init__(self, fallback: Fallback) -> None:
        self._fallback = fallback

    @override
    def load_file(self, file_path: str) -> Any:
        """Return the content of a file, None if it does not exist."""
        if self._fallback.is_active:
            return super().load_file(file_path)
        try:
            return _load_json(file_path)
        except Exception as error:  # noqa: BLE001 - plain botocore decides
            # If the file itself is invalid, botocore raises its own error here.
            content = super().load_file(file_path)
            self._fallback.record(error)
            return content


def _load_json(file_path: str) -> Any:  # noqa: ANN401 - any JSON
    for suffix, open_file in ((".json", open), (".json.gz", gzip.open)):
        if os.path.isfile(file_path + suffix):  # noqa: PTH113 - as in botocore
            with open_file(file_path + suffix, "rb") as file:
                content = file.read()
            if file_path == os.path.join(Loader.BUILTIN_DATA_PATH, "endpoints"):  # noqa: PTH118 - as in botocore
                return _endpoints_validator().validate_json(content)
            return from_json(content)
    return None


class LightLoader(Loader):
    """Loader for a session that creates only Lightsail clients.

    Data that the user adds in `AWS_DATA_PATH` or `~/.aws/models` is loaded as by botocore.

    Attributes:
        needs_rules: Whether to load the endpoint rules of Lightsail. Without them botocore uses
            `client.meta.endpoint_url`, and does not evaluate the rules in each call.
        uses_shipped_model: Whether the package's service model was loaded. It is, if it was made
            from the installed botocore's model.
    """

    def __init__(self, search_paths: list[str], fallback: Fallback) -> None:
        super().__init__(
            extra_search_paths=[*search_paths],
            file_loader=FastFileLoader(fallback),
            include_default_search_paths=False,
        )
        self.needs_rules = True
        self.uses_shipped_model = False
        self._light_fallback = fallback

    @override
    def load_service_model(
        self, service_name: str, type_name: str, api_version: str | None = None
    ) -> Any:
        """Return the model of a service."""
        if service_name == _SERVICE and not self._light_fallback.is_active:
            try:
                model = self._load_light(type_name, api_version)
            except UnknownServiceError:
                raise
            except Exception as error:  # noqa: BLE001 - plain botocore decides
                self._light_fallback.record(error)
            else:
                if model is not None:
                    return model
        return super().load_service_model(service_name, type_name, api_version)

    def _load_light(self, type_name: str, api_version: str | None) -> Any:  # noqa: ANN401 - any JSON
        """Return a model without a search through all services, None to load it like botocore."""
        folder = os.path.join(self.BUILTIN_DATA_PATH, _SERVICE)  # noqa: PTH118 - as in botocore
        if api_version not in {None, API_VERSION} or not self._is_unchanged(folder):
            return None
        if type_name == "endpoint-rule-set-1":
            if self.needs_rules:
                return self.load_data(f"{_SERVICE}/{API_VERSION}/{type_name}")
            raise UnknownServiceError(service_name=_SERVICE, known_service_names="")
        if type_name != "service-2":
            return None
        shipped = from_json(pkgutil.get_data(__package__, SHIPPED_MODEL) or b"")
        path = f"{API_VERSION}/{type_name}"
        if read_trailer(f"{folder}/{path}.json.gz") == shipped["trailer"]:
            self.uses_shipped_model = True
            return shipped["model"]
        return keep_used_operations(self.load_data(f"{_SERVICE}/{path}"))

    def _is_unchanged(self, folder: str) -> bool:
        """Return True if only botocore's own data describes the service, without extras."""
        return (
            not any(
                os.path.exists(os.path.join(path, name))  # noqa: PTH110, PTH118 - as in botocore
                for path in self.search_paths
                if path != self.BUILTIN_DATA_PATH
                for name in (_SERVICE, "partitions.json")
            )
            and os.listdir(folder) == [API_VERSION]  # noqa: PTH208 - as in botocore
            and not any(".sdk-extras" in name for name in os.listdir(f"{folder}/{API_VERSION}"))  # noqa: PTH208 - as in botocore
        )


def keep_used_operations(model: dict[str, Any]) -> dict[str, Any]:
    """Return a service model without the operations that this library does not call."""
    operations = {
        name: value for name, value in model["operations"].items() if name in _exports.OPERATIONS
    }
    return {**model, "operations": operations}
