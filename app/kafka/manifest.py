"""The topics that a deployment should have: ``topics.yaml`` and the settings, put together."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from app.events.topics import Partitioning
from app.settings import Settings


class InvalidManifest(ValueError):
    """The topics file cannot be used; the message names the place and what is wrong there."""


def _config_text(value: object) -> object:
    """A setting as Kafka writes it: YAML's ``true`` is ``true``, ``0.1`` is ``0.1``."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


Config = dict[str, Annotated[str, BeforeValidator(_config_text)]]


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    partitions: Partitioning
    config: Config


class _Manifest(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    replication: Annotated[int, Field(ge=1)]
    partitions: dict[Partitioning, Annotated[int, Field(ge=1)]]
    config: Config
    topics: dict[str, _Entry]
    changelogs: dict[str, _Entry]


@dataclass(frozen=True)
class WantedTopic:
    """A topic as it should be on the cluster, under its full name."""

    name: str
    partitions: int
    partitioning: Partitioning
    replication: int
    config: Mapping[str, str]


def shipped_manifest() -> str:
    """The text of the ``topics.yaml`` that comes with the package."""
    return files("app.kafka").joinpath("topics.yaml").read_text()


def wanted_topics(
    settings: Settings, *, file: Path | None = None, replication: int | None = None
) -> list[WantedTopic]:
    """Every topic and changelog of the deployment that ``settings`` describe.

    ``settings.partitions`` counts only where a deployment sets it; else the file does.

    Raises:
        InvalidManifest: ``file`` is not what it should be.
        OSError: it cannot be read.
    """
    manifest = _load(file)
    counts = dict(manifest.partitions)
    if "partitions" in settings.model_fields_set:
        counts |= {"account": settings.partitions, "link": settings.partitions}
    copies = replication or manifest.replication
    entries = {settings.topic_prefix + name: entry for name, entry in manifest.topics.items()}
    entries |= {
        changelog_name(settings, table): entry for table, entry in manifest.changelogs.items()
    }
    return [
        WantedTopic(
            name=name,
            partitions=counts[entry.partitions],
            partitioning=entry.partitions,
            replication=copies,
            config=fit(manifest.config | entry.config, copies),
        )
        for name, entry in entries.items()
    ]


def changelog_name(settings: Settings, table: str) -> str:
    """The changelog of ``table``, as Faust names it."""
    return f"{settings.app_id}-{table}-changelog"


def _load(file: Path | None) -> _Manifest:
    place = "topics.yaml" if file is None else str(file)
    try:
        text = shipped_manifest() if file is None else file.read_text()
        manifest = _Manifest.model_validate(yaml.safe_load(text))
    except yaml.YAMLError as exc:
        raise InvalidManifest(f"{place}: not YAML: {exc}") from None
    except ValidationError as exc:
        errors = [
            f"{place}: {'.'.join(map(str, error['loc'])) or 'document'}: {error['msg']}"
            for error in exc.errors()
        ]
        raise InvalidManifest("\n".join(errors)) from None
    return manifest


def fit(config: Mapping[str, str], copies: int) -> dict[str, str]:
    """``config`` with no more copies demanded in sync than there are, or nothing could be written.

    One copy fewer than all, so that one broker may be away; with one or two copies, one.
    """
    fitted = dict(config)
    demanded = int(fitted.get("min.insync.replicas", 1))
    fitted["min.insync.replicas"] = str(max(1, min(demanded, copies - 1)))
    return fitted
