"""From account rows to sightings, straight to bytes.

A sweep writes one sighting for each link of each account that was active in the period. An account
has up to 33 links, and one record each costs a copy: everything that does not depend on the link is
encoded once.

Links that come from behaviour (networks, clients, programs, prompt families) are reported when they
carry at least 5 % of the account's traffic of the last week: the smallest share of an attack that
hides in ordinary use, and the bound that keeps an account of many interests from filling the topic.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from app.kernels import sighting_columns as s
from app.kernels.avro_write import copy, put_digits, put_hex16, put_label, put_long
from app.kernels.bands import BANDS, band_bucket
from app.kernels.compile import kernel, lean_kernel
from app.kernels.decode_types import Bool, Bytes, Float, Int, Record
from app.kernels.sighting_summary import put_summary, share_of
from app.state import link_layout as links
from app.state.layout import CLIENTS, FAMILIES, FLAG_STUB, NETWORKS, PROGRAMS, WEEK

LEAST_SHARE = 50  # thousandths
MAX_LINKS = 5 + NETWORKS + CLIENTS + PROGRAMS + BANDS * FAMILIES
MAX_LINK_BYTES = s.FRAME_BYTES + 16 + 17 + 3  # what precedes the summary
MAX_SUMMARY_BYTES = 512 + s.MAX_ID_BYTES
MAX_ACCOUNT_BYTES = MAX_LINKS * (MAX_LINK_BYTES + MAX_SUMMARY_BYTES)
MAX_KEY_BYTES = 32
USUAL_BYTES = 320  # a sighting has 180 to 280 with ids of up to 64 characters
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


class Links(NamedTuple):
    """An account's links: arrays of ``MAX_LINKS``, of which the first few mean something."""

    kinds: npt.NDArray[np.int64]
    hashes: npt.NDArray[np.uint64]
    shares: npt.NDArray[np.int64]


def take(
    rows: npt.NDArray[Any],
    arena: Bytes,
    first: int,
    period: Period,
    schema_id: int,
    records: int,
) -> tuple[list[tuple[bytes, bytes]], int]:
    """The next sightings of ``period`` as (key, value), at most ``records`` of them.

    ``rows`` structured[n] of ``ACCOUNT``, in which free rows and those that are not active are
    passed over; ``arena`` their ids; ``first`` the slot to begin at. An account's sightings are
    never torn apart. Returns them and the slot to go on at, ``len(rows)`` when all are done.

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
    slot, count = encode_sightings(rows, arena, first, period, schema_id, out)
    if count == 0:
        return [], int(slot)
    key_ends, value_ends = out.key_ends[:count].tolist(), out.value_ends[:count].tolist()
    keys, values = out.keys[: key_ends[-1]].tobytes(), out.values[: value_ends[-1]].tobytes()
    pairs = [
        (keys[key_at:key_end], values[value_at:value_end])
        for key_at, key_end, value_at, value_end in zip(
            [0, *key_ends[:-1]], key_ends, [0, *value_ends[:-1]], value_ends, strict=True
        )
    ]
    return pairs, int(slot)


@kernel
def encode_sightings(
    rows: npt.NDArray[Any],
    arena: Bytes,
    first: Int,
    period: Period,
    schema_id: Int,
    out: Output,
) -> tuple[Int, Int]:
    """Encode the sightings of the rows from slot ``first`` on, as far as ``out`` has room.

    Returns (the first slot not encoded, records written). Raises ValueError when ``out`` has no
    room for even one account, or an id is longer than the contract allows.
    """
    summary = np.empty(MAX_SUMMARY_BYTES, np.uint8)
    found = Links(
        np.empty(MAX_LINKS, np.int64), np.empty(MAX_LINKS, np.uint64), np.empty(MAX_LINKS, np.int64)
    )
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
        used = put_summary(summary, row, arena, period.number, period.hours)
        for i in range(_links(row, found)):
            value_at = _put_frame(out.values, value_at, schema_id)
            value_at = put_label(out.values, value_at, s.KIND_TEXT, s.KIND_LENGTH, found.kinds[i])
            value_at = put_hex16(out.values, value_at, found.hashes[i])
            value_at = put_long(out.values, value_at, found.shares[i])
            copy(out.values, value_at, summary, np.int64(0), used)
            value_at += used
            out.value_ends[count] = value_at
            key_at = _put_key(out.keys, key_at, found.kinds[i], found.hashes[i])
            out.key_ends[count] = key_at
            count += 1
    return np.int64(rows.shape[0]), count


@lean_kernel
def _active(row: Record, period: Period) -> Bool:
    return (
        row["id_length"] > 0
        and row["flags"] & FLAG_STUB == 0
        and row["epoch"] == period.number
        and row["epoch_requests"] > 0
    )


@lean_kernel
def _links(row: Record, found: Links) -> Int:
    """List the links of an account in ``found``; returns how many."""
    n = np.int64(0)
    profile = (
        (links.PAYMENT, row["payment"]),
        (links.DEVICE, row["device"]),
        (links.EMAIL_DOMAIN, row["email_domain"]),
        (links.REFERRAL, row["referral"]),
        (links.SIGNUP_HOUR, np.uint64(max(row["created_at"], 0) // HOUR_MS)),
    )
    for kind, hashed in profile:
        if hashed != np.uint64(0):
            n = _add(found, n, kind, hashed, s.WHOLE)
    total = np.float64(row["requests"][WEEK])
    n = _add_heavy(found, n, links.NETWORK, row["network"], row["network_weight"], total)
    n = _add_heavy(found, n, links.CLIENT, row["client"], row["client_weight"], total)
    n = _add_heavy(found, n, links.PROGRAM, row["program"], row["program_weight"], total)
    for band in range(BANDS):
        first = n
        for i in range(FAMILIES):
            share = share_of(row["family_weight"][i], total)
            if share >= LEAST_SHARE:
                n = _add_bucket(found, first, n, band_bucket(row["family"][i], band), share)
    return n


@lean_kernel
def _add(found: Links, n: Int, kind: Int, hashed: np.uint64, share: Int) -> Int:
    found.kinds[n] = kind
    found.hashes[n] = hashed
    found.shares[n] = share
    return n + 1


@lean_kernel
def _add_heavy(
    found: Links,
    n: Int,
    kind: Int,
    keys: npt.NDArray[np.uint64],
    weights: npt.NDArray[np.float32],
    total: Float,
) -> Int:
    for i in range(keys.size):
        share = share_of(weights[i], total)
        if share >= LEAST_SHARE:
            n = _add(found, n, kind, keys[i], share)
    return n


@lean_kernel
def _add_bucket(found: Links, first: Int, n: Int, bucket: np.uint64, share: Int) -> Int:
    """Add a family's bucket to the links from ``first`` on: families in one bucket are one link."""
    for k in range(first, n):
        if found.hashes[k] == bucket:
            found.shares[k] = min(found.shares[k] + share, s.WHOLE)
            return n
    return _add(found, n, links.FAMILY, bucket, share)


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
