"""In any environment, a client has the configuration and requests of plain boto3."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from tests.compatibility.comparison import (
    BUILT_BY_LIBRARY,
    WAYS,
    boto_client,
    by_region,
    call_plain,
    call_typed,
    differences,
    effective,
    observe_calls,
    plain,
)
from tests.compatibility.environments import ENVIRONMENTS, REFUSED
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
    found: list[str] = []
    for way in BUILT_BY_LIBRARY:
        with WAYS[way](settings) as client:
            boto = boto_client(client)
            found += differences(way, effective(boto), configuration)
            # test_outcomes compares the requests of the other ways.
            if way == "region":
                seen = observe_calls(boto, partial(call_typed, client), recorder)
                found += differences(way, seen, calls)
    assert found == [], "\n".join(found)


@pytest.mark.parametrize("name", REFUSED)
def test_settings_refused_by_boto3_raise_with_the_same_cause(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    settings = REFUSED[name].apply(monkeypatch, tmp_path)
    with pytest.raises(Exception) as expected:  # noqa: PT011 - boto3 raises several classes
        plain(settings)
    with pytest.raises(ConfigurationError) as caught, by_region(settings):
        pass
    assert type(caught.value.__cause__) is expected.type
