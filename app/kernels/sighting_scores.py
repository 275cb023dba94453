"""How unusual an account is, in numbers that a group's members can be added up in.

A link pools the traits of its members, and what is pooled must mean the same for each of them. So
an account reports its robust deviations from the live population, exactly those that level 1 weighs
(see ``evidence.py``), held to ``MOST`` either way so that no single account speaks for a group.

They are shrunk for small samples as at level 1 and no further. An account of 26 requests a day has
its few requests against it there for good reason, since one account alone is judged; pooling is
what makes up for it here, and shrinking a second time would take from a quiet group what its
number of members has earned. A trait without an answer is the median: it says nothing either way.
"""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.kernels import features as f
from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Int, Record
from app.kernels.evidence import Floats, weigh
from app.kernels.regimes import Regimes
from app.state.link_layout import MEDIAN_SCORE

MOST = 4.0  # deviations
UNITS = 125.0  # thousandths of a score in one deviation

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
) -> None:
    """Write the account's ``NORMAL_SCORES`` as of ``now`` (ms) into ``out`` int64[9].

    All are the median while the regime, number ``regime``, knows no population.
    """
    weigh(row, now, regimes, regime, scratch.observed, scratch.deviations, scratch.evidence)
    for k in range(SCORED.size):
        out[k] = normal_score(scratch.deviations[SCORED[k]])


@lean_kernel
def normal_score(deviation: float) -> Int:
    """``deviation`` in thousandths of the range from ``-MOST`` to ``MOST``; NaN is the median."""
    if math.isnan(deviation):
        return np.int64(MEDIAN_SCORE)
    held = min(max(deviation, -MOST), MOST)
    return np.int64((held + MOST) * UNITS + 0.5)
