"""JSON numbers against Python's own parser, which is exact."""

import math
import random
import struct
from decimal import Decimal, localcontext

import numpy as np
import pytest

from app.kernels.numbers import AMBIGUOUS, BROKEN, INTEGER, REAL, integral_value, parse_number
from app.kernels.numbers_real import nearest_double


def parse(text: str) -> tuple[int, int, float, int]:
    data = np.frombuffer(f"{text}}}".encode(), np.uint8)
    kind, integer, real, after = parse_number(data, 0, len(data))
    return int(kind), int(integer), float(real), int(after)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("-0", 0),
        ("7", 7),
        ("12345678", 12345678),
        ("123456789", 123456789),
        ("1760000000000", 1760000000000),
        ("1234567890123456789", 1234567890123456789),
        (str(2**63 - 1), 2**63 - 1),
        (str(-(2**63)), -(2**63)),
    ],
)
def test_integers(text: str, value: int) -> None:
    assert parse(text) == (INTEGER, value, 0.0, len(text))


@pytest.mark.parametrize(
    "text",
    [
        "0.0",
        "-0.0",
        "0.5",
        "1e5",
        "1E+5",
        "1e-5",
        "123.456e2",
        "9007199254740993.0",
        "9007199254740992.99999999999999999999999",
        "0.1",
        "0.30000000000000004",
        "1e22",
        "1e23",
        "8.5e-7",
        "1.7976931348623157e308",
        "2.2250738585072014e-308",
        "2.2250738585072011e-308",
        "5e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "1e-400",
        "0e999999999999",
        "0.0e-999999999999",
        str(2**63),
        str(-(2**63) - 1),
        str(2**64),
        "1" * 308,
        "0." + "0" * 300 + "1e300",
        "1" + "0" * 300 + "e-300",
        "0.00000000000000000000000000000000000000001",
    ],
)
def test_reals(text: str) -> None:
    kind, integer, real, after = parse(text)
    assert (kind, integer, after) == (REAL, 0, len(text))
    assert struct.pack("<d", real) == struct.pack("<d", float(text))


@pytest.mark.parametrize(
    "text",
    [
        *("", "-", "+1", ".5", "1.", "1.e5", "01", "-01", "00", "1e", "1e+", "1e-", "a"),
        *("NaN", "-Infinity", "1e309", "-1e309", "1.7976931348623159e308", "9" * 400),
    ],
)
def test_what_is_no_number_or_too_large_is_broken(text: str) -> None:
    assert parse(text)[0] == BROKEN


def test_a_number_ends_where_it_ends() -> None:
    assert parse("12x")[3] == 2
    assert parse("1.5.5")[3] == 3
    assert parse("1e5e5")[3] == 3
    assert parse("-12-3") == (INTEGER, -12, 0.0, 3)


def test_a_number_that_runs_into_the_end_is_broken() -> None:
    data = np.frombuffer(b"1234567812345678", np.uint8)
    for end in range(17):
        assert parse_number(data, 0, end)[0] == BROKEN
    for text in (b"1.5", b"1e5", b"1e", b"1.", b"-"):
        data = np.frombuffer(text, np.uint8)
        assert parse_number(data, 0, len(data))[0] == BROKEN


def test_too_many_digits_are_left_over_only_when_they_matter() -> None:
    halfway = "9007199254740993"  # between two doubles
    assert parse(f"{halfway}.{'0' * 30}")[:3:2] == (REAL, 9007199254740992.0)
    assert parse(f"{halfway}.{'0' * 30}1")[0] == AMBIGUOUS
    assert parse("0.1000000000000000055511151231257827")[:3:2] == (REAL, 0.1)


def test_random_numbers_agree_with_python() -> None:
    rng = random.Random(5)
    ambiguous = 0
    for _ in range(4_000):
        digits = rng.getrandbits(rng.randint(1, 64))
        text = rng.choice(
            [
                lambda d: f"{d}e{rng.randint(-345, 310)}",
                lambda d: f"{d}.{rng.getrandbits(40)}e{rng.randint(-330, 300)}",
                lambda d: f"0.{d}",
                lambda d: repr(abs(struct.unpack("<d", d.to_bytes(8, "little"))[0])),
            ]
        )(digits)
        if "n" in text:  # nan, inf
            continue
        kind, integer, real, _ = parse(text)
        expected = float(text)
        ambiguous += kind == AMBIGUOUS
        if kind == BROKEN:
            assert math.isinf(expected)
        elif kind != AMBIGUOUS:
            assert (integer if kind == INTEGER else real) == expected
    assert ambiguous < 40


def test_numbers_next_to_a_rounding_boundary() -> None:
    rng = random.Random(6)
    with localcontext() as context:
        context.prec = 800
        for _ in range(1_000):
            low = abs(struct.unpack("<d", rng.randbytes(8))[0])
            high = math.nextafter(low, math.inf)
            if not math.isfinite(high):
                continue
            middle = (Decimal(low) + Decimal(high)) / 2
            for digits in (17, 18, 19, 25):
                text = f"{middle:.{digits - 1}e}".replace("E", "e")
                kind, _, real, _ = parse(text)
                assert kind == AMBIGUOUS or real == float(text), text


def test_every_power_of_ten() -> None:
    for power in range(-345, 311):
        for digits in (1, 9, 2**53 + 1, 2**64 - 1):
            expected = float(f"{digits}e{power}")
            assert nearest_double(np.uint64(digits), power) == expected


@pytest.mark.parametrize(
    ("real", "expected"),
    [
        (1.0, (True, True, 1)),
        (-0.0, (True, True, 0)),
        (1.5, (False, False, 0)),
        (2.0**63, (True, False, 0)),
        (-(2.0**63), (True, True, -(2**63))),
        (1e300, (True, False, 0)),
        (math.inf, (True, False, 0)),
        (math.nan, (False, False, 0)),
    ],
)
def test_integral_values(real: float, expected: tuple[bool, bool, int]) -> None:
    assert tuple(integral_value(real)) == expected
