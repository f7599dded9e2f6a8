"""A client has the configuration, and sends the requests, of plain boto3 in its environment."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.compatibility.comparison import (
    CONFIGURABLE,
    WAYS,
    Call,
    Settings,
    boto_client,
    call_plain,
    call_typed,
    differences,
    effective,
    observe_calls,
    plain,
)
from tests.compatibility.environments import ENVIRONMENTS, REFUSED, REFUSED_BY_SESSION
from tests.compatibility.recorder import Recorder

from lightsail_snap import ConfigurationError


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_client_in_any_environment_equals_boto3(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, recorder: Recorder
) -> None:
    settings = ENVIRONMENTS[name].apply(monkeypatch, tmp_path)
    boto = plain(settings)
    configuration = effective(boto)
    calls = observe_calls(boto, partial(call_plain, boto), recorder)
    found = []
    for way in WAYS:
        with WAYS[way](settings) as client:
            boto = boto_client(client)
            found += differences(way, effective(boto), configuration)
            if way in CONFIGURABLE:
                seen = observe_calls(boto, partial(call_typed, client), recorder)
                found += differences(way, seen, calls)
    assert found == [], "\n".join(found)


@pytest.mark.parametrize(
    ("way", "name"),
    [("region", name) for name in REFUSED]
    + [("session", name) for name in REFUSED if name not in REFUSED_BY_SESSION],
)
def test_settings_that_boto3_refuses_are_refused_for_the_same_reason(
    way: str, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = REFUSED[name].apply(monkeypatch, tmp_path)
    with pytest.raises(Exception) as expected:  # noqa: PT011 - whatever boto3 raises
        plain(settings)
    with pytest.raises(ConfigurationError) as caught, WAYS[way](settings):
        pass
    assert type(caught.value.__cause__) is expected.type
