"""The honest kinds of the fourth population."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from app.events.requests import Request
from tests.evaluation.fourth.population import KINDS, ORDINARY, honest
from tests.evaluation.second.calendar import WHOLE
from tests.evaluation.second.profiles import profile_table
from tests.evaluation.second.table import ARRIVED, ATTACK, Tables
from tests.evaluation.third.engine import Days
from tests.evaluation.third.world import World

SEED = 3
SCALE = 0.02

MADE_HERE = {
    "accelerator_startup",
    "alert_desk",
    "attended_robot",
    "build_account",
    "camp_worker",
    "charity_coder",
    "claim_robot",
    "code_migrator",
    "competition_team",
    "cooperative_translator",
    "crisis_mapper",
    "diaspora_family",
    "examinee",
    "fan_translator",
    "farm_adviser",
    "field_office",
    "franchise_desk",
    "freelancer",
    "grant_laboratory",
    "hospital_ward",
    "hosted_agent",
    "interview_candidate",
    "investors_assistant",
    "journalist",
    "legal_aid_volunteer",
    "library_terminal",
    "lifetime_deal",
    "loaner_laptop",
    "market_researcher",
    "marketplace_seller",
    "model_taster",
    "night_desk",
    "nightly_grader",
    "olympiad_club",
    "outsourced_essayist",
    "paid_tester",
    "patent_searcher",
    "penetration_tester",
    "player_guild",
    "preset_telephone",
    "prompt_reader",
    "radio_bot",
    "rationale_product",
    "recharge_customer",
    "refurbished_owner",
    "sample_data_plugin",
    "school_tablet",
    "seafarer",
    "second_shift_coder",
    "shared_workspace",
    "strategy_desk",
    "study_cell",
    "town_clerk",
    "union_member",
    "voice_box",
    "voucher_hacker",
    "ward_tablet",
}


@pytest.fixture(scope="module")
def world() -> World:
    return honest(SEED, SCALE)


@pytest.fixture(scope="module")
def requests(world: World) -> Any:
    """A whole recording: some kinds are there for a few days only."""
    tables = Tables(world, Days)
    return pa.concat_tables([tables.day(day) for day in range(WHOLE)])


def test_every_kind_is_there(world: World) -> None:
    ordinary = World(SEED, SCALE)
    for kind in ORDINARY:
        kind(ordinary)
    assert world.kinds[: len(ordinary.kinds)] == ordinary.kinds
    assert set(world.kinds[len(ordinary.kinds) :]) == MADE_HERE
    assert len(KINDS) == len(MADE_HERE)


def test_every_kind_sends_valid_records(world: World, requests: Any) -> None:
    kinds = dict(zip(world.account_ids(), world.kinds, strict=True))
    account, first = np.unique(requests["account_id"].to_numpy(), return_index=True)
    assert {kinds[one] for one in account} == set(world.kinds)
    for row in requests.take(first).drop_columns([ARRIVED, ATTACK]).to_pylist():
        Request.model_validate(row)


def test_nobody_sends_before_the_account_exists(world: World, requests: Any) -> None:
    profiles = profile_table(world)
    created = dict(
        zip(profiles["account_id"].to_pylist(), profiles["created_at"].to_pylist(), strict=True)
    )
    for account, ts in zip(
        requests["account_id"].to_pylist(), requests["ts"].to_pylist(), strict=True
    ):
        assert created[account] <= ts
