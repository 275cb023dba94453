"""What is measured of an account: ``FEATURES`` numbers, each the higher the more suspicious.

None of them is evidence by itself. Evidence is how far a number lies above what the live population
shows (``evidence.py``); what it means to a person is written in ``app/detection/features.py``.
No feature looks at the value of an id or a hash, only at how weight is spread over them.
"""

import math

import numpy as np
import numpy.typing as npt

from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Int, Record
from app.kernels.heavy import heaviest
from app.kernels.hours import active_hours
from app.kernels.windows import decay, ticks_between
from app.state.layout import DAY, EVIDENCE_FAMILIES, HORIZONS_MS, WEEK

VOLUME, CONTENT, ELICITATION, TEMPLATES, RHYTHM, CONDUCT = range(EVIDENCE_FAMILIES)

VOLUME_REQUESTS = 0  # ln(1 + requests of the day)
VOLUME_OUTPUT = 1  # ln(1 + output and reasoning tokens of the day)
CONTENT_CAPABILITIES = 2  # nats by which capability tasks exceed the population's mix
ELICITATION_SCORE = 3  # mean score
TEMPLATES_FRESH = 4  # share of openings that are fresh prompts of a few families
RHYTHM_HOURS = 5  # of the last 24 hours, those with a request
RHYTHM_STEADINESS = 6  # log of the typical gap over the mean gap
RHYTHM_SURGE = 7  # ln of the day's rate over the week's own
CONDUCT_OPENINGS = 8  # share of requests that open a conversation
CONDUCT_NETWORKS = 9  # share of requests outside the main network
CONDUCT_PROXY = 10  # mean likelihood of a proxy
FEATURES = 11

# An array, not a tuple: the compiler looks up a tuple's element by comparing the index with each.
FAMILY_OF = np.array(
    [
        VOLUME,
        VOLUME,
        CONTENT,
        ELICITATION,
        TEMPLATES,
        RHYTHM,
        RHYTHM,
        RHYTHM,
        CONDUCT,
        CONDUCT,
        CONDUCT,
    ]
)

# Tasks whose answers teach a model to reason, plan, program or act: what a distiller comes for.
# Narrowness elsewhere (a translation product, a classifier) is ordinary business.
CAPABILITY_TASKS = 6  # the first ones of ``TASKS``, up to computer_use

DAY_HOURS = 24
LEAST_SHARE = 0.005  # of a task in the population: a rarer one cannot make one account remarkable
SURGE_AGE_MS = 3 * 86_400_000  # an account has no baseline before

_DAY_MS = float(HORIZONS_MS[DAY])
_WEEK_MS = float(HORIZONS_MS[WEEK])


@lean_kernel
def weight_at(row: Record, now: Int) -> float:
    """The decayed requests of the week as of ``now`` (ms): the size of every share's sample."""
    return np.float64(row["requests"][WEEK]) * decay(ticks_between(row["last_ts"], now), _WEEK_MS)


@lean_kernel
def extract_features(
    row: Record, now: Int, mix: npt.NDArray[np.float64], out: npt.NDArray[np.float64]
) -> None:
    """Write the features of ``row`` (with at least one request) as of ``now`` (ms) into ``out``.

    ``mix`` float64[len(TASKS)]: mean share of each task over the population's accounts. ``out``
    float64[FEATURES]; NaN where the account gives no answer (no gaps yet, no baseline yet).
    """
    requests = np.float64(row["requests"][WEEK])
    out[VOLUME_REQUESTS], out[VOLUME_OUTPUT] = _volume(row, now)
    out[CONTENT_CAPABILITIES] = capability_divergence(row["tasks"], mix)
    out[ELICITATION_SCORE] = np.float64(row["elicitation"][WEEK]) / requests
    out[TEMPLATES_FRESH] = fresh_share(row)
    out[RHYTHM_HOURS] = float(active_hours(row, now, DAY_HOURS))
    out[RHYTHM_STEADINESS] = steadiness(row)
    out[RHYTHM_SURGE] = _surge(row, now)
    out[CONDUCT_OPENINGS] = np.float64(row["opening"]) / requests
    out[CONDUCT_NETWORKS] = max(1.0 - heaviest(row["network_weight"]) / requests, 0.0)
    out[CONDUCT_PROXY] = np.float64(row["proxy"]) / requests


@lean_kernel
def _volume(row: Record, now: Int) -> tuple[float, float]:
    day = decay(ticks_between(row["last_ts"], now), _DAY_MS)
    tokens = np.float64(row["output_tokens"][DAY]) + np.float64(row["reasoning_tokens"][DAY])
    requests = np.float64(row["requests"][DAY])
    return math.log(1.0 + requests * day), math.log(1.0 + tokens * day)


@lean_kernel
def capability_divergence(tasks: npt.NDArray[np.float32], mix: npt.NDArray[np.float64]) -> float:
    """The capability tasks' part of the Kullback-Leibler divergence of ``tasks`` from ``mix``.

    ``sum(p * ln(p / q))``, nats per request; times twice the requests it is their part of the
    G statistic (Sokal and Rohlf, Biometry). Zero or below for an account that asks for less of
    them than others do.
    """
    total = 0.0
    for k in range(tasks.size):
        total += np.float64(tasks[k])
    divergence = 0.0
    for k in range(CAPABILITY_TASKS):
        if tasks[k] > 0.0:
            share = np.float64(tasks[k]) / total
            divergence += share * math.log(share / max(mix[k], LEAST_SHARE))
    return divergence


@lean_kernel
def fresh_share(row: Record) -> float:
    """Share of openings that are fresh prompts of the account's few families; NaN without any.

    Near-duplicates of a mark, less the share of marks that come back (see ``families.py``): a
    harness that runs its suite again differs in this alone from one that never repeats itself.
    """
    if not row["opening"] > 0.0:
        return math.nan
    fresh = 1.0 - np.float64(row["recaptured"])
    return fresh * np.float64(row["novel"]) / np.float64(row["opening"])


@lean_kernel
def steadiness(row: Record) -> float:
    """Mean log gap less the log of the mean gap, of the row's week; NaN without gaps.

    Never above zero (Jensen's inequality). A timer has 0, a Poisson stream of even rate minus
    Euler's constant, 0.58; whoever works in bursts and rests between them has -3 and less, for
    typical gaps are then a small part of the mean one.
    """
    age = float(row["last_ts"] - row["first_ts"])
    if not row["gap_weight"] > 1.0 or age <= 0.0:
        return math.nan
    span = _WEEK_MS * (1.0 - math.exp(-age / _WEEK_MS))
    mean = span / np.float64(row["requests"][WEEK])
    return np.float64(row["gap_mean"]) - math.log(1.0 + mean)


@lean_kernel
def _surge(row: Record, now: Int) -> float:
    """How far the day's rate exceeds the account's own of the week, ln; both corrected for age."""
    age = float(now - row["first_ts"])
    if age < SURGE_AGE_MS:
        return math.nan
    ticks = ticks_between(row["last_ts"], now)
    day = np.float64(row["requests"][DAY]) * decay(ticks, _DAY_MS)
    week = np.float64(row["requests"][WEEK]) * decay(ticks, _WEEK_MS)
    per_day = day / (1.0 - math.exp(-age / _DAY_MS))
    per_week = week / (1.0 - math.exp(-age / _WEEK_MS)) * (_DAY_MS / _WEEK_MS)
    return math.log((1.0 + per_day) / (1.0 + per_week))
