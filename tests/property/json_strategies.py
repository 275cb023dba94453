"""Hypothesis strategies for JSON records: good ones, odd ones and broken ones."""

import json
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn, SearchStrategy

from app.kernels.spec import Field, Kind, RecordSpec

SPACE = st.text(" \t\r\n", max_size=3)

_CHARACTERS = st.characters(exclude_categories=["Cs"])
_NUMBER_TEXT = st.from_regex(r"\A-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,24})?([eE][+-]?[0-9]{1,3})?\Z")
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**65), 2**65),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(_CHARACTERS, max_size=12),
)
ANY_VALUE = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


def good_values(field: Field) -> SearchStrategy[Any]:
    """Values that ``field`` takes, mostly."""
    values: SearchStrategy[Any]
    if field.kind == Kind.INT:
        low = -(2**63) if field.minimum is None else int(field.minimum)
        high = 2**63 - 1 if field.maximum is None else int(field.maximum)
        values = st.integers(low, high)
    elif field.kind == Kind.FLOAT:
        values = st.floats(field.minimum, field.maximum, allow_nan=False, allow_infinity=False)
    elif field.kind == Kind.ENUM:
        values = st.sampled_from(field.symbols)
    elif field.kind == Kind.HEX16:
        values = st.integers(0, 2**64 - 1).map(lambda word: f"{word:016x}")
    elif field.kind == Kind.COUNTRY:
        values = st.text("ABCXYZ", min_size=2, max_size=2)
    else:
        values = st.text(_CHARACTERS, min_size=field.min_chars, max_size=field.max_chars or 20)
    return st.one_of(values, st.none()) if field.nullable else values


@st.composite
def string_text(draw: DrawFn, value: str) -> str:
    """A JSON string with this value, its characters escaped at random."""
    plain = json.dumps(value, ensure_ascii=draw(st.booleans()))
    if not value or draw(st.booleans()):
        return plain
    at = draw(st.integers(0, len(value) - 1))
    units = value[at].encode("utf-16-be")
    escaped = "".join(
        f"\\u{int.from_bytes(units[i : i + 2], 'big'):04X}" for i in range(0, len(units), 2)
    )
    before = json.dumps(value[:at], ensure_ascii=False)[:-1]
    after = json.dumps(value[at + 1 :], ensure_ascii=False)[1:]
    return before + escaped + after


@st.composite
def number_text(draw: DrawFn, value: float) -> str:
    """A JSON number with this value, in one of the ways to write it."""
    if isinstance(value, int):
        forms = [str(value), f"{value}.0", f"{value}e0", f"{value}0E-1", f"{value}.{'0' * 20}"]
        return draw(st.sampled_from(forms))
    forms = [repr(value), f"{value:.30e}", f"{value:.20f}", f"{value:.17E}"]
    return draw(st.sampled_from(forms))


@st.composite
def value_text(draw: DrawFn, value: Any) -> str:
    if isinstance(value, str):
        return draw(string_text(value))
    if isinstance(value, int | float) and not isinstance(value, bool):
        return draw(number_text(value))
    return json.dumps(value)


@st.composite
def members(draw: DrawFn, spec: RecordSpec) -> list[str]:
    """The ``"key": value`` texts of a record."""
    texts = []
    bad = draw(st.integers(0, 3)) == 0
    for field in spec.fields:
        fate = draw(st.integers(0, 39)) if bad else 39
        if fate == 0 or (not field.required and draw(st.booleans())):
            continue
        if fate == 1:
            text = draw(_NUMBER_TEXT)
        else:
            value = draw(ANY_VALUE if fate < 4 else good_values(field))
            text = draw(value_text(value))
        key = draw(string_text(field.name)) if draw(st.integers(0, 9)) == 0 else f'"{field.name}"'
        texts.append(f"{key}{draw(SPACE)}:{draw(SPACE)}{text}")
    for _ in range(draw(st.integers(0, 2))):
        known = draw(st.integers(0, 7)) == 0  # a key that is repeated: the last one counts
        key = draw(st.sampled_from([f.name for f in spec.fields] if known else ["x", "é", ""]))
        texts.append(f'"{key}":{draw(value_text(draw(ANY_VALUE)))}')
    return texts


@st.composite
def records(draw: DrawFn, spec: RecordSpec) -> bytes:
    """A record: mostly valid, keys mostly in the specification's order."""
    texts = draw(members(spec))
    if draw(st.integers(0, 3)) == 0:
        texts = draw(st.permutations(texts))
    comma = f"{draw(SPACE)},{draw(SPACE)}"
    inner = f"{draw(SPACE)}{comma.join(texts)}{draw(SPACE)}"
    return f"{draw(SPACE)}{{{inner}}}{draw(SPACE)}".encode()


@st.composite
def mutated(draw: DrawFn, texts: SearchStrategy[bytes]) -> bytes:
    """Bytes of ``texts`` changed in a few places."""
    data = bytearray(draw(texts))
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        kind = draw(st.integers(0, 7))
        if kind >= 4:  # often valid still
            old = data[at : at + 1]
            same = b"0123456789" if old.isdigit() else b"abcdefE" if old.isalpha() else old or b" "
            data[at : at + 1] = bytes([draw(st.sampled_from(same))])
        elif kind == 0:
            data[at : at + 1] = draw(st.binary(min_size=1, max_size=1))
        elif kind == 1:
            del data[at : at + draw(st.integers(1, 4))]
        elif kind == 2:
            data[at:at] = draw(st.sampled_from([b'"', b"\\", b"{", b"}", b"[", b",", b"0", b"-"]))
        else:
            del data[at:]
    return bytes(data)


# What looks like JSON to a careless reader: the alphabet of its grammar in any order.
JSON_SOUP = st.lists(
    st.sampled_from([*'{}[]",:\\0123456789.eE+- \nu', "null", "true", "false", '"a"', "é", "\x01"]),
    max_size=24,
).map("".join)
