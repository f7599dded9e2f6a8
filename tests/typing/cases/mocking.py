"""Types of `mock_lightsail`. Checked, never run.

A line that must be rejected names the error codes: `# mypy: ... pyright: ...`.
"""

from __future__ import annotations

from collections.abc import Iterator

from typing_extensions import assert_type

from lightsail_snap import VirtualClock
from lightsail_snap.emulator import LightsailEmulator, Progression
from lightsail_snap.testing import LightsailMock, mock_lightsail


def context_managers(emulator: LightsailEmulator) -> None:
    assert_type(mock_lightsail(), LightsailMock)
    assert_type(mock_lightsail(emulator=emulator), LightsailMock)
    with mock_lightsail(clock=VirtualClock(), progression=Progression.instant()) as active:
        assert_type(active, LightsailEmulator)
    LightsailMock()  # mypy: call-arg pyright: reportCallIssue
    mock_lightsail(emulator)  # mypy: call-overload pyright: reportCallIssue,reportArgumentType
    mock_lightsail(progression="instant")  # mypy: call-overload pyright: reportArgumentType


@mock_lightsail
def plain(name: str, *, size: int = 8) -> bool:
    return bool(name) and size > 0


@mock_lightsail(progression=Progression.by_polls())
async def asynchronous(name: str) -> bool:
    return bool(name)


@mock_lightsail
def generator() -> Iterator[int]:
    yield 5


@mock_lightsail
class Bare:
    @mock_lightsail()
    def method(self, name: str) -> bool:
        return bool(name)


@mock_lightsail()
class Called:
    number = 5


async def decorated() -> None:
    assert_type(plain("disk-1", size=9), bool)
    assert_type(await asynchronous("disk-1"), bool)
    assert_type(generator(), Iterator[int])
    assert_type(Bare(), Bare)
    assert_type(Bare().method("disk-1"), bool)
    assert_type(Called().number, int)
    plain(5)  # mypy: arg-type pyright: reportArgumentType
    plain("disk-1", 9)  # mypy: call-arg pyright: reportCallIssue
    await asynchronous()  # mypy: call-arg pyright: reportCallIssue
    Bare().method()  # mypy: call-arg pyright: reportCallIssue
    Bare(5)  # mypy: call-arg pyright: reportCallIssue
