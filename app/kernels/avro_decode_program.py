"""Writers' Avro schemas, compiled to the programs that ``avro_decode`` runs.

Resolution follows the Avro specification, "Schema resolution"; the reader is a ``RecordSpec``.
Fields match by name or by the reader's alias, in any order; the writer's other fields are passed
over, the reader's missing ones take their default. A field takes any writer's type whose values
can be its own: numbers of every width, strings or bytes, for an ENUM field an enum (its unknown
symbols count as the field's ``unknown``), and unions of these. What cannot be read is an error of
that field in each record, not of the schema.
"""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import fastavro
import numpy as np

from app.kernels.avro_decode import (
    OP_AGAIN,
    OP_BLOCKS,
    OP_BOOLEAN,
    OP_BYTES,
    OP_CALL,
    OP_DATA,
    OP_DOUBLE,
    OP_END,
    OP_ENUM,
    OP_FIXED,
    OP_FLOAT,
    OP_JUMP,
    OP_LONG,
    OP_NULL,
    OP_RETURN,
    OP_STRING,
    OP_UNION,
    OP_WRONG,
    Programs,
)
from app.kernels.spec import Field, Kind, RecordSpec

Schema = str | dict[str, Any] | list[Any]
Resolver = Callable[[int], Schema | None]

RETRY_SECONDS = 30.0  # a schema may be registered a moment after its first record is seen

MISSING_IDS = 10_000  # made-up ids must not fill the memory

_PRIMITIVES = {
    "null": OP_NULL,
    "boolean": OP_BOOLEAN,
    "int": OP_LONG,
    "long": OP_LONG,
    "float": OP_FLOAT,
    "double": OP_DOUBLE,
    "bytes": OP_BYTES,
    "string": OP_STRING,
}


class SchemasPending(LookupError):
    """A resolver must not wait for these schemas here: get them, then begin again.

    ``wanted`` names them as the resolver does.
    """

    def __init__(self, wanted: set[Any]) -> None:
        super().__init__(f"{len(wanted)} schemas have to be looked up first")
        self.wanted = wanted


class UnreadableSchema(ValueError):
    """A schema that is not valid Avro, or whose records are not Avro records."""


def compile_schema(schema: Schema, spec: RecordSpec, base: int = 0) -> list[tuple[int, int, int]]:
    """The program that reads records written with ``schema`` into ``spec``, for address ``base``.

    Raises ``UnreadableSchema``.
    """
    named: dict[str, Any] = {}
    try:
        parsed = fastavro.parse_schema(schema, named_schemas=named)
        return _Compiler(named, spec, base).compile(parsed)
    except UnreadableSchema:
        raise
    except Exception as error:  # the parser meets foreign input and raises whatever it stumbles on
        raise UnreadableSchema(f"not a valid Avro schema: {error!r}") from error


class _Compiler:
    """Emits one program.

    Records that are passed over become subroutines, one for each name: schemas may be recursive,
    and repeating a record's code at each use could grow without bound.
    """

    def __init__(self, named: dict[str, Any], spec: RecordSpec, base: int) -> None:
        self._named = named
        self._spec = spec
        self._base = base
        self._code: list[tuple[int, int, int]] = []
        self._calls: list[tuple[int, str]] = []  # (index of an OP_CALL, record it calls)

    def compile(self, schema: Any) -> list[tuple[int, int, int]]:
        if not isinstance(schema, dict) or schema.get("type") != "record":
            raise UnreadableSchema("the schema is not of a record")
        targets = self._targets(schema)
        for writer in schema["fields"]:
            self._value(writer["type"], targets.get(writer["name"], -1))
        self._emit(OP_END)
        self._subroutines()
        return self._code

    def _targets(self, schema: dict[str, Any]) -> dict[str, int]:
        """Which of the writer's fields goes into which of the reader's."""
        names = {writer["name"] for writer in schema["fields"]}
        targets: dict[str, int] = {}
        for index, field in enumerate(self._spec.fields):
            match = next((n for n in (field.name, *field.aliases) if n in names), None)
            if match is not None:
                targets[match] = index
        return targets

    def _subroutines(self) -> None:
        addresses: dict[str, int] = {}
        done = 0
        while done < len(self._calls):
            at, name = self._calls[done]
            done += 1
            if name not in addresses:
                addresses[name] = self._here()
                for writer in self._named[name]["fields"]:
                    self._value(writer["type"], -1)
                self._emit(OP_RETURN)
            self._code[at] = (OP_CALL, addresses[name], 0)

    def _here(self) -> int:
        return self._base + len(self._code)

    def _emit(self, operation: int, a: int = 0, b: int = 0) -> int:
        """Append a row; returns its index, for filling in an address later."""
        self._code.append((operation, a, b))
        return len(self._code) - 1

    def _value(self, schema: Any, field: int) -> None:
        if isinstance(schema, list):
            self._union(schema, field)
            return
        kind = schema["type"] if isinstance(schema, dict) else schema
        if kind in _PRIMITIVES:
            self._emit(_PRIMITIVES[kind], field)
        elif not isinstance(schema, dict):
            self._value(self._named[schema], field)
        elif kind == "enum":
            self._enum(schema["symbols"], field)
        elif kind in ("array", "map"):
            self._wrong(field)
            self._blocks(schema, kind)
        elif kind == "fixed":
            self._wrong(field)
            self._emit(OP_FIXED, -1, _size(schema))
        elif kind in ("record", "error"):
            self._wrong(field)
            if not self._is_empty(schema):
                self._calls.append((self._emit(OP_CALL), schema["name"]))
        else:
            raise UnreadableSchema(f"unknown type {kind!r}")

    def _wrong(self, field: int) -> None:
        if field >= 0:
            self._emit(OP_WRONG, field)

    def _enum(self, symbols: list[str], field: int) -> None:
        self._emit(OP_ENUM, field, len(symbols))
        for symbol in symbols:
            index = -1
            if field >= 0 and self._spec.fields[field].kind == Kind.ENUM:
                index = _symbol_index(self._spec.fields[field], symbol)
            self._emit(OP_DATA, index)

    def _union(self, branches: list[Any], field: int) -> None:
        if any(isinstance(branch, list) for branch in branches):
            raise UnreadableSchema("a union directly in a union")
        start = self._emit(OP_UNION, len(branches))
        for _ in branches:
            self._emit(OP_DATA)
        jumps = []
        for i, branch in enumerate(branches):
            self._code[start + 1 + i] = (OP_DATA, self._here(), 0)
            self._value(branch, field)
            jumps.append(self._emit(OP_JUMP))
        for jump in jumps:
            self._code[jump] = (OP_JUMP, self._here(), 0)

    def _blocks(self, schema: dict[str, Any], kind: str) -> None:
        items = schema["items"] if kind == "array" else schema["values"]
        address = self._here()
        empty = kind == "array" and self._is_empty(items)
        start = self._emit(OP_BLOCKS)
        if not empty:
            if kind == "map":
                self._emit(OP_STRING, -1)
            self._value(items, -1)
            self._emit(OP_AGAIN, address)
        self._code[start] = (OP_BLOCKS, self._here(), int(empty))

    def _is_empty(self, schema: Any, within: frozenset[str] = frozenset()) -> bool:
        """Whether every value of this type is written in no bytes at all."""
        if isinstance(schema, list):
            return False
        if not isinstance(schema, dict) and schema not in _PRIMITIVES:
            schema = self._named[schema]
        kind = schema["type"] if isinstance(schema, dict) else schema
        if kind == "fixed":
            return _size(schema) == 0
        if kind not in ("record", "error"):
            return bool(kind == "null")
        if schema["name"] in within:
            return True  # adds nothing of its own; an endless one is as empty as the rest of it
        inner = within | {schema["name"]}
        return all(self._is_empty(field["type"], inner) for field in schema["fields"])


def _size(schema: dict[str, Any]) -> int:
    size = schema["size"]
    if not isinstance(size, int) or size < 0:
        raise UnreadableSchema(f"a fixed type of size {size!r}")
    return min(size, 2**31)  # larger than any record


def _symbol_index(field: Field, symbol: str) -> int:
    if symbol in field.symbols:
        return field.symbols.index(symbol)
    return -1 if field.unknown is None else field.symbols.index(field.unknown)


class AvroPrograms:
    """The programs of the writers' schemas met so far, for one ``RecordSpec``.

    ``resolve(schema_id)`` returns the writer's schema (JSON text or parsed) or None if there is no
    such schema. It may block, or raise ``SchemasPending``. What it raises passes through: a
    registry that cannot be asked must delay records, not turn them into dead letters. A schema that
    does not exist, or cannot be used, is asked for again after ``retry_seconds``; one that can is
    never asked for again.

    Safe to use from several threads; one at a time asks.
    """

    def __init__(
        self,
        spec: RecordSpec,
        resolve: Resolver,
        *,
        retry_seconds: float = RETRY_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.spec = spec
        self._resolve = resolve
        self._retry_seconds = retry_seconds
        self._clock = clock
        self._missing: dict[int, float] = {}  # schema id -> when to ask again
        self._lock = threading.Lock()
        self.programs = Programs(
            np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((0, 3), np.int64)
        )

    def load(self, schema_ids: set[int]) -> bool:
        """Make programs of these schemas; returns whether any was added.

        Raises ``SchemasPending`` for all at once that the resolver will not wait for.
        """
        with self._lock:
            added = False
            pending: set[Any] = set()
            for schema_id in sorted(schema_ids):
                if schema_id in self.programs.ids:
                    added = True  # by another thread, since the records were looked at
                elif self._clock() >= self._missing.get(schema_id, -np.inf):
                    try:
                        added |= self._ask(schema_id)
                    except SchemasPending as exc:
                        pending |= exc.wanted
            if pending:
                raise SchemasPending(pending)
            return added

    def _ask(self, schema_id: int) -> bool:
        schema = self._resolve(schema_id)
        old = self.programs
        try:
            if schema is None:
                raise UnreadableSchema(f"schema {schema_id} does not exist")
            parsed = json.loads(schema) if isinstance(schema, str) else schema
            program = compile_schema(parsed, self.spec, base=len(old.code))
        except ValueError:
            self._missing.pop(schema_id, None)
            self._missing[schema_id] = self._clock() + self._retry_seconds
            if len(self._missing) > MISSING_IDS:
                del self._missing[next(iter(self._missing))]  # the oldest answer
            return False
        self._missing.pop(schema_id, None)
        self.programs = Programs(
            np.append(old.ids, np.int64(schema_id)),
            np.append(old.starts, np.int64(len(old.code))),
            np.concatenate([old.code, np.array(program, np.int64)]),
        )
        return True


def no_schemas(_schema_id: int) -> None:
    """A resolver for where Avro is not in use: no schema exists."""
