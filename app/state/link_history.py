"""The layouts that link rows of earlier releases have in changelogs, as they were.

The rules are those of ``layout_history.py``. Sums of windows mean something only together, and
those of a release that summed up something else are not mixed with today's: a link keeps its place
in the input and its times, and fills again within one window. Its kind comes with its next
sighting, for the numbers of kinds have moved; one that is not sighted any more has no evidence to
be judged by.
"""

import numpy as np

# Six scores, of which four were plain shares; no squares of requests, no campaigns. What today's
# row must not take over has names that it does not know.
LINK_1 = np.dtype(
    [
        ("hash", np.uint64),
        ("id_at", np.uint32),
        ("id_length", np.uint16),
        ("flags", np.uint16),
        ("offset", np.int64),
        ("last_ts", np.int64),
        ("first_epoch", np.int32),
        ("last_epoch", np.int32),
        ("kind_1", np.uint8),
        ("pad", np.uint8, (7,)),
        ("requests_1", np.int64, (2,)),
        ("tokens_1", np.int64, (2,)),
        ("log_load_1", np.int64, (2,)),
        ("log_load_squared_1", np.int64, (2,)),
        ("counts_1", np.uint32, (2, 4)),
        ("scores_1", np.uint32, (2, 6)),
        ("tasks_1", np.uint32, (2, 14)),
        ("registers_1", np.uint8, (2, 64)),
        ("models_1", np.uint32, (2, 7)),
        ("hours_1", np.uint16, (2, 24)),
        ("member_1", np.uint64, (16,)),
        ("member_epochs_1", np.uint32, (16,)),
        ("member_created_1", np.uint32, (16,)),
        ("member_requests_1", np.uint16, (16,)),
        ("member_org_1", np.uint16, (16,)),
        ("member_task_1", np.uint8, (16,)),
        ("member_elicitation_1", np.uint8, (16,)),
        ("member_risk_1", np.uint8, (16,)),
        ("member_share_1", np.uint8, (16,)),
    ],
    align=True,
)

# No rings, and neither cards nor accounts that hear of one. It reads as one that is in none.
LINK_2 = np.dtype(
    [
        ("hash", np.uint64),
        ("id_at", np.uint32),
        ("id_length", np.uint16),
        ("flags", np.uint16),
        ("offset", np.int64),
        ("last_ts", np.int64),
        ("first_epoch", np.int32),
        ("last_epoch", np.int32),
        ("kind", np.uint8),
        ("profile", np.uint8, (9,)),
        ("campaign_nats", np.uint8, (8,)),
        ("campaign_probability", np.uint16),
        ("campaign_epoch", np.int32),
        ("campaign", np.uint64),
        ("requests", np.int64, (2,)),
        ("requests_squared", np.int64, (2,)),
        ("tokens", np.int64, (2,)),
        ("log_load", np.int64, (2,)),
        ("log_load_squared", np.int64, (2,)),
        ("counts", np.uint32, (2, 6)),
        ("scores", np.uint32, (2, 12)),
        ("tasks", np.uint32, (2, 14)),
        ("vote", np.uint64, (2, 3)),
        ("votes", np.uint32, (2, 3)),
        ("voters", np.uint32, (2,)),
        ("registers", np.uint8, (2, 64)),
        ("things", np.uint8, (2, 2, 32)),
        ("day_sightings", np.uint32, (2,)),
        ("day_voters", np.uint32, (2,)),
        ("models", np.uint32, (2, 7)),
        ("hours", np.uint16, (2, 24)),
        ("member", np.uint64, (16,)),
        ("member_epochs", np.uint32, (16,)),
        ("member_created", np.uint32, (16,)),
        ("member_requests", np.uint16, (16,)),
        ("member_org", np.uint16, (16,)),
        ("member_task", np.uint8, (16,)),
        ("member_elicitation", np.uint8, (16,)),
        ("member_risk", np.uint8, (16,)),
        ("member_share", np.uint8, (16,)),
    ],
    align=True,
)

# No count of sightings in rings: it fills again within one window.
LINK_3 = np.dtype(
    [
        ("hash", np.uint64),
        ("id_at", np.uint32),
        ("id_length", np.uint16),
        ("flags", np.uint16),
        ("offset", np.int64),
        ("last_ts", np.int64),
        ("first_epoch", np.int32),
        ("last_epoch", np.int32),
        ("kind", np.uint8),
        ("profile", np.uint8, (9,)),
        ("campaign_nats", np.uint8, (8,)),
        ("campaign_probability", np.uint16),
        ("campaign_epoch", np.int32),
        ("campaign", np.uint64),
        ("ring", np.uint32),
        ("ring_heard", np.uint32),
        ("requests", np.int64, (2,)),
        ("requests_squared", np.int64, (2,)),
        ("tokens", np.int64, (2,)),
        ("log_load", np.int64, (2,)),
        ("log_load_squared", np.int64, (2,)),
        ("counts", np.uint32, (2, 6)),
        ("scores", np.uint32, (2, 12)),
        ("tasks", np.uint32, (2, 14)),
        ("vote", np.uint64, (2, 3)),
        ("votes", np.uint32, (2, 3)),
        ("voters", np.uint32, (2,)),
        ("webbed", np.uint32, (2,)),
        ("registers", np.uint8, (2, 64)),
        ("things", np.uint8, (2, 2, 32)),
        ("day_sightings", np.uint32, (2,)),
        ("day_voters", np.uint32, (2,)),
        ("models", np.uint32, (2, 7)),
        ("hours", np.uint16, (2, 24)),
        ("member", np.uint64, (16,)),
        ("member_epochs", np.uint32, (16,)),
        ("member_created", np.uint32, (16,)),
        ("member_requests", np.uint16, (16,)),
        ("member_org", np.uint16, (16,)),
        ("member_task", np.uint8, (16,)),
        ("member_elicitation", np.uint8, (16,)),
        ("member_risk", np.uint8, (16,)),
        ("member_share", np.uint8, (16,)),
    ],
    align=True,
)

# The fields of a kind's totals in headers of the same releases. They are let go for the same
# reason: a link is compared with what was counted like it.
TOTALS_1 = frozenset(
    {
        "first_epoch",
        "last_epoch",
        "requests",
        "tokens",
        "log_load",
        "log_load_squared",
        "counts",
        "scores",
        "tasks",
        "registers",
        "models",
        "hours",
    }
)
