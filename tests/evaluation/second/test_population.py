"""Honest days are valid records, in the order of arrival, and the same again for a seed."""

from typing import Any

import pyarrow as pa
import pytest

from app.events.profiles import Profile
from app.events.requests import Request
from tests.evaluation.second import products
from tests.evaluation.second.calendar import DAY_MS, START_MS
from tests.evaluation.second.population import honest
from tests.evaluation.second.profiles import profile_table
from tests.evaluation.second.table import ARRIVED, ATTACK, Tables
from tests.evaluation.second.world import World

SEED = 3
SCALE = 0.02
DAYS = 2

KINDS = {
    "advertisement",
    "agent_builder",
    "annotator",
    "api_developer",
    "call_centre",
    "campus_student",
    "class",
    "coding_agent_user",
    "contract_reseller",
    "credit_cohort",
    "enterprise",
    "exempt_labelling_vendor",
    "family",
    "free_chat",
    "grey_reseller",
    "hackathon",
    "heavy_user",
    "hijacked",
    "labelling_vendor",
    "laboratory",
    "load_test",
    "multilingual_product",
    "nightly_benchmark",
    "no_code_platform",
    "outsourcer",
    "overnight_agent",
    "paid_chat",
    "private_suite",
    "scheduled_job",
    "several_accounts",
    "sold_account",
    "startup",
    "teacher_or_auditor",
    "translator",
    "tutorial",
    "viral_prompt",
    "vpn_coder",
    "vpn_user",
    *(f"niche_{niche.users}_{niche.work}" for niche in products.NICHES),
}


@pytest.fixture(scope="module")
def world() -> World:
    return honest(SEED, SCALE)


@pytest.fixture(scope="module")
def days(world: World) -> list[Any]:
    tables = Tables(world)
    return [tables.day(day) for day in range(DAYS)]


def test_requests_are_valid_records(days: list[Any]) -> None:
    for row in days[0].drop_columns([ARRIVED, ATTACK]).to_pylist():
        Request.model_validate(row)


def test_profiles_are_valid_records_of_all_accounts(world: World) -> None:
    table = profile_table(world)
    for row in table.drop_columns(["recorded_at"]).to_pylist():
        Profile.model_validate(row)
    assert table["account_id"].to_pylist() == world.account_ids()
    assert len(set(world.account_ids())) == len(world.kinds)


def test_records_arrive_in_order_and_after_they_were_accepted(days: list[Any]) -> None:
    for day, table in enumerate(days):
        arrived = table[ARRIVED].to_pylist()
        assert arrived == sorted(arrived)
        assert START_MS + day * DAY_MS <= arrived[0]
        assert arrived[-1] < START_MS + (day + 1) * DAY_MS
        assert all(ts <= at for ts, at in zip(table["ts"].to_pylist(), arrived, strict=True))


def test_an_event_has_its_id_to_itself_but_for_repeats(days: list[Any]) -> None:
    table = pa.concat_tables(days).drop_columns([ARRIVED])
    distinct = {tuple(row.items()) for row in table.to_pylist()}
    events = set(table["event_id"].to_pylist())
    assert len(distinct) == len(events) < table.num_rows < 1.01 * len(events)


def test_a_seed_gives_the_same_days_and_another_gives_others(days: list[Any]) -> None:
    again, other = honest(SEED, SCALE), honest(SEED + 1, SCALE)
    assert Tables(again).day(0).equals(days[0])
    ids = set(again.account_ids())
    assert not ids & set(other.account_ids())


def test_every_kind_is_there_and_honest(world: World, days: list[Any]) -> None:
    assert set(world.kinds) == KINDS
    assert not any(days[0][ATTACK].to_pylist())


def test_whoever_is_exempt_says_until_when(world: World) -> None:
    until = profile_table(world)["exempt_until"].to_pylist()
    exempt = {kind for kind, at in zip(world.kinds, until, strict=True) if at is not None}
    assert exempt == {"exempt_labelling_vendor"}


def test_a_benchmark_is_asked_word_for_word_by_strangers(world: World, days: list[Any]) -> None:
    kinds = dict(zip(world.account_ids(), world.kinds, strict=True))
    askers: dict[str, set[str]] = {}
    table = days[0].select(["account_id", "prompt_simhash"]).to_pydict()
    for account, prompt in zip(table["account_id"], table["prompt_simhash"], strict=True):
        if kinds[account] == "nightly_benchmark":
            askers.setdefault(prompt, set()).add(account)
    assert any(len(accounts) > 1 for accounts in askers.values())
