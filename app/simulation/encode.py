"""Requests and profiles as JSON records, millions at a time.

A benchmark needs records faster than an encoder that builds one object per record can make them.
Here a slice of records is one matrix of bytes, a row each: the text that all have in common is
broadcast into it, each field is written as a block of fixed width whose unused bytes are zero, and
the zeros are then dropped from the whole matrix at once. No value contains a zero byte or a line
feed, so one ``split`` makes the records.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from app.simulation.names import U64
from app.simulation.population import Population
from app.simulation.rows import NULL, IntArray, Rows
from app.simulation.world import COUNTRIES, LANGUAGES, MODELS, SURFACES
from app.state.layout import TASKS, TIERS, VERIFICATIONS

Block = npt.NDArray[np.uint8]
"""Text of one field, ``uint8[n, width]``, each row padded with zeros anywhere."""

# Rows per matrix: 1 MB or two, so that it stays in the cache while its columns are written.
CHUNK = 2_048


class Field(NamedTuple):
    """One field of a record: its name, what opens and closes the value, and the value's text."""

    name: str
    text: Callable[[Rows], Block]
    opening: bytes = b""
    closing: bytes = b""


class Lines:
    """Rows as JSON objects with fixed fields in a fixed order, one a line."""

    def __init__(self, fields: list[Field]) -> None:
        self._fields = fields

    def encode(self, rows: Rows) -> bytes:
        """``rows`` as NDJSON."""
        chunks = range(0, len(rows), CHUNK)
        return b"".join(self._chunk(rows[begin : begin + CHUNK]) for begin in chunks)

    def _chunk(self, rows: Rows) -> bytes:
        blocks = [field.text(rows) for field in self._fields]
        line = bytearray(b"{")
        places = []
        for field, block in zip(self._fields, blocks, strict=True):
            line += b'"%s":%s' % (field.name.encode(), field.opening)
            places.append(slice(len(line), len(line) + block.shape[1]))
            line += bytes(block.shape[1]) + field.closing + b","
        line[-1:] = b"}\n"
        matrix = np.empty((len(rows), len(line)), np.uint8)
        matrix[:] = np.frombuffer(line, np.uint8)
        for place, block in zip(places, blocks, strict=True):
            matrix[:, place] = block
        return matrix.tobytes().translate(None, b"\0")


class RequestEncoder:
    """Encodes ``REQUEST`` rows of one population; ids of its accounts are made up once."""

    def __init__(self, population: Population) -> None:
        ids = _hex(population.account_hashes)
        orgs = organisations(population)
        self._keys = [account_id.encode() for account_id in population.account_ids]
        self._lines = Lines(
            [
                Field("event_id", lambda rows: _hex(rows["event_id"]), b'"req_', b'"'),
                _integer("ts"),
                Field("account_id", lambda rows: ids[rows["account"]], b'"acct_', b'"'),
                Field("org_id", lambda rows: orgs[rows["account"]]),
                _label("model", MODELS),
                _label("surface", SURFACES),
                _integer("status"),
                _integer("input_tokens"),
                _integer("output_tokens"),
                _integer("reasoning_tokens"),
                _integer("latency_ms"),
                _label("task", TASKS),
                _fraction("task_confidence"),
                _fraction("elicitation"),
                _hash("prompt_simhash"),
                _hash("template_hash"),
                _integer("turn"),
                _integer("tools"),
                Field("temperature", lambda rows: _nullable_fractions(rows["temperature"])),
                _label("language", LANGUAGES),
                _hash("ip_hash"),
                _hash("net_hash"),
                _integer("asn"),
                _fraction("proxy"),
                _hash("client_hash"),
            ]
        )

    def keys(self, rows: Rows) -> list[bytes]:
        """The record key of each row."""
        keys = self._keys
        return [keys[account] for account in rows["account"].tolist()]

    def encode(self, rows: Rows) -> list[bytes]:
        """Each row as one JSON object, in the order of the rows."""
        return self.lines(rows).split(b"\n")[:-1]

    def lines(self, rows: Rows) -> bytes:
        """The rows as NDJSON."""
        return self._lines.encode(rows)


class ProfileEncoder:
    """Encodes the profiles of one population's accounts, which are given by index."""

    def __init__(self, population: Population) -> None:
        names = population.names
        accounts = population.accounts
        ids = _hex(population.account_hashes)
        orgs = organisations(population)

        def link(kind: str) -> Field:
            references = accounts[kind]
            table = _or_null(_quoted(_hex(names(kind, references))), references != NULL)
            return Field(f"{kind}_hash", lambda chosen: table[chosen])

        def label(name: str, column: str, labels: tuple[str, ...]) -> Field:
            table = _labels(labels)
            return Field(name, lambda chosen: table[accounts[column][chosen]])

        exempt = accounts["exempt_until"]
        exempt_until = _or_null(_integers(exempt), exempt != 0)
        self._keys = [account_id.encode() for account_id in population.account_ids]
        self._lines = Lines(
            [
                Field("account_id", lambda chosen: ids[chosen], b'"acct_', b'"'),
                Field("created_at", lambda chosen: _integers(accounts["created_at"][chosen])),
                Field("org_id", lambda chosen: orgs[chosen]),
                label("tier", "tier", TIERS),
                label("verification", "verification", VERIFICATIONS),
                *(link(kind) for kind in ("payment", "email_domain", "device", "referral")),
                label("billing_country", "billing", COUNTRIES),
                label("access_country", "access", COUNTRIES),
                Field("exempt_until", lambda chosen: exempt_until[chosen]),
            ]
        )

    def keys(self, accounts: IntArray) -> list[bytes]:
        """The record key of each account."""
        return [self._keys[account] for account in accounts.tolist()]

    def encode(self, accounts: IntArray) -> list[bytes]:
        """The profile of each account as one JSON object."""
        return self.lines(accounts).split(b"\n")[:-1]

    def lines(self, accounts: IntArray) -> bytes:
        """The profiles as NDJSON."""
        return self._lines.encode(accounts)


def organisations(population: Population) -> Block:
    """The organisation of each account as JSON text, by index."""
    org = population.accounts["org"]
    named = _quoted(_hex(population.names("org", org)), b'"org_')
    return _or_null(named, org != NULL)


def _integer(name: str) -> Field:
    return Field(name, lambda rows: _integers(rows[name]))


def _fraction(name: str) -> Field:
    return Field(name, lambda rows: _fractions(rows[name]))


def _hash(name: str) -> Field:
    return Field(name, lambda rows: _hex(rows[name]), b'"', b'"')


def _label(name: str, labels: tuple[str, ...]) -> Field:
    table = _labels(labels)
    return Field(name, lambda rows: table[rows[name]])


def _labels(labels: tuple[str, ...]) -> Block:
    # The last entry is what the index NULL, -1, finds.
    return _table([f'"{label}"' for label in labels] + ["null"])


def _table(texts: list[str]) -> Block:
    column = np.array([text.encode() for text in texts])
    return column.view(np.uint8).reshape(len(texts), -1)


def _words(texts: list[str]) -> npt.NDArray[np.uint32]:
    return np.array([text.encode() for text in texts], "S4").view(np.uint32)


_PLAIN = _words([f"{number}" for number in range(10_000)])
_PADDED = _words([f"{number:04}" for number in range(10_000)])
_FRACTIONS = _table([f"{number / 10_000:g}" for number in range(10_001)])
_HEX = np.array([b"%02x" % octet for octet in range(256)], "S2").view(np.uint16)
_NULL = np.frombuffer(b"null", np.uint8)


def _hex(names: U64) -> Block:
    octets = names.astype(">u8").view(np.uint8).reshape(-1, 8)
    return _HEX.take(octets).view(np.uint8)


def _integers(values: npt.NDArray[np.generic]) -> Block:
    """Non-negative integers as digits, four in a group, without leading zeros."""
    rest = values.astype(np.int64)
    groups = []
    while True:
        higher = rest // 10_000
        low = rest - higher * 10_000
        group = np.where(higher > 0, _PADDED.take(low), _PLAIN.take(low))
        # A group above a number's first digit is empty, not 0; the lowest is never empty.
        groups.append(np.where(rest > 0, group, 0) if groups else group)
        if not higher.any():
            return np.stack(groups[::-1], axis=1).astype(np.uint32).view(np.uint8)
        rest = higher


def _fractions(values: npt.NDArray[np.generic]) -> Block:
    return _FRACTIONS.take(np.rint(values * np.float32(10_000)).astype(np.intp), axis=0)


def _nullable_fractions(values: npt.NDArray[np.floating]) -> Block:
    absent = np.isnan(values)
    return _or_null(_fractions(np.where(absent, 0, values)), ~absent)


def _quoted(text: Block, opening: bytes = b'"') -> Block:
    first = np.broadcast_to(np.frombuffer(opening, np.uint8), (len(text), len(opening)))
    last = np.broadcast_to(np.frombuffer(b'"', np.uint8), (len(text), 1))
    return np.concatenate([first, text, last], axis=1)


def _or_null(text: Block, present: npt.NDArray[np.bool_]) -> Block:
    null = np.zeros(max(text.shape[1], 4), np.uint8)
    null[:4] = _NULL
    padded = np.zeros((len(text), null.size), np.uint8)
    padded[:, : text.shape[1]] = text
    return np.where(present[:, None], padded, null)
