"""Which accounts links join: the rings of cards and devices, and the webs of programs.

One card behind five strangers proves little, for friends share cards too. But a campaign deals its
cards and its devices out independently, so that the accounts of one card sit at several devices and
those of a device pay with several cards: all of them hang together, while a family's one card and
one sofa lead no further. Such a connected component of accounts is a *ring* (a fraud ring, as
issuers of cards call it). It stays what it is however little of the accounts' traffic attacks.

Components are found by passing the smallest name on, period by period (the hash-to-min algorithm:
Rastogi et al., "Finding connected components in Map-Reduce in logarithmic rounds", ICDE 2013, of
which only the neighbours' names are passed here): a payment method or device names the ring of its
members, an account keeps the smallest name it was told and tells it to its other links.

A small ring proves little, too, but a program whose members sit in many of them is tied: it counts
the sightings that are in any ring (``ringed``), wherever the cards are and however little of the
accounts' traffic is the program's.

A link that joins must be one that a few strangers share. One that more share is judged by itself,
and one of an organisation, or of customers who are known, joins colleagues.

Programs join in another way, for any two customers of one product share it: a program that behaves
suspiciously puts its members in its *web*. Each keeps the smallest such name, and whether it was
told of several or uses several that are a campaign's already; and a program counts how many of its
own are in another's. Customers of a product have one program of its kind; accounts that take turns
at a campaign's clients and templates have several.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.detection.group_measures import MOST_TRUSTED, strangers_of
from app.kernels.hyperloglog import union_estimates
from app.kernels.link_rings import ring_name
from app.state.link_layout import SAMPLE, SIGHTINGS, TRUSTED

MOST_JOINED = SAMPLE - 1
"""Members of a card or device that joins, at most: while the sample holds all, they are counted."""
LEAST_STRANGERS = 0.5
MOST_OF_ALL = 0.1
"""Share of all accounts seen that a program may have and still join: what more have is known to
everybody."""

Names = npt.NDArray[np.uint32]


def ring_names(rows: npt.NDArray[Any], names: npt.NDArray[np.uint64]) -> Names:
    """The ring that each card or device puts its members in.

    ``rows`` structured[n] of ``LINK``; ``names`` uint64[n] name them, the same in every process.
    Returns uint32[n]; 0: it joins nobody.
    """
    ring = _smaller(_smaller(rows["ring"], rows["ring_heard"]), _own(names))
    return np.where(of_few_strangers(rows), ring, np.uint32(0))


def of_few_strangers(rows: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Which of ``rows``, structured[n] of ``LINK``, have few members, most of them strangers to
    each other whom nobody has looked at: of a card or a device, those that join."""
    members = (rows["member_epochs"] != 0).sum(axis=1)
    sightings = np.maximum(rows["counts"][:, :, SIGHTINGS].sum(axis=1, dtype=np.float64), 1.0)
    trusted = rows["counts"][:, :, TRUSTED].sum(axis=1, dtype=np.float64) / sightings
    few = (members >= 2) & (members <= MOST_JOINED)
    strangers: npt.NDArray[np.bool_] = (
        few & (strangers_of(rows) >= LEAST_STRANGERS) & (trusted <= MOST_TRUSTED)
    )
    return strangers


def web_names(rows: npt.NDArray[Any], names: npt.NDArray[np.uint64], active: float) -> Names:
    """The web that each program puts its members in, if it is suspect: its own.

    ``active`` accounts were seen, in all partitions. Otherwise as ``ring_names``.
    """
    rare = union_estimates(rows["registers"]) <= MOST_OF_ALL * active
    return np.where(rare, _own(names), np.uint32(0))


def _own(names: npt.NDArray[np.uint64]) -> Names:
    return np.array([ring_name(name) for name in names], np.uint32)


def _smaller(one: Names, other: Names) -> Names:
    """Of two names each, the smaller; 0 is none."""
    return np.where(one == 0, other, np.where(other == 0, one, np.minimum(one, other)))
