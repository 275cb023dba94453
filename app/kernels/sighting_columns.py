"""A sighting on the wire: the facts that its encoder and its decoder share.

The record is ``app/events/sightings.py``'s, as Avro in the Confluent frame: a zero byte, four bytes
of schema id, then the fields one after the other. Writer and reader are both ours, so the order is
fixed; a new field means a new schema id (``SCHEMA_ID``), and sightings of an older one, of which
there are a period's at most, are dead letters. What differs between the links of an account comes
first, so that the rest is encoded once for all of them.

Columns of a decoded sighting, ``int64[n, SIG_WIDTH]``; shares are in thousandths, hashes are the 64
bits as a signed integer, a null is 0 unless it says otherwise.
"""

from typing import Any

import numpy as np

from app.state.layout import ACTIONS, TASKS, TIERS, VERIFICATIONS
from app.state.link_layout import LINK_KINDS, NORMAL_SCORES, SCORES

SCHEMA_ID = 4
"""Workers alone write and read sightings, by the schema they ship: no registry knows it."""

SIG_KIND = 0  # index in LINK_KINDS
SIG_HASH = 1
SIG_SHARE = 2  # of the account's own traffic under this link
SIG_ACCOUNT = 3  # SipHash-1-3 of the id under the key of all strings
SIG_EPOCH = 4  # number of the sighting period
SIG_TS = 5  # its end, ms
SIG_REQUESTS = 6
SIG_TOKENS = 7
SIG_HOURS = 8  # bit h: active in hour h of the day, UTC
SIG_TASKS = 9  # 14 columns, in the order of TASKS
SIG_SCORES = SIG_TASKS + len(TASKS)  # 12 columns, in the order of SCORES
SIG_ELICITATION = SIG_SCORES + SCORES.index("elicitation")  # of the requests under the link
SIG_REFUSED = SIG_SCORES + len(NORMAL_SCORES)  # the shares follow the normal scores
SIG_RISK = SIG_SCORES + SCORES.index("risk")
SIG_TRUST = SIG_SCORES + SCORES.index("trust")
SIG_MODEL = SIG_SCORES + len(SCORES)
SIG_MODEL_SHARE = SIG_MODEL + 1
SIG_SECOND_MODEL = SIG_MODEL + 2
SIG_SECOND_MODEL_SHARE = SIG_MODEL + 3
SIG_FIRST_SEEN = SIG_MODEL + 4  # ms
SIG_CREATED_AT = SIG_MODEL + 5  # ms
SIG_TIER = SIG_MODEL + 6  # index in TIERS; -1: null
SIG_VERIFICATION = SIG_MODEL + 7  # index in VERIFICATIONS; -1: null
SIG_ORG = SIG_MODEL + 8
SIG_EXEMPT = SIG_MODEL + 9  # 0 or 1
SIG_STANDING = SIG_MODEL + 10  # ACTION_*
SIG_CAMPAIGN = SIG_MODEL + 11
SIG_CAMPAIGN_PROBABILITY = SIG_MODEL + 12  # that the account holds
SIG_CAMPAIGN_EPOCH = SIG_MODEL + 13  # of the verdict that said so
SIG_INPUT_TOKENS = SIG_MODEL + 14
SIG_PAYMENT = SIG_INPUT_TOKENS + 1  # these two in the order of THINGS
SIG_DEVICE = SIG_PAYMENT + 1
SIG_RING = SIG_DEVICE + 1
SIG_WEB = SIG_RING + 1
SIG_WOVEN = SIG_WEB + 1  # 0 or 1
SIG_WIDTH = SIG_WOVEN + 1

FRAME_BYTES = 5  # magic byte and schema id
HEX16 = 16
WHOLE = 1000  # thousandths in one
MAX_ID_BYTES = 256  # 64 characters of UTF-8
INT_MAX = 2**31 - 1
LONG_MAX = 2**63 - 1
NAME_MAX = 2**32 - 1  # of rings and webs
MILLIS_MAX = 253_402_300_799_999  # the end of the year 9999, as in app/events/fields.py
HOURS_MAX = (1 << 24) - 1


def _labels(labels: tuple[str, ...]) -> tuple[Any, Any, Any]:
    """The labels for kernels: their bytes, uint8[n, 16] filled up with zeros; their lengths,
    int64[n]; and both as two little-endian words, uint64[n, 2], the length in the last byte."""
    lengths = np.array([len(label) for label in labels], np.int64)
    padded = b"".join(label.encode("ascii").ljust(16, b"\0") for label in labels)
    text = np.frombuffer(padded, np.uint8).reshape(len(labels), 16)
    words = text.copy()
    words[:, 15] = lengths  # no label has more than 15 characters
    return text, lengths, words.view("<u8")


KIND_TEXT, KIND_LENGTH, KIND_WORDS = _labels(LINK_KINDS)
TIER_TEXT, TIER_LENGTH, TIER_WORDS = _labels(TIERS)
VERIFICATION_TEXT, VERIFICATION_LENGTH, VERIFICATION_WORDS = _labels(VERIFICATIONS)
# "none" never crosses a topic: it is the null
ACTION_TEXT, ACTION_LENGTH, ACTION_WORDS = _labels(ACTIONS)
