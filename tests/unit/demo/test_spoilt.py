import pytest

from app.demo.spoilt import SPOILT, Spoilt, cut_short, out_of_range, without_a_field
from app.events.record import BadRecord
from app.events.requests import Request
from app.simulation.population import START_MS, Population


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (cut_short, "malformed"),
        (without_a_field, "missing_field"),
        (out_of_range, "out_of_range"),
    ],
)
def test_each_is_bad_in_the_way_it_says(make: Spoilt, reason: str) -> None:
    population = Population(1, 10, days=0.1)
    key, value = make(population, START_MS + 1)
    assert key.decode() in population.account_ids
    with pytest.raises(BadRecord) as caught:
        Request.from_json(value)
    assert caught.value.reason == reason
    assert make in SPOILT
