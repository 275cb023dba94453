"""What judges a request: the policy and the population snapshot in force at its event time.

A decision depends on the regime of the request's own ``ts``, not on when a worker heard of a policy
or a snapshot, so a replay decides as the first run did.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Int
from app.kernels.watches import NO_WATCHES, Watches

# Quantiles kept of each feature. Dense where people look (the upper tail) and where location and
# scale come from.
LEVELS = np.array(
    [
        0.01,
        0.05,
        0.10,
        0.20,
        0.30,
        0.40,
        0.50,
        0.60,
        0.70,
        0.75,
        0.80,
        0.85,
        0.90,
        0.925,
        0.95,
        0.97,
        0.98,
        0.99,
        0.995,
        0.999,
    ]
)
QUANTILES = LEVELS.size
COLD = -1


class Regimes(NamedTuple):
    """R regimes, each in force from its start to the next one's.

    ``starts`` int64[R] event time in ms, ascending, the first one before every request;
    ``parameters`` float64[R, PARAMETERS]; ``quantiles`` float64[R, FEATURES, QUANTILES];
    ``location`` and ``scale`` float64[R, FEATURES], of the honest majority; ``mix``
    float64[R, TASKS], mean task shares; ``snapshot`` int64[R], its number, COLD without one;
    ``policy`` int32[R], position in the list the regimes were built from; ``exempt_kind``
    int32[R, X], ``exempt_value`` uint64[R, X] and ``exempt_until`` int64[R, X], the policy's
    exemptions (kind EXEMPT_NONE ends the list). ``watches`` are the programs of campaigns, in lists
    of their own times.
    """

    starts: npt.NDArray[np.int64]
    parameters: npt.NDArray[np.float64]
    quantiles: npt.NDArray[np.float64]
    location: npt.NDArray[np.float64]
    scale: npt.NDArray[np.float64]
    mix: npt.NDArray[np.float64]
    snapshot: npt.NDArray[np.int64]
    policy: npt.NDArray[np.int32]
    exempt_kind: npt.NDArray[np.int32]
    exempt_value: npt.NDArray[np.uint64]
    exempt_until: npt.NDArray[np.int64]
    watches: Watches = NO_WATCHES


@lean_kernel
def regime_at(regimes: Regimes, ts: Int) -> Int:
    """The regime in force at event time ``ts`` (ms); the first one before all starts."""
    starts = regimes.starts
    low = 0
    high = starts.size
    while high - low > 1:
        middle = (low + high) // 2
        if starts[middle] <= ts:
            low = middle
        else:
            high = middle
    return low
