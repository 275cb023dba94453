"""Which sightings under a campaign's links are news to their accounts.

A link that was found to be a campaign's (``campaign`` and the fields beside it in ``LINK``) gives a
verdict for each account that is sighted under it. Sightings say which campaign the account holds,
how sure it was told to be, and in which epoch; so only what would change the account is written:
a campaign it does not hold, a probability that has risen by ``MATERIAL`` or past a step of the
ladder, an older name for a campaign it holds, and, once in ``RESTATE`` epochs, what it has already.
All links of the account see the same epoch in its sightings, so they restate together, and the
account keeps the surest.

A link that joins its members to a ring or a web tells those of another one likewise.

Everything read here is in the sighting, in the settings, or was written into the row when an epoch
was closed; nothing depends on which other sightings have come so far.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from app.kernels import reasons
from app.kernels import sighting_columns as s
from app.kernels.columns import FRAME_OFFSET
from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Bool, Int, Record
from app.kernels.index import ABSENT
from app.kernels.links import SightingBatch
from app.kernels.membership import membership
from app.kernels.note_verdict import MATERIAL, ROUNDING, step_of
from app.kernels.recognise import has_turn
from app.kernels.views import StoreViews
from app.state.link_layout import CAMPAIGN, PROGRAM

RESTATE = 4
"""Sighting periods, a day of them: what rises is told at once, what falls within a day."""


class VerdictRules(NamedTuple):
    """What a policy and operators say about verdicts.

    ``membership_log_odds`` nats; ``throttle`` and ``suspend`` the steps' probabilities;
    ``first_share`` of a link's members that get verdicts in the first hour after it was flagged,
    each later one adding as much; ``period_ms`` a sighting period; ``confirmed`` and ``dismissed``
    uint64[], campaigns that an operator has decided about, ascending.
    """

    membership_log_odds: float
    throttle: float
    suspend: float
    first_share: float
    period_ms: int
    confirmed: npt.NDArray[np.uint64]
    dismissed: npt.NDArray[np.uint64]


ABOUT = ("campaign", "ring", "web")
ABOUT_CAMPAIGN, ABOUT_RING, ABOUT_WEB = range(len(ABOUT))
"""What a verdict names: a campaign, or the ring or the web that the link puts the account in."""

VERDICT = np.dtype(
    [
        ("record", np.int64),  # number of the sighting in its batch
        ("slot", np.int64),  # of the link's row; ABSENT where the sighting begins it
        ("campaign", np.uint64),
        ("probability", np.float64),  # that the account is a member; 0: the campaign lets it go
        ("link_probability", np.float64),
        ("withdrawn", np.uint8),
        ("dismissed", np.uint8),  # withdrawn because an operator has dismissed the campaign
        ("about", np.uint8),  # index in ABOUT
        ("pad", np.uint8, (5,)),
    ],
    align=True,
)


@lean_kernel
def select_verdicts(
    batch: SightingBatch,
    start: Int,
    views: StoreViews,
    rules: VerdictRules,
    found: npt.NDArray[Any],
) -> Int:
    """Select verdicts from the sightings from number ``start`` on, for which ``look_up`` has been
    called and which are about to be folded.

    ``found`` structured[n] of ``VERDICT``, as long as the batch. Returns how many were found.
    Sightings that a row has folded before, which are read again after a restart, give none: theirs
    left with that row.
    """
    count = np.int64(0)
    for i in range(start, batch.frames.shape[0]):
        slot = batch.slots[i]
        if batch.status[i] != reasons.OK:
            continue
        if slot != ABSENT and batch.frames[i, FRAME_OFFSET] < views.rows[slot]["offset"]:
            continue
        if batch.values[i, s.SIG_KIND] == CAMPAIGN:
            news = _lets_go(batch.values[i], rules, found[count])
        else:
            news = slot != ABSENT and _weigh(views.rows[slot], batch.values[i], rules, found[count])
            if slot != ABSENT and not news:
                news = _joins(views.rows[slot], batch.values[i], found[count])
        if news:
            found[count]["record"] = i
            found[count]["slot"] = slot
            count += 1
    return count


@lean_kernel
def _weigh(
    row: Record, values: npt.NDArray[np.int64], rules: VerdictRules, verdict: Record
) -> Bool:
    """Whether the sighting ``values`` gives a verdict, written into ``verdict`` if so."""
    campaign = row["campaign"]
    if campaign == np.uint64(0) or _among(rules.dismissed, campaign):
        return False
    verdict["campaign"] = campaign
    forced = _among(rules.confirmed, campaign)
    sure = 1.0 if forced else np.float64(row["campaign_probability"]) / s.WHOLE
    if sure == 0.0:
        # Unless another link of the campaign has spoken for the account since.
        stale = values[s.SIG_CAMPAIGN_EPOCH] <= row["campaign_epoch"]
        return stale and _withdraw(values, campaign, verdict)
    probability = sure * membership(
        row["profile"], values[s.SIG_SCORES :], values[s.SIG_TRUST], rules.membership_log_odds
    )
    if not _is_news(probability, campaign, values, rules):
        return False
    since = values[s.SIG_EPOCH] - np.int64(row["campaign_epoch"])
    if not (forced or _holds(values, campaign) or _has_turn(values, campaign, since, rules)):
        return False
    verdict["probability"] = probability
    verdict["link_probability"] = sure
    verdict["withdrawn"] = 0
    verdict["dismissed"] = 0
    return True


@lean_kernel
def _joins(row: Record, values: npt.NDArray[np.int64], verdict: Record) -> Bool:
    """Whether the link puts the account of a sighting in a ring or a web of a smaller name than
    that of its own, or in a second web."""
    program = values[s.SIG_KIND] == PROGRAM
    ring = np.int64(row["ring"])
    own = values[s.SIG_WEB] if program else values[s.SIG_RING]
    second = program and values[s.SIG_WOVEN] == 0 and own != ring
    if ring == 0 or (0 < own <= ring and not second):
        return False
    verdict["campaign"] = ring
    verdict["probability"] = 0.0
    verdict["link_probability"] = 0.0
    verdict["withdrawn"] = 0
    verdict["dismissed"] = 0
    verdict["about"] = ABOUT_WEB if program else ABOUT_RING
    return True


@lean_kernel
def _lets_go(values: npt.NDArray[np.int64], rules: VerdictRules, verdict: Record) -> Bool:
    """Whether the account of a sighting under a campaign's own link is to leave the campaign."""
    campaign = np.uint64(values[s.SIG_HASH])
    verdict["campaign"] = campaign
    if not _among(rules.dismissed, campaign):
        return False
    news = _withdraw(values, campaign, verdict)
    verdict["dismissed"] = 1
    return news


@lean_kernel
def _is_news(
    probability: float, campaign: np.uint64, values: npt.NDArray[np.int64], rules: VerdictRules
) -> Bool:
    held = np.float64(values[s.SIG_CAMPAIGN_PROBABILITY]) / s.WHOLE
    if _holds(values, campaign):
        return (
            probability > held + MATERIAL
            or _step(probability, rules) > _step(held, rules)
            or values[s.SIG_EPOCH] - values[s.SIG_CAMPAIGN_EPOCH] >= RESTATE
        )
    if probability < rules.throttle:
        return False
    other = np.uint64(values[s.SIG_CAMPAIGN])
    if other == np.uint64(0):
        return True
    if campaign < other and probability >= held - ROUNDING:
        return True
    return probability > held + MATERIAL or _step(probability, rules) > _step(held, rules)


@lean_kernel
def _step(probability: float, rules: VerdictRules) -> Int:
    return step_of(probability, rules.throttle, rules.suspend)


@lean_kernel
def _holds(values: npt.NDArray[np.int64], campaign: np.uint64) -> Bool:
    return np.uint64(values[s.SIG_CAMPAIGN]) == campaign


@lean_kernel
def _withdraw(values: npt.NDArray[np.int64], campaign: np.uint64, verdict: Record) -> Bool:
    """A verdict that the account is let go, if it holds the campaign."""
    verdict["probability"] = 0.0
    verdict["link_probability"] = 0.0
    verdict["withdrawn"] = 1
    verdict["dismissed"] = 0
    return _holds(values, campaign)


@lean_kernel
def _has_turn(
    values: npt.NDArray[np.int64], campaign: np.uint64, since: Int, rules: VerdictRules
) -> Bool:
    """Whether the account is in the share of members that get verdicts ``since`` epochs after the
    link was flagged."""
    age_ms = since * rules.period_ms
    return has_turn(values[s.SIG_FIRST_SEEN], campaign, age_ms, rules.first_share)


@lean_kernel
def _among(campaigns: npt.NDArray[np.uint64], campaign: np.uint64) -> Bool:
    at = np.searchsorted(campaigns, campaign)
    return at < campaigns.size and campaigns[at] == campaign
