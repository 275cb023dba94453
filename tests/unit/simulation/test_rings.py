"""What cards and devices join in simulated worlds: the detector takes size alone for evidence."""

import numpy as np
import numpy.typing as npt

from app.detection.group_evidence import RING_SIZES
from app.detection.rings import MOST_JOINED
from app.simulation.campaigns import LADDER
from app.simulation.population import Population
from app.simulation.rows import NULL, IntArray


def components(population: Population) -> IntArray:
    """The component of each account, by union over what at most ``MOST_JOINED`` have."""
    accounts = population.accounts
    root = np.arange(len(accounts))
    for kind in ("payment", "device"):
        held = np.where(accounts[kind] == NULL, -1, accounts[kind])
        things, counts = np.unique(held, return_counts=True)
        for thing in things[(things >= 0) & (counts > 1) & (counts <= MOST_JOINED)].tolist():
            mine = np.unique(root[held == thing])
            root[np.isin(root, mine)] = mine[0]
    return root


def test_a_campaigns_ring_is_far_larger_than_any_of_strangers() -> None:
    campaign = LADDER["seed"].at_scale(0.02, attack_share=0.25)
    population = Population(2, 4_000, campaign, days=1.0)
    labels, root = population.labels, components(population)
    sizes = np.bincount(root, minlength=root.size)
    evil: npt.NDArray[np.int64] = np.bincount(root[labels.fraudulent], minlength=root.size)
    stranger = population.accounts["org"] == NULL
    honest = np.bincount(root[~labels.fraudulent & stranger], minlength=root.size)
    assert evil.max() > 4 * RING_SIZES[1]
    assert honest.max() < RING_SIZES[1] / 4
    assert sizes[evil.argmax()] == evil.max(), "nobody honest is in it"
