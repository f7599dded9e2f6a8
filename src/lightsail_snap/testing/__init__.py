"""Tools for testing code that uses this library or boto3 (extra `testing`).

- `mock_lightsail` connects every boto3 client of the process to an emulator instead of AWS.
- The pytest plugin is active once the library is installed. Its fixtures are `lightsail_clock`,
  `lightsail_emulator`, `lightsail_client`, `mock_lightsail` and `forbid_aws`; until a test uses
  one, it loads nothing.
- `lightsail_snap.testing.strategies` contains hypothesis strategies for every public class.
  Importing it registers them, so that `hypothesis.strategies.from_type(DiskSnapshot)` works.
"""

from typing import TYPE_CHECKING

from lightsail_snap import _lazy

__all__ = ["LightsailMock", "mock_lightsail"]

if TYPE_CHECKING:
    from lightsail_snap.testing._mock import LightsailMock as LightsailMock
    from lightsail_snap.testing._mock import mock_lightsail as mock_lightsail
else:
    # Hidden from type checkers, which would accept any name from a module with `__getattr__`.
    __getattr__, __dir__ = _lazy.lazy(__name__, dict.fromkeys(__all__, "_mock"))
