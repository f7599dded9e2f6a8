"""Hypothesis strategies for every public class.

Importing this module registers them, so that `hypothesis.strategies.from_type(DiskSnapshot)` works
for every class of which a value can be made. There are two families:

- The strategies without a prefix are realistic: they return values as Lightsail nearly always
  returns them, so that code under test reaches its interesting branches. `from_type` uses them.
- The strategies `hostile_...` return everything that the wire could contain: missing and
  contradictory fields, unknown members of enumerations, new fields. Use them to test that code
  raises no unexpected error.

| strategy | share of interesting values |
|---|---|
| `disk_snapshots()`, `instance_snapshots()` | 19 of 20 are usable; all have one source and a date |
| `histories()` | at least 17 of 20 snapshots are usable |
| `histories()` with `retention_policies()` | at least half of the pairs delete a snapshot |
| `backup_plans()` with `inventories(plan)` | at least a third of the runs delete a snapshot |
| `hostile_disk_snapshots()` | about 1 of 30 is completed |

All times are at or before `NOW`, a fixed time. Failing examples are printed as code to paste into a
test, for example `DiskSnapshot(name='db-1', ...)`.
"""

from lightsail_snap.testing.strategies import _registration
from lightsail_snap.testing.strategies._errors import errors as errors
from lightsail_snap.testing.strategies._histories import histories as histories
from lightsail_snap.testing.strategies._histories import retention_policies as retention_policies
from lightsail_snap.testing.strategies._hostile import enum_members as enum_members
from lightsail_snap.testing.strategies._hostile import (
    hostile_disk_snapshots as hostile_disk_snapshots,
)
from lightsail_snap.testing.strategies._hostile import hostile_disks as hostile_disks
from lightsail_snap.testing.strategies._hostile import (
    hostile_instance_snapshots as hostile_instance_snapshots,
)
from lightsail_snap.testing.strategies._hostile import hostile_instances as hostile_instances
from lightsail_snap.testing.strategies._hostile import hostile_operations as hostile_operations
from lightsail_snap.testing.strategies._hostile import hostile_results as hostile_results
from lightsail_snap.testing.strategies._hostile import wire_dicts as wire_dicts
from lightsail_snap.testing.strategies._names import availability_zones as availability_zones
from lightsail_snap.testing.strategies._names import existing_names as existing_names
from lightsail_snap.testing.strategies._names import resource_names as resource_names
from lightsail_snap.testing.strategies._names import tag_keys as tag_keys
from lightsail_snap.testing.strategies._names import tag_lists as tag_lists
from lightsail_snap.testing.strategies._names import tag_values as tag_values
from lightsail_snap.testing.strategies._names import tags as tags
from lightsail_snap.testing.strategies._plans import backup_plans as backup_plans
from lightsail_snap.testing.strategies._plans import inventories as inventories
from lightsail_snap.testing.strategies._requests import broken_arguments as broken_arguments
from lightsail_snap.testing.strategies._requests import broken_requests as broken_requests
from lightsail_snap.testing.strategies._requests import (
    create_disk_snapshot_requests as create_disk_snapshot_requests,
)
from lightsail_snap.testing.strategies._requests import requests as requests
from lightsail_snap.testing.strategies._requests import requests_of as requests_of
from lightsail_snap.testing.strategies._requests import restore_sources as restore_sources
from lightsail_snap.testing.strategies._requests import snapshot_sources as snapshot_sources
from lightsail_snap.testing.strategies._resources import NOW as NOW
from lightsail_snap.testing.strategies._resources import disk_snapshots as disk_snapshots
from lightsail_snap.testing.strategies._resources import disks as disks
from lightsail_snap.testing.strategies._resources import instance_snapshots as instance_snapshots
from lightsail_snap.testing.strategies._resources import instances as instances
from lightsail_snap.testing.strategies._resources import operations as operations
from lightsail_snap.testing.strategies._resources import results as results

_registration.register()
