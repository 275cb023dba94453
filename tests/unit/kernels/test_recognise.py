"""Who is recognised by a program of a campaign, and who is spared."""

from typing import Any

import numpy as np
import pytest

from app.kernels import columns as c
from app.kernels import parameters as p
from app.kernels.recognise import LEAST_REQUESTS, LOOKOUT, NOBODY, has_turn, recognise
from app.kernels.watches import Watches, no_watches
from tests.reference.populations import regimes
from tests.reference.portraits import DISTILLER, HOUR, ORDINARY, new_row, paint
from tests.reference.requests import START

PROGRAM, OTHER, CAMPAIGN = 77, 78, 5
ALIKE = [225, 225, 125, 200, 125, 200, 200, 125, 125]
"""A profile: members are distillers. 125 is the median."""


def watching(*, probability: float = 0.99, share: float = 1.0, epoch: int = 9) -> Watches:
    watches = no_watches(2, 1)
    watches.starts[1] = START - 2 * HOUR
    watches.first[:] = (0, 0, 1)
    watches.epoch[1] = epoch
    watches.log_odds[1], watches.share[1] = 3.2, share
    watches.program[0], watches.campaign[0] = PROGRAM, CAMPAIGN
    watches.since[0], watches.probability[0] = START - 2 * HOUR, probability
    watches.profile[0] = ALIKE
    return watches


class User:
    """An account that has used the watched program for ``requests`` of its requests, which elicit
    as much as it ``asks`` there, or as the others do."""

    def __init__(
        self, requests: float = 400.0, *, asks: float | None = None, **look: float
    ) -> None:
        self.row = new_row()
        paint(self.row, START, **(DISTILLER | look))
        self.row["program"][1], self.row["program_weight"][1] = PROGRAM, requests
        elicits = look.get("elicitation", DISTILLER["elicitation"]) if asks is None else asks
        self.row["program_elicitation"][1] = requests * elicits

    def asks(self, watches: Watches, program: int = PROGRAM, ts: int = START) -> int:
        values = np.zeros(c.REQ_WIDTH, np.int64)
        values[c.REQ_TEMPLATE_HASH] = program
        judged_by = regimes()._replace(watches=watches)
        return int(recognise(self.row, values, ts, judged_by, 0, LOOKOUT))

    @property
    def held(self) -> tuple[int, int, float]:
        row: Any = self.row
        probability = round(float(row["campaign_probability"]), 3)
        return int(row["campaign"]), int(row["campaign_epoch"]), probability


def test_a_user_who_is_like_its_members_is_recognised_once() -> None:
    user = User()
    assert user.asks(watching()) == 0
    campaign, epoch, probability = user.held
    assert (campaign, epoch) == (CAMPAIGN, 9)
    assert probability >= regimes().parameters[0, p.CAMPAIGN_SUSPEND]
    assert user.asks(watching()) == NOBODY


def test_a_user_who_is_like_everybody_is_spared() -> None:
    user = User(**ORDINARY)
    assert user.asks(watching()) == NOBODY
    assert user.held == (0, 0, 0.0)


def test_what_is_asked_with_the_program_counts_and_not_what_covers_it() -> None:
    covered = ORDINARY["elicitation"]
    member = User(60.0, asks=0.9, elicitation=covered)
    customer = User(60.0, asks=0.05, elicitation=covered)
    watches = watching()
    watches.profile[0] = [225, *[125] * 8]  # nothing else sets its members apart
    assert member.asks(watches) == 0
    assert customer.asks(watches) == NOBODY


@pytest.mark.parametrize("requests", [LEAST_REQUESTS - 0.1, 19.0])
def test_trying_a_tool_convicts_nobody(requests: float) -> None:
    """Less than three requests, or than one in twenty."""
    assert User(requests).asks(watching()) == NOBODY


def test_another_program_or_another_time_is_not_watched() -> None:
    assert User().asks(watching(), program=OTHER) == NOBODY
    assert User().asks(watching(), ts=START - 3 * HOUR) == NOBODY
    assert User().asks(no_watches()) == NOBODY


def test_a_program_that_nothing_ties_to_a_campaign_recognises_nobody() -> None:
    suspends = float(regimes().parameters[0, p.CAMPAIGN_SUSPEND])
    assert User().asks(watching(probability=suspends - 0.001)) == NOBODY
    assert User().asks(watching(probability=suspends + 0.001)) == 0


def test_what_an_account_holds_is_not_said_again_but_a_higher_step_is() -> None:
    user = User()
    user.row["campaign"], user.row["campaign_epoch"] = CAMPAIGN, 8
    user.row["campaign_probability"] = 0.93
    assert user.asks(watching()) == 0
    user.row["campaign_probability"], user.row["campaign_epoch"] = 0.93, 9
    watches = watching(probability=0.951)
    watches.log_odds[1] = -1.0  # an account like its members comes to 0.93
    assert user.asks(watches) == NOBODY


def test_a_share_of_the_members_is_told_in_each_hour() -> None:
    hour, day = HOUR, 24 * HOUR
    told = [
        sum(bool(has_turn(1_000 * i, np.uint64(CAMPAIGN), age, 0.25)) for i in range(400))
        for age in (-1, 0, hour, 2 * hour, 3 * hour, day)
    ]
    assert told[0] == told[1]
    assert told[1] == pytest.approx(100, abs=30)
    assert told == sorted(told)
    assert told[-2:] == [400, 400]
