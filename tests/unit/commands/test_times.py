import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from app.commands.times import parse_duration, parse_time, show_time


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("90m", 5_400),
        ("24h", 86_400),
        ("7d", 604_800),
        ("1w", 604_800),
        ("1d12h", 129_600),
    ],
)
def test_durations(text: str, seconds: int) -> None:
    assert parse_duration(text) == seconds * 1000


@pytest.mark.parametrize("text", ["", "5", "h", "1.5h", "-1h", "1h ", "1 h", "one hour", "1h x"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "millis"),
    [
        ("1970-01-01", 0),
        ("1970-01-01T00:00:01", 1_000),
        ("1970-01-01T00:00:01Z", 1_000),
        ("1970-01-01T02:00:00+02:00", 0),
    ],
)
def test_times_are_utc_unless_they_say_otherwise(text: str, millis: int) -> None:
    assert parse_time(text) == millis


@given(st.integers(0, 253_402_300_799))
def test_what_is_shown_can_be_typed(seconds: int) -> None:
    assert parse_time(show_time(seconds * 1000).replace(" ", "T")) == seconds * 1000


@pytest.mark.parametrize("millis", [2**62, -(2**62)])
def test_times_beyond_the_calendar_are_shown_as_they_are(millis: int) -> None:
    assert show_time(millis) == f"{millis} ms"
