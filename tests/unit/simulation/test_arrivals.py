import numpy as np
import pytest

from app.simulation.arrivals import (
    DAY_MS,
    MAX_SESSION,
    TICK_MS,
    TICKS_PER_DAY,
    Conversations,
    Deadline,
    Moment,
    Scheduled,
    Sessions,
    Steady,
    expand,
    join,
)
from app.simulation.population import START_MS
from app.simulation.rows import HABIT, Rows

HOUR_MS = 3_600_000


def habits(count: int, **values: object) -> Rows:
    rows = np.zeros(count, HABIT)
    defaults = {
        "active_from": START_MS,
        "active_to": START_MS + DAY_MS,
        "session_size": 1.0,
        "gap_ms": 1_000.0,
        "gap_cv": 1.0,
        "active_share": 1.0,
        "period_ms": HOUR_MS,
    }
    for name, value in {**defaults, **values}.items():
        rows[name] = value
    return rows


def moment(tick: int, count: int, intensity: float = 1.0) -> Moment:
    return Moment(START_MS + tick * TICK_MS, np.full(count, intensity))


def test_conversations_are_poisson_and_fall_to_habits_by_their_rates() -> None:
    rows = habits(2, requests_per_day=[720.0, 2_160.0])
    rng = np.random.default_rng(0)
    counts = np.array(
        [
            np.bincount(Conversations().sessions(rows, moment(tick, 2), rng).habit, minlength=2)
            for tick in range(4_000)
        ]
    )
    assert counts.mean(axis=0) == pytest.approx([5.0, 15.0], rel=0.03)
    assert counts.var(axis=0) == pytest.approx([5.0, 15.0], rel=0.08)
    assert abs(np.corrcoef(counts.T)[0, 1]) < 0.06


def test_conversations_start_inside_their_tick_and_none_while_silent() -> None:
    rows = habits(50, requests_per_day=500.0)
    rng = np.random.default_rng(0)
    sessions = Conversations().sessions(rows, moment(3, 50), rng)
    assert sessions.start.size > 20
    assert np.all(moment(3, 1).start_ms <= sessions.start)
    assert np.all(sessions.start < moment(4, 1).start_ms)
    assert Conversations().sessions(rows, moment(3, 50, 0.0), rng).size.size == 0
    assert Conversations().sessions(rows[:0], moment(3, 0), rng).size.size == 0


def test_a_deadline_crowds_the_end_and_keeps_the_volume() -> None:
    rows = habits(300, requests_per_day=40.0)
    rng = np.random.default_rng(1)
    process = Deadline()
    counts = [process.sessions(rows, moment(tick, 300), rng).size.sum() for tick in range(144)]
    assert sum(counts) == pytest.approx(300 * 40.0, rel=0.05)
    assert sum(counts[-36:]) > 6 * sum(counts[:36])


def test_jobs_run_at_every_full_period_and_at_no_other_time() -> None:
    rows = habits(3, period_ms=[HOUR_MS, HOUR_MS // 2, DAY_MS], session_size=5.0)
    rng = np.random.default_rng(2)
    process = Scheduled(jitter_ms=4_000.0)
    starts: list[list[float]] = [[], [], []]
    for tick in range(TICKS_PER_DAY):
        sessions = process.sessions(rows, moment(tick, 3), rng)
        for habit, start in zip(sessions.habit.tolist(), sessions.start.tolist(), strict=True):
            starts[habit].append(start)
    for row, mine, expected in zip(rows, starts, (24, 48, 1), strict=True):
        assert len(mine) == expected
        assert all(start % int(row["period_ms"]) <= 4_000 for start in mine)


def test_a_job_may_run_some_time_after_the_full_period() -> None:
    rows = habits(2, period_ms=DAY_MS, phase_ms=[3 * HOUR_MS, 5 * HOUR_MS + 7 * 60_000])
    rng = np.random.default_rng(2)
    process = Scheduled(jitter_ms=1.0)
    starts: list[list[float]] = [[], []]
    for tick in range(3 * TICKS_PER_DAY):
        sessions = process.sessions(rows, moment(tick, 2), rng)
        for habit, start in zip(sessions.habit.tolist(), sessions.start.tolist(), strict=True):
            starts[habit].append(start)
    for mine, phase in zip(starts, rows["phase_ms"].tolist(), strict=True):
        assert mine == pytest.approx([START_MS + day * DAY_MS + phase for day in range(3)], abs=2)


def test_a_job_outside_its_active_time_does_not_run() -> None:
    rng = np.random.default_rng(2)
    assert Scheduled().sessions(habits(3), moment(0, 3, 0.0), rng).size.size == 0


def test_steady_clients_keep_their_volume() -> None:
    rows = habits(2_000, requests_per_day=7_200.0, active_share=0.25)
    process = Steady(spell_windows=16.0, window_sigma=0.6, cv_sigma=0.6)
    rng = np.random.default_rng(3)
    total = sum(process.sessions(rows, moment(t, 2_000), rng).size.sum() for t in range(72))
    assert total == pytest.approx(2_000 * 3_600.0, rel=0.06)


@pytest.mark.parametrize("cv", [0.02, 0.5, 1.0, 3.0])
def test_gaps_have_the_mean_and_dispersion_asked_for(cv: float) -> None:
    size = 20_000
    sessions = Sessions(
        np.zeros(1, np.int64),
        np.array([float(START_MS)]),
        np.array([size]),
        np.array([5_000.0]),
        np.array([cv]),
    )
    _, _, ts = expand(sessions, np.random.default_rng(4))
    gaps = np.diff(ts).astype(float)
    assert gaps.mean() == pytest.approx(5_000.0, rel=4 * cv / np.sqrt(size) + 0.001)
    assert gaps.std() / gaps.mean() == pytest.approx(cv, rel=0.1)


def test_expand_counts_positions_and_keeps_sessions_apart() -> None:
    sessions = Sessions(
        np.array([4, 9, 4]),
        np.array([10.0, 20.0, 30.0]),
        np.array([2, 1, 3]),
        np.full(3, 100.0),
        np.full(3, 0.01),
    )
    owner, position, ts = expand(sessions, np.random.default_rng(5))
    assert owner.tolist() == [0, 0, 1, 2, 2, 2]
    assert position.tolist() == [0, 1, 0, 0, 1, 2]
    assert ts[[0, 2, 3]].tolist() == [10, 20, 30]
    assert np.diff(ts[3:]) == pytest.approx(100.0, abs=10.0)


def test_a_session_is_never_longer_than_memory_allows() -> None:
    rows = habits(200, requests_per_day=1e12, session_size=1e9)
    sessions = Conversations().sessions(rows, moment(0, 200), np.random.default_rng(6))
    assert sessions.size.size > 0
    assert sessions.size.max() == MAX_SESSION


def test_join_shifts_each_parts_habits() -> None:
    one = Sessions(*(np.array([value]) for value in (0, 1.0, 2, 3.0, 4.0)))
    joined = join([(0, one), (10, one)])
    assert joined.habit.tolist() == [0, 10]
    assert joined.size.tolist() == [2, 2]
