"""Writes the body of a request as our models have written it, instead of once more by shape."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from botocore.serialize import JSONSerializer

from lightsail_snap._shortcuts._guard import expect

if TYPE_CHECKING:
    from botocore.client import BaseClient
    from botocore.model import OperationModel


class Writing(Protocol):
    """What a call of ours has handed to botocore."""

    wire: dict[str, Any]


def write_as_it_is(client: BaseClient, current: Callable[[], Writing | None]) -> None:
    """Have a client send what our models write as it is.

    The first request of an operation is written by botocore, and settles everything but the body.
    From then on, what handlers have left as it was needs no shapes to be written: it holds only
    what JSON has. If botocore's body is not the very same, that operation stays with botocore.

    Args:
        client: The boto3 client.
        current: Tells whether a call of ours is under way in this context.
    """
    serializer: Any = client._serializer  # noqa: SLF001 - guarded by the caller
    expect(type(serializer) is JSONSerializer)
    stock: Callable[[Any, OperationModel], dict[str, Any]] = serializer.serialize_to_request
    known: dict[str, dict[str, Any] | None] = {}

    def serialize_to_request(parameters: Any, operation_model: OperationModel) -> dict[str, Any]:  # noqa: ANN401 - as botocore's
        writing = current()
        if writing is None or parameters != writing.wire:
            return stock(parameters, operation_model)
        name, body = operation_model.name, json.dumps(parameters).encode()
        if name not in known:
            whole = stock(parameters, operation_model)
            is_same = whole["body"] == body
            known[name] = {**whole, "headers": dict(whole["headers"])} if is_same else None
            return whole
        frame = known[name]
        if frame is None:
            return stock(parameters, operation_model)
        # Whoever gets it may change it.
        return {**frame, "headers": dict(frame["headers"]), "body": body}

    serializer.serialize_to_request = serialize_to_request
