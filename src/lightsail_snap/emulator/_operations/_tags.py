"""Tags of resources that are there already."""

from __future__ import annotations

from typing import Any

from lightsail_snap.emulator._call import Call
from lightsail_snap.emulator._store import Record
from lightsail_snap.emulator._wire import invalid_input, not_found

# Lightsail user guide (tags) and API reference, TagResource.
_MOST_TAGS = 50


def _tagged(call: Call) -> Record:
    record = call.find_any(call.request["resourceName"])
    arn = call.request.get("resourceArn", record.wire["arn"])
    if arn != record.wire["arn"]:
        # That the two must agree, and how a disagreement is told, are unverified.
        raise not_found("Resource", arn)
    if "tags" not in record.wire:
        raise invalid_input(f"A {record.type} cannot be tagged.")
    return record


def _answer(call: Call, record: Record, tags: list[dict[str, str]]) -> dict[str, Any]:
    if call.failure is None:
        record.wire["tags"] = tags
        call.store.save(record)
    # Number, type and shape of the operations are unverified.
    return call.done(record)


def _tag_resource(call: Call) -> dict[str, Any]:
    record = _tagged(call)
    tags = {tag["key"]: tag for tag in [*record.wire["tags"], *call.request["tags"]]}
    if len(tags) > _MOST_TAGS:
        # The service's text is unverified.
        raise invalid_input(f"A resource can have at most {_MOST_TAGS} tags, not {len(tags)}.")
    return _answer(call, record, list(tags.values()))


def _untag_resource(call: Call) -> dict[str, Any]:
    record = _tagged(call)
    # That keys which are not there are passed over is unverified.
    gone = set(call.request["tagKeys"])
    return _answer(call, record, [tag for tag in record.wire["tags"] if tag["key"] not in gone])


HANDLERS = {"TagResource": _tag_resource, "UntagResource": _untag_resource}
