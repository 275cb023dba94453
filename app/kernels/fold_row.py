"""One request into one account's row: everything that is remembered of it."""

import numpy as np

from app.kernels import columns as c
from app.kernels.compile import lean_kernel
from app.kernels.decode_types import Int, Matrix, Record
from app.kernels.families import fold_family
from app.kernels.gaps import fold_gap
from app.kernels.heavy import fold_heavy
from app.kernels.hours import mark_hour
from app.kernels.windows import SATURATION, add_request, advance, ticks_between, unit
from app.state.layout import FLAG_STUB, PROGRAMS, TASKS, WEEK


@lean_kernel
def fold_request(row: Record, values: Matrix, ts: Int) -> None:
    """Fold the request ``values`` (int64[REQ_WIDTH]) of event time ``ts`` (ms) into ``row``.

    ``row`` is one element of a structured array of ``ACCOUNT``. What is left in the row depends on
    it, the request and nothing else. A request older than the row's clock is added with the decay
    of its age and does not move the clock. Fence, repeats, epoch counters and the dirty mark are
    the caller's.
    """
    first = row["events"] == 0
    if first:
        row["first_ts"] = ts
        row["last_ts"] = ts
        row["flags"] &= ~np.uint16(FLAG_STUB)
    mark_hour(row, ts)
    fold_gap(row, ts)
    age = np.int64(0)
    if ts >= row["last_ts"]:
        advance(row, ts)
        row["last_ts"] = ts
    else:
        age = ticks_between(ts, row["last_ts"])
        row["first_ts"] = min(row["first_ts"], ts)
    if row["requests"][WEEK] < SATURATION:
        weight = add_request(row, values, age)
        if values[c.REQ_TURN] <= 1:
            fold_family(row, np.uint64(values[c.REQ_PROMPT_SIMHASH]), weight)
        _fold_keys(row, values, weight)
    if row["events"] < 0xFFFFFFFF:
        row["events"] += 1


@lean_kernel
def _fold_keys(row: Record, values: Matrix, weight: float) -> None:
    template = np.uint64(values[c.REQ_TEMPLATE_HASH])
    network = np.uint64(values[c.REQ_NET_HASH])
    client = np.uint64(values[c.REQ_CLIENT_HASH])
    place = fold_heavy(row["program"], row["program_weight"], template, weight)
    row["program_elicitation"][place] += weight * unit(values[c.REQ_ELICITATION])
    fold_heavy(row["network"], row["network_weight"], network, weight)
    fold_heavy(row["client"], row["client_weight"], client, weight)
    fold_heavy(row["model"], row["model_weight"], np.uint64(values[c.REQ_MODEL]), weight)


@lean_kernel
def reset_detection(row: Record) -> None:
    """Forget all that was observed of the account, as if its next request were the first.

    Identity, offsets, profile, standings and what operators decided stay. The caller's own fields
    (recent event ids, epoch counters) stay too.
    """
    row["first_ts"] = 0
    for h in range(3):
        row["requests"][h] = 0
        row["input_tokens"][h] = 0
        row["output_tokens"][h] = 0
        row["reasoning_tokens"][h] = 0
        row["elicitation"][h] = 0
        row["hours"][h] = 0
    row["refused"] = 0
    row["opening"] = 0
    row["proxy"] = 0
    row["novel"] = 0
    row["recaptured"] = 0
    row["trials"] = 0
    for k in range(len(TASKS)):
        row["tasks"][k] = 0
    row["gap_weight"] = 0
    row["gap_mean"] = 0
    row["gap_m2"] = 0
    row["events"] = 0
    row["hours_at"] = 0
    _clear(row["family"], row["family_weight"])
    _clear(row["program"], row["program_weight"])
    for k in range(PROGRAMS):
        row["program_elicitation"][k] = 0
    _clear(row["network"], row["network_weight"])
    _clear(row["client"], row["client_weight"])
    _clear(row["model"], row["model_weight"])


@lean_kernel
def _clear(keys: np.ndarray, weights: np.ndarray) -> None:
    for i in range(keys.size):
        keys[i] = 0
        weights[i] = 0
