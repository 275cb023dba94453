"""Generated traffic against the traces themselves, and the fit against one it has not seen.

Bounds are Kolmogorov-Smirnov distances: 0 is equal, 1 disjoint. With the 162 clients of the trace
an equal distribution stays below 0.11 in 95 of 100 samples.
"""

import numpy as np
import pytest

from app.simulation import fit
from app.simulation.archetypes import builders, people
from app.simulation.arrivals import TICK_MS, TICKS_PER_DAY, Moment, Steady, expand
from app.simulation.calibration import calibration
from app.simulation.crowd import Crowd, Group
from app.simulation.fit import ClientTrace
from app.simulation.population import START_MS
from app.simulation.rows import Rows
from app.simulation.world import DAY_MS, World
from tests.unit.simulation.traces import DIRECTORY, needs_traces

pytestmark = needs_traces

LAW = calibration()
CLOSE = 0.10
HELD_BACK = DIRECTORY / "servegen-m-small.csv.gz"


def distance(one: np.ndarray, other: np.ndarray) -> float:
    """The two-sample Kolmogorov-Smirnov statistic."""
    values = np.union1d(one, other)
    below = (
        np.searchsorted(np.sort(sample), values, side="right") / len(sample)
        for sample in (one, other)
    )
    return float(np.abs(np.subtract(*below)).max())


@pytest.fixture(scope="module")
def clients() -> list[ClientTrace]:
    return fit.read_clients(DIRECTORY / "servegen-m-large.csv.gz").of_each()


def world(days: float = 1.0) -> World:
    return World(LAW, START_MS, START_MS + int(days * DAY_MS), np.inf)


@pytest.fixture(scope="module")
def products() -> Rows:
    return builders.products(2_000, world(), np.random.default_rng(1)).habits[0].rows


def volume(client: ClientTrace) -> float:
    return float(client.rate_per_s.sum()) * fit.WINDOW_S / 14


def activity(client: ClientTrace) -> float:
    return client.window.size / (14 * fit.WINDOWS_PER_DAY)


def test_volumes_of_products_are_those_of_clients(
    clients: list[ClientTrace], products: Rows
) -> None:
    truly = np.array([volume(client) for client in clients])
    assert distance(products["requests_per_day"], truly) < CLOSE
    for probability in (0.1, 0.5, 0.9):
        ratio = np.quantile(products["requests_per_day"], probability) / np.quantile(
            truly, probability
        )
        assert 0.7 < ratio < 1.4


def test_products_are_active_in_as_many_windows(clients: list[ClientTrace], products: Rows) -> None:
    truly = np.array([activity(client) for client in clients])
    assert distance(products["active_share"].astype(float), truly) < CLOSE


def dispersion(rows: Rows) -> np.ndarray:
    """Each client's median coefficient of variation of the gaps in a window, over 12 windows."""
    law = LAW.clients
    process = Steady(law.spell_windows, law.window_sigma, law.cv_sigma)
    rng = np.random.default_rng(5)
    found: list[list[float]] = [[] for _ in rows]
    for tick in range(12):
        now = Moment(START_MS + tick * TICK_MS, np.ones(len(rows)))
        sessions = process.sessions(rows, now, rng)
        owner, _, ts = expand(sessions, rng)
        for part, habit in zip(
            np.split(ts, np.flatnonzero(np.diff(owner)) + 1), sessions.habit.tolist(), strict=True
        ):
            gaps = np.diff(part)
            if gaps.size > 30:
                found[habit].append(float(gaps.std() / max(gaps.mean(), 1e-9)))
    return np.array([np.median(values) for values in found if values])


def test_products_are_as_bursty(clients: list[ClientTrace], products: Rows) -> None:
    rows = products[:600].copy()
    rows["active_share"], rows["requests_per_day"] = 1.0, 400 * TICKS_PER_DAY
    truly = np.array([np.median(client.cv) for client in clients])
    # A window's finite sample bends the far tail: hence the wider bound.
    assert distance(dispersion(rows), truly) < 0.2


def test_products_keep_the_hours_of_clients(clients: list[ClientTrace]) -> None:
    ground = world(days=7)
    group = builders.products(300, ground, np.random.default_rng(4))
    rows = group.habits[0].rows
    rows["requests_per_day"], rows["active_share"], rows["gap_cv"] = 200.0, 1.0, 1.0
    rows["volatility"] = 0.01
    group.accounts["zone"] = 0
    drawn = traffic(group, ground, 7 * TICKS_PER_DAY)
    profile = np.bincount((drawn["ts"] // 3_600_000) % 24, minlength=24) / len(drawn)
    truly = np.zeros(24)
    for client in clients:
        hour = (client.window * fit.WINDOW_S // 3_600) % 24
        truly += np.bincount(hour, client.rate_per_s / client.rate_per_s.sum(), 24) / len(clients)
    assert np.abs(np.cumsum(profile) - np.cumsum(truly)).max() < 0.03


def traffic(group: Group, ground: World, ticks: int) -> Rows:
    crowd = Crowd(group.name, [group], ground, seed=3)
    return np.concatenate([crowd.tick(index) for index in range(ticks)])


@pytest.mark.parametrize(("share", "trace"), [(0.0, "azure"), (1.0, "mooncake")])
def test_tokens_are_those_of_conversations(share: float, trace: str) -> None:
    ground = world()
    group = people.individuals(2_000, ground, np.random.default_rng(2))
    rows = group.habits[0].rows
    rows["long_context"], rows["requests_per_day"] = share, 12.0
    drawn = traffic(group, ground, TICKS_PER_DAY)
    drawn = drawn[drawn["status"] == 200]
    assert len(drawn) > 15_000
    truly = (
        fit.read_azure(DIRECTORY / "azure-conv.csv.gz")
        if trace == "azure"
        else fit.read_mooncake(DIRECTORY / "mooncake-conversation.jsonl.gz")[0]
    )
    assert distance(drawn["input_tokens"], np.maximum(truly[:, 0], 1)) < CLOSE
    assert distance(drawn["output_tokens"], truly[:, 1]) < CLOSE


@pytest.mark.skipif(not HELD_BACK.is_file(), reason=f"{HELD_BACK} is absent")
def test_the_fit_holds_for_clients_of_another_model() -> None:
    clients = fit.read_clients(HELD_BACK).of_each()
    cv = np.array([np.median(client.cv) for client in clients])
    active = np.array([activity(client) for client in clients])
    even = np.linspace(0.0, 1.0, 2_001)
    # How clients burst carries over; how busy they are depends on what they are for.
    assert distance(LAW.clients.cv.at(even), cv) < 0.2
    assert distance(LAW.clients.active_share.at(even), active) < 0.35
