"""The populations that stand on their own, for tests of what all of them must hold to."""

import pytest

from tests.evaluation.fourth.population import FOURTH
from tests.evaluation.second.population import SECOND, Population
from tests.evaluation.third.population import THIRD


@pytest.fixture(
    scope="module", params=(SECOND, THIRD, FOURTH), ids=lambda population: population.name
)
def population(request: pytest.FixtureRequest) -> Population:
    asked: Population = request.param
    return asked
