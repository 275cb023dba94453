"""Why a record could not be folded: the codes kernels return and the names dead letters carry.

The names are part of the wire contract of ``reflux.dead-letters.v1``; the numbers never leave the
process.
"""

OK = 0
MALFORMED = 1
UNKNOWN_FRAMING = 2
MISSING_FIELD = 3
WRONG_TYPE = 4
OUT_OF_RANGE = 5
OVERSIZE = 6
KEY_MISMATCH = 7
WRONG_PARTITION = 8
LATE = 9
EARLY = 10
STATE_FULL = 11
UNKNOWN_SCHEMA = 12
NULL_VALUE = 13
# Not an error: the kernel leaves the record to the slow decoder, which agrees with it otherwise.
SLOW = 14

NAMES = (
    "ok",
    "malformed",
    "unknown_framing",
    "missing_field",
    "wrong_type",
    "out_of_range",
    "oversize",
    "key_mismatch",
    "wrong_partition",
    "late",
    "early",
    "state_full",
    "unknown_schema",
    "null_value",
    "slow",
)
