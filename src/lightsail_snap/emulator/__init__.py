"""Embedded Lightsail for tests: unmodified AWS clients call it in-process or over HTTP.

Importing this package loads neither boto3 nor an HTTP server; both are loaded when used.
"""

from lightsail_snap.emulator._emulator import LightsailEmulator as LightsailEmulator
from lightsail_snap.emulator._faults import Fault as Fault
from lightsail_snap.emulator._faults import FaultKind as FaultKind
from lightsail_snap.emulator._progression import FailedOperation as FailedOperation
from lightsail_snap.emulator._progression import Pace as Pace
from lightsail_snap.emulator._progression import Progression as Progression
from lightsail_snap.emulator._run import run_server as run_server
from lightsail_snap.emulator._wire import Ending as Ending
from lightsail_snap.emulator._wire import Response as Response
