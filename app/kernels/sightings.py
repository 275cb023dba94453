"""From account rows to sightings, straight to bytes.

A sweep writes one sighting for each link of each account that was active in the period. An account
has up to 20 links, and one record each costs a copy: everything that does not depend on the link is
encoded once.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from app.kernels import sighting_columns as s
from app.kernels.avro_write import copy, put_digits, put_hex16, put_label, put_long
from app.kernels.compile import kernel, lean_kernel
from app.kernels.decode_types import Bool, Bytes, Int, Record
from app.kernels.features import FEATURES
from app.kernels.organisations import Domains, organisation_of
from app.kernels.regimes import Regimes, regime_at
from app.kernels.sighting_links import LEAST_SHARE, MAX_LINKS, NO_PLACE, Links, list_links
from app.kernels.sighting_scores import ELICITATION, Scratch, elicitation_with, put_normal_scores
from app.kernels.sighting_summary import put_summary, share_of
from app.kernels.watches import Watches, entry_of, list_at
from app.state.layout import EVIDENCE_FAMILIES, FLAG_STUB, WEEK
from app.state.link_layout import NORMAL_SCORES

MAX_LINK_BYTES = s.FRAME_BYTES + 16 + 17 + 5  # what precedes the summary
MAX_SUMMARY_BYTES = 512 + s.MAX_ID_BYTES
MAX_ACCOUNT_BYTES = MAX_LINKS * (MAX_LINK_BYTES + MAX_SUMMARY_BYTES)
MAX_KEY_BYTES = 32
USUAL_BYTES = 320  # a sighting has 190 to 310 with ids of up to 64 characters
HOUR_MS = 3_600_000
COLON = 0x3A


class Period(NamedTuple):
    """One sighting period: the epoch that sightings are numbered by.

    ``number`` of periods since the Unix epoch; ``hours`` it lasts, a divisor of 24.
    """

    number: int
    hours: int

    @property
    def end(self) -> int:
        """The first event time, in ms, that belongs to it no more."""
        return (self.number + 1) * self.hours * HOUR_MS


class Output(NamedTuple):
    """Where encoded sightings go: record ``i`` ends at ``value_ends[i]`` and ``key_ends[i]``.

    ``values`` and ``keys`` uint8[]; ``value_ends`` and ``key_ends`` int64[].
    """

    values: Bytes
    value_ends: npt.NDArray[np.int64]
    keys: Bytes
    key_ends: npt.NDArray[np.int64]


def take(
    rows: npt.NDArray[Any],
    arena: Bytes,
    first: int,
    period: Period,
    schema_id: int,
    regimes: Regimes,
    domains: Domains,
    records: int,
) -> tuple[Output, int]:
    """The next sightings of ``period``, at most ``records`` of them.

    ``rows`` structured[n] of ``ACCOUNT``, in which free rows and those that are not active are
    passed over; ``arena`` their ids; ``first`` the slot to begin at; ``regimes`` tell the
    population that accounts are measured against, ``domains`` which e-mail domains are
    organisations'. An account's sightings are never torn apart.
    Returns them and the slot to go on at, ``len(rows)`` when all are done.

    Raises ValueError when ``records`` is too small for the links of one account.
    """
    if records < MAX_LINKS:
        raise ValueError(f"one account may have {MAX_LINKS} links")
    out = Output(
        np.empty(records * USUAL_BYTES + MAX_ACCOUNT_BYTES, np.uint8),
        np.empty(records, np.int64),
        np.empty(records * MAX_KEY_BYTES, np.uint8),
        np.empty(records, np.int64),
    )
    slot, count = encode_sightings(rows, arena, first, period, schema_id, regimes, domains, out)
    value_ends, key_ends = out.value_ends[:count], out.key_ends[:count]
    written = Output(
        out.values[: value_ends[-1] if count else 0],
        value_ends,
        out.keys[: key_ends[-1] if count else 0],
        key_ends,
    )
    return written, int(slot)


def pairs(written: Output) -> list[tuple[bytes, bytes]]:
    """The sightings in ``written``, of which every byte is used, as (key, value)."""
    key_ends, value_ends = written.key_ends.tolist(), written.value_ends.tolist()
    keys, values = written.keys.tobytes(), written.values.tobytes()
    key_starts, value_starts = [0, *key_ends][:-1], [0, *value_ends][:-1]
    return [
        (keys[key_at:key_end], values[value_at:value_end])
        for key_at, key_end, value_at, value_end in zip(
            key_starts, key_ends, value_starts, value_ends, strict=True
        )
    ]


@kernel
def encode_sightings(
    rows: npt.NDArray[Any],
    arena: Bytes,
    first: Int,
    period: Period,
    schema_id: Int,
    regimes: Regimes,
    domains: Domains,
    out: Output,
) -> tuple[Int, Int]:
    """Encode the sightings of the rows from slot ``first`` on, as far as ``out`` has room.

    Accounts are measured as of the last millisecond of the period, by the regime in force then.
    Returns (the first slot not encoded, records written). Raises ValueError when ``out`` has no
    room for even one account, or an id is longer than the contract allows.
    """
    summary = np.empty(MAX_SUMMARY_BYTES, np.uint8)
    found = Links(
        np.empty(MAX_LINKS, np.int64),
        np.empty(MAX_LINKS, np.uint64),
        np.empty(MAX_LINKS, np.int64),
        np.empty(MAX_LINKS, np.int64),
    )
    now = (period.number + 1) * period.hours * HOUR_MS - 1
    regime = regime_at(regimes, now)
    scratch = Scratch(
        np.empty(FEATURES, np.float64),
        np.empty(FEATURES, np.float64),
        np.empty(EVIDENCE_FAMILIES, np.float64),
    )
    scores = np.empty(len(NORMAL_SCORES), np.int64)
    count = np.int64(0)
    value_at = np.int64(0)
    key_at = np.int64(0)
    for slot in range(first, rows.shape[0]):
        row = rows[slot]
        if not _active(row, period):
            continue
        length = np.int64(row["id_length"])
        at = np.int64(row["id_at"])
        if length > s.MAX_ID_BYTES or at + length > arena.size:
            raise ValueError("an account id outside of the arena, or too long")
        if (
            value_at + MAX_ACCOUNT_BYTES > out.values.size
            or key_at + MAX_LINKS * MAX_KEY_BYTES > out.keys.size
            or count + MAX_LINKS > min(out.value_ends.size, out.key_ends.size)
        ):
            if count == 0:
                raise ValueError("no room for one account's sightings")
            return np.int64(slot), count
        trust = put_normal_scores(scores, row, now, regimes, regime, scratch)
        watched = watched_programs(row, regimes.watches, now)
        org = organisation_of(row, domains)
        used = put_summary(
            summary, row, arena, period.number, period.hours, scores, trust, watched, org
        )
        for i in range(list_links(row, found)):
            value_at = _put_frame(out.values, value_at, schema_id)
            value_at = put_label(out.values, value_at, s.KIND_TEXT, s.KIND_LENGTH, found.kinds[i])
            value_at = put_hex16(out.values, value_at, found.hashes[i])
            value_at = put_long(out.values, value_at, found.shares[i])
            elicitation = scores[ELICITATION]
            if found.places[i] != NO_PLACE:
                elicitation = elicitation_with(row, found.places[i], regimes, regime, trust)
            value_at = put_long(out.values, value_at, elicitation)
            copy(out.values, value_at, summary, np.int64(0), used)
            value_at += used
            out.value_ends[count] = value_at
            key_at = _put_key(out.keys, key_at, found.kinds[i], found.hashes[i])
            out.key_ends[count] = key_at
            count += 1
    return np.int64(rows.shape[0]), count


@lean_kernel
def watched_programs(row: Record, watches: Watches, now: Int) -> Int:
    """How many of the account's programs are a campaign's by the list in force at ``now`` (ms)."""
    count = np.int64(0)
    w = list_at(watches, now)
    if watches.first[w] == watches.first[w + 1]:
        return count
    total = np.float64(row["requests"][WEEK])
    for i in range(row["program"].size):
        reported = share_of(row["program_weight"][i], total) >= LEAST_SHARE
        if reported and entry_of(watches, w, np.uint64(row["program"][i])) >= 0:
            count += 1
    return count


@lean_kernel
def _active(row: Record, period: Period) -> Bool:
    return (
        row["id_length"] > 0
        and row["flags"] & FLAG_STUB == 0
        and row["epoch"] == period.number
        and row["epoch_requests"] > 0
    )


@lean_kernel
def _put_frame(out: Bytes, at: Int, schema_id: Int) -> Int:
    out[at] = 0
    for k in range(4):
        out[at + 1 + k] = np.uint8(schema_id >> (24 - 8 * k) & 0xFF)
    return at + s.FRAME_BYTES


@lean_kernel
def _put_key(out: Bytes, at: Int, kind: Int, hashed: np.uint64) -> Int:
    length = s.KIND_LENGTH[kind]
    for k in range(length):
        out[at + k] = s.KIND_TEXT[kind, k]
    out[at + length] = COLON
    return put_digits(out, at + length + 1, hashed)
