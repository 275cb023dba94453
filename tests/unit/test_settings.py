import os
import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from app import settings as settings_module
from app.settings import (
    InvalidSettings,
    Settings,
    flag_name,
    is_secret,
    load_settings,
    settings_table,
)

SECRET = "correct horse battery staple"


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in list(os.environ):
        if name.startswith("REFLUX_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("REFLUX_SECRETS_DIR", str(tmp_path))


def test_defaults_are_consistent() -> None:
    settings = load_settings()
    assert settings.topic_prefix == "reflux."
    assert settings.heartbeat_interval * 3 <= settings.session_timeout
    assert settings.secrets() == ()


def test_environment_is_read_and_flags_win(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFLUX_APP_ID", "from-environment")
    monkeypatch.setenv("REFLUX_PARTITIONS", "24")
    settings = load_settings(app_id="from-flag", partitions=None)
    assert (settings.app_id, settings.partitions) == ("from-flag", 24)


def test_an_empty_variable_counts_as_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFLUX_WEB_PORT", "")
    assert load_settings().web_port == Settings.model_fields["web_port"].default


def test_secrets_come_from_files_too(tmp_path: Path) -> None:
    (tmp_path / "reflux_schema_registry_password").write_text(f"{SECRET}\n")
    settings = load_settings()
    assert settings.schema_registry_password.get_secret_value() == SECRET
    assert settings.secrets() == (SECRET,)


def test_environment_wins_over_secret_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "reflux_schema_registry_password").write_text("old")
    monkeypatch.setenv("REFLUX_SCHEMA_REGISTRY_PASSWORD", "new")
    assert load_settings().secrets() == ("new",)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"web_port": "high"}, "REFLUX_WEB_PORT: "),
        ({"web_port": 70_000}, "REFLUX_WEB_PORT: "),
        ({"log_format": "xml"}, "REFLUX_LOG_FORMAT: "),
        ({"bootstrap_servers": " "}, "REFLUX_BOOTSTRAP_SERVERS: must not be empty"),
        ({"checkpoint_interval": "nan"}, "REFLUX_CHECKPOINT_INTERVAL: "),
        ({"heartbeat_interval": 11}, "a third of session_timeout"),
        ({"session_timeout": 90, "heartbeat_interval": 3}, "rebalance_timeout must be at least"),
        ({"security_protocol": "SASL_SSL"}, "needs REFLUX_SASL_USERNAME and REFLUX_SASL_PASSWORD"),
        ({"tls_cert": "a.pem"}, "tls_cert and tls_key go together"),
        ({"tls_cert": "a.pem", "tls_key": "b.pem"}, "tls_cert needs security_protocol SSL"),
        ({"schema_registry_url": "registry:8081"}, "must start with http:// or https://"),
        ({"schema_registry_url": "https://u:p@registry"}, "must not hold credentials"),
    ],
)
def test_what_is_wrong_is_said(given: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        load_settings(**given)
    assert message in str(caught.value)


def test_a_bad_variable_is_named_without_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFLUX_PARTITIONS", SECRET)
    monkeypatch.setenv("REFLUX_SASL_PASSWORD", SECRET)
    with pytest.raises(InvalidSettings) as caught:
        load_settings(heartbeat_interval=99, schema_registry_url=f"https://user:{SECRET}@host")
    assert "REFLUX_PARTITIONS" in str(caught.value)
    assert "REFLUX_SCHEMA_REGISTRY_URL" in str(caught.value)
    for text in (str(caught.value), repr(caught.value)):
        assert SECRET not in text


def test_secrets_are_not_shown_by_repr_or_dump() -> None:
    settings = load_settings(
        sasl_password=SECRET, tls_key_password=SECRET, schema_registry_password=SECRET
    )
    assert settings.secrets() == (SECRET,) * 3
    for text in (repr(settings), str(settings), settings.model_dump_json(), f"{settings!r}"):
        assert SECRET not in text


def test_every_password_is_a_secret() -> None:
    for name, field in Settings.model_fields.items():
        assert is_secret(name) == ("password" in name) == (field.annotation is SecretStr), name


def test_the_table_has_one_line_per_setting() -> None:
    lines = settings_table().splitlines()[2:]
    assert len(lines) == len(Settings.model_fields)
    for name, line in zip(Settings.model_fields, lines, strict=True):
        assert line.startswith(f"| `REFLUX_{name.upper()}` |")
        assert (f"`{flag_name(name)}`" in line) != is_secret(name)
        assert line.count("|") == 5


def test_every_setting_has_a_meaning_and_a_group() -> None:
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert isinstance(field.json_schema_extra, dict), name
        assert field.json_schema_extra["group"], name


def test_every_setting_is_read_by_something() -> None:
    app = Path(settings_module.__file__).parent
    files = [file for file in app.rglob("*.py") if file.name != "settings.py"]
    code = "\n".join(file.read_text() for file in files)
    own = Path(settings_module.__file__).read_text()
    for name in Settings.model_fields:
        read = re.search(rf"settings\.{name}\b", code) or re.search(rf"self\.{name}\b", own)
        assert read, f"{name} has no effect"


def test_lockstep_needs_the_links_that_it_waits_for() -> None:
    assert load_settings(links=False).links is False
    with pytest.raises(InvalidSettings, match="lockstep waits for links"):
        load_settings(links=False, lockstep=True)
