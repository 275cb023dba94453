"""Which links an account reports, and how much of its traffic is under each.

Links that come from behaviour (networks, clients, programs, prompt families) are reported when they
carry at least 5 % of the account's traffic of the last week: the smallest share of an attack that
hides in ordinary use, and the bound that keeps an account of many interests from filling the topic.
Of prompt families only the ``REPORTED`` heaviest are reported, for they cost a sighting for each of
their bands. A value of zero stands for none, and is no link.

An account found to be in a campaign reports that too, so that the campaign is a link like any
other, whose row sums up its members.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.kernels import sighting_columns as s
from app.kernels.bands import BANDS, band_bucket
from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Float, Int, Record
from app.kernels.hours import HOUR_MS
from app.kernels.sighting_summary import campaign_of, share_of
from app.state import link_layout as links
from app.state.layout import CLIENTS, FAMILIES, NETWORKS, PROGRAMS, WEEK

LEAST_SHARE = 50  # thousandths
REPORTED = 3  # families
MAX_LINKS = 5 + NETWORKS + CLIENTS + PROGRAMS + BANDS * REPORTED + 1


class Links(NamedTuple):
    """An account's links: arrays of ``MAX_LINKS``, of which the first few mean something."""

    kinds: npt.NDArray[np.int64]
    hashes: npt.NDArray[np.uint64]
    shares: npt.NDArray[np.int64]


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
    n = _add_families(found, n, row, total)
    campaign = campaign_of(row)
    if campaign != np.uint64(0):
        n = _add(found, n, links.CAMPAIGN, campaign, s.WHOLE)
    return n


@lean_kernel
def _add(found: Links, n: Int, kind: Int, hashed: np.uint64, share: Int) -> Int:
    found.kinds[n] = kind
    found.hashes[n] = hashed
    found.shares[n] = share
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
    return n


@lean_kernel
def _add_families(found: Links, n: Int, row: Record, total: Float) -> Int:
    """Add the buckets of the account's heaviest families, band by band."""
    weights = row["family_weight"]
    for band in range(BANDS):
        first = n
        for i in range(FAMILIES):
            share = share_of(weights[i], total)
            if share < LEAST_SHARE or row["family"][i] == np.uint64(0):
                continue
            if _rank(row["family"], weights, i) < REPORTED:
                n = _add_bucket(found, first, n, band_bucket(row["family"][i], band), share)
    return n


@lean_kernel
def _rank(keys: npt.NDArray[np.uint64], weights: npt.NDArray[np.float32], i: Int) -> Int:
    """How many of ``keys`` go before number ``i``: heavier ones, and of equals earlier ones."""
    before = np.int64(0)
    for k in range(keys.size):
        heavier = weights[k] > weights[i] or (weights[k] == weights[i] and k < i)
        if heavier and keys[k] != np.uint64(0):
            before += 1
    return before


@lean_kernel
def _add_bucket(found: Links, first: Int, n: Int, bucket: np.uint64, share: Int) -> Int:
    """Add a family's bucket to the links from ``first`` on: families in one bucket are one link."""
    for k in range(first, n):
        if found.hashes[k] == bucket:
            found.shares[k] = min(found.shares[k] + share, s.WHOLE)
            return n
    return _add(found, n, links.FAMILY, bucket, share)
