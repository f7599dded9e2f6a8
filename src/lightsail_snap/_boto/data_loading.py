"""Load less botocore data, and load it faster, while a client is made."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from lightsail_snap import _exports
from lightsail_snap._boto.fallback import Fallback

if TYPE_CHECKING:
    from botocore.session import Session

_SERVICE = "lightsail"


class FastFileLoader:
    """Read JSON files as botocore's file loader does, in a third of the time."""

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
            # If the file itself is at fault, botocore raises its own error here.
            plain = self._stock.load_file(*args, **kwargs)
            self._fallback.record(error)
            return plain

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever botocore's own has
        return getattr(self._stock, name)


def _load_json(file_path: str) -> Any:  # noqa: ANN401 - any JSON
    for suffix, open_file in ((".json", open), (".json.gz", gzip.open)):
        if os.path.isfile(file_path + suffix):  # noqa: PTH113 - as botocore has it
            with open_file(file_path + suffix, "rb") as file:
                return from_json(file.read())
    return None


def load_less_data(session: Session, fallback: Fallback) -> None:
    """Replace the data loading of a session that has not made a client yet.

    Args:
        session: A session that only this library uses.
        fallback: Takes over on any exception.
    """
    from botocore.exceptions import DataNotFoundError  # noqa: PLC0415 - inside the fallback

    loader: Any = session.get_component("data_loader")
    load_plainly: Callable[..., Any] = loader.load_service_model
    stock = loader.file_loader
    if not callable(stock.load_file):
        raise TypeError("the file loader cannot load files")

    def load_service_model(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as botocore's
        if fallback.is_active or _SERVICE not in args:
            return load_plainly(*args, **kwargs)
        try:
            model = load_own_operations(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - plain botocore decides
            plain = load_plainly(*args, **kwargs)
            fallback.record(error)
            return plain
        return load_plainly(*args, **kwargs) if model is None else model

    def load_own_operations(service: str, kind: str, api_version: str | None = None) -> Any:  # noqa: ANN401 - as botocore's
        # Without the search through the models of all services that botocore begins with.
        version = api_version or loader.determine_latest_version(service, kind)
        path = f"{service}/{version}/{kind}"
        if any(exists(f"{path}.{extra}-extras") for extra in loader.extras_types):
            # The user has added something to the model.
            return None
        return _with_own_operations(loader.load_data(path))

    def exists(path: str) -> bool:
        try:
            loader.load_data(path)
        except DataNotFoundError:
            return False
        return True

    loader.file_loader = FastFileLoader(stock, fallback)
    loader.load_service_model = load_service_model


def _with_own_operations(model: dict[str, Any]) -> dict[str, Any]:
    if "operations" not in model:
        # A model of another kind, such as the rules for endpoints.
        return model
    operations = {
        name: value for name, value in model["operations"].items() if name in _exports.OPERATIONS
    }
    return {**model, "operations": operations}
