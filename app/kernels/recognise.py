"""Whether a request shows its account to be a member of a campaign that is known already.

What is asked is what a verdict asks of a sighting (``link_verdicts.py``), of the account as it is
after the request: the program is found to be the campaign's, carries enough of the account's
traffic, and what the account does is like what its members do. Only evidence that suspends acts so
fast: of a program that is as likely a product its users hear with their next sightings, if by then
it still is.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.kernels import columns as c
from app.kernels import parameters as p
from app.kernels.compile import inlined_kernel, lean_kernel
from app.kernels.decode_types import Bool, Int, Matrix, Record
from app.kernels.families import uniform
from app.kernels.features import FEATURES
from app.kernels.hours import HOUR_MS
from app.kernels.membership import membership
from app.kernels.note_verdict import MATERIAL, note_verdict, step_of
from app.kernels.regimes import Regimes
from app.kernels.sighting_links import LEAST_SHARE
from app.kernels.sighting_scores import ELICITATION, Scratch, elicitation_with, put_normal_scores
from app.kernels.sighting_summary import share_of
from app.kernels.watches import entry_of, list_at
from app.state.layout import EVIDENCE_FAMILIES, WEEK
from app.state.link_layout import NORMAL_SCORES

LEAST_REQUESTS = 3.0
"""Decayed requests with the program: one or two may be somebody trying a tool."""
NOBODY = -1


class Lookout(NamedTuple):
    """What recognising writes: ``scores`` int64[normal scores] and the scratch of weighing."""

    scores: npt.NDArray[np.int64]
    scratch: Scratch


LOOKOUT = Lookout(
    np.empty(len(NORMAL_SCORES), np.int64),
    Scratch(
        np.empty(FEATURES, np.float64),
        np.empty(FEATURES, np.float64),
        np.empty(EVIDENCE_FAMILIES, np.float64),
    ),
)


@inlined_kernel
def recognise(
    row: Record, values: Matrix, ts: Int, regimes: Regimes, r: Int, lookout: Lookout
) -> Int:
    """Note in ``row`` the campaign that its request ``values`` (int64[REQ_WIDTH], folded already,
    of event time ``ts``, ms) shows it to be in, judged under regime ``r``.

    Returns the entry of the watch list that told; NOBODY where there is nothing new to note.
    """
    watches = regimes.watches
    policy = regimes.parameters[r]
    if watches.program.size == 0 or row["campaign_probability"] >= policy[p.CAMPAIGN_SUSPEND]:
        return np.int64(NOBODY)
    w = list_at(watches, ts)
    program = np.uint64(values[c.REQ_TEMPLATE_HASH])
    entry = entry_of(watches, w, program)
    if entry < 0 or watches.probability[entry] < policy[p.CAMPAIGN_SUSPEND]:
        return np.int64(NOBODY)
    place = _place_of(row, program)
    if place == NOBODY:
        return np.int64(NOBODY)
    campaign = np.uint64(watches.campaign[entry])
    share = np.float64(watches.share[w])
    if not has_turn(row["first_ts"], campaign, ts - watches.since[entry], share):
        return np.int64(NOBODY)
    now = max(ts, row["last_ts"])
    trust = put_normal_scores(lookout.scores, row, now, regimes, r, lookout.scratch)
    lookout.scores[ELICITATION] = elicitation_with(row, place, regimes, r, trust)
    log_odds = np.float64(watches.log_odds[w])
    likeness = membership(watches.profile[entry], lookout.scores, trust, log_odds)
    probability = np.float64(watches.probability[entry]) * likeness
    if not _is_news(row, probability, policy):
        return np.int64(NOBODY)
    if not note_verdict(row, campaign, watches.epoch[w], probability, True):
        return np.int64(NOBODY)
    return entry


@lean_kernel
def has_turn(first_ts: Int, campaign: np.uint64, age_ms: Int, first_share: float) -> Bool:
    """Whether an account first seen at ``first_ts`` is in the share of a campaign's members that
    are told ``age_ms`` after a link was found to be its: a fixed draw, so that every hour only adds
    accounts."""
    hours = max(age_ms, np.int64(0)) // HOUR_MS
    return uniform(np.uint64(max(first_ts, 0)) ^ campaign) < first_share * (1.0 + hours)


@lean_kernel
def _place_of(row: Record, program: np.uint64) -> Int:
    """Where the row keeps the program, if it carries as much of the account's traffic as a sighting
    reports; else NOBODY."""
    for i in range(row["program"].size):
        if row["program"][i] == program:
            weight = row["program_weight"][i]
            share = share_of(weight, np.float64(row["requests"][WEEK]))
            if weight >= LEAST_REQUESTS and share >= LEAST_SHARE:
                return np.int64(i)
    return np.int64(NOBODY)


@lean_kernel
def _is_news(row: Record, probability: float, policy: npt.NDArray[np.float64]) -> Bool:
    throttle, suspend = policy[p.CAMPAIGN_THROTTLE], policy[p.CAMPAIGN_SUSPEND]
    held = np.float64(row["campaign_probability"])
    if probability < throttle:
        return False
    if step_of(probability, throttle, suspend) > step_of(held, throttle, suspend):
        return True
    return probability > held + MATERIAL
