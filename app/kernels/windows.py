"""Exponentially decayed sums, evaluated lazily.

The sum over a horizon with time constant ``tau`` is ``sum(x_i * exp(-(now - t_i) / tau))``: a
sliding window without a ring of buckets (Cohen and Strauss, "Maintaining time-decaying stream
aggregates", PODS 2003). A row stores the sums as of its clock ``last_ts`` and brings them forward
when its next event comes.

Time is counted in ticks of ten seconds. Two things follow. Sums are well defined whatever the
order of arrival: an event weighs ``exp(-ticks between it and the clock)``. And a decay is never so
small that a 32-bit float rounds it away: at a hundred requests a second the factor of one request
would be 1 - 1.7e-8, which such a float cannot hold, and the window would never forget.
"""

import math

import numpy as np

from app.kernels import columns as c
from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Int, Matrix, Record
from app.state.layout import (
    CLIENTS,
    DAY,
    FAMILIES,
    HORIZONS_MS,
    HOUR,
    MODELS,
    NETWORKS,
    PROGRAMS,
    TASKS,
    WEEK,
)

TICK_MS = 10_000

SATURATION = 1 << 20
"""Decayed requests of a week beyond which further ones are not added.

32-bit sums would go wrong there (adding 0.2 to 2**22 changes nothing, adding 1 does), and shares
with them. While full, a window admits as many requests as it forgets, the first of each tick, and
its shares go on being those of a sample. Reached by 1.7 requests a second over weeks.
"""

_OTHER = len(TASKS) - 1
_HOUR_MS = float(HORIZONS_MS[HOUR])
_DAY_MS = float(HORIZONS_MS[DAY])
_WEEK_MS = float(HORIZONS_MS[WEEK])


@lean_kernel
def ticks_between(earlier: Int, later: Int) -> Int:
    """Ticks from ``earlier`` to ``later``, both in ms; negative when they are the other way."""
    return later // TICK_MS - earlier // TICK_MS


@lean_kernel
def decay(ticks: Int, horizon_ms: float) -> float:
    """What is left of a weight of one after ``ticks``; one when they are not positive."""
    if ticks <= 0:
        return 1.0
    return math.exp(-float(ticks) * TICK_MS / horizon_ms)


@lean_kernel
def advance(row: Record, ts: Int) -> None:
    """Bring the windows of ``row`` from its clock to ``ts``, which is not earlier."""
    ticks = ticks_between(row["last_ts"], ts)
    if ticks <= 0:
        return
    factors = (decay(ticks, _HOUR_MS), decay(ticks, _DAY_MS), decay(ticks, _WEEK_MS))
    for h in range(3):
        row["requests"][h] *= factors[h]
        row["input_tokens"][h] *= factors[h]
        row["output_tokens"][h] *= factors[h]
        row["reasoning_tokens"][h] *= factors[h]
        row["elicitation"][h] *= factors[h]
    week = factors[2]
    row["refused"] *= week
    row["opening"] *= week
    row["proxy"] *= week
    row["novel"] *= week
    for k in range(len(TASKS)):
        row["tasks"][k] *= week
    for k in range(FAMILIES):
        row["family_weight"][k] *= week
    for k in range(PROGRAMS):
        row["program_weight"][k] *= week
        row["program_elicitation"][k] *= week
    for k in range(NETWORKS):
        row["network_weight"][k] *= week
    for k in range(CLIENTS):
        row["client_weight"][k] *= week
    for k in range(MODELS):
        row["model_weight"][k] *= week


@lean_kernel
def unit(bits: Int) -> float:
    """The double in ``bits``, held to 0..1; NaN is 0."""
    value = np.int64(bits).view(np.float64)
    if not value > 0.0:
        return 0.0
    return min(value, 1.0)


@lean_kernel
def add_request(row: Record, values: Matrix, age_ticks: Int) -> float:
    """Add the request ``values`` (int64[REQ_WIDTH]) to the windows of ``row``.

    ``age_ticks`` is how far it lies behind the row's clock; 0 for the newest. Returns its weight
    in the windows of the week.
    """
    factors = (
        decay(age_ticks, _HOUR_MS),
        decay(age_ticks, _DAY_MS),
        decay(age_ticks, _WEEK_MS),
    )
    input_tokens = float(max(values[c.REQ_INPUT_TOKENS], 0))
    output_tokens = float(max(values[c.REQ_OUTPUT_TOKENS], 0))
    reasoning_tokens = float(max(values[c.REQ_REASONING_TOKENS], 0))
    elicitation = unit(values[c.REQ_ELICITATION])
    for h in range(3):
        row["requests"][h] += factors[h]
        row["input_tokens"][h] += factors[h] * input_tokens
        row["output_tokens"][h] += factors[h] * output_tokens
        row["reasoning_tokens"][h] += factors[h] * reasoning_tokens
        row["elicitation"][h] += factors[h] * elicitation
    week = factors[2]
    status = values[c.REQ_STATUS]
    if status == 403 or status == 429:
        row["refused"] += week
    if values[c.REQ_TURN] <= 1:
        row["opening"] += week
    row["proxy"] += week * unit(values[c.REQ_PROXY])
    task = values[c.REQ_TASK]
    if task < 0 or task > _OTHER:
        task = _OTHER
    row["tasks"][task] += week
    return week
