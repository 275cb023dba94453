"""Which accounts cards and devices join: the rings that links of several strangers put them in.

One card behind five strangers proves little, for friends share cards too. But a campaign deals its
cards and its devices out independently, so that the accounts of one card sit at several devices and
those of a device pay with several cards: all of them hang together, while a family's one card and
one sofa lead no further. Such a connected component of accounts is a *ring* (a fraud ring, as
issuers of cards call it). It stays what it is however little of the accounts' traffic attacks.

Components are found by passing the smallest name on, period by period (the hash-to-min algorithm:
Rastogi et al., "Finding connected components in Map-Reduce in logarithmic rounds", ICDE 2013, of
which only the neighbours' names are passed here): a payment method or device names the ring of its
members, an account keeps the smallest name it was told and tells it to its other links. Names begin
with the period they were given in, so the oldest one stays, whatever joins later.

A link that joins must be one that a few strangers share. One that more share is judged by itself,
and one of an organisation, or of customers who are known, joins colleagues.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.detection.group_measures import strangers_of
from app.detection.names import fresh_names
from app.state.link_layout import SAMPLE, SIGHTINGS, TRUSTED

MOST_JOINED = SAMPLE - 1
"""Members of a link that joins, at most: as long as the sample holds them all, they are counted."""
LEAST_STRANGERS = 0.5
MOST_TRUSTED = 0.5


def ring_names(
    rows: npt.NDArray[Any], names: npt.NDArray[np.uint64], epoch: int
) -> npt.NDArray[np.uint64]:
    """The ring that each link puts its members in as of the end of sighting period ``epoch``.

    ``rows`` structured[n] of ``LINK``, payment methods and devices of two members or more;
    ``names`` uint64[n] name them, the same in every process. Returns uint64[n]; 0: it joins nobody.
    """
    members = (rows["member_epochs"] != 0).sum(axis=1)
    sightings = np.maximum(rows["counts"][:, :, SIGHTINGS].sum(axis=1, dtype=np.float64), 1.0)
    trusted = rows["counts"][:, :, TRUSTED].sum(axis=1, dtype=np.float64) / sightings
    joins = (members >= 2) & (members <= MOST_JOINED)
    joins &= (strangers_of(rows) >= LEAST_STRANGERS) & (trusted <= MOST_TRUSTED)
    ring = _smaller(_smaller(rows["ring"], rows["ring_heard"]), fresh_names(names, epoch))
    return np.where(joins, ring, np.uint64(0))


def _smaller(one: npt.NDArray[np.uint64], other: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Of two names each, the smaller; 0 is none."""
    return np.where(one == 0, other, np.where(other == 0, one, np.minimum(one, other)))
