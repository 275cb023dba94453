"""What is asked and answered, and with which program."""

import numpy as np
import numpy.typing as npt

from tests.evaluation.second.calendar import LAUNCH
from tests.evaluation.second.hashes import Hashes, mix
from tests.evaluation.second.rows import TASK_COUNT, Fields, chosen
from tests.evaluation.second.sessions import Sessions
from tests.evaluation.second.vocabulary import ENGLISH, LAUNCHED, SMALLEST
from tests.evaluation.second.world import Ints

EXACT = 7
"""A ``likeness`` at which prompts are the same word for word."""

LONGEST_CONVERSATION = 400


def programs(fields: Fields, day: int, visits: Sessions, rng: np.random.Generator) -> Fields:
    """Template and client. A session keeps to one of each, except for some of its requests."""
    stream, session, opened = visits.stream, visits.session, len(visits.opening)
    share = fields["template_share"][stream]
    usual = chosen(share, rng.random(opened)[session])
    other = chosen(share, rng.random(len(stream)))
    template = np.where(rng.random(len(stream)) < 0.12, other, usual)
    cadence = fields["cadence"][stream]
    since = day + fields["phase"][stream] - fields["lag"][stream]
    version = np.where(cadence > 0, np.floor(since / np.maximum(cadence, 0.1)), 0)
    client = chosen(fields["client_share"][stream], rng.random(opened)[session])
    return {
        "template_hash": mix(fields["template"][stream, template], version),
        # A client program changes with every other release.
        "client_hash": mix(fields["client"][stream, client], np.floor(version / 2)),
    }


def prompts(fields: Fields, template: Hashes, visits: Sessions, rng: np.random.Generator) -> Fields:
    """SimHash and turn. Piped prompts are near one of a set; others grow from their opening."""
    stream, session, position = visits.stream, visits.session, visits.position
    count = len(stream)
    piped = rng.random(count) < fields["piped"][stream]
    text = rng.integers(0, 1 << 40, count) % fields["prompts"][stream]
    key = fields["prompt_key"][stream]
    from_set = mix(np.where(key > 0, key, template), text)
    topic = rng.integers(0, 1 << 60, len(visits.opening))[session]
    from_topic = mix(fields["account"][stream], topic)
    grown = np.where(position == 0, EXACT, np.where(position < 5, 4, 3))
    likeness = np.where(piped, fields["likeness"][stream], grown)
    turn = np.where(piped, 1, np.minimum(position + 1, LONGEST_CONVERSATION))
    return {
        "prompt_simhash": np.where(piped, from_set, from_topic) ^ _changed(likeness, rng),
        "turn": np.where(fields["conversation"][stream], turn, 1),
    }


def _changed(likeness: Ints, rng: np.random.Generator) -> Hashes:
    """Bits that differ: the conjunction of as many random words as ``likeness`` says."""
    drawn = rng.integers(0, 1 << 64, len(likeness), np.uint64)
    bits: npt.NDArray[np.uint64] = drawn
    for word in range(1, EXACT - 1):
        bits = np.where(likeness > word, bits & mix(drawn, word), bits)
    return np.where(likeness >= EXACT, np.uint64(0), bits)


def work(fields: Fields, visits: Sessions, rng: np.random.Generator) -> Fields:
    """Task, elicitation, language. The classifier is sometimes wrong, and then less sure."""
    stream, count = visits.stream, len(visits.stream)
    drawn = chosen(fields["task_share"][stream], rng.random(count))
    kept = rng.random(count) < 0.6
    task = np.where(kept, drawn[visits.opening][visits.session], drawn)
    wrong = rng.random(count) < 0.06
    task = np.where(wrong, rng.integers(0, TASK_COUNT, count), task)
    sure = np.where(wrong, rng.beta(3, 4, count), rng.beta(9, 2, count))
    alpha, beta = fields["elicitation"][stream].T
    english = rng.random(count) < 0.03
    return {
        "task": task,
        "task_confidence": sure,
        "elicitation": rng.beta(alpha, beta),
        "language": np.where(english, ENGLISH, fields["language"][stream]),
        "tools": fields["tools"][stream],
        "temperature": fields["temperature"][stream],
        "surface": fields["surface"][stream],
    }


def answers(
    fields: Fields,
    day: int,
    visits: Sessions,
    answered: npt.NDArray[np.bool_],
    rng: np.random.Generator,
) -> Fields:
    """Model, tokens and latency; a request that failed generated nothing."""
    stream, count = visits.stream, len(visits.stream)
    model = chosen(fields["model_share"][stream], rng.random(count))
    moved = day + visits.seconds / 86_400 > np.maximum(fields["adopts"][stream], LAUNCH)
    model = np.where(moved & (model == 0), LAUNCHED, model)
    # A conversation is sent anew with every turn.
    said = 0.25 * np.log1p(np.minimum(visits.position, 40)) * fields["conversation"][stream]
    put_in = np.minimum(rng.lognormal(fields["log_input"][stream] + said, 0.8), 180_000)
    given = np.minimum(rng.lognormal(fields["log_output"][stream], 0.9), 16_000)
    thinks = (model != SMALLEST) & (rng.random(count) < fields["reasoning"][stream])
    thought = rng.lognormal(6, 1, count)
    input_tokens = put_in.astype(np.int64) + 3
    output_tokens = np.where(answered, given, 0).astype(np.int64)
    reasoning_tokens = np.where(answered & thinks, thought, 0).astype(np.int64)
    pace = 12 * rng.lognormal(0, 0.3, count)
    latency = 300 + 0.03 * input_tokens + (output_tokens + reasoning_tokens) * pace
    return {
        "model": model,
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        "reasoning_tokens": reasoning_tokens,
        "latency_ms": latency.astype(np.int64),
    }
