"""Generate the service model that clients load instead of botocore's, which is twenty times as big.

    python scripts/make_service_model.py            writes _boto/service_model.json
    python scripts/make_service_model.py --check    fails if it is out of date

It is the model of the installed botocore, without documentation, and with only the operations of
this library and the shapes that they use. A client uses it only if botocore's file has the same
content.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from botocore.loaders import Loader

from lightsail_snap._boto.data_loading import (
    API_VERSION,
    SHIPPED_MODEL,
    keep_used_operations,
    read_trailer,
)

TARGET = Path(__file__).resolve().parents[1] / "src" / "lightsail_snap" / "_boto" / SHIPPED_MODEL
SOURCE = Path(Loader.BUILTIN_DATA_PATH, "lightsail", API_VERSION, "service-2.json.gz")


def _without_documentation(value: Any) -> Any:  # noqa: ANN401 - any JSON
    if isinstance(value, dict):
        # A member of a shape may have this name.
        return {
            name: _without_documentation(each)
            for name, each in value.items()
            if not (name == "documentation" and isinstance(each, str))
        }
    if isinstance(value, list):
        return [_without_documentation(each) for each in value]
    return value


def _shapes_in(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON
    """Yield the names of the shapes that a part of the model refers to."""
    if isinstance(value, dict):
        if isinstance(value.get("shape"), str):
            yield value["shape"]
        for each in value.values():
            yield from _shapes_in(each)
    elif isinstance(value, list):
        for each in value:
            yield from _shapes_in(each)


def trim(model: dict[str, Any]) -> dict[str, Any]:
    """Return a service model with only the parts that the library uses, in botocore's order."""
    kept = _without_documentation(keep_used_operations(model))
    used: set[str] = set()
    pending = set(_shapes_in(kept["operations"]))
    while pending:
        name = pending.pop()
        used.add(name)
        pending |= set(_shapes_in(kept["shapes"][name])) - used
    shapes = {name: shape for name, shape in kept["shapes"].items() if name in used}
    return {**kept, "shapes": shapes}


def generate() -> str:
    """Return the content of the file."""
    model = json.loads(gzip.decompress(SOURCE.read_bytes()))
    content = {"trailer": read_trailer(str(SOURCE)), "model": trim(model)}
    return json.dumps(content, separators=(",", ":")) + "\n"


def main() -> int:
    """Write or check the file; return an exit code."""
    content = generate()
    if "--check" not in sys.argv[1:]:
        TARGET.write_text(content, encoding="utf-8")
    elif TARGET.read_text(encoding="utf-8") != content:
        print(f"{TARGET.name} is out of date; run python scripts/make_service_model.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
