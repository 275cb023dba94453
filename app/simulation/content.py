"""What a request says, as metadata: drawn for all requests of a tick at once.

Prompts are SimHashes. Prompts of one family are the family's centre with a few bits flipped, a
prompt repeated word for word is an exact copy, and prompts of strangers are 32 bits apart, as
uniform 64-bit numbers are: Manku, Jain and Das Sarma, "Detecting near-duplicates for web crawling"
(WWW 2007), take 3 bits for near-duplicates.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from app.simulation.arrivals import Sessions, expand
from app.simulation.calibration import TokenLaw
from app.simulation.names import U64, mix
from app.simulation.rows import DELIVERY, FloatArray, IntArray, Rows, take
from app.simulation.world import (
    MODEL_MS_PER_TOKEN,
    MODEL_REASONS,
    POPULAR_PROMPTS,
    TASK,
    World,
)
from app.state.layout import TASKS

# How much each task asks for reasoning by its nature, in log-odds of the elicitation score.
TASK_LIFT = np.zeros(len(TASKS), np.float32)
for _name, _lift in {
    "mathematics": 1.0,
    "agentic_reasoning": 0.9,
    "long_horizon_planning": 0.8,
    "software_engineering": 0.3,
    "data_analysis": 0.3,
    "chat": -0.4,
    "translation": -1.2,
    "extraction": -0.8,
    "classification": -0.8,
}.items():
    TASK_LIFT[TASK[_name]] = _lift

# The gateway's classifier takes one prompt in twenty for something else, and is less sure of it.
MISREAD = 0.05
FAILURE = 0.004
MAX_TOKENS = 1_000_000
MAX_LATENCY_MS = 600_000


class Content:
    """Fills in requests. ``centre_key`` fixes where the world's prompt families lie."""

    def __init__(self, world: World, centre_key: int) -> None:
        self._law = world.law
        self._networks = world.networks()
        self._programs = world.programs()
        self._popular = world.popular_prompts
        # A power law of counts with exponent a is one of ranks with exponent 1 / (a - 1), which
        # is what a uniform number to this power follows.
        exponent = world.law.prefix_exponent
        self._popular_skew = (exponent - 1.0) / (exponent - 2.0)
        self._centre_key = np.uint64(centre_key)

    def requests(self, habits: Rows, sessions: Sessions, rng: np.random.Generator) -> Rows:
        """``DELIVERY`` rows of the requests of ``sessions``, in no particular order.

        Identifiers are numbers still, and ``event_id`` and ``arrival`` are left 0.
        """
        owner, position, ts = expand(sessions, rng)
        habit = take(habits, sessions.habit)
        rows = np.zeros(owner.size, DELIVERY)
        rows["ts"] = ts
        rows["account"] = habit["account"][owner]
        rows["surface"] = habit["surface"][owner]
        rows["turn"] = np.where(habit["multi_turn"][owner], position + 1, 1)
        start = sessions.start.astype(np.int64)
        # A session keeps to one prompt family.
        member = np.floor(habit["families"] * rng.random(len(habit)) ** habit["family_skew"])
        member = member.astype(np.int64)
        self._places(rows, habit, start, owner, rng)
        self._program(rows, habit, member, start, owner, rng)
        self._task(rows, habit, owner, rng)
        self._tokens(rows, habit, owner, rng)
        rows["prompt_simhash"] = self._prompts(habit, member, owner, position, rng)
        return rows

    def _places(
        self, rows: Rows, habit: Rows, start: IntArray, owner: IntArray, rng: np.random.Generator
    ) -> None:
        # One session, one place: network, address and client hold until it ends.
        network = _networks(habit, start, rng.random(len(habit)), rng.random(len(habit)))
        place = take(self._networks, network)
        host = np.where(
            place["rotating"], rng.integers(0, 1 << 30, len(habit)), habit["account"]
        ) % np.maximum(place["hosts"], 1)
        rows["net_hash"] = network[owner]
        rows["ip_hash"] = ((network.astype(np.int64) << 32) | host)[owner]
        rows["asn"], rows["proxy"] = place["asn"][owner], place["proxy"][owner]
        client = _either(habit["client"], habit["client_share"], rng)
        rows["client_hash"] = client[owner]
        language = _either(habit["language"], habit["language_share"], rng)
        rows["language"] = language[owner]

    def _program(
        self,
        rows: Rows,
        habit: Rows,
        member: IntArray,
        start: IntArray,
        owner: IntArray,
        rng: np.random.Generator,
    ) -> None:
        program = _either(habit["program"], habit["program_share"], rng)
        program = program + np.where(habit["templated"], member, 0)
        rotates = np.flatnonzero(habit["rotate_ms"])
        since = np.maximum(start[rotates] - habit["rotate_from"][rotates], 0)
        program[rotates] += since // habit["rotate_ms"][rotates] * habit["rotate_by"][rotates]
        settings = take(self._programs, program)
        rows["template_hash"] = program[owner]
        rows["tools"] = settings["tools"][owner]
        temperature = np.where(
            habit["sets_temperature"], habit["temperature"], settings["temperature"]
        )
        rows["temperature"] = temperature[owner]
        moves = rng.random(len(habit)) < habit["moves"]
        moved = moves[owner] & (rows["ts"] >= habit["moves_at"][owner])
        model = _either(habit["model"], habit["model_share"], rng)
        rows["model"] = np.where(moved, habit["moves_to"][owner], model[owner])

    def _task(self, rows: Rows, habit: Rows, owner: IntArray, rng: np.random.Generator) -> None:
        session = np.arange(len(habit))
        slot = (rng.random(len(habit))[:, None] >= habit["task_share"]).sum(axis=1)
        task = habit["task"][session, slot][owner]
        misread = rng.random(owner.size) < MISREAD
        score = habit["elicitation"][owner] + TASK_LIFT[task]
        score = score + 0.9 * rng.standard_normal(owner.size, np.float32)
        rows["elicitation"] = _fraction(1.0 / (1.0 + np.exp(-score)))
        rows["task"] = np.where(misread, rng.integers(0, len(TASKS), owner.size), task)
        sure = 1.0 - 0.45 * np.square(rng.random(owner.size, np.float32))
        rows["task_confidence"] = _fraction(np.where(misread, 0.7 * sure, sure))

    def _tokens(self, rows: Rows, habit: Rows, owner: IntArray, rng: np.random.Generator) -> None:
        long = (rng.random(len(habit)) < habit["long_context"])[owner]
        prompt = np.empty(owner.size)
        answer = np.empty(owner.size)
        for law, mine in ((self._law.conversation, ~long), (self._law.long_context, long)):
            prompt[mine], answer[mine] = _draw(law, int(np.count_nonzero(mine)), rng)
        prompt *= habit["input_scale"][owner]
        answer *= habit["output_scale"][owner]
        thought = habit["reasoning"][owner] * MODEL_REASONS[rows["model"]]
        thought = answer * thought * np.exp(0.6 * rng.standard_normal(owner.size, np.float32))
        failed = rng.random(owner.size) < FAILURE
        rows["status"] = np.where(failed, rng.choice([400, 429, 500, 529], owner.size), 200)
        answer[failed] = thought[failed] = 0.0
        rows["input_tokens"] = np.clip(prompt, 1, MAX_TOKENS)
        rows["output_tokens"] = np.clip(answer, 0, MAX_TOKENS)
        rows["reasoning_tokens"] = np.clip(thought, 0, MAX_TOKENS)
        work = (answer + thought) * MODEL_MS_PER_TOKEN[rows["model"]] + 0.05 * prompt
        pace = np.exp(0.25 * rng.standard_normal(owner.size, np.float32))
        rows["latency_ms"] = np.clip(120 + work * pace, 1, MAX_LATENCY_MS)

    def _prompts(
        self,
        habit: Rows,
        member: IntArray,
        owner: IntArray,
        position: IntArray,
        rng: np.random.Generator,
    ) -> U64:
        count = len(habit)
        own = rng.integers(0, 1 << 64, count, np.uint64)
        family = habit["family"] + member
        centre = mix(mix(family) ^ self._centre_key)
        fresh = (habit["families"] == 0) | (rng.random(count) < habit["fresh"])
        centre = np.where(fresh, own, centre)
        # Some openings are everybody's: copied from a list, a forum, a colleague.
        known = np.flatnonzero(rng.random(count) < habit["popular"])
        rank = np.floor(POPULAR_PROMPTS * rng.random(known.size) ** self._popular_skew)
        centre[known] = mix(mix(self._popular + rank.astype(np.int64)) ^ self._centre_key)
        centre = centre[owner]
        least = habit["flips_least"][owner]
        spread = (habit["flips"] - habit["flips_least"] + 1)[owner]
        bits = least + np.floor(spread * rng.random(owner.size, np.float32))
        bits[rng.random(owner.size, np.float32) < habit["exact"][owner]] = 0
        # Ten positions of six bits fit one random word; two that fall together cancel out.
        positions = rng.integers(0, 1 << 64, owner.size, np.uint64)
        # A suite has so many questions and asks them again, one after the other from anywhere:
        # which bits differ follows from which one it is, and the four bits of the word that are
        # left say how many.
        opening = np.floor(habit["questions"] * rng.random(count)).astype(np.int64)
        of_suite = np.flatnonzero((habit["questions"] > 0)[owner])
        suite = owner[of_suite]
        asked = (opening[suite] + position[of_suite]) % habit["questions"][suite]
        word = mix(mix(asked) ^ centre[of_suite])
        positions[of_suite] = word
        few = (word >> np.uint64(60)).astype(np.float32) / 16.0
        bits[of_suite] = np.floor((habit["flips"] + 1)[suite] * few)
        flips = np.zeros(owner.size, np.uint64)
        for n in range(int(habit["flips"].max()) if count else 0):
            bit = np.uint64(1) << ((positions >> np.uint64(6 * n)) & np.uint64(63))
            flips ^= np.where(bits > n, bit, np.uint64(0))
        return centre ^ flips


def _networks(habit: Rows, start: IntArray, place: FloatArray, exit_: FloatArray) -> IntArray:
    """The network of each session, by two uniform numbers: which of three, and where it roams."""
    roams = np.flatnonzero(habit["roam_ms"])
    if roams.size:
        # Who stays for a while draws once for all sessions that open in that while.
        spell = start[roams] // habit["roam_ms"][roams]
        drawn = mix(mix(habit["account"][roams]) ^ spell.astype(np.uint64))
        place[roams] = (drawn >> np.uint64(32)) / 2.0**32
        exit_[roams] = (drawn & np.uint64(0xFFFFFFFF)) / 2.0**32
    slot = (place[:, None] >= habit["network_share"]).sum(axis=1)
    session = np.arange(len(habit))
    away = (habit["roam"][session, slot] * exit_).astype(np.int64)
    choice: IntArray = habit["network"][session, slot] + away
    return choice


def _either(
    pair: npt.NDArray[Any], share: npt.NDArray[np.float32], rng: np.random.Generator
) -> npt.NDArray[Any]:
    """One of each pair, the first with probability ``share``."""
    return np.where(rng.random(share.size) < share, pair[:, 0], pair[:, 1])


def _draw(law: TokenLaw, size: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
    return law.input.at(rng.random(size)), law.output.at(rng.random(size))


def _fraction(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """``values`` of 0..1 as multiples of 1/10,000."""
    fractions: npt.NDArray[Any] = np.rint(np.clip(values, 0.0, 1.0) * 10_000.0) / 10_000.0
    return fractions
