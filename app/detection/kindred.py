"""Cards that behave alike though nothing joins them: how many of a population are a campaign's.

A campaign that gives every account a device of its own, and pays with cards of which each stands
for a handful of accounts, leaves many small groups that nothing ties to each other. One of them
proves little. But strangers who share a card and all ask for the same narrow things, evenly and at
all hours, are rare, and dozens of such cards are not a coincidence dozens of times over. So their
number is estimated from all of them at once: each is a campaign's with the same unknown
probability, and the likelihood ratios say which value of it explains them best (the two-groups
model: Efron, "Microarrays, empirical Bayes and the two-groups model", Statistical Science 2008).
Where honest groups have ratios of one on average or less, as e-values do, the estimate is about 0.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

STEPS = 200
"""Of expectation-maximisation, which settles in far fewer unless the answer is next to nothing."""
MOST_SHARE = 0.5
"""Share of a campaign's groups that is believed at most: the ratio is a model, and no more."""
SETTLED = 1e-6
CAP = 10.0
"""Nats that one group may bring to the estimate: it is one group, however sure."""


def campaign_share(log_e: Floats) -> float:
    """Most likely share of campaigns among groups whose log likelihood ratios, of campaigns over
    honest groups, are ``log_e`` float64[n]; 0 for none."""
    if not log_e.size:
        return 0.0
    ratio = np.exp(np.minimum(log_e, CAP))
    if ratio.mean() <= 1.0:
        return 0.0
    share = MOST_SHARE
    for _ in range(STEPS):
        weighed = share * ratio
        better = float((weighed / (1.0 - share + weighed)).mean())
        moved = abs(better - share)
        share = better
        if moved < SETTLED:
            break
    return min(share, MOST_SHARE)
