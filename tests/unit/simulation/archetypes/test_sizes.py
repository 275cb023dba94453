import numpy as np
import pytest

from app.simulation.archetypes.sizes import of_each, teams


def test_teams_are_log_normal_and_take_everybody() -> None:
    team = teams(np.random.default_rng(1), 100_000, 20.0, 0.7)
    assert team.size == 100_000
    assert np.all(np.diff(team) >= 0)
    sizes = np.bincount(team)[:-1]
    assert np.median(sizes) == pytest.approx(20.0, rel=0.1)
    assert np.log(sizes).std() == pytest.approx(0.7, rel=0.1)


def test_sizes_keep_to_their_bounds_but_for_the_last() -> None:
    sizes = np.bincount(teams(np.random.default_rng(1), 20_000, 25.0, 1.5, least=5, most=300))
    assert sizes[:-1].min() == 5
    assert sizes.max() == 300


def test_of_each_gives_a_team_what_its_first_has() -> None:
    team = np.array([0, 0, 1, 2, 2])
    assert of_each(team, np.array([5, 6, 7, 8, 9])).tolist() == [5, 5, 7, 8, 8]
