"""Escaping, truncation and redaction of strings."""

from __future__ import annotations

import pytest

from lightsail_snap._text import one_line, redact, short_repr


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("plain é 日本", "plain é 日本"),
        ("a\nb\r\x00\x1b[31m", r"a\nb\r\x00\x1b[31m"),
        ("\u202eevil\u2028", r"\u202eevil\u2028"),
        ("\ud800", r"\ud800"),
        ("x" * 700, "x" * 600 + "…"),
    ],
)
def test_one_line_escapes_and_truncates(text: str, line: str) -> None:
    assert one_line(text) == line


def test_one_line_long_string_is_truncated_first() -> None:
    assert len(one_line("\n" * 10_000_000)) <= 1201


@pytest.mark.parametrize(
    "text",
    [
        "x-amz-security-token:CANARY\nhost:x",
        "X-Amz-Security-Token=CANARY&x=1",
        '"SecretAccessKey": "CANARY"',
        '"SessionToken": "CANARY",',
        "aws_secret_access_key = CANARY",
        "AWS_SESSION_TOKEN=CANARY",
        "http://user:CANARY@proxy:3128/",
    ],
)
def test_redact_secrets_are_removed(text: str) -> None:
    cleaned = redact(text)
    assert "CANARY" not in cleaned
    assert "***" in cleaned


def test_redact_key_ids_and_signatures_are_removed() -> None:
    text = "Credential=ASIAIOSFODNN7EXAMPLE/2026, Signature=" + "ab12" * 16
    assert redact(text) == "Credential=ASIA***/2026, Signature=***"


def test_redact_other_string_is_unchanged() -> None:
    text = "Some names are already in use: db-1 (see https://docs.aws.amazon.com/x)"
    assert redact(text) == text


def test_short_repr_any_object_is_one_line() -> None:
    class Broken:
        def __repr__(self) -> str:
            raise ZeroDivisionError

    assert short_repr(Broken()) == "<Broken>"
    assert short_repr("x" * 10_000_000) == "'" + "x" * 79 + "…"
    assert short_repr(b"\x00" * 10_000_000).endswith("…")
    assert repr(short_repr([1, "a"])) == "[1, 'a']"
