"""Whether an account that shows up under a link of a campaign belongs to the campaign.

A link may also have members by chance: customers of the same residential provider, of the same
tool. So each account is held against the group's profile, the mean normal scores of its members.
Be ``g`` a score's group mean, ``a`` the account's shrunk deviation, ``t`` the reliability that it
was shrunk by. A member's unshrunk deviation is distributed around ``g`` and a stranger's around 0,
both with variance ``1 / t``: the log likelihood ratio is ``g * a - t * g ** 2 / 2``. That of each
score is capped, because scores are neither independent nor normal, and so is their sum.
"""

import math

import numpy as np
import numpy.typing as npt

from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Float, Int
from app.state.link_layout import MEDIAN_SCORE, NORMAL_SCORES

LEAST_MEAN = 0.5  # a group's mean nearer to the median than this tells nobody apart
CAP = 1.5  # nats, of one score
TOTAL_CAP = 5.0  # nats, of all


@lean_kernel
def membership(
    profile: npt.NDArray[np.uint8],
    scores: npt.NDArray[np.int64],
    trust: Int,
    prior_log_odds: float,
) -> Float:
    """Probability that an account under a campaign's link is a member of the campaign.

    ``profile`` uint8[normal scores] of the link, as in ``LINK``; ``scores`` int64[>= as many] the
    account's, and ``trust`` in them, both in thousandths as in a sighting; ``prior_log_odds`` nats
    that an account under such a link is one, before anything is known of it.
    """
    believed = np.float64(trust) / 1000.0
    total = 0.0
    for k in range(len(NORMAL_SCORES)):
        mean = (4.0 * np.float64(profile[k]) - MEDIAN_SCORE) / 125.0
        if abs(mean) >= LEAST_MEAN:
            own = (np.float64(scores[k]) - MEDIAN_SCORE) / 125.0
            total += min(max(mean * own - 0.5 * believed * mean * mean, -CAP), CAP)
    total = min(max(total, -TOTAL_CAP), TOTAL_CAP)
    return 1.0 / (1.0 + math.exp(-(prior_log_odds + total)))
