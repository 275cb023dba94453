"""The tables a population is made of: accounts, their habits, and the requests they send.

Structured arrays, so that sorting and slicing a batch move one record and not thirty columns.
"""

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.void]
IntArray = npt.NDArray[np.int64]
FloatArray = npt.NDArray[np.float64]

NULL = -1
"""A reference, country or language that is null."""

# What billing and sign-up know. References count objects of one kind (organisations, payment
# methods, ...); what they are called is decided by app/simulation/names.py.
ACCOUNT = np.dtype(
    [
        ("created_at", np.int64),
        ("exempt_until", np.int64),  # 0: null
        ("org", np.int32),
        ("payment", np.int32),
        ("email_domain", np.int32),
        ("device", np.int32),
        ("referral", np.int32),
        ("tier", np.uint8),  # index into TIERS
        ("verification", np.uint8),  # index into VERIFICATIONS
        ("billing", np.int8),  # index into COUNTRIES
        ("access", np.int8),
        ("zone", np.int8),  # hours that local time is ahead of UTC
    ]
)

# One way in which one account uses the platform. An account may have several.
HABIT = np.dtype(
    [
        ("account", np.int32),
        # when
        ("active_from", np.int64),
        ("active_to", np.int64),
        ("requests_per_day", np.float32),  # expectation over the active time
        ("session_size", np.float32),  # mean requests of a session
        ("gap_ms", np.float32),  # mean time between requests of a session
        ("gap_cv", np.float32),  # its coefficient of variation
        ("active_share", np.float32),  # of windows, for steady clients
        ("period_ms", np.int64),  # of scheduled jobs
        ("volatility", np.float32),  # coefficient of variation of the volume from day to day
        ("phase_ms", np.int64),  # of scheduled jobs, after each full period
        ("rhythm", np.uint8),  # index into RHYTHMS
        # from where
        ("network", np.int32, (3,)),
        ("network_share", np.float32, (2,)),  # of the first, and of the first two
        ("roam", np.int32, (3,)),  # how many networks, from that one on, each stands for; 0: one
        ("roam_ms", np.int64),  # how long it stays at one place; 0: chosen for each session
        ("client", np.int32, (2,)),
        ("client_share", np.float32),  # of the first
        # what
        ("program", np.int32, (2,)),  # system prompt and tool schema
        ("program_share", np.float32),
        ("templated", np.bool_),  # every prompt family has a program of its own, from the first on
        ("sets_temperature", np.bool_),  # whatever the program's is, to the next
        ("temperature", np.float32),
        ("rotate_from", np.int64),  # programs are replaced every rotate_ms from then on; 0: never
        ("rotate_ms", np.int64),
        ("rotate_by", np.int32),  # by those that stand so much further on
        ("model", np.uint8, (2,)),
        ("model_share", np.float32),
        ("moves_at", np.int64),  # from then on the share ``moves`` of sessions ...
        ("moves", np.float32),
        ("moves_to", np.uint8),  # ... uses this model
        ("language", np.int8, (2,)),
        ("language_share", np.float32),
        ("surface", np.uint8),
        ("task", np.uint8, (3,)),
        ("task_share", np.float32, (2,)),  # of the first, and of the first two
        ("elicitation", np.float32),  # log-odds of the classifier's score
        ("long_context", np.float32),  # share of sessions with long prompts
        ("input_scale", np.float32),
        ("output_scale", np.float32),
        ("reasoning", np.float32),  # reasoning tokens per output token
        ("multi_turn", np.bool_),
        # prompts
        ("family", np.int32),  # the first of its prompt families
        ("families", np.int32),  # how many; 0: every session has a prompt of its own
        ("family_skew", np.float32),  # 1: used evenly; more: the first ones mostly
        ("fresh", np.float32),  # share of sessions outside the families
        ("popular", np.float32),  # share of sessions that open with a prompt everybody knows
        ("flips", np.uint8),  # SimHash bits in which a prompt differs from its family's, at most
        ("flips_least", np.uint8),  # and at least
        ("exact", np.float32),  # share of prompts that repeat the family's own word for word
        ("questions", np.int32),  # different prompts of a family; 0: ever new ones
    ]
)
MAX_FLIPS = 10

NEVER = np.iinfo(np.int64).max
"""A time that does not come."""

# A profile as it becomes at some time: another plan, another card, another country.
UPDATE = np.dtype([("at", np.int64), ("account", np.int32), ("profile", ACCOUNT)])

# One request. Identifiers are the 64 bits behind their hex16 form; fractions are multiples of
# 1/10,000, which is how they are written.
REQUEST = np.dtype(
    [
        ("event_id", np.uint64),
        ("ts", np.int64),
        ("account", np.int32),  # index into Population.account_ids
        ("model", np.uint8),
        ("surface", np.uint8),
        ("task", np.uint8),
        ("language", np.int8),
        ("status", np.int16),
        ("tools", np.int16),
        ("turn", np.int32),
        ("input_tokens", np.int32),
        ("output_tokens", np.int32),
        ("reasoning_tokens", np.int32),
        ("latency_ms", np.int32),
        ("asn", np.int64),
        ("task_confidence", np.float32),
        ("elicitation", np.float32),
        ("temperature", np.float32),  # NaN: null
        ("proxy", np.float32),
        ("prompt_simhash", np.uint64),
        ("template_hash", np.uint64),
        ("ip_hash", np.uint64),
        ("net_hash", np.uint64),
        ("client_hash", np.uint64),
    ],
    align=True,
)

# A request on its way to the topic, with what only the simulator knows.
DELIVERY = np.dtype(
    [
        *[(name, REQUEST[name]) for name in REQUEST.names or ()],  # first, as they stand there
        ("arrival", np.int64),  # ms, when the record reaches the topic
        ("order", np.uint64),  # of those that arrive in the same millisecond
        ("attack", np.bool_),
        ("repeat", np.bool_),  # a duplicate of another delivery
    ],
    align=True,
)


# NumPy copies a structured record field by field, but through these three as one block: they are
# four to ten times as fast as ``rows[index]``, ``rows[mask]`` and ``np.concatenate``.
def take(rows: Rows, index: IntArray) -> Rows:
    """The rows at ``index``."""
    return rows.take(index)


def keep(rows: Rows, mask: npt.NDArray[np.bool_]) -> Rows:
    """The rows where ``mask`` is true."""
    return rows.compress(mask)


def stack(parts: list[Rows]) -> Rows:
    """The rows of all ``parts``, of one dtype, in their order."""
    if len(parts) == 1:
        return parts[0]
    blocks = [part.view(f"V{part.itemsize}") for part in parts]
    return np.concatenate(blocks).view(parts[0].dtype)
