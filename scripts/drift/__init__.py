"""Compare the models with Lightsail's service model in botocore.

`python -m scripts.drift`, run from the root of the repository, prints the differences. The models
are written by hand, so they can drift from the service.

Both sides are reduced to facts, plain data: `service` reads them from a service model, `library`
from the JSON Schemas of the models. `compare` finds the differences. Some are intended: `expected`
lists them with their reasons. Only `report` imports botocore.
"""
