"""Operations that were started."""

from __future__ import annotations

from typing import Any

from lightsail_snap.emulator._call import Call
from lightsail_snap.emulator._registry import operation
from lightsail_snap.emulator._store import OPERATION
from lightsail_snap.emulator._wire import not_found


@operation("GetOperation")
def _get_operation(call: Call) -> dict[str, Any]:
    operation_id = call.request["operationId"]
    record = call.store.find_operation(call.region, operation_id)
    if record is None:
        raise not_found(OPERATION, operation_id)
    return {"operation": call.poll(record)}


@operation("GetOperations")
def _get_operations(call: Call) -> dict[str, Any]:
    return call.list_page(OPERATION)


@operation("GetOperationsForResource")
def _get_operations_for_resource(call: Call) -> dict[str, Any]:
    name = call.request["resourceName"]
    # Operations outlive their resource. That a name which was never used is not found is
    # unverified. No known response has nextPageCount of the service model.
    page = call.list_page(OPERATION, about=name)
    if not page["operations"] and "pageToken" not in call.request:
        call.find_any(name)
    return page
