"""Backup plans: say what to snapshot and what to keep, look at what that comes to, apply it.

```
BackupPlan ── prepare ──► Run ── print it ── apply ──► RunResult
   data                  data                            data
```

A plan (`BackupPlan`) is data, from TOML or JSON. Together with what there is in Lightsail it makes
a `Run`: the steps to take, which can be printed and stored, and changes nothing. `apply` carries it
out, each step exactly once: applying again after a crash goes on where it stopped. `apply_many`
does so for many plans, with any executor.
"""

from lightsail_snap.plans._apply import OnStep as OnStep
from lightsail_snap.plans._apply import RunResult as RunResult
from lightsail_snap.plans._apply import StepResult as StepResult
from lightsail_snap.plans._apply import apply as apply
from lightsail_snap.plans._base import Status as Status
from lightsail_snap.plans._deletion import DeletionRecord as DeletionRecord
from lightsail_snap.plans._fleet import FleetResult as FleetResult
from lightsail_snap.plans._fleet import PlanOutcome as PlanOutcome
from lightsail_snap.plans._fleet import apply_many as apply_many
from lightsail_snap.plans._inventory import ClientFactory as ClientFactory
from lightsail_snap.plans._inventory import Inventory as Inventory
from lightsail_snap.plans._inventory import Source as Source
from lightsail_snap.plans._inventory import read_inventory as read_inventory
from lightsail_snap.plans._model import CLIENT_TOKEN_TAG as CLIENT_TOKEN_TAG
from lightsail_snap.plans._model import BackupPlan as BackupPlan
from lightsail_snap.plans._model import Kind as Kind
from lightsail_snap.plans._model import Quiesce as Quiesce
from lightsail_snap.plans._model import Selection as Selection
from lightsail_snap.plans._model import Slot as Slot
from lightsail_snap.plans._prune import PrunedSnapshot as PrunedSnapshot
from lightsail_snap.plans._prune import PruneResult as PruneResult
from lightsail_snap.plans._prune import plan_prune as plan_prune
from lightsail_snap.plans._prune import prune as prune
from lightsail_snap.plans._sessions import RegionalClients as RegionalClients
from lightsail_snap.plans._sessions import assume_role_clients as assume_role_clients
from lightsail_snap.plans._sessions import regional_clients as regional_clients
from lightsail_snap.plans._steps import CopyStep as CopyStep
from lightsail_snap.plans._steps import DeleteStep as DeleteStep
from lightsail_snap.plans._steps import Run as Run
from lightsail_snap.plans._steps import Step as Step
from lightsail_snap.plans._steps import TakeStep as TakeStep
from lightsail_snap.plans._steps import make_run as make_run
from lightsail_snap.plans._steps import prepare as prepare
