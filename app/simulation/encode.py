"""Requests and profiles as JSON records, millions at a time.

A benchmark needs records faster than an encoder that builds one object per record can make them.
Here a slice of records is one matrix of bytes, a row each: the text that all have in common is
broadcast into it, each field is written as a block of fixed width whose unused bytes are zero, and
the zeros are then dropped from the whole matrix at once. No value contains a zero byte or a line
feed, so one ``split`` makes the records.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from app.simulation import text
from app.simulation.population import Population
from app.simulation.rows import ACCOUNT, NULL, IntArray, Rows
from app.simulation.world import COUNTRIES, LANGUAGES, MODELS, SURFACES
from app.state.layout import TASKS, TIERS, VERIFICATIONS

# Rows per matrix: 1 MB or two, so that it stays in the cache while its columns are written.
CHUNK = 2_048


class Field(NamedTuple):
    """One field of a record: its name, what makes its text, and what opens and closes that."""

    name: str
    block: Callable[[npt.NDArray[Any]], text.Block]
    opening: bytes = b""
    closing: bytes = b""


class Lines:
    """Rows as JSON objects with fixed fields in a fixed order, one a line."""

    def __init__(self, fields: list[Field]) -> None:
        self._fields = fields

    def encode(self, rows: npt.NDArray[Any]) -> bytes:
        """``rows``, whatever the fields read from, as NDJSON."""
        chunks = range(0, len(rows), CHUNK)
        return b"".join(self._chunk(rows[begin : begin + CHUNK]) for begin in chunks)

    def _chunk(self, rows: npt.NDArray[Any]) -> bytes:
        blocks = [field.block(rows) for field in self._fields]
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
        ids = text.hexadecimal(population.account_hashes)
        orgs = organisations(population)
        self._keys = [account_id.encode() for account_id in population.account_ids]
        self._lines = Lines(
            [
                Field("event_id", lambda rows: text.hexadecimal(rows["event_id"]), b'"req_', b'"'),
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
                Field("temperature", lambda rows: text.nullable_fractions(rows["temperature"])),
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


_PROFILE = np.dtype([("account", np.int64), ("profile", ACCOUNT)])


class ProfileEncoder:
    """Encodes the profiles of one population's accounts, which are given by index.

    ``rows`` (``ACCOUNT`` rows, one per account) says what the profiles are by now; without it they
    are what they were at first.
    """

    def __init__(self, population: Population) -> None:
        names = population.names
        ids = text.hexadecimal(population.account_hashes)

        def link(kind: str, opening: bytes = b'"') -> Callable[[Rows], text.Block]:
            def block(rows: Rows) -> text.Block:
                references = rows["profile"][kind]
                named = text.quoted(text.hexadecimal(names(kind, references)), opening)
                return text.or_null(named, references != NULL)

            return block

        def label(name: str, column: str, labels: tuple[str, ...]) -> Field:
            table = text.labels(labels)
            return Field(name, lambda rows: table[rows["profile"][column]])

        def exempt_until(rows: Rows) -> text.Block:
            until = rows["profile"]["exempt_until"]
            return text.or_null(text.integers(until), until != 0)

        self._accounts = population.accounts
        self._keys = [account_id.encode() for account_id in population.account_ids]
        self._lines = Lines(
            [
                Field("account_id", lambda rows: ids[rows["account"]], b'"acct_', b'"'),
                Field("created_at", lambda rows: text.integers(rows["profile"]["created_at"])),
                Field("org_id", link("org", b'"org_')),
                label("tier", "tier", TIERS),
                label("verification", "verification", VERIFICATIONS),
                *(
                    Field(f"{kind}_hash", link(kind))
                    for kind in ("payment", "email_domain", "device", "referral")
                ),
                label("billing_country", "billing", COUNTRIES),
                label("access_country", "access", COUNTRIES),
                Field("exempt_until", exempt_until),
            ]
        )

    def keys(self, accounts: IntArray) -> list[bytes]:
        """The record key of each account."""
        return [self._keys[account] for account in accounts.tolist()]

    def encode(self, accounts: IntArray, rows: Rows | None = None) -> list[bytes]:
        """The profile of each account as one JSON object."""
        return self.lines(accounts, rows).split(b"\n")[:-1]

    def lines(self, accounts: IntArray, rows: Rows | None = None) -> bytes:
        """The profiles as NDJSON."""
        known = np.empty(len(accounts), _PROFILE)
        known["account"] = accounts
        known["profile"] = self._accounts[accounts] if rows is None else rows
        return self._lines.encode(known)


def organisations(population: Population) -> text.Block:
    """The organisation of each account as JSON text, by index."""
    org = population.accounts["org"]
    named = text.quoted(text.hexadecimal(population.names("org", org)), b'"org_')
    return text.or_null(named, org != NULL)


def _integer(name: str) -> Field:
    return Field(name, lambda rows: text.integers(rows[name]))


def _fraction(name: str) -> Field:
    return Field(name, lambda rows: text.fractions(rows[name]))


def _hash(name: str) -> Field:
    return Field(name, lambda rows: text.hexadecimal(rows[name]), b'"', b'"')


def _label(name: str, labels: tuple[str, ...]) -> Field:
    table = text.labels(labels)
    return Field(name, lambda rows: table[rows[name]])
