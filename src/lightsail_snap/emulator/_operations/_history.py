"""Operations that were begun, and the regions there are."""

from __future__ import annotations

from typing import Any

from lightsail_snap.emulator._call import Call
from lightsail_snap.emulator._store import OPERATION
from lightsail_snap.emulator._wire import not_found


def _get_operation(call: Call) -> dict[str, Any]:
    operation_id = call.request["operationId"]
    operation = call.store.operation(call.region, operation_id)
    if operation is None:
        raise not_found(OPERATION, operation_id)
    return {"operation": call.look(operation)}


def _get_operations(call: Call) -> dict[str, Any]:
    return call.page("operations", OPERATION)


def _get_operations_for_resource(call: Call) -> dict[str, Any]:
    name = call.request["resourceName"]
    # Operations outlive their resource. That a name nobody ever used is not found is unverified.
    # nextPageCount of the service model is a dead member: no answer has it.
    page = call.page("operations", OPERATION, about=name)
    if not page["operations"] and "pageToken" not in call.request:
        call.find_any(name)
    return page


HANDLERS = {
    "GetOperation": _get_operation,
    "GetOperations": _get_operations,
    "GetOperationsForResource": _get_operations_for_resource,
}
