"""The rows of the columnar tables.

One account is one contiguous structured record: at a million accounts a fold that touches one
record costs half of one that touches one array per field, because a record's cache lines are
fetched together. All times are milliseconds since the Unix epoch unless a name says otherwise;
all weights are exponentially decayed counts (see ``app/kernels/windows.py``).

Changing a row: raise the version, keep the old dtype in ``app/state/layout_history.py``, and say
how an older row is read. An account may cost at most 1 KiB in all, index and id included.
"""

import numpy as np

ACCOUNT_VERSION = 4

# Horizons of the decayed windows, as time constants of the exponential: hour, day, week.
HORIZONS_MS = (3_600_000, 86_400_000, 604_800_000)
HOUR, DAY, WEEK = 0, 1, 2

TASKS = (
    "agentic_reasoning",
    "software_engineering",
    "long_horizon_planning",
    "tool_use",
    "mathematics",
    "computer_use",
    "vision",
    "data_analysis",
    "writing",
    "chat",
    "translation",
    "extraction",
    "classification",
    "other",
)
TIERS = (
    "free",
    "individual",
    "team",
    "enterprise",
    "education",
    "research",
    "startup",
    "reseller",
)
VERIFICATIONS = ("none", "email", "phone", "card", "document", "contract")

FAMILIES = 5  # prompt families kept per account
PROGRAMS = 3  # template hashes (client programs) kept per account
NETWORKS = 3
CLIENTS = 2
MODELS = 2
RECENT = 32  # fingerprints of recent events: the contract's window for recognising a repeat
EVIDENCE_FAMILIES = 6  # independent kinds of evidence, see app/detection/features.py

# Every row starts with these fields: the store and the codec know them, whatever the table.
ROW_HEAD = [
    ("hash", np.uint64),  # keyed hash of the key, process-local, never written to a changelog
    ("id_at", np.uint32),  # where the key's bytes stand in the store's arena
    ("id_length", np.uint16),  # 0: the row is free
    ("flags", np.uint16),
    ("offset", np.int64),  # one past the last record of the table's main input folded into the row
    ("last_ts", np.int64),  # event time of the newest record folded in: the row's clock
]

FLAG_PROFILE = 1 << 0  # a profile has joined in
FLAG_STUB = 1 << 1  # expired but acted on: only standing and control fields still mean anything
FLAG_DIRTY = 1 << 2  # changed since it was last written to the changelog (in memory only)
FLAG_WOVEN = 1 << 4  # several programs put the account in webs of theirs
FLAG_EPOCH_SEEN = 1 << 3  # has folded a request in the row's current epoch

# One standing each for live and shadow decisions.
STANDING = np.dtype(
    [
        ("sequence", np.int64),  # of the last action; 0: never acted on
        ("issued_at", np.int64),
        ("expires_at", np.int64),  # 0: does not lapse
        ("below_since", np.int64),  # risk has been under the release threshold since; 0: it is not
        ("risk", np.float32),
        ("action", np.uint8),  # ACTION_*
        ("actor", np.uint8),  # ACTOR_*
        ("pad", np.uint16),
    ]
)
ACTION_NONE, ACTION_OBSERVE, ACTION_THROTTLE, ACTION_SUSPEND, ACTION_RELEASE = 0, 1, 2, 3, 4
ACTIONS = ("none", "observe", "throttle", "suspend", "release")
ACTOR_DETECTOR, ACTOR_OPERATOR = 0, 1

ACCOUNT = np.dtype(
    [
        *ROW_HEAD,
        ("first_ts", np.int64),
        # windows, one slot per horizon
        ("requests", np.float32, (3,)),
        ("input_tokens", np.float32, (3,)),
        ("output_tokens", np.float32, (3,)),
        ("reasoning_tokens", np.float32, (3,)),
        ("elicitation", np.float32, (3,)),  # sum of scores
        # windows of the week horizon
        ("refused", np.float32),  # responses 403 and 429
        ("opening", np.float32),  # requests with turn 1
        ("proxy", np.float32),  # sum of proxy likelihoods
        ("novel", np.float32),  # openings that joined a family with a prompt other than its mark
        ("tasks", np.float32, (len(TASKS),)),
        # inter-arrival shape: decayed moments of log(gap)
        ("gap_weight", np.float32),
        ("gap_mean", np.float32),
        ("gap_m2", np.float32),
        # the smallest names that it was told of the ring that its cards and devices put it in, and
        # of the web that its programs do; 0: none
        ("ring", np.uint32),
        ("web", np.uint32),
        # activity by hour over the last 168 hours: bit 0 of word 0 is the hour `hours_at`
        ("hours", np.uint64, (3,)),
        ("hours_at", np.int32),  # hours since the Unix epoch
        # current epoch, for sightings
        ("epoch", np.int32),
        ("epoch_requests", np.uint32),
        ("epoch_tokens", np.float32),  # output and reasoning tokens
        # heavy hitters
        ("family", np.uint64, (FAMILIES,)),  # the family's mark: SimHash of one of its prompts
        ("family_weight", np.float32, (FAMILIES,)),
        ("recaptured", np.float32),  # share of the families' trials that ended with a recapture
        # before its keys, where they leave no gap: eight bytes more would cost more than 1 KiB
        ("program_weight", np.float32, (PROGRAMS,)),
        ("program_elicitation", np.float32, (PROGRAMS,)),  # sum of scores of requests with each
        ("program", np.uint64, (PROGRAMS,)),
        ("network", np.uint64, (NETWORKS,)),
        ("network_weight", np.float32, (NETWORKS,)),
        ("events", np.uint32),  # folded over the account's life
        ("client", np.uint64, (CLIENTS,)),
        ("client_weight", np.float32, (CLIENTS,)),
        ("model", np.uint64, (MODELS,)),
        ("model_weight", np.float32, (MODELS,)),
        # repeats: fingerprints of recent events and the row clock in seconds, modulo 2**16
        ("recent", np.uint64, (RECENT,)),
        ("recent_at", np.uint16, (RECENT,)),
        ("recent_next", np.uint8),
        ("tier", np.uint8),
        ("verification", np.uint8),
        (
            "detectors_off",
            np.uint8,
        ),  # evidence kinds an operator's reversal has silenced (bit mask)
        ("duplicates_ahead", np.uint16),  # repeats folded into the row that no header counts yet
        ("trials", np.uint16),  # two bits per family: how the trial of its mark stands
        # profile
        ("profile_offset", np.int64),  # one past the last profile applied, like the next one
        ("created_at", np.int64),
        ("org", np.uint64),
        ("payment", np.uint64),
        ("email_domain", np.uint64),
        ("device", np.uint64),
        ("referral", np.uint64),
        ("exempt_until", np.int64),
        # operator
        ("operator_offset", np.int64),
        ("operator_exempt_until", np.int64),
        ("hold_until", np.int64),  # the detector may not change a manual standing before
        ("cleared", np.float32, (EVIDENCE_FAMILIES,)),  # evidence when an operator last reversed
        # campaign verdict
        ("verdict_offset", np.int64),  # one past the last verdict that was news
        ("campaign", np.uint64),
        ("campaign_epoch", np.int32),
        ("campaign_probability", np.float32),
        ("live", STANDING),
        ("shadow", STANDING),
    ],
    align=True,
)
