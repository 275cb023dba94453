"""What a record holds, as a table that both people and kernels read.

A ``RecordSpec`` lists the fields of one topic's record; its ``table`` holds the same facts for the
decoders, so that one pair of kernels (JSON, Avro) serves every record kind. A new record kind is a
new list, not new code.
"""

import enum
import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from app.kernels.siphash import siphash13
from app.kernels.spec_table import (
    MAX_FIELDS,
    MAX_NAME_BYTES,
    MAX_NAMES,
    NAME_WORDS,
    SLOTS,
    SPEC,
    STATE,
    first_slot,
)

# Hashes of strings stand in rows and on topics, so every process must compute the same ones.
STRING_KEY = (np.uint64(0x5265666C75782E31), np.uint64(0x737472696E672D6B))

INT_MAX = 2**31 - 1
LONG_MAX = 2**63 - 1


class Kind(enum.IntEnum):
    """How a field is read and what its column holds; see ``app/kernels/columns.py``."""

    INT = 0
    FLOAT = 1
    ENUM = 2
    HEX16 = 3
    HASH = 4  # and the text as well, when the field has a ``text_column``
    TEXT = 5
    COUNTRY = 6


INT, FLOAT, ENUM, HEX16, HASH, TEXT, COUNTRY = (int(kind) for kind in Kind)


class SpecError(ValueError):
    """A specification that contradicts itself."""


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a record.

    ``column`` takes the value (for ``TEXT`` the text's place); ``text_column`` of a ``HASH`` field
    takes the place of its text too. A value may lie between ``minimum`` and ``maximum``, a string
    may have ``min_chars`` to ``max_chars`` Unicode code points. ``symbols`` are an ``ENUM``'s
    labels, and ``unknown`` the one that a label not among them counts as (None: out of range).
    A field that is neither nullable nor has a default must be present. ``aliases`` are names under
    which an Avro writer's schema may carry the field. ``avro`` is the type in published schemas;
    writers of any type whose values fit are read.
    """

    name: str
    kind: Kind
    column: int
    text_column: int | None = None
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    min_chars: int = 0
    max_chars: int | None = None
    symbols: tuple[str, ...] = ()
    unknown: str | None = None
    default: int | float | str | None = None
    aliases: tuple[str, ...] = ()
    avro: str = "string"

    @property
    def required(self) -> bool:
        return not self.nullable and self.default is None

    @property
    def avro_type(self) -> str | list[str]:
        """The field's type in an Avro schema."""
        return ["null", self.avro] if self.nullable else self.avro

    @property
    def columns(self) -> tuple[int, ...]:
        return (self.column,) if self.text_column is None else (self.column, self.text_column)


@dataclass(frozen=True)
class RecordSpec:
    """The fields of a record, in the order errors are reported: the first bad one is named.

    ``width`` is the number of columns; ``key`` the field that must equal the record key, if any.
    Raises ``SpecError`` when columns overlap or a field contradicts itself.
    """

    name: str
    fields: tuple[Field, ...]
    width: int
    key: str | None = None

    def __post_init__(self) -> None:
        if not 0 < len(self.fields) <= MAX_FIELDS:
            raise SpecError(f"{self.name}: 1 to {MAX_FIELDS} fields fit the presence mask")
        columns = [column for field in self.fields for column in field.columns]
        if len(set(columns)) != len(columns) or not set(columns) <= set(range(self.width)):
            raise SpecError(f"{self.name}: columns overlap or lie outside of {self.width}")
        names = [name for field in self.fields for name in (field.name, *field.aliases)]
        if len(set(names)) != len(names):
            raise SpecError(f"{self.name}: two fields share a name or an alias")
        if len(self._names) > MAX_NAMES:
            raise SpecError(f"{self.name}: more than {MAX_NAMES} names of fields and symbols")
        for field in self.fields:
            _check(field)
        if self.key is not None and self.fields[self.key_field].kind != Kind.TEXT:
            raise SpecError(f"{self.name}: the key field {self.key} is not a TEXT field")

    @cached_property
    def key_field(self) -> int:
        """Index of the key field; -1: none."""
        return -1 if self.key is None else [field.name for field in self.fields].index(self.key)

    @property
    def _names(self) -> list[tuple[int, int, str]]:
        """(owner, index, name) of every field and symbol, see ``NAME``."""
        names = [(0, i, field.name) for i, field in enumerate(self.fields)]
        for i, field in enumerate(self.fields):
            names += [(i + 1, j, symbol) for j, symbol in enumerate(field.symbols)]
        return names

    @cached_property
    def table(self) -> npt.NDArray[Any]:
        """The specification for kernels: SPEC[1]."""
        table = np.zeros(1, SPEC)
        spec = table[0]
        spec["count"], spec["width"], spec["key_field"] = (
            len(self.fields),
            self.width,
            self.key_field,
        )
        for row, field in zip(spec["fields"], self.fields, strict=False):
            _fill(row, field)
        for i, (owner, index, name) in enumerate(self._names):
            _enter(spec, i, owner, index, name.encode())
        return table

    def new_state(self) -> npt.NDArray[Any]:
        """A decoder's state before its first record: STATE[1]."""
        state = np.zeros(1, STATE)
        state["follow"] = -1
        return state


def _check(field: Field) -> None:
    if not field.name.isidentifier() or not field.name.isascii():
        raise SpecError(f"{field.name!r} is not an Avro name")
    for name in (field.name, *field.symbols):
        if len(name.encode()) > MAX_NAME_BYTES:
            raise SpecError(f"{name} is longer than {MAX_NAME_BYTES} bytes")
    if field.text_column is not None and field.kind != Kind.HASH:
        raise SpecError(f"{field.name}: only a HASH field has a second column for its text")
    if bool(field.symbols) != (field.kind == Kind.ENUM):
        raise SpecError(f"{field.name}: symbols belong to ENUM fields, and those need them")
    if field.unknown is not None and field.unknown not in field.symbols:
        raise SpecError(f"{field.name}: {field.unknown} is not one of its symbols")
    if field.default is not None and field.kind in (Kind.TEXT, Kind.COUNTRY):
        raise SpecError(f"{field.name}: a {field.kind.name} field cannot have a default")
    if field.default is not None and (field.nullable or field.text_column is not None):
        raise SpecError(f"{field.name}: a nullable field and one with its text default to null")


def _fill(row: Any, field: Field) -> None:
    low = -math.inf if field.minimum is None else field.minimum
    high = math.inf if field.maximum is None else field.maximum
    row["min_real"], row["max_real"] = low, high
    row["min_int"] = -LONG_MAX - 1 if low == -math.inf else math.ceil(low)
    row["max_int"] = LONG_MAX if high == math.inf else math.floor(high)
    row["min_chars"] = field.min_chars
    row["max_chars"] = LONG_MAX if field.max_chars is None else field.max_chars
    row["kind"] = field.kind
    text_only = field.kind == Kind.TEXT
    row["column"] = -1 if text_only else field.column
    row["text_column"] = field.column if text_only else -1
    if field.text_column is not None:
        row["text_column"] = field.text_column
    row["unknown"] = -1 if field.unknown is None else field.symbols.index(field.unknown)
    token = f'"{field.name}":'.encode()
    row["token_bytes"] = len(token)
    row["token"] = _words(token)
    row["mask"] = _words(b"\xff" * len(token))
    row["nullable"] = field.nullable
    row["required"] = field.required
    row["has_default"] = field.default is not None
    row["default"] = 0 if field.default is None else default_of(field, field.default)


def default_of(field: Field, value: int | float | str) -> int:
    """What ``field``'s column holds for a default."""
    if field.kind == Kind.FLOAT:
        return int(np.float64(value).view(np.int64))
    if field.kind == Kind.INT:
        return int(value)
    if field.kind == Kind.ENUM:
        return field.symbols.index(str(value))
    if field.kind == Kind.HEX16:
        return int(np.uint64(int(str(value), 16)).view(np.int64))
    return string_hash(str(value))


def string_hash(text: str) -> int:
    """The column value of a ``HASH`` field: the 64 bits as a signed integer."""
    data = np.frombuffer(text.encode(), np.uint8)
    return int(np.uint64(siphash13(data, 0, len(data), *STRING_KEY)).view(np.int64))


def _words(text: bytes) -> npt.NDArray[np.uint64]:
    return np.frombuffer(text.ljust(8 * NAME_WORDS, b"\0"), "<u8")


def _enter(spec: Any, i: int, owner: int, index: int, name: bytes) -> None:
    """Enter a name into the hash table, as entry ``i``."""
    entry = spec["names"][i]
    entry["words"], entry["length"], entry["owner"], entry["index"] = (
        _words(name),
        len(name),
        owner,
        index,
    )
    slot = first_slot(np.frombuffer(name, np.uint8), 0, len(name), owner)
    while spec["slots"][slot]:
        slot = (slot + 1) % SLOTS
    spec["slots"][slot] = i + 1
