"""Type-check a consumer with types-boto3: its client is accepted without a cast. Never run.

A line that must be rejected names the error code: `# mypy: ...`.
"""

from __future__ import annotations

import boto3
from boto3.session import Session
from botocore.config import Config
from types_boto3_lightsail import LightsailClient
from typing_extensions import assert_type

from lightsail_snap import AsyncLightsailSnapClient, Boto3Client, Boto3Session, LightsailSnapClient
from lightsail_snap.emulator import LightsailEmulator


def accepted_clients(client: LightsailClient, session: Session) -> None:
    assert_type(boto3.client("lightsail"), LightsailClient)
    LightsailSnapClient(client)
    LightsailSnapClient(boto3.client("lightsail"))
    LightsailSnapClient(session.client("lightsail", config=Config(read_timeout=5)))
    LightsailSnapClient(session=session, config=Config(read_timeout=5))
    AsyncLightsailSnapClient(client)
    AsyncLightsailSnapClient(session=Session())
    LightsailEmulator().install(client)
    accepted: Boto3Client = client
    made_by: Boto3Session = session
    del accepted, made_by


def rejected_clients(session: Session) -> None:
    LightsailSnapClient(session)  # mypy: arg-type
    LightsailSnapClient(session=session.client("lightsail"))  # mypy: arg-type
