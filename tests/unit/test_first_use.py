"""First use of the models: none is built before, and many threads may use them at once."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import sys
import threading

from lightsail_snap import models
from lightsail_snap.models import Request, Result

sys.setswitchinterval(1e-5)
types = [kind for kind in models.exported().values() if isinstance(kind, type)]
requests = [kind for kind in types if issubclass(kind, Request)]
results = [kind for kind in types if issubclass(kind, Result)]
location = b'{"location":{"regionName":"us-east-1"},"name":"n","id":"i","createdAt":1}'
body = b'{' + b','.join(
    b'"%s":%s' % (name, value)
    for name, value in {
        b'disk': location, b'diskSnapshot': location, b'instanceSnapshot': location,
    b'instance': location, b'state': location,
        b'operation': location, b'operations': b'[%s]' % location,
        b'diskSnapshots': b'[%s]' % location,
    }.items()
) + b'}'
barrier, failures = threading.Barrier(16), []


def use():
    barrier.wait()
    for kind in results:
        try:
            model = kind.from_wire(body)
            assert type(model) is kind
            assert model.to_wire(), kind
        except Exception as error:
            failures.append((kind, repr(error)))
    for name in ("get_disk", "disk"):
        try:
            assert models.GetDiskRequest(disk_name=name).to_wire() == {"diskName": name}
        except Exception as error:
            failures.append((name, repr(error)))


threads = [threading.Thread(target=use) for _ in range(16)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
abstract = {"Result", "PagedResult"}
print([failure for failure in failures if failure[0].__name__ not in abstract])
"""


def test_models_first_use_by_many_threads_succeeds() -> None:
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


BUILT = """
import sys
import lightsail_snap.client, lightsail_snap.retention, lightsail_snap.plans
from pydantic import BaseModel

pending, built = [BaseModel], []
while pending:
    kind = pending.pop()
    pending += kind.__subclasses__()
    if kind.__module__.startswith("lightsail_snap.") and kind.__pydantic_complete__:
        built.append(kind.__name__)
print(built)
"""


def test_import_builds_no_model() -> None:
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", BUILT], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
