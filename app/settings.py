"""Settings of a deployment: from the environment, from secret files, and from flags.

Every setting is a field below and is read from ``REFLUX_<NAME>``; commands take the plain ones as
flags too, and a flag wins. Secrets are never flags (a process list shows them), and are kept from
``repr``, logs and errors. ``settings_table`` renders the one documented table.
"""

import os
import socket
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "REFLUX_"

Port = Annotated[int, Field(ge=0, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)]
Group = Literal["Kafka", "State", "Membership", "Worker", "Security", "Schema Registry"]


class InvalidSettings(ValueError):
    """A setting is missing, malformed or contradicts another; the message says which and why."""


def _setting(default: Any, group: Group, description: str) -> Any:
    return Field(default, description=description, json_schema_extra={"group": group})


class Settings(BaseSettings):
    """What a worker and the commands need to know of a deployment."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
    )

    bootstrap_servers: str = _setting(
        "localhost:9092", "Kafka", "Brokers to start from, `host:port,host:port`."
    )
    app_id: str = _setting(
        "reflux",
        "Kafka",
        "Name of the application: the consumer group and the prefix of changelogs and"
        " transactional ids.",
    )
    topic_prefix: str = _setting("reflux.", "Kafka", "Stands before every topic of the contract.")
    partitions: Annotated[int, Field(ge=1, le=4096)] = _setting(
        12,
        "Kafka",
        "Partitions of every topic keyed by account or link. Changing it is a migration:"
        " `deploy/README.md`.",
    )
    output_encoding: Literal["json", "avro"] = _setting(
        "json", "Kafka", "Encoding of output records; a header names it."
    )
    embedded_broker: bool = _setting(
        False,
        "Kafka",
        "Work around the deviations of the embedded development broker. Never in production.",
    )

    data_dir: Path = _setting(
        Path(".reflux"), "State", "Where the worker keeps its scratch files; one per worker."
    )
    checkpoint_interval: Seconds = _setting(
        5.0,
        "State",
        "Seconds between full checkpoints: what a restarted worker reads again at most.",
    )
    checkpoint_slice: Annotated[int, Field(ge=1, le=1_000_000)] = _setting(
        2_000,
        "State",
        "Rows per transaction of a full checkpoint: an action waits for one slice at most.",
    )
    max_accounts_per_partition: Annotated[int, Field(ge=1, le=16_000_000)] = _setting(
        500_000,
        "State",
        "Accounts held, 1 KiB each at most; further new ones are dead letters `state_full`.",
    )
    max_links_per_partition: Annotated[int, Field(ge=1, le=16_000_000)] = _setting(
        1_000_000,
        "State",
        "Links held, 1.4 KiB each at most; sightings of further new ones are dead letters.",
    )
    standby_replicas: Annotated[int, Field(ge=0, le=4)] = _setting(
        0, "State", "Workers besides the owner that keep a copy of each partition's tables."
    )

    session_timeout: Seconds = _setting(
        30.0,
        "Membership",
        "Seconds of silence after which the group gives a worker's partitions to others.",
    )
    heartbeat_interval: Seconds = _setting(
        3.0, "Membership", "Seconds between heartbeats; at most a third of the session timeout."
    )
    rebalance_timeout: Seconds = _setting(
        60.0,
        "Membership",
        "Seconds a worker has to give up partitions, its last checkpoint included; at least the"
        " session timeout.",
    )

    worker_id: str = _setting(
        "",
        "Worker",
        "Name of this worker in the group, the same after a restart, so that it keeps its"
        " partitions; empty: a new member each time.",
    )
    web_host: str = _setting("127.0.0.1", "Worker", "Address of the health and metrics server.")
    web_port: Port = _setting(8080, "Worker", "Its port; 0: any free one, which the log names.")
    log_format: Literal["auto", "json", "console"] = _setting(
        "auto", "Worker", "`auto`: console on a terminal, JSON otherwise."
    )
    log_level: Literal["debug", "info", "warning", "error"] = _setting(
        "info", "Worker", "Least severe message that is logged."
    )
    watchdog: Seconds = _setting(
        120.0,
        "Worker",
        "Seconds without progress, though records wait, after which the worker ends itself so that"
        " its supervisor starts it again.",
    )
    lockstep: bool = _setting(
        False,
        "Worker",
        "Fold no request before the links have closed the sighting period before it, so that what"
        " is decided does not depend on speed: for replays and tests, by all workers of a group."
        " Every partition needs requests in every period, or the others wait.",
    )
    links: bool = _setting(
        True,
        "Worker",
        "Hold links and campaigns. Without them accounts are judged by themselves alone; what they"
        " tell links is still written to its topic, and waits there. The same for all workers of a"
        " group; not with `--lockstep`.",
    )
    breaker_actions_per_minute: Annotated[int, Field(ge=0)] = _setting(
        6_000,
        "Worker",
        "Actions a worker publishes per minute of wall clock before it holds further ones back, in"
        " order, and raises an alarm; 0: no limit.",
    )

    security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = _setting(
        "PLAINTEXT", "Security", "How to talk to the brokers."
    )
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = _setting(
        "SCRAM-SHA-512", "Security", "With a `SASL_*` protocol."
    )
    sasl_username: str = _setting("", "Security", "With a `SASL_*` protocol.")
    sasl_password: SecretStr = _setting(SecretStr(""), "Security", "With a `SASL_*` protocol.")
    tls_ca: Path | None = _setting(
        None, "Security", "PEM file of authorities to trust; empty: the system's."
    )
    tls_cert: Path | None = _setting(None, "Security", "PEM file of the client's certificate.")
    tls_key: Path | None = _setting(None, "Security", "PEM file of the certificate's key.")
    tls_key_password: SecretStr = _setting(
        SecretStr(""), "Security", "Password of the key file, if it has one."
    )

    schema_registry_url: str = _setting(
        "", "Schema Registry", "Base URL; empty: schemas as shipped in `schemas/`."
    )
    schema_registry_username: str = _setting("", "Schema Registry", "For basic authentication.")
    schema_registry_password: SecretStr = _setting(
        SecretStr(""), "Schema Registry", "For basic authentication."
    )

    @field_validator("bootstrap_servers", "app_id")
    @classmethod
    def _not_empty(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("must not be empty")
        return value

    @field_validator("schema_registry_url")
    @classmethod
    def _plain_url(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        if "@" in value:
            raise ValueError(
                "must not hold credentials, they would reach logs: use"
                " REFLUX_SCHEMA_REGISTRY_USERNAME and REFLUX_SCHEMA_REGISTRY_PASSWORD"
            )
        return value.rstrip("/")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.heartbeat_interval * 3 > self.session_timeout:
            raise ValueError(
                "heartbeat_interval must be at most a third of session_timeout: one lost heartbeat"
                " would cost the partitions"
            )
        if self.rebalance_timeout < self.session_timeout:
            raise ValueError(
                "rebalance_timeout must be at least session_timeout: a worker that writes its last"
                " checkpoint would be left out of the group"
            )
        if self.lockstep and not self.links:
            raise ValueError("lockstep waits for links: it needs links to be held")
        if self.uses_sasl and not (self.sasl_username and self.sasl_password.get_secret_value()):
            raise ValueError(
                f"security_protocol {self.security_protocol} needs REFLUX_SASL_USERNAME and"
                " REFLUX_SASL_PASSWORD"
            )
        if (self.tls_cert is None) != (self.tls_key is None):
            raise ValueError("tls_cert and tls_key go together")
        if self.tls_cert is not None and not self.uses_tls:
            raise ValueError("tls_cert needs security_protocol SSL or SASL_SSL")
        return self

    @property
    def uses_sasl(self) -> bool:
        """Whether the worker names itself to the brokers by user and password."""
        return self.security_protocol.startswith("SASL")

    @property
    def uses_tls(self) -> bool:
        """Whether the connection to the brokers is encrypted."""
        return self.security_protocol.endswith("SSL")

    @property
    def instance_id(self) -> str:
        """What this worker is called where a name is needed."""
        return self.worker_id or socket.gethostname()

    def secrets(self) -> tuple[str, ...]:
        """Every secret that is set, for the log's redaction."""
        values = (getattr(self, name) for name in type(self).model_fields)
        return tuple(
            value.get_secret_value()
            for value in values
            if isinstance(value, SecretStr) and value.get_secret_value()
        )


def load_settings(**overrides: Any) -> Settings:
    """Settings from the environment, with ``overrides`` (those that are not None) winning.

    Files in ``REFLUX_SECRETS_DIR`` (or ``/run/secrets``, where container platforms mount secrets)
    named like a variable in lower case, ``reflux_sasl_password``, count where neither says it.

    Raises:
        InvalidSettings: the message names the variable and what is wrong, never its value.
    """
    chosen = {name: value for name, value in overrides.items() if value is not None}
    directory = Path(os.environ.get(f"{PREFIX}SECRETS_DIR") or "/run/secrets")
    if directory.is_dir():
        chosen["_secrets_dir"] = directory
    try:
        return Settings(**chosen)
    except ValidationError as exc:
        raise InvalidSettings("\n".join(_explain(error) for error in exc.errors())) from None


def _explain(error: Any) -> str:
    text = str(error["msg"]).removeprefix("Value error, ")
    if not error["loc"]:
        return text
    name = str(error["loc"][0])
    # The location is the variable's name, or the field's, according to where the value came from.
    return f"{PREFIX}{name.lower().removeprefix(PREFIX.lower()).upper()}: {text}"


def settings_table() -> str:
    """Every setting as one Markdown table: variable, flag, default, meaning."""
    lines = ["| variable | flag | default | meaning |", "|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        flag = "" if is_secret(name) else f"`{flag_name(name)}`"
        default = _default_text(field.default)
        lines.append(f"| `{PREFIX}{name.upper()}` | {flag} | {default} | {field.description} |")
    return "\n".join(lines) + "\n"


def is_secret(name: str) -> bool:
    """Whether the setting ``name`` must never be shown."""
    return Settings.model_fields[name].annotation is SecretStr


def flag_name(name: str) -> str:
    """The command-line flag of the setting ``name``."""
    return "--" + name.replace("_", "-")


def _default_text(default: Any) -> str:
    if default is PydanticUndefined or default is None or isinstance(default, SecretStr):
        return ""
    if isinstance(default, bool):
        return "`true`" if default else "`false`"
    if isinstance(default, float):
        return f"`{default:g}`"
    return f"`{default}`" if str(default) else ""


if __name__ == "__main__":
    print(settings_table(), end="")  # noqa: T201
