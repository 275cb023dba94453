"""What operators have decided about campaigns, as far as this worker has heard."""

import re
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import structlog

from app import metrics
from app.events.campaign_commands import CampaignCommand
from app.events.framing import SchemaSource, decode
from app.events.record import BadRecord

log = structlog.get_logger(__name__)


class Decided(NamedTuple):
    """The campaigns that operators have decided about: ids, uint64[], ascending."""

    confirmed: npt.NDArray[np.uint64]
    dismissed: npt.NDArray[np.uint64]


class CampaignCommands:
    """The last command about each campaign.

    Fed by the broadcast reader. A command is in force from when it is read, for every sighting and
    every close that comes after, until its expiry in event time.
    """

    def __init__(self, schemas: SchemaSource | None = None) -> None:
        self._schemas = schemas
        self._commands: dict[int, CampaignCommand] = {}

    def record(self, key: bytes | None, value: bytes | None) -> None:
        """Take in a record of the topic; one that cannot be read changes nothing."""
        try:
            command = decode(CampaignCommand, value, self._schemas)
        except (BadRecord, ConnectionError) as exc:
            _refused(str(exc))
            return
        named = re.fullmatch("[0-9a-f]{16}", command.campaign_id) is not None
        if not named or key != command.record_key().encode():
            _refused("it names no campaign, or another's key")
            return
        campaign = int(command.campaign_id, 16)
        if command.command == "undo":
            self._commands.pop(campaign, None)
        else:
            self._commands[campaign] = command
        metrics.CAMPAIGN_COMMANDS.labels(command=command.command).inc()

    def decided(self, ts: int) -> Decided:
        """The commands in force at event time ``ts`` (ms)."""
        in_force = {
            campaign: command.command
            for campaign, command in self._commands.items()
            if command.expires_at is None or command.expires_at > ts
        }
        return Decided(_those(in_force, "confirm"), _those(in_force, "dismiss"))


def _refused(why: str) -> None:
    """Every worker reads every command, so a dead letter would be written as often: by none."""
    metrics.CAMPAIGN_COMMANDS_REFUSED.inc()
    log.error("campaign command refused: nothing has changed", error=why)


def _those(commands: Mapping[int, str], wanted: str) -> npt.NDArray[np.uint64]:
    ids = sorted(campaign for campaign, command in commands.items() if command == wanted)
    return np.array(ids, np.uint64)
