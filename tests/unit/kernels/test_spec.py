"""Specifications: what they promise to kernels, and what they refuse."""

from typing import Any

import numpy as np
import pytest

from app.kernels.spec import STRING_KEY, Field, Kind, RecordSpec, SpecError, string_hash
from app.kernels.spec_table import MAX_NAME_BYTES, find_name
from tests.reference.json_records import signed
from tests.reference.json_specs import EVERYTHING
from tests.reference.siphash import siphash13


def find(text: bytes, owner: int, spec: RecordSpec = EVERYTHING) -> int:
    data = np.frombuffer(b"??" + text + b"??", np.uint8)
    return int(find_name(data, 2, len(text), owner, spec.table[0]))


def test_every_name_is_found_by_its_owner_alone() -> None:
    for i, field in enumerate(EVERYTHING.fields):
        assert find(field.name.encode(), 0) == i
        assert find(field.name.encode(), i + 1) == -1
        for j, symbol in enumerate(field.symbols):
            assert find(symbol.encode(), i + 1) == j
            assert find(symbol.encode(), 0) == -1


@pytest.mark.parametrize("text", [b"", b"i", b"idd", b"Id", b"\0", b"x" * 33, b"ultra", b"whe\0"])
def test_other_names_are_not_found(text: bytes) -> None:
    assert find(text, 0) == -1


def test_names_that_share_their_first_bytes_and_their_length() -> None:
    fields = tuple(Field(name=f"common_prefix_{i:02d}", kind=Kind.INT, column=i) for i in range(60))
    spec = RecordSpec("many", fields, width=60)
    assert [find(f.name.encode(), 0, spec) for f in fields] == list(range(60))


def test_hashes_of_strings_are_the_same_in_every_process() -> None:
    words = [int(word) for word in STRING_KEY]
    assert string_hash("api") == signed(siphash13(b"api", *words))
    # written to changelogs and topics: a change of the key is a change of their format
    assert words == [0x5265666C75782E31, 0x737472696E672D6B]


def test_required_and_published_types() -> None:
    by_name = {field.name: field for field in EVERYTHING.fields}
    assert by_name["id"].required
    assert not by_name["anything"].required
    assert not by_name["attempts"].required
    assert by_name["when"].avro_type == "long"
    assert by_name["real"].avro_type == ["null", "double"]


def field(**changes: Any) -> Field:
    return Field(**{"name": "a", "kind": Kind.INT, "column": 0, **changes})


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ([], "1 to 64 fields"),
        ([field(), field(name="b")], "overlap"),
        ([field(column=2)], "outside"),
        ([field(), field(column=1)], "share a name"),
        ([field(aliases=("b",)), field(name="b", column=1)], "share a name"),
        ([field(name="not a name")], "not an Avro name"),
        ([field(name="x" * (MAX_NAME_BYTES + 1))], "longer than"),
        ([field(text_column=1)], "only a HASH field"),
        ([field(kind=Kind.ENUM)], "symbols"),
        ([field(symbols=("a",))], "symbols"),
        ([field(kind=Kind.ENUM, symbols=("a",), unknown="b")], "not one of its symbols"),
        ([field(kind=Kind.TEXT, default="a")], "cannot have a default"),
        ([field(default=1, nullable=True)], "default to null"),
    ],
)
def test_contradictions_are_refused(fields: list[Field], complaint: str) -> None:
    with pytest.raises(SpecError, match=complaint):
        RecordSpec("bad", tuple(fields), width=2)


def test_the_key_is_a_text_field() -> None:
    with pytest.raises(SpecError, match="not a TEXT field"):
        RecordSpec("bad", (field(),), width=1, key="a")


def test_too_many_symbols_are_refused() -> None:
    many = tuple(f"symbol_{i}" for i in range(256))
    with pytest.raises(SpecError, match="more than 256 names"):
        RecordSpec("bad", (field(kind=Kind.ENUM, symbols=many),), width=1)
