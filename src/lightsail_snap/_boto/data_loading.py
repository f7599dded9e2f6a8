"""Optimization: load less of botocore's data, and load it faster, when a client is created."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from lightsail_snap import _exports
from lightsail_snap._boto.optimizations import Fallback, are_enabled

if TYPE_CHECKING:
    from botocore.session import Session

_SERVICE = "lightsail"


class FastFileLoader:
    """Replacement of botocore's loader of JSON files that takes a third of the time."""

    def __init__(self, stock: Any, fallback: Fallback) -> None:  # noqa: ANN401 - botocore's own
        self._stock = stock
        self._fallback = fallback

    def load_file(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as botocore's
        """Return the content of a file, None if it does not exist."""
        if self._fallback.is_active:
            return self._stock.load_file(*args, **kwargs)
        try:
            return _load_json(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - plain botocore decides
            # If the file itself is invalid, botocore raises its own error here.
            content = self._stock.load_file(*args, **kwargs)
            self._fallback.record(error)
            return content

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any attribute of botocore's own
        return getattr(self._stock, name)


def _load_json(file_path: str) -> Any:  # noqa: ANN401 - any JSON
    for suffix, open_file in ((".json", open), (".json.gz", gzip.open)):
        if os.path.isfile(file_path + suffix):  # noqa: PTH113 - as in botocore
            with open_file(file_path + suffix, "rb") as file:
                return from_json(file.read())
    return None


def load_less_data(session: Session) -> None:
    """Make a session load less data; it must be new and used by this library only."""
    if are_enabled():
        with Fallback("lighter data loading") as fallback:
            _replace_loading(session, fallback)


def _replace_loading(session: Session, fallback: Fallback) -> None:
    from botocore.exceptions import DataNotFoundError  # noqa: PLC0415 - covered by the fallback

    loader: Any = session.get_component("data_loader")
    load_stock: Callable[..., Any] = loader.load_service_model
    stock_files = loader.file_loader
    if not callable(stock_files.load_file):
        raise TypeError("the file loader cannot load files")

    def load_service_model(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as botocore's
        if fallback.is_active or _SERVICE not in args:
            return load_stock(*args, **kwargs)
        try:
            model = load_used_operations(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - plain botocore decides
            stock = load_stock(*args, **kwargs)
            fallback.record(error)
            return stock
        return load_stock(*args, **kwargs) if model is None else model

    def load_used_operations(service: str, kind: str, api_version: str | None = None) -> Any:  # noqa: ANN401 - as botocore's
        # Skips the search through the models of all services, with which botocore starts.
        version = api_version or loader.determine_latest_version(service, kind)
        path = f"{service}/{version}/{kind}"
        if any(exists(f"{path}.{extra}-extras") for extra in loader.extras_types):
            # The user has extended the model.
            return None
        return _keep_used_operations(loader.load_data(path))

    def exists(path: str) -> bool:
        try:
            loader.load_data(path)
        except DataNotFoundError:
            return False
        return True

    loader.file_loader = FastFileLoader(stock_files, fallback)
    loader.load_service_model = load_service_model


def _keep_used_operations(model: dict[str, Any]) -> dict[str, Any]:
    if "operations" not in model:
        # A model of another kind, such as the endpoint rules.
        return model
    operations = {
        name: value for name, value in model["operations"].items() if name in _exports.OPERATIONS
    }
    return {**model, "operations": operations}
