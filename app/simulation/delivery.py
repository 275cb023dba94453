"""How a request's record gets from its gateway to the topic: soon, in batches, late, or twice."""

import numpy as np

from app.simulation.rows import IntArray, Rows, keep, stack

FLUSH_MS = 30_000
"""Some gateways hold their log this long and then send it in one go."""

FLUSHING_SHARE = 0.05
MAX_SKEW_MS = 180_000
MAX_DELAY_MS = 6 * 3_600_000
"""The longest that a stuck buffer holds a record: well inside the lateness that policy allows."""


UNAVAILABLE = 503
PATIENT_SHARE = 0.8
RETRY_MS = 45_000.0


def strike(rows: Rows, outages: IntArray, rng: np.random.Generator) -> Rows:
    """``rows`` with those inside ``outages`` failed, and their retries appended.

    Most of what failed is asked again within a minute or so of the recovery, by everyone at once:
    the same request under another event.
    """
    if not len(outages):
        return rows
    outage = np.searchsorted(outages[:, 0], rows["ts"], side="right") - 1
    failed = (outage >= 0) & (rows["ts"] < outages[np.maximum(outage, 0), 1])
    if not failed.any():
        return rows
    retried = failed & (rng.random(len(rows)) < PATIENT_SHARE)
    again = keep(rows, retried)
    again["ts"] = outages[outage[retried], 1] + rng.exponential(RETRY_MS, len(again)).astype(int)
    rows["status"][failed] = UNAVAILABLE
    rows["latency_ms"][failed] = 1_000 + 9_000 * rng.random(np.count_nonzero(failed))
    for answered in ("output_tokens", "reasoning_tokens"):
        rows[answered][failed] = 0
    return stack([rows, again])


class Delivery:
    """Delays and repeats of one crowd. An account keeps its gateway, and so its habits."""

    def __init__(self, assumed: dict[str, float], accounts: int, rng: np.random.Generator) -> None:
        self._duplicate_share = assumed["duplicate_share"]
        self._late_share = assumed["late_share"]
        self._flushes = rng.random(accounts) < FLUSHING_SHARE
        skewed = rng.random(accounts) < assumed["skewed_share"]
        skew = rng.uniform(-MAX_SKEW_MS, MAX_SKEW_MS, accounts)
        self._skew_ms = np.where(skewed, skew, 0.0).astype(np.int64)

    def deliver(self, rows: Rows, rng: np.random.Generator) -> Rows:
        """``rows`` with ``arrival`` set and ``ts`` by its gateway's clock, repeats appended."""
        true_ts = rows["ts"].copy()
        delay = 60.0 + 150.0 * rng.standard_gamma(2.0, len(rows))
        late = rng.random(len(rows)) < self._late_share
        delay[late] = np.exp(rng.uniform(np.log(120_000), np.log(MAX_DELAY_MS), late.sum()))
        rows["arrival"] = true_ts + delay.astype(np.int64)
        flushes = self._flushes[rows["account"]]
        flushed = -(-rows["arrival"] // FLUSH_MS) * FLUSH_MS
        rows["arrival"] = np.where(flushes, flushed, rows["arrival"])
        rows["ts"] += self._skew_ms[rows["account"]]
        again = keep(rows, rng.random(len(rows)) < self._duplicate_share)
        again["repeat"] = True
        again["arrival"] += rng.exponential(8_000.0, len(again)).astype(np.int64)
        return stack([rows, again])
