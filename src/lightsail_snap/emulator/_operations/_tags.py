"""Tags of existing resources."""

from __future__ import annotations

from typing import Any

from lightsail_snap.emulator._call import Call
from lightsail_snap.emulator._registry import operation
from lightsail_snap.emulator._store import Record
from lightsail_snap.emulator._wire import invalid_input, not_found

# Lightsail user guide (tags) and API reference, TagResource.
_MAX_TAGS = 50


def _find_taggable(call: Call) -> Record:
    record = call.find_any(call.request["resourceName"])
    arn = call.request.get("resourceArn", record.wire["arn"])
    if arn != record.wire["arn"]:
        # That the two must agree, and the error if they do not, are unverified.
        raise not_found("Resource", arn)
    if "tags" not in record.wire:
        raise invalid_input(f"A {record.type} cannot be tagged.")
    return record


def _set_tags(call: Call, record: Record, tags: list[dict[str, str]]) -> dict[str, Any]:
    if call.failure is None:
        record.wire["tags"] = tags
        call.store.save(record)
    # The number, type and fields of the operations are unverified.
    return call.respond_finished(record)


@operation("TagResource")
def _tag_resource(call: Call) -> dict[str, Any]:
    record = _find_taggable(call)
    tags = {tag["key"]: tag for tag in [*record.wire["tags"], *call.request["tags"]]}
    if len(tags) > _MAX_TAGS:
        # The service's message is unverified.
        raise invalid_input(f"A resource can have at most {_MAX_TAGS} tags, not {len(tags)}.")
    return _set_tags(call, record, list(tags.values()))


@operation("UntagResource")
def _untag_resource(call: Call) -> dict[str, Any]:
    record = _find_taggable(call)
    # That missing keys are ignored is unverified.
    removed = set(call.request["tagKeys"])
    kept = [tag for tag in record.wire["tags"] if tag["key"] not in removed]
    return _set_tags(call, record, kept)
