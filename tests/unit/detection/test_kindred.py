"""How many cards of a population are a campaign's."""

import numpy as np
import pytest

from app.detection.kindred import MOST_SHARE, campaign_share


def test_no_groups_are_nobodys() -> None:
    assert campaign_share(np.empty(0)) == 0.0


def test_honest_groups_have_no_campaign_among_them() -> None:
    assert campaign_share(np.full(50, -1.0)) == 0.0


def test_the_share_is_the_one_that_explains_the_ratios_best() -> None:
    rng = np.random.default_rng(5)
    # The log likelihood ratio of a normal measure shifted by d is normal, its mean half of d².
    shift, honest, campaign = 3.0, 900, 100
    measure = np.concatenate([rng.standard_normal(honest), shift + rng.standard_normal(campaign)])
    log_ratio = shift * measure - shift**2 / 2
    found = campaign_share(log_ratio)
    assert found == pytest.approx(campaign / (honest + campaign), abs=0.03)
    shares = np.linspace(0.001, MOST_SHARE, 500)
    likelihood = [np.log1p(share * np.expm1(log_ratio)).sum() for share in shares]
    assert found == pytest.approx(float(shares[int(np.argmax(likelihood))]), abs=0.002)


def test_one_group_however_strange_is_one_group() -> None:
    log_ratio = np.full(100, -2.0)
    log_ratio[0] = 500.0
    assert campaign_share(log_ratio) * log_ratio.size == pytest.approx(1.0, abs=0.2)


def test_no_more_than_half_is_believed() -> None:
    assert campaign_share(np.full(100, 8.0)) == MOST_SHARE
