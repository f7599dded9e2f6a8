"""Help for testing code that uses this library (extra `testing`).

- The pytest plugin is there as soon as the library is installed; it costs nothing until one of its
  fixtures is asked for: `lightsail_clock`, `lightsail_emulator`, `lightsail_client`.
- `lightsail_snap.testing.strategies` holds hypothesis strategies for every public model. Importing
  it registers them, so that `hypothesis.strategies.from_type(DiskSnapshot)` works.
"""
