"""Access control: ``deploy/acls.yaml`` as the commands of Kafka's own ``kafka-acls`` tool.

The rules are printed rather than set: who may change them is rarely who runs Reflux.
"""

import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from app.events.topics import TOPICS
from app.kafka.manifest import InvalidManifest, changelog_name
from app.settings import Settings

_TOPIC_NAMES = frozenset(topic.name for topic in TOPICS)


class Principal(BaseModel):
    """What one principal may do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    read: list[str] = Field(default_factory=list)
    write: list[str] = Field(default_factory=list)
    changelogs: list[str] = Field(default_factory=list)
    group: bool = False
    groups: list[str] = Field(default_factory=list)
    transactions: bool = False

    @field_validator("read", "write")
    @classmethod
    def _known(cls, names: list[str]) -> list[str]:
        if unknown := sorted(set(names) - _TOPIC_NAMES):
            raise ValueError(f"no such topic: {', '.join(unknown)}")
        return names


class Acls(BaseModel):
    """Every principal, by its name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    principals: dict[Annotated[str, Field(pattern=r"^\w+:.+$")], Principal]


def load_acls(file: Path) -> Acls:
    """The rules in ``file``.

    Raises:
        InvalidManifest: it is not what it should be.
        OSError: it cannot be read.
    """
    try:
        return Acls.model_validate(yaml.safe_load(file.read_text()))
    except yaml.YAMLError as exc:
        raise InvalidManifest(f"{file}: not YAML: {exc}") from None
    except ValidationError as exc:
        errors = [
            f"{file}: {'.'.join(map(str, error['loc'])) or 'document'}: {error['msg']}"
            for error in exc.errors()
        ]
        raise InvalidManifest("\n".join(errors)) from None


def acl_commands(acls: Acls, settings: Settings) -> Iterator[str]:
    """One ``kafka-acls.sh`` command per rule, for a shell."""
    for name, principal in acls.principals.items():
        for resource, operations in _rules(principal, settings):
            words = ["kafka-acls.sh", "--bootstrap-server", settings.bootstrap_servers, "--add"]
            words += ["--allow-principal", name, *resource]
            for operation in operations:
                words += ["--operation", operation]
            yield shlex.join(words)


_READ = ("Read", "Describe")
_WRITE = ("Write", "Describe")


def _rules(principal: Principal, settings: Settings) -> Iterator[tuple[list[str], tuple[str, ...]]]:
    for topic in principal.read:
        yield ["--topic", settings.topic_prefix + topic], _READ
    for topic in principal.write:
        yield ["--topic", settings.topic_prefix + topic], _WRITE
    for table in principal.changelogs:
        yield ["--topic", changelog_name(settings, table)], ("Read", *_WRITE)
    if principal.group:
        yield ["--group", settings.app_id], _READ
    for group in principal.groups:
        yield ["--group", group], _READ
    if principal.transactions:
        prefixed = ["--transactional-id", settings.app_id, "--resource-pattern-type", "prefixed"]
        yield prefixed, _WRITE
