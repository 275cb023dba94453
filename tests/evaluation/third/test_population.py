"""The honest kinds of the third population."""

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from app.events.requests import Request
from tests.evaluation.second.calendar import WHOLE
from tests.evaluation.second.profiles import profile_table
from tests.evaluation.second.table import ARRIVED, ATTACK, Tables
from tests.evaluation.third.engine import Days
from tests.evaluation.third.population import KINDS, ORDINARY, honest
from tests.evaluation.third.world import World

SEED = 3
SCALE = 0.02

MADE_HERE = {
    "app_tester",
    "bad_line_country",
    "browser_extension",
    "certificate_crammer",
    "chat_bot",
    "contractor_startup",
    "crowd_worker",
    "data_contest",
    "early_adopter",
    "evaluation_company",
    "game_studio",
    "grading_teacher",
    "hobby_benchmarker",
    "home_automation",
    "internet_cafe",
    "launched_app",
    "legal_product",
    "meetup",
    "migrated_account",
    "moonlighting_team",
    "novel_writer",
    "online_course",
    "open_agent",
    "prepaid_buyer",
    "privacy_community",
    "project_team",
    "prompt_pack",
    "replication",
    "review_action",
    "robot_laboratory",
    "sandbox_builder",
    "screen_helper",
    "scribe",
    "security_contest",
    "self_hosted_page",
    "shared_desktop",
    "shared_flat",
    "shared_task",
    "support_bot",
    "top_up_customer",
    "trading_bot",
    "tutoring_product",
    "virtual_card_company",
    "voucher_buyer",
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
