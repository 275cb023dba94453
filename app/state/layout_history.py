"""The layouts that rows of earlier releases have in changelogs, as they were.

Nothing here may follow from today's layout: lengths are numbers and nested records are written
out, so that no change of today's row changes how an old one is read. Order and types are what
matters; names say where today's row has the field. A layout may be dropped once no changelog can
hold a row of it.
"""

import numpy as np

_HEAD_1 = [
    ("hash", np.uint64),
    ("id_at", np.uint32),
    ("id_length", np.uint16),
    ("flags", np.uint16),
    ("offset", np.int64),
    ("last_ts", np.int64),
]
_STANDING_1 = np.dtype(
    [
        ("sequence", np.int64),
        ("issued_at", np.int64),
        ("expires_at", np.int64),
        ("below_since", np.int64),
        ("risk", np.float32),
        ("action", np.uint8),
        ("actor", np.uint8),
        ("pad", np.uint16),
    ]
)

# Verdicts were told apart by campaign and epoch alone: such a row has no ``verdict_offset``, and
# reads as one to which no verdict has been applied. Campaign and epoch still tell most of those
# that are read again; the next verdict that is news sets the fence.
ACCOUNT_1 = np.dtype(
    [
        *_HEAD_1,
        ("first_ts", np.int64),
        ("requests", np.float32, (3,)),
        ("input_tokens", np.float32, (3,)),
        ("output_tokens", np.float32, (3,)),
        ("reasoning_tokens", np.float32, (3,)),
        ("elicitation", np.float32, (3,)),
        ("refused", np.float32),
        ("opening", np.float32),
        ("turns", np.float32),
        ("tools", np.float32),
        ("proxy", np.float32),
        ("novel", np.float32),
        ("tasks", np.float32, (14,)),
        ("gap_weight", np.float32),
        ("gap_mean", np.float32),
        ("gap_m2", np.float32),
        ("events", np.uint32),
        ("hours", np.uint64, (3,)),
        ("hours_at", np.int32),
        ("epoch", np.int32),
        ("epoch_requests", np.uint32),
        ("epoch_tokens", np.float32),
        ("family", np.uint64, (5,)),
        ("family_weight", np.float32, (5,)),
        ("program", np.uint64, (3,)),
        ("program_weight", np.float32, (3,)),
        ("network", np.uint64, (3,)),
        ("network_weight", np.float32, (3,)),
        ("client", np.uint64, (2,)),
        ("client_weight", np.float32, (2,)),
        ("model", np.uint64, (2,)),
        ("model_weight", np.float32, (2,)),
        ("recent", np.uint64, (32,)),
        ("recent_at", np.uint16, (32,)),
        ("recent_next", np.uint8),
        ("tier", np.uint8),
        ("verification", np.uint8),
        ("detectors_off", np.uint8),
        ("duplicates_ahead", np.uint16),
        ("billing_country", np.uint16),
        ("access_country", np.uint16),
        ("trials", np.uint16),
        ("recaptured", np.float32),
        ("profile_offset", np.int64),
        ("created_at", np.int64),
        ("org", np.uint64),
        ("payment", np.uint64),
        ("email_domain", np.uint64),
        ("device", np.uint64),
        ("referral", np.uint64),
        ("exempt_until", np.int64),
        ("operator_offset", np.int64),
        ("operator_exempt_until", np.int64),
        ("hold_until", np.int64),
        ("cleared", np.float32, (6,)),
        ("campaign", np.uint64),
        ("campaign_epoch", np.int32),
        ("campaign_probability", np.float32),
        ("live", _STANDING_1),
        ("shadow", _STANDING_1),
    ],
    align=True,
)
