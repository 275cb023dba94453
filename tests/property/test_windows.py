"""A row says what the whole history of its account says, in whatever order it came."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from app.kernels.fold_row import fold_request, reset_detection
from app.kernels.hours import active_hours
from app.kernels.windows import TICK_MS
from app.state.layout import ACCOUNT, CLIENTS, HORIZONS_MS, MODELS, NETWORKS, PROGRAMS, TASKS
from tests.reference import windows as reference
from tests.reference.families import Families, HeavyHitters
from tests.reference.requests import START, Ask, columns_of

STEPS_MS = st.one_of(
    st.just(0),
    st.integers(1, 30_000),
    st.integers(30_000, 3 * 3_600_000),
    st.integers(-2 * 86_400_000, 0),
    st.integers(0, 30 * 86_400_000),
)
UNIT = st.floats(0, 1)
# Few centres and few flipped bits, so that prompts join, repeat and drive one another out.
PROMPTS = st.builds(
    lambda centre, a, b: (centre * 0x9E3779B97F4A7C15 ^ 1 << a ^ 1 << b) % 2**64,
    st.integers(0, 6),
    st.sampled_from((0, 3, 63)),
    st.sampled_from((0, 3, 40)),
)
KEYS = st.integers(0, 5)


@st.composite
def histories(draw: st.DrawFn) -> list[Ask]:
    ts = START
    history = []
    for step in draw(st.lists(STEPS_MS, min_size=1, max_size=60)):
        ts = max(ts + step, 0)
        history.append(
            Ask(
                ts=ts,
                prompt=draw(PROMPTS),
                turn=draw(st.sampled_from((1, 1, 1, 2, 7, 2**31 - 1))),
                task=draw(st.integers(0, len(TASKS) - 1)),
                elicitation=draw(UNIT),
                input_tokens=draw(st.integers(0, 10**6)),
                output_tokens=draw(st.integers(0, 10**5)),
                reasoning_tokens=draw(st.integers(0, 10**5)),
                status=draw(st.sampled_from((200, 403, 429, 500))),
                tools=draw(st.integers(0, 3)),
                proxy=draw(UNIT),
                program=draw(KEYS),
                network=draw(KEYS),
                client=draw(KEYS),
                model=draw(KEYS),
            )
        )
    return history


def folded(history: list[Ask]) -> np.void:
    row = np.zeros(1, ACCOUNT)[0]
    for ask in history:
        fold_request(row, columns_of(ask), ask.ts)
    return row


def close(actual: object, expected: object) -> None:
    np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-6)


@settings(max_examples=60, deadline=None)
@given(histories())
def test_windows_are_sums_over_the_history(history: list[Ask]) -> None:
    row = folded(history)
    for name, expected in reference.windows_of(history).items():
        close(row[name], expected)


@settings(max_examples=60, deadline=None)
@given(histories(), st.integers(-100 * 3_600_000, 200 * 3_600_000), st.integers(1, 168))
def test_hours_are_those_with_a_request(history: list[Ask], later: int, span: int) -> None:
    row = folded(history)
    now = max(int(row["last_ts"]) + later, 0)
    assert active_hours(row, now, span) == reference.active_hours(history, now, span)


@settings(max_examples=60, deadline=None)
@given(histories())
def test_gap_moments_are_those_of_the_gaps(history: list[Ask]) -> None:
    row = folded(history)
    weight, mean, squares = reference.gap_moments(history)
    close(row["gap_weight"], weight)
    close(row["gap_mean"], mean)
    np.testing.assert_allclose(row["gap_m2"], squares, rtol=1e-3, atol=1e-3)


@settings(max_examples=60, deadline=None)
@given(histories())
def test_heavy_hitters_are_those_of_space_saving(history: list[Ask]) -> None:
    row = folded(history)
    for name, size in (
        ("program", PROGRAMS),
        ("network", NETWORKS),
        ("client", CLIENTS),
        ("model", MODELS),
    ):
        expected = HeavyHitters(size)
        clock = history[0].ts
        for ask in history:
            ticks = ask.ts // TICK_MS - clock // TICK_MS
            factor = float(np.exp(-abs(ticks) * TICK_MS / HORIZONS_MS[2]))
            if ask.ts >= clock:
                expected.decay(factor)
            weight = 1.0 if ask.ts >= clock else factor
            expected.add(getattr(ask, name), weight, weight * ask.elicitation)
            clock = max(clock, ask.ts)
        close(np.sort(row[f"{name}_weight"]), sorted(place.weight for place in expected.places))
        if name == "program":
            elicited = sorted(place.elicited for place in expected.places)
            close(np.sort(row["program_elicitation"]), elicited)


@settings(max_examples=60, deadline=None)
@given(histories())
def test_families_are_those_of_the_reference(history: list[Ask]) -> None:
    row = folded(history)
    expected = Families()
    for ask in history:
        expected.fold(ask)
    close(row["family_weight"], [place.weight for place in expected.places])
    assert row["family"].tolist() == [place.key for place in expected.places]
    close(row["novel"], expected.novel)
    close(row["recaptured"], expected.recaptured)


@settings(max_examples=60, deadline=None)
@given(histories(), st.data())
def test_a_row_folds_alike_whatever_lies_between_its_requests(
    history: list[Ask], data: st.DataObject
) -> None:
    together = np.zeros(2, ACCOUNT)
    for ask in history:
        for _ in range(data.draw(st.integers(0, 2))):
            fold_request(together[1], columns_of(ask._replace(ts=ask.ts + 5)), ask.ts + 5)
        fold_request(together[0], columns_of(ask), ask.ts)
    assert together[0].tobytes() == folded(history).tobytes()


@settings(max_examples=60, deadline=None)
@given(histories())
def test_a_reset_row_is_as_new_but_for_who_it_is(history: list[Ask]) -> None:
    row = folded(history)
    row["id_length"] = 7
    reset_detection(row)
    fresh = np.zeros(1, ACCOUNT)[0]
    fresh["id_length"] = 7
    fresh["last_ts"] = row["last_ts"]
    assert row.tobytes() == fresh.tobytes()
