"""The honest kinds of the second population."""

import pytest

from tests.evaluation.second import products
from tests.evaluation.second.population import honest
from tests.evaluation.second.profiles import profile_table
from tests.evaluation.second.table import Tables
from tests.evaluation.second.world import World

SEED = 3
SCALE = 0.02

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


def test_every_kind_is_there(world: World) -> None:
    assert set(world.kinds) == KINDS


def test_whoever_is_exempt_says_until_when(world: World) -> None:
    until = profile_table(world)["exempt_until"].to_pylist()
    exempt = {kind for kind, at in zip(world.kinds, until, strict=True) if at is not None}
    assert exempt == {"exempt_labelling_vendor"}


def test_a_benchmark_is_asked_word_for_word_by_strangers(world: World) -> None:
    kinds = dict(zip(world.account_ids(), world.kinds, strict=True))
    askers: dict[str, set[str]] = {}
    table = Tables(world).day(0).select(["account_id", "prompt_simhash"]).to_pydict()
    for account, prompt in zip(table["account_id"], table["prompt_simhash"], strict=True):
        if kinds[account] == "nightly_benchmark":
            askers.setdefault(prompt, set()).add(account)
    assert any(len(accounts) > 1 for accounts in askers.values())
