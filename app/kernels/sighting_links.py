"""Which links an account reports, and how much of its traffic is under each.

Links that come from behaviour (networks, clients, programs) are reported when they carry at least
5 % of the account's traffic of the last week: the smallest share of an attack that hides in
ordinary use, and the bound that keeps an account of many interests from filling the topic. A value
of zero stands for none, and is no link.

An account found to be in a campaign reports that too, so that the campaign is a link like any
other, whose row sums up its members; and so does one that cards and devices put in a ring.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.kernels import sighting_columns as s
from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Float, Int, Record
from app.kernels.hours import HOUR_MS
from app.kernels.sighting_summary import campaign_of, share_of
from app.state import link_layout as links
from app.state.layout import CLIENTS, NETWORKS, PROGRAMS, WEEK

LEAST_SHARE = 50  # thousandths
NO_PLACE = -1
MAX_LINKS = 5 + NETWORKS + CLIENTS + PROGRAMS + 2


class Links(NamedTuple):
    """An account's links: arrays of ``MAX_LINKS``, of which the first few mean something.

    ``places`` of programs in the account's row; ``NO_PLACE`` for other links.
    """

    kinds: npt.NDArray[np.int64]
    hashes: npt.NDArray[np.uint64]
    shares: npt.NDArray[np.int64]
    places: npt.NDArray[np.int64]


@lean_kernel
def list_links(row: Record, found: Links) -> Int:
    """List the links of an account in ``found``; returns how many."""
    n = np.int64(0)
    profile = (
        (links.PAYMENT, row["payment"]),
        (links.DEVICE, row["device"]),
        (links.EMAIL_DOMAIN, row["email_domain"]),
        (links.REFERRAL, row["referral"]),
        (links.SIGNUP_HOUR, np.uint64(max(row["created_at"], 0) // HOUR_MS)),
    )
    for kind, hashed in profile:
        if hashed != np.uint64(0):
            n = _add(found, n, kind, hashed, s.WHOLE)
    total = np.float64(row["requests"][WEEK])
    n = _add_heavy(found, n, links.NETWORK, row["network"], row["network_weight"], total)
    n = _add_heavy(found, n, links.CLIENT, row["client"], row["client_weight"], total)
    n = _add_heavy(found, n, links.PROGRAM, row["program"], row["program_weight"], total)
    campaign = campaign_of(row)
    if campaign != np.uint64(0):
        n = _add(found, n, links.CAMPAIGN, campaign, s.WHOLE)
    if row["ring"] != 0:
        n = _add(found, n, links.RING, np.uint64(row["ring"]), s.WHOLE)
    return n


@lean_kernel
def _add(found: Links, n: Int, kind: Int, hashed: np.uint64, share: Int) -> Int:
    found.kinds[n] = kind
    found.hashes[n] = hashed
    found.shares[n] = share
    found.places[n] = NO_PLACE
    return n + 1


@lean_kernel
def _add_heavy(
    found: Links,
    n: Int,
    kind: Int,
    keys: npt.NDArray[np.uint64],
    weights: npt.NDArray[np.float32],
    total: Float,
) -> Int:
    for i in range(keys.size):
        share = share_of(weights[i], total)
        if share >= LEAST_SHARE and keys[i] != np.uint64(0):
            n = _add(found, n, kind, keys[i], share)
            if kind == links.PROGRAM:
                found.places[n - 1] = i
    return n
