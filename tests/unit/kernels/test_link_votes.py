"""The oldest campaigns among a link's sightings, counted exactly."""

import numpy as np

from app.kernels import sighting_columns as s
from app.kernels.link_row import KNOWN, begin_link, fold_sighting, merge_links
from app.kernels.link_sums import SUMS_CEILING, Clock
from app.kernels.link_votes import poll
from app.state.link_layout import LINK, VOTES

CLOCK = Clock(day=4, window=28)
TURN = 28 * 40


def sighting(account: int, campaign: int, epoch: int = TURN) -> np.ndarray:
    values = np.zeros(s.SIG_WIDTH, np.int64)
    values[s.SIG_EPOCH], values[s.SIG_ACCOUNT] = epoch, account
    values[s.SIG_CAMPAIGN] = np.uint64(campaign).view(np.int64)
    return values


def fold(*found: np.ndarray) -> np.ndarray:
    rows = np.zeros(1, LINK)
    begin_link(rows[0])
    for values in found:
        fold_sighting(rows[0], values, CLOCK)
    return rows


def campaigns(*held: int) -> np.ndarray:
    return fold(*(sighting(i, campaign) for i, campaign in enumerate(held)))


def test_a_stray_member_of_an_older_campaign_hides_no_majority():
    assert poll(campaigns(9, 9, 3, 9)[0]) == ([(3, 1), (9, 3)], 4)


def test_who_holds_no_campaign_has_no_vote():
    assert poll(campaigns(0, 5, 0)[0]) == ([(5, 1)], 1)
    assert poll(campaigns(0, 0)[0]) == ([], 0)


def test_ids_above_the_signed_range_are_the_youngest():
    young = 2**64 - 1
    assert poll(campaigns(young, 1)[0])[0] == [(1, 1), (young, 1)]


def test_the_oldest_are_kept_whatever_came_first_and_all_are_counted_among_the_voters():
    held = [50, 50, 40, 30, 20, 10, 30, 10, 50]
    expected = ([(10, 2), (20, 1), (30, 2)][:VOTES], len(held))
    assert poll(campaigns(*held)[0]) == expected
    assert poll(campaigns(*reversed(held))[0]) == expected


def test_a_sighting_read_twice_votes_once():
    rows = fold(sighting(1, 7))
    assert fold_sighting(rows[0], sighting(1, 7), CLOCK) == KNOWN
    assert poll(rows[0]) == ([(7, 1)], 1)


def test_votes_age_by_windows_like_everything_else():
    rows = fold(sighting(1, 7), sighting(2, 7, TURN + 28), sighting(3, 5, TURN + 28))
    assert poll(rows[0]) == ([(5, 1), (7, 2)], 3)
    fold_sighting(rows[0], sighting(4, 0, TURN + 56), CLOCK)
    assert poll(rows[0]) == ([(5, 1), (7, 1)], 2)
    fold_sighting(rows[0], sighting(5, 3, TURN), CLOCK)  # too late: its window is forgotten
    assert poll(rows[0]) == ([(5, 1), (7, 1)], 2)
    fold_sighting(rows[0], sighting(4, 0, TURN + 560), CLOCK)
    assert poll(rows[0]) == ([], 0)


def test_a_count_that_is_full_stays_full():
    rows, other = campaigns(7), campaigns(7)
    rows["votes"][:, 0, 0] = other["votes"][:, 0, 0] = SUMS_CEILING - 1
    merge_links(rows[0], other[0], CLOCK)
    assert poll(rows[0])[0] == [(7, SUMS_CEILING)]
