"""What a command does to a row, and what of it infrastructure hears."""

from typing import Any

import numpy as np
import pytest

from app.events.fields import MILLIS_MAX
from app.events.operators import OperatorCommand
from app.kernels import parameters as p
from app.policy.load import default_policy
from app.policy.operators import apply_command
from app.policy.regimes import build_regimes
from app.state.layout import (
    ACCOUNT,
    ACTION_NONE,
    ACTION_OBSERVE,
    ACTION_RELEASE,
    ACTION_SUSPEND,
    ACTION_THROTTLE,
    ACTOR_OPERATOR,
)

NOW = 1_700_000_000_000
HOUR = 3_600_000
REGIMES = build_regimes([default_policy()], [])


@pytest.fixture
def row() -> Any:
    return np.zeros(1, ACCOUNT)[0]


def apply(row: Any, command: str, now: int = NOW, **fields: Any) -> Any:
    if command == "throttle":
        fields["limit"] = {"requests_per_minute": 5, "tokens_per_minute": 600}
    made = OperatorCommand.from_fields(
        {
            "command": command,
            "account_id": "ann",
            "operator": "on-call",
            "reason": "a test",
            "issued_at": now,
            **fields,
        }
    )
    return apply_command(row, made, REGIMES, 24.0)


def stand(row: Any, action: int, expires_at: int = 0) -> None:
    row["live"]["action"], row["live"]["sequence"] = action, NOW - HOUR
    row["live"]["issued_at"], row["live"]["expires_at"] = NOW - HOUR, expires_at


def test_a_suspension_holds_until_a_later_command(row: Any) -> None:
    decision = apply(row, "suspend")
    assert (decision["action"], decision["expires_at"]) == (ACTION_SUSPEND, 0)
    assert (decision["actor"], decision["shadow"]) == (ACTOR_OPERATOR, 0)
    assert row["hold_until"] == MILLIS_MAX
    assert row["live"]["action"] == ACTION_SUSPEND


def test_with_an_expiry_it_holds_no_longer(row: Any) -> None:
    assert apply(row, "suspend", expires_at=NOW + HOUR)["expires_at"] == NOW + HOUR
    assert row["hold_until"] == NOW + HOUR


def test_a_throttle_says_how_much(row: Any) -> None:
    decision = apply(row, "throttle")
    assert decision["action"] == ACTION_THROTTLE
    assert (decision["requests_per_minute"], decision["tokens_per_minute"]) == (5, 600)


def test_limiting_ends_an_exemption(row: Any) -> None:
    apply(row, "exempt", expires_at=NOW + HOUR)
    apply(row, "suspend")
    assert row["operator_exempt_until"] == 0


@pytest.mark.parametrize("held", [ACTION_OBSERVE, ACTION_THROTTLE, ACTION_SUSPEND])
def test_a_release_ends_whatever_stands(row: Any, held: int) -> None:
    stand(row, held)
    decision = apply(row, "release")
    assert decision["action"] == ACTION_RELEASE
    assert decision["superseded_action"] == held
    assert decision["sequence"] == NOW
    assert row["hold_until"] == NOW + 24 * HOUR


def test_a_release_of_what_has_lapsed_or_never_stood_is_not_told(row: Any) -> None:
    assert apply(row, "release") is None
    stand(row, ACTION_THROTTLE, expires_at=NOW)
    assert apply(row, "release") is None
    stand(row, ACTION_RELEASE)
    assert apply(row, "release") is None
    assert row["hold_until"] == NOW + 24 * HOUR


def test_a_release_is_about_the_campaign_too(row: Any) -> None:
    apply(row, "release")
    assert not row["detectors_off"] & p.CAMPAIGN_BIT
    row["campaign"] = 7
    apply(row, "release")
    assert row["detectors_off"] & p.CAMPAIGN_BIT


def test_an_exemption_lets_the_detector_watch(row: Any) -> None:
    apply(row, "suspend")
    decision = apply(row, "exempt", now=NOW + 1, expires_at=NOW + HOUR)
    assert decision["action"] == ACTION_RELEASE
    assert (row["hold_until"], row["operator_exempt_until"]) == (0, NOW + HOUR)
    assert apply(row, "exempt", now=NOW + 2, expires_at=NOW + 2 * HOUR) is None


def test_a_release_ends_an_exemption(row: Any) -> None:
    apply(row, "exempt", expires_at=NOW + HOUR)
    apply(row, "release")
    assert row["operator_exempt_until"] == 0


def test_sequences_rise_whatever_the_clocks_say(row: Any) -> None:
    first = apply(row, "suspend", now=NOW)["sequence"]
    second = apply(row, "release", now=NOW - HOUR)["sequence"]
    assert second == first + 1
    assert row["live"]["action"] == ACTION_RELEASE


def test_a_shadow_standing_is_left_alone(row: Any) -> None:
    row["shadow"]["action"] = ACTION_SUSPEND
    assert apply(row, "release") is None
    assert row["shadow"]["action"] == ACTION_SUSPEND
    assert row["live"]["action"] == ACTION_NONE
