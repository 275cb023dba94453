"""Simulated requests as columns, without writing and reading them as JSON.

Every value is what the decoder would have made of the request's JSON, so a simulation decides alike
whether it was written to a file first or not.
"""

import numpy as np
import numpy.typing as npt

from app.events.specs import PROFILES, REQUESTS
from app.kernels import columns as c
from app.kernels import reasons
from app.kernels.batches import Framed
from app.kernels.columns import (
    FRAME_KEY_LENGTH,
    FRAME_KEY_START,
    FRAME_OFFSET,
    FRAME_TIMESTAMP,
    FRAME_VALUE_LENGTH,
    FRAME_VALUE_START,
    FRAME_WIDTH,
)
from app.kernels.decode import Decoded, read_only
from app.kernels.handover import NO_TIMESTAMP
from app.kernels.spec import string_hash
from app.kernels.text_columns import hash_strings
from app.replay.batches import Batch, IntArray
from app.replay.ndjson import decode_lines
from app.simulation import text
from app.simulation.encode import ProfileEncoder
from app.simulation.population import Population
from app.simulation.rows import NULL, Rows
from app.simulation.world import LANGUAGES, MODELS, SURFACES

_COUNTS = {
    "ts": c.REQ_TS,
    "status": c.REQ_STATUS,
    "input_tokens": c.REQ_INPUT_TOKENS,
    "output_tokens": c.REQ_OUTPUT_TOKENS,
    "reasoning_tokens": c.REQ_REASONING_TOKENS,
    "latency_ms": c.REQ_LATENCY_MS,
    "task": c.REQ_TASK,
    "turn": c.REQ_TURN,
    "tools": c.REQ_TOOLS,
    "asn": c.REQ_ASN,
}
_FRACTIONS = {
    "task_confidence": c.REQ_TASK_CONFIDENCE,
    "elicitation": c.REQ_ELICITATION,
    "temperature": c.REQ_TEMPERATURE,
    "proxy": c.REQ_PROXY,
}
_HASHES = {
    "prompt_simhash": c.REQ_PROMPT_SIMHASH,
    "template_hash": c.REQ_TEMPLATE_HASH,
    "ip_hash": c.REQ_IP_HASH,
    "net_hash": c.REQ_NET_HASH,
    "client_hash": c.REQ_CLIENT_HASH,
}
_PRESENT = {field.name: 1 << i for i, field in enumerate(REQUESTS.fields)}
_EVENT_PREFIX, _ACCOUNT_PREFIX = b"req_", b"acct_"


class SimulatedColumns:
    """Turns a population's rows into batches for a ``Replay``."""

    def __init__(self, population: Population) -> None:
        ids = _prefixed(_ACCOUNT_PREFIX, population.account_hashes)
        self._keys = read_only(ids.reshape(-1))
        self._key_length = ids.shape[1]
        self._models = _hashes(MODELS)
        self._surfaces = _hashes(SURFACES)
        self._languages = np.append(_hashes(LANGUAGES), 0)  # by index -1: null
        org = population.accounts["org"]
        names = _hash_each(_prefixed(b"org_", population.names("org", org)))
        self._orgs = np.where(org == NULL, 0, names)
        self._profiles = ProfileEncoder(population)

    def requests(self, rows: Rows, origin: IntArray | None = None) -> Batch:
        """``REQUEST`` rows in order. ``origin`` int64[n] comes back with what is said of them; by
        default it is the account of each."""
        count = len(rows)
        account = rows["account"].astype(np.int64)
        values = np.zeros((count, c.REQ_WIDTH), np.int64)
        values[:, c.REQ_EVENT_ID] = _hash_each(_prefixed(_EVENT_PREFIX, rows["event_id"]))
        starts = account * self._key_length
        values[:, c.REQ_ACCOUNT_ID] = starts << 16 | self._key_length
        values[:, c.REQ_ORG_ID] = self._orgs[account]
        values[:, c.REQ_MODEL] = self._models[rows["model"]]
        values[:, c.REQ_SURFACE] = self._surfaces[rows["surface"]]
        values[:, c.REQ_LANGUAGE] = self._languages[rows["language"]]
        for name, column in _COUNTS.items():
            values[:, column] = rows[name]
        for name, column in _HASHES.items():
            values[:, column] = rows[name].view(np.int64) if count else 0
        absent = np.isnan(rows["temperature"])
        for name, column in _FRACTIONS.items():
            fraction = np.rint(rows[name] * np.float32(10_000)).astype(np.float64) / 10_000
            values[:, column] = np.where(np.isnan(fraction), 0.0, fraction).view(np.int64)
        present = np.full(count, (1 << len(REQUESTS.fields)) - 1, np.uint64)
        for name, null in (
            ("temperature", absent),
            ("language", rows["language"] == NULL),
            ("org_id", self._orgs[account] == 0),
        ):
            present[null] &= np.uint64(~_PRESENT[name] & (1 << 64) - 1)
        frames = np.empty((count, FRAME_WIDTH), np.int64)
        frames[:, FRAME_OFFSET] = np.arange(count)
        frames[:, FRAME_TIMESTAMP] = NO_TIMESTAMP
        frames[:, FRAME_KEY_START] = starts
        frames[:, FRAME_KEY_LENGTH] = self._key_length
        frames[:, FRAME_VALUE_START] = starts  # there is none; the key stands in
        frames[:, FRAME_VALUE_LENGTH] = 0
        decoded = Decoded(
            values,
            present,
            np.full(count, reasons.OK, np.int32),
            np.full(count, -1, np.int32),
            np.empty(0, np.uint8),
        )
        return Batch(Framed(self._keys, frames), decoded, account if origin is None else origin)

    def profiles(self, accounts: IntArray, rows: Rows | None = None) -> Batch:
        """The profiles of ``accounts`` (indices), as ``rows`` (``ACCOUNT`` rows) say or as first
        made."""
        return decode_lines(self._profiles.lines(accounts, rows), PROFILES).good


def _prefixed(prefix: bytes, names: npt.NDArray[np.uint64]) -> text.Block:
    """``uint8[n, len(prefix) + 16]``: each name in hexadecimal behind ``prefix``."""
    block = np.empty((len(names), len(prefix) + 16), np.uint8)
    block[:, : len(prefix)] = np.frombuffer(prefix, np.uint8)
    block[:, len(prefix) :] = text.hexadecimal(names)
    return block


def _hash_each(block: text.Block) -> IntArray:
    """The HASH value of each row of text."""
    hashed = np.empty(len(block), np.int64)
    ends = np.arange(len(block) + 1, dtype=np.int64) * block.shape[1]
    hash_strings(read_only(block.reshape(-1)), ends, hashed)
    return hashed


def _hashes(names: tuple[str, ...]) -> IntArray:
    return np.array([string_hash(name) for name in names], np.int64)
