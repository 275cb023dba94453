"""Where requests come from: an address for each session, and how much it looks like a proxy."""

import numpy as np

from tests.evaluation.second.calendar import is_weekday
from tests.evaluation.second.hashes import mix
from tests.evaluation.second.rows import Fields, Rows, chosen
from tests.evaluation.second.sessions import Sessions

WORKDAY = (8.5, 18.5)
"""Local hours at which those who have a place of work are at it."""


def places(
    fields: Fields, pools: Rows, day: int, visits: Sessions, rng: np.random.Generator
) -> Fields:
    stream, session = visits.stream, visits.session
    opened = len(visits.opening)
    first = stream[visits.opening]
    hour = (visits.seconds[visits.opening] / 3_600 + fields["zone"][first]) % 24
    works = is_weekday(day) & (hour > WORKDAY[0]) & (hour < WORKDAY[1])
    share = np.where(works[:, None], fields["at_work"][first], fields["at_leisure"][first])
    place = chosen(share, rng.random(opened))
    pool = fields["pool"][first, place]
    address = fields["address"][first, place]
    lease = fields["lease"][first, place]
    # Leases of different accounts end on different hours.
    offset = fields["account"][first] % 17 / 17
    renewed = np.where(lease > 0, np.floor((day + offset) / np.maximum(lease, 0.1)), 0)
    size = pools["addresses"][pool]
    fixed = (mix(address, renewed, pool) % size.astype(np.uint64)).astype(np.int64)
    index = np.where(address < 0, rng.integers(0, 1 << 40, opened) % size, fixed)
    hashed = mix(pool, index, 11)
    network = mix(pool, index // pools["per_network"][pool], 12)
    alpha, beta = pools["alpha"][pool], pools["beta"][pool]
    # Most of the figure is the pool's, some the address's own, and the rest changes with each look.
    own = (mix(hashed, 5) >> np.uint64(11)).astype(np.float64) / 2**53
    settled = 0.75 * alpha / (alpha + beta) + 0.1 * own
    looked = 0.15 * rng.beta(alpha[session], beta[session])
    return {
        "ip_hash": hashed[session],
        "net_hash": network[session],
        "asn": pools["asn"][pool][session],
        "proxy": np.clip(settled[session] + looked, 0, 1),
    }
