"""What a sighting says of its account: the part of the record that every link of it shares."""

import numpy as np
import numpy.typing as npt

from app.kernels import sighting_columns as s
from app.kernels.avro_write import put_hex16, put_label, put_long, put_text
from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Bytes, Int, Record
from app.kernels.hours import HOUR_MS, SPAN
from app.state.layout import (
    ACTION_NONE,
    FLAG_PROFILE,
    FLAG_WOVEN,
    TASKS,
    TIERS,
    VERIFICATIONS,
    WEEK,
)


@lean_kernel
def put_summary(
    out: Bytes,
    row: Record,
    arena: Bytes,
    period: Int,
    hours: Int,
    scores: npt.NDArray[np.int64],
    trust: Int,
    watched: Int,
    organisation: np.uint64,
) -> Int:
    """Write the summary of an active account for sighting period number ``period``.

    ``row`` is one element of a structured array of ``ACCOUNT``; ``hours`` the period's length;
    ``scores`` int64[len(NORMAL_SCORES)]; ``trust`` thousandths; ``watched`` how many of its
    programs are known to be a campaign's; ``organisation`` that it is taken to be of, 0: none.
    ``out`` must have room for ``MAX_SUMMARY_BYTES``. Returns the bytes written.
    """
    end = (period + 1) * hours * HOUR_MS
    at = put_text(out, np.int64(0), arena, np.int64(row["id_at"]), np.int64(row["id_length"]))
    at = put_long(out, at, period)
    at = put_long(out, at, end)
    at = put_long(out, at, min(np.int64(row["epoch_requests"]), s.INT_MAX))
    at = put_long(out, at, _whole(np.float64(row["epoch_tokens"])))
    at = put_long(out, at, _hours_of_day(row, period * hours, hours))
    at = _put_tasks(out, at, row)
    at = _put_scores(out, at, row, scores)
    at = put_long(out, at, trust)
    at = _put_models(out, at, row)
    at = put_long(out, at, _millis(row["first_ts"]))
    at = _put_profile(out, at, row, organisation)
    exempt = row["exempt_until"] > end or row["operator_exempt_until"] > end
    out[at] = 1 if exempt else 0
    at += 1
    action = np.int64(row["live"]["action"])
    known = ACTION_NONE < action < s.ACTION_LENGTH.size
    at = put_long(out, at, 1 if known else 0)
    if known:
        at = put_label(out, at, s.ACTION_TEXT, s.ACTION_LENGTH, action)
    campaign = campaign_of(row)
    at = put_long(out, at, 1 if campaign != np.uint64(0) else 0)
    if campaign != np.uint64(0):
        at = put_hex16(out, at, campaign)
    held = campaign != np.uint64(0)
    at = put_long(out, at, share_of(row["campaign_probability"], 1.0) if held else np.int64(0))
    at = put_long(out, at, max(np.int64(row["campaign_epoch"]), 0) if held else np.int64(0))
    at = put_long(out, at, _input_tokens(row))
    for value in (row["payment"], row["device"], np.uint64(row["ring"]), np.uint64(row["web"])):
        at = put_long(out, at, 1 if value != np.uint64(0) else 0)
        if value != np.uint64(0):
            at = put_hex16(out, at, value)
    out[at] = 1 if row["flags"] & FLAG_WOVEN or watched > 1 else 0
    return at + 1


@lean_kernel
def _input_tokens(row: Record) -> Int:
    """Of the period's requests, as if they were like those of the week."""
    requests = np.float64(row["requests"][WEEK])
    if not requests > 0.0:
        return np.int64(0)
    mean = np.float64(row["input_tokens"][WEEK]) / requests
    return _whole(mean * np.float64(row["epoch_requests"]))


@lean_kernel
def campaign_of(row: Record) -> np.uint64:
    """The campaign that the account is found to be in; 0: none, or one not confirmed."""
    held: np.uint64 = row["campaign"] if row["campaign_probability"] > 0.0 else np.uint64(0)
    return held


@lean_kernel
def share_of(part: float, total: float) -> Int:
    """``part / total`` in thousandths, held to 0..1000; 0 where that is no number."""
    if not part > 0.0 or not total > 0.0:
        return np.int64(0)
    if part >= total:
        return np.int64(s.WHOLE)
    return np.int64(np.float64(part) / np.float64(total) * s.WHOLE + 0.5)


@lean_kernel
def _put_tasks(out: Bytes, at: Int, row: Record) -> Int:
    total = 0.0
    for k in range(len(TASKS)):
        total += np.float64(row["tasks"][k])
    # An array of one block: how many items, the items, an empty block.
    at = put_long(out, at, len(TASKS))
    for k in range(len(TASKS)):
        at = put_long(out, at, share_of(row["tasks"][k], total))
    return put_long(out, at, 0)


@lean_kernel
def _put_scores(out: Bytes, at: Int, row: Record, scores: npt.NDArray[np.int64]) -> Int:
    at = put_long(out, at, scores.size)
    for k in range(scores.size):
        at = put_long(out, at, scores[k])
    at = put_long(out, at, 0)
    at = put_long(out, at, share_of(row["refused"], np.float64(row["requests"][WEEK])))
    # In shadow mode only the shadow standing knows what the detector thinks.
    return put_long(out, at, share_of(max(row["live"]["risk"], row["shadow"]["risk"]), 1.0))


@lean_kernel
def _put_models(out: Bytes, at: Int, row: Record) -> Int:
    """The two heaviest models, the heavier first, each with its share of the week's requests."""
    weights = row["model_weight"]
    first = 0
    for i in range(1, weights.size):
        if weights[i] > weights[first]:
            first = i
    second = -1
    for i in range(weights.size):
        if i != first and (second < 0 or weights[i] > weights[second]):
            second = i
    total = np.float64(row["requests"][WEEK])
    for which in (first, second):
        share = share_of(weights[which], total) if which >= 0 else np.int64(0)
        at = put_long(out, at, 1 if share > 0 else 0)
        if share > 0:
            at = put_hex16(out, at, row["model"][which])
        at = put_long(out, at, share)
    return at


@lean_kernel
def _put_profile(out: Bytes, at: Int, row: Record, organisation: np.uint64) -> Int:
    known = row["flags"] & FLAG_PROFILE != 0
    if not known:
        # created_at, tier, verification
        for _ in range(3):
            at = put_long(out, at, 0)
    else:
        at = put_long(out, at, 1)
        at = put_long(out, at, _millis(row["created_at"]))
        at = put_long(out, at, 1)
        tier = min(np.int64(row["tier"]), len(TIERS) - 1)
        at = put_label(out, at, s.TIER_TEXT, s.TIER_LENGTH, tier)
        at = put_long(out, at, 1)
        verification = min(np.int64(row["verification"]), len(VERIFICATIONS) - 1)
        at = put_label(out, at, s.VERIFICATION_TEXT, s.VERIFICATION_LENGTH, verification)
    organised = organisation != np.uint64(0)
    at = put_long(out, at, 1 if organised else 0)
    if organised:
        at = put_hex16(out, at, organisation)
    return at


@lean_kernel
def _hours_of_day(row: Record, first: Int, hours: Int) -> Int:
    """The hours of the day in which the account was active, of the ``hours`` from ``first`` on
    (hours since the Unix epoch): bit h for hour h, UTC."""
    mask = np.int64(0)
    words: npt.NDArray[np.uint64] = row["hours"]
    for hour in range(first, first + hours):
        ago = np.int64(row["hours_at"]) - hour
        if 0 <= ago < SPAN and words[ago >> 6] >> np.uint64(ago & 63) & np.uint64(1):
            mask |= np.int64(1) << np.int64(hour % 24)
    return mask


@lean_kernel
def _whole(value: float) -> Int:
    """``value`` as a count: not negative, and exact for a double."""
    if not value > 0.0:
        return np.int64(0)
    return np.int64(min(value, float(1 << 53)) + 0.5)


@lean_kernel
def _millis(value: Int) -> Int:
    return min(max(np.int64(value), np.int64(0)), np.int64(s.MILLIS_MAX))
