"""Settings: environment, file and flags in rising order, and errors that name the setting."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flashreel.cli import app
from flashreel.errors import SetupError
from flashreel.settings import Settings, load_settings


@pytest.fixture(autouse=True)
def _no_settings_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("FLASHREEL_"):
            monkeypatch.delenv(name)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "flashreel.toml"


def test_nothing_said_is_a_server_on_this_machine_alone() -> None:
    settings = load_settings()
    assert (settings.host, settings.port, settings.engine, settings.workers) == ("127.0.0.1", 8000, "animatic", 1)
    assert settings.data.is_absolute()
    assert not settings.fetch_policy.allow_hosts | settings.fetch_policy.allow_ports
    assert [model.name for model in settings.catalogue] == ["ray-flash-2-720p"]


def test_flags_win_over_the_file_and_the_file_over_the_environment(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PORT", "BURST", "RATE"):
        monkeypatch.setenv(f"FLASHREEL_{name}", "11")
    config.write_text("burst = 22\nrate = 22\n")
    settings = load_settings(config, {"rate": "33", "host": None})
    assert (settings.port, settings.burst, settings.rate, settings.host) == (11, 22, 33.0, "127.0.0.1")


@pytest.mark.parametrize("name", [name for name in Settings.model_fields if name != "models"])
def test_every_setting_can_come_from_each_place(name: str, config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = {
        "data": "/somewhere",
        "database_url": "postgresql://db/videos",
        "host": "0.0.0.0",
        "public_url": "https://video.example.com",
        "trusted_proxies": "10.0.0.0/8,::1",
        "engine": "tests.support.engines:Script",
        "fetch_hosts": "intranet, files.example",
        "fetch_networks": "10.0.0.0/8",
        "fetch_ports": "8080,9090",
        "log_format": "json",
        "log_prompts": "true",
        "log_requests": "no-polls",
        "moderation": "off",
        "moderation_policy": "violence=allow",
        "moderation_fail": "open",
        "moderation_checker": "my.checker:Checker",
        "moderation_url": "http://10.0.0.7/v1/moderations",
        "moderation_images": "off",
        "provenance": "false",
        "provenance_prompt_hash": "true",
    }
    value = odd.get(name, "5")
    if name == "max_body":
        value = "5000"
    flagged = getattr(load_settings(flags={name: value}), name)
    assert flagged != getattr(load_settings(), name)
    monkeypatch.setenv(f"FLASHREEL_{name.upper()}", value)
    assert getattr(load_settings(), name) == flagged
    monkeypatch.delenv(f"FLASHREEL_{name.upper()}")
    config.write_text(f'{name} = "{value}"\n')
    assert getattr(load_settings(config), name) == flagged


def test_lists_may_be_lists_in_the_file(config: Path) -> None:
    config.write_text('fetch_hosts = ["Intranet", "b"]\nfetch_ports = [8080]\nfetch_networks = ["10.0.0.0/8"]\n')
    policy = load_settings(config).fetch_policy
    assert (policy.allow_hosts, policy.allow_ports) == (frozenset({"intranet", "b"}), frozenset({8080}))
    assert [str(network) for network in policy.allow_networks] == ["10.0.0.0/8"]


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("port", "70000", "port is '70000': .*65535"),
        ("port", "eighty", "port is 'eighty': .*integer"),
        ("workers", "-1", "workers is '-1': .*0"),
        ("grace", "nan", "grace is 'nan'"),
        ("retention", "inf", "retention is 'inf'"),
        ("retention", "0", "retention is '0': .*1"),
        ("rate", "inf", "rate is 'inf'"),
        ("sync_wait", "0", "sync_wait is '0'"),
        ("max_body", "10", "max_body is '10'"),
        ("log_format", "xml", "log_format is 'xml': .*'text' or 'json'"),
        ("engine", "magic", "engine is 'magic': .*known engines are animatic.*module:Class"),
        ("public_url", "example.com", "public_url is 'example.com': must be like https://"),
        ("public_url", "https://a/?b", "public_url is 'https://a/.b': must be like https://"),
        ("public_url", "https://u:p@a", "public_url is .*: must be like https://"),
        ("public_url", "https://a b", "public_url is .*: must be like https://"),
        ("public_url", "https://[::1", "public_url is .*: "),
        ("public_url", "https://a:65536", "public_url is 'https://a:65536': Port out of range 0-65535"),
        ("public_url", "https://a:0", "public_url is 'https://a:0': must be like https://"),
        ("trusted_proxies", "10.0.0.0/8,nobody", "trusted_proxies is .*'nobody'"),
        ("fetch_networks", "10.0.0.1/8", "fetch_networks is .*host bits"),
        ("fetch_ports", "8080,http", "fetch_ports.* is 'http': .*integer"),
        ("data", "~nobody-here/x", "data is '~nobody-here/x': .*home"),
        ("models", {"a": {"engine": "magic"}}, "models.a.engine: .*'magic'"),
        ("models", {"A": {}}, "models.A.name: must be 1 to 64 of"),
        ("colour", "red", "colour is not a setting; settings are data, database_url, host"),
    ],
)
def test_a_wrong_setting_is_named_with_its_value_and_the_rule(name: str, value: object, sentence: str) -> None:
    with pytest.raises(SetupError, match=f"^{sentence}"):
        load_settings(flags={name: value})


def test_a_wrong_variable_of_the_environment_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASHREEL_PORT", "eighty")
    with pytest.raises(SetupError, match=r"^port is 'eighty'"):
        load_settings()
    monkeypatch.setenv("FLASHREEL_PORT", "80")
    monkeypatch.setenv("FLASHREEL_MODELS", "not JSON")
    with pytest.raises(SetupError, match=r'the environment cannot be read: .*"models"'):
        load_settings()


def test_an_empty_public_url_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASHREEL_PUBLIC_URL", "")
    assert load_settings().public_url is None
    assert load_settings(flags={"public_url": "https://a/b/"}).public_url == "https://a/b"


@pytest.mark.parametrize("content", [b"port = ", b"\xff\xfe", None])
def test_a_file_that_cannot_be_read_is_named(config: Path, content: bytes | None) -> None:
    if content is not None:
        config.write_bytes(content)
    with pytest.raises(SetupError, match=r"the settings file .*flashreel\.toml cannot be read"):
        load_settings(config)


def test_settings_survive_the_way_to_a_child(tmp_path: Path) -> None:
    flags = {"data": tmp_path, "fetch_ports": "1,2", "trusted_proxies": "::1", "models": {"tiny": {"durations": [5]}}}
    settings = load_settings(flags={**flags, "public_url": "https://a"})
    again = Settings(**settings.model_dump(mode="json"))
    assert again == settings


def test_an_operators_own_engine_serves_its_model_alone() -> None:
    settings = load_settings(flags={"models": {"own": {"engine": "my.module:Engine"}}})
    assert settings.engine_of("own") == "my.module:Engine"
    assert settings.engine_of("ray-flash-2-720p") == "animatic"


def test_everything_lies_in_the_data_folder(tmp_path: Path) -> None:
    settings = load_settings(flags={"data": tmp_path})
    assert {Path(place).parent for place in (settings.database, settings.assets, settings.scratch)} == {tmp_path}


def test_a_database_url_is_where_the_store_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for url in (
        "postgresql://me:secret@db.example:5433/videos?sslmode=require",
        "postgres://db/videos",
        "postgresql+psycopg:///videos?host=/run/postgresql",
    ):
        monkeypatch.setenv("FLASHREEL_DATABASE_URL", url)
        assert load_settings().database == url


def test_the_password_of_a_database_is_in_no_text_and_no_flag() -> None:
    settings = load_settings(flags={"database_url": "postgresql://me:secret@db/videos"})
    assert "secret" not in f"{settings} {settings!r}"
    for wrong in (
        "mysql://me:secret@db/videos",
        "postgresql://me:secret@db",
        "postgresql://me:secret@db/a b",
        "secret",
    ):
        with pytest.raises(SetupError, match=r"^database_url must be like postgresql://user:password@host") as refused:
            load_settings(flags={"database_url": wrong})
        assert "secret" not in str(refused.value)
    shown = CliRunner().invoke(app, ["serve", "--help"], env={"COLUMNS": "200"})
    assert "--database-url" not in shown.output
