"""What a verdict tells of an account's link, for whoever answers for the action."""

import numpy as np
import numpy.typing as npt
import pytest

from app.detection.group_evidence import (
    ASSOCIATION,
    GROUP_FAMILIES,
    LINKAGE,
    LOAD,
    RHYTHM,
    SCORES_OF,
)
from app.detection.verdict_text import EVIDENCE_LINES, PROFILE_MOST, explain_verdict
from app.state.link_layout import LINK, NORMAL_SCORES

MEDIAN = 125


def nats(**families: int) -> npt.NDArray[np.uint8]:
    """Tenths of nats by name of the family."""
    return np.array([families.get(name, 0) for name in GROUP_FAMILIES], np.uint8)


def profile(**scores: int) -> npt.NDArray[np.uint8]:
    return np.array([scores.get(name, MEDIAN) for name in NORMAL_SCORES], np.uint8)


def test_a_row_has_a_figure_for_every_family_and_score() -> None:
    assert LINK["campaign_nats"].shape == (len(GROUP_FAMILIES),)
    assert LINK["profile"].shape == (len(NORMAL_SCORES),)


def test_the_link_comes_first_then_the_families_that_spoke_strongest_first() -> None:
    spoke = nats(linkage=60, content=30, load=10)
    lines = explain_verdict("payment", spoke, profile(elicitation=190), 0.98, 0.49)
    assert lines[0] == (
        "It is one of the accounts that share one payment, which are a campaign's with probability"
        " 0.98, and what it does resembles theirs with probability 0.50."
    )
    named = [line[line.index("(") + 1 :].split(" of")[0] for line in lines[1:]]
    assert named == ["linkage, 60%", "content, 30%", "load, 10%"]


@pytest.mark.parametrize(
    ("kind", "shared", "tie"),
    [
        ("ring", "joined by payment methods and devices", "no more than a dozen"),
        ("program", "use one client program", "several such programs"),
        ("device", "share one device", "share what strangers do not"),
    ],
)
def test_what_joins_them_is_told_in_the_words_of_its_kind(kind: str, shared: str, tie: str) -> None:
    first, line = explain_verdict(kind, nats(linkage=60), profile(), 0.98, 0.98)
    assert shared in first
    assert tie in line


def test_a_score_is_told_by_the_one_that_stands_out_most_of_its_family() -> None:
    scores = profile(elicitation=150, capabilities=200)
    _, line = explain_verdict("network", nats(content=40), scores, 0.9, 0.9)
    assert "lean to tasks" in line
    assert "on average 2.4 standard deviations above the median account" in line


def test_a_score_that_reached_its_bound_is_told_as_a_bound() -> None:
    scores = profile(active_hours=PROFILE_MOST)
    _, line = explain_verdict("network", nats(rhythm=20), scores, 0.9, 0.9)
    assert "at least 4.0 standard deviations" in line


def test_what_hardly_counts_is_not_told_nor_more_than_a_person_reads() -> None:
    every = nats(**dict.fromkeys(GROUP_FAMILIES, 20))
    assert len(explain_verdict("device", every, profile(), 0.9, 0.9)) == 1 + EVIDENCE_LINES
    assert len(explain_verdict("device", nats(), profile(), 1.0, 0.9)) == 1


def test_every_family_has_words() -> None:
    for family in (*SCORES_OF, LOAD, LINKAGE, ASSOCIATION, RHYTHM):
        spoke = nats(**{GROUP_FAMILIES[family]: 30})
        _, line = explain_verdict("device", spoke, profile(), 0.9, 0.9)
        assert line.endswith(f"({GROUP_FAMILIES[family]}, 100% of the evidence against them).")
