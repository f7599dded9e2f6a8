"""Completion of commands, options and names in shells."""

from __future__ import annotations

import json
import os
import shlex
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cli.support import Command, access_denied

from lightsail_snap.cli import _completion, _resource_names, _snapshots, main
from lightsail_snap.cli._command_line import read_profiles
from lightsail_snap.cli._completion import (
    SHELLS,
    VARIABLE,
    Word,
    completion_script,
    detect_shell,
    install_completion,
    quote_for_bash,
    split_line,
)
from lightsail_snap.emulator import LightsailEmulator

BREAKS = " \t\n\"'@><=;|&(:"


class Shell:
    """What the script of a shell receives; names are cached in a folder of the test."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
    ) -> None:
        self.monkeypatch, self.capsys, self.folder = monkeypatch, capsys, folder
        monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
        monkeypatch.setenv("LOCALAPPDATA", str(folder))

    def reply(self, shell: str, *words: str) -> list[str]:
        """Complete the last word."""
        self.monkeypatch.setenv(VARIABLE, shell)
        assert main(list(words)) == 0
        captured = self.capsys.readouterr()
        self.monkeypatch.delenv(VARIABLE)
        assert captured.err == ""
        return captured.out.splitlines()

    def values(self, *words: str) -> list[str]:
        """Complete the last word in zsh, and return the values without descriptions."""
        reply = self.reply("zsh", *words)
        assert reply[:1] == ["values"]
        return [each.partition("\t")[0] for each in reply[1:]]

    def cache_files(self) -> list[Path]:
        return [each for each in self.folder.rglob("*") if each.is_file()]

    def forget(self) -> None:
        for each in self.cache_files():
            each.unlink()


@pytest.fixture
def shell(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Shell:
    return Shell(monkeypatch, capsys, tmp_path / "cache")


@pytest.fixture
def snapshots(command: Command) -> None:
    """A snapshot of each disk, with tags, and one of an instance."""
    for number in (1, 2):
        arguments = ["create", f"snap-{number}", "--disk", f"Disk-{number}"]
        assert command(*arguments, "--tag", f"n={number}", "--tag", "key").code == 0
    assert command("create", "all-1", "--instance", "web-1").code == 0


@pytest.mark.parametrize("name", ["zsh", "fish", "powershell"])
def test_commands_are_completed_with_their_summaries(name: str, shell: Shell) -> None:
    current = ":pru" if name == "powershell" else "pru"
    assert shell.reply(name, current) == [
        "values",
        "prune\tShow which snapshots a retention policy keeps; with --apply delete the others.",
    ]


def test_bash_receives_values_only(shell: Shell) -> None:
    assert shell.reply("bash", "lightsail-snap pru", BREAKS) == ["values", "", "prune"]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--jso"], ["--json"]),
        (["prune", "--keep-within-m"], ["--keep-within-monthly"]),
        (["list", "--json", "--js"], []),
        (["list", "--he"], ["--help"]),
        (["prune", "--keep-tag", "a", "--keep-t"], ["--keep-tag"]),
        (["create", "x", "--no-w"], ["--no-wait"]),
        (["auto-snapshots", "en"], ["enable"]),
        (["--region", "us-east-1", "auto-snapshots", "en"], ["enable"]),
        (["--region", "us-we"], ["us-west-1", "us-west-2"]),
        (["list", "--region=eu-central"], ["--region=eu-central-1"]),
        (["copy", "x", "--from", "eu-central"], ["eu-central-1"]),
        (["list", "--kind", ""], ["all", "disk", "instance"]),
        (["list", "--columns", "name,s"], ["name,state", "name,source", "name,size"]),
        (["list", "--sort=-s"], ["--sort=-state", "--sort=-source", "--sort=-size"]),
        (["list", "-o", "js"], ["json", "jsonl"]),
        (["demo", "--source", "d"], ["disk"]),
        (["auto-snapshots", "enable", "Disk-1", "--at", "1"], [f"{n}:00" for n in range(10, 20)]),
        (["prune", "--time-zone", ""], []),
        (["list", "--unknown", "-x", "--", "--json"], []),
        (["unknown", ""], []),
        (["doctor", ""], []),
        (["demo", "--seconds=1", ""], []),
    ],
)
def test_fixed_values_are_completed(words: list[str], expected: list[str], shell: Shell) -> None:
    assert shell.values(*words) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["apply", "a.toml", ""], "files .toml .json"),
        (["prune", ""], "files .toml .json"),
        (["plan", "ni"], "files .toml .json"),
        (["emulator", "--state", ""], "files"),
        (["restore-instance", "a", "b", "--user-data-file", ""], "files"),
    ],
)
def test_files_are_completed_by_the_shell(words: list[str], expected: str, shell: Shell) -> None:
    assert shell.reply("fish", *words) == [expected]
    line = shlex.join(["lightsail-snap", *words[:-1]]) + " x\\ y"
    assert shell.reply("bash", line, BREAKS) == [expected, "x y"]


SNAPSHOTS = {"snap-1", "snap-2", "all-1"}
NAMES: list[tuple[list[str], set[str]]] = [
    (["show", "sna"], {"snap-1", "snap-2"}),
    (["delete", "snap-1", ""], {"snap-2", "all-1"}),
    (["list", "s"], {"snap-1", "snap-2"}),
    (["create", "x", "--disk", ""], {"Disk-1", "Disk-2"}),
    (["create", "x", "--disk=Disk-2"], {"--disk=Disk-2"}),
    (["create", "x", "--instance", ""], {"web-1"}),
    (["list", "--source", ""], {"Disk-1", "Disk-2", "web-1"}),
    (["restore", ""], {"snap-1", "snap-2"}),
    (["restore", "--auto-latest", ""], {"Disk-1", "Disk-2", "web-1"}),
    (["restore-instance", ""], {"all-1"}),
    (["restore-instance", "--auto", "2026-11-23", ""], {"web-1"}),
    (
        ["copy", "--from", "us-east-1", "--region", "us-west-2", ""],
        SNAPSHOTS,
    ),
    (["copy", ""], SNAPSHOTS),
    (["copy", "--auto-latest", ""], {"Disk-1", "Disk-2", "web-1"}),
    (["--region", "us-west-2", "show", ""], set()),
    (["rollback", ""], {"Disk-1", "Disk-2"}),
    (["rollback", "Disk-1", ""], {"snap-1"}),
    (["attach", ""], {"Disk-1", "Disk-2"}),
    (["attach", "Disk-1", ""], {"web-1"}),
    (["attach", "Disk-1", "web-1", ""], set()),
    (["list", "--tag", ""], {"n=1", "n=2", "key"}),
    (["tag", "snap-1", "--remove", ""], {"n", "key"}),
    (["tag", "snap-1", "n"], {"n=1", "n=2"}),
]


@pytest.mark.usefixtures("snapshots")
def test_names_of_the_account_are_completed(shell: Shell, emulator: LightsailEmulator) -> None:
    emulator.calls.clear()
    for words, expected in NAMES:
        assert set(shell.values(*words)) == expected, words
    assert all(name.startswith("Get") for name in emulator.calls)


@pytest.mark.usefixtures("history")
def test_plans_of_snapshots_are_completed(command: Command, shell: Shell) -> None:
    assert shell.values("prune", "--owner", "") == ["nightly"]
    assert command("list").code == 0


@pytest.mark.usefixtures("snapshots")
def test_names_are_cached_for_one_connection(
    command: Command, shell: Shell, emulator: LightsailEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = shell.values("create", "x", "--disk", "")
    emulator.calls.clear()
    assert shell.values("list", "--source", "Disk") == first
    assert dict(emulator.calls) == {"GetInstances": 1}
    assert shell.values("--region", "us-west-2", "create", "x", "--disk", "") == []
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "other")
    assert shell.values("create", "x", "--disk", "") == first
    assert emulator.calls["GetDisks"] == 2
    for file in shell.cache_files():
        if os.name == "posix":
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
        assert "any" not in file.read_text(encoding="utf-8")
    assert command("list").code == 0


def age_cache(shell: Shell, seconds: float) -> None:
    for file in shell.cache_files():
        content = json.loads(file.read_text(encoding="utf-8"))
        content["expires_at"] += seconds
        file.write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize("seconds", [-61, 61])
def test_cache_expires_also_if_the_clock_was_changed(
    seconds: float, command: Command, shell: Shell, emulator: LightsailEmulator
) -> None:
    assert command("list").code == 0
    for _ in range(2):
        assert set(shell.values("create", "x", "--disk", "")) == {"Disk-1", "Disk-2"}
        age_cache(shell, seconds)
    assert emulator.calls["GetDisks"] == 2


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"expires_at": 1}', b"\xff", b"3"])
@pytest.mark.usefixtures("command")
def test_invalid_cache_is_replaced(content: bytes, shell: Shell) -> None:
    shell.values("create", "x", "--disk", "")
    (file,) = shell.cache_files()
    file.write_bytes(content)
    assert len(shell.values("create", "x", "--disk", "")) == 2
    assert json.loads(file.read_bytes())["resources"]


@pytest.mark.usefixtures("command")
def test_files_of_other_days_are_removed_from_the_cache(shell: Shell) -> None:
    shell.values("create", "x", "--disk", "")
    (file,) = shell.cache_files()
    old = file.with_name("old.json")
    old.touch()
    os.utime(old, (1, 1))
    file.unlink()
    shell.values("create", "x", "--disk", "")
    assert shell.cache_files() == [file]


@pytest.mark.usefixtures("command")
def test_cache_that_cannot_be_written_is_ignored(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path / "file"))
    assert len(shell.values("create", "x", "--disk", "")) == 2
    # Without a home folder, too.
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.setattr(Path, "home", refuse_home)
    assert len(shell.values("create", "x", "--disk", "")) == 2


def refuse_home() -> Path:
    message = "there is no home folder"
    raise RuntimeError(message)


@pytest.mark.usefixtures("command")
def test_every_page_is_read_and_a_repeated_token_ends_the_list(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens: list[str | None] = []

    class Client:
        def get_disks(self, **parameters: str) -> dict[str, Any]:
            tokens.append(parameters.get("pageToken"))
            page: dict[str, Any] = {"disks": [{"name": f"d{len(tokens)}"}], "nextPageToken": "b"}
            return page

    monkeypatch.setattr(_resource_names, "_open_client", lambda _: Client())
    assert shell.values("create", "x", "--disk", "") == ["d1", "d2"]
    assert tokens == [None, "b"]


@pytest.mark.usefixtures("command")
def test_control_characters_are_not_completed(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Client:
        def get_disks(self) -> dict[str, Any]:
            return {"disks": [{"name": name} for name in ("a\nb", "\x1b[31m", "名 x", "\ud800")]}

    monkeypatch.setattr(_resource_names, "_open_client", lambda _: Client())
    assert shell.values("create", "x", "--disk", "") == ["名 x"]


def test_refused_request_completes_nothing_and_is_not_repeated_at_once(
    command: Command, shell: Shell, emulator: LightsailEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def handle(_region: str, operation: str, _payload: object) -> object:
        calls.append(operation)
        return access_denied(emulator)

    monkeypatch.setattr(emulator, "handle", handle)
    for _ in range(2):
        assert shell.values("create", "x", "--disk", "") == []
    assert calls == ["GetDisks"]
    age_cache(shell, -10)
    assert shell.values("create", "x", "--disk", "") == []
    assert len(calls) == 2
    assert command("list").code != 0


@pytest.mark.parametrize(
    "environment",
    [
        {"AWS_DEFAULT_REGION": ""},
        {"AWS_DEFAULT_REGION": "us-east-1a"},
        {"AWS_PROFILE": "unknown"},
        {"AWS_ENDPOINT_URL_LIGHTSAIL": "http://192.0.2.1"},
        {"AWS_ENDPOINT_URL_LIGHTSAIL": "http://127.0.0.1:1"},
        {"AWS_ACCESS_KEY_ID": "", "AWS_EC2_METADATA_DISABLED": "true"},
    ],
)
@pytest.mark.usefixtures("command")
@pytest.mark.sample(2)
def test_invalid_settings_complete_nothing(
    environment: dict[str, str], shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert shell.values("create", "x", "--disk", "") == []


@pytest.mark.usefixtures("command")
def test_slow_response_is_not_waited_for(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()

    class Client:
        def get_disks(self, **parameters: str) -> dict[str, Any]:
            if parameters:
                release.wait()
            return {"disks": [{"name": "first"}], "nextPageToken": "b"}

    monkeypatch.setattr(_completion, "_MAX_SECONDS", 0.2)
    monkeypatch.setattr(_resource_names, "_open_client", lambda _: Client())
    try:
        # Whether the first page is there depends on the machine.
        assert shell.values("create", "x", "--disk", "") in ([], ["first"])
    finally:
        release.set()


@pytest.mark.parametrize(
    ("profile", "is_refused"),
    [
        ("mfa", True),
        ("role", True),
        ("process", True),
        ("loop", False),
        ("plain", False),
        ("unknown", False),
    ],
)
def test_profile_that_may_prompt_is_not_used(
    profile: str, is_refused: object, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    use_config(
        monkeypatch,
        tmp_path,
        "[profile mfa]\nmfa_serial = x\n[profile role]\nsource_profile = mfa\n"
        "[profile process]\ncredential_process = x\n[profile loop]\nsource_profile = loop\n"
        "[profile plain]\n",
    )
    monkeypatch.delenv("AWS_ACCESS_KEY_ID", raising=False)
    opened = []
    for options in ({"profile": profile}, {}):
        monkeypatch.setenv("AWS_PROFILE", profile)
        try:
            _resource_names._refuse_to_prompt(options.get("profile"))
            opened.append(profile)
        except PermissionError:
            pass
    assert opened == ([] if is_refused else [profile, profile])
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    _resource_names._refuse_to_prompt(None)


def use_config(monkeypatch: pytest.MonkeyPatch, folder: Path, text: str) -> None:
    (folder / "config").write_text(text, encoding="utf-8")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(folder / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "credentials"))


def test_profiles_of_both_files_are_completed(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = "[default]\nregion=x\n[profile a b]\n[profile 'q']\n[sso-session s]\n[plugins]\n"
    use_config(monkeypatch, tmp_path, config)
    (tmp_path / "credentials").write_text("[c]\naws_access_key_id=x\n[a b]\n", encoding="utf-8")
    assert shell.values("--profile", "") == ["a b", "c", "default", "q"]
    assert read_profiles()["c"] == {"aws_access_key_id": "x"}


@pytest.mark.parametrize("content", [b"no section", b"\xff\xfe", None])
def test_unreadable_configuration_has_no_profiles(
    content: bytes | None, shell: Shell, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    use_config(monkeypatch, tmp_path, "")
    if content is not None:
        (tmp_path / "config").write_bytes(content)
    assert shell.values("list", "--profile", "") == []


@pytest.mark.parametrize("words", [["bash"], ["tcsh", "x"], ["zsh"]])
def test_unexpected_call_of_a_script_is_silent(words: list[str], shell: Shell) -> None:
    assert shell.reply(*words) in ([], ["values"])


LETTERS = st.text(st.sampled_from("abz19-_. '\"\\$`!*?[]{}()&|;<>=:@#~%^,é名"), max_size=12)


@given(st.lists(LETTERS, max_size=4), LETTERS)
def test_split_line_reads_what_a_shell_quotes(words: list[str], last: str) -> None:
    line = " ".join(["lightsail-snap", *map(shlex.quote, words), shlex.quote(last)])
    found, word = split_line(line, BREAKS)
    assert found == ["lightsail-snap", *words]
    assert word.value == last
    assert word.quote == ""


@given(LETTERS, st.sampled_from(["", "'", '"']), st.integers(0, 12))
def test_quoted_value_is_read_as_one_word(value: str, quote: str, kept: int) -> None:
    word = Word(value[:kept], value[:kept], quote)
    # What bash keeps is quoted already, as the user has typed it.
    end = quote_for_bash(value, word)
    start = shlex.quote(value[:kept]) if value[:kept] else ""
    assert split_line(f"x {start}{quote}{end}{quote} y", "")[0] == [
        "x",
        *([value] if value or quote else []),
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("snap list --region=us-w", Word("--region=us-w", "--region=", "")),
        ("snap list --tag a:b", Word("a:b", "a:", "")),
        ("snap list 'a:b", Word("a:b", "", "'")),
        ('snap list "a\\"b', Word('a"b', "", '"')),
        ("snap list a\\ b", Word("a b", "", "")),
        ("snap list ", Word("", "", "")),
        ("snap list ''", Word("", "", "")),
    ],
)
def test_split_line_finds_the_part_that_bash_keeps(line: str, expected: Word) -> None:
    words, word = split_line(line, BREAKS)
    assert (words, word) == (["snap", "list", *(["--tag"] if "--tag" in line else [])], expected)


def test_completed_columns_are_those_of_the_list() -> None:
    assert [*_snapshots._COLUMN_NAMES] == [each.name for each in _snapshots._make_columns()]


def test_fish_passes_the_last_word_with_its_quotes(shell: Shell) -> None:
    assert shell.reply("fish", "list", "--kind", "'di") == ["values", "disk"]


@pytest.mark.parametrize("name", SHELLS)
def test_show_completion_prints_the_script_of_the_shell(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shellingham.detect_shell", lambda: (name, f"/bin/{name}"))
    assert main(["--show-completion"]) == 0
    script = capsys.readouterr().out
    assert script == completion_script(name)
    assert "lightsail-snap" in script
    assert VARIABLE in script
    assert "PROGRAM" not in script


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("bash", ".bash_completions/lightsail-snap.sh"),
        ("zsh", ".zfunc/_lightsail-snap"),
        ("fish", ".config/fish/completions/lightsail-snap.fish"),
    ],
)
def test_install_completion_can_be_repeated(
    name: str,
    file: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setattr("shellingham.detect_shell", lambda: (name, f"/bin/{name}"))
    start_file = tmp_path / f".{name}rc"
    start_file.write_text("alias x=y", encoding="utf-8")
    for _ in range(2):
        assert main(["--install-completion"]) == 0
        assert f"Completion for {name} was installed in" in capsys.readouterr().err
    assert (tmp_path / file).read_text(encoding="utf-8") == completion_script(name)
    lines = start_file.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "alias x=y"
    assert len(lines) == (1 if name == "fish" else 2)


def test_install_completion_creates_the_start_file_of_the_shell(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    install_completion("bash")
    file = tmp_path / ".bash_completions" / "lightsail-snap.sh"
    assert (tmp_path / ".bashrc").read_text(encoding="utf-8") == f"source {file}\n"


def test_install_completion_for_powershell_prints_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shellingham.detect_shell", lambda: ("pwsh", "pwsh"))
    assert main(["--install-completion"]) == 0
    assert "Out-String | Invoke-Expression" in capsys.readouterr().err


def fail_to_detect() -> tuple[str, str]:
    raise OSError


@pytest.mark.parametrize(
    ("detect", "variable", "expected"),
    [
        (lambda: ("tcsh", ""), "/bin/zsh", "zsh"),
        (fail_to_detect, "/usr/bin/fish", "fish"),
        (fail_to_detect, "/bin/tcsh", None),
        (fail_to_detect, "", None),
    ],
)
def test_shell_is_detected(
    detect: Callable[[], tuple[str, str]],
    variable: str,
    expected: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shellingham.detect_shell", detect)
    monkeypatch.setenv("SHELL", variable)
    assert detect_shell() == expected
    assert main(["--show-completion"]) == (0 if expected else 2)


@pytest.mark.thorough
def test_process_ends_in_time_though_the_endpoint_does_not_respond(
    tmp_path: Path,
) -> None:
    import socket  # noqa: PLC0415 - for this test only

    with socket.create_server(("127.0.0.1", 0)) as silent:
        environment = {name: value for name, value in os.environ.items() if name[:4] != "AWS_"} | {
            VARIABLE: "zsh",
            "XDG_CACHE_HOME": str(tmp_path),
            "AWS_ENDPOINT_URL_LIGHTSAIL": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "any",
        }
        done = subprocess.run(
            [sys.executable, "-m", "lightsail_snap", "show", ""],
            capture_output=True,
            text=True,
            check=True,
            env=environment,
            timeout=60,
        )
    assert (done.stdout, done.stderr) == ("values\n", "")
