"""Which families of evidence speak of a group, and what of it ties the members together.

Every family counts for the sum of nats. Which of them *speak*, and which only hint, decides besides
what a group may be held for: rules about kinds of evidence that no sum can trade for one another.

Cards and devices tie strangers who share them. Within one program that may be its customers'
occasion: a shop that tops accounts up, a trainer who pays for a club, a school's tablets. A
campaign deals its cards out over its accounts, and the accounts over its programs, so that many
members share a card with somebody who uses another program (``elsewhere``: the share of members who
are joined to strangers at all, less what the members' own crowding on cards explains).
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from app.detection.group_evidence import (
    CONCEALMENT,
    CONDUCT,
    LINKAGE,
    LOAD,
    ONE_OFFICE,
    ORIGIN,
    RHYTHM,
    Detector,
    GroupEvidence,
)
from app.detection.group_measures import Floats, GroupMeasures
from app.detection.rings import LEAST_STRANGERS
from app.state.link_layout import PROGRAM

Bools = npt.NDArray[np.bool_]

HINTS = 0.3
"""Share of its weight from which a family hints at something."""
SPEAKS = 0.5
"""Share of its weight from which a family speaks."""
RESTLESS = 0.75
"""Share of its weight that rhythm must bring for programs that strangers share to tie them: honest
benchmarks and products of several programs, simulated ones, brought half of it, or did not hide."""

MANNER = (CONDUCT, CONCEALMENT, RHYTHM, LOAD)
"""Families about how accounts work, which no occasion that brings strangers together explains."""
LEAST_MANNERS = 2
"""Of those that must speak for many programs to tie strangers who were made together: an occasion
brings one of them by chance."""
MOST_MANNERS = 3
"""Of those that must speak for programs to tie strangers who hide, where they are few."""

LEAST_WOVEN = 5
"""Programs of one web in a partition from which they tie strangers whose accounts were made
together: a benchmark has a template for each subject, but its users did not come for it."""


class Findings(NamedTuple):
    """Which families say something: ``hints`` and ``speaks`` bool[n, families]; ``manners``
    int64[n], how many about the members' manner speak; ``restless`` bool[n]; ``hiding`` bool[n],
    behind proxies and moving; ``dealt_out`` bool[n], cards and devices are, to strangers, and
    ``elsewhere`` bool[n], to strangers who do not share the program."""

    hints: Bools
    speaks: Bools
    manners: npt.NDArray[np.int64]
    restless: Bools
    hiding: Bools
    dealt_out: Bools
    elsewhere: Bools


def findings(evidence: GroupEvidence, detectors: tuple[Detector, ...]) -> Findings:
    """What ``evidence`` says, by the weights of ``detectors``, one for each family."""
    weights = np.array([detector.weight for detector in detectors])
    speaks = _brings(evidence.nats, SPEAKS * weights)
    return Findings(
        hints=_brings(evidence.nats, HINTS * weights),
        speaks=speaks,
        manners=speaks[:, MANNER].sum(axis=1),
        restless=_brings(evidence.nats[:, RHYTHM], RESTLESS * weights[RHYTHM]),
        hiding=_brings(evidence.hiding, HINTS * weights[CONCEALMENT]),
        dealt_out=_brings(evidence.by_things, HINTS * weights[LINKAGE]),
        elsewhere=_brings(evidence.elsewhere, HINTS * weights[LINKAGE]),
    )


def share_programs(rows: npt.NDArray[Any], measures: GroupMeasures, found: Findings) -> Bools:
    """Whether the programs that they share join the members of ``rows``, structured[n] of ``LINK``.

    They share further programs that behave alike, are strangers, and one of two things holds.

    1. They hide, never rest, and are many, or have another family of their manner speak.
    2. So many such programs meet in one partition that they are too many for one office, their
       accounts were made together, and several families of their manner speak.

    Who shares several programs may run one benchmark or have one product, hence these rules.
    Benchmarks and products hardly run around the clock and out of hiding. Their users were not all
    there from one fortnight on, unless the product is new; and then it has some programs, not
    dozens at which the same strangers take turns. A bot that many have bought and a product's
    automation may well be tireless, even and never go on, and some of them move, so that few
    programs tie nobody however much of their manner speaks.
    """
    programs = (rows["kind"] == PROGRAM) & found.hints[:, LINKAGE]
    strangers = measures.strangers >= LEAST_STRANGERS
    many = measures.members * measures.strangers >= ONE_OFFICE
    several = many | (found.manners >= MOST_MANNERS)
    hidden = programs & found.restless & found.hiding & strangers & several
    together = programs & found.speaks[:, ORIGIN] & (found.manners >= LEAST_MANNERS)
    tied: Bools = hidden | _in_webs(rows, together)
    return tied


def _in_webs(rows: npt.NDArray[Any], which: Bools) -> Bools:
    """Those of ``which`` that hang together with ``LEAST_WOVEN`` of them, by members in common, and
    have ``ONE_OFFICE`` members in their samples together.

    Programs are dealt out to partitions at random, so that a product's few hardly meet in one. The
    samples of two programs have the smallest hashes, and with them the members, in common that the
    programs have.
    """
    of_row, place = np.nonzero(which[:, None] & (rows["member_epochs"] != 0))
    _, member = np.unique(rows["member"][of_row, place], return_inverse=True)
    web = np.arange(len(rows))
    while True:
        least = np.full(int(member.max(initial=-1)) + 1, len(rows))
        np.minimum.at(least, member, web[of_row])
        heard = web.copy()
        np.minimum.at(heard, of_row, least[member])
        if (heard == web).all():
            break
        web = heard
    programs = np.bincount(web[which], minlength=len(rows))
    strangers = np.bincount(np.unique([web[of_row], member], axis=1)[0], minlength=len(rows))
    large = (programs >= LEAST_WOVEN) & (strangers >= ONE_OFFICE)
    woven: Bools = which & large[web]
    return woven


def _brings(nats: Floats, least: Floats | float) -> Bools:
    """Which families bring at least ``least``; one without weight brings nothing."""
    return (nats > 0.0) & (nats >= least)
