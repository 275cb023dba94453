"""The attacks of the second population, with the share of attack that was asked for."""

import pytest

from tests.evaluation.second.attacks import ATTACKS, attack_world
from tests.evaluation.second.campaign import BEGIN, Campaign
from tests.evaluation.second.pools import Pools
from tests.evaluation.second.profiles import profile_table
from tests.evaluation.second.table import ATTACK, Tables
from tests.evaluation.second.world import World

SEED = 3
LATE = 16
"""A day on which every attack is under way, whatever its accounts did first."""


@pytest.mark.parametrize("name", ATTACKS)
def test_without_cover_all_is_attack(name: str) -> None:
    table = Tables(attack_world(name, SEED, Pools(), scale=0.02)).day(LATE)
    assert set(table[ATTACK].to_pylist()) == {True}


@pytest.mark.parametrize("share", [0.1, 0.5])
@pytest.mark.parametrize("name", ["seed", "plain_qa", "framework"])
def test_attack_has_the_share_that_was_asked_for(name: str, share: float) -> None:
    whole, part = (
        Tables(attack_world(name, SEED, Pools(), scale=0.4, share=asked)).day(LATE)
        for asked in (1.0, share)
    )
    attacks = sum(part[ATTACK].to_pylist())
    assert attacks / part.num_rows == pytest.approx(share, rel=0.2)
    assert part.num_rows == pytest.approx(whole.num_rows, rel=0.2)


@pytest.mark.parametrize("share", [0.0, 1.1])
def test_a_share_is_a_share(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        Campaign(World(SEED), share)


@pytest.mark.parametrize("name", ["aged_bought", "sleeper"])
def test_before_it_begins_an_account_behaves(name: str) -> None:
    table = Tables(attack_world(name, SEED, Pools(), scale=0.1)).day(int(BEGIN) - 1)
    assert table.num_rows
    assert not any(table[ATTACK].to_pylist())


def test_linked_accounts_share_cards_and_others_do_not() -> None:
    linked, unlinked = (
        profile_table(attack_world(name, SEED, Pools(), scale=0.1))["payment_hash"].to_pylist()
        for name in ("seed", "unlinked")
    )
    assert len(set(linked)) < len(linked) / 2
    assert len(set(unlinked)) == len(unlinked)


def test_flagged_addresses_look_like_proxies_and_clean_ones_do_not() -> None:
    clean, flagged = (
        Tables(attack_world(name, SEED, Pools(), scale=0.1)).day(LATE)["proxy"].to_numpy().mean()
        for name in ("unlinked_few_templates", "unlinked_flagged")
    )
    assert clean < 0.2 < 0.35 < flagged
