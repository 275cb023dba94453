"""What a kernel hands to Python when an account is acted on."""

import numpy as np

from app.kernels.features import FEATURES
from app.state.layout import EVIDENCE_FAMILIES

# Why the ladder moved.
CAUSE_EVIDENCE, CAUSE_CAMPAIGN, CAUSE_RENEWAL, CAUSE_DECAY, CAUSE_EXEMPTION, CAUSE_OPERATOR = range(
    6
)

# How the guards took part: not at all; an action was diverted to shadow; this action tripped them.
GUARD_QUIET, GUARD_DIVERTED, GUARD_TRIPPED = range(3)

DECISION = np.dtype(
    [
        ("slot", np.int64),  # of the account, set by the caller
        ("offset", np.int64),  # of the record that tipped it, set by the caller
        ("watched", np.int64),  # entry of the watch list that tipped it, from 1; 0: none did
        ("record", np.int64),  # number of the tipping record in its batch, set by the caller
        ("ts", np.int64),  # event time of the record that tipped it
        ("sequence", np.int64),
        ("superseded_sequence", np.int64),  # 0: the account's first action
        ("issued_at", np.int64),
        ("effective_at", np.int64),
        ("expires_at", np.int64),  # 0: does not lapse
        ("requests_per_minute", np.int64),  # 0: no limit
        ("tokens_per_minute", np.int64),
        ("campaign", np.uint64),  # 0: none
        ("regime", np.int32),
        ("action", np.uint8),  # ACTION_*
        ("superseded_action", np.uint8),
        ("actor", np.uint8),  # ACTOR_*
        ("shadow", np.uint8),  # 1: a shadow decision
        ("cause", np.uint8),  # CAUSE_*
        ("guard", np.uint8),  # GUARD_*
        ("pad", np.uint16),
        ("risk", np.float64),
        ("campaign_probability", np.float64),
        # per feature; NaN where it was not weighed
        ("observed", np.float64, (FEATURES,)),
        ("deviation", np.float64, (FEATURES,)),  # shrunk modified z-score; 0: no answer
        ("threshold", np.float64, (FEATURES,)),  # observed value from which it counts
        ("percentile", np.float64, (FEATURES,)),  # share of the population below, 0 to 100
        ("contribution", np.float64, (FEATURES,)),  # share in the evidence, 0 to 1
        ("evidence", np.float64, (EVIDENCE_FAMILIES,)),  # nats
    ],
    align=True,
)
