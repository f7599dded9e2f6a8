"""How far the models have drifted from the service model that botocore has.

Both sides are told as facts, plain data: `service_facts` reads them from a service model,
`library_facts` from the JSON Schemas of the models. What differs is a `Drift`; some of it is meant,
and `EXPECTED` says why. Only `_installed` imports botocore, and nothing here reads a file but it.
"""

from lightsail_snap._spec_drift._compare import Drift as Drift
from lightsail_snap._spec_drift._compare import Expected as Expected
from lightsail_snap._spec_drift._compare import Report as Report
from lightsail_snap._spec_drift._compare import compare as compare
from lightsail_snap._spec_drift._expected import EXPECTED as EXPECTED
from lightsail_snap._spec_drift._facts import Facts as Facts
from lightsail_snap._spec_drift._facts import Kind as Kind
from lightsail_snap._spec_drift._installed import installed_model as installed_model
from lightsail_snap._spec_drift._installed import installed_version as installed_version
from lightsail_snap._spec_drift._library import library_facts as library_facts
from lightsail_snap._spec_drift._report import report_on as report_on
from lightsail_snap._spec_drift._service import service_facts as service_facts
