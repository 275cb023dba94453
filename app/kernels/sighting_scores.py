"""How unusual an account is, in numbers that a group's members can be added up in.

A link pools the traits of its members, and what is pooled must mean the same for each of them. So
an account reports its robust deviations from the live population, exactly those that level 1 weighs
(see ``evidence.py``), held to ``MOST`` either way so that no single account speaks for a group.

They are shrunk for small samples as at level 1, and the sighting says by how much: an account of 26
requests a day has its few requests against it where it is judged alone. Members pool theirs: the
sum of shrunk deviations over the sum of trust is their mean weighted by what each can tell, as if
all requests had been one account's. A trait without an answer is the median: it says nothing.

What an account elicits is told of each of its programs, too. Whoever hides extraction in ordinary
use elicits little on the whole, but all that is extracted is extracted with some program, and what
is asked there no cover dilutes.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.kernels import features as f
from app.kernels import parameters as p
from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Int, Record
from app.kernels.evidence import Floats, deviation_from, reliability, weigh
from app.kernels.features import weight_at
from app.kernels.regimes import COLD, Regimes
from app.state.link_layout import MEDIAN_SCORE, NORMAL_SCORES

MOST = 4.0  # deviations
UNITS = 125.0  # thousandths of a score in one deviation
ELICITATION = NORMAL_SCORES.index("elicitation")

# The feature behind each of ``NORMAL_SCORES``.
SCORED = np.array(
    [
        f.ELICITATION_SCORE,
        f.CONTENT_CAPABILITIES,
        f.TEMPLATES_FRESH,
        f.CONDUCT_OPENINGS,
        f.CONDUCT_NETWORKS,
        f.CONDUCT_PROXY,
        f.RHYTHM_HOURS,
        f.RHYTHM_STEADINESS,
        f.VOLUME_REQUESTS,
    ]
)


class Scratch(NamedTuple):
    """What weighing an account writes: ``observed`` and ``deviations`` float64[FEATURES],
    ``evidence`` float64[EVIDENCE_FAMILIES]."""

    observed: Floats
    deviations: Floats
    evidence: Floats


@lean_kernel
def put_normal_scores(
    out: npt.NDArray[np.int64],
    row: Record,
    now: Int,
    regimes: Regimes,
    regime: Int,
    scratch: Scratch,
) -> Int:
    """Write the account's ``NORMAL_SCORES`` as of ``now`` (ms) into ``out`` int64[9].

    All are the median while the regime, number ``regime``, knows no population. Returns the trust
    in them, thousandths: how much of a deviation level 1 believes of as many requests.
    """
    weigh(row, now, regimes, regime, scratch.observed, scratch.deviations, scratch.evidence)
    for k in range(SCORED.size):
        out[k] = normal_score(scratch.deviations[SCORED[k]])
    if regimes.snapshot[regime] == COLD:
        return np.int64(0)
    requests = weight_at(row, now)
    shrinkage = regimes.parameters[regime][p.SHRINKAGE]
    trust = reliability(row, f.ELICITATION_SCORE, requests, shrinkage) if requests > 0.0 else 0.0
    return np.int64(1000.0 * trust + 0.5)


@lean_kernel
def elicitation_with(row: Record, place: Int, regimes: Regimes, regime: Int, trust: Int) -> Int:
    """The elicitation score of the account's requests with its program at ``place``.

    Held against the same population as the account's own, and shrunk by the same ``trust``
    (thousandths), so that sums of both mean the same.
    """
    weight = np.float64(row["program_weight"][place])
    if regimes.snapshot[regime] == COLD or not weight > 0.0:
        return np.int64(MEDIAN_SCORE)
    mean = min(np.float64(row["program_elicitation"][place]) / weight, 1.0)
    location = regimes.location[regime, f.ELICITATION_SCORE]
    scale = regimes.scale[regime, f.ELICITATION_SCORE]
    return normal_score(np.float64(trust) / 1000.0 * deviation_from(mean, location, scale))


@lean_kernel
def normal_score(deviation: float) -> Int:
    """``deviation`` in thousandths of the range from ``-MOST`` to ``MOST``; NaN is the median."""
    if math.isnan(deviation):
        return np.int64(MEDIAN_SCORE)
    held = min(max(deviation, -MOST), MOST)
    return np.int64((held + MOST) * UNITS + 0.5)
