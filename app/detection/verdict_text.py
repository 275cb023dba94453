"""Why an account was found to be in a campaign, in sentences, strongest first.

They go with the account into the record of the action, so that whoever must answer for it reads
them there. All figures are of the link's newest assessment, as its row keeps them: the same for
every member, and after a restart.
"""

from typing import Any

import numpy.typing as npt

from app.detection.group_evidence import (
    ASSOCIATION,
    GROUP_FAMILIES,
    LINKAGE,
    LOAD,
    ORIGIN,
    SCORES_OF,
)
from app.detection.group_measures import SCORE_UNIT
from app.detection.group_text import LEAST_NATS, MORE_EVENLY, SAYS, TIE, TIES, shares
from app.state.link_layout import MEDIAN_SCORE, NORMAL_SCORES

NATS_WHOLE = 10
"""``campaign_nats`` in a link's row to one nat."""
PROFILE_UNIT = 4
"""Thousandths of a normal score to one in ``profile``."""
PROFILE_MOST = 250
EVIDENCE_LINES = 4
"""Families of evidence that are told, at most: the others bring a few parts in a hundred."""

_PLAIN = {
    LOAD: MORE_EVENLY,
    ORIGIN: "Many of them are strangers whose accounts were created together",
    ASSOCIATION: "What they have in common is used by members of a campaign above all",
}


def explain_verdict(
    kind: str,
    nats: npt.NDArray[Any],
    profile: npt.NDArray[Any],
    link_probability: float,
    probability: float,
) -> list[str]:
    """Sentences about an account under a link of ``kind``.

    ``nats`` uint8[families], what each family of evidence brought against the link's members when
    it was last judged, in tenths; ``profile`` uint8[normal scores], their mean scores then, as
    thousandths over four; ``link_probability`` what came of it, ``probability`` the account's own.
    """
    likeness = probability / link_probability if link_probability > 0 else 0.0
    total = max(float(nats.sum()), 1.0)
    order = sorted(range(len(GROUP_FAMILIES)), key=lambda f: (-int(nats[f]), f))
    return [
        f"It is one of the accounts that {shares(kind)}, which are a campaign's with probability"
        f" {link_probability:.2f}, and what it does resembles theirs with probability"
        f" {likeness:.2f}.",
        *(
            f"{_sentence(kind, f, profile)} ({GROUP_FAMILIES[f]}, {nats[f] / total:.0%} of the"
            " evidence against them)."
            for f in order[:EVIDENCE_LINES]
            if nats[f] >= LEAST_NATS * NATS_WHOLE
        ),
    ]


def _sentence(kind: str, family: int, profile: npt.NDArray[Any]) -> str:
    if family == LINKAGE:
        return TIES.get(kind, TIE)
    if family in _PLAIN:
        return _PLAIN[family]
    name = max(SCORES_OF[family], key=lambda score: int(profile[NORMAL_SCORES.index(score)]))
    score = int(profile[NORMAL_SCORES.index(name)])
    deviation = (PROFILE_UNIT * score - MEDIAN_SCORE) / SCORE_UNIT
    least = "at least " if score >= PROFILE_MOST else ""
    return (
        f"More than members of honest groups, they {SAYS[name]}: on average {least}{deviation:.1f}"
        " standard deviations above the median account"
    )


def explain_withdrawal(campaign: str, *, dismissed: bool) -> list[str]:
    """Sentences about an account that a campaign lets go."""
    if dismissed:
        return [f"An operator has dismissed campaign {campaign}, which the account was held in."]
    return [f"Nothing holds it in campaign {campaign} any longer."]
