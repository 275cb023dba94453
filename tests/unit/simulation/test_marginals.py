"""Generated traffic has the marginals it is fitted to."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from app.simulation import fit
from app.simulation.archetypes import builders, people
from app.simulation.arrivals import TICK_MS, TICKS_PER_DAY, Conversations, Moment, Steady, expand
from app.simulation.calibration import KNOTS, Quantiles, calibration
from app.simulation.content import Content
from app.simulation.crowd import Crowd, Group
from app.simulation.population import START_MS
from app.simulation.rows import Rows
from app.simulation.world import DAY_MS, World
from tests.unit.simulation.traces import DIRECTORY, needs_traces

LAW = calibration()


def kolmogorov(sample: np.ndarray, law: Quantiles) -> float:
    """Largest distance between the two distribution functions, at the law's own knots."""
    values = law.values
    below = np.searchsorted(np.sort(sample), values, side="right") / sample.size
    # Where the law has an atom, its knots share a value: the highest of them counts.
    highest = np.array([KNOTS[values <= value].max() for value in values])
    return float(np.max(np.abs(below - highest)))


def world(days: float = 1.0, heaviest_per_day: float = np.inf) -> World:
    return World(LAW, START_MS, START_MS + int(days * DAY_MS), heaviest_per_day)


def requests(group: Group, ground: World, ticks: int) -> Rows:
    crowd = Crowd(group.name, [group], ground, seed=3)
    return np.concatenate([crowd.tick(index) for index in range(ticks)])


@pytest.fixture(scope="module")
def products() -> Group:
    return builders.products(4_000, world(), np.random.default_rng(1))


def test_products_volume_and_activity(products: Group) -> None:
    rows = products.habits[0].rows
    assert kolmogorov(rows["requests_per_day"], LAW.clients.requests_per_day) < 0.03
    assert kolmogorov(rows["active_share"].astype(float), LAW.clients.active_share) < 0.05
    ranks = [np.argsort(np.argsort(rows[name])) for name in ("requests_per_day", "active_share")]
    correlation = np.corrcoef(ranks)[0, 1]
    assert correlation == pytest.approx(LAW.clients.volume_activity_correlation, abs=0.05)


def test_a_bound_leaves_heavier_clients_out_and_the_rest_alone() -> None:
    bounded = builders.products(4_000, world(heaviest_per_day=20_000.0), np.random.default_rng(1))
    volume = bounded.habits[0].rows["requests_per_day"]
    assert volume.max() <= 20_000.0
    share = LAW.clients.requests_per_day.probability_below(20_000.0)
    expected = LAW.clients.requests_per_day.at(np.array([0.25, 0.5, 0.75]) * share)
    assert np.quantile(volume, [0.25, 0.5, 0.75]) == pytest.approx(expected, rel=0.1)


def steady_windows(rows: Rows, ticks: int) -> tuple[np.ndarray, np.ndarray]:
    """Requests in each window, ``[ticks, clients]``, and CV of gaps in windows of 20 or more."""
    law = LAW.clients
    process = Steady(law.spell_windows, law.window_sigma, law.cv_sigma)
    rng = np.random.default_rng(5)
    counts = np.zeros((ticks, len(rows)), np.int64)
    dispersion = []
    for tick in range(ticks):
        now = Moment(START_MS + tick * TICK_MS, np.ones(len(rows)))
        sessions = process.sessions(rows, now, rng)
        counts[tick, sessions.habit] = sessions.size
        owner, _, ts = expand(sessions, rng)
        gaps = np.diff(ts)[np.diff(owner) == 0].astype(float)
        of = owner[1:][np.diff(owner) == 0]
        number = np.bincount(of, minlength=sessions.size.size)
        mean = np.bincount(of, gaps, sessions.size.size) / np.maximum(number, 1)
        square = np.bincount(of, gaps**2, sessions.size.size) / np.maximum(number, 1)
        enough = number >= 20
        deviation = np.sqrt(np.maximum(square - mean**2, 0.0))[enough]
        dispersion.append(deviation / np.maximum(mean[enough], 1e-9))
    return counts, np.concatenate(dispersion)


def test_products_are_active_as_often_as_the_traces_and_in_such_spells(products: Group) -> None:
    rows = products.habits[0].rows[:600].copy()
    rows["requests_per_day"] = np.maximum(rows["requests_per_day"], rows["active_share"] * 2_000)
    rows["requests_per_day"] = np.minimum(rows["requests_per_day"], rows["active_share"] * 9_000)
    counts, _ = steady_windows(rows, 3 * TICKS_PER_DAY)
    active = counts > 0
    assert active.mean() == pytest.approx(rows["active_share"].mean(), abs=0.04)
    spells = np.count_nonzero(active[1:] & ~active[:-1]) + np.count_nonzero(active[0])
    # Clients that never pause are one spell each, and the end cuts spells short.
    occasional = rows["active_share"] < 0.9
    spells = np.count_nonzero(active[1:, occasional] & ~active[:-1, occasional])
    mean = active[:, occasional].sum() / (spells + np.count_nonzero(active[0, occasional]))
    assert mean == pytest.approx(LAW.clients.spell_windows, rel=0.35)


def test_products_gaps_are_as_dispersed_as_the_traces(products: Group) -> None:
    rows = products.habits[0].rows[:800].copy()
    rows["active_share"] = 1.0
    rows["requests_per_day"] = 200 * TICKS_PER_DAY
    _, dispersion = steady_windows(rows, 12)
    for probability, tolerance in ((0.25, 0.25), (0.5, 0.25), (0.75, 0.35)):
        expected = LAW.clients.cv.at(np.array(probability))
        assert np.quantile(dispersion, probability) == pytest.approx(expected, rel=tolerance)
    # Both ends that the traces warn of are there: machine-like windows, and wild ones.
    assert 0.01 < np.mean(dispersion < 0.5) < 0.15
    assert np.quantile(dispersion, 0.95) > 3.0


def test_tokens_of_conversations_and_of_long_contexts() -> None:
    ground = world()
    group = people.individuals(3_000, ground, np.random.default_rng(2))
    for share, law in ((0.0, LAW.conversation), (1.0, LAW.long_context)):
        group.habits[0].rows["long_context"] = share
        group.habits[0].rows["requests_per_day"] = 12.0
        rows = requests(group, ground, TICKS_PER_DAY)
        answered = rows[rows["status"] == 200]
        assert len(answered) > 20_000
        assert kolmogorov(answered["input_tokens"], law.input) < 0.03
        assert kolmogorov(answered["output_tokens"], law.output) < 0.03
        logarithms = [np.log(answered[name] + 1.0) for name in ("input_tokens", "output_tokens")]
        assert abs(np.corrcoef(logarithms)[0, 1] - law.log_correlation) < 0.1


def test_individuals_are_many_small_and_few_large() -> None:
    group = people.individuals(20_000, world(), np.random.default_rng(2))
    volume = group.habits[0].rows["requests_per_day"]
    assert np.median(volume) == pytest.approx(LAW.assumed["individual_requests_per_day"], rel=0.05)
    largest_tenth = np.sort(volume)[-2_000:].sum() / volume.sum()
    assert largest_tenth > 0.4


def test_the_hours_of_clients_follow_the_traces() -> None:
    ground = world(days=7)
    group = builders.products(400, ground, np.random.default_rng(4))
    rows = group.habits[0].rows
    rows["requests_per_day"], rows["active_share"], rows["gap_cv"] = 150.0, 1.0, 1.0
    rows["volatility"] = 0.01
    group.accounts["zone"] = 0
    drawn = requests(group, ground, 7 * TICKS_PER_DAY)
    hour = (drawn["ts"] // 3_600_000) % 24
    profile = np.bincount(hour, minlength=24) / len(drawn) * 24
    assert profile == pytest.approx(LAW.clients.hours, abs=0.12)


def test_template_families_recur_as_prefixes_do() -> None:
    sizes = builders.recurrence(world(), np.random.default_rng(6), 50_000, 10_000)
    tail = sizes[sizes >= 5].astype(float)
    exponent = 1 + tail.size / np.log(tail / 4.5).sum()
    assert exponent == pytest.approx(LAW.prefix_exponent, abs=0.15)


def test_conversations_have_the_volume_and_length_they_should() -> None:
    ground = world()
    group = people.individuals(2_000, ground, np.random.default_rng(8))
    rows = group.habits[0].rows
    rows["session_size"], rows["requests_per_day"] = 6.0, 12.0
    rng = np.random.default_rng(9)
    drawn = [
        Conversations().sessions(rows, Moment(START_MS, np.ones(len(rows))), rng) for _ in range(72)
    ]
    sizes = np.concatenate([sessions.size for sessions in drawn])
    assert sizes.mean() == pytest.approx(6.0, rel=0.05)
    assert sizes.sum() == pytest.approx(2_000 * 12.0 / 2, rel=0.05)
    # Geometric: the deviation is that of a memoryless length, not of a fixed one.
    assert sizes.std() == pytest.approx(np.sqrt(30.0), rel=0.1)


@needs_traces
def test_the_shipped_calibration_is_what_the_traces_say() -> None:
    shipped = yaml.safe_load(Path(fit.__file__).with_name("calibration.yaml").read_text("utf-8"))
    fitted = fit.fit(DIRECTORY)
    assert {name: shipped[name] for name in fitted} == yaml.safe_load(yaml.safe_dump(fitted))


def test_the_content_of_no_sessions_is_empty() -> None:
    ground = world()
    group = people.individuals(3, ground, np.random.default_rng(2))
    content = Content(ground, centre_key=1)
    silent = Conversations().sessions(
        group.habits[0].rows, Moment(START_MS, np.zeros(3)), np.random.default_rng(0)
    )
    assert len(content.requests(group.habits[0].rows, silent, np.random.default_rng(0))) == 0
