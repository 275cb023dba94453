"""Rings: which links join accounts, and that what hangs together comes to one name."""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.detection.rings import MOST_JOINED, MOST_OF_ALL, ring_names, web_names
from app.kernels.hyperloglog import observe, scrambled
from app.state.link_layout import LINK, SIGHTINGS, TRUSTED


def card(members: int, *, orgs: int = 0, trusted: int = 0, **fields: Any) -> npt.NDArray[Any]:
    """A payment method of ``members``, the first ``orgs`` of them of one organisation."""
    row = np.zeros(1, LINK)
    row["member_epochs"][0, :members] = 1
    row["member_org"][0, :orgs] = 7
    row["counts"][0, 0, SIGHTINGS] = members
    row["counts"][0, 0, TRUSTED] = trusted
    for name, value in fields.items():
        row[name] = value
    return row


def ring_of(row: npt.NDArray[Any], name: int = 5) -> int:
    return int(ring_names(row, np.array([name], np.uint64))[0])


def test_two_strangers_are_joined_and_one_account_is_not() -> None:
    assert ring_of(card(2)) != 0
    assert ring_of(card(1)) == 0


def test_a_name_is_the_links_own() -> None:
    assert ring_of(card(2), 5) == ring_of(card(3), 5) != ring_of(card(2), 6)


def test_colleagues_and_known_customers_are_not_joined() -> None:
    assert ring_of(card(4, orgs=3)) == 0
    assert ring_of(card(4, orgs=2)) != 0
    assert ring_of(card(4, trusted=3)) == 0
    assert ring_of(card(4, trusted=2)) != 0


def test_what_many_share_joins_nobody_and_lets_go_of_whom_it_joined() -> None:
    assert ring_of(card(MOST_JOINED)) != 0
    assert ring_of(card(MOST_JOINED + 1, ring=9)) == 0


def test_the_smallest_name_stays() -> None:
    assert ring_of(card(2, ring=9)) == 9
    assert ring_of(card(2, ring=9, ring_heard=7)) == 7
    assert ring_of(card(2, ring_heard=9)) == 9
    assert ring_of(card(2, ring_heard=2**32 - 1)) == ring_of(card(2))


def test_what_hangs_together_comes_to_one_name_whatever_the_order() -> None:
    """Names are passed on as the agents do, period by period, and compared with a union-find."""
    rng = np.random.default_rng(3)
    accounts, things = 120, 90
    held = rng.integers(0, things, (accounts, 2))
    held[:, 1] += things  # a device beside the card
    told = np.zeros(accounts, np.uint32)
    rows = np.concatenate([card(int((held == thing).sum())) for thing in range(2 * things)])
    names = rng.permutation(2 * things).astype(np.uint64)
    for _ in range(60):
        for account in range(accounts):
            for thing in held[account]:
                heard = rows["ring_heard"][thing]
                if told[account] and (heard == 0 or told[account] < heard):
                    rows["ring_heard"][thing] = told[account]
        rows["ring"] = ring_names(rows, names)
        for account in range(accounts):
            for thing in held[account]:
                ring = rows["ring"][thing]
                if ring and (told[account] == 0 or ring < told[account]):
                    told[account] = ring
    root = np.arange(accounts)
    for thing in range(2 * things):
        mine = np.flatnonzero((held == thing).any(axis=1))
        if mine.size >= 2:
            root[np.isin(root, root[mine])] = root[mine].min()
    alone = np.array([(root == root[account]).sum() == 1 for account in range(accounts)])
    assert (told[alone] == 0).all()
    pairs = {(int(r), int(t)) for r, t in zip(root[~alone], told[~alone], strict=True)}
    assert len(pairs) == len({r for r, _ in pairs}) == len({t for _, t in pairs}) > 1


def test_a_rare_program_has_a_web_of_its_own_and_a_common_one_has_none() -> None:
    rows = np.zeros(1, LINK)
    for k in range(40):
        observe(rows["registers"][0, 0], np.uint64(scrambled(np.uint64(k))))
    names = np.array([5], np.uint64)
    assert web_names(rows, names, 60.0 / MOST_OF_ALL)[0] == ring_of(card(2), 5)
    assert web_names(rows, names, 20.0 / MOST_OF_ALL)[0] == 0
