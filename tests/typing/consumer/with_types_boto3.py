"""What a consumer with types-boto3 sees: its client is taken without a cast. Checked, never run.

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


def hand_over(client: LightsailClient, session: Session) -> None:
    assert_type(boto3.client("lightsail"), LightsailClient)
    LightsailSnapClient(client)
    LightsailSnapClient(boto3.client("lightsail"))
    LightsailSnapClient(session.client("lightsail", config=Config(read_timeout=5)))
    LightsailSnapClient(session=session, config=Config(read_timeout=5))
    AsyncLightsailSnapClient(client)
    AsyncLightsailSnapClient(session=Session())
    LightsailEmulator().install(client)
    ours: Boto3Client = client
    made_by: Boto3Session = session
    del ours, made_by


def mix_up(session: Session) -> None:
    LightsailSnapClient(session)  # mypy: arg-type
    LightsailSnapClient(session=session.client("lightsail"))  # mypy: arg-type
