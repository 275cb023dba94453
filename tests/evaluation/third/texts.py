"""What wide streams' templates and prompts are on a day: variants, salts, and sets that change."""

import numpy as np

from tests.evaluation.second.hashes import Hashes, mix
from tests.evaluation.second.rows import Fields
from tests.evaluation.second.sessions import Sessions
from tests.evaluation.third.rows import PER_ACCOUNT, PER_DAY, PER_SESSION


def variant(fields: Fields, text: Hashes, visits: Sessions, rng: np.random.Generator) -> Hashes:
    """Which of a template's prompts: half of a session's requests use the same one."""
    stream = visits.stream
    count = len(stream)
    kept = rng.random(len(visits.opening))[visits.session]
    drawn = np.where(rng.random(count) < 0.5, kept, rng.random(count))
    drawn = drawn ** fields["variant_skew"][stream]
    variants, own = fields["variants"][stream], fields["own_variants"][stream]
    place = np.floor(drawn * own)
    picked = mix(fields["account"][stream], place, 33) % np.maximum(variants, 1).astype(np.uint64)
    number = np.where(own > 0, picked.astype(np.int64), np.floor(drawn * variants).astype(np.int64))
    return np.where(variants > 1, mix(text, number, 34), text)


def salted(fields: Fields, text: Hashes, day: int, visits: Sessions) -> Hashes:
    """A template that names its user, the date or the session differs with these."""
    stream = visits.stream
    salt, account = fields["salt"][stream], fields["account"][stream]
    made = np.where(salt == PER_ACCOUNT, mix(text, account, 35), text)
    made = np.where(salt == PER_DAY, mix(text, account, day, 36), made)
    return np.where(salt == PER_SESSION, mix(text, account, day, visits.session, 37), made)


def prompt_keys(fields: Fields, day: int) -> Hashes:
    """Keys of piped prompts, which are renewed for those that have a cadence."""
    cadence, key = fields["prompt_cadence"], fields["prompt_key"]
    issue = np.floor(day / np.maximum(cadence, 0.1))
    return np.where(cadence > 0, mix(key, issue, 38), key)
