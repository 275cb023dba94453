from typing import Any

import pytest

from app.events.operators import OperatorCommand
from app.events.record import BadRecord
from tests.unit.events.samples import NOW

LIMIT = {"requests_per_minute": 6, "tokens_per_minute": 100}


def command(**fields: Any) -> OperatorCommand:
    base = {"account_id": "a", "operator": "o", "reason": "r", "issued_at": NOW}
    return OperatorCommand.from_fields(base | fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"command": "suspend"},
        {"command": "suspend", "expires_at": NOW + 1},
        {"command": "throttle", "limit": LIMIT},
        {"command": "release"},
        {"command": "exempt", "expires_at": NOW + 1},
    ],
)
def test_what_makes_sense_is_accepted(fields: dict[str, Any]) -> None:
    assert command(**fields).command == fields["command"]


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"command": "throttle"}, "a throttle has a limit"),
        ({"command": "suspend", "limit": LIMIT}, "a throttle has a limit"),
        ({"command": "release", "expires_at": NOW + 1}, "a release does not expire"),
        ({"command": "exempt"}, "an exemption has an expiry"),
        ({"command": "suspend", "expires_at": NOW}, "not after issued_at"),
    ],
)
def test_what_makes_no_sense_is_refused(fields: dict[str, Any], text: str) -> None:
    with pytest.raises(BadRecord, match=text):
        command(**fields)


@pytest.mark.parametrize("missing", ["reason", "operator"])
def test_who_and_why_are_not_optional(missing: str) -> None:
    with pytest.raises(BadRecord) as caught:
        command(command="suspend", **{missing: ""})
    assert caught.value.field == missing
