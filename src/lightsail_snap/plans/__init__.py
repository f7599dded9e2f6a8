"""Backup plans: define sources and retention, check the dry run, apply it.

```
BackupPlan ── prepare ──► Run ── print it ── apply ──► RunResult
   data                  data                            data
```

1. `BackupPlan` is data, from TOML or JSON.
2. `prepare` lists the resources of a plan and returns a `Run`: its steps, as data. This is the dry
   run, which changes nothing.
3. `apply` carries out every step of a run exactly once. After a crash, applying again resumes.
4. `apply_many` applies many plans, with any executor.
"""

from lightsail_snap.plans._apply import OnStep as OnStep
from lightsail_snap.plans._apply import apply as apply
from lightsail_snap.plans._deletion_results import DeletionRecord as DeletionRecord
from lightsail_snap.plans._deletion_results import PrunedSnapshot as PrunedSnapshot
from lightsail_snap.plans._deletion_results import PruneResult as PruneResult
from lightsail_snap.plans._deletion_results import Status as Status
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
from lightsail_snap.plans._model import Weekday as Weekday
from lightsail_snap.plans._planning import CopyStep as CopyStep
from lightsail_snap.plans._planning import DeleteStep as DeleteStep
from lightsail_snap.plans._planning import Run as Run
from lightsail_snap.plans._planning import Step as Step
from lightsail_snap.plans._planning import TakeStep as TakeStep
from lightsail_snap.plans._planning import make_run as make_run
from lightsail_snap.plans._planning import prepare as prepare
from lightsail_snap.plans._prune import plan_prune as plan_prune
from lightsail_snap.plans._prune import prune as prune
from lightsail_snap.plans._results import FleetResult as FleetResult
from lightsail_snap.plans._results import PlanOutcome as PlanOutcome
from lightsail_snap.plans._results import RunResult as RunResult
from lightsail_snap.plans._results import StepResult as StepResult
from lightsail_snap.plans._sessions import RegionalClients as RegionalClients
from lightsail_snap.plans._sessions import assume_role_clients as assume_role_clients
from lightsail_snap.plans._sessions import regional_clients as regional_clients
