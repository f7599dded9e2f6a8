"""Type-check what only the asynchronous client has. This file is never run.

A line that must be rejected names the error codes: `# mypy: ... pyright: ...`.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from lightsail_snap import AsyncLightsailSnapClient, Boto3Client, LightsailSnapClient


async def quiesced_asynchronously(client: AsyncLightsailSnapClient, frozen: AbstractAsyncContextManager[None]) -> None:
    await client.take_instance_snapshot("web", "web-1", quiesce=frozen)
    await client.take_instance_snapshot("web", "web-1", quiesce=frozen.__aenter__)  # mypy: arg-type pyright: reportArgumentType


def missing_await(client: AsyncLightsailSnapClient) -> None:
    client.get_disk("a").disk  # mypy: attr-defined pyright: reportAttributeAccessIssue
    for page in client.iter_disks().pages():  # mypy: attr-defined pyright: reportGeneralTypeIssues
        del page
    with client:  # mypy: attr-defined pyright: reportGeneralTypeIssues
        pass


def connecting(boto3_client: Boto3Client) -> None:
    AsyncLightsailSnapClient(boto3_client, concurrency=2)
    AsyncLightsailSnapClient(concurrency="2")  # mypy: arg-type pyright: reportArgumentType
    LightsailSnapClient(boto3_client, concurrency=2)  # mypy: call-arg pyright: reportCallIssue
