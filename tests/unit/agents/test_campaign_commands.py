"""What operators decide about campaigns, as a worker keeps it."""

import orjson
import pytest

from app import metrics
from app.agents.campaign_commands import CampaignCommands
from app.events.campaign_commands import CampaignCommand

ONE, OTHER = "00013a0000000001", "00013b0000000001"


def told(commands: CampaignCommands, command: str, campaign: str, **changes: object) -> None:
    fields = {
        "command": command,
        "campaign_id": campaign,
        "operator": "on-call",
        "reason": "a test",
        "issued_at": 1,
    }
    record = CampaignCommand.from_fields(fields | changes).encode()
    commands.record(record.key, record.value)


def decided(commands: CampaignCommands, ts: int = 0) -> tuple[list[int], list[int]]:
    found = commands.decided(ts)
    return found.confirmed.tolist(), found.dismissed.tolist()


def test_the_last_command_about_a_campaign_holds() -> None:
    commands = CampaignCommands()
    told(commands, "confirm", OTHER)
    told(commands, "confirm", ONE)
    assert decided(commands) == ([int(ONE, 16), int(OTHER, 16)], [])
    told(commands, "dismiss", ONE)
    assert decided(commands) == ([int(OTHER, 16)], [int(ONE, 16)])
    told(commands, "undo", ONE)
    told(commands, "undo", ONE)
    assert decided(commands) == ([int(OTHER, 16)], [])


def test_a_command_ends_in_event_time() -> None:
    commands = CampaignCommands()
    told(commands, "dismiss", ONE, expires_at=100)
    assert decided(commands, 99) == ([], [int(ONE, 16)])
    assert decided(commands, 100) == ([], [])


@pytest.mark.parametrize(
    ("key", "changes"),
    [
        (b"another", {}),
        (ONE.encode(), {"command": "abolish"}),
        (b"c-1", {"campaign_id": "c-1"}),
    ],
)
def test_what_makes_no_sense_changes_nothing(key: bytes, changes: dict[str, object]) -> None:
    commands = CampaignCommands()
    fields = {
        "command": "dismiss",
        "campaign_id": ONE,
        "operator": "on-call",
        "reason": "a test",
        "issued_at": 1,
    }
    before = metrics.CAMPAIGN_COMMANDS_REFUSED._value.get()
    commands.record(key, orjson.dumps(fields | changes))
    commands.record(ONE.encode(), None)
    commands.record(ONE.encode(), b"\0\0")
    assert decided(commands) == ([], [])
    assert metrics.CAMPAIGN_COMMANDS_REFUSED._value.get() == before + 3
