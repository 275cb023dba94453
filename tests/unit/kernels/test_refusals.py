import numpy as np
import pytest

from app.kernels import columns as c
from app.kernels.refusals import Refusals, refuse
from app.state.layout import (
    ACTION_OBSERVE,
    ACTION_RELEASE,
    ACTION_SUSPEND,
    ACTION_THROTTLE,
    STANDING,
)

MINUTE = 60_000
START = 1_700_000_040_000  # a full minute


class Gateway:
    """One account at a gateway, and what became of its requests."""

    def __init__(self, action: int, *, requests: int = 2, tokens: int = 10_000) -> None:
        self.standing = np.zeros(1, STANDING)[0]
        self.standing["action"] = action
        self.standing["issued_at"] = START
        self.refusals = Refusals(
            np.array([requests, tokens]),
            np.zeros(3, np.int64),
            np.zeros(3, np.int64),
            np.zeros(3, np.int64),
            np.zeros(1, np.int32),
        )

    def send(self, ts: int, *, status: int = 200, tokens: int = 100, slot: int = 1) -> int:
        values = np.zeros(c.REQ_WIDTH, np.int64)
        values[c.REQ_STATUS] = status
        values[c.REQ_INPUT_TOKENS] = 7
        values[c.REQ_OUTPUT_TOKENS] = values[c.REQ_REASONING_TOKENS] = tokens // 2
        self.refusals.refused[0] = 0
        refuse(self.refusals, 0, slot, self.standing, values, ts)
        answered = int(values[c.REQ_STATUS])
        refused = int(self.refusals.refused[0])
        assert refused in (0, answered)
        generated = values[c.REQ_OUTPUT_TOKENS] + values[c.REQ_REASONING_TOKENS]
        assert generated == (0 if refused else tokens // 2 * 2)
        assert values[c.REQ_INPUT_TOKENS] == 7
        return answered


def test_a_suspended_account_is_refused_from_the_moment_of_issue() -> None:
    gateway = Gateway(ACTION_SUSPEND)
    assert [gateway.send(START + dt) for dt in (-1, 0, 1, 10**9)] == [200, 403, 403, 403]


def test_what_lapses_refuses_no_more() -> None:
    gateway = Gateway(ACTION_SUSPEND)
    gateway.standing["expires_at"] = START + 5
    assert [gateway.send(START + dt) for dt in (4, 5)] == [403, 200]


@pytest.mark.parametrize("action", [0, ACTION_OBSERVE, ACTION_RELEASE])
def test_other_standings_refuse_nothing(action: int) -> None:
    assert Gateway(action).send(START) == 200


def test_a_throttle_lets_so_many_requests_through_a_minute() -> None:
    gateway = Gateway(ACTION_THROTTLE)
    minute = [gateway.send(START + i) for i in range(4)]
    assert minute == [200, 200, 429, 429]
    assert gateway.send(START + MINUTE) == 200
    # A late one counts in its own minute, of which nothing is remembered.
    assert gateway.send(START + 5) == 200
    assert gateway.send(START, slot=2) == 200


def test_a_throttle_lets_so_many_tokens_through_a_minute() -> None:
    gateway = Gateway(ACTION_THROTTLE, requests=100, tokens=200)
    assert [gateway.send(START + i) for i in range(3)] == [200, 200, 429]


@pytest.mark.parametrize("status", [403, 429])
def test_what_was_refused_when_it_was_recorded_stays_as_it_is(status: int) -> None:
    gateway = Gateway(ACTION_SUSPEND)
    assert gateway.send(START, status=status) == status
    assert gateway.refusals.refused[0] == 0
