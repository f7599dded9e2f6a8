"""Tools for testing code that uses this library (extra `testing`).

- The pytest plugin is active once the library is installed. Its fixtures are `lightsail_clock`,
  `lightsail_emulator` and `lightsail_client`; until a test uses one, it loads nothing.
- `lightsail_snap.testing.strategies` contains hypothesis strategies for every public class.
  Importing it registers them, so that `hypothesis.strategies.from_type(DiskSnapshot)` works.
"""
